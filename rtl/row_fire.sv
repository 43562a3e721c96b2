`default_nettype none

/// Output side of a neuron array that decides by whole rows: tracers, spikes and the end of a sample.
///
/// Contract: a beat in is a beat out. The tracers of a chunk are read with `level_*` (1 cycle, 0 in a
/// sample's first time-step) and come back with the decision. The output is `last` at the first
/// time-step, not before the input's final one, in which no neuron fired, or at the limit; `quiet`
/// goes with `last` if nothing fired and the input ended quiet.
/// Throughput: one chunk a cycle. Latency: 1 cycle.
module row_fire #(
  /// Rows of a time-step.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of the signed tracer; must hold LevelMin and LevelMax.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Chunks of a row, derived.
  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes,
  /// Bits of a row's number, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1,
  /// Bits of an address, row * Chunks + chunk, derived.
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Read port of the tracers.
  input  wire logic                        level_enable_i,
  input  wire logic [AddrWidth-1:0]        level_addr_i,
  input  wire logic                        level_first_i,
  output      logic [Lanes*LevelWidth-1:0] level_o,
  /// Decisions in; never both of `up` and `down`, and neither at the end of the levels.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes-1:0]            in_up_i,
  input  wire logic [Lanes-1:0]            in_down_i,
  input  wire logic [Lanes*LevelWidth-1:0] in_level_i,
  input  wire logic [AddrWidth-1:0]        in_addr_i,
  input  wire logic                        in_skip_i,
  input  wire logic                        in_row_end_i,
  /// As `out_info_o` of `row_accumulate`.
  input  wire logic [RowWidth+5:0]         in_info_i,
  /// Spike stream out.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes-1:0]            out_nz_o,
  output      logic [Lanes-1:0]            out_neg_o,
  output      logic                        out_skip_o,
  output      logic                        out_last_o,
  output      logic                        out_quiet_o,
  /// Spikes sent in this cycle.
  output      logic [$clog2(Lanes+1)-1:0]  spikes_o,
  /// The neurons of the beat in the output: tracers after the time-step, and whose they are.
  output      logic [Lanes*LevelWidth-1:0] state_level_o,
  output      logic [RowWidth-1:0]         state_row_o,
  output      logic [AddrWidth-1:0]        state_addr_o,
  /// A row has left, for `row_accumulate`.
  output      logic                        done_o,
  output      logic [RowWidth-1:0]         done_row_o,
  output      logic                        done_parity_o,
  output      logic                        done_step_end_o,
  output      logic                        done_fired_o
);

  if (Rows < 1 || Channels < 1 || Lanes < 1 || LevelMin > 0 || LevelMax < 0 ||
      LevelMax <= LevelMin || LevelMax >= 2 ** (LevelWidth - 1) ||
      LevelMin < -(2 ** (LevelWidth - 1))) begin : gen_bad_parameters
    $error("row_fire: a parameter is out of range");
  end

  logic valid_q, skip_q, row_end_q;
  logic [Lanes-1:0] nz_q, neg_q;
  logic [Lanes*LevelWidth-1:0] level_q, new_level, read_level;
  logic [AddrWidth-1:0] addr_q;
  logic [RowWidth-1:0] row_q;
  logic parity_q, step_end_q, final_q, limit_q, quiet_q, level_first_q;
  logic leaves;
  assign leaves = valid_q && out_ready_i;

  sync_ram #(
    .Width(Lanes * LevelWidth),
    .Depth(Rows * Chunks)
  ) u_levels (
    .clk_i,
    .read_enable_i(level_enable_i),
    .read_addr_i(level_addr_i),
    .read_data_o(read_level),
    .write_enable_i(leaves && !skip_q),
    .write_addr_i(addr_q),
    .write_data_i(level_q)
  );
  always_ff @(posedge clk_i) begin
    if (level_enable_i) level_first_q <= level_first_i;
  end
  assign level_o = level_first_q ? '0 : read_level;

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [LevelWidth-1:0] level, next;
    assign level = in_level_i[LevelWidth*j+:LevelWidth];
    always_comb begin
      next = level;
      if (in_up_i[j]) next = level + LevelWidth'(1);
      else if (in_down_i[j]) next = level - LevelWidth'(1);
    end
    assign new_level[LevelWidth*j+:LevelWidth] = next;

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (!rst_i && in_valid_i && !in_skip_i) begin
        a_one_direction : assert (!(in_up_i[j] && in_down_i[j]));
        a_level_in_range :
        assert (int'(level) + int'(in_up_i[j]) <= LevelMax &&
                int'(level) - int'(in_down_i[j]) >= LevelMin);
      end
    end
`endif
  end

  // Two beats of room, so that the way of `ready` from what follows ends here.
  localparam int unsigned BeatWidth = 2 * Lanes + Lanes * LevelWidth + AddrWidth + RowWidth + 7;
  stream_fifo #(
    .Width(BeatWidth),
    .Depth(2)
  ) u_beats (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_data_i({
      in_skip_i ? Lanes'(0) : in_up_i | in_down_i,
      in_skip_i ? Lanes'(0) : in_down_i,
      new_level,
      in_addr_i,
      in_skip_i,
      in_row_end_i,
      in_info_i[6+:RowWidth],
      in_info_i[5],
      in_row_end_i && in_info_i[3],
      in_info_i[2:0]
    }),
    .out_valid_o(valid_q),
    .out_ready_i,
    .out_data_o({
      nz_q, neg_q, level_q, addr_q, skip_q, row_end_q, row_q, parity_q, step_end_q, final_q,
      limit_q, quiet_q
    })
  );

  logic row_fired, unused_step_fired;
  fired_flags #(
    .Lanes(Lanes)
  ) u_flags (
    .clk_i,
    .rst_i,
    .leaves_i(leaves),
    .nz_i(nz_q),
    .row_end_i(row_end_q),
    .step_end_i(step_end_q),
    .final_i(final_q),
    .limit_i(limit_q),
    .quiet_i(quiet_q),
    .last_o(out_last_o),
    .quiet_o(out_quiet_o),
    .row_fired_o(row_fired),
    .step_fired_o(unused_step_fired),
    .spikes_o
  );

  assign out_valid_o = valid_q;
  assign out_nz_o = nz_q;
  assign out_neg_o = neg_q;
  assign out_skip_o = skip_q;
  assign state_level_o = level_q;
  assign state_row_o = row_q;
  assign state_addr_o = addr_q;
  assign done_o = leaves && row_end_q;
  assign done_row_o = row_q;
  assign done_parity_o = parity_q;
  assign done_step_end_o = step_end_q;
  assign done_fired_o = row_fired;

  logic unused_info;
  assign unused_info = in_info_i[4];

`ifndef SYNTHESIS
  stream_check #(
    .Width(2 * Lanes + 3)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(out_valid_o),
    .ready_i(out_ready_i),
    .data_i ({out_nz_o, out_neg_o, out_skip_o, out_last_o, out_quiet_o})
  );
`endif

endmodule

`default_nettype wire
