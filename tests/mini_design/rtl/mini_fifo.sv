// Asynchronously read FIFO of 32 words.
module mini_fifo #(
  parameter int Width = 16
) (
  input  logic             clk_i,
  input  logic             rst_i,
  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i,
  output logic             valid_o,
  input  logic             ready_i,
  output logic [Width-1:0] data_o
);
  logic [Width-1:0] memory [32];
  logic [5:0] write_q, read_q;
  assign valid_o = write_q != read_q;
  assign ready_o = (write_q - read_q) != 6'd32;
  assign data_o  = memory[read_q[4:0]];
  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) memory[write_q[4:0]] <= data_i;
    if (rst_i) begin
      write_q <= '0;
      read_q  <= '0;
    end else begin
      if (valid_i && ready_o) write_q <= write_q + 1'b1;
      if (valid_o && ready_i) read_q <= read_q + 1'b1;
    end
  end
endmodule
