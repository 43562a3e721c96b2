`default_nettype none

/// Collects the 32-bit parts of a word of a memory, and writes the word when it is complete.
///
/// Contract: the parts of a word come one after the other, the lowest first, and nothing else in between. The word of a memory
/// with n parts is in the highest 32 * n bits of `word_o`. Latency: 1 cycle after the last part.
module load_word #(
  /// Memories; bits of the number of one.
  parameter int unsigned Memories = 2,
  parameter int unsigned MemoryBits = 1,
  /// Parts of a word of each memory, 16 bits each, memory 0 in the low bits; most parts of a word.
  parameter bit [16*Memories-1:0] Parts = '0,
  parameter int unsigned MaxParts = 1
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// A part.
  input  wire logic                   write_valid_i,
  input  wire logic [MemoryBits-1:0]  write_memory_i,
  input  wire logic [31:0]            write_addr_i,
  input  wire logic [15:0]            write_part_i,
  input  wire logic [31:0]            write_data_i,
  /// A word, and the memory that takes it.
  output      logic [Memories-1:0]    write_o,
  output      logic [31:0]            addr_o,
  output      logic [32*MaxParts-1:0] word_o
);

  logic [Memories-1:0] write;
  for (genvar m = 0; m < Memories; m++) begin : gen_memory
    localparam bit [15:0] Last = Parts[16*m+:16] - 16'd1;
    assign write[m] = write_valid_i && write_memory_i == MemoryBits'(m) &&
        Parts[16*m+:16] != '0 && write_part_i == Last;
  end

  always_ff @(posedge clk_i) begin
    write_o <= rst_i ? '0 : write;
    if (write_valid_i) begin
      addr_o <= write_addr_i;
      word_o <= (32 * MaxParts)'({write_data_i, word_o} >> 32);
    end
  end

endmodule

`default_nettype wire
