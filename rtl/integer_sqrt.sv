`default_nettype none

/// Integer square root, one bit of the result per cycle: r = floor(sqrt(v)).
///
/// Contract: takes a number when it has none and offers its root `RootWidth` cycles later, until it is
/// taken; `tag_i` comes out with it.
module integer_sqrt #(
  /// Bits of the unsigned number.
  parameter int unsigned Width = 16,
  /// Bits that accompany a number.
  parameter int unsigned TagWidth = 1,
  /// Bits of the root, derived.
  localparam int unsigned RootWidth = (Width + 1) / 2
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// Numbers in.
  input  wire logic                 in_valid_i,
  output      logic                 in_ready_o,
  input  wire logic [Width-1:0]     in_value_i,
  input  wire logic [TagWidth-1:0]  in_tag_i,
  /// Roots out.
  output      logic                 out_valid_o,
  input  wire logic                 out_ready_i,
  output      logic [RootWidth-1:0] out_root_o,
  output      logic [TagWidth-1:0]  out_tag_o
);

  localparam int unsigned CountWidth = $clog2(RootWidth + 1);

  // Bits of the number that are still to come, two a cycle; the root of those that came; what those
  // have above its square, at most twice the root: as long as bits are to come it has no more bits.
  logic [2*RootWidth-1:0] value_q;
  logic [RootWidth+1:0] shifted;
  logic [RootWidth+2:0] rest;
  logic [RootWidth-1:0] rest_q, root_q;
  logic [TagWidth-1:0] tag_q;
  logic [CountWidth-1:0] count_q;
  // done_q: busy, and no bits are to come.
  logic busy_q, done_q, fits;

  assign shifted = {rest_q, value_q[2*RootWidth-1-:2]};
  assign rest = {1'b0, shifted} - {1'b0, root_q, 2'b01};
  assign fits = !rest[RootWidth+2];
  assign in_ready_o = !busy_q;
  assign out_valid_o = done_q;
  assign out_root_o = root_q;
  assign out_tag_o = tag_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= in_valid_i;
    end else if (!done_q) begin
      done_q <= count_q == CountWidth'(1);
    end else if (out_ready_i) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
    end
    if (!busy_q) begin
      value_q <= (2 * RootWidth)'(in_value_i);
      tag_q <= in_tag_i;
      rest_q <= '0;
      root_q <= '0;
      count_q <= CountWidth'(RootWidth);
    end else if (!done_q) begin
      value_q <= value_q << 2;
      rest_q <= fits ? rest[RootWidth-1:0] : shifted[RootWidth-1:0];
      root_q <= RootWidth'({root_q, fits});
      count_q <= count_q - CountWidth'(1);
    end
  end

endmodule

`default_nettype wire
