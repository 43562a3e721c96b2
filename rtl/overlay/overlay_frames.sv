`default_nettype none

/// AXI4-Stream elements to values, an element a beat, with a check of the frame's length: `axis_input` for a network that is
/// loaded.
///
/// Contract: as `axis_input`, with `BeatLanes` = 1. `last_i`, `signed_i` and `zero_point_i` are stable while `enable_i` is
/// high or a sample is inside.
/// Latency: 0; the ready path is combinational.
module overlay_frames #(
  /// Bits of an element, 8 or 16.
  parameter int unsigned ElementWidth = 8,
  /// Bits of a signed value; must hold element - zero point.
  parameter int unsigned ValueWidth = 9,
  /// Most elements of a sample.
  parameter int unsigned Count = 8,
  /// Bits of the number of an element, derived.
  localparam int unsigned CountBits = (Count > 1) ? $clog2(Count) : 1
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  /// A new sample may be begun.
  input  wire logic                    enable_i,
  /// The last element; elements are two's complement; the element that stands for 0.
  input  wire logic [CountBits-1:0]    last_i,
  input  wire logic                    signed_i,
  input  wire logic [ValueWidth-1:0]   zero_point_i,
  /// AXI4-Stream in.
  input  wire logic                    s_axis_tvalid_i,
  output      logic                    s_axis_tready_o,
  input  wire logic [ElementWidth-1:0] s_axis_tdata_i,
  input  wire logic                    s_axis_tlast_i,
  /// Values out.
  output      logic                    out_valid_o,
  input  wire logic                    out_ready_i,
  output      logic [ValueWidth-1:0]   out_value_o,
  /// High in the cycle in which a sample's first beat is taken.
  output      logic                    begin_o,
  /// High in the cycle in which a frame turns out too short or too long.
  output      logic                    short_frame_o,
  output      logic                    long_frame_o
);

  // take: beats go through. fill: the frame was short, zeros complete the sample. drop: the frame was long, its remaining
  // beats are ignored.
  typedef enum logic [1:0] {
    StTake,
    StFill,
    StDrop
  } state_e;
  state_e state_q;

  logic [CountBits-1:0] beat_q;
  logic open, taken, final_beat, sign;
  logic [ValueWidth-1:0] value;
  assign open = state_q == StTake && (enable_i || beat_q != '0);
  assign taken = open && s_axis_tvalid_i && out_ready_i;
  assign final_beat = beat_q == last_i;

  assign s_axis_tready_o = (open && out_ready_i) || state_q == StDrop;
  assign out_valid_o = (open && s_axis_tvalid_i) || state_q == StFill;
  assign begin_o = taken && beat_q == '0;
  assign short_frame_o = taken && s_axis_tlast_i && !final_beat;
  assign long_frame_o = taken && !s_axis_tlast_i && final_beat;
  assign sign = signed_i && s_axis_tdata_i[ElementWidth-1];
  assign value = ValueWidth'($signed({sign, s_axis_tdata_i})) - zero_point_i;
  assign out_value_o = (state_q == StFill) ? '0 : value;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StTake;
      beat_q <= '0;
    end else begin
      if (out_valid_o && out_ready_i) beat_q <= final_beat ? '0 : beat_q + CountBits'(1);
      case (state_q)
        StTake: begin
          if (short_frame_o) state_q <= StFill;
          else if (long_frame_o) state_q <= StDrop;
        end
        StFill: if (out_ready_i && final_beat) state_q <= StTake;
        default: if (s_axis_tvalid_i && s_axis_tlast_i) state_q <= StTake;
      endcase
    end
  end

endmodule

`default_nettype wire
