`default_nettype none

/// What the overlay reads from memory outside the chip: model images, and the weights of a sample, one sample after the
/// other, through one AXI4 read master.
///
/// Contract: `start_i` as of `model_reader`. While `stream_i` is high, the `stream_bytes_i` bytes from `stream_offset_i`
/// behind the image's address on come out as beats, again and again; both are multiples of a beat, and so is the address of
/// such an image. When `stream_i` falls, beats that are under way are dropped; an image is read after that. `failed_o`: the
/// memory has answered with an error to a read of weights; no more beats come while `stream_i` is high. `broken_o`: it has
/// done so since the last `start_i`.
/// Throughput: one beat per cycle.
module overlay_memory #(
  /// Bits of a byte address, of a beat (at least 32).
  parameter int unsigned AddrWidth = 40,
  parameter int unsigned DataWidth = 128,
  /// As of `axi_read_master`.
  parameter int unsigned MaxBurst = 16,
  parameter int unsigned Outstanding = 8,
  parameter int unsigned BufferBeats = 128,
  parameter int unsigned IdWidth = 1,
  /// Weights are streamed.
  parameter bit Streams = 1'b1
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
  output      logic [DataWidth-1:0] beat_o,
  output      logic                 failed_o,
  output      logic                 broken_o,
  /// Counters of the master.
  input  wire logic                 clear_i,
  output      logic [47:0]          bytes_read_o,
  output      logic [47:0]          waited_o,
  /// AXI4, read channels.
  output      logic                 m_axi_arvalid_o,
  input  wire logic                 m_axi_arready_i,
  output      logic [IdWidth-1:0]   m_axi_arid_o,
  output      logic [AddrWidth-1:0] m_axi_araddr_o,
  output      logic [7:0]           m_axi_arlen_o,
  output      logic [2:0]           m_axi_arsize_o,
  output      logic [1:0]           m_axi_arburst_o,
  output      logic                 m_axi_arlock_o,
  output      logic [3:0]           m_axi_arcache_o,
  output      logic [2:0]           m_axi_arprot_o,
  output      logic [3:0]           m_axi_arqos_o,
  input  wire logic                 m_axi_rvalid_i,
  output      logic                 m_axi_rready_o,
  input  wire logic [IdWidth-1:0]   m_axi_rid_i,
  input  wire logic [DataWidth-1:0] m_axi_rdata_i,
  input  wire logic [1:0]           m_axi_rresp_i,
  input  wire logic                 m_axi_rlast_i
);

  // Bytes of a command of the stream: what is dropped at its end is not much. Commands under way.
  localparam int unsigned ChunkBytes = 4096;
  localparam int unsigned Commands = 3;
  localparam int unsigned CountWidth = $clog2(Commands + 1);

  logic cmd_valid, cmd_ready, out_valid, out_ready, out_last, busy;
  logic [AddrWidth-1:0] cmd_addr;
  logic [31:0] cmd_bytes;
  logic [DataWidth-1:0] out_data;
  logic [1:0] out_resp;
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
    .bytes_o(bytes_read_o),
    .waited_o,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_arid_o,
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arsize_o,
    .m_axi_arburst_o,
    .m_axi_arlock_o,
    .m_axi_arcache_o,
    .m_axi_arprot_o,
    .m_axi_arqos_o,
    .m_axi_rvalid_i,
    .m_axi_rready_o,
    .m_axi_rid_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i
  );
  logic unused_busy;
  assign unused_busy = busy ^ out_resp[0];

  // ---------------------------------------------------------------------------- image
  // to_stream: what comes from the master belongs to the stream.
  logic reader_busy, reader_valid, reader_ready, to_stream;
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
    .cmd_ready_i(cmd_ready && !to_stream),
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
  if (Streams) begin : gen_stream
    logic on_q, failed_q, broken_q, asks, command, command_last, ends, bad;
    logic [CountWidth-1:0] under_way_q;
    logic [AddrWidth-1:0] base_q, addr_q;
    logic [31:0] left_q, length;
    assign to_stream = on_q || under_way_q != '0;
    assign length = (left_q < 32'(ChunkBytes)) ? left_q : 32'(ChunkBytes);
    assign asks = on_q && left_q != '0 && under_way_q != CountWidth'(Commands);
    assign command = asks && cmd_ready;
    assign command_last = left_q <= 32'(ChunkBytes);
    assign ends = to_stream && out_valid && out_ready && out_last;
    assign bad = to_stream && out_valid && out_resp[1];
    assign cmd_valid = to_stream ? asks : reader_valid;
    assign cmd_addr = to_stream ? addr_q : reader_addr;
    assign cmd_bytes = to_stream ? length : reader_bytes;
    assign out_ready = to_stream ? beat_ready_i || !on_q || bad : reader_ready;
    assign beat_valid_o = on_q && out_valid && !bad;
    assign beat_o = out_data;
    assign failed_o = failed_q;
    assign broken_o = broken_q;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        on_q <= 1'b0;
        failed_q <= 1'b0;
        broken_q <= 1'b0;
        under_way_q <= '0;
      end else begin
        if (!stream_i || (on_q && bad)) on_q <= 1'b0;
        else if (!to_stream && !reader_busy && !failed_q && !broken_q) on_q <= 1'b1;
        if (on_q && bad) failed_q <= 1'b1;
        else if (!stream_i) failed_q <= 1'b0;
        if (on_q && bad) broken_q <= 1'b1;
        else if (start_i) broken_q <= 1'b0;
        under_way_q <= under_way_q + CountWidth'(command) - CountWidth'(ends);
      end
      // Samples that are inside when an image is asked for use the one before.
      if (reader_valid && cmd_ready && !to_stream) base_q <= reader_addr;
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
    assign cmd_valid = reader_valid;
    assign cmd_addr = reader_addr;
    assign cmd_bytes = reader_bytes;
    assign out_ready = reader_ready;
    assign beat_valid_o = 1'b0;
    assign beat_o = '0;
    assign failed_o = 1'b0;
    assign broken_o = 1'b0;
    logic unused_stream;
    assign unused_stream = stream_i ^ (^stream_offset_i) ^ (^stream_bytes_i) ^ beat_ready_i ^
        reader_busy;
  end

endmodule

`default_nettype wire
