`default_nettype none

/// Credit counter: says from a register whether a credit is left.
///
/// Contract: a credit is taken only while `room_o`, and given back only if one is taken; both may happen in
/// one cycle. Latency: 1 cycle.
module credit_counter #(
  /// Credits, at least 1.
  parameter int unsigned Credits = 7
) (
  input  wire logic clk_i,
  input  wire logic rst_i,
  /// A credit is left.
  output      logic room_o,
  /// One is taken; one is given back.
  input  wire logic take_i,
  input  wire logic give_i
);

  localparam int unsigned CountWidth = $clog2(Credits + 1);

  if (Credits < 1) begin : gen_bad_parameters
    $error("credit_counter: Credits must be at least 1");
  end

  // taken_q: credits that are taken. room_q: they are not all, in a register of its own, as the path goes on
  // from here into what stands before.
  logic [CountWidth-1:0] taken_q;
  logic room_q;
  assign room_o = room_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      taken_q <= '0;
      room_q <= 1'b1;
    end else if (take_i && !give_i) begin
      taken_q <= taken_q + CountWidth'(1);
      room_q <= taken_q != CountWidth'(Credits - 1);
    end else if (!take_i && give_i) begin
      taken_q <= taken_q - CountWidth'(1);
      room_q <= 1'b1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_room : assert (room_q == (int'(taken_q) < int'(Credits)));
      a_takes_with_room : assert (!take_i || room_q);
      a_gives_what_is_taken : assert (!give_i || taken_q != '0);
    end
  end
`endif

endmodule

`default_nettype wire
