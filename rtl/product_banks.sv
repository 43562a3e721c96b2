/// Accumulators of `spike_product`, a bank a lane, each read, added to and written in one cycle.
///
/// The element (i,n) of a head stands in bank (i + n) mod Lanes, so that neighbours of a column as of a
/// row stand in one bank each. An operation is either an addition, in a column's last chunk only of
/// its rows, or a word that is read out and cleared.
/// Latency: 1 cycle from the place to the word, while `advance_i` is high.
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
  input  logic                       clk_i,
  input  logic                       rst_i,
  input  logic                       advance_i,
  /// Place of the next operation: the word of a row, or the first of a column, which begins in the bank
  /// that `lane_i` names.
  input  logic                       column_i,
  input  logic                       tail_i,
  input  logic [LaneWidth-1:0]       lane_i,
  input  logic [AddrWidth-1:0]       addr_i,
  /// The operation, a cycle later; a negative term is its complement and a carry.
  input  logic                       valid_i,
  input  logic                       add_i,
  input  logic                       neg_i,
  input  logic [Lanes*TermWidth-1:0] term_i,
  /// The words before the operation.
  output logic [Lanes*Width-1:0]     word_o
);

  for (genvar b = 0; b < Lanes; b++) begin : gen_bank
    // The bank's element of the vector; of a column each bank holds one of another row.
    logic [LaneWidth:0] element;
    logic [AddrWidth-1:0] addr_q;
    logic inside_q;
    always_comb begin
      element = (LaneWidth + 1)'(b) - {1'b0, lane_i};
      if (element[LaneWidth]) element = element + (LaneWidth + 1)'(Lanes);
    end
    always_ff @(posedge clk_i) begin
      if (advance_i) begin
        addr_q <= column_i ? addr_i + AddrWidth'(element) : addr_i;
        inside_q <= !tail_i || element < (LaneWidth + 1)'(TailRows);
      end
    end

    // Reads and writes one address: a memory with a single port will do.
    logic [Width-1:0] words_q[Words];
    logic signed [TermWidth-1:0] term;
    logic signed [Width-1:0] old, sum;
    logic write;
    assign term = term_i[TermWidth*b+:TermWidth];
    assign old = words_q[addr_q];
    // One adder, with the carry in below its lowest bit.
    assign sum = Width'(({old, 1'b1} + {Width'(term), neg_i}) >> 1);
    assign word_o[Width*b+:Width] = old;
    assign write = valid_i && advance_i && (inside_q || !add_i);
    always_ff @(posedge clk_i) begin
      if (write) words_q[addr_q] <= add_i ? sum : '0;
    end

`ifndef SYNTHESIS
    logic signed [Width+1:0] exact;
    assign exact = (Width + 2)'(old) + (Width + 2)'(term) + $signed((Width + 2)'({1'b0, neg_i}));
    always_ff @(posedge clk_i) begin
      if (!rst_i && write && add_i) begin
        a_no_overflow : assert (exact == (Width + 2)'(sum));
      end
    end
`endif
  end
`ifdef SYNTHESIS
  logic unused_reset;
  assign unused_reset = rst_i;
`endif

endmodule
