/// Memory with one synchronous read port and one write port on one clock, inferable as block RAM.
///
/// Contract: `read_data_o` changes only in a cycle after `read_enable_i`; a read of the word that
/// is written in the same cycle returns the old word (read first). Contents are unknown until
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
  input  logic                 clk_i,
  /// Read port.
  input  logic                 read_enable_i,
  input  logic [AddrWidth-1:0] read_addr_i,
  output logic [Width-1:0]     read_data_o,
  /// Write port.
  input  logic                 write_enable_i,
  input  logic [AddrWidth-1:0] write_addr_i,
  input  logic [Width-1:0]     write_data_i
);

  logic [Width-1:0] words_q[Depth];
  logic [Width-1:0] read_data_q;

  always_ff @(posedge clk_i) begin
    if (write_enable_i) words_q[write_addr_i] <= write_data_i;
    if (read_enable_i) read_data_q <= words_q[read_addr_i];
  end

  assign read_data_o = read_data_q;

endmodule
