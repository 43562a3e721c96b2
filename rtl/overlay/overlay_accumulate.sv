`default_nettype none

/// Accumulators of the engine: P sums, to which each cycle adds up to `Spikes` words of P numbers, each with its sign.
///
/// Contract: beats as from `overlay_events`, their words of weights and operands a cycle later: what an event does not
/// read is 0, both if there is no event. Never waits. A cycle after the words of a last beat, `sums_o` has the sums of the
/// chunk, or their complements with `complement_o`, and keeps them until the next chunk is complete; `done_o` is high in
/// the first of these cycles.
/// With `in_keep_i`, the sums are kept instead; with `in_merge_i`, the larger of them and of those kept counts.
/// Latency: 3 cycles from a beat.
module overlay_accumulate #(
  /// Sums of a chunk.
  parameter int unsigned Lanes = 8,
  /// Events per cycle.
  parameter int unsigned Spikes = 2,
  /// Bits of a signed weight, of a signed operand, of a signed sum.
  parameter int unsigned WeightWidth = 8,
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned AccWidth = 16,
  /// There are operands.
  parameter bit HasOperands = 1'b1,
  /// Bits of a signed sum that is compared with another one; none is if 0.
  parameter int unsigned PoolWidth = 0
) (
  input  wire logic                                 clk_i,
  input  wire logic                                 rst_i,
  /// Events.
  input  wire logic                                 in_valid_i,
  input  wire logic [Spikes-1:0]                    in_event_i,
  input  wire logic [Spikes-1:0]                    in_neg_i,
  input  wire logic                                 in_clear_i,
  input  wire logic                                 in_double_i,
  input  wire logic                                 in_last_i,
  input  wire logic                                 in_keep_i,
  input  wire logic                                 in_merge_i,
  /// Words, a cycle later.
  input  wire logic [Spikes*Lanes*WeightWidth-1:0]  weights_i,
  input  wire logic [Spikes*Lanes*OperandWidth-1:0] operands_i,
  /// Sums of a complete chunk.
  output      logic                                 done_o,
  output      logic [Lanes*AccWidth-1:0]            sums_o,
  output      logic                                 complement_o
);

  localparam int unsigned TermWidth =
      (HasOperands && OperandWidth > WeightWidth) ? OperandWidth : WeightWidth;
  // The complements of G words and the carries of all but one of them.
  localparam int unsigned PartWidth = TermWidth + $clog2(Spikes);

  if (Lanes < 1 || Spikes < 1 || AccWidth < 1 || PoolWidth > AccWidth) begin : gen_bad_parameters
    $error("overlay_accumulate: a parameter is out of range");
  end

  // s1: words come. s2: their sum. s3: accumulated.
  logic s1_valid_q, s1_clear_q, s1_double_q, s1_last_q, s1_keep_q, s1_merge_q;
  logic s2_valid_q, s2_clear_q, s2_double_q, s2_last_q, s2_keep_q, s2_merge_q;
  logic [Spikes-1:0] s1_event_q, s1_neg_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      done_o <= 1'b0;
    end else begin
      s1_valid_q <= in_valid_i;
      s2_valid_q <= s1_valid_q;
      done_o <= s2_valid_q && s2_last_q && !s2_keep_q;
    end
    s1_event_q <= in_event_i;
    s1_neg_q <= in_neg_i;
    s1_clear_q <= in_clear_i;
    s1_double_q <= in_double_i;
    s1_last_q <= in_last_i;
    s1_keep_q <= in_keep_i;
    s1_merge_q <= in_merge_i;
    s2_clear_q <= s1_clear_q;
    s2_double_q <= s1_double_q;
    s2_last_q <= s1_last_q;
    s2_keep_q <= s1_keep_q;
    s2_merge_q <= s1_merge_q;
  end

  // Words of a beat are added with the sign of the first event: those of other signs are complemented, and the one more is
  // a carry. The accumulator adds that sum whatever its sign: before a sum with a minus it is complemented instead, and
  // remains so: A - p = ~(~A + p).
  logic [Spikes-1:0] minus;
  logic s2_minus_q, s2_flip_q, complement_q;
  assign minus = s1_event_q & s1_neg_q;
  always_ff @(posedge clk_i) begin
    s2_minus_q <= minus[0];
    // Whether what the accumulator has by then is to be complemented.
    s2_flip_q <= minus[0] ^ (!s1_clear_q && (s2_valid_q ? s2_minus_q : complement_q));
    if (s2_valid_q) complement_q <= s2_minus_q;
    if (s2_valid_q && s2_last_q && !s2_keep_q) complement_o <= PoolWidth == 0 && s2_minus_q;
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic [Spikes*PartWidth-1:0] parts;
    logic signed [PartWidth-1:0] s2_part_q;
    logic signed [AccWidth-1:0] present, sum, result, sum_q, chunk_q;
    logic unused_low;
    for (genvar g = 0; g < Spikes; g++) begin : gen_term
      logic signed [TermWidth-1:0] word, term;
      if (HasOperands) begin : gen_operand
        // One of them is 0.
        assign word = TermWidth'($signed(operands_i[OperandWidth*(Lanes*g+j)+:OperandWidth])) |
            TermWidth'($signed(weights_i[WeightWidth*(Lanes*g+j)+:WeightWidth]));
      end else begin : gen_weight
        assign word = TermWidth'($signed(weights_i[WeightWidth*(Lanes*g+j)+:WeightWidth]));
      end
      if (g == 0) begin : gen_first
        assign term = word;
        assign parts[PartWidth-1:0] = PartWidth'(term);
      end else begin : gen_other
        logic unused_carry;
        logic [PartWidth-1:0] inverse;
        assign term = word ^ {TermWidth{minus[g] ^ minus[0]}};
        assign inverse = PartWidth'(~term);
        assign {parts[PartWidth*g+:PartWidth], unused_carry} =
            {parts[PartWidth*(g-1)+:PartWidth], minus[g] ^ minus[0]} - {inverse, 1'b1};
      end
    end
    // The bit that comes in where a complement doubles is 1. Both additions are written as a difference, which has an order:
    // the number that is there without logic is also the one that a carry chain needs as it is.
    assign present = s2_clear_q ? '0 : s2_double_q ? AccWidth'({sum_q, complement_q}) : sum_q;
    assign {sum, unused_low} =
        {AccWidth'(s2_part_q), 1'b0} - {~(present ^ {AccWidth{s2_flip_q}}), 1'b1};
    if (PoolWidth > 0) begin : gen_pool
      logic signed [PoolWidth-1:0] own, larger, kept_q;
      assign own = PoolWidth'(sum ^ {AccWidth{s2_minus_q}});
      assign larger = (s2_merge_q && kept_q > own) ? kept_q : own;
      assign result = s2_merge_q ? AccWidth'(larger) : sum ^ {AccWidth{s2_minus_q}};
      always_ff @(posedge clk_i) begin
        if (s2_valid_q && s2_last_q) kept_q <= larger;
      end
    end else begin : gen_no_pool
      assign result = sum;
    end
    always_ff @(posedge clk_i) begin
      s2_part_q <= parts[PartWidth*(Spikes-1)+:PartWidth];
      if (s2_valid_q) sum_q <= sum;
      if (s2_valid_q && s2_last_q && !s2_keep_q) chunk_q <= result;
    end
    assign sums_o[AccWidth*j+:AccWidth] = chunk_q;
  end

  if (PoolWidth == 0) begin : gen_unused_pool
    logic unused_pool;
    assign unused_pool = s2_merge_q;
  end
  if (!HasOperands) begin : gen_no_operands
    logic unused_operands;
    assign unused_operands = ^operands_i;
  end

endmodule

`default_nettype wire
