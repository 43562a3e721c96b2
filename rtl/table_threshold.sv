`default_nettype none

/// Table of thresholds of `spike_neurons`: one for each level, several with `NonMonotone`.
///
///     spike = +1 if S < LevelMax and V' >= T(c, S+1);  -1 if S > LevelMin and V' < T(c, S);  else 0
///
/// Latency: the tracers arrive 1 cycle after their chunk was issued, V' another cycle later; the decision is
/// combinational from V'.
module table_threshold #(
  /// Chunks of a row.
  parameter int unsigned Chunks = 2,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Bits of the signed membrane.
  parameter int unsigned MembraneWidth = 16,
  /// Bits of the signed tracer.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Bits of a signed threshold.
  parameter int unsigned TableWidth = 16,
  /// As in `spike_neurons`.
  parameter int unsigned NonMonotone = 0,
  parameter int unsigned Crossings = 1,
  /// Images as `TableFile` of `spike_neurons`.
  parameter TableFile = ""
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  /// A chunk is issued; it ends its row.
  input  wire logic                           issue_i,
  input  wire logic                           row_end_i,
  /// Tracers of the chunk issued before.
  input  wire logic [Lanes*LevelWidth-1:0]    read_level_i,
  /// V' and tracers of the chunk before that; and what becomes of them.
  input  wire logic [Lanes*MembraneWidth-1:0] v_i,
  input  wire logic [Lanes*LevelWidth-1:0]    level_i,
  output      logic [Lanes-1:0]               up_o,
  output      logic [Lanes-1:0]               down_o
);

  // Thresholds of one channel, and the table's address bits.
  localparam int unsigned Steps = LevelMax - LevelMin;
  localparam int unsigned TableDepth = Chunks * Steps;
  localparam int unsigned TableAddrWidth = (TableDepth > 1) ? $clog2(TableDepth) : 1;
  localparam int unsigned WordWidth = Crossings * TableWidth + NonMonotone;
  localparam bit signed [LevelWidth-1:0] LevelLow = LevelWidth'(LevelMin);
  localparam bit signed [LevelWidth-1:0] LevelHigh = LevelWidth'(LevelMax);

  // First table entry of the chunk.
  logic [TableAddrWidth-1:0] base_q, read_base_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) base_q <= '0;
    else if (issue_i) base_q <= row_end_i ? '0 : base_q + TableAddrWidth'(Steps);
    read_base_q <= base_q;
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    // The lane's image: two decimal digits behind the base name.
    localparam bit [7:0] Tens = 8'd48 + 8'(j / 10);
    localparam bit [7:0] Ones = 8'd48 + 8'(j % 10);
    logic signed [MembraneWidth-1:0] v;
    logic signed [LevelWidth-1:0] read_level, level;
    logic [TableAddrWidth-1:0] index, index_up, index_down;
    logic [WordWidth-1:0] bound_up, bound_down;
    logic reached_up, reached_down;

    // Entry S - LevelMin is T(S+1), the one before it T(S); at the ends of the range one of the two
    // does not exist and its result is not used.
    assign read_level = read_level_i[LevelWidth*j+:LevelWidth];
    assign level = level_i[LevelWidth*j+:LevelWidth];
    assign index = TableAddrWidth'(read_level) - TableAddrWidth'(LevelLow);
    assign index_up = (read_level == LevelHigh) ? '0 : index;
    assign index_down = (read_level == LevelLow) ? '0 : index - TableAddrWidth'(1);

    threshold_rom #(
      .Width(WordWidth),
      .Depth(TableDepth),
      .File (TableFile == "" ? "" : {TableFile, "_", Tens, Ones, ".hex"})
    ) u_thresholds (
      .clk_i,
      .enable_i(1'b1),
      .addr_a_i(read_base_q + index_up),
      .addr_b_i(read_base_q + index_down),
      .data_a_o(bound_up),
      .data_b_o(bound_down)
    );

    assign v = v_i[MembraneWidth*j+:MembraneWidth];
    level_reached #(
      .ValueWidth(MembraneWidth),
      .TableWidth(TableWidth),
      .NonMonotone(NonMonotone),
      .Crossings(Crossings)
    ) u_up (
      .value_i(v),
      .word_i(bound_up),
      .reached_o(reached_up)
    );
    level_reached #(
      .ValueWidth(MembraneWidth),
      .TableWidth(TableWidth),
      .NonMonotone(NonMonotone),
      .Crossings(Crossings)
    ) u_down (
      .value_i(v),
      .word_i(bound_down),
      .reached_o(reached_down)
    );
    assign up_o[j] = level != LevelHigh && reached_up;
    assign down_o[j] = level != LevelLow && !reached_down;
  end

endmodule

`default_nettype wire
