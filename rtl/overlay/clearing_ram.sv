`default_nettype none

/// As `clearing_rom`, with words that are written at run time.
///
/// Contract: the data outputs change only in a cycle after `enable_i`. Writes take the address of the first read port, so
/// nothing is read in a cycle with `write_i`. Contents are unknown until written. Latency: 1 cycle.
module clearing_ram #(
  /// Bits of a word, and words.
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  /// There is a second read port.
  parameter bit TwoPorts = 1'b1,
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
  output      logic [Width-1:0]     data_b_o,
  /// Write port.
  input  wire logic                 write_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [Width-1:0]     write_data_i
);

  if (Width < 1 || Depth < 1) begin : gen_bad_parameters
    $error("clearing_ram: a parameter is out of range");
  end

  (* no_rw_check, ram_style = "block" *) logic [Width-1:0] words_q[Depth];
  logic [AddrWidth-1:0] addr_a;
  logic [Width-1:0] data_a_q;
  assign addr_a = write_i ? write_addr_i : addr_a_i;
  always_ff @(posedge clk_i) begin
    if (write_i) words_q[addr_a] <= write_data_i;
    if (enable_i) begin
      if (clear_a_i) data_a_q <= '0;
      else data_a_q <= words_q[addr_a];
    end
  end
  assign data_a_o = data_a_q;
  if (TwoPorts) begin : gen_second
    logic [Width-1:0] data_b_q;
    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        if (clear_b_i) data_b_q <= '0;
        else data_b_q <= words_q[addr_b_i];
      end
    end
    assign data_b_o = data_b_q;
  end else begin : gen_no_second
    assign data_b_o = '0;
    logic unused_second;
    assign unused_second = clear_b_i ^ (^addr_b_i);
  end

endmodule

`default_nettype wire
