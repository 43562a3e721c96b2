`default_nettype none

/// Bench of `token_mask`: a mask a sample, a bit for each value that is the padding.
module token_mask_tb #(
  parameter int unsigned Tokens = 4,
  parameter int unsigned ValueWidth = 9,
  parameter int Padding = 0,
  /// Values; masks.
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
  logic [ValueWidth-1:0] in_value;
  logic [Tokens-1:0] mask;
  bench_player #(.Width(ValueWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_value)
  );
  token_mask #(.Tokens(Tokens), .ValueWidth(ValueWidth), .Padding(Padding)) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(in_value),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_mask_o(mask)
  );
  bench_checker #(.Width(Tokens), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i(mask)
  );

endmodule

`default_nettype wire
