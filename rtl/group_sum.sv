`default_nettype none

/// The sum of each group of chunks times a factor.
///
/// Contract: never stalls; the sender of a group's last chunk makes sure that at most `Depth` products are in
/// flight or waiting.
/// Throughput: one chunk a cycle. Latency: 4 cycles after the group's last chunk.
module group_sum #(
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of an unsigned number.
  parameter int unsigned Width = 12,
  /// Bits of the unsigned sum of a group.
  parameter int unsigned SumWidth = 14,
  /// Bits of the unsigned factor.
  parameter int unsigned ScaleWidth = 10,
  /// Products under way and waiting, at least 2.
  parameter int unsigned Depth = 2,
  /// Bits of the product, derived.
  localparam int unsigned ScaledWidth = SumWidth + ScaleWidth
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// The factor; stays while there are groups inside.
  input  wire logic [ScaleWidth-1:0]  scale_i,
  /// Chunks in.
  input  wire logic                   in_valid_i,
  input  wire logic [Lanes*Width-1:0] in_data_i,
  input  wire logic                   in_group_end_i,
  /// Products out, one a group.
  output      logic                   out_valid_o,
  input  wire logic                   out_ready_i,
  output      logic [ScaledWidth-1:0] out_data_o
);

  if (SumWidth < Width) begin : gen_bad_parameters
    $error("group_sum: SumWidth must not be below Width");
  end

  logic [SumWidth-1:0] sum, sum_q;
  always_comb begin
    sum = sum_q;
    for (int unsigned j = 0; j < Lanes; j++) sum = sum + SumWidth'(in_data_i[Width*j+:Width]);
  end
  always_ff @(posedge clk_i) begin
    if (rst_i) sum_q <= '0;
    else if (in_valid_i) sum_q <= in_group_end_i ? '0 : sum;
  end

  // The product of the sum, a FIFO.
  logic s1_valid_q, s2_valid_q, s3_valid_q, fifo_ready;
  logic [ScaledWidth-1:0] s3_scaled;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s2_valid_q <= 1'b0;
      s3_valid_q <= 1'b0;
    end else begin
      s1_valid_q <= in_valid_i && in_group_end_i;
      s2_valid_q <= s1_valid_q;
      s3_valid_q <= s2_valid_q;
    end
  end

  registered_product #(
    .AWidth(ScaleWidth + 1),
    .BWidth(SumWidth + 1),
    .Width(ScaledWidth)
  ) u_scaled (
    .clk_i,
    .enable_i(1'b1),
    .a_i({1'b0, scale_i}),
    .b_i({1'b0, sum}),
    .product_o(s3_scaled)
  );

  stream_fifo #(
    .Width(ScaledWidth),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_i,
    .in_valid_i(s3_valid_q),
    .in_ready_o(fifo_ready),
    .in_data_i(s3_scaled),
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_room : assert (!s3_valid_q || fifo_ready);
    end
  end
`endif

endmodule

`default_nettype wire
