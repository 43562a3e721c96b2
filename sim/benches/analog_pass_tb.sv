`default_nettype none

/// Bench of `analog_pass`: every value must come out as it went in, padding as 0, flags at the end.
module analog_pass_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 4,
  parameter int unsigned ValueWidth = 9
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int Batches = 10;
  localparam int Samples = 20;
  localparam int Width = Lanes * ValueWidth + 3;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [Lanes*ValueWidth-1:0] in_value, out_delta;

  bench_source #(.Width(Lanes * ValueWidth)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_value)
  );

  analog_pass #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .ValueWidth(ValueWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(in_value),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet)
  );

  logic [Width-1:0] expected[$];

  task automatic add_sample();
    logic [Lanes*ValueWidth-1:0] value, delta;
    logic last;
    for (int r = 0; r < Rows; r++) begin
      for (int c = 0; c < Chunks; c++) begin
        value = {((Lanes * ValueWidth + 31) / 32) {$urandom}};
        // Noise goes into the padding lanes.
        u_source.put(value);
        delta = '0;
        for (int j = 0; j < Lanes; j++) begin
          if (c * Lanes + j < Channels) begin
            delta[ValueWidth*j+:ValueWidth] = value[ValueWidth*j+:ValueWidth];
          end
        end
        last = r == Rows - 1 && c == Chunks - 1;
        expected.push_back({delta, 1'b0, last, last});
      end
    end
  endtask

  int batch = 0, begin_cycle = 0;
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
        if (batch == 1 && cycle - begin_cycle > Samples * int'(Rows) * Chunks + 5) begin
          $fatal(1, "%m: too slow");
        end
        if (batch == Batches) begin
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          stall_in <= batch == 1 ? 0 : 30 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : 30 * $urandom_range(3);
          for (int i = 0; i < Samples; i++) add_sample();
        end
      end
    end
  end

endmodule

`default_nettype wire
