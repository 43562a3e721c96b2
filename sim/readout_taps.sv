`default_nettype none

/// Co-simulation tap: reports every beat of deltas that a `readout` takes.
///
/// Attached from outside by `bind`. `snn_tap_beat` announces the beat; `snn_tap_delta` follows for
/// each lane unless it is a skip beat.
module readout_taps #(
  /// As in `readout`.
  parameter int unsigned Lanes = 4,
  parameter int unsigned DeltaWidth = 12,
  parameter int unsigned ChunkWidth = 1
) (
  input wire logic                        clk_i,
  input wire logic                        rst_i,
  /// A beat is taken in this cycle.
  input wire logic                        taken_i,
  input wire logic [Lanes*DeltaWidth-1:0] delta_i,
  input wire logic                        skip_i,
  input wire logic                        last_i,
  input wire logic                        quiet_i,
  /// Position in the row.
  input wire logic [ChunkWidth-1:0]       chunk_i
);

  import "DPI-C" function void snn_tap_beat(
    input int kind,
    input int stage,
    input int flags,
    input int row,
    input int chunk,
    input int lanes
  );
  import "DPI-C" function void snn_tap_delta(input longint delta);

  localparam int KindReadout = 2;

  if (DeltaWidth > 64) begin : gen_bad_parameters
    $error("readout_taps: a delta is too wide to be reported");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_i && taken_i) begin
      snn_tap_beat(KindReadout, 0, {29'd0, quiet_i, last_i, skip_i}, 0, int'(chunk_i),
                   skip_i ? 0 : int'(Lanes));
      for (int unsigned j = 0; j < Lanes; j++) begin
        if (!skip_i) snn_tap_delta(longint'($signed(delta_i[DeltaWidth*j+:DeltaWidth])));
      end
    end
  end

endmodule

bind readout readout_taps #(
  .Lanes(Lanes),
  .DeltaWidth(DeltaWidth),
  .ChunkWidth(ChunkWidth)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .taken_i(taken),
  .delta_i(in_delta_i),
  .skip_i(in_skip_i),
  .last_i(in_last_i),
  .quiet_i(in_quiet_i),
  .chunk_i(chunk_q)
);

`default_nettype wire
