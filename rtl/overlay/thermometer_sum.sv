`default_nettype none

/// Sum of two numbers up to `Most`, at most `Most`, as thermometers: bit k says that the number is more than k. Gates only,
/// no carries.
///
/// Latency: none.
module thermometer_sum #(
  /// Largest number that is told.
  parameter int unsigned Most = 2
) (
  input  wire logic [Most-1:0] a_i,
  input  wire logic [Most-1:0] b_i,
  output      logic [Most-1:0] sum_o
);

  if (Most < 1) begin : gen_bad_parameters
    $error("thermometer_sum: a parameter is out of range");
  end

  // The sum is at least k + 1 if, for some i, a is at least i and b at least k + 1 - i.
  logic [Most:0] a, b;
  assign a = {a_i, 1'b1};
  assign b = {b_i, 1'b1};
  always_comb begin
    sum_o = '0;
    for (int unsigned k = 0; k < Most; k++) begin
      for (int unsigned i = 0; i <= k + 1; i++) sum_o[k] = sum_o[k] | (a[i] & b[k+1-i]);
    end
  end

endmodule

`default_nettype wire
