`default_nettype none

/// Read-only memory with a synchronous read port, in block memory or in look-up tables.
///
/// Contract: `data_o` changes only in a cycle after `enable_i`. Latency: 1 cycle.
module sync_rom #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// Where the words are. 1: in block memory. 2: in look-up tables that are mapped by themselves. 0: in block
  /// memory if they fill blocks of 18 kbit to a third, else in look-up tables (docs/scheduling.md).
  parameter int unsigned Style = 0,
  /// Words that blocks are laid out for: more than `Depth` where a whole power of two needs no multiplexer behind them.
  parameter int unsigned Places = Depth,
  /// Image for `$readmemh`, one word per line from address 0; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [Width-1:0]     data_o
);

  if (Width < 1 || Depth < 1 || Style > 2 || Places < Depth) begin : gen_bad_parameters
    $error("sync_rom: a parameter is out of range");
  end

  // The rule of src/streaming/design/rom.rs. A block has at least 512 words.
  localparam int unsigned Reached = Width * ((Depth < 512) ? 512 : Depth);
  localparam int unsigned Blocks = (Reached + 18431) / 18432;
  localparam bit InBlocks = Style == 1 || (Style == 0 && Width * Depth >= 6144 * Blocks);

  if (InBlocks) begin : gen_blocks
    (* rom_style = "block" *) logic [Width-1:0] words[Places];
    logic [Width-1:0] data_q;
    if (File != "") begin : gen_image
      initial $readmemh(File, words, 0, Depth - 1);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) data_q <= words[addr_i];
    end
    assign data_o = data_q;
  end else if (Style == 2 && Depth > 16) begin : gen_luts
    // Weights. Yosys maps them by themselves: within a larger module, ABC9 takes the tables apart and needs up to
    // four times as many. Constants of neurons, many bits of which are equal, are better with the logic around.
`ifdef YOSYS
    (* keep_hierarchy *)
`endif
    lut_rom #(
      .Width(Width),
      .Depth(Depth),
      .File (File)
    ) u_luts (
      .clk_i,
      .enable_i,
      .addr_i,
      .data_o
    );
  end else begin : gen_few
    lut_rom #(
      .Width(Width),
      .Depth(Depth),
      .File (File)
    ) u_luts (
      .clk_i,
      .enable_i,
      .addr_i,
      .data_o
    );
  end

endmodule

`default_nettype wire
