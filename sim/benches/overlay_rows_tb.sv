`default_nettype none

/// Bench of `overlay_rows` with softmax only: every quad of spikes against the integer operator's levels, where an
/// instruction begins as soon as the one before it lets it, as in the machine.
module overlay_rows_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned ScoreWidth = 16,
  parameter int unsigned GroupMax = 16,
  parameter int unsigned ExpWidth = 12,
  parameter int unsigned ExpAddrWidth = 8,
  parameter int unsigned SumWidth = 16,
  parameter int unsigned ScaleWidth = 10,
  parameter int unsigned Fraction = 10,
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  parameter ExpFile = "",
  /// Instructions: as of `overlay_softmax_tb`; those of a batch.
  parameter ConfigFile = "",
  parameter int Run = 1,
  /// Beats: {instruction's end, row's end, group's end, -, those here, scores}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Writes: {row's end, negative, spike, quad, address}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Quad = 4 * Lanes;
  localparam int unsigned Places = WordNeurons / Quad;
  localparam int unsigned QuadWidth = (Places > 1) ? $clog2(Places) : 1;
  localparam int unsigned ConfigWidth =
      2 * LevelWidth + 3 + StepsWidth + 3 * AddrWidth + ScaleWidth + 2 * ExpAddrWidth + 1;

  logic rst, in_idle, out_idle, idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle && idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  // The fields of an instruction stay until its last score is taken; then those of the next one are there.
  logic [ConfigWidth-1:0] configs[Batches*Run];
  initial $readmemh(ConfigFile, configs);
  int at = 0;
  logic runs_q = 1'b0;
  logic start, taken_last;
  logic [32*overlay_isa_pkg::FireWords-1:0] instr;
  logic [ExpAddrWidth-1:0] exponentials;
  logic [ExpAddrWidth:0] exponential_count;
  logic [ScaleWidth-1:0] scale;
  logic [AddrWidth-1:0] spikes, row_stride, step_stride;
  logic [StepsWidth-1:0] steps;
  logic unary, half_even, apart;
  logic [LevelWidth-1:0] high, low;
  assign {apart, low, high, half_even, unary, steps, step_stride, row_stride, spikes, scale, exponential_count,
          exponentials} = configs[at < Batches * Run ? at : 0];
  assign start = !rst && !runs_q && at < batch * Run && idle;
  always_comb begin
    instr = '0;
    instr[overlay_isa_pkg::FireExponentialsLsb+:24] = 24'(exponentials);
    instr[overlay_isa_pkg::FireExponentialCountLsb+:24] = 24'(exponential_count);
    instr[overlay_isa_pkg::FireScaleLsb+:64] = 64'(scale);
    instr[overlay_isa_pkg::FireSpikesLsb+:24] = 24'(spikes);
    instr[overlay_isa_pkg::FireRowStrideLsb+:16] = 16'(row_stride);
    instr[overlay_isa_pkg::FireStepStrideLsb+:24] = 24'(step_stride);
    instr[overlay_isa_pkg::FireStepsLsb+:8] = 8'(steps);
    instr[overlay_isa_pkg::FireApartLsb] = apart;
    instr[overlay_isa_pkg::FireUnaryLsb] = unary;
    instr[overlay_isa_pkg::FireHalfEvenLsb] = half_even;
    instr[overlay_isa_pkg::FireHighLsb+:16] = 16'(high);
    instr[overlay_isa_pkg::FireLowLsb+:16] = 16'(low);
  end
  always @(posedge clk_i) begin
    if (start) runs_q <= 1'b1;
    else if (taken_last) runs_q <= 1'b0;
    if (taken_last) at <= at + 1;
  end

  logic in_valid, score_ready, group_end, row_end, last;
  logic [Lanes-1:0] excluded, here;
  logic [Lanes*ScoreWidth-1:0] score;
  bench_player #(.Width(Lanes * (ScoreWidth + 2) + 3), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid),
    .ready_i(score_ready && runs_q), .data_o({last, row_end, group_end, excluded, here, score})
  );
  assign taken_last = in_valid && runs_q && score_ready && last;

  logic out_valid, out_ready, row;
  logic [AddrWidth-1:0] addr;
  logic [Places-1:0] places;
  logic [QuadWidth-1:0] quad;
  logic [Quad-1:0] nz, neg;
  overlay_rows #(
    .SerialLanes(Lanes), .ValueWidth(ScoreWidth), .SumDepth(0), .VectorCount(0), .HasLayerNorm(1'b0),
    .HasNeurons(1'b0), .HasMask(1'b0), .HasBand(1'b0), .ScoreWidth(ScoreWidth), .MaxGroup(GroupMax),
    .ExpWidth(ExpWidth), .ExpDepth(2 ** ExpAddrWidth), .ExpFile(ExpFile), .ExpSumWidth(SumWidth),
    .ScaleWidth(ScaleWidth), .ScaleFraction(Fraction), .LevelBits(LevelWidth), .StepBits(StepsWidth),
    .Unary(1'b1), .FireLanes(Align), .FetchWidth(WordNeurons), .SpikeBits(AddrWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .has_vector_i(1'b0), .vector_last_i('0), .load_i('0), .load_addr_i('0),
    .load_word_i('0), .progress_engine_i('0), .progress_softmax_i('0), .progress_vector_i('0),
    .softmax_row_o(row), .vector_row_o(), .vector_end_o(), .restart_i(1'b0), .start_valid_i(1'b0),
    .start_take_o(), .start_value_i('0), .row_cmd_valid_o(), .row_cmd_ready_i(1'b0),
    .row_cmd_offset_o(), .row_cmd_bytes_o(), .row_beat_valid_i(1'b0), .row_beat_ready_o(),
    .row_beat_i('0), .row_failed_i(1'b0), .row_lost_o(), .instr_i(instr), .begin_i(start),
    .sum_valid_i(1'b0), .sum_second_o(), .score_valid_i(in_valid && runs_q), .score_ready_o(score_ready),
    .wide_i(1'b1), .here_i(here), .value_i(score), .group_end_i(group_end), .row_end_i(row_end),
    .softmax_idle_o(idle), .softmax_start_i(start), .present_i(1'b1), .send_valid_o(),
    .send_ready_i(1'b1), .send_row_end_o(), .send_last_o(), .send_data_o(), .raw_valid_i(1'b0), .raw_read_o(),
    .raw_addr_o(), .raw_data_i('0), .spike_valid_o(out_valid), .spike_ready_i(out_ready),
    .spike_addr_o(addr), .spike_quad_o(places), .spike_nz_o(nz), .spike_neg_o(neg)
  );
  always_comb begin
    quad = '0;
    for (int unsigned q = 0; q < Places; q++) if (places[q]) quad = quad | QuadWidth'(q);
  end
  logic row_end_out;
  assign row_end_out = u_dut.gen_fire.u_fire.out_row_end;
  bench_checker #(.Width(2 * Quad + 1 + QuadWidth + AddrWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
    .data_i({row_end_out, neg, nz, quad, addr})
  );
  // The end of a row is told once.
  logic ended_q = 1'b0;
  always @(posedge clk_i) begin
    ended_q <= !rst && out_valid && out_ready && row_end_out;
    if (!rst && row !== ended_q) $fatal(1, "%m: the end of a row");
  end

endmodule

`default_nettype wire
