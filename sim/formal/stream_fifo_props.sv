/// Properties of a FIFO between two valid/ready streams, for any sender and any reader.
///
/// Order and completeness with one symbolic beat: the first `mark_i` says which accepted beat is
/// followed, at any time; it must come out after exactly the beats that were inside before it, and
/// as it went in. Reset may come at any time.
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
  input logic clk_i,
  input logic rst_i,
  input logic in_valid_i,
  input logic [Width-1:0] in_data_i,
  input logic out_ready_i,
  input logic mark_i
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
  logic in_stalled_q, out_stalled_q;
  logic [Width-1:0] in_data_q, out_data_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_data_q <= in_data_i;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    out_data_q <= out_data;
  end
  always_comb begin
    if (!begun_q) begin
      m_begins_with_reset : assume (rst_i);
    end else if (in_stalled_q && !rst_i) begin
      m_valid_stays : assume (in_valid_i);
      m_data_stable : assume (in_data_i == in_data_q);
    end
  end

  // Beats inside; and of the beat that is followed, how many must leave before it and what it was.
  logic [CountWidth-1:0] inside_q, before_q;
  logic followed_q, done_q;
  logic [Width-1:0] beat_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      inside_q <= '0;
      followed_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      inside_q <= inside_q + CountWidth'(push) - CountWidth'(pop);
      if (push && mark_i && !followed_q && !done_q) begin
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

  // Cycles in which the FIFO had a beat and offered none; and was not full and took none.
  logic [3:0] waited_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || inside_q == '0 || out_valid) waited_q <= '0;
    else waited_q <= waited_q + 4'd1;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_no_underflow : assert (!pop || inside_q != '0);
      a_no_overflow : assert (32'(inside_q) <= Most);
      // It takes beats as long as it holds fewer than it promises.
      a_room : assert (in_ready || 32'(inside_q) >= Depth);
      a_order : assert (!(followed_q && before_q == '0 && out_valid) || out_data == beat_q);
      a_answer : assert (32'(waited_q) < Latency);
      if (out_stalled_q) begin
        a_out_stays : assert (out_valid);
        a_out_stable : assert (out_data == out_data_q);
      end
      c_full : cover (!in_ready);
      c_followed : cover (done_q && inside_q == '0);
      c_both : cover (push && pop && followed_q && before_q == CountWidth'(1));
    end
  end

endmodule
