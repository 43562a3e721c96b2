`default_nettype none

/// Bench of `uart_tx`: every bit of every byte on the line, for its whole length, at random times and
/// back to back.
module uart_tx_tb #(
  parameter int unsigned ClocksPerBit = 8
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Bytes = 300;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall = 0;
  logic valid, ready, tx;
  logic [7:0] data;
  bench_source #(.Width(8)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall), .valid_o(valid), .ready_i(ready), .data_o(data)
  );
  uart_tx #(.ClocksPerBit(ClocksPerBit)) u_dut (
    .clk_i, .rst_i(rst), .valid_i(valid), .ready_o(ready), .byte_i(data), .tx_o(tx)
  );

  // The byte on the line with its start and stop bit, and how many cycles of it have passed.
  logic [9:0] frame;
  int at = -1, put = 0, seen = 0, begin_cycle = 0;
  logic [7:0] value;

  always @(posedge clk_i) begin
    if (rst) begin
      done_o <= 1'b0;
    end else begin
      if (at >= 0) begin
        if (tx != frame[at / int'(ClocksPerBit)]) begin
          $fatal(1, "%m: bit %0d of %b is %b", at / int'(ClocksPerBit), frame, tx);
        end
        at = at + 1;
        if (at == 10 * int'(ClocksPerBit)) begin
          at = -1;
          seen = seen + 1;
        end
      end else if (!tx) $fatal(1, "%m: the idle line is low");
      if (valid && ready) begin
        if (at >= 0) $fatal(1, "%m: a byte was taken during another");
        frame = {1'b1, data, 1'b0};
        at = 0;
      end
      if (put < Bytes && u_source.empty()) begin
        if (put == Bytes / 2 && cycle - begin_cycle > (10 * int'(ClocksPerBit) + 6) * Bytes / 2) begin
          $fatal(1, "%m: too slow");
        end
        if (put == 0) begin_cycle = cycle;
        if (put == Bytes / 2) stall = 97;
        value = 8'($urandom);
        u_source.put(value);
        put = put + 1;
      end
      if (seen == Bytes) done_o <= 1'b1;
    end
  end

endmodule

`default_nettype wire
