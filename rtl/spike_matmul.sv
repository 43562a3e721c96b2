`default_nettype none

/// Matrix product of a spike stream: each spike adds or subtracts one row of weights.
///
/// Contract, throughput, weight layout and back-pressure as in `matmul_engine`; no multiplier.
module spike_matmul #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Input channels; lanes beyond them never spike.
  parameter int unsigned InChannels = 8,
  /// Output channels; lanes beyond them have zero weights.
  parameter int unsigned OutChannels = 8,
  /// Lanes of an input chunk.
  parameter int unsigned InLanes = 4,
  /// Lanes of an output chunk.
  parameter int unsigned OutLanes = 4,
  /// Most events per cycle, a power of two that divides `InLanes`.
  parameter int unsigned Banks = 1,
  /// Bits of a signed weight.
  parameter int unsigned WeightWidth = 4,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 12,
  /// Words of a bank of weights, from its end, that are look-up tables instead of block memory.
  parameter int unsigned LutWords = 0,
  /// Base name of the weight images.
  parameter WeightFile = ""
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  /// Spike stream in.
  input  wire logic                           in_valid_i,
  output      logic                           in_ready_o,
  input  wire logic [InLanes-1:0]             in_nz_i,
  input  wire logic [InLanes-1:0]             in_neg_i,
  input  wire logic                           in_skip_i,
  input  wire logic                           in_last_i,
  input  wire logic                           in_quiet_i,
  /// Delta stream out.
  output      logic                           out_valid_o,
  input  wire logic                           out_ready_i,
  output      logic [OutLanes*DeltaWidth-1:0] out_delta_o,
  output      logic                           out_skip_o,
  output      logic                           out_last_o,
  output      logic                           out_quiet_o,
  /// Events issued in this cycle, each with `OutLanes` weights.
  output      logic [$clog2(Banks+1)-1:0]     work_o
);

  matmul_engine #(
    .Rows(Rows),
    .InChannels(InChannels),
    .OutChannels(OutChannels),
    .InLanes(InLanes),
    .OutLanes(OutLanes),
    .Banks(Banks),
    .WeightWidth(WeightWidth),
    .DeltaWidth(DeltaWidth),
    .ValueWidth(1),
    .LutWords(LutWords),
    .WeightFile(WeightFile)
  ) u_engine (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_nz_i,
    .in_value_i(in_neg_i),
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o,
    .out_ready_i,
    .out_delta_o,
    .out_skip_o,
    .out_last_o,
    .out_quiet_o,
    .work_o
  );

endmodule

`default_nettype wire
