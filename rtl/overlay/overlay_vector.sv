`default_nettype none

/// Vector unit of the overlay: executes instructions `vector` (docs/overlay.md, src/overlay/isa.rs).
///
/// Contract: an instruction stays with `instr_valid_i` until `instr_next_o`, which comes for one cycle when all its rows
/// are complete. `end_o`: the list is at its end; `restart_i` begins it again. Row r begins when both conditions of the
/// instruction are met, of `embed`, `mask` and `elements` also not before `raw_valid_i`. Sums of `send` leave on `send_*`. `row_done_o` is high for a cycle for
/// each row that is complete; a row of LayerNorm or of neurons is when `fire_done_i` says so. Memories give a word per cycle after its
/// address, and keep it until the next; the read ports are used by nothing else while an instruction is executed.
/// With `EntryStream`, entries of tables come in the order in which `embed` takes them (`overlay_gather`): `table_data_i` is the
/// one that was taken last. `table_lost_o`: nothing but an entry is missing.
/// Rows of sums, of start values, of coefficients and of constants begin at multiples of `Lanes`. LayerNorm and neurons take
/// `Lanes` numbers of a row at once, the other instructions one.
/// Structure: a counter for all rows and channels; value and coefficient, product in two stages, sum; LayerNorm and
/// neurons are modules of their own. The two conditions share a comparator.
/// Throughput: one element per cycle, of LayerNorm and neurons `Lanes`; `add` with `accumulate` takes two, for it reads two sums. Between rows there are
/// two cycles, for `embed` four.
module overlay_vector #(
  /// Numbers of a row that LayerNorm and neurons take at once: a power of two, at most `Align / 4`.
  parameter int unsigned Lanes = 1,
  /// As in `overlay_layer_norm`.
  parameter bit Tables = 1'b0,
  /// 1: there are instructions of this kind, or with this option.
  parameter int unsigned HasAdd = 1,
  parameter int unsigned HasEmbed = 1,
  parameter int unsigned HasMask = 1,
  parameter int unsigned HasLayerNorm = 1,
  /// LayerNorm without the mean.
  parameter bit HasUncentred = 1'b1,
  parameter int unsigned HasNeurons = 1,
  parameter int unsigned HasSend = 0,
  parameter int unsigned HasElements = 0,
  parameter int unsigned HasStart = 1,
  parameter int unsigned HasPerChannel = 1,
  /// Entries of tables come from a stream.
  parameter bit EntryStream = 1'b0,
  /// Bits of a signed sum, of a signed coefficient, of a signed entry of the table.
  parameter int unsigned SumWidth = 16,
  parameter int unsigned CoefficientWidth = 8,
  parameter int unsigned EntryWidth = 12,
  /// Bits of a signed raw element.
  parameter int unsigned RawWidth = 9,
  /// Bits of addresses: sums, start table, coefficients, table of rows, raw elements.
  parameter int unsigned SumAddrWidth = 10,
  parameter int unsigned StartAddrWidth = 8,
  parameter int unsigned CoefficientAddrWidth = 6,
  parameter int unsigned TableAddrWidth = 10,
  parameter int unsigned RawAddrWidth = 6,
  /// As in `overlay_layer_norm` and `overlay_row_fire`.
  parameter int unsigned ChannelsMax = 16,
  parameter int unsigned ConstWidth = 12,
  parameter int unsigned Fraction = 8,
  parameter int unsigned SquareWidth = 40,
  parameter int unsigned RootFraction = 0,
  parameter int unsigned ValueWidth = 28,
  /// Fraction bits of neurons of sums; bits of theta of all neurons, at least those of r.
  parameter int unsigned NeuronFraction = 4,
  parameter int unsigned ThetaWidth = 20,
  parameter int unsigned ConstAddrWidth = 8,
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  /// Bits of the progress of a unit.
  parameter int unsigned ProgressBits = 16,
  /// Bits of the place of a quad in a word, derived.
  localparam int unsigned QuadWidth =
      (WordNeurons > 4 * Lanes) ? $clog2(WordNeurons / (4 * Lanes)) : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_i,
  /// Instruction.
  input  wire logic                               instr_valid_i,
  input  wire logic [32*overlay_isa_pkg::VectorWords-1:0]          instr_i,
  output      logic                               instr_next_o,
  output      logic                               end_o,
  input  wire logic                               restart_i,
  /// Progress of the units.
  input  wire logic [ProgressBits-1:0]            progress_engine_i,
  input  wire logic [ProgressBits-1:0]            progress_softmax_i,
  input  wire logic [ProgressBits-1:0]            progress_vector_i,
  /// A row is complete.
  output      logic                               row_done_o,
  /// Sums: `Lanes` at once, from the multiple of `Lanes` on that the address is in.
  output      logic                               sum_enable_o,
  output      logic [SumAddrWidth-1:0]            sum_addr_o,
  input  wire logic [Lanes*SumWidth-1:0]          sum_data_i,
  output      logic                               write_valid_o,
  input  wire logic                               write_ready_i,
  output      logic [SumAddrWidth-1:0]            write_addr_o,
  output      logic signed [SumWidth-1:0]         write_data_o,
  /// `write_data_o` is a sum for the readout; the last one of a row, and of the instruction.
  output      logic                               send_valid_o,
  input  wire logic                               send_ready_i,
  output      logic                               send_row_end_o,
  output      logic                               send_last_o,
  /// A start value is there; it is taken.
  input  wire logic                               start_valid_i,
  output      logic                               start_take_o,
  /// Tables: start values, coefficients, rows.
  output      logic                               start_enable_o,
  output      logic [StartAddrWidth-1:0]          start_addr_o,
  input  wire logic signed [SumWidth-1:0]         start_data_i,
  output      logic                               coefficient_enable_o,
  output      logic [CoefficientAddrWidth-1:0]    coefficient_addr_o,
  input  wire logic signed [CoefficientWidth-1:0] coefficient_data_i,
  output      logic                               table_enable_o,
  output      logic [TableAddrWidth-1:0]          table_addr_o,
  input  wire logic signed [EntryWidth-1:0]       table_data_i,
  /// Entries of a stream: an instruction begins; one is there; it is taken.
  output      logic                               table_begin_o,
  input  wire logic                               table_valid_i,
  output      logic                               table_take_o,
  output      logic                               table_lost_o,
  /// Raw elements of the sample; all of them are there.
  input  wire logic                               raw_valid_i,
  output      logic                               raw_enable_o,
  output      logic [RawAddrWidth-1:0]            raw_addr_o,
  input  wire logic signed [RawWidth-1:0]         raw_data_i,
  /// Mask: whether a token is masked.
  output      logic                               mask_valid_o,
  output      logic [RawAddrWidth-1:0]            mask_index_o,
  output      logic                               mask_o,
  /// Constants of LayerNorm, {beta, gamma}.
  output      logic                               const_enable_o,
  output      logic [ConstAddrWidth-1:0]          const_addr_o,
  input  wire logic [Lanes*2*ConstWidth-1:0]      const_data_i,
  /// Beats of LayerNorm and of neurons of sums, and their configuration, for `overlay_row_fire`.
  output      logic                               fire_valid_o,
  input  wire logic                               fire_ready_i,
  output      logic [Lanes*ValueWidth-1:0]        fire_value_o,
  output      logic [ThetaWidth-1:0]              fire_theta_o,
  output      logic [Lanes-1:0]                   fire_sticky_o,
  output      logic [Lanes-1:0]                   fire_excluded_o,
  output      logic                               fire_quad_end_o,
  output      logic                               fire_row_end_o,
  output      logic [AddrWidth-1:0]               fire_addr_o,
  output      logic [QuadWidth-1:0]               fire_quad_o,
  output      logic [AddrWidth-1:0]               fire_step_stride_o,
  output      logic [StepsWidth-1:0]              fire_steps_o,
  output      logic                               fire_unary_o,
  output      logic                               fire_half_even_o,
  output      logic [LevelWidth-1:0]              fire_high_o,
  output      logic [LevelWidth-1:0]              fire_low_o,
  /// The spikes of such a row are written.
  input  wire logic                               fire_done_i
);

  localparam int unsigned ChannelsWidth = $clog2(ChannelsMax + 1);
  // What is multiplied by the coefficient.
  localparam bit Adds = HasAdd != 0 || HasSend != 0;
  localparam int unsigned SmallWidth =
      (HasElements != 0 && (HasEmbed == 0 || RawWidth > EntryWidth)) ? RawWidth : EntryWidth;
  localparam int unsigned FactorWidth = (Adds &&
      ((HasEmbed == 0 && HasElements == 0) || SumWidth > SmallWidth)) ? SumWidth : SmallWidth;

  // ---------------------------------------------------------------------------- fields
  localparam int unsigned LastLsb = overlay_isa_pkg::VectorLastLsb;
  localparam int unsigned OpLsb = overlay_isa_pkg::VectorOpLsb;
  localparam int unsigned PerChannelLsb = overlay_isa_pkg::VectorPerChannelLsb;
  localparam int unsigned AccumulateLsb = overlay_isa_pkg::VectorAccumulateLsb;
  localparam int unsigned StartLsb = overlay_isa_pkg::VectorStartLsb;
  localparam int unsigned HalfEvenLsb = overlay_isa_pkg::VectorHalfEvenLsb;
  localparam int unsigned UnaryLsb = overlay_isa_pkg::VectorUnaryLsb;
  localparam int unsigned Wait0UnitLsb = overlay_isa_pkg::VectorWait0UnitLsb;
  localparam int unsigned Wait0BaseLsb = overlay_isa_pkg::VectorWait0BaseLsb;
  localparam int unsigned Wait0StepLsb = overlay_isa_pkg::VectorWait0StepLsb;
  localparam int unsigned Wait1UnitLsb = overlay_isa_pkg::VectorWait1UnitLsb;
  localparam int unsigned Wait1BaseLsb = overlay_isa_pkg::VectorWait1BaseLsb;
  localparam int unsigned Wait1StepLsb = overlay_isa_pkg::VectorWait1StepLsb;
  localparam int unsigned RowsLsb = overlay_isa_pkg::VectorRowsLsb;
  localparam int unsigned ChannelsLsb = overlay_isa_pkg::VectorChannelsLsb;
  localparam int unsigned SourceLsb = overlay_isa_pkg::VectorSourceLsb;
  localparam int unsigned TargetLsb = overlay_isa_pkg::VectorTargetLsb;
  localparam int unsigned StartsLsb = overlay_isa_pkg::VectorStartsLsb;
  localparam int unsigned CoefficientsLsb = overlay_isa_pkg::VectorCoefficientsLsb;
  localparam int unsigned CoefficientLsb = overlay_isa_pkg::VectorCoefficientLsb;
  localparam int unsigned TableLsb = overlay_isa_pkg::VectorTableLsb;
  localparam int unsigned SpikesLsb = overlay_isa_pkg::VectorSpikesLsb;
  localparam int unsigned RowStrideLsb = overlay_isa_pkg::VectorRowStrideLsb;
  localparam int unsigned StepStrideLsb = overlay_isa_pkg::VectorStepStrideLsb;
  localparam int unsigned StepsLsb = overlay_isa_pkg::VectorStepsLsb;
  localparam int unsigned HighLsb = overlay_isa_pkg::VectorHighLsb;
  localparam int unsigned LowLsb = overlay_isa_pkg::VectorLowLsb;
  localparam int unsigned ConstantsLsb = overlay_isa_pkg::VectorConstantsLsb;
  localparam int unsigned EpsilonLsb = overlay_isa_pkg::VectorEpsilonLsb;

  logic [2:0] op;
  logic is_add, is_send, is_embed, is_elements, is_layer_norm, is_mask, is_neurons;
  logic fires, accumulate, two_reads;
  logic [ProgressBits-1:0] rows;
  logic [ChannelsWidth-1:0] channels;
  assign op = instr_i[OpLsb+:3];
  assign is_send = HasSend != 0 && op == 3'd6;
  // What is sent is a sum without a base.
  assign is_add = (HasAdd != 0 && op == 3'd1) || is_send;
  assign is_elements = HasElements != 0 && op == 3'd7;
  assign is_embed = HasEmbed != 0 && op == 3'd2;
  assign is_layer_norm = HasLayerNorm != 0 && op == 3'd3;
  assign is_mask = HasMask != 0 && op == 3'd4;
  assign is_neurons = HasNeurons != 0 && op == 3'd5;
  assign fires = is_layer_norm || is_neurons;
  assign accumulate = instr_i[AccumulateLsb];
  assign two_reads = is_add && accumulate;
  assign rows = ProgressBits'(instr_i[RowsLsb+:16]);
  assign channels = instr_i[ChannelsLsb+:ChannelsWidth];

  // ---------------------------------------------------------------------------- rows
  typedef enum logic [2:0] {Idle, Row, Raw, RowAddr, Elements, End} state_e;
  state_e state_q;
  // looks_up: a row of a table is in a memory here.
  logic start, looks_up, go_q, may_begin, row_begin, ln_begin, neurons_begin, row_end, issue;
  logic advance, more_rows;
  logic [ProgressBits-1:0] rows_q, open_q;
  logic [RawAddrWidth-1:0] raw_addr_q;
  logic written_q, mask_valid_q, done_q, row_done;
  assign start = state_q == Idle && instr_valid_i && !done_q;
  assign more_rows = rows_q != '0;
  assign looks_up = is_embed && !EntryStream;
  assign may_begin = state_q == Row && more_rows && go_q &&
      (raw_valid_i || !(is_embed || is_mask || is_elements));
  assign row_begin = is_layer_norm ? ln_begin : is_neurons ? neurons_begin : may_begin;
  assign row_done = written_q || mask_valid_q ||
      ((HasLayerNorm != 0 || HasNeurons != 0) && fire_done_i);
  assign row_done_o = row_done;
  assign instr_next_o = done_q;
  assign end_o = state_q == End;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= Idle;
      done_q <= 1'b0;
    end else begin
      case (state_q)
        Idle: if (start) state_q <= Row;
        Row: begin
          if (row_begin && !fires) state_q <= (is_mask || looks_up) ? Raw : Elements;
          else if (open_q == '0) state_q <= instr_i[LastLsb] ? End : Idle;
        end
        Raw: state_q <= is_embed ? RowAddr : Row;
        RowAddr: state_q <= Elements;
        Elements: if (row_end) state_q <= Row;
        default: if (restart_i) state_q <= Idle;
      endcase
      done_q <= state_q == Row && open_q == '0;
    end
    if (start) begin
      rows_q <= rows;
      open_q <= rows;
    end else begin
      if (row_begin) rows_q <= rows_q - ProgressBits'(1);
      if (row_done) open_q <= open_q - ProgressBits'(1);
    end
    if (start) raw_addr_q <= is_elements ? instr_i[TableLsb+:RawAddrWidth] : '0;
    else if (state_q == Raw) raw_addr_q <= raw_addr_q + RawAddrWidth'(1);
    else if (is_elements && issue) begin
      raw_addr_q <= raw_addr_q + RawAddrWidth'(instr_i[RowStrideLsb+:16]);
    end
  end

  // Conditions, one after the other: `progress >= base + r * step`, the sum of the one that comes next in `this_q`.
  logic second_q, met;
  logic [ProgressBits-1:0] this_q, other_q, progress;
  logic [ProgressBits-1:0] row_step;
  logic [1:0] unit;
  assign unit = second_q ? instr_i[Wait1UnitLsb+:2] : instr_i[Wait0UnitLsb+:2];
  assign row_step = ProgressBits'(second_q ? instr_i[Wait1StepLsb+:8] : instr_i[Wait0StepLsb+:8]);
  always_comb begin
    case (unit)
      2'd1: progress = progress_engine_i;
      2'd2: progress = progress_softmax_i;
      2'd3: progress = progress_vector_i;
      default: progress = '1;
    endcase
  end
  assign met = progress >= this_q && !go_q;
  always_ff @(posedge clk_i) begin
    if (start) begin
      second_q <= 1'b0;
      go_q <= 1'b0;
      this_q <= ProgressBits'(instr_i[Wait0BaseLsb+:16]);
      other_q <= ProgressBits'(instr_i[Wait1BaseLsb+:16]);
    end else if (row_begin) begin
      go_q <= 1'b0;
    end else if (met) begin
      second_q <= !second_q;
      go_q <= second_q;
      this_q <= other_q;
      other_q <= this_q + row_step;
    end
  end

  // ---------------------------------------------------------------------------- raw elements
  if (HasEmbed != 0 || HasMask != 0 || HasElements != 0) begin : gen_raw
    // An element stays until it has been taken.
    assign raw_enable_o = is_elements ? advance : state_q == Row;
  end else begin : gen_no_raw
    assign raw_enable_o = 1'b0;
  end
  assign raw_addr_o = raw_addr_q;

  if (HasMask != 0) begin : gen_mask
    logic mask_q;
    logic [RawAddrWidth-1:0] mask_index_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) mask_valid_q <= 1'b0;
      else mask_valid_q <= state_q == Raw && is_mask;
      mask_q <= 32'(raw_data_i) == instr_i[TableLsb+:32];
      mask_index_q <= raw_addr_q;
    end
    assign mask_o = mask_q;
    assign mask_index_o = mask_index_q;
  end else begin : gen_no_mask
    assign mask_valid_q = 1'b0;
    assign mask_o = 1'b0;
    assign mask_index_o = '0;
  end
  assign mask_valid_o = mask_valid_q;

  // ---------------------------------------------------------------------------- elements
  // e0: addresses. e1: from the memories. e4: product. e5: the sum, on its way to the memory.
  logic [ChannelsWidth-1:0] channel_q;
  logic [SumAddrWidth-1:0] x_q, write_addr_q, sum_base;
  // Of an element with two reads this is the second.
  logic second_read_q, last_read, needs_start, waits_start, waits_entry;
  assign needs_start = HasStart != 0 && instr_i[StartLsb] && !accumulate;
  assign waits_start = needs_start && !start_valid_i;
  assign waits_entry = EntryStream && is_embed && !table_valid_i;
  assign issue = state_q == Elements && advance && !waits_start && !waits_entry;
  assign start_take_o = issue && needs_start;
  assign last_read = second_read_q || !two_reads;
  assign row_end = issue && last_read && channel_q == channels - ChannelsWidth'(1);
  assign sum_base = (is_add && last_read) ? instr_i[SourceLsb+:SumAddrWidth] :
                    instr_i[TargetLsb+:SumAddrWidth];

  always_ff @(posedge clk_i) begin
    if (start) begin
      x_q <= '0;
      channel_q <= '0;
      second_read_q <= 1'b0;
    end else if (issue) begin
      second_read_q <= !last_read;
      if (last_read) begin
        x_q <= row_end ? (x_q | SumAddrWidth'(Lanes - 1)) + SumAddrWidth'(1) :
            x_q + SumAddrWidth'(1);
        channel_q <= row_end ? '0 : channel_q + ChannelsWidth'(1);
      end
    end
  end

  logic e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q, e5_valid_q;
  logic e1_end_q, e2_end_q, e3_end_q, e4_end_q, e5_end_q;
  logic signed [SumWidth-1:0] e1_base, first_q, e2_base_q, e3_base_q, e4_base_q, e4_product,
      e5_sum_q;
  logic signed [FactorWidth-1:0] e1_factor;
  logic signed [CoefficientWidth-1:0] e1_coefficient;
  logic e5_taken;
  assign e5_taken = is_send ? send_ready_i : write_ready_i;
  assign advance = !e5_valid_q || e5_taken;
  assign write_valid_o = e5_valid_q && !is_send;
  assign send_valid_o = e5_valid_q && is_send;
  assign send_row_end_o = e5_end_q;
  assign send_last_o = e5_end_q && open_q == ProgressBits'(1);
  assign write_addr_o = write_addr_q;
  assign write_data_o = e5_sum_q;

  logic signed [SumWidth-1:0] sum_data;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      {e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q, e5_valid_q} <= '0;
      written_q <= 1'b0;
    end else begin
      if (advance) begin
        {e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q, e5_valid_q} <=
            {issue && last_read, e1_valid_q, e2_valid_q, e3_valid_q, e4_valid_q};
      end
      written_q <= e5_valid_q && e5_taken && e5_end_q;
    end
    if (advance) begin
      {e1_end_q, e2_end_q, e3_end_q, e4_end_q, e5_end_q} <=
          {row_end, e1_end_q, e2_end_q, e3_end_q, e4_end_q};
      first_q <= sum_data;
      e2_base_q <= e1_base;
      e3_base_q <= e2_base_q;
      e4_base_q <= e3_base_q;
      e5_sum_q <= e4_base_q + e4_product;
    end
    if (start) write_addr_q <= instr_i[TargetLsb+:SumAddrWidth];
    else if (e5_valid_q && e5_taken) begin
      write_addr_q <= e5_end_q ? (write_addr_q | SumAddrWidth'(Lanes - 1)) + SumAddrWidth'(1) :
          write_addr_q + SumAddrWidth'(1);
    end
  end

  // The number that the address meant.
  if (Lanes > 1) begin : gen_lane
    localparam int unsigned LaneWidth = $clog2(Lanes);
    logic [LaneWidth-1:0] lane_q;
    always_ff @(posedge clk_i) if (sum_enable_o) lane_q <= sum_addr_o[LaneWidth-1:0];
    assign sum_data = sum_data_i[SumWidth*lane_q+:SumWidth];
  end else begin : gen_word
    assign sum_data = sum_data_i;
  end

  registered_product #(
    .AWidth(CoefficientWidth),
    .BWidth(FactorWidth),
    .Width(SumWidth)
  ) u_product (
    .clk_i,
    .enable_i(advance),
    .a_i(e1_coefficient),
    .b_i(e1_factor),
    .product_o(e4_product)
  );

  // Value of the element: of `init` there is none.
  always_comb begin
    e1_factor = '0;
    if (is_add) e1_factor = FactorWidth'(sum_data);
    else if (is_embed) e1_factor = FactorWidth'(table_data_i);
    else if (is_elements) e1_factor = FactorWidth'(raw_data_i);
  end

  if (HasStart != 0) begin : gen_start
    logic [StartAddrWidth-1:0] start_addr_q;
    always_ff @(posedge clk_i) begin
      if (start) start_addr_q <= instr_i[StartsLsb+:StartAddrWidth];
      else if (row_end) start_addr_q <=
          (start_addr_q | StartAddrWidth'(Lanes - 1)) + StartAddrWidth'(1);
      else if (issue && last_read) start_addr_q <= start_addr_q + StartAddrWidth'(1);
    end
    assign start_enable_o = advance;
    assign start_addr_o = start_addr_q;
    always_comb begin
      e1_base = instr_i[StartLsb] ? start_data_i : '0;
      if (accumulate) e1_base = is_add ? first_q : sum_data;
    end
  end else begin : gen_no_start
    assign start_enable_o = 1'b0;
    assign start_addr_o = '0;
    always_comb begin
      e1_base = '0;
      if (accumulate) e1_base = is_add ? first_q : sum_data;
    end
    logic unused_start;
    assign unused_start = ^start_data_i;
  end

  if (HasPerChannel != 0) begin : gen_per_channel
    logic [CoefficientAddrWidth-1:0] coefficient_addr_q;
    always_ff @(posedge clk_i) begin
      if (start || row_end) coefficient_addr_q <= instr_i[CoefficientsLsb+:CoefficientAddrWidth];
      else if (issue && last_read) coefficient_addr_q <=
          coefficient_addr_q + CoefficientAddrWidth'(1);
    end
    assign coefficient_enable_o = advance;
    assign coefficient_addr_o = coefficient_addr_q;
    assign e1_coefficient = instr_i[PerChannelLsb] ? coefficient_data_i :
        instr_i[CoefficientLsb+:CoefficientWidth];
  end else begin : gen_one_coefficient
    assign coefficient_enable_o = 1'b0;
    assign coefficient_addr_o = '0;
    assign e1_coefficient = instr_i[CoefficientLsb+:CoefficientWidth];
    logic unused_coefficient;
    assign unused_coefficient = ^coefficient_data_i;
  end

  if (HasEmbed != 0 && EntryStream) begin : gen_stream
    assign table_begin_o = start && is_embed;
    assign table_take_o = issue && is_embed;
    assign table_lost_o = state_q == Elements && advance && !waits_start && waits_entry;
    assign table_enable_o = 1'b0;
    assign table_addr_o = '0;
  end else if (HasEmbed != 0) begin : gen_embed
    logic [TableAddrWidth-1:0] table_addr_q, row_q;
    always_ff @(posedge clk_i) begin
      row_q <= TableAddrWidth'(raw_data_i) * TableAddrWidth'(channels);
      if (state_q == RowAddr) table_addr_q <= row_q + instr_i[TableLsb+:TableAddrWidth];
      else if (issue) table_addr_q <= table_addr_q + TableAddrWidth'(1);
    end
    assign table_enable_o = advance;
    assign table_addr_o = table_addr_q;
  end else begin : gen_no_embed
    logic unused_table;
    assign unused_table = ^table_data_i;
    assign table_enable_o = 1'b0;
    assign table_addr_o = '0;
  end
  if (HasEmbed == 0 || !EntryStream) begin : gen_no_stream
    assign {table_begin_o, table_take_o, table_lost_o} = '0;
    logic unused_stream;
    assign unused_stream = table_valid_i;
  end

  // ---------------------------------------------------------------------------- LayerNorm
  logic ln_enable, ln_valid, ln_quad_end, ln_row_end;
  logic [Lanes-1:0] ln_sticky, ln_excluded;
  logic [SumAddrWidth-1:0] ln_sum_addr;
  logic [Lanes*ValueWidth-1:0] ln_value;
  logic [ThetaWidth-1:0] ln_theta;
  logic [AddrWidth-1:0] ln_addr;
  logic [QuadWidth-1:0] ln_quad;
  if (HasLayerNorm != 0) begin : gen_layer_norm
    logic [(SquareWidth+1)/2-1:0] root;
    overlay_layer_norm #(
      .Lanes(Lanes),
      .Tables(Tables),
      .SumWidth(SumWidth),
      .ChannelsMax(ChannelsMax),
      .ConstWidth(ConstWidth),
      .Fraction(Fraction),
      .SquareWidth(SquareWidth),
      .RootFraction(RootFraction),
      .ValueWidth(ValueWidth),
      .SumAddrWidth(SumAddrWidth),
      .ConstAddrWidth(ConstAddrWidth),
      .Align(Align),
      .WordNeurons(WordNeurons),
      .AddrWidth(AddrWidth)
    ) u_layer_norm (
      .clk_i,
      .rst_i,
      .start_i(start && is_layer_norm),
      .channels_i(channels),
      .source_i(instr_i[SourceLsb+:SumAddrWidth]),
      .constants_i(instr_i[ConstantsLsb+:ConstAddrWidth]),
      .epsilon_i(SquareWidth'(instr_i[EpsilonLsb+:128])),
      .uncentred_i(HasUncentred && instr_i[overlay_isa_pkg::VectorUncentredLsb]),
      .spikes_i(instr_i[SpikesLsb+:AddrWidth]),
      .row_stride_i(AddrWidth'(instr_i[RowStrideLsb+:16])),
      .go_i(is_layer_norm && may_begin),
      .row_begin_o(ln_begin),
      .sum_enable_o(ln_enable),
      .sum_addr_o(ln_sum_addr),
      .sum_data_i,
      .const_enable_o,
      .const_addr_o,
      .const_data_i,
      .out_valid_o(ln_valid),
      .out_ready_i(fire_ready_i),
      .out_value_o(ln_value),
      .out_theta_o(root),
      .out_sticky_o(ln_sticky),
      .out_excluded_o(ln_excluded),
      .out_quad_end_o(ln_quad_end),
      .out_row_end_o(ln_row_end),
      .out_addr_o(ln_addr),
      .out_quad_o(ln_quad)
    );
    assign ln_theta = ThetaWidth'(root);
  end else begin : gen_no_layer_norm
    assign {ln_begin, ln_enable, ln_valid, ln_sticky, ln_excluded, ln_quad_end, ln_row_end} = '0;
    assign ln_sum_addr = '0;
    assign const_enable_o = 1'b0;
    assign const_addr_o = '0;
    assign ln_value = '0;
    assign ln_theta = '0;
    assign ln_addr = '0;
    assign ln_quad = '0;
    logic unused_layer_norm;
    assign unused_layer_norm = ^const_data_i;
  end

  // ---------------------------------------------------------------------------- neurons of sums
  if (HasNeurons != 0) begin : gen_neurons
    logic enable, valid, quad_end, neurons_row_end;
    logic [Lanes-1:0] excluded;
    logic [SumAddrWidth-1:0] sum_addr;
    logic [Lanes*ValueWidth-1:0] value;
    logic [AddrWidth-1:0] addr;
    logic [QuadWidth-1:0] quad;
    overlay_sum_neurons #(
      .Lanes(Lanes),
      .SumWidth(SumWidth),
      .ChannelsMax(ChannelsMax),
      .Shift(NeuronFraction),
      .ValueWidth(ValueWidth),
      .SumAddrWidth(SumAddrWidth),
      .Align(Align),
      .WordNeurons(WordNeurons),
      .AddrWidth(AddrWidth)
    ) u_neurons (
      .clk_i,
      .rst_i,
      .start_i(start && is_neurons),
      .channels_i(channels),
      .source_i(instr_i[SourceLsb+:SumAddrWidth]),
      .value_i(ValueWidth'($signed(instr_i[CoefficientLsb+:64]))),
      .spikes_i(instr_i[SpikesLsb+:AddrWidth]),
      .row_stride_i(AddrWidth'(instr_i[RowStrideLsb+:16])),
      .go_i(is_neurons && may_begin),
      .row_begin_o(neurons_begin),
      .sum_enable_o(enable),
      .sum_addr_o(sum_addr),
      .sum_data_i,
      .out_valid_o(valid),
      .out_ready_i(fire_ready_i),
      .out_value_o(value),
      .out_excluded_o(excluded),
      .out_quad_end_o(quad_end),
      .out_row_end_o(neurons_row_end),
      .out_addr_o(addr),
      .out_quad_o(quad)
    );
    assign sum_enable_o = is_neurons ? enable : is_layer_norm ? ln_enable : advance;
    assign sum_addr_o = is_neurons ? sum_addr : is_layer_norm ? ln_sum_addr : sum_base + x_q;
    assign fire_valid_o = is_neurons ? valid : ln_valid;
    assign fire_value_o = is_neurons ? value : ln_value;
    assign fire_theta_o = is_neurons ? ThetaWidth'(instr_i[EpsilonLsb+:128]) : ln_theta;
    assign fire_sticky_o = is_neurons ? '0 : ln_sticky;
    assign fire_excluded_o = is_neurons ? excluded : ln_excluded;
    assign fire_quad_end_o = is_neurons ? quad_end : ln_quad_end;
    assign fire_row_end_o = is_neurons ? neurons_row_end : ln_row_end;
    assign fire_addr_o = is_neurons ? addr : ln_addr;
    assign fire_quad_o = is_neurons ? quad : ln_quad;
  end else begin : gen_no_neurons
    assign neurons_begin = 1'b0;
    assign sum_enable_o = is_layer_norm ? ln_enable : advance;
    assign sum_addr_o = is_layer_norm ? ln_sum_addr : sum_base + x_q;
    assign fire_valid_o = ln_valid;
    assign fire_value_o = ln_value;
    assign fire_theta_o = ln_theta;
    assign fire_sticky_o = ln_sticky;
    assign fire_excluded_o = ln_excluded;
    assign fire_quad_end_o = ln_quad_end;
    assign fire_row_end_o = ln_row_end;
    assign fire_addr_o = ln_addr;
    assign fire_quad_o = ln_quad;
    logic unused_neurons;
    assign unused_neurons = fire_ready_i ^ fire_done_i;
  end
  assign fire_step_stride_o = instr_i[StepStrideLsb+:AddrWidth];
  assign fire_steps_o = StepsWidth'(instr_i[StepsLsb+:8]);
  assign fire_unary_o = instr_i[UnaryLsb];
  assign fire_half_even_o = instr_i[HalfEvenLsb];
  assign fire_high_o = instr_i[HighLsb+:LevelWidth];
  assign fire_low_o = instr_i[LowLsb+:LevelWidth];

  // Fields that are wider than what is addressed, or that the sequencer reads.
  logic unused_instr;
  assign unused_instr = ^{instr_i, raw_data_i};

endmodule

`default_nettype wire
