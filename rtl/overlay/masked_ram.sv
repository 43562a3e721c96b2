`default_nettype none

/// Memory as `sync_ram`, written in parts of a word, in block memory where it has more than 32 words: look-up tables that
/// are memory would have to be multiplexed.
///
/// Contract: as `sync_ram`; only the parts of a word whose enable is high are written.
/// Latency: 1 cycle.
module masked_ram #(
  /// Bits of a part; at most 9 for the write enables of block memory.
  parameter int unsigned PartWidth = 8,
  /// Parts of a word.
  parameter int unsigned Parts = 4,
  /// Words.
  parameter int unsigned Depth = 16,
  /// In UltraRAM, where there is such (`SNN2RTL_ULTRA`).
  parameter bit Ultra = 1'b0,
  /// Bits of a word, derived.
  localparam int unsigned Width = PartWidth * Parts,
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  /// Read port.
  input  wire logic                 read_enable_i,
  /// The word is 0, whatever is at the address.
  input  wire logic                 read_clear_i,
  input  wire logic [AddrWidth-1:0] read_addr_i,
  output      logic [Width-1:0]     read_data_o,
  /// Write port: an enable for each part.
  input  wire logic [Parts-1:0]     write_enable_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [Width-1:0]     write_data_i
);

  if (PartWidth < 1 || Parts < 1 || Depth < 1) begin : gen_bad_parameters
    $error("masked_ram: a parameter is out of range");
  end

  // An attribute must be a literal.
  logic [Width-1:0] data;
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
  if (InUltra) begin : gen_ultra
    (* no_rw_check, ram_style = "ultra" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
    assign word = words_q[read_addr_i];
`else
    logic collides;
    assign collides = write_enable_i != '0 && write_addr_i == read_addr_i;
`ifdef FORMAL
    (* anyseq *) logic [Width-1:0] other;
    assign word = collides ? other : words_q[read_addr_i];
`else
    assign word = collides ? ~words_q[read_addr_i] : words_q[read_addr_i];
`endif
`endif

    always_ff @(posedge clk_i) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write_enable_i[p]) begin
          words_q[write_addr_i][PartWidth*p+:PartWidth] <= write_data_i[PartWidth*p+:PartWidth];
        end
      end
      if (read_enable_i) begin
        if (read_clear_i) read_data_q <= '0;
        else read_data_q <= word;
      end
    end
    assign data = read_data_q;
  end else if (Depth > 32) begin : gen_blocks
    (* no_rw_check, ram_style = "block" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
    assign word = words_q[read_addr_i];
`else
    logic collides;
    assign collides = write_enable_i != '0 && write_addr_i == read_addr_i;
`ifdef FORMAL
    (* anyseq *) logic [Width-1:0] other;
    assign word = collides ? other : words_q[read_addr_i];
`else
    assign word = collides ? ~words_q[read_addr_i] : words_q[read_addr_i];
`endif
`endif

    always_ff @(posedge clk_i) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write_enable_i[p]) begin
          words_q[write_addr_i][PartWidth*p+:PartWidth] <= write_data_i[PartWidth*p+:PartWidth];
        end
      end
      if (read_enable_i) begin
        if (read_clear_i) read_data_q <= '0;
        else read_data_q <= word;
      end
    end
    assign data = read_data_q;
  end else begin : gen_tables
    (* no_rw_check, ram_style = "distributed" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word, read_data_q;

`ifdef SYNTHESIS
    assign word = words_q[read_addr_i];
`else
    logic collides;
    assign collides = write_enable_i != '0 && write_addr_i == read_addr_i;
`ifdef FORMAL
    (* anyseq *) logic [Width-1:0] other;
    assign word = collides ? other : words_q[read_addr_i];
`else
    assign word = collides ? ~words_q[read_addr_i] : words_q[read_addr_i];
`endif
`endif

    always_ff @(posedge clk_i) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write_enable_i[p]) begin
          words_q[write_addr_i][PartWidth*p+:PartWidth] <= write_data_i[PartWidth*p+:PartWidth];
        end
      end
      if (read_enable_i) begin
        if (read_clear_i) read_data_q <= '0;
        else read_data_q <= word;
      end
    end
    assign data = read_data_q;
  end

  assign read_data_o = data;

endmodule

`default_nettype wire
