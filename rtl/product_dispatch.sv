`default_nettype none

/// Issue stage of `spike_product`: turns an entry (an event, a row to drain or a word to clear) into one
/// operation a cycle for each of its vectors, with the addresses of tracers and accumulators.
///
/// L[i,m] is lane i mod OutLanes of word (i / OutLanes) * LeftChannels + m, R[m,n] lane n mod OutLanes
/// of word (n / OutLanes) * LeftChannels + m, m counting the channels of all heads as the left stream
/// does. A[i,n] is word (head * HeadChunks + n / OutLanes) * LeftRows + i of its bank.
/// Latency: 1 cycle. A word that leaves waits until the output has room for it.
module product_dispatch #(
  /// As in `spike_product`.
  parameter int unsigned LeftRows = 3,
  parameter int unsigned RightRows = 5,
  parameter int unsigned Heads = 2,
  parameter int unsigned Depth = 4,
  parameter int unsigned GroupPad = 6,
  parameter int unsigned Mix = 0,
  parameter int unsigned OutLanes = 2,
  /// Words of the largest memory.
  parameter int unsigned SweepWords = 24,
  /// Units of a right event: heads (Scores) or output chunks (Mix).
  parameter int unsigned RightUnits = 2,
  /// Derived: channels of the streams, chunks of a head, of a row and of a column of the product.
  localparam int unsigned LeftChannels = Heads * ((Mix == 1) ? GroupPad : Depth),
  localparam int unsigned RightChannels = Heads * Depth,
  localparam int unsigned HeadChunks = ((Mix == 1) ? Depth : GroupPad) / OutLanes,
  localparam int unsigned OutChunks = Heads * HeadChunks,
  localparam int unsigned RowChunks = (LeftRows + OutLanes - 1) / OutLanes,
  /// Derived: words of a tracer memory of either side and of a bank, and bits of all of these.
  localparam int unsigned LeftWords = RowChunks * LeftChannels,
  localparam int unsigned RightWords = HeadChunks * LeftChannels,
  localparam int unsigned AccWords = OutChunks * LeftRows,
  localparam int unsigned LeftAddrWidth = (LeftWords > 1) ? $clog2(LeftWords) : 1,
  localparam int unsigned RightAddrWidth = (RightWords > 1) ? $clog2(RightWords) : 1,
  localparam int unsigned AccAddrWidth = (AccWords > 1) ? $clog2(AccWords) : 1,
  localparam int unsigned SweepWidth = (SweepWords > 1) ? $clog2(SweepWords) : 1,
  localparam int unsigned RowWidth = (LeftRows > 1) ? $clog2(LeftRows) : 1,
  localparam int unsigned TokenWidth = (RightRows > 1) ? $clog2(RightRows) : 1,
  localparam int unsigned LaneWidth = (OutLanes > 1) ? $clog2(OutLanes) : 1,
  localparam int unsigned LeftChannelWidth = (LeftChannels > 1) ? $clog2(LeftChannels) : 1,
  localparam int unsigned RightChannelWidth = (RightChannels > 1) ? $clog2(RightChannels) : 1,
  localparam int unsigned LeftUnitWidth = (Heads > 1) ? $clog2(Heads) : 1,
  localparam int unsigned RightUnitWidth = (RightUnits > 1) ? $clog2(RightUnits) : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// There is room for a word that leaves.
  input  wire logic                         room_i,
  /// The next entry is taken.
  output      logic                         slot_o,
  /// Entries, as from `product_sequencer`.
  input  wire logic                         left_load_i,
  input  wire logic                         right_load_i,
  input  wire logic                         drain_load_i,
  input  wire logic                         sweep_load_i,
  input  wire logic                         right_side_i,
  input  wire logic [RowWidth-1:0]          row_i,
  input  wire logic [TokenWidth-1:0]        token_i,
  input  wire logic [SweepWidth-1:0]        sweep_i,
  input  wire logic                         token_end_i,
  input  wire logic                         right_step_end_i,
  input  wire logic                         step_end_i,
  input  wire logic                         drain_skip_i,
  input  wire logic                         sample_end_i,
  input  wire logic                         quiet_i,
  input  wire logic                         left_neg_i,
  input  wire logic [LeftChannelWidth-1:0]  left_channel_i,
  input  wire logic [LeftUnitWidth-1:0]     left_unit_i,
  input  wire logic                         right_neg_i,
  input  wire logic [RightChannelWidth-1:0] right_channel_i,
  input  wire logic [RightUnitWidth-1:0]    right_unit_i,
  /// The operation: an addition (`column_o`: of a right event), a word that leaves, or one that is
  /// cleared. `writes_o`: a tracer of the event's own side changes. `tail_o`: the last of a column.
  output      logic                         valid_o,
  output      logic                         add_o,
  output      logic                         emit_o,
  output      logic                         clear_o,
  output      logic                         writes_o,
  output      logic                         column_o,
  output      logic                         neg_o,
  output      logic                         tail_o,
  output      logic                         skip_o,
  output      logic                         last_o,
  output      logic                         quiet_o,
  /// Lane of the event's row or column; words of the tracers and of the accumulators.
  output      logic [LaneWidth-1:0]         lane_o,
  output      logic [LeftAddrWidth-1:0]     left_o,
  output      logic [RightAddrWidth-1:0]    right_o,
  output      logic [AccAddrWidth-1:0]      acc_o
);

  localparam int unsigned MostVectors = (RowChunks > OutChunks) ? RowChunks : OutChunks;
  localparam int unsigned CountWidth = (MostVectors > 1) ? $clog2(MostVectors) : 1;
  localparam bit [LaneWidth-1:0] LaneLast = LaneWidth'(OutLanes - 1);

  // ---------------------------------------------------------------------------- addresses
  // The left row as chunk and lane.
  logic [LaneWidth-1:0] row_lane_q;
  logic [LeftAddrWidth-1:0] row_base_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || step_end_i) begin
      row_lane_q <= '0;
      row_base_q <= '0;
    end else if (drain_load_i) begin
      row_lane_q <= (row_lane_q == LaneLast) ? '0 : row_lane_q + LaneWidth'(1);
      if (row_lane_q == LaneLast) row_base_q <= row_base_q + LeftAddrWidth'(LeftChannels);
    end
  end

  // Addresses of a left event: L[i,m] and A[i,0].
  logic [AccAddrWidth-1:0] left_head, left_acc;
  logic [LeftAddrWidth-1:0] left_update;
  always_comb begin
    left_head = '0;
    for (int unsigned h = 0; h < Heads; h++) begin
      if (left_unit_i == LeftUnitWidth'(h)) begin
        left_head = left_head | AccAddrWidth'(h * HeadChunks * LeftRows);
      end
    end
  end
  assign left_acc = left_head + AccAddrWidth'(row_i);
  assign left_update = row_base_q + LeftAddrWidth'(left_channel_i);

  // Addresses of a right event: L[0,m], R[m,n], A[0,n] and the lane of n.
  logic [LeftAddrWidth-1:0] right_operand;
  logic [RightAddrWidth-1:0] right_update;
  logic [AccAddrWidth-1:0] right_acc;
  logic [LaneWidth-1:0] right_lane;
  if (Mix == 1) begin : gen_mix
    logic [LeftAddrWidth-1:0] operand_base;
    logic [RightAddrWidth-1:0] update_base;
    logic [RightChannelWidth-1:0] unit_channel;
    always_comb begin
      operand_base = '0;
      update_base = '0;
      unit_channel = '0;
      right_acc = '0;
      for (int unsigned u = 0; u < RightUnits; u++) begin
        if (right_unit_i == RightUnitWidth'(u)) begin
          operand_base = operand_base | LeftAddrWidth'((u / HeadChunks) * GroupPad);
          update_base = update_base | RightAddrWidth'(
              (u / HeadChunks) * GroupPad + (u % HeadChunks) * LeftChannels);
          unit_channel = unit_channel | RightChannelWidth'(u * OutLanes);
          right_acc = right_acc | AccAddrWidth'(u * LeftRows);
        end
      end
    end
    logic unused_ends;
    assign unused_ends = token_end_i ^ right_step_end_i;
    assign right_operand = operand_base + LeftAddrWidth'(token_i);
    assign right_update = update_base + RightAddrWidth'(token_i);
    assign right_lane = LaneWidth'(right_channel_i - unit_channel);
  end else begin : gen_scores
    // The token as chunk and lane.
    logic [LaneWidth-1:0] token_lane_q;
    logic [RightAddrWidth-1:0] token_base_q;
    logic [AccAddrWidth-1:0] token_acc_q, right_head;
    always_ff @(posedge clk_i) begin
      if (rst_i || right_step_end_i) begin
        token_lane_q <= '0;
        token_base_q <= '0;
        token_acc_q <= '0;
      end else if (token_end_i) begin
        token_lane_q <= (token_lane_q == LaneLast) ? '0 : token_lane_q + LaneWidth'(1);
        if (token_lane_q == LaneLast) begin
          token_base_q <= token_base_q + RightAddrWidth'(LeftChannels);
          token_acc_q <= token_acc_q + AccAddrWidth'(LeftRows);
        end
      end
    end
    always_comb begin
      right_head = '0;
      for (int unsigned h = 0; h < Heads; h++) begin
        if (right_unit_i == RightUnitWidth'(h)) begin
          right_head = right_head | AccAddrWidth'(h * HeadChunks * LeftRows);
        end
      end
    end
    logic unused_token;
    assign unused_token = ^token_i;
    assign right_operand = LeftAddrWidth'(right_channel_i);
    assign right_update = token_base_q + RightAddrWidth'(right_channel_i);
    assign right_acc = right_head + token_acc_q;
    assign right_lane = token_lane_q;
  end

  // ---------------------------------------------------------------------------- operation
  // emit_q: valid, and a word leaves. more_q: valid, and not the last of the entry's operations.
  logic valid_q, first_q, column_q, add_q, emit_q, clear_q, neg_q, skip_q, last_q, quiet_q;
  logic more_q, go;
  logic [CountWidth-1:0] count_q;
  logic [LaneWidth-1:0] lane_q;
  logic [LeftAddrWidth-1:0] left_q;
  logic [RightAddrWidth-1:0] right_q;
  logic [AccAddrWidth-1:0] acc_q;
  assign go = !emit_q || room_i;
  assign slot_o = go && !more_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= 1'b0;
      emit_q <= 1'b0;
      more_q <= 1'b0;
    end else if (slot_o) begin
      valid_q <= left_load_i || right_load_i || drain_load_i || sweep_load_i;
      emit_q <= drain_load_i;
      more_q <= (right_load_i && RowChunks != 1) || (left_load_i && HeadChunks != 1) ||
          (drain_load_i && !drain_skip_i && OutChunks != 1);
    end else if (go) begin
      more_q <= count_q != CountWidth'(1);
    end
    if (slot_o) begin
      first_q <= 1'b1;
      column_q <= right_side_i;
      add_q <= left_load_i || right_load_i;
      clear_q <= sweep_load_i;
      skip_q <= drain_skip_i;
      last_q <= sample_end_i;
      quiet_q <= sample_end_i && quiet_i;
      if (right_side_i) begin
        neg_q <= right_neg_i;
        lane_q <= right_lane;
        left_q <= right_operand;
        right_q <= right_update;
        acc_q <= right_acc;
        count_q <= CountWidth'(RowChunks - 1);
      end else if (!sweep_load_i) begin
        neg_q <= left_neg_i;
        lane_q <= row_lane_q;
        left_q <= left_update;
        right_q <= RightAddrWidth'(left_channel_i);
        acc_q <= drain_load_i ? AccAddrWidth'(row_i) : left_acc;
        if (!drain_load_i) count_q <= CountWidth'(HeadChunks - 1);
        else count_q <= drain_skip_i ? '0 : CountWidth'(OutChunks - 1);
      end else begin
        neg_q <= 1'b0;
        lane_q <= '0;
        left_q <= LeftAddrWidth'(sweep_i);
        right_q <= RightAddrWidth'(sweep_i);
        acc_q <= AccAddrWidth'(sweep_i);
        count_q <= '0;
      end
    end else if (go) begin
      first_q <= 1'b0;
      count_q <= count_q - CountWidth'(1);
      if (column_q) left_q <= left_q + LeftAddrWidth'(LeftChannels);
      else right_q <= right_q + RightAddrWidth'(LeftChannels);
      acc_q <= acc_q + (column_q ? AccAddrWidth'(OutLanes) : AccAddrWidth'(LeftRows));
    end
  end

  assign valid_o = valid_q && go;
  assign add_o = add_q;
  assign emit_o = emit_q;
  assign clear_o = clear_q;
  assign writes_o = valid_q && (clear_q || (add_q && first_q));
  assign column_o = column_q;
  assign neg_o = neg_q;
  assign tail_o = column_q && !more_q;
  assign skip_o = skip_q;
  assign last_o = last_q && !more_q;
  assign quiet_o = quiet_q && !more_q;
  assign lane_o = lane_q;
  assign left_o = left_q;
  assign right_o = right_q;
  assign acc_o = acc_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_more : assert (more_q == (valid_q && count_q != '0));
      a_leaves : assert (!emit_q || valid_q);
      a_one_entry :
      assert ($onehot0({left_load_i, right_load_i, drain_load_i, sweep_load_i}));
    end
  end
`endif

endmodule

`default_nettype wire
