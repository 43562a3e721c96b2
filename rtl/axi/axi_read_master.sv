`default_nettype none

/// AXI4 read master: commands (byte address, length) in, a stream of beats out.
///
/// Contract: a command of `cmd_bytes_i` bytes gives the beats that contain them, in order; the byte at address `a` is in
/// byte lane `a mod (DataWidth / 8)` of its beat. `out_last_o` is with the last beat of a command. A command of 0 bytes
/// is taken, reads nothing and gives no beat. Addresses are modulo 2^AddrWidth. A command may change until it is taken.
/// An error response ends its command: no further burst of it is asked for, what is under way is dropped, and one beat
/// with `out_last_o` and the response (2: SLVERR, 3: DECERR) ends it. Beats before it are good. The next command is not
/// affected.
/// Bursts are INCR of whole beats, at most `MaxBurst`, never across a multiple of `MaxBurst` beats nor of `PageBytes`.
/// A burst is asked for only while the buffer has room for one of `MaxBurst` beats, so `m_axi_rready_o` waits for no
/// reader. All bursts have the same ID, so the memory answers them in order (docs/external-memory.md).
/// A reset while bursts are under way must also reset what is behind the bus.
/// Throughput: one beat per cycle for bursts of at least two beats; a burst every other cycle.
module axi_read_master #(
  /// Bits of a byte address.
  parameter int unsigned AddrWidth = 40,
  /// Bits of a beat: 8 to 1024, a power of two.
  parameter int unsigned DataWidth = 128,
  /// Bits of a command's length in bytes.
  parameter int unsigned LengthWidth = 32,
  /// Beats of a burst at most: 1 to 256, a power of two.
  parameter int unsigned MaxBurst = 16,
  /// Bursts under way at most, at least 2.
  parameter int unsigned Outstanding = 8,
  /// Beats of the buffer; those that are asked for have their place in it.
  parameter int unsigned BufferBeats = 128,
  /// Bits of an ID.
  parameter int unsigned IdWidth = 1,
  /// Bytes whose multiples no burst crosses: 4096 of AXI4.
  parameter int unsigned PageBytes = 4096,
  /// Bits of the counters.
  parameter int unsigned CountWidth = 48
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// Commands.
  input  wire logic                   cmd_valid_i,
  output      logic                   cmd_ready_o,
  input  wire logic [AddrWidth-1:0]   cmd_addr_i,
  input  wire logic [LengthWidth-1:0] cmd_bytes_i,
  /// Beats.
  output      logic                   out_valid_o,
  input  wire logic                   out_ready_i,
  output      logic [DataWidth-1:0]   out_data_o,
  output      logic                   out_last_o,
  output      logic [1:0]             out_resp_o,
  /// A command is not at its end on the bus.
  output      logic                   busy_o,
  /// Bytes that came over the bus, and cycles in which the reader was ready and waited for the memory.
  input  wire logic                   clear_i,
  output      logic [CountWidth-1:0]  bytes_o,
  output      logic [CountWidth-1:0]  waited_o,
  /// AXI4, read channels.
  output      logic                   m_axi_arvalid_o,
  input  wire logic                   m_axi_arready_i,
  output      logic [IdWidth-1:0]     m_axi_arid_o,
  output      logic [AddrWidth-1:0]   m_axi_araddr_o,
  output      logic [7:0]             m_axi_arlen_o,
  output      logic [2:0]             m_axi_arsize_o,
  output      logic [1:0]             m_axi_arburst_o,
  output      logic                   m_axi_arlock_o,
  output      logic [3:0]             m_axi_arcache_o,
  output      logic [2:0]             m_axi_arprot_o,
  output      logic [3:0]             m_axi_arqos_o,
  input  wire logic                   m_axi_rvalid_i,
  output      logic                   m_axi_rready_o,
  input  wire logic [IdWidth-1:0]     m_axi_rid_i,
  input  wire logic [DataWidth-1:0]   m_axi_rdata_i,
  input  wire logic [1:0]             m_axi_rresp_i,
  input  wire logic                   m_axi_rlast_i
);

  localparam int unsigned BeatBytes = DataWidth / 8;
  localparam int unsigned ByteBits = $clog2(BeatBytes);
  localparam int unsigned PageBeats = PageBytes / BeatBytes;
  // Beats of the longest burst; no burst crosses a multiple of them.
  localparam int unsigned Window = (MaxBurst < PageBeats) ? MaxBurst : PageBeats;
  localparam int unsigned WindowBits = $clog2(Window);
  localparam int unsigned BurstBits = WindowBits + 1;
  localparam int unsigned BeatAddrWidth = AddrWidth - ByteBits;
  // Beats of a command: one more than its bytes have, as it may begin and end within a beat.
  localparam int unsigned SumWidth = ((LengthWidth > ByteBits) ? LengthWidth : ByteBits + 1) + 1;
  localparam int unsigned LeftWidth = SumWidth - ByteBits;
  localparam int unsigned CompareWidth = (LeftWidth > BurstBits) ? LeftWidth : BurstBits;
  localparam int unsigned FreeWidth = $clog2(BufferBeats + 1);
  localparam int unsigned BehindWidth = $clog2(Outstanding + 2);

  if (DataWidth < 8 || DataWidth > 1024 || 2 ** $clog2(DataWidth) != DataWidth ||
      MaxBurst < 1 || MaxBurst > 256 || 2 ** $clog2(MaxBurst) != MaxBurst ||
      2 ** $clog2(PageBytes) != PageBytes || PageBytes < BeatBytes || Outstanding < 2 ||
      BufferBeats < Window || BufferBeats < 2 ||
      AddrWidth < ByteBits + WindowBits + 1) begin : gen_bad_parameters
    $error("axi_read_master: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- bursts
  // plan: the length of the next burst is computed. issue: it waits for room. end: a command ends early.
  typedef enum logic [1:0] {
    StIdle,
    StPlan,
    StIssue,
    StEnd
  } state_e;
  state_e state_q;

  logic [BeatAddrWidth-1:0] addr_q;
  logic [LeftWidth-1:0] left_q;
  logic [BurstBits-1:0] beats_q;
  logic final_q;
  // Commands whose bursts are all asked for, and that are not at their end.
  logic [BehindWidth-1:0] behind_q;
  logic [FreeWidth-1:0] free_q;
  logic ar_valid_q;
  logic [BeatAddrWidth-1:0] ar_addr_q;
  logic [BurstBits-1:0] ar_beats_q;

  // Beats up to the next multiple of the window, and of the command.
  logic [BurstBits-1:0] to_edge;
  logic fits;
  if (WindowBits > 0) begin : gen_edge
    assign to_edge = BurstBits'(Window) - BurstBits'(addr_q[WindowBits-1:0]);
  end else begin : gen_single
    assign to_edge = BurstBits'(1);
  end
  assign fits = CompareWidth'(left_q) <= CompareWidth'(to_edge);

  logic [SumWidth-1:0] cmd_sum;
  logic [LeftWidth-1:0] cmd_beats;
  if (ByteBits > 0) begin : gen_lanes
    assign cmd_sum = SumWidth'(cmd_addr_i[ByteBits-1:0]) + SumWidth'(cmd_bytes_i) +
        SumWidth'(BeatBytes - 1);
  end else begin : gen_bytes
    assign cmd_sum = SumWidth'(cmd_bytes_i);
  end
  assign cmd_beats = (cmd_bytes_i == '0) ? '0 : cmd_sum[SumWidth-1:ByteBits];
  if (ByteBits > 0) begin : gen_unused_sum
    logic unused_sum;
    assign unused_sum = ^cmd_sum[ByteBits-1:0];
  end

  logic issue, fail_end, abort, failed_q, entry_ready;
  assign cmd_ready_o = state_q == StIdle;
  assign abort = failed_q && behind_q == '0;
  assign issue = state_q == StIssue && !abort && (!ar_valid_q || m_axi_arready_i) && entry_ready &&
      free_q >= FreeWidth'(Window);
  assign fail_end = state_q == StEnd && entry_ready;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      ar_valid_q <= 1'b0;
    end else begin
      if (issue) ar_valid_q <= 1'b1;
      else if (m_axi_arready_i) ar_valid_q <= 1'b0;
      case (state_q)
        StIdle: if (cmd_valid_i && cmd_beats != '0) state_q <= StPlan;
        StPlan: state_q <= abort ? StEnd : StIssue;
        StIssue: begin
          if (abort) state_q <= StEnd;
          else if (issue) state_q <= final_q ? StIdle : StPlan;
        end
        default: if (entry_ready) state_q <= StIdle;
      endcase
    end
    if (state_q == StIdle) begin
      addr_q <= cmd_addr_i[AddrWidth-1:ByteBits];
      left_q <= cmd_beats;
    end else if (issue) begin
      addr_q <= addr_q + BeatAddrWidth'(beats_q);
      left_q <= left_q - LeftWidth'(beats_q);
    end
    if (state_q == StPlan) begin
      beats_q <= fits ? BurstBits'(left_q) : to_edge;
      final_q <= fits;
    end
    if (issue) begin
      ar_addr_q <= addr_q;
      ar_beats_q <= beats_q;
    end
  end

  assign m_axi_arvalid_o = ar_valid_q;
  assign m_axi_arid_o = '0;
  assign m_axi_araddr_o = AddrWidth'(ar_addr_q) << ByteBits;
  assign m_axi_arlen_o = 8'(ar_beats_q - BurstBits'(1));
  assign m_axi_arsize_o = 3'(ByteBits);
  assign m_axi_arburst_o = 2'b01;
  assign m_axi_arlock_o = 1'b0;
  // Normal memory, neither cached nor buffered beyond the bus; data, secure, unprivileged.
  assign m_axi_arcache_o = 4'b0011;
  assign m_axi_arprot_o = 3'b000;
  assign m_axi_arqos_o = 4'b0000;

  // ---------------------------------------------------------------------------- what is under way
  // An entry for each burst, in order, and one for the early end of a command, which has no beats.
  logic head_valid, head_end, head_final, entry_pop;
  logic [BurstBits-1:0] head_beats;
  stream_fifo #(
    .Width(BurstBits + 2),
    .Depth(Outstanding)
  ) u_entries (
    .clk_i,
    .rst_i,
    .in_valid_i(issue || fail_end),
    .in_ready_o(entry_ready),
    .in_data_i({fail_end, final_q, beats_q}),
    .out_valid_o(head_valid),
    .out_ready_i(entry_pop),
    .out_data_o({head_end, head_final, head_beats})
  );

  // ---------------------------------------------------------------------------- beats
  logic [BurstBits-1:0] taken_q;
  logic [1:0] resp_q, resp;
  logic take, take_last, bad, complete, forward;
  assign m_axi_rready_o = head_valid && !head_end;
  assign take = m_axi_rvalid_i && m_axi_rready_o;
  assign take_last = take && taken_q == head_beats - BurstBits'(1);
  assign entry_pop = take_last || head_end;
  assign complete = head_valid && (head_end || (take_last && head_final));
  assign bad = failed_q || (take && m_axi_rresp_i[1]);
  // The response of a command that has failed is that of its first error.
  assign resp = failed_q ? resp_q : {bad, bad && m_axi_rresp_i[0]};
  // The beat with the first error leaves its place in the buffer to the one that ends the command.
  assign forward = bad ? complete : take;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      taken_q <= '0;
      failed_q <= 1'b0;
      behind_q <= '0;
    end else begin
      if (take_last) taken_q <= '0;
      else if (take) taken_q <= taken_q + BurstBits'(1);
      failed_q <= bad && !complete;
      behind_q <= behind_q + BehindWidth'((issue && final_q) || fail_end) - BehindWidth'(complete);
    end
    if (!failed_q) resp_q <= resp;
  end
  assign busy_o = state_q != StIdle || behind_q != '0;

  // ---------------------------------------------------------------------------- buffer
  logic buffer_ready;
  if (BufferBeats > 64) begin : gen_block
    ram_fifo #(
      .Width(DataWidth + 3),
      .Depth(BufferBeats)
    ) u_buffer (
      .clk_i,
      .rst_i,
      .in_valid_i(forward),
      .in_ready_o(buffer_ready),
      .in_data_i({resp, complete, m_axi_rdata_i}),
      .out_valid_o,
      .out_ready_i,
      .out_data_o({out_resp_o, out_last_o, out_data_o})
    );
  end else begin : gen_tables
    stream_fifo #(
      .Width(DataWidth + 3),
      .Depth(BufferBeats)
    ) u_buffer (
      .clk_i,
      .rst_i,
      .in_valid_i(forward),
      .in_ready_o(buffer_ready),
      .in_data_i({resp, complete, m_axi_rdata_i}),
      .out_valid_o,
      .out_ready_i,
      .out_data_o({out_resp_o, out_last_o, out_data_o})
    );
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      free_q <= FreeWidth'(BufferBeats);
    end else begin
      free_q <= free_q - (issue ? FreeWidth'(beats_q) : '0) +
                FreeWidth'(out_valid_o && out_ready_i) + FreeWidth'(take && failed_q);
    end
  end

  // ---------------------------------------------------------------------------- counters
  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      bytes_o <= '0;
      waited_o <= '0;
    end else begin
      bytes_o <= bytes_o + (take ? CountWidth'(BeatBytes) : '0);
      waited_o <= waited_o + CountWidth'(busy_o && out_ready_i && !out_valid_o);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_room : assert (!forward || buffer_ready);
      a_free : assert (int'(free_q) <= int'(BufferBeats));
      a_last : assert (!take || m_axi_rlast_i == take_last);
      a_id : assert (!take || m_axi_rid_i == '0);
      a_end_after_error : assert (!(head_valid && head_end) || failed_q);
    end
  end
`else
  logic unused_in;
  assign unused_in = buffer_ready ^ m_axi_rlast_i ^ (^m_axi_rid_i);
`endif

endmodule

`default_nettype wire
