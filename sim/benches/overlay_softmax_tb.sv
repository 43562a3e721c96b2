`default_nettype none

/// Bench of `overlay_softmax` with `overlay_row_fire`: every quad of spikes against the integer operator's levels, and
/// the time without pauses. Each batch is an instruction.
module overlay_softmax_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned ScoreWidth = 16,
  parameter int unsigned GroupMax = 16,
  parameter int unsigned ExpWidth = 12,
  parameter int unsigned ExpAddrWidth = 8,
  parameter int unsigned SumWidth = 16,
  parameter int unsigned ScaleWidth = 10,
  parameter int unsigned Fraction = 10,
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  parameter ExpFile = "",
  /// Instructions: {apart, low, high, half even, unary, steps, step stride, row stride, spikes, scale, count, exponentials}.
  parameter ConfigFile = "",
  /// Beats: {instruction's end, row's end, group's end, those excluded, those here, scores}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Writes: {row's end, negative, spike, quad, address}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Quad = 4 * Lanes;
  localparam int unsigned QuadWidth = (WordNeurons > Quad) ? $clog2(WordNeurons / Quad) : 1;
  localparam int unsigned ThetaWidth = SumWidth + ScaleWidth + 1;
  localparam int unsigned ValueWidth =
      ((SumWidth + ScaleWidth > ExpWidth + Fraction) ? SumWidth + ScaleWidth : ExpWidth + Fraction) + 2;
  localparam int unsigned ConfigWidth =
      2 * LevelWidth + 3 + StepsWidth + 3 * AddrWidth + ScaleWidth + 2 * ExpAddrWidth + 1;

  logic rst, in_idle, out_idle, idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle && idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  // The configuration is there in the cycle of `start` only.
  logic [ConfigWidth-1:0] configs[Batches];
  initial $readmemh(ConfigFile, configs);
  int started = 0, playing = 0;
  logic start = 1'b0;
  logic [ConfigWidth-1:0] config_word;
  always @(posedge clk_i) begin
    start <= started != batch;
    config_word <= started != batch ? configs[batch-1] : {((ConfigWidth + 31) / 32) {$urandom}};
    started <= batch;
    playing <= started;
    if (!rst && start && !idle) $fatal(1, "%m: not idle at the start of an instruction");
  end
  logic [ExpAddrWidth-1:0] exponentials;
  logic [ExpAddrWidth:0] exponential_count;
  logic [ScaleWidth-1:0] scale;
  logic [AddrWidth-1:0] spikes, row_stride, step_stride;
  logic [StepsWidth-1:0] steps;
  logic unary, half_even, apart;
  logic [LevelWidth-1:0] high, low;
  assign {apart, low, high, half_even, unary, steps, step_stride, row_stride, spikes, scale, exponential_count,
          exponentials} = config_word;

  logic in_valid, in_ready, group_end, row_end, last;
  logic [Lanes-1:0] excluded, here;
  logic [Lanes*ScoreWidth-1:0] score;
  bench_player #(.Width(Lanes * (ScoreWidth + 2) + 3), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(playing), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({last, row_end, group_end, excluded, here, score})
  );

  logic exp_enable, e_valid, e_ready, e_quad_end, e_row_end, e_unary, e_half_even;
  logic [Lanes-1:0] e_excluded;
  logic [Lanes*ExpAddrWidth-1:0] exp_addr;
  logic [Lanes*ExpWidth-1:0] exp_data;
  logic [Lanes*ValueWidth-1:0] e_value;
  logic [ThetaWidth-1:0] e_theta;
  logic [AddrWidth-1:0] e_addr, e_step_stride, addr;
  logic [QuadWidth-1:0] e_quad, quad;
  logic [StepsWidth-1:0] e_steps;
  logic [LevelWidth-1:0] e_high, e_low;
  for (genvar l = 0; l < Lanes; l++) begin : gen_exponentials
    sync_rom #(.Width(ExpWidth), .Depth(2 ** ExpAddrWidth), .File(ExpFile)) u_exponentials (
      .clk_i, .enable_i(exp_enable), .addr_i(exp_addr[ExpAddrWidth*l+:ExpAddrWidth]),
      .data_o(exp_data[ExpWidth*l+:ExpWidth])
    );
  end
  overlay_softmax #(
    .Lanes(Lanes), .ScoreWidth(ScoreWidth), .GroupMax(GroupMax), .ExpWidth(ExpWidth), .ExpAddrWidth(ExpAddrWidth),
    .SumWidth(SumWidth), .ScaleWidth(ScaleWidth), .Fraction(Fraction), .Align(Align),
    .WordNeurons(WordNeurons), .AddrWidth(AddrWidth), .LevelWidth(LevelWidth), .StepsWidth(StepsWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .start_i(start), .idle_o(idle), .exponentials_i(exponentials),
    .exponential_count_i(exponential_count), .scale_i(scale), .spikes_i(spikes), .row_stride_i(row_stride),
    .step_stride_i(step_stride), .apart_i(apart), .steps_i(steps), .unary_i(unary), .half_even_i(half_even), .high_i(high),
    .low_i(low), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_score_i(score),
    .in_here_i(here), .in_excluded_i(excluded), .in_group_end_i(group_end), .in_row_end_i(row_end),
    .exp_enable_o(exp_enable), .exp_addr_o(exp_addr), .exp_data_i(exp_data), .out_valid_o(e_valid),
    .out_ready_i(e_ready), .out_value_o(e_value), .out_theta_o(e_theta), .out_excluded_o(e_excluded),
    .out_quad_end_o(e_quad_end), .out_row_end_o(e_row_end), .out_addr_o(e_addr), .out_quad_o(e_quad),
    .step_stride_o(e_step_stride), .steps_o(e_steps), .unary_o(e_unary), .half_even_o(e_half_even),
    .high_o(e_high), .low_o(e_low)
  );

  logic out_valid, out_ready, row_done, row_tag;
  logic [Quad-1:0] nz, neg;
  overlay_row_fire #(
    .Lanes(Lanes),
    .ValueWidth(ValueWidth), .ThetaWidth(ThetaWidth), .LevelWidth(LevelWidth), .StepsWidth(StepsWidth),
    .Eager(Lanes >= 4), .AddrWidth(AddrWidth), .QuadWidth(QuadWidth)
  ) u_fire (
    .clk_i, .rst_i(rst), .in_valid_i(e_valid), .in_ready_o(e_ready), .in_value_i(e_value),
    .in_theta_i(e_theta), .in_sticky_i('0), .in_excluded_i(e_excluded), .in_quad_end_i(e_quad_end),
    .in_row_end_i(e_row_end), .in_addr_i(e_addr), .in_quad_i(e_quad), .steps_i(e_steps),
    .step_stride_i(e_step_stride), .unary_i(e_unary), .half_even_i(e_half_even), .high_i(e_high),
    .low_i(e_low), .tag_i(1'b1), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_addr_o(addr),
    .out_quad_o(quad), .out_nz_o(nz), .out_neg_o(neg), .row_done_o(row_done), .row_tag_o(row_tag)
  );
  bench_checker #(.Width(2 * Quad + 1 + QuadWidth + AddrWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
    .data_i({u_fire.out_row_end, neg, nz, quad, addr})
  );

endmodule

`default_nettype wire
