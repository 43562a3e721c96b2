`default_nettype none

/// The read channels of two masters on one port: the first has ID 0, the second ID 1.
///
/// Contract: the masters have one ID each, 0 on their side, and take every beat that they have asked for without a wait. A
/// request stays until it is taken. If both ask, the second goes first. The memory may answer the two in any order, beat by
/// beat.
module axi_read_join #(
  /// Bits of a byte address.
  parameter int unsigned AddrWidth = 40
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// First master.
  input  wire logic                 a_arvalid_i,
  output      logic                 a_arready_o,
  input  wire logic [AddrWidth-1:0] a_araddr_i,
  input  wire logic [7:0]           a_arlen_i,
  output      logic                 a_rvalid_o,
  input  wire logic                 a_rready_i,
  /// Second master.
  input  wire logic                 b_arvalid_i,
  output      logic                 b_arready_o,
  input  wire logic [AddrWidth-1:0] b_araddr_i,
  input  wire logic [7:0]           b_arlen_i,
  output      logic                 b_rvalid_o,
  input  wire logic                 b_rready_i,
  /// Port.
  output      logic                 m_axi_arvalid_o,
  input  wire logic                 m_axi_arready_i,
  output      logic                 m_axi_arid_o,
  output      logic [AddrWidth-1:0] m_axi_araddr_o,
  output      logic [7:0]           m_axi_arlen_o,
  input  wire logic                 m_axi_rvalid_i,
  output      logic                 m_axi_rready_o,
  input  wire logic                 m_axi_rid_i
);

  // What is offered stays.
  logic held_q, second_q, second;
  assign second = held_q ? second_q : b_arvalid_i;
  assign m_axi_arvalid_o = second ? b_arvalid_i : a_arvalid_i;
  assign m_axi_arid_o = second;
  assign m_axi_araddr_o = second ? b_araddr_i : a_araddr_i;
  assign m_axi_arlen_o = second ? b_arlen_i : a_arlen_i;
  assign a_arready_o = !second && m_axi_arready_i;
  assign b_arready_o = second && m_axi_arready_i;
  always_ff @(posedge clk_i) begin
    if (rst_i) held_q <= 1'b0;
    else held_q <= m_axi_arvalid_o && !m_axi_arready_i;
    second_q <= second;
  end

  assign a_rvalid_o = m_axi_rvalid_i && !m_axi_rid_i;
  assign b_rvalid_o = m_axi_rvalid_i && m_axi_rid_i;
  assign m_axi_rready_o = m_axi_rid_i ? b_rready_i : a_rready_i;

endmodule

`default_nettype wire
