`default_nettype none

/// Properties of the input adapter, for any sender, frames of any length, and any reader.
///
/// Every frame makes exactly one sample of `Beats` beats: the frame's own beats, value by value, then
/// zeros if it was short; what is left of a long frame is dropped. Both are reported once.
module axis_input_props #(
  parameter int unsigned Count = 5,
  parameter int unsigned Signed = 1,
  parameter int ZeroPoint = -3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic enable_i,
  input wire logic tvalid_i,
  input wire logic [15:0] tdata_i,
  input wire logic tlast_i,
  input wire logic out_ready_i
);

  localparam int unsigned Beats = (Count + 1) / 2;
  localparam int unsigned ValueWidth = 9;

  logic tready, out_valid, begins, short_frame, long_frame;
  logic [2*ValueWidth-1:0] value;
  axis_input #(
    .BeatLanes(2),
    .Lanes(2),
    .ElementWidth(8),
    .Signed(Signed),
    .ZeroPoint(ZeroPoint),
    .ValueWidth(ValueWidth),
    .Count(Count)
  ) u_dut (
    .clk_i,
    .rst_i,
    .enable_i,
    .s_axis_tvalid_i(tvalid_i),
    .s_axis_tready_o(tready),
    .s_axis_tdata_i(tdata_i),
    .s_axis_tlast_i(tlast_i),
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_value_o(value),
    .begin_o(begins),
    .short_frame_o(short_frame),
    .long_frame_o(long_frame)
  );

  logic push, pop;
  assign push = tvalid_i && tready;
  assign pop = out_valid && out_ready_i;

  // Beats of the sample that have gone out; whether its frame has ended; whether it has begun.
  logic begun_q = 1'b0;
  logic [3:0] out_q;
  logic ended_q, complete, ends;
  logic in_stalled_q, out_stalled_q, enable_q;
  logic [16:0] in_q;
  logic [2*ValueWidth-1:0] value_q;
  assign ends = ended_q || (push && tlast_i);
  assign complete = 32'(out_q) + 32'(pop) == Beats;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && tvalid_i && !tready;
    in_q <= {tdata_i, tlast_i};
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    value_q <= value;
    enable_q <= enable_i;
    if (rst_i) begin
      out_q <= '0;
      ended_q <= 1'b0;
    end else if (ends && complete) begin
      out_q <= '0;
      ended_q <= 1'b0;
    end else begin
      out_q <= out_q + 4'(pop);
      ended_q <= ends;
    end
  end

  // What the values must be.
  logic signed [ValueWidth-1:0] low, high;
  always_comb begin
    low = '0;
    high = '0;
    if (!ended_q) begin
      low = ((Signed != 0) ? {tdata_i[7], tdata_i[7:0]} : {1'b0, tdata_i[7:0]}) - ValueWidth'(ZeroPoint);
      high = ((Signed != 0) ? {tdata_i[15], tdata_i[15:8]} : {1'b0, tdata_i[15:8]}) -
          ValueWidth'(ZeroPoint);
      if (Count % 2 == 1 && 32'(out_q) == Beats - 1) high = '0;
    end
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (in_stalled_q && !rst_i) m_stays : assume (tvalid_i && {tdata_i, tlast_i} == in_q);
    if (begun_q && !rst_i) begin
      a_in_range : assert (32'(out_q) <= Beats);
      // Rest of a long frame: taken at once, nothing goes out.
      a_drops : assert (32'(out_q) != Beats || (tready && !out_valid && !ended_q));
      // Beats go through together; of a short frame zeros follow by themselves.
      if (32'(out_q) != Beats && !ended_q) begin
        a_through : assert (push == pop);
        a_offered : assert (out_valid == (tvalid_i && (enable_i || out_q != '0)));
      end
      if (ended_q) a_fills : assert (out_valid && !tready);
      a_value : assert (!out_valid || value == {high, low});
      a_begin : assert (begins == (push && out_q == '0 && !ended_q));
      a_short : assert (short_frame == (push && tlast_i && 32'(out_q) + 1 < Beats));
      a_long : assert (long_frame == (push && !tlast_i && 32'(out_q) + 1 == Beats));
      // A first beat is withdrawn only where `enable_i` is.
      if (out_stalled_q && (out_q != '0 || enable_i)) a_stable : assert (out_valid && value == value_q);
      a_answer : assert (tready || !out_ready_i || ended_q || (out_q == '0 && !enable_i));
      c_short : cover (ended_q && complete && pop);
      c_long : cover (push && tlast_i && 32'(out_q) == Beats && in_stalled_q == 1'b0);
      c_exact : cover (push && tlast_i && complete && !ended_q && value != '0);
    end
  end

endmodule

`default_nettype wire
