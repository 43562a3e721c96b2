`default_nettype none

/// Bench of `overlay_accumulate`: the sums of every chunk, when they come, and that they stay until the next ones.
module overlay_accumulate_tb #(
  parameter int unsigned Lanes = 8,
  parameter int unsigned Spikes = 2,
  parameter int unsigned WeightWidth = 8,
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned HasOperands = 1,
  parameter int unsigned PoolWidth = 0,
  /// Beats: {operands, weights, merge, keep, last, double, clear, negative, events}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Sums of complete chunks.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch, count;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  localparam int unsigned WeightBits = Spikes * Lanes * WeightWidth;
  localparam int unsigned OperandBits = Spikes * Lanes * OperandWidth;
  logic valid, clear, double, last, keep, merge, done;
  logic [Spikes-1:0] events, neg;
  logic [WeightBits-1:0] weights, weights_q;
  logic [OperandBits-1:0] operands, operands_q;
  logic [Lanes*AccWidth-1:0] words, sums, sums_q;
  logic complement;
  assign sums = words ^ {(Lanes * AccWidth) {complement}};
  bench_player #(
    .Width(OperandBits + WeightBits + 5 + 2 * Spikes), .Words(InWords), .File(InFile)
  ) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(valid), .ready_i(1'b1),
    .data_o({operands, weights, merge, keep, last, double, clear, neg, events})
  );
  // Words follow a cycle later; without a beat they are any.
  always @(posedge clk_i) begin
    weights_q <= weights;
    operands_q <= operands;
  end
  overlay_accumulate #(
    .Lanes(Lanes), .Spikes(Spikes), .WeightWidth(WeightWidth), .OperandWidth(OperandWidth),
    .AccWidth(AccWidth), .HasOperands(HasOperands), .PoolWidth(PoolWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(valid), .in_event_i(events), .in_neg_i(neg), .in_clear_i(clear),
    .in_double_i(double), .in_last_i(last), .in_keep_i(keep), .in_merge_i(merge),
    .weights_i(weights_q), .operands_i(operands_q), .done_o(done), .sums_o(words),
    .complement_o(complement)
  );
  bench_observer #(.Width(Lanes * AccWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(done), .data_i(sums)
  );

  // Three cycles after its last beat a chunk is complete; until the next one it stays.
  logic [2:0] due = '0;
  logic stays = 1'b0;
  always @(posedge clk_i) begin
    due <= rst ? '0 : {due[1:0], valid && last && !keep};
    sums_q <= sums;
    stays <= !rst && (stays || done);
    if (!rst && done != due[2]) $fatal(1, "%m: a chunk is complete too early or too late");
    if (stays && !done && sums !== sums_q) $fatal(1, "%m: sums change");
  end

endmodule

`default_nettype wire
