`default_nettype none

/// Rate encoding of the input: one time-step of deltas, sent `Steps` times.
///
/// Contract: takes one time-step a sample (`last` on its final beat) and sends it `Steps` times, the
/// first time while it is coming in; last = quiet = 1 on the final beat of the final time alone. A
/// skip beat stays a skip beat.
/// Throughput: one beat per cycle. Latency: 1 cycle. The input waits while the repetitions are sent.
module rate_encoder #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Bits of a signed delta.
  parameter int unsigned DeltaWidth = 12,
  /// Time-steps sent, at least 1.
  parameter int unsigned Steps = 4
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Delta stream in, one time-step a sample.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes*DeltaWidth-1:0] in_delta_i,
  input  wire logic                        in_skip_i,
  input  wire logic                        in_last_i,
  input  wire logic                        in_quiet_i,
  /// Delta stream out, `Steps` time-steps a sample.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes*DeltaWidth-1:0] out_delta_o,
  output      logic                        out_skip_o,
  output      logic                        out_last_o,
  output      logic                        out_quiet_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned Words = Rows * Chunks;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned StepWidth = (Steps > 1) ? $clog2(Steps) : 1;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);
  localparam bit [StepWidth-1:0] StepLast = StepWidth'(Steps - 1);

  if (Rows < 1 || Channels < 1 || Lanes < 1 || Steps < 1) begin : gen_bad_parameters
    $error("rate_encoder: a parameter is out of range");
  end

  // Position of the next beat; step 0 comes from the input, the others from memory.
  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic [AddrWidth-1:0] addr_q;
  logic [StepWidth-1:0] step_q;
  logic rows_skip_q[Rows];

  logic out_valid_q, out_skip_q, out_last_q, out_stored_q;
  logic [Lanes*DeltaWidth-1:0] out_new_q, stored;

  logic advance, first, issue, skip, row_end, step_end, final_step;
  assign advance = !out_valid_q || out_ready_i;
  assign first = step_q == '0;
  assign final_step = step_q == StepLast;
  assign issue = advance && (!first || in_valid_i);
  assign skip = first ? in_skip_i : rows_skip_q[row_q];
  assign row_end = skip || chunk_q == ChunkLast;
  assign step_end = row_end && row_q == RowLast;
  assign in_ready_o = advance && first;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      addr_q <= '0;
      step_q <= '0;
    end else if (issue) begin
      if (row_end) begin
        row_q <= step_end ? '0 : row_q + RowWidth'(1);
        chunk_q <= '0;
      end else begin
        chunk_q <= chunk_q + ChunkWidth'(1);
      end
      if (step_end) addr_q <= '0;
      else if (skip) addr_q <= addr_q + AddrWidth'(Chunks);
      else addr_q <= addr_q + AddrWidth'(1);
      if (step_end) step_q <= final_step ? '0 : step_q + StepWidth'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue && first && row_end) rows_skip_q[row_q] <= in_skip_i;
  end

  sync_ram #(
    .Width(Lanes * DeltaWidth),
    .Depth(Words)
  ) u_deltas (
    .clk_i,
    .read_enable_i(issue && !first && !skip),
    .read_addr_i(addr_q),
    .read_data_o(stored),
    .write_enable_i(issue && first && !in_skip_i),
    .write_addr_i(addr_q),
    .write_data_i(in_delta_i)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else if (advance) out_valid_q <= issue;
    if (advance) begin
      out_skip_q <= skip;
      out_last_q <= step_end && final_step;
      out_stored_q <= !first && !skip;
      out_new_q <= skip ? '0 : in_delta_i;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_stored_q ? stored : out_new_q;
  assign out_skip_o = out_skip_q;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_last_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(Lanes * DeltaWidth + 3)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(out_valid_o),
    .ready_i(out_ready_i),
    .data_i ({out_delta_o, out_skip_o, out_last_o, out_quiet_o})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i && issue && first) begin
      a_one_step_a_sample : assert (in_last_i == step_end && in_quiet_i == step_end);
    end
  end
`endif

endmodule

`default_nettype wire
