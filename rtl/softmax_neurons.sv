/// Spike-softmax: ST-BIF+ neurons that track the quantised softmax of groups of accumulated scores. No
/// division.
///
/// A row has `Groups` groups (heads) of `GroupPad` channels, of which the first `Tokens` are scores
/// and the others are nothing. With A the accumulated scores of a group:
///
///     e_j = table[max A - A_j]        Z = Scale * sum of e
///     level k is reached when e_j * 2^ScaleFraction >= halves(k) * Z
///
/// (> for an exclusive boundary); a neuron goes a level up or down a time-step. Scores that the mask
/// excludes enter neither maximum nor sum, and their neurons never fire.
///
/// Contract: time-steps, flags and skip beats as in `row_front` and `row_back`; with `UseMask` one
/// mask a sample is taken, bit j excluding score j of every group.
/// Structure: `row_front` -> a group waits in a FIFO until its maximum is known -> table -> it waits
/// until its sum is known -> decision -> `row_back`. Multipliers: one for the sum, two small ones a
/// lane for the multiples of Z.
/// Throughput: one chunk a cycle; a row in which nothing can change takes one.
module softmax_neurons #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Groups of a row.
  parameter int unsigned Groups = 2,
  /// Channels of a group.
  parameter int unsigned GroupPad = 4,
  /// Scores of a group.
  parameter int unsigned Tokens = 4,
  /// Lanes of a chunk; divides `GroupPad`.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of a signed accumulated score.
  parameter int unsigned AccWidth = 16,
  /// Bits of the signed tracer; must hold LevelMin and LevelMax.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Entries of the table; beyond it there is 0.
  parameter int unsigned TableSize = 16,
  /// Bits of an unsigned entry.
  parameter int unsigned ExpWidth = 12,
  /// Bits of the unsigned sum of a group.
  parameter int unsigned SumWidth = 14,
  /// Bits of the unsigned scale.
  parameter int unsigned ScaleWidth = 10,
  /// Half the quantiser's scale, with `ScaleFraction` fraction bits.
  parameter bit [ScaleWidth-1:0] Scale = ScaleWidth'(1),
  parameter int unsigned ScaleFraction = 10,
  /// Bits of the signed decision, e * 2^ScaleFraction - halves * Z.
  parameter int unsigned DecisionWidth = 32,
  /// Bits of a signed boundary in half levels, and of the distance of two.
  parameter int unsigned HalvesWidth = 7,
  parameter int unsigned GapWidth = 2,
  /// 1: there are masks.
  parameter int unsigned UseMask = 0,
  /// Image of the table, an entry a word.
  parameter TableFile = "",
  /// Image of a word a level, from LevelMin: see `level_edges`.
  parameter EdgeFile = "",
  /// 1: an idle row may leave as one skip beat. 0: every row leaves as all its chunks.
  parameter int unsigned SkipRows = 1,
  /// Number of this stage in the design, for co-simulation taps.
  parameter int unsigned StageId = 0
) (
  input  logic                        clk_i,
  input  logic                        rst_i,
  /// Time-steps allowed a sample, 0 = no limit; stable while a sample is inside.
  input  logic [15:0]                 t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  logic                        stop_i,
  input  logic [15:0]                 stop_sample_i,
  /// Mask stream in; without masks not read.
  input  logic                        mask_valid_i,
  output logic                        mask_ready_o,
  input  logic [Tokens-1:0]           mask_i,
  /// Delta stream in.
  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  logic                        in_skip_i,
  input  logic                        in_last_i,
  input  logic                        in_quiet_i,
  /// Spike stream out.
  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic [Lanes-1:0]            out_nz_o,
  output logic [Lanes-1:0]            out_neg_o,
  output logic                        out_skip_o,
  output logic                        out_last_o,
  output logic                        out_quiet_o,
  /// Spikes sent in this cycle.
  output logic [$clog2(Lanes+1)-1:0]  spikes_o
);

  localparam int unsigned Channels = Groups * GroupPad;
  localparam int unsigned Chunks = Channels / Lanes;
  localparam int unsigned GroupChunks = GroupPad / Lanes;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned PartWidth = (GroupChunks > 1) ? $clog2(GroupChunks) : 1;
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1;
  localparam int unsigned InfoWidth = RowWidth + 6;
  localparam int unsigned PlaceWidth = AddrWidth + InfoWidth + 3;
  localparam bit [PartWidth-1:0] PartLast = PartWidth'(GroupChunks - 1);

  if (GroupChunks * Lanes != GroupPad || Tokens > GroupPad || Tokens < 1 || TableSize < 1 ||
      SumWidth < ExpWidth) begin : gen_bad_parameters
    $error("softmax_neurons: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- rows
  logic front_valid, front_ready, front_skip, front_row_end;
  logic [Lanes*AccWidth-1:0] front_acc;
  logic [AddrWidth-1:0] front_addr;
  logic [InfoWidth-1:0] front_info;
  logic done, done_parity, done_step_end, done_fired;
  logic [RowWidth-1:0] done_row;

  row_front #(
    .Rows(Rows),
    .Channels(Channels),
    .Lanes(Lanes),
    .DeltaWidth(DeltaWidth),
    .AccWidth(AccWidth),
    .SkipRows(SkipRows)
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

  // ---------------------------------------------------------------------------- excluded lanes
  // A sample's first beat takes the sample's mask. It is the first beat of row 0 in the first
  // time-step, of which there is one a sample, and it is never a skip beat.
  logic [PartWidth-1:0] part_q;
  logic mask_here, sample_begins, wait_ready, best_ready;
  logic [Tokens-1:0] mask, mask_q;
  logic [Lanes-1:0] excluded;
  assign sample_begins = front_info[4] && front_addr == '0;
  if (UseMask != 0) begin : gen_mask
    assign mask_here = mask_valid_i || !sample_begins;
    assign mask = sample_begins ? mask_i : mask_q;
    assign mask_ready_o = sample_begins && front_valid && wait_ready && best_ready;
    always_ff @(posedge clk_i) begin
      if (mask_ready_o && mask_valid_i) mask_q <= mask_i;
    end
  end else begin : gen_no_mask
    assign mask_here = 1'b1;
    assign mask = '0;
    assign mask_q = '0;
    assign mask_ready_o = 1'b0;
    logic unused_mask;
    assign unused_mask = ^{mask_valid_i, mask_i, mask_q, sample_begins};
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_excluded
    logic excluded_here;
    always_comb begin
      excluded_here = 1'b0;
      for (int unsigned p = 0; p < GroupChunks; p++) begin
        if (part_q == PartWidth'(p)) begin
          excluded_here = excluded_here |
              ((p * Lanes + j < Tokens) ? mask[(p*Lanes+j)%Tokens] : 1'b1);
        end
      end
    end
    assign excluded[j] = excluded_here;
  end

  // ---------------------------------------------------------------------------- maximum
  // s1: the chunk; then the group's maximum so far.
  logic front_part_end, front_taken;
  assign front_part_end = part_q == PartLast;
  assign front_taken = front_valid && front_ready;
  always_ff @(posedge clk_i) begin
    if (rst_i) part_q <= '0;
    else if (front_taken && !front_skip) part_q <= front_part_end ? '0 : part_q + PartWidth'(1);
  end

  logic best_valid_q, best_end_q, best_any, any_q, best_out;
  logic [Lanes*AccWidth-1:0] best_acc_q;
  logic [Lanes-1:0] best_excluded_q;
  logic signed [AccWidth-1:0] best, best_q;
  assign best_ready = !(best_valid_q && best_end_q) || best_out;

  always_comb begin
    best = best_q;
    best_any = any_q;
    for (int unsigned j = 0; j < Lanes; j++) begin
      if (!best_excluded_q[j]) begin
        if (!best_any || $signed(best_acc_q[AccWidth*j+:AccWidth]) > best) begin
          best = best_acc_q[AccWidth*j+:AccWidth];
        end
        best_any = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      best_valid_q <= 1'b0;
      any_q <= 1'b0;
    end else if (best_ready) begin
      best_valid_q <= front_taken && !front_skip;
      if (best_valid_q) any_q <= !best_end_q && best_any;
    end
    if (best_ready) begin
      if (best_valid_q) best_q <= best;
      best_acc_q <= front_acc;
      best_excluded_q <= excluded;
      best_end_q <= front_part_end;
    end
  end

  logic most_valid, most_taken;
  logic signed [AccWidth-1:0] most;
  stream_fifo #(
    .Width(AccWidth),
    .Depth(2)
  ) u_most (
    .clk_i,
    .rst_i,
    .in_valid_i(best_valid_q && best_end_q),
    .in_ready_o(best_out),
    .in_data_i(best_any ? best : '0),
    .out_valid_o(most_valid),
    .out_ready_i(most_taken),
    .out_data_o(most)
  );

  // ---------------------------------------------------------------------------- exponential
  // The scores wait for the maximum: a group that is looked up, one whose maximum is sought.
  assign front_ready = wait_ready && mask_here && (front_skip || best_ready);

  logic score_valid, score_ready, score_skip, score_part_end;
  logic [Lanes*AccWidth-1:0] score_acc;
  logic [Lanes-1:0] score_excluded;
  logic [PlaceWidth-1:0] score_place;
  stream_fifo #(
    .Width(Lanes * AccWidth + Lanes + PlaceWidth),
    .Depth(2 * GroupChunks + 3)
  ) u_scores (
    .clk_i,
    .rst_i,
    .in_valid_i(front_taken),
    .in_ready_o(wait_ready),
    .in_data_i({front_acc, excluded, front_addr, front_part_end, front_skip, front_row_end,
                front_info}),
    .out_valid_o(score_valid),
    .out_ready_i(score_ready),
    .out_data_o({score_acc, score_excluded, score_place})
  );
  assign score_skip = score_place[InfoWidth+1];
  assign score_part_end = score_place[InfoWidth+2];

  // e1: the table's output.
  localparam int unsigned TableAddrWidth = (TableSize > 1) ? $clog2(TableSize) : 1;
  logic look, look_ready, e1_valid_q, exp_ready;
  logic [PlaceWidth-1:0] e1_place_q;
  logic [Lanes-1:0] e1_excluded_q, e1_beyond_q;
  logic [Lanes*ExpWidth-1:0] e1_table, e1_exp;
  logic e1_ends, e1_leaves, e1_ready;
  assign look_ready = (!e1_valid_q || e1_ready) && (score_skip || most_valid);
  assign look = score_valid && look_ready;
  assign score_ready = look_ready;
  assign most_taken = look && !score_skip && score_part_end;

  for (genvar j = 0; j < Lanes; j++) begin : gen_exp
    logic signed [AccWidth-1:0] score;
    logic [AccWidth:0] distance;
    logic beyond;
    assign score = score_acc[AccWidth*j+:AccWidth];
    assign distance = (AccWidth + 1)'(most) - (AccWidth + 1)'(score);
    assign beyond = 64'(distance) >= 64'(TableSize);
    assign e1_exp[ExpWidth*j+:ExpWidth] =
        (e1_excluded_q[j] || e1_beyond_q[j]) ? '0 : e1_table[ExpWidth*j+:ExpWidth];
    always_ff @(posedge clk_i) begin
      if (!e1_valid_q || e1_ready) begin
        e1_beyond_q[j] <= beyond;
        e1_excluded_q[j] <= score_excluded[j];
      end
    end
    // Two lanes share a memory.
    if (j % 2 == 0) begin : gen_table
      localparam int unsigned Other = (j + 1 < Lanes) ? j + 1 : j;
      logic [TableAddrWidth-1:0] addr_other;
      logic [ExpWidth-1:0] data, data_other;
      assign addr_other = TableAddrWidth'((AccWidth + 1)'(most) -
          (AccWidth + 1)'($signed(score_acc[AccWidth*Other+:AccWidth])));
      threshold_rom #(
        .Width(ExpWidth),
        .Depth(TableSize),
        .File (TableFile)
      ) u_table (
        .clk_i,
        .enable_i(!e1_valid_q || e1_ready),
        .addr_a_i(TableAddrWidth'(distance)),
        .addr_b_i(addr_other),
        .data_a_o(data),
        .data_b_o(data_other)
      );
      assign e1_table[ExpWidth*j+:ExpWidth] = data;
      if (j + 1 < Lanes) begin : gen_other
        assign e1_table[ExpWidth*(j+1)+:ExpWidth] = data_other;
      end else begin : gen_alone
        logic unused_other;
        assign unused_other = ^data_other;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) e1_valid_q <= 1'b0;
    else if (!e1_valid_q || e1_ready) e1_valid_q <= look;
    if (!e1_valid_q || e1_ready) e1_place_q <= score_place;
  end

  // The sum of the group, which Z is made of when the group ends.
  logic [SumWidth-1:0] sum_q, sum;
  logic sum_ready, e1_skip;
  assign e1_skip = e1_place_q[InfoWidth+1];
  assign e1_ends = !e1_skip && e1_place_q[InfoWidth+2];
  assign e1_ready = exp_ready && (!e1_ends || sum_ready);
  assign e1_leaves = e1_valid_q && e1_ready;
  always_comb begin
    sum = sum_q;
    for (int unsigned j = 0; j < Lanes; j++) sum = sum + SumWidth'(e1_exp[ExpWidth*j+:ExpWidth]);
  end
  always_ff @(posedge clk_i) begin
    if (rst_i) sum_q <= '0;
    else if (e1_leaves && !e1_skip) sum_q <= e1_ends ? '0 : sum;
  end

  logic exp_valid, exp_taken;
  logic [Lanes*ExpWidth-1:0] exp;
  logic [Lanes-1:0] exp_excluded;
  logic [PlaceWidth-1:0] exp_place;
  stream_fifo #(
    .Width(Lanes * ExpWidth + Lanes + PlaceWidth),
    .Depth(2 * GroupChunks + 6)
  ) u_exps (
    .clk_i,
    .rst_i,
    .in_valid_i(e1_leaves),
    .in_ready_o(exp_ready),
    .in_data_i({e1_exp, e1_excluded_q, e1_place_q}),
    .out_valid_o(exp_valid),
    .out_ready_i(exp_taken),
    .out_data_o({exp, exp_excluded, exp_place})
  );

  // Z: the sum, its product, a FIFO.
  localparam int unsigned ScaledWidth = SumWidth + ScaleWidth;
  logic z1_valid_q, z2_valid_q, z_ready, scaled_valid, scaled_taken;
  logic [SumWidth-1:0] z1_sum_q;
  logic [ScaledWidth-1:0] z2_scaled_q, scaled;
  logic z_advance;
  assign z_advance = !z2_valid_q || z_ready;
  assign sum_ready = z_advance;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      z1_valid_q <= 1'b0;
      z2_valid_q <= 1'b0;
    end else if (z_advance) begin
      z1_valid_q <= e1_leaves && e1_ends;
      z2_valid_q <= z1_valid_q;
    end
    if (z_advance) begin
      z1_sum_q <= sum;
      z2_scaled_q <= ScaledWidth'(z1_sum_q) * ScaledWidth'(Scale);
    end
  end
  stream_fifo #(
    .Width(ScaledWidth),
    .Depth(2)
  ) u_scaled (
    .clk_i,
    .rst_i,
    .in_valid_i(z2_valid_q),
    .in_ready_o(z_ready),
    .in_data_i(z2_scaled_q),
    .out_valid_o(scaled_valid),
    .out_ready_i(scaled_taken),
    .out_data_o(scaled)
  );

  // ---------------------------------------------------------------------------- decision
  // s1: tracers. s2: boundaries. s3: multiples of Z. Then the comparison.
  logic advance, issue, exp_skip, exp_part_end, s3_valid_q, back_ready;
  assign exp_skip = exp_place[InfoWidth+1];
  assign exp_part_end = exp_place[InfoWidth+2];
  assign advance = !s3_valid_q || back_ready;
  assign exp_taken = advance && (exp_skip || scaled_valid);
  assign issue = exp_taken && exp_valid;
  assign scaled_taken = issue && !exp_skip && exp_part_end;

  logic s1_valid_q, s2_valid_q;
  logic [PlaceWidth-1:0] s1_place_q, s2_place_q, s3_place_q;
  logic [ScaledWidth-1:0] s1_scaled_q, s2_scaled_q;
  logic [Lanes*ExpWidth-1:0] s1_exp_q, s2_exp_q, s3_exp_q;
  logic [Lanes-1:0] s1_excluded_q, s2_excluded_q, s3_excluded_q, s3_up, s3_down;
  logic [Lanes*LevelWidth-1:0] s1_level, s2_level_q, s3_level_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
    end else if (advance) begin
      s1_valid_q <= issue;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
    end
    if (advance) begin
      s1_place_q <= exp_place;
      s1_scaled_q <= scaled;
      s1_exp_q <= exp;
      s1_excluded_q <= exp_excluded;
      s2_place_q <= s1_place_q;
      s2_scaled_q <= s1_scaled_q;
      s2_exp_q <= s1_exp_q;
      s2_excluded_q <= s1_excluded_q;
      s2_level_q <= s1_level;
      s3_place_q <= s2_place_q;
      s3_exp_q <= s2_exp_q;
      s3_excluded_q <= s2_excluded_q;
      s3_level_q <= s2_level_q;
    end
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [HalvesWidth-1:0] base;
    logic [GapWidth-1:0] gap;
    logic up_here, up_meets, down_here, down_meets;
    logic [3:0] s3_kind_q;
    logic signed [DecisionWidth-1:0] s3_base_q, s3_gap_q, low, high;

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

    always_ff @(posedge clk_i) begin
      if (advance) begin
        s3_base_q <= DecisionWidth'(base) * DecisionWidth'($signed({1'b0, s2_scaled_q}));
        s3_gap_q <= DecisionWidth'($signed({1'b0, gap})) *
                    DecisionWidth'($signed({1'b0, s2_scaled_q}));
        s3_kind_q <= {up_here, up_meets, down_here, down_meets};
      end
    end

    // What the element has above its lower and its upper boundary.
    assign low =
        (DecisionWidth'($signed({1'b0, s3_exp_q[ExpWidth*j+:ExpWidth]})) <<< ScaleFraction) -
        s3_base_q;
    assign high = low - s3_gap_q;
    assign s3_up[j] = !s3_excluded_q[j] && s3_kind_q[3] &&
                      !high[DecisionWidth-1] && (s3_kind_q[2] || high != '0);
    assign s3_down[j] = !s3_excluded_q[j] && s3_kind_q[1] &&
                        (low[DecisionWidth-1] || (!s3_kind_q[0] && low == '0));
  end

  logic unused_place;
  assign unused_place = s3_place_q[InfoWidth+2];

  // ---------------------------------------------------------------------------- spikes
  logic [RowWidth-1:0] state_row;
  logic [AddrWidth-1:0] state_addr;
  logic [Lanes*LevelWidth-1:0] state_level;

  row_back #(
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
    .level_addr_i(exp_place[InfoWidth+3+:AddrWidth]),
    .level_first_i(exp_place[4]),
    .level_o(s1_level),
    .in_valid_i(s3_valid_q),
    .in_ready_o(back_ready),
    .in_up_i(s3_up),
    .in_down_i(s3_down),
    .in_level_i(s3_level_q),
    .in_addr_i(s3_place_q[InfoWidth+3+:AddrWidth]),
    .in_skip_i(s3_place_q[InfoWidth+1]),
    .in_row_end_i(s3_place_q[InfoWidth]),
    .in_info_i(s3_place_q[InfoWidth-1:0]),
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
    .acc_taken_i(front_taken && !front_skip),
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
