`default_nettype none

/// Properties of `overlay_fire`, for any instructions, sums, thresholds and any reader.
///
/// The first neuron of one of the first groups, freely chosen, is followed: its spikes are those of the level that the
/// affine rule gives its sum, clamped. A chunk is taken only while there is one, and given back once; elements stay until
/// they are taken; spikes are written only where an instruction has them. All neurons have as many steps.
module overlay_fire_props #(
  parameter int unsigned Unary = 0,
  parameter int unsigned ChunkLanes = 4,
  parameter int unsigned Lanes = 2,
  parameter int unsigned AccWidth = 3,
  parameter int unsigned Fraction = 1,
  parameter int unsigned ThetaWidth = 3,
  parameter int unsigned StartWidth = 3,
  parameter int unsigned MembraneWidth = 5,
  parameter int unsigned LevelBits = 2,
  parameter int unsigned MaxSteps = 2,
  parameter int unsigned StepBits = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic instr_valid_i,
  input wire logic [32*overlay_isa_pkg::FireWords-1:0] instr_i,
  input wire logic restart_i,
  input wire logic chunk_done_i,
  input wire logic [ChunkLanes*AccWidth-1:0] sums_i,
  input wire logic complement_i,
  input wire logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold_i,
  input wire logic serial_ready_i,
  input wire logic softmax_idle_i
);

  (* anyconst *) logic [StepBits-1:0] steps;
  (* anyconst *) logic [1:0] chosen;

  logic next, at_end, row_done, chunk_free, threshold_read, fired, written, serial_valid, wide, here, group_end;
  logic row_end, instr_end, begins, softmax_start;
  logic [1:0] threshold_addr, group;
  logic [2:0] addr, operand_addr;
  logic [Lanes-1:0] nz, neg;
  logic [ChunkLanes-1:0] operand_write;
  logic [ChunkLanes*(LevelBits+1)-1:0] operand;
  logic [2:0] value;
  overlay_fire #(
    .ChunkLanes(ChunkLanes),
    .Lanes(Lanes),
    .FetchWidth(4),
    .AccWidth(AccWidth),
    .Fraction(Fraction),
    .MembraneWidth(MembraneWidth),
    .ThetaWidth(ThetaWidth),
    .StartWidth(StartWidth),
    .LevelBits(LevelBits),
    .MaxSteps(MaxSteps),
    .Unary(Unary),
    .StepBits(StepBits),
    .OperandWidth(LevelBits + 1),
    .OperandBits(3),
    .SpikeBits(3),
    .ThresholdBits(2),
    .RowBits(2),
    .ChunkBits(2),
    .ElementBits(3)
  ) u_dut (
    .clk_i,
    .rst_i,
    .piece_write_i(1'b0),
    .piece_addr_i('0),
    .piece_data_i('0),
    .instr_valid_i,
    .instr_i,
    .instr_next_o(next),
    .end_o(at_end),
    .restart_i,
    .row_done_o(row_done),
    .chunk_done_i,
    .sums_i,
    .complement_i,
    .chunk_free_o(chunk_free),
    .threshold_read_o(threshold_read),
    .threshold_addr_o(threshold_addr),
    .threshold_i,
    .spike_fired_o(fired),
    .spike_write_o(written),
    .spike_addr_o(addr),
    .spike_group_o(group),
    .spike_nz_o(nz),
    .spike_neg_o(neg),
    .operand_write_o(operand_write),
    .operand_addr_o(operand_addr),
    .operand_o(operand),
    .operand_idle_i(1'b1),
    .serial_valid_o(serial_valid),
    .serial_ready_i,
    .serial_wide_o(wide),
    .serial_here_o(here),
    .serial_value_o(value),
    .serial_group_end_o(group_end),
    .serial_row_end_o(row_end),
    .serial_end_o(instr_end),
    .begin_o(begins),
    .softmax_idle_i,
    .softmax_start_o(softmax_start)
  );

  // ---------------------------------------------------------------------------- the senders
  logic neurons, spikes_out, operand_out, transpose;
  logic [1:0] serial;
  logic [7:0] rows, chunks, inners, full, tail, high, low;
  assign neurons = instr_i[overlay_isa_pkg::FireNeuronsLsb];
  assign spikes_out = instr_i[overlay_isa_pkg::FireSpikesOutLsb];
  assign operand_out = instr_i[overlay_isa_pkg::FireOperandOutLsb];
  assign transpose = instr_i[overlay_isa_pkg::FireTransposeLsb];
  assign serial = instr_i[overlay_isa_pkg::FireSerialLsb+:2];
  assign rows = instr_i[overlay_isa_pkg::FireRowsLsb+:8];
  assign chunks = instr_i[overlay_isa_pkg::FireChunksLsb+:8];
  assign inners = instr_i[overlay_isa_pkg::FireInnerLsb+:8];
  assign full = instr_i[overlay_isa_pkg::FireFullLsb+:8];
  assign tail = instr_i[overlay_isa_pkg::FireTailLsb+:8];
  assign high = instr_i[overlay_isa_pkg::FireHighLsb+:8];
  assign low = instr_i[overlay_isa_pkg::FireLowLsb+:8];
  logic [31:0] most;
  assign most = (Unary != 0) ? 32'(steps) : (32'd1 << steps) - 32'd1;

  logic begun_q = 1'b0;
  logic instr_stays_q, held_q, read_q;
  logic [32*overlay_isa_pkg::FireWords-1:0] instr_q;
  logic [ChunkLanes*AccWidth:0] sums_q;
  logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    instr_stays_q <= !rst_i && instr_valid_i && !next;
    instr_q <= instr_i;
    sums_q <= {complement_i, sums_i};
    threshold_q <= threshold_i;
    read_q <= threshold_read;
    if (rst_i) held_q <= 1'b0;
    else if (chunk_done_i) held_q <= 1'b1;
    else if (chunk_free) held_q <= 1'b0;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    if (instr_stays_q) m_instr_stays : assume (instr_valid_i && instr_i == instr_q);
    m_sizes : assume (rows >= 8'd1 && rows <= 8'd2 && chunks >= 8'd1 && chunks <= 8'd2 &&
        inners >= 8'd1 && (inners == chunks || inners == 8'd1));
    m_elements : assume (full >= 8'd1 && full <= 8'd4 && tail >= 8'd1 && tail <= 8'd4);
    m_steps : assume (steps != '0 && 32'(steps) <= ((Unary != 0) ? 32'd3 : MaxSteps) &&
        StepBits'(instr_i[overlay_isa_pkg::FireStepsLsb+:8]) == steps);
    m_limits : assume (32'(high) <= most && 32'(low) <= most);
    // What there is to do.
    m_kind : assume ((neurons || (serial != 2'd0 && !spikes_out && !operand_out)) &&
        (!operand_out || !transpose || serial == 2'd0));
    // A chunk comes only when the sums may be replaced.
    m_room : assume (!chunk_done_i || !held_q);
    if (held_q) m_sums : assume ({complement_i, sums_i} == sums_q);
    if (!read_q) m_thresholds : assume (threshold_i == threshold_q);
  end

  // ---------------------------------------------------------------------------- the neuron
  logic [1:0] group_q;
  logic [2:0] groups_q;
  logic mine, mine_q;
  logic signed [AccWidth-1:0] sum_q;
  logic [ThetaWidth-1:0] theta_q;
  logic signed [StartWidth-1:0] start_q;
  logic [7:0] high_q, low_q;
  logic spikes_out_q;
  assign mine = threshold_read && neurons && groups_q == 3'(chosen);
  always_ff @(posedge clk_i) begin
    mine_q <= mine;
    if (rst_i) begin
      group_q <= '0;
      groups_q <= '0;
    end else if (threshold_read) begin
      group_q <= chunk_free ? '0 : group_q + 2'd1;
      if (neurons && groups_q != '1) groups_q <= groups_q + 3'd1;
    end
    if (mine) begin
      sum_q <= AccWidth'(sums_i >> (AccWidth * Lanes * group_q)) ^ {AccWidth{complement_i}};
      {high_q, low_q, spikes_out_q} <= {high, low, spikes_out};
    end
    if (mine_q) {theta_q, start_q} <= threshold_i[ThetaWidth+StartWidth-1:0];
  end
  always_comb if (mine_q) m_theta : assume (threshold_i[StartWidth+:ThetaWidth] != '0);
  // M, and the levels that it reaches.
  int v, m, theta, limit, level;
  always_comb begin
    theta = 32'(theta_q);
    v = start_q;
    for (int unsigned i = 0; i < 2 ** Fraction; i++) v = v + sum_q;
    m = (v >= 0) ? v : theta - v - 1;
    limit = (v >= 0) ? 32'(high_q) : 32'(low_q);
    level = 0;
    for (int k = 1; k <= 3; k++) begin
      if (k <= limit && m >= k * theta) level = k;
    end
  end

  // ---------------------------------------------------------------------------- what fires
  logic about, final_step, stalled_q;
  logic [2:0] fired_groups_q;
  logic [StepBits-1:0] step_q;
  int so_far_q, so_far;
  logic [7:0] out, out_q;
  assign out = {value, wide, group_end, row_end, instr_end, serial_valid};
  assign about = fired_groups_q == 3'(chosen);
  assign final_step = step_q == steps - StepBits'(1);
  always_comb begin
    so_far = (step_q == '0) ? 0 : so_far_q;
    if (nz[0]) so_far = so_far + ((Unary != 0) ? 1 : 1 << (steps - StepBits'(1) - step_q));
  end
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      fired_groups_q <= '0;
      step_q <= '0;
    end else if (fired) begin
      step_q <= final_step ? '0 : step_q + StepBits'(1);
      if (final_step && fired_groups_q != '1) fired_groups_q <= fired_groups_q + 3'd1;
    end
    if (fired) so_far_q <= so_far;
    stalled_q <= !rst_i && serial_valid && !serial_ready_i;
    out_q <= out;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_chunk : assert (!threshold_read || held_q);
      a_free : assert (!chunk_free || threshold_read);
      a_instruction : assert (!(threshold_read || begins || next) || instr_valid_i);
      a_softmax : assert (softmax_start == (begins && serial == 2'd2) && (!softmax_start || softmax_idle_i));
      a_written : assert (!written || fired);
      if (stalled_q) a_stays : assert (out == out_q);
      if (fired && about) begin
        a_has_come : assert (groups_q > 3'(chosen));
        a_spikes_out : assert (written == spikes_out_q);
        a_sign : assert (!nz[0] || neg[0] == (v < 0));
        if (final_step) a_level : assert (so_far == level);
      end
      c_high : cover (fired && about && final_step && level == 3 && v > 0 && written);
      c_low : cover (fired && about && final_step && level == 1 && v == -1 && high_q != '0);
      c_second : cover (fired && about && final_step && chosen == 2'd1 && level == 2 && v < 0);
      c_row : cover (row_done && serial == 2'd1);
    end
  end

endmodule

`default_nettype wire
