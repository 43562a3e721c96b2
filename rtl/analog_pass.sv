`default_nettype none

/// Input values as the single time-step of a sample, for neurons that read the input directly.
///
/// Contract: takes exactly `Rows * ceil(Channels / Lanes)` beats per sample and passes each on as a beat
/// of deltas, last = quiet = 1 on the final one; never a skip beat. Lanes beyond `Channels` are 0.
/// Throughput: one beat per cycle. Latency: 0; both paths are combinational, meant to be followed by a
/// `stream_link`.
module analog_pass #(
  /// Rows of a sample.
  parameter int unsigned Rows = 1,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Bits of a signed value and of a signed delta.
  parameter int unsigned ValueWidth = 9
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Value stream in.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [Lanes*ValueWidth-1:0] in_value_i,
  /// Delta stream out.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes*ValueWidth-1:0] out_delta_o,
  output      logic                        out_skip_o,
  output      logic                        out_last_o,
  output      logic                        out_quiet_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);
  // Channels of a row's final chunk.
  localparam int unsigned Tail = Channels - (Chunks - 1) * Lanes;

  if (Rows < 1 || Channels < 1 || Lanes < 1 || ValueWidth < 1) begin : gen_bad_parameters
    $error("analog_pass: a parameter is out of range");
  end

  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic row_end, last;
  assign row_end = chunk_q == ChunkLast;
  assign last = row_end && row_q == RowLast;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
    end else if (in_valid_i && out_ready_i) begin
      chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
      if (row_end) row_q <= last ? '0 : row_q + RowWidth'(1);
    end
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    if (j < Tail) begin : gen_value
      assign out_delta_o[ValueWidth*j+:ValueWidth] = in_value_i[ValueWidth*j+:ValueWidth];
    end else begin : gen_padding
      assign out_delta_o[ValueWidth*j+:ValueWidth] =
          row_end ? '0 : in_value_i[ValueWidth*j+:ValueWidth];
    end
  end

  assign in_ready_o = out_ready_i;
  assign out_valid_o = in_valid_i;
  assign out_skip_o = 1'b0;
  assign out_last_o = last;
  assign out_quiet_o = last;

`ifndef SYNTHESIS
  stream_check #(
    .Width(Lanes * ValueWidth + 2)
  ) u_check_out (
    .clk_i,
    .rst_i,
    .valid_i(out_valid_o),
    .ready_i(out_ready_i),
    .data_i ({out_delta_o, out_last_o, out_quiet_o})
  );
`endif

endmodule

`default_nettype wire
