`default_nettype none

/// Properties of `permute_buffer`, for any order of a small sample, any values and any reader.
///
/// One position of the order, freely chosen, is followed: of every sample the value that goes out there is
/// the one that came in at the beat and lane that the order names.
module permute_buffer_props #(
  parameter int unsigned Count = 3,
  parameter int unsigned InLanes = 2
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [InLanes-1:0] in_value_i,
  input wire logic out_ready_i
);

  localparam int unsigned Beats = (Count + InLanes - 1) / InLanes;

  logic in_ready, out_valid, out_value;
  permute_buffer #(
    .Count(Count),
    .InLanes(InLanes),
    .ValueWidth(1)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_value_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_value_o(out_value)
  );

  // The memory inside, {beat, lane} of a bit each, and the position that is followed.
  (* hierconn *) logic [2*Count-1:0] \u_dut.u_order.words ;
  (* anyconst *) logic [1:0] position;
  logic beat, lane;
  assign {beat, lane} = 2'(\u_dut.u_order.words >> (2 * position));

  logic begun_q = 1'b0;
  logic in_stalled_q, out_stalled_q, out_q, push, pop;
  logic [InLanes-1:0] in_q;
  logic in_beat_q;
  logic [1:0] out_position_q;
  logic in_end, out_end;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;
  assign in_end = push && 32'(in_beat_q) == Beats - 1;
  assign out_end = pop && 32'(out_position_q) == Count - 1;

  // The position's values of the samples inside, the oldest lowest; whole samples inside.
  logic [4:0] values_q;
  logic [2:0] values_count_q, samples_q;
  logic value_in, value_out;
  assign value_in = push && in_beat_q == beat;
  assign value_out = pop && out_position_q == position;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    in_q <= in_value_i;
    out_q <= out_value;
    if (rst_i) begin
      in_beat_q <= 1'b0;
      out_position_q <= '0;
      values_count_q <= '0;
      samples_q <= '0;
    end else begin
      if (push) in_beat_q <= !in_end && Beats > 1;
      if (pop) out_position_q <= out_end ? '0 : out_position_q + 2'd1;
      values_count_q <= values_count_q + 3'(value_in) - 3'(value_out);
      samples_q <= samples_q + 3'(in_end) - 3'(out_end);
    end
    for (int unsigned i = 0; i < 4; i++) begin
      if (value_in && 32'(values_count_q) - 32'(value_out) == i) values_q[i] <= in_value_i[lane];
      else if (value_out) values_q[i] <= values_q[i+1];
    end
  end

  logic [2:0] wait_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || out_valid || samples_q == '0) wait_q <= '0;
    else wait_q <= wait_q + 3'd1;
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    // The order names elements of the sample.
    m_position : assume (32'(position) < Count && 32'(beat) * InLanes + 32'(lane) < Count);
    if (in_stalled_q && !rst_i) m_stays : assume (in_valid_i && in_value_i == in_q);
    if (begun_q && !rst_i) begin
      a_capacity : assert (values_count_q <= 3'd4 && samples_q <= 3'd3);
      a_has_come : assert (!out_valid || samples_q != '0);
      a_value : assert (!out_valid || out_position_q != position || out_value == values_q[0]);
      if (out_stalled_q) a_stable : assert (out_valid && out_value == out_q);
      a_answer : assert (wait_q <= 3'd3);
      // A sample comes in while the one before it goes out.
      a_takes : assert (in_ready || samples_q >= 3'd2);
      c_second : cover (value_out && out_value && beat && samples_q == 3'd2);
      c_full : cover (!in_ready && out_end);
    end
  end

endmodule

`default_nettype wire
