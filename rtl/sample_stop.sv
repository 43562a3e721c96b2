`default_nettype none

/// Says that the readout has already completed the sample that a stage works on.
///
/// Contract: `hit_o` is high from 1 cycle after `stop_*` names the sample that the stage works on, until
/// `end_i` says that the stage has ended it; in the first cycle of a sample `stop_*` is ignored. Samples
/// are counted from 0, modulo 2^16.
module sample_stop (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  /// From the readout: a sample is to be ended.
  input  wire logic        stop_i,
  input  wire logic [15:0] stop_sample_i,
  /// The stage's sample ends in this cycle.
  input  wire logic        end_i,
  output      logic        hit_o
);

  // That the sample has ended is known late: it is counted a cycle later, and hides what was said of it.
  logic [15:0] sample_q;
  logic hit_q, end_q;
  assign hit_o = hit_q && !end_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      sample_q <= '0;
      hit_q <= 1'b0;
      end_q <= 1'b0;
    end else begin
      end_q <= end_i;
      hit_q <= !end_q && stop_i && stop_sample_i == sample_q;
      if (end_q) sample_q <= sample_q + 16'd1;
    end
  end

endmodule

`default_nettype wire
