`default_nettype none

/// Neurons of rows of sums, up to the elements that `overlay_row_fire` decides.
///
///     V_i = start + 2^Shift * X_i
///
/// Contract: as `overlay_layer_norm`. Throughput: a row takes as many cycles as it has beats.
module overlay_sum_neurons #(
  /// Elements of a beat: a power of two, at most `Align / 4`.
  parameter int unsigned Lanes = 1,
  /// Bits of a signed X.
  parameter int unsigned SumWidth = 16,
  /// Most channels.
  parameter int unsigned ChannelsMax = 16,
  /// Fraction bits of V.
  parameter int unsigned Shift = 4,
  /// Bits of signed V.
  parameter int unsigned ValueWidth = 28,
  /// Bits of an address of sums.
  parameter int unsigned SumAddrWidth = 10,
  /// Neurons whose multiples rows end at, neurons of a word of spike memory.
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  /// Bits of an address of spike memory.
  parameter int unsigned AddrWidth = 12,
  /// Bits of the place of a quad in a word, and of the number of channels; derived.
  localparam int unsigned QuadWidth =
      (WordNeurons > 4 * Lanes) ? $clog2(WordNeurons / (4 * Lanes)) : 1,
  localparam int unsigned ChannelsWidth = $clog2(ChannelsMax + 1)
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Configuration.
  input  wire logic                         start_i,
  input  wire logic [ChannelsWidth-1:0]     channels_i,
  input  wire logic [SumAddrWidth-1:0]      source_i,
  input  wire logic signed [ValueWidth-1:0] value_i,
  input  wire logic [AddrWidth-1:0]         spikes_i,
  input  wire logic [AddrWidth-1:0]         row_stride_i,
  /// There is a next row, and it may be read; it is begun.
  input  wire logic                         go_i,
  output      logic                         row_begin_o,
  /// Sums of a beat; they come a cycle after the address of the first, and stay until the next.
  output      logic                         sum_enable_o,
  output      logic [SumAddrWidth-1:0]      sum_addr_o,
  input  wire logic [Lanes*SumWidth-1:0]    sum_data_i,
  /// Beats, for `overlay_row_fire`.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic [Lanes*ValueWidth-1:0]  out_value_o,
  output      logic [Lanes-1:0]             out_excluded_o,
  output      logic                         out_quad_end_o,
  output      logic                         out_row_end_o,
  output      logic [AddrWidth-1:0]         out_addr_o,
  output      logic [QuadWidth-1:0]         out_quad_o
);

  if (ValueWidth < SumWidth + Shift || ChannelsMax < Lanes) begin : gen_bad_parameters
    $error("overlay_sum_neurons: a parameter is out of range");
  end

  // s0: address. s1: X from the memory. s2: V.
  logic advance, ready, active_q, last, s1_valid_q, s1_last_q, s2_valid_q, s2_last_q, pad;
  logic [ChannelsWidth-1:0] beat_q, beats, rest;
  logic [SumAddrWidth-1:0] addr_q;
  logic [Lanes*ValueWidth-1:0] s2_value_q;
  // Beats of a row; elements of the last one if it has not all.
  assign beats = ChannelsWidth'(
      ((ChannelsWidth + 1)'(channels_i) + (ChannelsWidth + 1)'(Lanes - 1)) >> $clog2(Lanes));
  assign rest = channels_i & ChannelsWidth'(Lanes - 1);
  // What is offered stays while empty quads follow.
  assign advance = !pad && (!s2_valid_q || ready);
  assign last = beat_q == beats - ChannelsWidth'(1);
  assign row_begin_o = go_i && (!active_q || (advance && last));
  assign sum_enable_o = advance;
  assign sum_addr_o = addr_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      active_q <= 1'b0;
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
    end else begin
      if (row_begin_o) active_q <= 1'b1;
      else if (advance && last) active_q <= 1'b0;
      if (advance) begin
        s1_valid_q <= active_q;
        s2_valid_q <= s1_valid_q;
      end
    end
    if (row_begin_o) beat_q <= '0;
    else if (advance && active_q) beat_q <= beat_q + ChannelsWidth'(1);
    if (start_i) addr_q <= source_i;
    else if (advance && active_q) addr_q <= addr_q + SumAddrWidth'(Lanes);
    if (advance) begin
      s1_last_q <= last;
      s2_last_q <= s1_last_q;
    end
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic signed [SumWidth-1:0] sum;
    assign sum = sum_data_i[SumWidth*l+:SumWidth];
    assign out_excluded_o[l] =
        pad || (s2_last_q && rest != '0 && ChannelsWidth'(l) >= rest);
    always_ff @(posedge clk_i) begin
      if (advance) begin
        s2_value_q[ValueWidth*l+:ValueWidth] <= value_i + (ValueWidth'(sum) <<< Shift);
      end
    end
  end

  overlay_place #(
    .Align(Align / Lanes),
    .WordNeurons(WordNeurons / Lanes),
    .AddrWidth(AddrWidth)
  ) u_place (
    .clk_i,
    .rst_i,
    .start_i,
    .base_i(spikes_i),
    .row_stride_i,
    .apart_i(1'b0),
    .in_valid_i(s2_valid_q),
    .in_ready_o(ready),
    .in_group_end_i(s2_last_q),
    .in_row_end_i(s2_last_q),
    .out_valid_o,
    .out_ready_i,
    .out_pad_o(pad),
    .out_quad_end_o,
    .out_row_end_o,
    .out_addr_o,
    .out_quad_o
  );
  assign out_value_o = s2_value_q;

endmodule

`default_nettype wire
