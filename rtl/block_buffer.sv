`default_nettype none

/// Holds one block of samples until its check is known, then sends it on as AXI4-Stream beats.
///
/// Contract: while `free_o`, bytes may be written to any address, over and over; `commit_i` gives the
/// first `length_i` of them to the stream, and `free_o` is low until the last has left. Blocks together
/// are one sequence of bytes, without regard to where a block ends: `SampleBytes` bytes are a sample,
/// in beats of `BeatBytes`, the first in the low bits; TLAST and zeros behind the final byte of a sample.
/// Throughput: a byte in 2 cycles, and 1 cycle a beat.
module block_buffer #(
  /// Bytes of a block, at most.
  parameter int unsigned BlockBytes = 64,
  /// Bytes of a beat.
  parameter int unsigned BeatBytes = 4,
  /// Bytes of a sample.
  parameter int unsigned SampleBytes = 30,
  /// Bits of an address and of a length, derived.
  localparam int unsigned AddrWidth = (BlockBytes > 1) ? $clog2(BlockBytes) : 1,
  localparam int unsigned LengthWidth = $clog2(BlockBytes + 1)
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// The block.
  output      logic                   free_o,
  input  wire logic                   write_i,
  input  wire logic [AddrWidth-1:0]   addr_i,
  input  wire logic [7:0]             byte_i,
  input  wire logic                   commit_i,
  input  wire logic [LengthWidth-1:0] length_i,
  /// Samples, AXI4-Stream.
  output      logic                   m_axis_tvalid_o,
  input  wire logic                   m_axis_tready_i,
  output      logic [8*BeatBytes-1:0] m_axis_tdata_o,
  output      logic                   m_axis_tlast_o
);

  localparam int unsigned LaneWidth = (BeatBytes > 1) ? $clog2(BeatBytes) : 1;
  localparam int unsigned SampleWidth = (SampleBytes > 1) ? $clog2(SampleBytes) : 1;
  localparam bit [LaneWidth-1:0] LaneLast = LaneWidth'(BeatBytes - 1);
  localparam bit [SampleWidth-1:0] SampleLast = SampleWidth'(SampleBytes - 1);

  if (BlockBytes < 1 || BeatBytes < 1 || SampleBytes < 1) begin : gen_bad_parameters
    $error("block_buffer: a parameter is out of range");
  end

  // fetch: a byte is read from memory. take: it is put into the beat. offer: the beat is complete.
  typedef enum logic [1:0] {
    StFree,
    StFetch,
    StTake,
    StOffer
  } state_e;
  state_e state_q;

  logic [LengthWidth-1:0] left_q;
  logic [AddrWidth-1:0] read_q;
  logic [LaneWidth-1:0] lane_q;
  logic [SampleWidth-1:0] sample_q;
  logic [8*BeatBytes-1:0] beat_q;
  logic last_q, final_byte;
  logic [7:0] fetched;
  assign free_o = state_q == StFree;
  assign final_byte = sample_q == SampleLast;
  assign m_axis_tvalid_o = state_q == StOffer;
  assign m_axis_tdata_o = beat_q;
  assign m_axis_tlast_o = last_q;

  sync_ram #(
    .Width(8),
    .Depth(BlockBytes)
  ) u_bytes (
    .clk_i,
    .read_enable_i (state_q == StFetch),
    .read_addr_i   (read_q),
    .read_data_o   (fetched),
    .write_enable_i(write_i && free_o),
    .write_addr_i  (addr_i),
    .write_data_i  (byte_i)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StFree;
      left_q <= '0;
      lane_q <= '0;
      sample_q <= '0;
      last_q <= 1'b0;
    end else begin
      case (state_q)
        StFree: begin
          left_q <= length_i;
          if (commit_i && length_i != '0) state_q <= StFetch;
        end
        StFetch: begin
          state_q <= StTake;
          left_q <= left_q - LengthWidth'(1);
        end
        StTake: begin
          sample_q <= final_byte ? '0 : sample_q + SampleWidth'(1);
          last_q <= final_byte;
          if (final_byte || lane_q == LaneLast) begin
            lane_q <= '0;
            state_q <= StOffer;
          end else begin
            lane_q <= lane_q + LaneWidth'(1);
            state_q <= (left_q == '0) ? StFree : StFetch;
          end
        end
        default: if (m_axis_tready_i) state_q <= (left_q == '0) ? StFree : StFetch;
      endcase
    end
    if (state_q == StFree) read_q <= '0;
    else if (state_q == StTake) read_q <= read_q + AddrWidth'(1);
  end

  for (genvar k = 0; k < BeatBytes; k++) begin : gen_lane
    always_ff @(posedge clk_i) begin
      if (state_q == StTake && lane_q == LaneWidth'(k)) beat_q[8*k+:8] <= fetched;
      // A lane behind the one that begins the beat; a sample's final beat may not reach it.
      else if (state_q == StTake && lane_q == '0) beat_q[8*k+:8] <= '0;
    end
  end

`ifndef SYNTHESIS
  stream_check #(
    .Width(8 * BeatBytes + 1)
  ) u_check (
    .clk_i,
    .rst_i,
    .valid_i(m_axis_tvalid_o),
    .ready_i(m_axis_tready_i),
    .data_i ({m_axis_tlast_o, m_axis_tdata_o})
  );
  always_ff @(posedge clk_i) begin
    if (!rst_i && commit_i) begin
      a_commit_when_free : assert (free_o);
      a_length : assert (int'(length_i) <= int'(BlockBytes));
    end
  end
`endif

endmodule

`default_nettype wire
