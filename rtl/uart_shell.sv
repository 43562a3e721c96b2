`default_nettype none

/// Serial shell of a board without a processor: carries out requests of the host on the interfaces of the core.
///
/// The protocol is in docs/uart-protocol.md. A request is a packet of `packet_rx`: command, tag,
/// arguments. Each gets one reply: the command with bit 7 set, the tag, a status, data.
///
/// | command | arguments | data of the reply |
/// |---|---|---|
/// | 1 identify | | `Identity` |
/// | 2 reset | | |
/// | 3 block | number, 1 to `BlockBytes` bytes of samples | the number that is expected next |
/// | 4 result | number | the result frame |
/// | 5 read | address, 2 bytes | 4 bytes |
/// | 6 write | address, 2 bytes; 4 bytes | |
/// | 7 line | | framing errors and bad packets since the reset, a byte each, at most 255 |
///
/// Numbers of more than a byte come low byte first. Status: 0 done; 1 busy, send the block again later;
/// 2 no such result yet; 3 wrong number; 4 unknown command or wrong length; 5 bad packet (command and
/// tag of the reply are 0x80 and 0); 6, 7 the register's SLVERR, DECERR.
///
/// Contract: nothing is lost while the core is busy. A block is refused as long as the one before has
/// not gone into the core; a result stays until the host asks for the next. Blocks and results are
/// numbered modulo 256 from the reset on, so a request may be repeated: a block that comes twice is
/// taken once. A packet that begins while a reply is under way, or of fewer
/// than 4 bytes, is ignored.
/// `core_rst_o` resets the core: with `rst_i`, and on command 2, which also empties the buffers and
/// begins the numbers at 0.
module uart_shell #(
  /// Clock cycles of a bit on the line, at least 4.
  parameter int unsigned ClocksPerBit = 25,
  /// Bytes of a beat of the core's samples.
  parameter int unsigned BeatBytes = 4,
  /// Bytes of a sample.
  parameter int unsigned SampleBytes = 30,
  /// Bytes of a block, at most.
  parameter int unsigned BlockBytes = 64,
  /// Words of a result frame.
  parameter int unsigned FrameWords = 4,
  /// Address bits of the core's registers, up to 16.
  parameter int unsigned AddrWidth = 8,
  /// What the board says of itself: bytes, the first in the low bits.
  parameter int unsigned IdentityBytes = 1,
  parameter bit [8*IdentityBytes-1:0] Identity = '0,
  /// The light stays on for 2^LightBits cycles after the last activity.
  parameter int unsigned LightBits = 20
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// The line and the light.
  input  wire logic                   uart_rx_i,
  output      logic                   uart_tx_o,
  output      logic                   led_o,
  /// The core.
  output      logic                   core_rst_o,
  input  wire logic                   core_busy_i,
  /// Samples, AXI4-Stream.
  output      logic                   m_axis_tvalid_o,
  input  wire logic                   m_axis_tready_i,
  output      logic [8*BeatBytes-1:0] m_axis_tdata_o,
  output      logic                   m_axis_tlast_o,
  /// Result frames, AXI4-Stream.
  input  wire logic                   s_axis_tvalid_i,
  output      logic                   s_axis_tready_o,
  input  wire logic [31:0]            s_axis_tdata_i,
  input  wire logic                   s_axis_tlast_i,
  /// Registers, AXI4-Lite.
  output      logic                   m_axi_awvalid_o,
  input  wire logic                   m_axi_awready_i,
  output      logic [AddrWidth-1:0]   m_axi_awaddr_o,
  output      logic                   m_axi_wvalid_o,
  input  wire logic                   m_axi_wready_i,
  output      logic [31:0]            m_axi_wdata_o,
  output      logic [3:0]             m_axi_wstrb_o,
  input  wire logic                   m_axi_bvalid_i,
  output      logic                   m_axi_bready_o,
  input  wire logic [1:0]             m_axi_bresp_i,
  output      logic                   m_axi_arvalid_o,
  input  wire logic                   m_axi_arready_i,
  output      logic [AddrWidth-1:0]   m_axi_araddr_o,
  input  wire logic                   m_axi_rvalid_i,
  output      logic                   m_axi_rready_o,
  input  wire logic [31:0]            m_axi_rdata_i,
  input  wire logic [1:0]             m_axi_rresp_i
);

  localparam int unsigned FrameBytes = 4 * FrameWords;
  localparam int unsigned MostData = (FrameBytes > IdentityBytes) ? FrameBytes : IdentityBytes;
  localparam int unsigned IndexWidth = $clog2(MostData + 1);
  localparam int unsigned IdentityWidth = (IdentityBytes > 1) ? $clog2(IdentityBytes) : 1;
  localparam int unsigned FrameWidth = $clog2(FrameBytes);
  localparam int unsigned BlockWidth = (BlockBytes > 1) ? $clog2(BlockBytes) : 1;
  localparam int unsigned LengthWidth = $clog2(BlockBytes + 1);

  if (AddrWidth < 3 || AddrWidth > 16 || IdentityBytes < 1 || LightBits < 1)
  begin : gen_bad_parameters
    $error("uart_shell: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- line
  logic rx_valid, rx_error, tx_valid, tx_ready;
  logic [7:0] rx_byte, tx_byte, line_byte;
  logic line_valid, line_ready;
  uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_rx (
    .clk_i,
    .rst_i,
    .rx_i   (uart_rx_i),
    .valid_o(rx_valid),
    .byte_o (rx_byte),
    .error_o(rx_error)
  );
  uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_tx (
    .clk_i,
    .rst_i,
    .valid_i(line_valid),
    .ready_o(line_ready),
    .byte_i (line_byte),
    .tx_o   (uart_tx_o)
  );

  logic in_valid, in_end, in_good, out_valid, out_ready, out_last;
  logic [7:0] in_byte, out_byte_q;
  packet_rx u_packet_rx (
    .clk_i,
    .rst_i,
    .valid_i(rx_valid),
    .byte_i (rx_byte),
    .error_i(rx_error),
    .valid_o(in_valid),
    .byte_o (in_byte),
    .end_o  (in_end),
    .good_o (in_good)
  );
  packet_tx u_packet_tx (
    .clk_i,
    .rst_i,
    .valid_i(out_valid),
    .ready_o(out_ready),
    .byte_i (out_byte_q),
    .last_i (out_last),
    .valid_o(tx_valid),
    .ready_i(tx_ready),
    .byte_o (tx_byte)
  );
  // The line is slow; a register between keeps the paths short.
  stream_fifo #(
    .Width(8),
    .Depth(1)
  ) u_line (
    .clk_i,
    .rst_i,
    .in_valid_i(tx_valid),
    .in_ready_o(tx_ready),
    .in_data_i(tx_byte),
    .out_valid_o(line_valid),
    .out_ready_i(line_ready),
    .out_data_o(line_byte)
  );

  // ---------------------------------------------------------------------------- request
  // idle: a request may come in. check: it is complete. run: what is right and wrong with it is known. bus:
  // a register is accessed. reply: the answer goes out.
  typedef enum logic [2:0] {
    StIdle,
    StCheck,
    StRun,
    StBus,
    StReply
  } state_e;
  state_e state_q;

  logic block_free, block_write, request_end, request_bad, good, fits, address_fits, stored;
  logic [BlockWidth-1:0] block_offset;
  logic [LengthWidth-1:0] block_length;
  logic [7:0] command, tag, number;
  logic [AddrWidth-1:0] address;
  logic [31:0] write_data;
  uart_request #(
    .BlockBytes(BlockBytes),
    .AddrWidth(AddrWidth)
  ) u_request (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid),
    .in_byte_i(in_byte),
    .in_end_i(in_end),
    .in_good_i(in_good),
    .idle_i(state_q == StIdle),
    .block_free_i(block_free),
    .block_write_o(block_write),
    .block_offset_o(block_offset),
    .end_o(request_end),
    .bad_o(request_bad),
    .good_o(good),
    .fits_o(fits),
    .command_o(command),
    .tag_o(tag),
    .number_o(number),
    .address_o(address),
    .address_fits_o(address_fits),
    .data_o(write_data),
    .block_length_o(block_length),
    .stored_o(stored)
  );

  // ---------------------------------------------------------------------------- execution
  // block_q, result_q: the numbers that are expected next. any_q: a block has been taken.
  logic [7:0] block_q, result_q, status, status_q;
  logic any_q, commit, held, release_result, access, reset_all;
  logic [31:0] data_q;
  logic [IndexWidth-1:0] data_length, data_length_q;

  // Whether the request's number is that of the next block, of the one before, of the result that is expected,
  // or of the one after.
  logic is_next_q, is_again_q, is_result_q, is_after_q;
  always_ff @(posedge clk_i) begin
    is_next_q <= number == block_q;
    is_again_q <= any_q && number == block_q - 8'd1;
    is_result_q <= number == result_q;
    is_after_q <= number == result_q + 8'd1;
  end

  always_comb begin
    status = uart_shell_pkg::StatusDone;
    data_length = '0;
    commit = 1'b0;
    release_result = 1'b0;
    access = 1'b0;
    reset_all = 1'b0;
    if (state_q == StRun) begin
      if (!good) begin
        status = uart_shell_pkg::StatusBadPacket;
      end else if (!fits) begin
        status = uart_shell_pkg::StatusWrongRequest;
      end else begin
        case (command)
          uart_shell_pkg::CmdIdentify: data_length = IndexWidth'(IdentityBytes);
          uart_shell_pkg::CmdReset: reset_all = 1'b1;
          uart_shell_pkg::CmdBlock: begin
            data_length = IndexWidth'(1);
            if (is_next_q) begin
              commit = stored;
              if (!stored) status = uart_shell_pkg::StatusBusy;
            end else if (!is_again_q) begin
              status = uart_shell_pkg::StatusWrongNumber;
            end
          end
          uart_shell_pkg::CmdResult: begin
            if (is_result_q && held) data_length = IndexWidth'(FrameBytes);
            else if (is_result_q) status = uart_shell_pkg::StatusNotYet;
            else if (is_after_q && held) begin
              release_result = 1'b1;
              status = uart_shell_pkg::StatusNotYet;
            end else status = uart_shell_pkg::StatusWrongNumber;
          end
          uart_shell_pkg::CmdRead, uart_shell_pkg::CmdWrite: begin
            access = address_fits;
            if (!address_fits) status = uart_shell_pkg::StatusDecode;
          end
          default: data_length = IndexWidth'(2);
        endcase
      end
    end
  end

  logic bus_done;
  logic [31:0] bus_data;
  logic [1:0] bus_resp;
  // How long the core is in reset.
  logic [3:0] reset_q;
  logic [7:0] framing_q, bad_q;
  logic bus_write, sent_last;
  assign bus_write = command == uart_shell_pkg::CmdWrite;
  // A register, as it goes to everything. High from the first cycle on, by its initial value.
  logic core_rst_q;
  assign core_rst_o = core_rst_q;
  initial core_rst_q = 1'b1;
  // Not `always_ff`, which must be the only one to write its registers.
  always @(posedge clk_i) core_rst_q <= rst_i || reset_all || reset_q > 4'd1;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      reset_q <= '1;
      framing_q <= '0;
      bad_q <= '0;
    end else begin
      if (reset_q != '0) reset_q <= reset_q - 4'd1;
      if (reset_all) reset_q <= '1;
      if (rx_error && framing_q != '1) framing_q <= framing_q + 8'd1;
      // What is too short for a packet is noise, or what a host sends to be in step: it is not
      // counted and gets no reply.
      if (request_bad && bad_q != '1) bad_q <= bad_q + 8'd1;
      case (state_q)
        StIdle: if (request_end) state_q <= StCheck;
        StCheck: state_q <= StRun;
        StRun: state_q <= access ? StBus : StReply;
        StBus: if (bus_done) state_q <= StReply;
        default: if (sent_last) state_q <= StIdle;
      endcase
    end
    if (core_rst_o) begin
      block_q <= '0;
      result_q <= '0;
      any_q <= 1'b0;
    end else begin
      if (commit) begin
        block_q <= block_q + 8'd1;
        any_q <= 1'b1;
      end
      if (release_result) result_q <= result_q + 8'd1;
    end
    if (state_q == StRun) begin
      status_q <= status;
      data_length_q <= data_length;
      data_q <= (command == uart_shell_pkg::CmdLine) ? {16'd0, bad_q, framing_q} : {24'd0, block_q};
      if (commit) data_q[7:0] <= block_q + 8'd1;
    end else if (bus_done) begin
      if (bus_resp == '0) status_q <= uart_shell_pkg::StatusDone;
      else status_q <= uart_shell_pkg::StatusBus | 8'(bus_resp);
      data_length_q <= (bus_write || bus_resp != '0) ? '0 : IndexWidth'(4);
      data_q <= bus_data;
    end
  end

  block_buffer #(
    .BlockBytes (BlockBytes),
    .BeatBytes  (BeatBytes),
    .SampleBytes(SampleBytes)
  ) u_block (
    .clk_i,
    .rst_i   (core_rst_o),
    .free_o  (block_free),
    .write_i (block_write),
    .addr_i  (block_offset),
    .byte_i  (in_byte),
    .commit_i(commit),
    .length_i(block_length),
    .m_axis_tvalid_o,
    .m_axis_tready_i,
    .m_axis_tdata_o,
    .m_axis_tlast_o
  );

  register_access #(
    .AddrWidth(AddrWidth)
  ) u_access (
    .clk_i,
    .rst_i  (core_rst_o),
    .start_i(access),
    .write_i(bus_write),
    .addr_i (address),
    .data_i (write_data),
    .done_o (bus_done),
    .data_o (bus_data),
    .resp_o (bus_resp),
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_awaddr_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_bvalid_i,
    .m_axi_bready_o,
    .m_axi_bresp_i,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_araddr_o,
    .m_axi_rvalid_i,
    .m_axi_rready_o,
    .m_axi_rdata_i,
    .m_axi_rresp_i
  );

  // ---------------------------------------------------------------------------- reply
  // head_q: byte of the head, or 3 for the data. settle_q: cycles until the byte is there.
  logic [1:0] head_q, settle_q;
  logic [IndexWidth-1:0] index_q;
  logic [7:0] frame_byte, identity_byte, data_byte;
  assign out_valid = state_q == StReply && settle_q == '0;
  assign out_last = (data_length_q == '0) ? head_q == 2'd2 :
      head_q == 2'd3 && index_q == data_length_q - IndexWidth'(1);
  assign sent_last = out_valid && out_ready && out_last;

  // The way of `ready` into the core ends here.
  logic result_valid, result_ready, result_last;
  logic [31:0] result_word;
  stream_fifo #(
    .Width(33),
    .Depth(2)
  ) u_words (
    .clk_i,
    .rst_i      (core_rst_o),
    .in_valid_i (s_axis_tvalid_i),
    .in_ready_o (s_axis_tready_o),
    .in_data_i  ({s_axis_tlast_i, s_axis_tdata_i}),
    .out_valid_o(result_valid),
    .out_ready_i(result_ready),
    .out_data_o ({result_last, result_word})
  );

  result_buffer #(
    .FrameWords(FrameWords)
  ) u_result (
    .clk_i,
    .rst_i          (core_rst_o),
    .s_axis_tvalid_i(result_valid),
    .s_axis_tready_o(result_ready),
    .s_axis_tdata_i (result_word),
    .s_axis_tlast_i (result_last),
    .held_o   (held),
    .release_i(release_result),
    .addr_i   (FrameWidth'(index_q)),
    .byte_o   (frame_byte)
  );

  always_comb begin
    identity_byte = '0;
    for (int unsigned i = 0; i < IdentityBytes; i++) begin
      if (IdentityWidth'(index_q) == IdentityWidth'(i)) identity_byte = Identity[8*i+:8];
    end
    case (index_q[1:0])
      2'd0: data_byte = data_q[7:0];
      2'd1: data_byte = data_q[15:8];
      2'd2: data_byte = data_q[23:16];
      default: data_byte = data_q[31:24];
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (state_q != StReply) begin
      head_q <= '0;
      index_q <= '0;
      settle_q <= 2'd2;
    end else if (out_valid && out_ready) begin
      settle_q <= 2'd2;
      if (head_q != 2'd3) head_q <= head_q + 2'd1;
      else index_q <= index_q + IndexWidth'(1);
    end else if (settle_q != '0) begin
      settle_q <= settle_q - 2'd1;
    end
    if (settle_q != '0) begin
      case (head_q)
        2'd0: out_byte_q <= good ? {1'b1, command[6:0]} : 8'h80;
        2'd1: out_byte_q <= good ? tag : 8'h00;
        2'd2: out_byte_q <= status_q;
        default: begin
          if (command == uart_shell_pkg::CmdResult) out_byte_q <= frame_byte;
          else if (command == uart_shell_pkg::CmdIdentify) out_byte_q <= identity_byte;
          else out_byte_q <= data_byte;
        end
      endcase
    end
  end

  // ---------------------------------------------------------------------------- light
  logic [LightBits-1:0] light_q;
  assign led_o = light_q != '0;
  always_ff @(posedge clk_i) begin
    if (rst_i) light_q <= '0;
    else if (rx_valid || line_valid || core_busy_i) light_q <= '1;
    else if (light_q != '0) light_q <= light_q - LightBits'(1);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i && state_q == StRun) begin
      a_block_is_whole : assert (!commit || block_free);
      a_length_fits : assert (!good || !fits || int'(data_length) <= int'(MostData));
    end
  end
`endif

endmodule

`default_nettype wire
