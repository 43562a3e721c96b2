`default_nettype none

/// Product of two signed numbers in two cycles: partial products, then their sum.
///
/// The second factor is cut into pieces of `PieceWidth` bits, so that no cycle holds more than a
/// column of multiplier blocks and one addition. The blocks of all families take 17 bits and a sign on one
/// side, so synthesis would cut the factor in the same way.
///
/// Latency: 2 cycles while `enable_i` is high.
module wide_product #(
  /// Bits of the signed factors.
  parameter int unsigned AWidth = 8,
  parameter int unsigned BWidth = 8,
  /// Bits of the product; below `AWidth + BWidth` its upper bits are cut off.
  parameter int unsigned Width = 16,
  /// Bits of an unsigned piece of the second factor.
  parameter int unsigned PieceWidth = 17
) (
  input  wire logic                     clk_i,
  input  wire logic                     enable_i,
  input  wire logic signed [AWidth-1:0] a_i,
  input  wire logic signed [BWidth-1:0] b_i,
  output      logic signed [Width-1:0]  product_o
);

  // The last piece has the sign, and is not empty.
  localparam int unsigned Pieces = (BWidth <= PieceWidth + 1) ? 1 :
      (BWidth - 2) / PieceWidth + 1;
  localparam int unsigned FactorWidth = (BWidth <= PieceWidth) ? BWidth : PieceWidth + 1;

  if (AWidth < 1 || BWidth < 1 || Width < 1 || PieceWidth < 1) begin : gen_bad_parameters
    $error("wide_product: a parameter is out of range");
  end

  // Partial products, shifted.
  logic [Pieces*Width-1:0] part_q;
  for (genvar p = 0; p < Pieces; p++) begin : gen_piece
    logic signed [FactorWidth-1:0] factor;
    logic signed [Width-1:0] part;
    if (p < Pieces - 1) begin : gen_low
      assign factor = {1'b0, b_i[PieceWidth*p+:PieceWidth]};
    end else begin : gen_high
      assign factor = FactorWidth'($signed(b_i[BWidth-1:PieceWidth*p]));
    end
    assign part = Width'(a_i) * Width'(factor);
    always_ff @(posedge clk_i) begin
      if (enable_i) part_q[Width*p+:Width] <= part << (PieceWidth * p);
    end
    // Factors may be wider than the product.
    logic unused_factors;
    assign unused_factors = ^{a_i, factor};
  end

  logic [Width-1:0] sum;
  logic signed [Width-1:0] product_q;
  always_comb begin
    sum = '0;
    for (int unsigned p = 0; p < Pieces; p++) sum = sum + part_q[Width*p+:Width];
  end
  always_ff @(posedge clk_i) begin
    if (enable_i) product_q <= sum;
  end
  assign product_o = product_q;

endmodule

`default_nettype wire
