`default_nettype none

/// Softmax of groups of scores, up to the elements that `overlay_row_fire` decides.
///
///     e_j = exponentials[max A - A_j]        Z = scale * sum of e        V = e * 2^Fraction + Z        theta = 2 * Z
///
/// Excluded scores enter neither maximum nor sum; their neurons stay at level 0. Entries from `exponential_count_i` on
/// are 0.
///
/// Scores come in beats of `Lanes`; the last beat of a group may have fewer.
///
/// Contract: `start_i` takes the configuration; it comes while `idle_o`, and no scores come with it. Rows begin
/// `row_stride_i` words apart, groups at multiples of `Align` neurons, or with `apart_i` at words.
/// Structure: a group waits in a FIFO until its maximum is known -> exponentials -> it waits until Z is known.
/// Throughput: one beat a cycle.
module overlay_softmax #(
  /// Scores of a beat: a power of two, at most `Align / 4`.
  parameter int unsigned Lanes = 1,
  /// The queues are in look-up tables up to 256 beats, not 64.
  parameter bit Tables = 1'b0,
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
  localparam int unsigned QuadWidth =
      (WordNeurons > 4 * Lanes) ? $clog2(WordNeurons / (4 * Lanes)) : 1,
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
  input  wire logic                         apart_i,
  input  wire logic [StepsWidth-1:0]        steps_i,
  input  wire logic                         unary_i,
  input  wire logic                         half_even_i,
  input  wire logic [LevelWidth-1:0]        high_i,
  input  wire logic [LevelWidth-1:0]        low_i,
  /// Scores in: those that the beat has, those that are excluded.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [Lanes*ScoreWidth-1:0]  in_score_i,
  input  wire logic [Lanes-1:0]             in_here_i,
  input  wire logic [Lanes-1:0]             in_excluded_i,
  input  wire logic                         in_group_end_i,
  input  wire logic                         in_row_end_i,
  /// Exponentials; the entries come a cycle after their addresses, and stay until the next.
  output      logic                         exp_enable_o,
  output      logic [Lanes*ExpAddrWidth-1:0] exp_addr_o,
  input  wire logic [Lanes*ExpWidth-1:0]    exp_data_i,
  /// Beats and their configuration, for `overlay_row_fire`.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic [Lanes*ValueWidth-1:0]  out_value_o,
  output      logic [ThetaWidth-1:0]        out_theta_o,
  output      logic [Lanes-1:0]             out_excluded_o,
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
  localparam int unsigned Depth = (GroupMax + Lanes - 1) / Lanes + 8;
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
  logic apart_q;
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      first_q <= exponentials_i;
      entries_q <= exponential_count_i;
      scale_q <= scale_i;
      row_stride_q <= row_stride_i;
      apart_q <= apart_i;
      step_stride_o <= step_stride_i;
      steps_o <= steps_i;
      unary_o <= unary_i;
      half_even_o <= half_even_i;
      high_o <= high_i;
      low_o <= low_i;
    end
  end

  // ---------------------------------------------------------------------------- maximum
  logic wait_ready, most_ready, most_valid, most_taken, taken, look;
  logic [Lanes-1:0] excluded;
  logic signed [ScoreWidth-1:0] most;
  // Ready is a register: the beat after this one has a place, and does not follow a group's end whose maximum is not
  // handed on yet. Beats that wait are counted.
  localparam int unsigned WaitWidth = $clog2(Depth + 1);
  logic ready_q;
  logic [WaitWidth-1:0] waits_q;
  assign in_ready_o = ready_q;
  assign taken = in_valid_i && ready_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ready_q <= 1'b0;
      waits_q <= '0;
    end else begin
      ready_q <= waits_q < WaitWidth'(Depth - 1) && most_ready && !(taken && in_group_end_i);
      if (taken && !look) waits_q <= waits_q + WaitWidth'(1);
      else if (!taken && look) waits_q <= waits_q - WaitWidth'(1);
    end
  end
  assign excluded = in_excluded_i | ~in_here_i;

  // The maximum of a beat: node n is the larger of nodes 2n and 2n + 1; the leaves are nodes Lanes and on.
  logic [2*Lanes*ScoreWidth-1:ScoreWidth] node;
  logic [2*Lanes-1:1] node_excluded;
  for (genvar l = 0; l < Lanes; l++) begin : gen_leaf
    assign node[ScoreWidth*(Lanes+l)+:ScoreWidth] = in_score_i[ScoreWidth*l+:ScoreWidth];
    assign node_excluded[Lanes+l] = excluded[l];
  end
  for (genvar n = 1; n < Lanes; n++) begin : gen_node
    logic signed [ScoreWidth-1:0] a, b;
    assign a = node[ScoreWidth*2*n+:ScoreWidth];
    assign b = node[ScoreWidth*(2*n+1)+:ScoreWidth];
    assign node[ScoreWidth*n+:ScoreWidth] =
        (node_excluded[2*n] || (!node_excluded[2*n+1] && b > a)) ? b : a;
    assign node_excluded[n] = node_excluded[2*n] && node_excluded[2*n+1];
  end

  group_maximum #(
    .Lanes(1),
    .Width(ScoreWidth)
  ) u_maximum (
    .clk_i,
    .rst_i,
    .in_valid_i(taken),
    .in_ready_o(most_ready),
    .in_data_i(node[ScoreWidth+:ScoreWidth]),
    .in_excluded_i(node_excluded[1]),
    .in_group_end_i,
    .out_valid_o(most_valid),
    .out_ready_i(most_taken),
    .out_data_o(most)
  );

  logic score_valid, score_ready, score_group_end, score_row_end;
  logic [Lanes-1:0] score_excluded;
  logic [Lanes*ScoreWidth-1:0] score;
  stream_queue #(
    .Width(Lanes * (ScoreWidth + 1) + 2),
    .Depth(Depth),
    .Tables(Tables)
  ) u_scores (
    .clk_i,
    .rst_i,
    .in_valid_i(taken),
    .in_ready_o(wait_ready),
    .in_data_i({in_score_i, excluded, in_group_end_i, in_row_end_i}),
    .out_valid_o(score_valid),
    .out_ready_i(score_ready),
    .out_data_o({score, score_excluded, score_group_end, score_row_end})
  );

  // ---------------------------------------------------------------------------- exponential
  // e1: the distance; e2: the entry's address; e3: the entry, from the memory; e4: the entry, in a register.
  logic advance, exp_ready, room, scaled_taken;
  logic e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q, e4_leaves;
  logic [1:0] e1_tag_q, e2_tag_q, e3_tag_q, e4_tag_q;
  logic [Lanes-1:0] e1_excluded_q, e2_excluded_q, e3_excluded_q, e4_excluded_q;
  logic [Lanes*ExpWidth-1:0] e3_exp, e4_exp_q;
  logic [$clog2(Sums+1)-1:0] groups_q;
  assign room = groups_q != ($clog2(Sums + 1))'(Sums);
  assign advance = !e4_valid_q || exp_ready;
  assign score_ready = advance && most_valid && (room || !score_group_end);
  assign look = score_valid && score_ready;
  assign most_taken = look && score_group_end;
  assign e4_leaves = e4_valid_q && exp_ready;
  assign exp_enable_o = advance;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      {e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q} <= '0;
      groups_q <= '0;
    end else begin
      if (advance) begin
        {e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q} <=
            {look, e1_valid_q, e2_valid_q, e3_valid_q};
      end
      if (most_taken && !scaled_taken) groups_q <= groups_q + ($clog2(Sums + 1))'(1);
      else if (!most_taken && scaled_taken) groups_q <= groups_q - ($clog2(Sums + 1))'(1);
    end
    if (advance) begin
      e1_tag_q <= {score_group_end, score_row_end};
      e2_tag_q <= e1_tag_q;
      e3_tag_q <= e2_tag_q;
      e4_tag_q <= e3_tag_q;
      e1_excluded_q <= score_excluded;
      e2_excluded_q <= e1_excluded_q;
      e3_excluded_q <= e2_excluded_q;
      e4_excluded_q <= e3_excluded_q;
      e4_exp_q <= e3_exp;
    end
  end

  // Holds a distance and a number of entries.
  localparam int unsigned DistanceWidth = (ScoreWidth > 31) ? ScoreWidth + 1 : 32;
  for (genvar l = 0; l < Lanes; l++) begin : gen_exponential
    logic signed [ScoreWidth-1:0] own;
    logic [ScoreWidth:0] distance_q;
    logic [ExpAddrWidth-1:0] addr_q;
    logic e2_none_q, e3_none_q;
    assign own = score[ScoreWidth*l+:ScoreWidth];
    assign exp_addr_o[ExpAddrWidth*l+:ExpAddrWidth] = addr_q;
    assign e3_exp[ExpWidth*l+:ExpWidth] = e3_none_q ? '0 : exp_data_i[ExpWidth*l+:ExpWidth];
    always_ff @(posedge clk_i) begin
      if (advance) begin
        distance_q <= (ScoreWidth + 1)'(most) - (ScoreWidth + 1)'(own);
        addr_q <= first_q + ExpAddrWidth'(distance_q);
        e2_none_q <= e1_excluded_q[l] ||
            DistanceWidth'(distance_q) >= DistanceWidth'(entries_q);
        e3_none_q <= e2_none_q;
      end
    end
  end

  // ---------------------------------------------------------------------------- sum
  logic exp_valid, scaled_valid, exp_group_end, exp_row_end, leaves;
  logic [Lanes-1:0] exp_excluded;
  logic [Lanes*ExpWidth-1:0] exp;
  logic [ScaledWidth-1:0] scaled;
  // With several lanes, the sum of a beat is computed in a stage of its own.
  logic beat_valid, beat_group_end;
  localparam int unsigned BeatWidth = (Lanes > 1) ? SumWidth : ExpWidth;
  logic [BeatWidth-1:0] beat;
  if (Lanes > 1) begin : gen_beat
    // Node n adds nodes 2n and 2n + 1; the leaves are nodes Lanes and on.
    logic [2*Lanes*SumWidth-1:SumWidth] total;
    logic valid_q, group_end_q;
    logic [SumWidth-1:0] beat_q;
    for (genvar l = 0; l < Lanes; l++) begin : gen_term
      assign total[SumWidth*(Lanes+l)+:SumWidth] = SumWidth'(e4_exp_q[ExpWidth*l+:ExpWidth]);
    end
    for (genvar n = 1; n < Lanes; n++) begin : gen_total
      assign total[SumWidth*n+:SumWidth] =
          total[SumWidth*2*n+:SumWidth] + total[SumWidth*(2*n+1)+:SumWidth];
    end
    always_ff @(posedge clk_i) begin
      valid_q <= !rst_i && e4_leaves;
      group_end_q <= e4_tag_q[1];
      beat_q <= total[SumWidth+:SumWidth];
    end
    assign beat_valid = valid_q;
    assign beat_group_end = group_end_q;
    assign beat = beat_q;
  end else begin : gen_one
    assign beat_valid = e4_leaves;
    assign beat_group_end = e4_tag_q[1];
    assign beat = e4_exp_q;
  end
  group_sum #(
    .Lanes(1),
    .Width(BeatWidth),
    .SumWidth(SumWidth),
    .ScaleWidth(ScaleWidth),
    .Depth(Sums)
  ) u_sum (
    .clk_i,
    .rst_i,
    .scale_i(scale_q),
    .in_valid_i(beat_valid),
    .in_data_i(beat),
    .in_group_end_i(beat_group_end),
    .out_valid_o(scaled_valid),
    .out_ready_i(scaled_taken),
    .out_data_o(scaled)
  );

  stream_queue #(
    .Width(Lanes * (ExpWidth + 1) + 2),
    .Depth(Depth),
    .Tables(Tables)
  ) u_exps (
    .clk_i,
    .rst_i,
    .in_valid_i(e4_valid_q),
    .in_ready_o(exp_ready),
    .in_data_i({e4_exp_q, e4_excluded_q, e4_tag_q}),
    .out_valid_o(exp_valid),
    .out_ready_i(leaves),
    .out_data_o({exp, exp_excluded, exp_group_end, exp_row_end})
  );

  // ---------------------------------------------------------------------------- elements
  logic v_valid_q, v_ready, v_group_end_q, v_row_end_q, pad;
  logic [Lanes-1:0] v_excluded_q;
  logic [Lanes*ValueWidth-1:0] value_q;
  logic [ScaledWidth-1:0] scaled_q;
  // What is offered stays while empty quads follow.
  logic v_moves;
  assign v_moves = !pad && (!v_valid_q || v_ready);
  assign leaves = exp_valid && scaled_valid && v_moves;
  assign scaled_taken = leaves && exp_group_end;
  always_ff @(posedge clk_i) begin
    if (rst_i) v_valid_q <= 1'b0;
    else if (v_moves) v_valid_q <= leaves;
    if (v_moves) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        value_q[ValueWidth*l+:ValueWidth] <=
            (ValueWidth'(exp[ExpWidth*l+:ExpWidth]) << Fraction) + ValueWidth'(scaled);
      end
      scaled_q <= scaled;
      v_excluded_q <= exp_excluded;
      v_group_end_q <= exp_group_end;
      v_row_end_q <= exp_row_end;
    end
  end

  overlay_place #(
    .Align(Align / Lanes),
    .WordNeurons(WordNeurons / Lanes),
    .AddrWidth(AddrWidth)
  ) u_place (
    .clk_i,
    .rst_i,
    .start_i,
    .base_i(spikes_i),
    .row_stride_i(row_stride_q),
    .apart_i(apart_q),
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
  assign out_excluded_o = v_excluded_q | {Lanes{pad}};

  // Beats inside.
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
      a_place : assert (!ready_q || (wait_ready && most_ready));
    end
  end
`endif

endmodule

`default_nettype wire
