`default_nettype none

/// Read-only memory with one or two synchronous read ports, in block memory or in look-up tables. A port that is cleared
/// gives 0 instead of a word; the reset of the output register of a block does that.
///
/// Contract: the data outputs change only in a cycle after `enable_i`. Latency: 1 cycle.
module clearing_rom #(
  /// Bits of a word, and words.
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  /// There is a second port.
  parameter bit TwoPorts = 1'b1,
  /// In block memory, however few words there are.
  parameter bit AlwaysBlocks = 1'b0,
  /// Image for `$readmemh`, one word a line from address 0; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic                 clear_a_i,
  input  wire logic                 clear_b_i,
  input  wire logic [AddrWidth-1:0] addr_a_i,
  input  wire logic [AddrWidth-1:0] addr_b_i,
  output      logic [Width-1:0]     data_a_o,
  output      logic [Width-1:0]     data_b_o
);

  if (Width < 1 || Depth < 1) begin : gen_bad_parameters
    $error("clearing_rom: a parameter is out of range");
  end

  // The rule of src/streaming/design/rom.rs. A block with two ports that read has at least 1,024 words, one with one port
  // 512; look-up tables are needed once for each port.
  localparam int unsigned Least = TwoPorts ? 1024 : 512;
  localparam int unsigned Reached = Width * ((Depth < Least) ? Least : Depth);
  localparam int unsigned Blocks = (Reached + 18431) / 18432;
  localparam int unsigned Tables = TwoPorts ? 2 * Width * Depth : Width * Depth;
  localparam bit InBlocks = AlwaysBlocks || Tables >= 6144 * Blocks;

  if (InBlocks) begin : gen_blocks
    // Blocks of a power of two of words need no multiplexer behind them.
    localparam int unsigned Places =
        (Depth > 512 && (Depth <= 2048 || 4 * Depth > 3 * 2 ** AddrWidth)) ? 2 ** AddrWidth : Depth;
    (* rom_style = "block" *) logic [Width-1:0] words[Places];
    logic [Width-1:0] data_a_q;
    if (File != "") begin : gen_image
      initial $readmemh(File, words, 0, Depth - 1);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        if (clear_a_i) data_a_q <= '0;
        else data_a_q <= words[addr_a_i];
      end
    end
    assign data_a_o = data_a_q;
    if (TwoPorts) begin : gen_second
      logic [Width-1:0] data_b_q;
      always_ff @(posedge clk_i) begin
        if (enable_i) begin
          if (clear_b_i) data_b_q <= '0;
          else data_b_q <= words[addr_b_i];
        end
      end
      assign data_b_o = data_b_q;
    end else begin : gen_no_second
      assign data_b_o = '0;
      logic unused_second;
      assign unused_second = clear_b_i ^ (^addr_b_i);
    end
  end else begin : gen_tables
`ifdef YOSYS
    (* rom_style = "registers" *)
`else
    (* rom_style = "distributed" *)
`endif
    logic [Width-1:0] words[Depth];
    logic [Width-1:0] data_a_q;
    if (File != "") begin : gen_image
      initial $readmemh(File, words);
    end else begin : gen_no_image
      initial for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        if (clear_a_i) data_a_q <= '0;
        else data_a_q <= words[addr_a_i];
      end
    end
    assign data_a_o = data_a_q;
    if (TwoPorts) begin : gen_second
      logic [Width-1:0] data_b_q;
      always_ff @(posedge clk_i) begin
        if (enable_i) begin
          if (clear_b_i) data_b_q <= '0;
          else data_b_q <= words[addr_b_i];
        end
      end
      assign data_b_o = data_b_q;
    end else begin : gen_no_second
      assign data_b_o = '0;
      logic unused_second;
      assign unused_second = clear_b_i ^ (^addr_b_i);
    end
  end

endmodule

`default_nettype wire
