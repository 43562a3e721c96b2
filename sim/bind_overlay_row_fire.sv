`default_nettype none

/// The taps of neurons of LayerNorm and softmax. Their membranes are not reported: what they decide on is, where it
/// comes in (`overlay_layer_norm_taps.sv`, `overlay_softmax_taps.sv`).
bind overlay_row_fire overlay_fire_taps #(
  .Kind(4),
  .Lanes(Quad),
  .MembraneWidth(1),
  .LevelWidth(LevelWidth + 1)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .valid_i(tap_valid),
  .instr_i(32'(tap_tag)),
  .row_i('0),
  .group_i('0),
  .step_i(32'(tap_step)),
  .nz_i(tap_nz),
  .neg_i(tap_neg),
  .v_i('0),
  .s_i(tap_s)
);

`default_nettype wire
