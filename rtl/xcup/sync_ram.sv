`default_nettype none

/// Memory with one synchronous read port and one write port on one clock: UltraRAM if it fills at least a quarter of
/// it, block RAM otherwise. Replaces `rtl/sync_ram.sv` in builds with `ultra_ram`.
///
/// Contract: that of `rtl/sync_ram.sv`. UltraRAM has 4,096 words of 72 bits and no start values, which the contract does
/// not ask for.
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

  localparam int unsigned UltraWidth = 72;
  localparam int unsigned UltraDepth = 4096;
  localparam int unsigned Ultras =
      ((Width + UltraWidth - 1) / UltraWidth) * ((Depth + UltraDepth - 1) / UltraDepth);
  // The cost model has the same rule (`src/streaming/schedule/cost/memory.rs`, `ultra`). An attribute is a literal: the memory
  // stands here once with it and once without.
  localparam bit Large = Width * Depth >= Ultras * (UltraWidth * UltraDepth / 4);

  if (Large) begin : gen_ultra
    (* ram_style = "ultra", no_rw_check *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
    assign word = words_q[read_addr_i];
`else
    assign word = (write_enable_i && write_addr_i == read_addr_i) ?
        ~words_q[read_addr_i] : words_q[read_addr_i];
`endif

    always_ff @(posedge clk_i) begin
      if (write_enable_i) words_q[write_addr_i] <= write_data_i;
      if (read_enable_i) read_data_q <= word;
    end

    assign read_data_o = read_data_q;
  end else begin : gen_block
    (* no_rw_check *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
    assign word = words_q[read_addr_i];
`else
    assign word = (write_enable_i && write_addr_i == read_addr_i) ?
        ~words_q[read_addr_i] : words_q[read_addr_i];
`endif

    always_ff @(posedge clk_i) begin
      if (write_enable_i) words_q[write_addr_i] <= write_data_i;
      if (read_enable_i) read_data_q <= word;
    end

    assign read_data_o = read_data_q;
  end

endmodule

`default_nettype wire
