`default_nettype none

/// FIFO at the end of a pipeline that never stalls: each beat that enters takes a credit, a free word of it.
///
/// Contract: a beat may begin in a cycle in which `room_o` is high, which depends on registers only. It comes
/// in some cycles later, in order. Beats leave in the order in which they came.
/// Throughput: one beat per cycle if the pipeline has at most `Credits - 2` stages. Latency: 1 cycle when empty.
module credit_fifo #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats under way and in the FIFO, at least 2.
  parameter int unsigned Credits = 7
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// A beat begins.
  output      logic             room_o,
  input  wire logic             begin_i,
  /// It comes in.
  input  wire logic             in_valid_i,
  input  wire logic [Width-1:0] in_data_i,
  /// Beats out.
  output      logic             out_valid_o,
  input  wire logic             out_ready_i,
  output      logic [Width-1:0] out_data_o
);

  if (Width < 1 || Credits < 2) begin : gen_bad_parameters
    $error("credit_fifo: Width must be at least 1, Credits at least 2");
  end

  credit_counter #(
    .Credits(Credits)
  ) u_credits (
    .clk_i,
    .rst_i,
    .room_o,
    .take_i(begin_i),
    .give_i(out_valid_o && out_ready_i)
  );

  logic fifo_ready;
  stream_fifo #(
    .Width(Width),
    .Depth(Credits)
  ) u_fifo (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(fifo_ready),
    .in_data_i,
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_free : assert (!in_valid_i || fifo_ready);
    end
  end
`endif

endmodule

`default_nettype wire
