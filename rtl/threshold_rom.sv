`default_nettype none

/// Read-only memory with two synchronous read ports on one image, in block memory or in look-up tables.
///
/// Contract: the data outputs change only in a cycle after `enable_i`. Latency: 1 cycle.
module threshold_rom #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// Image for `$readmemh`, one word per line from address 0; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_a_i,
  input  wire logic [AddrWidth-1:0] addr_b_i,
  output      logic [Width-1:0]     data_a_o,
  output      logic [Width-1:0]     data_b_o
);

  // The rule of src/streaming/design/rom.rs. A block with two ports that read has at least 1,024 words; look-up tables
  // are needed once for each port.
  localparam int unsigned Reached = Width * ((Depth < 1024) ? 1024 : Depth);
  localparam int unsigned Blocks = (Reached + 18431) / 18432;
  localparam bit InBlocks = 2 * Width * Depth >= 6144 * Blocks;

  if (InBlocks) begin : gen_blocks
    (* rom_style = "block" *) logic [Width-1:0] words[Depth];
    logic [Width-1:0] data_a_q, data_b_q;
    if (File != "") begin : gen_image
      initial $readmemh(File, words);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        data_a_q <= words[addr_a_i];
        data_b_q <= words[addr_b_i];
      end
    end
    assign data_a_o = data_a_q;
    assign data_b_o = data_b_q;
  end else begin : gen_luts
    lut_rom #(
      .Width(Width),
      .Depth(Depth),
      .File (File)
    ) u_a (
      .clk_i,
      .enable_i,
      .addr_i(addr_a_i),
      .data_o(data_a_o)
    );
    lut_rom #(
      .Width(Width),
      .Depth(Depth),
      .File (File)
    ) u_b (
      .clk_i,
      .enable_i,
      .addr_i(addr_b_i),
      .data_o(data_b_o)
    );
  end

endmodule

`default_nettype wire
