`default_nettype none

/// Confidence rule of `readout`: ends a sample when one class has led by a margin for long enough.
///
/// Contract: the values of all channels pass once per time-step, in order. `judge_i`, at the earliest two
/// cycles behind the last of them, ends the time-step; in that cycle `enough_o` says whether it is the
/// `patience_i`-th in a row in which the class was the same and its value at least `margin_i` above every
/// other. `clear_i` forgets the sample.
module confidence_rule #(
  /// Channels.
  parameter int unsigned Channels = 10,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 32,
  /// Bits of the unsigned margin, up to ValueWidth.
  parameter int unsigned MarginWidth = 32,
  /// Bits of a channel's number, derived.
  localparam int unsigned ChannelWidth = (Channels > 1) ? $clog2(Channels) : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  input  wire logic                         clear_i,
  /// A value passes.
  input  wire logic                         valid_i,
  input  wire logic [ChannelWidth-1:0]      channel_i,
  input  wire logic signed [ValueWidth-1:0] value_i,
  /// The largest value of the time-step so far, and whose it is.
  input  wire logic signed [ValueWidth-1:0] best_i,
  input  wire logic [ChannelWidth-1:0]      best_channel_i,
  /// The time-step ends.
  input  wire logic                         judge_i,
  output      logic                         enough_o,
  /// The rule; stable while a sample is inside.
  input  wire logic [MarginWidth-1:0]       margin_i,
  input  wire logic [15:0]                  patience_i
);

  // second_q: the largest value but for the best one's. held_q: time-steps in a row up to the one
  // before in which class_q had the margin.
  logic signed [ValueWidth-1:0] second_q;
  logic [ValueWidth-1:0] lead_q;
  logic [ChannelWidth-1:0] class_q;
  logic [15:0] held_q, held;
  logic kept;
  assign kept = Channels == 1 || lead_q >= ValueWidth'(margin_i);
  always_comb begin
    held = 16'd1;
    if (!kept) held = '0;
    else if (held_q != '0 && class_q == best_channel_i) held = held_q + 16'd1;
  end
  assign enough_o = held >= patience_i;

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      held_q <= '0;
    end else if (judge_i) begin
      held_q <= held;
    end
    if (judge_i) class_q <= best_channel_i;
    if (valid_i) begin
      if (channel_i == ChannelWidth'(1) || value_i > best_i) second_q <= best_i;
      if (value_i <= best_i && (channel_i == ChannelWidth'(1) || value_i > second_q)) begin
        second_q <= value_i;
      end
    end
    lead_q <= best_i - second_q;
  end

endmodule

`default_nettype wire
