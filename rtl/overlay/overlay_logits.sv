`default_nettype none

/// Readout of a loaded network: a result frame as that of `readout`, from logits that come once, in order.
///
///     value(c) = A(c) * m(c) + b(c)
///
/// Contract: `in_row_end_i` comes with the last logit of a position: those of all positions have the same constants.
/// `in_last_i` comes with the last logit of the sample. The frame is, in 32-bit words with TLAST on the final one: for each logit
/// ceil(ValueWidth / 32) words of its value, sign-extended, low word first; the class (the lowest channel of the largest
/// value); 1 time-step; flags (bit 0: quiescent).
/// Throughput: a logit in 5 cycles and those of its words.
module overlay_logits #(
  /// Most logits.
  parameter int unsigned Channels = 10,
  /// Most logits of a position.
  parameter int unsigned Constants = Channels,
  /// Bits of a signed logit A, of its factor m, of a value.
  parameter int unsigned AccWidth = 16,
  parameter int unsigned MultiplierWidth = 16,
  parameter int unsigned ValueWidth = 32,
  /// Bits of a channel, of one within its position, and of a word {m, b}; derived.
  localparam int unsigned ChannelWidth = (Channels > 1) ? $clog2(Channels) : 1,
  localparam int unsigned ConstantBits = (Constants > 1) ? $clog2(Constants) : 1,
  localparam int unsigned ConstWidth = MultiplierWidth + ValueWidth
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Logits.
  input  wire logic                       in_valid_i,
  output      logic                       in_ready_o,
  input  wire logic signed [AccWidth-1:0] in_data_i,
  input  wire logic                       in_row_end_i,
  input  wire logic                       in_last_i,
  /// Result frames, AXI4-Stream.
  output      logic                       m_axis_tvalid_o,
  input  wire logic                       m_axis_tready_i,
  output      logic [31:0]                m_axis_tdata_o,
  output      logic                       m_axis_tlast_o,
  /// High in the cycle in which a frame's final word is taken.
  output      logic                       done_o,
  /// Write port of the constants.
  input  wire logic                       write_i,
  input  wire logic [ConstantBits-1:0]    write_addr_i,
  input  wire logic [ConstWidth-1:0]      write_data_i
);

  localparam int unsigned ValueWords = (ValueWidth + 31) / 32;
  localparam int unsigned WordBits = (ValueWords > 1) ? $clog2(ValueWords) : 1;
  localparam int unsigned ProductWidth = AccWidth + MultiplierWidth;

  // take: a logit, whose constants are read. product, sum: its value. send: the words. trailer: the last three.
  typedef enum logic [2:0] {
    StTake,
    StProduct,
    StWide,
    StSum,
    StSend,
    StTrailer
  } state_e;
  state_e state_q;

  logic taken, final_q, word_last;
  logic [ChannelWidth-1:0] channel_q, best_channel_q;
  logic [ConstantBits-1:0] constant_q;
  logic [WordBits-1:0] word_q;
  logic [1:0] trailer_q;
  logic [ConstWidth-1:0] constants;
  logic signed [AccWidth-1:0] acc_q;
  logic signed [MultiplierWidth-1:0] factor;
  logic signed [ProductWidth-1:0] product_q, wide_q;
  logic signed [ValueWidth-1:0] bias_q, value_q, best_q;
  assign in_ready_o = state_q == StTake;
  assign taken = in_valid_i && in_ready_o;
  assign word_last = word_q == WordBits'(ValueWords - 1);
  assign factor = constants[ValueWidth+:MultiplierWidth];

  overlay_rom #(
    .Width(ConstWidth),
    .Depth(Constants),
    .Loadable(1)
  ) u_constants (
    .clk_i,
    .enable_i(taken),
    .addr_i(constant_q),
    .data_o(constants),
    .write_i,
    .write_addr_i,
    .write_data_i
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StTake;
      channel_q <= '0;
      constant_q <= '0;
      word_q <= '0;
      trailer_q <= '0;
    end else begin
      case (state_q)
        StTake: if (taken) state_q <= StProduct;
        StProduct: state_q <= StWide;
        StWide: state_q <= StSum;
        StSum: state_q <= StSend;
        StSend: begin
          if (m_axis_tready_i) begin
            word_q <= word_last ? '0 : word_q + WordBits'(1);
            if (word_last) begin
              state_q <= final_q ? StTrailer : StTake;
              channel_q <= final_q ? '0 : channel_q + ChannelWidth'(1);
            end
          end
        end
        default: begin
          if (m_axis_tready_i) trailer_q <= trailer_q + 2'd1;
          if (done_o) begin
            state_q <= StTake;
            trailer_q <= '0;
          end
        end
      endcase
    end
    if (taken && !rst_i) begin
      constant_q <= (in_row_end_i || in_last_i) ? '0 : constant_q + ConstantBits'(1);
    end
    if (taken) begin
      acc_q <= in_data_i;
      final_q <= in_last_i;
    end
    product_q <= ProductWidth'(acc_q) * ProductWidth'(factor);
    bias_q <= constants[ValueWidth-1:0];
    // A second register behind the product, for multipliers made of several blocks.
    wide_q <= product_q;
    if (state_q == StSum) value_q <= ValueWidth'(wide_q) + bias_q;
    if (state_q == StSend && word_q == '0 && (channel_q == '0 || value_q > best_q)) begin
      best_q <= value_q;
      best_channel_q <= channel_q;
    end
  end

  // ---------------------------------------------------------------------------- frame
  logic [32*ValueWords-1:0] value_wide;
  assign value_wide = (32 * ValueWords)'(value_q);
  always_comb begin
    m_axis_tvalid_o = state_q == StSend;
    m_axis_tdata_o = '0;
    m_axis_tlast_o = 1'b0;
    for (int unsigned w = 0; w < ValueWords; w++) begin
      if (word_q == WordBits'(w)) m_axis_tdata_o = value_wide[32*w+:32];
    end
    if (state_q == StTrailer) begin
      m_axis_tvalid_o = 1'b1;
      case (trailer_q)
        2'd0: m_axis_tdata_o = 32'(best_channel_q);
        2'd1: m_axis_tdata_o = 32'd1;
        default: begin
          m_axis_tdata_o = 32'd1;
          m_axis_tlast_o = 1'b1;
        end
      endcase
    end
  end
  assign done_o = state_q == StTrailer && trailer_q == 2'd2 && m_axis_tready_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i && state_q == StSum) begin
      a_product_fits :
      assert ((ProductWidth + ValueWidth)'(wide_q) ==
              (ProductWidth + ValueWidth)'($signed(ValueWidth'(wide_q))));
    end
  end
`endif

endmodule

`default_nettype wire
