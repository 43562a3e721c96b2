`default_nettype none

/// Takes the start values of sums out of the stream of weights.
///
/// Contract: a sample's stream has beats of weights, then beats of start values, then beats of weights. The numbers are words 3
/// to 5 of the needs in a model image, written while in reset: beats before the start values, beats of these, all beats. A beat
/// has as many entries as fit, the first one in the low bits; a sample has as many start values as its beats have entries, or
/// fewer by less than a beat: `start_last_i` says that the one that is taken is the last. With `failed_i` all are 0.
/// Throughput: a beat, and a start value, per cycle.
module overlay_start_stream #(
  /// Bits of a beat, of an entry of it, and of a start value.
  parameter int unsigned BeatWidth = 128,
  parameter int unsigned EntryWidth = 32,
  parameter int unsigned Width = 24
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// Numbers of the stream.
  input  wire logic                 number_write_i,
  input  wire logic [31:0]          number_addr_i,
  input  wire logic [31:0]          number_i,
  /// Stream.
  input  wire logic                 in_valid_i,
  output      logic                 in_ready_o,
  input  wire logic [BeatWidth-1:0] in_data_i,
  input  wire logic                 failed_i,
  /// Beats of weights, whose data is that of the stream.
  output      logic                 other_valid_o,
  input  wire logic                 other_ready_i,
  /// Start values.
  output      logic                 start_valid_o,
  input  wire logic                 start_take_i,
  output      logic [Width-1:0]     start_o
);

  localparam int unsigned Entries = BeatWidth / EntryWidth;
  localparam int unsigned IndexBits = (Entries > 1) ? $clog2(Entries) : 1;

  if (Entries * EntryWidth != BeatWidth || EntryWidth < Width) begin : gen_bad_parameters
    $error("overlay_start_stream: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- beats
  logic [31:0] before_q, count_q, all_q, beat_q;
  logic mine, beat, last;
  logic queue_ready, queue_valid, queue_take;
  logic [BeatWidth-1:0] queue_data;
  // A beat may be wider than what is taken of it.
  logic unused_data;
  assign unused_data = ^queue_data;
  assign mine = beat_q >= before_q && beat_q - before_q < count_q;
  assign in_ready_o = mine ? queue_ready : other_ready_i;
  assign other_valid_o = in_valid_i && !mine;
  assign beat = in_valid_i && in_ready_o;
  assign last = beat_q == all_q - 32'd1;
  always_ff @(posedge clk_i) begin
    if (number_write_i) begin
      if (number_addr_i == 32'd3) before_q <= number_i;
      if (number_addr_i == 32'd4) count_q <= number_i;
      if (number_addr_i == 32'd5) all_q <= number_i;
    end
    if (rst_i) beat_q <= '0;
    else if (beat) beat_q <= last ? '0 : beat_q + 32'd1;
  end
  stream_fifo #(
    .Width(BeatWidth),
    .Depth(4)
  ) u_queue (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid_i && mine),
    .in_ready_o(queue_ready),
    .in_data_i,
    .out_valid_o(queue_valid),
    .out_ready_i(queue_take),
    .out_data_o(queue_data)
  );

  // ---------------------------------------------------------------------------- entries
  logic [IndexBits-1:0] index_q;
  logic index_last;
  assign index_last = index_q == IndexBits'(Entries - 1);
  assign start_valid_o = queue_valid || failed_i;
  assign queue_take = start_take_i && index_last;
  if (Entries > 1) begin : gen_entries
    assign start_o = failed_i ? '0 : queue_data[EntryWidth*index_q+:Width];
  end else begin : gen_entry
    assign start_o = failed_i ? '0 : queue_data[Width-1:0];
  end
  always_ff @(posedge clk_i) begin
    if (rst_i) index_q <= '0;
    else if (start_take_i) index_q <= index_last ? '0 : index_q + IndexBits'(1);
  end

endmodule

`default_nettype wire
