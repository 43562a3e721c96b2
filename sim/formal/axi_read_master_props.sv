`default_nettype none

/// Properties of the AXI4 read master, for any commands, any reader and any memory that answers in order.
///
/// The memory of the properties answers with the address of a beat as its data, so order and completeness of what comes
/// out are compared with the command. `Fair`: memory and reader pause at most 2 cycles at a time; then something always
/// happens within a bound.
module axi_read_master_props #(
  parameter int unsigned AddrWidth = 5,
  parameter int unsigned DataWidth = 8,
  parameter int unsigned LengthWidth = 3,
  parameter int unsigned MaxBurst = 2,
  parameter int unsigned Outstanding = 2,
  parameter int unsigned BufferBeats = 3,
  parameter int unsigned PageBytes = 4,
  /// Memory and reader do not pause for long.
  parameter bit Fair = 1'b0,
  /// The contents of beats are compared.
  parameter bit Contents = 1'b1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic cmd_valid_i,
  input wire logic [AddrWidth-1:0] cmd_addr_i,
  input wire logic [LengthWidth-1:0] cmd_bytes_i,
  input wire logic out_ready_i,
  input wire logic arready_i,
  input wire logic rvalid_i,
  input wire logic [1:0] rresp_i
);

  localparam int unsigned BeatBytes = DataWidth / 8;
  localparam int unsigned ByteBits = $clog2(BeatBytes);
  localparam int unsigned BeatWidth = AddrWidth - ByteBits;
  localparam int unsigned LeftWidth = LengthWidth + 1;
  localparam int unsigned PageBeats = PageBytes / BeatBytes;
  localparam int unsigned PageBits = $clog2(PageBytes);
  // Commands that may be inside: one for each burst, one whose bursts are asked for, and those in the buffer.
  localparam int unsigned Queue = Outstanding + BufferBeats + 2;
  localparam int unsigned Index = $clog2(Queue + 1);
  // Cycles without any event, if nobody pauses for long.
  localparam int unsigned Bound = 8;

  logic cmd_ready, out_valid, out_last, busy, arvalid, rready, arid, arlock;
  logic [DataWidth-1:0] out_data, rdata;
  logic [1:0] out_resp, arburst;
  logic [AddrWidth-1:0] araddr;
  logic [7:0] arlen;
  logic [2:0] arsize, arprot;
  logic [3:0] arcache, arqos, bytes, waited;
  logic rlast;
  axi_read_master #(
    .AddrWidth(AddrWidth),
    .DataWidth(DataWidth),
    .LengthWidth(LengthWidth),
    .MaxBurst(MaxBurst),
    .Outstanding(Outstanding),
    .BufferBeats(BufferBeats),
    .PageBytes(PageBytes),
    .CountWidth(4)
  ) u_dut (
    .clk_i,
    .rst_i,
    .cmd_valid_i,
    .cmd_ready_o(cmd_ready),
    .cmd_addr_i,
    .cmd_bytes_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_data_o(out_data),
    .out_last_o(out_last),
    .out_resp_o(out_resp),
    .busy_o(busy),
    .clear_i(1'b0),
    .bytes_o(bytes),
    .waited_o(waited),
    .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready_i),
    .m_axi_arid_o(arid),
    .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen),
    .m_axi_arsize_o(arsize),
    .m_axi_arburst_o(arburst),
    .m_axi_arlock_o(arlock),
    .m_axi_arcache_o(arcache),
    .m_axi_arprot_o(arprot),
    .m_axi_arqos_o(arqos),
    .m_axi_rvalid_i(rvalid_i),
    .m_axi_rready_o(rready),
    .m_axi_rid_i(1'b0),
    .m_axi_rdata_i(rdata),
    .m_axi_rresp_i(rresp_i),
    .m_axi_rlast_i(rlast)
  );

  logic cmd, ar, r, out;
  assign cmd = cmd_valid_i && cmd_ready;
  assign ar = arvalid && arready_i;
  assign r = rvalid_i && rready;
  assign out = out_valid && out_ready_i;

  logic begun_q = 1'b0;
  logic ar_stalled_q, r_stalled_q, out_stalled_q;
  logic [AddrWidth-1:0] araddr_q;
  logic [7:0] arlen_q;
  logic [1:0] rresp_q;
  logic [DataWidth+2:0] out_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    ar_stalled_q <= !rst_i && arvalid && !arready_i;
    r_stalled_q <= !rst_i && rvalid_i && !rready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    araddr_q <= araddr;
    arlen_q <= arlen;
    rresp_q <= rresp_i;
    out_q <= {out_data, out_last, out_resp};
  end

  // ---------------------------------------------------------------------------- memory
  // Bursts whose request has been taken: first beat and beats, oldest first.
  localparam int unsigned OpenWidth = $clog2(Outstanding + 2);
  logic [BeatWidth-1:0] open_addr_q[Outstanding];
  logic [7:0] open_len_q[Outstanding];
  logic [OpenWidth-1:0] open_q;
  logic [7:0] beat_q;
  logic r_end;
  assign rlast = beat_q == open_len_q[0];
  assign rdata = DataWidth'(open_addr_q[0] + BeatWidth'(beat_q));
  assign r_end = r && rlast;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      open_q <= '0;
      beat_q <= '0;
    end else begin
      open_q <= open_q + OpenWidth'(ar) - OpenWidth'(r_end);
      if (r_end) beat_q <= '0;
      else if (r) beat_q <= beat_q + 8'd1;
    end
    for (int unsigned i = 0; i < Outstanding; i++) begin
      if (ar && 32'(open_q) - 32'(r_end) == i) begin
        open_addr_q[i] <= araddr[AddrWidth-1:ByteBits];
        open_len_q[i] <= arlen;
      end else if (r_end && i + 1 < Outstanding) begin
        open_addr_q[i] <= open_addr_q[i+1];
        open_len_q[i] <= open_len_q[i+1];
      end
    end
  end

  // ---------------------------------------------------------------------------- the command that is asked for
  logic [BeatWidth-1:0] ask_q;
  logic [LeftWidth-1:0] ask_left_q, cmd_beats;
  logic ar_seen_q, ar_new;
  assign ar_new = arvalid && !ar_seen_q;
  assign cmd_beats = (cmd_bytes_i == '0) ? '0 :
      LeftWidth'((32'(cmd_addr_i) % BeatBytes + 32'(cmd_bytes_i) + BeatBytes - 1) / BeatBytes);
  always_ff @(posedge clk_i) begin
    ar_seen_q <= !rst_i && arvalid && !arready_i;
    if (cmd) ask_q <= cmd_addr_i[AddrWidth-1:ByteBits];
    else if (ar_new) ask_q <= ask_q + BeatWidth'(arlen) + BeatWidth'(1);
    if (rst_i) ask_left_q <= '0;
    else if (cmd) ask_left_q <= cmd_beats;
    else if (ar_new) ask_left_q <= ask_left_q - LeftWidth'(arlen) - LeftWidth'(1);
  end

  // ---------------------------------------------------------------------------- what comes out
  // Commands with beats that are not at their end at the reader: next beat, and beats left, oldest first.
  logic [BeatWidth-1:0] due_q[Queue];
  logic [LeftWidth-1:0] due_left_q[Queue];
  logic [Index-1:0] due_count_q;
  logic due_in, due_out;
  assign due_in = cmd && cmd_beats != '0;
  assign due_out = out && out_last;
  always_ff @(posedge clk_i) begin
    if (rst_i) due_count_q <= '0;
    else due_count_q <= due_count_q + Index'(due_in) - Index'(due_out);
    for (int unsigned i = 0; i < Queue; i++) begin
      if (due_in && 32'(due_count_q) - 32'(due_out) == i) begin
        due_q[i] <= cmd_addr_i[AddrWidth-1:ByteBits];
        due_left_q[i] <= cmd_beats;
      end else if (due_out && i + 1 < Queue) begin
        due_q[i] <= due_q[i+1];
        due_left_q[i] <= due_left_q[i+1];
      end else if (out && i == 0) begin
        due_q[i] <= due_q[i] + BeatWidth'(1);
        due_left_q[i] <= due_left_q[i] - LeftWidth'(1);
      end
    end
  end
  // An error response has come that is not out yet, or never was.
  logic erred_q, erred_ever_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      erred_q <= 1'b0;
      erred_ever_q <= 1'b0;
    end else begin
      if (r && rresp_i[1]) erred_q <= 1'b1;
      if (r && rresp_i[1]) erred_ever_q <= 1'b1;
    end
  end

  // ---------------------------------------------------------------------------- fairness
  logic [1:0] ar_wait_q, r_wait_q, out_wait_q;
  logic [3:0] quiet_q;
  logic something;
  assign something = cmd || ar || r || out;
  always_ff @(posedge clk_i) begin
    ar_wait_q <= (rst_i || !arvalid || arready_i) ? '0 : ar_wait_q + 2'd1;
    r_wait_q <= (rst_i || open_q == '0 || rvalid_i) ? '0 : r_wait_q + 2'd1;
    out_wait_q <= (rst_i || !out_valid || out_ready_i) ? '0 : out_wait_q + 2'd1;
    quiet_q <= (rst_i || something || (due_count_q == '0 && !busy)) ? '0 : quiet_q + 4'd1;
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (begun_q && !rst_i) begin
      if (r_stalled_q) m_r_stays : assume (rvalid_i && rresp_i == rresp_q);
    end
    m_r_after_ar : assume (!rvalid_i || open_q != '0);
    if (Fair && begun_q && !rst_i) begin
      m_ar_taken : assume (ar_wait_q != 2'd2 || arready_i);
      m_r_comes : assume (r_wait_q != 2'd2 || rvalid_i);
      m_out_taken : assume (out_wait_q != 2'd2 || out_ready_i);
    end
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      // Requests.
      if (ar_stalled_q) a_ar_stays : assert (arvalid && araddr == araddr_q && arlen == arlen_q);
      a_kind : assert (arburst == 2'b01 && arsize == 3'(ByteBits) && arid == 1'b0);
      if (arvalid) begin
        a_whole_beats : assert (32'(araddr) % BeatBytes == 0);
        a_length : assert (32'(arlen) < MaxBurst);
        a_page : assert (32'(araddr[PageBits-1:0]) / BeatBytes + 32'(arlen) < PageBeats);
      end
      if (ar_new) begin
        a_commanded : assert (araddr[AddrWidth-1:ByteBits] == ask_q);
        a_not_beyond : assert (32'(arlen) < 32'(ask_left_q));
      end
      a_outstanding : assert (32'(open_q) + 32'(arvalid) <= Outstanding);
      // All of a command is asked for unless it fails.
      if (cmd_ready && !erred_ever_q) a_all_asked : assert (ask_left_q == LeftWidth'(ar_new ? arlen + 8'd1 : 8'd0));
      // R waits only for the end of a command that failed, one cycle.
      if (rvalid_i && !rready) a_r_waits : assert (erred_ever_q && !r_stalled_q);
      // Beats.
      if (out_stalled_q) begin
        a_out_stays : assert (out_valid && {out_data, out_last, out_resp} == out_q);
      end
      if (out_valid) begin
        a_due : assert (due_count_q != '0 && due_left_q[0] != '0);
        a_response : assert (out_resp != 2'b01 && (out_resp == 2'b00 || out_last));
        a_error : assert (out_resp == 2'b00 || erred_q);
        if (out_resp == 2'b00) begin
          a_last : assert (out_last == (due_left_q[0] == LeftWidth'(1)));
          if (Contents) a_data : assert (out_data == DataWidth'(due_q[0]));
        end
      end
      a_queue : assert (32'(due_count_q) <= Queue);
      if (Fair) a_goes_on : assert (32'(quiet_q) <= Bound);
      // What can happen.
      c_outstanding : cover (32'(open_q) == Outstanding);
      c_error_ends : cover (out && out_last && out_resp == 2'b11 && due_left_q[0] > LeftWidth'(1));
      c_error_then_good : cover (out && out_last && out_resp == 2'b00 && erred_ever_q);
      c_two_commands : cover (due_count_q == Index'(2) && out && out_last && out_resp == 2'b00);
      c_early_end : cover (rvalid_i && !rready);
      c_page : cover (ar && 32'(arlen) + 1 < MaxBurst && ask_left_q != '0 && !ar_new);
    end
  end

endmodule

`default_nettype wire
