`default_nettype none

/// Weights of the engine: a memory with a read port for each event of a cycle. Two ports share a memory. With `Loadable`, it
/// is written at run time, while nothing is read.
///
/// The words are spread over up to three banks, each of which is read without a multiplexer behind its blocks. A bank
/// that is not meant gives 0, as all banks do for `clear_i`, so the banks are joined by OR, which costs nothing in the
/// adders behind.
///
/// Contract: data a cycle after the address, kept while `enable_i` is low.
module overlay_weights #(
  /// Read ports.
  parameter int unsigned Ports = 2,
  /// Bits of a word, and words.
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 16,
  parameter bit Loadable = 1'b0,
  /// Images of the banks; "" stands for all zeros.
  parameter File0 = "",
  parameter File1 = "",
  parameter File2 = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       enable_i,
  input  wire logic [Ports-1:0]           clear_i,
  input  wire logic [Ports*AddrWidth-1:0] addr_i,
  output      logic [Ports*Width-1:0]     data_o,
  /// Write port, with `Loadable`.
  input  wire logic                       write_i,
  input  wire logic [AddrWidth-1:0]       write_addr_i,
  input  wire logic [Width-1:0]           write_data_i
);

  // src/overlay/weights.rs has the same rule. A power of two has no multiplexer; few words, and those that nearly fill one,
  // stay together.
  localparam int unsigned Depth0 = (Depth <= 1024 || 4 * Depth > 3 * 2 ** $clog2(Depth)) ?
      Depth : 2 ** ($clog2(Depth) - 1);
  localparam int unsigned Left = Depth - Depth0;
  localparam int unsigned Depth1 = (Left <= 1024 || 4 * Left > 3 * 2 ** $clog2(Left)) ?
      Left : 2 ** ($clog2(Left) - 1);
  localparam int unsigned Depth2 = Left - Depth1;
  localparam int unsigned Banks = 1 + 32'(Depth1 > 0) + 32'(Depth2 > 0);
  localparam int unsigned Pairs = (Ports + 1) / 2;

  if (!Loadable) begin : gen_unused_write
    logic unused_write;
    assign unused_write = write_i ^ (^write_addr_i) ^ (^write_data_i);
  end

  for (genvar p = 0; p < Pairs; p++) begin : gen_pair
    // A memory has two ports; the second is that of the first, if there is one event only.
    localparam int unsigned A = 2 * p;
    localparam int unsigned B = (2 * p + 1 < Ports) ? 2 * p + 1 : 2 * p;
    logic [AddrWidth-1:0] addr_a, addr_b;
    logic [Banks*Width-1:0] data_a, data_b;
    assign addr_a = addr_i[AddrWidth*A+:AddrWidth];
    assign addr_b = addr_i[AddrWidth*B+:AddrWidth];
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      localparam int unsigned Begin = (b == 0) ? 0 : (b == 1) ? Depth0 : Depth0 + Depth1;
      localparam int unsigned Words = (b == 0) ? Depth0 : (b == 1) ? Depth1 : Depth2;
      localparam int unsigned BankBits = (Words > 1) ? $clog2(Words) : 1;
      logic meant_a, meant_b;
      if (Banks == 1) begin : gen_one
        assign meant_a = 1'b1;
        assign meant_b = 1'b1;
      end else if (b == 0) begin : gen_first
        assign meant_a = addr_a < AddrWidth'(Depth0);
        assign meant_b = addr_b < AddrWidth'(Depth0);
      end else if (b + 1 == Banks) begin : gen_last
        assign meant_a = addr_a >= AddrWidth'(Begin);
        assign meant_b = addr_b >= AddrWidth'(Begin);
      end else begin : gen_middle
        assign meant_a = addr_a >= AddrWidth'(Begin) && addr_a < AddrWidth'(Begin + Words);
        assign meant_b = addr_b >= AddrWidth'(Begin) && addr_b < AddrWidth'(Begin + Words);
      end
      logic clear_a, clear_b;
      logic [BankBits-1:0] bank_addr_a, bank_addr_b;
      assign clear_a = clear_i[A] || !meant_a;
      assign clear_b = clear_i[B] || !meant_b;
      assign bank_addr_a = BankBits'(addr_a - AddrWidth'(Begin));
      assign bank_addr_b = BankBits'(addr_b - AddrWidth'(Begin));
      if (Loadable) begin : gen_ram
        // Below 0 it wraps to numbers beyond the bank.
        logic [AddrWidth:0] place;
        assign place = {1'b0, write_addr_i} - (AddrWidth + 1)'(Begin);
        clearing_ram #(
          .Width(Width),
          .Depth(Words),
          .TwoPorts(B != A)
        ) u_ram (
          .clk_i,
          .enable_i,
          .clear_a_i(clear_a),
          .clear_b_i(clear_b),
          .addr_a_i(bank_addr_a),
          .addr_b_i(bank_addr_b),
          .data_a_o(data_a[Width*b+:Width]),
          .data_b_o(data_b[Width*b+:Width]),
          .write_i(write_i && place < (AddrWidth + 1)'(Words)),
          .write_addr_i(BankBits'(place)),
          .write_data_i
        );
      end else if (b == 0) begin : gen_bank_0
        clearing_rom #(
          .Width(Width),
          .Depth(Words),
          .TwoPorts(B != A),
          .AlwaysBlocks(0),
          .File (File0)
        ) u_rom (
          .clk_i,
          .enable_i,
          .clear_a_i(clear_a),
          .clear_b_i(clear_b),
          .addr_a_i(bank_addr_a),
          .addr_b_i(bank_addr_b),
          .data_a_o(data_a[Width*b+:Width]),
          .data_b_o(data_b[Width*b+:Width])
        );
      end else if (b == 1) begin : gen_bank_1
        clearing_rom #(
          .Width(Width),
          .Depth(Words),
          .TwoPorts(B != A),
          .AlwaysBlocks(1),
          .File (File1)
        ) u_rom (
          .clk_i,
          .enable_i,
          .clear_a_i(clear_a),
          .clear_b_i(clear_b),
          .addr_a_i(bank_addr_a),
          .addr_b_i(bank_addr_b),
          .data_a_o(data_a[Width*b+:Width]),
          .data_b_o(data_b[Width*b+:Width])
        );
      end else begin : gen_bank_2
        clearing_rom #(
          .Width(Width),
          .Depth(Words),
          .TwoPorts(B != A),
          .AlwaysBlocks(1),
          .File (File2)
        ) u_rom (
          .clk_i,
          .enable_i,
          .clear_a_i(clear_a),
          .clear_b_i(clear_b),
          .addr_a_i(bank_addr_a),
          .addr_b_i(bank_addr_b),
          .data_a_o(data_a[Width*b+:Width]),
          .data_b_o(data_b[Width*b+:Width])
        );
      end
    end
    logic [Width-1:0] word_a, word_b;
    always_comb begin
      word_a = '0;
      word_b = '0;
      for (int unsigned b = 0; b < Banks; b++) begin
        word_a = word_a | data_a[Width*b+:Width];
        word_b = word_b | data_b[Width*b+:Width];
      end
    end
    assign data_o[Width*A+:Width] = word_a;
    if (B != A) begin : gen_second
      assign data_o[Width*B+:Width] = word_b;
    end else begin : gen_unused
      logic unused_word;
      assign unused_word = ^word_b;
    end
  end

endmodule

`default_nettype wire
