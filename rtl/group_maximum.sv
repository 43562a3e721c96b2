`default_nettype none

/// The largest number of each group of chunks; 0 if all of a group's lanes are excluded.
///
/// Throughput: one chunk a cycle. Latency: 2 cycles after the group's last chunk.
module group_maximum #(
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed number.
  parameter int unsigned Width = 16
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  /// Chunks in; `in_ready_o` does not depend on `in_valid_i`.
  input  wire logic                    in_valid_i,
  output      logic                    in_ready_o,
  input  wire logic [Lanes*Width-1:0]  in_data_i,
  input  wire logic [Lanes-1:0]        in_excluded_i,
  input  wire logic                    in_group_end_i,
  /// Maxima out, one a group.
  output      logic                    out_valid_o,
  input  wire logic                    out_ready_i,
  output      logic signed [Width-1:0] out_data_o
);

  // The chunk; then the group's maximum so far, if there is one.
  logic valid_q, end_q, any_q, any, leaves;
  logic [Lanes*Width-1:0] data_q;
  logic [Lanes-1:0] excluded_q;
  logic signed [Width-1:0] best, best_q;
  assign in_ready_o = !(valid_q && end_q) || leaves;

  always_comb begin
    best = best_q;
    any = any_q;
    for (int unsigned j = 0; j < Lanes; j++) begin
      if (!excluded_q[j]) begin
        if (!any || $signed(data_q[Width*j+:Width]) > best) best = data_q[Width*j+:Width];
        any = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= 1'b0;
      any_q <= 1'b0;
    end else if (in_ready_o) begin
      valid_q <= in_valid_i;
      if (valid_q) any_q <= !end_q && any;
    end
    if (in_ready_o) begin
      if (valid_q) best_q <= best;
      data_q <= in_data_i;
      excluded_q <= in_excluded_i;
      end_q <= in_group_end_i;
    end
  end

  stream_fifo #(
    .Width(Width),
    .Depth(2)
  ) u_fifo (
    .clk_i,
    .rst_i,
    .in_valid_i(valid_q && end_q),
    .in_ready_o(leaves),
    .in_data_i(any ? best : '0),
    .out_valid_o,
    .out_ready_i,
    .out_data_o(out_data_o)
  );

endmodule

`default_nettype wire
