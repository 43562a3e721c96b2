`default_nettype none

/// Bench of `overlay_events`: every beat of every word, what is with it, and the time without pauses. Addresses and signs
/// count where there is an event, `keep` and `merge` with the last beat of a chunk.
module overlay_events_tb #(
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned Spikes = 2,
  parameter int unsigned WordBits = 8,
  /// Words: {merge, keep, last, double, clear, operand, base, negative, spikes}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Beats: {merge, keep, last, double, clear, operand, addresses, negative, events}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch, count;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, last_ready, hold, out_valid;
  logic [FetchWidth-1:0] nz, neg;
  logic [WordBits-1:0] base;
  logic operand, clear, double, last, keep, merge;
  bench_player #(.Width(2 * FetchWidth + WordBits + 6), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({merge, keep, last, double, clear, operand, base, neg, nz})
  );

  logic [Spikes-1:0] events, out_neg, known_neg;
  logic [Spikes*WordBits-1:0] addr, known_addr;
  logic out_operand, out_clear, out_double, out_last, out_keep, out_merge;
  overlay_events #(.FetchWidth(FetchWidth), .Spikes(Spikes), .WordBits(WordBits)) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_nz_i(nz), .in_neg_i(neg),
    .in_base_i(base), .in_operand_i(operand), .in_clear_i(clear), .in_double_i(double),
    .in_last_i(last), .in_keep_i(keep), .in_merge_i(merge), .last_ready_i(last_ready),
    .hold_i(hold),
    .out_valid_o(out_valid), .out_event_o(events), .out_neg_o(out_neg), .out_addr_o(addr),
    .out_operand_o(out_operand), .out_clear_o(out_clear), .out_double_o(out_double),
    .out_last_o(out_last), .out_keep_o(out_keep), .out_merge_o(out_merge)
  );
  always_comb begin
    for (int unsigned g = 0; g < Spikes; g++) begin
      known_neg[g] = events[g] && out_neg[g];
      known_addr[WordBits*g+:WordBits] = events[g] ? addr[WordBits*g+:WordBits] : '0;
    end
  end
  bench_observer #(
    .Width(Spikes * (WordBits + 2) + 6), .Words(OutWords), .File(OutFile)
  ) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(out_valid),
    .data_i({
      out_last && out_merge, out_last && out_keep, out_last, out_double, out_clear, out_operand,
      known_addr, known_neg, events
    })
  );

  // Whether a chunk might be completed when its events were picked, two cycles before they come.
  logic picked, might, held, quiet;
  always @(posedge clk_i) begin
    last_ready <= rst || batch <= 1 || $urandom_range(3) == 0;
    hold <= !rst && batch > 1 && $urandom_range(4) == 0;
    held <= hold;
    quiet <= held;
    if (!rst && out_valid && quiet) $fatal(1, "%m: a beat in a cycle that was held");
    picked <= last_ready;
    might <= picked;
    if (!rst && out_valid && out_last && !out_keep && !might) begin
      $fatal(1, "%m: a chunk is completed too early");
    end
  end

endmodule

`default_nettype wire
