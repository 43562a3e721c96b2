`default_nettype none

/// Co-simulation version of `rtl/stream_link.sv`: the same FIFO, with transfers withheld at random.
///
/// Once a cycle, `snn_link` tells the host the link's handshakes (bit 0 in_valid, 1 in_ready,
/// 2 out_valid, 3 out_ready) and the host decides: bit 0 withholds the next beat from the output,
/// bit 1 withholds the input's ready. A beat that is offered stays offered until it is taken, so
/// every sequence is one that a slower neighbour could have caused.
module stream_link #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats held.
  parameter int unsigned Depth = 2,
  /// Number of this stream in the design, the argument of `snn_link`.
  parameter int unsigned StreamId = 0
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// Beats in.
  input  wire logic             in_valid_i,
  output      logic             in_ready_o,
  input  wire logic [Width-1:0] in_data_i,
  /// Beats out.
  output      logic             out_valid_o,
  input  wire logic             out_ready_i,
  output      logic [Width-1:0] out_data_o
);

  import "DPI-C" function int snn_link(
    input int stream_id,
    input int handshakes
  );

  logic hold_out_q, hold_in_q;
  logic fifo_in_ready, fifo_out_valid;

  assign in_ready_o = fifo_in_ready && !hold_in_q;
  assign out_valid_o = fifo_out_valid && !hold_out_q;

  stream_queue #(
    .Width(Width),
    .Depth(Depth)
  ) u_queue (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid_i && !hold_in_q),
    .in_ready_o(fifo_in_ready),
    .in_data_i,
    .out_valid_o(fifo_out_valid),
    .out_ready_i(out_ready_i && !hold_out_q),
    .out_data_o
  );

  // The host is asked at one edge and obeyed from the next one on.
  int handshakes, request_q;
  assign handshakes =
      rst_i ? 0 : {28'd0, out_ready_i, out_valid_o, in_ready_o, in_valid_i};
  always_ff @(posedge clk_i) begin
    request_q <= snn_link(int'(StreamId), handshakes);
    hold_in_q <= request_q[1] && !(in_valid_i && !hold_in_q && !fifo_in_ready);
    hold_out_q <= request_q[0] && !(out_valid_o && !out_ready_i);
  end

  logic unused_request;
  assign unused_request = ^request_q[31:2];

endmodule

`default_nettype wire
