`default_nettype none

/// Second half of the engine: runs the fire list on the chunks that the accumulators complete.
///
/// A chunk is taken in groups of `Lanes` sums. Neurons of a group fire together, a local time-step a cycle, and their
/// spikes are written to spike memory; with `Turns` above 1, those of as many groups together, after the last of them. What is to be taken one by one goes to `overlay_serial`, what is the right
/// operand of a product to operand memory.
///
/// Contract: instructions as in docs/overlay.md; the next one is taken when everything of the last one is done.
/// `chunk_free_o` is high for a cycle when the sums of a chunk may be replaced. Writes to spike memory are never
/// refused. With `Waiting`, the sums of a chunk leave a group a cycle and wait in a queue. Groups that are written together begin at a multiple of `Turns` in each chunk, and so do the thresholds of a
/// chunk; what is missing at its end does not spike. Structure: select -> membrane -> magnitude -> steps -> out.
/// Throughput: a group in `MaxSteps` cycles (unary spikes: as many cycles as steps), or in as many cycles as it has
/// elements, if they are taken one by one, in as many as it has beats, if they are wide.
module overlay_fire #(
  /// Sums of a chunk.
  parameter int unsigned ChunkLanes = 16,
  /// Neurons of a group.
  parameter int unsigned Lanes = 8,
  /// Groups whose spikes are written together: a power of two, 1 with unary spikes.
  parameter int unsigned Turns = 1,
  /// An instruction can have several rows, outer chunks.
  parameter bit HasRows = 1'b1,
  parameter bit HasOuter = 1'b1,
  /// Elements of the serial path that leave at once: a power of two, at most `Lanes`.
  parameter int unsigned SerialLanes = 1,
  /// Groups that wait, so that the sums of the next chunk may be completed earlier; none if 0.
  parameter int unsigned Waiting = 0,
  /// Levels that a transposed row writes at once: a power of two, at most `SerialLanes`.
  parameter int unsigned OperandLanes = 1,
  /// Neurons of a word of spikes.
  parameter int unsigned FetchWidth = 32,
  /// Bits of a signed sum.
  parameter int unsigned AccWidth = 16,
  /// Fraction bits of the membrane; bits of the magnitude of M, of a threshold, of a signed start value.
  parameter int unsigned Fraction = 4,
  parameter int unsigned MembraneWidth = 20,
  parameter int unsigned ThetaWidth = 14,
  parameter int unsigned StartWidth = 16,
  /// Bits of the magnitude of a level, and most local time-steps of radix spikes.
  parameter int unsigned LevelBits = 4,
  parameter int unsigned MaxSteps = 4,
  /// A spike carries one level; else the levels of its step.
  parameter bit Unary = 1'b0,
  /// Bits of the number of steps.
  parameter int unsigned StepBits = 4,
  /// Bits of a signed level in operand memory, and of its addresses.
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned OperandBits = 8,
  /// There are operands.
  parameter bit HasOperands = 1'b1,
  /// Bits of addresses of spike memory and of thresholds.
  parameter int unsigned SpikeBits = 8,
  parameter int unsigned ThresholdBits = 6,
  /// Some levels are negative; else no neuron whose V is negative spikes, and its rest does not matter.
  parameter bit Negative = 1'b1,
  /// Neurons beyond the last element of a chunk may have sums that are not 0.
  parameter bit Ragged = 1'b0,
  /// Neurons that decide by tables: words of a table memory, none if 0; bits of a threshold; see `overlay_pieces`.
  parameter int unsigned PieceDepth = 0,
  parameter bit Loadable = 1'b0,
  parameter int unsigned PieceWidth = 16,
  parameter PieceFile = "",
  /// IF and LIF neurons: words of membranes, none if 0; bits of a membrane, of a synaptic current, of a leak behind the point;
  /// see `overlay_lif`.
  parameter int unsigned LifDepth = 0,
  parameter int unsigned LifWidth = 16,
  parameter int unsigned CurrentWidth = 0,
  parameter int unsigned LeakShift = 0,
  /// Bits that are counted: rows, chunks of a row, elements of a chunk.
  parameter int unsigned RowBits = 8,
  parameter int unsigned ChunkBits = 4,
  parameter int unsigned ElementBits = 7,
  /// Bits of an element on the serial path, derived.
  localparam int unsigned ValueWidth = (AccWidth > LevelBits + 1) ? AccWidth : LevelBits + 1,
  /// Bits of a group of lanes and of a lane, derived.
  localparam int unsigned OperandGroupBits = (ChunkLanes > Lanes) ? $clog2(ChunkLanes / Lanes) : 1,
  localparam int unsigned OperandLaneBits = (ChunkLanes > 1) ? $clog2(ChunkLanes) : 1,
  /// Bits of an address and of a word of all tables, derived.
  localparam int unsigned PieceBits = (PieceDepth > 1) ? $clog2(PieceDepth) : 1,
  localparam int unsigned PieceWordWidth = Lanes * (PieceWidth + LevelBits + 1)
) (
  input  wire logic                                 clk_i,
  input  wire logic                                 rst_i,
  /// Write port of the tables, with `Loadable`.
  input  wire logic                                 piece_write_i,
  input  wire logic [PieceBits-1:0]                 piece_addr_i,
  input  wire logic [PieceWordWidth-1:0]            piece_data_i,
  /// Instruction.
  input  wire logic                                 instr_valid_i,
  input  wire logic [32*overlay_isa_pkg::FireWords-1:0] instr_i,
  output      logic                                 instr_next_o,
  /// End of the list.
  output      logic                                 end_o,
  input  wire logic                                 restart_i,
  /// A row is complete.
  output      logic                                 row_done_o,
  /// Sums of a chunk, or their complements.
  input  wire logic                                 chunk_done_i,
  input  wire logic [ChunkLanes*AccWidth-1:0]       sums_i,
  input  wire logic                                 complement_i,
  output      logic                                 chunk_free_o,
  /// Thresholds.
  output      logic                                 threshold_read_o,
  output      logic [ThresholdBits-1:0]             threshold_addr_o,
  input  wire logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold_i,
  /// Spikes of a group in a step; written to one group of a word, if they are to be.
  output      logic                                 spike_fired_o,
  output      logic                                 spike_write_o,
  output      logic [SpikeBits-1:0]                 spike_addr_o,
  output      logic [FetchWidth/(Turns*Lanes)-1:0]  spike_group_o,
  output      logic [Turns*Lanes-1:0]               spike_nz_o,
  output      logic [Turns*Lanes-1:0]               spike_neg_o,
  /// Operands: some lanes of the word, or one lane of as many words as are written at once. Word a is in bank
  /// a mod `OperandLanes`.
  output      logic [OperandLanes*ChunkLanes-1:0]   operand_write_o,
  output      logic [OperandBits-1:0]               operand_addr_o,
  output      logic [OperandLanes*ChunkLanes*OperandWidth-1:0] operand_o,
  /// The same for `overlay_operands`: a group, or the next elements of a transposed row; the element, the group of lanes, the
  /// lane of the row; the row ends, and nothing of these lanes follows. What was written before has arrived.
  output      logic                                 operand_plain_o,
  output      logic                                 operand_cross_o,
  output      logic [OperandBits-1:0]               operand_element_o,
  output      logic [OperandGroupBits-1:0]          operand_group_o,
  output      logic [OperandLaneBits-1:0]           operand_lane_o,
  output      logic                                 operand_row_end_o,
  output      logic                                 operand_flush_o,
  output      logic [Lanes*OperandWidth-1:0]        operand_levels_o,
  input  wire logic                                 operand_idle_i,
  /// Elements one by one, or with `serial_wide_o` those that are here, with what they end.
  output      logic                                 serial_valid_o,
  input  wire logic                                 serial_ready_i,
  output      logic                                 serial_wide_o,
  output      logic [SerialLanes-1:0]               serial_here_o,
  output      logic [SerialLanes*ValueWidth-1:0]    serial_value_o,
  output      logic                                 serial_group_end_o,
  output      logic                                 serial_row_end_o,
  /// The row is the last one of the instruction.
  output      logic                                 serial_end_o,
  /// An instruction begins; its elements come later.
  output      logic                                 begin_o,
  /// The softmax may be started on an instruction's scores, and is.
  input  wire logic                                 softmax_idle_i,
  output      logic                                 softmax_start_o
);

  localparam int unsigned Groups = ChunkLanes / Lanes;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned TurnBits = (Turns > 1) ? $clog2(Turns) : 1;
  localparam int unsigned Places = FetchWidth / (Turns * Lanes);
  localparam int unsigned PlaceBits = (Places > 1) ? $clog2(Places) : 1;
  localparam int unsigned CountBits = $clog2(Lanes + 1);
  localparam int unsigned VWidth = MembraneWidth + 1;
  // Radix spikes: M doubles from step to step, and is compared with theta times the largest weight.
  localparam int unsigned Doublings = Unary ? 0 : MaxSteps - 1;
  localparam int unsigned WideWidth =
      ((MembraneWidth > ThetaWidth) ? MembraneWidth : ThetaWidth) + Doublings + 1;

  if (Groups * Lanes != ChunkLanes || Places * Turns * Lanes != FetchWidth || MaxSteps < 1 ||
      MaxSteps > LevelBits || VWidth <= AccWidth || (Unary && Turns > 1) ||
      (Turns & (Turns - 1)) != 0) begin : gen_bad_parameters
    $error("overlay_fire: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- instruction
  logic last, neurons, spikes_out, operand_out, transpose;
  logic [1:0] serial;
  logic [RowBits-1:0] rows;
  logic [ChunkBits-1:0] chunks, inners;
  logic [ElementBits-1:0] full, tail;
  logic [StepBits-1:0] steps;
  logic [LevelBits-1:0] high, low;
  logic [ThresholdBits-1:0] thresholds;
  logic [SpikeBits-1:0] spikes, row_stride, step_stride;
  assign last = instr_i[overlay_isa_pkg::FireLastLsb];
  assign neurons = instr_i[overlay_isa_pkg::FireNeuronsLsb];
  assign spikes_out = instr_i[overlay_isa_pkg::FireSpikesOutLsb];
  assign operand_out = HasOperands && instr_i[overlay_isa_pkg::FireOperandOutLsb];
  assign transpose = instr_i[overlay_isa_pkg::FireTransposeLsb];
  assign serial = instr_i[overlay_isa_pkg::FireSerialLsb+:2];
  assign rows = RowBits'(instr_i[overlay_isa_pkg::FireRowsLsb+:16]);
  assign chunks = ChunkBits'(instr_i[overlay_isa_pkg::FireChunksLsb+:16]);
  assign inners = ChunkBits'(instr_i[overlay_isa_pkg::FireInnerLsb+:16]);
  assign full = ElementBits'(instr_i[overlay_isa_pkg::FireFullLsb+:16]);
  assign tail = ElementBits'(instr_i[overlay_isa_pkg::FireTailLsb+:16]);
  assign steps = StepBits'(instr_i[overlay_isa_pkg::FireStepsLsb+:8]);
  assign high = LevelBits'(instr_i[overlay_isa_pkg::FireHighLsb+:16]);
  assign low = LevelBits'(instr_i[overlay_isa_pkg::FireLowLsb+:16]);
  assign thresholds =
      ThresholdBits'(32'(instr_i[overlay_isa_pkg::FireThresholdsLsb+:24]) << $clog2(Turns));
  assign spikes = SpikeBits'(instr_i[overlay_isa_pkg::FireSpikesLsb+:24]);
  assign row_stride = SpikeBits'(instr_i[overlay_isa_pkg::FireRowStrideLsb+:16]);
  assign step_stride = SpikeBits'(instr_i[overlay_isa_pkg::FireStepStrideLsb+:24]);

  // idle: between instructions. take: groups are taken. drain: the last group is on its way.
  typedef enum logic [1:0] {
    StIdle,
    StTake,
    StDrain,
    StEnd
  } state_e;
  state_e state_q;
  logic begins, complete;
  assign begins = state_q == StIdle && instr_valid_i && (serial != 2'd2 || softmax_idle_i);
  assign begin_o = begins;
  assign softmax_start_o = begins && serial == 2'd2;
  assign end_o = state_q == StEnd;

  // ---------------------------------------------------------------------------- select
  logic have_q, take, room, s0_take, s0_valid_q, s0_move;
  logic [RowBits-1:0] row_q;
  logic [ChunkBits-1:0] chunk_q, inner_q;
  logic [GroupBits-1:0] group_q;
  logic [ElementBits-1:0] left_q, left;
  logic first_q, inner_last, chunk_last, group_last, row_last;
  logic [PlaceBits-1:0] place_q;
  logic [TurnBits-1:0] turn_q;
  logic written_last;
  logic [SpikeBits-1:0] row_addr_q, word_addr_q;
  logic [ThresholdBits-1:0] threshold_q, next_threshold;
  // The last of the groups that are written together.
  assign written_last = group_last || turn_q == TurnBits'(Turns - 1);
  assign next_threshold = (written_last ? threshold_q | ThresholdBits'(Turns - 1) : threshold_q) +
      ThresholdBits'(1);
  assign inner_last = inner_q == inners - ChunkBits'(1);
  assign chunk_last = HasOuter ? chunk_q == chunks - ChunkBits'(1) : inner_last;
  assign row_last = !HasRows || row_q == rows - RowBits'(1);
  // Elements of the chunk from this group on.
  assign left = first_q ? (inner_last ? tail : full) : left_q;
  assign group_last = left <= ElementBits'(Lanes);
  assign take = state_q == StTake && have_q && room;
  assign chunk_free_o = take && group_last;
  assign threshold_read_o = s0_take;

  logic [Lanes*AccWidth-1:0] selected, s0_word_q, s0_sums;
  logic s0_complement_q;
  logic [CountBits-1:0] s0_count_q;
  logic s0_group_end_q, s0_row_end_q, s0_chunk_end_q;
  logic [SpikeBits-1:0] s0_addr_q;
  logic [PlaceBits-1:0] s0_place_q;
  logic [TurnBits-1:0] s0_turn_q;
  // A multiplexer of a power of two of groups, whose address bits are bits of the group.
  logic [(2**GroupBits)*Lanes*AccWidth-1:0] padded;
  assign padded = ((2**GroupBits)*Lanes*AccWidth)'(sums_i);
  assign selected = padded[Lanes*AccWidth*group_q+:Lanes*AccWidth];
  // Complements become sums in the logic behind the register.
  assign s0_sums = s0_word_q ^ {(Lanes * AccWidth) {s0_complement_q}};

  // What a group takes along, and the group that leaves for s0.
  localparam int unsigned GroupWidth =
      Lanes * AccWidth + CountBits + 4 + SpikeBits + PlaceBits + TurnBits + ThresholdBits;
  logic [GroupWidth-1:0] group_in, group_out;
  logic [Lanes*AccWidth-1:0] sel_word;
  logic sel_complement, sel_group_end, sel_row_end, sel_chunk_end;
  logic [CountBits-1:0] sel_count;
  logic [SpikeBits-1:0] sel_addr;
  logic [PlaceBits-1:0] sel_place;
  logic [TurnBits-1:0] sel_turn;
  logic [CountBits-1:0] elements;
  assign elements = group_last ? CountBits'(left) : CountBits'(Lanes);
  assign group_in = {
    selected, complement_i, elements, group_last && inner_last, group_last && chunk_last,
    group_last, word_addr_q, place_q, turn_q,
    threshold_q
  };
  assign {sel_word, sel_complement, sel_count, sel_group_end, sel_row_end, sel_chunk_end, sel_addr,
      sel_place, sel_turn, threshold_addr_o} = group_out;
  logic s0_free;
  assign s0_free = !s0_valid_q || s0_move;
  if (Waiting > 0) begin : gen_waiting
    logic waits;
    assign s0_take = waits && s0_free;
    stream_fifo #(
      .Width(GroupWidth),
      .Depth(Waiting)
    ) u_groups (
      .clk_i,
      .rst_i,
      .in_valid_i(state_q == StTake && have_q),
      .in_ready_o(room),
      .in_data_i(group_in),
      .out_valid_o(waits),
      .out_ready_i(s0_free),
      .out_data_o(group_out)
    );
  end else begin : gen_at_once
    assign room = s0_free;
    assign s0_take = take;
    assign group_out = group_in;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      have_q <= 1'b0;
      s0_valid_q <= 1'b0;
    end else begin
      if (chunk_done_i) have_q <= 1'b1;
      else if (chunk_free_o) have_q <= 1'b0;
      if (s0_take) s0_valid_q <= 1'b1;
      else if (s0_move) s0_valid_q <= 1'b0;
      case (state_q)
        StIdle: if (begins) state_q <= StTake;
        StTake: if (take && group_last && chunk_last && row_last) state_q <= StDrain;
        StDrain: if (complete) state_q <= last ? StEnd : StIdle;
        default: if (restart_i) state_q <= StIdle;
      endcase
    end
    if (state_q == StIdle) begin
      row_q <= '0;
      chunk_q <= '0;
      inner_q <= '0;
      group_q <= '0;
      first_q <= 1'b1;
      place_q <= '0;
      turn_q <= '0;
      row_addr_q <= spikes;
      word_addr_q <= spikes;
      threshold_q <= thresholds;
    end
    if (s0_take) begin
      s0_word_q <= sel_word;
      s0_complement_q <= sel_complement;
      s0_count_q <= sel_count;
      s0_group_end_q <= sel_group_end;
      s0_row_end_q <= sel_row_end;
      s0_chunk_end_q <= sel_chunk_end;
      s0_addr_q <= sel_addr;
      s0_place_q <= sel_place;
      s0_turn_q <= sel_turn;
    end
    if (take) begin
      threshold_q <= next_threshold;
      turn_q <= written_last ? '0 : turn_q + TurnBits'(1);
      left_q <= left - ElementBits'(Lanes);
      first_q <= group_last;
      group_q <= group_last ? '0 : group_q + GroupBits'(1);
      if (written_last) begin
        place_q <= (place_q == PlaceBits'(Places - 1)) ? '0 : place_q + PlaceBits'(1);
        if (place_q == PlaceBits'(Places - 1)) word_addr_q <= word_addr_q + SpikeBits'(1);
      end
      if (group_last) begin
        inner_q <= inner_last ? '0 : inner_q + ChunkBits'(1);
        chunk_q <= chunk_last ? '0 : chunk_q + ChunkBits'(1);
        // Without a further row, the next instruction sets all of these.
        if (chunk_last && HasRows) begin
          row_q <= row_q + RowBits'(1);
          row_addr_q <= row_addr_q + row_stride;
          word_addr_q <= row_addr_q + row_stride;
          place_q <= '0;
          threshold_q <= thresholds;
        end
      end
    end
  end

  // ---------------------------------------------------------------------------- tables
  // Levels found in tables take the place of sums, with a threshold of 1.
  localparam int unsigned PieceProbes = 5;
  logic by_table, table_found, found;
  logic [Lanes*(LevelBits+1)-1:0] table_level;
  assign by_table = PieceDepth > 0 && instr_i[overlay_isa_pkg::FireTableLsb];
  if (PieceDepth > 0) begin : gen_pieces
    localparam int unsigned PieceCountBits = $clog2(PieceDepth + 1);
    logic [Lanes*PieceBits-1:0] first;
    logic [Lanes*PieceCountBits-1:0] count;
    logic done;
    for (genvar j = 0; j < Lanes; j++) begin : gen_function
      localparam int unsigned From = (ThetaWidth + StartWidth) * j;
      assign first[PieceBits*j+:PieceBits] = PieceBits'(threshold_i[From+:StartWidth]);
      assign count[PieceCountBits*j+:PieceCountBits] =
          PieceCountBits'(threshold_i[From+StartWidth+:ThetaWidth]);
    end
    overlay_pieces #(
      .Lanes(Lanes),
      .AccWidth(AccWidth),
      .PieceWidth(PieceWidth),
      .LevelBits(LevelBits),
      .Depth(PieceDepth),
      .Loadable(Loadable),
      .File(PieceFile),
      .ProbeBits(PieceProbes)
    ) u_pieces (
      .clk_i,
      .rst_i,
      .valid_i(s0_valid_q && by_table),
      .done_o(done),
      .take_i(s0_move),
      .probes_i(instr_i[overlay_isa_pkg::FireProbesLsb+:PieceProbes]),
      .sums_i(s0_sums),
      .first_i(first),
      .count_i(count),
      .levels_o(table_level),
      .write_i(piece_write_i),
      .write_addr_i(piece_addr_i),
      .write_data_i(piece_data_i)
    );
    assign table_found = !by_table || done;
  end else begin : gen_no_pieces
    assign table_level = '0;
    assign table_found = 1'b1;
    logic unused_pieces;
    assign unused_pieces = piece_write_i ^ (^piece_addr_i) ^ (^piece_data_i);
  end

  // ---------------------------------------------------------------------------- time-steps
  // Spikes of IF and LIF neurons take the place of sums, too: a neuron with the threshold 1 passes them on.
  logic by_lif, lif_found;
  logic [Lanes-1:0] lif_spike;
  assign by_lif = LifDepth > 0 && instr_i[overlay_isa_pkg::FireLifLsb+:3] != '0;
  assign found = table_found && lif_found;
  if (LifDepth > 0) begin : gen_lif
    localparam int unsigned LifBits = (LifDepth > 1) ? $clog2(LifDepth) : 1;
    localparam int unsigned FractionBits = 6;
    logic done;
    logic [Lanes*LifWidth-1:0] membranes;
    overlay_lif #(
      .Lanes(Lanes),
      .AccWidth(AccWidth),
      .ThetaWidth(ThetaWidth),
      .StartWidth(StartWidth),
      .StateWidth(LifWidth),
      .CurrentWidth(CurrentWidth),
      .Depth(LifDepth),
      .LeakShift(LeakShift),
      .FractionBits(FractionBits)
    ) u_lif (
      .clk_i,
      .rst_i,
      .begin_i(state_q == StIdle),
      .valid_i(s0_valid_q && by_lif),
      .done_o(done),
      .take_i(s0_move),
      .last_i(LifBits'(instr_i[overlay_isa_pkg::FireSumsLsb+:24] - 24'd1)),
      .fraction_i(instr_i[overlay_isa_pkg::FireStartsLsb+:FractionBits]),
      .reset_i(instr_i[overlay_isa_pkg::FireLifLsb+1+:2]),
      .over_i(instr_i[overlay_isa_pkg::FireLifLsb]),
      .factor_i((LeakShift + 1)'(instr_i[overlay_isa_pkg::FireScaleLsb+:32])),
      .synapse_i(instr_i[overlay_isa_pkg::FireCurrentLsb]),
      .synapse_factor_i((LeakShift + 1)'(instr_i[overlay_isa_pkg::FireScaleLsb+32+:32])),
      .value_i(LifWidth'(instr_i[overlay_isa_pkg::FireCoefficientLsb+:64])),
      .sums_i(s0_sums),
      .threshold_i,
      .spikes_o(lif_spike),
      .membranes_o(membranes)
    );
    assign lif_found = !by_lif || done;
`ifdef SYNTHESIS
    logic unused_membranes;
    assign unused_membranes = ^membranes;
