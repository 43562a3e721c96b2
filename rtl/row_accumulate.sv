`default_nettype none

/// Input side of a neuron array that decides by whole rows: accumulates the input of each row and controls
/// time-steps and rows.
///
/// Contract: one time-step out for each time-step in; once the input is final (its time-step had
/// `last`), further time-steps without input follow by themselves as long as something fired in the
/// one before, which `row_fire` reports on `done_*`. Input that comes after a stop by `t_max_i` is
/// taken and dropped up to its final time-step. A row that cannot change (no input, and nothing fired
/// in its time-step before) is one beat with `out_skip_o`, unless `SkipRows` is 0.
/// A row is read again only after `row_fire` has reported it, so no row is in the stages between the two
/// modules twice.
/// Throughput: one chunk a cycle. Latency: 3 cycles.
module row_accumulate #(
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
  /// 1: `stop_*` may name a sample. 0: it never does.
  parameter int unsigned Stops = 1,
  /// Chunks of a row, derived.
  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes,
  /// Bits of a row's number, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1,
  /// Bits of an address, row * Chunks + chunk, derived.
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Time-steps allowed per sample, 0 = no limit; stable while a sample is inside.
  input  wire logic [15:0]                 t_max_i,
  /// A sample that is to be ended, as in `sample_stop`.
  input  wire logic                        stop_i,
  input  wire logic [15:0]                 stop_sample_i,
  /// Delta stream in.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  wire logic                        in_skip_i,
  input  wire logic                        in_last_i,
  input  wire logic                        in_quiet_i,
  /// Accumulated rows out.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes*AccWidth-1:0]   out_acc_o,
  output      logic [AddrWidth-1:0]        out_addr_o,
  output      logic                        out_skip_o,
  output      logic                        out_row_end_o,
  /// {row, parity of the time-step, first of the sample, final row, input final, limit, input quiet}
  output      logic [RowWidth+5:0]         out_info_o,
  /// A row has left the array.
  input  wire logic                        done_i,
  input  wire logic [RowWidth-1:0]         done_row_i,
  input  wire logic                        done_parity_i,
  input  wire logic                        done_step_end_i,
  input  wire logic                        done_fired_i
);

  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);

  if (Rows < 1 || Channels < 1 || Lanes < 1 || AccWidth < DeltaWidth) begin : gen_bad_parameters
    $error("row_accumulate: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- issue
  logic advance, issue, skip, no_input, row_end, step_end, first, step_final, at_limit, step_quiet;
  logic [RowWidth-1:0] row;
  logic [ChunkWidth-1:0] chunk;
  logic [AddrWidth-1:0] addr;

  // By parity of the time-step's number: something fired in it, its final row has left.
  logic parity_q;
  logic [1:0] fired_q, over_q;
  // Rows come and leave in order: the next one is inside if all are.
  logic row_free, row_active;
  credit_counter #(
    .Credits(Rows)
  ) u_inside (
    .clk_i,
    .rst_i,
    .room_o(row_free),
    .take_i(issue && chunk == '0),
    .give_i(done_i)
  );

  // Rows in which something fired when they were last.
  row_flags #(
    .Rows(Rows)
  ) u_active (
    .clk_i,
    .row_i(row),
    .step_i(issue && row_end),
    .flag_o(row_active),
    .write_i(done_i),
    .write_row_i(done_row_i),
    .write_flag_i(done_fired_i)
  );

  step_control #(
    .Rows(Rows),
    .Chunks(Chunks),
    .SkipRows(SkipRows),
    .Stops(Stops)
  ) u_control (
    .clk_i,
    .rst_i,
    .t_max_i,
    .stop_i,
    .stop_sample_i,
    .in_valid_i,
    .in_ready_o,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .advance_i(advance),
    .free_i(chunk != '0 || row_free),
    .idle_i(!row_active),
    .go_on_i(fired_q[!parity_q]),
    .over_i(over_q[!parity_q]),
    .issue_o(issue),
    .row_o(row),
    .chunk_o(chunk),
    .addr_o(addr),
    .skip_o(skip),
    .no_input_o(no_input),
    .row_end_o(row_end),
    .step_end_o(step_end),
    .first_o(first),
    .final_o(step_final),
    .limit_o(at_limit),
    .quiet_o(step_quiet)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      parity_q <= 1'b0;
      fired_q <= '0;
      over_q <= '0;
    end else begin
      if (done_i) begin
        if (done_fired_i) fired_q[done_parity_i] <= 1'b1;
        if (done_step_end_i) over_q[done_parity_i] <= 1'b1;
      end
      if (issue && step_end) begin
        // Of the time-step before this one, every row has left.
        parity_q <= !parity_q;
        fired_q[!parity_q] <= 1'b0;
        over_q[!parity_q] <= 1'b0;
      end
    end
  end

  // ---------------------------------------------------------------------------- accumulate
  // At s1 the memory shows the row's sum, at s2 it is in a register: from the memory through the adder would be
  // a long way.
  logic s1_valid_q, s1_skip_q, s1_row_end_q, s2_valid_q, s2_skip_q, s2_row_end_q;
  logic [RowWidth+5:0] s1_info_q, s2_info_q;
  logic [AddrWidth-1:0] s1_addr_q, s2_addr_q;
  logic [Lanes*DeltaWidth-1:0] s1_delta_q, s2_delta_q;
  logic [Lanes*AccWidth-1:0] s1_acc, s2_acc_q, s2_sum;
  // The sum on its way back; the row is not read before it has left the array.
  logic write_q;
  logic [AddrWidth-1:0] write_addr_q;
  logic [Lanes*AccWidth-1:0] write_acc_q;

  sync_ram #(
    .Width(Lanes * AccWidth),
    .Depth(Rows * Chunks)
  ) u_acc (
    .clk_i,
    .read_enable_i(advance),
    .read_addr_i(addr),
    .read_data_o(s1_acc),
    .write_enable_i(write_q),
    .write_addr_i(write_addr_q),
    .write_data_i(write_acc_q)
  );

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [AccWidth-1:0] old, delta, sum;
    assign old = s2_acc_q[AccWidth*j+:AccWidth];
    assign delta = AccWidth'($signed(s2_delta_q[DeltaWidth*j+:DeltaWidth]));
    assign sum = old + delta;
    assign s2_sum[AccWidth*j+:AccWidth] = sum;

`ifndef SYNTHESIS
    logic signed [AccWidth:0] exact;
    assign exact = (AccWidth + 1)'(old) + (AccWidth + 1)'(delta);
    always_ff @(posedge clk_i) begin
      if (!rst_i && s2_valid_q && !s2_skip_q) begin
        a_no_overflow : assert (exact == (AccWidth + 1)'(sum));
      end
    end
`endif
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      write_q <= 1'b0;
    end else begin
      if (advance) s1_valid_q <= issue;
      if (advance) s2_valid_q <= s1_valid_q;
      write_q <= advance && s2_valid_q && !s2_skip_q;
    end
    write_addr_q <= s2_addr_q;
    write_acc_q <= s2_sum;
    if (advance) begin
      s1_skip_q <= skip;
      s1_row_end_q <= row_end;
      s1_info_q <= {row, parity_q, first, row == RowLast, step_final, at_limit, step_quiet};
      s1_addr_q <= addr;
      s1_delta_q <= no_input ? '0 : in_delta_i;
      s2_skip_q <= s1_skip_q;
      s2_row_end_q <= s1_row_end_q;
      s2_info_q <= s1_info_q;
      s2_addr_q <= s1_addr_q;
      s2_delta_q <= s1_delta_q;
      // Bit 4 of the info: first time-step, before which there is 0 whatever the memory holds.
      s2_acc_q <= s1_info_q[4] ? '0 : s1_acc;
    end
  end

  // Two beats of room, so that the way of `ready` from what follows ends here.
  stream_fifo #(
    .Width(Lanes * AccWidth + AddrWidth + 2 + RowWidth + 6),
    .Depth(2)
  ) u_out (
    .clk_i,
    .rst_i,
    .in_valid_i(s2_valid_q),
    .in_ready_o(advance),
    .in_data_i({s2_sum, s2_addr_q, s2_skip_q, s2_row_end_q, s2_info_q}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o({out_acc_o, out_addr_o, out_skip_o, out_row_end_o, out_info_o})
  );

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
      a_step_before_is_over : assert (!(issue && step_end) || !over_q[parity_q]);
    end
  end
`endif

endmodule

`default_nettype wire
