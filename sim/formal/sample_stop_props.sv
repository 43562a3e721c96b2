`default_nettype none

/// Properties of `sample_stop`: it reports a stop of the sample that the stage works on, and no other.
module sample_stop_props (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic stop_i,
  input wire logic [15:0] stop_sample_i,
  input wire logic end_i
);

  logic hit;
  sample_stop u_dut (
    .clk_i,
    .rst_i,
    .stop_i,
    .stop_sample_i,
    .end_i,
    .hit_o(hit)
  );

  // The samples that have ended since the reset, and what was said in the cycle before.
  logic begun_q = 1'b0;
  logic named_q, ended_q, end_q, end2_q;
  logic [15:0] ends_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    named_q <= !rst_i && stop_i && stop_sample_i == ends_q;
    ended_q <= rst_i || end_i;
    end_q <= !rst_i && end_i;
    end2_q <= !rst_i && end_q;
    if (rst_i) ends_q <= '0;
    else if (end_i) ends_q <= ends_q + 16'd1;
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (begun_q) begin
      // The sample's number changes a cycle after the sample.
      a_hit : assert (hit == (named_q && !ended_q && !end2_q));
      c_hit : cover (hit && ends_q == 16'd2);
    end
  end

endmodule

`default_nettype wire
