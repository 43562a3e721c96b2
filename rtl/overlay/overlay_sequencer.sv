`default_nettype none

/// Reads the instructions of a list one after the other, from the first again behind the last.
///
/// Contract: `last_i` is the number of the last word of the list; it is stable outside of reset. `instr_o` is stable from `valid_o` until `next_i`, which is high for one cycle while `valid_o`.
/// The next instruction is read while the present one is used; it follows after a cycle, if that was long enough.
module overlay_sequencer #(
  /// Words of 32 bits of an instruction.
  parameter int unsigned Words = 2,
  /// Most instructions of the list.
  parameter int unsigned Count = 1,
  /// The list is written at run time.
  parameter bit Loadable = 1'b0,
  /// Image of the list, a word per line.
  parameter File = "",
  /// Bits of an instruction, derived.
  localparam int unsigned Width = 32 * Words,
  /// Bits of an address of a word, derived.
  localparam int unsigned AddrWidth = (Words * Count > 1) ? $clog2(Words * Count) : 1
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  output      logic             valid_o,
  output      logic [Width-1:0] instr_o,
  input  wire logic             next_i,
  input  wire logic [AddrWidth-1:0] last_i,
  /// Write port, with `Loadable`.
  input  wire logic             write_i,
  input  wire logic [AddrWidth-1:0] write_addr_i,
  input  wire logic [31:0]      write_data_i
);

  localparam int unsigned Depth = Words * Count;
  localparam int unsigned WordWidth = $clog2(Words + 1);

  if (Words < 1 || Count < 1) begin : gen_bad_parameters
    $error("overlay_sequencer: a parameter is out of range");
  end

  logic [AddrWidth-1:0] addr_q;
  // read_q: a word comes out of the memory. count_q: words in the buffer.
  logic read, read_q, valid_q, move;
  logic [WordWidth-1:0] count_q, coming_q;
  logic [31:0] word;
  logic [Width-1:0] buffer_q, instr_q;

  assign read = coming_q != WordWidth'(Words);
  assign move = count_q == WordWidth'(Words) && (!valid_q || next_i);
  assign valid_o = valid_q;
  assign instr_o = instr_q;

  overlay_rom #(
    .Width(32),
    .Depth(Depth),
    .Loadable(Loadable),
    .File(File)
  ) u_program (
    .clk_i,
    .enable_i(read),
    .addr_i(addr_q),
    .data_o(word),
    .write_i,
    .write_addr_i,
    .write_data_i
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      addr_q <= '0;
      read_q <= 1'b0;
      valid_q <= 1'b0;
      count_q <= '0;
      coming_q <= '0;
    end else begin
      read_q <= read;
      if (read) addr_q <= (addr_q == last_i) ? '0 : addr_q + AddrWidth'(1);
      if (move) begin
        count_q <= '0;
        coming_q <= '0;
      end else begin
        if (read) coming_q <= coming_q + WordWidth'(1);
        if (read_q) count_q <= count_q + WordWidth'(1);
      end
      if (move) valid_q <= 1'b1;
      else if (next_i) valid_q <= 1'b0;
    end
    if (read_q) buffer_q <= Width'({word, buffer_q} >> 32);
    if (move) instr_q <= buffer_q;
  end

endmodule

`default_nettype wire
