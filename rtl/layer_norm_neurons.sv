`default_nettype none

/// Spike-LayerNorm: ST-BIF+ neurons that track the quantised LayerNorm of a row of sums. No division.
///
/// With X the accumulated input of a row of `Channels` channels, and S, r as in `row_moments`:
///
///     c_i = Channels * X_i - S
///     level k is reached when
///         gamma_i * c_i * 2^RootFraction + beta_i * r >= halves(k) * r * 2^(Fraction-1)
///
/// (> for an exclusive boundary); a neuron goes a level up or down a time-step.
///
/// Contract: time-steps, flags and skip beats as in `row_accumulate` and `row_fire`.
/// Structure: `row_accumulate` -> the row waits in a FIFO while `row_moments` takes it in -> decision, seven
/// stages -> `row_fire`. Two multipliers a lane in the decision, one in the moments.
/// Throughput: one chunk a cycle; a row takes at least as many cycles as r has bits; a row in which
/// nothing can change takes one.
module layer_norm_neurons #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of a signed X.
  parameter int unsigned AccWidth = 16,
  /// Bits of the signed tracer; must hold LevelMin and LevelMax.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Bits of a signed gamma.
  parameter int unsigned GammaWidth = 12,
  /// Bits of a signed beta.
  parameter int unsigned BetaWidth = 12,
  /// Fraction bits of gamma and beta.
  parameter int unsigned Fraction = 8,
  /// Bits of unsigned v.
  parameter int unsigned SquareWidth = 36,
  /// Added to v.
  parameter bit [127:0] Epsilon = 128'd1,
  /// Fraction bits of r.
  parameter int unsigned RootFraction = 0,
  /// Bits of the signed decision, gamma*c*2^RootFraction + beta*r - halves*r*2^(Fraction-1).
  parameter int unsigned DecisionWidth = 48,
  /// Bits of a signed boundary in half levels, and of the distance of two.
  parameter int unsigned HalvesWidth = 7,
  parameter int unsigned GapWidth = 2,
  /// Image of a word per chunk, lane j at [(GammaWidth+BetaWidth)*j +: ...] as {beta, gamma}.
  parameter ConstFile = "",
  /// Image of a word per level, from LevelMin: see `level_edges`.
  parameter EdgeFile = "",
  /// 1: an idle row may leave as one skip beat. 0: every row leaves as all its chunks.
  parameter int unsigned SkipRows = 1,
  /// 1: `stop_*` may name a sample. 0: it never does.
  parameter int unsigned Stops = 1,
  /// Number of this stage in the design, for co-simulation taps.
  parameter int unsigned StageId = 0
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Time-steps allowed per sample, 0 = no limit; stable while a sample is inside.
  input  wire logic [15:0]                 t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  wire logic                        stop_i,
  input  wire logic [15:0]                 stop_sample_i,
  /// Delta stream in.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  wire logic                        in_skip_i,
  input  wire logic                        in_last_i,
  input  wire logic                        in_quiet_i,
  /// Spike stream out.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes-1:0]            out_nz_o,
  output      logic [Lanes-1:0]            out_neg_o,
  output      logic                        out_skip_o,
  output      logic                        out_last_o,
  output      logic                        out_quiet_o,
  /// Spikes sent in this cycle.
  output      logic [$clog2(Lanes+1)-1:0]  spikes_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1;
  localparam int unsigned InfoWidth = RowWidth + 6;
  localparam int unsigned SumWidth = AccWidth + $clog2(Channels + 1);
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2;
  localparam int unsigned CentredWidth = SumWidth + 1;
  // Bits of gamma*c; what is above them in the decision cancels.
  localparam int unsigned ScaledWidth = DecisionWidth - RootFraction;
  localparam int unsigned ConstWidth = GammaWidth + BetaWidth;
  // Lanes of the final chunk that are channels.
  localparam int unsigned Tail = Channels - (Chunks - 1) * Lanes;
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  // ---------------------------------------------------------------------------- rows
  logic front_valid, front_ready, front_skip, front_row_end;
  logic [Lanes*AccWidth-1:0] front_acc;
  logic [AddrWidth-1:0] front_addr;
  logic [InfoWidth-1:0] front_info;
  logic done, done_parity, done_step_end, done_fired;
  logic [RowWidth-1:0] done_row;

  row_accumulate #(
    .Rows(Rows),
    .Channels(Channels),
    .Lanes(Lanes),
    .DeltaWidth(DeltaWidth),
    .AccWidth(AccWidth),
    .SkipRows(SkipRows),
    .Stops(Stops)
  ) u_front (
    .clk_i,
    .rst_i,
    .t_max_i,
    .stop_i,
    .stop_sample_i,
    .in_valid_i,
    .in_ready_o,
    .in_delta_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(front_valid),
    .out_ready_i(front_ready),
    .out_acc_o(front_acc),
    .out_addr_o(front_addr),
    .out_skip_o(front_skip),
    .out_row_end_o(front_row_end),
    .out_info_o(front_info),
    .done_i(done),
    .done_row_i(done_row),
    .done_parity_i(done_parity),
    .done_step_end_i(done_step_end),
    .done_fired_i(done_fired)
  );

  // Into the FIFO and, unless the row is skipped, into the moments: both or neither.
  localparam int unsigned EntryWidth = Lanes * AccWidth + AddrWidth + 2 + InfoWidth;
  logic wait_ready, moments_ready;
  assign front_ready = wait_ready && (front_skip || moments_ready);

  logic row_valid, row_ready, row_skip, row_end;
  logic [Lanes*AccWidth-1:0] row_acc;
  logic [AddrWidth-1:0] row_addr;
  logic [InfoWidth-1:0] row_info;

  // Deep enough for a row that is decided, one whose root is taken, and one that comes in.
  stream_queue #(
    .Width(EntryWidth),
    .Depth(3 * Chunks + 4)
  ) u_rows (
    .clk_i,
    .rst_i,
    .in_valid_i(front_valid && front_ready),
    .in_ready_o(wait_ready),
    .in_data_i({front_acc, front_addr, front_skip, front_row_end, front_info}),
    .out_valid_o(row_valid),
    .out_ready_i(row_ready),
    .out_data_o({row_acc, row_addr, row_skip, row_end, row_info})
  );

  logic moments_valid, moments_taken;
  logic signed [SumWidth-1:0] row_sum;
  logic [RootWidth-1:0] row_root;

  row_moments #(
    .Channels(Channels),
    .Lanes(Lanes),
    .AccWidth(AccWidth),
    .SquareWidth(SquareWidth),
    .Epsilon(Epsilon),
    .RootFraction(RootFraction)
  ) u_moments (
    .clk_i,
    .rst_i,
    .in_valid_i(front_valid && front_ready && !front_skip),
    .in_ready_o(moments_ready),
    .in_acc_i(front_acc),
    .in_row_end_i(front_row_end),
    .out_valid_o(moments_valid),
    .out_ready_i(moments_taken),
    .out_sum_o(row_sum),
    .out_root_o(row_root)
  );

  // ---------------------------------------------------------------------------- decision
  // s1: tracers, gamma and beta, c. s2: boundaries. s3: factors. s4, s5: products. s6: what the element
  // has above its boundaries. Then the comparison.
  logic advance, issue, s6_valid_q, back_ready;
  assign advance = !s6_valid_q || back_ready;
  assign issue = advance && row_valid && (row_skip || moments_valid);
  assign row_ready = advance && (row_skip || moments_valid);
  assign moments_taken = issue && !row_skip && row_end;

  logic [ChunkWidth-1:0] chunk_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) chunk_q <= '0;
    else if (issue) chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
  end

  logic s1_valid_q, s2_valid_q, s3_valid_q, s4_valid_q, s5_valid_q;
  logic s1_tail_q, s2_tail_q, s3_tail_q, s4_tail_q, s5_tail_q, s6_tail_q;
  logic [Lanes*AccWidth-1:0] s1_acc_q;
  logic signed [SumWidth-1:0] s1_sum_q;
  logic [RootWidth-1:0] s1_root_q, s2_root_q, s3_root_q;
  logic [AddrWidth+InfoWidth+1:0] s1_position_q, s2_position_q, s3_position_q;
  logic [AddrWidth+InfoWidth+1:0] s4_position_q, s5_position_q, s6_position_q;
  logic [Lanes*LevelWidth-1:0] s1_level, s2_level_q, s3_level_q, s4_level_q, s5_level_q, s6_level_q;
  logic [Lanes*ConstWidth-1:0] s1_const, s2_const_q;
  logic [Lanes-1:0] s6_up, s6_down;

  sync_rom #(
    .Width(Lanes * ConstWidth),
    .Depth(Chunks),
    .File (ConstFile)
  ) u_constants (
    .clk_i,
    .enable_i(advance),
    .addr_i(chunk_q),
    .data_o(s1_const)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
      s4_valid_q <= 1'b0;
      s5_valid_q <= 1'b0;
      s6_valid_q <= 1'b0;
    end else if (advance) begin
      s1_valid_q <= issue;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
      s4_valid_q <= s3_valid_q;
      s5_valid_q <= s4_valid_q;
      s6_valid_q <= s5_valid_q;
    end
    if (advance) begin
      s1_acc_q <= row_acc;
      s1_sum_q <= row_sum;
      s1_root_q <= row_root;
      s1_position_q <= {row_addr, row_skip, row_end, row_info};
      s1_tail_q <= chunk_q == ChunkLast;
      s2_root_q <= s1_root_q;
      s2_position_q <= s1_position_q;
      s2_tail_q <= s1_tail_q;
      s2_level_q <= s1_level;
      s2_const_q <= s1_const;
      s3_root_q <= s2_root_q;
      s3_position_q <= s2_position_q;
      s3_tail_q <= s2_tail_q;
      s3_level_q <= s2_level_q;
      s4_position_q <= s3_position_q;
      s4_tail_q <= s3_tail_q;
      s4_level_q <= s3_level_q;
      s5_position_q <= s4_position_q;
      s5_tail_q <= s4_tail_q;
      s5_level_q <= s4_level_q;
      s6_position_q <= s5_position_q;
      s6_tail_q <= s5_tail_q;
      s6_level_q <= s5_level_q;
    end
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    // beta less the lower boundary: what r is multiplied by.
    localparam int unsigned OffsetWidth =
        ((BetaWidth > HalvesWidth + Fraction) ? BetaWidth : HalvesWidth + Fraction) + 1;
    logic signed [AccWidth-1:0] x;
    logic signed [CentredWidth-1:0] centred, s2_centred_q, s3_centred_q;
    logic signed [GammaWidth-1:0] gamma, s3_gamma_q;
    logic signed [BetaWidth-1:0] beta;
    logic signed [HalvesWidth-1:0] base;
    logic [GapWidth-1:0] gap, s3_gap_q;
    logic signed [OffsetWidth-1:0] offset, s3_offset_q;
    logic signed [ScaledWidth-1:0] s5_scaled;
    logic signed [DecisionWidth-1:0] scaled, s5_shift, s6_low_q, s6_high_q;
    logic [RootWidth+GapWidth-1:0] s4_gap_q, s5_gap_q;
    logic up_here, up_meets, down_here, down_meets;
    logic [3:0] s3_kind_q, s4_kind_q, s5_kind_q, s6_kind_q;
    logic is_channel;

    assign x = s1_acc_q[AccWidth*j+:AccWidth];
    assign centred =
        CentredWidth'(x) * CentredWidth'($signed({1'b0, 32'(Channels)})) - CentredWidth'(s1_sum_q);

    level_edges #(
      .LevelWidth(LevelWidth),
      .LevelMin(LevelMin),
      .LevelMax(LevelMax),
      .HalvesWidth(HalvesWidth),
      .GapWidth(GapWidth),
      .File(EdgeFile)
    ) u_edges (
      .clk_i,
      .enable_i(advance),
      .level_i(s1_level[LevelWidth*j+:LevelWidth]),
      .base_o(base),
      .gap_o(gap),
      .up_here_o(up_here),
      .up_meets_o(up_meets),
      .down_here_o(down_here),
      .down_meets_o(down_meets)
    );

    assign scaled = DecisionWidth'(s5_scaled) <<< RootFraction;
    assign gamma = s2_const_q[ConstWidth*j+:GammaWidth];
    assign beta = s2_const_q[ConstWidth*j+GammaWidth+:BetaWidth];
    assign offset = OffsetWidth'(beta) - (OffsetWidth'(base) <<< (Fraction - 1));

    always_ff @(posedge clk_i) begin
      if (advance) begin
        s2_centred_q <= centred;
        s3_centred_q <= s2_centred_q;
        s3_gamma_q <= gamma;
        s3_offset_q <= offset;
        s3_gap_q <= gap;
        s3_kind_q <= {up_here, up_meets, down_here, down_meets};
        s4_gap_q <= (RootWidth + GapWidth)'(s3_gap_q) * (RootWidth + GapWidth)'(s3_root_q);
        s4_kind_q <= s3_kind_q;
        s5_gap_q <= s4_gap_q;
        s5_kind_q <= s4_kind_q;
        // What the element has above its lower and its upper boundary.
        s6_low_q <= scaled + s5_shift;
        s6_high_q <= scaled + (s5_shift - (DecisionWidth'($signed({1'b0, s5_gap_q})) <<<
                     (Fraction - 1)));
        s6_kind_q <= s5_kind_q;
      end
    end

    wide_product #(
      .AWidth(GammaWidth),
      .BWidth(CentredWidth),
      .Width(ScaledWidth)
    ) u_scaled (
      .clk_i,
      .enable_i(advance),
      .a_i(s3_gamma_q),
      .b_i(s3_centred_q),
      .product_o(s5_scaled)
    );

    wide_product #(
      .AWidth(OffsetWidth),
      .BWidth(RootWidth + 1),
      .Width(DecisionWidth)
    ) u_shift (
      .clk_i,
      .enable_i(advance),
      .a_i(s3_offset_q),
      .b_i({1'b0, s3_root_q}),
      .product_o(s5_shift)
    );

    assign is_channel = j < Tail || !s6_tail_q;
    assign s6_up[j] = is_channel && s6_kind_q[3] &&
                      !s6_high_q[DecisionWidth-1] && (s6_kind_q[2] || s6_high_q != '0);
    assign s6_down[j] = is_channel && s6_kind_q[1] &&
                        (s6_low_q[DecisionWidth-1] || (!s6_kind_q[0] && s6_low_q == '0));
  end

  // ---------------------------------------------------------------------------- spikes
  logic [RowWidth-1:0] state_row;
  logic [AddrWidth-1:0] state_addr;
  logic [Lanes*LevelWidth-1:0] state_level;

  row_fire #(
    .Rows(Rows),
    .Channels(Channels),
    .Lanes(Lanes),
    .LevelWidth(LevelWidth),
    .LevelMin(LevelMin),
    .LevelMax(LevelMax)
  ) u_back (
    .clk_i,
    .rst_i,
    .level_enable_i(advance),
    .level_addr_i(row_addr),
    .level_first_i(row_info[4]),
    .level_o(s1_level),
    .in_valid_i(s6_valid_q),
    .in_ready_o(back_ready),
    .in_up_i(s6_up),
    .in_down_i(s6_down),
    .in_level_i(s6_level_q),
    .in_addr_i(s6_position_q[InfoWidth+2+:AddrWidth]),
    .in_skip_i(s6_position_q[InfoWidth+1]),
    .in_row_end_i(s6_position_q[InfoWidth]),
    .in_info_i(s6_position_q[InfoWidth-1:0]),
    .out_valid_o,
    .out_ready_i,
    .out_nz_o,
    .out_neg_o,
    .out_skip_o,
    .out_last_o,
    .out_quiet_o,
    .spikes_o,
    .state_level_o(state_level),
    .state_row_o(state_row),
    .state_addr_o(state_addr),
    .done_o(done),
    .done_row_o(done_row),
    .done_parity_o(done_parity),
    .done_step_end_o(done_step_end),
    .done_fired_o(done_fired)
  );

  row_taps #(
    .Rows(Rows),
    .Channels(Channels),
    .Lanes(Lanes),
    .AccWidth(AccWidth),
    .LevelWidth(LevelWidth),
    .StageId(StageId)
  ) u_row_taps (
    .clk_i,
    .rst_i,
    .acc_taken_i(front_valid && front_ready && !front_skip),
    .acc_addr_i(front_addr),
    .acc_i(front_acc),
    .out_valid_i(out_valid_o),
    .out_ready_i,
    .out_nz_i(out_nz_o),
    .out_neg_i(out_neg_o),
    .out_skip_i(out_skip_o),
    .out_last_i(out_last_o),
    .out_quiet_i(out_quiet_o),
    .level_i(state_level),
    .row_i(state_row),
    .addr_i(state_addr)
  );

endmodule

`default_nettype wire
