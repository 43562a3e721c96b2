`default_nettype none

/// Bench of `stream_check`: a beat that is not taken is withdrawn (`+case=1`) or changed (`+case=2`)
/// in the middle, or both in the last cycle before a reset (`+case=3`) or two cycles before it
/// (`+case=4`).
module stream_check_tb (
  input  wire logic clk_i,
  output      logic done_o
);

  int cycle, number;
  logic rst;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  initial if (!$value$plusargs("case=%d", number)) number = 0;

  // The beat is offered from cycle 6 on; the second reset begins in cycle 12.
  logic valid, rst_dut;
  logic [7:0] data;
  always_comb begin
    valid = cycle >= 6;
    data = 8'h5a;
    if (number == 1 && cycle >= 9) valid = 1'b0;
    if (number == 2 && cycle >= 9) data = 8'h5b;
    if (number == 3 && cycle >= 11) {valid, data} = '0;
    if (number == 4 && cycle >= 10) {valid, data} = '0;
    rst_dut = rst || (cycle >= 12 && cycle < 15);
  end

  stream_check #(.Width(8)) u_dut (
    .clk_i, .rst_i(rst_dut), .valid_i(valid), .ready_i(1'b0), .data_i(data)
  );

  assign done_o = cycle >= 20;

endmodule

`default_nettype wire
