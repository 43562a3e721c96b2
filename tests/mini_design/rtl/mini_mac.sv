// Multiplies the stream by a ROM and accumulates.
module mini_mac #(
  parameter int Depth = 2048
) (
  input  logic               clk_i,
  input  logic               rst_i,
  input  logic               valid_i,
  input  logic signed [15:0] data_i,
  output logic               valid_o,
  output logic signed [39:0] data_o
);
  (* rom_style = "block" *) logic [15:0] rom [Depth];
  initial $readmemh("rom/mini.hex", rom);
  logic [$clog2(Depth)-1:0] address_q;
  logic signed [15:0] weight_q, data_q;
  logic signed [31:0] product_q;
  logic [2:0] valid_q;
  always_ff @(posedge clk_i) begin
    weight_q  <= rom[address_q];
    data_q    <= data_i;
    product_q <= weight_q * data_q;
    if (rst_i) begin
      address_q <= '0;
      valid_q   <= '0;
      data_o    <= '0;
    end else begin
      valid_q <= {valid_q[1:0], valid_i};
      if (valid_i) address_q <= address_q + 1'b1;
      if (valid_q[1]) data_o <= data_o + 40'(product_q);
    end
  end
  assign valid_o = valid_q[2];
  always_ff @(posedge clk_i) begin
    if (!rst_i) Range: assert (address_q < Depth);
  end
endmodule
