`default_nettype none

/// Simulation-only observer of a valid/ready stream: an offered beat stays until it is taken.
///
/// A beat that is lost in the last cycle before a reset is accepted: with a register on the reset
/// (the IP for Vivado), the sender is already reset in this cycle, the receiver is not. For formal
/// proofs there is no such register, and the check is immediate.
///
/// It has no outputs and is only instantiated where `SYNTHESIS` is not defined.
module stream_check #(
  /// Bits per beat.
  parameter int unsigned Width = 8
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic valid_i,
  input wire logic ready_i,
  input wire logic [Width-1:0] data_i
);

`ifndef SYNTHESIS
  logic stalled_q;
  logic [Width-1:0] data_q;

  always_ff @(posedge clk_i) begin
    stalled_q <= !rst_i && valid_i && !ready_i;
    data_q <= data_i;
  end

`ifdef FORMAL
  always_ff @(posedge clk_i) begin
    if (!rst_i && stalled_q) begin
      a_valid_stays : assert (valid_i);
      a_data_stable : assert (data_i == data_q);
    end
  end
`else
  logic valid_lost_q, data_changed_q;

  always_ff @(posedge clk_i) begin
    valid_lost_q <= !rst_i && stalled_q && !valid_i;
    data_changed_q <= !rst_i && stalled_q && data_i != data_q;
    if (!rst_i) begin
      a_valid_stays : assert (!valid_lost_q);
      a_data_stable : assert (!data_changed_q);
    end
  end
`endif
`endif

endmodule

`default_nettype wire
