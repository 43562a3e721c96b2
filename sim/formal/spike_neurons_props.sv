`default_nettype none

/// An array of neurons against the quantiser it tracks, for any thresholds, inputs and back-pressure.
///
/// One neuron, of any channel, is followed: x is the sum of what it was given, Q(x) the number of levels
/// above LevelMin whose threshold x has reached, S its tracer. Each time-step's spike must be
/// clamp(Q(x) - S, -1, +1); after the input's last time-step further ones with delta 0 follow until one in
/// which nothing fires, which alone is `last`. One row, one lane, no limit of time-steps.
///
/// That the membrane holds V' is what lowering proves of each network: assumed here (see the job).
module spike_neurons_props #(
  parameter int unsigned UseTable = 1,
  parameter int unsigned Channels = 2,
  parameter int unsigned SkipRows = 1,
  parameter int unsigned DeltaWidth = 3,
  parameter int unsigned MembraneWidth = 4,
  parameter int unsigned LevelWidth = 2,
  parameter int LevelMin = -1,
  parameter int LevelMax = 1,
  parameter int unsigned ThetaWidth = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [DeltaWidth-1:0] in_delta_i,
  input wire logic in_skip_i,
  input wire logic in_last_i,
  input wire logic in_quiet_i,
  input wire logic out_ready_i
);

  localparam int unsigned Steps = LevelMax - LevelMin;
  localparam int unsigned XWidth = (UseTable != 0) ? MembraneWidth : MembraneWidth + LevelWidth + ThetaWidth;
  localparam int unsigned Word = (UseTable != 0) ? MembraneWidth : MembraneWidth + ThetaWidth;
  localparam int unsigned Words = Channels * ((UseTable != 0) ? Steps : 1);

  logic in_ready, out_valid, nz, neg, out_skip, out_last, out_quiet, spikes;
  spike_neurons #(
    .Rows(1),
    .Channels(Channels),
    .Lanes(1),
    .DeltaWidth(DeltaWidth),
    .MembraneWidth(MembraneWidth),
    .LevelWidth(LevelWidth),
    .LevelMin(LevelMin),
    .LevelMax(LevelMax),
    .ThetaWidth(ThetaWidth),
    .UseTable(UseTable),
    .TableWidth(MembraneWidth),
    .SkipRows(SkipRows)
  ) u_dut (
    .clk_i,
    .rst_i,
    .t_max_i(16'd0),
    .stop_i(1'b0),
    .stop_sample_i(16'd0),
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_delta_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_nz_o(nz),
    .out_neg_o(neg),
    .out_skip_o(out_skip),
    .out_last_o(out_last),
    .out_quiet_o(out_quiet),
    .spikes_o(spikes)
  );

  // The memory inside, and the channel that is followed.
  logic [Word*Words-1:0] words;
  (* hierconn *) logic [Word*Words-1:0] \u_dut.gen_table.u_rule.gen_lane[0].u_thresholds.words ;
  (* hierconn *) logic [Word*Words-1:0] \u_dut.gen_line.u_rule.u_constants.words ;
  assign words = (UseTable != 0) ? \u_dut.gen_table.u_rule.gen_lane[0].u_thresholds.words
      : \u_dut.gen_line.u_rule.u_constants.words ;
  (* anyconst *) logic channel;

  // ---------------------------------------------------------------------------- the sender
  logic begun_q = 1'b0;
  logic in_stalled_q, in_chunk_q, in_row_end;
  logic [DeltaWidth+2:0] in_beat_q;
  assign in_row_end = in_skip_i || 32'(in_chunk_q) == Channels - 1;
  logic taken;
  assign taken = in_valid_i && in_ready;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    in_beat_q <= {in_delta_i, in_skip_i, in_last_i, in_quiet_i};
    if (rst_i) in_chunk_q <= 1'b0;
    else if (taken) in_chunk_q <= !in_row_end;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    // Reset in the middle is left to the properties of the parts.
    else m_no_reset : assume (!rst_i);
    m_channel : assume (32'(channel) < Channels);
    if (in_stalled_q && !rst_i) begin
      m_stays : assume (in_valid_i && {in_delta_i, in_skip_i, in_last_i, in_quiet_i} == in_beat_q);
    end
    m_skip_is_a_row : assume (!in_skip_i || (in_chunk_q == 1'b0 && in_delta_i == '0));
    m_last_ends_row : assume (!in_last_i || in_row_end);
    m_quiet_with_last : assume (!in_quiet_i || in_last_i);
  end

  // ---------------------------------------------------------------------------- what is inside
  // Deltas of the followed neuron, and the flags of time-steps, that have not come out yet.
  // One position more than there are, so that each has a next one.
  logic [10*DeltaWidth-1:0] deltas_q;
  logic [9:0] lasts_q, quiets_q;
  logic [3:0] deltas_count_q, flags_count_q;
  logic push_delta, push_flags, pop_delta, pop_flags;
  // A skip beat is worked on from its offer on, and taken at the end of its row.
  assign push_delta = in_skip_i ? in_valid_i && !in_stalled_q : taken && in_chunk_q == channel;
  assign push_flags = taken && in_row_end;

  // ---------------------------------------------------------------------------- what comes out
  logic out_chunk_q, own_step_q, fired_q, after_last_q;
  logic leaves, about, row_end, own_quiet_q;
  assign leaves = out_valid && out_ready_i;
  assign about = out_skip || out_chunk_q == channel;
  assign row_end = out_skip || 32'(out_chunk_q) == Channels - 1;
  assign pop_delta = leaves && about && !after_last_q;
  assign pop_flags = leaves && row_end && !after_last_q;

  function automatic logic [Word-1:0] word(input int unsigned i);
    word = Word'(words >> (Word * i));
  endfunction

  logic signed [XWidth-1:0] x_q, x, bound;
  logic signed [LevelWidth-1:0] s_q, s;
  logic signed [DeltaWidth-1:0] delta;
  logic rising;
  logic signed [XWidth-1:0] before;
  int q;
  assign delta = after_last_q ? '0 : deltas_q[DeltaWidth-1:0];
  logic up, down, start;
  logic signed [XWidth-1:0] base;
  always_comb begin
    // Before a sample's first time-step: v0, or 0.
    base = (UseTable != 0) ? '0 : XWidth'($signed(word(32'(channel)) & ((1 << MembraneWidth) - 1)));
    if (UseTable == 0 && base[MembraneWidth-1]) base = base - XWidth'(1 << MembraneWidth);
    x = (start ? base : x_q) + XWidth'(delta);
    s = s_q;
    if (start) s = '0;
    rising = 1'b1;
    before = '0;
    q = LevelMin;
    for (int k = 0; k < int'(Steps); k++) begin
      if (UseTable != 0) bound = $signed(word(32'(channel) * Steps + k));
      else bound = XWidth'(LevelMin + 1 + k) * $signed(XWidth'(word(32'(channel)) >> MembraneWidth));
      if (k > 0 && bound < before) rising = 1'b0;
      before = bound;
      if (x >= bound) q = q + 1;
    end
    up = q > int'(s);
    down = q < int'(s);
  end

  logic final_step, quiet_step, fired;
  assign final_step = after_last_q || lasts_q[0];
  assign quiet_step = after_last_q ? own_quiet_q : quiets_q[0];
  assign fired = fired_q || nz;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      deltas_count_q <= '0;
      flags_count_q <= '0;
      out_chunk_q <= 1'b0;
      fired_q <= 1'b0;
      after_last_q <= 1'b0;
      start <= 1'b1;
    end else begin
      deltas_count_q <= deltas_count_q + 4'(push_delta) - 4'(pop_delta);
      flags_count_q <= flags_count_q + 4'(push_flags) - 4'(pop_flags);
      if (leaves) begin
        out_chunk_q <= !row_end;
        fired_q <= !row_end && fired;
        if (about) begin
          x_q <= x;
          if (up) s_q <= s + LevelWidth'(1);
          else if (down) s_q <= s - LevelWidth'(1);
          else s_q <= s;
        end
        if (about) start <= 1'b0;
        if (row_end) begin
          after_last_q <= final_step && fired;
          own_quiet_q <= quiet_step;
          if (final_step && !fired) start <= 1'b1;
        end
      end
    end
    // A queue each: what came first is lowest.
    for (int unsigned i = 0; i < 9; i++) begin
      if (push_delta && 32'(deltas_count_q) - 32'(pop_delta) == i) begin
        deltas_q[DeltaWidth*i+:DeltaWidth] <= in_delta_i;
      end else if (pop_delta) begin
        deltas_q[DeltaWidth*i+:DeltaWidth] <= deltas_q[DeltaWidth*(i+1)+:DeltaWidth];
      end
      if (push_flags && 32'(flags_count_q) - 32'(pop_flags) == i) begin
        lasts_q[i] <= in_last_i;
        quiets_q[i] <= in_quiet_i;
      end else if (pop_flags) begin
        lasts_q[i] <= lasts_q[i+1];
        quiets_q[i] <= quiets_q[i+1];
      end
    end
  end

  // Cycles without an output beat although one is due and can be.
  logic [3:0] wait_q;
  logic due;
  logic [3:0] counted_q;
  assign due = flags_count_q != '0 || deltas_count_q != '0 || after_last_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || out_valid || !due) wait_q <= '0;
    else wait_q <= wait_q + 4'd1;
    if (rst_i) counted_q <= '0;
    else counted_q <= counted_q + 4'(spikes) - 4'(leaves && nz);
  end

  always_comb begin
    if (UseTable != 0) m_rising : assume (rising);
    else m_theta : assume ((word(32'(channel)) >> MembraneWidth) != '0);
    if (begun_q && !rst_i) begin
      a_room : assert (deltas_count_q <= 4'd8 && flags_count_q <= 4'd8);
      if (out_valid) begin
        if (about) begin
          a_has_input : assert (after_last_q || deltas_count_q != '0);
          a_spike : assert (nz == (up || down) && (!nz || neg == down));
          a_level : assert (int'(s) >= LevelMin && int'(s) <= LevelMax);
        end
        if (row_end) begin
          a_has_flags : assert (after_last_q || flags_count_q != '0);
          a_last : assert (out_last == (final_step && !fired));
          a_quiet : assert (out_quiet == (out_last && quiet_step));
        end else begin
          a_flags_at_end : assert (!out_last && !out_quiet);
        end
        a_skip_at_start : assert (!out_skip || (out_chunk_q == 1'b0 && SkipRows != 0));
        a_counted : assert (!nz || counted_q != '0);
      end
      // A spike is counted when it is decided, once.
      a_count : assert (counted_q <= 4'd8 && (due || out_valid || counted_q == '0));
      a_answer : assert (wait_q <= 4'd7);
      c_up : cover (out_valid && about && up && after_last_q && channel);
      c_down : cover (out_valid && about && down);
      c_second_sample : cover (out_valid && out_last && out_quiet && int'(s_q) == LevelMax && !start);
      c_skip : cover (out_valid && out_skip && !after_last_q && !start);
    end
  end

endmodule

`default_nettype wire
