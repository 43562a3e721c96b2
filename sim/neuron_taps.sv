`default_nettype none

/// Co-simulation tap: reports every beat that an array of neurons sends, with the state behind it.
///
/// Attached from outside by `bind` (`bind_spike_neurons.sv`, `bind_row_taps.sv`), so the hardware is unchanged.
/// `snn_tap_beat` announces the
/// beat; `snn_tap_neuron` follows for each lane unless it is a skip beat.
module neuron_taps #(
  /// Number of the stage in the design.
  parameter int unsigned StageId = 0,
  /// As in `spike_neurons`.
  parameter int unsigned Lanes = 4,
  parameter int unsigned MembraneWidth = 16,
  parameter int unsigned LevelWidth = 5,
  parameter int unsigned RowWidth = 1,
  parameter int unsigned ChunkWidth = 1
) (
  input wire logic                           clk_i,
  input wire logic                           rst_i,
  /// A beat is decided or taken in this cycle.
  input wire logic                           taken_i,
  input wire logic [Lanes-1:0]               nz_i,
  input wire logic [Lanes-1:0]               neg_i,
  input wire logic                           skip_i,
  input wire logic                           last_i,
  input wire logic                           quiet_i,
  /// Position, and membranes and tracers after this time-step.
  input wire logic [RowWidth-1:0]            row_i,
  input wire logic [ChunkWidth-1:0]          chunk_i,
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

  localparam int KindNeurons = 1;

  if (MembraneWidth > 64 || LevelWidth > 32) begin : gen_bad_parameters
    $error("neuron_taps: a membrane or tracer is too wide to be reported");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_i && taken_i) begin
      snn_tap_beat(KindNeurons, int'(StageId), {29'd0, quiet_i, last_i, skip_i}, int'(row_i),
                   int'(chunk_i), skip_i ? 0 : int'(Lanes));
      for (int unsigned j = 0; j < Lanes; j++) begin
        if (!skip_i) begin
          snn_tap_neuron(longint'($signed(v_i[MembraneWidth*j+:MembraneWidth])),
                         int'($signed(s_i[LevelWidth*j+:LevelWidth])),
                         !nz_i[j] ? 0 : neg_i[j] ? -1 : 1);
        end
      end
    end
  end

endmodule

`default_nettype wire
