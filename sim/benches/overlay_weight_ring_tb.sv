`default_nettype none

/// Bench of `overlay_memory`, `overlay_weight_ring` and `overlay_words`: an image is read, then samples of random instructions read their
/// weights from the ring, while it is written. Every weight is compared with the memory. Then error responses: all
/// instructions must become ready, weights are 0, and after the next image all is as before.
module overlay_weight_ring_tb #(
  parameter int unsigned Ports = 2,
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 16,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned Count = 5,
  /// Percent of the port's beats that must come while instructions take no time; 0: not checked.
  parameter int unsigned Share = 0
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned AddrWidth = 32;
  localparam int Images = 24;
  localparam int Samples = 5;
  localparam int unsigned RingBits = $clog2(Depth);
  localparam int unsigned IndexWidth = (Count > 1) ? $clog2(Count) : 1;
  // Beats of a word, words of a beat.
  localparam int Beats = (Width > DataWidth) ? int'((Width + DataWidth - 1) / DataWidth) : 1;
  localparam int Fitting = (Width > DataWidth) ? 1 : 2 ** ($clog2(DataWidth / Width + 1) - 1);

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic start, ended, word_valid, word_error, core_rst, beat_valid, beat_ready, failed, broken;
  logic [AddrWidth-1:0] addr;
  logic [31:0] length, word, stream_offset, stream_bytes;
  logic [DataWidth-1:0] beat;
  logic [47:0] bytes_read, waited;
  logic arvalid, arready, rvalid, rready, rlast, arid, rid, arlock;
  logic [AddrWidth-1:0] araddr;
  logic [7:0] arlen;
  logic [2:0] arsize, arprot;
  logic [3:0] arcache, arqos;
  logic [1:0] arburst, rresp;
  logic [DataWidth-1:0] rdata, row;
  logic row_ready, row_valid, row_failed;
  overlay_memory #(
    .AddrWidth(AddrWidth), .DataWidth(DataWidth), .MaxBurst(8), .Outstanding(4), .BufferBeats(40)
  ) u_dut (
    .clk_i, .rst_i(rst), .start_i(start), .addr_i(addr), .bytes_i(length), .ended_i(ended),
    .word_valid_o(word_valid), .word_ready_i(1'b1), .word_o(word), .word_error_o(word_error),
    .stream_i(!core_rst), .stream_offset_i(stream_offset), .stream_bytes_i(stream_bytes),
    .beat_valid_o(beat_valid), .beat_ready_i(beat_ready), .beat_o(beat), .failed_o(failed),
    .broken_o(broken), .tables_offset_i('0), .tables_bytes_i('0), .row_cmd_valid_i(1'b0),
    .row_cmd_ready_o(row_ready), .row_cmd_offset_i('0), .row_cmd_bytes_i('0), .row_valid_o(row_valid),
    .row_ready_i(1'b0), .row_o(row), .row_failed_o(row_failed), .clear_i(1'b0), .bytes_read_o(bytes_read), .waited_o(waited),
    .m_axi_arvalid_o(arvalid), .m_axi_arready_i(arready), .m_axi_arid_o(arid),
    .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen), .m_axi_arsize_o(arsize),
    .m_axi_arburst_o(arburst), .m_axi_arlock_o(arlock), .m_axi_arcache_o(arcache),
    .m_axi_arprot_o(arprot), .m_axi_arqos_o(arqos), .m_axi_rvalid_i(rvalid),
    .m_axi_rready_o(rready), .m_axi_rid_i(rid), .m_axi_rdata_i(rdata), .m_axi_rresp_i(rresp),
    .m_axi_rlast_i(rlast)
  );
  int unsigned errors = 0, stall = 0, latency = 10;
  axi_memory #(.AddrWidth(AddrWidth), .DataWidth(DataWidth)) u_memory (
    .clk_i, .rst_i(rst), .latency_min_i(0), .latency_max_i(latency), .ar_stall_i(stall),
    .r_stall_i(stall), .errors_i(errors), .arvalid_i(arvalid), .arready_o(arready),
    .arid_i(arid), .araddr_i(araddr), .arlen_i(arlen), .rvalid_o(rvalid), .rready_i(rready),
    .rid_o(rid), .rdata_o(rdata), .rresp_o(rresp), .rlast_o(rlast)
  );

  logic need_write, ready, ring_waits, next, held, sent, passed, read;
  logic [IndexWidth-1:0] need_addr;
  logic [31:0] need_data, words;
  logic [Ports-1:0] clear;
  logic [Ports*RingBits-1:0] read_addr;
  logic [Ports*Width-1:0] read_data;
  logic ring_write, ring_space, hold, unused_put;
  logic [RingBits-1:0] ring_addr;
  logic [Width-1:0] ring_data;
  logic [Ports-1:0] zeros;
  assign zeros = clear | {Ports{failed}};
  overlay_weight_ring #(
    .Width(Width), .Depth(Depth), .BeatWidth(DataWidth), .Count(Count)
  ) u_ring (
    .clk_i, .rst_i(rst || core_rst), .words_i(words), .need_write_i(need_write),
    .need_addr_i(need_addr), .need_data_i(need_data), .in_valid_i(beat_valid),
    .in_ready_o(beat_ready), .in_data_i(beat), .failed_i(failed), .ready_o(ready), .waits_o(ring_waits), .next_i(next),
    .held_i(held), .word_i(sent), .ended_i(passed), .write_valid_o(ring_write),
    .write_ready_i(ring_space), .write_addr_o(ring_addr), .write_data_o(ring_data)
  );
  // A word is one number here.
  overlay_words #(
    .Ports(Ports), .Lanes(1), .WeightWidth(Width), .OperandWidth(1), .RingDepth(Depth),
    .OperandDepth(0), .Group(1), .Part(1), .WordBits(RingBits)
  ) u_words (
    .clk_i, .rst_i(rst || core_rst), .enable_i(read), .operand_i(1'b0), .clear_i(zeros),
    .addr_i(read_addr), .data_o(read_data), .half_o(hold), .weight_valid_i(ring_write),
    .weight_ready_o(ring_space), .weight_addr_i(ring_addr), .weight_data_i(ring_data),
    .put_valid_i(1'b0), .put_ready_o(unused_put), .put_urgent_i(1'b0), .put_addr_i('0),
    .put_group_i('0), .put_parts_i('0), .put_data_i('0)
  );

  // The network: words of each instruction, where they begin.
  longint base = 0;
  int own[Count];
  int first[Count];
  int total = 0, padded = 0, images = 0, sample = 0, instruction = 0, phase = 0, left = 0, written = 0;
  int most = 0, waits = 0, failures = 0, begin_cycle = 0, patience = 0, position = 0, beats_begin = 0;
  logic quick = 1'b0;
  // What is read: the word of each port, a cycle before its data.
  int asked[Ports], due[Ports];
  logic [Ports-1:0] due_clear = '0;
  logic due_valid = 1'b0, due_zero = 1'b0;
  // A cycle with half of the reads is asked for; the bench has none in it. It is heard two cycles later.
  logic held_1 = 1'b0, held_2 = 1'b0;

  function automatic logic [Width-1:0] weight(input int at);
    longint where;
    logic [Width+DataWidth-1:0] bits;
    bits = '0;
    if (Fitting > 1) begin
      where = base + longint'(stream_offset) + longint'(at / Fitting) * longint'(DataWidth / 8);
      bits = (Width + DataWidth)'(u_memory.beat_at(where) >> ((DataWidth / Fitting) * (at % Fitting)));
    end else begin
      for (int b = 0; b < Beats; b++) begin
        where = base + longint'(stream_offset) + longint'(at * Beats + b) * longint'(DataWidth / 8);
        bits |= (Width + DataWidth)'(u_memory.beat_at(where)) << (b * int'(DataWidth));
      end
    end
    return bits[Width-1:0];
  endfunction

  task automatic new_image();
    images = images + 1;
    quick = images == 1 && Share != 0;
    base = longint'($urandom_range(1000)) * 64;
    stream_offset <= 64 * $urandom_range(100);
    total = 0;
    most = 0;
    for (int i = 0; i < int'(Count); i++) begin
      own[i] = quick ? int'(Depth) / 2 : ($urandom_range(2) == 0) ? 0 : int'($urandom_range(Depth));
      own[i] = own[i] / Fitting * Fitting;
      if (i + 1 == int'(Count) && total == 0 && own[i] == 0) own[i] = Fitting;
      first[i] = total;
      total = total + own[i];
    end
    padded = (total + int'(Depth) - 1) / int'(Depth) * int'(Depth);
    words <= 32'(total);
    stream_bytes <= 32'(total * Beats / Fitting * int'(DataWidth) / 8);
    start <= 1'b1;
    addr <= AddrWidth'(base);
    length <= 32'd64;
    errors = 0;
    stall = quick ? 0 : 30 * $urandom_range(2);
    latency = quick ? 8 : $urandom_range(40);
    sample = 0;
    instruction = 0;
    phase = 0;
    written = 0;
    waits = 0;
  endtask

  int last_with = 0;
  always @(posedge clk_i) begin
    {start, need_write, next, sent, passed, read} <= '0;
    held <= 1'b0;
    clear <= '0;
    if (rst) begin
      core_rst <= 1'b1;
      ended <= 1'b1;
      done_o <= 1'b0;
      words <= 32'd1;
      stream_bytes <= '0;
      stream_offset <= '0;
    end else begin
      if (ring_waits && ready) $fatal(1, "%m: ready and not");
      // What was read.
      if (due_valid) begin
        for (int p = 0; p < int'(Ports); p++) begin
          if (read_data[Width*p+:Width] != ((due_clear[p] || due_zero) ? '0 : weight(due[p]))) begin
            $fatal(1, "%m: sample %0d, word %0d: %h", sample, due[p], read_data[Width*p+:Width]);
          end
        end
      end
      due_valid = read;
      due_zero = failed;
      due_clear = clear;
      if (held_2 && read) $fatal(1, "%m: the bench reads in a cycle that was held");
      held_2 = held_1;
      held_1 = hold;
      due = asked;
      if (start) ended <= 1'b0;
      patience = patience + 1;
      if (patience > 20000 && !done_o) $fatal(1, "%m: hangs in phase %0d", phase);
      case (phase)
        // The needs, and the image.
        0: begin
          if (images == 0 && cycle > 8) begin
            new_image();
          end else if (images != 0) begin
            last_with = 0;
            for (int i = 0; i < int'(Count); i++) if (own[i] != 0) last_with = i;
            if (written < int'(Count)) begin
              need_write <= 1'b1;
              need_addr <= IndexWidth'(written);
              need_data <= 32'(own[written] + ((written == last_with) ? padded - total : 0)) |
                  ((written + 1 == int'(Count)) ? 32'h8000_0000 : 32'd0);
              written = written + 1;
            end
            if (word_error && !ended) $fatal(1, "%m: the image is not read");
            if (word_valid) left = left + 1;
            if (left == 16 && written == int'(Count)) begin
              left = 0;
              ended <= 1'b1;
              core_rst <= 1'b0;
              phase = 1;
              patience = 0;
              errors = (images % 3 == 0) ? 50 + $urandom_range(150) : 0;
            end
          end
        end
        // An instruction begins.
        1: begin
          if (ready && $urandom_range(quick ? 0 : 3) == 0) begin
            phase = 2;
            left = quick ? 0 : int'($urandom_range(20));
            patience = 0;
            if (quick && sample == 1 && instruction == 0) begin
              begin_cycle = cycle;
              beats_begin = int'(bytes_read);
            end
          end
        end
        // Words are read; with the last of them the instruction ends.
        2: begin
          if (left == 0) begin
            next <= 1'b1;
            phase = 3;
            left = int'($urandom_range(quick ? 1 : 12));
          end
          left = left - 1;
        end
        // The last word leaves fetch some time later.
        3: begin
          if (left > 0) begin
            held <= 1'b1;
            left = left - 1;
          end else begin
            held <= 1'b1;
            sent <= 1'b1;
            phase = 4;
            left = int'($urandom_range(quick ? 1 : 12));
          end
        end
        // It is read.
        4: begin
          if (left > 0) begin
            left = left - 1;
          end else begin
            passed <= 1'b1;
            phase = 5;
          end
        end
        // The next instruction, sample, or image.
        5: begin
          phase = 1;
          instruction = instruction + 1;
          if (instruction == int'(Count)) begin
            instruction = 0;
            sample = sample + 1;
            if (sample == Samples || broken) begin
              if (quick && (int'(bytes_read) - beats_begin) * 100 <
                  int'(Share) * (cycle - begin_cycle) * int'(DataWidth / 8)) begin
                $fatal(1, "%m: %0d beats in %0d cycles", (int'(bytes_read) - beats_begin) * 8 / int'(DataWidth),
                       cycle - begin_cycle);
              end
              if (broken) failures = failures + 1;
              core_rst <= 1'b1;
              phase = 6;
            end
          end
        end
        6: begin
          due_valid = 1'b0;
          left = 0;
          if (images == Images) begin
            if (failures < 2) $fatal(1, "%m: %0d failures only", failures);
            done_o <= 1'b1;
          end else begin
            new_image();
          end
        end
        default: ;
      endcase
      // Reads of the words of this instruction, until its last one is read.
      if (phase >= 2 && phase <= 4 && own[instruction] != 0 && !held_2 &&
          $urandom_range(2) != 0) begin
        read <= 1'b1;
        for (int p = 0; p < int'(Ports); p++) begin
          position = first[instruction] + int'($urandom_range(own[instruction] - 1));
          read_addr[RingBits*p+:RingBits] <= RingBits'(position);
          asked[p] = position;
        end
        // Events are the lowest ones.
        clear <= ~(Ports'((64'd1 << $urandom_range(Ports)) - 64'd1));
      end
    end
  end

  logic unused_signals;
  assign unused_signals = (^arcache) ^ (^arprot) ^ (^arqos) ^ (^arburst) ^ (^arsize) ^ arlock ^
      row_ready ^ row_valid ^ row_failed ^ (^row) ^ (^word) ^ (^waited);

endmodule

`default_nettype wire
