`default_nettype none

/// Co-simulation tap: every sum that LayerNorm reads.
///
/// Attached from outside by `bind`. `snn_tap_beat` announces a number, `snn_tap_delta` has it.
module overlay_layer_norm_taps #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Width = 16
) (
  input wire logic                   clk_i,
  input wire logic                   rst_i,
  input wire logic                   valid_i,
  /// Numbers that the beat has.
  input wire logic [Lanes-1:0]       here_i,
  input wire logic [Lanes*Width-1:0] data_i
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

  if (Width > 64) begin : gen_bad_parameters
    $error("overlay_layer_norm_taps: a number is too wide to be reported");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_i && valid_i) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        if (here_i[l]) begin
          snn_tap_beat(5, 0, 0, 0, 0, 1);
          snn_tap_delta(longint'($signed(data_i[Width*l+:Width])));
        end
      end
    end
  end

endmodule

bind overlay_layer_norm overlay_layer_norm_taps #(
  .Lanes(Lanes),
  .Width(SumWidth)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .valid_i(advance && element_q[1]),
  .here_i(here),
  .data_i(sum_data_i)
);

`default_nettype wire
