`default_nettype none

/// The taps of neurons that the engine fires: in designs that have `overlay_fire`.
bind overlay_fire overlay_taps #(
  .Kind(3),
  .Lanes(Lanes),
  .MembraneWidth(VWidth),
  .LevelWidth(LevelBits + 1)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .valid_i(tap_valid_q),
  .instr_i(tap_instr_q),
  .row_i(tap_row_q),
  .group_i(tap_group_o_q),
  .step_i(tap_step_q),
  .nz_i(spike_nz_o),
  .neg_i(spike_neg_o),
  .v_i(tap_v_q),
  .s_i(tap_level_q)
);

`default_nettype wire
