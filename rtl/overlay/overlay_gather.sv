`default_nettype none

/// Reads rows of tables from memory: for each token of a sample the row that it names, entry by entry.
///
/// Contract: `start_i` begins an instruction; its numbers are stable until its last entry is taken, and so are the tokens once
/// `raw_valid_i` is high. Row `t` of the table lies in units `table_i + t * stride_i` and on, of 64 bytes each, its entries in
/// sequence. Tokens are read one after the other as soon as they are there, and their rows are asked for ahead: up to `Rows`
/// are under way. A token that is negative or not below `limit_i` reads nothing, and all entries of its row are 0.
/// A command is `cmd_bytes_o` bytes from `cmd_offset_o` on, its beats come in order. It stays until it is taken.
/// Entries come in order, `channels_i` of each row. With `failed_i`, which stays, all are 0, and no further row is asked for.
/// Throughput: an entry per cycle, of rows of at least five; a command every four cycles.
module overlay_gather #(
  /// Bits of a beat; of an entry in memory, a power of two from 8; of an entry.
  parameter int unsigned BeatWidth = 128,
  parameter int unsigned EntryWidth = 32,
  parameter int unsigned Width = 24,
  /// Bits of a signed token, of its address, of a number of rows and of channels.
  parameter int unsigned RawWidth = 17,
  parameter int unsigned RawAddrWidth = 6,
  parameter int unsigned RowsWidth = 16,
  parameter int unsigned ChannelsWidth = 10,
  /// Rows under way, at least 2.
  parameter int unsigned Rows = 8
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_i,
  /// Instruction.
  input  wire logic                     start_i,
  input  wire logic [RowsWidth-1:0]     rows_i,
  input  wire logic [ChannelsWidth-1:0] channels_i,
  input  wire logic [31:0]              table_i,
  input  wire logic [15:0]              stride_i,
  input  wire logic [31:0]              limit_i,
  /// Tokens: all of the sample are there; a read port.
  input  wire logic                     raw_valid_i,
  output      logic                     raw_read_o,
  output      logic [RawAddrWidth-1:0]  raw_addr_o,
  input  wire logic [RawWidth-1:0]      raw_data_i,
  /// Commands.
  output      logic                     cmd_valid_o,
  input  wire logic                     cmd_ready_i,
  output      logic [31:0]              cmd_offset_o,
  output      logic [31:0]              cmd_bytes_o,
  /// Beats.
  input  wire logic                     in_valid_i,
  output      logic                     in_ready_o,
  input  wire logic [BeatWidth-1:0]     in_data_i,
  input  wire logic                     failed_i,
  /// Entries.
  output      logic                     entry_valid_o,
  input  wire logic                     entry_take_i,
  output      logic [Width-1:0]         entry_o
);

  localparam int unsigned Entries = BeatWidth / EntryWidth;
  localparam int unsigned IndexBits = (Entries > 1) ? $clog2(Entries) : 1;

  if (Entries < 1 || Entries * EntryWidth != BeatWidth || EntryWidth < Width || EntryWidth < 8 ||
      2 ** $clog2(EntryWidth) != EntryWidth || Rows < 2) begin : gen_bad_parameters
    $error("overlay_gather: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- tokens
  // read: the address is there. multiply: the token is. add: the product is. send: the place of the row is.
  typedef enum logic [2:0] {
    StIdle,
    StRead,
    StMultiply,
    StAdd,
    StSend
  } state_e;
  state_e state_q;
  logic [RowsWidth-1:0] left_q;
  logic [RawAddrWidth-1:0] raw_addr_q;
  logic [31:0] unit_q;
  logic inside_q, send, queue_ready;
  logic unused_unit;
  assign unused_unit = ^unit_q[31:26];
  assign raw_read_o = state_q == StRead;
  assign raw_addr_o = raw_addr_q;
  assign cmd_valid_o = state_q == StSend && inside_q && queue_ready && !failed_i;
  assign cmd_offset_o = {unit_q[25:0], 6'd0};
  assign cmd_bytes_o = 32'(channels_i) * 32'(EntryWidth / 8);
  assign send = state_q == StSend && queue_ready && (!inside_q || cmd_ready_i) && !failed_i;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle: if (start_i) state_q <= StRead;
        StRead: begin
          if (left_q == '0) state_q <= StIdle;
          else if (raw_valid_i) state_q <= StMultiply;
        end
        StMultiply: state_q <= StAdd;
        StAdd: state_q <= StSend;
        default: if (send) state_q <= StRead;
      endcase
    end
    if (state_q == StIdle) begin
      left_q <= rows_i;
      raw_addr_q <= '0;
    end else if (send) begin
      left_q <= left_q - RowsWidth'(1);
      raw_addr_q <= raw_addr_q + RawAddrWidth'(1);
    end
    if (state_q == StMultiply) begin
      inside_q <= !raw_data_i[RawWidth-1] && 32'(raw_data_i) < limit_i;
      unit_q <= 32'(raw_data_i) * 32'(stride_i);
    end else if (state_q == StAdd) begin
      unit_q <= unit_q + table_i;
    end
  end

  // ---------------------------------------------------------------------------- rows
  // Whether the row comes from memory.
  logic row_valid, row_inside, row_end;
  stream_fifo #(
    .Width(1),
    .Depth(Rows)
  ) u_rows (
    .clk_i,
    .rst_i,
    .in_valid_i(send),
    .in_ready_o(queue_ready),
    .in_data_i(inside_q),
    .out_valid_o(row_valid),
    .out_ready_i(row_end),
    .out_data_o(row_inside)
  );

  // ---------------------------------------------------------------------------- entries
  logic [ChannelsWidth-1:0] channel_q;
  logic [IndexBits-1:0] index_q;
  logic take, channel_last, beat_last;
  assign entry_valid_o = failed_i || (row_valid && (!row_inside || in_valid_i));
  assign take = entry_take_i && !failed_i;
  assign channel_last = channel_q == channels_i - ChannelsWidth'(1);
  assign beat_last = channel_last || index_q == IndexBits'(Entries - 1);
  assign row_end = take && channel_last;
  assign in_ready_o = take && row_inside && beat_last;
  if (Entries > 1) begin : gen_entries
    assign entry_o = (failed_i || !row_inside) ? '0 : in_data_i[EntryWidth*index_q+:Width];
  end else begin : gen_entry
    assign entry_o = (failed_i || !row_inside) ? '0 : in_data_i[Width-1:0];
  end
  // An entry may be narrower than its place.
  logic unused_data;
  assign unused_data = ^in_data_i;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      channel_q <= '0;
      index_q <= '0;
    end else if (take) begin
      channel_q <= channel_last ? '0 : channel_q + ChannelsWidth'(1);
      index_q <= beat_last ? '0 : index_q + IndexBits'(1);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_taken_when_there : assert (!entry_take_i || entry_valid_o);
      a_starts_when_idle : assert (!start_i || failed_i || (state_q == StIdle && !row_valid));
    end
  end
`endif

endmodule

`default_nettype wire
