`default_nettype none

/// Event-driven matrix product: adds up the weights of the non-zero inputs of each row.
///
///     delta[row][o] = sum over the events (i, value) of the row of value * weight[i][o]
///
/// Contract: a row with at least one event leaves as `OutChunks` beats, a row without one as a
/// single beat with `out_skip_o`. `last` and `quiet` of the row's final input beat leave on the
/// row's final output beat. Weight word `(i / Banks) * OutChunks + c` of bank `i % Banks` holds the
/// signed weights of input channel i for the output channels of chunk c, lane j at
/// [WeightWidth*j +: WeightWidth].
///
/// Structure: `matmul_issue` (for each bank a `spike_encoder` and a small event FIFO, so that chunks of zeros
/// take no time while there is work; loop over the output chunks of an entry) -> `matmul_terms` (weight memory
/// of each bank, signed weights or products, adder tree over the banks) -> accumulator. A row accumulates in
/// one of two banks of sums while the row before it drains from the other.
/// Throughput: up to `Banks` events per cycle and `OutLanes` weights of each, without a gap between
/// entries, rows or time-steps; the first entry of a row overwrites, so no clearing pass.
/// Back-pressure: the pipeline stalls while both banks of sums are full.
module matmul_engine #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Input channels; lanes beyond them are always zero.
  parameter int unsigned InChannels = 8,
  /// Output channels; lanes beyond them have zero weights.
  parameter int unsigned OutChannels = 8,
  /// Lanes of an input chunk; a multiple of `Banks`.
  parameter int unsigned InLanes = 4,
  /// Lanes of an output chunk = sums that change in one cycle.
  parameter int unsigned OutLanes = 4,
  /// Most events per cycle, a power of two that divides `InLanes`.
  parameter int unsigned Banks = 1,
  /// Bits of a signed weight.
  parameter int unsigned WeightWidth = 4,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of an event's value. 1: the value is the sign of +1 or -1, no multiplier. More: a signed
  /// factor.
  parameter int unsigned ValueWidth = 1,
  /// Words of a bank of weights, from its end, that are look-up tables instead of block memory.
  parameter int unsigned LutWords = 0,
  /// Base name of the weight images, as in `matmul_terms`.
  parameter WeightFile = ""
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  /// Chunks in.
  input  wire logic                           in_valid_i,
  output      logic                           in_ready_o,
  input  wire logic [InLanes-1:0]             in_nz_i,
  input  wire logic [InLanes*ValueWidth-1:0]  in_value_i,
  input  wire logic                           in_skip_i,
  input  wire logic                           in_last_i,
  input  wire logic                           in_quiet_i,
  /// Delta stream out.
  output      logic                           out_valid_o,
  input  wire logic                           out_ready_i,
  output      logic [OutLanes*DeltaWidth-1:0] out_delta_o,
  output      logic                           out_skip_o,
  output      logic                           out_last_o,
  output      logic                           out_quiet_o,
  /// Events issued in this cycle, each with `OutLanes` weights.
  output      logic [$clog2(Banks+1)-1:0]     work_o
);

  localparam int unsigned OutChunks = (OutChannels + OutLanes - 1) / OutLanes;
  localparam int unsigned ChunkWidth = (OutChunks > 1) ? $clog2(OutChunks) : 1;
  localparam int unsigned BankWords = ((InChannels + Banks - 1) / Banks) * OutChunks;
  localparam int unsigned AddrWidth = (BankWords > 1) ? $clog2(BankWords) : 1;
  localparam int unsigned TermWidth = WeightWidth + ValueWidth + $clog2(Banks);
  localparam int unsigned AccWidth = OutLanes * DeltaWidth;
  localparam int unsigned WorkWidth = $clog2(Banks + 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(OutChunks - 1);

  if (Rows < 1 || InChannels < 1 || OutChannels < 1 || InLanes < 1 || OutLanes < 1 ||
      WeightWidth < 2 || ValueWidth < 1 || DeltaWidth < WeightWidth) begin : gen_bad_parameters
    $error("matmul_engine: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- events and weights
  // `advance` moves every pipeline stage from the issue to the accumulator.
  logic advance;
  logic issue_valid, issue_first, issue_row_end, issue_last, issue_quiet;
  logic [Banks-1:0] issue_event;
  logic [Banks*AddrWidth-1:0] issue_addr;
  logic [Banks*ValueWidth-1:0] issue_value;
  logic [ChunkWidth-1:0] issue_chunk;

  matmul_issue #(
    .InChannels(InChannels),
    .InLanes(InLanes),
    .OutChunks(OutChunks),
    .Banks(Banks),
    .ValueWidth(ValueWidth)
  ) u_issue (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_nz_i,
    .in_value_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .enable_i(advance),
    .out_valid_o(issue_valid),
    .out_event_o(issue_event),
    .out_addr_o(issue_addr),
    .out_value_o(issue_value),
    .out_chunk_o(issue_chunk),
    .out_first_o(issue_first),
    .out_row_end_o(issue_row_end),
    .out_last_o(issue_last),
    .out_quiet_o(issue_quiet)
  );

  always_comb begin
    work_o = '0;
    for (int unsigned b = 0; b < Banks; b++) begin
      if (issue_valid && advance) work_o = work_o + WorkWidth'(issue_event[b]);
    end
  end

  localparam int unsigned ControlWidth = 5 + ChunkWidth;
  logic term_valid;
  logic [ControlWidth-1:0] issue_control, term_control;
  logic [ChunkWidth-1:0] early_chunk;
  logic [OutLanes*TermWidth-1:0] terms;
  assign issue_control = {
    issue_event != '0, issue_first, issue_row_end, issue_last, issue_quiet, issue_chunk
  };

  matmul_terms #(
    .Banks(Banks),
    .Words(BankWords),
    .Lanes(OutLanes),
    .WeightWidth(WeightWidth),
    .ValueWidth(ValueWidth),
    .ControlWidth(ControlWidth),
    .EarlyWidth(ChunkWidth),
    .LutWords(LutWords),
    .WeightFile(WeightFile)
  ) u_terms (
    .clk_i,
    .rst_i,
    .enable_i(advance),
    .valid_i(issue_valid),
    .event_i(issue_event),
    .addr_i(issue_addr),
    .value_i(issue_value),
    .control_i(issue_control),
    .valid_o(term_valid),
    .term_o(terms),
    .control_o(term_control),
    .early_o(early_chunk)
  );

  // ---------------------------------------------------------------------------- accumulate
  logic acc_event, acc_first, acc_row_end, acc_last, acc_quiet;
  logic [ChunkWidth-1:0] acc_chunk;
  assign {acc_event, acc_first, acc_row_end, acc_last, acc_quiet, acc_chunk} = term_control;

  // Bank state: a bank of sums is full from the end of its row until its last beat has left.
  logic [1:0] full_q, skip_q, last_q, quiet_q;
  logic acc_bank_q, drain_bank_q, drain_enable;
  logic acc_enable;
  logic [ChunkWidth-1:0] drain_chunk_q;
  logic [2*AccWidth-1:0] bank_word;
  logic [AccWidth-1:0] acc_old, acc_new, out_word;

  assign advance = !(term_valid && full_q[acc_bank_q]);
  assign acc_enable = term_valid && advance;

  for (genvar j = 0; j < OutLanes; j++) begin : gen_acc
    logic signed [TermWidth-1:0] term;
    logic signed [DeltaWidth-1:0] old, sum;
    assign term = terms[TermWidth*j+:TermWidth];
    assign old = acc_old[DeltaWidth*j+:DeltaWidth];
    assign sum = old + DeltaWidth'(term);
    assign acc_new[DeltaWidth*j+:DeltaWidth] = sum;

`ifndef SYNTHESIS
    logic signed [DeltaWidth+TermWidth:0] exact;
    assign exact = (DeltaWidth + TermWidth + 1)'(old) + (DeltaWidth + TermWidth + 1)'(term);
    always_ff @(posedge clk_i) begin
      if (!rst_i && acc_enable && acc_event) begin
        a_no_overflow : assert (exact == (DeltaWidth + TermWidth + 1)'(sum));
      end
    end
`endif
  end

  // The old value of the sums that `acc_new` replaces; 0 for a row's first entry.
  assign acc_old = acc_first ? '0 :
      acc_bank_q ? bank_word[AccWidth+:AccWidth] : bank_word[0+:AccWidth];

  // A bank is either accumulated or drained, so one read port each is enough.
  for (genvar b = 0; b < 2; b++) begin : gen_bank
    logic write, drain;
    assign write = acc_enable && acc_event && acc_bank_q == b[0];
    assign drain = drain_enable && drain_bank_q == b[0];
    if (OutChunks == 1) begin : gen_register
      // The same word changes in every cycle.
      logic [AccWidth-1:0] word_q;
      logic unused_read;
      assign unused_read = drain ^ (^early_chunk) ^ (^acc_chunk);
      always_ff @(posedge clk_i) begin
        if (write) word_q <= acc_new;
      end
      assign bank_word[AccWidth*b+:AccWidth] = word_q;
    end else begin : gen_ram
      // Read a cycle early, beside the last step to the term: a word was written at least two cycles
      // before, and behind the end of a row, where the bank changes, comes a first entry.
      sync_ram #(
        .Width(AccWidth),
        .Depth(OutChunks)
      ) u_sums (
        .clk_i,
        .read_enable_i(full_q[b] ? drain : advance),
        .read_addr_i(full_q[b] ? drain_chunk_q : early_chunk),
        .read_data_o(bank_word[AccWidth*b+:AccWidth]),
        .write_enable_i(write),
        .write_addr_i(acc_chunk),
        .write_data_i(acc_new)
      );
    end
  end

  // ---------------------------------------------------------------------------- drain
  // The beat that is offered: from which bank, whether it ends its row.
  logic out_valid_q, out_skip_q, out_last_q, out_quiet_q, out_bank_q, out_end_q;
  logic drain_skip, drain_done, release_bank;
  logic [1:0] released;
  assign drain_skip = skip_q[drain_bank_q];
  assign drain_enable = full_q[drain_bank_q] && (!out_valid_q || out_ready_i);
  assign drain_done = drain_enable && (drain_skip || drain_chunk_q == ChunkLast);

  if (OutChunks == 1) begin : gen_out_register
    // The beat is a copy: its bank is free at once.
    logic [AccWidth-1:0] out_word_q;
    logic unused_out;
    assign unused_out = out_bank_q | out_end_q;
    always_ff @(posedge clk_i) begin
      if (drain_enable) out_word_q <= drain_bank_q ? bank_word[AccWidth+:AccWidth] :
                                                     bank_word[0+:AccWidth];
    end
    assign out_word = out_word_q;
    assign release_bank = drain_done;
    assign released = drain_bank_q ? 2'b10 : 2'b01;
  end else begin : gen_out_ram
    // The beat is what the bank's memory shows.
    assign out_word = out_bank_q ? bank_word[AccWidth+:AccWidth] : bank_word[0+:AccWidth];
    assign release_bank = out_valid_q && out_ready_i && out_end_q;
    assign released = out_bank_q ? 2'b10 : 2'b01;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      full_q <= '0;
      acc_bank_q <= 1'b0;
      drain_bank_q <= 1'b0;
      drain_chunk_q <= '0;
    end else begin
      if (release_bank) full_q <= full_q & ~released;
      if (drain_done) begin
        drain_bank_q <= !drain_bank_q;
        drain_chunk_q <= '0;
      end else if (drain_enable) begin
        drain_chunk_q <= drain_chunk_q + ChunkWidth'(1);
      end
      if (acc_enable && acc_row_end) begin
        full_q[acc_bank_q] <= 1'b1;
        acc_bank_q <= !acc_bank_q;
      end
    end
    if (acc_enable && acc_row_end) begin
      skip_q[acc_bank_q] <= acc_first && !acc_event;
      last_q[acc_bank_q] <= acc_last;
      quiet_q[acc_bank_q] <= acc_quiet;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else if (!out_valid_q || out_ready_i) out_valid_q <= full_q[drain_bank_q];
    if (!out_valid_q || out_ready_i) begin
      out_skip_q <= drain_skip;
      out_last_q <= drain_done && last_q[drain_bank_q];
      out_quiet_q <= drain_done && quiet_q[drain_bank_q];
      out_bank_q <= drain_bank_q;
      out_end_q <= drain_done;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_skip_q ? '0 : out_word;
  assign out_skip_o = out_skip_q;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_quiet_q;

`ifndef SYNTHESIS
  // Rows left in the time-step that is being sent: `last` belongs to the final one.
  int unsigned row_q, out_chunk_q;
  logic row_done;
  assign row_done = out_valid_q && out_ready_i && (out_skip_q || out_chunk_q == OutChunks - 1);
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= 0;
      out_chunk_q <= 0;
    end else if (row_done) begin
      a_last_in_final_row : assert (!out_last_q || row_q == Rows - 1);
      row_q <= (row_q == Rows - 1) ? 0 : row_q + 1;
      out_chunk_q <= 0;
    end else if (out_valid_q && out_ready_i) begin
      out_chunk_q <= out_chunk_q + 1;
    end
  end
`endif

endmodule

`default_nettype wire
