`default_nettype none

/// Holds one result frame, so that the host can ask for it again.
///
/// Contract: takes a frame of `FrameWords` words, then holds it (`held_o`) and takes nothing until
/// `release_i`. `byte_o` is the byte at `addr_i`, of a word the lowest first.
/// Latency: 1 cycle from `addr_i` to `byte_o`.
module result_buffer #(
  /// Words of a frame.
  parameter int unsigned FrameWords = 4,
  /// Bits of a byte address, derived.
  localparam int unsigned AddrWidth = $clog2(4 * FrameWords)
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// Result frames, AXI4-Stream.
  input  wire logic                 s_axis_tvalid_i,
  output      logic                 s_axis_tready_o,
  input  wire logic [31:0]          s_axis_tdata_i,
  input  wire logic                 s_axis_tlast_i,
  /// The frame.
  output      logic                 held_o,
  input  wire logic                 release_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  output      logic [7:0]           byte_o
);

  localparam int unsigned WordWidth = (FrameWords > 1) ? $clog2(FrameWords) : 1;

  if (FrameWords < 1) begin : gen_bad_parameters
    $error("result_buffer: FrameWords must be at least 1");
  end

  logic held_q, taken;
  logic [WordWidth-1:0] write_q, read;
  logic [1:0] lane_q;
  logic [31:0] word;
  assign s_axis_tready_o = !held_q;
  assign taken = s_axis_tvalid_i && s_axis_tready_o;
  assign held_o = held_q;
  if (FrameWords > 1) begin : gen_address
    assign read = addr_i[AddrWidth-1:2];
  end else begin : gen_single
    assign read = '0;
  end

  sync_ram #(
    .Width(32),
    .Depth(FrameWords)
  ) u_words (
    .clk_i,
    .read_enable_i (1'b1),
    .read_addr_i   (read),
    .read_data_o   (word),
    .write_enable_i(taken),
    .write_addr_i  (write_q),
    .write_data_i  (s_axis_tdata_i)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      held_q <= 1'b0;
      write_q <= '0;
    end else begin
      if (taken) begin
        write_q <= s_axis_tlast_i ? '0 : write_q + WordWidth'(1);
        held_q <= s_axis_tlast_i;
      end
      if (release_i) held_q <= 1'b0;
    end
    lane_q <= addr_i[1:0];
  end

  always_comb begin
    case (lane_q)
      2'd0: byte_o = word[7:0];
      2'd1: byte_o = word[15:8];
      2'd2: byte_o = word[23:16];
      default: byte_o = word[31:24];
    endcase
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      if (taken) begin
        a_frame_length : assert (s_axis_tlast_i == (int'(write_q) == int'(FrameWords) - 1));
      end
      a_release_what_is_held : assert (!release_i || held_q);
    end
  end
`endif

endmodule

`default_nettype wire
