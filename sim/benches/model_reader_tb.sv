`default_nettype none

/// Bench of `model_reader` with `axi_read_master`: images of random places and lengths, a loader that ends before, with
/// or behind the last word, error responses, addresses and lengths that are no multiple of 4, and starts while an image is
/// read. Every word is compared with the memory; an error is reported exactly where the image is not read well.
module model_reader_tb #(
  parameter int unsigned AddrWidth = 24,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned LengthWidth = 16
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Images = 250;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic start, busy, cmd_valid, cmd_ready, beat_valid, beat_ready, beat_last, ended;
  logic word_valid, word_ready, word_error, master_busy;
  logic [AddrWidth-1:0] addr, cmd_addr, araddr;
  logic [LengthWidth-1:0] length, cmd_bytes;
  logic [DataWidth-1:0] beat_data, rdata;
  logic [1:0] beat_resp, rresp, arburst;
  logic [31:0] word_data;
  model_reader #(
    .AddrWidth(AddrWidth), .DataWidth(DataWidth), .LengthWidth(LengthWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .start_i(start), .addr_i(addr), .bytes_i(length), .busy_o(busy),
    .cmd_valid_o(cmd_valid), .cmd_ready_i(cmd_ready), .cmd_addr_o(cmd_addr),
    .cmd_bytes_o(cmd_bytes), .in_valid_i(beat_valid), .in_ready_o(beat_ready),
    .in_data_i(beat_data), .in_last_i(beat_last), .in_error_i(beat_resp[1]), .ended_i(ended),
    .out_valid_o(word_valid), .out_ready_i(word_ready), .out_data_o(word_data),
    .out_error_o(word_error)
  );

  logic arvalid, arready, rvalid, rready, rlast, arid, rid, arlock;
  logic [7:0] arlen;
  logic [2:0] arsize, arprot;
  logic [3:0] arcache, arqos;
  logic [47:0] bytes, waited;
  axi_read_master #(
    .AddrWidth(AddrWidth), .DataWidth(DataWidth), .LengthWidth(LengthWidth), .MaxBurst(8),
    .Outstanding(3), .BufferBeats(16)
  ) u_master (
    .clk_i, .rst_i(rst), .cmd_valid_i(cmd_valid), .cmd_ready_o(cmd_ready), .cmd_addr_i(cmd_addr),
    .cmd_bytes_i(cmd_bytes), .out_valid_o(beat_valid), .out_ready_i(beat_ready),
    .out_data_o(beat_data), .out_last_o(beat_last), .out_resp_o(beat_resp), .busy_o(master_busy),
    .clear_i(1'b0), .bytes_o(bytes), .waited_o(waited), .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready), .m_axi_arid_o(arid), .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen), .m_axi_arsize_o(arsize), .m_axi_arburst_o(arburst),
    .m_axi_arlock_o(arlock), .m_axi_arcache_o(arcache), .m_axi_arprot_o(arprot),
    .m_axi_arqos_o(arqos), .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rid_i(rid),
    .m_axi_rdata_i(rdata), .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast)
  );
  int unsigned errors = 0, stall = 0;
  axi_memory #(.AddrWidth(AddrWidth), .DataWidth(DataWidth)) u_memory (
    .clk_i, .rst_i(rst), .latency_min_i(0), .latency_max_i(20), .ar_stall_i(30),
    .r_stall_i(30), .errors_i(errors), .arvalid_i(arvalid),
    .arready_o(arready), .arid_i(arid), .araddr_i(araddr), .arlen_i(arlen), .rvalid_o(rvalid),
    .rready_i(rready), .rid_o(rid), .rdata_o(rdata), .rresp_o(rresp), .rlast_o(rlast)
  );

  // The image: its words, and after how many of them the loader ends by itself. bad: the memory has answered with an error.
  longint first = 0;
  int words = 0, enough = 0, given = 0, left = 0, images = 0, idle = 0, restarts = 0, good_images = 0, bad_images = 0;
  logic odd = 1'b0, bad = 1'b0, reported = 1'b0;

  task automatic begin_image();
    images = images + 1;
    first = longint'($urandom) & ((longint'(1) << AddrWidth) - 1) & ~longint'(3);
    words = 1 + int'($urandom_range(($urandom_range(3) == 0) ? 2 : 90));
    case ($urandom_range(3))
      0: enough = 1 + int'($urandom_range(words - 1));
      1: enough = words + 1 + int'($urandom_range(3));
      default: enough = words;
    endcase
    odd = $urandom_range(15) == 0;
    start <= 1'b1;
    addr <= AddrWidth'(first + ((odd && images % 2 == 0) ? 2 : 0));
    length <= (odd && images % 2 != 0) ? LengthWidth'(4 * words + 1) : LengthWidth'(4 * words);
    if (odd && $urandom_range(1) == 0) length <= '0;
    given = 0;
    bad = 1'b0;
    reported = 1'b0;
    errors = ($urandom_range(2) == 0) ? 30 : 0;
    stall = 45 * $urandom_range(2);
    left = ($urandom_range(4) == 0) ? int'($urandom_range(120)) : 100000;
  endtask

  always @(posedge clk_i) begin
    word_ready <= $urandom_range(99) >= stall;
    start <= 1'b0;
    if (rst) begin
      done_o <= 1'b0;
      ended <= 1'b1;
      addr <= '0;
      length <= '0;
    end else begin
      if (start) ended <= 1'b0;
      // The loader.
      if (!start && !ended) begin
        if (word_error) begin
          reported = 1'b1;
          ended <= 1'b1;
        end else if (word_valid && word_ready) begin
          if (word_data != u_memory.word((first + 4 * longint'(given)) & ((longint'(1) << AddrWidth) - 1))) begin
            $fatal(1, "%m: word %0d is %h", given, word_data);
          end
          given = given + 1;
          if (given > words || odd) $fatal(1, "%m: a word too many");
          if (given == enough) ended <= 1'b1;
        end
      end
      // What the memory answered before the loader had enough.
      if (rvalid && rready && rresp[1]) bad = 1'b1;

      idle = (!busy && !start && ended) ? idle + 1 : 0;
      left = left - 1;
      if (idle == 3 && !done_o) begin
        if (images != 0) begin
          if (reported != (given != enough)) $fatal(1, "%m: an error is not reported, or none is");
          if (reported && !odd && !bad && given != words) $fatal(1, "%m: words are missing");
          if (master_busy) $fatal(1, "%m: beats are left");
          if (reported) bad_images = bad_images + 1;
          else good_images = good_images + 1;
        end
        if (images == Images) begin
          if (restarts < 10 || bad_images < 30 || good_images < 30) $fatal(1, "%m: too few cases");
          done_o <= 1'b1;
        end else begin
          begin_image();
        end
      end else if (left == 0 && images < Images) begin
        restarts = restarts + 1;
        begin_image();
      end
    end
  end

  logic unused_signals;
  assign unused_signals = (^arcache) ^ (^arprot) ^ (^arqos) ^ (^arburst) ^ (^arsize) ^ arlock ^ (^bytes) ^
      (^waited) ^ beat_resp[0];

endmodule

`default_nettype wire
