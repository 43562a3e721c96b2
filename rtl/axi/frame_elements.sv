`default_nettype none

/// Between two cores: values of a result frame become elements of a sample.
///
/// A frame has `Values` values of `ValueWords` words each, low word first, and words behind them up to TLAST, which are dropped
/// (`readout`). Of each value less `Low`, the digits of `ElementWidth` bits go out, the lowest first; TLAST is with the last digit
/// of the last value. What `snn2rtl split` prints as `low`, `digits` and `element_bits` are the parameters.
///
/// Contract: a value less `Low` is not negative and has at most `Digits` digits. Backpressure passes through.
/// Throughput: a value in max(`ValueWords`, `Digits`) cycles. Latency: 1 cycle from the last word of a value to its first digit.
module frame_elements #(
  /// Values of a frame, and words of a value: 1 or 2.
  parameter int unsigned Values = 4,
  parameter int unsigned ValueWords = 1,
  /// Digits of a value, bits of a digit.
  parameter int unsigned Digits = 2,
  parameter int unsigned ElementWidth = 16,
  /// The value whose digits are 0.
  parameter bit signed [63:0] Low = 64'sd0
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  /// Result frames.
  input  wire logic                    s_axis_tvalid_i,
  output      logic                    s_axis_tready_o,
  input  wire logic [31:0]             s_axis_tdata_i,
  input  wire logic                    s_axis_tlast_i,
  /// Samples.
  output      logic                    m_axis_tvalid_o,
  input  wire logic                    m_axis_tready_i,
  output      logic [ElementWidth-1:0] m_axis_tdata_o,
  output      logic                    m_axis_tlast_o
);

  localparam int unsigned ValueBits = $clog2(Values + 1);
  localparam int unsigned DigitBits = $clog2(Digits + 1);
  localparam int unsigned Width = Digits * ElementWidth;

  if (Values < 1 || ValueWords < 1 || ValueWords > 2 || Digits < 1 || Width > 64) begin
      : gen_bad_parameters
    $error("frame_elements: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- words in
  // value_q: values of the frame that have come. The first of two words waits.
  logic [ValueBits-1:0] value_q;
  logic second_q, taken, word_last, behind, room, complete;
  logic [31:0] low_q;
  logic signed [63:0] value;
  logic [63:0] above;
  assign behind = value_q == ValueBits'(Values);
  assign word_last = ValueWords == 1 || second_q;
  assign s_axis_tready_o = behind || !word_last || room;
  assign taken = s_axis_tvalid_i && s_axis_tready_o;
  assign complete = taken && !behind && word_last;
  if (ValueWords == 1) begin : gen_word
    assign value = 64'($signed(s_axis_tdata_i));
    logic unused_low;
    assign unused_low = ^low_q;
  end else begin : gen_words
    assign value = $signed({s_axis_tdata_i, low_q});
  end
  assign above = value - Low;
  logic unused_above;
  assign unused_above = ^above;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      value_q <= '0;
      second_q <= 1'b0;
    end else if (taken) begin
      second_q <= !behind && !word_last;
      if (s_axis_tlast_i) value_q <= '0;
      else if (complete) value_q <= value_q + ValueBits'(1);
    end
    if (taken) low_q <= s_axis_tdata_i;
  end

  // ---------------------------------------------------------------------------- digits out
  // left_q: digits of the present value that have not gone.
  logic [Width-1:0] digits_q;
  logic [DigitBits-1:0] left_q;
  logic last_q, sent;
  assign m_axis_tvalid_o = left_q != '0;
  assign m_axis_tdata_o = digits_q[ElementWidth-1:0];
  assign m_axis_tlast_o = last_q && left_q == DigitBits'(1);
  assign sent = m_axis_tvalid_o && m_axis_tready_i;
  assign room = left_q == '0 || (left_q == DigitBits'(1) && m_axis_tready_i);
  always_ff @(posedge clk_i) begin
    if (rst_i) left_q <= '0;
    else if (complete) left_q <= DigitBits'(Digits);
    else if (sent) left_q <= left_q - DigitBits'(1);
    if (complete) begin
      digits_q <= above[Width-1:0];
      last_q <= value_q == ValueBits'(Values - 1);
    end else if (sent) begin
      digits_q <= digits_q >> ElementWidth;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_frame_is_long_enough : assert (!(taken && s_axis_tlast_i) || behind || complete);
      a_value_has_digits : assert (!complete || Width == 64 || (above >> Width) == '0);
    end
  end
`endif

endmodule

`default_nettype wire
