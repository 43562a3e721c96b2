`default_nettype none

/// Bench of `row_moments`, and of `integer_sqrt` in it: every sum and root against the golden
/// operator's, and the time without pauses.
module row_moments_tb #(
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 2,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned SquareWidth = 36,
  parameter int unsigned RootFraction = 0,
  parameter bit [127:0] Epsilon = 128'd1,
  /// Chunks: {row's end, numbers}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Moments: {root, sum}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned SumWidth = AccWidth + $clog2(Channels + 1);
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2;

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, in_row_end, out_valid, out_ready;
  logic [Lanes*AccWidth-1:0] in_acc;
  logic [SumWidth-1:0] sum;
  logic [RootWidth-1:0] root;
  bench_player #(.Width(Lanes * AccWidth + 1), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_row_end, in_acc})
  );
  row_moments #(
    .Channels(Channels), .Lanes(Lanes), .AccWidth(AccWidth), .SquareWidth(SquareWidth), .RootFraction(RootFraction),
    .Epsilon(Epsilon)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_acc_i(in_acc),
    .in_row_end_i(in_row_end), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_sum_o(sum),
    .out_root_o(root)
  );
  bench_checker #(.Width(SumWidth + RootWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({root, sum})
  );

endmodule

`default_nettype wire
