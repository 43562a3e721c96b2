`default_nettype none

/// Control of time-steps and rows of a neuron array: selects the next beat and ends the sample.
///
/// Contract: one time-step for each time-step of the input; once the input is final (its time-step had
/// `last`), further time-steps without input follow by themselves as long as something fired in the
/// one before. A sample ends with the first of these in which nothing fired, at `t_max_i`, or with the
/// time-step in which `stop_*` names it. Input that comes after a stop is taken and dropped up to its
/// final time-step. A row without input that is idle is one skip beat, unless `SkipRows` is 0 or the
/// time-step is the sample's first.
/// Latency: 0, combinational from the input to the beat.
module step_control #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Chunks of a row.
  parameter int unsigned Chunks = 2,
  /// 1: an idle row is one skip beat. 0: every row is all its chunks.
  parameter int unsigned SkipRows = 1,
  /// 1: `stop_*` may name a sample. 0: it never does.
  parameter int unsigned Stops = 1,
  /// Bits of a row's number, of a chunk's, of an address row * Chunks + chunk, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1,
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// Time-steps allowed per sample, 0 = no limit; stable while a sample is inside.
  input  wire logic [15:0]           t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  wire logic                  stop_i,
  input  wire logic [15:0]           stop_sample_i,
  /// Delta stream in, without the deltas.
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic                  in_skip_i,
  input  wire logic                  in_last_i,
  input  wire logic                  in_quiet_i,
  /// The array takes a beat; it can take this one.
  input  wire logic                  advance_i,
  input  wire logic                  free_i,
  /// Nothing fired in this row when it was last.
  input  wire logic                  idle_i,
  /// Of the time-step before this one: something fired in it; all of it is known.
  input  wire logic                  go_on_i,
  input  wire logic                  over_i,
  /// The next beat, which the array takes with `issue_o`: its position, whether it skips the row, whether
  /// it is without input, and what it ends.
  output      logic                  issue_o,
  output      logic [RowWidth-1:0]   row_o,
  output      logic [ChunkWidth-1:0] chunk_o,
  output      logic [AddrWidth-1:0]  addr_o,
  output      logic                  skip_o,
  output      logic                  no_input_o,
  output      logic                  row_end_o,
  output      logic                  step_end_o,
  /// Its time-step: the sample's first; the input is final; at the limit; the input ended quiet.
  output      logic                  first_o,
  output      logic                  final_o,
  output      logic                  limit_o,
  output      logic                  quiet_o
);

  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  logic [RowWidth-1:0] row_q;
  // begins_q, ends_q: the chunk is the row's first, its last.
  logic [ChunkWidth-1:0] chunk_q;
  logic begins_q, ends_q;
  logic [AddrWidth-1:0] addr_q;
  logic [15:0] step_q;
  // first_q: first time-step of the sample. self_q: the input is final, the time-step has none.
  // decide_q: whether there is such a time-step depends on the one before. drop_q: stopped
  // before the input was final.
  logic first_q, self_q, self_quiet_q, decide_q, drop_q;

  // can_skip: without input the row is one beat.
  logic ready, ended, can_skip;
  assign no_input_o = self_q || in_skip_i;
  assign can_skip = SkipRows != 0 && begins_q && !first_q && idle_i;
  assign skip_o = no_input_o && can_skip;
  assign row_end_o = skip_o || ends_q;
  assign step_end_o = row_end_o && row_q == RowLast;
  assign ready = advance_i && !drop_q && (!decide_q || go_on_i) && free_i;
  assign issue_o = ready && (self_q || in_valid_i);
  assign in_ready_o = drop_q || (ready && !self_q && (!in_skip_i || can_skip || ends_q));
  assign ended = decide_q && !go_on_i && over_i;

  logic stop_hit;
  if (Stops != 0) begin : gen_stop
    sample_stop u_stop (
      .clk_i,
      .rst_i,
      .stop_i,
      .stop_sample_i,
      .end_i(issue_o && step_end_o ? limit_o : ended),
      .hit_o(stop_hit)
    );
  end else begin : gen_no_stop
    logic unused_stop;
    assign unused_stop = stop_i ^ (^stop_sample_i);
    assign stop_hit = 1'b0;
  end

  assign row_o = row_q;
  assign chunk_o = chunk_q;
  assign addr_o = addr_q;
  assign first_o = first_q;
  assign final_o = self_q || in_last_i;
  // A register says whether this time-step is the last that is allowed; `t_max_i` changes only while nothing
  // is inside.
  logic limit_q, limit_first, limit_next, limit_same;
  assign limit_first = t_max_i == 16'd1;
  assign limit_next = t_max_i != '0 && step_q + 16'd1 == t_max_i;
  assign limit_same = t_max_i != '0 && step_q == t_max_i;
  assign limit_o = stop_hit || limit_q;
  assign quiet_o = self_q ? self_quiet_q : in_quiet_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      step_q <= 16'd1;
      limit_q <= 1'b0;
    end else if (issue_o && step_end_o && !limit_o) begin
      step_q <= step_q + 16'd1;
      limit_q <= limit_next;
    end else if (ended || (issue_o && step_end_o)) begin
      step_q <= 16'd1;
      limit_q <= limit_first;
    end else begin
      limit_q <= limit_same;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      begins_q <= 1'b1;
      ends_q <= Chunks == 1;
      addr_q <= '0;
      first_q <= 1'b1;
      self_q <= 1'b0;
      self_quiet_q <= 1'b0;
      decide_q <= 1'b0;
      drop_q <= 1'b0;
    end else begin
      if (go_on_i) decide_q <= 1'b0;
      if (drop_q && in_valid_i && in_last_i) drop_q <= 1'b0;
      if (issue_o) begin
        begins_q <= row_end_o;
        ends_q <= row_end_o ? Chunks == 1 : chunk_q == ChunkWidth'(Chunks - 2);
        if (row_end_o) begin
          row_q <= step_end_o ? '0 : row_q + RowWidth'(1);
          chunk_q <= '0;
        end else begin
          chunk_q <= chunk_q + ChunkWidth'(1);
        end
        if (step_end_o) addr_q <= '0;
        else if (skip_o) addr_q <= addr_q + AddrWidth'(Chunks);
        else addr_q <= addr_q + AddrWidth'(1);
      end
      if (issue_o && step_end_o) begin
        if (limit_o) begin
          first_q <= 1'b1;
          self_q <= 1'b0;
          drop_q <= !final_o;
        end else begin
          first_q <= 1'b0;
          self_q <= final_o;
          self_quiet_q <= quiet_o;
          decide_q <= final_o;
        end
      end else if (ended) begin
        first_q <= 1'b1;
        self_q <= 1'b0;
        decide_q <= 1'b0;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      if (issue_o && !self_q) begin
        a_last_ends_step : assert (step_end_o || !in_last_i || in_skip_i);
        a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);
      end
      a_position : assert (begins_q == (chunk_q == '0) && ends_q == (chunk_q == ChunkLast));
      a_in_range : assert (int'(addr_q) < int'(Rows * Chunks) && int'(row_q) < int'(Rows));
      a_address : assert (int'(row_q) * int'(Chunks) + int'(chunk_q) == int'(addr_q));
      a_source_stops : assert (!(issue_o && step_end_o && limit_o && self_q && drop_q));
    end
  end
`endif

endmodule

`default_nettype wire
