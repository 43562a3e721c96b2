`default_nettype none

/// Sequence of the work of `spike_product`: the memories are cleared; then, in each time-step, the events of the
/// right stream come first and those of the left stream second, and each left row is drained after its last
/// event.
///
/// Contract: offers one entry at a time, an event or a row to drain or a word to clear, which is taken
/// with `slot_i`. A right stream that was final in an earlier time-step has none in this one, and so
/// has a left one; once both were final the memories are cleared and the next sample begins. After a
/// change of sides the first entry waits for `settled_i`.
module product_sequencer #(
  /// Left rows.
  parameter int unsigned LeftRows = 3,
  /// Right rows.
  parameter int unsigned RightRows = 5,
  /// Channels, lanes and channels of a unit of the left and the right stream, see `spike_events`.
  parameter int unsigned LeftChannels = 8,
  parameter int unsigned LeftLanes = 4,
  parameter int unsigned LeftUnit = 4,
  parameter int unsigned RightChannels = 8,
  parameter int unsigned RightLanes = 4,
  parameter int unsigned RightUnit = 4,
  /// Words to clear.
  parameter int unsigned SweepWords = 8,
  /// Bits of a channel's and a unit's number, derived.
  localparam int unsigned LeftChannelWidth = (LeftChannels > 1) ? $clog2(LeftChannels) : 1,
  localparam int unsigned LeftUnits = LeftChannels / LeftUnit,
  localparam int unsigned LeftUnitWidth = (LeftUnits > 1) ? $clog2(LeftUnits) : 1,
  localparam int unsigned RightChannelWidth = (RightChannels > 1) ? $clog2(RightChannels) : 1,
  localparam int unsigned RightUnits = RightChannels / RightUnit,
  localparam int unsigned RightUnitWidth = (RightUnits > 1) ? $clog2(RightUnits) : 1,
  /// Bits of a left and a right row's number and of a word's, derived.
  localparam int unsigned RowWidth = (LeftRows > 1) ? $clog2(LeftRows) : 1,
  localparam int unsigned TokenWidth = (RightRows > 1) ? $clog2(RightRows) : 1,
  localparam int unsigned SweepWidth = (SweepWords > 1) ? $clog2(SweepWords) : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_i,
  /// Left spike stream.
  input  wire logic                               left_valid_i,
  output      logic                               left_ready_o,
  input  wire logic [LeftLanes-1:0]               left_nz_i,
  input  wire logic [LeftLanes-1:0]               left_neg_i,
  input  wire logic                               left_skip_i,
  input  wire logic                               left_last_i,
  input  wire logic                               left_quiet_i,
  /// Right spike stream.
  input  wire logic                               right_valid_i,
  output      logic                               right_ready_o,
  input  wire logic [RightLanes-1:0]              right_nz_i,
  input  wire logic [RightLanes-1:0]              right_neg_i,
  input  wire logic                               right_skip_i,
  input  wire logic                               right_last_i,
  input  wire logic                               right_quiet_i,
  /// An entry can be taken; every tracer is up to date.
  input  wire logic                               slot_i,
  input  wire logic                               settled_i,
  /// The entry that is taken: an event of the left or of the right stream, a row to drain, a word to
  /// clear. `right_side_o`: the right stream's part of the time-step.
  output      logic                               left_load_o,
  output      logic                               left_neg_o,
  output      logic [LeftChannelWidth-1:0]        left_channel_o,
  output      logic [LeftUnitWidth-1:0]           left_unit_o,
  output      logic                               right_load_o,
  output      logic                               right_neg_o,
  output      logic [RightChannelWidth-1:0]       right_channel_o,
  output      logic [RightUnitWidth-1:0]          right_unit_o,
  output      logic                               drain_load_o,
  output      logic                               sweep_load_o,
  output      logic                               right_side_o,
  output      logic [RowWidth-1:0]                row_o,
  output      logic [TokenWidth-1:0]              token_o,
  output      logic [SweepWidth-1:0]              sweep_o,
  /// A right row ends; the right, the left part of a time-step ends.
  output      logic                               token_end_o,
  output      logic                               right_step_end_o,
  output      logic                               step_end_o,
  /// Of the row to drain: nothing has changed; it is the sample's last beat; both streams were quiet.
  output      logic                               drain_skip_o,
  output      logic                               sample_end_o,
  output      logic                               quiet_o
);

  localparam bit [RowWidth-1:0] RowLast = RowWidth'(LeftRows - 1);
  localparam bit [TokenWidth-1:0] TokenLast = TokenWidth'(RightRows - 1);
  localparam bit [SweepWidth-1:0] SweepLast = SweepWidth'(SweepWords - 1);
  localparam bit [1:0] Sweep = 2'd0;
  localparam bit [1:0] Right = 2'd1;
  localparam bit [1:0] Left = 2'd2;

  // ---------------------------------------------------------------------------- events
  logic left_valid, left_ready, left_event, left_row_end, left_last, left_quiet;

  spike_events #(
    .Channels(LeftChannels),
    .Lanes(LeftLanes),
    .Unit(LeftUnit)
  ) u_left (
    .clk_i,
    .rst_i,
    .in_valid_i(left_valid_i),
    .in_ready_o(left_ready_o),
    .in_nz_i(left_nz_i),
    .in_neg_i(left_neg_i),
    .in_skip_i(left_skip_i),
    .in_last_i(left_last_i),
    .in_quiet_i(left_quiet_i),
    .out_valid_o(left_valid),
    .out_ready_i(left_ready),
    .out_event_o(left_event),
    .out_neg_o(left_neg_o),
    .out_channel_o(left_channel_o),
    .out_unit_o(left_unit_o),
    .out_row_end_o(left_row_end),
    .out_last_o(left_last),
    .out_quiet_o(left_quiet)
  );

  logic right_valid, right_ready, right_event, right_row_end, right_last, right_quiet;

  spike_events #(
    .Channels(RightChannels),
    .Lanes(RightLanes),
    .Unit(RightUnit)
  ) u_right (
    .clk_i,
    .rst_i,
    .in_valid_i(right_valid_i),
    .in_ready_o(right_ready_o),
    .in_nz_i(right_nz_i),
    .in_neg_i(right_neg_i),
    .in_skip_i(right_skip_i),
    .in_last_i(right_last_i),
    .in_quiet_i(right_quiet_i),
    .out_valid_o(right_valid),
    .out_ready_i(right_ready),
    .out_event_o(right_event),
    .out_neg_o(right_neg_o),
    .out_channel_o(right_channel_o),
    .out_unit_o(right_unit_o),
    .out_row_end_o(right_row_end),
    .out_last_o(right_last),
    .out_quiet_o(right_quiet)
  );

  // ---------------------------------------------------------------------------- order
  logic [1:0] phase_q;
  logic wait_q, free;
  assign free = slot_i && (settled_i || !wait_q);

  // Finality so far, and whether anything spiked: on the right in this time-step, on the left in this
  // row. `drain_q`: the row has no more events.
  logic left_final_q, left_quiet_q, right_final_q, right_quiet_q, right_any_q, left_any_q, drain_q;
  logic [RowWidth-1:0] row_q;
  logic [TokenWidth-1:0] token_q;
  logic [SweepWidth-1:0] sweep_q;

  logic left_taken, right_taken;
  assign right_ready = free && phase_q == Right;
  assign right_taken = right_ready && right_valid;
  assign right_load_o = right_taken && right_event;
  assign left_ready = free && phase_q == Left && !drain_q && !left_final_q;
  assign left_taken = left_ready && left_valid;
  assign left_load_o = left_taken && left_event;
  // The end of a row without an event of its own is drained at once.
  assign drain_load_o = free && phase_q == Left &&
                        (drain_q || left_final_q || (left_valid && !left_event));
  assign sweep_load_o = free && phase_q == Sweep;
  assign right_side_o = phase_q == Right;

  logic left_final, left_final_quiet, sweep_end;
  assign left_final = left_final_q || (left_taken && left_last);
  assign left_final_quiet = left_final_q ? left_quiet_q : left_quiet;
  assign token_end_o = right_taken && right_row_end;
  assign right_step_end_o = token_end_o && token_q == TokenLast;
  assign step_end_o = drain_load_o && row_q == RowLast;
  assign sample_end_o = step_end_o && left_final && right_final_q;
  assign quiet_o = left_final_quiet && right_quiet_q;
  assign sweep_end = sweep_load_o && sweep_q == SweepLast;
  assign drain_skip_o = !right_any_q && !left_any_q;

  assign row_o = row_q;
  assign token_o = token_q;
  assign sweep_o = sweep_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      phase_q <= Sweep;
      wait_q <= 1'b0;
      left_final_q <= 1'b0;
      right_final_q <= 1'b0;
      right_any_q <= 1'b0;
      left_any_q <= 1'b0;
      drain_q <= 1'b0;
      row_q <= '0;
      token_q <= '0;
      sweep_q <= '0;
    end else begin
      if (sample_end_o) phase_q <= Sweep;
      else if (sweep_end || (step_end_o && !right_final_q)) phase_q <= Right;
      else if (right_step_end_o) phase_q <= Left;
      if (step_end_o || right_step_end_o || sweep_end) wait_q <= 1'b1;
      else if (free) wait_q <= 1'b0;

      left_final_q <= left_final && !sample_end_o;
      if (sample_end_o) right_final_q <= 1'b0;
      else if (right_taken && right_last) right_final_q <= 1'b1;

      if (step_end_o) right_any_q <= 1'b0;
      else if (right_load_o) right_any_q <= 1'b1;
      if (drain_load_o) left_any_q <= 1'b0;
      else if (left_load_o) left_any_q <= 1'b1;
      if (drain_load_o) drain_q <= 1'b0;
      else if (left_load_o) drain_q <= left_row_end;

      if (drain_load_o) row_q <= (row_q == RowLast) ? '0 : row_q + RowWidth'(1);
      if (token_end_o) token_q <= (token_q == TokenLast) ? '0 : token_q + TokenWidth'(1);
      if (sweep_load_o) sweep_q <= (sweep_q == SweepLast) ? '0 : sweep_q + SweepWidth'(1);
    end
    if (left_taken && left_last) left_quiet_q <= left_quiet;
    if (right_taken && right_last) right_quiet_q <= right_quiet;
  end

endmodule

`default_nettype wire
