`default_nettype none

/// Properties of `overlay_row_fire`, for any elements, any configuration and any reader.
///
/// The second element of one of the first quads is followed: its spikes are those of the level that it reaches,
/// in as many steps as there are; they go where its quad's go; the end of its row is told once, after its last step.
/// All quads have as many steps and the same kind of spikes; everything else may differ from quad to quad.
module overlay_row_fire_props #(
  parameter int unsigned ValueWidth = 5,
  parameter int unsigned ThetaWidth = 2,
  parameter int unsigned LevelWidth = 2,
  parameter int unsigned StepsWidth = 2,
  parameter int unsigned AddrWidth = 2,
  /// Position of the element in its quad.
  parameter int unsigned Lane = 1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic signed [ValueWidth-1:0] in_value_i,
  input wire logic [ThetaWidth-1:0] in_theta_i,
  input wire logic in_sticky_i,
  input wire logic in_excluded_i,
  input wire logic in_quad_end_i,
  input wire logic in_row_end_i,
  input wire logic [AddrWidth-1:0] in_addr_i,
  input wire logic in_quad_i,
  input wire logic [AddrWidth-1:0] step_stride_i,
  input wire logic half_even_i,
  input wire logic [LevelWidth-1:0] high_i,
  input wire logic [LevelWidth-1:0] low_i,
  input wire logic tag_i,
  input wire logic out_ready_i
);

  (* anyconst *) logic [StepsWidth-1:0] steps;
  (* anyconst *) logic unary;
  (* anyconst *) logic [1:0] chosen;

  logic in_ready, out_valid, out_quad, row_done, row_tag;
  logic [AddrWidth-1:0] out_addr;
  logic [3:0] nz, neg;
  overlay_row_fire #(
    .ValueWidth(ValueWidth),
    .ThetaWidth(ThetaWidth),
    .LevelWidth(LevelWidth),
    .StepsWidth(StepsWidth),
    .AddrWidth(AddrWidth),
    .QuadWidth(1)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_value_i,
    .in_theta_i,
    .in_sticky_i,
    .in_excluded_i,
    .in_quad_end_i,
    .in_row_end_i,
    .in_addr_i,
    .in_quad_i,
    .steps_i(steps),
    .step_stride_i,
    .unary_i(unary),
    .half_even_i,
    .high_i,
    .low_i,
    .tag_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_addr_o(out_addr),
    .out_quad_o(out_quad),
    .out_nz_o(nz),
    .out_neg_o(neg),
    .row_done_o(row_done),
    .row_tag_o(row_tag)
  );

  // ---------------------------------------------------------------------------- the sender
  localparam int unsigned Beat = ValueWidth + 2;
  localparam int unsigned Common = ThetaWidth + 2 * AddrWidth + 2 * LevelWidth + 3;
  logic begun_q = 1'b0;
  logic stalled_q, taken;
  logic [1:0] lane_q;
  logic [2:0] quads_q;
  logic [Beat+Common+1:0] in, in_q;
  logic [Common-1:0] common, common_q;
  assign common = {in_theta_i, in_addr_i, step_stride_i, high_i, low_i, in_quad_i, half_even_i, tag_i};
  assign in = {in_value_i, in_sticky_i, in_excluded_i, in_quad_end_i, in_row_end_i, common};
  assign taken = in_valid_i && in_ready;
  logic [31:0] most;
  assign most = unary ? 32'(steps) : (32'd1 << steps) - 32'd1;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_q <= in;
    if (taken) common_q <= common;
    if (rst_i) begin
      lane_q <= '0;
      quads_q <= '0;
    end else if (taken) begin
      lane_q <= in_quad_end_i ? '0 : lane_q + 2'd1;
      if (in_quad_end_i && quads_q != '1) quads_q <= quads_q + 3'd1;
    end
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    m_steps : assume (steps != '0 && (unary || 32'(steps) <= LevelWidth));
    if (stalled_q && !rst_i) m_stays : assume (in_valid_i && in == in_q);
    if (in_valid_i) begin
      m_theta : assume (in_theta_i != '0);
      m_limits : assume (32'(high_i) <= most && 32'(low_i) <= most);
      m_quad : assume (in_quad_end_i || (lane_q != 2'd3 && !in_row_end_i));
      if (lane_q != '0) m_common : assume (common == common_q);
    end
  end

  // ---------------------------------------------------------------------------- the element
  logic here_q, row_end_q, tag_q, quad_q, sticky_q, excluded_q, half_even_q;
  logic signed [ValueWidth-1:0] value_q;
  logic [ThetaWidth-1:0] theta_q;
  logic [AddrWidth-1:0] addr_q, stride_q;
  logic [LevelWidth-1:0] high_q, low_q;
  always_ff @(posedge clk_i) begin
    if (taken && quads_q == 3'(chosen)) begin
      if (lane_q == '0) here_q <= 1'b0;
      if (32'(lane_q) == Lane) begin
        here_q <= 1'b1;
        value_q <= in_value_i;
        {sticky_q, excluded_q} <= {in_sticky_i, in_excluded_i};
      end
      {theta_q, addr_q, stride_q, high_q, low_q, quad_q, half_even_q, tag_q} <= common;
      row_end_q <= in_row_end_i;
    end
  end

  // The highest level that is reached.
  int level, wide_value, wide_theta, high, low;
  always_comb begin
    wide_value = int'(value_q);
    wide_theta = 32'(theta_q);
    high = 32'(high_q);
    low = 0 - 32'(low_q);
    level = low;
    for (int k = -3; k <= 3; k++) begin
      if (k > low && k <= high) begin
        if (wide_value > k * wide_theta ||
            (wide_value == k * wide_theta && !(half_even_q && (k & 1) != 0 && !sticky_q))) level = k;
      end
    end
    if (!here_q || excluded_q) level = 0;
  end

  // ---------------------------------------------------------------------------- the reader
  logic leaves, about, final_step, ended_q, out_stalled_q;
  logic [2:0] out_quads_q;
  logic [StepsWidth-1:0] step_q;
  logic signed [3:0] so_far_q, so_far, weight;
  logic [AddrWidth+2:0] out, out_q;
  logic [AddrWidth-1:0] expected_addr;
  assign out = {out_addr, out_quad, nz[Lane], neg[Lane]};
  assign leaves = out_valid && out_ready_i;
  assign about = out_quads_q == 3'(chosen);
  assign final_step = step_q == steps - StepsWidth'(1);
  assign expected_addr = addr_q + AddrWidth'(step_q) * stride_q;
  always_comb begin
    weight = unary ? 4'sd1 : 4'sd1 <<< (steps - StepsWidth'(1) - step_q);
    so_far = (step_q == '0) ? '0 : so_far_q;
    if (nz[Lane]) so_far = neg[Lane] ? so_far - weight : so_far + weight;
  end
  always_ff @(posedge clk_i) begin
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    out_q <= out;
    ended_q <= !rst_i && leaves && about && final_step;
    if (rst_i) begin
      out_quads_q <= '0;
      step_q <= '0;
    end else if (leaves) begin
      step_q <= final_step ? '0 : step_q + StepsWidth'(1);
      if (final_step && out_quads_q != '1) out_quads_q <= out_quads_q + 3'd1;
    end
    if (leaves) so_far_q <= so_far;
  end

  logic other_q;
  always_ff @(posedge clk_i) other_q <= !rst_i && leaves && about && !final_step;
  always_comb begin
    if (begun_q && !rst_i) begin
      if (out_stalled_q) a_stays : assert (out_valid && out == out_q);
      if (out_valid && about) begin
        a_has_come : assert (quads_q > 3'(chosen));
        a_place : assert (out_addr == expected_addr && out_quad == quad_q);
        a_sign : assert (!nz[Lane] || neg[Lane] == (level < 0));
        if (final_step) a_level : assert (int'(so_far) == level);
        // Unary spikes come first.
        if (unary && step_q != '0 && nz[Lane]) a_first : assert (so_far_q != '0);
      end
      if (ended_q) a_row : assert (row_done == row_end_q && (!row_done || row_tag == tag_q));
      if (other_q) a_no_row : assert (!row_done);
      c_high : cover (ended_q && level == 3 && !unary && chosen == 2'd1);
      c_low : cover (ended_q && level == -2 && unary);
      c_even : cover (ended_q && half_even_q && wide_value == wide_theta && level == 0 && here_q && !excluded_q && high_q != '0);
      c_short : cover (ended_q && !here_q && row_done && chosen == 2'd1);
    end
  end

endmodule

`default_nettype wire
