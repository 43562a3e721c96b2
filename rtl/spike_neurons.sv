/// Array of ST-BIF+ neurons: one ternary spike per neuron and time-step.
///
/// Line rule (`UseTable` = 0), with V the membrane and S the tracer of a neuron of channel c:
///
///     V' = V + (delta <<< Fraction)
///     spike = +1 if V' >= theta(c) and S < LevelMax;  -1 if V' < 0 and S > LevelMin;  else 0
///     V := V' - theta(c) * spike;  S := S + spike
///
/// Table rule (`UseTable` = 1), with V the accumulated integer itself:
///
///     V' = V + delta
///     spike = +1 if S < LevelMax and V' >= T(c, S+1);  -1 if S > LevelMin and V' < T(c, S);  else 0
///     V := V';  S := S + spike
///
/// Contract: one time-step out for each time-step in; once the input is final (its time-step had
/// `last`), further time-steps with delta = 0 follow by themselves. The output is `last` at the first
/// time-step, not before the input's final one, in which no neuron fired, or at `t_max_i`. `quiet`
/// goes with `last` if nothing fired and the input ended quiet. Input that comes after a stop by
/// `t_max_i` is taken and dropped up to its final time-step. At a sample's first time-step the state
/// is (v0, 0) whatever the memory holds, so samples follow each other without a clearing pass.
///
/// A row that cannot change (no input, and nothing fired in its time-step before) is one skip beat,
/// unless `SkipRows` is 0.
/// Throughput: one chunk a cycle. A chunk is taken up again at the earliest 4 cycles after it was
/// last, which holds arrays with fewer than 4 chunks back; a new time-step of the array's own starts
/// once it is known that something fired. Latency: 3 cycles.
/// Back-pressure: all stages stand still while the output is not taken.
module spike_neurons #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Neurons of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of the signed membrane; must hold V' before the spike is taken off.
  parameter int unsigned MembraneWidth = 16,
  /// Bits of the signed tracer; must hold LevelMin and LevelMax.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Fraction bits of the membrane against a delta; 0 with the table rule.
  parameter int unsigned Fraction = 0,
  /// Bits of the unsigned threshold (line rule).
  parameter int unsigned ThetaWidth = 8,
  /// 0: line rule; 1: table rule.
  parameter int unsigned UseTable = 0,
  /// Bits of a signed threshold (table rule).
  parameter int unsigned TableWidth = 16,
  /// Line rule: image of one word a chunk, lane j at [(MembraneWidth+ThetaWidth)*j +: ...] as
  /// {theta, v0}. Padding lanes: theta = 1, v0 = 0. "": all zero, for elaboration alone.
  parameter ConstFile = "",
  /// Table rule: images `<TableFile>_<jj>.hex` for lane jj = 00, 01, ... of
  /// `Chunks * (LevelMax - LevelMin)` words each, T(c, k) at
  /// chunk * (LevelMax - LevelMin) + (k - LevelMin - 1). Padding lanes: 1 for k > 0, else 0.
  parameter TableFile = "",
  /// 1: an idle row may leave as one skip beat. 0: every row leaves as all its chunks, as a reader
  /// needs that divides the same chunks into other rows. Skip beats that come in are taken either way.
  parameter int unsigned SkipRows = 1,
  /// Number of this stage in the design, for co-simulation taps.
  parameter int unsigned StageId = 0
) (
  input  logic                         clk_i,
  input  logic                         rst_i,
  /// Time-steps allowed a sample, 0 = no limit; stable while a sample is inside.
  input  logic [15:0]                  t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  logic                         stop_i,
  input  logic [15:0]                  stop_sample_i,
  /// Delta stream in.
  input  logic                         in_valid_i,
  output logic                         in_ready_o,
  input  logic [Lanes*DeltaWidth-1:0]  in_delta_i,
  input  logic                         in_skip_i,
  input  logic                         in_last_i,
  input  logic                         in_quiet_i,
  /// Spike stream out.
  output logic                         out_valid_o,
  input  logic                         out_ready_i,
  output logic [Lanes-1:0]             out_nz_o,
  output logic [Lanes-1:0]             out_neg_o,
  output logic                         out_skip_o,
  output logic                         out_last_o,
  output logic                         out_quiet_o,
  /// Spikes sent in this cycle.
  output logic [$clog2(Lanes+1)-1:0]   spikes_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned Words = Rows * Chunks;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned NeuronWidth = MembraneWidth + LevelWidth;
  localparam int unsigned StateWidth = Lanes * NeuronWidth;
  localparam int unsigned CountWidth = $clog2(Lanes + 1);
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);
  localparam bit signed [LevelWidth-1:0] LevelLow = LevelWidth'(LevelMin);
  localparam bit signed [LevelWidth-1:0] LevelHigh = LevelWidth'(LevelMax);

  if (Rows < 1 || Channels < 1 || Lanes < 1 || DeltaWidth < 1 || LevelMin > 0 || LevelMax < 0 ||
      LevelMax <= LevelMin || LevelMax >= 2 ** (LevelWidth - 1) ||
      LevelMin < -(2 ** (LevelWidth - 1)) || MembraneWidth < DeltaWidth + Fraction ||
      (UseTable != 0 && Fraction != 0) || Lanes > 100 || StageId > 65535) begin : gen_bad_parameters
    $error("spike_neurons: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- issue
  // Position of the next beat, and what is known of the sample.
  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic [AddrWidth-1:0] addr_q;
  logic [15:0] step_q;
  logic [1:0] tag_q;
  // first_q: first time-step of the sample. self_q: the input is final, the time-step has none.
  // decide_q: whether there is such a time-step depends on the one before. drop_q: stopped by
  // t_max_i before the input was final.
  logic first_q, self_q, self_quiet_q, decide_q, drop_q;

  // The three stages behind the issue: s1 has read the state, s2 has V', s3 is the output register.
  logic s1_valid_q, s2_valid_q, s3_valid_q;
  logic s1_skip_q, s2_skip_q, s3_skip_q;
  logic s1_row_end_q, s2_row_end_q, s3_row_end_q;
  logic s1_step_end_q, s2_step_end_q, s3_step_end_q;
  logic s1_final_q, s2_final_q, s3_final_q;
  logic s1_limit_q, s2_limit_q, s3_limit_q;
  logic s1_quiet_q, s2_quiet_q, s3_quiet_q;
  logic [1:0] s1_tag_q, s2_tag_q, s3_tag_q;
  logic [RowWidth-1:0] s1_row_q, s2_row_q, s3_row_q;
  logic [ChunkWidth-1:0] s1_chunk_q, s2_chunk_q, s3_chunk_q;
  logic [AddrWidth-1:0] s1_addr_q, s2_addr_q, s3_addr_q;
  logic s1_first_q;
  logic [Lanes*DeltaWidth-1:0] s1_delta_q;
  logic [Lanes-1:0] s3_nz_q, s3_neg_q;

  logic advance;
  assign advance = !s3_valid_q || out_ready_i;

  // What has fired so far: in the time-step and in the row whose beat is in s3 or comes there next.
  logic step_fired_q, row_fired_q, s3_fired, s3_leaves;
  logic [1:0] fired_tag_q;
  assign s3_fired = s3_valid_q && s3_nz_q != '0;
  assign s3_leaves = s3_valid_q && out_ready_i;

  // The awaited time-step is the one issued last. `go_on`: something fired in it.
  logic [1:0] awaited_tag;
  logic go_on, ended;
  assign awaited_tag = tag_q - 2'd1;
  assign go_on = (s3_fired && s3_tag_q == awaited_tag) ||
      (step_fired_q && fired_tag_q == awaited_tag);
  assign ended = decide_q && !go_on && s3_valid_q && s3_step_end_q && s3_tag_q == awaited_tag;

  // A row is active unless its time-step before is over and nothing fired in it.
  logic rows_active_q[Rows];
  logic row_in_flight, row_idle;
  assign row_in_flight = (s1_valid_q && !s1_skip_q && s1_row_q == row_q) ||
      (s2_valid_q && !s2_skip_q && s2_row_q == row_q) ||
      (s3_valid_q && !s3_skip_q && s3_row_q == row_q);
  assign row_idle = !first_q && !row_in_flight && !rows_active_q[row_q];

  logic hazard;
  assign hazard = (s1_valid_q && !s1_skip_q && s1_addr_q == addr_q) ||
      (s2_valid_q && !s2_skip_q && s2_addr_q == addr_q) ||
      (s3_valid_q && !s3_skip_q && s3_addr_q == addr_q);

  logic no_input, skip, row_end, step_end, ready, issue;
  assign no_input = self_q || in_skip_i;
  assign skip = SkipRows != 0 && no_input && chunk_q == '0 && row_idle;
  assign row_end = skip || chunk_q == ChunkLast;
  assign step_end = row_end && row_q == RowLast;
  assign ready = advance && !drop_q && (!decide_q || go_on) && (skip || !hazard);
  assign issue = ready && (self_q || in_valid_i);
  assign in_ready_o = drop_q || (ready && !self_q && (!in_skip_i || row_end));

  logic stop_hit;
  sample_stop u_stop (
    .clk_i,
    .rst_i,
    .stop_i,
    .stop_sample_i,
    .end_i(issue && step_end ? at_limit : ended),
    .hit_o(stop_hit)
  );

  logic at_limit, step_final, step_quiet;
  assign at_limit = stop_hit || (t_max_i != '0 && step_q == t_max_i);
  assign step_final = self_q || in_last_i;
  assign step_quiet = self_q ? self_quiet_q : in_quiet_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      addr_q <= '0;
      step_q <= 16'd1;
      tag_q <= '0;
      first_q <= 1'b1;
      self_q <= 1'b0;
      self_quiet_q <= 1'b0;
      decide_q <= 1'b0;
      drop_q <= 1'b0;
    end else begin
      if (go_on) decide_q <= 1'b0;
      if (drop_q && in_valid_i && in_last_i) drop_q <= 1'b0;
      if (issue) begin
        if (row_end) begin
          row_q <= step_end ? '0 : row_q + RowWidth'(1);
          chunk_q <= '0;
        end else begin
          chunk_q <= chunk_q + ChunkWidth'(1);
        end
        if (step_end) addr_q <= '0;
        else if (skip) addr_q <= addr_q + AddrWidth'(Chunks);
        else addr_q <= addr_q + AddrWidth'(1);
      end
      if (issue && step_end) begin
        tag_q <= tag_q + 2'd1;
        if (at_limit) begin
          step_q <= 16'd1;
          first_q <= 1'b1;
          self_q <= 1'b0;
          drop_q <= !step_final;
        end else begin
          step_q <= step_q + 16'd1;
          first_q <= 1'b0;
          self_q <= step_final;
          self_quiet_q <= step_quiet;
          decide_q <= step_final;
        end
      end else if (ended) begin
        step_q <= 16'd1;
        first_q <= 1'b1;
        self_q <= 1'b0;
        decide_q <= 1'b0;
      end
    end
  end

  // ---------------------------------------------------------------------------- state
  logic [StateWidth-1:0] s1_state, s3_state;

  sync_ram #(
    .Width(StateWidth),
    .Depth(Words)
  ) u_state (
    .clk_i,
    .read_enable_i(advance),
    .read_addr_i(addr_q),
    .read_data_o(s1_state),
    .write_enable_i(s3_leaves && !s3_skip_q),
    .write_addr_i(s3_addr_q),
    .write_data_i(s3_state)
  );

  // ---------------------------------------------------------------------------- stages
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
      s1_skip_q <= skip;
      s1_row_end_q <= row_end;
      s1_step_end_q <= step_end;
      s1_final_q <= step_final;
      s1_limit_q <= at_limit;
      s1_quiet_q <= step_quiet;
      s1_tag_q <= tag_q;
      s1_row_q <= row_q;
      s1_chunk_q <= chunk_q;
      s1_addr_q <= addr_q;
      s1_first_q <= first_q;
      s1_delta_q <= no_input ? '0 : in_delta_i;

      s2_skip_q <= s1_skip_q;
      s2_row_end_q <= s1_row_end_q;
      s2_step_end_q <= s1_step_end_q;
      s2_final_q <= s1_final_q;
      s2_limit_q <= s1_limit_q;
      s2_quiet_q <= s1_quiet_q;
      s2_tag_q <= s1_tag_q;
      s2_row_q <= s1_row_q;
      s2_chunk_q <= s1_chunk_q;
      s2_addr_q <= s1_addr_q;

      s3_skip_q <= s2_skip_q;
      s3_row_end_q <= s2_row_end_q;
      s3_step_end_q <= s2_step_end_q;
      s3_final_q <= s2_final_q;
      s3_limit_q <= s2_limit_q;
      s3_quiet_q <= s2_quiet_q;
      s3_tag_q <= s2_tag_q;
      s3_row_q <= s2_row_q;
      s3_chunk_q <= s2_chunk_q;
      s3_addr_q <= s2_addr_q;
    end
  end

  // ---------------------------------------------------------------------------- neurons
  logic [Lanes*MembraneWidth-1:0] s1_start;
  logic [Lanes-1:0] s2_up, s2_down;
  logic [Lanes*MembraneWidth-1:0] s2_new_v;

  // V' and the tracer, the same for both rules.
  logic [Lanes*MembraneWidth-1:0] s2_v_q, s3_v_q;
  logic [Lanes*LevelWidth-1:0] s1_level, s2_level_q, s3_level_q;
  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [MembraneWidth-1:0] start, delta, sum;
    logic signed [LevelWidth-1:0] level, new_level;
    assign start = s1_first_q ? s1_start[MembraneWidth*j+:MembraneWidth]
        : s1_state[NeuronWidth*j+:MembraneWidth];
    assign delta = MembraneWidth'($signed(s1_delta_q[DeltaWidth*j+:DeltaWidth])) <<< Fraction;
    assign sum = start + delta;
    assign s1_level[LevelWidth*j+:LevelWidth] =
        s1_first_q ? '0 : s1_state[NeuronWidth*j+MembraneWidth+:LevelWidth];

    assign level = s2_level_q[LevelWidth*j+:LevelWidth];
    always_comb begin
      new_level = level;
      if (s2_up[j]) new_level = level + LevelWidth'(1);
      else if (s2_down[j]) new_level = level - LevelWidth'(1);
    end

    always_ff @(posedge clk_i) begin
      if (advance) begin
        s2_v_q[MembraneWidth*j+:MembraneWidth] <= sum;
        s2_level_q[LevelWidth*j+:LevelWidth] <= s1_level[LevelWidth*j+:LevelWidth];
        s3_v_q[MembraneWidth*j+:MembraneWidth] <= s2_new_v[MembraneWidth*j+:MembraneWidth];
        s3_level_q[LevelWidth*j+:LevelWidth] <= new_level;
        s3_nz_q[j] <= !s2_skip_q && (s2_up[j] || s2_down[j]);
        s3_neg_q[j] <= !s2_skip_q && s2_down[j];
      end
    end

    assign s3_state[NeuronWidth*j+:NeuronWidth] = {
      s3_level_q[LevelWidth*j+:LevelWidth], s3_v_q[MembraneWidth*j+:MembraneWidth]
    };

`ifndef SYNTHESIS
    logic signed [MembraneWidth:0] exact;
    assign exact = (MembraneWidth + 1)'(start) + (MembraneWidth + 1)'(delta);
    always_ff @(posedge clk_i) begin
      if (!rst_i && s1_valid_q && !s1_skip_q) begin
        a_no_overflow : assert (exact == (MembraneWidth + 1)'(sum));
      end
      if (!rst_i && s3_valid_q && !s3_skip_q) begin
        a_level_in_range :
        assert ($signed(s3_level_q[LevelWidth*j+:LevelWidth]) >= LevelLow &&
                $signed(s3_level_q[LevelWidth*j+:LevelWidth]) <= LevelHigh);
        a_padding_is_zero :
        assert (!s3_nz_q[j] || int'(s3_chunk_q) * int'(Lanes) + j < int'(Channels));
      end
    end
`endif
  end

  if (UseTable == 0) begin : gen_line
    localparam int unsigned ConstWidth = MembraneWidth + ThetaWidth;
    // One bit more than both operands need, for the sign of V' - theta.
    localparam int unsigned DiffWidth =
        ((MembraneWidth > ThetaWidth + 1) ? MembraneWidth : ThetaWidth + 1) + 1;
    logic [Lanes*ConstWidth-1:0] s1_const;
    logic [Lanes*ThetaWidth-1:0] s2_theta_q;

    sync_rom #(
      .Width(Lanes * ConstWidth),
      .Depth(Chunks),
      .File (ConstFile)
    ) u_constants (
      .clk_i,
      .enable_i(advance),
      .addr_i  (chunk_q),
      .data_o  (s1_const)
    );

    for (genvar j = 0; j < Lanes; j++) begin : gen_rule
      logic signed [MembraneWidth-1:0] v;
      logic signed [DiffWidth-1:0] wide_v, theta, moved;
      logic signed [LevelWidth-1:0] level;
      assign s1_start[MembraneWidth*j+:MembraneWidth] = s1_const[ConstWidth*j+:MembraneWidth];
      always_ff @(posedge clk_i) begin
        if (advance) begin
          s2_theta_q[ThetaWidth*j+:ThetaWidth] <=
              s1_const[ConstWidth*j+MembraneWidth+:ThetaWidth];
        end
      end

      // One adder serves both directions: V' < 0 can only fire down, V' >= 0 only up.
      assign v = s2_v_q[MembraneWidth*j+:MembraneWidth];
      assign wide_v = DiffWidth'(v);
      assign theta = DiffWidth'({1'b0, s2_theta_q[ThetaWidth*j+:ThetaWidth]});
      assign moved = v[MembraneWidth-1] ? wide_v + theta : wide_v - theta;
      assign level = s2_level_q[LevelWidth*j+:LevelWidth];
      assign s2_up[j] = !v[MembraneWidth-1] && !moved[DiffWidth-1] && level != LevelHigh;
      assign s2_down[j] = v[MembraneWidth-1] && level != LevelLow;
      assign s2_new_v[MembraneWidth*j+:MembraneWidth] =
          (s2_up[j] || s2_down[j]) ? moved[MembraneWidth-1:0] : v;
    end
  end else begin : gen_table
    // Thresholds of one channel, and the table's address bits.
    localparam int unsigned Steps = LevelMax - LevelMin;
    localparam int unsigned TableDepth = Chunks * Steps;
    localparam int unsigned TableAddrWidth = (TableDepth > 1) ? $clog2(TableDepth) : 1;
    assign s1_start = '0;
    assign s2_new_v = s2_v_q;

    // First table entry of the chunk.
    logic [TableAddrWidth-1:0] base_q, s1_base_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) base_q <= '0;
      else if (issue) base_q <= row_end ? '0 : base_q + TableAddrWidth'(Steps);
      if (advance) s1_base_q <= base_q;
    end

    for (genvar j = 0; j < Lanes; j++) begin : gen_rule
      // The lane's image: two decimal digits behind the base name.
      localparam bit [7:0] Tens = 8'd48 + 8'(j / 10);
      localparam bit [7:0] Ones = 8'd48 + 8'(j % 10);
      logic signed [MembraneWidth-1:0] v;
      logic signed [LevelWidth-1:0] s1_lane_level, s2_lane_level;
      logic [TableAddrWidth-1:0] index, index_up, index_down;
      logic [TableWidth-1:0] bound_up, bound_down;

      // Entry S - LevelMin is T(S+1), the one before it T(S); at the ends of the range one of the
      // two does not exist and its result is not used.
      assign s1_lane_level = s1_level[LevelWidth*j+:LevelWidth];
      assign s2_lane_level = s2_level_q[LevelWidth*j+:LevelWidth];
      assign index = TableAddrWidth'(s1_lane_level) - TableAddrWidth'(LevelLow);
      assign index_up = (s1_lane_level == LevelHigh) ? '0 : index;
      assign index_down = (s1_lane_level == LevelLow) ? '0 : index - TableAddrWidth'(1);

      threshold_rom #(
        .Width(TableWidth),
        .Depth(TableDepth),
        .File (TableFile == "" ? "" : {TableFile, "_", Tens, Ones, ".hex"})
      ) u_thresholds (
        .clk_i,
        .enable_i(advance),
        .addr_a_i(s1_base_q + index_up),
        .addr_b_i(s1_base_q + index_down),
        .data_a_o(bound_up),
        .data_b_o(bound_down)
      );

      localparam int unsigned CompareWidth =
          (MembraneWidth > TableWidth) ? MembraneWidth : TableWidth;
      logic signed [CompareWidth-1:0] wide_v, wide_up, wide_down;
      assign v = s2_v_q[MembraneWidth*j+:MembraneWidth];
      assign wide_v = CompareWidth'(v);
      assign wide_up = CompareWidth'($signed(bound_up));
      assign wide_down = CompareWidth'($signed(bound_down));
      assign s2_up[j] = s2_lane_level != LevelHigh && wide_v >= wide_up;
      assign s2_down[j] = s2_lane_level != LevelLow && wide_v < wide_down;
    end
  end

  // ---------------------------------------------------------------------------- output
  logic step_fired, last;
  assign step_fired = s3_fired || step_fired_q;
  assign last = s3_step_end_q && (s3_limit_q || (s3_final_q && !step_fired));

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      step_fired_q <= 1'b0;
      row_fired_q <= 1'b0;
      fired_tag_q <= '0;
    end else if (s3_leaves) begin
      step_fired_q <= !s3_step_end_q && step_fired;
      row_fired_q <= !s3_row_end_q && (s3_fired || row_fired_q);
      if (s3_step_end_q) fired_tag_q <= fired_tag_q + 2'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s3_leaves && s3_row_end_q && !s3_skip_q) begin
      rows_active_q[s3_row_q] <= s3_fired || row_fired_q;
    end
  end

  logic [CountWidth-1:0] spikes;
  always_comb begin
    spikes = '0;
    for (int unsigned j = 0; j < Lanes; j++) spikes = spikes + CountWidth'(s3_nz_q[j]);
  end

  assign out_valid_o = s3_valid_q;
  assign out_nz_o = s3_nz_q;
  assign out_neg_o = s3_neg_q;
  assign out_skip_o = s3_skip_q;
  assign out_last_o = last;
  assign out_quiet_o = last && s3_quiet_q && !step_fired;
  assign spikes_o = s3_leaves ? spikes : '0;

  // Taps for co-simulation, valid with an output beat that is not a skip beat: membrane and tracer
  // after this time-step, and whose they are.
  logic [Lanes*MembraneWidth-1:0] tap_v;
  logic [Lanes*LevelWidth-1:0] tap_s;
  logic [RowWidth-1:0] tap_row;
  logic [ChunkWidth-1:0] tap_chunk;
  assign tap_v = s3_v_q;
  assign tap_s = s3_level_q;
  assign tap_row = s3_row_q;
  assign tap_chunk = s3_chunk_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(Lanes * DeltaWidth + 3)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i ({in_delta_i, in_skip_i, in_last_i, in_quiet_i})
  );
  stream_check #(
    .Width(2 * Lanes + 3)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(out_valid_o),
    .ready_i(out_ready_i),
    .data_i ({out_nz_o, out_neg_o, out_skip_o, out_last_o, out_quiet_o})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      if (issue && !self_q) begin
        a_last_ends_step : assert (step_end || !in_last_i || in_skip_i);
        a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);
      end
      a_skip_allowed : assert (SkipRows != 0 || !out_valid_o || !out_skip_o);
      a_in_range : assert (int'(addr_q) < int'(Words) && int'(row_q) < int'(Rows));
      a_address : assert (int'(tap_row) * int'(Chunks) + int'(tap_chunk) == int'(s3_addr_q) ||
                          !s3_valid_q);
      a_source_stops : assert (!(issue && step_end && at_limit && self_q && drop_q));
      a_taps_known : assert (tap_v == s3_v_q && tap_s == s3_level_q);
    end
  end
`endif

endmodule
