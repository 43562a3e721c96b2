`default_nettype none

/// Properties of a fork, for any sender that holds a beat until it is taken and any readers.
///
/// Each reader gets each beat once, in order: the numbers of beats that the readers have taken differ by
/// at most one from that of the beats that have left, and what is offered is the sender's beat.
module stream_fork_props #(
  parameter int unsigned Width = 2,
  parameter int unsigned Outputs = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [Width-1:0] in_data_i,
  input wire logic [Outputs-1:0] out_ready_i
);

  logic in_ready;
  logic [Outputs-1:0] out_valid;
  logic [Width-1:0] out_data;
  stream_fork #(
    .Width(Width),
    .Outputs(Outputs)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_data_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_data_o(out_data)
  );

  logic begun_q = 1'b0;
  logic in_stalled_q;
  logic [Width-1:0] in_data_q;
  logic [Outputs-1:0] stalled_q;
  // Beats that have left, and that each reader has taken, modulo 4.
  logic [1:0] left_q;
  logic [2*Outputs-1:0] taken_q;
  logic leaves;
  assign leaves = in_valid_i && in_ready;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_data_q <= in_data_i;
    stalled_q <= rst_i ? '0 : out_valid & ~out_ready_i;
    left_q <= rst_i ? '0 : left_q + 2'(leaves);
    for (int unsigned j = 0; j < Outputs; j++) begin
      taken_q[2*j+:2] <= rst_i ? '0 : taken_q[2*j+:2] + 2'(out_valid[j] && out_ready_i[j]);
    end
  end

  // Ahead of the others by one at most: that reader has taken the beat, and is not offered it again.
  logic once, offered, complete;
  always_comb begin
    once = 1'b1;
    offered = 1'b1;
    complete = 1'b1;
    for (int unsigned j = 0; j < Outputs; j++) begin
      if (taken_q[2*j+:2] != left_q && taken_q[2*j+:2] != left_q + 2'd1) once = 1'b0;
      if (in_valid_i && out_valid[j] != (taken_q[2*j+:2] == left_q)) offered = 1'b0;
      if (leaves && taken_q[2*j+:2] == left_q && !out_ready_i[j]) complete = 1'b0;
    end
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (in_stalled_q && !rst_i) m_stays : assume (in_valid_i && in_data_i == in_data_q);
    if (begun_q && !rst_i) begin
      a_data : assert (out_valid == '0 || (in_valid_i && out_data == in_data_i));
      a_stays : assert ((stalled_q & ~out_valid) == '0);
      a_once : assert (once);
      a_offered : assert (offered);
      // A beat leaves when every reader has taken it.
      a_none_lost : assert (complete);
      a_answer : assert (!in_valid_i || in_ready || (out_valid & ~out_ready_i) != '0);
      c_apart : cover (leaves && taken_q != {Outputs{left_q}});
      c_together : cover (leaves && taken_q == {Outputs{left_q}} && left_q == 2'd2);
    end
  end

endmodule

`default_nettype wire
