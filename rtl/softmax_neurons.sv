`default_nettype none

/// Spike-softmax: ST-BIF+ neurons that track the quantised softmax of groups of accumulated scores. No
/// division.
///
/// A row has `Groups` groups (heads) of `GroupPad` channels, of which the first `Tokens` are scores
/// and the others are unused. With A the accumulated scores of a group:
///
///     e_j = table[max A - A_j]        Z = Scale * sum of e
///     level k is reached when e_j * 2^ScaleFraction >= halves(k) * Z
///
/// (> for an exclusive boundary); a neuron goes a level up or down a time-step. Scores that the mask
/// excludes enter neither maximum nor sum, and their neurons never fire.
///
/// Contract: time-steps, flags and skip beats as in `row_accumulate` and `row_fire`; with `UseMask` one
/// mask a sample is taken, bit j excluding score j of every group.
/// Structure: `row_accumulate` -> a group waits in a FIFO until its maximum is known -> table -> it waits
/// until its sum is known -> decision -> `row_fire`. Multipliers: one for the sum, two small ones a
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
  /// Mask stream in; without masks not read.
  input  wire logic                        mask_valid_i,
  output      logic                        mask_ready_o,
  input  wire logic [Tokens-1:0]           mask_i,
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

  localparam int unsigned Channels = Groups * GroupPad;
  localparam int unsigned Chunks = Channels / Lanes;
  localparam int unsigned GroupChunks = GroupPad / Lanes;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1;
  localparam int unsigned InfoWidth = RowWidth + 6;
  // {address, end of the row, info}
  localparam int unsigned PositionWidth = AddrWidth + InfoWidth + 1;
  localparam int unsigned ScaledWidth = SumWidth + ScaleWidth;

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

  // ---------------------------------------------------------------------------- exponentials
  // The first beat of row 0 in the first time-step is there once per sample.
  logic exps_ready, front_group_end;
  logic [Lanes-1:0] excluded;

  group_mask #(
    .GroupPad(GroupPad),
    .Tokens(Tokens),
    .Lanes(Lanes),
    .UseMask(UseMask)
  ) u_mask (
    .clk_i,
    .rst_i,
    .mask_valid_i,
    .mask_ready_o,
    .mask_i,
    .ready_i(front_valid && exps_ready),
    .taken_i(front_ready),
    .first_i(front_info[4] && front_addr == '0),
    .skip_i(front_skip),
    .ready_o(front_ready),
    .excluded_o(excluded),
    .group_end_o(front_group_end)
  );

  logic exp_valid, exp_skip, advance;
  logic [Lanes*ExpWidth-1:0] exp;
  logic [Lanes-1:0] exp_excluded;
  logic [ScaledWidth-1:0] scaled;
  logic [PositionWidth-1:0] exp_position;
  softmax_exps #(
    .GroupChunks(GroupChunks),
    .Lanes(Lanes),
    .AccWidth(AccWidth),
    .TableSize(TableSize),
    .ExpWidth(ExpWidth),
    .SumWidth(SumWidth),
    .ScaleWidth(ScaleWidth),
    .Scale(Scale),
    .TableFile(TableFile),
    .PositionWidth(PositionWidth)
  ) u_exps (
    .clk_i,
    .rst_i,
    .in_valid_i(front_ready),
    .in_ready_o(exps_ready),
    .in_acc_i(front_acc),
    .in_excluded_i(excluded),
    .in_skip_i(front_skip),
    .in_group_end_i(front_group_end),
    .in_position_i({front_addr, front_row_end, front_info}),
    .out_valid_o(exp_valid),
    .out_ready_i(advance),
    .out_exp_o(exp),
    .out_excluded_o(exp_excluded),
    .out_scaled_o(scaled),
    .out_skip_o(exp_skip),
    .out_position_o(exp_position)
  );

  // ---------------------------------------------------------------------------- decision
  // Five stages: tracers, boundaries, multiples of Z in two, what is above the boundaries.
  localparam int unsigned Stages = 5;
  localparam int unsigned TagWidth = PositionWidth + 1;
  logic [Stages-1:0] valid_q;
  logic [Stages*TagWidth-1:0] tag_q;
  logic back_ready, s5_skip;
  logic [PositionWidth-1:0] s5_position;
  logic [Lanes-1:0] s5_up, s5_down;
  logic [Lanes*LevelWidth-1:0] s1_level, s5_level;
  assign advance = !valid_q[Stages-1] || back_ready;
  assign {s5_skip, s5_position} = tag_q[TagWidth*(Stages-1)+:TagWidth];

  always_ff @(posedge clk_i) begin
    if (rst_i) valid_q <= '0;
    else if (advance) valid_q <= Stages'({valid_q, exp_valid});
    if (advance) tag_q <= (Stages * TagWidth)'({tag_q, exp_skip, exp_position});
  end

  softmax_decision #(
    .Lanes(Lanes),
    .ExpWidth(ExpWidth),
    .ScaledWidth(ScaledWidth),
    .ScaleFraction(ScaleFraction),
    .DecisionWidth(DecisionWidth),
    .LevelWidth(LevelWidth),
    .LevelMin(LevelMin),
    .LevelMax(LevelMax),
    .HalvesWidth(HalvesWidth),
    .GapWidth(GapWidth),
    .EdgeFile(EdgeFile)
  ) u_decision (
    .clk_i,
    .enable_i(advance),
    .exp_i(exp),
    .excluded_i(exp_excluded),
    .scaled_i(scaled),
    .level_i(s1_level),
    .up_o(s5_up),
    .down_o(s5_down),
    .level_o(s5_level)
  );

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
    .level_addr_i(exp_position[InfoWidth+1+:AddrWidth]),
    .level_first_i(exp_position[4]),
    .level_o(s1_level),
    .in_valid_i(valid_q[Stages-1]),
    .in_ready_o(back_ready),
    .in_up_i(s5_up),
    .in_down_i(s5_down),
    .in_level_i(s5_level),
    .in_addr_i(s5_position[InfoWidth+1+:AddrWidth]),
    .in_skip_i(s5_skip),
    .in_row_end_i(s5_position[InfoWidth]),
    .in_info_i(s5_position[InfoWidth-1:0]),
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
    .acc_taken_i(front_ready && !front_skip),
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
