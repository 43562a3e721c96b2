`default_nettype none

/// Bytes to a serial line: 8 data bits, no parity, one stop bit, least significant bit first.
///
/// Contract: a byte is taken when `valid_i` and `ready_o` are high; the line is idle (high) for at
/// least the stop bit behind it. Throughput: a byte in 10 * ClocksPerBit + 1 cycles. Latency: 1 cycle
/// to the start bit. The line is high also before the reset where registers begin at 0.
module uart_tx #(
  /// Clock cycles of a bit, at least 2.
  parameter int unsigned ClocksPerBit = 25
) (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  input  wire logic       valid_i,
  output      logic       ready_o,
  input  wire logic [7:0] byte_i,
  /// The line, high when idle.
  output      logic       tx_o
);

  localparam int unsigned CountWidth = $clog2(ClocksPerBit);
  localparam bit [CountWidth-1:0] WholeBit = CountWidth'(ClocksPerBit - 1);

  if (ClocksPerBit < 2) begin : gen_bad_parameters
    $error("uart_tx: ClocksPerBit must be at least 2");
  end

  logic [CountWidth-1:0] count_q;
  // Bits that are still to be sent, the one on the line included.
  logic [3:0] left_q;
  // What follows the bit on the line; the line itself is kept inverted.
  logic [8:0] next_q;
  logic low_q;
  assign ready_o = left_q == '0;
  assign tx_o = !low_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      count_q <= '0;
      left_q <= '0;
      low_q <= 1'b0;
    end else if (left_q == '0) begin
      count_q <= WholeBit;
      if (valid_i) begin
        left_q <= 4'd10;
        low_q <= 1'b1;
      end
    end else if (count_q != '0) begin
      count_q <= count_q - CountWidth'(1);
    end else begin
      count_q <= WholeBit;
      left_q <= left_q - 4'd1;
      low_q <= !next_q[0];
    end
    if (ready_o) next_q <= {1'b1, byte_i};
    else if (count_q == '0) next_q <= {1'b1, next_q[8:1]};
  end

`ifndef SYNTHESIS
  stream_check #(
    .Width(8)
  ) u_check (
    .clk_i,
    .rst_i,
    .valid_i,
    .ready_i(ready_o),
    .data_i (byte_i)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_i && ready_o) begin
      a_idle_is_high : assert (tx_o);
    end
  end
`endif

endmodule

`default_nettype wire
