`default_nettype none

/// Flags of the output beat of a neuron array: whether a neuron fired, and the end of the sample.
///
/// `last` at the first time-step, not before the input's final one, in which no neuron fired, or at the
/// limit; `quiet` goes with `last` if nothing fired and the input ended quiet.
/// Latency: 0.
module fired_flags #(
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// The beat leaves.
  input  wire logic                       leaves_i,
  /// Lanes that fire.
  input  wire logic [Lanes-1:0]           nz_i,
  input  wire logic                       row_end_i,
  input  wire logic                       step_end_i,
  /// Its time-step: the input is final; at the limit; the input ended quiet.
  input  wire logic                       final_i,
  input  wire logic                       limit_i,
  input  wire logic                       quiet_i,
  output      logic                       last_o,
  output      logic                       quiet_o,
  /// Something has fired in the row, this beat included; in the time-step, this beat not included.
  output      logic                       row_fired_o,
  output      logic                       step_fired_o,
  /// Spikes sent in this cycle.
  output      logic [$clog2(Lanes+1)-1:0] spikes_o
);

  localparam int unsigned CountWidth = $clog2(Lanes + 1);

  logic row_fired_q, step_fired_q, step_fired;
  assign row_fired_o = nz_i != '0 || row_fired_q;
  assign step_fired = nz_i != '0 || step_fired_q;
  assign step_fired_o = step_fired_q;
  assign last_o = step_end_i && (limit_i || (final_i && !step_fired));
  assign quiet_o = last_o && quiet_i && final_i && !step_fired;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_fired_q <= 1'b0;
      step_fired_q <= 1'b0;
    end else if (leaves_i) begin
      row_fired_q <= !row_end_i && row_fired_o;
      step_fired_q <= !step_end_i && step_fired;
    end
  end

  logic [CountWidth-1:0] spikes;
  always_comb begin
    spikes = '0;
    for (int unsigned j = 0; j < Lanes; j++) spikes = spikes + CountWidth'(nz_i[j]);
  end
  assign spikes_o = leaves_i ? spikes : '0;

endmodule

`default_nettype wire
