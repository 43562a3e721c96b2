`default_nettype none

/// Neurons of LayerNorm and softmax: local time-steps of elements that decide by their row's threshold.
///
/// Level k is reached when V >= k * theta; for half to even and odd k, when V > k * theta or V = k * theta and
/// the fraction that was cut off V is not 0 (`sticky`). In sign and magnitude, M is
///
///     V >= 0: V        V < 0: theta - V - 1, for half to even without such a fraction theta - V
///
/// and a step with weight w = 2^(LevelWidth-1) ... 1 is taken when M >= w * theta (half to even, w = 1 and without a
/// fraction: M > w * theta) and the magnitude would not exceed its limit; then M <- M - w * theta. With radix spikes
/// the last `steps` of these are the local time-steps. With unary spikes they find the magnitude, and then the neuron
/// spikes in as many steps.
///
/// Contract: elements come in beats of `Lanes`, beats in quads of four, the last of which may have fewer; every step of
/// a quad is written, also without spikes. The configuration and theta are read with the elements; they are the same for
/// all elements of a quad.
/// Structure: four beats are collected as magnitudes; their neurons then take a step a cycle while the next
/// quad is collected.
/// Throughput: a quad takes a cycle more than it has beats, with `Eager` as many, but at least `LevelWidth` cycles, with unary
/// spikes `LevelWidth + steps`; one with a single beat a cycle more.
module overlay_row_fire #(
  /// Elements of a beat.
  parameter int unsigned Lanes = 1,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 20,
  /// Bits of the unsigned threshold.
  parameter int unsigned ThetaWidth = 18,
  /// Bits of a magnitude, and most steps of radix spikes.
  parameter int unsigned LevelWidth = 4,
  /// Bits of the number of steps.
  parameter int unsigned StepsWidth = 8,
  /// A quad may begin in the cycle in which the one before is handed over; else a cycle later, which is less logic in
  /// front of what is collected.
  parameter bit Eager = 1'b0,
  /// 1: a configuration may be unary.
  parameter int unsigned Unary = 1,
  /// Bits of an address of spike memory, and of the place of a quad in a word.
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned QuadWidth = 2,
  /// Neurons of a quad, derived.
  localparam int unsigned Quad = 4 * Lanes
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Beats in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [Lanes*ValueWidth-1:0]  in_value_i,
  input  wire logic [ThetaWidth-1:0]        in_theta_i,
  input  wire logic [Lanes-1:0]             in_sticky_i,
  /// Elements that stay at level 0.
  input  wire logic [Lanes-1:0]             in_excluded_i,
  /// The beat is the last of its quad, of its row.
  input  wire logic                         in_quad_end_i,
  input  wire logic                         in_row_end_i,
  /// Where the spikes of its quad in the first step go.
  input  wire logic [AddrWidth-1:0]         in_addr_i,
  input  wire logic [QuadWidth-1:0]         in_quad_i,
  /// Configuration of the beat.
  input  wire logic [StepsWidth-1:0]        steps_i,
  input  wire logic [AddrWidth-1:0]         step_stride_i,
  input  wire logic                         unary_i,
  input  wire logic                         half_even_i,
  input  wire logic [LevelWidth-1:0]        high_i,
  input  wire logic [LevelWidth-1:0]        low_i,
  input  wire logic                         tag_i,
  /// Quads of ternary spikes to spike memory.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic [AddrWidth-1:0]         out_addr_o,
  output      logic [QuadWidth-1:0]         out_quad_o,
  output      logic [Quad-1:0]              out_nz_o,
  output      logic [Quad-1:0]              out_neg_o,
  /// The last quad of a row has been taken; for one cycle, with the tag of the row.
  output      logic                         row_done_o,
  output      logic                         row_tag_o
);

  // A value from this bit on is beyond every level, whatever theta is.
  localparam int unsigned ClipWidth =
      (ValueWidth - 1 > ThetaWidth + LevelWidth) ? ThetaWidth + LevelWidth : ValueWidth - 1;
  // M; M and w * theta, which double from step to step, and a sign.
  localparam int unsigned MagWidth = ((ClipWidth > ThetaWidth) ? ClipWidth : ThetaWidth) + 1;
  localparam int unsigned WideWidth = MagWidth + LevelWidth;
  localparam int unsigned TurnWidth = $clog2(LevelWidth + 1);

  if (Lanes < 1 || ValueWidth < 2 || ThetaWidth < 1 || LevelWidth < 1 ||
      LevelWidth >= 2 ** StepsWidth || AddrWidth < 1 || QuadWidth < 1) begin : gen_bad_parameters
    $error("overlay_row_fire: a parameter is out of range");
  end

  logic unary;
  assign unary = Unary != 0 && unary_i;

  // ---------------------------------------------------------------------------- collect
  logic taken, full_q, hand_over;
  logic [1:0] lane_q;
  logic [Quad-1:0] here_q, minus_q, strict_q;
  logic [Quad*MagWidth-1:0] mag_q;
  logic [LevelWidth-1:0] high_q, low_q;
  logic [ThetaWidth-1:0] theta_q;
  logic [AddrWidth-1:0] addr_q, stride_q;
  logic [QuadWidth-1:0] quad_q;
  logic [StepsWidth-1:0] steps_q;
  logic unary_q, row_end_q, tag_q;
  // Little logic, for the enables of all that is collected follow from it.
  assign in_ready_o = !full_q || (Eager && hand_over);
  assign taken = in_valid_i && in_ready_o;

  logic [Lanes-1:0] minus, strict;
  logic [Lanes*MagWidth-1:0] mag;
  for (genvar l = 0; l < Lanes; l++) begin : gen_magnitude
    // In the lowest bit of the sum: whether one is added.
    logic clip, unused_low;
    logic [ValueWidth-1:0] value;
    logic [ClipWidth-1:0] clipped;
    assign value = in_value_i[ValueWidth*l+:ValueWidth];
    assign minus[l] = value[ValueWidth-1];
    assign strict[l] = half_even_i && !in_sticky_i[l];
    if (ValueWidth - 1 > ClipWidth) begin : gen_clip
      assign clip = value[ValueWidth-2:ClipWidth] != {(ValueWidth-1-ClipWidth){minus[l]}};
    end else begin : gen_no_clip
      assign clip = 1'b0;
    end
    assign clipped = (value[ClipWidth-1:0] ^ {ClipWidth{minus[l]}}) | {ClipWidth{clip}};
    assign {mag[MagWidth*l+:MagWidth], unused_low} =
        {MagWidth'(in_theta_i) & {MagWidth{minus[l]}}, minus[l] && strict[l]} +
        {MagWidth'(clipped), 1'b1};
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      full_q <= 1'b0;
      lane_q <= '0;
      here_q <= '0;
    end else begin
      if (hand_over) begin
        full_q <= 1'b0;
        here_q <= '0;
      end
      if (taken) begin
        full_q <= in_quad_end_i;
        lane_q <= in_quad_end_i ? '0 : lane_q + 2'd1;
        here_q[Lanes*lane_q+:Lanes] <= ~in_excluded_i;
      end
    end
    if (taken) begin
      theta_q <= in_theta_i;
      high_q <= high_i;
      low_q <= low_i;
      addr_q <= in_addr_i;
      stride_q <= step_stride_i;
      quad_q <= in_quad_i;
      steps_q <= steps_i;
      unary_q <= unary;
      row_end_q <= in_row_end_i;
      tag_q <= tag_i;
    end
  end
  for (genvar j = 0; j < Quad; j++) begin : gen_collect
    always_ff @(posedge clk_i) begin
      if (taken && lane_q == 2'(j / Lanes)) begin
        minus_q[j] <= minus[j%Lanes];
        strict_q[j] <= strict[j%Lanes];
        mag_q[MagWidth*j+:MagWidth] <= mag[MagWidth*(j%Lanes)+:MagWidth];
      end
    end
  end

  // ---------------------------------------------------------------------------- steps
  // Weights, then with unary spikes the steps; `turns` counts the former, `left` the latter.
  // What each step is comes from registers: whether it is written, whether it is the last.
  logic busy_q, weighs_q, step, writes_q, final_q, step_ready;
  logic [TurnWidth-1:0] turns_q;
  logic [LevelWidth-1:0] weight_q, step_high_q, step_low_q;
  logic [StepsWidth-1:0] left_q;
  logic [ThetaWidth-1:0] step_theta_q;
  logic theta_ready_q, theta_take;
  logic [AddrWidth-1:0] step_addr_q, step_stride_q;
  logic [QuadWidth-1:0] step_quad_q;
  logic step_unary_q, step_row_end_q, step_tag_q;
  logic [Quad-1:0] live_q, neg_q, step_strict_q, spikes;
  // The steps have the present weight; the present bit of each limit, 0 for neurons that stay at level 0.
  logic there_q;
  logic [Quad-1:0] limit_q;
  assign step = busy_q && (step_ready || !writes_q);
  // The step after this one is the last of the weights; it is one of the weights.
  logic next_weighs, next_lowest, next_final, first_final, next_high, next_low;
  assign next_weighs = weighs_q && !weight_q[0];
  if (LevelWidth > 1) begin : gen_next
    assign next_lowest = weight_q[1];
    assign next_high = step_high_q[LevelWidth-2];
    assign next_low = step_low_q[LevelWidth-2];
  end else begin : gen_no_next
    assign next_lowest = 1'b0;
    assign {next_high, next_low} = '0;
  end
  assign next_final = next_weighs ? next_lowest && !step_unary_q :
      left_q == (weighs_q ? StepsWidth'(1) : StepsWidth'(2));
  assign first_final = LevelWidth == 1 && !unary_q;
  // The adders take a quad over in the last step of the one before, in which they are free; theta, the same for all
  // elements of a quad, is there by then.
  assign hand_over = full_q && theta_ready_q && (!busy_q || (step && final_q));
  assign theta_take = (full_q || lane_q != '0) && !theta_ready_q &&
      (!busy_q || final_q || (step && next_final));

  always_ff @(posedge clk_i) begin
    if (rst_i) busy_q <= 1'b0;
    else if (hand_over) busy_q <= 1'b1;
    else if (step && final_q) busy_q <= 1'b0;
    if (rst_i || hand_over) theta_ready_q <= 1'b0;
    else if (theta_take) theta_ready_q <= 1'b1;
    if (theta_take) step_theta_q <= theta_q;
    if (hand_over) begin
      weighs_q <= 1'b1;
      writes_q <= !unary_q && StepsWidth'(LevelWidth) <= steps_q;
      there_q <= unary_q || StepsWidth'(LevelWidth) <= steps_q;
      final_q <= first_final;
      turns_q <= TurnWidth'(LevelWidth);
      weight_q <= LevelWidth'(1) << (LevelWidth - 1);
      step_high_q <= high_q;
      step_low_q <= low_q;
      left_q <= steps_q;
      step_addr_q <= addr_q;
      step_stride_q <= stride_q;
      step_quad_q <= quad_q;
      step_unary_q <= unary_q;
      step_row_end_q <= row_end_q;
      step_tag_q <= tag_q;
      live_q <= here_q;
      neg_q <= minus_q;
      step_strict_q <= strict_q;
    end else if (step) begin
      weighs_q <= next_weighs;
      writes_q <= !next_weighs || (!step_unary_q && StepsWidth'(turns_q - TurnWidth'(1)) <= left_q);
      there_q <= next_weighs && (step_unary_q || StepsWidth'(turns_q - TurnWidth'(1)) <= left_q);
      final_q <= next_final;
      turns_q <= turns_q - TurnWidth'(1);
      weight_q <= weight_q >> 1;
      step_high_q <= step_high_q << 1;
      step_low_q <= step_low_q << 1;
      if (!weighs_q) left_q <= left_q - StepsWidth'(1);
      if (writes_q) step_addr_q <= step_addr_q + step_stride_q;
    end
  end

  // The rest R is M less w * theta of this step, both times the largest weight over w. What is not taken is added again, so
  // that the next rest is 2 R - theta after a spike and 2 R + theta after none. The register is R, or its complement
  // where theta was subtracted: then theta is always added, and only the other operand changes.
  // Whether the next quad is loaded is known early: in the last step nothing else is done with the adder. That it is loaded
  // only enables the register. Each lane has its own copy of `!busy_q || final_q`, which synthesis does not merge, for each
  // holds itself.
  logic loads_begins, loads_stays;
  logic [Quad-1:0] loads_q;
  assign loads_begins = (hand_over && first_final) ||
      (!hand_over && step && (final_q || next_final));
  assign loads_stays = !hand_over && !step;
  always_ff @(posedge clk_i) begin
    loads_q <= {Quad{rst_i || loads_begins}} | (loads_q & {Quad{loads_stays}});
  end
  logic [WideWidth-1:0] wide_theta;
  assign wide_theta = WideWidth'(step_theta_q) << (LevelWidth - 1);
  for (genvar j = 0; j < Quad; j++) begin : gen_lane
    logic [WideWidth-1:0] rest_q, rest, operand, loaded;
    logic [LevelWidth-1:0] level_q;
    logic less_q, less, zero, reaches, takes, at_limit_q, loads;
    assign loads = loads_q[j];
    assign less = loads || reaches;
    assign loaded = WideWidth'(mag_q[MagWidth*j+:MagWidth]);
    assign operand = loads ? ~loaded :
        {rest_q[WideWidth-2:0], less_q} ^ {WideWidth{less_q ^ reaches}};
    assign rest = wide_theta + operand;
    assign zero = rest_q == {WideWidth{less_q}};
    // A level whose bits so far are those of the limit takes only bits that the limit has. A weight that the steps do not
    // have is not taken.
    assign reaches = there_q && (!at_limit_q || limit_q[j]) && rest_q[WideWidth-1] == less_q;
    // Only the lowest weight, the last one, can be taken or not by what is equal.
    assign takes = reaches && !(step_strict_q[j] && weight_q[0] && zero);
    assign spikes[j] = takes || (!weighs_q && level_q != '0);
    always_ff @(posedge clk_i) begin
      if (hand_over || step) begin
        rest_q <= rest;
        less_q <= less;
      end
      if (hand_over) begin
        level_q <= '0;
        at_limit_q <= 1'b1;
        limit_q[j] <= here_q[j] && (minus_q[j] ? low_q[LevelWidth-1] : high_q[LevelWidth-1]);
      end else if (step) begin
        level_q <= weighs_q ? LevelWidth'({level_q, takes}) : level_q - LevelWidth'(spikes[j]);
        at_limit_q <= at_limit_q && takes == limit_q[j];
        limit_q[j] <= live_q[j] && (neg_q[j] ? next_low : next_high);
      end
    end
  end

  // ---------------------------------------------------------------------------- writes
  logic out_row_end, out_tag;
  stream_fifo #(
    .Width(AddrWidth + QuadWidth + 2 * Quad + 2),
    .Depth(2)
  ) u_writes (
    .clk_i,
    .rst_i,
    .in_valid_i(busy_q && writes_q),
    .in_ready_o(step_ready),
    .in_data_i({
      step_addr_q, step_quad_q, spikes, spikes & neg_q, final_q && step_row_end_q, step_tag_q
    }),
    .out_valid_o,
    .out_ready_i,
    .out_data_o({out_addr_o, out_quad_o, out_nz_o, out_neg_o, out_row_end, out_tag})
  );

  logic row_done_q, row_tag_q;
  assign row_done_o = row_done_q;
  assign row_tag_o = row_tag_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) row_done_q <= 1'b0;
    else row_done_q <= out_valid_o && out_ready_i && out_row_end;
    row_tag_q <= out_tag;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) a_loads : assert (loads_q == {Quad{!busy_q || final_q}});
    if (!rst_i && in_valid_i) begin
      a_steps : assert (steps_i != '0 && (unary || int'(steps_i) <= int'(LevelWidth)));
      a_unary : assert (Unary != 0 || !unary_i);
      a_quad : assert (in_quad_end_i || (lane_q != 2'd3 && !in_row_end_i));
    end
  end

  // For co-simulation: the step that is written in a cycle with `tap_valid`. `tap_base` and `tap_quad` are the place of
  // the quad in step 0, `tap_s` the levels after the step, `tap_v` the values less the level times theta.
  localparam int unsigned TapWidth =
      ((ValueWidth > ThetaWidth) ? ValueWidth : ThetaWidth) + LevelWidth + 1;
  /* verilator lint_off UNUSEDSIGNAL */
  logic tap_valid, tap_tag;
  logic [Quad-1:0] tap_here, tap_nz, tap_neg;
  logic [AddrWidth-1:0] tap_base;
  logic [QuadWidth-1:0] tap_quad;
  logic [StepsWidth-1:0] tap_step;
  logic [Quad*ValueWidth-1:0] value_q, step_value_q;
  logic [Quad*(LevelWidth+1)-1:0] tap_s, s_q;
  logic [ThetaWidth-1:0] tap_theta;
  logic [Quad*TapWidth-1:0] tap_v;
  logic [LevelWidth-1:0] tap_weight;
  assign tap_valid = step && writes_q;
  assign tap_tag = step_tag_q;
  assign tap_nz = spikes;
  assign tap_neg = spikes & neg_q;
  assign tap_quad = step_quad_q;
  assign tap_weight = weighs_q ? weight_q : LevelWidth'(1);
  for (genvar j = 0; j < Quad; j++) begin : gen_tap
    logic signed [LevelWidth:0] s_old, s_new;
    assign s_old = s_q[(LevelWidth+1)*j+:LevelWidth+1];
    assign s_new = !spikes[j] ? s_old :
        neg_q[j] ? s_old - (LevelWidth + 1)'(tap_weight) : s_old + (LevelWidth + 1)'(tap_weight);
    assign tap_s[(LevelWidth+1)*j+:LevelWidth+1] = s_new;
    assign tap_v[TapWidth*j+:TapWidth] =
        TapWidth'($signed(step_value_q[ValueWidth*j+:ValueWidth])) -
        TapWidth'(s_new) * TapWidth'($signed({1'b0, tap_theta}));
    always_ff @(posedge clk_i) begin
      if (taken && lane_q == 2'(j / Lanes)) begin
        value_q[ValueWidth*j+:ValueWidth] <= in_value_i[ValueWidth*(j%Lanes)+:ValueWidth];
      end
      if (hand_over) s_q[(LevelWidth+1)*j+:LevelWidth+1] <= '0;
      else if (tap_valid) s_q[(LevelWidth+1)*j+:LevelWidth+1] <= s_new;
    end
  end
  always_ff @(posedge clk_i) begin
    if (hand_over) begin
      tap_here <= here_q;
      tap_base <= addr_q;
      tap_theta <= theta_q;
      tap_step <= '0;
      step_value_q <= value_q;
    end else if (tap_valid) begin
      tap_step <= tap_step + StepsWidth'(1);
    end
  end
  /* verilator lint_on UNUSEDSIGNAL */
`endif

endmodule

`default_nettype wire
