`default_nettype none

/// Bench of `integer_sqrt`: roots of numbers on and around squares, each with its tag.
module integer_sqrt_tb #(
  parameter int unsigned Width = 16,
  parameter int unsigned TagWidth = 1,
  /// Numbers: {tag, number}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Roots: {tag, root}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned RootWidth = (Width + 1) / 2;

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, out_valid, out_ready;
  logic [Width-1:0] value;
  logic [TagWidth-1:0] in_tag, out_tag;
  logic [RootWidth-1:0] root;
  bench_player #(.Width(TagWidth + Width), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_tag, value})
  );
  integer_sqrt #(.Width(Width), .TagWidth(TagWidth)) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(value),
    .in_tag_i(in_tag), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_root_o(root),
    .out_tag_o(out_tag)
  );
  bench_checker #(.Width(TagWidth + RootWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_tag, root})
  );

endmodule

`default_nettype wire
