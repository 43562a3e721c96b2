`default_nettype none

/// First-in first-out buffer of any depth: `stream_fifo`, or where that would be large `ram_fifo`.
///
/// Contract: as `stream_fifo`; with more than 64 beats the latency is 3 cycles.
module stream_queue #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats held, at least 2 for one beat per cycle.
  parameter int unsigned Depth = 2,
  /// Up to 256 beats lie in look-up tables, not up to 64.
  parameter bit Tables = 1'b0
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

  // Many beats lie in block RAM.
  if (Depth > 64) begin : gen_ram
    ram_fifo #(
      .Width (Width),
      .Depth (Depth),
      .Tables(Tables && Depth <= 256)
    ) u_fifo (
      .clk_i,
      .rst_i,
      .in_valid_i,
      .in_ready_o,
      .in_data_i,
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end else begin : gen_fifo
    stream_fifo #(
      .Width(Width),
      .Depth(Depth)
    ) u_fifo (
      .clk_i,
      .rst_i,
      .in_valid_i,
      .in_ready_o,
      .in_data_i,
      .out_valid_o,
      .out_ready_i,
      .out_data_o
    );
  end

endmodule

`default_nettype wire
