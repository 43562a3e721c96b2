`default_nettype none

/// Memory of constants: an image that never changes, or words that are written when a model is loaded.
///
/// Contract: as `sync_rom`. With `Loadable`, contents are unknown until written, and the memory is not read while it is
/// written.
/// Latency: 1 cycle.
module overlay_rom #(
  /// Bits of a word, and words.
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  /// Words are written at run time; there is no image.
  parameter bit Loadable = 1'b0,
  /// With `Loadable`: in look-up tables.
  parameter bit Tables = 1'b0,
  /// In block memory, however few words there are.
  parameter bit AlwaysBlocks = 1'b0,
  /// Image for `$readmemh`; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [Width-1:0]     data_o,
  /// Write port, with `Loadable`.
  input  wire logic                 write_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [Width-1:0]     write_data_i
);

  // A look-up table with four inputs holds a quarter of one with six, and a tree of them is twice as deep: block memory
  // from a quarter of the bits on (rtl/sync_rom.sv).
`ifdef SNN2RTL_LUT4
  localparam int unsigned Blocks = (Width * ((Depth < 512) ? 512 : Depth) + 18431) / 18432;
  localparam int unsigned Style = (AlwaysBlocks || Width * Depth >= 1536 * Blocks) ? 1 : 0;
`else
  localparam int unsigned Style = AlwaysBlocks ? 1 : 0;
`endif

  // Blocks of a power of two of words need no multiplexer behind them. What is loaded keeps its size.
  localparam int unsigned All = 2 ** AddrWidth;
  localparam int unsigned Places =
      (!Loadable && Depth > 512 && (Depth <= 2048 || 4 * Depth > 3 * All)) ? All : Depth;

  if (!Loadable) begin : gen_rom
    sync_rom #(
      .Width(Width),
      .Depth(Depth),
      .Style(Style),
      .Places(Places),
      .File (File)
    ) u_rom (
      .clk_i,
      .enable_i,
      .addr_i,
      .data_o
    );
    logic unused_write;
    assign unused_write = write_i ^ (^write_addr_i) ^ (^write_data_i);
  end else if (Tables) begin : gen_tables
    (* no_rw_check, ram_style = "distributed" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] data_q;
    always_ff @(posedge clk_i) begin
      if (write_i) words_q[write_addr_i] <= write_data_i;
      if (enable_i) data_q <= words_q[addr_i];
    end
    assign data_o = data_q;
  end else begin : gen_ram
    sync_ram #(
      .Width(Width),
      .Depth(Depth)
    ) u_ram (
      .clk_i,
      .read_enable_i(enable_i),
      .read_addr_i(addr_i),
      .read_data_o(data_o),
      .write_enable_i(write_i),
      .write_addr_i,
      .write_data_i
    );
  end

endmodule

`default_nettype wire
