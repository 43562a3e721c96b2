`default_nettype none

/// `affine_threshold` against the quantiser that it tracks, for any thresholds.
///
/// With x = V' + theta S, the accumulated input: Q(x) is the number of levels k above LevelMin with
/// x >= k theta, and the spike must be clamp(Q(x) - S, -1, +1).
module affine_threshold_props #(
  parameter int unsigned Chunks = 2,
  parameter int unsigned MembraneWidth = 7,
  parameter int unsigned LevelWidth = 3,
  parameter int LevelMin = -2,
  parameter int LevelMax = 3,
  parameter int unsigned ThetaWidth = 3
) (
  input wire logic clk_i,
  input wire logic chunk_i,
  input wire logic signed [MembraneWidth-1:0] v_i,
  input wire logic signed [LevelWidth-1:0] level_i
);

  logic signed [MembraneWidth-1:0] start, v_new;
  logic up, down;
  affine_threshold #(
    .Chunks(Chunks),
    .Lanes(1),
    .MembraneWidth(MembraneWidth),
    .LevelWidth(LevelWidth),
    .LevelMin(LevelMin),
    .LevelMax(LevelMax),
    .ThetaWidth(ThetaWidth)
  ) u_dut (
    .clk_i,
    .chunk_i,
    .start_o(start),
    .v_i,
    .level_i,
    .up_o(up),
    .down_o(down),
    .v_o(v_new)
  );

  // The memory inside: {theta, v0} of each chunk.
  localparam int unsigned Word = MembraneWidth + ThetaWidth;
  (* hierconn *) logic [Word*Chunks-1:0] \u_dut.u_constants.words ;
  logic [Word*Chunks-1:0] words;
  assign words = \u_dut.u_constants.words ;

  // The chunk that was issued two steps ago is decided on.
  logic chunk1_q, chunk2_q;
  logic [1:0] steps_q = '0;
  always_ff @(posedge clk_i) begin
    chunk1_q <= chunk_i;
    chunk2_q <= chunk1_q;
    if (steps_q != 2'd2) steps_q <= steps_q + 2'd1;
  end

  logic [ThetaWidth-1:0] theta;
  assign theta = words[Word*chunk2_q+MembraneWidth+:ThetaWidth];

  logic signed [15:0] x, spike, q, bound, step;
  assign x = 16'(v_i) + $signed({1'b0, theta}) * 16'(level_i);
  always_comb begin
    q = 16'(LevelMin);
    for (int k = LevelMin + 1; k <= LevelMax; k++) begin
      bound = 16'(k) * $signed({13'd0, theta});
      if (x >= bound) q = q + 16'd1;
    end
    step = q - 16'(level_i);
    spike = (step > 16'sd0) ? 16'sd1 : (step < 16'sd0) ? -16'sd1 : 16'sd0;
  end

  always_comb begin
    m_theta : assume (theta != '0);
    m_level : assume (level_i >= LevelMin && level_i <= LevelMax);
    if (steps_q == 2'd2) begin
      a_up : assert (up == (spike == 16'sd1));
      a_down : assert (down == (spike == -16'sd1));
      a_membrane : assert (16'(v_new) == 16'(v_i) - spike * $signed({13'd0, theta}));
      a_level : assert (16'(level_i) + spike >= LevelMin && 16'(level_i) + spike <= LevelMax);
      c_up : cover (up && level_i == LevelMax - 1);
      c_down : cover (down && level_i == LevelMin + 1);
      c_clamped : cover (!up && !down && q == LevelMax && x > 16'sd20);
    end
    if (steps_q != '0) a_start : assert (start == words[Word*chunk1_q+:MembraneWidth]);
  end

endmodule

`default_nettype wire
