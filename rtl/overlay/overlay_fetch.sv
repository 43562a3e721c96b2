`default_nettype none

/// First half of the engine: runs the fetch list, reads words of spikes, and sends each with where its weights are.
///
/// Contract: instructions as in docs/overlay.md. The read port of spike memory holds its word until the next read.
/// A row begins when both of its conditions hold and, for the input, its row is there. A word goes out with the spikes
/// of its slice only. `end_o`: the list is at its end; `restart_i` begins it again.
/// A row of a window waits for all rows of the input. The window table holds, for lines and columns of the result, the
/// words of spikes and of weights of the first tap within the map, and the number of taps within it, from bit 0 on.
/// Throughput: one word per cycle. A row takes two cycles more, with a window three, and four at the begin of a line.
module overlay_fetch #(
  /// Neurons of a word of spikes, a power of two and a multiple of FireLanes.
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned FireLanes = 8,
  /// Bits of an address of spike memory.
  parameter int unsigned SpikeBits = 8,
  /// Bits of an address of weights or operands.
  parameter int unsigned WordBits = 8,
  /// Bits that are counted: rows, steps, segments, chunks, groups.
  parameter int unsigned RowBits = 16,
  parameter int unsigned StepBits = 4,
  parameter int unsigned SegmentBits = 1,
  parameter int unsigned OuterBits = 1,
  parameter int unsigned InnerBits = 1,
  parameter int unsigned GroupBits = 4,
  /// An instruction can have several rows, segments or taps, outer chunks.
  parameter bit HasRows = 1'b1,
  parameter bit HasSegments = 1'b1,
  parameter bit HasOuter = 1'b1,
  /// Entries of the window table, none if 0; it is written at run time, or an image.
  parameter int unsigned WindowDepth = 0,
  parameter bit Loadable = 1'b0,
  parameter WindowFile = "",
  /// Words of rows may differ: the words of an instruction advance from row to row. With `diagonal`, the highest bit of an
  /// address is inverted.
  parameter bit HasGates = 1'b0,
  /// The largest sum of all taps may be asked for.
  parameter bit HasMaximum = 1'b0,
  /// Bits of the progress of a unit.
  parameter int unsigned ProgressBits = 16,
  /// Bits of an address and of a word of the window table, derived.
  localparam int unsigned EntryBits = (WindowDepth > 1) ? $clog2(WindowDepth) : 1,
  localparam int unsigned EntryWidth = SpikeBits + WordBits + SegmentBits
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  /// Words from one half of the input to the other, and the last row of the input; stable outside of reset.
  input  wire logic [SpikeBits-1:0]    input_half_words_i,
  input  wire logic [ProgressBits-1:0] input_last_row_i,
  /// Write port of the window table, with `Loadable`.
  input  wire logic                    window_write_i,
  input  wire logic [EntryBits-1:0]    window_addr_i,
  input  wire logic [EntryWidth-1:0]   window_data_i,
  /// Instruction.
  input  wire logic                    instr_valid_i,
  input  wire logic [32*overlay_isa_pkg::FetchWords-1:0] instr_i,
  output      logic                    instr_next_o,
  /// Progress of the units, and of the input of this sample; its half.
  input  wire logic [ProgressBits-1:0] progress_engine_i,
  input  wire logic [ProgressBits-1:0] progress_softmax_i,
  input  wire logic [ProgressBits-1:0] progress_vector_i,
  input  wire logic [ProgressBits-1:0] progress_input_i,
  input  wire logic                    input_half_i,
  /// End of the list.
  output      logic                    end_o,
  input  wire logic                    restart_i,
  /// Spike memory.
  output      logic                    read_o,
  output      logic [SpikeBits-1:0]    read_addr_o,
  input  wire logic [FetchWidth-1:0]   read_nz_i,
  input  wire logic [FetchWidth-1:0]   read_neg_i,
  /// Words of spikes.
  output      logic                    out_valid_o,
  input  wire logic                    out_ready_i,
  output      logic [FetchWidth-1:0]   out_nz_o,
  output      logic [FetchWidth-1:0]   out_neg_o,
  /// Word of weights of the first neuron of the word, and which memory.
  output      logic [WordBits-1:0]     out_base_o,
  output      logic                    out_operand_o,
  /// First word of a chunk; first of a step before which sums double; last word of a chunk.
  output      logic                    out_clear_o,
  output      logic                    out_double_o,
  output      logic                    out_last_o,
  /// With `out_last_o`: sums are kept for a comparison; the larger one of them and those kept counts.
  output      logic                    out_keep_o,
  output      logic                    out_merge_o
);

  localparam int unsigned Groups = FetchWidth / FireLanes;
  localparam int unsigned SubBits = (Groups > 1) ? $clog2(Groups) : 0;
  localparam int unsigned PlaceBits = (SubBits > 0) ? SubBits : 1;
  localparam int unsigned IndexBits = GroupBits - SubBits;

  if (GroupBits <= SubBits || Groups * FireLanes != FetchWidth) begin : gen_bad_parameters
    $error("overlay_fetch: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- instruction
  logic last, operand, doubling, from_input, maximum;
  logic [1:0] wait0_unit, wait1_unit;
  logic [ProgressBits-1:0] wait0_base, wait1_base;
  logic [ProgressBits-1:0] wait0_step, wait1_step;
  logic [RowBits-1:0] rows;
  logic [SpikeBits-1:0] source, row_stride, step_stride, segment_stride;
  logic [StepBits-1:0] steps;
  logic [SegmentBits-1:0] segments;
  logic [OuterBits-1:0] outers;
  logic [InnerBits-1:0] inners;
  logic [GroupBits-1:0] slice_step, slice_groups;
  logic [WordBits-1:0] words, outer_words, inner_words, segment_words, line_words;
  logic [SpikeBits-1:0] line_stride;
  logic windowed;
  assign last = instr_i[overlay_isa_pkg::FetchLastLsb];
  assign operand = instr_i[overlay_isa_pkg::FetchOperandLsb];
  assign doubling = instr_i[overlay_isa_pkg::FetchDoublingLsb];
  assign from_input = instr_i[overlay_isa_pkg::FetchInputLsb];
  assign maximum = HasMaximum && instr_i[overlay_isa_pkg::FetchMaximumLsb];
  assign wait0_unit = instr_i[overlay_isa_pkg::FetchWait0UnitLsb+:2];
  assign wait0_base = ProgressBits'(instr_i[overlay_isa_pkg::FetchWait0BaseLsb+:16]);
  assign wait0_step = ProgressBits'(instr_i[overlay_isa_pkg::FetchWait0StepLsb+:8]);
  assign wait1_unit = instr_i[overlay_isa_pkg::FetchWait1UnitLsb+:2];
  assign wait1_base = ProgressBits'(instr_i[overlay_isa_pkg::FetchWait1BaseLsb+:16]);
  assign wait1_step = ProgressBits'(instr_i[overlay_isa_pkg::FetchWait1StepLsb+:8]);
  assign rows = RowBits'(instr_i[overlay_isa_pkg::FetchRowsLsb+:16]);
  assign source = SpikeBits'(instr_i[overlay_isa_pkg::FetchSourceLsb+:24]);
  assign row_stride = SpikeBits'(instr_i[overlay_isa_pkg::FetchRowStrideLsb+:16]);
  assign steps = StepBits'(instr_i[overlay_isa_pkg::FetchStepsLsb+:8]);
  assign step_stride = SpikeBits'(instr_i[overlay_isa_pkg::FetchStepStrideLsb+:24]);
  assign segments = SegmentBits'(instr_i[overlay_isa_pkg::FetchSegmentsLsb+:16]);
  assign segment_stride = SpikeBits'(instr_i[overlay_isa_pkg::FetchSegmentStrideLsb+:16]);
  assign outers = OuterBits'(instr_i[overlay_isa_pkg::FetchOuterLsb+:16]);
  assign inners = InnerBits'(instr_i[overlay_isa_pkg::FetchInnerLsb+:16]);
  assign slice_step = GroupBits'(instr_i[overlay_isa_pkg::FetchSliceStepLsb+:16]);
  assign slice_groups = GroupBits'(instr_i[overlay_isa_pkg::FetchSliceGroupsLsb+:16]);
  assign words = WordBits'(instr_i[overlay_isa_pkg::FetchWordsLsb+:32]);
  assign outer_words = WordBits'(instr_i[overlay_isa_pkg::FetchOuterWordsLsb+:32]);
  assign inner_words = WordBits'(instr_i[overlay_isa_pkg::FetchInnerWordsLsb+:32]);
  assign segment_words = WordBits'(instr_i[overlay_isa_pkg::FetchSegmentWordsLsb+:32]);
  assign line_words = WordBits'(instr_i[overlay_isa_pkg::FetchLineWordsLsb+:32]);
  assign line_stride = SpikeBits'(instr_i[overlay_isa_pkg::FetchLineStrideLsb+:24]);

  // ---------------------------------------------------------------------------- conditions
  // What each condition asks of the present row.
  logic [ProgressBits-1:0] need0_q, need1_q, have0, have1;
  logic go_q;
  always_comb begin
    case (wait0_unit)
      2'd1: have0 = progress_engine_i;
      2'd2: have0 = progress_softmax_i;
      2'd3: have0 = progress_vector_i;
      default: have0 = '1;
    endcase
    case (wait1_unit)
      2'd1: have1 = progress_engine_i;
      2'd2: have1 = progress_softmax_i;
      2'd3: have1 = progress_vector_i;
      default: have1 = '1;
    endcase
  end

  // ---------------------------------------------------------------------------- counters
  // begin: an instruction is taken up. line, column: entries of the window table are read. wait: for the conditions of a
  // row. run: words are read.
  typedef enum logic [2:0] {
    StBegin,
    StLine,
    StColumn,
    StWait,
    StRun,
    StEnd
  } state_e;
  state_e state_q;

  logic [RowBits-1:0] row_q;
  logic [StepBits-1:0] step_q;
  logic [SegmentBits-1:0] segment_q, line_q;
  logic [OuterBits-1:0] outer_q;
  logic [InnerBits-1:0] inner_q;
  logic [IndexBits-1:0] index_q;
  // Where the row, the line of the kernel and the tap begin; the distance of the step.
  logic [SpikeBits-1:0] row_addr_q, start_addr_q, line_addr_q, tap_addr_q, step_off_q;
  logic [WordBits-1:0] outer_base_q, inner_base_q, line_base_q, base_q;
  logic [GroupBits-1:0] first_q, final_group_q;
  // The last of each counter, of the present row.
  logic [RowBits-1:0] rows_end_q;
  logic [StepBits-1:0] steps_end_q;
  logic [SegmentBits-1:0] columns_end_q, lines_end_q;
  logic [OuterBits-1:0] outers_end_q;
  logic [InnerBits-1:0] inners_end_q;
  logic [IndexBits-1:0] first_index, final_index;
  logic issue, index_last, segment_last, line_last, tap_last, tap_first, step_last, inner_last;
  logic outer_last, row_last, chunk_last, column_last;
  logic [SegmentBits-1:0] tap_columns, tap_lines;
  assign first_index = first_q[GroupBits-1:SubBits];
  assign final_index = final_group_q[GroupBits-1:SubBits];
  assign index_last = index_q == final_index;
  assign segment_last = !HasSegments || segment_q == columns_end_q;
  assign line_last = WindowDepth == 0 || line_q == lines_end_q;
  assign tap_last = segment_last && line_last;
  assign tap_first = segment_q == '0 && line_q == '0;
  assign chunk_last = index_last && tap_last && step_last;
  assign step_last = step_q == steps_end_q;
  assign inner_last = inner_q == inners_end_q;
  assign outer_last = !HasOuter || outer_q == outers_end_q;
  assign row_last = !HasRows || row_q == rows_end_q;

  // ---------------------------------------------------------------------------- windows
  // Taps of the present row that lie within the map, and where the first of them is.
  logic [SpikeBits-1:0] window_addr;
  logic [WordBits-1:0] window_words;
  if (WindowDepth > 0) begin : gen_windows
    logic [RowBits-1:0] columns, column_q, out_line_q;
    logic [EntryBits-1:0] line_entries, column_entries, entry;
    logic [EntryWidth-1:0] data;
    logic [SpikeBits-1:0] line_addr;
    logic [WordBits-1:0] line_first;
    logic [SegmentBits-1:0] line_taps;
    logic new_line_q;
    assign columns = RowBits'(instr_i[overlay_isa_pkg::FetchColumnsLsb+:16]);
    assign line_entries = EntryBits'(instr_i[overlay_isa_pkg::FetchLineEntriesLsb+:16]);
    assign column_entries = EntryBits'(instr_i[overlay_isa_pkg::FetchColumnEntriesLsb+:16]);
    assign windowed = columns != '0;
    assign column_last = column_q == columns - RowBits'(1);
    assign entry = (state_q == StLine) ? line_entries + EntryBits'(out_line_q) :
                   column_entries + EntryBits'(column_q);
    overlay_rom #(
      .Width(EntryWidth),
      .Depth(WindowDepth),
      .Loadable(Loadable),
      .File(WindowFile)
    ) u_table (
      .clk_i,
      .enable_i(state_q == StLine || state_q == StColumn),
      .addr_i(entry),
      .data_o(data),
      .write_i(window_write_i),
      .write_addr_i(window_addr_i),
      .write_data_i(window_data_i)
    );
    always_ff @(posedge clk_i) begin
      new_line_q <= state_q == StLine;
      // The line's entry is there while that of the column is read.
      if (new_line_q) {line_taps, line_first, line_addr} <= data;
      if (state_q == StBegin) begin
        column_q <= '0;
        out_line_q <= '0;
      end else if (issue && chunk_last && inner_last && outer_last) begin
        column_q <= column_last ? '0 : column_q + RowBits'(1);
        if (column_last) out_line_q <= out_line_q + RowBits'(1);
      end
    end
    assign tap_lines = windowed ? line_taps : SegmentBits'(1);
    assign tap_columns = windowed ? data[SpikeBits+WordBits+:SegmentBits] : segments;
    assign window_addr = line_addr + data[SpikeBits-1:0];
    assign window_words = windowed ? line_first + data[SpikeBits+:WordBits] : '0;
  end else begin : gen_no_windows
    logic unused_window;
    assign unused_window = window_write_i ^ (^window_addr_i) ^ (^window_data_i);
    assign windowed = 1'b0;
    assign column_last = 1'b0;
    assign tap_lines = SegmentBits'(1);
    assign tap_columns = segments;
    assign window_addr = '0;
    assign window_words = '0;
  end

  // What the read word is accompanied by.
  logic held_q, move;
  logic [WordBits-1:0] held_base_q;
  logic held_operand_q, held_clear_q, held_double_q, held_last_q, held_keep_q, held_merge_q;
  logic [Groups-1:0] mask, held_mask_q;
  assign move = held_q && out_ready_i;
  assign issue = state_q == StRun && (!held_q || move);
  assign read_o = issue;
  assign read_addr_o = tap_addr_q + step_off_q + SpikeBits'(index_q);

  if (SubBits > 0) begin : gen_mask
    logic [PlaceBits-1:0] low, high;
    assign low = (index_q == first_index) ? first_q[PlaceBits-1:0] : '0;
    assign high = index_last ? final_group_q[PlaceBits-1:0] : '1;
    assign mask = ({Groups{1'b1}} << low) & ({Groups{1'b1}} >> (PlaceBits'(Groups - 1) - high));
  end else begin : gen_no_mask
    assign mask = '1;
  end

  logic [WordBits-1:0] row_base;
  // Words of the present row, from those of the instruction on.
  if (HasGates) begin : gen_row_words
    logic diagonal;
    logic [WordBits-1:0] row_base_q;
    assign diagonal = instr_i[overlay_isa_pkg::FetchDiagonalLsb];
    assign row_base = row_base_q;
    always_ff @(posedge clk_i) begin
      if (state_q == StBegin) begin
        row_base_q <= '0;
        row_base_q[WordBits-1] <= diagonal;
      end else if (issue && chunk_last && inner_last && outer_last && diagonal) begin
        row_base_q <= row_base_q + line_words;
      end
    end
  end else begin : gen_no_row_words
    assign row_base = '0;
  end

  logic [SpikeBits-1:0] source_addr, start_addr, again_addr, next_line_addr;
  logic [WordBits-1:0] start_base, next_outer_base, next_inner_base, next_line_base;
  logic [GroupBits-1:0] next_first;
  assign source_addr = source + ((from_input && input_half_i) ? input_half_words_i : '0);
  assign start_addr = windowed ? source_addr + window_addr : row_addr_q;
  assign again_addr = (WindowDepth > 0) ? start_addr_q : row_addr_q;
  assign start_base = words + row_base + window_words;
  assign next_line_addr = line_addr_q + line_stride;
  assign next_line_base = line_base_q + line_words;
  assign next_outer_base = outer_base_q + outer_words;
  assign next_inner_base = inner_base_q + inner_words;
  assign next_first = first_q + slice_step;

  assign instr_next_o = issue && chunk_last && inner_last && outer_last && row_last;
  assign end_o = state_q == StEnd;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StBegin;
      held_q <= 1'b0;
      go_q <= 1'b0;
    end else begin
      if (issue) held_q <= 1'b1;
      else if (move) held_q <= 1'b0;
      go_q <= have0 >= need0_q && have1 >= need1_q &&
              (!from_input ||
                  progress_input_i > (windowed ? input_last_row_i : ProgressBits'(row_q))) &&
              state_q == StWait && !go_q;
      case (state_q)
        StBegin: if (instr_valid_i) state_q <= windowed ? StLine : StWait;
        StLine: state_q <= StColumn;
        StColumn: state_q <= StWait;
        StWait: if (go_q) state_q <= StRun;
        StRun: begin
          if (issue && chunk_last && inner_last && outer_last) begin
            if (row_last) state_q <= last ? StEnd : StBegin;
            else state_q <= !windowed ? StWait : column_last ? StLine : StColumn;
          end
        end
        default: if (restart_i) state_q <= StBegin;
      endcase
    end
    if (state_q == StBegin) begin
      row_q <= '0;
      need0_q <= wait0_base;
      need1_q <= wait1_base;
      row_addr_q <= source_addr;
    end
    if (state_q == StWait) begin
      rows_end_q <= rows - RowBits'(1);
      steps_end_q <= steps - StepBits'(1);
      columns_end_q <= tap_columns - SegmentBits'(1);
      lines_end_q <= tap_lines - SegmentBits'(1);
      outers_end_q <= outers - OuterBits'(1);
      inners_end_q <= inners - InnerBits'(1);
      final_group_q <= slice_groups - GroupBits'(1);
      step_q <= '0;
      segment_q <= '0;
      line_q <= '0;
      outer_q <= '0;
      inner_q <= '0;
      index_q <= '0;
      first_q <= '0;
      step_off_q <= '0;
      start_addr_q <= start_addr;
      line_addr_q <= start_addr;
      tap_addr_q <= start_addr;
      outer_base_q <= start_base;
      inner_base_q <= start_base;
      line_base_q <= start_base;
      base_q <= start_base;
    end
    if (issue) begin
      held_mask_q <= mask;
      held_base_q <= base_q + WordBits'(FetchWidth) * WordBits'(index_q);
      held_operand_q <= operand;
      held_clear_q <= step_q == '0 && (tap_first || maximum) && index_q == first_index;
      held_double_q <= doubling && step_q != '0 && (tap_first || maximum) &&
                       index_q == first_index;
      held_last_q <= step_last && (tap_last || maximum) && index_last;
      held_keep_q <= maximum && !tap_last;
      held_merge_q <= maximum && !tap_first;
      index_q <= index_last ? first_index : index_q + IndexBits'(1);
      if (index_last) begin
        // All taps of a step; for the largest sum, all steps of a tap.
        if (maximum || tap_last) begin
          step_q <= step_last ? '0 : step_q + StepBits'(1);
          step_off_q <= step_last ? '0 : step_off_q + step_stride;
        end
        if (!maximum || step_last) begin
          if (!segment_last) begin
            segment_q <= segment_q + SegmentBits'(1);
            tap_addr_q <= tap_addr_q + segment_stride;
            base_q <= base_q + segment_words;
          end else begin
            segment_q <= '0;
            if (!line_last) begin
              line_q <= line_q + SegmentBits'(1);
              line_addr_q <= next_line_addr;
              tap_addr_q <= next_line_addr;
              line_base_q <= next_line_base;
              base_q <= next_line_base;
            end else begin
              line_q <= '0;
              line_addr_q <= again_addr;
              tap_addr_q <= again_addr;
              line_base_q <= inner_base_q;
              base_q <= inner_base_q;
            end
          end
        end
        if (tap_last && step_last) begin
          if (!inner_last) begin
            inner_q <= inner_q + InnerBits'(1);
            inner_base_q <= next_inner_base;
            line_base_q <= next_inner_base;
            base_q <= next_inner_base;
          end else begin
            inner_q <= '0;
            // Without a further chunk, the next row sets all of these.
            if (HasOuter) begin
              outer_base_q <= next_outer_base;
              inner_base_q <= next_outer_base;
              line_base_q <= next_outer_base;
              base_q <= next_outer_base;
              outer_q <= outer_q + OuterBits'(1);
              first_q <= next_first;
              final_group_q <= final_group_q + slice_step;
              index_q <= next_first[GroupBits-1:SubBits];
            end
            if (outer_last && HasRows) begin
              row_q <= row_q + RowBits'(1);
              row_addr_q <= row_addr_q + row_stride;
              need0_q <= need0_q + wait0_step;
              need1_q <= need1_q + wait1_step;
            end
          end
        end
      end
    end
  end

  // ---------------------------------------------------------------------------- out
  assign out_valid_o = held_q;
  assign out_base_o = held_base_q;
  assign out_operand_o = held_operand_q;
  assign out_clear_o = held_clear_q;
  assign out_double_o = held_double_q;
  assign out_last_o = held_last_q;
  assign out_keep_o = held_keep_q;
  assign out_merge_o = held_merge_q;
  for (genvar g = 0; g < Groups; g++) begin : gen_out
    assign out_nz_o[FireLanes*g+:FireLanes] =
        held_mask_q[g] ? read_nz_i[FireLanes*g+:FireLanes] : '0;
    assign out_neg_o[FireLanes*g+:FireLanes] = read_neg_i[FireLanes*g+:FireLanes];
  end

endmodule

`default_nettype wire
