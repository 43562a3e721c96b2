`default_nettype none

/// Sums and what works on rows of them: the serial path into the memory of sums, the vector unit, softmax, and the
/// neurons of LayerNorm and softmax.
///
/// Contract: elements of the engine come one by one or in beats, with the fire instruction they belong to, which is stable
/// until all of its elements are in memory. Scores come in beats. `vector_end_o`: the vector list is at its end; `restart_i` begins it again.
module overlay_rows #(
  /// Elements of a beat, of all that works on rows: a power of two, at most `FireLanes / 4`. Bits of a signed element of
  /// the engine.
  parameter int unsigned SerialLanes = 1,
  parameter int unsigned ValueWidth = 16,
  /// Sums: bits of one, words (none if 0).
  parameter int unsigned SumWidth = 24,
  parameter int unsigned SumDepth = 16,
  /// The engine adds to sums that are there.
  parameter bit Accumulates = 1'b1,
  /// Sums are in one memory, of which one port is shared: the engine adds to sums in every second cycle only.
  parameter bit SharedSums = 1'b0,
  /// Coefficients and start values.
  parameter int unsigned CoefficientWidth = 16,
  parameter int unsigned CoefficientDepth = 0,
  parameter CoefficientFile = "",
  parameter SerialCoefficientFile = "",
  parameter int unsigned StartDepth = 0,
  parameter StartFile = "",
  parameter SerialStartFile = "",
  /// Start values come one after the other from a stream, and only `init` takes them.
  parameter bit StartStream = 1'b0,
  /// The vector list: instructions (none if 0); the kinds that are there.
  parameter int unsigned VectorCount = 1,
  parameter VectorFile = "",
  /// Bits in which the instructions of the list differ, and what they are where they do not.
  parameter bit [32*overlay_isa_pkg::VectorWords-1:0] VectorVaries = '1,
  parameter bit [32*overlay_isa_pkg::VectorWords-1:0] VectorCommon = '0,
  parameter bit HasAdd = 1'b1,
  parameter bit HasEmbed = 1'b1,
  parameter bit HasMask = 1'b1,
  /// Masks by position.
  parameter bit HasBand = 1'b1,
  parameter bit HasLayerNorm = 1'b1,
  parameter bit HasUncentred = 1'b1,
  parameter bit HasNeurons = 1'b1,
  /// Sums for the readout, raw elements that are added to sums.
  parameter bit HasSend = 1'b0,
  parameter bit HasElements = 1'b0,
  /// Rows of embeddings: bits of an entry, entries.
  parameter int unsigned TableWidth = 16,
  parameter int unsigned TableDepth = 0,
  parameter TableFile = "",
  /// Their entries come from memory: bits of one there, and of a beat; they are here if 0.
  parameter int unsigned GatherWidth = 0,
  parameter int unsigned BeatWidth = 1,
  /// Raw elements: bits, elements of a sample.
  parameter int unsigned RawWidth = 9,
  parameter int unsigned RawCount = 16,
  /// LayerNorm: see `overlay_layer_norm`.
  parameter int unsigned MaxChannels = 16,
  parameter int unsigned ConstantWidth = 16,
  parameter int unsigned ConstantDepth = 0,
  parameter ConstantFile = "",
  parameter int unsigned NormFraction = 8,
  parameter int unsigned SquareWidth = 40,
  parameter int unsigned RootFraction = 0,
  /// V of LayerNorm and of neurons of sums; their fraction bits and bits of theta.
  parameter int unsigned NormValueWidth = 28,
  parameter int unsigned NeuronFraction = 4,
  parameter int unsigned NeuronThetaWidth = 1,
  /// Softmax: see `overlay_softmax`; none if MaxGroup is 0.
  parameter int unsigned ScoreWidth = 16,
  parameter int unsigned MaxGroup = 0,
  parameter int unsigned ExpWidth = 12,
  parameter int unsigned ExpDepth = 0,
  parameter ExpFile = "",
  parameter int unsigned ExpSumWidth = 16,
  parameter int unsigned ScaleWidth = 10,
  parameter int unsigned ScaleFraction = 10,
  /// Neurons: bits of a magnitude, of the number of steps; a spike carries one level.
  parameter int unsigned LevelBits = 4,
  parameter int unsigned StepBits = 8,
  parameter bit Unary = 1'b0,
  /// Neurons whose multiples groups begin at, neurons of a word of spikes, bits of its address.
  parameter int unsigned FireLanes = 8,
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned SpikeBits = 8,
  /// Bits of the progress of a unit.
  parameter int unsigned ProgressBits = 16,
  /// Tables and the vector list are written at run time; bits of a word that is written.
  parameter bit Loadable = 1'b0,
  parameter int unsigned LoadWidth = 32,
  /// Bits of an address of raw elements, and of a word of the vector list, derived.
  localparam int unsigned RawBits = (RawCount > 1) ? $clog2(RawCount) : 1,
  localparam int unsigned VectorSize = overlay_isa_pkg::VectorWords * VectorCount,
  localparam int unsigned ListBits = (VectorSize > 1) ? $clog2(VectorSize) : 1,
  /// Neurons that row fire writes at once, derived.
  localparam int unsigned Quad = 4 * SerialLanes
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// The vector list has instructions; its last word. Both are stable outside of reset.
  input  wire logic                         has_vector_i,
  input  wire logic [ListBits-1:0]          vector_last_i,
  /// Words that are written: for each memory whether it is meant; the word is in the high bits.
  input  wire logic [overlay_image_pkg::Memories-1:0] load_i,
  input  wire logic [31:0]                  load_addr_i,
  input  wire logic [LoadWidth-1:0]         load_word_i,
  /// Progress of the units.
  input  wire logic [ProgressBits-1:0]      progress_engine_i,
  input  wire logic [ProgressBits-1:0]      progress_softmax_i,
  input  wire logic [ProgressBits-1:0]      progress_vector_i,
  output      logic                         softmax_row_o,
  output      logic                         vector_row_o,
  output      logic                         vector_end_o,
  input  wire logic                         restart_i,
  /// Start values of a stream.
  input  wire logic                         start_valid_i,
  output      logic                         start_take_o,
  input  wire logic [SumWidth-1:0]          start_value_i,
  /// Rows of tables from memory: as of `overlay_gather`; a cycle is lost because an entry is not here.
  output      logic                         row_cmd_valid_o,
  input  wire logic                         row_cmd_ready_i,
  output      logic [31:0]                  row_cmd_offset_o,
  output      logic [31:0]                  row_cmd_bytes_o,
  input  wire logic                         row_beat_valid_i,
  output      logic                         row_beat_ready_o,
  input  wire logic [BeatWidth-1:0]         row_beat_i,
  input  wire logic                         row_failed_i,
  output      logic                         row_lost_o,
  /// Elements of the engine, for sums, one or a beat, and for softmax: a beat has those that are here.
  input  wire logic [32*overlay_isa_pkg::FireWords-1:0] instr_i,
  input  wire logic                         begin_i,
  input  wire logic                         sum_valid_i,
  /// The next sum is in the second half of their memory, whose cycles are those of `SharedSums`.
  output      logic                         sum_second_o,
  input  wire logic                         score_valid_i,
  output      logic                         score_ready_o,
  input  wire logic                         wide_i,
  input  wire logic [SerialLanes-1:0]       here_i,
  input  wire logic [SerialLanes*ValueWidth-1:0] value_i,
  input  wire logic                         group_end_i,
  input  wire logic                         row_end_i,
  output      logic                         softmax_idle_o,
  input  wire logic                         softmax_start_i,
  /// Something of the present sample is there: the vector list does not begin before.
  input  wire logic                         present_i,
  /// Sums for the readout.
  output      logic                         send_valid_o,
  input  wire logic                         send_ready_i,
  output      logic                         send_row_end_o,
  output      logic                         send_last_o,
  output      logic signed [SumWidth-1:0]   send_data_o,
  /// Raw elements of the present sample.
  input  wire logic                         raw_valid_i,
  output      logic                         raw_read_o,
  output      logic [RawBits-1:0]           raw_addr_o,
  input  wire logic [RawWidth-1:0]          raw_data_i,
  /// Quads of ternary spikes to spike memory.
  output      logic                         spike_valid_o,
  input  wire logic                         spike_ready_i,
  output      logic [SpikeBits-1:0]         spike_addr_o,
  output      logic [FetchWidth/Quad-1:0]   spike_quad_o,
  output      logic [Quad-1:0]              spike_nz_o,
  output      logic [Quad-1:0]              spike_neg_o
);

  localparam int unsigned SumBits = (SumDepth > 1) ? $clog2(SumDepth) : 1;
  localparam int unsigned StartBits = (StartDepth > 1) ? $clog2(StartDepth) : 1;
  localparam int unsigned CoefficientBits = (CoefficientDepth > 1) ? $clog2(CoefficientDepth) : 1;
  localparam int unsigned TableBits = (TableDepth > 1) ? $clog2(TableDepth) : 1;
  localparam int unsigned ConstantBits = (ConstantDepth > 1) ? $clog2(ConstantDepth) : 1;
  localparam int unsigned ExpBits = (ExpDepth > 1) ? $clog2(ExpDepth) : 1;
  localparam int unsigned QuadBits = (FetchWidth > Quad) ? $clog2(FetchWidth / Quad) : 1;
  localparam bit HasSoftmax = MaxGroup > 0;
  // From which bit on a word of these bits is in the word that is written.
  localparam int unsigned StartLsb = LoadWidth - 32 * ((SumWidth + 31) / 32);
  localparam int unsigned StartBeatLsb = LoadWidth - 32 * ((SerialLanes * SumWidth + 31) / 32);
  localparam int unsigned CoefficientLsb = LoadWidth - 32 * ((CoefficientWidth + 31) / 32);
  localparam int unsigned CoefficientBeatLsb =
      LoadWidth - 32 * ((SerialLanes * CoefficientWidth + 31) / 32);
  localparam int unsigned TableLsb = LoadWidth - 32 * ((TableWidth + 31) / 32);
  localparam int unsigned ConstantLsb =
      LoadWidth - 32 * ((SerialLanes * 2 * ConstantWidth + 31) / 32);
  localparam int unsigned ExpLsb = LoadWidth - 32 * ((ExpWidth + 31) / 32);
  // V and theta of neurons: of LayerNorm and sums, of softmax, of both.
  localparam bit FiresRows = HasLayerNorm || HasNeurons;
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2;
  localparam int unsigned NormThetaWidth =
      (NeuronThetaWidth > RootWidth) ? NeuronThetaWidth : RootWidth;
  localparam int unsigned ScaledWidth = ExpSumWidth + ScaleWidth;
  localparam int unsigned SoftmaxWidth =
      ((ScaledWidth > ExpWidth + ScaleFraction) ? ScaledWidth : ExpWidth + ScaleFraction) + 2;
  localparam int unsigned FireWidth = !HasSoftmax ? NormValueWidth :
      (!FiresRows || SoftmaxWidth > NormValueWidth) ? SoftmaxWidth : NormValueWidth;
  localparam int unsigned ThetaWidth = !HasSoftmax ? NormThetaWidth :
      (!FiresRows || ScaledWidth + 1 > NormThetaWidth) ? ScaledWidth + 1 : NormThetaWidth;

  logic unused_load;
  assign unused_load = ^{load_i, load_addr_i, load_word_i};

  // ---------------------------------------------------------------------------- memory of sums
  // The serial path never waits for its writes. Each of the two that read has its own copy, or the serial path reads through
  // the port that writes, in every second cycle, and writes an odd number of cycles later. If there are many, even words and
  // odd ones are two memories, which are read in turn. Number a is word a / SerialLanes of bank a mod SerialLanes.
  localparam int unsigned BankDepth = (SumDepth + SerialLanes - 1) / SerialLanes;
  localparam int unsigned BankBits = (BankDepth > 1) ? $clog2(BankDepth) : 1;
  // Blocks of a power of two of words need no multiplexer behind them.
  localparam int unsigned BankPlaces =
      (BankDepth > 512 && (BankDepth <= 2048 || 4 * BankDepth > 3 * 2 ** BankBits)) ?
      2 ** BankBits : BankDepth;
  localparam int unsigned LaneBits = $clog2(SerialLanes);
  logic serial_read, vector_read, vector_write, vector_write_ready;
  logic [SerialLanes-1:0] serial_write;
  logic [SumBits-1:0] serial_write_addr, serial_addr, vector_addr, vector_write_addr;
  logic signed [SumWidth-1:0] vector_write_data;
  logic [SerialLanes*SumWidth-1:0] serial_data, serial_write_data, vector_words;
  logic serial_reads;
  assign serial_reads = Accumulates && serial_read && instr_i[overlay_isa_pkg::FireAccumulateLsb];
  assign vector_write_ready = serial_write == '0 && !(SharedSums && serial_reads);
  logic [SerialLanes-1:0] bank_write;
  logic [SerialLanes*SumWidth-1:0] bank_data;
  for (genvar l = 0; l < SerialLanes; l++) begin : gen_bank
    logic write;
    logic [BankBits-1:0] write_addr;
    logic [SumWidth-1:0] write_data;
    assign write = serial_write[l] || (vector_write && vector_write_ready &&
        (SerialLanes == 1 || (vector_write_addr & SumBits'(SerialLanes - 1)) == SumBits'(l)));
    assign write_addr =
        BankBits'((serial_write == '0 ? vector_write_addr : serial_write_addr) >> LaneBits);
    assign write_data =
        serial_write[l] ? serial_write_data[SumWidth*l+:SumWidth] : vector_write_data;
    assign bank_write[l] = write;
    assign bank_data[SumWidth*l+:SumWidth] = write_data;
    if (SharedSums && SumDepth > 0) begin : gen_shared
      logic unused_addr;
      assign unused_addr = ^write_addr;
    end else if (SumDepth > 0 && VectorCount > 0) begin : gen_sums
      sync_ram #(
        .Width(SumWidth),
        .Depth(BankPlaces)
      ) u_sums (
        .clk_i,
        .read_enable_i(vector_read),
        .read_addr_i(BankBits'(vector_addr >> LaneBits)),
        .read_data_o(vector_words[SumWidth*l+:SumWidth]),
        .write_enable_i(write),
        .write_addr_i(write_addr),
        .write_data_i(write_data)
      );
    end else begin : gen_no_sums
      assign vector_words[SumWidth*l+:SumWidth] = '0;
      logic unused_sums;
      assign unused_sums = vector_read ^ (^vector_addr) ^ write ^ (^write_addr) ^ (^write_data);
    end
    if (SharedSums && SumDepth > 0) begin : gen_no_other
    end else if (Accumulates && SumDepth > 0) begin : gen_copy
      sync_ram #(
        .Width(SumWidth),
        .Depth(BankPlaces)
      ) u_copy (
        .clk_i,
        .read_enable_i(serial_read),
        .read_addr_i(BankBits'(serial_addr >> LaneBits)),
        .read_data_o(serial_data[SumWidth*l+:SumWidth]),
        .write_enable_i(write),
        .write_addr_i(write_addr),
        .write_data_i(write_data)
      );
    end else begin : gen_no_copy
      assign serial_data[SumWidth*l+:SumWidth] = '0;
      logic unused_copy;
      assign unused_copy = serial_read ^ (^serial_addr);
    end
  end
  if (SharedSums && SumDepth > 0) begin : gen_pairs
    // Two banks are a memory, in block memory.
    localparam int unsigned Pair = (SerialLanes > 1) ? 2 : 1;
    localparam int unsigned Pairs = SerialLanes / Pair;
    // Two memories of as many blocks as one, so not where half a block is enough.
    localparam int unsigned Halves = (Accumulates && BankDepth > 1024) ? 2 : 1;
    localparam int unsigned HalfDepth = (BankDepth + Halves - 1) / Halves;
    localparam int unsigned HalfBits = (HalfDepth > 1) ? $clog2(HalfDepth) : 1;
    localparam int unsigned Skipped = LaneBits + Halves - 1;
    logic [SumBits-1:0] write_addr;
    logic write_second, vector_second, vector_second_q, serial_second_q;
    logic [Halves*SerialLanes*SumWidth-1:0] vector_halves, serial_halves;
    assign write_addr = (serial_write == '0) ? vector_write_addr : serial_write_addr;
    assign write_second = Halves > 1 && 1'(write_addr >> LaneBits);
    assign vector_second = Halves > 1 && 1'(vector_addr >> LaneBits);
    assign sum_second_o = Halves > 1 && 1'(serial_addr >> LaneBits);
    always_ff @(posedge clk_i) begin
      if (vector_read) vector_second_q <= vector_second;
      if (serial_reads) serial_second_q <= sum_second_o;
    end
    for (genvar h = 0; h < Halves; h++) begin : gen_half
      logic reads, writes;
      logic [HalfBits-1:0] port_addr;
      assign reads = serial_reads && sum_second_o == 1'(h);
      assign writes = write_second == 1'(h);
      assign port_addr = HalfBits'((reads ? serial_addr : write_addr) >> Skipped);
      for (genvar p = 0; p < Pairs; p++) begin : gen_pair
        localparam int unsigned From = SumWidth * (SerialLanes * h + Pair * p);
        overlay_two_ports #(
          .PartWidth(SumWidth),
          .Parts(Pair),
          .Depth(HalfDepth),
          .Ultra(1'b0)
        ) u_sums (
          .clk_i,
          .enable_a_i(vector_read && vector_second == 1'(h)),
          .clear_a_i(1'b0),
          .addr_a_i(HalfBits'(vector_addr >> Skipped)),
          .data_a_o(vector_halves[From+:Pair*SumWidth]),
          .enable_b_i(reads),
          .clear_b_i(1'b0),
          .addr_b_i(port_addr),
          .data_b_o(serial_halves[From+:Pair*SumWidth]),
          .write_i(bank_write[Pair*p+:Pair] & {Pair{writes}}),
          .write_data_i(bank_data[Pair*SumWidth*p+:Pair*SumWidth])
        );
      end
`ifndef SYNTHESIS
      always_ff @(posedge clk_i) begin
        if (!rst_i && reads) a_one_access : assert (serial_write == '0 || !writes);
      end
`endif
    end
    if (Halves > 1) begin : gen_choice
      localparam int unsigned HalfWidth = SerialLanes * SumWidth;
      assign vector_words = vector_second_q ? vector_halves[2*HalfWidth-1:HalfWidth] :
          vector_halves[HalfWidth-1:0];
      assign serial_data = serial_second_q ? serial_halves[2*HalfWidth-1:HalfWidth] :
          serial_halves[HalfWidth-1:0];
    end else begin : gen_no_choice
      assign vector_words = vector_halves;
      assign serial_data = serial_halves;
      logic unused_second;
      assign unused_second = vector_second_q ^ serial_second_q;
    end
  end else begin : gen_banks
    assign sum_second_o = 1'b0;
    logic unused_banks;
    assign unused_banks = (^bank_write) ^ (^bank_data);
  end
  // ---------------------------------------------------------------------------- tables
  logic [StartBits-1:0] serial_start_addr, vector_start_addr;
  logic [CoefficientBits-1:0] serial_coefficient_addr, vector_coefficient_addr;
  logic signed [SumWidth-1:0] vector_start;
  logic signed [CoefficientWidth-1:0] vector_coefficient;
  logic [SerialLanes*SumWidth-1:0] serial_start;
  logic [SerialLanes*CoefficientWidth-1:0] serial_coefficient;
  logic vector_start_read, vector_coefficient_read;
  logic start_taken;
  assign start_take_o = StartStream && start_taken;
  if (!StartStream) begin : gen_no_start_stream
    logic unused_start_value;
    assign unused_start_value = ^start_value_i;
  end
  if (StartStream) begin : gen_start_stream
    logic [SumWidth-1:0] start_q;
    always_ff @(posedge clk_i) if (start_taken) start_q <= start_value_i;
    assign vector_start = start_q;
    assign serial_start = '0;
    logic unused_starts;
    assign unused_starts = (^serial_start_addr) ^ (^vector_start_addr) ^ vector_start_read;
  end else if (StartDepth > 0) begin : gen_starts
    localparam int unsigned StartWords = (StartDepth + SerialLanes - 1) / SerialLanes;
    localparam int unsigned StartWordBits = (StartWords > 1) ? $clog2(StartWords) : 1;
    overlay_rom #(
      .Width(SerialLanes * SumWidth),
      .Depth(StartWords),
      .Loadable(Loadable),
      .File(SerialStartFile)
    ) u_serial (
      .clk_i,
      .enable_i(serial_read),
      .addr_i(StartWordBits'(serial_start_addr >> LaneBits)),
      .data_o(serial_start),
      .write_i(load_i[overlay_image_pkg::MemoryStartBeats]),
      .write_addr_i(StartWordBits'(load_addr_i)),
      .write_data_i((SerialLanes * SumWidth)'(load_word_i >> StartBeatLsb))
    );
    overlay_rom #(
      .Width(SumWidth),
      .Depth(StartDepth),
      .Loadable(Loadable),
      .File(StartFile)
    ) u_vector (
      .clk_i,
      .enable_i(vector_start_read),
      .addr_i(vector_start_addr),
      .data_o(vector_start),
      .write_i(load_i[overlay_image_pkg::MemoryStarts]),
      .write_addr_i(StartBits'(load_addr_i)),
      .write_data_i(SumWidth'(load_word_i >> StartLsb))
    );
  end else begin : gen_no_starts
    assign serial_start = '0;
    assign vector_start = '0;
    logic unused_starts;
    assign unused_starts = (^serial_start_addr) ^ (^vector_start_addr) ^ vector_start_read;
  end
  if (CoefficientDepth > 0) begin : gen_coefficients
    localparam int unsigned CoefficientWords = (CoefficientDepth + SerialLanes - 1) / SerialLanes;
    localparam int unsigned CoefficientWordBits =
        (CoefficientWords > 1) ? $clog2(CoefficientWords) : 1;
    overlay_rom #(
      .Width(SerialLanes * CoefficientWidth),
      .Depth(CoefficientWords),
      .Loadable(Loadable),
      .File(SerialCoefficientFile)
    ) u_serial (
      .clk_i,
      .enable_i(serial_read),
      .addr_i(CoefficientWordBits'(serial_coefficient_addr >> LaneBits)),
      .data_o(serial_coefficient),
      .write_i(load_i[overlay_image_pkg::MemoryCoefficientBeats]),
      .write_addr_i(CoefficientWordBits'(load_addr_i)),
      .write_data_i((SerialLanes * CoefficientWidth)'(load_word_i >> CoefficientBeatLsb))
    );
    overlay_rom #(
      .Width(CoefficientWidth),
      .Depth(CoefficientDepth),
      .Loadable(Loadable),
      .File(CoefficientFile)
    ) u_vector (
      .clk_i,
      .enable_i(vector_coefficient_read),
      .addr_i(vector_coefficient_addr),
      .data_o(vector_coefficient),
      .write_i(load_i[overlay_image_pkg::MemoryCoefficients]),
      .write_addr_i(CoefficientBits'(load_addr_i)),
      .write_data_i(CoefficientWidth'(load_word_i >> CoefficientLsb))
    );
  end else begin : gen_no_coefficients
    assign serial_coefficient = '0;
    assign vector_coefficient = '0;
    logic unused_coefficients;
    assign unused_coefficients = (^serial_coefficient_addr) ^ (^vector_coefficient_addr) ^
        vector_coefficient_read;
  end

  // ---------------------------------------------------------------------------- serial path
  if (SumDepth > 0) begin : gen_serial
    overlay_serial #(
      .Lanes(SerialLanes),
      .ValueWidth(ValueWidth),
      .CoefficientWidth(CoefficientWidth),
      .SumWidth(SumWidth),
      .SumBits(SumBits),
      .StartBits(StartBits),
      .CoefficientBits(CoefficientBits)
    ) u_serial (
      .clk_i,
      .rst_i,
      .restart_i(begin_i),
      .accumulate_i(Accumulates && instr_i[overlay_isa_pkg::FireAccumulateLsb]),
      .start_i(!StartStream && StartDepth > 0 && instr_i[overlay_isa_pkg::FireStartLsb]),
      .per_channel_i(CoefficientDepth > 0 && instr_i[overlay_isa_pkg::FirePerChannelLsb]),
      .per_row_i(CoefficientDepth > 0 && instr_i[overlay_isa_pkg::FirePerRowLsb]),
      .turned_i(instr_i[overlay_isa_pkg::FireTurnedLsb]),
      .sums_i(SumBits'(instr_i[overlay_isa_pkg::FireSumsLsb+:24])),
      .stride_i(SumBits'(instr_i[overlay_isa_pkg::FireSumStrideLsb+:24])),
      .starts_i(StartBits'(instr_i[overlay_isa_pkg::FireStartsLsb+:24])),
      .coefficients_i(CoefficientBits'(instr_i[overlay_isa_pkg::FireCoefficientsLsb+:24])),
      .coefficient_i(CoefficientWidth'(instr_i[overlay_isa_pkg::FireCoefficientLsb+:64])),
      .in_valid_i(sum_valid_i),
      .in_wide_i(wide_i),
      .in_here_i(here_i),
      .in_value_i(value_i),
      .in_row_end_i(row_end_i),
      .read_o(serial_read),
      .sum_addr_o(serial_addr),
      .sum_data_i(serial_data),
      .start_addr_o(serial_start_addr),
      .start_data_i(serial_start),
      .coefficient_addr_o(serial_coefficient_addr),
      .coefficient_data_i(serial_coefficient),
      .write_o(serial_write),
      .write_addr_o(serial_write_addr),
      .write_data_o(serial_write_data)
    );
  end else begin : gen_no_serial
    assign serial_read = 1'b0;
    assign serial_addr = '0;
    assign serial_start_addr = '0;
    assign serial_coefficient_addr = '0;
    assign serial_write = '0;
    assign serial_write_addr = '0;
    assign serial_write_data = '0;
    logic unused_serial;
    assign unused_serial = (^serial_data) ^ (^serial_start) ^ (^serial_coefficient) ^ sum_valid_i ^
        wide_i ^ (^here_i) ^ begin_i;
  end

  // ---------------------------------------------------------------------------- vector unit
  logic table_read, constant_read;
  logic [TableBits-1:0] table_addr;
  logic [ConstantBits-1:0] constant_addr;
  logic signed [TableWidth-1:0] table_entry;
  logic [SerialLanes*2*ConstantWidth-1:0] constant;
  // An instruction with rows from memory begins; an entry is there; it is taken.
  logic entry_begin, entry_valid, entry_take, vector_raw_read;
  logic [RawBits-1:0] vector_raw_addr;
  logic [32*overlay_isa_pkg::VectorWords-1:0] vector_instr;
  if (GatherWidth > 0) begin : gen_gather
    // While rows are read, tokens are read for them.
    localparam int unsigned ChannelBits = $clog2(MaxChannels + 1);
    logic gather_read, gathers;
    logic [RawBits-1:0] gather_addr;
    logic [TableWidth-1:0] entry, entry_q;
    assign gathers = vector_instr[overlay_isa_pkg::VectorOpLsb+:3] == 3'd2;
    assign raw_read_o = gathers ? gather_read : vector_raw_read;
    assign raw_addr_o = gathers ? gather_addr : vector_raw_addr;
    overlay_gather #(
      .BeatWidth(BeatWidth),
      .EntryWidth(GatherWidth),
      .Width(TableWidth),
      .RawWidth(RawWidth),
      .RawAddrWidth(RawBits),
      .RowsWidth(ProgressBits),
      .ChannelsWidth(ChannelBits)
    ) u_gather (
      .clk_i,
      .rst_i,
      .start_i(entry_begin),
      .rows_i(ProgressBits'(vector_instr[overlay_isa_pkg::VectorRowsLsb+:16])),
      .channels_i(vector_instr[overlay_isa_pkg::VectorChannelsLsb+:ChannelBits]),
      .table_i(vector_instr[overlay_isa_pkg::VectorTableLsb+:32]),
      .stride_i(vector_instr[overlay_isa_pkg::VectorRowStrideLsb+:16]),
      .limit_i(vector_instr[overlay_isa_pkg::VectorEpsilonLsb+:32]),
      .raw_valid_i,
      .raw_read_o(gather_read),
      .raw_addr_o(gather_addr),
      .raw_data_i,
      .cmd_valid_o(row_cmd_valid_o),
      .cmd_ready_i(row_cmd_ready_i),
      .cmd_offset_o(row_cmd_offset_o),
      .cmd_bytes_o(row_cmd_bytes_o),
      .in_valid_i(row_beat_valid_i),
      .in_ready_o(row_beat_ready_o),
      .in_data_i(row_beat_i),
      .failed_i(row_failed_i),
      .entry_valid_o(entry_valid),
      .entry_take_i(entry_take),
      .entry_o(entry)
    );
    always_ff @(posedge clk_i) if (entry_take) entry_q <= entry;
    assign table_entry = entry_q;
    logic unused_table;
    assign unused_table = table_read ^ (^table_addr) ^ (^vector_instr);
  end else begin : gen_no_gather
    assign raw_read_o = vector_raw_read;
    assign raw_addr_o = vector_raw_addr;
    assign row_cmd_valid_o = 1'b0;
    assign row_cmd_offset_o = '0;
    assign row_cmd_bytes_o = '0;
    assign row_beat_ready_o = 1'b0;
    assign entry_valid = 1'b1;
    logic unused_gather;
    assign unused_gather = entry_begin ^ entry_take ^ row_cmd_ready_i ^ row_beat_valid_i ^
        (^row_beat_i) ^ row_failed_i ^ (^vector_instr);
  end
  if (GatherWidth > 0) begin : gen_table_outside
  end else if (TableDepth > 0) begin : gen_table
    overlay_rom #(
      .Width(TableWidth),
      .Depth(TableDepth),
      .Loadable(Loadable),
      .File(TableFile)
    ) u_table (
      .clk_i,
      .enable_i(table_read),
      .addr_i(table_addr),
      .data_o(table_entry),
      .write_i(load_i[overlay_image_pkg::MemoryTable]),
      .write_addr_i(TableBits'(load_addr_i)),
      .write_data_i(TableWidth'(load_word_i >> TableLsb))
    );
  end else begin : gen_no_table
    assign table_entry = '0;
    logic unused_table;
    assign unused_table = table_read ^ (^table_addr);
  end
  if (ConstantDepth > 0) begin : gen_constants
    localparam int unsigned ConstantWords = (ConstantDepth + SerialLanes - 1) / SerialLanes;
    localparam int unsigned ConstantWordBits = (ConstantWords > 1) ? $clog2(ConstantWords) : 1;
    overlay_rom #(
      .Width(SerialLanes * 2 * ConstantWidth),
      .Depth(ConstantWords),
      .Loadable(Loadable),
      .Tables(SharedSums),
      .File(ConstantFile)
    ) u_constants (
      .clk_i,
      .enable_i(constant_read),
      .addr_i(ConstantWordBits'(constant_addr >> LaneBits)),
      .data_o(constant),
      .write_i(load_i[overlay_image_pkg::MemoryConstants]),
      .write_addr_i(ConstantWordBits'(load_addr_i)),
      .write_data_i((SerialLanes * 2 * ConstantWidth)'(load_word_i >> ConstantLsb))
    );
  end else begin : gen_no_constants
    assign constant = '0;
    logic unused_constants;
    assign unused_constants = constant_read ^ (^constant_addr);
  end

  logic mask_valid, mask_bit, norm_valid, norm_ready, norm_quad_end, norm_row_end;
  logic [SerialLanes-1:0] norm_sticky, norm_excluded;
  logic [RawBits-1:0] mask_index;
  logic [SerialLanes*NormValueWidth-1:0] norm_value;
  logic [NormThetaWidth-1:0] norm_theta;
  logic [SpikeBits-1:0] norm_addr, norm_stride;
  logic [QuadBits-1:0] norm_quad;
  logic [StepBits-1:0] norm_steps;
  logic norm_unary, norm_half_even;
  logic [LevelBits-1:0] norm_high, norm_low;
  logic fire_row, fire_tag;
  if (VectorCount > 0) begin : gen_vector
    logic list_valid, list_next, vector_end;
    logic [32*overlay_isa_pkg::VectorWords-1:0] list_words, list_instr;
    assign list_instr = (list_words & VectorVaries) | VectorCommon;
    overlay_sequencer #(
      .Words(overlay_isa_pkg::VectorWords),
      .Count(VectorCount),
      .Loadable(Loadable),
      .File(VectorFile)
    ) u_list (
      .clk_i,
      .rst_i,
      .valid_o(list_valid),
      .instr_o(list_words),
      .next_i(list_next),
      .last_i(vector_last_i),
      .write_i(load_i[overlay_image_pkg::MemoryVector]),
      .write_addr_i(ListBits'(load_addr_i)),
      .write_data_i(32'(load_word_i >> (LoadWidth - 32)))
    );
    assign vector_end_o = vector_end || !has_vector_i;
    assign vector_instr = list_instr;
    overlay_vector #(
      .Lanes(SerialLanes),
      .Tables(SharedSums),
      .HasAdd(32'(HasAdd)),
      .HasEmbed(32'(HasEmbed)),
      .HasMask(32'(HasMask)),
      .HasLayerNorm(32'(HasLayerNorm)),
      .HasUncentred(HasUncentred),
      .HasNeurons(32'(HasNeurons)),
      .HasSend(32'(HasSend)),
      .HasElements(32'(HasElements)),
      .HasStart(32'(StartStream || StartDepth > 0)),
      .HasPerChannel(32'(CoefficientDepth > 0)),
      .EntryStream(GatherWidth > 0),
      .SumWidth(SumWidth),
      .CoefficientWidth(CoefficientWidth),
      .EntryWidth(TableWidth),
      .RawWidth(RawWidth),
      .SumAddrWidth(SumBits),
      .StartAddrWidth(StartBits),
      .CoefficientAddrWidth(CoefficientBits),
      .TableAddrWidth(TableBits),
      .RawAddrWidth(RawBits),
      .ChannelsMax(MaxChannels),
      .ConstWidth(ConstantWidth),
      .Fraction(NormFraction),
      .SquareWidth(SquareWidth),
      .RootFraction(RootFraction),
      .ValueWidth(NormValueWidth),
      .NeuronFraction(NeuronFraction),
      .ThetaWidth(NormThetaWidth),
      .ConstAddrWidth(ConstantBits),
      .Align(FireLanes),
      .WordNeurons(FetchWidth),
      .AddrWidth(SpikeBits),
      .LevelWidth(LevelBits),
      .StepsWidth(StepBits),
      .ProgressBits(ProgressBits)
    ) u_vector (
      .clk_i,
      .rst_i,
      .instr_valid_i(list_valid && present_i && has_vector_i),
      .instr_i(list_instr),
      .instr_next_o(list_next),
      .end_o(vector_end),
      .restart_i,
      .raw_valid_i,
      .progress_engine_i,
      .progress_softmax_i,
      .progress_vector_i,
      .row_done_o(vector_row_o),
      .sum_enable_o(vector_read),
      .sum_addr_o(vector_addr),
      .sum_data_i(vector_words),
      .write_valid_o(vector_write),
      .write_ready_i(vector_write_ready),
      .write_addr_o(vector_write_addr),
      .write_data_o(vector_write_data),
      .send_valid_o,
      .send_ready_i,
      .send_row_end_o,
      .send_last_o,
      .start_valid_i(!StartStream || start_valid_i),
      .start_take_o(start_taken),
      .start_enable_o(vector_start_read),
      .start_addr_o(vector_start_addr),
      .start_data_i(vector_start),
      .coefficient_enable_o(vector_coefficient_read),
      .coefficient_addr_o(vector_coefficient_addr),
      .coefficient_data_i(vector_coefficient),
      .table_enable_o(table_read),
      .table_addr_o(table_addr),
      .table_data_i(table_entry),
      .table_begin_o(entry_begin),
      .table_valid_i(entry_valid),
      .table_take_o(entry_take),
      .table_lost_o(row_lost_o),
      .raw_enable_o(vector_raw_read),
      .raw_addr_o(vector_raw_addr),
      .raw_data_i(raw_data_i),
      .mask_valid_o(mask_valid),
      .mask_index_o(mask_index),
      .mask_o(mask_bit),
      .const_enable_o(constant_read),
      .const_addr_o(constant_addr),
      .const_data_i(constant),
      .fire_valid_o(norm_valid),
      .fire_ready_i(norm_ready),
      .fire_value_o(norm_value),
      .fire_theta_o(norm_theta),
      .fire_sticky_o(norm_sticky),
      .fire_excluded_o(norm_excluded),
      .fire_quad_end_o(norm_quad_end),
      .fire_row_end_o(norm_row_end),
      .fire_addr_o(norm_addr),
      .fire_quad_o(norm_quad),
      .fire_step_stride_o(norm_stride),
      .fire_steps_o(norm_steps),
      .fire_unary_o(norm_unary),
      .fire_half_even_o(norm_half_even),
      .fire_high_o(norm_high),
      .fire_low_o(norm_low),
      .fire_done_i(fire_row && !fire_tag)
    );
    assign send_data_o = vector_write_data;
  end else begin : gen_no_vector
    assign {send_valid_o, send_row_end_o, send_last_o} = '0;
    assign send_data_o = '0;
    assign vector_end_o = 1'b1;
    assign vector_row_o = 1'b0;
    assign vector_read = 1'b0;
    assign vector_addr = '0;
    assign vector_write = 1'b0;
    assign vector_write_addr = '0;
    assign vector_write_data = '0;
    assign {vector_start_read, vector_coefficient_read, table_read, constant_read} = '0;
    assign vector_start_addr = '0;
    assign start_taken = 1'b0;
    assign vector_coefficient_addr = '0;
    assign table_addr = '0;
    assign constant_addr = '0;
    assign vector_raw_read = 1'b0;
    assign vector_raw_addr = '0;
    assign vector_instr = '0;
    assign {entry_begin, entry_take, row_lost_o} = '0;
    assign {mask_valid, mask_bit} = '0;
    assign mask_index = '0;
    assign {norm_valid, norm_sticky, norm_excluded, norm_quad_end, norm_row_end, norm_unary,
        norm_half_even} = '0;
    assign norm_value = '0;
    assign norm_theta = '0;
    assign norm_addr = '0;
    assign norm_stride = '0;
    assign norm_quad = '0;
    assign norm_steps = '0;
    assign norm_high = '0;
    assign norm_low = '0;
    logic unused_vector;
    assign unused_vector = send_ready_i ^ start_valid_i ^ restart_i ^ present_i ^ norm_ready ^
        fire_tag ^ vector_write_ready ^ has_vector_i ^ (^vector_last_i) ^
        raw_valid_i ^ (^raw_data_i) ^ entry_valid ^
        (^vector_words) ^ (^vector_start) ^ (^vector_coefficient) ^ (^table_entry) ^ (^constant) ^
        (^progress_engine_i) ^ (^progress_softmax_i) ^ (^progress_vector_i);
  end

  // ---------------------------------------------------------------------------- softmax
  logic soft_valid, soft_ready, soft_quad_end, soft_row_end;
  logic [SerialLanes-1:0] soft_excluded;
  logic [SerialLanes*FireWidth-1:0] soft_value;
  logic [ThetaWidth-1:0] soft_theta;
  logic [SpikeBits-1:0] soft_addr, soft_stride;
  logic [QuadBits-1:0] soft_quad;
  logic [StepBits-1:0] soft_steps;
  logic soft_unary, soft_half_even;
  logic [LevelBits-1:0] soft_high, soft_low;
  // An element of softmax waits for its neurons.
  logic fire_waits;
  if (HasSoftmax) begin : gen_softmax
    logic exp_read;
    logic [SerialLanes-1:0] masked, hidden;
    logic [SerialLanes*ExpBits-1:0] exp_addr;
    logic [SerialLanes*ExpWidth-1:0] exp_entry;
    logic [SerialLanes*ScoreWidth-1:0] scores;
    logic [SerialLanes*SoftmaxWidth-1:0] value;
    logic [ScaledWidth:0] theta;
    for (genvar l = 0; l < SerialLanes; l++) begin : gen_exponentials
      overlay_rom #(
        .Width(ExpWidth),
        .Depth(ExpDepth),
        .Loadable(Loadable),
        .Tables(SharedSums),
        .File(ExpFile)
      ) u_exponentials (
        .clk_i,
        .enable_i(exp_read),
        .addr_i(exp_addr[ExpBits*l+:ExpBits]),
        .data_o(exp_entry[ExpWidth*l+:ExpWidth]),
        .write_i(load_i[overlay_image_pkg::MemoryExponentials]),
        .write_addr_i(ExpBits'(load_addr_i)),
        .write_data_i(ExpWidth'(load_word_i >> ExpLsb))
      );
      assign scores[ScoreWidth*l+:ScoreWidth] = ScoreWidth'(value_i[ValueWidth*l+:ValueWidth]);
      assign soft_value[FireWidth*l+:FireWidth] =
          FireWidth'($signed(value[SoftmaxWidth*l+:SoftmaxWidth]));
    end
    if (HasMask) begin : gen_mask
      // The token of a score is its place in the group.
      localparam int unsigned BeatBits = (RawBits > LaneBits) ? RawBits - LaneBits : 1;
      logic [2**(BeatBits+LaneBits)-1:0] masked_q;
      logic [BeatBits-1:0] beat_q;
      assign masked = masked_q[SerialLanes*beat_q+:SerialLanes] &
          {SerialLanes{instr_i[overlay_isa_pkg::FireMaskedLsb]}};
      always_ff @(posedge clk_i) begin
        if (mask_valid) masked_q[(BeatBits+LaneBits)'(mask_index)] <= mask_bit;
        if (softmax_start_i) beat_q <= '0;
        else if (score_valid_i && score_ready_o) beat_q <=
            group_end_i ? '0 : beat_q + BeatBits'(1);
      end
    end else begin : gen_no_mask
      assign masked = '0;
      logic unused_mask;
      assign unused_mask = mask_valid ^ mask_bit ^ (^mask_index);
    end
    if (HasBand) begin : gen_band
      // Keys from first_q to last_q are seen, and those before `for_all`. Both move by one from row to row, or by the length of
      // a block from block to block. The key of lane 0 is in key_q.
      logic [16:0] key_q, last_q;
      // Rows of the present block that are complete.
      logic [15:0] behind_q, ahead_q, for_all, behind_last, ahead_last;
      assign for_all = instr_i[overlay_isa_pkg::FireSumsLsb+:16];
      // Queries of a block, less one.
      assign behind_last = instr_i[overlay_isa_pkg::FireStartsLsb+:16];
      assign ahead_last = instr_i[overlay_isa_pkg::FireCoefficientsLsb+:16];
      logic signed [17:0] first_q;
      for (genvar l = 0; l < SerialLanes; l++) begin : gen_lane
        logic [16:0] key;
        assign key = key_q + 17'(l);
        assign hidden[l] = instr_i[overlay_isa_pkg::FireBandLsb] &&
            key >= {1'b0, for_all} && (key > last_q || $signed({1'b0, key}) < first_q);
      end
      always_ff @(posedge clk_i) begin
        if (softmax_start_i) begin
          key_q <= '0;
          last_q <= 17'(instr_i[overlay_isa_pkg::FireAheadLsb+:16]);
          first_q <= -$signed({2'b00, instr_i[overlay_isa_pkg::FireBehindLsb+:16]});
          behind_q <= '0;
          ahead_q <= '0;
        end else if (score_valid_i && score_ready_o) begin
          key_q <= group_end_i ? '0 : key_q + 17'(SerialLanes);
          if (row_end_i) begin
            behind_q <= behind_q + 16'd1;
            ahead_q <= ahead_q + 16'd1;
            if (ahead_q == ahead_last) begin
              ahead_q <= '0;
              last_q <= last_q + 17'(ahead_last) + 17'd1;
            end
            if (behind_q == behind_last) begin
              behind_q <= '0;
              first_q <= first_q + $signed({2'b00, behind_last}) + 18'sd1;
            end
          end
        end
      end
    end else begin : gen_no_band
      assign hidden = '0;
    end
    logic softmax_empty;
    assign softmax_idle_o = softmax_empty && !fire_waits;
    overlay_softmax #(
      .Lanes(SerialLanes),
      .Tables(SharedSums),
      .ScoreWidth(ScoreWidth),
      .GroupMax(MaxGroup),
      .ExpWidth(ExpWidth),
      .ExpAddrWidth(ExpBits),
      .SumWidth(ExpSumWidth),
      .ScaleWidth(ScaleWidth),
      .Fraction(ScaleFraction),
      .Align(FireLanes),
      .WordNeurons(FetchWidth),
      .AddrWidth(SpikeBits),
      .LevelWidth(LevelBits),
      .StepsWidth(StepBits)
    ) u_softmax (
      .clk_i,
      .rst_i,
      .start_i(softmax_start_i),
      .idle_o(softmax_empty),
      .exponentials_i(ExpBits'(instr_i[overlay_isa_pkg::FireExponentialsLsb+:24])),
      .exponential_count_i((ExpBits + 1)'(instr_i[overlay_isa_pkg::FireExponentialCountLsb+:24])),
      .scale_i(ScaleWidth'(instr_i[overlay_isa_pkg::FireScaleLsb+:64])),
      .apart_i(instr_i[overlay_isa_pkg::FireApartLsb]),
      .spikes_i(SpikeBits'(instr_i[overlay_isa_pkg::FireSpikesLsb+:24])),
      .row_stride_i(SpikeBits'(instr_i[overlay_isa_pkg::FireRowStrideLsb+:16])),
      .step_stride_i(SpikeBits'(instr_i[overlay_isa_pkg::FireStepStrideLsb+:24])),
      .steps_i(StepBits'(instr_i[overlay_isa_pkg::FireStepsLsb+:8])),
      .unary_i(instr_i[overlay_isa_pkg::FireUnaryLsb]),
      .half_even_i(instr_i[overlay_isa_pkg::FireHalfEvenLsb]),
      .high_i(LevelBits'(instr_i[overlay_isa_pkg::FireHighLsb+:16])),
      .low_i(LevelBits'(instr_i[overlay_isa_pkg::FireLowLsb+:16])),
      .in_valid_i(score_valid_i),
      .in_ready_o(score_ready_o),
      .in_score_i(scores),
      .in_here_i(here_i),
      .in_excluded_i(masked | hidden),
      .in_group_end_i(group_end_i),
      .in_row_end_i(row_end_i),
      .exp_enable_o(exp_read),
      .exp_addr_o(exp_addr),
      .exp_data_i(exp_entry),
      .out_valid_o(soft_valid),
      .out_ready_i(soft_ready),
      .out_value_o(value),
      .out_theta_o(theta),
      .out_excluded_o(soft_excluded),
      .out_quad_end_o(soft_quad_end),
      .out_row_end_o(soft_row_end),
      .out_addr_o(soft_addr),
      .out_quad_o(soft_quad),
      .step_stride_o(soft_stride),
      .steps_o(soft_steps),
      .unary_o(soft_unary),
      .half_even_o(soft_half_even),
      .high_o(soft_high),
      .low_o(soft_low)
    );
    assign soft_theta = ThetaWidth'(theta);
  end else begin : gen_no_softmax
    assign softmax_idle_o = 1'b1;
    logic unused_fire_waits;
    assign unused_fire_waits = fire_waits;
    assign score_ready_o = 1'b1;
    assign soft_valid = 1'b0;
    assign {soft_excluded, soft_quad_end, soft_row_end, soft_unary, soft_half_even} = '0;
    assign soft_value = '0;
    assign soft_theta = '0;
    assign soft_addr = '0;
    assign soft_stride = '0;
    assign soft_quad = '0;
    assign soft_steps = '0;
    assign soft_high = '0;
    assign soft_low = '0;
    logic unused_softmax;
    assign unused_softmax = softmax_start_i ^ (^here_i) ^ score_valid_i ^ group_end_i ^ soft_ready ^
        mask_valid ^ mask_bit ^
        (^mask_index);
  end

  // ---------------------------------------------------------------------------- neurons
  // Rows of the vector unit and of softmax are not mixed. Whose element is next is in a register, for the ready of both
  // follows from it: it changes between rows, and not while an element waits.
  if (HasSoftmax || FiresRows) begin : gen_fire
    logic within_q, in_row, scores, ready, valid, leaves;
    logic [QuadBits-1:0] quad;
    logic [SerialLanes*FireWidth-1:0] wide_norm;
    logic [ThetaWidth-1:0] wide_theta;
    assign wide_theta = ThetaWidth'(norm_theta);
    for (genvar l = 0; l < SerialLanes; l++) begin : gen_norm
      assign wide_norm[FireWidth*l+:FireWidth] =
          FireWidth'($signed(norm_value[NormValueWidth*l+:NormValueWidth]));
    end
    assign valid = scores ? soft_valid : norm_valid;
    assign leaves = ready && valid;
    assign in_row = leaves ? !(scores ? soft_row_end : norm_row_end) : within_q;
    assign norm_ready = ready && !scores;
    assign soft_ready = ready && scores;
    always_ff @(posedge clk_i) begin
      within_q <= !rst_i && in_row;
      if (rst_i) scores <= 1'b0;
      else if (!in_row && (!valid || ready) && (norm_valid || soft_valid)) scores <= !norm_valid;
    end
    // The queue's ready is a register: the time that neurons take does not reach back into LayerNorm and softmax. What an
    // instruction says of the neurons stays until they are all done.
    localparam int unsigned QueueWidth =
        SerialLanes * (FireWidth + 2) + ThetaWidth + SpikeBits + QuadBits + 3;
    logic next_valid, next_ready, next_quad_end, next_row_end, next_scores;
    logic [SerialLanes*FireWidth-1:0] next_value;
    logic [ThetaWidth-1:0] next_theta;
    logic [SerialLanes-1:0] next_sticky, next_excluded;
    logic [SpikeBits-1:0] next_addr;
    logic [QuadBits-1:0] next_quad;
    stream_fifo #(
      .Width(QueueWidth),
      .Depth(2)
    ) u_elements (
      .clk_i,
      .rst_i,
      .in_valid_i(valid),
      .in_ready_o(ready),
      .in_data_i({
        scores ? soft_value : wide_norm,
        scores ? soft_theta : wide_theta,
        scores ? '0 : norm_sticky,
        scores ? soft_excluded : norm_excluded,
        scores ? soft_quad_end : norm_quad_end,
        scores ? soft_row_end : norm_row_end,
        scores ? soft_addr : norm_addr,
        scores ? soft_quad : norm_quad,
        scores
      }),
      .out_valid_o(next_valid),
      .out_ready_i(next_ready),
      .out_data_o({
        next_value, next_theta, next_sticky, next_excluded, next_quad_end, next_row_end, next_addr,
        next_quad, next_scores
      })
    );
    assign fire_waits = next_valid && next_scores;
`ifndef SYNTHESIS
    // What an instruction says of its neurons is read until the last one is in.
    always_ff @(posedge clk_i) begin
      if (!rst_i) a_neurons_are_in : assert (!(softmax_start_i && fire_waits));
    end
`endif
    overlay_row_fire #(
      .Lanes(SerialLanes),
      .ValueWidth(FireWidth),
      .ThetaWidth(ThetaWidth),
      .LevelWidth(LevelBits),
      .StepsWidth(StepBits),
      .Unary(32'(Unary)),
      .Eager(SerialLanes >= 4),
      .AddrWidth(SpikeBits),
      .QuadWidth(QuadBits)
    ) u_fire (
      .clk_i,
      .rst_i,
      .in_valid_i(next_valid),
      .in_ready_o(next_ready),
      .in_value_i(next_value),
      .in_theta_i(next_theta),
      .in_sticky_i(next_sticky),
      .in_excluded_i(next_excluded),
      .in_quad_end_i(next_quad_end),
      .in_row_end_i(next_row_end),
      .in_addr_i(next_addr),
      .in_quad_i(next_quad),
      .steps_i(next_scores ? soft_steps : norm_steps),
      .step_stride_i(next_scores ? soft_stride : norm_stride),
      .unary_i(next_scores ? soft_unary : norm_unary),
      .half_even_i(next_scores ? soft_half_even : norm_half_even),
      .high_i(next_scores ? soft_high : norm_high),
      .low_i(next_scores ? soft_low : norm_low),
      .tag_i(next_scores),
      .out_valid_o(spike_valid_o),
      .out_ready_i(spike_ready_i),
      .out_addr_o(spike_addr_o),
      .out_quad_o(quad),
      .out_nz_o(spike_nz_o),
      .out_neg_o(spike_neg_o),
      .row_done_o(fire_row),
      .row_tag_o(fire_tag)
    );
    for (genvar q = 0; q < FetchWidth / Quad; q++) begin : gen_quad
      assign spike_quad_o[q] = quad == QuadBits'(q);
    end
  end else begin : gen_no_fire
    assign norm_ready = 1'b1;
    assign soft_ready = 1'b1;
    assign fire_waits = 1'b0;
    assign spike_valid_o = 1'b0;
    assign spike_addr_o = '0;
    assign spike_quad_o = '0;
    assign spike_nz_o = '0;
    assign spike_neg_o = '0;
    assign fire_row = 1'b0;
    assign fire_tag = 1'b0;
    logic unused_fire;
    assign unused_fire = ^{spike_ready_i, norm_valid, norm_quad_end, norm_row_end, norm_sticky,
        norm_excluded, norm_value, norm_theta, norm_addr, norm_stride, norm_quad, norm_steps,
        norm_unary, norm_half_even, norm_high, norm_low, soft_valid, soft_quad_end, soft_row_end,
        soft_excluded, soft_value, soft_theta, soft_addr, soft_stride, soft_quad, soft_steps,
        soft_unary, soft_half_even, soft_high, soft_low};
  end
  assign softmax_row_o = fire_row && fire_tag;

endmodule

`default_nettype wire
