`default_nettype none

/// Properties of `row_select`, for any stream and any reader.
///
/// One beat of a chosen row, whichever `mark_i` says, is followed: it must come out after exactly the
/// chosen beats before it, as it went in; with the flags of its time-step if it is the last of them, and
/// with none if not.
module row_select_props #(
  parameter int unsigned InRows = 3,
  parameter int unsigned First = 1,
  parameter int unsigned Count = 1,
  parameter int unsigned Chunks = 2,
  parameter int unsigned Width = 1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [Width-1:0] in_data_i,
  input wire logic in_skip_i,
  input wire logic in_last_i,
  input wire logic in_quiet_i,
  input wire logic out_ready_i,
  input wire logic mark_i
);

  logic in_ready, out_valid, out_skip, out_last, out_quiet;
  logic [Width-1:0] out_data;
  row_select #(
    .InRows(InRows),
    .First(First),
    .Count(Count),
    .Chunks(Chunks),
    .Width(Width)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_data_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_data_o(out_data),
    .out_skip_o(out_skip),
    .out_last_o(out_last),
    .out_quiet_o(out_quiet)
  );

  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;

  // ---------------------------------------------------------------------------- the sender
  logic begun_q = 1'b0;
  logic in_stalled_q, out_stalled_q;
  logic [Width+2:0] in_q, out_q;
  logic [1:0] row_q, chunk_q;
  logic row_end, step_end, chosen, closes;
  assign row_end = in_skip_i || 32'(chunk_q) == Chunks - 1;
  assign step_end = row_end && 32'(row_q) == InRows - 1;
  assign chosen = 32'(row_q) >= First && 32'(row_q) < First + Count;
  assign closes = row_end && 32'(row_q) == First + Count - 1;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    in_q <= {in_data_i, in_skip_i, in_last_i, in_quiet_i};
    out_q <= {out_data, out_skip, out_last, out_quiet};
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
    end else if (push) begin
      chunk_q <= row_end ? '0 : chunk_q + 2'd1;
      if (row_end) row_q <= step_end ? '0 : row_q + 2'd1;
    end
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (in_stalled_q && !rst_i) begin
      m_stays : assume (in_valid_i && {in_data_i, in_skip_i, in_last_i, in_quiet_i} == in_q);
    end
    m_skip_is_a_row : assume (!in_skip_i || chunk_q == '0);
    m_last_ends_step : assume (!in_last_i || step_end);
    m_quiet_with_last : assume (!in_quiet_i || in_last_i);
  end

  // ---------------------------------------------------------------------------- one beat
  // Chosen beats inside; of the one that is followed: those before it, what it was, and its flags.
  logic [2:0] inside_q, before_q;
  logic followed_q, closes_q, ended_q, last_q, quiet_q, skip_q;
  logic [Width-1:0] data_q;
  // A time-step's last chosen beat is inside and waits for the time-step's end.
  logic waits_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      inside_q <= '0;
      followed_q <= 1'b0;
      waits_q <= 1'b0;
    end else begin
      inside_q <= inside_q + 3'(push && chosen) - 3'(pop);
      if (push && step_end) waits_q <= 1'b0;
      else if (push && closes) waits_q <= 1'b1;
      if (push && chosen && mark_i && !followed_q) begin
        followed_q <= 1'b1;
        before_q <= inside_q - 3'(pop);
        data_q <= in_data_i;
        skip_q <= in_skip_i;
        closes_q <= closes;
        ended_q <= closes && step_end;
        last_q <= closes && step_end && in_last_i;
        quiet_q <= closes && step_end && in_quiet_i;
      end else if (followed_q) begin
        if (pop) before_q <= before_q - 3'd1;
        if (pop && before_q == '0) followed_q <= 1'b0;
        if (push && step_end && closes_q && !ended_q) begin
          ended_q <= 1'b1;
          last_q <= in_last_i;
          quiet_q <= in_quiet_i;
        end
      end
    end
  end

  logic at_head;
  assign at_head = followed_q && before_q == '0 && out_valid;
  always_comb begin
    if (begun_q && !rst_i) begin
      a_no_repetition : assert (!out_valid || inside_q != '0);
      a_capacity : assert (inside_q <= 3'd2);
      a_beat : assert (!at_head || (out_data == data_q && out_skip == skip_q));
      a_flags : assert (!at_head || (out_last == (closes_q && last_q) && out_quiet == (closes_q && quiet_q)));
      a_waits : assert (!at_head || !closes_q || ended_q);
      // All that is inside and does not wait for its time-step's end is offered.
      a_answer : assert (out_valid || inside_q == 3'(waits_q));
      a_takes : assert (in_ready || (out_valid && !out_ready_i));
      if (out_stalled_q) a_stable : assert (out_valid && {out_data, out_skip, out_last, out_quiet} == out_q);
      c_last : cover (at_head && pop && out_last && out_quiet && !out_skip);
      c_between : cover (at_head && pop && !closes_q && inside_q == 3'd1);
    end
  end

endmodule

`default_nettype wire
