/// Properties of the end of a pipeline, for any pipeline before it and any reader behind it.
///
/// Beats begin when they may, and come in any number of cycles later; there must be a place for each.
/// Order and completeness with one symbolic beat, as in `stream_fifo_props`. Reset may come at any time.
module stream_exit_props #(
  parameter int unsigned Width = 2,
  parameter int unsigned Places = 7
) (
  input logic clk_i,
  input logic rst_i,
  input logic begin_i,
  input logic in_valid_i,
  input logic [Width-1:0] in_data_i,
  input logic out_ready_i,
  input logic mark_i
);

  localparam int unsigned CountWidth = $clog2(Places + 2);

  logic room, out_valid;
  logic [Width-1:0] out_data;
  stream_exit #(
    .Width(Width),
    .Places(Places)
  ) u_dut (
    .clk_i,
    .rst_i,
    .room_o(room),
    .begin_i,
    .in_valid_i,
    .in_data_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_data_o(out_data)
  );

  logic pop;
  assign pop = out_valid && out_ready_i;

  // Beats under way, and in the FIFO; and of the beat that is followed, how many must leave before it and
  // what it was.
  logic begun_q = 1'b0;
  logic followed_q, done_q, out_stalled_q;
  logic [CountWidth-1:0] under_way_q, inside_q, before_q;
  logic [Width-1:0] beat_q, out_data_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    out_data_q <= out_data;
    if (rst_i) begin
      under_way_q <= '0;
      inside_q <= '0;
      followed_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      under_way_q <= under_way_q + CountWidth'(begin_i) - CountWidth'(in_valid_i);
      inside_q <= inside_q + CountWidth'(in_valid_i) - CountWidth'(pop);
      if (in_valid_i && mark_i && !followed_q && !done_q) begin
        followed_q <= 1'b1;
        before_q <= inside_q - CountWidth'(pop);
        beat_q <= in_data_i;
      end else if (followed_q && pop) begin
        before_q <= before_q - CountWidth'(1);
        if (before_q == '0) begin
          followed_q <= 1'b0;
          done_q <= 1'b1;
        end
      end
    end
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_begins_with_room : assume (!begin_i || room);
    m_comes_after_begin : assume (!in_valid_i || under_way_q != '0);
    if (begun_q && !rst_i) begin
      a_room : assert (room == (32'(under_way_q) + 32'(inside_q) < Places));
      a_answer : assert (out_valid == (inside_q != '0));
      a_order : assert (!(followed_q && before_q == '0 && out_valid) || out_data == beat_q);
      if (out_stalled_q) a_out_stable : assert (out_valid && out_data == out_data_q);
      c_full : cover (!room && under_way_q == '0);
      c_all_under_way : cover (!room && inside_q == '0);
      c_followed : cover (done_q && inside_q == '0);
    end
  end

endmodule
