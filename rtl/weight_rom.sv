`default_nettype none

/// Read-only memory for weights, in block memory, in look-up tables or in both.
///
/// Contract: as `sync_rom`. The last `LutWords` words are in look-up tables, the others in block memory: a
/// memory a little deeper than a whole number of blocks wastes most of the last one, and a small one most of
/// its only one.
module weight_rom #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// Words from the end that are in look-up tables, up to Depth.
  parameter int unsigned LutWords = 0,
  /// Base name of the images: `<File>.hex` has the words before those, `<File>_lut.hex` these; "": all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [Width-1:0]     data_o
);

  if (LutWords > Depth) begin : gen_bad_parameters
    $error("weight_rom: a parameter is out of range");
  end

  if (LutWords == 0) begin : gen_blocks
    sync_rom #(
      .Width(Width),
      .Depth(Depth),
      .Style(1),
      .File ((File == "") ? "" : {File, ".hex"})
    ) u_blocks (
      .clk_i,
      .enable_i,
      .addr_i,
      .data_o
    );
  end else if (LutWords == Depth) begin : gen_luts
    sync_rom #(
      .Width(Width),
      .Depth(Depth),
      .Style(2),
      .File ((File == "") ? "" : {File, "_lut.hex"})
    ) u_luts (
      .clk_i,
      .enable_i,
      .addr_i,
      .data_o
    );
  end else begin : gen_both
    localparam int unsigned BlockWords = Depth - LutWords;
    localparam int unsigned BlockBits = (BlockWords > 1) ? $clog2(BlockWords) : 1;
    localparam int unsigned LutBits = (LutWords > 1) ? $clog2(LutWords) : 1;
    logic in_luts, in_luts_q;
    logic [AddrWidth-1:0] offset;
    logic [Width-1:0] block_word, lut_word;
    assign in_luts = addr_i >= AddrWidth'(BlockWords);
    assign offset = addr_i - AddrWidth'(BlockWords);
    always_ff @(posedge clk_i) begin
      if (enable_i) in_luts_q <= in_luts;
    end
    assign data_o = in_luts_q ? lut_word : block_word;

    sync_rom #(
      .Width(Width),
      .Depth(BlockWords),
      .Style(1),
      .File ((File == "") ? "" : {File, ".hex"})
    ) u_blocks (
      .clk_i,
      .enable_i(enable_i && !in_luts),
      .addr_i(addr_i[BlockBits-1:0]),
      .data_o(block_word)
    );
    sync_rom #(
      .Width(Width),
      .Depth(LutWords),
      .Style(2),
      .File ((File == "") ? "" : {File, "_lut.hex"})
    ) u_luts (
      .clk_i,
      .enable_i(enable_i && in_luts),
      .addr_i(offset[LutBits-1:0]),
      .data_o(lut_word)
    );
    if (LutBits < AddrWidth) begin : gen_unused
      logic unused_bits;
      assign unused_bits = ^offset[AddrWidth-1:LutBits];
    end
  end

endmodule

`default_nettype wire
