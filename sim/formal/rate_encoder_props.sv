`default_nettype none

/// Properties of `rate_encoder`, for any deltas and any reader.
///
/// Counted in output beats: each sample is `Steps` time-steps of `Rows` rows. One position, freely chosen, is
/// followed: in all time-steps it has the delta, and its row the skip, that the sample's one time-step
/// had. Only the last beat of the last time-step has flags.
module rate_encoder_props #(
  parameter int unsigned Rows = 2,
  parameter int unsigned Chunks = 2,
  parameter int unsigned DeltaWidth = 1,
  parameter int unsigned Steps = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [DeltaWidth-1:0] in_delta_i,
  input wire logic in_skip_i,
  input wire logic out_ready_i
);

  (* anyconst *) logic [1:0] row;
  (* anyconst *) logic [1:0] chunk;

  // The one time-step of a sample has its flags on its last beat.
  logic [1:0] in_row_q, in_chunk_q;
  logic in_row_end, in_step_end;
  assign in_row_end = in_skip_i || 32'(in_chunk_q) == Chunks - 1;
  assign in_step_end = in_row_end && 32'(in_row_q) == Rows - 1;

  logic in_ready, out_valid, out_skip, out_last, out_quiet;
  logic [DeltaWidth-1:0] out_delta;
  rate_encoder #(
    .Rows(Rows),
    .Channels(Chunks),
    .Lanes(1),
    .DeltaWidth(DeltaWidth),
    .Steps(Steps)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_delta_i,
    .in_skip_i,
    .in_last_i(in_step_end),
    .in_quiet_i(in_step_end),
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_delta_o(out_delta),
    .out_skip_o(out_skip),
    .out_last_o(out_last),
    .out_quiet_o(out_quiet)
  );

  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;

  logic begun_q = 1'b0;
  logic in_stalled_q, out_stalled_q;
  logic [DeltaWidth:0] in_q;
  logic [DeltaWidth+2:0] out_q;
  logic [1:0] row_q, chunk_q;
  logic [2:0] step_q;
  logic row_end, step_end;
  logic [DeltaWidth-1:0] delta_q;
  logic skip_q;
  // Beats of the first time-step inside.
  logic [1:0] inside_q;
  assign row_end = out_skip || 32'(chunk_q) == Chunks - 1;
  assign step_end = row_end && 32'(row_q) == Rows - 1;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    in_q <= {in_delta_i, in_skip_i};
    out_q <= {out_delta, out_skip, out_last, out_quiet};
    if (rst_i) begin
      in_row_q <= '0;
      in_chunk_q <= '0;
      row_q <= '0;
      chunk_q <= '0;
      step_q <= '0;
      inside_q <= '0;
    end else begin
      inside_q <= inside_q + 2'(push) - 2'(pop && step_q == '0);
      if (push) begin
        in_chunk_q <= in_row_end ? '0 : in_chunk_q + 2'd1;
        if (in_row_end) in_row_q <= in_step_end ? '0 : in_row_q + 2'd1;
      end
      if (pop) begin
        chunk_q <= row_end ? '0 : chunk_q + 2'd1;
        if (row_end) row_q <= step_end ? '0 : row_q + 2'd1;
        if (step_end) step_q <= (32'(step_q) == Steps - 1) ? '0 : step_q + 3'd1;
      end
    end
    if (push && in_row_q == row) begin
      if (in_chunk_q == '0) skip_q <= in_skip_i;
      if (in_chunk_q == chunk) delta_q <= in_delta_i;
    end
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_position : assume (32'(row) < Rows && 32'(chunk) < Chunks);
    if (in_stalled_q && !rst_i) m_stays : assume (in_valid_i && {in_delta_i, in_skip_i} == in_q);
    m_skip_is_a_row : assume (!in_skip_i || in_chunk_q == '0);
    if (begun_q && !rst_i) begin
      a_one_inside : assert (inside_q <= 2'd1);
      if (out_valid) begin
        a_has_come : assert (step_q != '0 || inside_q != '0);
        a_skip : assert (row_q != row || chunk_q != '0 || out_skip == skip_q);
        a_delta : assert (row_q != row || chunk_q != chunk || out_skip || out_delta == delta_q);
        a_skip_is_a_row : assert (!out_skip || chunk_q == '0);
        a_last : assert (out_last == (step_end && 32'(step_q) == Steps - 1) && out_quiet == out_last);
      end
      if (out_stalled_q) a_stable : assert (out_valid && {out_delta, out_skip, out_last, out_quiet} == out_q);
      // Repetitions follow one another without a gap; the input waits for nothing else.
      a_answer : assert (out_valid || step_q == '0);
      a_takes : assert (in_ready || !out_ready_i || step_q != '0 || step_end);
      c_repeats : cover (pop && out_last && row_q == row && !out_skip && out_delta == '1);
      c_skips : cover (pop && step_q == 3'd1 && out_skip && row_q == 2'd0 && in_valid_i);
    end
  end

endmodule

`default_nettype wire
