`default_nettype none

/// Levels of neurons that decide by a table: for the sum of each neuron of a group, a binary search among the pieces of
/// its function.
///
/// Each neuron of a group has a memory, in which its functions are stored: word 0 is the level below all thresholds,
/// the others are ascending thresholds with the level from there on.
///
/// Contract: sums, first words and counts are valid and stay as they are from the first cycle with `valid_i` until
/// levels are taken, in a cycle with `done_o` and `take_i`. Throughput: a group in `probes_i` + 2 cycles.
module overlay_pieces #(
  /// Neurons of a group.
  parameter int unsigned Lanes = 8,
  /// Bits of a signed sum, of a signed threshold, of the magnitude of a level.
  parameter int unsigned AccWidth = 16,
  parameter int unsigned PieceWidth = 16,
  parameter int unsigned LevelBits = 4,
  /// Words of the memory of each neuron; they are written at run time.
  parameter int unsigned Depth = 16,
  parameter bit Loadable = 1'b0,
  /// Images: this name, the neuron's number in four decimal digits, ".hex"; "" stands for all zeros.
  parameter File = "",
  /// Bits of a number of comparisons.
  parameter int unsigned ProbeBits = 5,
  /// Bits of addresses, and of numbers of words, derived.
  localparam int unsigned AddrBits = (Depth > 1) ? $clog2(Depth) : 1,
  localparam int unsigned CountBits = $clog2(Depth + 1),
  /// Bits of a word, derived.
  localparam int unsigned WordWidth = PieceWidth + LevelBits + 1
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  input  wire logic                           valid_i,
  output      logic                           done_o,
  input  wire logic                           take_i,
  /// Comparisons: as many as the number of the last word has bits.
  input  wire logic [ProbeBits-1:0]           probes_i,
  input  wire logic [Lanes*AccWidth-1:0]      sums_i,
  /// The functions: first word and number of words.
  input  wire logic [Lanes*AddrBits-1:0]      first_i,
  input  wire logic [Lanes*CountBits-1:0]     count_i,
  output      logic [Lanes*(LevelBits+1)-1:0] levels_o,
  /// Write port, with `Loadable`: a word of each memory.
  input  wire logic                           write_i,
  input  wire logic [AddrBits-1:0]            write_addr_i,
  input  wire logic [Lanes*WordWidth-1:0]     write_data_i
);

  localparam int unsigned CompareWidth = (AccWidth > PieceWidth) ? AccWidth : PieceWidth;

  if (Lanes > 10000 || Depth < 1) begin : gen_bad_parameters
    $error("overlay_pieces: a parameter is out of range");
  end

  // idle: the first word to be compared is read. search: a word is compared, the next one read; in the end that whose
  // level it is. done: it is there.
  typedef enum logic [1:0] {
    StIdle,
    StSearch,
    StDone
  } state_e;
  state_e state_q;
  logic [AddrBits:0] bit_q, next_bit;
  logic last, read;
  assign next_bit = (state_q == StSearch) ? bit_q >> 1 : (AddrBits + 1)'(1) << probes_i >> 1;
  assign last = next_bit == '0;
  assign read = (state_q == StSearch) || (state_q == StIdle && valid_i);
  assign done_o = state_q == StDone;
  always_ff @(posedge clk_i) begin
    if (rst_i) state_q <= StIdle;
    else if (read) state_q <= last ? StDone : StSearch;
    else if (take_i) state_q <= StIdle;
    if (read) bit_q <= next_bit;
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic [WordWidth-1:0] word;
    logic signed [PieceWidth-1:0] threshold;
    logic signed [AccWidth-1:0] sum;
    logic [AddrBits-1:0] position_q, position, probe;
    logic reached, within_q;
    // Word `position` | `bit`, which is compared if the function has it.
    assign threshold = word[PieceWidth-1:0];
    assign sum = sums_i[AccWidth*j+:AccWidth];
    assign reached = within_q && CompareWidth'(sum) >= CompareWidth'(threshold);
    always_comb begin
      position = '0;
      if (state_q == StSearch) position = position_q | (reached ? bit_q[AddrBits-1:0] : '0);
    end
    assign probe = position | next_bit[AddrBits-1:0];
    always_ff @(posedge clk_i) begin
      if (read) begin
        position_q <= position;
        within_q <= CountBits'(probe) < count_i[CountBits*j+:CountBits];
      end
    end
    overlay_rom #(
      .Width(WordWidth),
      .Depth(Depth),
      .Loadable(Loadable),
      .File(
          (File == "") ? "" :
          {File, 8'(48 + j / 1000), 8'(48 + j / 100 % 10), 8'(48 + j / 10 % 10), 8'(48 + j % 10),
              ".hex"})
    ) u_rom (
      .clk_i,
      .enable_i(read),
      .addr_i(first_i[AddrBits*j+:AddrBits] + probe),
      .data_o(word),
      .write_i,
      .write_addr_i,
      .write_data_i(write_data_i[WordWidth*j+:WordWidth])
    );
    assign levels_o[(LevelBits+1)*j+:LevelBits+1] = word[PieceWidth+:LevelBits+1];
  end

endmodule

`default_nettype wire
