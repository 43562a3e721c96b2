`default_nettype none

/// Co-simulation tap of the overlay: reports a group of neurons after a local time-step.
///
/// Attached from outside by `bind`, so the hardware is unchanged. `snn_tap_beat` announces the group: as `stage` the
/// number of the instruction in its list, as flags the local time-step, as chunk the group of the row.
/// `snn_tap_neuron` follows for each lane.
module overlay_fire_taps #(
  /// 3: neurons of the engine. 4: neurons of LayerNorm and softmax, in their order.
  parameter int Kind = 3,
  parameter int unsigned Lanes = 4,
  parameter int unsigned MembraneWidth = 16,
  parameter int unsigned LevelWidth = 5
) (
  input wire logic                           clk_i,
  input wire logic                           rst_i,
  input wire logic                           valid_i,
  input wire logic [31:0]                    instr_i,
  input wire logic [31:0]                    row_i,
  input wire logic [31:0]                    group_i,
  input wire logic [31:0]                    step_i,
  input wire logic [Lanes-1:0]               nz_i,
  input wire logic [Lanes-1:0]               neg_i,
  input wire logic [Lanes*MembraneWidth-1:0] v_i,
  input wire logic [Lanes*LevelWidth-1:0]    s_i
);

  import "DPI-C" function void snn_tap_beat(
    input int kind,
    input int stage,
    input int flags,
    input int row,
    input int chunk,
    input int lanes
  );
  import "DPI-C" function void snn_tap_neuron(
    input longint v,
    input int s,
    input int spike
  );

  if (MembraneWidth > 64 || LevelWidth > 32) begin : gen_bad_parameters
    $error("overlay_fire_taps: a membrane or tracer is too wide to be reported");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_i && valid_i) begin
      snn_tap_beat(
          Kind, int'(instr_i), int'(step_i & 32'hff), int'(row_i), int'(group_i), int'(Lanes));
      for (int unsigned j = 0; j < Lanes; j++) begin
        snn_tap_neuron(longint'($signed(v_i[MembraneWidth*j+:MembraneWidth])),
                       int'($signed(s_i[LevelWidth*j+:LevelWidth])),
                       !nz_i[j] ? 0 : neg_i[j] ? -1 : 1);
      end
    end
  end

endmodule

bind overlay_fire overlay_fire_taps #(
  .Kind(3),
  .Lanes(Lanes),
  .MembraneWidth(TapWidth),
  .LevelWidth(LevelBits + 1)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .valid_i(tap_valid_q),
  .instr_i(tap_instr_q),
  .row_i(tap_row_q),
  .group_i(tap_group_o_q),
  .step_i(tap_step_q),
  .nz_i(tap_nz_q),
  .neg_i(tap_neg_q),
  .v_i(tap_v_q),
  .s_i(tap_level_q)
);

`default_nettype wire
