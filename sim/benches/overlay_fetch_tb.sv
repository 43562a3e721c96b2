`default_nettype none

/// Bench of `overlay_fetch`: every address that is read, when its row may be read, and every word of spikes with what goes
/// with it, for the instructions of a list. Each batch is a sample.
module overlay_fetch_tb #(
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned FireLanes = 8,
  parameter int unsigned SpikeBits = 8,
  parameter int unsigned WordBits = 8,
  parameter int unsigned RowBits = 4,
  parameter int unsigned StepBits = 4,
  parameter int unsigned SegmentBits = 1,
  parameter int unsigned OuterBits = 1,
  parameter int unsigned InnerBits = 1,
  parameter int unsigned GroupBits = 4,
  parameter int unsigned InputHalf = 0,
  parameter int unsigned InputRows = 1,
  parameter int unsigned WindowDepth = 0,
  parameter WindowFile = "",
  parameter int unsigned HasMaximum = 0,
  parameter int unsigned HasGates = 0,
  parameter int unsigned ProgressBits = 16,
  parameter int unsigned Instructions = 1,
  parameter ProgramFile = "",
  /// Spike memory: {negative, spikes}.
  parameter SpikeFile = "",
  /// Addresses that are read, and the progress that each of them needs: {input, vector, softmax, engine}, 8 bits each.
  parameter ReadFile = "",
  parameter int ReadWords = 1,
  parameter NeedFile = "",
  /// Progress that the units reach.
  parameter int MostProgress = 40,
  /// Words: {merge, keep, last, double, clear, operand, base, negative, spikes}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, out_idle, read_idle, at_end, restart;
  int cycle, batch, reads;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i((batch == 0 || at_end) && out_idle && read_idle), .batch_o(batch),
    .t_max_o(t_max), .done_o
  );

  // ---------------------------------------------------------------------------- list, progress
  logic instr_valid, instr_next;
  logic [32*overlay_isa_pkg::FetchWords-1:0] instr;
  localparam int unsigned ListSize = overlay_isa_pkg::FetchWords * Instructions;
  overlay_sequencer #(
    .Words(overlay_isa_pkg::FetchWords), .Count(Instructions), .File(ProgramFile)
  ) u_list (
    .clk_i, .rst_i(rst), .valid_o(instr_valid), .instr_o(instr), .next_i(instr_next),
    .last_i($clog2(ListSize)'(ListSize - 1)), .write_i(1'b0), .write_addr_i('0), .write_data_i('0)
  );
  int started = 0;
  int progress[4];
  logic half;
  always @(posedge clk_i) begin
    restart <= !rst && started != batch && batch > 1;
    started <= batch;
    if (started != batch) begin
      for (int unsigned u = 0; u < 4; u++) progress[u] <= batch == 1 ? MostProgress : 0;
      half <= batch[0] == 1'b0;
    end else begin
      for (int unsigned u = 0; u < 4; u++) begin
        if ($urandom_range(15) == 0 && progress[u] < MostProgress) progress[u] <= progress[u] + 1;
      end
    end
    if (!rst && instr_next && !instr_valid) $fatal(1, "%m: no instruction is done");
  end

  // ---------------------------------------------------------------------------- device
  logic read, out_valid, out_ready;
  logic [SpikeBits-1:0] read_addr;
  logic [2*FetchWidth-1:0] spikes[2**SpikeBits], word;
  logic [FetchWidth-1:0] nz, neg;
  logic [WordBits-1:0] base;
  logic operand, clear, double, last, keep, merge;
  initial $readmemh(SpikeFile, spikes);
  always @(posedge clk_i) if (read) word <= spikes[read_addr];
  overlay_fetch #(
    .FetchWidth(FetchWidth), .FireLanes(FireLanes), .SpikeBits(SpikeBits), .WordBits(WordBits),
    .RowBits(RowBits), .StepBits(StepBits), .SegmentBits(SegmentBits), .OuterBits(OuterBits),
    .InnerBits(InnerBits), .GroupBits(GroupBits), 
    .WindowDepth(WindowDepth), .WindowFile(WindowFile), .HasMaximum(HasMaximum),
    .HasGates(HasGates),
    .ProgressBits(ProgressBits)
  ) u_dut (
    .clk_i, .rst_i(rst), .input_half_words_i(SpikeBits'(InputHalf)),
    .input_last_row_i(ProgressBits'(InputRows - 1)), .window_write_i(1'b0), .window_addr_i('0),
    .window_data_i('0), .instr_valid_i(instr_valid && started != 0), .instr_i(instr),
    .instr_next_o(instr_next), .progress_engine_i(ProgressBits'(progress[0])),
    .progress_softmax_i(ProgressBits'(progress[1])), .progress_vector_i(ProgressBits'(progress[2])),
    .progress_input_i(ProgressBits'(progress[3])), .input_half_i(half), .end_o(at_end),
    .restart_i(restart), .read_o(read), .read_addr_o(read_addr), .read_nz_i(word[FetchWidth-1:0]),
    .read_neg_i(word[FetchWidth+:FetchWidth]), .out_valid_o(out_valid), .out_ready_i(out_ready),
    .out_nz_o(nz), .out_neg_o(neg), .out_base_o(base), .out_operand_o(operand), .out_clear_o(clear),
    .out_double_o(double), .out_last_o(last), .out_keep_o(keep), .out_merge_o(merge)
  );

  // ---------------------------------------------------------------------------- results
  bench_observer #(.Width(SpikeBits), .Words(ReadWords), .File(ReadFile)) u_reads (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(read_idle), .count_o(reads), .valid_i(read),
    .data_i(read_addr)
  );
  logic [31:0] needs[ReadWords];
  initial $readmemh(NeedFile, needs);
  always @(posedge clk_i) begin
    for (int unsigned u = 0; u < 4; u++) begin
      if (!rst && read && progress[u] < int'(needs[reads][8*u+:8])) begin
        $fatal(1, "%m: read %0d is too early", reads);
      end
    end
  end
  bench_checker #(.Width(2 * FetchWidth + WordBits + 6), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
    .data_i({merge, keep, last, double, clear, operand, base, neg & nz, nz})
  );

endmodule

`default_nettype wire
