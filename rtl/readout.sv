`default_nettype none

/// Readout of the network: accumulates the deltas of the last layer and sends one result frame for each sample.
///
///     A(c) = sum of the deltas of channel c over the sample's time-steps
///     value(c) = A(c) * m(c) + b(c)             with UseMultiplier = 1
///     value(c) = (A(c) <<< Shift) + b(c)        with UseMultiplier = 0, no multiplier
///
/// Contract: the time-step with `last` completes the sample, or the rule of confidence does. The frame
/// is, in 32-bit words with TLAST on the final one: for each channel ceil(ValueWidth / 32) words of
/// value(c), sign-extended, low word first; the class (the lowest channel of the largest value); the
/// time-steps used; flags (bit 0: quiescent, bit 1: stopped by T_max, bit 2: stopped by confidence).
/// The input waits while the frame is computed and sent.
///
/// Confidence, with `patience_i` > 0: the sample is complete after a time-step that is the `patience_i`-th in
/// a row in which the class was the same and its value at least `margin_i` above every other; the
/// first that counts is the one in which something other than 0 arrives. What still comes of the
/// sample is taken and dropped, and `stop_*` asks the stages before to end it.
///
/// Throughput: one beat per cycle in, one word per cycle out; with confidence, Channels + 7 cycles more a
/// time-step. Latency: 5 cycles to the first word.
module readout #(
  /// Output channels of the network, of all positions one after the other.
  parameter int unsigned Channels = 10,
  /// Channels of a position: those of all positions have the same constants.
  parameter int unsigned Constants = Channels,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of the signed accumulator.
  parameter int unsigned AccWidth = 16,
  /// Bits of the signed factor m (UseMultiplier = 1).
  parameter int unsigned MultiplierWidth = 16,
  /// Bits of a signed value; must hold value(c).
  parameter int unsigned ValueWidth = 32,
  /// A sample is one time-step without a skip beat: deltas are the accumulators.
  parameter bit Once = 1'b0,
  /// 1: a factor per channel; 0: a common shift.
  parameter int unsigned UseMultiplier = 1,
  /// Left shift of the accumulator (UseMultiplier = 0).
  parameter int unsigned Shift = 0,
  /// Bits of the unsigned margin, up to ValueWidth; 0: there is no rule of confidence.
  parameter int unsigned MarginWidth = 32,
  /// Image of one word per channel of a position: {m, b}, or b alone with UseMultiplier = 0.
  parameter ConstFile = "",
  /// Bits of the margin's port, derived.
  localparam int unsigned MarginBits = (MarginWidth > 0) ? MarginWidth : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Delta stream in, one row a time-step.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  wire logic                        in_skip_i,
  input  wire logic                        in_last_i,
  input  wire logic                        in_quiet_i,
  /// Result frames, AXI4-Stream.
  output      logic                        m_axis_tvalid_o,
  input  wire logic                        m_axis_tready_i,
  output      logic [31:0]                 m_axis_tdata_o,
  output      logic                        m_axis_tlast_o,
  /// High in the cycle in which a frame's final word is taken.
  output      logic                        done_o,
  /// Rule of confidence; stable while a sample is inside.
  input  wire logic [MarginBits-1:0]       margin_i,
  input  wire logic [15:0]                 patience_i,
  /// A sample is complete that the stages before still work on: its number, modulo 2^16.
  output      logic                        stop_o,
  output      logic [15:0]                 stop_sample_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned LaneWidth = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam int unsigned ChannelWidth = (Channels > 1) ? $clog2(Channels) : 1;
  localparam int unsigned ConstantBits = (Constants > 1) ? $clog2(Constants) : 1;
  localparam int unsigned FactorWidth = (UseMultiplier != 0) ? MultiplierWidth : 0;
  localparam int unsigned ConstWidth = FactorWidth + ValueWidth;
  localparam int unsigned ValueWords = (ValueWidth + 31) / 32;
  localparam int unsigned WordWidth = (ValueWords > 1) ? $clog2(ValueWords) : 1;
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);
  localparam bit [LaneWidth-1:0] LaneLast = LaneWidth'(Lanes - 1);
  localparam bit [ChannelWidth-1:0] ChannelLast = ChannelWidth'(Channels - 1);
  localparam bit [WordWidth-1:0] WordLast = WordWidth'(ValueWords - 1);

  if (Channels < 1 || Constants < 1 || Channels % Constants != 0 || Lanes < 1 ||
      AccWidth < DeltaWidth || ValueWidth < AccWidth ||
      MarginWidth > ValueWidth ||
      (UseMultiplier == 0 && ValueWidth < AccWidth + Shift)) begin : gen_bad_parameters
    $error("readout: a parameter is out of range");
  end

  // collect: deltas are taken. scan: channels enter the value pipeline, for the rule of confidence.
  // margin, judge: its two steps. values: channels enter the value pipeline and leave. trailer: the
  // three words behind the values.
  typedef enum logic [2:0] {
    StCollect,
    StScan,
    StMargin,
    StJudge,
    StValues,
    StTrailer
  } state_e;
  state_e state_q;

  // ---------------------------------------------------------------------------- accumulate
  logic [Lanes*AccWidth-1:0] acc_q[Chunks];
  logic [ChunkWidth-1:0] chunk_q, read_chunk;
  logic [Lanes*AccWidth-1:0] acc_old, acc_new;
  // fresh_q: nothing of this sample is in the accumulators yet. begun_q: something other than 0 has
  // arrived. drop_q: the sample is complete, but its last time-step has not come yet.
  logic fresh_q, begun_q, drop_q, taken, begins, row_end;
  logic [31:0] steps_q;
  logic [15:0] sample_q;
  logic quiet_q, confident_q;

  assign in_ready_o = state_q == StCollect;
  assign taken = in_valid_i && in_ready_o && !drop_q;
  assign begins = begun_q || (!in_skip_i && in_delta_i != '0);
  assign stop_o = drop_q;
  assign stop_sample_o = sample_q;
  assign row_end = in_skip_i || chunk_q == ChunkLast;
  assign acc_old = acc_q[read_chunk];

  for (genvar j = 0; j < Lanes; j++) begin : gen_acc
    logic signed [AccWidth-1:0] old, delta, sum;
    assign old = (Once || fresh_q) ? '0 : acc_old[AccWidth*j+:AccWidth];
    assign delta = AccWidth'($signed(in_delta_i[DeltaWidth*j+:DeltaWidth]));
    assign sum = old + delta;
    assign acc_new[AccWidth*j+:AccWidth] = sum;

`ifndef SYNTHESIS
    logic signed [AccWidth:0] exact;
    assign exact = (AccWidth + 1)'(old) + (AccWidth + 1)'(delta);
    always_ff @(posedge clk_i) begin
      if (!rst_i && taken && !in_skip_i) begin
        a_no_overflow : assert (exact == (AccWidth + 1)'(sum));
      end
    end
`endif
  end

  always_ff @(posedge clk_i) begin
    if (taken && !in_skip_i) acc_q[chunk_q] <= acc_new;
  end

  // ---------------------------------------------------------------------------- values
  // Fetch -> operands -> product -> value; the value stage also counts out the words.
  logic advance;
  logic fetch_valid, fetch_final;
  logic [ChunkWidth-1:0] fetch_chunk_q;
  logic [LaneWidth-1:0] fetch_lane_q;
  logic [ChannelWidth-1:0] fetch_channel_q;
  logic fetch_done_q;
  assign fetch_valid = (state_q == StScan || state_q == StValues) && !fetch_done_q;
  assign fetch_final = fetch_channel_q == ChannelLast;
  assign read_chunk = (state_q == StCollect) ? chunk_q : fetch_chunk_q;

  logic signed [AccWidth-1:0] fetch_acc;
  always_comb begin
    fetch_acc = '0;
    for (int unsigned j = 0; j < Lanes; j++) begin
      if (fetch_lane_q == LaneWidth'(j)) fetch_acc = acc_old[AccWidth*j+:AccWidth];
    end
    // A sample whose every time-step was a skip beat has left the accumulators alone.
    if (fresh_q && !Once) fetch_acc = '0;
  end

  // The channel within its position.
  logic [ConstantBits-1:0] fetch_constant;
  if (Constants == Channels) begin : gen_one_position
    assign fetch_constant = fetch_channel_q;
  end else begin : gen_positions
    logic [ConstantBits-1:0] constant_q;
    assign fetch_constant = constant_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) constant_q <= '0;
      else if (fetch_valid && advance) begin
        constant_q <= (constant_q == ConstantBits'(Constants - 1)) ? '0 :
            constant_q + ConstantBits'(1);
      end
    end
  end

  logic [ConstWidth-1:0] constants;
  sync_rom #(
    .Width(ConstWidth),
    .Depth(Constants),
    .File (ConstFile)
  ) u_constants (
    .clk_i,
    .enable_i(advance && fetch_valid),
    .addr_i  (fetch_constant),
    .data_o  (constants)
  );

  logic operand_valid_q, product_valid_q, sum_valid_q, value_valid_q;
  logic signed [AccWidth-1:0] operand_acc_q;
  logic signed [ValueWidth-1:0] product_bias_q, sum_bias_q;
  logic signed [ValueWidth-1:0] product_q, sum_product_q, value_q;
  logic signed [ValueWidth-1:0] product;
  if (UseMultiplier != 0) begin : gen_factor
    localparam int unsigned ProductWidth = AccWidth + MultiplierWidth;
    logic signed [MultiplierWidth-1:0] factor;
    logic signed [ProductWidth-1:0] wide;
    assign factor = constants[ValueWidth+:MultiplierWidth];
    assign wide = ProductWidth'(operand_acc_q) * ProductWidth'(factor);
    assign product = ValueWidth'(wide);
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (!rst_i && operand_valid_q && ValueWidth < ProductWidth) begin
        a_product_fits :
        assert ((ProductWidth + ValueWidth)'(product) == (ProductWidth + ValueWidth)'(wide));
      end
    end
`endif
  end else begin : gen_shift
    assign product = ValueWidth'(operand_acc_q) <<< Shift;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      operand_valid_q <= 1'b0;
      product_valid_q <= 1'b0;
      sum_valid_q <= 1'b0;
      value_valid_q <= 1'b0;
    end else if (advance) begin
      operand_valid_q <= fetch_valid;
      product_valid_q <= operand_valid_q;
      sum_valid_q <= product_valid_q;
      value_valid_q <= sum_valid_q;
    end
    if (advance) begin
      operand_acc_q <= fetch_acc;
      product_q <= product;
      product_bias_q <= constants[ValueWidth-1:0];
      // A second register behind the product, for multipliers made of several blocks.
      sum_product_q <= product_q;
      sum_bias_q <= product_bias_q;
      value_q <= sum_product_q + sum_bias_q;
    end
  end

  // ---------------------------------------------------------------------------- frame
  logic [WordWidth-1:0] word_q;
  logic [ChannelWidth-1:0] channel_q, best_channel_q;
  logic signed [ValueWidth-1:0] best_q;
  logic [1:0] trailer_q;
  logic scan, word_sent, value_sent;
  assign scan = state_q == StScan;
  assign word_sent = value_valid_q && !scan && m_axis_tready_i;
  assign value_sent = scan ? value_valid_q : word_sent && word_q == WordLast;
  assign advance = !value_valid_q || value_sent;

  logic [32*ValueWords-1:0] value_wide;
  logic [31:0] value_word;
  if (32 * ValueWords > ValueWidth) begin : gen_extend
    assign value_wide = {{(32 * ValueWords - ValueWidth) {value_q[ValueWidth-1]}}, value_q};
  end else begin : gen_whole
    assign value_wide = value_q;
  end
  always_comb begin
    value_word = '0;
    for (int unsigned w = 0; w < ValueWords; w++) begin
      if (word_q == WordWidth'(w)) value_word = value_wide[32*w+:32];
    end
  end

  always_comb begin
    m_axis_tvalid_o = value_valid_q && !scan;
    m_axis_tdata_o = value_word;
    m_axis_tlast_o = 1'b0;
    if (state_q == StTrailer) begin
      m_axis_tvalid_o = 1'b1;
      case (trailer_q)
        2'd0: m_axis_tdata_o = 32'(best_channel_q);
        2'd1: m_axis_tdata_o = Once ? 32'd1 : steps_q;
        default: begin
          m_axis_tdata_o = {29'd0, confident_q, !quiet_q && !confident_q, quiet_q};
          m_axis_tlast_o = 1'b1;
        end
      endcase
    end
  end
  assign done_o = state_q == StTrailer && trailer_q == 2'd2 && m_axis_tready_i;

  // judged: there is a rule to be applied. enough: the sample is complete by it.
  logic judged, enough;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StCollect;
      chunk_q <= '0;
      fresh_q <= 1'b1;
      begun_q <= 1'b0;
      drop_q <= 1'b0;
      steps_q <= '0;
      sample_q <= '0;
      quiet_q <= 1'b0;
      confident_q <= 1'b0;
      fetch_chunk_q <= '0;
      fetch_lane_q <= '0;
      fetch_channel_q <= '0;
      fetch_done_q <= 1'b0;
      word_q <= '0;
      channel_q <= '0;
      trailer_q <= '0;
    end else begin
      if (in_valid_i && in_ready_o && in_last_i) begin
        drop_q <= 1'b0;
        sample_q <= sample_q + 16'd1;
      end
      if (taken) begin
        begun_q <= begins;
        chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
        if (row_end) begin
          steps_q <= steps_q + 32'd1;
          if (!in_skip_i) fresh_q <= 1'b0;
          if (in_last_i) begin
            state_q <= StValues;
            quiet_q <= in_quiet_i;
          end else if (judged && begins) begin
            state_q <= StScan;
          end
        end
      end
      if (fetch_valid && advance) begin
        fetch_channel_q <= fetch_final ? '0 : fetch_channel_q + ChannelWidth'(1);
        fetch_done_q <= fetch_final;
        if (fetch_final) begin
          fetch_lane_q <= '0;
          fetch_chunk_q <= '0;
        end else if (fetch_lane_q == LaneLast) begin
          fetch_lane_q <= '0;
          fetch_chunk_q <= fetch_chunk_q + ChunkWidth'(1);
        end else begin
          fetch_lane_q <= fetch_lane_q + LaneWidth'(1);
        end
      end
      if (word_sent) begin
        word_q <= (word_q == WordLast) ? '0 : word_q + WordWidth'(1);
      end
      if (value_sent) begin
        channel_q <= (channel_q == ChannelLast) ? '0 : channel_q + ChannelWidth'(1);
        if (channel_q == ChannelLast) state_q <= scan ? StMargin : StTrailer;
      end
      if (state_q == StMargin) begin
        state_q <= StJudge;
        fetch_done_q <= 1'b0;
      end
      if (state_q == StJudge) begin
        state_q <= enough ? StValues : StCollect;
        drop_q <= enough;
        confident_q <= enough;
      end
      if (state_q == StTrailer && m_axis_tready_i) trailer_q <= trailer_q + 2'd1;
      if (done_o) begin
        state_q <= StCollect;
        fresh_q <= 1'b1;
        begun_q <= 1'b0;
        confident_q <= 1'b0;
        quiet_q <= 1'b0;
        steps_q <= '0;
        fetch_done_q <= 1'b0;
        trailer_q <= '0;
      end
    end
    if (value_sent && (channel_q == '0 || value_q > best_q)) begin
      best_q <= value_q;
      best_channel_q <= channel_q;
    end
  end

  // ---------------------------------------------------------------------------- confidence
  if (MarginWidth > 0) begin : gen_confidence
    confidence_rule #(
      .Channels(Channels),
      .ValueWidth(ValueWidth),
      .MarginWidth(MarginWidth)
    ) u_rule (
      .clk_i,
      .rst_i,
      .clear_i(done_o),
      .valid_i(value_sent),
      .channel_i(channel_q),
      .value_i(value_q),
      .best_i(best_q),
      .best_channel_i(best_channel_q),
      .judge_i(state_q == StJudge),
      .enough_o(enough),
      .margin_i,
      .patience_i
    );
    assign judged = patience_i != '0;
  end else begin : gen_no_confidence
    logic unused_rule;
    assign unused_rule = (^margin_i) ^ (^patience_i);
    assign enough = 1'b0;
    assign judged = 1'b0;
  end

`ifndef SYNTHESIS
  stream_check #(
    .Width(33)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(m_axis_tvalid_o),
    .ready_i(m_axis_tready_i),
    .data_i ({m_axis_tlast_o, m_axis_tdata_o})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i && taken) begin
      a_last_ends_step : assert (row_end || !in_last_i);
      a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);
    end
    if (!rst_i && advance && sum_valid_q) begin
      a_value_fits :
      assert ((ValueWidth + 1)'(sum_product_q) + (ValueWidth + 1)'(sum_bias_q) ==
              (ValueWidth + 1)'($signed(ValueWidth'(sum_product_q + sum_bias_q))));
    end
  end
`endif

endmodule

`default_nettype wire
