`default_nettype none

/// Bench of `frame_elements`: random values in frames of random lengths behind them, with pauses on both sides; every
/// element and every mark is compared.
module frame_elements_tb #(
  parameter int unsigned Values = 4,
  parameter int unsigned ValueWords = 1,
  parameter int unsigned Digits = 2,
  parameter int unsigned ElementWidth = 16,
  parameter int Low = -1000,
  parameter int unsigned Frames = 60
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Width = Digits * ElementWidth;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic s_valid, s_ready, m_valid, m_ready;
  logic [32:0] s_beat;
  logic [ElementWidth-1:0] m_data;
  logic m_last;
  int unsigned pause = 0;
  bench_source #(.Width(33)) u_source (
    .clk_i, .rst_i(rst), .stall_i(pause), .valid_o(s_valid), .ready_i(s_ready), .data_o(s_beat)
  );
  frame_elements #(
    .Values(Values), .ValueWords(ValueWords), .Digits(Digits), .ElementWidth(ElementWidth),
    .Low(64'(Low))
  ) u_dut (
    .clk_i, .rst_i(rst), .s_axis_tvalid_i(s_valid), .s_axis_tready_o(s_ready),
    .s_axis_tdata_i(s_beat[31:0]), .s_axis_tlast_i(s_beat[32]), .m_axis_tvalid_o(m_valid),
    .m_axis_tready_i(m_ready), .m_axis_tdata_o(m_data), .m_axis_tlast_o(m_last)
  );
  stream_check #(.Width(ElementWidth + 1)) u_check (
    .clk_i, .rst_i(rst), .valid_i(m_valid), .ready_i(m_ready), .data_i({m_last, m_data})
  );

  // What is to come: {mark, element}.
  logic [ElementWidth:0] expected[$];
  int unsigned frame = 0, began = 0, words = 0;
  function automatic void put();
    logic [63:0] digits, value;
    int behind;
    words = 0;
    for (int unsigned v = 0; v < Values; v++) begin
      digits = {$urandom, $urandom} >> (64 - Width);
      // Numbers of one word stay in it.
      if (ValueWords == 1 && Width >= 31) digits = digits & 64'h3fff_ffff;
      value = digits + 64'(Low);
      for (int unsigned w = 0; w < ValueWords; w++) u_source.put({1'b0, value[32*w+:32]});
      for (int unsigned d = 0; d < Digits; d++) begin
        expected.push_back({v == Values - 1 && d == Digits - 1, digits[ElementWidth*d+:ElementWidth]});
      end
    end
    behind = 1 + int'($urandom_range(3));
    for (int b = 0; b < behind; b++) u_source.put({b == behind - 1, $urandom});
    words = Values * ValueWords + behind;
  endfunction

  int unsigned m_pause = 0;
  always @(posedge clk_i) begin
    m_ready <= $urandom_range(99) >= m_pause;
    if (!rst && m_valid && m_ready) begin
      if (expected.size() == 0) $fatal(1, "%m: an element too many, %h", m_data);
      if ({m_last, m_data} !== expected[0]) begin
        $fatal(1, "%m: %h instead of %h", {m_last, m_data}, expected[0]);
      end
      void'(expected.pop_front());
    end
    if (!rst && u_source.empty() && expected.size() == 0 && frame < Frames) begin
      // The first frame has no pauses: it takes a value in max(words, digits) cycles.
      if (frame == 1 && cycle - began > words + Values * ((Digits > ValueWords) ? Digits : ValueWords) -
          Values * ValueWords + 8) begin
        $fatal(1, "%m: %0d cycles for a frame", cycle - began);
      end
      began = cycle;
      pause = frame == 0 ? 0 : 30 * $urandom_range(3);
      m_pause = frame == 0 ? 0 : 30 * $urandom_range(3);
      put();
      frame++;
    end
  end
  assign done_o = frame == Frames && expected.size() == 0 && u_source.empty() && cycle > 20;

endmodule

`default_nettype wire
