`default_nettype none

/// Whether an accumulated value has reached a level.
///
/// Without `NonMonotone`: the level is reached from one threshold on. With it, for functions that rise and
/// fall: the level is reached or left at each of several thresholds, and `base` says whether it is reached
/// below all of them. Thresholds that a level does not need lie above all values.
/// Combinational.
module level_reached #(
  /// Bits of the signed value.
  parameter int unsigned ValueWidth = 16,
  /// Bits of a signed threshold.
  parameter int unsigned TableWidth = 16,
  /// 1: several thresholds and a base.
  parameter int unsigned NonMonotone = 0,
  /// Thresholds; 1 unless `NonMonotone`.
  parameter int unsigned Crossings = 1
) (
  input  wire logic signed [ValueWidth-1:0]                  value_i,
  /// {base, thresholds}: threshold n at [TableWidth*n +: TableWidth]; without base unless `NonMonotone`.
  input  wire logic        [Crossings*TableWidth+NonMonotone-1:0] word_i,
  output      logic                                          reached_o
);

  localparam int unsigned CompareWidth = (ValueWidth > TableWidth) ? ValueWidth : TableWidth;

  logic [Crossings-1:0] passed;
  for (genvar n = 0; n < Crossings; n++) begin : gen_threshold
    logic signed [CompareWidth-1:0] threshold;
    assign threshold = CompareWidth'($signed(word_i[TableWidth*n+:TableWidth]));
    assign passed[n] = CompareWidth'(value_i) >= threshold;
  end

  if (NonMonotone == 0) begin : gen_plain
    assign reached_o = passed[0];
  end else begin : gen_non_monotone
    assign reached_o = word_i[Crossings*TableWidth] ^ (^passed);
  end

endmodule

`default_nettype wire
