`default_nettype none

/// Number of ones among a few bits, at most `Most`, as a thermometer: bit k says that there are more than k.
///
/// Latency: none.
module thermometer_count #(
  /// Bits.
  parameter int unsigned Width = 4,
  /// Largest number that is told.
  parameter int unsigned Most = 2
) (
  input  wire logic [Width-1:0] bits_i,
  output      logic [Most-1:0]  count_o
);

  if (Width < 1 || Most < 1) begin : gen_bad_parameters
    $error("thermometer_count: a parameter is out of range");
  end

  always_comb begin
    count_o = '0;
    for (int unsigned b = 0; b < Width; b++) begin
      count_o = count_o | (Most'({count_o, 1'b1}) & {Most{bits_i[b]}});
    end
  end

endmodule

`default_nettype wire
