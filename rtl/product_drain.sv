`default_nettype none

/// Output of `spike_product`: words of the banks, rotated back, as a delta stream.
///
/// Contract: a word may begin its way through the product while `room_o`; it comes in some cycles later.
/// Throughput: one word per cycle. Latency: 2 cycles.
module product_drain #(
  /// Lanes of a word.
  parameter int unsigned Lanes = 2,
  /// Bits of a lane.
  parameter int unsigned Width = 12,
  /// Bits of a lane's number, derived.
  localparam int unsigned LaneWidth = (Lanes > 1) ? $clog2(Lanes) : 1
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// A word begins.
  output      logic                   room_o,
  input  wire logic                   begin_i,
  /// Words in, lane 0 in the bank that `in_lane_i` names.
  input  wire logic                   in_valid_i,
  input  wire logic [Lanes*Width-1:0] in_word_i,
  input  wire logic [LaneWidth-1:0]   in_lane_i,
  input  wire logic                   in_skip_i,
  input  wire logic                   in_last_i,
  input  wire logic                   in_quiet_i,
  /// Delta stream out.
  output      logic                   out_valid_o,
  input  wire logic                   out_ready_i,
  output      logic [Lanes*Width-1:0] out_delta_o,
  output      logic                   out_skip_o,
  output      logic                   out_last_o,
  output      logic                   out_quiet_o
);

  logic valid_q, skip_q, last_q, quiet_q;
  logic [LaneWidth-1:0] lane_q;
  logic [Lanes*Width-1:0] word_q, delta;

  lane_rotator #(
    .Lanes(Lanes),
    .Width(Width),
    .Back(1)
  ) u_rotator (
    .amount_i(lane_q),
    .data_i(word_q),
    .data_o(delta)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) valid_q <= 1'b0;
    else valid_q <= in_valid_i;
    word_q <= in_word_i;
    lane_q <= in_lane_i;
    skip_q <= in_skip_i;
    last_q <= in_last_i;
    quiet_q <= in_quiet_i;
  end

  credit_fifo #(
    .Width(Lanes * Width + 3)
  ) u_out (
    .clk_i,
    .rst_i,
    .room_o,
    .begin_i,
    .in_valid_i(valid_q),
    .in_data_i({delta, skip_q, last_q, quiet_q}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o({out_delta_o, out_skip_o, out_last_o, out_quiet_o})
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i && valid_q && skip_q) begin
      a_skipped_row_is_zero : assert (word_q == '0);
    end
  end
`endif

endmodule

`default_nettype wire
