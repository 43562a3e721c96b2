`default_nettype none

/// Bench of `layer_norm_neurons`: every spike, accumulated input, tracer, position and flag against the golden
/// operator's, and the time without pauses.
module layer_norm_neurons_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 2,
  parameter int unsigned DeltaWidth = 12,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned LevelWidth = 5,
  parameter int LevelMin = 0,
  parameter int LevelMax = 15,
  parameter int unsigned GammaWidth = 12,
  parameter int unsigned BetaWidth = 12,
  parameter int unsigned Fraction = 8,
  parameter int unsigned SquareWidth = 36,
  parameter int unsigned RootFraction = 0,
  parameter bit [127:0] Epsilon = 128'd1,
  parameter int unsigned DecisionWidth = 48,
  parameter int unsigned HalvesWidth = 7,
  parameter int unsigned GapWidth = 2,
  parameter int unsigned SkipRows = 1,
  parameter ConstFile = "",
  parameter EdgeFile = "",
  /// Beats in: {quiet, last, skip, deltas}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Beats out: {quiet, last, skip, chunk, row, negative, spike, tracers, accumulated inputs}, all 0 on
  /// a skip beat but the flags.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst;
  int cycle, batch;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic in_idle, out_idle;
  logic [15:0] t_max;
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic [Lanes*DeltaWidth-1:0] in_delta;
  bench_player #(.Width(Lanes * DeltaWidth + 3), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_quiet, in_last, in_skip, in_delta})
  );

  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [Lanes-1:0] out_nz, out_neg;
  logic [$clog2(Lanes+1)-1:0] spikes;
  layer_norm_neurons #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .DeltaWidth(DeltaWidth), .AccWidth(AccWidth),
    .LevelWidth(LevelWidth), .LevelMin(LevelMin), .LevelMax(LevelMax), .GammaWidth(GammaWidth),
    .BetaWidth(BetaWidth), .Fraction(Fraction), .SquareWidth(SquareWidth), .RootFraction(RootFraction), .Epsilon(Epsilon),
    .DecisionWidth(DecisionWidth), .HalvesWidth(HalvesWidth), .GapWidth(GapWidth),
    .ConstFile(ConstFile), .EdgeFile(EdgeFile), .SkipRows(SkipRows), .StageId(1)
  ) u_dut (
    .clk_i, .rst_i(rst), .t_max_i(t_max), .stop_i(1'b0), .stop_sample_i('0),
    .in_valid_i(in_valid), .in_ready_o(in_ready),
    .in_delta_i(in_delta), .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_nz_o(out_nz), .out_neg_o(out_neg),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .spikes_o(spikes)
  );

  localparam int unsigned StateWidth = Lanes * (AccWidth + LevelWidth + 2) + 32;
  logic [StateWidth-1:0] state;
  assign state = {16'(u_dut.u_row_taps.tap_chunk), 16'(u_dut.u_row_taps.tap_row), out_neg & out_nz,
                  out_nz, u_dut.u_row_taps.tap_s, u_dut.u_row_taps.tap_v};
  bench_checker #(.Width(StateWidth + 3), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_quiet, out_last, out_skip, out_skip ? '0 : state})
  );

  always @(posedge clk_i) begin
    if (!rst && int'(spikes) != (out_valid && out_ready ? $countones(out_nz) : 0)) begin
      $fatal(1, "%m: counted %0d spikes", spikes);
    end
    if (!rst && out_valid && out_skip && out_nz != '0) $fatal(1, "%m: a skip beat with spikes");
  end

endmodule

`default_nettype wire
