`default_nettype none

/// Bench of `uart_rx`: bytes at random times from a line whose bits are up to 3 % too long or too
/// short, between pulses shorter than half a bit, missing stop bits and breaks.
module uart_rx_tb #(
  parameter int unsigned ClocksPerBit = 8
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Bytes = 400;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic line = 1'b1, valid, error;
  logic [7:0] data;
  uart_rx #(.ClocksPerBit(ClocksPerBit)) u_dut (
    .clk_i, .rst_i(rst), .rx_i(line), .valid_o(valid), .byte_o(data), .error_o(error)
  );

  // What is to come: bytes, and 9'h100 for a framing error.
  logic [8:0] expected[$];
  logic [8:0] next_expected;
  // Levels of the line with how long each lasts, in 1/1000 of a cycle.
  logic levels[$];
  int times[$];
  int left = 0, per_bit = 0, sent = 0, waited = 0, drift = 0;
  logic [7:0] value;

  function automatic void put(input logic level, input int duration);
    levels.push_back(level);
    times.push_back(duration);
  endfunction

  function automatic void put_byte(input logic [7:0] sent_byte, input logic stop);
    put(1'b0, per_bit);
    for (int b = 0; b < 8; b++) put(sent_byte[b], per_bit);
    put(stop, per_bit);
  endfunction

  // What happens next on the line.
  task automatic plan();
    // A line with few cycles a bit has no room for other lengths.
    drift = (ClocksPerBit < 8) ? 0 : int'($urandom_range(60)) - 30;
    per_bit = ClocksPerBit * (1000 + drift);
    value = 8'($urandom);
    case ($urandom_range(9))
      0: begin
        // Too short for a start bit.
        put(1'b1, 2000 * ClocksPerBit);
        put(1'b0, 1000 * (ClocksPerBit / 2 - 1));
        put(1'b1, 1000 * ClocksPerBit);
      end
      1: begin
        put_byte(value, 1'b0);
        put(1'b1, 2000 * ClocksPerBit);
        expected.push_back(9'h100);
      end
      2: begin
        put(1'b0, 1000 * ClocksPerBit * (11 + int'($urandom_range(40))));
        put(1'b1, 2000 * ClocksPerBit);
        expected.push_back(9'h100);
      end
      default: begin
        put_byte(value, 1'b1);
        if ($urandom_range(1) == 0) put(1'b1, int'($urandom_range(30000)));
        expected.push_back({1'b0, value});
      end
    endcase
  endtask

  always @(posedge clk_i) begin
    if (rst) begin
      line <= 1'b1;
      left = 20000;
      done_o <= 1'b0;
    end else begin
      if (valid || error) begin
        if (expected.size() == 0) $fatal(1, "%m: nothing was sent");
        next_expected = expected.pop_front();
        if (error != next_expected[8]) $fatal(1, "%m: error %b, sent %h", error, next_expected);
        if (valid && data != next_expected[7:0]) $fatal(1, "%m: %h, sent %h", data, next_expected);
      end
      while (left < 1000 && (sent < Bytes || levels.size() != 0)) begin
        if (levels.size() == 0) begin
          plan();
          sent = sent + 1;
        end
        line <= levels.pop_front();
        left = left + times.pop_front();
      end
      if (left >= 1000) left = left - 1000;
      else line <= 1'b1;
      if (sent == Bytes && levels.size() == 0 && left < 1000) waited = waited + 1;
      if (waited > 20 * int'(ClocksPerBit)) begin
        if (expected.size() != 0) $fatal(1, "%m: %0d bytes were not received", expected.size());
        done_o <= 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
