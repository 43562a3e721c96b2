`default_nettype none

/// Array of ST-BIF+ neurons: one ternary spike per neuron and time-step.
///
/// Affine rule (`UseTable` = 0), with V the membrane and S the tracer of a neuron of channel c:
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
/// With `NonMonotone`, level k is reached, left and reached again as V' grows, and V' >= T(c, k) means
/// that it is; see `level_reached`.
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
/// Throughput: one chunk a cycle. A chunk is taken up again at the earliest 5 cycles after it was
/// last, which slows arrays with fewer than 5 chunks down; a new time-step of the array's own starts
/// once it is known that something fired. Latency: 5 cycles.
/// Back-pressure: a beat is taken only if there is room for it in the output's FIFO, so the stages
/// before that never stand still.
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
  /// Bits of the unsigned threshold (affine rule).
  parameter int unsigned ThetaWidth = 8,
  /// 0: affine rule; 1: table rule.
  parameter int unsigned UseTable = 0,
  /// Bits of a signed threshold (table rule).
  parameter int unsigned TableWidth = 16,
  /// 1: levels with several thresholds (table rule).
  parameter int unsigned NonMonotone = 0,
  /// Thresholds of a level; 1 unless `NonMonotone`.
  parameter int unsigned Crossings = 1,
  /// Affine rule: image of one word per chunk, lane j at [(MembraneWidth+ThetaWidth)*j +: ...] as
  /// {theta, v0}. Padding lanes: theta = 1, v0 = 0. "": all zero, for elaboration alone.
  parameter ConstFile = "",
  /// Table rule: images `<TableFile>_<jj>.hex` for lane jj = 00, 01, ... of
  /// `Chunks * (LevelMax - LevelMin)` words each, T(c, k) at
  /// chunk * (LevelMax - LevelMin) + (k - LevelMin - 1). Padding lanes: 1 for k > 0, else 0.
  /// `NonMonotone`: the words of `level_reached`; padding lanes: base for k <= 0, thresholds 1.
  parameter TableFile = "",
  /// 1: an idle row may leave as one skip beat. 0: every row leaves as all its chunks, as a reader
  /// needs that divides the same chunks into other rows. Skip beats that come in are taken either way.
  parameter int unsigned SkipRows = 1,
  /// 1: `stop_*` may name a sample. 0: it never does.
  parameter int unsigned Stops = 1,
  /// Number of this stage in the design, for co-simulation taps.
  parameter int unsigned StageId = 0
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Time-steps allowed per sample, 0 = no limit; stable while a sample is inside.
  input  wire logic [15:0]                  t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  wire logic                         stop_i,
  input  wire logic [15:0]                  stop_sample_i,
  /// Delta stream in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [Lanes*DeltaWidth-1:0]  in_delta_i,
  input  wire logic                         in_skip_i,
  input  wire logic                         in_last_i,
  input  wire logic                         in_quiet_i,
  /// Spike stream out.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic [Lanes-1:0]             out_nz_o,
  output      logic [Lanes-1:0]             out_neg_o,
  output      logic                         out_skip_o,
  output      logic                         out_last_o,
  output      logic                         out_quiet_o,
  /// Spikes sent in this cycle.
  output      logic [$clog2(Lanes+1)-1:0]   spikes_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned Words = Rows * Chunks;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned NeuronWidth = MembraneWidth + LevelWidth;
  localparam int unsigned StateWidth = Lanes * NeuronWidth;

  if (Rows < 1 || Channels < 1 || Lanes < 1 || DeltaWidth < 1 || LevelMin > 0 || LevelMax < 0 ||
      LevelMax <= LevelMin || LevelMax >= 2 ** (LevelWidth - 1) ||
      LevelMin < -(2 ** (LevelWidth - 1)) || MembraneWidth < DeltaWidth + Fraction ||
      (UseTable != 0 && Fraction != 0) || Crossings < 1 || (NonMonotone == 0 && Crossings != 1) ||
      Lanes > 100 || StageId > 65535) begin : gen_bad_parameters
    $error("spike_neurons: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- issue
  // A beat's position and time-step, which go with it through the stages behind the issue: at s0 the state's
  // memory is read, s1 has the state, s2 has V', s3 has the spike. `tag`: of the time-step's number.
  typedef struct packed {
    logic                  skip;
    logic                  row_end;
    logic                  step_end;
    logic                  final_step;
    logic                  limit;
    logic                  quiet;
    logic [1:0]            tag;
    logic [RowWidth-1:0]   row;
    logic [ChunkWidth-1:0] chunk;
    logic [AddrWidth-1:0]  addr;
  } position_t;
  position_t next, s0_q, s1_q, s2_q, s3_q;
  logic s0_valid_q, s1_valid_q, s2_valid_q, s3_valid_q, s0_first_q, s1_first_q;
  logic [Lanes*DeltaWidth-1:0] s0_delta_q, s1_delta_q;
  logic [Lanes-1:0] s3_nz_q, s3_neg_q;
  logic issue, first, no_input;

  // Whether the output has room for another beat.
  logic room;

  // The awaited time-step is the one issued last. `go_on`: something fired in it.
  logic step_fired, row_fired, s3_fired, go_on, over;
  logic [1:0] tag_q, fired_tag_q, awaited_tag;
  assign s3_fired = s3_valid_q && s3_nz_q != '0;
  assign awaited_tag = tag_q - 2'd1;
  assign go_on = (s3_fired && s3_q.tag == awaited_tag) ||
      (step_fired && fired_tag_q == awaited_tag);
  assign over = s3_valid_q && s3_q.step_end && s3_q.tag == awaited_tag;

  // A row is active unless its time-step before is over and nothing fired in it.
  logic row_active;
  row_flags #(
    .Rows(Rows)
  ) u_active (
    .clk_i,
    .row_i(next.row),
    .step_i(issue && next.row_end),
    .flag_o(row_active),
    .write_i(s3_valid_q && s3_q.row_end && !s3_q.skip),
    .write_row_i(s3_q.row),
    .write_flag_i(row_fired)
  );

  logic same_row, same_word, row_in_flight, hazard;
  assign same_row = (s0_valid_q && !s0_q.skip && s0_q.row == next.row) ||
      (s1_valid_q && !s1_q.skip && s1_q.row == next.row) ||
      (s2_valid_q && !s2_q.skip && s2_q.row == next.row) ||
      (s3_valid_q && !s3_q.skip && s3_q.row == next.row);
  assign same_word = (s0_valid_q && !s0_q.skip && s0_q.addr == next.addr) ||
      (s1_valid_q && !s1_q.skip && s1_q.addr == next.addr) ||
      (s2_valid_q && !s2_q.skip && s2_q.addr == next.addr) ||
      (s3_valid_q && !s3_q.skip && s3_q.addr == next.addr);
  // A row comes again after all others, which are a beat each at least: from 5 rows on it has then left
  // the four stages. A chunk comes again after those of its row and a beat of each other row.
  assign row_in_flight = Rows < 5 && same_row;
  assign hazard = Rows + Chunks < 6 && same_word;

  step_control #(
    .Rows(Rows),
    .Chunks(Chunks),
    .SkipRows(SkipRows),
    .Stops(Stops)
  ) u_control (
    .clk_i,
    .rst_i,
    .t_max_i,
    .stop_i,
    .stop_sample_i,
    .in_valid_i,
    .in_ready_o,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .advance_i(room),
    .free_i(next.skip || !hazard),
    .idle_i(!row_in_flight && !row_active),
    .go_on_i(go_on),
    .over_i(over),
    .issue_o(issue),
    .row_o(next.row),
    .chunk_o(next.chunk),
    .addr_o(next.addr),
    .skip_o(next.skip),
    .no_input_o(no_input),
    .row_end_o(next.row_end),
    .step_end_o(next.step_end),
    .first_o(first),
    .final_o(next.final_step),
    .limit_o(next.limit),
    .quiet_o(next.quiet)
  );
  assign next.tag = tag_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      tag_q <= '0;
      fired_tag_q <= '0;
    end else begin
      if (issue && next.step_end) tag_q <= tag_q + 2'd1;
      if (s3_valid_q && s3_q.step_end) fired_tag_q <= fired_tag_q + 2'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s0_valid_q <= 1'b0;
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
    end else begin
      s0_valid_q <= issue;
      s1_valid_q <= s0_valid_q;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
    end
    s0_q <= next;
    s0_first_q <= first;
    s0_delta_q <= no_input ? '0 : in_delta_i;
    s1_q <= s0_q;
    s1_first_q <= s0_first_q;
    s1_delta_q <= s0_delta_q;
    s2_q <= s1_q;
    s3_q <= s2_q;
  end

  // ---------------------------------------------------------------------------- state
  // What the memory shows is taken into a register: from the memory through the adder would be a long way.
  logic [StateWidth-1:0] s0_state, s1_state_q, s3_state;
  always_ff @(posedge clk_i) begin
    s1_state_q <= s0_state;
  end

  sync_ram #(
    .Width(StateWidth),
    .Depth(Words)
  ) u_state (
    .clk_i,
    .read_enable_i(1'b1),
    .read_addr_i(next.addr),
    .read_data_o(s0_state),
    .write_enable_i(s3_valid_q && !s3_q.skip),
    .write_addr_i(s3_q.addr),
    .write_data_i(s3_state)
  );

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
        : s1_state_q[NeuronWidth*j+:MembraneWidth];
    assign delta = MembraneWidth'($signed(s1_delta_q[DeltaWidth*j+:DeltaWidth])) <<< Fraction;
    assign sum = start + delta;
    assign s1_level[LevelWidth*j+:LevelWidth] =
        s1_first_q ? '0 : s1_state_q[NeuronWidth*j+MembraneWidth+:LevelWidth];

    assign level = s2_level_q[LevelWidth*j+:LevelWidth];
    always_comb begin
      new_level = level;
      if (s2_up[j]) new_level = level + LevelWidth'(1);
      else if (s2_down[j]) new_level = level - LevelWidth'(1);
    end

    always_ff @(posedge clk_i) begin
      s2_v_q[MembraneWidth*j+:MembraneWidth] <= sum;
      s2_level_q[LevelWidth*j+:LevelWidth] <= s1_level[LevelWidth*j+:LevelWidth];
      s3_v_q[MembraneWidth*j+:MembraneWidth] <= s2_new_v[MembraneWidth*j+:MembraneWidth];
      s3_level_q[LevelWidth*j+:LevelWidth] <= new_level;
      s3_nz_q[j] <= !s2_q.skip && (s2_up[j] || s2_down[j]);
      s3_neg_q[j] <= !s2_q.skip && s2_down[j];
    end

    assign s3_state[NeuronWidth*j+:NeuronWidth] = {
      s3_level_q[LevelWidth*j+:LevelWidth], s3_v_q[MembraneWidth*j+:MembraneWidth]
    };

`ifndef SYNTHESIS
    logic signed [MembraneWidth:0] exact;
    assign exact = (MembraneWidth + 1)'(start) + (MembraneWidth + 1)'(delta);
    always_ff @(posedge clk_i) begin
      if (!rst_i && s1_valid_q && !s1_q.skip) begin
        a_no_overflow : assert (exact == (MembraneWidth + 1)'(sum));
      end
      if (!rst_i && s3_valid_q && !s3_q.skip) begin
        a_level_in_range :
        assert (int'($signed(s3_level_q[LevelWidth*j+:LevelWidth])) >= LevelMin &&
                int'($signed(s3_level_q[LevelWidth*j+:LevelWidth])) <= LevelMax);
        a_padding_is_zero :
        assert (!s3_nz_q[j] || int'(s3_q.chunk) * int'(Lanes) + j < int'(Channels));
      end
    end
`endif
  end

  if (UseTable == 0) begin : gen_line
    affine_threshold #(
      .Chunks(Chunks),
      .Lanes(Lanes),
      .MembraneWidth(MembraneWidth),
      .LevelWidth(LevelWidth),
      .LevelMin(LevelMin),
      .LevelMax(LevelMax),
      .ThetaWidth(ThetaWidth),
      .ConstFile(ConstFile)
    ) u_rule (
      .clk_i,
      .chunk_i(s0_q.chunk),
      .start_o(s1_start),
      .v_i(s2_v_q),
      .level_i(s2_level_q),
      .up_o(s2_up),
      .down_o(s2_down),
      .v_o(s2_new_v)
    );
  end else begin : gen_table
    assign s1_start = '0;
    assign s2_new_v = s2_v_q;
    table_threshold #(
      .Chunks(Chunks),
      .Lanes(Lanes),
      .MembraneWidth(MembraneWidth),
      .LevelWidth(LevelWidth),
      .LevelMin(LevelMin),
      .LevelMax(LevelMax),
      .TableWidth(TableWidth),
      .NonMonotone(NonMonotone),
      .Crossings(Crossings),
      .TableFile(TableFile)
    ) u_rule (
      .clk_i,
      .rst_i,
      .issue_i(s0_valid_q),
      .row_end_i(s0_q.row_end),
      .read_level_i(s1_level),
      .v_i(s2_v_q),
      .level_i(s2_level_q),
      .up_o(s2_up),
      .down_o(s2_down)
    );
  end

  // ---------------------------------------------------------------------------- output
  logic s3_last, s3_quiet;
  fired_flags #(
    .Lanes(Lanes)
  ) u_flags (
    .clk_i,
    .rst_i,
    .leaves_i(s3_valid_q),
    .nz_i(s3_nz_q),
    .row_end_i(s3_q.row_end),
    .step_end_i(s3_q.step_end),
    .final_i(s3_q.final_step),
    .limit_i(s3_q.limit),
    .quiet_i(s3_q.quiet),
    .last_o(s3_last),
    .quiet_o(s3_quiet),
    .row_fired_o(row_fired),
    .step_fired_o(step_fired),
    .spikes_o
  );

  credit_fifo #(
    .Width(2 * Lanes + 3)
  ) u_out (
    .clk_i,
    .rst_i,
    .room_o(room),
    .begin_i(issue),
    .in_valid_i(s3_valid_q),
    .in_data_i({s3_nz_q, s3_neg_q, s3_q.skip, s3_last, s3_quiet}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o({out_nz_o, out_neg_o, out_skip_o, out_last_o, out_quiet_o})
  );

  // Taps for co-simulation: a beat at s3. Membrane and tracer after this time-step, and whose they are, hold
  // for a beat that is not a skip beat.
  logic tap_valid, tap_skip, tap_last, tap_quiet;
  logic [Lanes-1:0] tap_nz, tap_neg;
  logic [Lanes*MembraneWidth-1:0] tap_v;
  logic [Lanes*LevelWidth-1:0] tap_s;
  logic [RowWidth-1:0] tap_row;
  logic [ChunkWidth-1:0] tap_chunk;
  assign tap_valid = s3_valid_q;
  assign tap_nz = s3_nz_q;
  assign tap_neg = s3_neg_q;
  assign tap_skip = s3_q.skip;
  assign tap_last = s3_last;
  assign tap_quiet = s3_quiet;
  assign tap_v = s3_v_q;
  assign tap_s = s3_level_q;
  assign tap_row = s3_q.row;
  assign tap_chunk = s3_q.chunk;

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
      a_row_has_left : assert (row_in_flight || !same_row || next.chunk != '0 || !issue);
      a_chunk_has_left : assert (hazard || !same_word || next.skip || !issue);
      a_skip_allowed : assert (SkipRows != 0 || !tap_valid || !tap_skip);
      a_address : assert (int'(tap_row) * int'(Chunks) + int'(tap_chunk) == int'(s3_q.addr) ||
                          !s3_valid_q);
      a_taps_known : assert (!tap_valid || (tap_v == s3_v_q && tap_s == s3_level_q &&
                                          {tap_nz, tap_neg, tap_last, tap_quiet} ==
                                          {s3_nz_q, s3_neg_q, s3_last, s3_quiet}));
    end
  end
`endif

endmodule

`default_nettype wire
