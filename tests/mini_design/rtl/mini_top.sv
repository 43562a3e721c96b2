// Two FIFOs of different widths around one multiply-accumulate.
module mini_top (
  input  logic               clk_i,
  input  logic               rst_i,
  input  logic               valid_i,
  output logic               ready_o,
  input  logic signed [15:0] data_i,
  output logic               valid_o,
  input  logic               ready_i,
  output logic signed [39:0] data_o
);
  logic in_valid, mac_valid;
  logic [15:0] in_data;
  logic [39:0] mac_data;
  mini_fifo #(.Width(mini_pkg::FifoInWidth)) u_fifo_in (
    .clk_i, .rst_i, .valid_i, .ready_o, .data_i,
    .valid_o(in_valid), .ready_i(1'b1), .data_o(in_data)
  );
  mini_mac u_mac (
    .clk_i, .rst_i, .valid_i(in_valid), .data_i(in_data), .valid_o(mac_valid), .data_o(mac_data)
  );
  mini_fifo #(.Width(40)) u_fifo_out (
    .clk_i, .rst_i, .valid_i(mac_valid), .ready_o(), .data_i(mac_data),
    .valid_o, .ready_i, .data_o
  );
endmodule
