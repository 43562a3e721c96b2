`default_nettype none

/// The taps of neurons that decide a row at a time: in designs that have `row_taps`.
bind row_taps neuron_taps #(
  .StageId(StageId),
  .Lanes(Lanes),
  .MembraneWidth(AccWidth),
  .LevelWidth(LevelWidth),
  .RowWidth(RowWidth),
  .ChunkWidth(ChunkWidth)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .taken_i(out_valid_i && out_ready_i),
  .nz_i(out_nz_i),
  .neg_i(out_neg_i),
  .skip_i(out_skip_i),
  .last_i(out_last_i),
  .quiet_i(out_quiet_i),
  .row_i(tap_row),
  .chunk_i(tap_chunk),
  .v_i(tap_v),
  .s_i(tap_s)
);

`default_nettype wire
