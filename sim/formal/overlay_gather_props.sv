`default_nettype none

/// Properties of `overlay_gather` and `overlay_row_reader`: any instruction, tokens, tables, contents of memory, and any read
/// master that answers in order, with errors.
///
/// Nothing is read outside of the tables, whatever the instruction says; a token outside of its table reads nothing. The
/// entries of each row are those of its token's place in memory, or 0. Rows under way are bounded. A command stays until it is
/// taken. After a failure all entries are 0, and they come at once.
module overlay_gather_props #(
  parameter int unsigned RawWidth = 3,
  parameter int unsigned RawAddrWidth = 2,
  parameter int unsigned RowsWidth = 3,
  parameter int unsigned ChannelsWidth = 3,
  parameter int unsigned AddrWidth = 13,
  /// Nothing is compared but addresses, for instructions that name any places.
  parameter bit Wild = 1'b0
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic core_rst_i,
  input wire logic start_i,
  input wire logic take_i,
  input wire logic cmd_ready_i,
  input wire logic beat_i,
  input wire logic error_i,
  input wire logic raw_valid_i,
  input wire logic may_begin_i
);

  // Beats of 16 bits, entries of 8; rows at multiples of 64 bytes.
  localparam int unsigned BeatWidth = 16;
  localparam int unsigned Rows = 2;
  localparam int unsigned Commands = 2;

  // The instruction, the tables and the tokens.
  (* anyconst *) logic [RowsWidth-1:0] rows;
  (* anyconst *) logic [ChannelsWidth-1:0] channels;
  (* anyconst *) logic [31:0] table_unit, limit, tables_bytes, tables_offset;
  (* anyconst *) logic [15:0] any_stride;
  logic [15:0] stride;
  assign stride = Wild ? any_stride : 16'd1;
  (* anyconst *) logic [AddrWidth-1:0] base;
  (* anyconst *) logic [RawWidth*2**RawAddrWidth-1:0] tokens;

  logic raw_read, cmd_valid, cmd_ready, beat_valid, beat_ready, entry_valid, take, failed, fails, busy;
  logic m_valid, m_ready, m_cmd_valid, m_last, m_cmd;
  logic [RawAddrWidth-1:0] raw_addr;
  logic [RawWidth-1:0] raw_q;
  logic [31:0] cmd_offset, cmd_bytes, m_bytes;
  logic [AddrWidth-1:0] m_addr;
  logic [BeatWidth-1:0] data;
  logic [7:0] entry;
  always_ff @(posedge clk_i) if (raw_read) raw_q <= tokens[RawWidth*raw_addr+:RawWidth];
  assign take = take_i && entry_valid;
  overlay_gather #(
    .BeatWidth(BeatWidth),
    .EntryWidth(8),
    .Width(8),
    .RawWidth(RawWidth),
    .RawAddrWidth(RawAddrWidth),
    .RowsWidth(RowsWidth),
    .ChannelsWidth(ChannelsWidth),
    .Rows(Rows)
  ) u_dut (
    .clk_i,
    .rst_i(rst_i || core_rst_i),
    .start_i,
    .rows_i(rows),
    .channels_i(channels),
    .table_i(table_unit),
    .stride_i(stride),
    .limit_i(limit),
    .raw_valid_i,
    .raw_read_o(raw_read),
    .raw_addr_o(raw_addr),
    .raw_data_i(raw_q),
    .cmd_valid_o(cmd_valid),
    .cmd_ready_i(cmd_ready),
    .cmd_offset_o(cmd_offset),
    .cmd_bytes_o(cmd_bytes),
    .in_valid_i(beat_valid),
    .in_ready_o(beat_ready),
    .in_data_i(data),
    .failed_i(failed),
    .entry_valid_o(entry_valid),
    .entry_take_i(take),
    .entry_o(entry)
  );
  overlay_row_reader #(
    .AddrWidth(AddrWidth),
    .Commands(Commands)
  ) u_reader (
    .clk_i,
    .rst_i,
    .on_i(!core_rst_i),
    .may_begin_i,
    .base_i(base),
    .offset_i(tables_offset),
    .bytes_i(tables_bytes),
    .cmd_valid_i(cmd_valid),
    .cmd_ready_o(cmd_ready),
    .cmd_offset_i(cmd_offset),
    .cmd_bytes_i(cmd_bytes),
    .beat_valid_o(beat_valid),
    .beat_ready_i(beat_ready),
    .fails_o(fails),
    .failed_o(failed),
    .busy_o(busy),
    .m_cmd_valid_o(m_cmd_valid),
    .m_cmd_ready_i(cmd_ready_i),
    .m_cmd_addr_o(m_addr),
    .m_cmd_bytes_o(m_bytes),
    .m_valid_i(m_valid),
    .m_ready_o(m_ready),
    .m_last_i(m_last),
    .m_error_i(error_i)
  );

  // ---------------------------------------------------------------------------- read master
  // Commands that are not at their end, oldest first: address of the next beat, beats left.
  localparam int unsigned Queue = Commands;
  logic [AddrWidth-1:0] at_q[Queue];
  logic [ChannelsWidth-1:0] left_q[Queue];
  logic [1:0] count_q;
  logic out, out_end;
  assign m_cmd = m_cmd_valid && cmd_ready_i;
  assign m_valid = beat_i && count_q != '0;
  assign m_last = left_q[0] == ChannelsWidth'(1) || error_i;
  assign out = m_valid && m_ready;
  assign out_end = out && m_last;
  // A byte is the low bits of its address.
  assign data = {8'(at_q[0]) + 8'd1, 8'(at_q[0])};
  always_ff @(posedge clk_i) begin
    if (rst_i) count_q <= '0;
    else count_q <= count_q + 2'(m_cmd) - 2'(out_end);
    for (int unsigned i = 0; i < Queue; i++) begin
      if (m_cmd && 32'(count_q) - 32'(out_end) == i) begin
        at_q[i] <= m_addr;
        left_q[i] <= ChannelsWidth'((m_bytes + 32'd1) / 2);
      end else if (out_end && i + 1 < Queue) begin
        at_q[i] <= at_q[i+1];
        left_q[i] <= left_q[i+1];
      end else if (out && i == 0) begin
        at_q[i] <= at_q[i] + AddrWidth'(2);
        left_q[i] <= left_q[i] - ChannelsWidth'(1);
      end
    end
  end

  // ---------------------------------------------------------------------------- entries
  logic begun_q = 1'b0, running_q, stalled_q, held_q;
  logic [RowsWidth-1:0] row_q;
  logic [ChannelsWidth-1:0] channel_q;
  logic [RawWidth-1:0] token;
  logic there, channel_last;
  logic [31:0] place;
  logic [AddrWidth-1:0] addr_q;
  assign token = tokens[RawWidth*RawAddrWidth'(row_q)+:RawWidth];
  assign there = !token[RawWidth-1] && 32'(token) < limit;
  // Rows of the compiler's are one unit apart here.
  assign place = 32'(base) + tables_offset + {table_unit[25:0] + 26'(token), 6'd0} + 32'(channel_q);
  assign channel_last = channel_q == channels - ChannelsWidth'(1);
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    if (rst_i || core_rst_i) running_q <= 1'b0;
    else if (start_i) running_q <= 1'b1;
    else if (take && channel_last && row_q == rows - RowsWidth'(1)) running_q <= 1'b0;
    if (start_i) begin
      row_q <= '0;
      channel_q <= '0;
    end else if (take) begin
      channel_q <= channel_last ? '0 : channel_q + ChannelsWidth'(1);
      if (channel_last) row_q <= row_q + RowsWidth'(1);
    end
    stalled_q <= !rst_i && !core_rst_i && m_cmd_valid && !cmd_ready_i;
    held_q <= !rst_i && beat_i && count_q != '0 && !m_ready;
    addr_q <= m_addr;
  end

  always_comb begin
    m_rows : assume (rows != '0 && 32'(rows) <= 2 ** RawAddrWidth && channels != '0);
    m_places : assume (tables_bytes[31:11] == '0 && tables_offset[31:10] == '0 && tables_offset[5:0] == '0);
    m_base : assume (base[AddrWidth-1] == 1'b0 && base[5:0] == '0);
    // What the compiler gives: the rows are in the tables.
    if (!Wild) begin
      m_limit : assume (limit[31:3] == '0 && table_unit[31:2] == '0);
      m_inside : assume ({table_unit[25:0] + limit[25:0], 6'd0} <= tables_bytes);
      m_few : assume (tables_offset == 32'd64 && base == AddrWidth'(128));
    end
    if (!begun_q) m_begins_with_reset : assume (rst_i && core_rst_i);
    // A core begins when nothing of an earlier instruction is left, and takes entries of one that has begun.
    m_start : assume (!start_i || (!running_q && !core_rst_i));
    m_take : assume (!take_i || running_q);
    if (held_q) m_beat_stays : assume (beat_i);
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      if (m_cmd_valid) begin
        a_from : assert (32'(m_addr) >= 32'(base) + tables_offset);
        a_to : assert (32'(m_addr) + m_bytes <= 32'(base) + tables_offset + tables_bytes);
      end
      a_under_way : assert (32'(count_q) <= Commands);
      if (stalled_q && !core_rst_i && !failed) a_stays : assert (m_cmd_valid && m_addr == addr_q);
      if (!Wild && running_q && entry_valid && !core_rst_i) begin
        a_entry : assert (entry == ((there && !failed) ? 8'(place) : 8'd0));
      end
      if (failed && !core_rst_i) a_zero : assert (entry_valid && entry == '0 && !m_cmd_valid);
      if (!Wild && fails) a_only_errors : assert (m_valid && error_i);
      // What can happen.
      c_two : cover (count_q == 2'd2 && running_q);
      c_outside : cover (take && running_q && !there && row_q == RowsWidth'(1) && !failed);
      c_row : cover (take && running_q && there && channel_q == ChannelsWidth'(2) && !failed);
      c_fails : cover (take && failed && running_q);
    end
  end

  if (Wild) begin : gen_wild
    always_comb begin
      if (begun_q && !rst_i) c_beyond : cover (fails && !(m_valid && error_i));
    end
  end

endmodule

`default_nettype wire
