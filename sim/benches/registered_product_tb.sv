`default_nettype none

/// Bench of `registered_product`: random factors and those at the edges of their ranges, with random enables.
module registered_product_tb #(
  parameter int unsigned AWidth = 8,
  parameter int unsigned BWidth = 8,
  parameter int unsigned Width = 16,
  parameter int Products = 400
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Wide = AWidth + BWidth + Width;

  logic enable;
  logic signed [AWidth-1:0] a;
  logic signed [BWidth-1:0] b;
  logic signed [Width-1:0] product;
  registered_product #(.AWidth(AWidth), .BWidth(BWidth), .Width(Width)) u_dut (
    .clk_i, .enable_i(enable), .a_i(a), .b_i(b), .product_o(product)
  );

  // Products on their way; the lowest one is that of the newest factors.
  logic [3*Width-1:0] expected_q;
  int taken = 0;
  logic signed [Wide-1:0] exact;
  assign exact = Wide'(a) * Wide'(b);
  always @(posedge clk_i) begin
    enable <= $urandom_range(3) != 0;
    for (int unsigned i = 0; i < AWidth; i++) a[i] <= $urandom_range(1) == 1;
    for (int unsigned i = 0; i < BWidth; i++) b[i] <= $urandom_range(1) == 1;
    // The lowest number, -1, the highest number.
    case ($urandom_range(7))
      0: a <= AWidth'(1) << (AWidth - 1);
      1: a <= '1;
      2: a <= ~(AWidth'(1) << (AWidth - 1));
      default: ;
    endcase
    case ($urandom_range(7))
      0: b <= BWidth'(1) << (BWidth - 1);
      1: b <= '1;
      2: b <= ~(BWidth'(1) << (BWidth - 1));
      default: ;
    endcase
    if (enable) begin
      expected_q <= (3 * Width)'({expected_q, Width'(exact)});
      taken <= taken + 1;
    end
    if (taken >= 3 && product != expected_q[2*Width+:Width]) begin
      $fatal(1, "registered_product: %h instead of %h", product, expected_q[2*Width+:Width]);
    end
  end
  assign done_o = taken >= Products;

endmodule

`default_nettype wire
