`default_nettype none

/// Bench of `spike_matmul` (ValueWidth = 1) and `analog_matmul`: every delta beat against a plain
/// matrix product, `work_o` against the number of events, and the time without pauses, which with
/// several banks must come near the events of each row's busiest bank.
module matmul_engine_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned InChannels = 8,
  parameter int unsigned OutChannels = 8,
  parameter int unsigned InLanes = 4,
  parameter int unsigned OutLanes = 4,
  parameter int unsigned Banks = 1,
  parameter int unsigned WeightWidth = 4,
  parameter int unsigned DeltaWidth = 12,
  parameter int unsigned ValueWidth = 1,
  parameter int unsigned LutWords = 0,
  /// Time-steps or samples of a batch.
  parameter int Steps = 20,
  parameter WeightFile = ""
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int InChunks = (InChannels + InLanes - 1) / InLanes;
  localparam int OutChunks = (OutChannels + OutLanes - 1) / OutLanes;
  localparam int Batches = 10;
  localparam int InWidth = InLanes * (1 + ValueWidth) + 3;
  localparam int OutWidth = OutLanes * DeltaWidth + 3;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic [InLanes-1:0] in_nz;
  logic [InLanes*ValueWidth-1:0] in_value;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [$clog2(Banks+1)-1:0] work;
  logic [OutLanes*DeltaWidth-1:0] out_delta;

  bench_source #(.Width(InWidth)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_nz, in_value, in_skip, in_last, in_quiet})
  );

  if (ValueWidth == 1) begin : gen_spike
    spike_matmul #(
      .Rows(Rows), .InChannels(InChannels), .OutChannels(OutChannels), .InLanes(InLanes),
      .OutLanes(OutLanes), .Banks(Banks), .WeightWidth(WeightWidth), .DeltaWidth(DeltaWidth),
      .LutWords(LutWords), .WeightFile(WeightFile)
    ) u_dut (
      .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_nz_i(in_nz),
      .in_neg_i(in_value), .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
      .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .work_o(work)
    );
  end else begin : gen_analog
    analog_matmul #(
      .Rows(Rows), .InChannels(InChannels), .OutChannels(OutChannels), .InLanes(InLanes),
      .OutLanes(OutLanes), .Banks(Banks), .ValueWidth(ValueWidth), .WeightWidth(WeightWidth),
      .DeltaWidth(DeltaWidth), .LutWords(LutWords), .WeightFile(WeightFile)
    ) u_dut (
      .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(in_value),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
      .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .work_o(work)
    );
  end

  localparam int BankWords = (InChannels + Banks - 1) / Banks * OutChunks;
  logic [OutLanes*WeightWidth-1:0] image[Banks*BankWords];
  for (genvar b = 0; b < Banks; b++) begin : gen_image
    localparam bit [7:0] Tens = 8'd48 + 8'(b / 10);
    localparam bit [7:0] Ones = 8'd48 + 8'(b % 10);
    logic [OutLanes*WeightWidth-1:0] words[BankWords];
    initial begin
      $readmemh({WeightFile, "_", Tens, Ones, "_all.hex"}, words);
      for (int w = 0; w < BankWords; w++) image[b*BankWords+w] = words[w];
    end
  end

  function automatic int weight(input int i, input int o);
    int at, w;
    at = i % Banks * BankWords + i / Banks * OutChunks + o / OutLanes;
    w = int'(image[at][WeightWidth*(o%OutLanes)+:WeightWidth]);
    return w >= 2 ** (WeightWidth - 1) ? w - 2 ** WeightWidth : w;
  endfunction

  stream_check #(.Width(OutWidth)) u_check (
    .clk_i, .rst_i(rst), .valid_i(out_valid), .ready_i(out_ready),
    .data_i({out_delta, out_skip, out_last, out_quiet})
  );

  logic [OutWidth-1:0] expected[$];
  int batch = 0, begin_cycle = 0, events = 0, working = 0, least = 0, rows_in_time = 0;

  // One time-step: its input beats and the beats it must cause. `density` in percent.
  task automatic add_step(input int density);
    int x[InChannels];
    int sums[OutChunks*OutLanes];
    int bank_count[Banks];
    int count, busiest, value, kind;
    logic last, quiet, row_last;
    logic [InLanes-1:0] nz;
    logic [InLanes*ValueWidth-1:0] values;
    logic [OutLanes*DeltaWidth-1:0] delta;
    last = ValueWidth > 1 || $urandom_range(3) == 0;
    quiet = last && (ValueWidth > 1 || $urandom_range(1) == 0);
    for (int r = 0; r < Rows; r++) begin
      row_last = r == Rows - 1;
      count = 0;
      kind = $urandom_range(5);
      busiest = 0;
      for (int b = 0; b < Banks; b++) bank_count[b] = 0;
      for (int i = 0; i < InChannels; i++) begin
        x[i] = 0;
        if (kind != 0 && $urandom_range(99) < density) begin
          value = int'($urandom_range(2 ** ValueWidth - 1));
          if (ValueWidth == 1) x[i] = value == 1 ? -1 : 1;
          else x[i] = value - 2 ** (ValueWidth - 1);
        end
        if (x[i] != 0) begin
          count++;
          bank_count[i%Banks]++;
          if (bank_count[i%Banks] > busiest) busiest = bank_count[i%Banks];
        end
      end
      events += count;
      least += busiest * OutChunks > InChunks ? busiest * OutChunks : InChunks;
      rows_in_time++;
      if (count == 0 && ValueWidth == 1 && $urandom_range(1) == 0) begin
        u_source.put({{InLanes{1'b0}}, {(InLanes*ValueWidth){1'b1}}, 1'b1, last && row_last,
                      quiet && row_last});
      end else begin
        for (int c = 0; c < InChunks; c++) begin
          nz = '0;
          values = '0;
          for (int j = 0; j < InLanes; j++) begin
            if (c * InLanes + j < InChannels) begin
              nz[j] = x[c*InLanes+j] != 0;
              if (ValueWidth == 1) values[j] = x[c*InLanes+j] == -1;
              else values[ValueWidth*j+:ValueWidth] = ValueWidth'(x[c*InLanes+j]);
            end
          end
          u_source.put({nz, values, 1'b0, last && row_last && c == InChunks - 1,
                        quiet && row_last && c == InChunks - 1});
        end
      end
      if (count == 0) begin
        expected.push_back({{(OutLanes*DeltaWidth){1'b0}}, 1'b1, last && row_last,
                            quiet && row_last});
      end else begin
        for (int o = 0; o < OutChunks * OutLanes; o++) begin
          sums[o] = 0;
          for (int i = 0; i < InChannels; i++) sums[o] += x[i] * weight(i, o);
        end
        for (int c = 0; c < OutChunks; c++) begin
          for (int j = 0; j < OutLanes; j++) begin
            delta[DeltaWidth*j+:DeltaWidth] = DeltaWidth'(sums[c*OutLanes+j]);
          end
          expected.push_back({delta, 1'b0, last && row_last && c == OutChunks - 1,
                              quiet && row_last && c == OutChunks - 1});
        end
      end
    end
  endtask

  logic [OutWidth-1:0] beat;
  int density;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
    end else begin
      working += int'(work);
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "a beat too many");
        beat = expected.pop_front();
        if (beat !== {out_delta, out_skip, out_last, out_quiet}) begin
          $fatal(1, "%m: got %h %b%b%b instead of %h", out_delta, out_skip, out_last, out_quiet,
                 beat);
        end
      end
      if (expected.size() == 0 && u_source.empty() && !done_o) begin
        if (batch != 0 && working != events * OutChunks) begin
          $fatal(1, "%m: %0d accumulations for %0d events", working, events);
        end
        if (batch == 1) begin
          // No pauses: nothing but the work, a cycle a row for its end, and the ends of the pipe.
          if ($test$plusargs("report")) begin
            $display("%m: %0d cycles, %0d working (%0d %%), %0d at least", cycle - begin_cycle,
                     working, 100 * working / (cycle - begin_cycle), least);
          end
          // Banks may wait for each other where many events of one come before those of another.
          if (cycle - begin_cycle > (Banks > 1 ? least + least / 2 : least) + rows_in_time +
              OutChunks + InChunks * InLanes + 20)
            $fatal(1, "%m: %0d cycles instead of %0d", cycle - begin_cycle, least);
        end
        if (batch == Batches) begin
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          events = 0;
          working = 0;
          least = 0;
          rows_in_time = 0;
          stall_in <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : 30 * $urandom_range(3);
          density = batch == 1 ? 20 : int'($urandom_range(3)) * 30;
          for (int s = 0; s < Steps; s++) add_step(density);
        end
      end
    end
  end

endmodule

`default_nettype wire
