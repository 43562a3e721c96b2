`default_nettype none

/// Properties of `overlay_fetch`, for any instructions, any progress, any spikes and any reader.
///
/// Every address that is read is that of a word of the instruction's source, in the order of docs/overlay.md, so none is
/// outside of it; a row begins only when both of its conditions hold and its input is there; every word that is read leaves
/// once, with the spikes of its slice, the place of its weights and its marks.
module overlay_fetch_props #(
  parameter int unsigned FetchWidth = 4,
  parameter int unsigned FireLanes = 2,
  parameter int unsigned SpikeBits = 3,
  parameter int unsigned WordBits = 3,
  parameter int unsigned RowBits = 2,
  parameter int unsigned StepBits = 2,
  parameter int unsigned SegmentBits = 2,
  parameter int unsigned OuterBits = 2,
  parameter int unsigned InnerBits = 2,
  parameter int unsigned GroupBits = 3,
  parameter int unsigned WindowDepth = 0,
  parameter int unsigned ProgressBits = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic instr_valid_i,
  input wire logic [32*overlay_isa_pkg::FetchWords-1:0] instr_i,
  input wire logic [ProgressBits-1:0] progress_engine_i,
  input wire logic [ProgressBits-1:0] progress_softmax_i,
  input wire logic [ProgressBits-1:0] progress_vector_i,
  input wire logic [ProgressBits-1:0] progress_input_i,
  input wire logic input_half_i,
  input wire logic restart_i,
  input wire logic [FetchWidth-1:0] read_nz_i,
  input wire logic [FetchWidth-1:0] read_neg_i,
  input wire logic out_ready_i
);

  localparam int unsigned Groups = FetchWidth / FireLanes;
  localparam int unsigned EntryWidth = SpikeBits + WordBits + SegmentBits;

  // Where the other half of the input is, and its last row.
  (* anyconst *) logic [SpikeBits-1:0] half_words;
  (* anyconst *) logic [ProgressBits-1:0] last_row;

  logic next, at_end, read, out_valid, operand, clear, double, last, keep, merge;
  logic [SpikeBits-1:0] addr;
  logic [FetchWidth-1:0] nz, neg;
  logic [WordBits-1:0] base;
  overlay_fetch #(
    .FetchWidth(FetchWidth),
    .FireLanes(FireLanes),
    .SpikeBits(SpikeBits),
    .WordBits(WordBits),
    .RowBits(RowBits),
    .StepBits(StepBits),
    .SegmentBits(SegmentBits),
    .OuterBits(OuterBits),
    .InnerBits(InnerBits),
    .GroupBits(GroupBits),
    .WindowDepth(WindowDepth),
    .HasMaximum(1'b1),
    .ProgressBits(ProgressBits)
  ) u_dut (
    .clk_i,
    .rst_i,
    .input_half_words_i(half_words),
    .input_last_row_i(last_row),
    .window_write_i(1'b0),
    .window_addr_i('0),
    .window_data_i('0),
    .instr_valid_i,
    .instr_i,
    .instr_next_o(next),
    .progress_engine_i,
    .progress_softmax_i,
    .progress_vector_i,
    .progress_input_i,
    .input_half_i,
    .end_o(at_end),
    .restart_i,
    .read_o(read),
    .read_addr_o(addr),
    .read_nz_i,
    .read_neg_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_nz_o(nz),
    .out_neg_o(neg),
    .out_base_o(base),
    .out_operand_o(operand),
    .out_clear_o(clear),
    .out_double_o(double),
    .out_last_o(last),
    .out_keep_o(keep),
    .out_merge_o(merge)
  );

  // The neuron of a word that is followed, and the table inside.
  (* anyconst *) logic [$clog2(FetchWidth)-1:0] neuron;
  localparam int unsigned Entries = (WindowDepth > 0) ? WindowDepth : 1;
  // Without windows there is none.
  (* hierconn *) logic [EntryWidth*Entries-1:0] \u_dut.gen_windows.u_table.gen_rom.u_rom.words ;
  logic [EntryWidth*Entries-1:0] table_words;
  assign table_words = \u_dut.gen_windows.u_table.gen_rom.u_rom.words ;

  // ---------------------------------------------------------------------------- fields
  logic [7:0] rows, steps, segments, columns, outers, inners, slice_step, slice_groups;
  logic [7:0] line_entries, column_entries, row_stride, segment_stride, step_stride, line_stride, source;
  logic [7:0] words, outer_words, inner_words, segment_words, line_words;
  logic maximum, from_input, windowed;
  assign rows = instr_i[overlay_isa_pkg::FetchRowsLsb+:8];
  assign steps = instr_i[overlay_isa_pkg::FetchStepsLsb+:8];
  assign segments = instr_i[overlay_isa_pkg::FetchSegmentsLsb+:8];
  assign columns = (WindowDepth > 0) ? instr_i[overlay_isa_pkg::FetchColumnsLsb+:8] : 8'd0;
  assign outers = instr_i[overlay_isa_pkg::FetchOuterLsb+:8];
  assign inners = instr_i[overlay_isa_pkg::FetchInnerLsb+:8];
  assign slice_step = instr_i[overlay_isa_pkg::FetchSliceStepLsb+:8];
  assign slice_groups = instr_i[overlay_isa_pkg::FetchSliceGroupsLsb+:8];
  assign line_entries = instr_i[overlay_isa_pkg::FetchLineEntriesLsb+:8];
  assign column_entries = instr_i[overlay_isa_pkg::FetchColumnEntriesLsb+:8];
  assign source = instr_i[overlay_isa_pkg::FetchSourceLsb+:8];
  assign row_stride = instr_i[overlay_isa_pkg::FetchRowStrideLsb+:8];
  assign step_stride = instr_i[overlay_isa_pkg::FetchStepStrideLsb+:8];
  assign segment_stride = instr_i[overlay_isa_pkg::FetchSegmentStrideLsb+:8];
  assign line_stride = instr_i[overlay_isa_pkg::FetchLineStrideLsb+:8];
  assign words = instr_i[overlay_isa_pkg::FetchWordsLsb+:8];
  assign outer_words = instr_i[overlay_isa_pkg::FetchOuterWordsLsb+:8];
  assign inner_words = instr_i[overlay_isa_pkg::FetchInnerWordsLsb+:8];
  assign segment_words = instr_i[overlay_isa_pkg::FetchSegmentWordsLsb+:8];
  assign line_words = instr_i[overlay_isa_pkg::FetchLineWordsLsb+:8];
  assign maximum = instr_i[overlay_isa_pkg::FetchMaximumLsb];
  assign from_input = instr_i[overlay_isa_pkg::FetchInputLsb];
  assign windowed = columns != '0;

  // ---------------------------------------------------------------------------- the loops
  // row, of it line and column; outer, inner; taps in lines of taps; word of the slice.
  logic [7:0] row_q, line_q, column_q, outer_q, inner_q, step_q, i_q, j_q, w_q;
  logic [7:0] first, w_first, w_last, lines_of_taps, taps_of_line;
  logic [EntryWidth-1:0] line, column;
  logic w_end, tap_end, step_end, inner_end, outer_end, row_end, part_begin, row_begins;
  always_comb begin
    line = '0;
    column = '0;
    for (int unsigned e = 0; e < Entries; e++) begin
      if (32'(line_entries) + 32'(line_q) == e) line = EntryWidth'(table_words >> (EntryWidth * e));
      if (32'(column_entries) + 32'(column_q) == e) column = EntryWidth'(table_words >> (EntryWidth * e));
    end
  end
  assign lines_of_taps = windowed ? 8'(line[SpikeBits+WordBits+:SegmentBits]) : 8'd1;
  assign taps_of_line = windowed ? 8'(column[SpikeBits+WordBits+:SegmentBits]) : segments;
  assign first = outer_q * slice_step;
  assign w_first = first / 8'(Groups);
  assign w_last = (first + slice_groups - 8'd1) / 8'(Groups);
  assign w_end = w_first + w_q == w_last;
  assign tap_end = i_q == lines_of_taps - 8'd1 && j_q == taps_of_line - 8'd1;
  assign step_end = step_q == steps - 8'd1;
  assign inner_end = inner_q == inners - 8'd1;
  assign outer_end = outer_q == outers - 8'd1;
  assign row_end = row_q == rows - 8'd1;
  // The first word of a step; with `maximum`, of a step of a tap.
  assign part_begin = w_q == '0 && (maximum || (i_q == '0 && j_q == '0));
  assign row_begins = part_begin && i_q == '0 && j_q == '0 && step_q == '0 && inner_q == '0 && outer_q == '0;

  logic [SpikeBits-1:0] expected_addr;
  logic [WordBits-1:0] expected_base;
  logic in_slice, tap_moves, chunk_end;
  logic [7:0] group;
  assign expected_addr = SpikeBits'(
      source + ((from_input && input_half_i) ? 8'(half_words) : 8'd0) +
      (windowed ? 8'(line[SpikeBits-1:0]) + 8'(column[SpikeBits-1:0]) + i_q * line_stride : row_q * row_stride) +
      j_q * segment_stride + step_q * step_stride + w_first + w_q);
  assign expected_base = WordBits'(
      words + outer_q * outer_words + inner_q * inner_words +
      (windowed ? 8'(line[SpikeBits+:WordBits]) + 8'(column[SpikeBits+:WordBits]) + i_q * line_words : 8'd0) +
      j_q * segment_words + 8'(FetchWidth) * (w_first + w_q));
  assign group = (w_first + w_q) * 8'(Groups) + 8'(neuron) / 8'(FireLanes);
  assign in_slice = group >= first && group < first + slice_groups;
  // With `maximum` taps are the outer loop.
  assign tap_moves = w_end && (!maximum || step_end);
  assign chunk_end = w_end && tap_end && step_end;

  logic begun_q = 1'b0;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    if (rst_i) begin
      {row_q, line_q, column_q, outer_q, inner_q, step_q, i_q, j_q, w_q} <= '0;
    end else if (read) begin
      w_q <= w_end ? '0 : w_q + 8'd1;
      if (tap_moves) begin
        j_q <= (j_q == taps_of_line - 8'd1) ? '0 : j_q + 8'd1;
        if (j_q == taps_of_line - 8'd1) i_q <= (i_q == lines_of_taps - 8'd1) ? '0 : i_q + 8'd1;
      end
      if (w_end && (maximum || tap_end)) step_q <= step_end ? '0 : step_q + 8'd1;
      if (chunk_end) begin
        inner_q <= inner_end ? '0 : inner_q + 8'd1;
        if (inner_end) begin
          outer_q <= outer_end ? '0 : outer_q + 8'd1;
          if (outer_end) begin
            row_q <= row_end ? '0 : row_q + 8'd1;
            column_q <= (row_end || column_q == columns - 8'd1) ? '0 : column_q + 8'd1;
            line_q <= row_end ? '0 : line_q + 8'(column_q == columns - 8'd1);
          end
        end
      end
    end
  end

  // ---------------------------------------------------------------------------- conditions
  function automatic logic met(input logic [1:0] unit, input logic [7:0] base, input logic [7:0] step);
    logic [7:0] progress;
    case (unit)
      2'd1: progress = 8'(progress_engine_i);
      2'd2: progress = 8'(progress_softmax_i);
      2'd3: progress = 8'(progress_vector_i);
      default: progress = '1;
    endcase
    met = progress >= base + row_q * step;
  endfunction
  logic [1:0] unit0, unit1;
  logic [7:0] base0, base1, step0, step1;
  assign unit0 = instr_i[overlay_isa_pkg::FetchWait0UnitLsb+:2];
  assign unit1 = instr_i[overlay_isa_pkg::FetchWait1UnitLsb+:2];
  assign base0 = instr_i[overlay_isa_pkg::FetchWait0BaseLsb+:8];
  assign base1 = instr_i[overlay_isa_pkg::FetchWait1BaseLsb+:8];
  assign step0 = instr_i[overlay_isa_pkg::FetchWait0StepLsb+:8];
  assign step1 = instr_i[overlay_isa_pkg::FetchWait1StepLsb+:8];

  // ---------------------------------------------------------------------------- the sender
  logic instr_stays_q, active_q, read_q, half_q;
  logic [32*overlay_isa_pkg::FetchWords-1:0] instr_q;
  logic [4*ProgressBits-1:0] progress_q;
  logic [FetchWidth-1:0] nz_q, neg_q;
  always_ff @(posedge clk_i) begin
    instr_stays_q <= !rst_i && instr_valid_i && !next;
    instr_q <= instr_i;
    progress_q <= {progress_engine_i, progress_softmax_i, progress_vector_i, progress_input_i};
    read_q <= read;
    {nz_q, neg_q} <= {read_nz_i, read_neg_i};
    half_q <= input_half_i;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    if (instr_stays_q) m_instr_stays : assume (instr_valid_i && instr_i == instr_q);
    m_rows : assume (rows >= 8'd1 && rows <= 8'd3);
    m_steps : assume (steps >= 8'd1 && steps <= 8'd3);
    m_segments : assume (segments >= 8'd1 && segments <= 8'd3);
    m_outers : assume (outers >= 8'd1 && outers <= 8'd2);
    m_inners : assume (inners >= 8'd1 && inners <= 8'd2);
    m_slices : assume (slice_groups >= 8'd1 && slice_groups <= 8'd4 && slice_step <= 8'd3);
    m_columns : assume (columns <= 8'd3);
    // Higher bits are 0.
    m_progress : assume (base0 <= 8'd3 && base1 <= 8'd3 && step0 <= 8'd2 && step1 <= 8'd2);
    m_high : assume (instr_i[overlay_isa_pkg::FetchRowsLsb+8+:8] == '0 &&
        instr_i[overlay_isa_pkg::FetchColumnsLsb+8+:8] == '0);
    m_entries : assume (line_entries < 8'd2 && column_entries < 8'd2);
    if (WindowDepth > 0) begin
      m_lines : assume (!windowed || (lines_of_taps != '0 && taps_of_line != '0 &&
          32'(line_entries + line_q) < WindowDepth && 32'(column_entries + column_q) < WindowDepth &&
          32'(column_entries + columns) <= WindowDepth &&
          32'(line_entries + rows) <= WindowDepth + 1));
    end
    if (begun_q) begin
      m_half : assume (input_half_i == half_q || at_end);
      if (!at_end) begin
        m_grows : assume (progress_engine_i >= progress_q[3*ProgressBits+:ProgressBits] &&
            progress_softmax_i >= progress_q[2*ProgressBits+:ProgressBits] &&
            progress_vector_i >= progress_q[ProgressBits+:ProgressBits] &&
            progress_input_i >= progress_q[0+:ProgressBits]);
      end
      if (!read_q) m_memory : assume ({read_nz_i, read_neg_i} == {nz_q, neg_q});
    end
  end

  // ---------------------------------------------------------------------------- the word on its way
  logic held_q, slice_q, stalled_q;
  logic [WordBits+5:0] marks_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) held_q <= 1'b0;
    else if (read) held_q <= 1'b1;
    else if (out_ready_i) held_q <= 1'b0;
    if (read) begin
      slice_q <= in_slice;
      marks_q <= {
        expected_base, instr_i[overlay_isa_pkg::FetchOperandLsb], part_begin && step_q == '0,
        part_begin && step_q != '0 && instr_i[overlay_isa_pkg::FetchDoublingLsb],
        w_end && step_end && (maximum || tap_end), maximum && !tap_end,
        maximum && (i_q != '0 || j_q != '0)
      };
    end
    stalled_q <= !rst_i && out_valid && !out_ready_i;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      if (read) begin
        a_instruction : assert (instr_valid_i && !at_end);
        a_address : assert (addr == expected_addr);
        a_room : assert (!out_valid || out_ready_i);
        if (row_begins) begin
          a_conditions : assert (met(unit0, base0, step0) && met(unit1, base1, step1));
          a_input : assert (!from_input ||
              32'(progress_input_i) > (windowed ? 32'(last_row) : 32'(row_q)));
        end
      end
      a_next : assert (next == (read && chunk_end && inner_end && outer_end && row_end));
      a_out : assert (out_valid == held_q);
      if (out_valid) begin
        a_spike : assert (nz[neuron] == (read_nz_i[neuron] && slice_q));
        a_sign : assert (!nz[neuron] || neg[neuron] == read_neg_i[neuron]);
        a_marks : assert ({base, operand, clear, double, last, keep, merge} == marks_q);
      end
      if (stalled_q) a_stays : assert (out_valid);
      c_rows : cover (next && rows == 8'd2 && steps == 8'd2 && from_input && input_half_i && base1 == 8'd2);
      c_slices : cover (next && outers == 8'd2 && inners == 8'd2 && slice_step == 8'd1);
      c_maximum : cover (next && maximum && steps == 8'd2 && line_q == '0);
      c_window : cover (next && windowed && line_q == 8'd1 && lines_of_taps == 8'd2);
      c_end : cover (at_end && restart_i && !stalled_q);
    end
  end

  // ---------------------------------------------------------------------------- induction
  // What the registers inside hold, in terms of the loops; each is an assertion, too.
  localparam int unsigned IndexBits = GroupBits - $clog2(Groups);
  (* hierconn *) logic [2:0] \u_dut.state_q ;
  (* hierconn *) logic \u_dut.go_q ;
  (* hierconn *) logic [RowBits-1:0] \u_dut.row_q ;
  (* hierconn *) logic [StepBits-1:0] \u_dut.step_q ;
  (* hierconn *) logic [SegmentBits-1:0] \u_dut.segment_q ;
  (* hierconn *) logic [SegmentBits-1:0] \u_dut.line_q ;
  (* hierconn *) logic [OuterBits-1:0] \u_dut.outer_q ;
  (* hierconn *) logic [InnerBits-1:0] \u_dut.inner_q ;
  (* hierconn *) logic [IndexBits-1:0] \u_dut.index_q ;
  (* hierconn *) logic [GroupBits-1:0] \u_dut.first_q ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.row_addr_q ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.start_addr_q ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.line_addr_q ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.tap_addr_q ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.step_off_q ;
  (* hierconn *) logic [WordBits-1:0] \u_dut.outer_base_q ;
  (* hierconn *) logic [WordBits-1:0] \u_dut.inner_base_q ;
  (* hierconn *) logic [WordBits-1:0] \u_dut.line_base_q ;
  (* hierconn *) logic [WordBits-1:0] \u_dut.base_q ;
  (* hierconn *) logic [ProgressBits-1:0] \u_dut.need0_q ;
  (* hierconn *) logic [ProgressBits-1:0] \u_dut.need1_q ;
  (* hierconn *) logic \u_dut.gen_windows.new_line_q ;
  (* hierconn *) logic [EntryWidth-1:0] \u_dut.gen_windows.data ;
  (* hierconn *) logic [SpikeBits-1:0] \u_dut.gen_windows.line_addr ;
  (* hierconn *) logic [WordBits-1:0] \u_dut.gen_windows.line_first ;
  (* hierconn *) logic [SegmentBits-1:0] \u_dut.gen_windows.line_taps ;
  (* hierconn *) logic [RowBits-1:0] \u_dut.gen_windows.column_q ;
  (* hierconn *) logic [RowBits-1:0] \u_dut.gen_windows.out_line_q ;

  (* hierconn *) logic [GroupBits-1:0] \u_dut.final_group_q ;
  (* hierconn *) logic [RowBits-1:0] \u_dut.rows_end_q ;
  (* hierconn *) logic [StepBits-1:0] \u_dut.steps_end_q ;
  (* hierconn *) logic [SegmentBits-1:0] \u_dut.columns_end_q ;
  (* hierconn *) logic [SegmentBits-1:0] \u_dut.lines_end_q ;
  (* hierconn *) logic [OuterBits-1:0] \u_dut.outers_end_q ;
  (* hierconn *) logic [InnerBits-1:0] \u_dut.inners_end_q ;
  (* hierconn *) logic [Groups-1:0] \u_dut.held_mask_q ;

  logic [SpikeBits-1:0] row_addr;
  logic [WordBits-1:0] row_words, outer_base, inner_base;
  logic runs, waits, taken_up, row_fresh;
  assign row_addr = SpikeBits'(
      source + ((from_input && input_half_i) ? 8'(half_words) : 8'd0) +
      (windowed ? 8'(line[SpikeBits-1:0]) + 8'(column[SpikeBits-1:0]) : row_q * row_stride));
  assign row_words = WordBits'(
      words + (windowed ? 8'(line[SpikeBits+:WordBits]) + 8'(column[SpikeBits+:WordBits]) : 8'd0));
  assign outer_base = WordBits'(8'(row_words) + outer_q * outer_words);
  assign inner_base = WordBits'(8'(outer_base) + inner_q * inner_words);
  // Begin 0, line 1, column 2, wait 3, run 4, end 5.
  assign runs = \u_dut.state_q == 3'd4;
  assign waits = \u_dut.state_q == 3'd3;
  assign taken_up = \u_dut.state_q != 3'd0 && \u_dut.state_q != 3'd5;
  assign row_fresh = {outer_q, inner_q, step_q, i_q, j_q, w_q} == '0;
  always_comb begin
    if (begun_q && !rst_i) begin
      i_state : assert (\u_dut.state_q <= 3'd5 && at_end == (\u_dut.state_q == 3'd5));
      if (taken_up) i_instruction : assert (instr_valid_i);
      else i_between : assert (row_fresh && row_q == '0 && line_q == '0 && column_q == '0);
      if (taken_up && !runs) i_fresh : assert (row_fresh);
      if (\u_dut.state_q == 3'd1 || \u_dut.state_q == 3'd2) i_windowed : assert (windowed);
      if (taken_up) begin
        i_loops : assert (row_q < rows && outer_q < outers && inner_q < inners && step_q < steps &&
            w_q <= 8'd3 && w_first + w_q <= w_last);
        i_row : assert (8'(\u_dut.row_q ) == row_q);
        i_needs : assert (8'(\u_dut.need0_q ) == base0 + row_q * step0 &&
            8'(\u_dut.need1_q ) == base1 + row_q * step1);
        if (windowed) begin
          i_window : assert (8'(\u_dut.gen_windows.column_q ) == column_q &&
              8'(\u_dut.gen_windows.out_line_q ) == line_q && column_q < columns && line_q <= row_q);
          i_line_begins : assert (\u_dut.state_q != 3'd1 || column_q == '0);
          i_new_line : assert (!\u_dut.gen_windows.new_line_q || \u_dut.state_q == 3'd2);
          if (\u_dut.state_q == 3'd2 && \u_dut.gen_windows.new_line_q ) begin
            i_line_read : assert (\u_dut.gen_windows.data == line);
          end else if (\u_dut.state_q != 3'd1) begin
            i_line : assert ({\u_dut.gen_windows.line_taps , \u_dut.gen_windows.line_first ,
                \u_dut.gen_windows.line_addr } == line);
          end
          if (waits || runs) i_column : assert (\u_dut.gen_windows.data == column);
        end else begin
          i_row_addr : assert (\u_dut.row_addr_q == row_addr);
        end
      end
      if (\u_dut.go_q ) i_go : assert (waits && met(unit0, base0, step0) && met(unit1, base1, step1) &&
          (!from_input || 32'(progress_input_i) > (windowed ? 32'(last_row) : 32'(row_q))));
      if (runs) begin
        if (row_fresh) begin
          i_begun : assert (met(unit0, base0, step0) && met(unit1, base1, step1) &&
              (!from_input || 32'(progress_input_i) > (windowed ? 32'(last_row) : 32'(row_q))));
        end
        i_taps : assert (i_q < lines_of_taps && j_q < taps_of_line);
        i_counters : assert (8'(\u_dut.step_q ) == step_q && 8'(\u_dut.segment_q ) == j_q &&
            8'(\u_dut.line_q ) == i_q && 8'(\u_dut.outer_q ) == outer_q && 8'(\u_dut.inner_q ) == inner_q);
        i_slice : assert (8'(\u_dut.index_q ) == w_first + w_q && 8'(\u_dut.first_q ) == first);
        i_final : assert (8'(\u_dut.final_group_q ) == first + slice_groups - 8'd1);
        i_ends : assert (8'(\u_dut.rows_end_q ) == rows - 8'd1 &&
            8'(\u_dut.steps_end_q ) == steps - 8'd1 && 8'(\u_dut.outers_end_q ) == outers - 8'd1 &&
            8'(\u_dut.inners_end_q ) == inners - 8'd1 &&
            8'(\u_dut.columns_end_q ) == taps_of_line - 8'd1 &&
            8'(\u_dut.lines_end_q ) == lines_of_taps - 8'd1);
        i_start : assert (WindowDepth == 0 || \u_dut.start_addr_q == row_addr);
        i_step : assert (\u_dut.step_off_q == SpikeBits'(step_q * step_stride));
        i_line_addr : assert (\u_dut.line_addr_q == SpikeBits'(8'(row_addr) + i_q * line_stride));
        i_tap_addr : assert (\u_dut.tap_addr_q ==
            SpikeBits'(8'(row_addr) + i_q * line_stride + j_q * segment_stride));
        i_outer : assert (\u_dut.outer_base_q == outer_base);
        i_inner : assert (\u_dut.inner_base_q == inner_base);
        i_line_base : assert (\u_dut.line_base_q == WordBits'(8'(inner_base) + i_q * line_words));
        i_base : assert (\u_dut.base_q ==
            WordBits'(8'(inner_base) + i_q * line_words + j_q * segment_words));
      end
      if (out_valid) i_mask : assert (\u_dut.held_mask_q [32'(neuron)/FireLanes] == slice_q);
      if (out_valid) i_marks : assert ({base, operand, clear, double, last, keep, merge} == marks_q);
    end
  end

endmodule

`default_nettype wire
