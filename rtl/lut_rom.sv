`default_nettype none

/// Look-up tables as a read-only memory with a synchronous read port: what a `sync_rom` is that is not in block
/// memory.
///
/// Contract: `data_o` changes only in a cycle after `enable_i`. Latency: 1 cycle.
module lut_rom #(
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
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [Width-1:0]     data_o
);

  // One attribute only: to Vivado, `rom_style` and `ram_style` on one array are a conflict. Yosys has no distributed
  // memory without a write port; what it calls "registers" is, without one, look-up tables.
`ifdef YOSYS
  (* rom_style = "registers" *)
`else
  (* rom_style = "distributed" *)
`endif
  logic [Width-1:0] words[Depth];
  logic [Width-1:0] data_q;

  if (File != "") begin : gen_image
    initial $readmemh(File, words);
  end else begin : gen_no_image
    initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (enable_i) data_q <= words[addr_i];
  end
  assign data_o = data_q;

endmodule

`default_nettype wire
