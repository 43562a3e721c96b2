`default_nettype none

/// Sum of delta streams: the residual stream of a Transformer.
///
/// Contract: a time-step out for each time-step of the inputs that have one. Input n covers the rows
/// `FirstRows[n] ... FirstRows[n] + InputRows[n] - 1`; in each row it has a row of its own. An input
/// whose stream was final in an earlier time-step of the sample adds nothing any more. The output is
/// `last` in the time-step in which the last input becomes final, `quiet` if all ended quiet. In a
/// sample's first time-step the start values are added. A row to which nothing is added is one skip
/// beat.
/// Throughput: one chunk a cycle. Latency: 2 cycles, with start values 3. Back-pressure: all stages stand still.
module residual_sum #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Streams that come in.
  parameter int unsigned Inputs = 2,
  /// Bits of a signed delta, in and out.
  parameter int unsigned DeltaWidth = 16,
  /// First row and number of rows of input n at [16*n +: 16].
  parameter bit [16*Inputs-1:0] FirstRows = '0,
  parameter bit [16*Inputs-1:0] InputRows = {Inputs{16'd1}},
  /// 1: there are start values.
  parameter int unsigned UseStart = 0,
  /// Image of `Rows * Chunks` words, lane j at [DeltaWidth*j +: DeltaWidth].
  parameter StartFile = ""
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_i,
  /// Delta streams in, input n in part n.
  input  wire logic [Inputs-1:0]                  in_valid_i,
  output      logic [Inputs-1:0]                  in_ready_o,
  input  wire logic [Inputs*Lanes*DeltaWidth-1:0] in_delta_i,
  input  wire logic [Inputs-1:0]                  in_skip_i,
  input  wire logic [Inputs-1:0]                  in_last_i,
  input  wire logic [Inputs-1:0]                  in_quiet_i,
  /// Delta stream out.
  output      logic                               out_valid_o,
  input  wire logic                               out_ready_i,
  output      logic [Lanes*DeltaWidth-1:0]        out_delta_o,
  output      logic                               out_skip_o,
  output      logic                               out_last_o,
  output      logic                               out_quiet_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned Words = Rows * Chunks;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned BeatWidth = Lanes * DeltaWidth;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  if (Rows < 1 || Rows > 65535 || Channels < 1 || Lanes < 1 ||
      Inputs < 1) begin : gen_bad_parameters
    $error("residual_sum: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- join
  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  // begins_q: nothing of the sample has been issued.
  logic first_q, begins_q;
  // Inputs that were final in this sample, and how.
  logic [Inputs-1:0] ended_q, quiet_q, ended, quiet;
  logic [Inputs-1:0] needed, adds;

  for (genvar n = 0; n < Inputs; n++) begin : gen_input
    localparam int unsigned First = 32'(FirstRows[16*n+:16]);
    localparam int unsigned Count = 32'(InputRows[16*n+:16]);
    logic covered;
    if (First == 0 && Count >= Rows) begin : gen_all
      assign covered = 1'b1;
    end else begin : gen_part
      logic [31:0] row;
      assign row = 32'(row_q);
      assign covered = row + 32'd1 > First && row < First + Count;
    end
    assign needed[n] = covered && !ended_q[n];
  end

  logic advance, issue, all_here, starts, skip, row_end, step_end;
  assign all_here = &(in_valid_i | ~needed);
  assign adds = needed & ~in_skip_i;
  assign starts = UseStart != 0 && first_q;
  assign skip = adds == '0 && !starts;
  assign row_end = skip || chunk_q == ChunkLast;
  assign step_end = row_end && row_q == RowLast;
  // A sample begins when one of its inputs does, even if no input covers its first row.
  assign issue = advance && all_here && (!begins_q || in_valid_i != '0);
  assign in_ready_o = {Inputs{issue}} & needed & (adds | {Inputs{row_end}});

  assign ended = ended_q | (in_ready_o & in_last_i);
  assign quiet = (quiet_q & ended_q) | (in_ready_o & in_last_i & in_quiet_i);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      first_q <= 1'b1;
      begins_q <= 1'b1;
      ended_q <= '0;
    end else if (issue) begin
      if (row_end) begin
        row_q <= step_end ? '0 : row_q + RowWidth'(1);
        chunk_q <= '0;
      end else begin
        chunk_q <= chunk_q + ChunkWidth'(1);
      end
      ended_q <= (step_end && &ended) ? '0 : ended;
      if (step_end) first_q <= &ended;
      begins_q <= step_end && &ended;
    end
    if (issue) quiet_q <= quiet;
  end

  // ---------------------------------------------------------------------------- add
  // At s1 the ROM shows what there is at the start, at s2 it is in a register; without a start there is no s1.
  localparam int unsigned FlagWidth = 3;
  logic valid, s2_valid_q;
  logic [Inputs*BeatWidth-1:0] delta, s2_delta_q;
  logic [FlagWidth-1:0] issued_flags, flags, s2_flags_q;
  logic [BeatWidth-1:0] s2_start, sum;
  assign issued_flags = {skip, step_end && &ended, step_end && &ended && &quiet};

  logic [Inputs*BeatWidth-1:0] added;
  for (genvar n = 0; n < Inputs; n++) begin : gen_added
    assign added[BeatWidth*n+:BeatWidth] = adds[n] ? in_delta_i[BeatWidth*n+:BeatWidth] : '0;
  end

  if (UseStart != 0) begin : gen_start
    // The ROM is read in a sample's first time-step, in which no row is skipped.
    logic [AddrWidth-1:0] addr_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) addr_q <= '0;
      else if (issue) addr_q <= step_end ? '0 : addr_q + AddrWidth'(1);
    end

    logic s1_valid_q, s1_starts_q;
    logic [Inputs*BeatWidth-1:0] s1_delta_q;
    logic [FlagWidth-1:0] s1_flags_q;
    logic [BeatWidth-1:0] s1_start, s2_start_q;
    sync_rom #(
      .Width(BeatWidth),
      .Depth(Words),
      .File (StartFile)
    ) u_start (
      .clk_i,
      .enable_i(advance),
      .addr_i(addr_q),
      .data_o(s1_start)
    );
    always_ff @(posedge clk_i) begin
      if (rst_i) s1_valid_q <= 1'b0;
      else if (advance) s1_valid_q <= issue;
      if (advance) begin
        s1_delta_q <= added;
        s1_flags_q <= issued_flags;
        s1_starts_q <= starts;
        s2_start_q <= s1_starts_q ? s1_start : '0;
      end
    end
    assign valid = s1_valid_q;
    assign delta = s1_delta_q;
    assign flags = s1_flags_q;
    assign s2_start = s2_start_q;
  end else begin : gen_no_start
    assign valid = issue;
    assign delta = added;
    assign flags = issued_flags;
    assign s2_start = '0;
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    always_comb begin
      sum[DeltaWidth*j+:DeltaWidth] = s2_start[DeltaWidth*j+:DeltaWidth];
      for (int unsigned n = 0; n < Inputs; n++) begin
        sum[DeltaWidth*j+:DeltaWidth] =
            sum[DeltaWidth*j+:DeltaWidth] + s2_delta_q[BeatWidth*n+DeltaWidth*j+:DeltaWidth];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) s2_valid_q <= 1'b0;
    else if (advance) s2_valid_q <= valid;
    if (advance) begin
      s2_delta_q <= delta;
      s2_flags_q <= flags;
    end
  end

  // Two beats of room, so that the way of `ready` from what follows ends here.
  stream_fifo #(
    .Width(BeatWidth + FlagWidth),
    .Depth(2)
  ) u_out (
    .clk_i,
    .rst_i,
    .in_valid_i(s2_valid_q),
    .in_ready_o(advance),
    .in_data_i({sum, s2_flags_q}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o({out_delta_o, out_skip_o, out_last_o, out_quiet_o})
  );

`ifndef SYNTHESIS
  stream_check #(
    .Width(BeatWidth + 3)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(out_valid_o),
    .ready_i(out_ready_i),
    .data_i ({out_delta_o, out_skip_o, out_last_o, out_quiet_o})
  );
`endif

endmodule

`default_nettype wire
