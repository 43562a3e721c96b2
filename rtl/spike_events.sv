`default_nettype none

/// A spike stream as single events: `spike_encoder`, a small FIFO, so that chunks of zeros take no time while
/// there is work, and the unit of the event, a group of `Unit` neighbouring channels (a head, or a chunk).
///
/// Contract: as `spike_encoder`; an entry without an event always ends its row. Throughput: one event
/// a cycle.
module spike_events #(
  /// Channels of a row; lanes beyond them never spike.
  parameter int unsigned Channels = 8,
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 4,
  /// Channels of a unit.
  parameter int unsigned Unit = 4,
  /// Bits of a channel, derived.
  localparam int unsigned ChannelWidth = (Channels > 1) ? $clog2(Channels) : 1,
  /// Bits of a unit's number, derived.
  localparam int unsigned UnitWidth = (Channels > Unit) ? $clog2((Channels + Unit - 1) / Unit) : 1
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  /// Spike stream in.
  input  wire logic                    in_valid_i,
  output      logic                    in_ready_o,
  input  wire logic [Lanes-1:0]        in_nz_i,
  input  wire logic [Lanes-1:0]        in_neg_i,
  input  wire logic                    in_skip_i,
  input  wire logic                    in_last_i,
  input  wire logic                    in_quiet_i,
  /// Entries out. `out_event_o` = 0: only the end of a row.
  output      logic                    out_valid_o,
  input  wire logic                    out_ready_i,
  output      logic                    out_event_o,
  output      logic                    out_neg_o,
  output      logic [ChannelWidth-1:0] out_channel_o,
  /// `out_channel_o / Unit`.
  output      logic [UnitWidth-1:0]    out_unit_o,
  output      logic                    out_row_end_o,
  output      logic                    out_last_o,
  output      logic                    out_quiet_o
);

  localparam int unsigned Units = (Channels + Unit - 1) / Unit;
  localparam int unsigned EntryWidth = ChannelWidth + 5;
  localparam int unsigned EntryDepth = 8;

  logic pick_valid, pick_ready, pick_event, pick_neg, pick_row_end, pick_last, pick_quiet;
  logic [ChannelWidth-1:0] pick_channel;

  spike_encoder #(
    .InChannels(Channels),
    .InLanes(Lanes),
    .OutChunks(1),
    .ValueWidth(1)
  ) u_picker (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o,
    .in_nz_i,
    .in_value_i(in_neg_i),
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(pick_valid),
    .out_ready_i(pick_ready),
    .out_event_o(pick_event),
    .out_addr_o(pick_channel),
    .out_value_o(pick_neg),
    .out_row_end_o(pick_row_end),
    .out_last_o(pick_last),
    .out_quiet_o(pick_quiet)
  );

  logic entry_valid, entry_ready;
  logic [EntryWidth-1:0] entry, out_entry_q;

  stream_fifo #(
    .Width(EntryWidth),
    .Depth(EntryDepth)
  ) u_entries (
    .clk_i,
    .rst_i,
    .in_valid_i(pick_valid),
    .in_ready_o(pick_ready),
    .in_data_i({pick_event, pick_neg, pick_row_end, pick_last, pick_quiet, pick_channel}),
    .out_valid_o(entry_valid),
    .out_ready_i(entry_ready),
    .out_data_o(entry)
  );

  // The unit: as many comparators as units, instead of a divider. One of the units is chosen, none has
  // precedence: synthesis would make a reset of the register of it, late in the path of `entry_ready`.
  logic [ChannelWidth-1:0] channel;
  logic [UnitWidth-1:0] unit;
  assign channel = entry[ChannelWidth-1:0];
  always_comb begin
    unit = '0;
    for (int unsigned u = 1; u < Units; u++) begin
      unit = unit | (UnitWidth'(u) & {UnitWidth{
        channel >= ChannelWidth'(u * Unit) &&
        (u + 1 == Units || channel < ChannelWidth'((u + 1) * Unit))
      }});
    end
  end

  logic out_valid_q;
  logic [UnitWidth-1:0] out_unit_q;
  assign entry_ready = !out_valid_q || out_ready_i;
  always_ff @(posedge clk_i) begin
    if (rst_i) out_valid_q <= 1'b0;
    else if (entry_ready) out_valid_q <= entry_valid;
    if (entry_ready) begin
      out_entry_q <= entry;
      out_unit_q <= unit;
    end
  end

  assign out_valid_o = out_valid_q;
  assign out_unit_o = out_unit_q;
  assign {out_event_o, out_neg_o, out_row_end_o, out_last_o, out_quiet_o, out_channel_o} =
      out_entry_q;

endmodule

`default_nettype wire
