`default_nettype none

/// Properties of a FIFO between two valid/ready streams, for any sender and any reader.
///
/// `beat_order` checks order and completeness. Reset may come at any time.
module stream_fifo_props #(
  parameter int unsigned Width = 2,
  parameter int unsigned Depth = 3,
  /// 0: stream_fifo. 1: stream_link. 2: ram_fifo.
  parameter int unsigned Kind = 0,
  /// Beats that may be inside at once; the reader's beats among them.
  parameter int unsigned Most = Depth,
  /// Cycles from a beat's arrival at an empty FIFO until it is offered.
  parameter int unsigned Latency = 1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [Width-1:0] in_data_i,
  input wire logic out_ready_i,
  input wire logic mark_i
);

  localparam int unsigned CountWidth = $clog2(Most + 2);

  logic in_ready, out_valid;
  logic [Width-1:0] out_data;
  if (Kind == 0) begin : gen_fifo
    stream_fifo #(
      .Width(Width),
      .Depth(Depth)
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
  end else if (Kind == 1) begin : gen_link
    stream_link #(
      .Width(Width),
      .Depth(Depth)
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
  end else begin : gen_ram
    ram_fifo #(
      .Width(Width),
      .Depth(Depth)
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
  end

  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;

  // The first cycle is a reset; the sender keeps an offered beat.
  logic begun_q = 1'b0;
  logic in_stalled_q;
  logic [Width-1:0] in_data_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_data_q <= in_data_i;
  end
  always_comb begin
    if (!begun_q) begin
      m_begins_with_reset : assume (rst_i);
    end else if (in_stalled_q && !rst_i) begin
      m_valid_stays : assume (in_valid_i);
      m_data_stable : assume (in_data_i == in_data_q);
    end
  end

  logic [CountWidth-1:0] inside, before;
  logic followed, done;
  beat_order #(
    .Width(Width),
    .CountWidth(CountWidth)
  ) u_order (
    .clk_i,
    .rst_i,
    .push_i(push),
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

  // Cycles in which the FIFO had a beat and offered none; and was not full and took none.
  logic [3:0] waited_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || inside == '0 || out_valid) waited_q <= '0;
    else waited_q <= waited_q + 4'd1;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_no_overflow : assert (32'(inside) <= Most);
      // It takes beats as long as it holds fewer than it promises.
      a_room : assert (in_ready || 32'(inside) >= Depth);
      a_answer : assert (32'(waited_q) < Latency);
      c_full : cover (!in_ready);
      c_followed : cover (done && inside == '0);
      c_both : cover (push && pop && followed && before == CountWidth'(1));
    end
  end

endmodule

`default_nettype wire
