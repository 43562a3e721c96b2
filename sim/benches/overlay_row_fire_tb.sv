`default_nettype none

/// Bench of `overlay_row_fire`: every quad of spikes against a neuron that asks which levels are reached, the end of
/// each row, and the time without pauses.
module overlay_row_fire_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned ValueWidth = 20,
  parameter int unsigned ThetaWidth = 18,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  parameter int unsigned Unary = 1,
  parameter bit Eager = 1'b0,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned QuadWidth = 2,
  /// Beats: {low, high, half even, unary, steps, step stride, tag, quad, address, row's end, quad's end, those excluded,
  /// those sticky, theta, values}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Writes: {levels after the step, tag, row's end, negative, spike, quad, address}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  localparam int unsigned InWidth =
      2 * LevelWidth + 3 + StepsWidth + 2 * AddrWidth + QuadWidth + 2 + ThetaWidth +
      Lanes * (ValueWidth + 2);
  logic in_valid, in_ready, quad_end, row_end, unary, half_even, tag;
  logic [Lanes-1:0] sticky, excluded;
  logic [Lanes*ValueWidth-1:0] value;
  logic [ThetaWidth-1:0] theta;
  logic [AddrWidth-1:0] addr, step_stride, out_addr;
  logic [QuadWidth-1:0] quad, out_quad;
  logic [StepsWidth-1:0] steps;
  logic [LevelWidth-1:0] high, low;
  bench_player #(.Width(InWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({low, high, half_even, unary, steps, step_stride, tag, quad, addr, row_end, quad_end, excluded,
             sticky, theta, value})
  );

  logic out_valid, out_ready, row_done, row_tag;
  localparam int unsigned Quad = 4 * Lanes;
  logic [Quad-1:0] nz, neg;
  overlay_row_fire #(
    .Lanes(Lanes), .ValueWidth(ValueWidth), .ThetaWidth(ThetaWidth), .LevelWidth(LevelWidth), .StepsWidth(StepsWidth),
    .Unary(Unary), .Eager(Eager), .AddrWidth(AddrWidth), .QuadWidth(QuadWidth)
  ) u_dut (
    // Without an element the configuration must not matter.
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(value),
    .in_theta_i(theta), .in_sticky_i(sticky), .in_excluded_i(excluded), .in_quad_end_i(quad_end),
    .in_row_end_i(row_end), .in_addr_i(addr), .in_quad_i(quad), .steps_i(steps),
    .step_stride_i(step_stride), .unary_i(unary), .half_even_i(half_even), .high_i(high), .low_i(low),
    .tag_i(tag), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_addr_o(out_addr),
    .out_quad_o(out_quad), .out_nz_o(nz), .out_neg_o(neg), .row_done_o(row_done), .row_tag_o(row_tag)
  );

  // Levels as the taps see them, in the order of the writes.
  localparam int unsigned TapWidth = Quad * (LevelWidth + 1);
  logic [TapWidth-1:0] taps[$];
  logic [TapWidth-1:0] tap;
  bench_checker #(.Width(TapWidth + 2 + 2 * Quad + QuadWidth + AddrWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
    .data_i({tap, u_dut.out_tag, u_dut.out_row_end, neg, nz, out_quad, out_addr})
  );

  logic ends_q, tag_q;
  always @(posedge clk_i) begin
    if (!rst) begin
      if (out_valid && out_ready) void'(taps.pop_front());
      if (u_dut.tap_valid) taps.push_back(u_dut.tap_s);
      tap <= taps.size() == 0 ? '0 : taps[0];
      if (row_done !== ends_q || (ends_q && row_tag !== tag_q)) $fatal(1, "%m: end of a row");
    end
    ends_q <= !rst && out_valid && out_ready && u_dut.out_row_end;
    tag_q <= u_dut.out_tag;
  end

endmodule

`default_nettype wire
