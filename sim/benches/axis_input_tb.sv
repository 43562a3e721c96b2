`default_nettype none

/// Bench of `axis_input`: frames of the right length, too short and too long; every value; no sample
/// is begun while disabled.
module axis_input_tb #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned ElementWidth = 8,
  parameter int unsigned Signed = 0,
  parameter int ZeroPoint = 0,
  parameter int unsigned ValueWidth = 9,
  parameter int unsigned Count = 8,
  parameter int unsigned RowChannels = Count
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Beats = (Count + Lanes - 1) / Lanes;
  localparam int Batches = 10;
  localparam int Frames = 12;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  int unsigned stall_in, stall_out, stall_enable;
  logic in_valid, in_ready, in_last, enable;
  logic [Lanes*ElementWidth-1:0] in_data;
  logic out_valid, out_ready, sample_begin, short_frame, long_frame;
  logic [Lanes*ValueWidth-1:0] out_value;

  bench_source #(.Width(Lanes * ElementWidth + 1)) u_source (
    .clk_i, .rst_i(rst), .stall_i(stall_in), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({in_last, in_data})
  );

  axis_input #(
    .BeatLanes(Lanes), .Lanes(Lanes), .ElementWidth(ElementWidth), .Signed(Signed),
    .ZeroPoint(ZeroPoint), .ValueWidth(ValueWidth), .Count(Count), .RowChannels(RowChannels)
  ) u_dut (
    .clk_i, .rst_i(rst), .enable_i(enable), .s_axis_tvalid_i(in_valid), .s_axis_tready_o(in_ready),
    .s_axis_tdata_i(in_data), .s_axis_tlast_i(in_last), .out_valid_o(out_valid),
    .out_ready_i(out_ready), .out_value_o(out_value), .begin_o(sample_begin),
    .short_frame_o(short_frame), .long_frame_o(long_frame)
  );

  logic [Lanes*ValueWidth-1:0] expected[$];
  int shorts = 0, longs = 0, begun = 0, shorts_seen = 0, longs_seen = 0;

  task automatic add_frame();
    int beats, element;
    logic [Lanes*ElementWidth-1:0] data;
    logic [Lanes*ValueWidth-1:0] values;
    case ($urandom_range(4))
      0: beats = int'($urandom_range(Beats - 1)) + 1;
      1: beats = Beats + int'($urandom_range(3));
      default: beats = Beats;
    endcase
    if (beats < Beats) shorts++;
    if (beats > Beats) longs++;
    for (int b = 0; b < (beats > Beats ? beats : Beats); b++) begin
      values = '0;
      for (int j = 0; j < Lanes; j++) begin
        element = int'($urandom_range(2 ** ElementWidth - 1));
        data[ElementWidth*j+:ElementWidth] = ElementWidth'(element);
        if (Signed != 0 && element >= 2 ** (ElementWidth - 1)) element -= 2 ** ElementWidth;
        if (b < beats && b * Lanes + j < Count) begin
          values[ValueWidth*j+:ValueWidth] = ValueWidth'(element - ZeroPoint);
        end
      end
      if (b < beats) u_source.put({b == beats - 1, data});
      if (b < Beats) expected.push_back(values);
    end
  endtask

  int batch = 0;
  logic [Lanes*ValueWidth-1:0] beat;
  always @(posedge clk_i) begin
    out_ready <= $urandom_range(99) >= stall_out;
    enable <= $urandom_range(99) >= stall_enable;
    if (rst) begin
      done_o <= 1'b0;
      stall_in <= 0;
      stall_out <= 0;
      stall_enable <= 0;
    end else begin
      begun += int'(sample_begin);
      shorts_seen += int'(short_frame);
      longs_seen += int'(long_frame);
      if (sample_begin && !enable) $fatal(1, "%m: a sample was begun while disabled");
      if (out_valid && out_ready) begin
        if (expected.size() == 0) $fatal(1, "%m: a beat too many");
        beat = expected.pop_front();
        if (beat !== out_value) $fatal(1, "%m: got %h instead of %h", out_value, beat);
      end
      if (expected.size() == 0 && u_source.empty() && !done_o) begin
        if (begun != batch * Frames) $fatal(1, "%m: %0d samples begun", begun);
        if (shorts != shorts_seen || longs != longs_seen) $fatal(1, "%m: frame checks are wrong");
        if (batch == Batches) begin
          done_o <= 1'b1;
        end else begin
          batch = batch + 1;
          stall_in <= 30 * $urandom_range(3);
          stall_out <= 30 * $urandom_range(3);
          stall_enable <= 30 * $urandom_range(3);
          for (int i = 0; i < Frames; i++) add_frame();
        end
      end
    end
  end

endmodule

`default_nettype wire
