`default_nettype none

/// Link between two stages: a FIFO with a number.
///
/// Co-simulation replaces this file by `sim/stream_link.sv`, a module of the same name and ports
/// that also withholds transfers at random; everything else stays as it is in hardware.
module stream_link #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats held, at least 2 for one beat per cycle.
  parameter int unsigned Depth = 2,
  /// Number of this stream in the design; without effect in hardware.
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

  if (StreamId > 65535) begin : gen_bad_parameters
    $error("stream_link: StreamId must be below 65536");
  end

  stream_queue #(
    .Width(Width),
    .Depth(Depth)
  ) u_queue (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_data_i,
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

endmodule

`default_nettype wire
