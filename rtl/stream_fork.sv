`default_nettype none

/// One stream to several readers, each of which takes every beat once.
///
/// Contract: a beat is offered to every reader that has not taken it yet, and leaves the input when
/// the last reader takes it; the readers need not take it together. Latency: 0, combinational in both
/// directions, meant to be followed by a `stream_link` on each output.
module stream_fork #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Readers.
  parameter int unsigned Outputs = 2
) (
  input  wire logic               clk_i,
  input  wire logic               rst_i,
  /// Beats in.
  input  wire logic               in_valid_i,
  output      logic               in_ready_o,
  input  wire logic [Width-1:0]   in_data_i,
  /// Beats out, the same data for all.
  output      logic [Outputs-1:0] out_valid_o,
  input  wire logic [Outputs-1:0] out_ready_i,
  output      logic [Width-1:0]   out_data_o
);

  if (Width < 1 || Outputs < 1) begin : gen_bad_parameters
    $error("stream_fork: Width and Outputs must be at least 1");
  end

  // Readers that have taken the beat that is offered.
  logic [Outputs-1:0] done_q;
  assign out_valid_o = {Outputs{in_valid_i}} & ~done_q;
  assign in_ready_o = &(done_q | out_ready_i);
  assign out_data_o = in_data_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) done_q <= '0;
    else if (in_valid_i) done_q <= in_ready_o ? '0 : done_q | out_ready_i;
  end

`ifndef SYNTHESIS
  stream_check #(
    .Width(Width)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i (in_data_i)
  );
`endif

endmodule

`default_nettype wire
