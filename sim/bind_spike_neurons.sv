`default_nettype none

/// The taps of neurons that add up changes: in designs that have `spike_neurons`.
bind spike_neurons neuron_taps #(
  .StageId(StageId),
  .Lanes(Lanes),
  .MembraneWidth(MembraneWidth),
  .LevelWidth(LevelWidth),
  .RowWidth(RowWidth),
  .ChunkWidth(ChunkWidth)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .taken_i(tap_valid),
  .nz_i(tap_nz),
  .neg_i(tap_neg),
  .skip_i(tap_skip),
  .last_i(tap_last),
  .quiet_i(tap_quiet),
  .row_i(tap_row),
  .chunk_i(tap_chunk),
  .v_i(tap_v),
  .s_i(tap_s)
);

`default_nettype wire
