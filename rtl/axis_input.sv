`default_nettype none

/// AXI4-Stream pixels to a value stream, with a check of the frame's length.
///
///     value = element - ZeroPoint
///
/// Contract: a sample is `Count` elements in `ceil(Count / BeatLanes)` beats, element k in lane
/// k % BeatLanes of beat k / BeatLanes, lane 0 in the low bits; what the final beat holds beyond
/// `Count` is ignored (value 0). Every beat in is a beat out in the same order, so with several rows
/// `RowChannels` must be a multiple of the lanes.
/// TLAST before the sample's final beat: `short_frame_o`, the rest of the sample is value 0. No TLAST
/// on the final beat: `long_frame_o`, beats are dropped up to and including the next TLAST. Either
/// way exactly one sample is made of each frame.
/// A sample is begun only while `enable_i`: where that falls, a sample's first beat that is offered but
/// not taken is withdrawn, so that a setting written meanwhile holds for it. This is the one exception
/// to the rule of streams; it is meant for a `stream_link`, which does not remember what is offered.
/// Latency: 0; the ready path is combinational.
module axis_input #(
  /// Elements of an AXI4-Stream beat.
  parameter int unsigned BeatLanes = 4,
  /// Lanes of the value stream; equal to BeatLanes.
  parameter int unsigned Lanes = 4,
  /// Bits of an element, 8 or 16.
  parameter int unsigned ElementWidth = 8,
  /// 1: elements are two's complement; 0: unsigned.
  parameter int unsigned Signed = 0,
  /// The element that stands for 0.
  parameter int ZeroPoint = 0,
  /// Bits of a signed value; must hold element - ZeroPoint.
  parameter int unsigned ValueWidth = 9,
  /// Elements of a sample.
  parameter int unsigned Count = 8,
  /// Elements of a row; Count for a single row.
  parameter int unsigned RowChannels = Count
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_i,
  /// A new sample may be begun.
  input  wire logic                              enable_i,
  /// AXI4-Stream in.
  input  wire logic                              s_axis_tvalid_i,
  output      logic                              s_axis_tready_o,
  input  wire logic [BeatLanes*ElementWidth-1:0] s_axis_tdata_i,
  input  wire logic                              s_axis_tlast_i,
  /// Value stream out.
  output      logic                              out_valid_o,
  input  wire logic                              out_ready_i,
  output      logic [Lanes*ValueWidth-1:0]       out_value_o,
  /// High in the cycle in which a sample's first beat is taken.
  output      logic                              begin_o,
  /// High in the cycle in which a frame turns out too short or too long.
  output      logic                              short_frame_o,
  output      logic                              long_frame_o
);

  localparam int unsigned Beats = (Count + BeatLanes - 1) / BeatLanes;
  localparam int unsigned BeatWidth = (Beats > 1) ? $clog2(Beats) : 1;
  localparam bit [BeatWidth-1:0] BeatLast = BeatWidth'(Beats - 1);
  // Elements of the final beat.
  localparam int unsigned Tail = Count - (Beats - 1) * BeatLanes;
  localparam int ElementLow = (Signed != 0) ? -(2 ** (ElementWidth - 1)) : 0;
  localparam int ElementHigh =
      (Signed != 0) ? 2 ** (ElementWidth - 1) - 1 : 2 ** ElementWidth - 1;

  if (BeatLanes != Lanes || (ElementWidth != 8 && ElementWidth != 16) || Count < 1 ||
      Count % RowChannels != 0 || (Count != RowChannels && RowChannels % Lanes != 0) ||
      ElementHigh - ZeroPoint >= 2 ** (ValueWidth - 1) ||
      ElementLow - ZeroPoint < -(2 ** (ValueWidth - 1))) begin : gen_bad_parameters
    $error("axis_input: a parameter is out of range");
  end

  // take: beats go through. fill: the frame was short, zeros complete the sample. drop: the frame
  // was long, its remaining beats are ignored.
  typedef enum logic [1:0] {
    StTake,
    StFill,
    StDrop
  } state_e;
  state_e state_q;

  logic [BeatWidth-1:0] beat_q;
  logic open, taken, final_beat;
  assign open = state_q == StTake && (enable_i || beat_q != '0);
  assign taken = open && s_axis_tvalid_i && out_ready_i;
  assign final_beat = beat_q == BeatLast;

  assign s_axis_tready_o = (open && out_ready_i) || state_q == StDrop;
  assign out_valid_o = (open && s_axis_tvalid_i) || state_q == StFill;
  assign begin_o = taken && beat_q == '0;
  assign short_frame_o = taken && s_axis_tlast_i && !final_beat;
  assign long_frame_o = taken && !s_axis_tlast_i && final_beat;

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic [ElementWidth-1:0] element;
    logic sign;
    logic signed [ValueWidth-1:0] value;
    logic ignored;
    assign element = s_axis_tdata_i[ElementWidth*j+:ElementWidth];
    assign sign = (Signed != 0) ? element[ElementWidth-1] : 1'b0;
    assign value = ValueWidth'($signed({sign, element})) - ValueWidth'(ZeroPoint);
    assign ignored = state_q == StFill || (j >= Tail && final_beat);
    assign out_value_o[ValueWidth*j+:ValueWidth] = ignored ? '0 : value;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StTake;
      beat_q <= '0;
    end else begin
      if (out_valid_o && out_ready_i) beat_q <= final_beat ? '0 : beat_q + BeatWidth'(1);
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
