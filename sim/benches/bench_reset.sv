`default_nettype none

/// Bench helper: reset for the first cycles, and a cycle count.
module bench_reset (
  input  wire logic clk_i,
  output      logic rst_o,
  output int   cycle_o
);

  int count = 0;
  assign rst_o = count < 4;
  assign cycle_o = count;
  always @(posedge clk_i) count <= count + 1;

endmodule

`default_nettype wire
