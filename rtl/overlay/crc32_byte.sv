`default_nettype none

/// CRC-32 (IEEE 802.3, reflected), a byte at a time: the register after `data_i`. It begins with all ones; its complement is
/// the CRC.
module crc32_byte (
  input  wire logic [31:0] crc_i,
  input  wire logic [7:0]  data_i,
  output      logic [31:0] crc_o
);

  always_comb begin
    crc_o = crc_i ^ {24'd0, data_i};
    for (int unsigned i = 0; i < 8; i++) begin
      crc_o = {1'b0, crc_o[31:1]} ^ (32'hEDB88320 & {32{crc_o[0]}});
    end
  end

endmodule

`default_nettype wire
