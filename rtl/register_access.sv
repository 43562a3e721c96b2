`default_nettype none

/// One AXI4-Lite transfer at a time.
///
/// Contract: `start_i` begins a transfer with `write_i`, `addr_i`, `data_i`, which stay as they are
/// until `done_o`; with it come `data_o` (of a read) and `resp_o`.
module register_access #(
  /// Address bits.
  parameter int unsigned AddrWidth = 8
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// The transfer.
  input  wire logic                 start_i,
  input  wire logic                 write_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  input  wire logic [31:0]          data_i,
  output      logic                 done_o,
  output      logic [31:0]          data_o,
  output      logic [1:0]           resp_o,
  /// AXI4-Lite master.
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
  input  wire logic [1:0]           m_axi_rresp_i
);

  logic aw_valid_q, w_valid_q, ar_valid_q, active_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aw_valid_q <= 1'b0;
      w_valid_q <= 1'b0;
      ar_valid_q <= 1'b0;
      active_q <= 1'b0;
    end else begin
      if (m_axi_awready_i) aw_valid_q <= 1'b0;
      if (m_axi_wready_i) w_valid_q <= 1'b0;
      if (m_axi_arready_i) ar_valid_q <= 1'b0;
      if (done_o) active_q <= 1'b0;
      if (start_i) begin
        aw_valid_q <= write_i;
        w_valid_q <= write_i;
        ar_valid_q <= !write_i;
        active_q <= 1'b1;
      end
    end
  end

  assign m_axi_awvalid_o = aw_valid_q;
  assign m_axi_awaddr_o = addr_i;
  assign m_axi_wvalid_o = w_valid_q;
  assign m_axi_wdata_o = data_i;
  assign m_axi_wstrb_o = 4'b1111;
  assign m_axi_arvalid_o = ar_valid_q;
  assign m_axi_araddr_o = addr_i;
  assign m_axi_bready_o = active_q && write_i;
  assign m_axi_rready_o = active_q && !write_i;
  assign done_o = active_q && (write_i ? m_axi_bvalid_i : m_axi_rvalid_i);
  assign data_o = m_axi_rdata_i;
  assign resp_o = write_i ? m_axi_bresp_i : m_axi_rresp_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_one_at_a_time : assert (!start_i || !active_q);
    end
  end
`endif

endmodule

`default_nettype wire
