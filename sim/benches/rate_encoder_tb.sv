`default_nettype none

/// Bench of `rate_encoder`: the time-step must come `Steps` times, flags on the final one alone.
module rate_encoder_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 4,
  parameter int unsigned DeltaWidth = 12,
  parameter int unsigned Steps = 4
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int Batches = 10;
  localparam int Samples = 20;
  localparam int Width = Lanes * DeltaWidth + 3;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, in_skip, in_last, in_quiet;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [Lanes*DeltaWidth-1:0] in_delta, out_delta;

  bench_source #(.Width(Width)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_delta, in_skip, in_last, in_quiet})
  );

  rate_encoder #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .DeltaWidth(DeltaWidth), .Steps(Steps)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_delta_i(in_delta),
    .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet), .out_valid_o(out_valid),
    .out_ready_i(out_ready), .out_delta_o(out_delta), .out_skip_o(out_skip),
    .out_last_o(out_last), .out_quiet_o(out_quiet)
  );

  logic [Width-1:0] expected[$];

  task automatic add_sample();
    logic [Lanes*DeltaWidth-1:0] delta;
    logic [Width-1:0] sample[$];
    logic skip, end_of_row, end_of_step;
    sample.delete();
    for (int r = 0; r < Rows; r++) begin
      skip = $urandom_range(2) == 0;
      for (int c = 0; c < (skip ? 1 : Chunks); c++) begin
        delta = {((Lanes * DeltaWidth + 31) / 32) {$urandom}};
        end_of_row = skip || c == Chunks - 1;
        end_of_step = end_of_row && r == Rows - 1;
        u_source.put({delta, skip, end_of_step, end_of_step});
        sample.push_back({skip ? '0 : delta, skip, end_of_step, end_of_step});
      end
    end
    for (int t = 0; t < Steps; t++) begin
      for (int i = 0; i < sample.size(); i++) begin
        expected.push_back(t == Steps - 1 ? sample[i] : {sample[i][Width-1:2], 2'b00});
      end
    end
  endtask

  int batch = 0, begin_cycle = 0, beats = 0;
  logic [Width-1:0] beat;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
    end else begin
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        beat = expected.pop_front();
        if (beat !== {out_delta, out_skip, out_last, out_quiet}) begin
          $fatal(1, "%m: got %h %b%b%b instead of %h", out_delta, out_skip, out_last, out_quiet,
                 beat);
        end
      end
      if (expected.size() == 0 && u_source.empty() && !done_o) begin
        if (batch == 1 && cycle - begin_cycle > beats + 10) $fatal(1, "%m: too slow");
        if (batch == Batches) begin
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          stall_in <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : 30 * $urandom_range(3);
          for (int i = 0; i < Samples; i++) add_sample();
          beats = expected.size();
        end
      end
    end
  end

endmodule

`default_nettype wire
