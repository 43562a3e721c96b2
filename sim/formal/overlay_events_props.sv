`default_nettype none

/// Properties of `overlay_events`, for any words and any pauses.
///
/// Words that have a spike or a mark leave in order, each of their spikes once, lowest first, at most `Spikes` in a beat,
/// with the address that its place gives; marks of the begin with the first beat of a word, those of the end with the last.
module overlay_events_props #(
  parameter int unsigned FetchWidth = 4,
  parameter int unsigned Spikes = 2,
  parameter int unsigned WordBits = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [FetchWidth-1:0] in_nz_i,
  input wire logic [FetchWidth-1:0] in_neg_i,
  input wire logic [WordBits-1:0] in_base_i,
  input wire logic in_operand_i,
  input wire logic in_clear_i,
  input wire logic in_double_i,
  input wire logic in_last_i,
  input wire logic in_keep_i,
  input wire logic in_merge_i,
  input wire logic last_ready_i,
  input wire logic half_i
);

  localparam int unsigned Half = (Spikes + 1) / 2;


  logic in_ready, out_valid, out_operand, out_clear, out_double, out_last, out_keep, out_merge;
  logic [Spikes-1:0] out_event, out_neg;
  logic [Spikes*WordBits-1:0] out_addr;
  overlay_events #(
    .FetchWidth(FetchWidth),
    .Spikes(Spikes),
    .Halves(1'b1),
    .WordBits(WordBits)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_nz_i,
    .in_neg_i,
    .in_base_i,
    .in_operand_i,
    .in_clear_i,
    .in_double_i,
    .in_last_i,
    .in_keep_i,
    .in_merge_i,
    .last_ready_i,
    .half_i,
    .out_valid_o(out_valid),
    .out_event_o(out_event),
    .out_neg_o(out_neg),
    .out_addr_o(out_addr),
    .out_operand_o(out_operand),
    .out_clear_o(out_clear),
    .out_double_o(out_double),
    .out_last_o(out_last),
    .out_keep_o(out_keep),
    .out_merge_o(out_merge)
  );

  // ---------------------------------------------------------------------------- the sender
  localparam int unsigned Beat = 2 * FetchWidth + WordBits + 6;
  logic begun_q = 1'b0;
  logic stalled_q, push, marked;
  logic [Beat-1:0] in, in_q;
  assign in = {
    in_nz_i, in_neg_i, in_base_i, in_operand_i, in_clear_i, in_double_i, in_last_i, in_keep_i, in_merge_i
  };
  assign marked = in_nz_i != '0 || in_clear_i || in_double_i || in_last_i;
  assign push = in_valid_i && in_ready && marked;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_q <= in;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    if (stalled_q && !rst_i) m_stays : assume (in_valid_i && in == in_q);
  end

  // ---------------------------------------------------------------------------- words that have not left
  // The oldest is lowest; of that, what is left.
  logic [Beat-1:0] first_q, second_q, third_q;
  logic [1:0] count_q;
  logic begins_q, pop, last_ready_q, last_ready2_q, half_q, half2_q, chunk_q;
  logic [FetchWidth-1:0] left, neg, rest, seen;
  logic [WordBits-1:0] base;
  logic operand, clear, double, last, keep, merge;
  assign {left, neg, base, operand, clear, double, last, keep, merge} = first_q;
  logic [Spikes-1:0] expected_event, expected_neg;
  logic [Spikes*WordBits-1:0] expected_addr;
  always_comb begin
    rest = left;
    expected_event = '0;
    expected_neg = '0;
    expected_addr = '0;
    // Those that were picked two cycles ago.
    for (int unsigned g = 0; g < Spikes; g++) begin
      seen = '0;
      for (int unsigned n = 0; n < FetchWidth; n++) begin
        if (rest[n] && seen == '0 && !(half2_q && g >= Half)) begin
          seen[n] = 1'b1;
          expected_event[g] = 1'b1;
          expected_neg[g] = neg[n];
          expected_addr[WordBits*g+:WordBits] = base + WordBits'(n);
        end
      end
      rest = rest & ~seen;
    end
  end
  assign pop = out_valid && rest == '0;
  always_ff @(posedge clk_i) begin
    last_ready_q <= last_ready_i;
    last_ready2_q <= last_ready_q;
    half_q <= half_i;
    half2_q <= half_q;
    chunk_q <= !rst_i && out_valid && out_last && !out_keep;
    if (rst_i) begin
      count_q <= '0;
      begins_q <= 1'b1;
    end else begin
      count_q <= count_q + 2'(push) - 2'(pop);
      if (out_valid) begins_q <= pop;
    end
    if (pop) first_q <= (count_q == 2'd1) ? in : second_q;
    else if (out_valid) first_q <= {rest, first_q[Beat-FetchWidth-1:0]};
    else if (count_q == 2'd0) first_q <= in;
    if (pop) second_q <= (count_q == 2'd2) ? in : third_q;
    else if (count_q == 2'd1) second_q <= in;
    if (pop || count_q == 2'd2) third_q <= in;
  end

  // Cycles in which a word waits although nothing holds it back.
  logic [2:0] wait_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || out_valid || count_q == '0 || (last && !keep && !last_ready_i)) wait_q <= '0;
    else wait_q <= wait_q + 3'd1;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_room : assert (count_q != 2'd3 || !push || pop);
      if (out_valid) begin
        a_has_come : assert (count_q != '0);
        a_events : assert (out_event == expected_event);
        for (int unsigned g = 0; g < Spikes; g++) begin
          assert (!out_event[g] || (out_neg[g] == expected_neg[g] &&
              out_addr[WordBits*g+:WordBits] == expected_addr[WordBits*g+:WordBits]));
        end
        a_operand : assert (out_operand == operand);
        a_begin : assert ({out_clear, out_double} == (begins_q ? {clear, double} : 2'b00));
        a_last : assert (out_last == (last && rest == '0));
        a_flags : assert (!out_last || {out_keep, out_merge} == {keep, merge});
        a_held_back : assert (!out_last || out_keep || (last_ready2_q && !chunk_q));
      end
      a_answer : assert (wait_q <= 3'd3);
      c_three_words : cover (pop && count_q == 2'd3 && out_last && out_merge);
      c_two_beats : cover (pop && !begins_q && out_last && !out_keep);
      c_no_spike : cover (out_valid && out_event == '0 && out_double && !out_last);
      c_half : cover (pop && half2_q && begins_q && left != '0);
      c_all : cover (out_valid && out_event == '1 && out_clear);
    end
  end

endmodule

`default_nettype wire
