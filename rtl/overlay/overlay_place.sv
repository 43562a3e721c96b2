`default_nettype none

/// Places the elements of rows in spike memory: word, quad in it, and where quads end.
///
/// Groups begin at multiples of `Align` neurons, or with `apart_i` at words. Quads that a group leaves empty up to a multiple
/// of `Align` leave as one element each, with `out_pad_o`, so that the spikes that were there before are replaced. Where
/// beats of several neurons are placed, the sizes are those in beats.
///
/// Contract: row r begins at word `base_i + r * row_stride_i`; `start_i` begins row 0 and comes while no element does.
/// Latency: none.
module overlay_place #(
  /// Neurons whose multiples groups begin at: 4 or a larger power of two.
  parameter int unsigned Align = 4,
  /// Neurons of a word: a power of two, at least `Align`.
  parameter int unsigned WordNeurons = 16,
  /// Bits of an address of spike memory.
  parameter int unsigned AddrWidth = 12,
  /// Bits of the place of a quad in a word, derived.
  localparam int unsigned QuadWidth = (WordNeurons > 4) ? $clog2(WordNeurons / 4) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// Rows begin anew.
  input  wire logic                 start_i,
  input  wire logic [AddrWidth-1:0] base_i,
  input  wire logic [AddrWidth-1:0] row_stride_i,
  /// Groups begin at words; stable while elements come.
  input  wire logic                 apart_i,
  /// Elements in.
  input  wire logic                 in_valid_i,
  output      logic                 in_ready_o,
  input  wire logic                 in_group_end_i,
  input  wire logic                 in_row_end_i,
  /// Elements out.
  output      logic                 out_valid_o,
  input  wire logic                 out_ready_i,
  output      logic                 out_pad_o,
  output      logic                 out_quad_end_o,
  output      logic                 out_row_end_o,
  output      logic [AddrWidth-1:0] out_addr_o,
  output      logic [QuadWidth-1:0] out_quad_o
);

  localparam bit [QuadWidth-1:0] QuadLast = QuadWidth'(WordNeurons / 4 - 1);
  localparam bit [QuadWidth-1:0] AlignLast = QuadWidth'(Align / 4 - 1);

  if (Align < 4 || WordNeurons < Align || 2 ** $clog2(Align) != Align ||
      2 ** $clog2(WordNeurons) != WordNeurons) begin : gen_bad_parameters
    $error("overlay_place: a parameter is out of range");
  end

  logic [AddrWidth-1:0] row_q, word_q, next_row;
  logic [QuadWidth-1:0] quad_q;
  logic [1:0] lane_q;
  // Empty quads of a group are sent; they are those of a row's last group.
  logic pad_q, pad_row_end_q, leaves, group_end, more, aligned, word_end;
  assign aligned = (quad_q & AlignLast) == AlignLast;
  assign group_end = pad_q || in_group_end_i || in_row_end_i;
  // There are empty quads after this one.
  assign more = group_end && !aligned;
  assign word_end = quad_q == QuadLast || (apart_i && group_end && !more);
  assign in_ready_o = out_ready_i && !pad_q;
  assign out_valid_o = in_valid_i || pad_q;
  assign leaves = out_valid_o && out_ready_i;
  assign out_pad_o = pad_q;
  assign out_quad_end_o = group_end || lane_q == 2'd3;
  assign out_row_end_o = (pad_q ? pad_row_end_q : in_row_end_i) && !more;
  assign out_addr_o = word_q;
  assign out_quad_o = quad_q;
  assign next_row = row_q + row_stride_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      lane_q <= '0;
      pad_q <= 1'b0;
    end else if (leaves) begin
      lane_q <= out_quad_end_o ? '0 : lane_q + 2'd1;
      pad_q <= more;
    end
    if (leaves && !pad_q) pad_row_end_q <= in_row_end_i;
    if (start_i) begin
      row_q <= base_i;
      word_q <= base_i;
      quad_q <= '0;
    end else if (leaves && out_row_end_o) begin
      row_q <= next_row;
      word_q <= next_row;
      quad_q <= '0;
    end else if (leaves && out_quad_end_o) begin
      quad_q <= word_end ? '0 : quad_q + QuadWidth'(1);
      if (word_end) word_q <= word_q + AddrWidth'(1);
    end
  end

endmodule

`default_nettype wire
