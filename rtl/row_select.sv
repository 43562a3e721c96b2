`default_nettype none

/// Some neighbouring rows of each time-step of a stream.
///
/// Contract: of `InRows` rows that come in, the `Count` from `First` on go out; the flags of the
/// time-step go with the last of them, which therefore waits for the time-step's end.
/// Throughput: one beat in a cycle. Latency: 1 cycle.
module row_select #(
  /// Rows of a time-step that comes in.
  parameter int unsigned InRows = 4,
  /// First row that goes out.
  parameter int unsigned First = 0,
  /// Rows that go out.
  parameter int unsigned Count = 1,
  /// Beats of a row without `skip`.
  parameter int unsigned Chunks = 2,
  /// Bits of a beat without its flags.
  parameter int unsigned Width = 8
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// Stream in.
  input  wire logic             in_valid_i,
  output      logic             in_ready_o,
  input  wire logic [Width-1:0] in_data_i,
  input  wire logic             in_skip_i,
  input  wire logic             in_last_i,
  input  wire logic             in_quiet_i,
  /// Stream out.
  output      logic             out_valid_o,
  input  wire logic             out_ready_i,
  output      logic [Width-1:0] out_data_o,
  output      logic             out_skip_o,
  output      logic             out_last_o,
  output      logic             out_quiet_o
);

  localparam int unsigned RowWidth = (InRows > 1) ? $clog2(InRows) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [RowWidth-1:0] RowLast = RowWidth'(InRows - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  if (Count < 1 || First + Count > InRows || Chunks < 1 || Width < 1) begin : gen_bad_parameters
    $error("row_select: a parameter is out of range");
  end

  logic [RowWidth-1:0] row_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic taken, row_end, step_end, selected, final_beat;
  logic [31:0] row;
  assign row = 32'(row_q);
  assign taken = in_valid_i && in_ready_o;
  assign row_end = in_skip_i || chunk_q == ChunkLast;
  assign step_end = row_end && row_q == RowLast;
  assign selected = row + 32'd1 > First && row < First + Count;
  assign final_beat = row_end && row + 32'd1 == First + Count;

  // The last selected beat, kept until the flags are known.
  logic [Width-1:0] kept_data_q, out_data_q;
  logic kept_skip_q, out_valid_q, out_skip_q, out_last_q, out_quiet_q;
  logic sends;
  assign in_ready_o = !out_valid_q || out_ready_i;
  assign sends = (selected && !final_beat) || step_end;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      chunk_q <= '0;
      out_valid_q <= 1'b0;
    end else if (in_ready_o) begin
      out_valid_q <= in_valid_i && sends;
      if (taken) begin
        chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
        if (row_end) row_q <= step_end ? '0 : row_q + RowWidth'(1);
      end
    end
    if (taken) begin
      if (selected) begin
        kept_data_q <= in_data_i;
        kept_skip_q <= in_skip_i;
      end
      out_data_q <= selected ? in_data_i : kept_data_q;
      out_skip_q <= selected ? in_skip_i : kept_skip_q;
      out_last_q <= step_end && in_last_i;
      out_quiet_q <= step_end && in_quiet_i;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_data_o = out_data_q;
  assign out_skip_o = out_skip_q;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_quiet_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(Width + 3)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i ({in_data_i, in_skip_i, in_last_i, in_quiet_i})
  );
`endif

endmodule

`default_nettype wire
