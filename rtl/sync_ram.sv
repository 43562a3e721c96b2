`default_nettype none

/// Memory with one synchronous read port and one write port on one clock, inferable as block RAM.
///
/// Contract: `read_data_o` changes only in a cycle after `read_enable_i`. Do not use what is read of a word in
/// the cycle in which it is written: block memories differ in it, and a defined result would take comparators
/// and multiplexers. In simulation it is neither the old word nor the new one. Contents are unknown until
/// written; there is no reset.
/// Latency: 1 cycle.
module sync_ram #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  /// Read port.
  input  wire logic                 read_enable_i,
  input  wire logic [AddrWidth-1:0] read_addr_i,
  output      logic [Width-1:0]     read_data_o,
  /// Write port.
  input  wire logic                 write_enable_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [Width-1:0]     write_data_i
);

  (* no_rw_check *) logic [Width-1:0] words_q[Depth];
  logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
  assign word = words_q[read_addr_i];
`else
  logic collides;
  assign collides = write_enable_i && write_addr_i == read_addr_i;
`ifdef FORMAL
  (* anyseq *) logic [Width-1:0] other;
  assign word = collides ? other : words_q[read_addr_i];
`else
  assign word = collides ? ~words_q[read_addr_i] : words_q[read_addr_i];
`endif
`endif

  always_ff @(posedge clk_i) begin
    if (write_enable_i) words_q[write_addr_i] <= write_data_i;
    if (read_enable_i) read_data_q <= word;
  end

  assign read_data_o = read_data_q;

endmodule

`default_nettype wire
