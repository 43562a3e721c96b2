`default_nettype none

/// Properties of the AXI4-Lite slave, for any master that holds its requests until they are taken.
///
/// A response comes only after its request, each request gets one, and they stay while they are not
/// taken. One read and one write, chosen freely, are followed to their responses. Reset may come at
/// any time.
module axi_lite_regs_props #(
  parameter int unsigned Stages = 1,
  parameter int unsigned AddrWidth = 7,
  parameter int unsigned MarginWidth = 8,
  parameter int unsigned CountWidth = 2
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic awvalid_i,
  input wire logic [AddrWidth-1:0] awaddr_i,
  input wire logic wvalid_i,
  input wire logic [31:0] wdata_i,
  input wire logic [3:0] wstrb_i,
  input wire logic bready_i,
  input wire logic arvalid_i,
  input wire logic [AddrWidth-1:0] araddr_i,
  input wire logic rready_i,
  input wire logic begin_i,
  input wire logic done_i,
  input wire logic [3:0] streams_i,
  input wire logic [1:0] frames_i,
  input wire logic [CountWidth*Stages-1:0] spikes_i,
  input wire logic [CountWidth*Stages-1:0] work_i,
  input wire logic draining_i,
  /// Which read and which write are followed.
  input wire logic mark_read_i,
  input wire logic mark_write_i
);

  logic awready, wready, bvalid, arready, rvalid, enable, busy;
  logic [1:0] bresp, rresp;
  logic [31:0] rdata;
  logic [15:0] t_max, hold;
  logic [MarginWidth-1:0] margin;

  axi_lite_regs #(
    .Stages(Stages),
    .AddrWidth(AddrWidth),
    .MarginWidth(MarginWidth),
    .CountWidth(CountWidth)
  ) u_dut (
    .clk_i,
    .rst_i,
    .s_axi_awvalid_i(awvalid_i),
    .s_axi_awready_o(awready),
    .s_axi_awaddr_i(awaddr_i),
    .s_axi_wvalid_i(wvalid_i),
    .s_axi_wready_o(wready),
    .s_axi_wdata_i(wdata_i),
    .s_axi_wstrb_i(wstrb_i),
    .s_axi_bvalid_o(bvalid),
    .s_axi_bready_i(bready_i),
    .s_axi_bresp_o(bresp),
    .s_axi_arvalid_i(arvalid_i),
    .s_axi_arready_o(arready),
    .s_axi_araddr_i(araddr_i),
    .s_axi_rvalid_o(rvalid),
    .s_axi_rready_i(rready_i),
    .s_axi_rdata_o(rdata),
    .s_axi_rresp_o(rresp),
    .begin_i,
    .done_i,
    .short_frame_i(frames_i[0]),
    .long_frame_i(frames_i[1]),
    .in_valid_i(streams_i[0]),
    .in_ready_i(streams_i[1]),
    .out_valid_i(streams_i[2]),
    .out_ready_i(streams_i[3]),
    .spikes_i,
    .work_i,
    .t_max_o(t_max),
    .margin_o(margin),
    .patience_o(hold),
    .draining_i,
    .enable_o(enable),
    .busy_o(busy)
  );

  logic aw, w, b, ar, r;
  assign aw = awvalid_i && awready;
  assign w = wvalid_i && wready;
  assign b = bvalid && bready_i;
  assign ar = arvalid_i && arready;
  assign r = rvalid && rready_i;

  // ---------------------------------------------------------------------------- the master
  logic begun_q = 1'b0;
  logic aw_stalled_q, w_stalled_q, ar_stalled_q, b_stalled_q, r_stalled_q;
  logic [AddrWidth-1:0] awaddr_q, araddr_q;
  logic [35:0] w_q;
  logic [33:0] r_q;
  logic [1:0] b_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    aw_stalled_q <= !rst_i && awvalid_i && !awready;
    w_stalled_q <= !rst_i && wvalid_i && !wready;
    ar_stalled_q <= !rst_i && arvalid_i && !arready;
    b_stalled_q <= !rst_i && bvalid && !bready_i;
    r_stalled_q <= !rst_i && rvalid && !rready_i;
    awaddr_q <= awaddr_i;
    araddr_q <= araddr_i;
    w_q <= {wdata_i, wstrb_i};
    b_q <= bresp;
    r_q <= {rdata, rresp};
  end
  always_comb begin
    if (!begun_q) begin
      m_begins_with_reset : assume (rst_i);
    end else if (!rst_i) begin
      if (aw_stalled_q) m_aw_stays : assume (awvalid_i && awaddr_i == awaddr_q);
      if (w_stalled_q) m_w_stays : assume (wvalid_i && {wdata_i, wstrb_i} == w_q);
      if (ar_stalled_q) m_ar_stays : assume (arvalid_i && araddr_i == araddr_q);
      // The core begins samples only when it may, and ends those that are inside.
      m_begin : assume (!begin_i || enable);
      m_done : assume (!done_i || busy);
    end
  end

  // ---------------------------------------------------------------------------- requests without response
  logic [1:0] aw_open_q, w_open_q, ar_open_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aw_open_q <= '0;
      w_open_q <= '0;
      ar_open_q <= '0;
    end else begin
      aw_open_q <= aw_open_q + 2'(aw) - 2'(b);
      w_open_q <= w_open_q + 2'(w) - 2'(b);
      ar_open_q <= ar_open_q + 2'(ar) - 2'(r);
    end
  end

  // Cycles that a request has been without its response or without being taken, the master being ready.
  // A read of a counter waits for its turn.
  localparam int unsigned Turns = 5 + 2 * Stages;
  logic [2:0] b_wait_q, aw_wait_q, w_wait_q;
  logic [4:0] r_wait_q, ar_wait_q;
  always_ff @(posedge clk_i) begin
    b_wait_q <= (rst_i || bvalid || aw_open_q == '0 || w_open_q == '0) ? '0 : b_wait_q + 3'd1;
    r_wait_q <= (rst_i || rvalid || ar_open_q == '0) ? '0 : r_wait_q + 5'd1;
    aw_wait_q <= (rst_i || awready || !bready_i || w_open_q == '0) ? '0 : aw_wait_q + 3'd1;
    w_wait_q <= (rst_i || wready || !bready_i || aw_open_q == '0) ? '0 : w_wait_q + 3'd1;
    ar_wait_q <= (rst_i || arready || !rready_i) ? '0 : ar_wait_q + 5'd1;
  end

  // ---------------------------------------------------------------------------- one read, one write
  // Of the read that is followed: how many are answered before it, and its address.
  logic read_q, write_q;
  logic [1:0] read_before_q, write_before_q;
  logic [AddrWidth-3:0] read_index_q, write_index_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      read_q <= 1'b0;
      write_q <= 1'b0;
    end else begin
      if (ar && mark_read_i && !read_q) begin
        read_q <= 1'b1;
        read_before_q <= ar_open_q - 2'(r);
        read_index_q <= araddr_i[AddrWidth-1:2];
      end else if (read_q && r) begin
        read_before_q <= read_before_q - 2'd1;
        if (read_before_q == '0) read_q <= 1'b0;
      end
      if (aw && mark_write_i && !write_q) begin
        write_q <= 1'b1;
        write_before_q <= aw_open_q - 2'(b);
        write_index_q <= awaddr_i[AddrWidth-1:2];
      end else if (write_q && b) begin
        write_before_q <= write_before_q - 2'd1;
        if (write_before_q == '0) write_q <= 1'b0;
      end
    end
  end
  // The map, as the module's table has it.
  function automatic logic mapped(input logic [AddrWidth-3:0] index);
    mapped = index <= (AddrWidth - 2)'('h38 / 4) ||
        (index >= (AddrWidth - 2)'('h40 / 4) && 32'(index) < 'h40 / 4 + 4 * Stages);
  endfunction
  logic write_word, write_margin;
  assign write_word = 32'(write_index_q) == 'h08 / 4 || 32'(write_index_q) == 'h0C / 4 ||
      32'(write_index_q) == 'h10 / 4 || 32'(write_index_q) == 'h38 / 4;
  assign write_margin = 32'(write_index_q) == 'h30 / 4 || 32'(write_index_q) == 'h34 / 4;

  // ---------------------------------------------------------------------------- T_max
  // What the writes that have been answered make of it; the last address and data that were taken.
  logic [AddrWidth-3:0] aw_index_q;
  logic [31:0] wdata_q;
  logic [3:0] wstrb_q;
  logic [15:0] word_q;
  logic known_q, answered_q;
  always_ff @(posedge clk_i) begin
    if (aw) aw_index_q <= awaddr_i[AddrWidth-1:2];
    if (w) {wdata_q, wstrb_q} <= {wdata_i, wstrb_i};
    answered_q <= !rst_i && bvalid && !b;
    if (rst_i) begin
      word_q <= '0;
    end else if (bvalid && !answered_q && 32'(last_index) == 'h10 / 4) begin
      if (last_strb[0]) word_q[7:0] <= last_data[7:0];
      if (last_strb[1]) word_q[15:8] <= last_data[15:8];
    end
    // A read whose time lies between writes: none is open from its address to its data.
    if (rst_i) known_q <= 1'b0;
    else if (ar && ar_open_q == '0) known_q <= aw_open_q == '0 && w_open_q == '0 && !aw && !w;
    else if (aw || w) known_q <= 1'b0;
  end
  // The write that is answered first: with one more behind it, its address and data are older.
  logic [AddrWidth-3:0] old_index_q, last_index;
  logic [31:0] old_data_q, last_data;
  logic [3:0] old_strb_q, last_strb;
  always_ff @(posedge clk_i) begin
    if (aw) old_index_q <= aw_index_q;
    if (w) {old_data_q, old_strb_q} <= {wdata_q, wstrb_q};
  end
  assign last_index = (aw_open_q == 2'd2) ? old_index_q : aw_index_q;
  assign {last_data, last_strb} = (w_open_q == 2'd2) ? {old_data_q, old_strb_q} : {wdata_q, wstrb_q};

  logic changes_q, may_change_q, reset_q;
  logic [15:0] t_max_q, patience_q;
  logic [MarginWidth-1:0] margin_q;
  always_ff @(posedge clk_i) begin
    changes_q <= !rst_i;
    reset_q <= rst_i;
    may_change_q <= !busy && !draining_i && !enable;
    t_max_q <= t_max;
    patience_q <= hold;
    margin_q <= margin;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_b_after_aw : assert (!bvalid || aw_open_q != '0);
      a_b_after_w : assert (!bvalid || w_open_q != '0);
      a_r_after_ar : assert (!rvalid || ar_open_q != '0);
      a_open : assert (aw_open_q != 2'd3 && w_open_q != 2'd3 && ar_open_q != 2'd3);
      if (b_stalled_q) a_b_stays : assert (bvalid && bresp == b_q);
      if (r_stalled_q) a_r_stays : assert (rvalid && {rdata, rresp} == r_q);
      // Bounds: a response 2 cycles after the request is complete, room for the next 2 cycles later; where
      // a counter is read, its turn and 6 cycles.
      a_b_comes : assert (b_wait_q <= 3'd1);
      a_r_comes : assert (r_wait_q <= 5'(Turns + 6));
      a_aw_taken : assert (aw_wait_q <= 3'd2);
      a_w_taken : assert (w_wait_q <= 3'd2);
      a_ar_taken : assert (ar_wait_q <= 5'(Turns + 6));
      if (read_q && read_before_q == '0 && rvalid) begin
        a_r_resp : assert (rresp == (mapped(read_index_q) ? 2'b00 : 2'b11));
        a_identity : assert (read_index_q != '0 || rdata == 32'h534E_4E31);
        a_version : assert (32'(read_index_q) != 'h04 / 4 || rdata == 32'd1);
        a_stages : assert (32'(read_index_q) != 'h1C / 4 || rdata == 32'(Stages));
        a_unmapped : assert (mapped(read_index_q) || rdata == '0);
        if (known_q && ar_open_q == 2'd1 && 32'(read_index_q) == 'h10 / 4) begin
          a_t_max_read : assert (rdata == {16'd0, word_q});
        end
      end
      if (write_q && write_before_q == '0 && bvalid) begin
        if (!mapped(write_index_q)) a_b_unmapped : assert (bresp == 2'b11);
        else if (write_word) a_b_okay : assert (bresp == 2'b00);
        else if (write_margin) a_b_margin : assert (bresp == 2'b00 || bresp == 2'b10);
        else a_b_read_only : assert (bresp == 2'b10);
      end
      if (changes_q) begin
        a_rules_change_outside :
        assert (may_change_q || (t_max == t_max_q && hold == patience_q && margin == margin_q));
      end
      if (reset_q) begin
        a_after_reset :
        assert (enable && !busy && !bvalid && !rvalid && {t_max, hold, margin} == '0);
      end
      c_write : cover (b && write_q && bresp == 2'b00 && write_before_q == 2'd1);
      c_read : cover (r && read_q && read_before_q == 2'd1);
      c_t_max : cover (known_q && rvalid && 32'(read_index_q) == 'h10 / 4 && read_q && word_q == 16'd5);
      c_limit : cover (changes_q && t_max != t_max_q);
    end
  end

endmodule

`default_nettype wire
