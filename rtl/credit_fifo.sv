/// End of a pipeline whose stages never stand still: a FIFO with a place for each beat that is under way.
///
/// Contract: a beat may begin in a cycle in which `room_o` is high, which depends on registers only. It comes
/// in some cycles later, in order; there is a place for it. Beats leave in the order in which they came.
/// Throughput: one beat a cycle if no more than `Places - 2` cycles pass from a beat's begin to its coming
/// in. Latency: 1 cycle when empty.
module credit_fifo #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats under way and in the FIFO, at least 2.
  parameter int unsigned Places = 7
) (
  input  logic             clk_i,
  input  logic             rst_i,
  /// A beat begins.
  output logic             room_o,
  input  logic             begin_i,
  /// It comes in.
  input  logic             in_valid_i,
  input  logic [Width-1:0] in_data_i,
  /// Beats out.
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  if (Width < 1 || Places < 2) begin : gen_bad_parameters
    $error("credit_fifo: Width must be at least 1, Places at least 2");
  end

  credit_counter #(
    .Places(Places)
  ) u_places (
    .clk_i,
    .rst_i,
    .room_o,
    .take_i(begin_i),
    .give_i(out_valid_o && out_ready_i)
  );

  logic fifo_ready;
  stream_fifo #(
    .Width(Width),
    .Depth(Places)
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
      a_place : assert (!in_valid_i || fifo_ready);
    end
  end
`endif

endmodule
