`default_nettype none

/// Decision of `softmax_neurons`: which elements go a level up or down.
///
///     low = e * 2^ScaleFraction - halves(S) * Z        high = low - (halves(S+1) - halves(S)) * Z
///
/// A level down below the lower boundary, a level up on or above the upper one; see `level_edges`.
/// Latency: 4 cycles from the tracers, 5 from the exponentials, while `enable_i` is high.
module softmax_decision #(
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of an unsigned exponential.
  parameter int unsigned ExpWidth = 12,
  /// Bits of unsigned Z.
  parameter int unsigned ScaledWidth = 24,
  parameter int unsigned ScaleFraction = 10,
  /// Bits of the signed decision.
  parameter int unsigned DecisionWidth = 32,
  /// Tracers and boundaries as in `level_edges`.
  parameter int unsigned LevelWidth = 5,
  parameter int LevelMin = 0,
  parameter int LevelMax = 15,
  parameter int unsigned HalvesWidth = 7,
  parameter int unsigned GapWidth = 2,
  parameter EdgeFile = ""
) (
  input  wire logic                        clk_i,
  input  wire logic                        enable_i,
  /// Exponentials, excluded lanes, Z.
  input  wire logic [Lanes*ExpWidth-1:0]   exp_i,
  input  wire logic [Lanes-1:0]            excluded_i,
  input  wire logic [ScaledWidth-1:0]      scaled_i,
  /// Tracers, a cycle later.
  input  wire logic [Lanes*LevelWidth-1:0] level_i,
  /// Decision, 4 cycles after the tracers, and the tracers with it.
  output      logic [Lanes-1:0]            up_o,
  output      logic [Lanes-1:0]            down_o,
  output      logic [Lanes*LevelWidth-1:0] level_o
);

  // s1: tracers. s2: boundaries. s3, s4: multiples of Z. s5: what the element has above its boundaries.
  // Then the comparison.
  logic [ScaledWidth-1:0] s1_scaled_q, s2_scaled_q;
  logic [Lanes*ExpWidth-1:0] s1_exp_q, s2_exp_q, s3_exp_q, s4_exp_q;
  logic [Lanes-1:0] s1_excluded_q, s2_excluded_q, s3_excluded_q, s4_excluded_q, s5_excluded_q;
  logic [Lanes*LevelWidth-1:0] s2_level_q, s3_level_q, s4_level_q, s5_level_q;
  assign level_o = s5_level_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      s1_scaled_q <= scaled_i;
      s1_exp_q <= exp_i;
      s1_excluded_q <= excluded_i;
      s2_scaled_q <= s1_scaled_q;
      s2_exp_q <= s1_exp_q;
      s2_excluded_q <= s1_excluded_q;
      s2_level_q <= level_i;
      s3_exp_q <= s2_exp_q;
      s3_excluded_q <= s2_excluded_q;
      s3_level_q <= s2_level_q;
      s4_exp_q <= s3_exp_q;
      s4_excluded_q <= s3_excluded_q;
      s4_level_q <= s3_level_q;
      s5_excluded_q <= s4_excluded_q;
      s5_level_q <= s4_level_q;
    end
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [HalvesWidth-1:0] base;
    logic [GapWidth-1:0] gap;
    logic up_here, up_meets, down_here, down_meets;
    logic [3:0] s3_kind_q, s4_kind_q, s5_kind_q;
    logic signed [DecisionWidth-1:0] s4_base, s4_gap, s4_exp, s5_low_q, s5_high_q;

    level_edges #(
      .LevelWidth(LevelWidth),
      .LevelMin(LevelMin),
      .LevelMax(LevelMax),
      .HalvesWidth(HalvesWidth),
      .GapWidth(GapWidth),
      .File(EdgeFile)
    ) u_edges (
      .clk_i,
      .enable_i,
      .level_i(level_i[LevelWidth*j+:LevelWidth]),
      .base_o(base),
      .gap_o(gap),
      .up_here_o(up_here),
      .up_meets_o(up_meets),
      .down_here_o(down_here),
      .down_meets_o(down_meets)
    );

    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        s3_kind_q <= {up_here, up_meets, down_here, down_meets};
        s4_kind_q <= s3_kind_q;
        // What the element has above its lower and its upper boundary.
        s5_low_q <= s4_exp - s4_base;
        s5_high_q <= s4_exp - (s4_base + s4_gap);
        s5_kind_q <= s4_kind_q;
      end
    end

    wide_product #(
      .AWidth(HalvesWidth),
      .BWidth(ScaledWidth + 1),
      .Width(DecisionWidth)
    ) u_base (
      .clk_i,
      .enable_i,
      .a_i(base),
      .b_i({1'b0, s2_scaled_q}),
      .product_o(s4_base)
    );

    wide_product #(
      .AWidth(GapWidth + 1),
      .BWidth(ScaledWidth + 1),
      .Width(DecisionWidth)
    ) u_gap (
      .clk_i,
      .enable_i,
      .a_i({1'b0, gap}),
      .b_i({1'b0, s2_scaled_q}),
      .product_o(s4_gap)
    );

    assign s4_exp =
        DecisionWidth'($signed({1'b0, s4_exp_q[ExpWidth*j+:ExpWidth]})) <<< ScaleFraction;
    assign up_o[j] = !s5_excluded_q[j] && s5_kind_q[3] &&
                     !s5_high_q[DecisionWidth-1] && (s5_kind_q[2] || s5_high_q != '0);
    assign down_o[j] = !s5_excluded_q[j] && s5_kind_q[1] &&
                       (s5_low_q[DecisionWidth-1] || (!s5_kind_q[0] && s5_low_q == '0));
  end

endmodule

`default_nettype wire
