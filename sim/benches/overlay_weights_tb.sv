`default_nettype none

/// Bench of `overlay_weights`: the words of every port, 0 where it is cleared, and that they stay until the next read.
module overlay_weights_tb #(
  parameter int unsigned Ports = 2,
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter File0 = "",
  parameter File1 = "",
  parameter File2 = "",
  /// Reads: {addresses, cleared}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Words.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch, count;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1;
  logic valid;
  logic valid_q = 1'b0, stays = 1'b0;
  logic [Ports-1:0] clear;
  logic [Ports*AddrWidth-1:0] addr;
  logic [Ports*Width-1:0] data, data_q;
  bench_player #(.Width(Ports * (AddrWidth + 1)), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(valid), .ready_i(1'b1),
    .data_o({addr, clear})
  );
  overlay_weights #(
    .Ports(Ports), .Width(Width), .Depth(Depth), .File0(File0), .File1(File1), .File2(File2)
  ) u_dut (
    .clk_i, .enable_i(valid), .clear_i(clear), .addr_i(addr), .data_o(data),
    .write_i(1'b0), .write_addr_i('0), .write_data_i('0)
  );
  bench_observer #(.Width(Ports * Width), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(valid_q), .data_i(data)
  );
  always @(posedge clk_i) begin
    valid_q <= !rst && valid;
    stays <= stays || valid_q;
    data_q <= data;
    if (stays && !valid_q && data !== data_q) $fatal(1, "%m: a word changes");
  end

endmodule

`default_nettype wire
