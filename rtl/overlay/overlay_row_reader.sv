`default_nettype none

/// Commands for rows of tables, of a core that knows offsets only: nothing is read outside of the tables.
///
/// Contract: the tables are `bytes_i` bytes from `offset_i` behind `base_i` on; these numbers are stable while `busy_o`. While
/// `on_i` is high, commands for their bytes go to a read master, and the beats of these come back; `on_i` rises only with
/// `may_begin_i`, or is held back until then. A command that goes beyond the tables, and one that the memory answers with an
/// error, is a failure: `failed_o` is high from then on until `on_i` falls, `fails_o` for one cycle; what is under way is
/// dropped, and nothing is asked for. When `on_i` falls, what is under way is dropped, too.
/// A command and its numbers are stable until it is taken.
/// Throughput: a command every other cycle.
module overlay_row_reader #(
  /// Bits of a byte address.
  parameter int unsigned AddrWidth = 40,
  /// Commands under way at most.
  parameter int unsigned Commands = 8
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  input  wire logic                 on_i,
  input  wire logic                 may_begin_i,
  /// Tables.
  input  wire logic [AddrWidth-1:0] base_i,
  input  wire logic [31:0]          offset_i,
  input  wire logic [31:0]          bytes_i,
  /// Commands of the core.
  input  wire logic                 cmd_valid_i,
  output      logic                 cmd_ready_o,
  input  wire logic [31:0]          cmd_offset_i,
  input  wire logic [31:0]          cmd_bytes_i,
  /// Beats for the core: their data is that of the master.
  output      logic                 beat_valid_o,
  input  wire logic                 beat_ready_i,
  output      logic                 fails_o,
  output      logic                 failed_o,
  output      logic                 busy_o,
  /// Read master.
  output      logic                 m_cmd_valid_o,
  input  wire logic                 m_cmd_ready_i,
  output      logic [AddrWidth-1:0] m_cmd_addr_o,
  output      logic [31:0]          m_cmd_bytes_o,
  input  wire logic                 m_valid_i,
  output      logic                 m_ready_o,
  input  wire logic                 m_last_i,
  input  wire logic                 m_error_i
);

  localparam int unsigned CountWidth = $clog2(Commands + 1);

  logic on_q, failed_q, checked_q, inside_q, command, ends, bad, outside;
  logic [CountWidth-1:0] under_way_q;
  logic [AddrWidth-1:0] addr_q;
  assign command = m_cmd_valid_o && m_cmd_ready_i;
  assign m_cmd_valid_o = on_q && checked_q && inside_q && under_way_q != CountWidth'(Commands);
  assign m_cmd_addr_o = addr_q;
  assign m_cmd_bytes_o = cmd_bytes_i;
  assign cmd_ready_o = command;
  assign ends = m_valid_i && m_ready_o && m_last_i;
  assign bad = on_q && m_valid_i && m_error_i;
  assign outside = on_q && checked_q && !inside_q;
  assign fails_o = bad || outside;
  assign failed_o = failed_q;
  assign m_ready_o = beat_ready_i || !on_q || bad;
  assign beat_valid_o = on_q && m_valid_i && !m_error_i;
  assign busy_o = on_q || under_way_q != '0;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      on_q <= 1'b0;
      failed_q <= 1'b0;
      checked_q <= 1'b0;
      under_way_q <= '0;
    end else begin
      if (!on_i || fails_o) on_q <= 1'b0;
      else if (!busy_o && may_begin_i && !failed_q) on_q <= 1'b1;
      if (!on_i) failed_q <= 1'b0;
      else if (fails_o) failed_q <= 1'b1;
      checked_q <= on_q && cmd_valid_i && !command;
      under_way_q <= under_way_q + CountWidth'(command) - CountWidth'(ends);
    end
    inside_q <= cmd_bytes_i <= bytes_i && cmd_offset_i <= bytes_i - cmd_bytes_i;
    addr_q <= base_i + AddrWidth'(offset_i) + AddrWidth'(cmd_offset_i);
  end

endmodule

`default_nettype wire
