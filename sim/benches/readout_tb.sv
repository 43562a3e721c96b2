`default_nettype none

/// Bench of `readout`: every word of every result frame against plain sums, with and without the rule
/// of confidence.
module readout_tb #(
  parameter int unsigned Channels = 10,
  parameter int unsigned Constants = 10,
  parameter int unsigned Lanes = 4,
  parameter int unsigned DeltaWidth = 12,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned MultiplierWidth = 16,
  parameter int unsigned ValueWidth = 33,
  parameter int unsigned UseMultiplier = 1,
  parameter int unsigned Shift = 0,
  /// 0: without the rule of confidence, whose inputs are then to be ignored.
  parameter bit Confidence = 1'b1,
  parameter ConstFile = "",
  /// 64-bit words: m and b of each channel of all positions.
  parameter ReferenceFile = ""
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int Batches = 10;
  localparam int Samples = 20;
  localparam int Width = Lanes * DeltaWidth + 3;
  localparam int unsigned MarginWidth =
      !Confidence ? 0 : (ValueWidth > 5) ? ValueWidth - 1 : ValueWidth;
  localparam int unsigned MarginBits = Confidence ? MarginWidth : 1;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic out_valid, out_ready, out_last, frame_done;
  logic [31:0] out_data;
  logic [MarginBits-1:0] margin;
  logic [15:0] hold, stop_sample;
  logic stop;
  logic [Lanes*DeltaWidth-1:0] in_delta;

  bench_source #(.Width(Width)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_delta, in_skip, in_last, in_quiet})
  );

  readout #(
    .Channels(Channels), .Constants(Constants), .Lanes(Lanes), .DeltaWidth(DeltaWidth), .AccWidth(AccWidth),
    .MultiplierWidth(MultiplierWidth), .ValueWidth(ValueWidth), .UseMultiplier(UseMultiplier),
    .Shift(Shift), .MarginWidth(MarginWidth), .ConstFile(ConstFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_delta_i(in_delta),
    .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet), .m_axis_tvalid_o(out_valid),
    .m_axis_tready_i(out_ready), .m_axis_tdata_o(out_data), .m_axis_tlast_o(out_last),
    .done_o(frame_done), .margin_i(margin), .patience_i(hold), .stop_o(stop),
    .stop_sample_o(stop_sample)
  );

  longint constants[2*Channels];
  initial $readmemh(ReferenceFile, constants);

  logic [32:0] expected[$];
  // Samples that are stopped by confidence, by number; samples so far.
  logic [15:0] stops[$];
  int unsigned samples = 0, confident_samples = 0;

  function automatic longint value_of(longint sum, int c);
    if (UseMultiplier != 0) return sum * constants[2*c] + constants[2*c+1];
    return sum * (64'd1 << Shift) + constants[2*c+1];
  endfunction

  task automatic add_sample();
    longint sums[Channels];
    longint value, best, second;
    int steps, used, best_channel, class_before, held, delta, magnitude;
    logic skip, quiet, last, begun, confident;
    logic [Lanes*DeltaWidth-1:0] beat;
    for (int c = 0; c < Channels; c++) sums[c] = 0;
    steps = int'($urandom_range(6)) + 1;
    used = 0;
    held = 0;
    class_before = -1;
    begun = 1'b0;
    confident = 1'b0;
    best = 0;
    best_channel = 0;
    quiet = 1'($urandom_range(1));
    // Small numbers make ties.
    magnitude = $urandom_range(1) == 0 ? 1 : 2 ** (DeltaWidth - 1) - 1;
    for (int t = 0; t < steps; t++) begin
      skip = $urandom_range(2) == 0;
      for (int k = 0; k < (skip ? 1 : Chunks); k++) begin
        beat = '0;
        last = t == steps - 1 && (skip || k == Chunks - 1);
        for (int j = 0; j < Lanes; j++) begin
          if (!skip && k * Lanes + j < Channels) begin
            delta = int'($urandom_range(2 * magnitude)) - magnitude;
            if (!confident) sums[k*Lanes+j] += longint'(delta);
            begun |= delta != 0;
            beat[DeltaWidth*j+:DeltaWidth] = DeltaWidth'(delta);
          end
        end
        u_source.put({beat, skip, last, last && quiet});
      end
      if (!confident) begin
        used = t + 1;
        for (int c = 0; c < Channels; c++) begin
          value = value_of(sums[c], c);
          if (c == 0) begin
            best = value;
            best_channel = 0;
          end else if (value > best) begin
            second = best;
            best = value;
            best_channel = c;
          end else if (c == 1 || value > second) begin
            second = value;
          end
        end
        if (Confidence && hold != 0 && begun && t != steps - 1) begin
          if (Channels > 1 && best - second < longint'(64'(margin))) held = 0;
          else if (held > 0 && class_before == best_channel) held++;
          else held = 1;
          class_before = best_channel;
          confident = held >= int'(hold);
        end
      end
    end
    if (confident) begin
      stops.push_back(16'(samples));
      confident_samples++;
    end
    samples++;
    for (int c = 0; c < Channels; c++) begin
      value = value_of(sums[c], c);
      expected.push_back({1'b0, value[31:0]});
      if (ValueWidth > 32) expected.push_back({1'b0, value[63:32]});
    end
    expected.push_back({1'b0, best_channel});
    expected.push_back({1'b0, used});
    expected.push_back({1'b1, confident ? 32'd4 : quiet ? 32'd1 : 32'd2});
  endtask

  int batch = 0, frames = 0;
  logic [32:0] word;
  logic stopping;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
      stopping <= 1'b0;
      hold = '0;
      margin = '0;
    end else begin
      stopping <= stop;
      if (stop && !stopping) begin
        if (stops.size() == 0) $fatal(1, "%m: a stop too many");
        if (stops.pop_front() != stop_sample) $fatal(1, "%m: stop of sample %0d", stop_sample);
      end
      frames += int'(frame_done);
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a word too many");
        word = expected.pop_front();
        if (word !== {out_last, out_data}) begin
          $fatal(1, "%m: got %b %h instead of %b %h", out_last, out_data, word[32], word[31:0]);
        end
      end
      if (expected.size() == 0 && u_source.empty() && !done_o) begin
        if (frames != batch * Samples) $fatal(1, "%m: %0d frames announced", frames);
        if (stops.size() != 0) $fatal(1, "%m: a stop is missing");
        if (batch == Batches) begin
          if (Confidence && confident_samples == 0) $fatal(1, "%m: no sample was stopped");
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          stall_in <= 30 * $urandom_range(3);
          stall_out <= 30 * $urandom_range(3);
          // From always, as in the first batch, to seldom.
          hold = batch == 1 ? 16'd1 : 16'($urandom_range(3));
          margin = MarginBits'(64'd1 << $urandom_range(MarginBits - 1)) >> $urandom_range(3);
          if (batch == 1) margin = '0;
          for (int i = 0; i < Samples; i++) add_sample();
        end
      end
    end
  end

endmodule

`default_nettype wire
