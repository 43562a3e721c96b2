`default_nettype none

/// Matrix product of analog input values, applied as the single time-step of a sample.
///
/// Contract: takes exactly `Rows * ceil(InChannels / InLanes)` beats per sample and sends the delta
/// stream of one time-step with last = quiet = 1 on its final beat. Zero values are skipped.
/// Throughput, weight layout and back-pressure as in `matmul_engine`; one multiplier an output lane.
module analog_matmul #(
  /// Rows of a sample.
  parameter int unsigned Rows = 1,
  /// Input channels of a row; lanes beyond them are zero.
  parameter int unsigned InChannels = 8,
  /// Output channels; lanes beyond them have zero weights.
  parameter int unsigned OutChannels = 8,
  /// Lanes of an input chunk.
  parameter int unsigned InLanes = 4,
  /// Lanes of an output chunk.
  parameter int unsigned OutLanes = 4,
  /// Most events per cycle, a power of two that divides `InLanes`.
  parameter int unsigned Banks = 1,
  /// Bits of a signed input value, at least 2.
  parameter int unsigned ValueWidth = 9,
  /// Bits of a signed weight.
  parameter int unsigned WeightWidth = 4,
  /// Bits of an accumulated output; wide enough for every partial sum.
  parameter int unsigned DeltaWidth = 20,
  /// Words of a bank of weights, from its end, that are look-up tables instead of block memory.
  parameter int unsigned LutWords = 0,
  /// Base name of the weight images.
  parameter WeightFile = ""
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_i,
  /// Value stream in.
  input  wire logic                           in_valid_i,
  output      logic                           in_ready_o,
  input  wire logic [InLanes*ValueWidth-1:0]  in_value_i,
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

  localparam int unsigned Beats = Rows * ((InChannels + InLanes - 1) / InLanes);
  localparam int unsigned BeatWidth = (Beats > 1) ? $clog2(Beats) : 1;
  localparam bit [BeatWidth-1:0] BeatLast = BeatWidth'(Beats - 1);

  if (ValueWidth < 2) begin : gen_bad_parameters
    $error("analog_matmul: ValueWidth must be at least 2");
  end

  // The sample's final beat ends its only time-step.
  logic [BeatWidth-1:0] beat_q;
  logic last;
  assign last = beat_q == BeatLast;
  always_ff @(posedge clk_i) begin
    if (rst_i) beat_q <= '0;
    else if (in_valid_i && in_ready_o) beat_q <= last ? '0 : beat_q + BeatWidth'(1);
  end

  logic [InLanes-1:0] nz;
  for (genvar j = 0; j < InLanes; j++) begin : gen_nz
    assign nz[j] = in_value_i[ValueWidth*j+:ValueWidth] != '0;
  end

  matmul_engine #(
    .Rows(Rows),
    .InChannels(InChannels),
    .OutChannels(OutChannels),
    .InLanes(InLanes),
    .OutLanes(OutLanes),
    .Banks(Banks),
    .WeightWidth(WeightWidth),
    .DeltaWidth(DeltaWidth),
    .ValueWidth(ValueWidth),
    .LutWords(LutWords),
    .WeightFile(WeightFile)
  ) u_engine (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_nz_i(nz),
    .in_value_i,
    .in_skip_i(1'b0),
    .in_last_i(last),
    .in_quiet_i(last),
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
