`default_nettype none

/// Properties of `axi_read_join`: any two masters that keep their requests, any memory.
///
/// A request at the port is one of a master, with that master's ID, and stays until it is taken; each is taken once. Beats go
/// to the master of their ID. At most one request of the first master is taken while one of the second waits.
module axi_read_join_props #(
  parameter int unsigned AddrWidth = 4
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic a_arvalid_i,
  input wire logic [AddrWidth-1:0] a_araddr_i,
  input wire logic [7:0] a_arlen_i,
  input wire logic a_rready_i,
  input wire logic b_arvalid_i,
  input wire logic [AddrWidth-1:0] b_araddr_i,
  input wire logic [7:0] b_arlen_i,
  input wire logic b_rready_i,
  input wire logic arready_i,
  input wire logic rvalid_i,
  input wire logic rid_i
);

  logic a_arready, b_arready, a_rvalid, b_rvalid, arvalid, arid, rready;
  logic [AddrWidth-1:0] araddr;
  logic [7:0] arlen;
  axi_read_join #(
    .AddrWidth(AddrWidth)
  ) u_dut (
    .clk_i,
    .rst_i,
    .a_arvalid_i,
    .a_arready_o(a_arready),
    .a_araddr_i,
    .a_arlen_i,
    .a_rvalid_o(a_rvalid),
    .a_rready_i,
    .b_arvalid_i,
    .b_arready_o(b_arready),
    .b_araddr_i,
    .b_arlen_i,
    .b_rvalid_o(b_rvalid),
    .b_rready_i,
    .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready_i),
    .m_axi_arid_o(arid),
    .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen),
    .m_axi_rvalid_i(rvalid_i),
    .m_axi_rready_o(rready),
    .m_axi_rid_i(rid_i)
  );

  logic begun_q = 1'b0, a_waits_q, b_waits_q, waits_q;
  logic [AddrWidth+8:0] request_q;
  logic [AddrWidth+7:0] a_request_q, b_request_q;
  // Requests of the second master that go before a waiting one of the first.
  logic [1:0] before_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    a_waits_q <= !rst_i && a_arvalid_i && !a_arready;
    b_waits_q <= !rst_i && b_arvalid_i && !b_arready;
    waits_q <= !rst_i && arvalid && !arready_i;
    request_q <= {arid, araddr, arlen};
    a_request_q <= {a_araddr_i, a_arlen_i};
    b_request_q <= {b_araddr_i, b_arlen_i};
    // The first master's request that is offered first goes before one of the second.
    before_q <= (rst_i || !b_arvalid_i) ? '0 : before_q + 2'(a_arvalid_i && a_arready);
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (begun_q && a_waits_q) m_a_stays : assume (a_arvalid_i && {a_araddr_i, a_arlen_i} == a_request_q);
    if (begun_q && b_waits_q) m_b_stays : assume (b_arvalid_i && {b_araddr_i, b_arlen_i} == b_request_q);
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_someone : assert (arvalid == (a_arvalid_i || b_arvalid_i));
      if (arvalid) begin
        a_own : assert ({araddr, arlen} == (arid ? {b_araddr_i, b_arlen_i} : {a_araddr_i, a_arlen_i}));
        a_asked : assert (arid ? b_arvalid_i : a_arvalid_i);
      end
      if (waits_q) a_stays : assert (arvalid && {arid, araddr, arlen} == request_q);
      a_once : assert ((a_arvalid_i && a_arready) == (arvalid && arready_i && !arid));
      b_once : assert ((b_arvalid_i && b_arready) == (arvalid && arready_i && arid));
      a_beats : assert (a_rvalid == (rvalid_i && !rid_i) && b_rvalid == (rvalid_i && rid_i));
      a_ready : assert (rready == (rid_i ? b_rready_i : a_rready_i));
      // At most the one that is offered goes before the second master.
      a_second_first : assert (before_q <= 2'd1);
      c_both : cover (a_waits_q && b_waits_q && arid && arready_i);
      c_first_kept : cover (waits_q && !arid && b_waits_q && arready_i);
    end
  end

endmodule

`default_nettype wire
