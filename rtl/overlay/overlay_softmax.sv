`default_nettype none

/// Softmax of groups of scores, up to the elements that `overlay_row_fire` decides.
///
///     e_j = exponentials[max A - A_j]        Z = scale * sum of e        V = e * 2^Fraction + Z        theta = 2 * Z
///
/// Excluded scores enter neither maximum nor sum; their neurons stay at level 0. Entries from `exponential_count_i` on
/// are 0.
///
/// Contract: `start_i` takes the configuration; it comes while `idle_o`, and no scores come with it. Rows begin
/// `row_stride_i` words apart, groups at multiples of `Align` neurons.
/// Structure: a group waits in a FIFO until its maximum is known -> exponentials -> it waits until Z is known.
/// Throughput: one score a cycle.
module overlay_softmax #(
  /// Bits of a signed score.
  parameter int unsigned ScoreWidth = 16,
  /// Most scores of a group.
  parameter int unsigned GroupMax = 16,
  /// Bits of an unsigned exponential, of its address.
  parameter int unsigned ExpWidth = 12,
  parameter int unsigned ExpAddrWidth = 8,
  /// Bits of the unsigned sum of a group.
  parameter int unsigned SumWidth = 16,
  /// Bits of the unsigned scale.
  parameter int unsigned ScaleWidth = 10,
  /// Fraction bits of the scale.
  parameter int unsigned Fraction = 10,
  /// Neurons whose multiples groups begin at, neurons of a word of spike memory.
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  /// Bits of an address of spike memory.
  parameter int unsigned AddrWidth = 12,
  /// As in `overlay_row_fire`.
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  /// Bits of the place of a quad in a word, of theta, and of a signed value; derived.
  localparam int unsigned QuadWidth = (WordNeurons > 4) ? $clog2(WordNeurons / 4) : 1,
  localparam int unsigned ScaledWidth = SumWidth + ScaleWidth,
  localparam int unsigned ThetaWidth = ScaledWidth + 1,
  localparam int unsigned ValueWidth =
      ((ScaledWidth > ExpWidth + Fraction) ? ScaledWidth : ExpWidth + Fraction) + 2
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Configuration.
  input  wire logic                         start_i,
  output      logic                         idle_o,
  input  wire logic [ExpAddrWidth-1:0]      exponentials_i,
  input  wire logic [ExpAddrWidth:0]        exponential_count_i,
  input  wire logic [ScaleWidth-1:0]        scale_i,
  input  wire logic [AddrWidth-1:0]         spikes_i,
  input  wire logic [AddrWidth-1:0]         row_stride_i,
  input  wire logic [AddrWidth-1:0]         step_stride_i,
  input  wire logic [StepsWidth-1:0]        steps_i,
  input  wire logic                         unary_i,
  input  wire logic                         half_even_i,
  input  wire logic [LevelWidth-1:0]        high_i,
  input  wire logic [LevelWidth-1:0]        low_i,
  /// Scores in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic signed [ScoreWidth-1:0] in_score_i,
  input  wire logic                         in_excluded_i,
  input  wire logic                         in_group_end_i,
  input  wire logic                         in_row_end_i,
  /// Exponentials; the entry comes a cycle after its address, and stays until the next.
  output      logic                         exp_enable_o,
  output      logic [ExpAddrWidth-1:0]      exp_addr_o,
  input  wire logic [ExpWidth-1:0]          exp_data_i,
  /// Elements and their configuration, for `overlay_row_fire`.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic signed [ValueWidth-1:0] out_value_o,
  output      logic [ThetaWidth-1:0]        out_theta_o,
  output      logic                         out_excluded_o,
  output      logic                         out_quad_end_o,
  output      logic                         out_row_end_o,
  output      logic [AddrWidth-1:0]         out_addr_o,
  output      logic [QuadWidth-1:0]         out_quad_o,
  output      logic [AddrWidth-1:0]         step_stride_o,
  output      logic [StepsWidth-1:0]        steps_o,
  output      logic                         unary_o,
  output      logic                         half_even_o,
  output      logic [LevelWidth-1:0]        high_o,
  output      logic [LevelWidth-1:0]        low_o
);

  // A group, and what passes while its maximum or its sum is computed.
  localparam int unsigned Depth = GroupMax + 8;
  // Groups between the exponentials and the output.
  localparam int unsigned Sums = 2;
  localparam int unsigned CountWidth = $clog2(2 * Depth + 16);

  if (GroupMax < 1 || SumWidth < ExpWidth || ExpAddrWidth > 31) begin : gen_bad_parameters
    $error("overlay_softmax: a parameter is out of range");
  end

  logic [ExpAddrWidth-1:0] first_q;
  logic [ExpAddrWidth:0] entries_q;
  logic [ScaleWidth-1:0] scale_q;
  logic [AddrWidth-1:0] row_stride_q;
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      first_q <= exponentials_i;
      entries_q <= exponential_count_i;
      scale_q <= scale_i;
      row_stride_q <= row_stride_i;
      step_stride_o <= step_stride_i;
      steps_o <= steps_i;
      unary_o <= unary_i;
      half_even_o <= half_even_i;
      high_o <= high_i;
      low_o <= low_i;
    end
  end

  // ---------------------------------------------------------------------------- maximum
  logic wait_ready, most_ready, most_valid, most_taken, taken;
  logic signed [ScoreWidth-1:0] most;
  assign in_ready_o = wait_ready && most_ready;
  assign taken = in_valid_i && in_ready_o;

  group_maximum #(
    .Lanes(1),
    .Width(ScoreWidth)
  ) u_maximum (
    .clk_i,
    .rst_i,
    .in_valid_i(taken),
    .in_ready_o(most_ready),
    .in_data_i(in_score_i),
    .in_excluded_i,
    .in_group_end_i,
    .out_valid_o(most_valid),
    .out_ready_i(most_taken),
    .out_data_o(most)
  );

  logic score_valid, score_ready, score_excluded, score_group_end, score_row_end;
  logic signed [ScoreWidth-1:0] score;
  stream_queue #(
    .Width(ScoreWidth + 3),
    .Depth(Depth)
  ) u_scores (
    .clk_i,
    .rst_i,
    .in_valid_i(taken),
    .in_ready_o(wait_ready),
    .in_data_i({in_score_i, in_excluded_i, in_group_end_i, in_row_end_i}),
    .out_valid_o(score_valid),
    .out_ready_i(score_ready),
    .out_data_o({score, score_excluded, score_group_end, score_row_end})
  );

  // ---------------------------------------------------------------------------- exponential
  // e1: the distance; e2: the entry's address; e3: the entry.
  logic look, advance, exp_ready, room, scaled_taken;
  logic e1_valid_q, e2_valid_q, e3_valid_q, e3_leaves, e2_none_q, e3_none_q;
  logic [2:0] e1_tag_q, e2_tag_q, e3_tag_q;
  logic [ScoreWidth:0] distance_q;
  logic [ExpAddrWidth-1:0] addr_q;
  logic [$clog2(Sums+1)-1:0] groups_q;
  assign room = groups_q != ($clog2(Sums + 1))'(Sums);
  assign advance = !e3_valid_q || exp_ready;
  assign score_ready = advance && most_valid && (room || !score_group_end);
  assign look = score_valid && score_ready;
  assign most_taken = look && score_group_end;
  assign e3_leaves = e3_valid_q && exp_ready;
  assign exp_enable_o = advance;
  assign exp_addr_o = addr_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      {e1_valid_q, e2_valid_q, e3_valid_q} <= '0;
      groups_q <= '0;
    end else begin
      if (advance) {e1_valid_q, e2_valid_q, e3_valid_q} <= {look, e1_valid_q, e2_valid_q};
      if (most_taken && !scaled_taken) groups_q <= groups_q + ($clog2(Sums + 1))'(1);
      else if (!most_taken && scaled_taken) groups_q <= groups_q - ($clog2(Sums + 1))'(1);
    end
    if (advance) begin
      distance_q <= (ScoreWidth + 1)'(most) - (ScoreWidth + 1)'(score);
      e1_tag_q <= {score_excluded, score_group_end, score_row_end};
      addr_q <= first_q + ExpAddrWidth'(distance_q);
      e2_none_q <= e1_tag_q[2] || 32'(distance_q) >= 32'(entries_q);
      e2_tag_q <= e1_tag_q;
      e3_none_q <= e2_none_q;
      e3_tag_q <= e2_tag_q;
    end
  end
  logic [ExpWidth-1:0] e3_exp;
  assign e3_exp = e3_none_q ? '0 : exp_data_i;

  // ---------------------------------------------------------------------------- sum
  logic exp_valid, scaled_valid, exp_excluded, exp_group_end, exp_row_end, leaves;
  logic [ExpWidth-1:0] exp;
  logic [ScaledWidth-1:0] scaled;
  group_sum #(
    .Lanes(1),
    .Width(ExpWidth),
    .SumWidth(SumWidth),
    .ScaleWidth(ScaleWidth),
    .Depth(Sums)
  ) u_sum (
    .clk_i,
    .rst_i,
    .scale_i(scale_q),
    .in_valid_i(e3_leaves),
    .in_data_i(e3_exp),
    .in_group_end_i(e3_tag_q[1]),
    .out_valid_o(scaled_valid),
    .out_ready_i(scaled_taken),
    .out_data_o(scaled)
  );

  stream_queue #(
    .Width(ExpWidth + 3),
    .Depth(Depth)
  ) u_exps (
    .clk_i,
    .rst_i,
    .in_valid_i(e3_valid_q),
    .in_ready_o(exp_ready),
    .in_data_i({e3_exp, e3_tag_q}),
    .out_valid_o(exp_valid),
    .out_ready_i(leaves),
    .out_data_o({exp, exp_excluded, exp_group_end, exp_row_end})
  );

  // ---------------------------------------------------------------------------- elements
  logic v_valid_q, v_ready, v_excluded_q, v_group_end_q, v_row_end_q, pad;
  logic signed [ValueWidth-1:0] value_q;
  logic [ScaledWidth-1:0] scaled_q;
  assign leaves = exp_valid && scaled_valid && (!v_valid_q || v_ready);
  assign scaled_taken = leaves && exp_group_end;
  always_ff @(posedge clk_i) begin
    if (rst_i) v_valid_q <= 1'b0;
    else if (!v_valid_q || v_ready) v_valid_q <= leaves;
    if (!v_valid_q || v_ready) begin
      value_q <= (ValueWidth'(exp) << Fraction) + ValueWidth'(scaled);
      scaled_q <= scaled;
      v_excluded_q <= exp_excluded;
      v_group_end_q <= exp_group_end;
      v_row_end_q <= exp_row_end;
    end
  end

  overlay_place #(
    .Align(Align),
    .WordNeurons(WordNeurons),
    .AddrWidth(AddrWidth)
  ) u_place (
    .clk_i,
    .rst_i,
    .start_i,
    .base_i(spikes_i),
    .row_stride_i(row_stride_q),
    .in_valid_i(v_valid_q),
    .in_ready_o(v_ready),
    .in_group_end_i(v_group_end_q),
    .in_row_end_i(v_row_end_q),
    .out_valid_o,
    .out_ready_i,
    .out_pad_o(pad),
    .out_quad_end_o,
    .out_row_end_o,
    .out_addr_o,
    .out_quad_o
  );
  assign out_value_o = value_q;
  assign out_theta_o = {scaled_q, 1'b0};
  assign out_excluded_o = v_excluded_q || pad;

  // Scores inside.
  logic [CountWidth-1:0] count_q;
  assign idle_o = count_q == '0 && !out_valid_o;
  always_ff @(posedge clk_i) begin
    if (rst_i) count_q <= '0;
    else if (taken && !(v_valid_q && v_ready)) count_q <= count_q + CountWidth'(1);
    else if (!taken && v_valid_q && v_ready) count_q <= count_q - CountWidth'(1);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_start : assert (!start_i || (idle_o && !in_valid_i));
      a_row : assert (!in_valid_i || in_group_end_i || !in_row_end_i);
    end
  end
`endif

endmodule

`default_nettype wire
