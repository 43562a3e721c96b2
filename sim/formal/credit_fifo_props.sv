`default_nettype none

/// Properties of `credit_fifo`, for any pipeline before it and any reader behind it.
///
/// Beats begin when they may, and come in any number of cycles later; there must be room for each.
/// `beat_order` checks order and completeness. Reset may come at any time.
module credit_fifo_props #(
  parameter int unsigned Width = 2,
  parameter int unsigned Credits = 7
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic begin_i,
  input wire logic in_valid_i,
  input wire logic [Width-1:0] in_data_i,
  input wire logic out_ready_i,
  input wire logic mark_i
);

  localparam int unsigned CountWidth = $clog2(Credits + 2);

  logic room, out_valid;
  logic [Width-1:0] out_data;
  credit_fifo #(
    .Width(Width),
    .Credits(Credits)
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

  logic [CountWidth-1:0] inside, before;
  logic followed, done;
  beat_order #(
    .Width(Width),
    .CountWidth(CountWidth)
  ) u_order (
    .clk_i,
    .rst_i,
    .push_i(in_valid_i),
    .in_data_i,
    .out_valid_i(out_valid),
    .out_ready_i,
    .out_data_i(out_data),
    .mark_i,
    .inside_o(inside),
    .followed_o(followed),
    .before_o(before),
    .done_o(done)
  );

  // Beats under way.
  logic begun_q = 1'b0;
  logic [CountWidth-1:0] under_way_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    if (rst_i) under_way_q <= '0;
    else under_way_q <= under_way_q + CountWidth'(begin_i) - CountWidth'(in_valid_i);
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_begins_with_room : assume (!begin_i || room);
    m_comes_after_begin : assume (!in_valid_i || under_way_q != '0);
    if (begun_q && !rst_i) begin
      a_room : assert (room == (32'(under_way_q) + 32'(inside) < Credits));
      a_answer : assert (out_valid == (inside != '0));
      c_full : cover (!room && under_way_q == '0);
      c_all_under_way : cover (!room && inside == '0);
      c_followed : cover (done && inside == '0);
      c_behind : cover (followed && before == CountWidth'(1));
    end
  end

endmodule

`default_nettype wire
