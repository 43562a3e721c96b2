`default_nettype none

/// Accumulators of `spike_product`, a bank a lane, each read, added to and written in consecutive cycles.
///
/// The element (i,n) of a head stands in bank (i + n) mod Lanes, so that neighbours of a column as of a
/// row stand in one bank each. An operation is either an addition, in a column's last chunk only of
/// its rows, or a word that is read out and cleared.
/// Latency: 2 cycles from the address to the word. Operations follow each other
/// every cycle, also on one word: what is still on its way into the memory is passed on.
module product_banks #(
  /// Banks.
  parameter int unsigned Lanes = 2,
  /// Words of a bank.
  parameter int unsigned Words = 8,
  /// Rows of a column's last chunk.
  parameter int unsigned TailRows = 1,
  /// Bits of a signed term.
  parameter int unsigned TermWidth = 5,
  /// Bits of a signed accumulator.
  parameter int unsigned Width = 12,
  /// Bits of an address, of a lane's number, derived.
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1,
  localparam int unsigned LaneWidth = (Lanes > 1) ? $clog2(Lanes) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Address of the next operation: the word of a row, or the first of a column, which begins in the bank
  /// that `lane_i` names.
  input  wire logic                       column_i,
  input  wire logic                       tail_i,
  input  wire logic [LaneWidth-1:0]       lane_i,
  input  wire logic [AddrWidth-1:0]       addr_i,
  /// The operation, a cycle later; a negative term is its complement and a carry.
  input  wire logic                       valid_i,
  input  wire logic                       add_i,
  input  wire logic                       neg_i,
  input  wire logic [Lanes*TermWidth-1:0] term_i,
  /// The words before the operation.
  output      logic [Lanes*Width-1:0]     word_o
);

  for (genvar b = 0; b < Lanes; b++) begin : gen_bank
    // The bank's element of the vector; of a column each bank holds one of another row.
    logic [LaneWidth:0] element;
    logic [AddrWidth-1:0] addr;
    always_comb begin
      element = (LaneWidth + 1)'(b) - {1'b0, lane_i};
      if (element[LaneWidth]) element = element + (LaneWidth + 1)'(Lanes);
    end
    assign addr = column_i ? addr_i + AddrWidth'(element) : addr_i;

    // s1: the word has been read. s2: it is added to, and on its way back.
    logic [AddrWidth-1:0] s1_addr_q, s2_addr_q;
    logic s1_inside_q, s2_write_q, s2_add_q, s2_neg_q;
    logic signed [TermWidth-1:0] s2_term_q;
    logic [Width-1:0] s1_word, new_word;
    logic signed [Width-1:0] s2_word_q, sum;
    sync_ram #(
      .Width(Width),
      .Depth(Words)
    ) u_words (
      .clk_i,
      .read_enable_i(1'b1),
      .read_addr_i(addr),
      .read_data_o(s1_word),
      .write_enable_i(s2_write_q),
      .write_addr_i(s2_addr_q),
      .write_data_i(new_word)
    );
    // One adder, with the carry in below its lowest bit.
    assign sum = Width'(({s2_word_q, 1'b1} + {Width'(s2_term_q), s2_neg_q}) >> 1);
    assign new_word = s2_add_q ? sum : '0;
    assign word_o[Width*b+:Width] = s2_word_q;

    // The word in s1 was read before the one in s2 was written, or while the one before that was.
    logic [Width-1:0] past_word_q;
    logic s1_past_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        s2_write_q <= 1'b0;
      end else begin
        s2_write_q <= valid_i && (s1_inside_q || !add_i);
      end
      s1_addr_q <= addr;
      s1_inside_q <= !tail_i || element < (LaneWidth + 1)'(TailRows);
      s1_past_q <= s2_write_q && s2_addr_q == addr;
      past_word_q <= new_word;
      s2_addr_q <= s1_addr_q;
      s2_add_q <= add_i;
      s2_neg_q <= neg_i;
      s2_term_q <= term_i[TermWidth*b+:TermWidth];
      if (s2_write_q && s2_addr_q == s1_addr_q) s2_word_q <= new_word;
      else s2_word_q <= s1_past_q ? past_word_q : s1_word;
    end

`ifndef SYNTHESIS
    logic signed [Width+1:0] exact;
    assign exact = (Width + 2)'(s2_word_q) + (Width + 2)'(s2_term_q) +
                   $signed((Width + 2)'({1'b0, s2_neg_q}));
    always_ff @(posedge clk_i) begin
      if (!rst_i && s2_write_q && s2_add_q) begin
        a_no_overflow : assert (exact == (Width + 2)'(sum));
      end
    end
`endif
  end

endmodule

`default_nettype wire
