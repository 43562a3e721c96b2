`default_nettype none

/// Bench of `stream_fork`: every reader must take every beat once and in order, at a pace of its own.
module stream_fork_tb #(
  parameter int unsigned Width = 8,
  parameter int unsigned Outputs = 2,
  /// Beats.
  parameter InFile = "",
  parameter int InWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle;
  logic [Outputs-1:0] out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && &out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready;
  logic [Outputs-1:0] out_valid, out_ready;
  logic [Width-1:0] in_data, out_data;
  bench_player #(.Width(Width), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_data)
  );
  stream_fork #(.Width(Width), .Outputs(Outputs)) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data)
  );
  for (genvar n = 0; n < Outputs; n++) begin : gen_reader
    bench_checker #(.Width(Width), .Words(InWords), .File(InFile)) u_out (
      .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle[n]), .valid_i(out_valid[n]),
      .ready_o(out_ready[n]), .data_i(out_data)
    );
  end

endmodule

`default_nettype wire
