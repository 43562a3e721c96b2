`default_nettype none

/// Co-simulation tap: every logit that the readout of a loaded network takes.
///
/// Attached from outside by `bind`. `snn_tap_beat` announces a number, `snn_tap_delta` has it.
module overlay_logits_taps #(
  parameter int unsigned Width = 16
) (
  input wire logic             clk_i,
  input wire logic             rst_i,
  input wire logic             valid_i,
  input wire logic [Width-1:0] data_i
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
    $error("overlay_logits_taps: a number is too wide to be reported");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_i && valid_i) begin
      snn_tap_beat(2, 0, 0, 0, 0, 1);
      snn_tap_delta(longint'($signed(data_i)));
    end
  end

endmodule

bind overlay_logits overlay_logits_taps #(
  .Width(AccWidth)
) u_taps (
  .clk_i(clk_i),
  .rst_i(rst_i),
  .valid_i(in_valid_i && in_ready_o),
  .data_i(in_data_i)
);

`default_nettype wire
