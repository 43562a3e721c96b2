`default_nettype none

/// Bench of `permute_buffer`: every value against the golden arrangement.
module permute_buffer_tb #(
  parameter int unsigned Count = 8,
  parameter int unsigned InLanes = 4,
  parameter int unsigned ValueWidth = 9,
  parameter OrderFile = "",
  /// Beats of values, noise in the lanes beyond the sample; values.
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

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, out_valid, out_ready;
  logic [InLanes*ValueWidth-1:0] in_value;
  logic [ValueWidth-1:0] out_value;
  bench_player #(.Width(InLanes * ValueWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_value)
  );
  permute_buffer #(
    .Count(Count), .InLanes(InLanes), .ValueWidth(ValueWidth), .OrderFile(OrderFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(in_value),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_value_o(out_value)
  );
  bench_checker #(.Width(ValueWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i(out_value)
  );

endmodule

`default_nettype wire
