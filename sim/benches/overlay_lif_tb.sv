`default_nettype none

/// Bench of `overlay_lif`: membranes and spikes of every group against the equations, and the time without pauses.
module overlay_lif_tb #(
  parameter int unsigned Lanes = 8,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned ThetaWidth = 14,
  parameter int unsigned StartWidth = 16,
  parameter int unsigned StateWidth = 24,
  parameter int unsigned CurrentWidth = 0,
  parameter int unsigned Depth = 16,
  parameter int unsigned LeakShift = 0,
  /// Groups: {begin, what the instruction has, drives and thresholds, sums}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// {spikes, membranes} of a group.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  localparam int unsigned AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned FractionBits = 6;
  localparam int unsigned InWidth = 5 + AddrBits + FractionBits + 2 * (LeakShift + 1) +
      StateWidth + Lanes * (ThetaWidth + StartWidth + AccWidth);
  logic in_valid, first, done, out_ready, over, synapse;
  logic [1:0] reset;
  logic [AddrBits-1:0] last;
  logic [FractionBits-1:0] fraction;
  logic [LeakShift:0] factor, synapse_factor;
  logic [StateWidth-1:0] value;
  logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold;
  logic [Lanes*AccWidth-1:0] sums;
  logic [Lanes-1:0] spikes;
  logic [Lanes*StateWidth-1:0] membranes;
  // The first beat of an instruction is no group.
  bench_player #(.Width(InWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid),
    .ready_i(first || (done && out_ready)),
    .data_o({
      first, synapse_factor, synapse, factor, over, reset, fraction, last, value, threshold, sums
    })
  );
  overlay_lif #(
    .Lanes(Lanes), .AccWidth(AccWidth), .ThetaWidth(ThetaWidth), .StartWidth(StartWidth),
    .StateWidth(StateWidth), .CurrentWidth(CurrentWidth), .Depth(Depth), .LeakShift(LeakShift),
    .FractionBits(FractionBits)
  ) u_dut (
    .clk_i, .rst_i(rst), .begin_i(in_valid && first), .valid_i(in_valid && !first), .done_o(done),
    .take_i(done && out_ready), .last_i(last), .fraction_i(fraction), .reset_i(reset),
    .over_i(over), .factor_i(factor), .synapse_i(synapse), .synapse_factor_i(synapse_factor),
    .value_i(value), .sums_i(sums), .threshold_i(threshold), .spikes_o(spikes),
    .membranes_o(membranes)
  );
  bench_checker #(.Width(Lanes * (StateWidth + 1)), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(done), .ready_o(out_ready),
    .data_i({spikes, membranes})
  );

endmodule

`default_nettype wire
