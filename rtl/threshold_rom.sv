/// Read-only memory with two synchronous read ports on one image, inferable as block RAM.
///
/// Contract: the data outputs change only in a cycle after `enable_i`. Latency: 1 cycle.
module threshold_rom #(
  /// Bits per word.
  parameter int unsigned Width = 8,
  /// Words.
  parameter int unsigned Depth = 16,
  /// Image for `$readmemh`, one word a line from address 0; "" stands for all zeros.
  parameter File = "",
  /// Address bits, derived.
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                 clk_i,
  input  logic                 enable_i,
  input  logic [AddrWidth-1:0] addr_a_i,
  input  logic [AddrWidth-1:0] addr_b_i,
  output logic [Width-1:0]     data_a_o,
  output logic [Width-1:0]     data_b_o
);

  logic [Width-1:0] words[Depth];
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

endmodule
