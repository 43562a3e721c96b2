`default_nettype none

/// Takes words of ternary spikes apart into events, up to `Spikes` a cycle, lowest neuron first.
///
/// Contract: a word in is as many beats out as its spikes take. A word without spikes is a beat only if it begins or
/// ends something. `out_clear_o` and `out_double_o` are with the first beat of a word, `out_last_o` with the last one.
/// A last beat without `in_keep_i` leaves only while `last_ready_i`; all others leave at once.
/// Throughput: a word at least every cycle, `Spikes` events per cycle.
module overlay_events #(
  /// Neurons of a word.
  parameter int unsigned FetchWidth = 32,
  /// Events per cycle.
  parameter int unsigned Spikes = 2,
  /// Bits of an address of weights.
  parameter int unsigned WordBits = 8
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Words in.
  input  wire logic                       in_valid_i,
  output      logic                       in_ready_o,
  input  wire logic [FetchWidth-1:0]      in_nz_i,
  input  wire logic [FetchWidth-1:0]      in_neg_i,
  input  wire logic [WordBits-1:0]        in_base_i,
  input  wire logic                       in_operand_i,
  input  wire logic                       in_clear_i,
  input  wire logic                       in_double_i,
  input  wire logic                       in_last_i,
  input  wire logic                       in_keep_i,
  input  wire logic                       in_merge_i,
  /// A chunk may be completed.
  input  wire logic                       last_ready_i,
  /// Events out.
  output      logic                       out_valid_o,
  output      logic [Spikes-1:0]          out_event_o,
  output      logic [Spikes-1:0]          out_neg_o,
  output      logic [Spikes*WordBits-1:0] out_addr_o,
  output      logic                       out_operand_o,
  output      logic                       out_clear_o,
  output      logic                       out_double_o,
  output      logic                       out_last_o,
  output      logic                       out_keep_o,
  output      logic                       out_merge_o
);

  localparam int unsigned IndexBits = (FetchWidth > 1) ? $clog2(FetchWidth) : 1;

  logic valid_q, operand_q, clear_q, double_q, last_q, keep_q, merge_q;
  logic [FetchWidth-1:0] nz_q, neg_q;
  logic [WordBits-1:0] base_q;

  // What is left after each pick.
  logic [FetchWidth*(Spikes+1)-1:0] left;
  logic [FetchWidth*Spikes-1:0] picked;
  logic [Spikes-1:0] event_bits, neg_bits;
  logic [Spikes*IndexBits-1:0] index;
  logic finished, beat, leaves;
  assign left[FetchWidth-1:0] = nz_q;
  for (genvar g = 0; g < Spikes; g++) begin : gen_pick
    logic [FetchWidth-1:0] present, after, one;
    assign present = left[FetchWidth*g+:FetchWidth];
    assign after = present & (present - FetchWidth'(1));
    assign one = present & ~after;
    assign left[FetchWidth*(g+1)+:FetchWidth] = after;
    assign picked[FetchWidth*g+:FetchWidth] = one;
    assign event_bits[g] = present != '0;
    assign neg_bits[g] = (one & neg_q) != '0;
    for (genvar b = 0; b < IndexBits; b++) begin : gen_index
      logic [FetchWidth-1:0] with_bit;
      for (genvar n = 0; n < FetchWidth; n++) begin : gen_neuron
        assign with_bit[n] = ((n >> b) & 1) != 0 && one[n];
      end
      assign index[IndexBits*g+b] = with_bit != '0;
    end
  end
  assign finished = left[FetchWidth*Spikes+:FetchWidth] == '0;
  // A word without spikes and without a mark is dropped.
  assign beat = valid_q && (event_bits[0] || clear_q || double_q || last_q);
  assign leaves = !(finished && last_q) || keep_q || last_ready_i;
  assign in_ready_o = !valid_q || (finished && leaves);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      valid_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      if (in_ready_o) valid_q <= in_valid_i;
      out_valid_o <= beat && leaves;
    end
    if (in_ready_o) begin
      nz_q <= in_nz_i;
      neg_q <= in_neg_i;
      base_q <= in_base_i;
      operand_q <= in_operand_i;
      clear_q <= in_clear_i;
      double_q <= in_double_i;
      last_q <= in_last_i;
      keep_q <= in_keep_i;
      merge_q <= in_merge_i;
    end else if (leaves) begin
      nz_q <= left[FetchWidth*Spikes+:FetchWidth];
      clear_q <= 1'b0;
      double_q <= 1'b0;
    end
    for (int unsigned g = 0; g < Spikes; g++) begin
      out_addr_o[WordBits*g+:WordBits] <= base_q + WordBits'(index[IndexBits*g+:IndexBits]);
    end
    out_event_o <= event_bits;
    out_neg_o <= neg_bits;
    out_operand_o <= operand_q;
    out_clear_o <= clear_q;
    out_double_o <= double_q;
    out_last_o <= last_q && finished;
    out_keep_o <= keep_q;
    out_merge_o <= merge_q;
  end

  logic unused_picked;
  assign unused_picked = ^picked;

endmodule

`default_nettype wire
