`default_nettype none

/// Control, status and counters behind AXI4-Lite.
///
/// The map of the registers is docs/registers.md; addresses, bits and reset values come from
/// `axi_lite_regs_pkg`.
///
/// Contract: one transfer at a time on each of the two sides; address and data of a write may
/// come in either order. Reading a low half keeps the high half of the same counter for the next
/// read of a high half, so read low, then high. Unmapped: DECERR; a write to a read-only
/// register, or of a margin that is wider than any difference of two values: SLVERR. T_max,
/// margin and its time-steps, written while a sample is inside, hold `enable_o` low until the
/// core is empty and take effect then. Counters are 48 bits wide (samples and stalls 32) and
/// wrap.
module axi_lite_regs #(
  /// Stages that report spikes and work.
  parameter int unsigned Stages = 2,
  /// Address bits; must reach beyond the last stage's registers.
  parameter int unsigned AddrWidth = 8,
  /// There is a T_max; else its register is a read-only zero.
  parameter bit HasTMax = 1'b1,
  /// Bits of the margin, up to 64; 0: there is no rule of confidence, its registers are read-only zeros.
  parameter int unsigned MarginWidth = 32,
  /// Bits of a stage's spikes, and of its work, in a cycle.
  parameter int unsigned CountWidth = 7,
  /// Bits of the margin's port, derived.
  localparam int unsigned MarginBits = (MarginWidth > 0) ? MarginWidth : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// AXI4-Lite slave.
  input  wire logic                 s_axi_awvalid_i,
  output      logic                 s_axi_awready_o,
  input  wire logic [AddrWidth-1:0] s_axi_awaddr_i,
  input  wire logic                 s_axi_wvalid_i,
  output      logic                 s_axi_wready_o,
  input  wire logic [31:0]          s_axi_wdata_i,
  input  wire logic [3:0]           s_axi_wstrb_i,
  output      logic                 s_axi_bvalid_o,
  input  wire logic                 s_axi_bready_i,
  output      logic [1:0]           s_axi_bresp_o,
  input  wire logic                 s_axi_arvalid_i,
  output      logic                 s_axi_arready_o,
  input  wire logic [AddrWidth-1:0] s_axi_araddr_i,
  output      logic                 s_axi_rvalid_o,
  input  wire logic                 s_axi_rready_i,
  output      logic [31:0]          s_axi_rdata_o,
  output      logic [1:0]           s_axi_rresp_o,
  /// A sample's first beat has been taken; a result frame has been sent.
  input  wire logic                 begin_i,
  input  wire logic                 done_i,
  /// A frame was too short or too long.
  input  wire logic                 short_frame_i,
  input  wire logic                 long_frame_i,
  /// Input and output stream handshakes, for the stall counters.
  input  wire logic                 in_valid_i,
  input  wire logic                 in_ready_i,
  input  wire logic                 out_valid_i,
  input  wire logic                 out_ready_i,
  /// Spikes sent by each stage in this cycle, and the work done in it.
  input  wire logic [CountWidth*Stages-1:0] spikes_i,
  input  wire logic [CountWidth*Stages-1:0] work_i,
  /// To the core.
  output      logic [15:0]          t_max_o,
  output      logic [MarginBits-1:0] margin_o,
  output      logic [15:0]          patience_o,
  /// Something of a sample whose result has been sent is still inside.
  input  wire logic                 draining_i,
  output      logic                 enable_o,
  output      logic                 busy_o
);

  localparam int unsigned IndexWidth = AddrWidth - 2;
  localparam int unsigned CounterWidth = 48;
  localparam int unsigned HighWidth = CounterWidth - 32;
  localparam bit [1:0] RespOkay = 2'b00;
  localparam bit [1:0] RespSlaveError = 2'b10;
  localparam bit [1:0] RespDecodeError = 2'b11;
  // Word addresses.
  localparam bit [IndexWidth-1:0] RegIdentity = IndexWidth'(axi_lite_regs_pkg::IdentityOffset / 4);
  localparam bit [IndexWidth-1:0] RegVersion = IndexWidth'(axi_lite_regs_pkg::VersionOffset / 4);
  localparam bit [IndexWidth-1:0] RegControl = IndexWidth'(axi_lite_regs_pkg::ControlOffset / 4);
  localparam bit [IndexWidth-1:0] RegStatus = IndexWidth'(axi_lite_regs_pkg::StatusOffset / 4);
  localparam bit [IndexWidth-1:0] RegTMax = IndexWidth'(axi_lite_regs_pkg::TMaxOffset / 4);
  localparam bit [IndexWidth-1:0] RegSamplesIn =
      IndexWidth'(axi_lite_regs_pkg::SamplesInOffset / 4);
  localparam bit [IndexWidth-1:0] RegSamplesOut =
      IndexWidth'(axi_lite_regs_pkg::SamplesOutOffset / 4);
  localparam bit [IndexWidth-1:0] RegStages = IndexWidth'(axi_lite_regs_pkg::StagesOffset / 4);
  localparam bit [IndexWidth-1:0] RegCyclesLow =
      IndexWidth'(axi_lite_regs_pkg::CyclesLowOffset / 4);
  localparam bit [IndexWidth-1:0] RegCyclesHigh =
      IndexWidth'(axi_lite_regs_pkg::CyclesHighOffset / 4);
  localparam bit [IndexWidth-1:0] RegInStalls = IndexWidth'(axi_lite_regs_pkg::InStallsOffset / 4);
  localparam bit [IndexWidth-1:0] RegOutStalls =
      IndexWidth'(axi_lite_regs_pkg::OutStallsOffset / 4);
  localparam bit [IndexWidth-1:0] RegMarginLow =
      IndexWidth'(axi_lite_regs_pkg::MarginLowOffset / 4);
  localparam bit [IndexWidth-1:0] RegMarginHigh =
      IndexWidth'(axi_lite_regs_pkg::MarginHighOffset / 4);
  localparam bit [IndexWidth-1:0] RegPatience = IndexWidth'(axi_lite_regs_pkg::PatienceOffset / 4);
  localparam int unsigned FirstStage = axi_lite_regs_pkg::FirstStageOffset / 4;
  localparam int unsigned StageWords = axi_lite_regs_pkg::StageBytes / 4;
  localparam int unsigned SpikesLow = axi_lite_regs_pkg::StageSpikesLowOffset / 4;
  localparam int unsigned SpikesHigh = axi_lite_regs_pkg::StageSpikesHighOffset / 4;
  localparam int unsigned WorkLow = axi_lite_regs_pkg::StageWorkLowOffset / 4;
  localparam int unsigned WorkHigh = axi_lite_regs_pkg::StageWorkHighOffset / 4;
  localparam int unsigned EndIndex = FirstStage + StageWords * Stages;
  localparam bit [IndexWidth-1:0] RegStageFirst = IndexWidth'(FirstStage);
  localparam bit [IndexWidth-1:0] RegStageLast = IndexWidth'(EndIndex - 1);
  // Bits.
  localparam int unsigned Run = axi_lite_regs_pkg::ControlRunLsb;
  localparam int unsigned Clear = axi_lite_regs_pkg::ControlClearLsb;
  localparam int unsigned Busy = axi_lite_regs_pkg::StatusBusyLsb;
  localparam int unsigned ShortFrame = axi_lite_regs_pkg::StatusShortFrameLsb;
  localparam int unsigned LongFrame = axi_lite_regs_pkg::StatusLongFrameLsb;
  localparam bit [31:0] ControlReset = axi_lite_regs_pkg::ControlReset;

  if (StageWords != 4 || SpikesLow != 0 || SpikesHigh != 1 || WorkLow != 2 || WorkHigh != 3) begin :
      gen_bad_stage_words
    $error("axi_lite_regs: the words of a stage are not where they are read");
  end
  if (Stages < 1 || AddrWidth < 7 || 2 ** AddrWidth < 4 * EndIndex ||
      MarginWidth > 64) begin : gen_bad_parameters
    $error("axi_lite_regs: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- writes
  logic aw_held_q, w_held_q, b_valid_q;
  logic [IndexWidth-1:0] aw_index_q;
  logic [31:0] w_data_q, w_mask, w_set;
  logic [3:0] w_strb_q;
  logic [1:0] b_resp_q;
  logic write, write_mapped, write_allowed, write_rule;
  assign s_axi_awready_o = !aw_held_q;
  assign s_axi_wready_o = !w_held_q;
  assign write = aw_held_q && w_held_q && !b_valid_q;
  assign write_mapped = aw_index_q <= RegPatience ||
      (aw_index_q >= RegStageFirst && aw_index_q <= RegStageLast);
  assign write_allowed = aw_index_q == RegControl || aw_index_q == RegStatus ||
      (HasTMax && aw_index_q == RegTMax) || write_rule;
  assign w_mask = {{8{w_strb_q[3]}}, {8{w_strb_q[2]}}, {8{w_strb_q[1]}}, {8{w_strb_q[0]}}};
  assign w_set = w_data_q & w_mask;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aw_held_q <= 1'b0;
      w_held_q <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      if (write) begin
        aw_held_q <= 1'b0;
        w_held_q <= 1'b0;
        b_valid_q <= 1'b1;
      end else begin
        if (s_axi_awvalid_i) aw_held_q <= 1'b1;
        if (s_axi_wvalid_i) w_held_q <= 1'b1;
        if (s_axi_bready_i) b_valid_q <= 1'b0;
      end
    end
    if (s_axi_awvalid_i && s_axi_awready_o) aw_index_q <= s_axi_awaddr_i[AddrWidth-1:2];
    if (s_axi_wvalid_i && s_axi_wready_o) begin
      w_data_q <= s_axi_wdata_i;
      w_strb_q <= s_axi_wstrb_i;
    end
    if (write) begin
      if (!write_mapped) b_resp_q <= RespDecodeError;
      else if (!write_allowed) b_resp_q <= RespSlaveError;
      else b_resp_q <= RespOkay;
    end
  end
  assign s_axi_bvalid_o = b_valid_q;
  assign s_axi_bresp_o = b_resp_q;

  // All registers are words.
  logic unused_bits;
  assign unused_bits = ^{s_axi_awaddr_i[1:0], s_axi_araddr_i[1:0]};

  // ---------------------------------------------------------------------------- control
  logic run_q, short_q, long_q, pending_q, clear;
  logic [15:0] t_max_q, t_max_next_q, patience_next;
  logic [63:0] margin_next;
  logic [15:0] inside_q;
  logic write_setting, apply;
  assign clear = write && aw_index_q == RegControl && w_set[Clear];

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      run_q <= ControlReset[Run];
      short_q <= 1'b0;
      long_q <= 1'b0;
      pending_q <= 1'b0;
      t_max_q <= '0;
      t_max_next_q <= '0;
      inside_q <= '0;
    end else begin
      if (write && aw_index_q == RegControl && w_mask[Run]) run_q <= w_set[Run];
      if (write && aw_index_q == RegStatus && w_set[ShortFrame]) short_q <= 1'b0;
      if (write && aw_index_q == RegStatus && w_set[LongFrame]) long_q <= 1'b0;
      if (short_frame_i) short_q <= 1'b1;
      if (long_frame_i) long_q <= 1'b1;
      if (begin_i && !done_i) inside_q <= inside_q + 16'd1;
      else if (!begin_i && done_i) inside_q <= inside_q - 16'd1;
      if (HasTMax && write && aw_index_q == RegTMax) begin
        t_max_next_q <= (t_max_next_q & ~w_mask[15:0]) | w_set[15:0];
      end
      if (write_setting) begin
        pending_q <= 1'b1;
      end else if (apply) begin
        t_max_q <= t_max_next_q;
        pending_q <= 1'b0;
      end
    end
  end
  // Settings that were written hold from when the core is empty.
  assign write_setting = write && ((HasTMax && aw_index_q == RegTMax) || write_rule);
  assign apply = pending_q && !write && inside_q == '0 && !draining_i;
  assign t_max_o = t_max_q;
  assign busy_o = inside_q != '0;
  assign enable_o = run_q && !pending_q;

  // ---------------------------------------------------------------------------- rule of confidence
  confidence_settings #(
    .MarginWidth(MarginWidth)
  ) u_confidence (
    .clk_i,
    .rst_i,
    .write_i(write),
    .margin_low_i(aw_index_q == RegMarginLow),
    .margin_high_i(aw_index_q == RegMarginHigh),
    .patience_i(aw_index_q == RegPatience),
    .mask_i(w_mask),
    .set_i(w_set),
    .allowed_o(write_rule),
    .margin_written_o(margin_next),
    .patience_written_o(patience_next),
    .apply_i(apply),
    .margin_o,
    .patience_o
  );

  // ---------------------------------------------------------------------------- counters
  // Samples in and out, stalls in and out, busy cycles; then spikes and work of each stage. Observed one
  // cycle late, so that counting adds nothing to the stages' own paths.
  localparam int unsigned EntrySamplesIn = 0;
  localparam int unsigned EntrySamplesOut = 1;
  localparam int unsigned EntryInStalls = 2;
  localparam int unsigned EntryOutStalls = 3;
  localparam int unsigned EntryCycles = 4;
  localparam int unsigned FirstStageEntry = 5;
  localparam int unsigned Entries = FirstStageEntry + 2 * Stages;
  localparam int unsigned EntryWidth = $clog2(Entries);
  logic [Entries*CountWidth-1:0] counts, counts_q;
  logic sum_valid;
  logic [EntryWidth-1:0] sum_entry;
  logic [CounterWidth-1:0] sum;
  always_comb begin
    counts = '0;
    counts[CountWidth*EntrySamplesIn] = begin_i;
    counts[CountWidth*EntrySamplesOut] = done_i;
    counts[CountWidth*EntryInStalls] = busy_o && in_valid_i && !in_ready_i;
    counts[CountWidth*EntryOutStalls] = out_valid_i && !out_ready_i;
    counts[CountWidth*EntryCycles] = busy_o;
    for (int unsigned s = 0; s < Stages; s++) begin
      counts[CountWidth*(FirstStageEntry+2*s)+:CountWidth] = spikes_i[CountWidth*s+:CountWidth];
      counts[CountWidth*(FirstStageEntry+2*s+1)+:CountWidth] = work_i[CountWidth*s+:CountWidth];
    end
  end
  always_ff @(posedge clk_i) counts_q <= rst_i ? '0 : counts;

  event_counters #(
    .Entries(Entries),
    .CountWidth(CountWidth),
    .Width(CounterWidth)
  ) u_counters (
    .clk_i,
    .rst_i,
    .clear_i(clear),
    .count_i(counts_q),
    .sum_valid_o(sum_valid),
    .sum_entry_o(sum_entry),
    .sum_o(sum)
  );

  // ---------------------------------------------------------------------------- reads
  // The register is chosen in the cycle after the address was taken. A counter is read when its turn
  // comes, not before everything is in its sum that happened up to the address.
  localparam bit [2:0] AgeLast = 3'd5;
  logic ar_held_q, r_valid_q, read, read_mapped, read_counter, counter_there;
  logic [2:0] age_q;
  logic [IndexWidth-1:0] ar_index_q, stage_index;
  // By the time that a counter may be read, the register has what the address says.
  logic [EntryWidth-1:0] read_entry, read_entry_q;
  always_ff @(posedge clk_i) read_entry_q <= read_entry;
  logic [31:0] r_data_q, read_data;
  logic [1:0] r_resp_q;
  logic [HighWidth-1:0] high_q;
  assign s_axi_arready_o = !ar_held_q;
  assign counter_there = sum_valid && sum_entry == read_entry_q && age_q == AgeLast;
  // Whether the answer before is being taken does not count: the path from the master ends here.
  assign read = ar_held_q && !r_valid_q && (!read_counter || counter_there);
  assign stage_index = ar_index_q - RegStageFirst;

  always_comb begin
    read_data = '0;
    read_entry = '0;
    read_counter = 1'b0;
    read_mapped = 1'b1;
    case (ar_index_q)
      RegIdentity: read_data = axi_lite_regs_pkg::IdentityReset;
      RegVersion: read_data = axi_lite_regs_pkg::VersionReset;
      RegControl: read_data[Run] = run_q;
      RegStatus: begin
        read_data[Busy] = busy_o;
        read_data[ShortFrame] = short_q;
        read_data[LongFrame] = long_q;
      end
      RegTMax: read_data = {16'd0, t_max_next_q};
      RegSamplesIn: begin
        read_counter = 1'b1;
        read_entry = EntryWidth'(EntrySamplesIn);
      end
      RegSamplesOut: begin
        read_counter = 1'b1;
        read_entry = EntryWidth'(EntrySamplesOut);
      end
      RegStages: read_data = 32'(Stages);
      RegCyclesLow: begin
        read_counter = 1'b1;
        read_entry = EntryWidth'(EntryCycles);
      end
      RegCyclesHigh: read_data = 32'(high_q);
      RegInStalls: begin
        read_counter = 1'b1;
        read_entry = EntryWidth'(EntryInStalls);
      end
      RegOutStalls: begin
        read_counter = 1'b1;
        read_entry = EntryWidth'(EntryOutStalls);
      end
      RegMarginLow: read_data = margin_next[31:0];
      RegMarginHigh: read_data = margin_next[63:32];
      RegPatience: read_data = {16'd0, patience_next};
      default: begin
        // Four words per stage: spikes low and high, work low and high.
        read_mapped = ar_index_q >= RegStageFirst && ar_index_q <= RegStageLast;
        read_counter = read_mapped && !stage_index[0];
        read_entry = EntryWidth'(FirstStageEntry) + EntryWidth'(stage_index >> 1);
        read_data = 32'(high_q);
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ar_held_q <= 1'b0;
      r_valid_q <= 1'b0;
      high_q <= '0;
      age_q <= '0;
    end else begin
      if (s_axi_arvalid_i && s_axi_arready_o) ar_held_q <= 1'b1;
      else if (read) ar_held_q <= 1'b0;
      if (!ar_held_q) age_q <= '0;
      else if (age_q != AgeLast) age_q <= age_q + 3'd1;
      if (read) r_valid_q <= 1'b1;
      else if (s_axi_rready_i) r_valid_q <= 1'b0;
      if (read && read_counter && read_entry >= EntryWidth'(EntryCycles)) begin
        high_q <= sum[CounterWidth-1:32];
      end
    end
    if (s_axi_arvalid_i && s_axi_arready_o) ar_index_q <= s_axi_araddr_i[AddrWidth-1:2];
    if (read) begin
      r_data_q <= read_counter ? sum[31:0] : read_mapped ? read_data : '0;
      r_resp_q <= read_mapped ? RespOkay : RespDecodeError;
    end
  end
  assign s_axi_rvalid_o = r_valid_q;
  assign s_axi_rdata_o = r_data_q;
  assign s_axi_rresp_o = r_resp_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(34)
  ) u_check_r (
    .clk_i,
    .rst_i,
    .valid_i(s_axi_rvalid_o),
    .ready_i(s_axi_rready_i),
    .data_i ({s_axi_rdata_o, s_axi_rresp_o})
  );
  stream_check #(
    .Width(2)
  ) u_check_b (
    .clk_i,
    .rst_i,
    .valid_i(s_axi_bvalid_o),
    .ready_i(s_axi_bready_i),
    .data_i (s_axi_bresp_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_done_after_begin : assert (!done_i || inside_q != '0);
      a_begin_when_enabled : assert (!begin_i || enable_o);
    end
  end
`endif

endmodule

`default_nettype wire
