`default_nettype none

/// Read-only memories of the library with any contents, instead of those with images: what is
/// proven with them holds for every image. `words` is what the properties look at.
module sync_rom #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter int unsigned Style = 0,
  parameter int unsigned Places = Depth,
  parameter File = "",
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [Width-1:0]     data_o
);

  (* anyconst *) logic [Width*Depth-1:0] words;
  logic [Width-1:0] data_q;
  always_ff @(posedge clk_i) if (enable_i) data_q <= words[Width*addr_i+:Width];
  assign data_o = data_q;

endmodule

/// The same with two ports.
module threshold_rom #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter File = "",
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 enable_i,
  input  wire logic [AddrWidth-1:0] addr_a_i,
  input  wire logic [AddrWidth-1:0] addr_b_i,
  output      logic [Width-1:0]     data_a_o,
  output      logic [Width-1:0]     data_b_o
);

  (* anyconst *) logic [Width*Depth-1:0] words;
  logic [Width-1:0] data_a_q, data_b_q;
  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      data_a_q <= words[Width*addr_a_i+:Width];
      data_b_q <= words[Width*addr_b_i+:Width];
    end
  end
  assign data_a_o = data_a_q;
  assign data_b_o = data_b_q;

endmodule

`default_nettype wire
