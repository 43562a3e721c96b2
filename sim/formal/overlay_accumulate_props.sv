`default_nettype none

/// Properties of `overlay_accumulate`, for any beats and any words.
///
/// One of the lanes, freely chosen, is followed: the sums of a chunk are those of its events, doubled from step to step, or
/// the largest of those that are compared, and stay until the next chunk is complete.
module overlay_accumulate_props #(
  parameter int unsigned Lanes = 2,
  parameter int unsigned Spikes = 2,
  parameter int unsigned WeightWidth = 2,
  parameter int unsigned OperandWidth = 3,
  parameter int unsigned AccWidth = 4,
  parameter int unsigned HasOperands = 1,
  parameter int unsigned PoolWidth = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [Spikes-1:0] in_event_i,
  input wire logic [Spikes-1:0] in_neg_i,
  input wire logic in_clear_i,
  input wire logic in_double_i,
  input wire logic in_last_i,
  input wire logic in_keep_i,
  input wire logic in_merge_i,
  input wire logic [Spikes*Lanes*WeightWidth-1:0] weights_i,
  input wire logic [Spikes*Lanes*OperandWidth-1:0] operands_i
);

  logic done;
  logic [Lanes*AccWidth-1:0] sums;
  logic complement;
  overlay_accumulate #(
    .Lanes(Lanes),
    .Spikes(Spikes),
    .WeightWidth(WeightWidth),
    .OperandWidth(OperandWidth),
    .AccWidth(AccWidth),
    .HasOperands(HasOperands),
    .PoolWidth(PoolWidth)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_event_i,
    .in_neg_i,
    .in_clear_i,
    .in_double_i,
    .in_last_i,
    .in_keep_i,
    .in_merge_i,
    .weights_i,
    .operands_i,
    .done_o(done),
    .sums_o(sums),
    .complement_o(complement)
  );

  (* anyconst *) logic lane;

  // ---------------------------------------------------------------------------- a beat and its words
  logic begun_q = 1'b0;
  logic valid_q, clear_q, double_q, last_q, keep_q, merge_q;
  logic [Spikes-1:0] event_q, neg_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    valid_q <= !rst_i && in_valid_i;
    event_q <= in_event_i;
    neg_q <= in_neg_i;
    {clear_q, double_q, last_q, keep_q, merge_q} <= {in_clear_i, in_double_i, in_last_i, in_keep_i, in_merge_i};
  end
  logic signed [WeightWidth-1:0] weight;
  logic signed [OperandWidth-1:0] operand;
  // Wide enough for any sum of a beat.
  logic signed [AccWidth+3:0] added;
  logic silent, one_of_them;
  always_comb begin
    added = '0;
    silent = 1'b1;
    one_of_them = 1'b1;
    for (int unsigned g = 0; g < Spikes; g++) begin
      weight = WeightWidth'(weights_i >> (WeightWidth * (Lanes * g + 32'(lane))));
      operand = OperandWidth'(operands_i >> (OperandWidth * (Lanes * g + 32'(lane))));
      if (HasOperands == 0) operand = '0;
      if (!event_q[g] && (weight != '0 || operand != '0)) silent = 1'b0;
      if (weight != '0 && operand != '0) one_of_them = 1'b0;
      if (event_q[g]) begin
        if (neg_q[g]) added = added - (AccWidth + 4)'(weight) - (AccWidth + 4)'(operand);
        else added = added + (AccWidth + 4)'(weight) + (AccWidth + 4)'(operand);
      end
    end
  end

  // ---------------------------------------------------------------------------- sums
  localparam int unsigned KeptWidth = (PoolWidth > 0) ? PoolWidth : 1;
  logic signed [AccWidth-1:0] sum_q, sum, result, chunk_q, chunk2_q, followed;
  logic signed [KeptWidth-1:0] kept_q;
  logic complete, complete_q, done_q, any_q, known_q, cleared_q;
  assign followed = AccWidth'(sums >> (AccWidth * lane)) ^ {AccWidth{complement}};
  assign sum = (clear_q ? AccWidth'(0) : double_q ? sum_q + sum_q : sum_q) + AccWidth'(added);
  assign result = (PoolWidth > 0 && merge_q && AccWidth'(kept_q) > sum) ? AccWidth'(kept_q) : sum;
  assign complete = valid_q && last_q && !keep_q;
  always_ff @(posedge clk_i) begin
    if (valid_q) sum_q <= sum;
    if (valid_q && last_q) kept_q <= KeptWidth'(result);
    if (complete) chunk_q <= result;
    chunk2_q <= chunk_q;
    complete_q <= !rst_i && complete;
    done_q <= !rst_i && complete_q;
    // Before the first chunk there is nothing to say.
    if (rst_i) any_q <= 1'b0;
    else if (done_q) any_q <= 1'b1;
    if (rst_i) known_q <= 1'b0;
    else if (valid_q && last_q) known_q <= 1'b1;
    if (rst_i) cleared_q <= 1'b0;
    else if (valid_q) cleared_q <= 1'b1;
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    if (valid_q) begin
      m_words : assume (silent && one_of_them);
      // The first beat of all clears; one is compared with what was kept.
      m_first : assume (cleared_q || clear_q);
      m_merge : assume (PoolWidth != 0 || (!keep_q && !merge_q));
      m_kept : assume (!merge_q || known_q);
      // What is compared lies in its range.
      if (PoolWidth != 0 && last_q && (keep_q || merge_q)) begin
        m_range : assume (sum == AccWidth'($signed(KeptWidth'(sum))));
      end
    end
    if (begun_q && !rst_i) begin
      a_done : assert (done == done_q);
      if (done_q || any_q) a_sum : assert (followed == chunk2_q);
      c_double : cover (done_q && followed == AccWidth'(-3) && lane);
      c_merge : cover (PoolWidth == 0 || (complete && merge_q && AccWidth'(kept_q) > sum && kept_q != '0 && sum != '0));
      c_next : cover (done && any_q && complete);
    end
  end

endmodule

`default_nettype wire
