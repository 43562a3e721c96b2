`default_nettype none

/// Tracers of both operands of `spike_product`: a spike reads those of the other operand and changes its own.
///
/// An operation reads a word of either side; the operand is the word of the other side than the
/// event's, rotated so that each lane stands at its bank, complemented for a negative spike. With
/// `op_writes_i` the event's own tracer changes by its spike, or a word is cleared.
/// Structure: memories (`read`), register of the operand (`word`), of the rotator (`term`).
/// Latency: 3 cycles. A tracer is written when its operation leaves `term`.
module product_tracers #(
  /// Lanes of a word.
  parameter int unsigned Lanes = 2,
  /// Bits of a left and a right tracer, signed.
  parameter int unsigned LeftLevelWidth = 5,
  parameter int unsigned RightLevelWidth = 5,
  /// Words of either side, and of a bank of accumulators.
  parameter int unsigned LeftWords = 8,
  parameter int unsigned RightWords = 8,
  parameter int unsigned AccWords = 8,
  /// Bits of an operand, of the addresses, of a lane's number, derived.
  localparam int unsigned LevelWidth =
      (LeftLevelWidth > RightLevelWidth) ? LeftLevelWidth : RightLevelWidth,
  localparam int unsigned VectorWidth = Lanes * LevelWidth,
  localparam int unsigned LeftAddrWidth = (LeftWords > 1) ? $clog2(LeftWords) : 1,
  localparam int unsigned RightAddrWidth = (RightWords > 1) ? $clog2(RightWords) : 1,
  localparam int unsigned AccAddrWidth = (AccWords > 1) ? $clog2(AccWords) : 1,
  localparam int unsigned LaneWidth = (Lanes > 1) ? $clog2(Lanes) : 1
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_i,
  /// Operations in, as from `product_dispatch`.
  input  wire logic                      op_valid_i,
  input  wire logic                      op_add_i,
  input  wire logic                      op_emit_i,
  input  wire logic                      op_clear_i,
  input  wire logic                      op_writes_i,
  input  wire logic                      op_column_i,
  input  wire logic                      op_neg_i,
  input  wire logic                      op_tail_i,
  input  wire logic                      op_skip_i,
  input  wire logic                      op_last_i,
  input  wire logic                      op_quiet_i,
  input  wire logic [LaneWidth-1:0]      op_lane_i,
  input  wire logic [LeftAddrWidth-1:0]  op_left_i,
  input  wire logic [RightAddrWidth-1:0] op_right_i,
  input  wire logic [AccAddrWidth-1:0]   op_acc_i,
  /// No tracer write is on its way that an entry which is taken now could miss.
  output      logic                      settled_o,
  /// The operation in `word`: the accumulators that it meets.
  output      logic                      word_column_o,
  output      logic                      word_tail_o,
  output      logic [LaneWidth-1:0]      word_lane_o,
  output      logic [AccAddrWidth-1:0]   word_acc_o,
  /// The operation in `term`. The term of a negative spike is the operand's complement, and a carry.
  output      logic                      term_valid_o,
  output      logic                      term_add_o,
  output      logic                      term_emit_o,
  output      logic                      term_neg_o,
  output      logic                      term_skip_o,
  output      logic                      term_last_o,
  output      logic                      term_quiet_o,
  output      logic [LaneWidth-1:0]      term_lane_o,
  output      logic [VectorWidth-1:0]    term_operand_o
);

  localparam int unsigned MostWords = (LeftWords > RightWords) ? LeftWords : RightWords;
  localparam int unsigned AddrWidth = (MostWords > 1) ? $clog2(MostWords) : 1;

  // ---------------------------------------------------------------------------- control
  // What travels beside the tracers. `writes`: a tracer changes, at `update`.
  typedef struct packed {
    logic                    add;
    logic                    emits;
    logic                    clear;
    logic                    column;
    logic                    neg;
    logic                    tail;
    logic                    skip;
    logic                    last;
    logic                    quiet;
    logic [LaneWidth-1:0]    lane;
    logic [AccAddrWidth-1:0] acc;
    logic [AddrWidth-1:0]    update;
  } control_t;
  control_t op, read_q, word_q;
  logic read_valid_q, read_writes_q, word_valid_q, word_writes_q, term_valid_q, term_writes_q;
  logic term_add_q, term_emit_q, term_clear_q, term_column_q, term_neg_q;
  logic term_skip_q, term_last_q, term_quiet_q;
  logic [LaneWidth-1:0] term_lane_q;
  logic [AddrWidth-1:0] term_update_q;

  assign op.add = op_add_i;
  assign op.emits = op_emit_i;
  assign op.clear = op_clear_i;
  assign op.column = op_column_i;
  assign op.neg = op_neg_i;
  assign op.tail = op_tail_i;
  assign op.skip = op_skip_i;
  assign op.last = op_last_i;
  assign op.quiet = op_quiet_i;
  assign op.lane = op_lane_i;
  assign op.acc = op_acc_i;
  // Of the event's own side, or when clearing of the larger memory.
  always_comb begin
    op.update = AddrWidth'(op_left_i);
    if (op_clear_i ? RightWords > LeftWords : op_column_i) op.update = AddrWidth'(op_right_i);
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      read_valid_q <= 1'b0;
      read_writes_q <= 1'b0;
      word_valid_q <= 1'b0;
      word_writes_q <= 1'b0;
      term_valid_q <= 1'b0;
      term_writes_q <= 1'b0;
    end else begin
      read_valid_q <= op_valid_i;
      read_writes_q <= op_writes_i;
      word_valid_q <= read_valid_q;
      word_writes_q <= read_writes_q;
      term_valid_q <= word_valid_q;
      term_writes_q <= word_writes_q;
    end
    read_q <= op;
    word_q <= read_q;
    term_add_q <= word_q.add;
    term_emit_q <= word_q.emits;
    term_clear_q <= word_q.clear;
    term_column_q <= word_q.column;
    term_neg_q <= word_q.neg;
    term_skip_q <= word_q.skip;
    term_last_q <= word_q.last;
    term_quiet_q <= word_q.quiet;
    term_lane_q <= word_q.lane;
    term_update_q <= word_q.update;
  end

  assign settled_o = !(op_writes_i || read_writes_q || word_writes_q);
  assign word_column_o = word_q.column;
  assign word_tail_o = word_q.tail;
  assign word_lane_o = word_q.lane;
  assign word_acc_o = word_q.acc;
  assign term_valid_o = term_valid_q;
  assign term_add_o = term_add_q;
  assign term_emit_o = term_emit_q;
  assign term_neg_o = term_neg_q;
  assign term_skip_o = term_skip_q;
  assign term_last_o = term_last_q;
  assign term_quiet_o = term_quiet_q;
  assign term_lane_o = term_lane_q;

  // ---------------------------------------------------------------------------- tracers
  // The operand, and the level that the spike changes.
  logic [VectorWidth-1:0] read_left, read_right, read_operand, read_other;
  logic [VectorWidth-1:0] word_operand_q, word_rotated, term_operand_q;
  logic [LevelWidth-1:0] read_level, word_level_q, term_level_q;
  assign term_operand_o = term_operand_q;
  assign read_operand = read_q.column ? read_left : read_right;
  assign read_other = read_q.column ? read_right : read_left;
  always_comb begin
    read_level = '0;
    for (int unsigned j = 0; j < Lanes; j++) begin
      if (read_q.lane == LaneWidth'(j)) begin
        read_level = read_level | read_other[LevelWidth*j+:LevelWidth];
      end
    end
  end

  lane_rotator #(
    .Lanes(Lanes),
    .Width(LevelWidth),
    .Back(0)
  ) u_rotator (
    .amount_i(word_q.lane),
    .data_i(word_operand_q),
    .data_o(word_rotated)
  );

  always_ff @(posedge clk_i) begin
    word_operand_q <= read_operand;
    word_level_q <= read_level;
    term_operand_q <= word_rotated ^ {VectorWidth{word_q.neg}};
    if (word_q.clear) term_level_q <= '0;
    else term_level_q <= word_level_q + (word_q.neg ? {LevelWidth{1'b1}} : LevelWidth'(1));
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_tracer
    logic write;
    logic signed [LeftLevelWidth-1:0] left_level;
    logic signed [RightLevelWidth-1:0] right_level;
    assign write = term_writes_q && (term_clear_q || term_lane_q == LaneWidth'(j));
    assign read_left[LevelWidth*j+:LevelWidth] = LevelWidth'(left_level);
    assign read_right[LevelWidth*j+:LevelWidth] = LevelWidth'(right_level);

    sync_ram #(
      .Width(LeftLevelWidth),
      .Depth(LeftWords)
    ) u_left_levels (
      .clk_i,
      .read_enable_i(1'b1),
      .read_addr_i(op_left_i),
      .read_data_o(left_level),
      .write_enable_i(write && (term_clear_q || !term_column_q)),
      .write_addr_i(LeftAddrWidth'(term_update_q)),
      .write_data_i(LeftLevelWidth'(term_level_q))
    );

    sync_ram #(
      .Width(RightLevelWidth),
      .Depth(RightWords)
    ) u_right_levels (
      .clk_i,
      .read_enable_i(1'b1),
      .read_addr_i(op_right_i),
      .read_data_o(right_level),
      .write_enable_i(write && (term_clear_q || term_column_q)),
      .write_addr_i(RightAddrWidth'(term_update_q)),
      .write_data_i(RightLevelWidth'(term_level_q))
    );
  end

`ifndef SYNTHESIS
  // A level stays within the bits of its memory.
  logic signed [LevelWidth-1:0] level, level_before_q, kept_left, kept_right;
  assign level = term_level_q;
  assign kept_left = LevelWidth'($signed(term_level_q[LeftLevelWidth-1:0]));
  assign kept_right = LevelWidth'($signed(term_level_q[RightLevelWidth-1:0]));
  always_ff @(posedge clk_i) begin
    level_before_q <= word_level_q;
    if (!rst_i && term_writes_q && !term_clear_q) begin
      a_level_kept : assert (level == (term_column_q ? kept_right : kept_left));
      a_level_steps : assert (term_neg_q ? level < level_before_q : level > level_before_q);
    end
  end
`endif

endmodule

`default_nettype wire
