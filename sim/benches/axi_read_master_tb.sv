`default_nettype none

/// Bench of `axi_read_master`: random commands against `axi_memory`. Every request is compared with the command that it
/// belongs to, every beat with the memory's contents; bursts under way, waits on R, the end of commands that fail,
/// counters, and the rate without pauses.
module axi_read_master_tb #(
  parameter int unsigned AddrWidth = 20,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned LengthWidth = 16,
  parameter int unsigned MaxBurst = 16,
  parameter int unsigned Outstanding = 4,
  parameter int unsigned BufferBeats = 64,
  /// Latency of the memory at which beats must come without a gap; 0: not checked.
  parameter int unsigned FastLatency = 0
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Batches = 16;
  localparam int Commands = 40;
  localparam longint BeatBytes = DataWidth / 8;
  localparam longint Size = longint'(1) << AddrWidth;
  localparam int Window = (int'(MaxBurst) < 4096 / int'(BeatBytes)) ? int'(MaxBurst) :
      4096 / int'(BeatBytes);
  localparam int FastBeats = 1500;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic cmd_valid, cmd_ready, out_valid, out_ready, out_last, busy, clear;
  logic [AddrWidth-1:0] cmd_addr, araddr;
  logic [LengthWidth-1:0] cmd_bytes;
  logic [DataWidth-1:0] out_data, rdata;
  logic [1:0] out_resp, rresp, arburst;
  logic [47:0] bytes, waited;
  logic arvalid, arready, rvalid, rready, rlast, arid, rid, arlock;
  logic [7:0] arlen;
  logic [2:0] arsize, arprot;
  logic [3:0] arcache, arqos;
  axi_read_master #(
    .AddrWidth(AddrWidth), .DataWidth(DataWidth), .LengthWidth(LengthWidth), .MaxBurst(MaxBurst),
    .Outstanding(Outstanding), .BufferBeats(BufferBeats)
  ) u_dut (
    .clk_i, .rst_i(rst), .cmd_valid_i(cmd_valid), .cmd_ready_o(cmd_ready), .cmd_addr_i(cmd_addr),
    .cmd_bytes_i(cmd_bytes), .out_valid_o(out_valid), .out_ready_i(out_ready),
    .out_data_o(out_data), .out_last_o(out_last), .out_resp_o(out_resp), .busy_o(busy),
    .clear_i(clear), .bytes_o(bytes), .waited_o(waited), .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready), .m_axi_arid_o(arid), .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen), .m_axi_arsize_o(arsize), .m_axi_arburst_o(arburst),
    .m_axi_arlock_o(arlock), .m_axi_arcache_o(arcache), .m_axi_arprot_o(arprot),
    .m_axi_arqos_o(arqos), .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rid_i(rid),
    .m_axi_rdata_i(rdata), .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast)
  );

  int unsigned latency_min = 0, latency_max = 0, ar_stall = 0, r_stall = 0, errors = 0;
  int unsigned cmd_stall = 0, out_stall = 0;
  axi_memory #(.AddrWidth(AddrWidth), .DataWidth(DataWidth)) u_memory (
    .clk_i, .rst_i(rst), .latency_min_i(latency_min), .latency_max_i(latency_max),
    .ar_stall_i(ar_stall), .r_stall_i(r_stall), .errors_i(errors), .arvalid_i(arvalid),
    .arready_o(arready), .arid_i(arid), .araddr_i(araddr), .arlen_i(arlen), .rvalid_o(rvalid),
    .rready_i(rready), .rid_o(rid), .rdata_o(rdata), .rresp_o(rresp), .rlast_o(rlast)
  );
  stream_check #(.Width(AddrWidth + 8)) u_check_ar (
    .clk_i, .rst_i(rst), .valid_i(arvalid), .ready_i(arready), .data_i({araddr, arlen})
  );
  stream_check #(.Width(DataWidth + 3)) u_check_out (
    .clk_i, .rst_i(rst), .valid_i(out_valid), .ready_i(out_ready),
    .data_i({out_resp, out_last, out_data})
  );

  typedef struct {
    longint addr;
    longint bytes;
  } command_t;
  // A command on its way: the beat that comes next, beats left, and whether it failed.
  typedef struct {
    longint next;
    longint left;
    logic failed;
  } open_t;
  typedef struct {
    longint addr;
    logic last;
    logic [1:0] resp;
  } beat_t;
  command_t commands[$];
  command_t command;
  // Of each command with beats: what R still brings. Of each burst: the command's number, beats.
  open_t opened[$];
  open_t entry;
  int burst_commands[$], burst_beats[$];
  beat_t expected[$];
  beat_t beat;
  int first_inside = 0, taken = 0, index = 0;
  // The command that is asked for.
  longint ask_next = 0, ask_left = 0;
  int ask_command = -1, ask_failed_cycle = 0;
  logic ask_failed = 1'b0, ar_waits = 1'b0, r_waits = 1'b0;
  int batch = 0, begin_cycle = 0, batch_failures = 0, failures = 0, idle = 0, window_end = 0;
  longint model_bytes = 0, model_waited = 0, beats_begin = 0, beats_end = 0;
  logic fast = 1'b0;

  task automatic plan();
    batch = batch + 1;
    begin_cycle = cycle;
    batch_failures = 0;
    fast = batch == 1 && FastLatency != 0;
    ar_stall = fast ? 0 : 30 * $urandom_range(3);
    r_stall = fast ? 0 : 30 * $urandom_range(3);
    cmd_stall = 45 * $urandom_range(2);
    out_stall = fast ? 0 : 30 * $urandom_range(3);
    latency_min = fast ? FastLatency : $urandom_range(3);
    latency_max = fast ? FastLatency : latency_min + $urandom_range(40);
    errors = (batch % 2 != 0) ? 0 : (batch % 4 == 0) ? 10 : 200;
    if (fast) begin
      command.addr = 0;
      command.bytes = FastBeats * BeatBytes;
      commands.push_back(command);
    end else begin
      for (int i = 0; i < Commands; i++) begin
        command.addr = longint'($urandom) & (Size - 1);
        // At pages and at the end of the address space, now and then.
        if ($urandom_range(3) == 0) command.addr = (command.addr | 4095) - longint'($urandom_range(70));
        if ($urandom_range(9) == 0) command.addr = Size - 1 - longint'($urandom_range(200));
        case ($urandom_range(3))
          0: command.bytes = longint'($urandom_range(int'(2 * BeatBytes)));
          1: command.bytes = longint'($urandom_range(int'(40 * BeatBytes)));
          default: command.bytes = longint'($urandom_range(int'(3 * MaxBurst * BeatBytes)));
        endcase
        command.bytes &= (longint'(1) << LengthWidth) - 1;
        commands.push_back(command);
      end
    end
  endtask

  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= out_stall;
    clear <= 1'b0;
    if (rst) begin
      cmd_valid <= 1'b0;
      done_o <= 1'b0;
    end else begin
      // Requests.
      if (arvalid && !ar_waits) begin
        if (arburst != 2'b01 || arsize != 3'($clog2(BeatBytes)) || arlock || arid != '0) begin
          $fatal(1, "%m: a burst of another kind");
        end
        if (ask_left < longint'(arlen) + 1 || longint'(araddr) != ask_next) begin
          $fatal(1, "%m: %h, %0d beats: not what is commanded", araddr, arlen + 1);
        end
        if (ask_failed && cycle > ask_failed_cycle + 1) $fatal(1, "%m: asked for after an error");
        ask_left = ask_left - longint'(arlen) - 1;
        ask_next = (ask_next + (longint'(arlen) + 1) * BeatBytes) & (Size - 1);
        window_end = int'((ask_next / BeatBytes) % longint'(Window));
        if (int'(arlen) >= Window || (longint'(araddr) % 4096) / BeatBytes + longint'(arlen) + 1 >
            4096 / BeatBytes) $fatal(1, "%m: a burst is too long or crosses 4 KiB");
        if (ask_left != 0 && window_end != 0) $fatal(1, "%m: a burst is too short");
        burst_commands.push_back(ask_command);
        burst_beats.push_back(int'(arlen) + 1);
        if (burst_beats.size() > int'(Outstanding)) $fatal(1, "%m: too many bursts under way");
      end
      ar_waits = arvalid && !arready;

      // Responses.
      if (rvalid && !rready && (r_waits || batch_failures == 0)) $fatal(1, "%m: R waits");
      r_waits = rvalid && !rready;
      if (rvalid && rready) begin
        index = burst_commands[0] - first_inside;
        // Commands that failed leave with the first beat of another.
        while (index > 0) begin
          void'(opened.pop_front());
          first_inside = first_inside + 1;
          index = index - 1;
        end
        entry = opened[0];
        model_bytes = model_bytes + BeatBytes;
        if (!entry.failed) begin
          beat.addr = entry.next;
          beat.resp = rresp[1] ? rresp : 2'b00;
          beat.last = entry.left == 1 || rresp[1];
          expected.push_back(beat);
          entry.failed = rresp[1];
          if (rresp[1]) begin
            failures = failures + 1;
            batch_failures = batch_failures + 1;
            if (burst_commands[0] == ask_command) begin
              ask_failed = 1'b1;
              ask_failed_cycle = cycle;
            end
          end
        end
        entry.next = (entry.next + BeatBytes) & (Size - 1);
        entry.left = entry.left - 1;
        opened[0] = entry;
        taken = taken + 1;
        if (taken == burst_beats[0]) begin
          taken = 0;
          void'(burst_beats.pop_front());
          void'(burst_commands.pop_front());
        end
      end

      // Beats.
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        beat = expected.pop_front();
        if (out_last != beat.last || out_resp != beat.resp) begin
          $fatal(1, "%m: last %b, response %b instead of %b, %b", out_last, out_resp, beat.last,
                 beat.resp);
        end
        if (beat.resp == 2'b00 && out_data != u_memory.beat_at(beat.addr)) begin
          $fatal(1, "%m: %h at %h", out_data, beat.addr);
        end
        beats_end = longint'(cycle);
        if (beats_begin == 0) beats_begin = longint'(cycle);
      end
      if (busy && out_ready && !out_valid) model_waited = model_waited + 1;

      // Commands.
      if (cmd_valid && cmd_ready) begin
        if (ask_left != 0 && !ask_failed) $fatal(1, "%m: a command is not at its end");
        command = commands.pop_front();
        if (command.bytes != 0) begin
          ask_command = ask_command + 1;
          ask_failed = 1'b0;
          ask_next = (command.addr / BeatBytes) * BeatBytes;
          ask_left = (command.addr % BeatBytes + command.bytes + BeatBytes - 1) / BeatBytes;
          entry.next = ask_next;
          entry.left = ask_left;
          entry.failed = 1'b0;
          opened.push_back(entry);
        end
      end
      if (!cmd_valid || cmd_ready) begin
        cmd_valid <= commands.size() != 0 && $urandom_range(99) >= cmd_stall;
        if (commands.size() != 0) begin
          cmd_addr <= AddrWidth'(commands[0].addr);
          cmd_bytes <= LengthWidth'(commands[0].bytes);
        end
      end

      // Batches.
      idle = (commands.size() == 0 && !cmd_valid && !busy && expected.size() == 0 && !out_valid &&
              !arvalid && !rvalid) ? idle + 1 : 0;
      if (idle == 20 && !done_o) begin
        idle = 0;
        if ((ask_left != 0 && !ask_failed) || burst_beats.size() != 0) $fatal(1, "%m: beats are missing");
        if (longint'(bytes) != model_bytes) $fatal(1, "%m: %0d bytes instead of %0d", bytes, model_bytes);
        if (longint'(waited) != model_waited) begin
          $fatal(1, "%m: %0d cycles waited instead of %0d", waited, model_waited);
        end
        if (fast && beats_end - beats_begin != FastBeats - 1) begin
          $fatal(1, "%m: %0d beats in %0d cycles", FastBeats, beats_end - beats_begin + 1);
        end
        if (batch % 5 == 4) begin
          clear <= 1'b1;
          model_bytes = 0;
          model_waited = 0;
        end
        if (batch == Batches) begin
          if (failures < 20) $fatal(1, "%m: %0d errors only", failures);
          done_o <= 1'b1;
        end else begin
          plan();
        end
      end
    end
  end

  logic unused_signals;
  assign unused_signals = (^arcache) ^ (^arprot) ^ (^arqos);

endmodule

`default_nettype wire
