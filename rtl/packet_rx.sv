`default_nettype none

/// Receiver of packets: removes SLIP framing from the bytes of a line and checks the CRC.
///
/// A packet is what stands between two bytes END (0xC0). In it, 0xDB 0xDC is the byte 0xC0 and
/// 0xDB 0xDD the byte 0xDB; its last two bytes are the check of `crc16`.
/// Contract: `valid_o` is high in the cycle of each byte of a packet, the check included; `end_o` is
/// high in the cycle in which it ends, with `good_o` if it has no error. Two END in a row have no
/// packet between them. An END always ends a packet, so the next packet is read correctly whatever came
/// before. No back-pressure. Latency: 0.
module packet_rx (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  /// A byte of the line; a byte was lost.
  input  wire logic       valid_i,
  input  wire logic [7:0] byte_i,
  input  wire logic       error_i,
  /// A byte of the packet.
  output      logic       valid_o,
  output      logic [7:0] byte_o,
  /// The packet has ended; its check is right.
  output      logic       end_o,
  output      logic       good_o
);

  localparam bit [7:0] End = 8'hC0;
  localparam bit [7:0] Escape = 8'hDB;
  localparam bit [7:0] EscapedEnd = 8'hDC;
  localparam bit [7:0] EscapedEscape = 8'hDD;

  // any_q: the packet has a byte. bad_q: a byte was lost, or an escape stands for nothing.
  logic any_q, bad_q, escaped_q;
  logic [15:0] crc_q, crc_next;
  logic is_end, is_escape;
  assign is_end = valid_i && byte_i == End;
  assign is_escape = valid_i && byte_i == Escape && !escaped_q;
  assign valid_o = valid_i && !is_end && !is_escape;
  assign end_o = is_end && (any_q || bad_q);
  assign good_o = crc_q == '0 && !bad_q && !escaped_q;

  always_comb begin
    byte_o = byte_i;
    if (escaped_q) byte_o = (byte_i == EscapedEnd) ? End : Escape;
  end

  crc16 u_crc (
    .crc_i (crc_q),
    .byte_i(byte_o),
    .crc_o (crc_next)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i || is_end) begin
      any_q <= 1'b0;
      bad_q <= 1'b0;
      escaped_q <= 1'b0;
      crc_q <= '1;
    end else begin
      if (valid_i) begin
        any_q <= 1'b1;
        escaped_q <= is_escape;
      end
      if (valid_o) crc_q <= crc_next;
      if (error_i) bad_q <= 1'b1;
      if (valid_i && escaped_q && byte_i != EscapedEnd && byte_i != EscapedEscape) bad_q <= 1'b1;
    end
  end

endmodule

`default_nettype wire
