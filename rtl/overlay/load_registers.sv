`default_nettype none

/// Registers of loading behind AXI4-Lite; all other addresses are passed on to the registers of the core.
///
/// The map of the registers is docs/registers.md; addresses and bits come from `axi_lite_regs_pkg`.
///
/// Contract: one transfer at a time on each of the two sides; address and data of a write may come in either order. A
/// write to `load_data` is answered when the loader has taken the word; while it takes none, the word is dropped. A
/// write to a read-only register is answered with SLVERR, an address without a register by the core's registers.
/// With `Reads`, the core reads images itself, from an address and with a length that are registers; without, these are 0.
module load_registers #(
  /// Address bits.
  parameter int unsigned AddrWidth = 8,
  /// Identifier of the machine.
  parameter bit [31:0] Machine = '0,
  /// There is a port to memory.
  parameter bit Reads = 1'b0
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
  /// AXI4-Lite master, to the registers of the core.
  output      logic                 m_axi_awvalid_o,
  input  wire logic                 m_axi_awready_i,
  output      logic [AddrWidth-1:0] m_axi_awaddr_o,
  output      logic                 m_axi_wvalid_o,
  input  wire logic                 m_axi_wready_i,
  output      logic [31:0]          m_axi_wdata_o,
  output      logic [3:0]           m_axi_wstrb_o,
  input  wire logic                 m_axi_bvalid_i,
  output      logic                 m_axi_bready_o,
  input  wire logic [1:0]           m_axi_bresp_i,
  output      logic                 m_axi_arvalid_o,
  input  wire logic                 m_axi_arready_i,
  output      logic [AddrWidth-1:0] m_axi_araddr_o,
  input  wire logic                 m_axi_rvalid_i,
  output      logic                 m_axi_rready_o,
  input  wire logic [31:0]          m_axi_rdata_i,
  input  wire logic [1:0]           m_axi_rresp_i,
  /// Loader: begin of an image, a word of it, its state.
  output      logic                 start_o,
  output      logic [63:0]          read_addr_o,
  output      logic [31:0]          read_bytes_o,
  output      logic                 word_valid_o,
  input  wire logic                 word_ready_i,
  output      logic [31:0]          word_o,
  input  wire logic                 loader_ready_i,
  input  wire logic                 loaded_i,
  input  wire logic [3:0]           error_i,
  /// Counters of the port to memory: what they count in this cycle.
  input  wire logic                 lost_i,
  input  wire logic                 beat_i
);

  localparam int unsigned IndexWidth = AddrWidth - 2;
  localparam bit [1:0] RespOkay = 2'b00;
  localparam bit [1:0] RespSlaveError = 2'b10;
  // Word addresses.
  localparam bit [IndexWidth-1:0] RegControl =
      IndexWidth'(axi_lite_regs_pkg::LoadControlOffset / 4);
  localparam bit [IndexWidth-1:0] RegStatus = IndexWidth'(axi_lite_regs_pkg::LoadStatusOffset / 4);
  localparam bit [IndexWidth-1:0] RegData = IndexWidth'(axi_lite_regs_pkg::LoadDataOffset / 4);
  localparam bit [IndexWidth-1:0] RegMachine =
      IndexWidth'(axi_lite_regs_pkg::LoadMachineOffset / 4);
  localparam bit [IndexWidth-1:0] RegAddrLow =
      IndexWidth'(axi_lite_regs_pkg::LoadAddressLowOffset / 4);
  localparam bit [IndexWidth-1:0] RegAddrHigh =
      IndexWidth'(axi_lite_regs_pkg::LoadAddressHighOffset / 4);
  localparam bit [IndexWidth-1:0] RegLength = IndexWidth'(axi_lite_regs_pkg::LoadLengthOffset / 4);
  localparam bit [IndexWidth-1:0] RegLost = IndexWidth'(axi_lite_regs_pkg::MemoryLostOffset / 4);
  localparam bit [IndexWidth-1:0] RegBeats = IndexWidth'(axi_lite_regs_pkg::MemoryBeatsOffset / 4);
  localparam bit [IndexWidth-1:0] RegLast = RegBeats;

  if (2 ** AddrWidth <= axi_lite_regs_pkg::MemoryBeatsOffset + 4) begin : gen_bad_parameters
    $error("load_registers: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- writes
  // held: not passed on, or not executed. own: an address of this module.
  logic aw_held_q, w_held_q, aw_sent_q, w_sent_q, b_valid_q, own_write, execute, waits;
  logic [AddrWidth-1:0] aw_addr_q;
  logic [IndexWidth-1:0] aw_index;
  logic [31:0] w_data_q;
  logic [3:0] w_strb_q;
  logic [1:0] b_resp_q;
  logic whole;
  assign aw_index = aw_addr_q[AddrWidth-1:2];
  assign own_write = aw_index >= RegControl && aw_index <= RegLast;
  assign s_axi_awready_o = !aw_held_q;
  assign s_axi_wready_o = !w_held_q;
  assign whole = w_strb_q == 4'hF;

  assign m_axi_awvalid_o = aw_held_q && w_held_q && !own_write && !aw_sent_q;
  assign m_axi_wvalid_o = aw_held_q && w_held_q && !own_write && !w_sent_q;
  assign m_axi_awaddr_o = aw_addr_q;
  assign m_axi_wdata_o = w_data_q;
  assign m_axi_wstrb_o = w_strb_q;

  // A word waits for the loader, if it takes words.
  assign waits = aw_index == RegData && whole && loader_ready_i && !word_ready_i;
  assign execute = aw_held_q && w_held_q && own_write && !b_valid_q && !waits;
  assign word_valid_o = aw_held_q && w_held_q && !b_valid_q && aw_index == RegData && whole;
  assign word_o = w_data_q;
  assign start_o = execute && aw_index == RegControl && w_strb_q[0] &&
      w_data_q[axi_lite_regs_pkg::LoadControlStartLsb];

  assign m_axi_bready_o = !b_valid_q;
  assign s_axi_bvalid_o = b_valid_q;
  assign s_axi_bresp_o = b_resp_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aw_held_q <= 1'b0;
      w_held_q <= 1'b0;
      aw_sent_q <= 1'b0;
      w_sent_q <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      if (execute || (m_axi_bvalid_i && m_axi_bready_o)) begin
        aw_held_q <= 1'b0;
        w_held_q <= 1'b0;
        aw_sent_q <= 1'b0;
        w_sent_q <= 1'b0;
        b_valid_q <= 1'b1;
      end else begin
        if (s_axi_awvalid_i) aw_held_q <= 1'b1;
        if (s_axi_wvalid_i) w_held_q <= 1'b1;
        if (m_axi_awvalid_o && m_axi_awready_i) aw_sent_q <= 1'b1;
        if (m_axi_wvalid_o && m_axi_wready_i) w_sent_q <= 1'b1;
        if (s_axi_bready_i) b_valid_q <= 1'b0;
      end
    end
    if (s_axi_awvalid_i && s_axi_awready_o) aw_addr_q <= s_axi_awaddr_i;
    if (s_axi_wvalid_i && s_axi_wready_o) begin
      w_data_q <= s_axi_wdata_i;
      w_strb_q <= s_axi_wstrb_i;
    end
    if (execute) begin
      b_resp_q <= (aw_index == RegControl || (whole && (aw_index == RegData ||
          aw_index == RegAddrLow || aw_index == RegAddrHigh || aw_index == RegLength))) ?
          RespOkay : RespSlaveError;
    end else if (m_axi_bvalid_i && m_axi_bready_o) begin
      b_resp_q <= m_axi_bresp_i;
    end
  end

  // ---------------------------------------------------------------------------- memory
  logic [31:0] addr_low, addr_high, length, lost, beats;
  assign read_addr_o = {addr_high, addr_low};
  assign read_bytes_o = length;
  if (Reads) begin : gen_memory
    logic [31:0] addr_low_q, addr_high_q, length_q, lost_q, beats_q;
    assign addr_low = addr_low_q;
    assign addr_high = addr_high_q;
    assign length = length_q;
    assign lost = lost_q;
    assign beats = beats_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        addr_low_q <= '0;
        addr_high_q <= '0;
        length_q <= '0;
      end else if (execute && whole) begin
        if (aw_index == RegAddrLow) addr_low_q <= w_data_q;
        if (aw_index == RegAddrHigh) addr_high_q <= w_data_q;
        if (aw_index == RegLength) length_q <= w_data_q;
      end
      if (rst_i) begin
        lost_q <= '0;
        beats_q <= '0;
      end else begin
        lost_q <= lost_q + 32'(lost_i);
        beats_q <= beats_q + 32'(beat_i);
      end
    end
  end else begin : gen_no_memory
    assign addr_low = '0;
    assign addr_high = '0;
    assign length = '0;
    assign lost = '0;
    assign beats = '0;
    logic unused_memory;
    assign unused_memory = lost_i ^ beat_i;
  end

  // ---------------------------------------------------------------------------- reads
  logic ar_held_q, ar_sent_q, r_valid_q, own_read, look;
  logic [AddrWidth-1:0] ar_addr_q;
  logic [IndexWidth-1:0] ar_index;
  logic [31:0] r_data_q, own_data;
  logic [1:0] r_resp_q;
  assign ar_index = ar_addr_q[AddrWidth-1:2];
  assign own_read = ar_index >= RegControl && ar_index <= RegLast;
  assign s_axi_arready_o = !ar_held_q;
  assign m_axi_arvalid_o = ar_held_q && !own_read && !ar_sent_q;
  assign m_axi_araddr_o = ar_addr_q;
  assign m_axi_rready_o = !r_valid_q;
  assign look = ar_held_q && own_read && !r_valid_q;
  assign s_axi_rvalid_o = r_valid_q;
  assign s_axi_rdata_o = r_data_q;
  assign s_axi_rresp_o = r_resp_q;

  always_comb begin
    own_data = '0;
    case (ar_index)
      RegStatus: begin
        own_data[axi_lite_regs_pkg::LoadStatusLoadedLsb] = loaded_i;
        own_data[axi_lite_regs_pkg::LoadStatusReadyLsb] = loader_ready_i;
        own_data[axi_lite_regs_pkg::LoadStatusErrorLsb+:4] = error_i;
      end
      RegMachine: own_data = Machine;
      RegAddrLow: own_data = addr_low;
      RegAddrHigh: own_data = addr_high;
      RegLength: own_data = length;
      RegLost: own_data = lost;
      RegBeats: own_data = beats;
      default: own_data = '0;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ar_held_q <= 1'b0;
      ar_sent_q <= 1'b0;
      r_valid_q <= 1'b0;
    end else begin
      if (look || (m_axi_rvalid_i && m_axi_rready_o)) begin
        ar_held_q <= 1'b0;
        ar_sent_q <= 1'b0;
        r_valid_q <= 1'b1;
      end else begin
        if (s_axi_arvalid_i) ar_held_q <= 1'b1;
        if (m_axi_arvalid_o && m_axi_arready_i) ar_sent_q <= 1'b1;
        if (s_axi_rready_i) r_valid_q <= 1'b0;
      end
    end
    if (s_axi_arvalid_i && s_axi_arready_o) ar_addr_q <= s_axi_araddr_i;
    if (look) begin
      r_data_q <= own_data;
      r_resp_q <= RespOkay;
    end else if (m_axi_rvalid_i && m_axi_rready_o) begin
      r_data_q <= m_axi_rdata_i;
      r_resp_q <= m_axi_rresp_i;
    end
  end

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
`endif

endmodule

`default_nettype wire
