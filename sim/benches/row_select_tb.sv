`default_nettype none

/// Bench of `row_select`: the rows that are selected, with the time-step's flags on the last of them.
module row_select_tb #(
  parameter int unsigned InRows = 4,
  parameter int unsigned First = 0,
  parameter int unsigned Count = 1,
  parameter int unsigned Chunks = 2,
  parameter int unsigned Width = 8,
  /// Beats: {quiet, last, skip, data}; on a skip beat the data that goes out does not matter and is 0.
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

  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [Width-1:0] in_data, out_data;
  bench_player #(.Width(Width + 3), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_quiet, in_last, in_skip, in_data})
  );
  row_select #(
    .InRows(InRows), .First(First), .Count(Count), .Chunks(Chunks), .Width(Width)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet), .out_valid_o(out_valid),
    .out_ready_i(out_ready), .out_data_o(out_data), .out_skip_o(out_skip), .out_last_o(out_last),
    .out_quiet_o(out_quiet)
  );
  bench_checker #(.Width(Width + 3), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_quiet, out_last, out_skip, out_skip ? '0 : out_data})
  );

endmodule

`default_nettype wire
