`default_nettype none

/// Whether more than `Most` bits are 1, by a tree of sums that end at `Most` + 1.
///
/// Latency: none.
module more_than #(
  /// Bits.
  parameter int unsigned Width = 32,
  /// As many may be 1.
  parameter int unsigned Most = 2
) (
  input  wire logic [Width-1:0] bits_i,
  output      logic             more_o
);

  localparam int unsigned Parts = (Width + 3) / 4;
  // A heap: the sum of node n is that of nodes 2 n and 2 n + 1; the parts are its leaves.
  localparam int unsigned Leaves = 2 ** $clog2(Parts);

  if (Width <= Most) begin : gen_never
    logic unused_bits;
    assign unused_bits = ^bits_i;
    assign more_o = 1'b0;
  end else begin : gen_tree
    logic [4*Leaves-1:0] padded;
    logic [(Most+1)*2*Leaves-1:0] count;
    assign padded = (4 * Leaves)'(bits_i);
    for (genvar p = 0; p < Leaves; p++) begin : gen_part
      thermometer_count #(
        .Width(4),
        .Most (Most + 1)
      ) u_part (
        .bits_i (padded[4*p+:4]),
        .count_o(count[(Most+1)*(Leaves+p)+:Most+1])
      );
    end
    for (genvar n = 1; n < Leaves; n++) begin : gen_sum
      thermometer_sum #(
        .Most(Most + 1)
      ) u_sum (
        .a_i  (count[(Most+1)*2*n+:Most+1]),
        .b_i  (count[(Most+1)*(2*n+1)+:Most+1]),
        .sum_o(count[(Most+1)*n+:Most+1])
      );
    end
    assign count[Most:0] = '0;
    assign more_o = count[2*Most+1];
    logic unused_counts;
    assign unused_counts = ^count[2*Most:0];
  end

endmodule

`default_nettype wire
