`default_nettype none

/// Bench of `spike_neurons` with `SkipRows` = 0 before a `spike_matmul` that divides its chunks into
/// other rows: every delta beat against a plain product of the spikes in their flat order.
///
/// The neurons have a bench of their own; this one takes their spikes as given.
module regroup_tb #(
  /// The neurons.
  parameter int unsigned Rows = 4,
  parameter int unsigned Channels = 8,
  /// The engine; OutRows * InChannels = Rows * Channels.
  parameter int unsigned OutRows = 1,
  parameter int unsigned InChannels = 32,
  parameter int unsigned OutChannels = 6,
  /// Lanes between them; divides Channels and InChannels.
  parameter int unsigned Lanes = 4,
  parameter int unsigned Banks = 1,
  parameter int unsigned OutLanes = 3,
  parameter int unsigned WeightWidth = 5,
  parameter int unsigned DeltaWidth = 12,
  parameter WeightFile = "",
  parameter ConstFile = ""
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Chunks = Channels / Lanes;
  localparam int unsigned InChunks = InChannels / Lanes;
  localparam int unsigned OutChunks = (OutChannels + OutLanes - 1) / OutLanes;
  localparam int unsigned InDelta = 8;
  localparam int Batches = 10;
  localparam int Samples = 8;
  localparam int OutWidth = OutLanes * DeltaWidth + 3;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic [Lanes*InDelta-1:0] in_delta;
  bench_source #(.Width(Lanes * InDelta + 3)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_delta, in_skip, in_last, in_quiet})
  );

  logic n_valid, n_ready, n_skip, n_last, n_quiet;
  logic [Lanes-1:0] n_nz, n_neg;
  logic [$clog2(Lanes+1)-1:0] spikes;
  logic [15:0] t_max;
  spike_neurons #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .DeltaWidth(InDelta), .MembraneWidth(16),
    .LevelWidth(4), .LevelMin(-7), .LevelMax(7), .Fraction(0), .ThetaWidth(6),
    .ConstFile(ConstFile), .SkipRows(0), .StageId(0)
  ) u_neurons (
    .clk_i, .rst_i(rst), .t_max_i(t_max), .stop_i(1'b0), .stop_sample_i('0),
    .in_valid_i(in_valid), .in_ready_o(in_ready),
    .in_delta_i(in_delta), .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet),
    .out_valid_o(n_valid), .out_ready_i(n_ready), .out_nz_o(n_nz), .out_neg_o(n_neg),
    .out_skip_o(n_skip), .out_last_o(n_last), .out_quiet_o(n_quiet), .spikes_o(spikes)
  );

  logic m_valid, m_ready, m_skip, m_last, m_quiet;
  logic [Lanes-1:0] m_nz, m_neg;
  stream_link #(.Width(2 * Lanes + 3), .Depth(2), .StreamId(1)) u_link (
    .clk_i, .rst_i(rst), .in_valid_i(n_valid), .in_ready_o(n_ready),
    .in_data_i({n_nz, n_neg, n_skip, n_last, n_quiet}), .out_valid_o(m_valid),
    .out_ready_i(m_ready), .out_data_o({m_nz, m_neg, m_skip, m_last, m_quiet})
  );

  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [$clog2(Banks+1)-1:0] work;
  logic [OutLanes*DeltaWidth-1:0] out_delta;
  spike_matmul #(
    .Rows(OutRows), .InChannels(InChannels), .OutChannels(OutChannels), .InLanes(Lanes),
    .OutLanes(OutLanes), .Banks(Banks), .WeightWidth(WeightWidth), .DeltaWidth(DeltaWidth),
    .WeightFile(WeightFile)
  ) u_engine (
    .clk_i, .rst_i(rst), .in_valid_i(m_valid), .in_ready_o(m_ready), .in_nz_i(m_nz),
    .in_neg_i(m_neg), .in_skip_i(m_skip), .in_last_i(m_last), .in_quiet_i(m_quiet),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .work_o(work)
  );

  localparam int BankWords = (InChannels + Banks - 1) / Banks * OutChunks;
  logic [OutLanes*WeightWidth-1:0] image[Banks*BankWords];
  for (genvar b = 0; b < Banks; b++) begin : gen_image
    localparam bit [7:0] Tens = 8'd48 + 8'(b / 10);
    localparam bit [7:0] Ones = 8'd48 + 8'(b % 10);
    logic [OutLanes*WeightWidth-1:0] words[BankWords];
    initial begin
      $readmemh({WeightFile, "_", Tens, Ones, ".hex"}, words);
      for (int w = 0; w < BankWords; w++) image[b*BankWords+w] = words[w];
    end
  end

  function automatic int weight(input int i, input int o);
    int at, w;
    at = i % Banks * BankWords + i / Banks * OutChunks + o / OutLanes;
    w = int'(image[at][WeightWidth*(o%OutLanes)+:WeightWidth]);
    return w >= 2 ** (WeightWidth - 1) ? w - 2 ** WeightWidth : w;
  endfunction

  // Samples that have not left the engine, and the beats that it must send.
  int open = 0;
  logic [OutWidth-1:0] expected[$];

  // One sample of deltas, a few time-steps, some rows as skip beats.
  task automatic add_sample();
    int steps;
    logic end_of_row, last, skip;
    logic [Lanes*InDelta-1:0] delta;
    steps = int'($urandom_range(3)) + 1;
    for (int t = 1; t <= steps; t++) begin
      for (int r = 0; r < Rows; r++) begin
        skip = $urandom_range(2) == 0;
        for (int c = 0; c < (skip ? 1 : Chunks); c++) begin
          for (int j = 0; j < Lanes; j++) begin
            delta[InDelta*j+:InDelta] = $urandom_range(2) == 0 ? InDelta'($urandom) : '0;
          end
          end_of_row = skip || c == Chunks - 1;
          last = t == steps && end_of_row && r == Rows - 1;
          u_source.put({delta, skip, last, last});
        end
      end
    end
    open++;
  endtask

  // The engine's beats for one of its rows; `last` and `quiet` as on the spike stream's final beat.
  int row_spikes[InChannels];
  task automatic expect_row(input logic last, input logic quiet);
    int sum;
    logic fired, end_of_row;
    logic [OutLanes*DeltaWidth-1:0] delta;
    fired = 1'b0;
    for (int i = 0; i < InChannels; i++) fired |= row_spikes[i] != 0;
    for (int c = 0; c < (fired ? OutChunks : 1); c++) begin
      delta = '0;
      for (int j = 0; j < OutLanes; j++) begin
        sum = 0;
        for (int i = 0; i < InChannels; i++) sum += row_spikes[i] * weight(i, c * OutLanes + j);
        if (fired) delta[DeltaWidth*j+:DeltaWidth] = DeltaWidth'(sum);
      end
      end_of_row = !fired || c == OutChunks - 1;
      expected.push_back({delta, !fired, last && end_of_row, quiet && end_of_row});
    end
  endtask

  int batch = 0, chunk = 0, steps_seen = 0, regular = 0;
  logic [OutWidth-1:0] beat;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
      t_max = '0;
    end else begin
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        beat = expected.pop_front();
        if (beat !== {out_delta, out_skip, out_last, out_quiet}) begin
          $fatal(1, "%m: got %h %b%b%b instead of %h", out_delta, out_skip, out_last, out_quiet,
                 beat);
        end
        if (!out_skip) regular++;
        if (out_last) open--;
      end
      if (n_valid && n_ready) begin
        if (n_skip) $fatal(1, "%m: a skip beat");
        for (int j = 0; j < Lanes; j++) begin
          row_spikes[chunk%InChunks*Lanes+j] = n_nz[j] ? (n_neg[j] ? -1 : 1) : 0;
        end
        chunk++;
        if (n_last && chunk != Rows * Chunks) $fatal(1, "%m: a time-step of %0d beats", chunk);
        if (chunk % InChunks == 0) expect_row(n_last, n_quiet);
        if (chunk == Rows * Chunks) begin
          chunk = 0;
          steps_seen++;
        end
      end
      if (open == 0 && u_source.empty() && !done_o) begin
        if (expected.size() != 0 || chunk != 0) $fatal(1, "%m: something was left behind");
        if (batch == Batches) begin
          if (regular == 0 || steps_seen < Batches * Samples) $fatal(1, "%m: nothing fired");
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          stall_in <= 30 * $urandom_range(3);
          stall_out <= 30 * $urandom_range(3);
          t_max = batch % 3 == 2 ? 16'd2 : '0;
          for (int i = 0; i < Samples; i++) add_sample();
        end
      end
    end
  end

endmodule

`default_nettype wire
