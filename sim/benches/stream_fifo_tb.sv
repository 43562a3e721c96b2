`default_nettype none

/// Bench of `stream_fifo`, `ram_fifo` and both versions of `stream_link`: order, completeness,
/// throughput, and how many beats they hold.
module stream_fifo_tb #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  /// 1: the link around the FIFO, which withholds transfers itself.
  parameter int unsigned UseLink = 0,
  /// 1: the FIFO in block RAM.
  parameter int unsigned UseRam = 0
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Batches = 12;
  localparam bit InRam = UseRam != 0 || (UseLink != 0 && Depth > 64);
  localparam int Beats = 300;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out;
  logic in_valid, in_ready, out_valid, out_ready;
  logic [Width-1:0] in_data, out_data;
  bench_source #(.Width(Width)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_data)
  );

  if (UseLink != 0) begin : gen_dut
    stream_link #(.Width(Width), .Depth(Depth), .StreamId(3)) u_dut (
      .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data)
    );
  end else if (UseRam != 0) begin : gen_dut
    ram_fifo #(.Width(Width), .Depth(Depth)) u_dut (
      .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data)
    );
  end else begin : gen_dut
    stream_fifo #(.Width(Width), .Depth(Depth)) u_dut (
      .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data)
    );
  end

  // Whatever the module, a beat that is offered stays and does not change.
  stream_check #(.Width(Width)) u_check (
    .clk_i, .rst_i(rst), .valid_i(out_valid), .ready_i(out_ready), .data_i(out_data)
  );

  logic [Width-1:0] expected[$];
  int batch = 0, begin_cycle = 0, held = 0, most_held = 0;
  logic [Width-1:0] beat;

  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    if (!rst) begin
      held = held + int'(in_valid && in_ready) - int'(out_valid && out_ready);
      if (held > most_held) most_held = held;
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "a beat too many");
        beat = expected.pop_front();
        if (beat !== out_data) $fatal(1, "got %h instead of %h", out_data, beat);
      end
      if (expected.size() == 0 && u_source.empty() && held == 0 && !done_o) begin
        if (batch == 1 && UseLink == 0) begin
          // The batch just done had no pauses.
          if (cycle - begin_cycle > (Depth == 1 ? 2 : 1) * Beats + 6) $fatal(1, "too slow");
        end
        if (batch == Batches) begin
          // Block RAM: those on their way out come on top.
          if (most_held < Depth || most_held > Depth + (InRam ? 5 : 0)) begin
            $fatal(1, "held %0d beats of %0d", most_held, Depth);
          end
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          begin_cycle = cycle;
          stall_in <= batch == 1 ? 0 : 25 * $urandom_range(3);
          stall_out <= batch == 1 ? 0 : batch == 2 ? 90 : 25 * $urandom_range(3);
          for (int i = 0; i < Beats; i++) begin
            beat = {((Width + 31) / 32) {$urandom}};
            u_source.put(beat);
            expected.push_back(beat);
          end
        end
      end
    end else begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
    end
  end

endmodule

`default_nettype wire
