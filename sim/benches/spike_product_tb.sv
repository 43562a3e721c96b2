`default_nettype none

/// Bench of `spike_product`: every beat against the difference of two plain matrix products of the
/// tracers, `work_o` against the number of spikes, and the time without pauses.
module spike_product_tb #(
  parameter int unsigned LeftRows = 3,
  parameter int unsigned RightRows = 5,
  parameter int unsigned Heads = 2,
  parameter int unsigned Depth = 4,
  parameter int unsigned GroupPad = 6,
  parameter int unsigned Mix = 0,
  parameter int unsigned LeftLanes = 4,
  parameter int unsigned RightLanes = 4,
  parameter int unsigned OutLanes = 2,
  parameter int unsigned LeftLevelWidth = 5,
  parameter int unsigned RightLevelWidth = 5,
  parameter int unsigned DeltaWidth = 12,
  /// Samples of a batch.
  parameter int Samples = 3
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int LeftGroup = Mix == 1 ? GroupPad : Depth;
  localparam int OutGroup = Mix == 1 ? Depth : GroupPad;
  localparam int LeftChannels = Heads * LeftGroup;
  localparam int RightChannels = Heads * Depth;
  localparam int LeftChunks = (LeftChannels + LeftLanes - 1) / LeftLanes;
  localparam int RightChunks = (RightChannels + RightLanes - 1) / RightLanes;
  localparam int HeadChunks = OutGroup / OutLanes;
  localparam int RowChunks = (LeftRows + OutLanes - 1) / OutLanes;
  // Elements m of the sum, elements n of the product, without padding.
  localparam int Inner = Mix == 1 ? RightRows : Depth;
  localparam int Outer = Mix == 1 ? Depth : RightRows;
  localparam int Batches = 8;
  localparam int OutWidth = OutLanes * DeltaWidth + 3;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_left, stall_right, stall_out;
  logic left_valid, left_ready, left_skip, left_last, left_quiet;
  logic [LeftLanes-1:0] left_nz, left_neg;
  logic right_valid, right_ready, right_skip, right_last, right_quiet;
  logic [RightLanes-1:0] right_nz, right_neg;
  logic out_valid, out_ready, out_skip, out_last, out_quiet, work;
  logic [OutLanes*DeltaWidth-1:0] out_delta;

  bench_source #(.Width(2 * LeftLanes + 3)) u_left (
    .clk_i, .rst_i(rst), .stall_i(stall_left), .valid_o(left_valid), .ready_i(left_ready),
    .data_o({left_nz, left_neg, left_skip, left_last, left_quiet})
  );
  bench_source #(.Width(2 * RightLanes + 3)) u_right (
    .clk_i, .rst_i(rst), .stall_i(stall_right), .valid_o(right_valid), .ready_i(right_ready),
    .data_o({right_nz, right_neg, right_skip, right_last, right_quiet})
  );

  spike_product #(
    .LeftRows(LeftRows), .RightRows(RightRows), .Heads(Heads), .Depth(Depth), .GroupPad(GroupPad),
    .Mix(Mix), .LeftLanes(LeftLanes), .RightLanes(RightLanes), .OutLanes(OutLanes),
    .LeftLevelWidth(LeftLevelWidth), .RightLevelWidth(RightLevelWidth), .DeltaWidth(DeltaWidth)
  ) u_dut (
    .clk_i, .rst_i(rst),
    .left_valid_i(left_valid), .left_ready_o(left_ready), .left_nz_i(left_nz),
    .left_neg_i(left_neg), .left_skip_i(left_skip), .left_last_i(left_last),
    .left_quiet_i(left_quiet),
    .right_valid_i(right_valid), .right_ready_o(right_ready), .right_nz_i(right_nz),
    .right_neg_i(right_neg), .right_skip_i(right_skip), .right_last_i(right_last),
    .right_quiet_i(right_quiet),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet), .work_o(work)
  );

  stream_check #(.Width(OutWidth)) u_check (
    .clk_i, .rst_i(rst), .valid_i(out_valid), .ready_i(out_ready),
    .data_i({out_delta, out_skip, out_last, out_quiet})
  );

  logic [OutWidth-1:0] expected[$];
  int batch = 0, begin_cycle = 0;
  int left_spikes = 0, right_spikes = 0, beats = 0, working = 0, most = 0;

  // Tracers, spikes of this time-step, and A before it. The channels of the streams; padding never
  // spikes.
  int left_level[LeftRows][LeftChannels], left_spike[LeftRows][LeftChannels];
  int right_level[RightRows][RightChannels], right_spike[RightRows][RightChannels];
  int a_before[LeftRows][Heads*OutGroup];

  // A spike that keeps a tracer within its bits.
  function automatic int spike(input int level, input int width, input int density);
    int s;
    s = 0;
    if (int'($urandom_range(99)) < density) s = $urandom_range(2) == 0 ? -1 : 1;
    if (level + s >= 2 ** (width - 1) || level + s < -(2 ** (width - 1))) s = -s;
    return s;
  endfunction

  // A[i, h, n] from the tracers.
  function automatic int product(input int i, input int h, input int n);
    int sum;
    sum = 0;
    if (n < Outer) begin
      for (int m = 0; m < Inner; m++) begin
        if (Mix == 1) sum += left_level[i][h*LeftGroup+m] * right_level[m][h*Depth+n];
        else sum += left_level[i][h*LeftGroup+m] * right_level[n][h*Depth+m];
      end
    end
    return sum;
  endfunction

  task automatic put_left(input logic last, input logic quiet, input int density);
    int count, s, c, row_density;
    logic [LeftLanes-1:0] nz, neg;
    logic ends;
    for (int r = 0; r < LeftRows; r++) begin
      count = 0;
      row_density = $urandom_range(3) == 0 ? 0 : density;
      for (int i = 0; i < LeftChannels; i++) begin
        s = Mix == 1 && i % LeftGroup >= RightRows
            ? 0 : spike(left_level[r][i], LeftLevelWidth, row_density);
        left_spike[r][i] = s;
        left_level[r][i] += s;
        if (s != 0) count++;
      end
      left_spikes += count;
      ends = r == LeftRows - 1;
      if (count == 0 && $urandom_range(1) == 0) begin
        u_left.put({{LeftLanes{1'b0}}, {LeftLanes{1'b1}}, 1'b1, last && ends, quiet && ends});
        most += 1;
      end else begin
        for (c = 0; c < LeftChunks; c++) begin
          nz = '0;
          neg = LeftLanes'($urandom);
          for (int j = 0; j < LeftLanes; j++) begin
            if (c * LeftLanes + j < LeftChannels) begin
              nz[j] = left_spike[r][c*LeftLanes+j] != 0;
              if (nz[j]) neg[j] = left_spike[r][c*LeftLanes+j] == -1;
            end
          end
          u_left.put({nz, neg, 1'b0, last && ends && c == LeftChunks - 1,
                      quiet && ends && c == LeftChunks - 1});
        end
        most += LeftChunks;
      end
      most += count * HeadChunks;
    end
  endtask

  task automatic put_right(input logic last, input logic quiet, input int density);
    int count, s, c, row_density;
    logic [RightLanes-1:0] nz, neg;
    logic ends;
    for (int r = 0; r < RightRows; r++) begin
      count = 0;
      row_density = $urandom_range(3) == 0 ? 0 : density;
      for (int i = 0; i < RightChannels; i++) begin
        s = spike(right_level[r][i], RightLevelWidth, row_density);
        right_spike[r][i] = s;
        right_level[r][i] += s;
        if (s != 0) count++;
      end
      right_spikes += count;
      ends = r == RightRows - 1;
      if (count == 0 && $urandom_range(1) == 0) begin
        u_right.put({{RightLanes{1'b0}}, {RightLanes{1'b1}}, 1'b1, last && ends, quiet && ends});
        most += 1;
      end else begin
        for (c = 0; c < RightChunks; c++) begin
          nz = '0;
          neg = RightLanes'($urandom);
          for (int j = 0; j < RightLanes; j++) begin
            if (c * RightLanes + j < RightChannels) begin
              nz[j] = right_spike[r][c*RightLanes+j] != 0;
              if (nz[j]) neg[j] = right_spike[r][c*RightLanes+j] == -1;
            end
          end
          u_right.put({nz, neg, 1'b0, last && ends && c == RightChunks - 1,
                       quiet && ends && c == RightChunks - 1});
        end
        most += RightChunks;
      end
      most += count * RowChunks;
    end
  endtask

  // The time-step's beats: what A has changed by.
  task automatic expect_step(input logic any_right, input logic last, input logic quiet);
    logic any, ends;
    logic [OutLanes*DeltaWidth-1:0] delta;
    for (int i = 0; i < LeftRows; i++) begin
      any = any_right;
      for (int c = 0; c < LeftChannels; c++) any |= left_spike[i][c] != 0;
      ends = i == LeftRows - 1;
      if (!any) begin
        expected.push_back({{(OutLanes*DeltaWidth){1'b0}}, 1'b1, last && ends, quiet && ends});
        beats++;
        continue;
      end
      for (int h = 0; h < Heads; h++) begin
        for (int c = 0; c < HeadChunks; c++) begin
          for (int j = 0; j < OutLanes; j++) begin
            delta[DeltaWidth*j+:DeltaWidth] =
                DeltaWidth'(product(i, h, c * OutLanes + j) - a_before[i][h*OutGroup+c*OutLanes+j]);
          end
          expected.push_back({delta, 1'b0, last && ends && h == Heads - 1 && c == HeadChunks - 1,
                              quiet && ends && h == Heads - 1 && c == HeadChunks - 1});
          beats++;
        end
      end
    end
  endtask

  task automatic add_sample(input int density);
    int left_steps, right_steps, steps, rights;
    logic left_quiets, right_quiets;
    left_steps = $urandom_range(6, 1);
    right_steps = $urandom_range(6, 1);
    steps = left_steps > right_steps ? left_steps : right_steps;
    left_quiets = $urandom_range(1) == 0;
    right_quiets = $urandom_range(1) == 0;
    foreach (left_level[r, i]) left_level[r][i] = 0;
    foreach (right_level[r, i]) right_level[r][i] = 0;
    for (int s = 0; s < steps; s++) begin
      foreach (left_spike[r, i]) left_spike[r][i] = 0;
      for (int i = 0; i < LeftRows; i++) begin
        for (int h = 0; h < Heads; h++) begin
          for (int n = 0; n < OutGroup; n++) a_before[i][h*OutGroup+n] = product(i, h, n);
        end
      end
      rights = right_spikes;
      if (s < right_steps) begin
        put_right(s == right_steps - 1, right_quiets && s == right_steps - 1,
                  $urandom_range(3) == 0 ? 0 : density);
      end
      if (s < left_steps) begin
        put_left(s == left_steps - 1, left_quiets && s == left_steps - 1,
                 $urandom_range(3) == 0 ? 0 : density);
      end
      expect_step(right_spikes != rights, s == steps - 1,
                  left_quiets && right_quiets && s == steps - 1);
      // Beside the work and the beats: ends of rows, changes of sides.
      most += RightRows + 8;
    end
    most += LeftChannels * (RowChunks > HeadChunks ? RowChunks : HeadChunks)
            + Heads * HeadChunks * LeftRows;
  endtask

  logic [OutWidth-1:0] beat;
  int density;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_left <= 0;
      stall_right <= 0;
      stall_out <= 0;
    end else begin
      working += int'(work);
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        beat = expected.pop_front();
        if (beat !== {out_delta, out_skip, out_last, out_quiet}) begin
          $fatal(1, "%m: got %h %b%b%b instead of %h", out_delta, out_skip, out_last, out_quiet,
                 beat);
        end
      end
      if (expected.size() == 0 && u_left.empty() && u_right.empty() && !done_o) begin
        if (working != right_spikes * RowChunks + left_spikes * HeadChunks) begin
          $fatal(1, "%m: %0d additions for %0d left and %0d right spikes", working, left_spikes,
                 right_spikes);
        end
        if (batch == 1) begin
          if ($test$plusargs("report")) begin
            $display("%m: %0d cycles, %0d working, %0d beats, %0d left and %0d right spikes",
                     cycle - begin_cycle, working, beats, left_spikes, right_spikes);
          end
          if (cycle - begin_cycle > most + beats + 30)
            $fatal(1, "%m: %0d cycles instead of %0d", cycle - begin_cycle, most + beats);
        end
        if (batch == Batches) begin
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          left_spikes = 0;
          right_spikes = 0;
          working = 0;
          beats = 0;
          most = LeftChannels * (RowChunks > HeadChunks ? RowChunks : HeadChunks)
                 + Heads * HeadChunks * LeftRows;
          stall_left <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_right <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : 30 * $urandom_range(3);
          density = batch == 1 ? 20 : int'($urandom_range(3)) * 30 + 5;
          for (int s = 0; s < Samples; s++) add_sample(density);
        end
      end
    end
  end

endmodule

`default_nettype wire
