`default_nettype none

/// Permute buffer: sends the values of a sample in another order, one at a time (an image as patches).
///
/// Contract: of every sample, `ceil(Count / InLanes)` beats come in and `Count` values go out, the
/// n-th of them being the value with the number that the order's n-th word gives. Two samples are
/// held: one comes in while the one before it goes out.
/// Throughput: one beat in and one value out a cycle. Latency: a sample and 3 cycles.
module permute_buffer #(
  /// Values of a sample.
  parameter int unsigned Count = 8,
  /// Values of a beat that comes in; lanes beyond the sample are ignored.
  parameter int unsigned InLanes = 4,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// Image of `Count` words {beat, lane}: where a value came in. "": all zero.
  parameter OrderFile = ""
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_i,
  /// Value stream in.
  input  wire logic                          in_valid_i,
  output      logic                          in_ready_o,
  input  wire logic [InLanes*ValueWidth-1:0] in_value_i,
  /// Value stream out, one lane.
  output      logic                          out_valid_o,
  input  wire logic                          out_ready_i,
  output      logic [ValueWidth-1:0]         out_value_o
);

  localparam int unsigned Beats = (Count + InLanes - 1) / InLanes;
  localparam int unsigned BeatWidth = (Beats > 1) ? $clog2(Beats) : 1;
  localparam int unsigned LaneWidth = (InLanes > 1) ? $clog2(InLanes) : 1;
  localparam int unsigned CountWidth = (Count > 1) ? $clog2(Count) : 1;
  localparam int unsigned AddrWidth = $clog2(2 * Beats);
  localparam bit [BeatWidth-1:0] BeatLast = BeatWidth'(Beats - 1);
  localparam bit [CountWidth-1:0] CountLast = CountWidth'(Count - 1);

  if (Count < 1 || InLanes < 1 || ValueWidth < 1) begin : gen_bad_parameters
    $error("permute_buffer: a parameter is out of range");
  end

  // Halves of the memory: which one is filled and which one is read next, which may not be written,
  // and which have a sample whose reads have not all been issued.
  logic write_half_q, read_half_q, write_end, read_end;
  logic [1:0] full_q, unread_q;
  logic [BeatWidth-1:0] beat_q;
  logic [CountWidth-1:0] count_q;
  logic taken, advance, issue;
  // The last value of a sample has been read.
  logic s1_end_q, s1_half_q, done_q, done_half_q;
  assign in_ready_o = !full_q[write_half_q];
  assign taken = in_valid_i && in_ready_o;
  assign write_end = taken && beat_q == BeatLast;
  assign issue = advance && unread_q[read_half_q];
  assign read_end = issue && count_q == CountLast;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_half_q <= 1'b0;
      read_half_q <= 1'b0;
      full_q <= '0;
      unread_q <= '0;
      beat_q <= '0;
      count_q <= '0;
    end else begin
      if (taken) beat_q <= write_end ? '0 : beat_q + BeatWidth'(1);
      if (issue) count_q <= read_end ? '0 : count_q + CountWidth'(1);
      if (write_end) begin
        full_q[write_half_q] <= 1'b1;
        unread_q[write_half_q] <= 1'b1;
        write_half_q <= !write_half_q;
      end
      if (done_q) full_q[done_half_q] <= 1'b0;
      if (read_end) begin
        unread_q[read_half_q] <= 1'b0;
        read_half_q <= !read_half_q;
      end
    end
  end

  // ---------------------------------------------------------------------------- read
  logic s1_valid_q, s2_valid_q, out_valid_q;
  logic [BeatWidth+LaneWidth-1:0] s1_order;
  logic [LaneWidth-1:0] s2_lane_q;
  logic [InLanes*ValueWidth-1:0] s2_beat;
  logic [ValueWidth-1:0] out_value_q, value;
  assign advance = !out_valid_q || out_ready_i;

  sync_rom #(
    .Width(BeatWidth + LaneWidth),
    .Depth(Count),
    .File (OrderFile)
  ) u_order (
    .clk_i,
    .enable_i(advance),
    .addr_i(count_q),
    .data_o(s1_order)
  );

  function automatic logic [AddrWidth-1:0] address(input logic half,
                                                   input logic [BeatWidth-1:0] beat);
    address = (half ? AddrWidth'(Beats) : '0) + AddrWidth'(beat);
  endfunction

  sync_ram #(
    .Width(InLanes * ValueWidth),
    .Depth(2 * Beats)
  ) u_values (
    .clk_i,
    .read_enable_i(advance),
    .read_addr_i(address(s1_half_q, s1_order[LaneWidth+:BeatWidth])),
    .read_data_o(s2_beat),
    .write_enable_i(taken),
    .write_addr_i(address(write_half_q, beat_q)),
    .write_data_i(in_value_i)
  );

  always_comb begin
    value = '0;
    for (int unsigned j = 0; j < InLanes; j++) begin
      if (s2_lane_q == LaneWidth'(j)) value = value | s2_beat[ValueWidth*j+:ValueWidth];
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      s1_valid_q <= 1'b0;
      s1_end_q <= 1'b0;
      s2_valid_q <= 1'b0;
      out_valid_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      if (advance) begin
        s1_valid_q <= issue;
        s1_end_q <= read_end;
        s2_valid_q <= s1_valid_q;
        out_valid_q <= s2_valid_q;
      end
      done_q <= advance && s1_end_q;
    end
    if (advance) begin
      s1_half_q <= read_half_q;
      s2_lane_q <= s1_order[LaneWidth-1:0];
      out_value_q <= value;
      done_half_q <= s1_half_q;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_value_o = out_value_q;

endmodule

`default_nettype wire
