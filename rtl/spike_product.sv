`default_nettype none

/// Product of two spike streams (SESA): each spike of one operand adds or subtracts tracers of the
/// other; additions only.
///
///     A[i,n] = sum over m of L[i,m] * R[m,n]   for each head; out goes the change of A
///
/// A spike is +1 or -1, the tracers L and R are the sums of the spikes of a sample. In a time-step the
/// right spikes come first: a right spike r at (m,n) adds r * L[:,m] to the column A[:,n], with the
/// left tracers of before this time-step. Then a left spike l at (i,m) adds l * R[m,:] to the row
/// A[i,:], with the right tracers of after this time-step.
///
/// Scores (`Mix` = 0), queries times keys: left rows i and right rows n (tokens) of `Heads * Depth`
/// channels, m a channel of a head; out rows i of `Heads * GroupPad` channels.
/// Mix (`Mix` = 1), weights times values: left rows i of `Heads * GroupPad` channels, right rows m
/// (tokens) of `Heads * Depth` channels; out rows i of `Heads * Depth` channels.
/// Where tokens are channels, a head has `GroupPad` of them; those beyond `RightRows` never spike and
/// are 0.
///
/// Contract: a time-step out for each time-step in, row by row; a row whose accumulators nothing can
/// have changed (no right spike in the time-step, no left spike in the row) is one skip beat. The
/// right stream's time-step is taken completely before the left one's begins; a stream that was final in
/// an earlier time-step has none. The out time-step is `last` once both streams were final in it or
/// before, `quiet` if both were quiet. Then both begin anew; until then the next sample's beats wait.
///
/// Structure: `spike_events` of either stream -> loop over the vectors of an event -> tracer memories
/// -> rotator -> banks of accumulators, read, added and written in one cycle -> rotator back. The
/// element (i,n) of a head stands in bank (i + n) mod `OutLanes`, so that `OutLanes` neighbours of a
/// column as of a row stand in one bank each. A drained row is cleared as it is read.
/// Throughput: a right spike takes `ceil(LeftRows / OutLanes)` cycles, a left spike as many as a head
/// has chunks, a row one cycle for each of its beats; a right row's end takes one if no spike carries
/// it. A change of sides takes up to 3 cycles, and a sample's end one cycle for each word of the
/// largest memory, for clearing. Back-pressure: rows wait for a free word in the output's FIFO.
module spike_product #(
  /// Rows of the left operand and of the product.
  parameter int unsigned LeftRows = 3,
  /// Rows of the right operand.
  parameter int unsigned RightRows = 5,
  /// Heads.
  parameter int unsigned Heads = 2,
  /// Channels of a head.
  parameter int unsigned Depth = 4,
  /// Tokens of a head with padding, at least `RightRows`.
  parameter int unsigned GroupPad = 6,
  /// 0: Scores; 1: Mix.
  parameter int unsigned Mix = 0,
  /// Lanes of a left chunk.
  parameter int unsigned LeftLanes = 4,
  /// Lanes of a right chunk.
  parameter int unsigned RightLanes = 4,
  /// Lanes of an output chunk = additions of a cycle. Divides a head's output channels: `GroupPad`
  /// (Scores), `Depth` (Mix).
  parameter int unsigned OutLanes = 2,
  /// Bits of a left tracer, signed.
  parameter int unsigned LeftLevelWidth = 5,
  /// Bits of a right tracer, signed.
  parameter int unsigned RightLevelWidth = 5,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 12
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  /// Left spike stream.
  input  wire logic                           left_valid_i,
  output      logic                           left_ready_o,
  input  wire logic [LeftLanes-1:0]           left_nz_i,
  input  wire logic [LeftLanes-1:0]           left_neg_i,
  input  wire logic                           left_skip_i,
  input  wire logic                           left_last_i,
  input  wire logic                           left_quiet_i,
  /// Right spike stream.
  input  wire logic                           right_valid_i,
  output      logic                           right_ready_o,
  input  wire logic [RightLanes-1:0]          right_nz_i,
  input  wire logic [RightLanes-1:0]          right_neg_i,
  input  wire logic                           right_skip_i,
  input  wire logic                           right_last_i,
  input  wire logic                           right_quiet_i,
  /// Delta stream out.
  output      logic                           out_valid_o,
  input  wire logic                           out_ready_i,
  output      logic [OutLanes*DeltaWidth-1:0] out_delta_o,
  output      logic                           out_skip_o,
  output      logic                           out_last_o,
  output      logic                           out_quiet_o,
  /// High in each cycle in which an addition of `OutLanes` tracers is issued.
  output      logic                           work_o
);

  // Channels of a head on the left, and of the product.
  localparam int unsigned LeftGroup = (Mix == 1) ? GroupPad : Depth;
  localparam int unsigned OutGroup = (Mix == 1) ? Depth : GroupPad;
  localparam int unsigned LeftChannels = Heads * LeftGroup;
  localparam int unsigned RightChannels = Heads * Depth;
  // Chunks of a head, and of a column of the product.
  localparam int unsigned HeadChunks = OutGroup / OutLanes;
  localparam int unsigned RowChunks = (LeftRows + OutLanes - 1) / OutLanes;

  localparam int unsigned LeftWords = RowChunks * LeftChannels;
  localparam int unsigned RightWords = HeadChunks * LeftChannels;
  localparam int unsigned AccWords = Heads * HeadChunks * LeftRows;
  localparam int unsigned TracerWords = (LeftWords > RightWords) ? LeftWords : RightWords;
  localparam int unsigned SweepWords = (TracerWords > AccWords) ? TracerWords : AccWords;

  localparam int unsigned LeftAddrWidth = (LeftWords > 1) ? $clog2(LeftWords) : 1;
  localparam int unsigned RightAddrWidth = (RightWords > 1) ? $clog2(RightWords) : 1;
  localparam int unsigned AccAddrWidth = (AccWords > 1) ? $clog2(AccWords) : 1;
  localparam int unsigned SweepWidth = (SweepWords > 1) ? $clog2(SweepWords) : 1;
  localparam int unsigned RowWidth = (LeftRows > 1) ? $clog2(LeftRows) : 1;
  localparam int unsigned TokenWidth = (RightRows > 1) ? $clog2(RightRows) : 1;
  localparam int unsigned LaneWidth = (OutLanes > 1) ? $clog2(OutLanes) : 1;
  localparam int unsigned LevelWidth =
      (LeftLevelWidth > RightLevelWidth) ? LeftLevelWidth : RightLevelWidth;

  if (LeftRows < 1 || RightRows < 1 || Heads < 1 || Depth < 1 || GroupPad < RightRows || Mix > 1 ||
      LeftLanes < 1 || RightLanes < 1 || OutLanes < 1 || LeftLevelWidth < 2 ||
      RightLevelWidth < 2 || DeltaWidth < LevelWidth) begin : gen_bad_parameters
    $error("spike_product: a parameter is out of range");
  end
  if (HeadChunks * OutLanes != OutGroup) begin : gen_bad_lanes
    $error("spike_product: OutLanes must divide the output channels of a head");
  end

  // ---------------------------------------------------------------------------- order of work
  // A right unit is what its position in the product follows from: a head (Scores), a chunk (Mix).
  localparam int unsigned RightUnit = (Mix == 1) ? OutLanes : Depth;
  localparam int unsigned RightUnits = RightChannels / RightUnit;
  localparam int unsigned LeftChannelWidth = (LeftChannels > 1) ? $clog2(LeftChannels) : 1;
  localparam int unsigned RightChannelWidth = (RightChannels > 1) ? $clog2(RightChannels) : 1;
  localparam int unsigned LeftUnitWidth = (Heads > 1) ? $clog2(Heads) : 1;
  localparam int unsigned RightUnitWidth = (RightUnits > 1) ? $clog2(RightUnits) : 1;

  // The stages behind the issue never stand still. `slot`: the issue stage takes its next entry; `room`:
  // the output has room for another word.
  logic slot, room, settled;
  logic left_load, right_load, drain_load, sweep_load, right_side;
  logic token_end, right_step_end, step_end, drain_skip, sample_end, quiet;
  logic [RowWidth-1:0] row;
  logic [TokenWidth-1:0] token;
  logic [SweepWidth-1:0] sweep;
  logic left_neg, right_neg;
  logic [LeftChannelWidth-1:0] left_channel;
  logic [LeftUnitWidth-1:0] left_unit;
  logic [RightChannelWidth-1:0] right_channel;
  logic [RightUnitWidth-1:0] right_unit;

  product_sequencer #(
    .LeftRows(LeftRows),
    .RightRows(RightRows),
    .LeftChannels(LeftChannels),
    .LeftLanes(LeftLanes),
    .LeftUnit(LeftGroup),
    .RightChannels(RightChannels),
    .RightLanes(RightLanes),
    .RightUnit(RightUnit),
    .SweepWords(SweepWords)
  ) u_order (
    .clk_i,
    .rst_i,
    .left_valid_i,
    .left_ready_o,
    .left_nz_i,
    .left_neg_i,
    .left_skip_i,
    .left_last_i,
    .left_quiet_i,
    .right_valid_i,
    .right_ready_o,
    .right_nz_i,
    .right_neg_i,
    .right_skip_i,
    .right_last_i,
    .right_quiet_i,
    .slot_i(slot),
    .settled_i(settled),
    .left_load_o(left_load),
    .left_neg_o(left_neg),
    .left_channel_o(left_channel),
    .left_unit_o(left_unit),
    .right_load_o(right_load),
    .right_neg_o(right_neg),
    .right_channel_o(right_channel),
    .right_unit_o(right_unit),
    .drain_load_o(drain_load),
    .sweep_load_o(sweep_load),
    .right_side_o(right_side),
    .row_o(row),
    .token_o(token),
    .sweep_o(sweep),
    .token_end_o(token_end),
    .right_step_end_o(right_step_end),
    .step_end_o(step_end),
    .drain_skip_o(drain_skip),
    .sample_end_o(sample_end),
    .quiet_o(quiet)
  );

  // ---------------------------------------------------------------------------- operations
  logic op_valid, op_add, op_emit, op_clear, op_writes, op_column, op_neg, op_tail;
  logic op_skip, op_last, op_quiet;
  logic [LaneWidth-1:0] op_lane;
  logic [LeftAddrWidth-1:0] op_left;
  logic [RightAddrWidth-1:0] op_right;
  logic [AccAddrWidth-1:0] op_acc;
  assign work_o = op_valid && op_add;

  product_dispatch #(
    .LeftRows(LeftRows),
    .RightRows(RightRows),
    .Heads(Heads),
    .Depth(Depth),
    .GroupPad(GroupPad),
    .Mix(Mix),
    .OutLanes(OutLanes),
    .SweepWords(SweepWords),
    .RightUnits(RightUnits)
  ) u_issue (
    .clk_i,
    .rst_i,
    .room_i(room),
    .slot_o(slot),
    .left_load_i(left_load),
    .right_load_i(right_load),
    .drain_load_i(drain_load),
    .sweep_load_i(sweep_load),
    .right_side_i(right_side),
    .row_i(row),
    .token_i(token),
    .sweep_i(sweep),
    .token_end_i(token_end),
    .right_step_end_i(right_step_end),
    .step_end_i(step_end),
    .drain_skip_i(drain_skip),
    .sample_end_i(sample_end),
    .quiet_i(quiet),
    .left_neg_i(left_neg),
    .left_channel_i(left_channel),
    .left_unit_i(left_unit),
    .right_neg_i(right_neg),
    .right_channel_i(right_channel),
    .right_unit_i(right_unit),
    .valid_o(op_valid),
    .add_o(op_add),
    .emit_o(op_emit),
    .clear_o(op_clear),
    .writes_o(op_writes),
    .column_o(op_column),
    .neg_o(op_neg),
    .tail_o(op_tail),
    .skip_o(op_skip),
    .last_o(op_last),
    .quiet_o(op_quiet),
    .lane_o(op_lane),
    .left_o(op_left),
    .right_o(op_right),
    .acc_o(op_acc)
  );

  logic word_column, word_tail, term_valid, term_add, term_emit, term_neg;
  logic term_skip, term_last, term_quiet;
  logic [LaneWidth-1:0] word_lane, term_lane;
  logic [AccAddrWidth-1:0] word_acc;
  logic [OutLanes*LevelWidth-1:0] term_operand;

  product_tracers #(
    .Lanes(OutLanes),
    .LeftLevelWidth(LeftLevelWidth),
    .RightLevelWidth(RightLevelWidth),
    .LeftWords(LeftWords),
    .RightWords(RightWords),
    .AccWords(AccWords)
  ) u_tracers (
    .clk_i,
    .rst_i,
    .op_valid_i(op_valid),
    .op_add_i(op_add),
    .op_emit_i(op_emit),
    .op_clear_i(op_clear),
    .op_writes_i(op_writes),
    .op_column_i(op_column),
    .op_neg_i(op_neg),
    .op_tail_i(op_tail),
    .op_skip_i(op_skip),
    .op_last_i(op_last),
    .op_quiet_i(op_quiet),
    .op_lane_i(op_lane),
    .op_left_i(op_left),
    .op_right_i(op_right),
    .op_acc_i(op_acc),
    .settled_o(settled),
    .word_column_o(word_column),
    .word_tail_o(word_tail),
    .word_lane_o(word_lane),
    .word_acc_o(word_acc),
    .term_valid_o(term_valid),
    .term_add_o(term_add),
    .term_emit_o(term_emit),
    .term_neg_o(term_neg),
    .term_skip_o(term_skip),
    .term_last_o(term_last),
    .term_quiet_o(term_quiet),
    .term_lane_o(term_lane),
    .term_operand_o(term_operand)
  );

  logic [OutLanes*DeltaWidth-1:0] bank_word;
  product_banks #(
    .Lanes(OutLanes),
    .Words(AccWords),
    .TailRows(LeftRows - (RowChunks - 1) * OutLanes),
    .TermWidth(LevelWidth),
    .Width(DeltaWidth)
  ) u_banks (
    .clk_i,
    .rst_i,
    .column_i(word_column),
    .tail_i(word_tail),
    .lane_i(word_lane),
    .addr_i(word_acc),
    .valid_i(term_valid),
    .add_i(term_add),
    .neg_i(term_neg),
    .term_i(term_operand),
    .word_o(bank_word)
  );

  // Beside the word that is read out.
  logic emit_q, emit_skip_q, emit_last_q, emit_quiet_q;
  logic [LaneWidth-1:0] emit_lane_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) emit_q <= 1'b0;
    else emit_q <= term_valid && term_emit;
    emit_lane_q <= term_lane;
    emit_skip_q <= term_skip;
    emit_last_q <= term_last;
    emit_quiet_q <= term_quiet;
  end

  product_drain #(
    .Lanes(OutLanes),
    .Width(DeltaWidth)
  ) u_drain (
    .clk_i,
    .rst_i,
    .room_o(room),
    .begin_i(op_valid && op_emit),
    .in_valid_i(emit_q),
    .in_word_i(bank_word),
    .in_lane_i(emit_lane_q),
    .in_skip_i(emit_skip_q),
    .in_last_i(emit_last_q),
    .in_quiet_i(emit_quiet_q),
    .out_valid_o,
    .out_ready_i,
    .out_delta_o,
    .out_skip_o,
    .out_last_o,
    .out_quiet_o
  );

endmodule

`default_nettype wire
