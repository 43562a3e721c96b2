`default_nettype none

/// Weights of the engine: a read-only memory with a read port for each event of a cycle. Two ports share a memory.
///
/// Contract: data a cycle after the address, kept while `enable_i` is low.
module overlay_weights #(
  /// Read ports.
  parameter int unsigned Ports = 2,
  /// Bits of a word, and words.
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 16,
  /// Image of the words.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       enable_i,
  input  wire logic [Ports*AddrWidth-1:0] addr_i,
  output      logic [Ports*Width-1:0]     data_o
);

  for (genvar p = 0; p < Ports; p += 2) begin : gen_pair
    if (p + 1 < Ports) begin : gen_two
      threshold_rom #(
        .Width(Width),
        .Depth(Depth),
        .File (File)
      ) u_rom (
        .clk_i,
        .enable_i,
        .addr_a_i(addr_i[AddrWidth*p+:AddrWidth]),
        .addr_b_i(addr_i[AddrWidth*(p+1)+:AddrWidth]),
        .data_a_o(data_o[Width*p+:Width]),
        .data_b_o(data_o[Width*(p+1)+:Width])
      );
    end else begin : gen_one
      sync_rom #(
        .Width(Width),
        .Depth(Depth),
        .File (File)
      ) u_rom (
        .clk_i,
        .enable_i,
        .addr_i(addr_i[AddrWidth*p+:AddrWidth]),
        .data_o(data_o[Width*p+:Width])
      );
    end
  end

endmodule

`default_nettype wire
