`default_nettype none

/// `level_reached` against a count of the thresholds that the value has reached, for any thresholds.
module level_reached_props #(
  parameter int unsigned ValueWidth = 5,
  parameter int unsigned TableWidth = 4,
  parameter int unsigned NonMonotone = 1,
  parameter int unsigned Crossings = 3
) (
  input wire logic signed [ValueWidth-1:0] value_i,
  input wire logic [Crossings*TableWidth+NonMonotone-1:0] word_i
);

  logic reached;
  level_reached #(
    .ValueWidth(ValueWidth),
    .TableWidth(TableWidth),
    .NonMonotone(NonMonotone),
    .Crossings(Crossings)
  ) u_dut (
    .value_i,
    .word_i,
    .reached_o(reached)
  );

  // From below all thresholds upwards: at each that has been passed, reached and left are exchanged.
  logic expected;
  int threshold;
  always_comb begin
    expected = (NonMonotone != 0) ? word_i[Crossings*TableWidth] : 1'b0;
    for (int unsigned n = 0; n < Crossings; n++) begin
      threshold = int'(word_i[TableWidth*n+:TableWidth]);
      if (word_i[TableWidth*n+TableWidth-1]) threshold = threshold - (1 << TableWidth);
      if (int'(value_i) >= threshold) expected = !expected;
    end
    a_reached : assert (reached == expected);
    c_reached : cover (reached && value_i < 0);
    c_left : cover (!reached && value_i > 0);
  end

endmodule

`default_nettype wire
