`default_nettype none

/// Memory with two ports on one clock: both read, the second one also writes parts of a word, at its read address.
///
/// Contract: a data output changes only in a cycle after its enable; `clear_a_i` and `clear_b_i` give 0 instead of the word.
/// In a cycle that writes, the second port gives 0 or nothing new, and the first one does not read the same word. Contents are
/// unknown until written.
/// Structure: the two ports of a block memory, or with `SNN2RTL_ULTRA` of an UltraRAM.
/// Latency: 1 cycle.
module overlay_two_ports #(
  /// Bits of a part, parts of a word, words.
  parameter int unsigned PartWidth = 8,
  parameter int unsigned Parts = 4,
  parameter int unsigned Depth = 16,
  /// In UltraRAM, where there is such.
  parameter bit Ultra = 1'b1,
  /// Bits of a word and of an address, derived.
  localparam int unsigned Width = PartWidth * Parts,
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_a_i,
  input  wire logic                 clear_a_i,
  input  wire logic [AddrWidth-1:0] addr_a_i,
  output      logic [Width-1:0]     data_a_o,
  input  wire logic                 enable_b_i,
  input  wire logic                 clear_b_i,
  input  wire logic [AddrWidth-1:0] addr_b_i,
  output      logic [Width-1:0]     data_b_o,
  input  wire logic [Parts-1:0]     write_i,
  input  wire logic [Width-1:0]     write_data_i
);

  if (PartWidth < 1 || Parts < 1 || Depth < 1) begin : gen_bad_parameters
    $error("overlay_two_ports: a parameter is out of range");
  end

`ifdef SNN2RTL_ULTRA
  // As of `rtl/xcup/sync_ram.sv`: UltraRAM that is filled by at least a quarter. src/overlay/footprint.rs has the same rule.
  localparam int unsigned Fitting = (PartWidth > 72) ? 1 : 72 / PartWidth;
  localparam int unsigned Each = (PartWidth + 71) / 72;
  localparam int unsigned Wide = (Parts * Each + Fitting - 1) / Fitting;
  localparam int unsigned Ultras = Wide * ((Depth + 4095) / 4096);
  localparam bit InUltra = Ultra && Width * Depth >= Ultras * (72 * 4096 / 4);
`else
  localparam bit InUltra = 1'b0;
  logic unused_ultra;
  assign unused_ultra = Ultra;
`endif
  // An attribute is a literal: the memory stands here once for each.
  if (InUltra) begin : gen_ultra
    (* no_rw_check, ram_style = "ultra" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word_a, data_a_q, data_b_q;
`ifdef SYNTHESIS
    assign word_a = words_q[addr_a_i];
`else
    logic collides;
    assign collides = write_i != '0 && addr_a_i == addr_b_i;
    assign word_a = collides ? ~words_q[addr_a_i] : words_q[addr_a_i];
`endif
    always_ff @(posedge clk_i) begin
      if (enable_a_i) begin
        if (clear_a_i) data_a_q <= '0;
        else data_a_q <= word_a;
      end
    end
    always_ff @(posedge clk_i) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write_i[p]) begin
          words_q[addr_b_i][PartWidth*p+:PartWidth] <= write_data_i[PartWidth*p+:PartWidth];
        end
      end
      if (enable_b_i) begin
        if (clear_b_i) data_b_q <= '0;
        else data_b_q <= words_q[addr_b_i];
      end
    end
    assign data_a_o = data_a_q;
    assign data_b_o = data_b_q;
  end else begin : gen_block
    (* no_rw_check, ram_style = "block" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word_a, data_a_q, data_b_q;
`ifdef SYNTHESIS
    assign word_a = words_q[addr_a_i];
`else
    logic collides;
    assign collides = write_i != '0 && addr_a_i == addr_b_i;
    assign word_a = collides ? ~words_q[addr_a_i] : words_q[addr_a_i];
`endif
    always_ff @(posedge clk_i) begin
      if (enable_a_i) begin
        if (clear_a_i) data_a_q <= '0;
        else data_a_q <= word_a;
      end
    end
    always_ff @(posedge clk_i) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write_i[p]) begin
          words_q[addr_b_i][PartWidth*p+:PartWidth] <= write_data_i[PartWidth*p+:PartWidth];
        end
      end
      if (enable_b_i) begin
        if (clear_b_i) data_b_q <= '0;
        else data_b_q <= words_q[addr_b_i];
      end
    end
    assign data_a_o = data_a_q;
    assign data_b_o = data_b_q;
  end

endmodule

`default_nettype wire
