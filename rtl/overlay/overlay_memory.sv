`default_nettype none

/// What the overlay reads from memory outside the chip, through one AXI4 port or several: model images, the weights of a sample, one
/// sample after the other, and rows of tables that the core asks for.
///
/// Contract: `start_i` as of `model_reader`. While `stream_i` is high, the `stream_bytes_i` bytes from `stream_offset_i`
/// behind the image's address on come out as beats, again and again; both are multiples of a beat, and so is the address of
/// such an image. When `stream_i` falls, beats that are under way are dropped; an image is read after that. `failed_o`: the
/// memory has answered with an error to a read of weights; no more beats come while `stream_i` is high. `broken_o`: it has
/// done so since the last `start_i`.
/// Rows: as of `overlay_row_reader`, with `stream_i` as what is on; `row_failed_o` is their `failed_o`, and `broken_o` includes
/// it. Images and weights have ID 0, rows ID 1 and a read master of their own: a ring of weights that is full holds up no row.
/// With several ports, a beat of the stream is one beat of each, the first port in the low bits: port `p` reads the
/// `stream_bytes_i` bytes from `stream_offset_i + p * stream_bytes_i` on. All ports go on together; an error response to one of
/// them ends the stream. Images and rows come through the first one.
/// Throughput: one beat per cycle.
module overlay_memory #(
  /// Bits of a byte address, of a beat (at least 32).
  parameter int unsigned AddrWidth = 40,
  parameter int unsigned DataWidth = 128,
  /// Ports; what is theirs stands one after the other, the first in the low bits.
  parameter int unsigned Ports = 1,
  /// As of `axi_read_master`.
  parameter int unsigned MaxBurst = 16,
  parameter int unsigned Outstanding = 8,
  parameter int unsigned BufferBeats = 128,
  parameter int unsigned IdWidth = 1,
  /// Bytes of a command of the stream: what is dropped at its end is not much.
  parameter int unsigned ChunkBytes = 4096,
  /// Weights are streamed.
  parameter bit Streams = 1'b1,
  /// Rows of tables are read.
  parameter bit Rows = 1'b0
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// An image; the loader has come to an end.
  input  wire logic                 start_i,
  input  wire logic [AddrWidth-1:0] addr_i,
  input  wire logic [31:0]          bytes_i,
  input  wire logic                 ended_i,
  /// Words of it.
  output      logic                 word_valid_o,
  input  wire logic                 word_ready_i,
  output      logic [31:0]          word_o,
  output      logic                 word_error_o,
  /// Weights.
  input  wire logic                 stream_i,
  input  wire logic [31:0]          stream_offset_i,
  input  wire logic [31:0]          stream_bytes_i,
  output      logic                 beat_valid_o,
  input  wire logic                 beat_ready_i,
  output      logic [Ports*DataWidth-1:0] beat_o,
  output      logic                 failed_o,
  output      logic                 broken_o,
  /// Rows of tables: where these are behind the image's address, their bytes; commands and beats.
  input  wire logic [31:0]          tables_offset_i,
  input  wire logic [31:0]          tables_bytes_i,
  input  wire logic                 row_cmd_valid_i,
  output      logic                 row_cmd_ready_o,
  input  wire logic [31:0]          row_cmd_offset_i,
  input  wire logic [31:0]          row_cmd_bytes_i,
  output      logic                 row_valid_o,
  input  wire logic                 row_ready_i,
  output      logic [DataWidth-1:0] row_o,
  output      logic                 row_failed_o,
  /// Bytes that came over the bus; cycles in which images or weights were waited for.
  input  wire logic                 clear_i,
  output      logic [47:0]          bytes_read_o,
  output      logic [47:0]          waited_o,
  /// AXI4, read channels of all ports.
  output      logic [Ports-1:0]     m_axi_arvalid_o,
  input  wire logic [Ports-1:0]     m_axi_arready_i,
  output      logic [Ports*IdWidth-1:0] m_axi_arid_o,
  output      logic [Ports*AddrWidth-1:0] m_axi_araddr_o,
  output      logic [8*Ports-1:0]   m_axi_arlen_o,
  output      logic [3*Ports-1:0]   m_axi_arsize_o,
  output      logic [2*Ports-1:0]   m_axi_arburst_o,
  output      logic [Ports-1:0]     m_axi_arlock_o,
  output      logic [4*Ports-1:0]   m_axi_arcache_o,
  output      logic [3*Ports-1:0]   m_axi_arprot_o,
  output      logic [4*Ports-1:0]   m_axi_arqos_o,
  input  wire logic [Ports-1:0]     m_axi_rvalid_i,
  output      logic [Ports-1:0]     m_axi_rready_o,
  input  wire logic [Ports*IdWidth-1:0] m_axi_rid_i,
  input  wire logic [Ports*DataWidth-1:0] m_axi_rdata_i,
  input  wire logic [2*Ports-1:0]   m_axi_rresp_i,
  input  wire logic [Ports-1:0]     m_axi_rlast_i
);

  // Commands of the stream under way.
  localparam int unsigned Commands = 3;
  localparam int unsigned CountWidth = $clog2(Commands + 1);

  logic cmd_valid, cmd_ready, out_valid, out_ready, out_last, busy;
  logic [AddrWidth-1:0] cmd_addr;
  logic [31:0] cmd_bytes;
  logic [DataWidth-1:0] out_data;
  logic [1:0] out_resp;
  logic arvalid, arready, rvalid, rready, arid;
  logic [AddrWidth-1:0] araddr;
  logic [7:0] arlen;
  logic [IdWidth-1:0] unused_arid;
  logic [47:0] bytes_read;
  logic unused_id;
  assign unused_id = ^unused_arid;
  axi_read_master #(
    .AddrWidth(AddrWidth),
    .DataWidth(DataWidth),
    .LengthWidth(32),
    .MaxBurst(MaxBurst),
    .Outstanding(Outstanding),
    .BufferBeats(BufferBeats),
    .IdWidth(IdWidth)
  ) u_master (
    .clk_i,
    .rst_i,
    .cmd_valid_i(cmd_valid),
    .cmd_ready_o(cmd_ready),
    .cmd_addr_i(cmd_addr),
    .cmd_bytes_i(cmd_bytes),
    .out_valid_o(out_valid),
    .out_ready_i(out_ready),
    .out_data_o(out_data),
    .out_last_o(out_last),
    .out_resp_o(out_resp),
    .busy_o(busy),
    .clear_i,
    .bytes_o(bytes_read),
    .waited_o,
    .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready),
    .m_axi_arid_o(unused_arid),
    .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen),
    .m_axi_arsize_o(m_axi_arsize_o[2:0]),
    .m_axi_arburst_o(m_axi_arburst_o[1:0]),
    .m_axi_arlock_o(m_axi_arlock_o[0]),
    .m_axi_arcache_o(m_axi_arcache_o[3:0]),
    .m_axi_arprot_o(m_axi_arprot_o[2:0]),
    .m_axi_arqos_o(m_axi_arqos_o[3:0]),
    .m_axi_rvalid_i(rvalid),
    .m_axi_rready_o(rready),
    .m_axi_rid_i('0),
    .m_axi_rdata_i(m_axi_rdata_i[DataWidth-1:0]),
    .m_axi_rresp_i(m_axi_rresp_i[1:0]),
    .m_axi_rlast_i(m_axi_rlast_i[0])
  );
  logic unused_busy;
  assign unused_busy = busy ^ out_resp[0];
  assign m_axi_arid_o[IdWidth-1:0] = IdWidth'(arid);

  // ---------------------------------------------------------------------------- more ports
  // They have the commands of the stream. Whether all of them take one, have a beat, have an error, are at work; what all
  // have in common: a command goes out, a beat goes on or is dropped.
  logic more_ready, more_valid, more_bad, more_busy, command, drops, goes;
  logic [AddrWidth-1:0] stream_addr;
  logic [31:0] stream_length;
  if (Ports > 1) begin : gen_more
    logic [Ports-1:1] ready, valid, bad, at_work;
    assign more_ready = ready == '1;
    assign more_valid = valid == '1;
    assign more_bad = (valid & bad) != '0;
    assign more_busy = at_work != '0;
    for (genvar p = 1; p < Ports; p++) begin : gen_port
      logic own_ready, own_last, unused_own;
      logic [1:0] own_resp;
      logic [AddrWidth-1:0] offset_q;
      logic [CountWidth-1:0] under_way_q;
      logic [47:0] unused_read, unused_waited;
      assign bad[p] = own_resp[1];
      assign at_work[p] = under_way_q != '0;
      assign ready[p] = own_ready && under_way_q != CountWidth'(Commands);
      always_ff @(posedge clk_i) begin
        offset_q <= AddrWidth'(stream_bytes_i) * AddrWidth'(p);
        if (rst_i) under_way_q <= '0;
        else under_way_q <= under_way_q + CountWidth'(command) -
            CountWidth'(valid[p] && (goes || drops) && own_last);
      end
      axi_read_master #(
        .AddrWidth(AddrWidth),
        .DataWidth(DataWidth),
        .LengthWidth(32),
        .MaxBurst(MaxBurst),
        .Outstanding(Outstanding),
        .BufferBeats(BufferBeats),
        .IdWidth(IdWidth)
      ) u_master (
        .clk_i,
        .rst_i,
        .cmd_valid_i(command),
        .cmd_ready_o(own_ready),
        .cmd_addr_i(stream_addr + offset_q),
        .cmd_bytes_i(stream_length),
        .out_valid_o(valid[p]),
        .out_ready_i(goes || drops),
        .out_data_o(beat_o[DataWidth*p+:DataWidth]),
        .out_last_o(own_last),
        .out_resp_o(own_resp),
        .busy_o(unused_own),
        .clear_i,
        .bytes_o(unused_read),
        .waited_o(unused_waited),
        .m_axi_arvalid_o(m_axi_arvalid_o[p]),
        .m_axi_arready_i(m_axi_arready_i[p]),
        .m_axi_arid_o(m_axi_arid_o[IdWidth*p+:IdWidth]),
        .m_axi_araddr_o(m_axi_araddr_o[AddrWidth*p+:AddrWidth]),
        .m_axi_arlen_o(m_axi_arlen_o[8*p+:8]),
        .m_axi_arsize_o(m_axi_arsize_o[3*p+:3]),
        .m_axi_arburst_o(m_axi_arburst_o[2*p+:2]),
        .m_axi_arlock_o(m_axi_arlock_o[p]),
        .m_axi_arcache_o(m_axi_arcache_o[4*p+:4]),
        .m_axi_arprot_o(m_axi_arprot_o[3*p+:3]),
        .m_axi_arqos_o(m_axi_arqos_o[4*p+:4]),
        .m_axi_rvalid_i(m_axi_rvalid_i[p]),
        .m_axi_rready_o(m_axi_rready_o[p]),
        .m_axi_rid_i('0),
        .m_axi_rdata_i(m_axi_rdata_i[DataWidth*p+:DataWidth]),
        .m_axi_rresp_i(m_axi_rresp_i[2*p+:2]),
        .m_axi_rlast_i(m_axi_rlast_i[p])
      );
      logic unused_resp;
      assign unused_resp = own_resp[0] ^ (^m_axi_rid_i[IdWidth*p+:IdWidth]);
    end
  end else begin : gen_one
    assign {more_ready, more_valid, more_bad, more_busy} = 4'b1100;
    logic unused_more;
    assign unused_more = command ^ drops ^ goes ^ (^stream_addr) ^ (^stream_length);
  end

  // ---------------------------------------------------------------------------- image
  // to_stream: what comes from the master belongs to the stream.
  // rows_busy: rows are read from the image that is there.
  logic reader_busy, reader_valid, reader_ready, to_stream, rows_busy, reader_may;
  assign reader_may = !to_stream && !rows_busy;
  logic [AddrWidth-1:0] reader_addr;
  logic [31:0] reader_bytes;
  model_reader #(
    .AddrWidth(AddrWidth),
    .DataWidth(DataWidth),
    .LengthWidth(32)
  ) u_reader (
    .clk_i,
    .rst_i,
    .start_i,
    .addr_i,
    .bytes_i,
    .busy_o(reader_busy),
    .cmd_valid_o(reader_valid),
    .cmd_ready_i(cmd_ready && reader_may),
    .cmd_addr_o(reader_addr),
    .cmd_bytes_o(reader_bytes),
    .in_valid_i(out_valid && !to_stream),
    .in_ready_o(reader_ready),
    .in_data_i(out_data),
    .in_last_i(out_last),
    .in_error_i(out_resp[1]),
    .ended_i,
    .out_valid_o(word_valid_o),
    .out_ready_i(word_ready_i),
    .out_data_o(word_o),
    .out_error_o(word_error_o)
  );

  // ---------------------------------------------------------------------------- weights
  // may_begin: the image is there, and the memory has not failed since.
  logic may_begin, broken_q, stream_fails, rows_fail;
  logic [AddrWidth-1:0] base_q;
  assign may_begin = !reader_busy && !broken_q;
  // Samples that are inside when an image is asked for use the one before.
  always_ff @(posedge clk_i) if (reader_valid && cmd_ready && reader_may) base_q <= reader_addr;
  if (Streams) begin : gen_stream
    logic on_q, failed_q, asks, command_last, ends, bad;
    logic [CountWidth-1:0] under_way_q;
    logic [AddrWidth-1:0] addr_q;
    logic [31:0] left_q, length;
    assign to_stream = on_q || under_way_q != '0 || more_busy;
    assign stream_fails = on_q && bad;
    assign length = (left_q < 32'(ChunkBytes)) ? left_q : 32'(ChunkBytes);
    assign asks = on_q && left_q != '0 && under_way_q != CountWidth'(Commands) && more_ready;
    assign stream_addr = addr_q;
    assign stream_length = length;
    assign command = asks && cmd_ready;
    assign command_last = left_q <= 32'(ChunkBytes);
    assign ends = to_stream && out_valid && out_ready && out_last;
    assign bad = to_stream && ((out_valid && out_resp[1]) || more_bad);
    assign drops = !on_q || bad;
    assign goes = beat_ready_i && out_valid && more_valid;
    assign cmd_valid = to_stream ? asks : reader_valid && reader_may;
    assign cmd_addr = to_stream ? addr_q : reader_addr;
    assign cmd_bytes = to_stream ? length : reader_bytes;
    assign out_ready = to_stream ? goes || drops : reader_ready;
    assign beat_valid_o = on_q && out_valid && more_valid && !bad;
    assign beat_o[DataWidth-1:0] = out_data;
    assign failed_o = failed_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        on_q <= 1'b0;
        failed_q <= 1'b0;
        under_way_q <= '0;
      end else begin
        if (!stream_i || (on_q && bad)) on_q <= 1'b0;
        else if (!to_stream && may_begin && !failed_q) on_q <= 1'b1;
        if (on_q && bad) failed_q <= 1'b1;
        else if (!stream_i) failed_q <= 1'b0;
        under_way_q <= under_way_q + CountWidth'(command) - CountWidth'(ends);
      end
      if (!on_q || (command && command_last)) begin
        addr_q <= base_q + AddrWidth'(stream_offset_i);
        left_q <= stream_bytes_i;
      end else if (command) begin
        addr_q <= addr_q + AddrWidth'(ChunkBytes);
        left_q <= left_q - 32'(ChunkBytes);
      end
    end
  end else begin : gen_no_stream
    assign to_stream = 1'b0;
    assign stream_fails = 1'b0;
    assign cmd_valid = reader_valid && reader_may;
    assign cmd_addr = reader_addr;
    assign cmd_bytes = reader_bytes;
    assign out_ready = reader_ready;
    assign beat_valid_o = 1'b0;
    assign beat_o[DataWidth-1:0] = '0;
    assign {command, drops, goes} = '0;
    assign stream_addr = '0;
    assign stream_length = '0;
    assign failed_o = 1'b0;
    logic unused_stream;
    assign unused_stream = stream_i ^ (^stream_offset_i) ^ (^stream_bytes_i) ^ beat_ready_i ^
        more_ready ^ more_valid ^ more_bad ^ more_busy;
  end
  assign broken_o = broken_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) broken_q <= 1'b0;
    else if (stream_fails || rows_fail) broken_q <= 1'b1;
    else if (start_i) broken_q <= 1'b0;
  end

  // ---------------------------------------------------------------------------- rows
  if (Rows) begin : gen_rows
    // As many beats as are look-up tables: a row is taken an entry a cycle.
    localparam int unsigned RowBeats = 64;
    localparam int unsigned RowBursts = 8;
    logic row_valid, row_ready, row_end, row_cmd_valid, row_cmd_ready, row_busy;
    logic [AddrWidth-1:0] row_addr, row_araddr;
    logic [31:0] row_bytes;
    logic [1:0] row_resp, row_burst;
    logic row_arvalid, row_arready, row_rvalid, row_rready, row_arlock;
    logic [7:0] row_arlen;
    logic [2:0] row_size, row_prot;
    logic [3:0] row_cache, row_qos;
    logic [0:0] row_arid;
    logic [47:0] row_read, row_waited;
    overlay_row_reader #(
      .AddrWidth(AddrWidth)
    ) u_rows (
      .clk_i,
      .rst_i,
      .on_i(stream_i),
      .may_begin_i(may_begin),
      .base_i(base_q),
      .offset_i(tables_offset_i),
      .bytes_i(tables_bytes_i),
      .cmd_valid_i(row_cmd_valid_i),
      .cmd_ready_o(row_cmd_ready_o),
      .cmd_offset_i(row_cmd_offset_i),
      .cmd_bytes_i(row_cmd_bytes_i),
      .beat_valid_o(row_valid_o),
      .beat_ready_i(row_ready_i),
      .fails_o(rows_fail),
      .failed_o(row_failed_o),
      .busy_o(rows_busy),
      .m_cmd_valid_o(row_cmd_valid),
      .m_cmd_ready_i(row_cmd_ready),
      .m_cmd_addr_o(row_addr),
      .m_cmd_bytes_o(row_bytes),
      .m_valid_i(row_valid),
      .m_ready_o(row_ready),
      .m_last_i(row_end),
      .m_error_i(row_resp[1])
    );
    axi_read_master #(
      .AddrWidth(AddrWidth),
      .DataWidth(DataWidth),
      .LengthWidth(32),
      .MaxBurst(MaxBurst),
      .Outstanding(RowBursts),
      .BufferBeats(RowBeats),
      .IdWidth(1)
    ) u_master (
      .clk_i,
      .rst_i,
      .cmd_valid_i(row_cmd_valid),
      .cmd_ready_o(row_cmd_ready),
      .cmd_addr_i(row_addr),
      .cmd_bytes_i(row_bytes),
      .out_valid_o(row_valid),
      .out_ready_i(row_ready),
      .out_data_o(row_o),
      .out_last_o(row_end),
      .out_resp_o(row_resp),
      .busy_o(row_busy),
      .clear_i,
      .bytes_o(row_read),
      .waited_o(row_waited),
      .m_axi_arvalid_o(row_arvalid),
      .m_axi_arready_i(row_arready),
      .m_axi_arid_o(row_arid),
      .m_axi_araddr_o(row_araddr),
      .m_axi_arlen_o(row_arlen),
      .m_axi_arsize_o(row_size),
      .m_axi_arburst_o(row_burst),
      .m_axi_arlock_o(row_arlock),
      .m_axi_arcache_o(row_cache),
      .m_axi_arprot_o(row_prot),
      .m_axi_arqos_o(row_qos),
      .m_axi_rvalid_i(row_rvalid),
      .m_axi_rready_o(row_rready),
      .m_axi_rid_i(1'b0),
      .m_axi_rdata_i(m_axi_rdata_i[DataWidth-1:0]),
      .m_axi_rresp_i(m_axi_rresp_i[1:0]),
      .m_axi_rlast_i(m_axi_rlast_i[0])
    );
    axi_read_join #(
      .AddrWidth(AddrWidth)
    ) u_join (
      .clk_i,
      .rst_i,
      .a_arvalid_i(arvalid),
      .a_arready_o(arready),
      .a_araddr_i(araddr),
      .a_arlen_i(arlen),
      .a_rvalid_o(rvalid),
      .a_rready_i(rready),
      .b_arvalid_i(row_arvalid),
      .b_arready_o(row_arready),
      .b_araddr_i(row_araddr),
      .b_arlen_i(row_arlen),
      .b_rvalid_o(row_rvalid),
      .b_rready_i(row_rready),
      .m_axi_arvalid_o(m_axi_arvalid_o[0]),
      .m_axi_arready_i(m_axi_arready_i[0]),
      .m_axi_arid_o(arid),
      .m_axi_araddr_o(m_axi_araddr_o[AddrWidth-1:0]),
      .m_axi_arlen_o(m_axi_arlen_o[7:0]),
      .m_axi_rvalid_i(m_axi_rvalid_i[0]),
      .m_axi_rready_o(m_axi_rready_o[0]),
      .m_axi_rid_i(m_axi_rid_i[0])
    );
    assign bytes_read_o = bytes_read + row_read;
    logic unused_rows;
    assign unused_rows = row_busy ^ row_resp[0] ^ (^row_burst) ^ row_arlock ^ (^row_size) ^
        (^row_prot) ^ (^row_cache) ^ (^row_qos) ^ (^row_arid) ^ (^row_waited) ^ (^m_axi_rid_i[IdWidth-1:0]);
  end else begin : gen_no_rows
    assign rows_busy = 1'b0;
    assign rows_fail = 1'b0;
    assign row_cmd_ready_o = 1'b0;
    assign row_valid_o = 1'b0;
    assign row_o = '0;
    assign row_failed_o = 1'b0;
    assign m_axi_arvalid_o[0] = arvalid;
    assign arready = m_axi_arready_i[0];
    assign arid = 1'b0;
    assign m_axi_araddr_o[AddrWidth-1:0] = araddr;
    assign m_axi_arlen_o[7:0] = arlen;
    assign rvalid = m_axi_rvalid_i[0];
    assign m_axi_rready_o[0] = rready;
    assign bytes_read_o = bytes_read;
    logic unused_rows;
    assign unused_rows = row_cmd_valid_i ^ (^row_cmd_offset_i) ^ (^row_cmd_bytes_i) ^ row_ready_i ^
        (^tables_offset_i) ^ (^tables_bytes_i) ^ (^m_axi_rid_i[IdWidth-1:0]) ^ (^base_q) ^ may_begin;
  end

endmodule

`default_nettype wire
