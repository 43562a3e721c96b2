`default_nettype none

/// Bench of `stream_scale`: every beat against the golden sum of one term.
module stream_scale_tb #(
  parameter int unsigned Channels = 8,
  parameter int unsigned InLanes = 4,
  parameter int unsigned OutLanes = 2,
  parameter int unsigned Spikes = 1,
  parameter int unsigned InWidth = 1,
  parameter int unsigned OutWidth = 16,
  parameter int unsigned CoefficientWidth = 8,
  parameter bit signed [CoefficientWidth-1:0] Coefficient = CoefficientWidth'(1),
  parameter int unsigned PerChannel = 0,
  parameter CoefficientFile = "",
  /// Beats in and out: {quiet, last, skip, data}; on a skip beat the data that goes out does not matter
  /// and is 0.
  parameter InFile = "",
  parameter int InWords = 1,
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned DataWidth = (Spikes != 0) ? 2 * InLanes : InLanes * InWidth;
  localparam int unsigned SumWidth = OutLanes * OutWidth;

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [DataWidth-1:0] in_data;
  logic [SumWidth-1:0] out_delta;
  bench_player #(.Width(DataWidth + 3), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_quiet, in_last, in_skip, in_data})
  );
  stream_scale #(
    .Channels(Channels), .InLanes(InLanes), .OutLanes(OutLanes), .Spikes(Spikes),
    .InWidth(InWidth), .OutWidth(OutWidth), .CoefficientWidth(CoefficientWidth),
    .Coefficient(Coefficient), .PerChannel(PerChannel), .CoefficientFile(CoefficientFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet), .out_valid_o(out_valid),
    .out_ready_i(out_ready), .out_delta_o(out_delta), .out_skip_o(out_skip),
    .out_last_o(out_last), .out_quiet_o(out_quiet)
  );
  bench_checker #(.Width(SumWidth + 3), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_quiet, out_last, out_skip, out_skip ? '0 : out_delta})
  );

endmodule

`default_nettype wire
