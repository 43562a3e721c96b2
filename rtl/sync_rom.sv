/// Read-only memory with a synchronous read port, inferable as block RAM.
///
/// Contract: `data_o` changes only in a cycle after `enable_i`. Latency: 1 cycle.
module sync_rom #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// 1: look-up tables, whatever the size. 0: what synthesis finds best.
  parameter int unsigned Luts = 0,
  /// Image for `$readmemh`, one word a line from address 0; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                 clk_i,
  input  logic                 enable_i,
  input  logic [AddrWidth-1:0] addr_i,
  output logic [Width-1:0]     data_o
);

  logic [Width-1:0] data_q;
  assign data_o = data_q;

  if (Luts != 0) begin : gen_luts
    // Vivado goes by the first attribute of a memory that is never written, Yosys by the second.
    (* rom_style = "distributed", ram_style = "registers" *) logic [Width-1:0] words[Depth];
    if (File != "") begin : gen_image
      initial $readmemh(File, words);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) data_q <= words[addr_i];
    end
  end else begin : gen_memory
    logic [Width-1:0] words[Depth];
    if (File != "") begin : gen_image
      initial $readmemh(File, words);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) data_q <= words[addr_i];
    end
  end

endmodule