`endif
  end else begin : gen_no_lif
    assign lif_spike = '0;
    assign lif_found = 1'b1;
  end

  // ---------------------------------------------------------------------------- membrane
  logic s1_valid_q, s1_move, s1_take, sm_valid_q, sm_move;
  logic [CountBits-1:0] s1_count_q;
  logic s1_group_end_q, s1_row_end_q, s1_chunk_end_q;
  logic [SpikeBits-1:0] s1_addr_q;
  logic [PlaceBits-1:0] s1_place_q;
  logic [TurnBits-1:0] s1_turn_q;
  logic [Lanes*VWidth-1:0] s1_v_q;
  logic [Lanes*ThetaWidth-1:0] s1_theta_q;
  logic out_ready;
  assign s1_take = s0_valid_q && neurons && found && (!s1_valid_q || s1_move);
  assign s0_move = neurons ? s1_take : s0_valid_q && out_ready;

  always_ff @(posedge clk_i) begin
    if (rst_i) s1_valid_q <= 1'b0;
    else if (s1_take) s1_valid_q <= 1'b1;
    else if (s1_move) s1_valid_q <= 1'b0;
    if (s1_take) begin
      s1_count_q <= s0_count_q;
      s1_group_end_q <= s0_group_end_q;
      s1_row_end_q <= s0_row_end_q;
      s1_chunk_end_q <= s0_chunk_end_q;
      s1_turn_q <= s0_turn_q;
      s1_addr_q <= s0_addr_q;
      s1_place_q <= s0_place_q;
    end
  end

  // ---------------------------------------------------------------------------- magnitude
  // M is V where V is not negative, else theta - V - 1, of which this is the complement.
  logic [CountBits-1:0] sm_count_q;
  logic sm_group_end_q, sm_row_end_q, sm_chunk_end_q;
  logic [SpikeBits-1:0] sm_addr_q;
  logic [PlaceBits-1:0] sm_place_q;
  logic [TurnBits-1:0] sm_turn_q;
  logic [Lanes-1:0] sm_negative_q;
  logic [Lanes*VWidth-1:0] sm_rest_q;
  logic [Lanes*ThetaWidth-1:0] sm_theta_q;
  assign s1_move = s1_valid_q && (!sm_valid_q || sm_move);
  always_ff @(posedge clk_i) begin
    if (rst_i) sm_valid_q <= 1'b0;
    else if (s1_move) sm_valid_q <= 1'b1;
    else if (sm_move) sm_valid_q <= 1'b0;
    if (s1_move) begin
      sm_count_q <= s1_count_q;
      sm_group_end_q <= s1_group_end_q;
      sm_row_end_q <= s1_row_end_q;
      sm_chunk_end_q <= s1_chunk_end_q;
      sm_turn_q <= s1_turn_q;
      sm_addr_q <= s1_addr_q;
      sm_place_q <= s1_place_q;
      sm_theta_q <= s1_theta_q;
    end
  end

  // ---------------------------------------------------------------------------- steps
  logic busy_q, step_end, step_go;
  logic [StepBits-1:0] step_q;
  logic written;
  logic [CountBits-1:0] s2_count_q;
  logic s2_group_end_q, s2_row_end_q, s2_chunk_end_q;
  logic [SpikeBits-1:0] s2_addr_q;
  logic [PlaceBits-1:0] s2_place_q;
  logic [TurnBits-1:0] s2_turn_q;
  logic unused_turn;
  assign unused_turn = ^{s2_turn_q, s2_chunk_end_q};
  logic [Lanes-1:0] spike, negative_q;
  logic [Lanes*LevelBits-1:0] level_q, level;
  // Steps are counted down; radix spikes begin at the largest weight, those above the layer's are not written.
  assign written = Unary || step_q < steps;
  assign step_end = step_q == '0;
  assign step_go = busy_q && (!step_end || out_ready);
  // The adders load a group in the last step of the one before, in which they are free; its thresholds are there by then.
  logic theta_ready_q, theta_take;
  assign sm_move = sm_valid_q && theta_ready_q && (!busy_q || (step_go && step_end));
  assign theta_take = sm_valid_q && !theta_ready_q &&
      (!busy_q || step_end || (step_go && step_q == StepBits'(1)));

  // Whether the next group is loaded is known early: in the last step nothing else is done with the adders. That it is
  // loaded only enables their registers. Each lane has its own copy of `!busy_q || step_end`, which synthesis does not merge,
  // for each holds itself.
  logic first_end, loads_begins, loads_stays;
  logic [Lanes-1:0] loads_q;
  assign first_end = Unary ? steps == StepBits'(1) : MaxSteps == 1;
  assign loads_begins = (sm_move && first_end) ||
      (!sm_move && step_go && (step_end || step_q == StepBits'(1)));
  assign loads_stays = !sm_move && !step_go;
  always_ff @(posedge clk_i) begin
    loads_q <= {Lanes{rst_i || loads_begins}} | (loads_q & {Lanes{loads_stays}});
  end

  // Radix spikes: the bits of the limits that have the weight of the step.
  logic [LevelBits-1:0] weight_q, next_weight;
  logic high_bit_q, low_bit_q;
  assign next_weight = sm_move ? LevelBits'(1) << Doublings : weight_q >> 1;
  always_ff @(posedge clk_i) begin
    if (sm_move || step_go) begin
      weight_q <= next_weight;
      high_bit_q <= (high & next_weight) != '0;
      low_bit_q <= (low & next_weight) != '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) busy_q <= 1'b0;
    else if (sm_move) busy_q <= 1'b1;
    else if (step_go && step_end) busy_q <= 1'b0;
    if (rst_i || sm_move) theta_ready_q <= 1'b0;
    else if (theta_take) theta_ready_q <= 1'b1;
    if (sm_move) begin
      step_q <= Unary ? steps - StepBits'(1) : StepBits'(MaxSteps - 1);
      s2_count_q <= sm_count_q;
      s2_group_end_q <= sm_group_end_q;
      s2_row_end_q <= sm_row_end_q;
      s2_chunk_end_q <= sm_chunk_end_q;
      s2_turn_q <= sm_turn_q;
      s2_addr_q <= sm_addr_q;
      s2_place_q <= sm_place_q;
    end else if (step_go) begin
      step_q <= step_q - StepBits'(1);
      if (written && Turns == 1) s2_addr_q <= s2_addr_q + step_stride;
    end
  end

  // ---------------------------------------------------------------------------- writes
  if (Turns == 1) begin : gen_each
    always_ff @(posedge clk_i) begin
      spike_fired_o <= !rst_i && step_go && written;
      spike_write_o <= !rst_i && step_go && written && spikes_out;
      spike_addr_o <= s2_addr_q;
      for (int unsigned p = 0; p < Places; p++) spike_group_o[p] <= s2_place_q == PlaceBits'(p);
      spike_nz_o <= spike;
      spike_neg_o <= negative_q;
    end
  end else begin : gen_together
    // The levels of the groups, of which bits are spikes, are collected, then written a step a cycle, which takes as long as
    // one group fires.
    logic group_fired, full_q, write_q;
    logic [Turns*Lanes*LevelBits-1:0] collect_q, levels_q;
    logic [Turns*Lanes-1:0] collect_neg_q, neg_q;
    logic [SpikeBits-1:0] collect_addr_q, addr_q;
    logic [PlaceBits-1:0] collect_place_q, write_place_q;
    logic [StepBits-1:0] write_step_q;
    assign group_fired = step_go && step_end;
    assign spike_fired_o = write_q && write_step_q < steps;
    assign spike_write_o = spike_fired_o && spikes_out;
    assign spike_addr_o = addr_q;
    assign spike_neg_o = neg_q;
    for (genvar p = 0; p < Places; p++) begin : gen_place
      assign spike_group_o[p] = write_place_q == PlaceBits'(p);
    end
    for (genvar t = 0; t < Turns; t++) begin : gen_turn
      logic own;
      assign own = group_fired && s2_turn_q == TurnBits'(t);
      always_ff @(posedge clk_i) begin
        if (own) begin
          collect_q[Lanes*LevelBits*t+:Lanes*LevelBits] <= level;
          collect_neg_q[Lanes*t+:Lanes] <= negative_q;
        end else if (rst_i || full_q) begin
          collect_q[Lanes*LevelBits*t+:Lanes*LevelBits] <= '0;
        end
      end
    end
    for (genvar j = 0; j < Turns * Lanes; j++) begin : gen_neuron
      assign spike_nz_o[j] = 1'(levels_q[LevelBits*j+:LevelBits] >> write_step_q);
    end
    always_ff @(posedge clk_i) begin
      full_q <= !rst_i && group_fired && (s2_chunk_end_q || s2_turn_q == TurnBits'(Turns - 1));
      if (rst_i) write_q <= 1'b0;
      else if (full_q) write_q <= 1'b1;
      else if (write_step_q == '0) write_q <= 1'b0;
      if (group_fired) begin
        collect_addr_q <= s2_addr_q;
        collect_place_q <= s2_place_q;
      end
      if (full_q) begin
        levels_q <= collect_q;
        neg_q <= collect_neg_q;
        addr_q <= collect_addr_q;
        write_place_q <= collect_place_q;
        write_step_q <= StepBits'(MaxSteps - 1);
      end else begin
        write_step_q <= write_step_q - StepBits'(1);
        if (spike_fired_o) addr_q <= addr_q + step_stride;
      end
    end
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [StartWidth-1:0] start;
    logic [ThetaWidth-1:0] theta;
    logic signed [AccWidth-1:0] acc;
    localparam int unsigned HighWidth = VWidth - Fraction;
    logic signed [VWidth-1:0] wide_start, v, s1_v;
    logic [HighWidth-1:0] inverse;
    logic [ThetaWidth-1:0] s1_theta, theta_q;
    // Thresholds of IF and LIF neurons, which are not those of these adders, may be wider than V.
    logic unused_theta, unused_start;
    assign unused_theta = ^s1_theta;
    assign unused_start = ^start;
    logic falls, reached, less_q, less, loads, unused_v, unused_rest;
    assign loads = loads_q[j];
    logic [WideWidth-1:0] wide_theta, loaded, operand, rest, rest_q;
    logic [LevelBits-1:0] m_level;
    logic allowed;
    assign start = (by_table || by_lif) ? '0 : threshold_i[(ThetaWidth+StartWidth)*j+:StartWidth];
    assign theta = (by_table || by_lif) ? ThetaWidth'(1) << Fraction :
        threshold_i[(ThetaWidth+StartWidth)*j+StartWidth+:ThetaWidth];
    assign acc = by_lif ? AccWidth'(lif_spike[j]) :
        by_table ? AccWidth'($signed(table_level[(LevelBits+1)*j+:LevelBits+1])) :
        s0_sums[AccWidth*j+:AccWidth];
    // Sums are differences, so that a carry chain gets the number behind which there is no logic as it is.
    if (Fraction > 0) begin : gen_fraction
      assign v[Fraction-1:0] = wide_start[Fraction-1:0];
    end
    assign wide_start = VWidth'(start);
    assign inverse = HighWidth'(~acc);
    assign {v[VWidth-1:Fraction], unused_v} =
        {wide_start[VWidth-1:Fraction], 1'b0} - {inverse, 1'b1};
    assign s1_v = s1_v_q[VWidth*j+:VWidth];
    assign s1_theta = s1_theta_q[ThetaWidth*j+:ThetaWidth];
    assign falls = s1_v[VWidth-1];
    // The rest R is M less w * theta of this step, both times the largest weight over w. What is not taken is added again,
    // so that the next rest is 2 R - theta after a spike and 2 R + theta after none. Unary spikes: R - theta, or R.
    // The register is R, or its complement where theta was subtracted: then theta is always added, and only the other
    // operand changes.
    assign m_level = level_q[LevelBits*j+:LevelBits];
    assign wide_theta = WideWidth'(theta_q) << Doublings;
    assign less = Unary || loads || spike[j];
    assign loaded = WideWidth'($signed(sm_rest_q[VWidth*j+:VWidth])) ^
        {WideWidth{!sm_negative_q[j]}};
    assign operand = loads ? loaded :
        Unary ? rest_q : {rest_q[WideWidth-2:0], less_q} ^ {WideWidth{less_q ^ less}};
    assign {rest, unused_rest} = {wide_theta, 1'b0} - {~operand, 1'b1};
    assign reached = rest_q[WideWidth-1] == less_q;
    assign spike[j] = reached && allowed;
    if (Unary) begin : gen_count
      logic unused_bits;
      assign unused_bits = high_bit_q ^ low_bit_q;
      assign allowed = m_level < (negative_q[j] ? low : high) && (Negative || !negative_q[j]);
      assign level[LevelBits*j+:LevelBits] = m_level + LevelBits'(spike[j]);
    end else begin : gen_bits
      // A level whose bits so far are those of the limit takes only bits that the limit has.
      logic at_limit_q, limit_bit;
      assign limit_bit = (Negative && negative_q[j]) ? low_bit_q : high_bit_q;
      assign allowed = (!at_limit_q || limit_bit) && (Negative || !negative_q[j]);
      assign level[LevelBits*j+:LevelBits] = LevelBits'({m_level, spike[j]});
      always_ff @(posedge clk_i) begin
        if (sm_move) at_limit_q <= 1'b1;
        else if (step_go) at_limit_q <= at_limit_q && spike[j] == limit_bit;
      end
    end
    always_ff @(posedge clk_i) begin
      if (s1_take) begin
        s1_v_q[VWidth*j+:VWidth] <= v;
        // Their thresholds are 1, so they do not spike.
        if (Ragged && CountBits'(j) >= s0_count_q) s1_v_q[VWidth*j+:VWidth] <= '0;
        s1_theta_q[ThetaWidth*j+:ThetaWidth] <= theta;
      end
      if (s1_move) begin
        sm_negative_q[j] <= falls;
        sm_rest_q[VWidth*j+:VWidth] <= s1_v - (VWidth'(s1_theta) & {VWidth{Negative && falls}});
      end
      if (theta_take) theta_q <= sm_theta_q[ThetaWidth*j+:ThetaWidth];
      if (sm_move || (step_go && (!Unary || spike[j]))) begin
        rest_q <= rest;
        less_q <= less;
      end
      if (sm_move) begin
        negative_q[j] <= sm_negative_q[j];
        level_q[LevelBits*j+:LevelBits] <= '0;
      end else if (step_go) begin
        level_q[LevelBits*j+:LevelBits] <= level[LevelBits*j+:LevelBits];
      end
    end
  end

`ifndef SYNTHESIS
  // For co-simulation: neurons after each local time-step. Membranes are V, whatever M is; sums, where tables decide.
  // Of IF and LIF neurons, what decided about their spikes.
  localparam int unsigned TapWidth = (LifDepth > 0 && LifWidth > VWidth) ? LifWidth : VWidth;
  logic tap_valid_q;
  logic [Lanes*TapWidth-1:0] tap_v_q;
  logic [Lanes*ThetaWidth-1:0] tap_theta_q;
  logic [Lanes*(LevelBits+1)-1:0] tap_level_q;
  logic [Lanes-1:0] tap_nz_q, tap_neg_q;
  logic [31:0] tap_instr_q, tap_group_q, s0_tap_group_q, s1_tap_group_q, sm_tap_group_q,
      s2_tap_group_q;
  logic [31:0] s0_tap_row_q, s1_tap_row_q, sm_tap_row_q, s2_tap_row_q, tap_row_q, tap_step_q,
      s2_tap_step_q;
  logic [31:0] tap_group_o_q, tap_row_in_q;
  always_ff @(posedge clk_i) begin
    tap_valid_q <= !rst_i && step_go && written;
    if (rst_i || restart_i) tap_instr_q <= '0;
    else if (instr_next_o) tap_instr_q <= tap_instr_q + 32'd1;
    // Groups and rows are counted as they leave.
    if (state_q == StIdle) tap_group_q <= '0;
    else if (s0_take) tap_group_q <= sel_row_end ? '0 :
        ((sel_chunk_end || sel_turn == TurnBits'(Turns - 1)) ? tap_group_q | (Turns - 1) :
         tap_group_q) + 32'd1;
    if (state_q == StIdle) tap_row_in_q <= '0;
    else if (s0_take && sel_row_end) tap_row_in_q <= tap_row_in_q + 32'd1;
    if (s0_take) begin
      s0_tap_group_q <= tap_group_q;
      s0_tap_row_q <= tap_row_in_q;
    end
    if (s1_take) begin
      s1_tap_group_q <= s0_tap_group_q;
      s1_tap_row_q <= s0_tap_row_q;
    end
    if (s1_move) begin
      sm_tap_group_q <= s1_tap_group_q;
      sm_tap_row_q <= s1_tap_row_q;
    end
    if (sm_move) begin
      s2_tap_group_q <= sm_tap_group_q;
      s2_tap_row_q <= sm_tap_row_q;
      s2_tap_step_q <= '0;
    end else if (step_go && written) begin
      s2_tap_step_q <= s2_tap_step_q + 32'd1;
    end
    tap_nz_q <= spike;
    tap_neg_q <= negative_q;
    tap_group_o_q <= s2_tap_group_q;
    tap_row_q <= s2_tap_row_q;
    tap_step_q <= s2_tap_step_q;
  end
  logic unused_taps;
  assign unused_taps = ^{
    tap_v_q, tap_level_q, tap_nz_q, tap_neg_q, tap_instr_q, tap_group_o_q, tap_row_q, tap_step_q
  };
  always_ff @(posedge clk_i) begin
    if (!rst_i && spike_write_o && Turns == 1) a_spikes_of_a_step : assert (tap_valid_q);
    if (!rst_i) a_loads : assert (loads_q == {Lanes{!busy_q || step_end}});
  end
  // Doublings that are still to come.
  logic [31:0] tap_shift;
  assign tap_shift = Unary ? '0 : 32'(step_q);
  for (genvar j = 0; j < Lanes; j++) begin : gen_tap
    logic [WideWidth-1:0] kept, theta_now;
    logic signed [VWidth-1:0] left_over, theta, seen;
    logic [LevelBits:0] magnitude;
    logic signed [TapWidth-1:0] s0_sum, s1_sum_q, sm_sum_q, s2_sum_q;
    if (LifDepth > 0) begin : gen_lif_sum
      assign s0_sum = by_lif ? TapWidth'($signed(gen_lif.membranes[LifWidth*j+:LifWidth])) :
          TapWidth'($signed(s0_sums[AccWidth*j+:AccWidth]));
    end else begin : gen_sum
      assign s0_sum = TapWidth'($signed(s0_sums[AccWidth*j+:AccWidth]));
    end
    assign theta_now = WideWidth'(tap_theta_q[ThetaWidth*j+:ThetaWidth]) << Doublings;
    assign kept =
        (gen_lane[j].rest_q ^ {WideWidth{gen_lane[j].less_q}}) + (spike[j] ? '0 : theta_now);
    assign left_over = VWidth'(kept >> (32'd0 + Doublings - tap_shift));
    assign theta = VWidth'(tap_theta_q[ThetaWidth*j+:ThetaWidth]);
    assign seen = !negative_q[j] ? left_over : Negative ? ~left_over + theta : ~left_over;
    assign magnitude = {1'b0, level[LevelBits*j+:LevelBits]} << tap_shift;
    always_ff @(posedge clk_i) begin
      if (s1_take) s1_sum_q <= s0_sum;
      if (s1_move) sm_sum_q <= s1_sum_q;
      if (sm_move) s2_sum_q <= sm_sum_q;
      tap_v_q[TapWidth*j+:TapWidth] <= (by_table || by_lif) ? s2_sum_q :
          TapWidth'(seen);
      if (sm_move) tap_theta_q[ThetaWidth*j+:ThetaWidth] <= gen_lane[j].theta_q;
      tap_level_q[(LevelBits+1)*j+:LevelBits+1] <= negative_q[j] ? -magnitude : magnitude;
    end
  end
`endif

  // ---------------------------------------------------------------------------- out
  // A group whose elements are taken one by one, or `SerialLanes` at once: they move towards lane 0, `SerialLanes` at
  // once. One whose elements are not taken one by one passes in a cycle.
  logic out_valid_q, out_fresh_q, out_group_end_q, out_row_end_q, out_chunk_end_q, out_take, walks,
      element_ready, element_last;
  logic [CountBits-1:0] out_count_q;
  logic [Lanes*ValueWidth-1:0] out_q;
  logic [ValueWidth-1:0] element;
  logic out_end, around, wide, element_go, moves;
  logic [CountBits-1:0] step_count;
  assign around = operand_out && transpose;
  assign walks = serial != 2'd0 || around;
  assign element_ready = serial == 2'd0 || serial_ready_i;
  assign element_go = out_valid_q && element_ready;
  assign element_last = !walks || out_count_q <= step_count;
  assign out_end = element_go && element_last;
  assign out_ready = !out_valid_q || out_end;
  assign out_take = neurons ? step_go && step_end : s0_valid_q && out_ready;
  assign serial_valid_o = out_valid_q && serial != 2'd0;
  assign step_count = wide ? CountBits'(SerialLanes) :
      around ? CountBits'(OperandLanes) : CountBits'(1);
  assign serial_wide_o = wide;
  assign serial_group_end_o = out_group_end_q && element_last;
  assign serial_row_end_o = out_row_end_q && element_last;
  for (genvar l = 0; l < SerialLanes; l++) begin : gen_here
    assign serial_here_o[l] = out_count_q > CountBits'(l);
  end
  if (SerialLanes > 1) begin : gen_beats
    // Which of those in front is taken, when they are taken one by one.
    localparam int unsigned LaneBits = $clog2(SerialLanes);
    logic [LaneBits-1:0] lane_q;
    assign wide = serial == 2'd2 || (serial == 2'd1 && instr_i[overlay_isa_pkg::FireWideLsb]);
    assign element = out_q[ValueWidth*lane_q+:ValueWidth];
    assign serial_value_o = {out_q[SerialLanes*ValueWidth-1:ValueWidth], element};
    assign moves = wide || lane_q == LaneBits'(SerialLanes - (around ? OperandLanes : 1));
    always_ff @(posedge clk_i) begin
      if (out_take) lane_q <= '0;
      else if (element_go && !wide) lane_q <=
          lane_q + (around ? LaneBits'(OperandLanes) : LaneBits'(1));
    end
  end else begin : gen_singles
    assign wide = 1'b0;
    assign element = out_q[ValueWidth-1:0];
    assign serial_value_o = element;
    assign moves = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else if (out_take) out_valid_q <= 1'b1;
    else if (out_end) out_valid_q <= 1'b0;
    if (out_take) begin
      out_fresh_q <= 1'b1;
      out_count_q <= neurons ? s2_count_q : s0_count_q;
      out_group_end_q <= neurons ? s2_group_end_q : s0_group_end_q;
      out_row_end_q <= neurons ? s2_row_end_q : s0_row_end_q;
      out_chunk_end_q <= neurons ? s2_chunk_end_q : s0_chunk_end_q;
    end else if (element_go) begin
      out_fresh_q <= 1'b0;
      out_count_q <= out_count_q - step_count;
    end
  end
  for (genvar j = 0; j < Lanes; j++) begin : gen_out
    logic [LevelBits:0] signed_level;
    logic [ValueWidth-1:0] loaded, next_element;
    assign signed_level = (Negative && negative_q[j]) ? -{1'b0, level[LevelBits*j+:LevelBits]} :
        {1'b0, level[LevelBits*j+:LevelBits]};
    assign loaded = neurons ? ValueWidth'($signed(signed_level)) :
        ValueWidth'($signed(s0_sums[AccWidth*j+:AccWidth]));
    assign next_element = out_q[ValueWidth*((j+SerialLanes)%Lanes)+:ValueWidth];
    always_ff @(posedge clk_i) begin
      if (out_take) out_q[ValueWidth*j+:ValueWidth] <= loaded;
      else if (element_go && moves) out_q[ValueWidth*j+:ValueWidth] <= next_element;
    end
  end

  // ---------------------------------------------------------------------------- operands
  // Rows of the instruction that are complete.
  logic [RowBits-1:0] done_row_q;
  if (HasOperands) begin : gen_operands
    localparam int unsigned RowLaneBits = (ChunkLanes > 1) ? $clog2(ChunkLanes) : 1;
    logic [OperandBits-1:0] base, stride, block_q, unit_q, element_q;
    localparam int unsigned UnitBits = $clog2(Groups + 1);
    logic [UnitBits-1:0] unit_groups, unit_group_q, unit_group;
    logic [RowLaneBits-1:0] row_lane_q;
    logic [GroupBits-1:0] lane_group;
    logic [OperandBits-1:0] row_offset_q;
    assign base = OperandBits'(instr_i[overlay_isa_pkg::FireOperandWordsLsb+:24]);
    assign stride = OperandBits'(instr_i[overlay_isa_pkg::FireOperandStrideLsb+:24]);
    assign unit_groups =
        UnitBits'(32'(instr_i[overlay_isa_pkg::FireOperandGroupsLsb+:16]) << $clog2(Turns));
    // At the end of a chunk, groups that are missing are passed over.
    assign unit_group = out_chunk_end_q ? unit_group_q | UnitBits'(Turns - 1) : unit_group_q;
    assign lane_group = GroupBits'(unit_group_q);
    assign operand_addr_o = transpose ? block_q + element_q : unit_q + row_offset_q;
    assign operand_plain_o = out_valid_q && operand_out && element_ready && !transpose &&
        out_fresh_q;
    assign operand_cross_o = out_valid_q && operand_out && element_ready && transpose;
    assign operand_element_o = element_q;
    assign operand_group_o = OperandGroupBits'(lane_group);
    assign operand_lane_o = row_lane_q;
    assign operand_row_end_o = out_end && out_row_end_q;
    assign operand_flush_o = done_row_q == rows - RowBits'(1) ||
        row_lane_q == RowLaneBits'(ChunkLanes - 1);
    for (genvar j = 0; j < Lanes; j++) begin : gen_level
      assign operand_levels_o[OperandWidth*j+:OperandWidth] = out_q[ValueWidth*j+:OperandWidth];
    end
    for (genvar b = 0; b < OperandLanes; b++) begin : gen_bank
      // The element that is written alone, or the levels of all lanes.
      logic [OperandWidth-1:0] single;
      logic [Lanes*OperandWidth-1:0] parts;
      logic alone, whole;
      assign alone = transpose && out_count_q > CountBits'(b);
      assign whole = !transpose && out_fresh_q &&
          (operand_addr_o & OperandBits'(OperandLanes - 1)) == OperandBits'(b);
      if (OperandLanes == 1) begin : gen_element
        assign single = element[OperandWidth-1:0];
      end else if (OperandLanes == SerialLanes) begin : gen_front
        assign single = out_q[ValueWidth*b+:OperandWidth];
      end else begin : gen_some
        assign single = out_q[ValueWidth*(b+32'(gen_beats.lane_q))+:OperandWidth];
      end
      for (genvar j = 0; j < Lanes; j++) begin : gen_part
        assign parts[OperandWidth*j+:OperandWidth] =
            transpose ? single : out_q[ValueWidth*j+:OperandWidth];
      end
      for (genvar l = 0; l < ChunkLanes; l++) begin : gen_operand
        assign operand_write_o[ChunkLanes*b+l] = out_valid_q && operand_out && element_ready &&
            ((alone && row_lane_q == RowLaneBits'(l)) ||
             (whole && lane_group == GroupBits'(l / Lanes)));
        assign operand_o[OperandWidth*(ChunkLanes*b+l)+:OperandWidth] =
            parts[OperandWidth*(l%Lanes)+:OperandWidth];
      end
    end
    always_ff @(posedge clk_i) begin
      if (state_q == StIdle) begin
        block_q <= base;
        unit_q <= base;
        element_q <= '0;
        unit_group_q <= '0;
        row_lane_q <= '0;
        row_offset_q <= '0;
      end else if (element_go) begin
        element_q <= element_q + OperandBits'(OperandLanes);
        if (out_end) begin
          // A group begins at a multiple of its lanes, a chunk at one of those that are written together.
          element_q <= (element_q |
              OperandBits'(out_chunk_end_q ? Turns * Lanes - 1 : Lanes - 1)) + OperandBits'(1);
          if (unit_group == unit_groups - UnitBits'(1)) begin
            unit_group_q <= '0;
            unit_q <= unit_q + stride;
          end else begin
            unit_group_q <= unit_group + UnitBits'(1);
          end
          if (out_row_end_q) begin
            element_q <= '0;
            unit_group_q <= '0;
            unit_q <= base;
            row_offset_q <= row_offset_q + OperandBits'(1);
            row_lane_q <= row_lane_q + RowLaneBits'(1);
            if (row_lane_q == RowLaneBits'(ChunkLanes - 1)) begin
              row_lane_q <= '0;
              block_q <= block_q + stride;
            end
          end
        end
      end
    end
  end else begin : gen_no_operands
    assign operand_write_o = '0;
    assign operand_addr_o = '0;
    assign operand_o = '0;
    assign {operand_plain_o, operand_cross_o, operand_row_end_o, operand_flush_o} = '0;
    assign operand_element_o = '0;
    assign operand_group_o = '0;
    assign operand_lane_o = '0;
    assign operand_levels_o = '0;
    logic unused_fresh;
    assign unused_fresh = out_fresh_q ^ out_chunk_end_q;
  end

  // ---------------------------------------------------------------------------- rows
  // A row is complete when its last element has passed the serial path and the memories, and its spikes are written; the last
  // row of an instruction when its operands have arrived, too.
  localparam int unsigned Latency = (Turns > 1) ? MaxSteps + 6 : 6;
  logic [Latency-1:0] row_end_q, instr_end_q;
  logic ends_q, row_last_done;
  assign row_last_done = !HasRows || done_row_q == rows - RowBits'(1);
  assign serial_end_o = serial_row_end_o && row_last_done;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_end_q <= '0;
      instr_end_q <= '0;
      ends_q <= 1'b0;
    end else begin
      row_end_q <= {row_end_q[Latency-2:0], out_end && out_row_end_q && !row_last_done};
      instr_end_q <= {instr_end_q[Latency-2:0], out_end && out_row_end_q && row_last_done};
      ends_q <= (instr_end_q[Latency-1] || ends_q) && !complete;
    end
    if (state_q == StIdle) done_row_q <= '0;
    else if (out_end && out_row_end_q) done_row_q <= done_row_q + RowBits'(1);
  end
  assign complete = (instr_end_q[Latency-1] || ends_q) && operand_idle_i;
  assign row_done_o = (row_end_q[Latency-1] || complete) && serial != 2'd2;
  assign instr_next_o = complete;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i && out_valid_q) a_one_way : assert (!around || serial == 2'd0);
  end
`endif

endmodule

`default_nettype wire
