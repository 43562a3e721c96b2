/// First part of a neuron array that decides by whole rows: accumulates each row's input, and knows
/// which time-steps and rows there are.
///
/// Contract: one time-step out for each time-step in; once the input is final (its time-step had
/// `last`), further time-steps without input follow by themselves as long as something fired in the
/// one before, which `row_back` reports on `done_*`. Input that comes after a stop by `t_max_i` is
/// taken and dropped up to its final time-step. A row that cannot change (no input, and nothing fired
/// in its time-step before) is one beat with `out_skip_o`, unless `SkipRows` is 0.
/// A row is taken up again only after `row_back` has reported it, so whatever lies between the two
/// never meets a row twice.
/// Throughput: one chunk a cycle. Latency: 2 cycles.
module row_front #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Bits of the signed accumulated input.
  parameter int unsigned AccWidth = 16,
  /// 1: a row that cannot change is one skip beat. 0: every row is all its chunks.
  parameter int unsigned SkipRows = 1,
  /// Chunks of a row, derived.
  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes,
  /// Bits of a row's number, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1,
  /// Bits of an address, row * Chunks + chunk, derived.
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1
) (
  input  logic                        clk_i,
  input  logic                        rst_i,
  /// Time-steps allowed a sample, 0 = no limit; stable while a sample is inside.
  input  logic [15:0]                 t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  logic                        stop_i,
  input  logic [15:0]                 stop_sample_i,
  /// Delta stream in.
  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  logic                        in_skip_i,
  input  logic                        in_last_i,
  input  logic                        in_quiet_i,
  /// Accumulated rows out.
  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic [Lanes*AccWidth-1:0]   out_acc_o,
  output logic [AddrWidth-1:0]        out_addr_o,
  output logic                        out_skip_o,
  output logic                        out_row_end_o,
  /// {row, parity of the time-step, first of the sample, final row, input final, limit, input quiet}
  output logic [RowWidth+5:0]         out_info_o,
  /// A row has left the array.
  input  logic                        done_i,
  input  logic [RowWidth-1:0]         done_row_i,
  input  logic                        done_parity_i,
  input  logic                        done_step_end_i,
  input  logic                        done_fired_i
);

  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  if (Rows < 1 || Channels < 1 || Lanes < 1 || AccWidth < DeltaWidth) begin : gen_bad_parameters
    $error("row_front: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- issue
  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic [AddrWidth-1:0] addr_q;
  logic [15:0] step_q;
  // first_q: first time-step of the sample. self_q: the input is final, the time-step has none.
  // decide_q: whether there is such a time-step depends on the one before. drop_q: stopped by
  // t_max_i before the input was final. parity_q: of the time-step's number.
  logic first_q, self_q, self_quiet_q, decide_q, drop_q, parity_q;

  // By parity of the time-step: something fired, its final row has left.
  logic [1:0] fired_q, over_q;
  logic go_on, ended;
  assign go_on = fired_q[!parity_q];
  assign ended = decide_q && !go_on && over_q[!parity_q];

  // Rows that are inside, and rows in which something fired when they were last.
  logic [Rows-1:0] busy_q, active_q;

  logic advance;
  logic no_input, skip, row_end, step_end, ready, issue;
  assign no_input = self_q || in_skip_i;
  assign skip = SkipRows != 0 && no_input && chunk_q == '0 && !first_q && !active_q[row_q];
  assign row_end = skip || chunk_q == ChunkLast;
  assign step_end = row_end && row_q == RowLast;
  assign ready = advance && !drop_q && (!decide_q || go_on) && (chunk_q != '0 || !busy_q[row_q]);
  assign issue = ready && (self_q || in_valid_i);
  assign in_ready_o = drop_q || (ready && !self_q && (!in_skip_i || row_end));

  logic stop_hit;
  sample_stop u_stop (
    .clk_i,
    .rst_i,
    .stop_i,
    .stop_sample_i,
    .end_i(issue && step_end ? at_limit : ended),
    .hit_o(stop_hit)
  );

  logic at_limit, step_final, step_quiet;
  assign at_limit = stop_hit || (t_max_i != '0 && step_q == t_max_i);
  assign step_final = self_q || in_last_i;
  assign step_quiet = self_q ? self_quiet_q : in_quiet_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      addr_q <= '0;
      step_q <= 16'd1;
      first_q <= 1'b1;
      self_q <= 1'b0;
      self_quiet_q <= 1'b0;
      decide_q <= 1'b0;
      drop_q <= 1'b0;
      parity_q <= 1'b0;
      fired_q <= '0;
      over_q <= '0;
      busy_q <= '0;
      active_q <= '0;
    end else begin
      if (go_on) decide_q <= 1'b0;
      if (drop_q && in_valid_i && in_last_i) drop_q <= 1'b0;
      if (done_i) begin
        busy_q[done_row_i] <= 1'b0;
        active_q[done_row_i] <= done_fired_i;
        if (done_fired_i) fired_q[done_parity_i] <= 1'b1;
        if (done_step_end_i) over_q[done_parity_i] <= 1'b1;
      end
      if (issue) begin
        if (chunk_q == '0) busy_q[row_q] <= 1'b1;
        if (row_end) begin
          row_q <= step_end ? '0 : row_q + RowWidth'(1);
          chunk_q <= '0;
        end else begin
          chunk_q <= chunk_q + ChunkWidth'(1);
        end
        if (step_end) addr_q <= '0;
        else if (skip) addr_q <= addr_q + AddrWidth'(Chunks);
        else addr_q <= addr_q + AddrWidth'(1);
      end
      if (issue && step_end) begin
        // Of the time-step before this one, every row has left.
        parity_q <= !parity_q;
        fired_q[!parity_q] <= 1'b0;
        over_q[!parity_q] <= 1'b0;
        if (at_limit) begin
          step_q <= 16'd1;
          first_q <= 1'b1;
          self_q <= 1'b0;
          drop_q <= !step_final;
        end else begin
          step_q <= step_q + 16'd1;
          first_q <= 1'b0;
          self_q <= step_final;
          self_quiet_q <= step_quiet;
          decide_q <= step_final;
        end
      end else if (ended) begin
        step_q <= 16'd1;
        first_q <= 1'b1;
        self_q <= 1'b0;
        decide_q <= 1'b0;
      end
    end
  end

  // ---------------------------------------------------------------------------- accumulate
  logic s1_valid_q, s1_skip_q, s1_row_end_q;
  logic [RowWidth+5:0] s1_info_q;
  logic [AddrWidth-1:0] s1_addr_q;
  logic [Lanes*DeltaWidth-1:0] s1_delta_q;
  logic [Lanes*AccWidth-1:0] s1_acc, s1_sum;
  logic s2_valid_q, s2_skip_q, s2_row_end_q;
  logic [RowWidth+5:0] s2_info_q;
  logic [AddrWidth-1:0] s2_addr_q;
  logic [Lanes*AccWidth-1:0] s2_acc_q;
  assign advance = !s2_valid_q || out_ready_i;

  sync_ram #(
    .Width(Lanes * AccWidth),
    .Depth(Rows * Chunks)
  ) u_acc (
    .clk_i,
    .read_enable_i(advance),
    .read_addr_i(addr_q),
    .read_data_o(s1_acc),
    .write_enable_i(s2_valid_q && out_ready_i && !s2_skip_q),
    .write_addr_i(s2_addr_q),
    .write_data_i(s2_acc_q)
  );

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [AccWidth-1:0] old, delta, sum;
    // Bit 4 of the info: first time-step, before which there is 0 whatever the memory holds.
    assign old = s1_info_q[4] ? '0 : s1_acc[AccWidth*j+:AccWidth];
    assign delta = AccWidth'($signed(s1_delta_q[DeltaWidth*j+:DeltaWidth]));
    assign sum = old + delta;
    assign s1_sum[AccWidth*j+:AccWidth] = sum;

`ifndef SYNTHESIS
    logic signed [AccWidth:0] exact;
    assign exact = (AccWidth + 1)'(old) + (AccWidth + 1)'(delta);
    always_ff @(posedge clk_i) begin
      if (!rst_i && s1_valid_q && !s1_skip_q) begin
        a_no_overflow : assert (exact == (AccWidth + 1)'(sum));
      end
    end
`endif
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
    end else if (advance) begin
      s1_valid_q <= issue;
      s2_valid_q <= s1_valid_q;
    end
    if (advance) begin
      s1_skip_q <= skip;
      s1_row_end_q <= row_end;
      s1_info_q <= {row_q, parity_q, first_q, row_q == RowLast, step_final, at_limit, step_quiet};
      s1_addr_q <= addr_q;
      s1_delta_q <= no_input ? '0 : in_delta_i;
      s2_skip_q <= s1_skip_q;
      s2_row_end_q <= s1_row_end_q;
      s2_info_q <= s1_info_q;
      s2_addr_q <= s1_addr_q;
      s2_acc_q <= s1_sum;
    end
  end

  assign out_valid_o = s2_valid_q;
  assign out_acc_o = s2_acc_q;
  assign out_addr_o = s2_addr_q;
  assign out_skip_o = s2_skip_q;
  assign out_row_end_o = s2_row_end_q;
  assign out_info_o = s2_info_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(Lanes * DeltaWidth + 3)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i ({in_delta_i, in_skip_i, in_last_i, in_quiet_i})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      if (issue && !self_q) begin
        a_last_ends_step : assert (step_end || !in_last_i || in_skip_i);
        a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);
      end
      a_row_is_inside : assert (!done_i || busy_q[done_row_i]);
      a_step_before_is_over : assert (!(issue && step_end) || !over_q[parity_q]);
    end
  end
`endif

endmodule
