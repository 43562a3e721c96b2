`default_nettype none

/// Affine thresholds of `spike_neurons`: the thresholds of a channel are multiples of theta(c).
///
///     spike = +1 if V' >= theta(c) and S < LevelMax;  -1 if V' < 0 and S > LevelMin;  else 0
///     V := V' - theta(c) * spike
///
/// Latency: 1 cycle from `chunk_i` to `start_o`, one more to the decision on V'.
module affine_threshold #(
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
  /// Bits of the unsigned threshold.
  parameter int unsigned ThetaWidth = 8,
  /// Image as `ConstFile` of `spike_neurons`.
  parameter ConstFile = "",
  /// Bits of a chunk's number, derived.
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1
) (
  input  wire logic                           clk_i,
  input  wire logic [ChunkWidth-1:0]          chunk_i,
  /// Membranes before the first time-step, a cycle after `chunk_i`.
  output      logic [Lanes*MembraneWidth-1:0] start_o,
  /// V' and tracers, a cycle later; and what becomes of them.
  input  wire logic [Lanes*MembraneWidth-1:0] v_i,
  input  wire logic [Lanes*LevelWidth-1:0]    level_i,
  output      logic [Lanes-1:0]               up_o,
  output      logic [Lanes-1:0]               down_o,
  output      logic [Lanes*MembraneWidth-1:0] v_o
);

  localparam int unsigned ConstWidth = MembraneWidth + ThetaWidth;
  // One bit more than both operands need, for the sign of V' - theta.
  localparam int unsigned DiffWidth =
      ((MembraneWidth > ThetaWidth + 1) ? MembraneWidth : ThetaWidth + 1) + 1;
  localparam bit signed [LevelWidth-1:0] LevelLow = LevelWidth'(LevelMin);
  localparam bit signed [LevelWidth-1:0] LevelHigh = LevelWidth'(LevelMax);

  logic [Lanes*ConstWidth-1:0] constants;
  logic [Lanes*ThetaWidth-1:0] theta_q;

  sync_rom #(
    .Width(Lanes * ConstWidth),
    .Depth(Chunks),
    .File (ConstFile)
  ) u_constants (
    .clk_i,
    .enable_i(1'b1),
    .addr_i(chunk_i),
    .data_o(constants)
  );

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [MembraneWidth-1:0] v;
    logic signed [DiffWidth-1:0] wide_v, theta, moved;
    logic signed [LevelWidth-1:0] level;
    assign start_o[MembraneWidth*j+:MembraneWidth] = constants[ConstWidth*j+:MembraneWidth];
    always_ff @(posedge clk_i) begin
      theta_q[ThetaWidth*j+:ThetaWidth] <= constants[ConstWidth*j+MembraneWidth+:ThetaWidth];
    end

    // One adder serves both directions: V' < 0 can only fire down, V' >= 0 only up.
    assign v = v_i[MembraneWidth*j+:MembraneWidth];
    assign wide_v = DiffWidth'(v);
    assign theta = DiffWidth'({1'b0, theta_q[ThetaWidth*j+:ThetaWidth]});
    assign moved = v[MembraneWidth-1] ? wide_v + theta : wide_v - theta;
    assign level = level_i[LevelWidth*j+:LevelWidth];
    assign up_o[j] = !v[MembraneWidth-1] && !moved[DiffWidth-1] && level != LevelHigh;
    assign down_o[j] = v[MembraneWidth-1] && level != LevelLow;
    assign v_o[MembraneWidth*j+:MembraneWidth] =
        (up_o[j] || down_o[j]) ? moved[MembraneWidth-1:0] : v;
  end

endmodule

`default_nettype wire
