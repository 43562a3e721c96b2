/// Event-driven matrix product: adds up the weights of the non-zero inputs of each row.
///
///     delta[row][o] = sum over the events (i, value) of the row of value * weight[i][o]
///
/// Contract: a row with at least one event leaves as `OutChunks` beats, a row without one as a
/// single beat with `out_skip_o`. `last` and `quiet` of the row's final input beat leave on the
/// row's final output beat. Weight word `i * OutChunks + c` holds the signed weights of input
/// channel i for the output channels of chunk c, lane j at [WeightWidth*j +: WeightWidth].
///
/// Structure: `event_picker` -> small event FIFO (zero chunks hide behind work) -> loop over the
/// output chunks of an event -> weight memory, two registers -> signed weight or product, registered
/// -> accumulator. A row accumulates in one of two banks while the row before it drains from the
/// other. Throughput: one accumulation of `OutLanes` weights a cycle, without a gap between events,
/// rows or time-steps; the first event of a row overwrites, so no clearing pass.
/// Back-pressure: the pipeline stands still while both banks are full.
///
/// Several events a cycle: one picker, event FIFO and weight memory for each bank of input lanes, and
/// an adder tree over the banks' `term` where it is now extended to the accumulator's width.
module matmul_engine #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Input channels; lanes beyond them are always zero.
  parameter int unsigned InChannels = 8,
  /// Output channels; lanes beyond them have zero weights.
  parameter int unsigned OutChannels = 8,
  /// Lanes of an input chunk.
  parameter int unsigned InLanes = 4,
  /// Lanes of an output chunk = weights accumulated in one cycle.
  parameter int unsigned OutLanes = 4,
  /// Bits of a signed weight.
  parameter int unsigned WeightWidth = 4,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of an event's value. 1: the value is the sign of +1 or -1, no multiplier. More: a signed
  /// factor.
  parameter int unsigned ValueWidth = 1,
  /// Weight image, `InChannels * OutChunks` words of `OutLanes * WeightWidth` bits.
  parameter WeightFile = ""
) (
  input  logic                           clk_i,
  input  logic                           rst_i,
  /// Chunks in.
  input  logic                           in_valid_i,
  output logic                           in_ready_o,
  input  logic [InLanes-1:0]             in_nz_i,
  input  logic [InLanes*ValueWidth-1:0]  in_value_i,
  input  logic                           in_skip_i,
  input  logic                           in_last_i,
  input  logic                           in_quiet_i,
  /// Delta stream out.
  output logic                           out_valid_o,
  input  logic                           out_ready_i,
  output logic [OutLanes*DeltaWidth-1:0] out_delta_o,
  output logic                           out_skip_o,
  output logic                           out_last_o,
  output logic                           out_quiet_o,
  /// High in each cycle in which an accumulation of `OutLanes` weights is issued.
  output logic                           work_o
);

  localparam int unsigned OutChunks = (OutChannels + OutLanes - 1) / OutLanes;
  localparam int unsigned ChunkWidth = (OutChunks > 1) ? $clog2(OutChunks) : 1;
  localparam int unsigned Words = InChannels * OutChunks;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned WordWidth = OutLanes * WeightWidth;
  localparam int unsigned TermWidth = WeightWidth + ValueWidth;
  localparam int unsigned AccWidth = OutLanes * DeltaWidth;
  localparam int unsigned EventWidth = AddrWidth + ValueWidth + 4;
  localparam int unsigned EventDepth = 8;
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(OutChunks - 1);

  if (Rows < 1 || InChannels < 1 || OutChannels < 1 || InLanes < 1 || OutLanes < 1 ||
      WeightWidth < 2 || ValueWidth < 1 || DeltaWidth < WeightWidth) begin : gen_bad_parameters
    $error("matmul_engine: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- events
  logic pick_valid, pick_ready, pick_event, pick_row_end, pick_last, pick_quiet;
  logic [AddrWidth-1:0] pick_addr;
  logic [ValueWidth-1:0] pick_value;

  event_picker #(
    .InChannels(InChannels),
    .InLanes(InLanes),
    .OutChunks(OutChunks),
    .ValueWidth(ValueWidth)
  ) u_picker (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_nz_i,
    .in_value_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(pick_valid),
    .out_ready_i(pick_ready),
    .out_event_o(pick_event),
    .out_addr_o(pick_addr),
    .out_value_o(pick_value),
    .out_row_end_o(pick_row_end),
    .out_last_o(pick_last),
    .out_quiet_o(pick_quiet)
  );

  logic event_valid, event_ready, event_event, event_row_end, event_last, event_quiet;
  logic [AddrWidth-1:0] event_addr;
  logic [ValueWidth-1:0] event_value;

  stream_fifo #(
    .Width(EventWidth),
    .Depth(EventDepth)
  ) u_events (
    .clk_i,
    .rst_i,
    .in_valid_i(pick_valid),
    .in_ready_o(pick_ready),
    .in_data_i({pick_event, pick_row_end, pick_last, pick_quiet, pick_addr, pick_value}),
    .out_valid_o(event_valid),
    .out_ready_i(event_ready),
    .out_data_o({event_event, event_row_end, event_last, event_quiet, event_addr, event_value})
  );

  // ---------------------------------------------------------------------------- issue
  // `advance` moves every pipeline stage from here to the accumulator.
  logic advance;

  logic issue_valid_q, issue_event_q, issue_first_q;
  logic issue_row_end_q, issue_last_q, issue_quiet_q;
  logic [AddrWidth-1:0] issue_addr_q;
  logic [ChunkWidth-1:0] issue_chunk_q;
  logic [ValueWidth-1:0] issue_value_q;
  // `issue_first_q`: the entry is the first one of its row.
  logic issue_done, issue_row_end;
  assign issue_done = !issue_event_q || issue_chunk_q == ChunkLast;
  assign issue_row_end = issue_row_end_q && issue_done;
  assign event_ready = advance && (!issue_valid_q || issue_done);
  assign work_o = issue_valid_q && issue_event_q && advance;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      issue_valid_q <= 1'b0;
      issue_first_q <= 1'b1;
    end else if (event_ready) begin
      issue_valid_q <= event_valid;
      if (issue_valid_q) issue_first_q <= issue_row_end_q;
    end
    if (event_ready) begin
      issue_event_q <= event_event;
      issue_row_end_q <= event_row_end;
      issue_last_q <= event_last;
      issue_quiet_q <= event_quiet;
      issue_addr_q <= event_addr;
      issue_value_q <= event_value;
      issue_chunk_q <= '0;
    end else if (advance) begin
      issue_addr_q <= issue_addr_q + AddrWidth'(1);
      issue_chunk_q <= issue_chunk_q + ChunkWidth'(1);
    end
  end

  // ---------------------------------------------------------------------------- weights
  // Control that travels beside the weights through the two memory registers and the term register.
  localparam int unsigned ControlWidth = 5 + ChunkWidth;
  logic read_valid_q, weight_valid_q, term_valid_q;
  logic [ControlWidth-1:0] read_control_q, weight_control_q, term_control_q;
  logic [ValueWidth-1:0] read_value_q, weight_value_q;
  logic [WordWidth-1:0] read_word, weight_word_q;
  logic [OutLanes*TermWidth-1:0] term_q;

  sync_rom #(
    .Width(WordWidth),
    .Depth(Words),
    .File (WeightFile)
  ) u_weights (
    .clk_i,
    .enable_i(advance && issue_valid_q && issue_event_q),
    .addr_i  (issue_addr_q),
    .data_o  (read_word)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      read_valid_q <= 1'b0;
      weight_valid_q <= 1'b0;
      term_valid_q <= 1'b0;
    end else if (advance) begin
      read_valid_q <= issue_valid_q;
      weight_valid_q <= read_valid_q;
      term_valid_q <= weight_valid_q;
    end
    if (advance) begin
      read_control_q <= {
        issue_event_q, issue_first_q, issue_row_end, issue_last_q, issue_quiet_q, issue_chunk_q
      };
      read_value_q <= issue_value_q;
      weight_control_q <= read_control_q;
      weight_value_q <= read_value_q;
      weight_word_q <= read_word;
      term_control_q <= weight_control_q;
    end
  end

  // One term a lane: the weight with the event's sign, or the weight times the event's value.
  for (genvar j = 0; j < OutLanes; j++) begin : gen_term
    logic signed [WeightWidth-1:0] weight;
    logic signed [TermWidth-1:0] term;
    assign weight = weight_word_q[WeightWidth*j+:WeightWidth];
    if (ValueWidth == 1) begin : gen_signed_weight
      logic signed [TermWidth-1:0] wide;
      assign wide = TermWidth'(weight);
      assign term = weight_value_q[0] ? -wide : wide;
    end else begin : gen_product
      logic signed [ValueWidth-1:0] value;
      assign value = weight_value_q;
      assign term = TermWidth'(weight) * TermWidth'(value);
    end
    always_ff @(posedge clk_i) begin
      if (advance) term_q[TermWidth*j+:TermWidth] <= term;
    end
  end

  // ---------------------------------------------------------------------------- accumulate
  logic acc_event, acc_first, acc_row_end, acc_last, acc_quiet;
  logic [ChunkWidth-1:0] acc_chunk;
  assign {acc_event, acc_first, acc_row_end, acc_last, acc_quiet, acc_chunk} = term_control_q;

  // Bank state: a bank is full from the end of its row until its last beat has left.
  logic [1:0] full_q, skip_q, last_q, quiet_q;
  logic acc_bank_q, drain_bank_q;
  logic acc_enable, drain_enable, drain_done;
  logic [ChunkWidth-1:0] drain_chunk_q;
  logic [2*AccWidth-1:0] bank_word;
  logic [AccWidth-1:0] acc_old, acc_new;

  assign advance = !(term_valid_q && full_q[acc_bank_q]);
  assign acc_enable = term_valid_q && advance;

  // The old value of the accumulators that `acc_new` replaces; 0 for a row's first event. With several
  // output chunks it is read one stage early, beside the term: the word was written at least two
  // cycles before, and behind the end of a row, where the bank changes, comes a first event. With one
  // output chunk the same word changes every cycle, and is a register.
  logic [ChunkWidth-1:0] old_chunk;
  if (OutChunks == 1) begin : gen_old_now
    assign old_chunk = acc_chunk;
    always_comb begin
      acc_old = acc_bank_q ? bank_word[AccWidth+:AccWidth] : bank_word[0+:AccWidth];
      if (acc_first) acc_old = '0;
    end
  end else begin : gen_old_early
    logic weight_first;
    logic [AccWidth-1:0] acc_old_q;
    assign weight_first = weight_control_q[ChunkWidth+3];
    assign old_chunk = weight_control_q[ChunkWidth-1:0];
    always_ff @(posedge clk_i) begin
      if (advance) begin
        if (weight_first) acc_old_q <= '0;
        else acc_old_q <= acc_bank_q ? bank_word[AccWidth+:AccWidth] : bank_word[0+:AccWidth];
      end
    end
    assign acc_old = acc_old_q;
  end

  for (genvar j = 0; j < OutLanes; j++) begin : gen_acc
    logic signed [TermWidth-1:0] term;
    logic signed [DeltaWidth-1:0] old, sum;
    assign term = term_q[TermWidth*j+:TermWidth];
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

  // A bank is either accumulated or drained, so one read port each is enough.
  for (genvar b = 0; b < 2; b++) begin : gen_bank
    logic [AccWidth-1:0] words_q[OutChunks];
    logic [ChunkWidth-1:0] read_chunk;
    assign read_chunk = full_q[b] ? drain_chunk_q : old_chunk;
    assign bank_word[AccWidth*b+:AccWidth] = words_q[read_chunk];
    always_ff @(posedge clk_i) begin
      if (acc_enable && acc_event && acc_bank_q == b[0]) words_q[acc_chunk] <= acc_new;
    end
  end

  // ---------------------------------------------------------------------------- drain
  logic out_valid_q, out_skip_q, out_last_q, out_quiet_q;
  logic [AccWidth-1:0] out_delta_q;
  logic drain_skip;
  assign drain_skip = skip_q[drain_bank_q];
  assign drain_enable = full_q[drain_bank_q] && (!out_valid_q || out_ready_i);
  assign drain_done = drain_enable && (drain_skip || drain_chunk_q == ChunkLast);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      full_q <= '0;
      acc_bank_q <= 1'b0;
      drain_bank_q <= 1'b0;
      drain_chunk_q <= '0;
    end else begin
      if (drain_done) begin
        full_q[drain_bank_q] <= 1'b0;
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
      if (drain_skip) out_delta_q <= '0;
      else out_delta_q <= drain_bank_q ? bank_word[AccWidth+:AccWidth] : bank_word[0+:AccWidth];
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_delta_q;
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
