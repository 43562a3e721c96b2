`default_nettype none

/// Sender of packets: adds the CRC and SLIP framing that `packet_rx` removes.
///
/// Contract: bytes in with `last_i` on a packet's final one; out go END, the bytes, the check, END,
/// with escapes where they are needed. An offered byte stays as it is until it is taken.
/// Throughput: a byte per cycle, but for framing and escapes. Latency: 0, behind the first END.
module packet_tx (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  /// Bytes of a packet.
  input  wire logic       valid_i,
  output      logic       ready_o,
  input  wire logic [7:0] byte_i,
  input  wire logic       last_i,
  /// Bytes of the line.
  output      logic       valid_o,
  input  wire logic       ready_i,
  output      logic [7:0] byte_o
);

  localparam bit [7:0] End = 8'hC0;
  localparam bit [7:0] Escape = 8'hDB;
  localparam bit [7:0] EscapedEnd = 8'hDC;
  localparam bit [7:0] EscapedEscape = 8'hDD;

  typedef enum logic [2:0] {
    StBegin,
    StBody,
    StHigh,
    StLow,
    StEnd
  } state_e;
  state_e state_q;

  // second_q: the escape of this byte has been sent.
  logic second_q, frame, special, sent, done;
  logic [15:0] crc_q, crc_next;
  logic [7:0] plain;
  assign frame = state_q == StBegin || state_q == StEnd;
  assign special = !frame && (plain == End || plain == Escape);
  assign sent = valid_o && ready_i;
  assign done = sent && (!special || second_q);
  assign ready_o = state_q == StBody && done;

  always_comb begin
    plain = byte_i;
    if (state_q == StHigh) plain = crc_q[15:8];
    else if (state_q == StLow) plain = crc_q[7:0];
    valid_o = (state_q == StBegin || state_q == StBody) ? valid_i : 1'b1;
    byte_o = plain;
    if (frame) byte_o = End;
    else if (special && !second_q) byte_o = Escape;
    else if (special) byte_o = (plain == End) ? EscapedEnd : EscapedEscape;
  end

  crc16 u_crc (
    .crc_i (crc_q),
    .byte_i,
    .crc_o (crc_next)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StBegin;
      second_q <= 1'b0;
    end else begin
      if (sent) second_q <= special && !second_q;
      if (done) begin
        case (state_q)
          StBegin: state_q <= StBody;
          StBody: if (last_i) state_q <= StHigh;
          StHigh: state_q <= StLow;
          StLow: state_q <= StEnd;
          default: state_q <= StBegin;
        endcase
      end
    end
    if (state_q == StBegin) crc_q <= '1;
    else if (ready_o) crc_q <= crc_next;
  end

`ifndef SYNTHESIS
  stream_check #(
    .Width(9)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i,
    .ready_i(ready_o),
    .data_i ({last_i, byte_i})
  );
  stream_check #(
    .Width(8)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(valid_o),
    .ready_i,
    .data_i (byte_o)
  );
`endif

endmodule

`default_nettype wire
