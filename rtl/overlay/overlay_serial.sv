`default_nettype none

/// Serial path into the memory of sums: X = base + k * value, element after element, or `Lanes` elements at once.
///
/// The memories of sums, start values and coefficients have a bank for each lane: entry a is word a / Lanes of bank
/// a mod Lanes. Rows begin at multiples of `Lanes` in each of them, and so do wide elements: those of a row's last beat
/// may be fewer. An element alone is taken by the lane of its address.
///
/// Coefficients of a row are those of the row before, or with `per_row_i` the next ones, which begin at a multiple of
/// `Lanes`.
///
/// With `turned_i`, a row is a column of sums: its elements are `stride_i` apart, a multiple of `Lanes`, and the next row
/// begins an address later. Each coefficient has a word of its own, the same in all banks. Elements come one by one, without
/// start values.
///
/// Contract: takes an element or a beat a cycle; the fields of the instruction are stable until 5 cycles after its last
/// element. `restart_i` is high before the first element of an instruction. Writes are never refused.
/// Latency: 5 cycles to the write.
module overlay_serial #(
  /// Elements at once: a power of two.
  parameter int unsigned Lanes = 1,
  /// Bits of a signed element, of a signed coefficient, of a signed sum.
  parameter int unsigned ValueWidth = 16,
  parameter int unsigned CoefficientWidth = 16,
  parameter int unsigned SumWidth = 24,
  /// Bits of addresses: sums, start values, coefficients.
  parameter int unsigned SumBits = 8,
  parameter int unsigned StartBits = 1,
  parameter int unsigned CoefficientBits = 1
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,
  input  wire logic                              restart_i,
  /// Fields of the instruction.
  input  wire logic                              accumulate_i,
  input  wire logic                              start_i,
  input  wire logic                              per_channel_i,
  input  wire logic                              per_row_i,
  input  wire logic                              turned_i,
  input  wire logic [SumBits-1:0]                sums_i,
  input  wire logic [SumBits-1:0]                stride_i,
  input  wire logic [StartBits-1:0]              starts_i,
  input  wire logic [CoefficientBits-1:0]        coefficients_i,
  input  wire logic signed [CoefficientWidth-1:0] coefficient_i,
  /// Elements: the first one, or with `in_wide_i` those that are here.
  input  wire logic                              in_valid_i,
  input  wire logic                              in_wide_i,
  input  wire logic [Lanes-1:0]                  in_here_i,
  input  wire logic [Lanes*ValueWidth-1:0]       in_value_i,
  input  wire logic                              in_row_end_i,
  /// Present sums, start values, coefficients of each bank: a cycle after the address of the first element.
  output      logic                              read_o,
  output      logic [SumBits-1:0]                sum_addr_o,
  input  wire logic [Lanes*SumWidth-1:0]         sum_data_i,
  output      logic [StartBits-1:0]              start_addr_o,
  input  wire logic [Lanes*SumWidth-1:0]         start_data_i,
  output      logic [CoefficientBits-1:0]        coefficient_addr_o,
  input  wire logic [Lanes*CoefficientWidth-1:0] coefficient_data_i,
  /// New sums: lanes that write, and the address of the first element.
  output      logic [Lanes-1:0]                  write_o,
  output      logic [SumBits-1:0]                write_addr_o,
  output      logic [Lanes*SumWidth-1:0]         write_data_o
);

  if (2 ** $clog2(Lanes) != Lanes) begin : gen_bad_parameters
    $error("overlay_serial: a parameter is out of range");
  end

  // The next sum, and the first one of this row if it is a column.
  logic [SumBits-1:0] sum_addr_q, column_q;
  logic [StartBits-1:0] start_addr_q;
  logic [CoefficientBits-1:0] coefficient_addr_q;
  // The next multiple of `Lanes` comes next: of all addresses, of coefficients.
  logic whole, apart;
  assign whole = in_row_end_i || (Lanes > 1 && in_wide_i);
  assign apart = whole || turned_i;
  assign read_o = in_valid_i;
  assign sum_addr_o = sum_addr_q;
  assign start_addr_o = start_addr_q;
  assign coefficient_addr_o = coefficient_addr_q;

  always_ff @(posedge clk_i) begin
    if (restart_i) begin
      sum_addr_q <= sums_i;
      column_q <= sums_i;
      start_addr_q <= starts_i;
      coefficient_addr_q <= coefficients_i;
    end else if (in_valid_i) begin
      if (turned_i) begin
        sum_addr_q <= in_row_end_i ? column_q + SumBits'(1) : sum_addr_q + stride_i;
        if (in_row_end_i) column_q <= column_q + SumBits'(1);
      end else begin
        sum_addr_q <= (sum_addr_q | (whole ? SumBits'(Lanes - 1) : '0)) + SumBits'(1);
      end
      start_addr_q <= (start_addr_q | (whole ? StartBits'(Lanes - 1) : '0)) + StartBits'(1);
      coefficient_addr_q <= (in_row_end_i && !per_row_i) ? coefficients_i :
          (coefficient_addr_q | (apart ? CoefficientBits'(Lanes - 1) : '0)) + CoefficientBits'(1);
    end
  end

  // s1: constants come. s4: product. Then the sum.
  logic [SumBits-1:0] s1_addr_q, s2_addr_q, s3_addr_q, s4_addr_q;
  always_ff @(posedge clk_i) begin
    s1_addr_q <= sum_addr_q;
    s2_addr_q <= s1_addr_q;
    s3_addr_q <= s2_addr_q;
    s4_addr_q <= s3_addr_q;
    write_addr_o <= s4_addr_q;
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic s1_valid_q, s2_valid_q, s3_valid_q, s4_valid_q, mine;
    logic signed [ValueWidth-1:0] s1_value_q;
    logic signed [CoefficientWidth-1:0] own_factor, factor;
    logic signed [SumWidth-1:0] base, s2_base_q, s3_base_q, s4_base_q, s4_product;
    if (Lanes == 1) begin : gen_one
      assign mine = in_valid_i;
      logic unused_here;
      assign unused_here = in_here_i[0] ^ in_wide_i;
    end else begin : gen_lanes
      localparam int unsigned LaneBits = $clog2(Lanes);
      // With fewer addresses than lanes, the other lanes have none.
      assign mine = in_valid_i &&
          (in_wide_i ? in_here_i[l] : LaneBits'(sum_addr_q) == LaneBits'(l));
    end
    assign own_factor = coefficient_data_i[CoefficientWidth*l+:CoefficientWidth];
    assign factor = per_channel_i ? own_factor : coefficient_i;
    assign base = accumulate_i ? sum_data_i[SumWidth*l+:SumWidth] :
        start_i ? start_data_i[SumWidth*l+:SumWidth] : '0;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        s1_valid_q <= 1'b0;
        s2_valid_q <= 1'b0;
        s3_valid_q <= 1'b0;
        s4_valid_q <= 1'b0;
        write_o[l] <= 1'b0;
      end else begin
        s1_valid_q <= mine;
        s2_valid_q <= s1_valid_q;
        s3_valid_q <= s2_valid_q;
        s4_valid_q <= s3_valid_q;
        write_o[l] <= s4_valid_q;
      end
      s1_value_q <= (Lanes > 1 && in_wide_i) ? in_value_i[ValueWidth*l+:ValueWidth] :
                    in_value_i[ValueWidth-1:0];
      s2_base_q <= base;
      s3_base_q <= s2_base_q;
      s4_base_q <= s3_base_q;
      write_data_o[SumWidth*l+:SumWidth] <= s4_base_q + s4_product;
    end
    registered_product #(
      .AWidth(CoefficientWidth),
      .BWidth(ValueWidth),
      .Width(SumWidth)
    ) u_product (
      .clk_i,
      .enable_i(1'b1),
      .a_i(factor),
      .b_i(s1_value_q),
      .product_o(s4_product)
    );
  end

endmodule

`default_nettype wire
