`default_nettype none

/// Exponentials of the scores of groups, and Z of each group, for `softmax_neurons`.
///
///     e_j = table[max A - A_j]        Z = Scale * sum of e
///
/// Structure: a group waits in a FIFO until its maximum is known, is looked up in the table, and waits
/// in another FIFO until Z is known; beats that skip a row pass with them.
/// Throughput: one chunk a cycle.
module softmax_exps #(
  /// Chunks of a group.
  parameter int unsigned GroupChunks = 2,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed accumulated score.
  parameter int unsigned AccWidth = 16,
  /// Entries of the table; beyond it there is 0.
  parameter int unsigned TableSize = 16,
  /// Bits of an unsigned entry.
  parameter int unsigned ExpWidth = 12,
  /// Bits of the unsigned sum of a group.
  parameter int unsigned SumWidth = 14,
  /// Bits of the unsigned scale.
  parameter int unsigned ScaleWidth = 10,
  parameter bit [ScaleWidth-1:0] Scale = ScaleWidth'(1),
  /// Image of the table, an entry a word.
  parameter TableFile = "",
  /// Bits that accompany a beat.
  parameter int unsigned PositionWidth = 8,
  /// Bits of Z, derived.
  localparam int unsigned ScaledWidth = SumWidth + ScaleWidth
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_i,
  /// Scores in; `in_ready_o` does not depend on `in_valid_i`.
  input  wire logic                      in_valid_i,
  output      logic                      in_ready_o,
  input  wire logic [Lanes*AccWidth-1:0] in_acc_i,
  input  wire logic [Lanes-1:0]          in_excluded_i,
  input  wire logic                      in_skip_i,
  input  wire logic                      in_group_end_i,
  input  wire logic [PositionWidth-1:0]  in_position_i,
  /// Exponentials out, with their group's Z.
  output      logic                      out_valid_o,
  input  wire logic                      out_ready_i,
  output      logic [Lanes*ExpWidth-1:0] out_exp_o,
  output      logic [Lanes-1:0]          out_excluded_o,
  output      logic [ScaledWidth-1:0]    out_scaled_o,
  output      logic                      out_skip_o,
  output      logic [PositionWidth-1:0]  out_position_o
);

  // {end of the group, skip, what accompanies a beat}
  localparam int unsigned TagWidth = PositionWidth + 2;

  // ---------------------------------------------------------------------------- maximum
  logic wait_ready, most_ready, most_valid, most_taken;
  logic signed [AccWidth-1:0] most;
  assign in_ready_o = wait_ready && (in_skip_i || most_ready);

  group_maximum #(
    .Lanes(Lanes),
    .Width(AccWidth)
  ) u_maximum (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid_i && in_ready_o && !in_skip_i),
    .in_ready_o(most_ready),
    .in_data_i(in_acc_i),
    .in_excluded_i,
    .in_group_end_i,
    .out_valid_o(most_valid),
    .out_ready_i(most_taken),
    .out_data_o(most)
  );

  // A group that is looked up, one whose maximum is sought.
  logic score_valid, score_ready, score_skip, score_group_end;
  logic [Lanes*AccWidth-1:0] score_acc;
  logic [Lanes-1:0] score_excluded;
  logic [PositionWidth-1:0] score_position;
  stream_queue #(
    .Width(Lanes * AccWidth + Lanes + TagWidth),
    .Depth(2 * GroupChunks + 3)
  ) u_scores (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid_i && in_ready_o),
    .in_ready_o(wait_ready),
    .in_data_i({in_acc_i, in_excluded_i, in_group_end_i, in_skip_i, in_position_i}),
    .out_valid_o(score_valid),
    .out_ready_i(score_ready),
    .out_data_o({score_acc, score_excluded, score_group_end, score_skip, score_position})
  );

  // ---------------------------------------------------------------------------- exponential
  // e1: the table's output.
  logic look, e1_valid_q, e1_leaves, e1_skip_q, e1_group_end_q, exp_ready;
  logic [PositionWidth-1:0] e1_position_q;
  logic [Lanes-1:0] e1_excluded;
  logic [Lanes*ExpWidth-1:0] e1_exp;
  assign score_ready = (!e1_valid_q || exp_ready) && (score_skip || most_valid);
  assign look = score_valid && score_ready;
  assign most_taken = look && !score_skip && score_group_end;
  assign e1_leaves = e1_valid_q && exp_ready;

  exp_table #(
    .Lanes(Lanes),
    .ScoreWidth(AccWidth),
    .Size(TableSize),
    .ExpWidth(ExpWidth),
    .File(TableFile)
  ) u_table (
    .clk_i,
    .enable_i(!e1_valid_q || exp_ready),
    .most_i(most),
    .score_i(score_acc),
    .excluded_i(score_excluded),
    .exp_o(e1_exp),
    .excluded_o(e1_excluded)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) e1_valid_q <= 1'b0;
    else if (!e1_valid_q || exp_ready) e1_valid_q <= look;
    if (!e1_valid_q || exp_ready) begin
      {e1_group_end_q, e1_skip_q, e1_position_q} <= {score_group_end, score_skip, score_position};
    end
  end

  // ---------------------------------------------------------------------------- sum
  // A group's Z is wanted as long as its last chunk is in the FIFO of the exponentials: so many ends of
  // groups fit into it.
  localparam int unsigned ExpDepth = 2 * GroupChunks + 7;
  localparam int unsigned SumDepth = (ExpDepth - 1) / GroupChunks + 1;
  logic exp_valid, exp_group_end, scaled_valid, scaled_taken;
  group_sum #(
    .Lanes(Lanes),
    .Width(ExpWidth),
    .SumWidth(SumWidth),
    .ScaleWidth(ScaleWidth),
    .Depth(SumDepth)
  ) u_sum (
    .clk_i,
    .rst_i,
    .scale_i(Scale),
    .in_valid_i(e1_leaves && !e1_skip_q),
    .in_data_i(e1_exp),
    .in_group_end_i(e1_group_end_q),
    .out_valid_o(scaled_valid),
    .out_ready_i(scaled_taken),
    .out_data_o(out_scaled_o)
  );

  stream_queue #(
    .Width(Lanes * ExpWidth + Lanes + TagWidth),
    .Depth(ExpDepth)
  ) u_exps (
    .clk_i,
    .rst_i,
    .in_valid_i(e1_leaves),
    .in_ready_o(exp_ready),
    .in_data_i({e1_exp, e1_excluded, e1_group_end_q, e1_skip_q, e1_position_q}),
    .out_valid_o(exp_valid),
    .out_ready_i(out_ready_i && (out_skip_o || scaled_valid)),
    .out_data_o({out_exp_o, out_excluded_o, exp_group_end, out_skip_o, out_position_o})
  );
  assign out_valid_o = exp_valid && (out_skip_o || scaled_valid);
  assign scaled_taken = out_valid_o && out_ready_i && !out_skip_o && exp_group_end;

endmodule

`default_nettype wire
