`default_nettype none

/// Bench of `axi_lite_regs`: random events counted beside it, all registers read back, writes with
/// byte enables and in every order of address and data, unmapped addresses, T_max and the rule of
/// confidence while busy.
module axi_lite_regs_tb #(
  parameter int unsigned Stages = 2,
  parameter int unsigned AddrWidth = 8,
  parameter int unsigned MarginWidth = 32,
  parameter int unsigned CountWidth = 7,
  /// Cycles of a round's events; long rounds make the counters pass 32 bits.
  parameter int EventCycles = 300,
  parameter int Rounds = 12
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic aw_valid, aw_ready, w_valid, w_ready, b_valid, b_ready, ar_valid, ar_ready, r_valid, r_ready;
  logic [AddrWidth-1:0] aw_addr, ar_addr;
  logic [31:0] w_data, r_data;
  logic [3:0] w_strb;
  logic [1:0] b_resp, r_resp;
  logic sample_begin, sample_done, short_frame, long_frame;
  logic in_valid, in_ready, out_valid, out_ready, enable, busy;
  logic [CountWidth*Stages-1:0] spikes, work;
  logic [15:0] t_max, hold;
  // 0: there is no rule of confidence.
  localparam bit Confidence = MarginWidth > 0;
  localparam int unsigned MarginBits = Confidence ? MarginWidth : 1;
  logic [MarginBits-1:0] margin;
  logic draining, draining_before = 1'b0;

  axi_lite_regs #(
    .Stages(Stages), .AddrWidth(AddrWidth), .MarginWidth(MarginWidth), .CountWidth(CountWidth)
  ) u_dut (
    .clk_i, .rst_i(rst),
    .s_axi_awvalid_i(aw_valid), .s_axi_awready_o(aw_ready), .s_axi_awaddr_i(aw_addr),
    .s_axi_wvalid_i(w_valid), .s_axi_wready_o(w_ready), .s_axi_wdata_i(w_data),
    .s_axi_wstrb_i(w_strb), .s_axi_bvalid_o(b_valid), .s_axi_bready_i(b_ready),
    .s_axi_bresp_o(b_resp), .s_axi_arvalid_i(ar_valid), .s_axi_arready_o(ar_ready),
    .s_axi_araddr_i(ar_addr), .s_axi_rvalid_o(r_valid), .s_axi_rready_i(r_ready),
    .s_axi_rdata_o(r_data), .s_axi_rresp_o(r_resp), .begin_i(sample_begin && enable),
    .done_i(sample_done), .short_frame_i(short_frame), .long_frame_i(long_frame),
    .in_valid_i(in_valid), .in_ready_i(in_ready), .out_valid_i(out_valid),
    .out_ready_i(out_ready), .spikes_i(spikes), .work_i(work), .t_max_o(t_max),
    .margin_o(margin), .patience_o(hold), .draining_i(draining), .enable_o(enable), .busy_o(busy)
  );

  typedef struct {
    logic        write;
    int          addr;
    logic [31:0] data;
    logic [3:0]  strb;
    logic [1:0]  resp;
  } access_t;
  access_t accesses[$];
  access_t now;
  logic active = 1'b0;
  int aw_wait = 0, w_wait = 0;

  function automatic void put(input logic write, input int addr, input logic [31:0] data,
                              input logic [3:0] strb, input logic [1:0] resp);
    access_t a;
    a.write = write;
    a.addr = addr;
    a.data = data;
    a.strb = strb;
    a.resp = resp;
    accesses.push_back(a);
  endfunction

  // The model.
  longint samples_in = 0, samples_out = 0, cycles = 0, in_stalls = 0, out_stalls = 0;
  longint spike_sums[Stages];
  longint work_sums[Stages];
  int inside_count = 0;
  logic [31+MarginBits:0] old_rules = '0;
  logic [15:0] t_max_model = '0, hold_model = '0;
  logic [63:0] margin_model = '0;
  logic short_model = 1'b0, long_model = 1'b0, begun = 1'b0;
  int round = 0, phase = 0, left = 0, settled = 0;

  task automatic put_reads();
    put(1'b0, 'h00, 32'h534e4e31, '0, 2'b00);
    put(1'b0, 'h04, 32'd1, '0, 2'b00);
    put(1'b0, 'h08, 32'd1, '0, 2'b00);
    put(1'b0, 'h0c, {29'd0, long_model, short_model, 1'b0}, '0, 2'b00);
    put(1'b0, 'h10, {16'd0, t_max_model}, '0, 2'b00);
    put(1'b0, 'h14, samples_in[31:0], '0, 2'b00);
    put(1'b0, 'h18, samples_out[31:0], '0, 2'b00);
    put(1'b0, 'h1c, 32'(Stages), '0, 2'b00);
    put(1'b0, 'h20, cycles[31:0], '0, 2'b00);
    put(1'b0, 'h24, cycles[63:32], '0, 2'b00);
    put(1'b0, 'h28, in_stalls[31:0], '0, 2'b00);
    put(1'b0, 'h2c, out_stalls[31:0], '0, 2'b00);
    put(1'b0, 'h30, margin_model[31:0], '0, 2'b00);
    put(1'b0, 'h34, margin_model[63:32], '0, 2'b00);
    put(1'b0, 'h38, {16'd0, hold_model}, '0, 2'b00);
    put(1'b0, 'h3c, 32'd0, '0, 2'b11);
    for (int s = 0; s < Stages; s++) begin
      put(1'b0, 'h40 + 16 * s, spike_sums[s][31:0], '0, 2'b00);
      // Other registers in between do not disturb the high half that is kept.
      put(1'b0, 'h1c, 32'(Stages), '0, 2'b00);
      put(1'b0, 'h44 + 16 * s, spike_sums[s][63:32], '0, 2'b00);
      put(1'b0, 'h48 + 16 * s, work_sums[s][31:0], '0, 2'b00);
      put(1'b0, 'h4c + 16 * s, work_sums[s][63:32], '0, 2'b00);
    end
    if ('h40 + 16 * Stages < 2 ** AddrWidth) put(1'b0, 'h40 + 16 * Stages, 32'd0, '0, 2'b11);
  endtask

  // A margin of up to as many bits as there are.
  task automatic put_margin();
    margin_model = {$urandom, $urandom} & ((MarginWidth == 64) ? '1 : (64'd1 << MarginWidth) - 64'd1);
    put(1'b1, 'h30, margin_model[31:0], 4'b1111, Confidence ? 2'b00 : 2'b10);
    put(1'b1, 'h34, margin_model[63:32], 4'b1111, Confidence ? 2'b00 : 2'b10);
  endtask

  // The bus master: one access at a time, address and data of a write apart by up to 3 cycles.
  always @(posedge clk_i) begin
    b_ready <= $urandom_range(1) == 0;
    r_ready <= $urandom_range(1) == 0;
    if (rst) begin
      aw_valid <= 1'b0;
      w_valid <= 1'b0;
      ar_valid <= 1'b0;
    end else begin
      if (aw_valid && aw_ready) aw_valid <= 1'b0;
      if (w_valid && w_ready) w_valid <= 1'b0;
      if (ar_valid && ar_ready) ar_valid <= 1'b0;
      // What is not valid is noise.
      if (!aw_valid || aw_ready) aw_addr <= AddrWidth'($urandom);
      if (!w_valid || w_ready) {w_data, w_strb} <= {$urandom, 4'($urandom)};
      if (!ar_valid || ar_ready) ar_addr <= AddrWidth'($urandom);
      if (aw_wait > 0) begin
        aw_wait = aw_wait - 1;
        if (aw_wait == 0) begin
          aw_valid <= 1'b1;
          aw_addr <= AddrWidth'(now.addr);
        end
      end
      if (w_wait > 0) begin
        w_wait = w_wait - 1;
        if (w_wait == 0) begin
          w_valid <= 1'b1;
          {w_data, w_strb} <= {now.data, now.strb};
        end
      end
      if (b_valid && b_ready) begin
        if (!active || !now.write || aw_wait != 0 || w_wait != 0) $fatal(1, "%m: stray response");
        if (b_resp != now.resp) $fatal(1, "%m: write %h answered %b", now.addr, b_resp);
        active = 1'b0;
      end
      if (r_valid && r_ready) begin
        if (!active || now.write) $fatal(1, "%m: stray read data");
        if (r_resp != now.resp) $fatal(1, "%m: read %h answered %b", now.addr, r_resp);
        if (r_data != now.data) begin
          $fatal(1, "%m: read %h: %h instead of %h", now.addr, r_data, now.data);
        end
        active = 1'b0;
      end
      if (!active && accesses.size() != 0) begin
        now = accesses.pop_front();
        active = 1'b1;
        if (now.write) begin
          aw_wait = 1 + int'($urandom_range(3));
          w_wait = 1 + int'($urandom_range(3));
        end else begin
          ar_valid <= 1'b1;
          ar_addr <= AddrWidth'(now.addr);
        end
      end
    end
  end

  // Events: what happens in a cycle is chosen one cycle before, a begin only where it is allowed.
  always @(posedge clk_i) begin
    if (rst) begin
      {sample_begin, sample_done, short_frame, long_frame} <= '0;
      {in_valid, in_ready, out_valid, out_ready} <= '0;
      draining <= 1'b0;
      spikes <= '0;
      work <= '0;
      done_o <= 1'b0;
      for (int s = 0; s < Stages; s++) begin
        spike_sums[s] = 0;
        work_sums[s] = 0;
      end
    end else begin
      if (cycle == 4) begin
        if (!enable || busy || {margin, hold, t_max} != '0) $fatal(1, "%m: wrong after reset");
        put_reads();
      end
      // The events of the cycle that ends now.
      if (busy != (inside_count != 0)) $fatal(1, "%m: busy is wrong");
      if ((inside_count != 0 || draining_before) && {margin, hold, t_max} != old_rules) begin
        $fatal(1, "%m: T_max or the rule of confidence changed inside");
      end
      old_rules = {margin, hold, t_max};
      draining_before = draining;
      if (busy) cycles++;
      if (busy && in_valid && !in_ready) in_stalls++;
      if (out_valid && !out_ready) out_stalls++;
      begun = sample_begin && enable;
      if (begun) samples_in++;
      if (sample_done) samples_out++;
      inside_count += int'(begun) - int'(sample_done);
      if (short_frame) short_model = 1'b1;
      if (long_frame) long_model = 1'b1;
      for (int s = 0; s < Stages; s++) begin
        spike_sums[s] += longint'(spikes[CountWidth*s+:CountWidth]);
        work_sums[s] += longint'(work[CountWidth*s+:CountWidth]);
      end

      {sample_begin, sample_done, short_frame, long_frame} <= '0;
      {in_valid, out_valid} <= '0;
      draining <= left > 0 && $urandom_range(4) != 0;
      spikes <= '0;
      work <= '0;
      if (phase == 1 && left > 0) begin
        left = left - 1;
        sample_begin <= $urandom_range(3) == 0;
        sample_done <= inside_count > 0 && $urandom_range(3) == 0;
        short_frame <= $urandom_range(50) == 0;
        long_frame <= $urandom_range(50) == 0;
        {in_valid, in_ready, out_valid, out_ready} <= 4'($urandom);
        if (EventCycles > 60000) spikes <= '1;
        else spikes <= {((CountWidth * Stages + 31) / 32) {$urandom}};
        work <= {((CountWidth * Stages + 31) / 32) {$urandom}};
        // A new T_max now and then.
        if (left == EventCycles / 2) begin
          t_max_model = 16'($urandom);
          put(1'b1, 'h10, {16'hffff, t_max_model}, 4'b1111, 2'b00);
          if (Confidence) hold_model = 16'($urandom);
          put(1'b1, 'h38, {16'hffff, hold_model}, 4'b1111, Confidence ? 2'b00 : 2'b10);
          put_margin();
        end
      end else if (phase == 1 && inside_count > 0 && !sample_done) begin
        // Drain.
        sample_done <= 1'b1;
      end else if (inside_count == 0 && !active && accesses.size() == 0 && !sample_done &&
                   !sample_begin && settled < 6) begin
        settled = settled + 1;
      end else if (settled == 6) begin
        settled = 0;
        phase = phase + 1;
        case (phase)
          1: left = EventCycles;
          2: begin
            if (t_max != t_max_model) $fatal(1, "%m: T_max %h", t_max);
            if (hold != hold_model) $fatal(1, "%m: time-steps of the margin %h", hold);
            if (margin != MarginBits'(margin_model)) $fatal(1, "%m: margin %h", margin);
            put_reads();
          end
          3: begin
            // Byte enables, read-only and unmapped registers; sticky bits one after the other.
            put(1'b1, 'h10, 32'h0000_1234, 4'b0010, 2'b00);
            t_max_model[15:8] = 8'h12;
            put(1'b1, 'h10, 32'h0000_5678, 4'b0001, 2'b00);
            t_max_model[7:0] = 8'h78;
            put(1'b1, 'h10, 32'h0000_9999, 4'b1100, 2'b00);
            put(1'b1, 'h14, 32'hffff_ffff, 4'b1111, 2'b10);
            put(1'b1, 'h40, 32'hffff_ffff, 4'b1111, 2'b10);
            put(1'b1, 'h3c + 16 * Stages, 32'hffff_ffff, 4'b1111, 2'b10);
            put(1'b1, 'h3c, 32'hffff_ffff, 4'b1111, 2'b11);
            // A margin beyond its bits changes nothing; one byte of it does.
            if (MarginWidth < 64) put(1'b1, 'h34, 32'h8000_0000, 4'b1000, 2'b10);
            if (MarginWidth < 32) put(1'b1, 'h30, 32'hffff_ffff, 4'b1111, 2'b10);
            if (MarginWidth >= 8) begin
              put(1'b1, 'h30, 32'h5555_55a5, 4'b0001, 2'b00);
              margin_model[7:0] = 8'ha5;
            end
            put(1'b1, 'h0c, 32'h0000_0002, 4'b0001, 2'b00);
            short_model = 1'b0;
            put_reads();
          end
          4: begin
            put(1'b1, 'h0c, 32'h0000_0004, 4'b1111, 2'b00);
            long_model = 1'b0;
            put(1'b1, 'h08, 32'd0, 4'b0001, 2'b00);
          end
          5: begin
            if (enable) $fatal(1, "%m: enabled while stopped");
            put(1'b1, 'h08, 32'd3, 4'b0001, 2'b00);
          end
          default: begin
            // The counters have been cleared.
            {samples_in, samples_out, cycles, in_stalls, out_stalls} = '0;
            for (int s = 0; s < Stages; s++) begin
              spike_sums[s] = 0;
              work_sums[s] = 0;
            end
            put_reads();
            phase = 0;
            round = round + 1;
            if (round == Rounds) done_o <= 1'b1;
          end
        endcase
      end
    end
  end

endmodule

`default_nettype wire
