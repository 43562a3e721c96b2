`default_nettype none

/// Token embedding: for each value of a sample, the row of a table with that number.
///
/// Contract: takes `Tokens` values for each sample, one in a beat, and sends the row of each as the single
/// time-step of the sample, with last = quiet = 1 on the final beat. A value without a row gives zeros.
/// Throughput: one chunk a cycle. Latency: 2 cycles. Back-pressure: all stages stand still.
module token_embedding #(
  /// Values of a sample.
  parameter int unsigned Tokens = 4,
  /// Rows of the table.
  parameter int unsigned Entries = 16,
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// Bits of a signed entry.
  parameter int unsigned DeltaWidth = 16,
  /// Image of `Entries * Chunks` words, lane j at [DeltaWidth*j +: DeltaWidth].
  parameter TableFile = ""
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  /// Value stream in, one lane.
  input  wire logic                        in_valid_i,
  output      logic                        in_ready_o,
  input  wire logic [ValueWidth-1:0]       in_value_i,
  /// Delta stream out.
  output      logic                        out_valid_o,
  input  wire logic                        out_ready_i,
  output      logic [Lanes*DeltaWidth-1:0] out_delta_o,
  output      logic                        out_skip_o,
  output      logic                        out_last_o,
  output      logic                        out_quiet_o
);

  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes;
  localparam int unsigned Words = Entries * Chunks;
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned TokenWidth = (Tokens > 1) ? $clog2(Tokens) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [TokenWidth-1:0] TokenLast = TokenWidth'(Tokens - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  if (Tokens < 1 || Entries < 1 || Channels < 1 || Lanes < 1 || ValueWidth < 2 ||
      ValueWidth > 32) begin : gen_bad_parameters
    $error("token_embedding: a parameter is out of range");
  end

  logic [TokenWidth-1:0] token_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic advance, issue, row_end, sample_end, known;
  logic [AddrWidth-1:0] addr;
  logic signed [31:0] value;
  assign value = 32'($signed(in_value_i));
  assign known = value >= 0 && value < signed'(32'(Entries));
  assign addr = known ? AddrWidth'(value * signed'(32'(Chunks))) + AddrWidth'(chunk_q) : '0;
  assign issue = advance && in_valid_i;
  assign row_end = chunk_q == ChunkLast;
  assign sample_end = row_end && token_q == TokenLast;
  assign in_ready_o = advance && row_end;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      token_q <= '0;
      chunk_q <= '0;
    end else if (issue) begin
      chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
      if (row_end) token_q <= sample_end ? '0 : token_q + TokenWidth'(1);
    end
  end

  logic s1_valid_q, s1_known_q, s1_last_q, out_valid_q, out_last_q;
  logic [Lanes*DeltaWidth-1:0] s1_row, out_delta_q;
  assign advance = !out_valid_q || out_ready_i;

  sync_rom #(
    .Width(Lanes * DeltaWidth),
    .Depth(Words),
    .File (TableFile)
  ) u_table (
    .clk_i,
    .enable_i(advance),
    .addr_i(addr),
    .data_o(s1_row)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      out_valid_q <= 1'b0;
    end else if (advance) begin
      s1_valid_q <= issue;
      out_valid_q <= s1_valid_q;
    end
    if (advance) begin
      s1_known_q <= known;
      s1_last_q <= sample_end;
      out_delta_q <= s1_known_q ? s1_row : '0;
      out_last_q <= s1_last_q;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_delta_q;
  assign out_skip_o = 1'b0;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_last_q;

endmodule

`default_nettype wire
