`default_nettype none

/// Serial path into the memory of sums: X = base + k * value, element after element.
///
/// Contract: takes an element per cycle; the fields of the instruction are stable until 5 cycles after its last
/// element. `restart_i` is high before the first element of an instruction. Writes are never refused.
/// Latency: 5 cycles to the write.
module overlay_serial #(
  /// Bits of a signed element, of a signed coefficient, of a signed sum.
  parameter int unsigned ValueWidth = 16,
  parameter int unsigned CoefficientWidth = 16,
  parameter int unsigned SumWidth = 24,
  /// Bits of addresses: sums, start values, coefficients.
  parameter int unsigned SumBits = 8,
  parameter int unsigned StartBits = 1,
  parameter int unsigned CoefficientBits = 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_i,
  input  wire logic                               restart_i,
  /// Fields of the instruction.
  input  wire logic                               accumulate_i,
  input  wire logic                               start_i,
  input  wire logic                               per_channel_i,
  input  wire logic [SumBits-1:0]                 sums_i,
  input  wire logic [StartBits-1:0]               starts_i,
  input  wire logic [CoefficientBits-1:0]         coefficients_i,
  input  wire logic signed [CoefficientWidth-1:0] coefficient_i,
  /// Elements.
  input  wire logic                               in_valid_i,
  input  wire logic signed [ValueWidth-1:0]       in_value_i,
  input  wire logic                               in_row_end_i,
  /// Present sums, start values, coefficients: a cycle after the address.
  output      logic                               read_o,
  output      logic [SumBits-1:0]                 sum_addr_o,
  input  wire logic signed [SumWidth-1:0]         sum_data_i,
  output      logic [StartBits-1:0]               start_addr_o,
  input  wire logic signed [SumWidth-1:0]         start_data_i,
  output      logic [CoefficientBits-1:0]         coefficient_addr_o,
  input  wire logic signed [CoefficientWidth-1:0] coefficient_data_i,
  /// New sums.
  output      logic                               write_o,
  output      logic [SumBits-1:0]                 write_addr_o,
  output      logic signed [SumWidth-1:0]         write_data_o
);

  logic [SumBits-1:0] sum_addr_q;
  logic [StartBits-1:0] start_addr_q;
  logic [CoefficientBits-1:0] coefficient_addr_q;
  assign read_o = in_valid_i;
  assign sum_addr_o = sum_addr_q;
  assign start_addr_o = start_addr_q;
  assign coefficient_addr_o = coefficient_addr_q;

  // s1: constants come. s2, s3: product. s4: sum.
  logic s1_valid_q, s2_valid_q, s3_valid_q, s4_valid_q;
  logic [SumBits-1:0] s1_addr_q, s2_addr_q, s3_addr_q, s4_addr_q;
  logic signed [ValueWidth-1:0] s1_value_q, s2_value_q;
  logic signed [CoefficientWidth-1:0] factor, s2_factor_q;
  logic signed [SumWidth-1:0] base, s2_base_q, s3_base_q, s4_base_q, s4_product;
  assign factor = per_channel_i ? coefficient_data_i : coefficient_i;
  assign base = accumulate_i ? sum_data_i : start_i ? start_data_i : '0;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
      s4_valid_q <= 1'b0;
      write_o <= 1'b0;
    end else begin
      s1_valid_q <= in_valid_i;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
      s4_valid_q <= s3_valid_q;
      write_o <= s4_valid_q;
    end
    if (restart_i) begin
      sum_addr_q <= sums_i;
      start_addr_q <= starts_i;
      coefficient_addr_q <= coefficients_i;
    end else if (in_valid_i) begin
      sum_addr_q <= sum_addr_q + SumBits'(1);
      start_addr_q <= start_addr_q + StartBits'(1);
      coefficient_addr_q <= in_row_end_i ? coefficients_i : coefficient_addr_q + CoefficientBits'(1);
    end
    s1_addr_q <= sum_addr_q;
    s1_value_q <= in_value_i;
    s2_addr_q <= s1_addr_q;
    s2_value_q <= s1_value_q;
    s2_factor_q <= factor;
    s2_base_q <= base;
    s3_addr_q <= s2_addr_q;
    s3_base_q <= s2_base_q;
    s4_addr_q <= s3_addr_q;
    s4_base_q <= s3_base_q;
    write_addr_o <= s4_addr_q;
    write_data_o <= s4_base_q + s4_product;
  end

  wide_product #(
    .AWidth(CoefficientWidth),
    .BWidth(ValueWidth),
    .Width(SumWidth)
  ) u_product (
    .clk_i,
    .enable_i(1'b1),
    .a_i(s2_factor_q),
    .b_i(s2_value_q),
    .product_o(s4_product)
  );

endmodule

`default_nettype wire
