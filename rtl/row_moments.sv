`default_nettype none

/// Moments of the rows of a stream for LayerNorm: sum, and square root of the scaled variance.
///
///     S = sum of X      v = 4^RootFraction * (Channels * sum of X^2 - S^2) + Epsilon
///     r = floor(sqrt(v))
///
/// Contract: takes the chunks of a row, lanes beyond the channels 0, and offers S and r of each row.
/// Throughput: one chunk a cycle; a row takes at least as many cycles as S or r has bits.
module row_moments #(
  /// Numbers of a row.
  parameter int unsigned Channels = 8,
  /// Numbers of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed number.
  parameter int unsigned AccWidth = 16,
  /// Bits of unsigned v.
  parameter int unsigned SquareWidth = 36,
  /// Added to v; in its unit.
  parameter bit [127:0] Epsilon = 128'd1,
  /// Fraction bits of r.
  parameter int unsigned RootFraction = 0,
  /// Bits of the signed sum, derived.
  localparam int unsigned SumWidth = AccWidth + $clog2(Channels + 1),
  /// Bits of the root, derived.
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Chunks in.
  input  wire logic                       in_valid_i,
  output      logic                       in_ready_o,
  input  wire logic [Lanes*AccWidth-1:0]  in_acc_i,
  input  wire logic                       in_row_end_i,
  /// Moments out, one beat per row.
  output      logic                       out_valid_o,
  input  wire logic                       out_ready_i,
  output      logic signed [SumWidth-1:0] out_sum_o,
  output      logic [RootWidth-1:0]       out_root_o
);

  localparam int unsigned ProductWidth = 2 * AccWidth;
  // Sum of squares, and v before it is cut to its proven width.
  localparam int unsigned SquaresWidth = ProductWidth + $clog2(Channels + 1);
  // Without the fraction bits.
  localparam int unsigned Shift = 2 * RootFraction;
  localparam int unsigned WholeWidth = SquareWidth - Shift;

  if (Channels < 1 || Lanes < 1 || SquareWidth < Shift + 2 ||
      SquareWidth > 126) begin : gen_bad_parameters
    $error("row_moments: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- accumulate
  // s1: the numbers; s2, s3: their sum and their squares; s4: the sum of the squares; then the row's sums.
  logic advance, s1_valid_q, s2_valid_q, s3_valid_q, s4_valid_q;
  logic s1_row_end_q, s2_row_end_q, s3_row_end_q, s4_row_end_q;
  logic [Lanes*AccWidth-1:0] s1_acc_q;
  logic [Lanes*ProductWidth-1:0] s3_product;
  logic signed [SumWidth-1:0] s1_sum, s2_sum_q, s3_sum_q, s4_sum_q, sum_q, sum;
  logic [SquaresWidth-1:0] s3_squares, s4_squares_q, squares_q, squares;

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [AccWidth-1:0] x;
    assign x = s1_acc_q[AccWidth*j+:AccWidth];
    wide_product #(
      .AWidth(AccWidth),
      .BWidth(AccWidth),
      .Width(ProductWidth)
    ) u_square (
      .clk_i,
      .enable_i(advance),
      .a_i(x),
      .b_i(x),
      .product_o(s3_product[ProductWidth*j+:ProductWidth])
    );
  end

  always_comb begin
    s1_sum = '0;
    s3_squares = '0;
    for (int unsigned j = 0; j < Lanes; j++) begin
      s1_sum = s1_sum + SumWidth'($signed(s1_acc_q[AccWidth*j+:AccWidth]));
      s3_squares = s3_squares + SquaresWidth'(s3_product[ProductWidth*j+:ProductWidth]);
    end
  end
  assign sum = sum_q + s4_sum_q;
  assign squares = squares_q + s4_squares_q;

  // A row that is complete waits here for the multiplier.
  logic row_valid, row_ready;
  assign row_valid = s4_valid_q && s4_row_end_q;
  assign advance = !row_valid || row_ready;
  assign in_ready_o = advance;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
      s4_valid_q <= 1'b0;
      sum_q <= '0;
      squares_q <= '0;
    end else if (advance) begin
      s1_valid_q <= in_valid_i;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
      s4_valid_q <= s3_valid_q;
      if (s4_valid_q) begin
        sum_q <= s4_row_end_q ? '0 : sum;
        squares_q <= s4_row_end_q ? '0 : squares;
      end
    end
    if (advance) begin
      s1_acc_q <= in_acc_i;
      s1_row_end_q <= in_row_end_i;
      s2_sum_q <= s1_sum;
      s2_row_end_q <= s1_row_end_q;
      s3_sum_q <= s2_sum_q;
      s3_row_end_q <= s2_row_end_q;
      s4_sum_q <= s3_sum_q;
      s4_squares_q <= s3_squares;
      s4_row_end_q <= s3_row_end_q;
    end
  end

  // ---------------------------------------------------------------------------- v
  // First what does not depend on the sum, then the square of the sum is taken off bit by bit of its
  // magnitude. Everything is computed in the width of v: what is above it cancels.
  logic busy_q, begun_q, v_valid, v_ready;
  logic [SumWidth-1:0] bits_q, magnitude;
  logic [SquareWidth-1:0] v_q;
  logic [WholeWidth-1:0] whole, shifted_q;
  logic signed [SumWidth-1:0] row_sum_q;
  assign magnitude = row_sum_q[SumWidth-1] ? SumWidth'(-row_sum_q) : SumWidth'(row_sum_q);
  assign whole = v_q[SquareWidth-1:Shift];
  assign row_ready = !busy_q;
  assign v_valid = begun_q && bits_q == '0;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      busy_q <= 1'b0;
      begun_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= row_valid;
    end else if (v_valid && v_ready) begin
      busy_q <= 1'b0;
      begun_q <= 1'b0;
    end else begin
      begun_q <= 1'b1;
    end
    if (!busy_q) begin
      row_sum_q <= sum;
      v_q <= SquareWidth'(WholeWidth'(squares)) << Shift;
    end else if (!begun_q) begin
      bits_q <= magnitude;
      shifted_q <= WholeWidth'(magnitude);
      v_q <= (SquareWidth'(whole * WholeWidth'(Channels)) << Shift) + SquareWidth'(Epsilon);
    end else if (!v_valid) begin
      if (bits_q[0]) v_q <= v_q - (SquareWidth'(shifted_q) << Shift);
      bits_q <= bits_q >> 1;
      shifted_q <= shifted_q << 1;
    end
  end

  integer_sqrt #(
    .Width(SquareWidth),
    .TagWidth(SumWidth)
  ) u_root (
    .clk_i,
    .rst_i,
    .in_valid_i(v_valid),
    .in_ready_o(v_ready),
    .in_value_i(v_q),
    .in_tag_i(row_sum_q),
    .out_valid_o,
    .out_ready_i,
    .out_root_o,
    .out_tag_o(out_sum_o)
  );

endmodule

`default_nettype wire
