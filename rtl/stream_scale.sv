`default_nettype none

/// A stream of spikes or deltas as deltas times a coefficient, in chunks of the same or fewer lanes.
///
/// Contract: a row stays a row and a skip beat a skip beat; a chunk of `InLanes` becomes up to
/// `InLanes / OutLanes` chunks of `OutLanes`, those beyond the channels left out; the flags go with
/// the last of them. With spikes and a coefficient for all channels nothing is multiplied, nor with
/// coefficient 1.
/// Throughput: one chunk out a cycle. Latency: 2 cycles. Back-pressure: all stages stand still.
module stream_scale #(
  /// Channels of a row.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk that comes in; a multiple of `OutLanes`.
  parameter int unsigned InLanes = 4,
  /// Lanes of a chunk that goes out.
  parameter int unsigned OutLanes = 2,
  /// 1: spikes come in, lane j as nz at [j] and neg at [InLanes + j] of the data. 0: deltas.
  parameter int unsigned Spikes = 1,
  /// Bits of a signed delta that comes in; 1 for spikes.
  parameter int unsigned InWidth = 1,
  /// Bits of a signed delta that goes out; wide enough for every product, perhaps fewer than come in.
  parameter int unsigned OutWidth = 16,
  /// Bits of a signed coefficient.
  parameter int unsigned CoefficientWidth = 8,
  /// The coefficient of all channels.
  parameter bit signed [CoefficientWidth-1:0] Coefficient = CoefficientWidth'(1),
  /// 1: a coefficient a channel, from the image.
  parameter int unsigned PerChannel = 0,
  /// Image of a word a chunk that goes out, lane j at [CoefficientWidth*j +: CoefficientWidth].
  parameter CoefficientFile = "",
  /// Bits of the data of a chunk that comes in, derived.
  localparam int unsigned DataWidth = (Spikes != 0) ? 2 * InLanes : InLanes * InWidth
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Spike or delta stream in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [DataWidth-1:0]         in_data_i,
  input  wire logic                         in_skip_i,
  input  wire logic                         in_last_i,
  input  wire logic                         in_quiet_i,
  /// Delta stream out.
  output      logic                         out_valid_o,
  input  wire logic                         out_ready_i,
  output      logic [OutLanes*OutWidth-1:0] out_delta_o,
  output      logic                         out_skip_o,
  output      logic                         out_last_o,
  output      logic                         out_quiet_o
);

  localparam int unsigned Slices = InLanes / OutLanes;
  localparam int unsigned Chunks = (Channels + OutLanes - 1) / OutLanes;
  localparam int unsigned SliceWidth = (Slices > 1) ? $clog2(Slices) : 1;
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1;
  localparam bit [SliceWidth-1:0] SliceLast = SliceWidth'(Slices - 1);
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(Chunks - 1);

  if (Channels < 1 || OutLanes < 1 || Slices * OutLanes != InLanes || OutWidth < 1 ||
      (Spikes != 0 && InWidth != 1)) begin : gen_bad_parameters
    $error("stream_scale: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- slices
  logic [SliceWidth-1:0] slice_q;
  logic [ChunkWidth-1:0] chunk_q;
  logic advance, issue, row_end, beat_end;
  assign issue = advance && in_valid_i;
  assign row_end = in_skip_i || chunk_q == ChunkLast;
  assign beat_end = row_end || slice_q == SliceLast;
  assign in_ready_o = advance && beat_end;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      slice_q <= '0;
      chunk_q <= '0;
    end else if (issue) begin
      slice_q <= beat_end ? '0 : slice_q + SliceWidth'(1);
      chunk_q <= row_end ? '0 : chunk_q + ChunkWidth'(1);
    end
  end

  // Bits of a lane with its sign.
  localparam int unsigned ElementWidth = (Spikes != 0) ? 2 : InWidth;

  // A lane of the chunk that comes in; a spike as the number -1, 0 or 1.
  function automatic logic [ElementWidth-1:0] element(input int unsigned lane);
    if (Spikes != 0) element = ElementWidth'({in_data_i[InLanes+lane], in_data_i[lane]});
    else element = in_data_i[InWidth*lane+:ElementWidth];
  endfunction

  // The lanes of the slice.
  logic [OutLanes*ElementWidth-1:0] slice, s1_slice_q;
  logic s1_valid_q, s1_skip_q, s1_last_q, s1_quiet_q;
  for (genvar j = 0; j < OutLanes; j++) begin : gen_slice
    always_comb begin
      slice[ElementWidth*j+:ElementWidth] = '0;
      for (int unsigned s = 0; s < Slices; s++) begin
        if (slice_q == SliceWidth'(s)) begin
          slice[ElementWidth*j+:ElementWidth] =
              slice[ElementWidth*j+:ElementWidth] | element(s * OutLanes + j);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) s1_valid_q <= 1'b0;
    else if (advance) s1_valid_q <= in_valid_i;
    if (advance) begin
      s1_slice_q <= in_skip_i ? '0 : slice;
      s1_skip_q <= in_skip_i;
      s1_last_q <= beat_end && in_last_i;
      s1_quiet_q <= beat_end && in_quiet_i;
    end
  end

  // ---------------------------------------------------------------------------- coefficients
  logic [OutLanes*CoefficientWidth-1:0] s1_coefficient;
  if (PerChannel != 0) begin : gen_table
    sync_rom #(
      .Width(OutLanes * CoefficientWidth),
      .Depth(Chunks),
      .File (CoefficientFile)
    ) u_coefficients (
      .clk_i,
      .enable_i(advance),
      .addr_i(chunk_q),
      .data_o(s1_coefficient)
    );
  end else begin : gen_constant
    assign s1_coefficient = {OutLanes{Coefficient}};
  end

  logic out_valid_q, out_skip_q, out_last_q, out_quiet_q;
  logic [OutLanes*OutWidth-1:0] out_delta_q, product;
  assign advance = !out_valid_q || out_ready_i;

  for (genvar j = 0; j < OutLanes; j++) begin : gen_lane
    logic signed [CoefficientWidth-1:0] coefficient;
    logic signed [ElementWidth-1:0] value;
    assign coefficient = s1_coefficient[CoefficientWidth*j+:CoefficientWidth];
    assign value = s1_slice_q[ElementWidth*j+:ElementWidth];
    if (Spikes != 0) begin : gen_spike
      logic signed [OutWidth-1:0] wide, term;
      assign wide = OutWidth'(coefficient);
      always_comb begin
        term = '0;
        if (value[0]) term = value[1] ? -wide : wide;
      end
      assign product[OutWidth*j+:OutWidth] = term;
    end else if (OutWidth < InWidth) begin : gen_narrow
      // The product fits, so its low bits are all of it.
      localparam int unsigned WideWidth =
          (CoefficientWidth > InWidth) ? CoefficientWidth : InWidth;
      logic signed [WideWidth-1:0] wide;
      assign wide = WideWidth'(value) * WideWidth'(coefficient);
      assign product[OutWidth*j+:OutWidth] = wide[OutWidth-1:0];
      logic unused_high;
      assign unused_high = ^wide[WideWidth-1:OutWidth];
    end else if (PerChannel == 0 && Coefficient == 1) begin : gen_pass
      assign product[OutWidth*j+:OutWidth] = OutWidth'(value);
      logic unused_coefficient;
      assign unused_coefficient = ^coefficient;
    end else begin : gen_product
      assign product[OutWidth*j+:OutWidth] = OutWidth'(value) * OutWidth'(coefficient);
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else if (advance) out_valid_q <= s1_valid_q;
    if (advance) begin
      out_delta_q <= product;
      out_skip_q <= s1_skip_q;
      out_last_q <= s1_last_q;
      out_quiet_q <= s1_quiet_q;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_delta_o = out_delta_q;
  assign out_skip_o = out_skip_q;
  assign out_last_o = out_last_q;
  assign out_quiet_o = out_quiet_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(DataWidth + 3)
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
