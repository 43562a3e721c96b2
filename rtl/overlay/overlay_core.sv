`default_nettype none

/// The overlay: one engine that computes every layer of a network by a program (docs/overlay.md).
///
/// Values (elements less the zero point) come in, result frames go out. Widths and depths of all memories are those
/// that the compiler has proven to suffice for its program. `Scalars` are the numbers of the network that no instruction has.
/// With `Loadable`, they come from `scalars_i` instead, and programs and constants are written at run time, while the core is
/// in reset; then sizes are those of the largest network.
module overlay_core #(
  /// Sums of a chunk, events per cycle, neurons that fire together, neurons of a word of spikes.
  parameter int unsigned Lanes = 16,
  parameter int unsigned Spikes = 2,
  parameter int unsigned FireLanes = 8,
  parameter int unsigned FetchWidth = 32,
  /// Elements at once of the serial path, LayerNorm, softmax and their neurons: a power of two, at most `FireLanes / 4`.
  parameter int unsigned RowLanes = 1,
  /// Programs and constants are written at run time; bits of a word that is written.
  parameter bit Loadable = 1'b0,
  parameter int unsigned LoadWidth = 32,
  /// Numbers of the network (`overlay_image_pkg`), the first in the low bits.
  parameter bit [32*overlay_image_pkg::Scalars-1:0] Scalars = '0,
  /// Samples: bits of a signed value, number of values; 1: they become spikes; 1: other units read them.
  parameter int unsigned InputWidth = 9,
  parameter int unsigned InputCount = 16,
  parameter int unsigned InputSpikes = 1,
  parameter int unsigned InputRaw = 0,
  parameter int unsigned InputRows = 1,
  parameter int unsigned InputChannels = 16,
  parameter int unsigned InputSteps = 8,
  parameter bit InputSigned = 1'b1,
  parameter int unsigned InputOrder = 0,
  parameter OrderFile = "",
  /// Elements become spikes as they come, without a memory of elements; rows whose groups may wait.
  parameter bit InputDirect = 1'b0,
  parameter int unsigned InputOpen = 1,
  /// Instructions of the lists.
  parameter int unsigned FetchCount = 1,
  parameter int unsigned FireCount = 1,
  parameter int unsigned VectorCount = 0,
  parameter FetchFile = "",
  parameter FireFile = "",
  parameter VectorFile = "",
  /// Bits in which the instructions of a list differ, and what they are where they do not.
  parameter bit [32*overlay_isa_pkg::FetchWords-1:0] FetchVaries = '1,
  parameter bit [32*overlay_isa_pkg::FetchWords-1:0] FetchCommon = '0,
  parameter bit [32*overlay_isa_pkg::FireWords-1:0] FireVaries = '1,
  parameter bit [32*overlay_isa_pkg::FireWords-1:0] FireCommon = '0,
  parameter bit [32*overlay_isa_pkg::VectorWords-1:0] VectorVaries = '1,
  parameter bit [32*overlay_isa_pkg::VectorWords-1:0] VectorCommon = '0,
  /// Words of spike memory; of these, the first ones that have signs, all if 0.
  parameter int unsigned SpikeDepth = 16,
  parameter int unsigned SignDepth = 0,
  /// Weights: bits of one, words.
  parameter int unsigned WeightWidth = 8,
  parameter int unsigned WeightDepth = 16,
  parameter WeightFile = "",
  parameter WeightFile1 = "",
  parameter WeightFile2 = "",
  /// Weights stream past, from memory: bits of a beat; they are all here if 0.
  parameter int unsigned StreamWidth = 0,
  /// Windows: entries of their table, none if 0; bits of a level of which the largest is taken, none if 0.
  parameter int unsigned WindowDepth = 0,
  parameter WindowFile = "",
  parameter int unsigned PoolWidth = 0,
  /// Operands: bits of one, words; none if 0.
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned OperandDepth = 0,
  /// Operands: banks, each of which a transposed row writes at once.
  parameter int unsigned OperandLanes = 1,
  /// Operands: an event may read one lane of a word; not with `StreamWidth`.
  parameter bit HasGates = 1'b0,
  /// Most elements of a row of operands that is transposed, with `StreamWidth`.
  parameter int unsigned OperandElements = 1,
  /// Bits of a signed sum of the engine.
  parameter int unsigned AccWidth = 16,
  /// Neurons: see `overlay_fire`.
  parameter int unsigned Fraction = 4,
  parameter int unsigned MembraneWidth = 20,
  parameter int unsigned ThetaWidth = 14,
  parameter int unsigned StartWidth = 16,
  parameter int unsigned LevelBits = 4,
  parameter int unsigned MaxSteps = 4,
  parameter bit Unary = 1'b0,
  parameter bit Negative = 1'b1,
  parameter int unsigned ThresholdDepth = 1,
  parameter ThresholdFile = "",
  /// A word of thresholds has one θ for all of its neurons.
  parameter bit SharedTheta = 1'b0,
  parameter bit Ragged = 1'b0,
  parameter int unsigned PieceWidth = 16,
  parameter int unsigned PieceDepth = 0,
  parameter PieceFile = "",
  /// IF and LIF neurons: words of membranes, none if 0; bits of a membrane, of a synaptic current, of a leak behind the point.
  parameter int unsigned LifDepth = 0,
  parameter int unsigned LifWidth = 16,
  parameter int unsigned CurrentWidth = 0,
  parameter int unsigned LeakShift = 0,
  /// Bits of the progress of a unit: the rows of a sample.
  parameter int unsigned ProgressBits = 16,
  /// Largest numbers of rows, steps, segments, outer and inner chunks, groups of a row, chunks of a row.
  parameter int unsigned MaxRows = 1,
  parameter int unsigned MaxFetchSteps = 8,
  parameter int unsigned MaxSegments = 1,
  parameter int unsigned MaxOuter = 1,
  parameter int unsigned MaxInner = 1,
  parameter int unsigned MaxGroups = 8,
  parameter int unsigned MaxChunks = 1,
  /// Rows: see `overlay_rows`.
  parameter int unsigned SumWidth = 24,
  parameter int unsigned SumDepth = 0,
  parameter bit Accumulates = 1'b0,
  parameter int unsigned CoefficientWidth = 16,
  parameter int unsigned CoefficientDepth = 0,
  parameter CoefficientFile = "",
  parameter SerialCoefficientFile = "",
  parameter int unsigned StartDepth = 0,
  parameter StartFile = "",
  parameter SerialStartFile = "",
  /// Start values come with the stream of weights: bits of one in a beat; none do if 0.
  parameter int unsigned StartStream = 0,
  parameter bit HasAdd = 1'b0,
  parameter bit HasEmbed = 1'b0,
  parameter bit HasMask = 1'b0,
  parameter bit HasBand = 1'b0,
  parameter bit HasLayerNorm = 1'b0,
  parameter bit HasUncentred = 1'b0,
  parameter bit HasNeurons = 1'b0,
  /// Sums for the readout, raw elements that are added to sums.
  parameter bit HasSend = 1'b0,
  parameter bit HasElements = 1'b0,
  parameter int unsigned TableWidth = 16,
  parameter int unsigned TableDepth = 0,
  parameter TableFile = "",
  /// Rows of tables come from memory: bits of an entry there, and of a beat; they are all here if 0.
  parameter int unsigned GatherWidth = 0,
  parameter int unsigned RowBeatWidth = 1,
  parameter int unsigned MaxChannels = 16,
  parameter int unsigned ConstantWidth = 16,
  parameter int unsigned ConstantDepth = 0,
  parameter ConstantFile = "",
  parameter int unsigned NormFraction = 8,
  parameter int unsigned SquareWidth = 40,
  parameter int unsigned RootFraction = 0,
  parameter int unsigned NormValueWidth = 28,
  parameter int unsigned NeuronFraction = 4,
  parameter int unsigned NeuronThetaWidth = 1,
  parameter int unsigned MaxGroup = 0,
  parameter int unsigned ExpWidth = 12,
  parameter int unsigned ExpDepth = 0,
  parameter ExpFile = "",
  parameter int unsigned ExpSumWidth = 16,
  parameter int unsigned ScaleWidth = 10,
  parameter int unsigned ScaleFraction = 10,
  parameter int unsigned RowLevelBits = 4,
  parameter int unsigned RowStepBits = 8,
  /// Readout: see `readout`.
  parameter int unsigned Classes = 10,
  parameter int unsigned RowClasses = Classes,
  parameter int unsigned MultiplierWidth = 16,
  parameter int unsigned ResultWidth = 32,
  parameter int unsigned UseMultiplier = 1,
  parameter int unsigned ResultShift = 0,
  parameter ResultFile = "",
  /// Bits of counted events, derived.
  localparam int unsigned CountWidth =
      $clog2(
          ((Spikes > FireLanes && Spikes > 4) ? Spikes : (FireLanes > 4) ? FireLanes : 4) +
          4 * RowLanes + 1),
  /// Bits of a beat of weights, derived.
  localparam int unsigned BeatWidth = (StreamWidth > 0) ? StreamWidth : 1
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// Numbers of the network, with `Loadable`: stable outside of reset.
  input  wire logic [32*overlay_image_pkg::Scalars-1:0] scalars_i,
  /// Words that are written: for each memory whether it is meant; the word is in the high bits.
  input  wire logic [overlay_image_pkg::Memories-1:0] load_i,
  input  wire logic [31:0]           load_addr_i,
  input  wire logic [LoadWidth-1:0]  load_word_i,
  /// Weights: words of a sample's stream, its beats; it has failed; a cycle is lost because weights, or the entry of a row, are
  /// not here.
  input  wire logic [31:0]           stream_words_i,
  input  wire logic                  stream_valid_i,
  output      logic                  stream_ready_o,
  input  wire logic [BeatWidth-1:0]  stream_i,
  input  wire logic                  stream_failed_i,
  output      logic                  stream_lost_o,
  /// Rows of tables: commands for bytes of the tables, their beats; they have failed.
  output      logic                  row_cmd_valid_o,
  input  wire logic                  row_cmd_ready_i,
  output      logic [31:0]           row_cmd_offset_o,
  output      logic [31:0]           row_cmd_bytes_o,
  input  wire logic                  row_beat_valid_i,
  output      logic                  row_beat_ready_o,
  input  wire logic [RowBeatWidth-1:0] row_beat_i,
  input  wire logic                  row_failed_i,
  /// A sample is complete in the core and not computed.
  output      logic                  inside_o,
  /// Values in.
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic [InputWidth-1:0] in_value_i,
  /// Result frames, AXI4-Stream.
  output      logic                  m_axis_tvalid_o,
  input  wire logic                  m_axis_tready_i,
  output      logic [31:0]           m_axis_tdata_o,
  output      logic                  m_axis_tlast_o,
  /// High in the cycle in which a frame's final word is taken.
  output      logic                  done_o,
  /// Spikes and events of this cycle.
  output      logic [CountWidth-1:0] spikes_o,
  output      logic [CountWidth-1:0] events_o
);

  localparam bit HasOperands = OperandDepth > 0;
  localparam bit HasRows = SumDepth > 0 || VectorCount > 0 || MaxGroup > 0;
  localparam int unsigned SpikeBits = (SpikeDepth > 1) ? $clog2(SpikeDepth) : 1;
  localparam int unsigned WeightBits = (WeightDepth > 1) ? $clog2(WeightDepth) : 1;
  localparam int unsigned OperandBits = (OperandDepth > 1) ? $clog2(OperandDepth) : 1;
  // A lane of a word of operands has an address of its own, of which the highest bit is set.
  localparam int unsigned LanePlaceBits = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam int unsigned ReadBits = HasGates ? OperandBits + LanePlaceBits : OperandBits;
  localparam int unsigned WordBits =
      ((WeightBits > ReadBits) ? WeightBits : ReadBits) + (HasGates ? 1 : 0);
  localparam int unsigned ThresholdBits = (ThresholdDepth > 1) ? $clog2(ThresholdDepth) : 1;
  localparam int unsigned RowBits = $clog2(MaxRows + 1);
  localparam int unsigned FetchStepBits = $clog2(MaxFetchSteps + 1);
  localparam int unsigned SegmentBits = $clog2(MaxSegments + 1);
  localparam int unsigned OuterBits = $clog2(MaxOuter + 1);
  localparam int unsigned InnerBits = $clog2(MaxInner + 1);
  localparam int unsigned ChunkBits = $clog2(MaxChunks + 1);
  localparam int unsigned ElementBits = $clog2(Lanes + 1);
  localparam int unsigned FireStepBits = LevelBits + 1;
  // Spikes are written in groups of at least four neurons.
  localparam int unsigned GroupLanes = (FireLanes < 4) ? 4 : FireLanes;
  localparam int unsigned FireTurns = GroupLanes / FireLanes;
  localparam int unsigned Places = FetchWidth / GroupLanes;
  localparam int unsigned PlaceBits = $clog2(Places);
  // Positions of groups in a row, which may go a little beyond the row.
  localparam int unsigned GroupBits = $clog2(MaxGroups + 1) + PlaceBits + 1;
  localparam int unsigned ValueWidth = (AccWidth > LevelBits + 1) ? AccWidth : LevelBits + 1;
  // A logit's value has at least its bits.
  localparam int unsigned TotalWidth =
      (HasSend && SumWidth > ValueWidth) ? SumWidth : ValueWidth;
  localparam int unsigned LogitWidth =
      (TotalWidth < ResultWidth - ResultShift) ? TotalWidth : ResultWidth - ResultShift;
  // Four neurons are the smallest part of a word of spikes that is written. Row fire writes those of four beats.
  localparam int unsigned Quads = FetchWidth / 4;
  localparam int unsigned QuadsGroup = GroupLanes / 4;
  localparam int unsigned RowFires = 4 * RowLanes;

  if (GroupLanes % RowFires != 0 || FetchWidth % GroupLanes != 0 ||
      Lanes % GroupLanes != 0 || FireTurns * FireLanes != GroupLanes) begin : gen_bad_parameters
    $error("overlay_core: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- numbers of the network
  localparam int unsigned RawBits = (InputCount > 1) ? $clog2(InputCount) : 1;
  localparam int unsigned InRowBits = (InputRows > 1) ? $clog2(InputRows) : 1;
  localparam int unsigned InChannelBits = (InputChannels > 1) ? $clog2(InputChannels) : 1;
  localparam int unsigned FetchListBits = $clog2(overlay_isa_pkg::FetchWords * FetchCount);
  localparam int unsigned FireListBits = $clog2(overlay_isa_pkg::FireWords * FireCount);
  localparam int unsigned VectorSize = overlay_isa_pkg::VectorWords * VectorCount;
  localparam int unsigned VectorListBits = (VectorSize > 1) ? $clog2(VectorSize) : 1;
  logic has_spikes, is_ordered, has_vector;
  logic [32*overlay_image_pkg::Scalars-1:0] scalars;
  assign scalars = Loadable ? scalars_i : Scalars;
  logic [SpikeBits-1:0] in_base, in_half, in_other, in_row_stride, in_step_stride;
  logic [RawBits-1:0] in_last;
  logic [InRowBits-1:0] in_last_row;
  logic [InChannelBits-1:0] in_last_channel;
  logic [FetchListBits-1:0] fetch_last;
  logic [FireListBits-1:0] fire_last;
  logic [VectorListBits-1:0] vector_last;
  assign has_spikes = scalars[32*overlay_image_pkg::ScalarFlags+overlay_image_pkg::FlagSpikes];
  assign is_ordered = scalars[32*overlay_image_pkg::ScalarFlags+overlay_image_pkg::FlagOrdered];
  assign has_vector = scalars[32*overlay_image_pkg::ScalarFlags+overlay_image_pkg::FlagVector];
  assign in_last = RawBits'(scalars[32*overlay_image_pkg::ScalarInputLast+:32]);
  assign in_last_row = InRowBits'(scalars[32*overlay_image_pkg::ScalarInputLastRow+:32]);
  assign in_last_channel =
      InChannelBits'(scalars[32*overlay_image_pkg::ScalarInputLastChannel+:32]);
  assign in_base = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputBase+:32]);
  assign in_half = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputHalf+:32]);
  assign in_other = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputOther+:32]);
  assign in_row_stride = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputRowStride+:32]);
  assign in_step_stride = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputStepStride+:32]);
  assign fetch_last = FetchListBits'(scalars[32*overlay_image_pkg::ScalarFetchLast+:32]);
  assign fire_last = FireListBits'(scalars[32*overlay_image_pkg::ScalarFireLast+:32]);
  assign vector_last = VectorListBits'(scalars[32*overlay_image_pkg::ScalarVectorLast+:32]);
  // The order in which elements come, of `overlay_input_direct`, and the last instruction that reads the input.
  logic in_single;
  logic [InChannelBits-1:0] in_last_run, in_last_pass, in_last_plane;
  logic [InRowBits-1:0] in_last_band_row, in_last_band;
  logic [SpikeBits-1:0] in_band_stride;
  logic [FetchListBits-1:0] in_reader;
  assign in_single = scalars[32*overlay_image_pkg::ScalarFlags+overlay_image_pkg::FlagSingle];
  assign in_last_run = InChannelBits'(scalars[32*overlay_image_pkg::ScalarInputLastRun+:32]);
  assign in_last_band_row = InRowBits'(scalars[32*overlay_image_pkg::ScalarInputLastBandRow+:32]);
  assign in_last_pass = InChannelBits'(scalars[32*overlay_image_pkg::ScalarInputLastPass+:32]);
  assign in_last_band = InRowBits'(scalars[32*overlay_image_pkg::ScalarInputLastBand+:32]);
  assign in_last_plane = InChannelBits'(scalars[32*overlay_image_pkg::ScalarInputLastPlane+:32]);
  assign in_band_stride = SpikeBits'(scalars[32*overlay_image_pkg::ScalarInputBandStride+:32]);
  assign in_reader = FetchListBits'(scalars[32*overlay_image_pkg::ScalarInputReader+:32]);
  // The samples' scalars are read outside; not every machine has all memories.
  logic unused_load;
  assign unused_load = ^{scalars, scalars_i, load_i, load_addr_i, load_word_i};

  // ---------------------------------------------------------------------------- samples
  logic restart, fetch_end, fire_end, vector_end;
  logic [ProgressBits-1:0] progress_engine_q, progress_softmax_q, progress_vector_q, progress_input;
  logic engine_row, softmax_row, vector_row, input_half;
  assign restart = fetch_end && fire_end && vector_end;
  always_ff @(posedge clk_i) begin
    if (rst_i || restart) begin
      progress_engine_q <= '0;
      progress_softmax_q <= '0;
      progress_vector_q <= '0;
    end else begin
      progress_engine_q <= progress_engine_q + ProgressBits'(engine_row);
      progress_softmax_q <= progress_softmax_q + ProgressBits'(softmax_row);
      progress_vector_q <= progress_vector_q + ProgressBits'(vector_row);
    end
  end

  // ---------------------------------------------------------------------------- input
  logic input_valid, input_ready;
  logic [SpikeBits-1:0] input_addr;
  logic [Places-1:0] input_group;
  logic [GroupLanes-1:0] input_nz, input_neg;
  logic raw_valid, raw_read;
  logic [RawBits-1:0] raw_addr;
  logic [InputWidth-1:0] raw_data;
  logic fetch_valid, fetch_next, weights_ready, present;
  if (InputDirect) begin : gen_direct
    // The input has been read when the last instruction that reads it ends.
    logic [FetchListBits-1:0] instruction_q;
    logic input_read;
    assign input_read = fetch_next && instruction_q == in_reader;
    always_ff @(posedge clk_i) begin
      if (rst_i || restart) instruction_q <= '0;
      else if (fetch_next) instruction_q <= instruction_q + FetchListBits'(1);
    end
    overlay_input_direct #(
      .ProgressBits(ProgressBits),
      .ValueWidth(InputWidth),
      .Rows(InputRows),
      .Channels(InputChannels),
      .Steps(InputSteps),
      .Lanes(GroupLanes),
      .FetchWidth(FetchWidth),
      .SpikeBits(SpikeBits),
      .Open(InputOpen)
    ) u_input (
      .clk_i,
      .rst_i,
      .last_run_i(in_last_run),
      .last_band_row_i(in_last_band_row),
      .last_pass_i(in_last_pass),
      .last_band_i(in_last_band),
      .last_plane_i(in_last_plane),
      .base_i(in_base),
      .other_i(in_other),
      .row_stride_i(in_row_stride),
      .band_stride_i(in_band_stride),
      .step_stride_i(in_step_stride),
      .single_i(in_single),
      .in_valid_i,
      .in_ready_o,
      .in_value_i,
      .spike_valid_o(input_valid),
      .spike_ready_i(input_ready),
      .spike_addr_o(input_addr),
      .spike_group_o(input_group),
      .spike_nz_o(input_nz),
      .spike_neg_o(input_neg),
      .progress_o(progress_input),
      .half_o(input_half),
      .release_i(input_read),
      .done_i(restart),
      .inside_o
    );
    assign raw_valid = 1'b0;
    assign raw_data = '0;
    logic unused_raw;
    assign unused_raw = raw_read ^ (^raw_addr) ^ has_spikes ^ is_ordered ^ (^in_last) ^
        (^in_last_row) ^ (^in_last_channel);
  end else begin : gen_input
    overlay_input #(
      .ProgressBits(ProgressBits),
      .ValueWidth(InputWidth),
      .Count(InputCount),
      .HasSpikes(InputSpikes),
      .HasRaw(InputRaw),
      .Rows(InputRows),
      .Channels(InputChannels),
      .Steps(InputSteps),
      .Signed(InputSigned),
      .Lanes(GroupLanes),
      .FetchWidth(FetchWidth),
      .SpikeBits(SpikeBits),
      .HasOrder(InputOrder),
      .Loadable(Loadable),
      .OrderFile(OrderFile)
    ) u_input (
      .clk_i,
      .rst_i,
      .spikes_i(has_spikes),
      .ordered_i(is_ordered),
      .last_i(in_last),
      .last_row_i(in_last_row),
      .last_channel_i(in_last_channel),
      .base_i(in_base),
      .other_i(in_other),
      .row_stride_i(in_row_stride),
      .step_stride_i(in_step_stride),
      .order_write_i(load_i[overlay_image_pkg::MemoryOrder]),
      .order_addr_i(RawBits'(load_addr_i)),
      .order_data_i(RawBits'(load_word_i >> (LoadWidth - 32))),
      .in_valid_i,
      .in_ready_o,
      .in_value_i,
      .raw_valid_o(raw_valid),
      .raw_read_i(raw_read),
      .raw_addr_i(raw_addr),
      .raw_data_o(raw_data),
      .spike_valid_o(input_valid),
      .spike_ready_i(input_ready),
      .spike_addr_o(input_addr),
      .spike_group_o(input_group),
      .spike_nz_o(input_nz),
      .spike_neg_o(input_neg),
      .progress_o(progress_input),
      .half_o(input_half),
      .done_i(restart),
      .inside_o
    );
    logic unused_direct;
    assign unused_direct = ^{in_last_run, in_last_band_row, in_last_pass, in_last_band,
        in_last_plane, in_band_stride, in_reader, in_single};
  end
  // Something of the present sample has come.
  logic present_q;
  assign present = present_q || raw_valid || progress_input != '0;
  always_ff @(posedge clk_i) begin
    if (rst_i || restart) present_q <= 1'b0;
    else if (present) present_q <= 1'b1;
  end

  // ---------------------------------------------------------------------------- fetch
  // The list is told a cycle later that an instruction is done: its end follows from all counters of fetch.
  logic fetch_next_q;
  always_ff @(posedge clk_i) fetch_next_q <= !rst_i && fetch_next;
  logic [32*overlay_isa_pkg::FetchWords-1:0] fetch_list, fetch_instr;
  assign fetch_instr = (fetch_list & FetchVaries) | FetchCommon;
  overlay_sequencer #(
    .Words(overlay_isa_pkg::FetchWords),
    .Count(FetchCount),
    .Loadable(Loadable),
    .File(FetchFile)
  ) u_fetch_list (
    .clk_i,
    .rst_i,
    .valid_o(fetch_valid),
    .instr_o(fetch_list),
    .next_i(fetch_next_q),
    .last_i(fetch_last),
    .write_i(load_i[overlay_image_pkg::MemoryFetch]),
    .write_addr_i(FetchListBits'(load_addr_i)),
    .write_data_i(32'(load_word_i >> (LoadWidth - 32)))
  );

  logic spike_read;
  logic [SpikeBits-1:0] spike_read_addr;
  logic [FetchWidth-1:0] read_nz, read_neg;
  logic word_valid, word_ready, word_operand, word_clear, word_double, word_last;
  logic word_keep, word_merge;
  logic [FetchWidth-1:0] word_nz, word_neg;
  logic [WordBits-1:0] word_base;
  localparam int unsigned WindowAddrBits = (WindowDepth > 1) ? $clog2(WindowDepth) : 1;
  localparam int unsigned WindowWidth = SpikeBits + WordBits + SegmentBits;
  localparam int unsigned WindowParts = (WindowDepth > 0) ? (WindowWidth + 31) / 32 : 1;
  overlay_fetch #(
    .FetchWidth(FetchWidth),
    .FireLanes(GroupLanes),
    .SpikeBits(SpikeBits),
    .WordBits(WordBits),
    .RowBits(RowBits),
    .StepBits(FetchStepBits),
    .SegmentBits(SegmentBits),
    .OuterBits(OuterBits),
    .InnerBits(InnerBits),
    .GroupBits(GroupBits),
    .HasRows(MaxRows > 1),
    .HasSegments(MaxSegments > 1 || WindowDepth > 0),
    .HasOuter(MaxOuter > 1),
    .WindowDepth(WindowDepth),
    .Loadable(Loadable),
    .WindowFile(WindowFile),
    .HasGates(HasGates),
    .HasMaximum(PoolWidth > 0),
    .ProgressBits(ProgressBits)
  ) u_fetch (
    .clk_i,
    .rst_i,
    .input_half_words_i(in_half),
    .input_last_row_i(ProgressBits'(in_last_row)),
    .window_write_i(load_i[overlay_image_pkg::MemoryWindows]),
    .window_addr_i(WindowAddrBits'(load_addr_i)),
    .window_data_i(WindowWidth'(load_word_i >> (LoadWidth - 32 * WindowParts))),
    .instr_valid_i(fetch_valid && weights_ready && !fetch_next_q),
    .instr_i(fetch_instr),
    .instr_next_o(fetch_next),
    .progress_engine_i(progress_engine_q),
    .progress_softmax_i(progress_softmax_q),
    .progress_vector_i(progress_vector_q),
    .progress_input_i(progress_input),
    .input_half_i(input_half),
    .end_o(fetch_end),
    .restart_i(restart),
    .read_o(spike_read),
    .read_addr_o(spike_read_addr),
    .read_nz_i(read_nz),
    .read_neg_i(read_neg),
    .out_valid_o(word_valid),
    .out_ready_i(word_ready),
    .out_nz_o(word_nz),
    .out_neg_o(word_neg),
    .out_base_o(word_base),
    .out_operand_o(word_operand),
    .out_clear_o(word_clear),
    .out_double_o(word_double),
    .out_last_o(word_last),
    .out_keep_o(word_keep),
    .out_merge_o(word_merge)
  );

  // The queue's ready is a register: the time that events take does not reach back into fetch.
  logic next_valid, next_ready, next_operand, next_clear, next_double, next_last, next_keep;
  logic next_merge;
  logic [FetchWidth-1:0] next_nz, next_neg;
  logic [WordBits-1:0] next_base;
  stream_fifo #(
    .Width(2 * FetchWidth + WordBits + 6),
    .Depth(2)
  ) u_words (
    .clk_i,
    .rst_i,
    .in_valid_i(word_valid),
    .in_ready_o(word_ready),
    .in_data_i({
      word_nz, word_neg, word_base, word_operand, word_clear, word_double, word_last, word_keep,
      word_merge
    }),
    .out_valid_o(next_valid),
    .out_ready_i(next_ready),
    .out_data_o({
      next_nz, next_neg, next_base, next_operand, next_clear, next_double, next_last, next_keep,
      next_merge
    })
  );

  // ---------------------------------------------------------------------------- events
  // One chunk may be complete while the sums of the one earlier are still needed.
  logic chunk_free, chunk_room_q, event_valid, event_operand, event_clear, event_double, event_last;
  logic event_keep, event_merge, events_half;
  logic [Spikes-1:0] event_bits, event_neg;
  logic [Spikes*WordBits-1:0] event_addr;
  overlay_events #(
    .FetchWidth(FetchWidth),
    .Spikes(Spikes),
    .Halves(StreamWidth > 0 && Spikes > 1),
    .WordBits(WordBits)
  ) u_events (
    .clk_i,
    .rst_i,
    .in_valid_i(next_valid),
    .in_ready_o(next_ready),
    .in_nz_i(next_nz),
    .in_neg_i(next_neg),
    .in_base_i(next_base),
    .in_operand_i(next_operand),
    .in_clear_i(next_clear),
    .in_double_i(next_double),
    .in_last_i(next_last),
    .in_keep_i(next_keep),
    .in_merge_i(next_merge),
    .last_ready_i(chunk_room_q && !(event_valid && event_last && !event_keep)),
    .half_i(events_half),
    .out_valid_o(event_valid),
    .out_event_o(event_bits),
    .out_neg_o(event_neg),
    .out_addr_o(event_addr),
    .out_operand_o(event_operand),
    .out_clear_o(event_clear),
    .out_double_o(event_double),
    .out_last_o(event_last),
    .out_keep_o(event_keep),
    .out_merge_o(event_merge)
  );
  always_ff @(posedge clk_i) begin
    if (rst_i) chunk_room_q <= 1'b1;
    else if (event_valid && event_last && !event_keep) chunk_room_q <= 1'b0;
    else if (chunk_free) chunk_room_q <= 1'b1;
  end

  // ---------------------------------------------------------------------------- words
  localparam int unsigned WeightParts = (Lanes * WeightWidth + 31) / 32;
  // With weights that stream past, weights and operands are in one memory, whose numbers have the width of both.
  localparam bit Streams = StreamWidth > 0;
  logic start_valid, start_take, row_lost;
  logic [SumWidth-1:0] start_value;
  localparam int unsigned TermWidth =
      (Streams && HasOperands && OperandWidth > WeightWidth) ? OperandWidth : WeightWidth;
  localparam int unsigned LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam int unsigned LaneGroupBits = (Lanes > FireLanes) ? $clog2(Lanes / FireLanes) : 1;
  logic [Spikes*Lanes*TermWidth-1:0] weight_data;
  // Word a is in bank a mod OperandLanes.
  logic [OperandLanes*Lanes-1:0] operand_write;
  logic [OperandBits-1:0] operand_write_addr, operand_element;
  logic [OperandLanes*Lanes*OperandWidth-1:0] operand_write_data;
  logic [Spikes*Lanes*OperandWidth-1:0] operand_data;
  logic operand_plain, operand_cross, operand_row_end, operand_flush, operand_idle;
  logic [LaneGroupBits-1:0] operand_group;
  logic [LaneBits-1:0] operand_lane;
  logic [FireLanes*OperandWidth-1:0] operand_levels;
  if (Streams) begin : gen_stream
    // Before the needs stand the numbers of the stream, which are read outside.
    localparam int unsigned NeedBits = (FetchCount > 1) ? $clog2(FetchCount) : 1;
    localparam int unsigned Part =
        (FireLanes > 32) ? FireLanes / 2 : FireLanes;
    logic waits, word_write, word_space, put_valid, put_ready, put_urgent;
    logic weight_beat, weight_space;
    logic [WeightBits-1:0] word_addr;
    logic [Lanes*WeightWidth-1:0] word_data;
    logic [OperandBits-1:0] put_addr;
    logic [LaneGroupBits-1:0] put_group;
    logic [FireLanes/Part-1:0] put_parts;
    logic [FireLanes*OperandWidth-1:0] put_data;
    overlay_weight_ring #(
      .Width(Lanes * WeightWidth),
      .Depth(WeightDepth),
      .BeatWidth(StreamWidth),
      .Count(FetchCount)
    ) u_ring (
      .clk_i,
      .rst_i,
      .words_i(stream_words_i),
      .need_write_i(load_i[overlay_image_pkg::MemoryNeeds] &&
          load_addr_i >= overlay_image_pkg::StreamNumbers),
      .need_addr_i(NeedBits'(load_addr_i - overlay_image_pkg::StreamNumbers)),
      .need_data_i(32'(load_word_i >> (LoadWidth - 32))),
      .in_valid_i(weight_beat),
      .in_ready_o(weight_space),
      .in_data_i(stream_i),
      .failed_i(stream_failed_i),
      .ready_o(weights_ready),
      .waits_o(waits),
      .next_i(fetch_next),
      .held_i(word_valid),
      .word_i(word_valid && word_ready && word_last),
      .ended_i(event_valid && event_last),
      .write_valid_o(word_write),
      .write_ready_i(word_space),
      .write_addr_o(word_addr),
      .write_data_o(word_data)
    );
    always_ff @(posedge clk_i) begin
      stream_lost_o <= (waits && fetch_valid && !fetch_end && inside_o) || row_lost;
    end
    if (StartStream > 0) begin : gen_starts
      overlay_start_stream #(
        .BeatWidth(StreamWidth),
        .EntryWidth(StartStream),
        .Width(SumWidth)
      ) u_starts (
        .clk_i,
        .rst_i,
        .number_write_i(load_i[overlay_image_pkg::MemoryNeeds]),
        .number_addr_i(load_addr_i),
        .number_i(32'(load_word_i >> (LoadWidth - 32))),
        .in_valid_i(stream_valid_i),
        .in_ready_o(stream_ready_o),
        .in_data_i(stream_i),
        .failed_i(stream_failed_i),
        .other_valid_o(weight_beat),
        .other_ready_i(weight_space),
        .start_valid_o(start_valid),
        .start_take_i(start_take),
        .start_o(start_value)
      );
    end else begin : gen_no_starts
      assign weight_beat = stream_valid_i;
      assign stream_ready_o = weight_space;
      assign start_valid = 1'b1;
      assign start_value = '0;
      logic unused_take;
      assign unused_take = start_take;
    end
    overlay_words #(
      .Ports(Spikes),
      .Lanes(Lanes),
      .WeightWidth(WeightWidth),
      .OperandWidth(OperandWidth),
      .RingDepth(WeightDepth),
      .OperandDepth(OperandDepth),
      .Group(FireLanes),
      .Part(Part),
      .WordBits(WordBits)
    ) u_words (
      .clk_i,
      .rst_i,
      .enable_i(event_valid),
      .operand_i(event_operand),
      .clear_i(~event_bits | {Spikes{stream_failed_i && !event_operand}}),
      .addr_i(event_addr),
      .data_o(weight_data),
      .half_o(events_half),
      .weight_valid_i(word_write),
      .weight_ready_o(word_space),
      .weight_addr_i(word_addr),
      .weight_data_i(word_data),
      .put_valid_i(put_valid),
      .put_ready_o(put_ready),
      .put_urgent_i(put_urgent),
      .put_addr_i(put_addr),
      .put_group_i(put_group),
      .put_parts_i(put_parts),
      .put_data_i(put_data)
    );
    if (HasOperands) begin : gen_operands
      overlay_operands #(
        .ChunkLanes(Lanes),
        .Lanes(FireLanes),
        .Width(OperandWidth),
        .Beat(OperandLanes),
        .Elements(OperandElements),
        .AddrBits(OperandBits)
      ) u_operands (
        .clk_i,
        .rst_i,
        .plain_valid_i(operand_plain),
        .cross_valid_i(operand_cross),
        .addr_i(operand_write_addr),
        .element_i(operand_element),
        .group_i(operand_group),
        .lane_i(operand_lane),
        .row_end_i(operand_row_end),
        .flush_i(operand_flush),
        .levels_i(operand_levels),
        .idle_o(operand_idle),
        .put_valid_o(put_valid),
        .put_ready_i(put_ready),
        .put_urgent_o(put_urgent),
        .put_addr_o(put_addr),
        .put_group_o(put_group),
        .put_parts_o(put_parts),
        .put_data_o(put_data)
      );
    end else begin : gen_no_operands
      assign operand_idle = 1'b1;
      assign {put_valid, put_urgent} = '0;
      assign put_addr = '0;
      assign put_group = '0;
      assign put_parts = '0;
      assign put_data = '0;
      logic unused_put;
      assign unused_put = put_ready ^ operand_plain ^ operand_cross ^ operand_row_end ^
          operand_flush ^ (^operand_element) ^ (^operand_group) ^ (^operand_lane) ^
          (^operand_levels) ^ (^operand_write_addr);
    end
    assign operand_data = '0;
    logic unused_write;
    assign unused_write = (^operand_write) ^ (^operand_write_data);
  end else begin : gen_weights
    logic [Spikes*WeightBits-1:0] weight_addr;
    for (genvar g = 0; g < Spikes; g++) begin : gen_weight_addr
      assign weight_addr[WeightBits*g+:WeightBits] = event_addr[WordBits*g+:WeightBits];
    end
    overlay_weights #(
      .Ports(Spikes),
      .Width(Lanes * WeightWidth),
      .Depth(WeightDepth),
      .Loadable(Loadable),
      .File0(WeightFile),
      .File1(WeightFile1),
      .File2(WeightFile2)
    ) u_weights (
      .clk_i,
      .enable_i(event_valid),
      .clear_i(~event_bits | {Spikes{event_operand}}),
      .addr_i(weight_addr),
      .data_o(weight_data),
      .write_i(load_i[overlay_image_pkg::MemoryWeights]),
      .write_addr_i(WeightBits'(load_addr_i)),
      .write_data_i((Lanes * WeightWidth)'(load_word_i >> (LoadWidth - 32 * WeightParts)))
    );
    assign weights_ready = 1'b1;
    assign stream_ready_o = 1'b0;
    assign stream_lost_o = 1'b0;
    assign events_half = 1'b0;
    assign start_valid = 1'b1;
    assign start_value = '0;
    assign operand_idle = 1'b1;
    logic unused_stream;
    assign unused_stream = (^stream_words_i) ^ stream_valid_i ^ (^stream_i) ^ stream_failed_i ^
        start_take ^ row_lost ^
        operand_plain ^ operand_cross ^ operand_row_end ^ operand_flush ^ (^operand_element) ^
        (^operand_group) ^ (^operand_lane) ^ (^operand_levels);
    if (HasOperands) begin : gen_operands
      for (genvar g = 0; g < Spikes; g++) begin : gen_copy
        localparam int unsigned BankDepth = (OperandDepth + OperandLanes - 1) / OperandLanes;
        localparam int unsigned BankBits = (BankDepth > 1) ? $clog2(BankDepth) : 1;
        logic [OperandBits-1:0] addr;
        logic [OperandLanes*Lanes*OperandWidth-1:0] words;
        logic [Lanes-1:0] lanes;
        if (HasGates) begin : gen_gate
          // Of a word, all lanes or one.
          logic one;
          logic [LanePlaceBits-1:0] place;
          logic [Lanes-1:0] lanes_q;
          assign one = event_addr[WordBits*(g+1)-1];
          assign place = event_addr[WordBits*g+:LanePlaceBits];
          assign addr = one ? event_addr[WordBits*g+LanePlaceBits+:OperandBits] :
              event_addr[WordBits*g+:OperandBits];
          always_ff @(posedge clk_i) begin
            for (int unsigned j = 0; j < Lanes; j++) begin
              if (event_valid) lanes_q[j] <= !one || place == LanePlaceBits'(j);
            end
          end
          assign lanes = lanes_q;
        end else begin : gen_no_gate
          assign addr = event_addr[WordBits*g+:OperandBits];
          assign lanes = '1;
        end
        for (genvar b = 0; b < OperandLanes; b++) begin : gen_bank
          masked_ram #(
            .PartWidth(OperandWidth),
            .Parts(Lanes),
            .Depth(BankDepth)
          ) u_operands (
            .clk_i,
            .read_enable_i(event_valid),
            .read_clear_i(!event_bits[g] || !event_operand ||
                          (addr & OperandBits'(OperandLanes - 1)) != OperandBits'(b)),
            .read_addr_i(BankBits'(addr >> $clog2(OperandLanes))),
            .read_data_o(words[Lanes*OperandWidth*b+:Lanes*OperandWidth]),
            .write_enable_i(operand_write[Lanes*b+:Lanes]),
            .write_addr_i(BankBits'(operand_write_addr >> $clog2(OperandLanes))),
            .write_data_i(operand_write_data[Lanes*OperandWidth*b+:Lanes*OperandWidth])
          );
        end
        logic [Lanes*OperandWidth-1:0] joined;
        always_comb begin
          joined = '0;
          for (int unsigned b = 0; b < OperandLanes; b++) begin
            joined = joined | words[Lanes*OperandWidth*b+:Lanes*OperandWidth];
          end
        end
        for (genvar j = 0; j < Lanes; j++) begin : gen_lane
          assign operand_data[OperandWidth*(Lanes*g+j)+:OperandWidth] =
              joined[OperandWidth*j+:OperandWidth] & {OperandWidth{lanes[j]}};
        end
      end
    end else begin : gen_no_operands
      assign operand_data = '0;
      logic unused_operands;
      assign unused_operands = (^operand_write) ^ (^operand_write_addr) ^ (^operand_write_data);
    end
  end

  // ---------------------------------------------------------------------------- accumulate
  logic chunk_done, sums_complement;
  logic [Lanes*AccWidth-1:0] sums;
  overlay_accumulate #(
    .Lanes(Lanes),
    .Spikes(Spikes),
    .WeightWidth(TermWidth),
    .OperandWidth(OperandWidth),
    .AccWidth(AccWidth),
    .HasOperands(HasOperands && !Streams),
    .PoolWidth(PoolWidth)
  ) u_accumulate (
    .clk_i,
    .rst_i,
    .in_valid_i(event_valid),
    .in_event_i(event_bits),
    .in_neg_i(event_neg),
    .in_clear_i(event_clear),
    .in_double_i(event_double),
    .in_last_i(event_last),
    .in_keep_i(event_keep),
    .in_merge_i(event_merge),
    .weights_i(weight_data),
    .operands_i(operand_data),
    .done_o(chunk_done),
    .sums_o(sums),
    .complement_o(sums_complement)
  );

  // ---------------------------------------------------------------------------- fire
  logic fire_valid, fire_next, fire_row, threshold_read;
  logic [32*overlay_isa_pkg::FireWords-1:0] fire_list, fire_instr;
  assign fire_instr = (fire_list & FireVaries) | FireCommon;
  logic [ThresholdBits-1:0] threshold_addr;
  logic [FireLanes*(ThetaWidth+StartWidth)-1:0] threshold_data;
  overlay_sequencer #(
    .Words(overlay_isa_pkg::FireWords),
    .Count(FireCount),
    .Loadable(Loadable),
    .File(FireFile)
  ) u_fire_list (
    .clk_i,
    .rst_i,
    .valid_o(fire_valid),
    .instr_o(fire_list),
    .next_i(fire_next),
    .last_i(fire_last),
    .write_i(load_i[overlay_image_pkg::MemoryFire]),
    .write_addr_i(FireListBits'(load_addr_i)),
    .write_data_i(32'(load_word_i >> (LoadWidth - 32)))
  );
  localparam int unsigned ThresholdWidth =
      FireLanes * StartWidth + (SharedTheta ? ThetaWidth : FireLanes * ThetaWidth);
  localparam int unsigned ThresholdParts = (ThresholdWidth + 31) / 32;
  logic [ThresholdWidth-1:0] threshold_word;
  // Neurons take turns where look-up tables are scarce.
  overlay_rom #(
    .Width(ThresholdWidth),
    .Depth(ThresholdDepth),
    .Loadable(Loadable),
    .AlwaysBlocks(FireTurns > 1 && ThresholdWidth * ThresholdDepth > 2048),
    .File(ThresholdFile)
  ) u_thresholds (
    .clk_i,
    .enable_i(threshold_read),
    .addr_i(threshold_addr),
    .data_o(threshold_word),
    .write_i(load_i[overlay_image_pkg::MemoryThresholds]),
    .write_addr_i(ThresholdBits'(load_addr_i)),
    .write_data_i(ThresholdWidth'(load_word_i >> (LoadWidth - 32 * ThresholdParts)))
  );

  for (genvar j = 0; j < FireLanes; j++) begin : gen_threshold
    localparam int unsigned To = (ThetaWidth + StartWidth) * j;
    if (SharedTheta) begin : gen_shared
      assign threshold_data[To+:StartWidth] = threshold_word[StartWidth*j+:StartWidth];
      assign threshold_data[To+StartWidth+:ThetaWidth] =
          threshold_word[FireLanes*StartWidth+:ThetaWidth];
    end else begin : gen_each
      assign threshold_data[To+:ThetaWidth+StartWidth] = threshold_word[To+:ThetaWidth+StartWidth];
    end
  end

  logic fire_write, fire_fired;
  logic [SpikeBits-1:0] fire_addr;
  logic [Places-1:0] fire_group;
  logic [GroupLanes-1:0] fire_nz, fire_neg;
  logic serial_valid, serial_ready, serial_group_end, serial_row_end, serial_end;
  logic softmax_idle, softmax_start;
  logic serial_wide;
  logic [RowLanes-1:0] serial_here;
  logic [RowLanes*ValueWidth-1:0] serial_value;
  logic fire_begin;
  localparam int unsigned PieceBits = (PieceDepth > 1) ? $clog2(PieceDepth) : 1;
  localparam int unsigned PieceWordWidth = FireLanes * (PieceWidth + LevelBits + 1);
  localparam int unsigned PieceParts = (PieceDepth > 0) ? (PieceWordWidth + 31) / 32 : 1;
  overlay_fire #(
    .ChunkLanes(Lanes),
    .Lanes(FireLanes),
    .Turns(FireTurns),
    .HasRows(MaxRows > 1),
    .HasOuter(MaxOuter > 1),
    .SerialLanes(RowLanes),
    .Waiting((FireLanes < 16) ? 0 : 8),
    .OperandLanes(OperandLanes),
    .FetchWidth(FetchWidth),
    .AccWidth(AccWidth),
    .Fraction(Fraction),
    .MembraneWidth(MembraneWidth),
    .ThetaWidth(ThetaWidth),
    .StartWidth(StartWidth),
    .LevelBits(LevelBits),
    .MaxSteps(MaxSteps),
    .Unary(Unary),
    .StepBits(FireStepBits),
    .OperandWidth(OperandWidth),
    .OperandBits(OperandBits),
    .HasOperands(HasOperands),
    .SpikeBits(SpikeBits),
    .ThresholdBits(ThresholdBits),
    .Negative(Negative),
    .Ragged(Ragged),
    .PieceDepth(PieceDepth),
    .Loadable(Loadable),
    .PieceWidth(PieceWidth),
    .PieceFile(PieceFile),
    .LifDepth(LifDepth),
    .LifWidth(LifWidth),
    .CurrentWidth(CurrentWidth),
    .LeakShift(LeakShift),
    .RowBits(RowBits),
    .ChunkBits(ChunkBits),
    .ElementBits(ElementBits)
  ) u_fire (
    .clk_i,
    .rst_i,
    .piece_write_i(load_i[overlay_image_pkg::MemoryPieces]),
    .piece_addr_i(PieceBits'(load_addr_i)),
    .piece_data_i(PieceWordWidth'(load_word_i >> (LoadWidth - 32 * PieceParts))),
    .instr_valid_i(fire_valid),
    .instr_i(fire_instr),
    .instr_next_o(fire_next),
    .end_o(fire_end),
    .restart_i(restart),
    .row_done_o(fire_row),
    .chunk_done_i(chunk_done),
    .sums_i(sums),
    .complement_i(sums_complement),
    .chunk_free_o(chunk_free),
    .threshold_read_o(threshold_read),
    .threshold_addr_o(threshold_addr),
    .threshold_i(threshold_data),
    .spike_fired_o(fire_fired),
    .spike_write_o(fire_write),
    .spike_addr_o(fire_addr),
    .spike_group_o(fire_group),
    .spike_nz_o(fire_nz),
    .spike_neg_o(fire_neg),
    .operand_write_o(operand_write),
    .operand_addr_o(operand_write_addr),
    .operand_o(operand_write_data),
    .operand_plain_o(operand_plain),
    .operand_cross_o(operand_cross),
    .operand_element_o(operand_element),
    .operand_group_o(operand_group),
    .operand_lane_o(operand_lane),
    .operand_row_end_o(operand_row_end),
    .operand_flush_o(operand_flush),
    .operand_levels_o(operand_levels),
    .operand_idle_i(operand_idle),
    .serial_valid_o(serial_valid),
    .serial_ready_i(serial_ready),
    .serial_wide_o(serial_wide),
    .serial_here_o(serial_here),
    .serial_value_o(serial_value),
    .serial_group_end_o(serial_group_end),
    .serial_row_end_o(serial_row_end),
    .serial_end_o(serial_end),
    .begin_o(fire_begin),
    .softmax_idle_i(softmax_idle),
    .softmax_start_o(softmax_start)
  );
  assign engine_row = fire_row;

  // ---------------------------------------------------------------------------- spikes
  // Written by the engine, which never waits, then by row fire, then by the input.
  logic row_write, row_ready;
  logic [SpikeBits-1:0] row_addr;
  logic [FetchWidth/RowFires-1:0] row_quad;
  logic [RowFires-1:0] row_nz, row_neg;
  logic [Quads-1:0] write_quads;
  logic [SpikeBits-1:0] write_addr;
  logic [GroupLanes-1:0] write_nz, write_neg;
  assign row_ready = !fire_write;
  assign input_ready = !fire_write && !row_write;
  always_comb begin
    write_addr = fire_write ? fire_addr : row_write ? row_addr : input_addr;
    write_nz = fire_write ? fire_nz : row_write ? {(GroupLanes / RowFires){row_nz}} : input_nz;
    write_neg = fire_write ? fire_neg : row_write ? {(GroupLanes / RowFires){row_neg}} : input_neg;
    for (int unsigned q = 0; q < Quads; q++) begin
      write_quads[q] = fire_write ? fire_group[q/QuadsGroup] : row_write ? row_quad[q/RowLanes] :
                       input_valid && input_group[q/QuadsGroup];
    end
  end

  if (SignDepth > 0) begin : gen_apart
    // Signs have a memory of their own, in which words that have none take no place. What is written at once are the neurons
    // of row fire, or several of them.
    localparam int unsigned Sets = FetchWidth / RowFires;
    logic [Sets-1:0] write_sets;
    logic [FetchWidth-1:0] own_nz, own_neg;
    logic write_signs, read_signs;
    for (genvar q = 0; q < Sets; q++) begin : gen_set
      assign write_sets[q] = write_quads[RowLanes*q];
    end
    assign own_nz = {Places{write_nz}};
    assign own_neg = {Places{write_neg}};
    assign write_signs = 32'(write_addr) < SignDepth;
    assign read_signs = 32'(spike_read_addr) < SignDepth;
    masked_ram #(
      .PartWidth(RowFires),
      .Parts(Sets),
      .Depth(SpikeDepth),
      .Ultra(1'b1)
    ) u_spikes (
      .clk_i,
      .read_enable_i(spike_read),
      .read_clear_i(1'b0),
      .read_addr_i(spike_read_addr),
      .read_data_o(read_nz),
      .write_enable_i(write_sets),
      .write_addr_i(write_addr),
      .write_data_i(own_nz)
    );
    localparam int unsigned SignBits = (SignDepth > 1) ? $clog2(SignDepth) : 1;
    masked_ram #(
      .PartWidth(RowFires),
      .Parts(Sets),
      .Depth(SignDepth),
      .Ultra(1'b1)
    ) u_signs (
      .clk_i,
      .read_enable_i(spike_read),
      .read_clear_i(!read_signs),
      .read_addr_i(SignBits'(spike_read_addr)),
      .read_data_o(read_neg),
      .write_enable_i(write_sets & {Sets{write_signs}}),
      .write_addr_i(SignBits'(write_addr)),
      .write_data_i(own_neg)
    );
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (!rst_i && write_quads != '0 && !write_signs) begin
        a_no_signs : assert ((write_nz & write_neg) == '0);
      end
    end
`endif
  end else begin : gen_together
    logic [8*Quads-1:0] write_data, read_data;
    for (genvar q = 0; q < Quads; q++) begin : gen_quad
      localparam int unsigned From = 4 * (q % QuadsGroup);
      assign write_data[8*q+:8] = {Negative ? write_neg[From+:4] : '0, write_nz[From+:4]};
      assign read_nz[4*q+:4] = read_data[8*q+:4];
      assign read_neg[4*q+:4] = Negative ? read_data[8*q+4+:4] : '0;
    end
    masked_ram #(
      .PartWidth(8),
      .Parts(Quads),
      .Depth(SpikeDepth)
    ) u_spikes (
      .clk_i,
      .read_enable_i(spike_read),
      .read_clear_i(1'b0),
      .read_addr_i(spike_read_addr),
      .read_data_o(read_data),
      .write_enable_i(write_quads),
      .write_addr_i(write_addr),
      .write_data_i(write_data)
    );
  end

  // ---------------------------------------------------------------------------- serial path
  logic [1:0] serial;
  logic result_ready, softmax_ready, unused_high;
  assign unused_high = ^serial_value;
  assign serial = fire_instr[overlay_isa_pkg::FireSerialLsb+:2];
  // With one memory of sums, what is added to what is there comes in cycles of the one half of it or of the other
  // (`overlay_rows`).
  logic second_q, sums_ready, sums_second;
  assign sums_ready = !Streams || !Accumulates || second_q == sums_second ||
      !fire_instr[overlay_isa_pkg::FireAccumulateLsb];
  always_ff @(posedge clk_i) second_q <= !rst_i && !second_q;
  assign serial_ready = (serial == 2'd1 && sums_ready) || (serial == 2'd2 && softmax_ready) ||
      (serial == 2'd3 && result_ready);

  // Logits: sums of the engine, or of the memory of sums.
  logic send_valid, send_row_end, send_last, logit_valid, logit_row_end, logit_last;
  logic signed [SumWidth-1:0] send_data;
  logic [LogitWidth-1:0] logit;
  assign logit_valid = (serial_valid && serial == 2'd3) || send_valid;
  assign logit_row_end = send_valid ? send_row_end : serial_row_end;
  assign logit_last = send_valid ? send_last : serial_end;
  assign logit = send_valid ? LogitWidth'(send_data) :
      LogitWidth'($signed(serial_value[ValueWidth-1:0]));
  // The upper bits of a sum are its sign. The end of a row matters where there are sums or networks are loaded.
  logic unused_send;
  assign unused_send = (^send_data) ^ logit_row_end;
  if (Loadable) begin : gen_logits
    localparam int unsigned ClassBits = (RowClasses > 1) ? $clog2(RowClasses) : 1;
    localparam int unsigned ResultWord = MultiplierWidth + ResultWidth;
    localparam int unsigned ResultParts = (ResultWord + 31) / 32;
    overlay_logits #(
      .Channels(Classes),
      .Constants(RowClasses),
      .AccWidth(LogitWidth),
      .MultiplierWidth(MultiplierWidth),
      .ValueWidth(ResultWidth)
    ) u_logits (
      .clk_i,
      .rst_i,
      .in_valid_i(logit_valid),
      .in_ready_o(result_ready),
      .in_data_i(logit),
      .in_row_end_i(logit_row_end),
      .in_last_i(logit_last),
      .m_axis_tvalid_o,
      .m_axis_tready_i,
      .m_axis_tdata_o,
      .m_axis_tlast_o,
      .done_o,
      .write_i(load_i[overlay_image_pkg::MemoryReadout]),
      .write_addr_i(ClassBits'(load_addr_i)),
      .write_data_i(ResultWord'(load_word_i >> (LoadWidth - 32 * ResultParts)))
    );
  end else begin : gen_readout
    logic unused_stop;
    logic [15:0] unused_stop_sample;
    readout #(
      .Channels(Classes),
      .Constants(RowClasses),
      .Lanes(1),
      .DeltaWidth(LogitWidth),
      .AccWidth(LogitWidth),
      .MultiplierWidth(MultiplierWidth),
      .ValueWidth(ResultWidth),
      .Once(1'b1),
      .UseMultiplier(UseMultiplier),
      .Shift(ResultShift),
      .MarginWidth(0),
      .ConstFile(ResultFile)
    ) u_readout (
      .clk_i,
      .rst_i,
      .in_valid_i(logit_valid),
      .in_ready_o(result_ready),
      .in_delta_i(logit),
      .in_skip_i(1'b0),
      .in_last_i(logit_last),
      .in_quiet_i(logit_last),
      .m_axis_tvalid_o,
      .m_axis_tready_i,
      .m_axis_tdata_o,
      .m_axis_tlast_o,
      .done_o,
      .margin_i(1'b0),
      .patience_i('0),
      .stop_o(unused_stop),
      .stop_sample_o(unused_stop_sample)
    );
  end

  // ---------------------------------------------------------------------------- rows
  if (HasRows) begin : gen_rows
    overlay_rows #(
      .SerialLanes(RowLanes),
      .ValueWidth(ValueWidth),
      .SumWidth(SumWidth),
      .SumDepth(SumDepth),
      .Accumulates(Accumulates),
      .SharedSums(Streams),
      .StartStream(StartStream > 0),
      .CoefficientWidth(CoefficientWidth),
      .CoefficientDepth(CoefficientDepth),
      .CoefficientFile(CoefficientFile),
      .SerialCoefficientFile(SerialCoefficientFile),
      .StartDepth(StartDepth),
      .StartFile(StartFile),
      .SerialStartFile(SerialStartFile),
      .Loadable(Loadable),
      .LoadWidth(LoadWidth),
      .VectorCount(VectorCount),
      .VectorFile(VectorFile),
      .VectorVaries(VectorVaries),
      .VectorCommon(VectorCommon),
      .HasAdd(HasAdd),
      .HasEmbed(HasEmbed),
      .HasMask(HasMask),
      .HasBand(HasBand),
      .HasLayerNorm(HasLayerNorm),
      .HasUncentred(HasUncentred),
      .HasNeurons(HasNeurons),
      .HasSend(HasSend),
      .HasElements(HasElements),
      .TableWidth(TableWidth),
      .TableDepth(TableDepth),
      .TableFile(TableFile),
      .GatherWidth(GatherWidth),
      .BeatWidth(RowBeatWidth),
      .RawWidth(InputWidth),
      .RawCount(InputCount),
      .MaxChannels(MaxChannels),
      .ConstantWidth(ConstantWidth),
      .ConstantDepth(ConstantDepth),
      .ConstantFile(ConstantFile),
      .NormFraction(NormFraction),
      .SquareWidth(SquareWidth),
      .RootFraction(RootFraction),
      .NormValueWidth(NormValueWidth),
      .NeuronFraction(NeuronFraction),
      .NeuronThetaWidth(NeuronThetaWidth),
      .ScoreWidth(AccWidth),
      .MaxGroup(MaxGroup),
      .ExpWidth(ExpWidth),
      .ExpDepth(ExpDepth),
      .ExpFile(ExpFile),
      .ExpSumWidth(ExpSumWidth),
      .ScaleWidth(ScaleWidth),
      .ScaleFraction(ScaleFraction),
      .LevelBits(RowLevelBits),
      .StepBits(RowStepBits),
      .Unary(Unary),
      .FireLanes(GroupLanes),
      .FetchWidth(FetchWidth),
      .SpikeBits(SpikeBits),
      .ProgressBits(ProgressBits)
    ) u_rows (
      .clk_i,
      .rst_i,
      .has_vector_i(has_vector),
      .vector_last_i(vector_last),
      .load_i,
      .load_addr_i,
      .load_word_i,
      .progress_engine_i(progress_engine_q),
      .progress_softmax_i(progress_softmax_q),
      .progress_vector_i(progress_vector_q),
      .softmax_row_o(softmax_row),
      .vector_row_o(vector_row),
      .vector_end_o(vector_end),
      .restart_i(restart),
      .start_valid_i(start_valid),
      .start_take_o(start_take),
      .start_value_i(start_value),
      .row_cmd_valid_o,
      .row_cmd_ready_i,
      .row_cmd_offset_o,
      .row_cmd_bytes_o,
      .row_beat_valid_i,
      .row_beat_ready_o,
      .row_beat_i,
      .row_failed_i,
      .row_lost_o(row_lost),
      .instr_i(fire_instr),
      .begin_i(fire_begin),
      .sum_valid_i(serial_valid && serial == 2'd1 && sums_ready),
      .sum_second_o(sums_second),
      .score_valid_i(serial_valid && serial == 2'd2),
      .score_ready_o(softmax_ready),
      .wide_i(serial_wide),
      .here_i(serial_here),
      .value_i(serial_value),
      .group_end_i(serial_group_end),
      .row_end_i(serial_row_end),
      .softmax_idle_o(softmax_idle),
      .softmax_start_i(softmax_start),
      .present_i(present),
      .send_valid_o(send_valid),
      .send_ready_i(result_ready),
      .send_row_end_o(send_row_end),
      .send_last_o(send_last),
      .send_data_o(send_data),
      .raw_valid_i(raw_valid),
      .raw_read_o(raw_read),
      .raw_addr_o(raw_addr),
      .raw_data_i(raw_data),
      .spike_valid_o(row_write),
      .spike_ready_i(row_ready),
      .spike_addr_o(row_addr),
      .spike_quad_o(row_quad),
      .spike_nz_o(row_nz),
      .spike_neg_o(row_neg)
    );
  end else begin : gen_no_rows
    assign {send_valid, send_row_end, send_last} = '0;
    assign send_data = '0;
    assign sums_second = 1'b0;
    assign vector_end = 1'b1;
    assign vector_row = 1'b0;
    assign softmax_row = 1'b0;
    assign softmax_idle = 1'b1;
    assign softmax_ready = 1'b1;
    assign row_write = 1'b0;
    assign row_addr = '0;
    assign row_quad = '0;
    assign row_nz = '0;
    assign row_neg = '0;
    assign raw_read = 1'b0;
    assign raw_addr = '0;
    assign row_cmd_valid_o = 1'b0;
    assign row_cmd_offset_o = '0;
    assign row_cmd_bytes_o = '0;
    assign row_beat_ready_o = 1'b0;
    assign row_lost = 1'b0;
    logic unused_vector;
    assign start_take = 1'b0;
    assign unused_vector = row_cmd_ready_i ^ row_beat_valid_i ^ (^row_beat_i) ^ row_failed_i ^
        start_valid ^ (^start_value) ^ row_ready ^ softmax_start ^
        serial_group_end ^ raw_valid ^ (^raw_data) ^ fire_begin ^
        serial_wide ^ (^serial_here) ^ has_vector ^ (^vector_last);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) a_written_in_reset : assert (load_i == '0);
  end
`endif

  // ---------------------------------------------------------------------------- counters
  // Counted a cycle later: whether a quad is written is known late.
  logic [CountWidth-1:0] fired, added;
  logic [GroupLanes-1:0] fired_q;
  logic [RowFires-1:0] row_fired_q;
  always_comb begin
    fired = '0;
    added = '0;
    for (int unsigned j = 0; j < GroupLanes; j++) fired = fired + CountWidth'(fired_q[j]);
    for (int unsigned j = 0; j < RowFires; j++) fired = fired + CountWidth'(row_fired_q[j]);
    for (int unsigned g = 0; g < Spikes; g++) begin
      added = added + CountWidth'(event_valid && event_bits[g]);
    end
  end
  always_ff @(posedge clk_i) begin
    fired_q <= fire_nz & {GroupLanes{fire_fired}};
    row_fired_q <= row_nz & {RowFires{row_write && row_ready}};
    spikes_o <= fired;
    events_o <= added;
  end

endmodule

`default_nettype wire
