`default_nettype none

/// One byte of a cyclic redundancy check: polynomial x^16 + x^12 + x^5 + 1, most significant bit first.
///
/// The register starts with 0xFFFF. The check is sent high byte first; after it the register is 0. Combinational.
module crc16 (
  input  wire logic [15:0] crc_i,
  input  wire logic [ 7:0] byte_i,
  output      logic [15:0] crc_o
);

  always_comb begin
    crc_o = crc_i ^ {byte_i, 8'd0};
    for (int unsigned b = 0; b < 8; b++) begin
      crc_o = {crc_o[14:0], 1'b0} ^ (crc_o[15] ? 16'h1021 : 16'h0000);
    end
  end

endmodule

`default_nettype wire
