`default_nettype none

/// Bench of `spike_neurons`: every spike, membrane, tracer and flag against a plain neuron loop.
///
/// A skip beat stands for a row of zeros: which of the two is sent for a row that does not fire may
/// depend on pauses, so the comparison treats them as equal and the bench only asks that idle rows
/// are skipped at times, or never with `SkipRows` = 0.
module spike_neurons_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 4,
  parameter int unsigned DeltaWidth = 8,
  parameter int unsigned MembraneWidth = 16,
  parameter int unsigned LevelWidth = 5,
  parameter int LevelMin = 0,
  parameter int LevelMax = 15,
  parameter int unsigned Fraction = 0,
  parameter int unsigned ThetaWidth = 8,
  parameter int unsigned UseTable = 0,
  parameter int unsigned TableWidth = 16,
  parameter int unsigned NonMonotone = 0,
  parameter int unsigned Crossings = 1,
  /// Edges of a channel (not monotone).
  parameter int unsigned Edges = 0,
  parameter int unsigned SkipRows = 1,
  parameter ConstFile = "",
  parameter TableFile = "",
  /// 32-bit words, channel after channel: theta, v0; or T(LevelMin+1) ... T(LevelMax); or, not monotone,
  /// the level below all edges, then each edge and the level from there on.
  parameter ReferenceFile = ""
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int Batches = 16;
  localparam int Samples = 12;
  localparam int InWidth = Lanes * DeltaWidth + 3;
  localparam int Constants = NonMonotone != 0 ? 2 * Edges + 1 : UseTable != 0 ? LevelMax - LevelMin : 2;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic [Lanes*DeltaWidth-1:0] in_delta;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [Lanes-1:0] out_nz, out_neg;
  logic [$clog2(Lanes+1)-1:0] spikes;
  logic [15:0] t_max;

  bench_source #(.Width(InWidth)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_delta, in_skip, in_last, in_quiet})
  );

  spike_neurons #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .DeltaWidth(DeltaWidth),
    .MembraneWidth(MembraneWidth), .LevelWidth(LevelWidth), .LevelMin(LevelMin),
    .LevelMax(LevelMax), .Fraction(Fraction), .ThetaWidth(ThetaWidth), .UseTable(UseTable),
    .TableWidth(TableWidth), .NonMonotone(NonMonotone), .Crossings(Crossings), .ConstFile(ConstFile), .TableFile(TableFile),
    .SkipRows(SkipRows), .StageId(1)
  ) u_dut (
    .clk_i, .rst_i(rst), .t_max_i(t_max), .stop_i(1'b0), .stop_sample_i('0),
    .in_valid_i(in_valid), .in_ready_o(in_ready),
    .in_delta_i(in_delta), .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_nz_o(out_nz), .out_neg_o(out_neg),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .spikes_o(spikes)
  );

  int constants[Channels*Constants];
  initial $readmemh(ReferenceFile, constants);

  typedef struct {
    int   spike;
    int   v;
    int   s;
    logic last;
    logic quiet;
  } neuron_t;
  neuron_t expected[$];
  // Membranes and tracers of the beats that are not skip beats and have not come out yet.
  typedef struct {
    logic [Lanes*MembraneWidth-1:0] v;
    logic [Lanes*LevelWidth-1:0]    s;
  } state_t;
  state_t states[$];
  int beats_least = 0, steps_all = 0, fired_all = 0;

  // One sample: its input beats and what each neuron must do at each time-step.
  task automatic add_sample();
    int v[Rows][Channels];
    int s[Rows][Channels];
    int x[Channels];
    int driven, t, spike, fired, density, mode, level;
    logic last, in_end, quiet, zero;
    logic [Lanes*DeltaWidth-1:0] delta;
    neuron_t n;
    driven = int'($urandom_range(4)) + 1;
    mode = $urandom_range(2);
    in_end = t_max != 0 && driven >= int'(t_max) ? 1'($urandom_range(1)) : 1'b1;
    density = mode == 0 ? 100 : 40;
    for (int r = 0; r < Rows; r++) begin
      for (int c = 0; c < Channels; c++) begin
        v[r][c] = UseTable != 0 ? 0 : constants[2*c+1];
        s[r][c] = 0;
      end
    end
    last = 1'b0;
    for (t = 1; t <= driven || !last; t++) begin
      fired = 0;
      if (!last) steps_all++;
      for (int r = 0; r < Rows; r++) begin
        // Input of the row.
        zero = 1'b1;
        for (int c = 0; c < Channels; c++) begin
          x[c] = 0;
          if (t <= driven && $urandom_range(99) < density && !(mode == 2 && r % 2 == 1)) begin
            x[c] = int'($urandom_range(2 ** DeltaWidth - 1)) - 2 ** (DeltaWidth - 1);
            if ($urandom_range(1) == 1) x[c] = x[c] / 16;
          end
          if (x[c] != 0) zero = 1'b0;
        end
        if (t <= driven) begin
          quiet = t == driven && r == Rows - 1;
          if (zero && $urandom_range(4) != 0) begin
            u_source.put({{(Lanes*DeltaWidth){1'b1}}, 1'b1, quiet, quiet && in_end});
          end else begin
            for (int k = 0; k < Chunks; k++) begin
              delta = '0;
              for (int j = 0; j < Lanes; j++) begin
                if (k * Lanes + j < Channels) begin
                  delta[DeltaWidth*j+:DeltaWidth] = DeltaWidth'(x[k*Lanes+j]);
                end
              end
              u_source.put({delta, 1'b0, quiet && k == Chunks - 1,
                            quiet && in_end && k == Chunks - 1});
            end
          end
        end
        // After its own end the sample only drains.
        for (int c = 0; c < Channels && !last; c++) begin
          spike = 0;
          if (NonMonotone != 0) begin
            v[r][c] += x[c];
            level = constants[Constants*c];
            for (int i = 0; i < Edges; i++) begin
              if (v[r][c] >= constants[Constants*c+2*i+1]) level = constants[Constants*c+2*i+2];
            end
            spike = level > s[r][c] ? 1 : level < s[r][c] ? -1 : 0;
          end else if (UseTable != 0) begin
            v[r][c] += x[c];
            if (s[r][c] < LevelMax && v[r][c] >= constants[Constants*c+s[r][c]-LevelMin]) spike = 1;
            else if (s[r][c] > LevelMin && v[r][c] < constants[Constants*c+s[r][c]-LevelMin-1])
              spike = -1;
          end else begin
            v[r][c] += x[c] * 2 ** Fraction;
            if (v[r][c] >= constants[2*c] && s[r][c] < LevelMax) spike = 1;
            else if (v[r][c] < 0 && s[r][c] > LevelMin) spike = -1;
            v[r][c] -= constants[2*c] * spike;
          end
          s[r][c] += spike;
          if (spike != 0) fired++;
          n.spike = spike;
          n.v = v[r][c];
          n.s = s[r][c];
          n.last = 1'b0;
          n.quiet = 1'b0;
          expected.push_back(n);
        end
      end
      if (!last) begin
        beats_least += Rows * Chunks;
        fired_all += fired;
        if (t == int'(t_max) || (t >= driven && fired == 0)) begin
          last = 1'b1;
          expected[expected.size()-1].last = 1'b1;
          expected[expected.size()-1].quiet = t >= driven && in_end && fired == 0;
        end
      end
    end
  endtask

  stream_check #(.Width(2 * Lanes + 3)) u_check (
    .clk_i, .rst_i(rst), .valid_i(out_valid), .ready_i(out_ready),
    .data_i({out_nz, out_neg, out_skip, out_last, out_quiet})
  );

  int batch = 0, begin_cycle = 0, fired_seen = 0, chunk = 0, skips = 0, stops = 0;

  // Compares one chunk of the output.
  task automatic check_chunk(input logic whole_row_zero, input logic flags);
    neuron_t n;
    state_t state;
    int spike, v, s;
    logic last, quiet;
    if (!whole_row_zero) begin
      if (states.size() == 0) $fatal(1, "%m: a beat without a tap");
      state = states.pop_front();
    end
    last = 1'b0;
    quiet = 1'b0;
    for (int j = 0; j < Lanes; j++) begin
      spike = whole_row_zero || !out_nz[j] ? 0 : out_neg[j] ? -1 : 1;
      if (chunk * Lanes + j < Channels) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        n = expected.pop_front();
        last |= n.last;
        quiet |= n.quiet;
        if (spike != n.spike) $fatal(1, "%m: spike %0d instead of %0d", spike, n.spike);
        if (!whole_row_zero) begin
          v = int'($signed(state.v[MembraneWidth*j+:MembraneWidth]));
          s = int'($signed(state.s[LevelWidth*j+:LevelWidth]));
          if (v != n.v || s != n.s) begin
            $fatal(1, "%m: state %0d, %0d instead of %0d, %0d", v, s, n.v, n.s);
          end
        end
      end else if (out_nz[j] || out_neg[j]) begin
        $fatal(1, "%m: a padding lane fired");
      end
    end
    if (!flags) begin
      if (last) $fatal(1, "%m: a skip beat hides the end");
    end else if (out_last != last || out_quiet != quiet) begin
      $fatal(1, "%m: last, quiet %b%b instead of %b%b", out_last, out_quiet, last, quiet);
    end
    if (last && !quiet) stops++;
    chunk = chunk == Chunks - 1 ? 0 : chunk + 1;
  endtask

  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
      t_max = '0;
    end else begin
      fired_seen += int'(spikes);
      if (u_dut.tap_valid && !u_dut.tap_skip) states.push_back('{u_dut.tap_v, u_dut.tap_s});
      if (out_valid && out_ready) begin
        if (out_skip) begin
          if (SkipRows == 0) $fatal(1, "%m: a skip beat");
          if (chunk != 0) $fatal(1, "%m: a skip beat within a row");
          skips++;
          for (int k = 0; k < Chunks; k++) check_chunk(1'b1, k == Chunks - 1);
        end else begin
          check_chunk(1'b0, 1'b1);
        end
      end
      if (expected.size() == 0 && u_source.empty() && !done_o) begin
        if (fired_seen != fired_all) $fatal(1, "%m: counted %0d of %0d spikes", fired_seen, fired_all);
        if (batch == 1) begin
          if ($test$plusargs("report")) begin
            $display("%m: %0d cycles for %0d beats, %0d steps", cycle - begin_cycle, beats_least,
                     steps_all);
          end
          if (Rows * Chunks >= 4 && cycle - begin_cycle > beats_least + 4 * steps_all + 10)
            $fatal(1, "%m: too slow");
        end
        if (batch == Batches) begin
          if (SkipRows != 0 && Rows > 1 && skips == 0) $fatal(1, "%m: no idle row was skipped");
          if (stops == 0) $fatal(1, "%m: nothing was stopped by T_max");
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          beats_least = 0;
          steps_all = 0;
          stall_in <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : 30 * $urandom_range(3);
          t_max = batch % 3 == 1 ? '0 : 16'($urandom_range(5)) + 16'd1;
          for (int i = 0; i < Samples; i++) add_sample();
        end
      end
    end
  end

endmodule

`default_nettype wire
