`default_nettype none

/// Bench of `overlay_gather` and the rows of `overlay_memory`: an image is read, then instructions read rows of tables for
/// tokens, some of which are in no table, while weights come past or are not taken at all. Every entry is compared with the
/// memory, every request with the bounds of the tables. Some memories answer with errors, and some tables are shorter than
/// their instructions say: all entries must come, and after the next image all is as before.
module overlay_gather_tb #(
  parameter int unsigned DataWidth = 64,
  parameter int unsigned EntryWidth = 32,
  parameter int unsigned Width = 24,
  parameter int unsigned RawWidth = 9,
  parameter int unsigned MostChannels = 40,
  /// Percent of the cycles that must bring an entry while nothing pauses; 0: not checked.
  parameter int unsigned Share = 0
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned AddrWidth = 36;
  localparam int unsigned RawAddrWidth = 5;
  localparam int unsigned ChannelsWidth = $clog2(MostChannels + 1);
  localparam int Images = 40;
  localparam int Instructions = 5;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic start, ended, word_valid, word_error, core_rst, beat_valid, beat_ready, failed, broken;
  logic [AddrWidth-1:0] addr;
  logic [31:0] length, word, stream_offset, stream_bytes, tables_offset, tables_bytes;
  logic [DataWidth-1:0] beat, row_data;
  logic [47:0] bytes_read, waited;
  logic row_cmd_valid, row_cmd_ready, row_valid, row_ready, row_failed;
  logic [31:0] row_cmd_offset, row_cmd_bytes;
  logic arvalid, arready, rvalid, rready, rlast, arid, rid, arlock;
  logic [AddrWidth-1:0] araddr;
  logic [7:0] arlen;
  logic [2:0] arsize, arprot;
  logic [3:0] arcache, arqos;
  logic [1:0] arburst, rresp;
  logic [DataWidth-1:0] rdata;
  overlay_memory #(
    .AddrWidth(AddrWidth), .DataWidth(DataWidth), .MaxBurst(16), .Outstanding(4), .BufferBeats(40),
    .Rows(1'b1)
  ) u_memory_port (
    .clk_i, .rst_i(rst), .start_i(start), .addr_i(addr), .bytes_i(length), .ended_i(ended),
    .word_valid_o(word_valid), .word_ready_i(1'b1), .word_o(word), .word_error_o(word_error),
    .stream_i(!core_rst), .stream_offset_i(stream_offset), .stream_bytes_i(stream_bytes),
    .beat_valid_o(beat_valid), .beat_ready_i(beat_ready), .beat_o(beat), .failed_o(failed),
    .broken_o(broken), .tables_offset_i(tables_offset), .tables_bytes_i(tables_bytes),
    .row_cmd_valid_i(row_cmd_valid), .row_cmd_ready_o(row_cmd_ready),
    .row_cmd_offset_i(row_cmd_offset), .row_cmd_bytes_i(row_cmd_bytes), .row_valid_o(row_valid),
    .row_ready_i(row_ready), .row_o(row_data), .row_failed_o(row_failed), .clear_i(1'b0),
    .bytes_read_o(bytes_read), .waited_o(waited), .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready), .m_axi_arid_o(arid), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen),
    .m_axi_arsize_o(arsize), .m_axi_arburst_o(arburst), .m_axi_arlock_o(arlock),
    .m_axi_arcache_o(arcache), .m_axi_arprot_o(arprot), .m_axi_arqos_o(arqos),
    .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rid_i(rid), .m_axi_rdata_i(rdata),
    .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast)
  );
  int unsigned errors = 0, stall = 0, latency = 10;
  axi_memory #(.AddrWidth(AddrWidth), .DataWidth(DataWidth)) u_memory (
    .clk_i, .rst_i(rst), .latency_min_i(8), .latency_max_i(latency), .ar_stall_i(stall),
    .r_stall_i(stall), .errors_i(errors), .arvalid_i(arvalid), .arready_o(arready),
    .arid_i(arid), .araddr_i(araddr), .arlen_i(arlen), .rvalid_o(rvalid), .rready_i(rready),
    .rid_o(rid), .rdata_o(rdata), .rresp_o(rresp), .rlast_o(rlast)
  );

  logic begin_rows, raw_valid, raw_read, entry_valid, take;
  logic [15:0] rows, stride;
  logic [ChannelsWidth-1:0] channels;
  logic [31:0] table_unit, limit;
  logic [RawAddrWidth-1:0] raw_addr;
  logic [RawWidth-1:0] raw_data;
  logic [Width-1:0] entry;
  logic take_now;
  assign take = entry_valid && take_now;
  overlay_gather #(
    .BeatWidth(DataWidth), .EntryWidth(EntryWidth), .Width(Width), .RawWidth(RawWidth),
    .RawAddrWidth(RawAddrWidth), .ChannelsWidth(ChannelsWidth)
  ) u_dut (
    .clk_i, .rst_i(rst || core_rst), .start_i(begin_rows), .rows_i(rows), .channels_i(channels),
    .table_i(table_unit), .stride_i(stride), .limit_i(limit), .raw_valid_i(raw_valid),
    .raw_read_o(raw_read), .raw_addr_o(raw_addr), .raw_data_i(raw_data),
    .cmd_valid_o(row_cmd_valid), .cmd_ready_i(row_cmd_ready), .cmd_offset_o(row_cmd_offset),
    .cmd_bytes_o(row_cmd_bytes), .in_valid_i(row_valid), .in_ready_o(row_ready),
    .in_data_i(row_data), .failed_i(row_failed), .entry_valid_o(entry_valid), .entry_take_i(take),
    .entry_o(entry)
  );

  // Tokens of an instruction.
  int tokens[2**RawAddrWidth];
  always @(posedge clk_i) begin
    if (raw_read) raw_data <= raw_valid ? RawWidth'(tokens[raw_addr]) : RawWidth'($urandom);
  end

  longint base = 0;
  int images = 0, instruction = 0, phase = 0, left = 0, patience = 0, row = 0, channel = 0;
  int failures = 0, lies = 0, outside = 0, began = 0;
  logic quick = 1'b0, jams = 1'b0, lie = 1'b0, there = 1'b0;

  /// The entry of a token.
  function automatic logic [Width-1:0] expected(input int token, input int at);
    longint where;
    logic [63:0] bits;
    where = base + longint'(tables_offset) +
        64 * (longint'(table_unit) + longint'(token) * longint'(stride)) +
        longint'(at) * longint'(EntryWidth / 8);
    bits = {u_memory.word((where & ~longint'(3)) + 4), u_memory.word(where & ~longint'(3))};
    bits = bits >> (8 * (where % 4));
    return bits[Width-1:0];
  endfunction

  // Requests for rows stay in the tables.
  always @(posedge clk_i) begin
    if (!rst && arvalid && arid) begin
      if (longint'(araddr) < base + longint'(tables_offset) ||
          longint'(araddr) + (longint'(arlen) + 1) * (DataWidth / 8) >
          base + longint'(tables_offset) + longint'(tables_bytes)) begin
        $fatal(1, "%m: a read of %0d beats at %h, outside of the tables", int'(arlen) + 1, araddr);
      end
    end
  end

  task automatic new_instruction();
    int needed;
    rows <= 16'(quick ? 2 ** RawAddrWidth : int'($urandom_range(2 ** RawAddrWidth, 1)));
    channels = ChannelsWidth'(quick ? MostChannels : $urandom_range(MostChannels, 1));
    needed = (int'(channels) * int'(EntryWidth) + 511) / 512;
    stride = 16'(needed + (quick ? 0 : int'($urandom_range(2))));
    table_unit = 32'($urandom_range(50));
    limit = 32'($urandom_range(2 ** (RawWidth - 2), 1));
    tables_bytes <= 64 * (table_unit + limit * 32'(stride));
    lie = images % 5 == 4 && instruction == 2;
    // The last row is missing, or a part of it.
    if (lie) tables_bytes <= 64 * (table_unit + limit * 32'(stride)) - 64 * $urandom_range(32'(stride), 32'(stride) - needed + 1);
    for (int i = 0; i < 2 ** RawAddrWidth; i++) begin
      tokens[i] = int'($urandom_range(limit - 1));
      if (!quick && $urandom_range(3) == 0) begin
        case ($urandom_range(3))
          0: tokens[i] = int'(limit);
          1: tokens[i] = -1 - int'($urandom_range(limit));
          2: tokens[i] = int'(limit) + int'($urandom_range(2 ** (RawWidth - 1) - 1 - int'(limit)));
          default: tokens[i] = int'(limit) - 1;
        endcase
      end
      if (lie && i == 0) tokens[i] = int'(limit) - 1;
    end
    begin_rows <= 1'b1;
    raw_valid <= quick;
    row = 0;
    channel = 0;
    began = cycle;
  endtask

  always @(posedge clk_i) begin
    {start, begin_rows} <= '0;
    take_now <= quick || $urandom_range(3) != 0;
    beat_ready <= !jams && $urandom_range(1) == 0;
    if (rst) begin
      core_rst <= 1'b1;
      ended <= 1'b1;
      done_o <= 1'b0;
      raw_valid <= 1'b0;
      {stream_offset, stream_bytes, tables_offset, tables_bytes} <= '0;
      length <= 32'd64;
    end else begin
      if (start) ended <= 1'b0;
      patience = patience + 1;
      if (patience > 40000 && !done_o) $fatal(1, "%m: hangs in phase %0d of image %0d", phase, images);
      if ($urandom_range(20) == 0) raw_valid <= 1'b1;
      case (phase)
        // An image.
        0: if (cycle > 8) begin
          images = images + 1;
          quick = images == 1 && Share != 0;
          jams = images % 3 == 1;
          base = longint'($urandom_range(1000)) * 64;
          stream_offset <= 64 * $urandom_range(100);
          stream_bytes <= 64 * $urandom_range(100, 1);
          tables_offset <= 64 * $urandom_range(100);
          start <= 1'b1;
          addr <= AddrWidth'(base);
          errors = 0;
          stall = quick ? 0 : 30 * $urandom_range(2);
          latency = quick ? 8 : 8 + $urandom_range(60);
          patience = 0;
          left = 0;
          phase = 1;
        end
        1: begin
          if (word_error && !ended) $fatal(1, "%m: the image is not read");
          if (word_valid) left = left + 1;
          if (left == 16) begin
            ended <= 1'b1;
            core_rst <= 1'b0;
            instruction = 0;
            errors = (images % 4 == 0) ? $urandom_range(30, 1) : 0;
            phase = 2;
          end
        end
        // An instruction.
        2: if ($urandom_range(quick ? 0 : 9) == 0) begin
          new_instruction();
          patience = 0;
          phase = 3;
        end
        3: begin
          if (take) begin
            there = tokens[row] >= 0 && tokens[row] < int'(limit);
            if (!there) outside = outside + 1;
            if (entry != ((there && !row_failed) ? expected(tokens[row], channel) : '0)) begin
              $fatal(1, "%m: entry %0d of token %0d: %h", channel, tokens[row], entry);
            end
            channel = channel + 1;
            if (channel == int'(channels)) begin
              channel = 0;
              row = row + 1;
            end
            if (row == int'(rows)) begin
              instruction = instruction + 1;
              phase = (instruction == Instructions || broken) ? 4 : 2;
              if (lie && !broken) $fatal(1, "%m: a table that is too short is not told");
              if (lie) lies = lies + 1;
              if (quick && int'(rows) * int'(channels) * 100 < int'(Share) * (cycle - began)) begin
                $fatal(1, "%m: %0d entries in %0d cycles", int'(rows) * int'(channels), cycle - began);
              end
            end
          end
          if (row_failed && !broken) $fatal(1, "%m: a failure that is not told");
        end
        // The next image, with bursts under way where there was an error.
        4: begin
          if (broken) failures = failures + 1;
          core_rst <= 1'b1;
          phase = 0;
          if (images == Images) begin
            if (failures < 6 || lies < 4 || outside < 100) begin
              $fatal(1, "%m: %0d failures, %0d short tables, %0d entries of other tokens", failures, lies, outside);
            end
            done_o <= 1'b1;
            phase = 5;
          end
        end
        default: ;
      endcase
    end
  end

  logic unused_signals;
  assign unused_signals = (^arcache) ^ (^arprot) ^ (^arqos) ^ (^arburst) ^ (^arsize) ^ arlock ^
      (^word) ^ (^waited) ^ (^bytes_read) ^ beat_valid ^ (^beat) ^ failed;

endmodule

`default_nettype wire
