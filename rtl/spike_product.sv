/// Product of two spike streams (SESA): each spike of one operand adds or subtracts tracers of the
/// other; additions only.
///
///     A[i,n] = sum over m of L[i,m] * R[m,n]   for each head; out goes the change of A
///
/// A spike is +1 or -1, the tracers L and R are the sums of the spikes of a sample. In a time-step the
/// right spikes come first: a right spike r at (m,n) adds r * L[:,m] to the column A[:,n], with the
/// left tracers of before this time-step. Then a left spike l at (i,m) adds l * R[m,:] to the row
/// A[i,:], with the right tracers of after this time-step.
///
/// Scores (`Mix` = 0), queries times keys: left rows i and right rows n (tokens) of `Heads * Depth`
/// channels, m a channel of a head; out rows i of `Heads * GroupPad` channels.
/// Mix (`Mix` = 1), weights times values: left rows i of `Heads * GroupPad` channels, right rows m
/// (tokens) of `Heads * Depth` channels; out rows i of `Heads * Depth` channels.
/// Where tokens are channels, a head has `GroupPad` of them; those beyond `RightRows` never spike and
/// are 0.
///
/// Contract: a time-step out for each time-step in, row by row; a row whose accumulators nothing can
/// have changed (no right spike in the time-step, no left spike in the row) is one skip beat. The
/// right stream's time-step is taken whole before the left one's begins; a stream that was final in
/// an earlier time-step has none. The out time-step is `last` once both streams were final in it or
/// before, `quiet` if both were quiet. Then both begin anew; until then the next sample's beats wait.
///
/// Structure: `spike_events` of either stream -> loop over the vectors of an event -> tracer memories
/// -> rotator -> banks of accumulators, read, added and written in one cycle -> rotator back. The
/// element (i,n) of a head stands in bank (i + n) mod `OutLanes`, so that `OutLanes` neighbours of a
/// column as of a row stand in one bank each. A drained row is cleared as it is read.
/// Throughput: a right spike takes `ceil(LeftRows / OutLanes)` cycles, a left spike as many as a head
/// has chunks, a row one cycle for each of its beats; a right row's end takes one if no spike carries
/// it. A change of sides takes up to 3 cycles, and a sample's end one cycle for each word of the
/// largest memory, for clearing. Back-pressure: all stages stand still.
module spike_product #(
  /// Rows of the left operand and of the product.
  parameter int unsigned LeftRows = 3,
  /// Rows of the right operand.
  parameter int unsigned RightRows = 5,
  /// Heads.
  parameter int unsigned Heads = 2,
  /// Channels of a head.
  parameter int unsigned Depth = 4,
  /// Tokens of a head with padding, at least `RightRows`.
  parameter int unsigned GroupPad = 6,
  /// 0: Scores; 1: Mix.
  parameter int unsigned Mix = 0,
  /// Lanes of a left chunk.
  parameter int unsigned LeftLanes = 4,
  /// Lanes of a right chunk.
  parameter int unsigned RightLanes = 4,
  /// Lanes of an output chunk = additions of a cycle. Divides a head's output channels: `GroupPad`
  /// (Scores), `Depth` (Mix).
  parameter int unsigned OutLanes = 2,
  /// Bits of a left tracer, signed.
  parameter int unsigned LeftLevelWidth = 5,
  /// Bits of a right tracer, signed.
  parameter int unsigned RightLevelWidth = 5,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 12
) (
  input  logic                           clk_i,
  input  logic                           rst_i,
  /// Left spike stream.
  input  logic                           left_valid_i,
  output logic                           left_ready_o,
  input  logic [LeftLanes-1:0]           left_nz_i,
  input  logic [LeftLanes-1:0]           left_neg_i,
  input  logic                           left_skip_i,
  input  logic                           left_last_i,
  input  logic                           left_quiet_i,
  /// Right spike stream.
  input  logic                           right_valid_i,
  output logic                           right_ready_o,
  input  logic [RightLanes-1:0]          right_nz_i,
  input  logic [RightLanes-1:0]          right_neg_i,
  input  logic                           right_skip_i,
  input  logic                           right_last_i,
  input  logic                           right_quiet_i,
  /// Delta stream out.
  output logic                           out_valid_o,
  input  logic                           out_ready_i,
  output logic [OutLanes*DeltaWidth-1:0] out_delta_o,
  output logic                           out_skip_o,
  output logic                           out_last_o,
  output logic                           out_quiet_o,
  /// High in each cycle in which an addition of `OutLanes` tracers is issued.
  output logic                           work_o
);

  // Channels of a head on the left, and of the product.
  localparam int unsigned LeftGroup = (Mix == 1) ? GroupPad : Depth;
  localparam int unsigned OutGroup = (Mix == 1) ? Depth : GroupPad;
  localparam int unsigned LeftChannels = Heads * LeftGroup;
  localparam int unsigned RightChannels = Heads * Depth;
  // Chunks of a head, of a row of the product, and of its columns.
  localparam int unsigned HeadChunks = OutGroup / OutLanes;
  localparam int unsigned OutChunks = Heads * HeadChunks;
  localparam int unsigned RowChunks = (LeftRows + OutLanes - 1) / OutLanes;
  // Rows of a column's last chunk.
  localparam int unsigned TailRows = LeftRows - (RowChunks - 1) * OutLanes;

  // Both tracer memories count the channels m of all heads as the left stream does:
  // L[i,m] is lane i mod OutLanes of word (i / OutLanes) * LeftChannels + m,
  // R[m,n] is lane n mod OutLanes of word (n / OutLanes) * LeftChannels + m.
  // A[i,n] is word (head * HeadChunks + n / OutLanes) * LeftRows + i of its bank.
  localparam int unsigned LeftWords = RowChunks * LeftChannels;
  localparam int unsigned RightWords = HeadChunks * LeftChannels;
  localparam int unsigned AccWords = OutChunks * LeftRows;
  localparam int unsigned TracerWords = (LeftWords > RightWords) ? LeftWords : RightWords;
  localparam int unsigned SweepWords = (TracerWords > AccWords) ? TracerWords : AccWords;

  localparam int unsigned LeftAddrWidth = (LeftWords > 1) ? $clog2(LeftWords) : 1;
  localparam int unsigned RightAddrWidth = (RightWords > 1) ? $clog2(RightWords) : 1;
  localparam int unsigned TracerAddrWidth = (TracerWords > 1) ? $clog2(TracerWords) : 1;
  localparam int unsigned AccAddrWidth = (AccWords > 1) ? $clog2(AccWords) : 1;
  localparam int unsigned SweepWidth = (SweepWords > 1) ? $clog2(SweepWords) : 1;
  localparam int unsigned RowWidth = (LeftRows > 1) ? $clog2(LeftRows) : 1;
  localparam int unsigned TokenWidth = (RightRows > 1) ? $clog2(RightRows) : 1;
  localparam int unsigned LaneWidth = (OutLanes > 1) ? $clog2(OutLanes) : 1;
  localparam int unsigned MostVectors = (RowChunks > OutChunks) ? RowChunks : OutChunks;
  localparam int unsigned CountWidth = (MostVectors > 1) ? $clog2(MostVectors) : 1;
  localparam int unsigned LevelWidth =
      (LeftLevelWidth > RightLevelWidth) ? LeftLevelWidth : RightLevelWidth;
  localparam int unsigned VectorWidth = OutLanes * LevelWidth;
  localparam int unsigned AccWidth = OutLanes * DeltaWidth;

  localparam bit [RowWidth-1:0] RowLast = RowWidth'(LeftRows - 1);
  localparam bit [TokenWidth-1:0] TokenLast = TokenWidth'(RightRows - 1);
  localparam bit [LaneWidth-1:0] LaneLast = LaneWidth'(OutLanes - 1);
  localparam bit [SweepWidth-1:0] SweepLast = SweepWidth'(SweepWords - 1);

  if (LeftRows < 1 || RightRows < 1 || Heads < 1 || Depth < 1 || GroupPad < RightRows || Mix > 1 ||
      LeftLanes < 1 || RightLanes < 1 || OutLanes < 1 || LeftLevelWidth < 2 ||
      RightLevelWidth < 2 || DeltaWidth < LevelWidth) begin : gen_bad_parameters
    $error("spike_product: a parameter is out of range");
  end
  if (HeadChunks * OutLanes != OutGroup) begin : gen_bad_lanes
    $error("spike_product: OutLanes must divide the output channels of a head");
  end

  // ---------------------------------------------------------------------------- events
  // A right unit is what its place in the product follows from: a head (Scores), a chunk (Mix).
  localparam int unsigned RightUnit = (Mix == 1) ? OutLanes : Depth;
  localparam int unsigned RightUnits = RightChannels / RightUnit;
  localparam int unsigned LeftChannelWidth = (LeftChannels > 1) ? $clog2(LeftChannels) : 1;
  localparam int unsigned RightChannelWidth = (RightChannels > 1) ? $clog2(RightChannels) : 1;
  localparam int unsigned LeftUnitWidth = (Heads > 1) ? $clog2(Heads) : 1;
  localparam int unsigned RightUnitWidth = (RightUnits > 1) ? $clog2(RightUnits) : 1;

  logic left_valid, left_ready, left_event, left_neg, left_row_end, left_last, left_quiet;
  logic [LeftChannelWidth-1:0] left_channel;
  logic [LeftUnitWidth-1:0] left_unit;

  spike_events #(
    .Channels(LeftChannels),
    .Lanes(LeftLanes),
    .Unit(LeftGroup)
  ) u_left (
    .clk_i,
    .rst_i,
    .in_valid_i(left_valid_i),
    .in_ready_o(left_ready_o),
    .in_nz_i(left_nz_i),
    .in_neg_i(left_neg_i),
    .in_skip_i(left_skip_i),
    .in_last_i(left_last_i),
    .in_quiet_i(left_quiet_i),
    .out_valid_o(left_valid),
    .out_ready_i(left_ready),
    .out_event_o(left_event),
    .out_neg_o(left_neg),
    .out_channel_o(left_channel),
    .out_unit_o(left_unit),
    .out_row_end_o(left_row_end),
    .out_last_o(left_last),
    .out_quiet_o(left_quiet)
  );

  logic right_valid, right_ready, right_event, right_neg, right_row_end, right_last, right_quiet;
  logic [RightChannelWidth-1:0] right_channel;
  logic [RightUnitWidth-1:0] right_unit;

  spike_events #(
    .Channels(RightChannels),
    .Lanes(RightLanes),
    .Unit(RightUnit)
  ) u_right (
    .clk_i,
    .rst_i,
    .in_valid_i(right_valid_i),
    .in_ready_o(right_ready_o),
    .in_nz_i(right_nz_i),
    .in_neg_i(right_neg_i),
    .in_skip_i(right_skip_i),
    .in_last_i(right_last_i),
    .in_quiet_i(right_quiet_i),
    .out_valid_o(right_valid),
    .out_ready_i(right_ready),
    .out_event_o(right_event),
    .out_neg_o(right_neg),
    .out_channel_o(right_channel),
    .out_unit_o(right_unit),
    .out_row_end_o(right_row_end),
    .out_last_o(right_last),
    .out_quiet_o(right_quiet)
  );

  // ---------------------------------------------------------------------------- order of work
  localparam bit [1:0] Sweep = 2'd0;
  localparam bit [1:0] Right = 2'd1;
  localparam bit [1:0] Left = 2'd2;

  // `advance` moves every pipeline stage from here to the accumulators; `slot`: the issue stage takes
  // its next entry; `settled`: no tracer write is on its way that this entry could miss.
  logic advance, slot, settled, free;
  logic [1:0] phase_q;
  logic wait_q;
  assign free = slot && (settled || !wait_q);

  // Finality so far, and whether anything spiked: on the right in this time-step, on the left in this
  // row. `drain_q`: the row has no more events.
  logic left_final_q, left_quiet_q, right_final_q, right_quiet_q, right_any_q, left_any_q, drain_q;
  logic [RowWidth-1:0] row_q;
  logic [TokenWidth-1:0] token_q;
  logic [SweepWidth-1:0] sweep_q;

  logic left_taken, right_taken, left_load, right_load, drain_load, sweep_load;
  assign right_ready = free && phase_q == Right;
  assign right_taken = right_ready && right_valid;
  assign right_load = right_taken && right_event;
  assign left_ready = free && phase_q == Left && !drain_q && !left_final_q;
  assign left_taken = left_ready && left_valid;
  assign left_load = left_taken && left_event;
  // The end of a row without an event of its own is drained at once.
  assign drain_load = free && phase_q == Left &&
                      (drain_q || left_final_q || (left_valid && !left_event));
  assign sweep_load = free && phase_q == Sweep;

  logic left_final, left_final_quiet, right_step_end, step_end, sample_end, sweep_end, drain_skip;
  assign left_final = left_final_q || (left_taken && left_last);
  assign left_final_quiet = left_final_q ? left_quiet_q : left_quiet;
  assign right_step_end = right_taken && right_row_end && token_q == TokenLast;
  assign step_end = drain_load && row_q == RowLast;
  assign sample_end = step_end && left_final && right_final_q;
  assign sweep_end = sweep_load && sweep_q == SweepLast;
  assign drain_skip = !right_any_q && !left_any_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      phase_q <= Sweep;
      wait_q <= 1'b0;
      left_final_q <= 1'b0;
      right_final_q <= 1'b0;
      right_any_q <= 1'b0;
      left_any_q <= 1'b0;
      drain_q <= 1'b0;
      row_q <= '0;
      token_q <= '0;
      sweep_q <= '0;
    end else begin
      if (sample_end) phase_q <= Sweep;
      else if (sweep_end || (step_end && !right_final_q)) phase_q <= Right;
      else if (right_step_end) phase_q <= Left;
      if (step_end || right_step_end || sweep_end) wait_q <= 1'b1;
      else if (free) wait_q <= 1'b0;

      left_final_q <= left_final && !sample_end;
      if (sample_end) right_final_q <= 1'b0;
      else if (right_taken && right_last) right_final_q <= 1'b1;

      if (step_end) right_any_q <= 1'b0;
      else if (right_load) right_any_q <= 1'b1;
      if (drain_load) left_any_q <= 1'b0;
      else if (left_load) left_any_q <= 1'b1;
      if (drain_load) drain_q <= 1'b0;
      else if (left_load) drain_q <= left_row_end;

      if (drain_load) row_q <= (row_q == RowLast) ? '0 : row_q + RowWidth'(1);
      if (right_taken && right_row_end) begin
        token_q <= (token_q == TokenLast) ? '0 : token_q + TokenWidth'(1);
      end
      if (sweep_load) sweep_q <= (sweep_q == SweepLast) ? '0 : sweep_q + SweepWidth'(1);
    end
    if (left_taken && left_last) left_quiet_q <= left_quiet;
    if (right_taken && right_last) right_quiet_q <= right_quiet;
  end

  // The left row as chunk and lane.
  logic [LaneWidth-1:0] row_lane_q;
  logic [LeftAddrWidth-1:0] row_base_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || step_end) begin
      row_lane_q <= '0;
      row_base_q <= '0;
    end else if (drain_load) begin
      row_lane_q <= (row_lane_q == LaneLast) ? '0 : row_lane_q + LaneWidth'(1);
      if (row_lane_q == LaneLast) row_base_q <= row_base_q + LeftAddrWidth'(LeftChannels);
    end
  end

  // Places of a left event: L[i,m] and A[i,0].
  logic [AccAddrWidth-1:0] left_head, left_acc;
  logic [LeftAddrWidth-1:0] left_update;
  always_comb begin
    left_head = '0;
    for (int unsigned h = 0; h < Heads; h++) begin
      if (left_unit == LeftUnitWidth'(h)) begin
        left_head = left_head | AccAddrWidth'(h * HeadChunks * LeftRows);
      end
    end
  end
  assign left_acc = left_head + AccAddrWidth'(row_q);
  assign left_update = row_base_q + LeftAddrWidth'(left_channel);

  // Places of a right event: L[0,m], R[m,n], A[0,n] and the lane of n.
  logic [LeftAddrWidth-1:0] right_operand;
  logic [RightAddrWidth-1:0] right_update;
  logic [AccAddrWidth-1:0] right_acc;
  logic [LaneWidth-1:0] right_lane;
  if (Mix == 1) begin : gen_mix
    logic [LeftAddrWidth-1:0] operand_base;
    logic [RightAddrWidth-1:0] update_base;
    logic [RightChannelWidth-1:0] unit_channel;
    always_comb begin
      operand_base = '0;
      update_base = '0;
      unit_channel = '0;
      right_acc = '0;
      for (int unsigned u = 0; u < RightUnits; u++) begin
        if (right_unit == RightUnitWidth'(u)) begin
          operand_base = operand_base | LeftAddrWidth'((u / HeadChunks) * GroupPad);
          update_base = update_base | RightAddrWidth'(
              (u / HeadChunks) * GroupPad + (u % HeadChunks) * LeftChannels);
          unit_channel = unit_channel | RightChannelWidth'(u * OutLanes);
          right_acc = right_acc | AccAddrWidth'(u * LeftRows);
        end
      end
    end
    assign right_operand = operand_base + LeftAddrWidth'(token_q);
    assign right_update = update_base + RightAddrWidth'(token_q);
    assign right_lane = LaneWidth'(right_channel - unit_channel);
  end else begin : gen_scores
    // The token as chunk and lane.
    logic [LaneWidth-1:0] token_lane_q;
    logic [RightAddrWidth-1:0] token_base_q;
    logic [AccAddrWidth-1:0] token_acc_q, right_head;
    always_ff @(posedge clk_i) begin
      if (rst_i || right_step_end) begin
        token_lane_q <= '0;
        token_base_q <= '0;
        token_acc_q <= '0;
      end else if (right_taken && right_row_end) begin
        token_lane_q <= (token_lane_q == LaneLast) ? '0 : token_lane_q + LaneWidth'(1);
        if (token_lane_q == LaneLast) begin
          token_base_q <= token_base_q + RightAddrWidth'(LeftChannels);
          token_acc_q <= token_acc_q + AccAddrWidth'(LeftRows);
        end
      end
    end
    always_comb begin
      right_head = '0;
      for (int unsigned h = 0; h < Heads; h++) begin
        if (right_unit == RightUnitWidth'(h)) begin
          right_head = right_head | AccAddrWidth'(h * HeadChunks * LeftRows);
        end
      end
    end
    assign right_operand = LeftAddrWidth'(right_channel);
    assign right_update = token_base_q + RightAddrWidth'(right_channel);
    assign right_acc = right_head + token_acc_q;
    assign right_lane = token_lane_q;
  end

  // ---------------------------------------------------------------------------- issue
  // One entry: an event (`add`; `column`: of the right stream), a row to drain (`emit`), or a word to
  // clear. It is issued once for each of its vectors.
  logic op_valid_q, op_first_q, op_column_q, op_add_q, op_emit_q, op_clear_q, op_neg_q;
  logic op_skip_q, op_last_q, op_quiet_q;
  logic [CountWidth-1:0] op_count_q;
  logic [LaneWidth-1:0] op_lane_q;
  logic [LeftAddrWidth-1:0] op_left_q;
  logic [RightAddrWidth-1:0] op_right_q;
  logic [AccAddrWidth-1:0] op_acc_q;
  logic op_end, op_writes;

  assign op_end = op_count_q == '0;
  assign op_writes = op_valid_q && (op_clear_q || (op_add_q && op_first_q));
  assign slot = advance && (op_end || !op_valid_q);
  assign work_o = op_valid_q && op_add_q && advance;

  always_ff @(posedge clk_i) begin
    if (rst_i) op_valid_q <= 1'b0;
    else if (slot) op_valid_q <= left_load || right_load || drain_load || sweep_load;
    if (slot) begin
      op_first_q <= 1'b1;
      op_column_q <= phase_q == Right;
      op_add_q <= left_load || right_load;
      op_emit_q <= drain_load;
      op_clear_q <= sweep_load;
      op_skip_q <= drain_skip;
      op_last_q <= sample_end;
      op_quiet_q <= sample_end && left_final_quiet && right_quiet_q;
      case (phase_q)
        Right: begin
          op_neg_q <= right_neg;
          op_lane_q <= right_lane;
          op_left_q <= right_operand;
          op_right_q <= right_update;
          op_acc_q <= right_acc;
          op_count_q <= CountWidth'(RowChunks - 1);
        end
        Left: begin
          op_neg_q <= left_neg;
          op_lane_q <= row_lane_q;
          op_left_q <= left_update;
          op_right_q <= RightAddrWidth'(left_channel);
          op_acc_q <= drain_load ? AccAddrWidth'(row_q) : left_acc;
          if (!drain_load) op_count_q <= CountWidth'(HeadChunks - 1);
          else op_count_q <= drain_skip ? '0 : CountWidth'(OutChunks - 1);
        end
        default: begin
          op_neg_q <= 1'b0;
          op_lane_q <= '0;
          op_left_q <= LeftAddrWidth'(sweep_q);
          op_right_q <= RightAddrWidth'(sweep_q);
          op_acc_q <= AccAddrWidth'(sweep_q);
          op_count_q <= '0;
        end
      endcase
    end else if (advance) begin
      op_first_q <= 1'b0;
      op_count_q <= op_count_q - CountWidth'(1);
      if (op_column_q) op_left_q <= op_left_q + LeftAddrWidth'(LeftChannels);
      else op_right_q <= op_right_q + RightAddrWidth'(LeftChannels);
      op_acc_q <= op_acc_q + (op_column_q ? AccAddrWidth'(OutLanes) : AccAddrWidth'(LeftRows));
    end
  end

  // ---------------------------------------------------------------------------- tracers
  // Control that travels beside the tracers: through the memories (`read`), the operand's register
  // (`word`) and the rotator's (`term`). `writes`: a tracer changes, at `update`.
  logic read_valid_q, read_add_q, read_emit_q, read_clear_q, read_writes_q, read_column_q;
  logic read_neg_q, read_tail_q, read_skip_q, read_last_q, read_quiet_q;
  logic [LaneWidth-1:0] read_lane_q;
  logic [AccAddrWidth-1:0] read_acc_q;
  logic [TracerAddrWidth-1:0] read_update_q;

  logic word_valid_q, word_add_q, word_emit_q, word_clear_q, word_writes_q, word_column_q;
  logic word_neg_q, word_tail_q, word_skip_q, word_last_q, word_quiet_q;
  logic [LaneWidth-1:0] word_lane_q;
  logic [AccAddrWidth-1:0] word_acc_q;
  logic [TracerAddrWidth-1:0] word_update_q;

  logic term_valid_q, term_add_q, term_emit_q, term_clear_q, term_writes_q, term_column_q;
  logic term_neg_q, term_skip_q, term_last_q, term_quiet_q;
  logic [LaneWidth-1:0] term_lane_q;
  logic [TracerAddrWidth-1:0] term_update_q;

  // The address that is written: of the entry's own side, or when clearing of the larger memory.
  logic [TracerAddrWidth-1:0] op_update;
  always_comb begin
    op_update = TracerAddrWidth'(op_left_q);
    if (op_clear_q ? RightWords > LeftWords : op_column_q) op_update = TracerAddrWidth'(op_right_q);
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      read_valid_q <= 1'b0;
      read_writes_q <= 1'b0;
      word_valid_q <= 1'b0;
      word_writes_q <= 1'b0;
      term_valid_q <= 1'b0;
      term_writes_q <= 1'b0;
    end else if (advance) begin
      read_valid_q <= op_valid_q;
      read_writes_q <= op_writes;
      word_valid_q <= read_valid_q;
      word_writes_q <= read_writes_q;
      term_valid_q <= word_valid_q;
      term_writes_q <= word_writes_q;
    end
    if (advance) begin
      read_add_q <= op_add_q;
      read_emit_q <= op_emit_q;
      read_clear_q <= op_clear_q;
      read_column_q <= op_column_q;
      read_neg_q <= op_neg_q;
      read_tail_q <= op_column_q && op_end;
      read_skip_q <= op_skip_q;
      read_last_q <= op_last_q && op_end;
      read_quiet_q <= op_quiet_q && op_end;
      read_lane_q <= op_lane_q;
      read_acc_q <= op_acc_q;
      read_update_q <= op_update;

      word_add_q <= read_add_q;
      word_emit_q <= read_emit_q;
      word_clear_q <= read_clear_q;
      word_column_q <= read_column_q;
      word_neg_q <= read_neg_q;
      word_tail_q <= read_tail_q;
      word_skip_q <= read_skip_q;
      word_last_q <= read_last_q;
      word_quiet_q <= read_quiet_q;
      word_lane_q <= read_lane_q;
      word_acc_q <= read_acc_q;
      word_update_q <= read_update_q;

      term_add_q <= word_add_q;
      term_emit_q <= word_emit_q;
      term_clear_q <= word_clear_q;
      term_column_q <= word_column_q;
      term_neg_q <= word_neg_q;
      term_skip_q <= word_skip_q;
      term_last_q <= word_last_q;
      term_quiet_q <= word_quiet_q;
      term_lane_q <= word_lane_q;
      term_update_q <= word_update_q;
    end
  end

  // A tracer is written when its entry leaves `term`; what is issued after that reads it.
  assign settled = !(op_writes || read_writes_q || word_writes_q);

  // The operand, and the level that the spike changes.
  logic [VectorWidth-1:0] read_left, read_right, read_operand, read_other;
  logic [VectorWidth-1:0] word_operand_q, word_rotated, term_operand_q;
  logic [LevelWidth-1:0] read_level, word_level_q, term_level_q;
  assign read_operand = read_column_q ? read_left : read_right;
  assign read_other = read_column_q ? read_right : read_left;
  always_comb begin
    read_level = '0;
    for (int unsigned j = 0; j < OutLanes; j++) begin
      if (read_lane_q == LaneWidth'(j)) begin
        read_level = read_level | read_other[LevelWidth*j+:LevelWidth];
      end
    end
  end

  lane_rotator #(
    .Lanes(OutLanes),
    .Width(LevelWidth),
    .Back(0)
  ) u_rotator (
    .amount_i(word_lane_q),
    .data_i(word_operand_q),
    .data_o(word_rotated)
  );

  // The term of a negative spike is the operand's complement, and a carry of 1.
  always_ff @(posedge clk_i) begin
    if (advance) begin
      word_operand_q <= read_operand;
      word_level_q <= read_level;
      term_operand_q <= word_rotated ^ {VectorWidth{word_neg_q}};
      if (word_clear_q) term_level_q <= '0;
      else term_level_q <= word_level_q + (word_neg_q ? {LevelWidth{1'b1}} : LevelWidth'(1));
    end
  end

  for (genvar j = 0; j < OutLanes; j++) begin : gen_tracer
    logic write;
    logic signed [LeftLevelWidth-1:0] left_level;
    logic signed [RightLevelWidth-1:0] right_level;
    assign write = term_writes_q && advance && (term_clear_q || term_lane_q == LaneWidth'(j));
    assign read_left[LevelWidth*j+:LevelWidth] = LevelWidth'(left_level);
    assign read_right[LevelWidth*j+:LevelWidth] = LevelWidth'(right_level);

    sync_ram #(
      .Width(LeftLevelWidth),
      .Depth(LeftWords)
    ) u_left_levels (
      .clk_i,
      .read_enable_i(advance),
      .read_addr_i(op_left_q),
      .read_data_o(left_level),
      .write_enable_i(write && (term_clear_q || !term_column_q)),
      .write_addr_i(LeftAddrWidth'(term_update_q)),
      .write_data_i(LeftLevelWidth'(term_level_q))
    );

    sync_ram #(
      .Width(RightLevelWidth),
      .Depth(RightWords)
    ) u_right_levels (
      .clk_i,
      .read_enable_i(advance),
      .read_addr_i(op_right_q),
      .read_data_o(right_level),
      .write_enable_i(write && (term_clear_q || term_column_q)),
      .write_addr_i(RightAddrWidth'(term_update_q)),
      .write_data_i(RightLevelWidth'(term_level_q))
    );
  end

  // ---------------------------------------------------------------------------- accumulate
  logic [AccWidth-1:0] bank_word;

  for (genvar b = 0; b < OutLanes; b++) begin : gen_bank
    // The bank's element of the vector; of a column each bank holds one of another row.
    logic [LaneWidth:0] element;
    logic [AccAddrWidth-1:0] addr_q;
    logic inside_q;
    always_comb begin
      element = (LaneWidth + 1)'(b) - {1'b0, word_lane_q};
      if (element[LaneWidth]) element = element + (LaneWidth + 1)'(OutLanes);
    end
    always_ff @(posedge clk_i) begin
      if (advance) begin
        addr_q <= word_column_q ? word_acc_q + AccAddrWidth'(element) : word_acc_q;
        inside_q <= !word_tail_q || element < (LaneWidth + 1)'(TailRows);
      end
    end

    // Reads and writes one address: a memory with a single port will do.
    logic [DeltaWidth-1:0] words_q[AccWords];
    logic signed [LevelWidth-1:0] term;
    logic signed [DeltaWidth-1:0] old, sum;
    logic write;
    assign term = term_operand_q[LevelWidth*b+:LevelWidth];
    assign old = words_q[addr_q];
    // One adder, with the carry in below its lowest bit.
    assign sum = DeltaWidth'(({old, 1'b1} + {DeltaWidth'(term), term_neg_q}) >> 1);
    assign bank_word[DeltaWidth*b+:DeltaWidth] = old;
    assign write = term_valid_q && advance && (inside_q || !term_add_q);
    always_ff @(posedge clk_i) begin
      if (write) words_q[addr_q] <= term_add_q ? sum : '0;
    end

`ifndef SYNTHESIS
    logic signed [DeltaWidth+1:0] exact;
    assign exact = (DeltaWidth + 2)'(old) + (DeltaWidth + 2)'(term) +
                   $signed((DeltaWidth + 2)'({1'b0, term_neg_q}));
    always_ff @(posedge clk_i) begin
      if (!rst_i && write && term_add_q) begin
        a_no_overflow : assert (exact == (DeltaWidth + 2)'(sum));
      end
    end
`endif
  end

  // ---------------------------------------------------------------------------- drain
  logic drain_valid_q, drain_skip_q, drain_last_q, drain_quiet_q, drain_ready;
  logic [LaneWidth-1:0] drain_lane_q;
  logic [AccWidth-1:0] drain_word_q, drain_delta;
  logic out_valid_q, out_skip_q, out_last_q, out_quiet_q;
  logic [AccWidth-1:0] out_delta_q;

  assign drain_ready = !out_valid_q || out_ready_i;
  assign advance = !drain_valid_q || drain_ready;

  lane_rotator #(
    .Lanes(OutLanes),
    .Width(DeltaWidth),
    .Back(1)
  ) u_rotator_back (
    .amount_i(drain_lane_q),
    .data_i(drain_word_q),
    .data_o(drain_delta)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      drain_valid_q <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (advance) drain_valid_q <= term_valid_q && term_emit_q;
      if (drain_ready) out_valid_q <= drain_valid_q;
    end
    if (advance) begin
      drain_word_q <= bank_word;
      drain_lane_q <= term_lane_q;
      drain_skip_q <= term_skip_q;
      drain_last_q <= term_last_q;
      drain_quiet_q <= term_quiet_q;
    end
    if (drain_ready) begin
      out_delta_q <= drain_delta;
      out_skip_q <= drain_skip_q;
      out_last_q <= drain_last_q;
      out_quiet_q <= drain_quiet_q;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_delta_q;
  assign out_skip_o = out_skip_q;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_quiet_q;

`ifndef SYNTHESIS
  // A level stays within the bits of its memory.
  logic signed [LevelWidth-1:0] level, level_before_q, kept_left, kept_right;
  assign level = term_level_q;
  assign kept_left = LevelWidth'($signed(term_level_q[LeftLevelWidth-1:0]));
  assign kept_right = LevelWidth'($signed(term_level_q[RightLevelWidth-1:0]));
  always_ff @(posedge clk_i) begin
    if (advance) level_before_q <= word_level_q;
    if (!rst_i && term_writes_q && !term_clear_q) begin
      a_level_kept : assert (level == (term_column_q ? kept_right : kept_left));
      a_level_steps : assert (term_neg_q ? level < level_before_q : level > level_before_q);
    end
    if (!rst_i && drain_valid_q && drain_skip_q) begin
      a_skipped_row_is_zero : assert (drain_word_q == '0);
    end
  end
`endif

endmodule
