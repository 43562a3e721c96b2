`default_nettype none

/// Bench of `overlay_layer_norm` with `overlay_row_fire`: every quad of spikes against the integer operator's levels,
/// and the time without pauses. Each batch is an instruction.
module overlay_layer_norm_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned SumWidth = 16,
  parameter int unsigned ChannelsMax = 16,
  parameter int unsigned ConstWidth = 12,
  parameter int unsigned Fraction = 8,
  parameter int unsigned SquareWidth = 40,
  parameter int unsigned RootFraction = 0,
  parameter int unsigned ValueWidth = 28,
  parameter int unsigned SumAddrWidth = 10,
  parameter int unsigned ConstAddrWidth = 8,
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  parameter SumFile = "",
  parameter ConstFile = "",
  /// Instructions: {low, high, half even, unary, steps, step stride, row stride, spikes, uncentred, epsilon, constants,
  /// source, channels, rows}.
  parameter ConfigFile = "",
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
  localparam int unsigned ChannelsWidth = $clog2(ChannelsMax + 1);
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2;
  localparam int unsigned ConfigWidth = 2 * LevelWidth + 2 + StepsWidth + 3 * AddrWidth + SquareWidth +
                                        ConstAddrWidth + SumAddrWidth + ChannelsWidth + 17;

  logic rst, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic [ConfigWidth-1:0] configs[Batches];
  initial $readmemh(ConfigFile, configs);
  int started = 0;
  logic start = 1'b0;
  logic [ConfigWidth-1:0] config_word;
  logic [15:0] rows, left;
  logic [ChannelsWidth-1:0] channels;
  logic [SumAddrWidth-1:0] source;
  logic [ConstAddrWidth-1:0] constants;
  logic [SquareWidth-1:0] epsilon;
  logic [AddrWidth-1:0] spikes, row_stride, step_stride;
  logic [StepsWidth-1:0] steps;
  logic unary, half_even, uncentred;
  logic [LevelWidth-1:0] high, low;
  assign {low, high, half_even, unary, steps, step_stride, row_stride, spikes, uncentred, epsilon, constants,
          source, channels, rows} = config_word;

  // Rows may begin now and then, in the first batch always.
  logic go_random, row_begin;
  always @(posedge clk_i) begin
    start <= started != batch;
    if (started != batch) config_word <= configs[batch-1];
    started <= batch;
    go_random <= batch == 1 || $urandom_range(20) == 0;
    if (start) left <= rows;
    else if (row_begin) left <= left - 16'd1;
    if (rst) left <= '0;
  end

  logic sum_enable, const_enable;
  logic [SumAddrWidth-1:0] sum_addr;
  logic [Lanes*SumWidth-1:0] sum_data;
  logic [ConstAddrWidth-1:0] const_addr;
  logic [Lanes*2*ConstWidth-1:0] const_data;
  for (genvar l = 0; l < Lanes; l++) begin : gen_memories
    sync_rom #(.Width(SumWidth), .Depth(2 ** SumAddrWidth), .File(SumFile)) u_sums (
      .clk_i, .enable_i(sum_enable), .addr_i(sum_addr + SumAddrWidth'(l)),
      .data_o(sum_data[SumWidth*l+:SumWidth])
    );
    sync_rom #(.Width(2 * ConstWidth), .Depth(2 ** ConstAddrWidth), .File(ConstFile)) u_constants (
      .clk_i, .enable_i(const_enable), .addr_i(const_addr + ConstAddrWidth'(l)),
      .data_o(const_data[2*ConstWidth*l+:2*ConstWidth])
    );
  end
  always @(posedge clk_i) begin
    if (!rst && (u_dut.read && sum_addr % Lanes != 0 || u_dut.issue && const_addr % Lanes != 0)) begin
      $fatal(1, "%m: an address within a beat");
    end
  end

  logic e_valid, e_ready, e_quad_end, e_row_end;
  logic [Lanes-1:0] e_sticky, e_excluded;
  logic [Lanes*ValueWidth-1:0] e_value;
  logic [RootWidth-1:0] e_theta;
  logic [AddrWidth-1:0] e_addr, addr;
  logic [QuadWidth-1:0] e_quad, quad;
  overlay_layer_norm #(
    .Lanes(Lanes), .SumWidth(SumWidth), .ChannelsMax(ChannelsMax), .ConstWidth(ConstWidth), .Fraction(Fraction),
    .SquareWidth(SquareWidth), .RootFraction(RootFraction), .ValueWidth(ValueWidth), .SumAddrWidth(SumAddrWidth),
    .ConstAddrWidth(ConstAddrWidth), .Align(Align), .WordNeurons(WordNeurons), .AddrWidth(AddrWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .start_i(start), .channels_i(channels), .source_i(source),
    .constants_i(constants), .epsilon_i(epsilon), .uncentred_i(uncentred), .spikes_i(spikes), .row_stride_i(row_stride),
    .go_i(go_random && left != '0 && !start), .row_begin_o(row_begin), .sum_enable_o(sum_enable),
    .sum_addr_o(sum_addr), .sum_data_i(sum_data), .const_enable_o(const_enable),
    .const_addr_o(const_addr), .const_data_i(const_data), .out_valid_o(e_valid), .out_ready_i(e_ready),
    .out_value_o(e_value), .out_theta_o(e_theta), .out_sticky_o(e_sticky), .out_excluded_o(e_excluded),
    .out_quad_end_o(e_quad_end), .out_row_end_o(e_row_end), .out_addr_o(e_addr), .out_quad_o(e_quad)
  );

  logic out_valid, out_ready, row_done, row_tag;
  logic [Quad-1:0] nz, neg;
  overlay_row_fire #(
    .Lanes(Lanes),
    .ValueWidth(ValueWidth), .ThetaWidth(RootWidth), .LevelWidth(LevelWidth), .StepsWidth(StepsWidth),
    .AddrWidth(AddrWidth), .QuadWidth(QuadWidth)
  ) u_fire (
    .clk_i, .rst_i(rst), .in_valid_i(e_valid), .in_ready_o(e_ready), .in_value_i(e_value),
    .in_theta_i(e_theta), .in_sticky_i(e_sticky), .in_excluded_i(e_excluded),
    .in_quad_end_i(e_quad_end), .in_row_end_i(e_row_end), .in_addr_i(e_addr), .in_quad_i(e_quad),
    .steps_i(steps), .step_stride_i(step_stride), .unary_i(unary), .half_even_i(half_even),
    .high_i(high), .low_i(low), .tag_i(1'b0), .out_valid_o(out_valid), .out_ready_i(out_ready),
    .out_addr_o(addr), .out_quad_o(quad), .out_nz_o(nz), .out_neg_o(neg), .row_done_o(row_done),
    .row_tag_o(row_tag)
  );
  bench_checker #(.Width(2 * Quad + 1 + QuadWidth + AddrWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
    .data_i({u_fire.out_row_end, neg, nz, quad, addr})
  );

endmodule

`default_nettype wire
