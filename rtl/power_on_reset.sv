`default_nettype none

/// Reset of a board: after configuration, and while a button is held.
///
/// Contract: `rst_o` is synchronous and active high; it is high for the first 16 cycles, and from 2 to
/// 3 cycles after `rst_ni` falls until 18 cycles after it rises. Relies on the initial value of registers,
/// which configuration sets.
module power_on_reset (
  input  wire logic clk_i,
  /// Button, active low, asynchronous; 1 where there is none.
  input  wire logic rst_ni,
  output      logic rst_o
);

  logic [4:0] count_q;
  // Synchroniser: the button is asynchronous to the clock.
  (* ASYNC_REG = "TRUE" *) logic [1:0] button_q;

  initial begin
    count_q = '0;
    button_q = '0;
  end

  // Not `always_ff`, which must be the only one to write its registers.
  always @(posedge clk_i) begin
    button_q <= {button_q[0], rst_ni};
    if (!button_q[1]) count_q <= '0;
    else if (!count_q[4]) count_q <= count_q + 5'd1;
  end
  assign rst_o = !count_q[4];

endmodule

`default_nettype wire
