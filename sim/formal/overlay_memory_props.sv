`default_nettype none

/// Properties of `overlay_memory` with two ports, for any image, any reader of its stream, and any memory that answers each port in
/// order, with errors.
///
/// The memory of the properties answers with the address of a beat as its data. Both ports read only the image; what comes out are the
/// parts of the stream's beats, those of both ports of the same beat, in order, from the begin after each pause of the stream.
/// After an error response nothing comes until the stream pauses. With `FAIR` nothing fails, and any of memory, loader and
/// reader pause for a cycle each time, the others never; then a beat comes within a bound.
module overlay_memory_props #(
  parameter int unsigned AddrWidth = 8,
  /// Bytes of a command of the stream: two beats.
  parameter int unsigned ChunkBytes = 8,
  parameter int unsigned Outstanding = 2
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic start_i,
  input wire logic stream_i,
  input wire logic word_ready_i,
  input wire logic beat_ready_i,
  input wire logic [1:0] arready_i,
  input wire logic [1:0] rvalid_i,
  input wire logic [1:0] error_i
);

  localparam int unsigned Ports = 2;
  localparam int unsigned DataWidth = 32;
`ifdef FAIR
  localparam bit Fair = 1'b1;
`else
  localparam bit Fair = 1'b0;
`endif
  // One image and one stream, of 3 beats, after one reset; else any.
`ifdef ONE
  localparam bit One = 1'b1;
`else
  localparam bit One = 1'b0;
`endif
  // Cycles until the next beat while the stream is on, if nobody pauses for long.
  localparam int unsigned Bound = 28;

  // The image in words of 32 bits: place, length, words that the loader takes; the stream: begin and beats.
  (* anyconst *) logic [AddrWidth-1:0] base;
  (* anyconst *) logic [3:0] words, taken, offset, beats;
  logic [31:0] bytes, stream_offset, stream_bytes;
  assign bytes = {26'd0, words, 2'b00};
  assign stream_offset = {26'd0, offset, 2'b00};
  assign stream_bytes = {26'd0, beats, 2'b00};

  logic word_valid, word_error, beat_valid, failed, broken, ended_q;
  logic [31:0] word;
  logic [Ports*DataWidth-1:0] beat;
  logic [Ports-1:0] arvalid, rready, arid, arlock;
  logic [Ports*AddrWidth-1:0] araddr;
  logic [8*Ports-1:0] arlen;
  logic [3*Ports-1:0] arsize, arprot;
  logic [2*Ports-1:0] arburst, rresp;
  logic [4*Ports-1:0] arcache, arqos;
  logic [Ports*DataWidth-1:0] rdata;
  logic [Ports-1:0] rlast;
  logic row_ready, row_valid, row_failed;
  logic [DataWidth-1:0] row;
  logic [47:0] bytes_read, waited;
  assign rresp = {error_i[1], 1'b0, error_i[0], 1'b0};
  overlay_memory #(
    .AddrWidth(AddrWidth),
    .DataWidth(DataWidth),
    .Ports(Ports),
    .MaxBurst(2),
    .Outstanding(Outstanding),
    .BufferBeats(4),
    .ChunkBytes(ChunkBytes)
  ) u_dut (
    .clk_i,
    .rst_i,
    .start_i,
    .addr_i(base),
    .bytes_i(bytes),
    .ended_i(ended_q),
    .word_valid_o(word_valid),
    .word_ready_i,
    .word_o(word),
    .word_error_o(word_error),
    .stream_i,
    .stream_offset_i(stream_offset),
    .stream_bytes_i(stream_bytes),
    .beat_valid_o(beat_valid),
    .beat_ready_i,
    .beat_o(beat),
    .failed_o(failed),
    .broken_o(broken),
    .tables_offset_i('0),
    .tables_bytes_i('0),
    .row_cmd_valid_i(1'b0),
    .row_cmd_ready_o(row_ready),
    .row_cmd_offset_i('0),
    .row_cmd_bytes_i('0),
    .row_valid_o(row_valid),
    .row_ready_i(1'b0),
    .row_o(row),
    .row_failed_o(row_failed),
    .clear_i(1'b0),
    .bytes_read_o(bytes_read),
    .waited_o(waited),
    .m_axi_arvalid_o(arvalid),
    .m_axi_arready_i(arready_i),
    .m_axi_arid_o(arid),
    .m_axi_araddr_o(araddr),
    .m_axi_arlen_o(arlen),
    .m_axi_arsize_o(arsize),
    .m_axi_arburst_o(arburst),
    .m_axi_arlock_o(arlock),
    .m_axi_arcache_o(arcache),
    .m_axi_arprot_o(arprot),
    .m_axi_arqos_o(arqos),
    .m_axi_rvalid_i(rvalid_i),
    .m_axi_rready_o(rready),
    .m_axi_rid_i('0),
    .m_axi_rdata_i(rdata),
    .m_axi_rresp_i(rresp),
    .m_axi_rlast_i(rlast)
  );

  // Who waits for a cycle each time: AR of both ports, R of both, words, beats; the others never do.
  (* anyconst *) logic [5:0] slow;

  // ---------------------------------------------------------------------------- memory behind each port
  logic [1:0] open_q[Ports];
  logic [Ports-1:0] ar, r, r_stalled_q, error_q, ar_wait_q, r_wait_q;
  for (genvar p = 0; p < Ports; p++) begin : gen_port
    logic [AddrWidth-1:0] addr_q[Outstanding];
    logic [7:0] len_q[Outstanding];
    logic [7:0] at_q;
    logic r_end;
    assign ar[p] = arvalid[p] && arready_i[p];
    assign r[p] = rvalid_i[p] && rready[p];
    assign rlast[p] = at_q == len_q[0];
    assign r_end = r[p] && rlast[p];
    assign rdata[DataWidth*p+:DataWidth] = 32'(AddrWidth'(addr_q[0] + AddrWidth'({at_q, 2'b00})));
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        open_q[p] <= '0;
        at_q <= '0;
      end else begin
        open_q[p] <= open_q[p] + 2'(ar[p]) - 2'(r_end);
        if (r_end) at_q <= '0;
        else if (r[p]) at_q <= at_q + 8'd1;
      end
      for (int unsigned i = 0; i < Outstanding; i++) begin
        if (ar[p] && 32'(open_q[p]) - 32'(r_end) == i) begin
          addr_q[i] <= araddr[AddrWidth*p+:AddrWidth];
          len_q[i] <= arlen[8*p+:8];
        end else if (r_end && i + 1 < Outstanding) begin
          addr_q[i] <= addr_q[i+1];
          len_q[i] <= len_q[i+1];
        end
      end
      r_stalled_q[p] <= !rst_i && rvalid_i[p] && !rready[p];
      error_q[p] <= error_i[p];
      ar_wait_q[p] <= !rst_i && arvalid[p] && !arready_i[p];
      r_wait_q[p] <= !rst_i && open_q[p] != '0 && !rvalid_i[p];
    end
    // No names: there are two of each.
    always_comb begin
      assume (!rvalid_i[p] || open_q[p] != '0);
      if (r_stalled_q[p]) assume (rvalid_i[p] && error_i[p] == error_q[p]);
      if (Fair) begin
        assume (!error_i[p]);
        assume (arready_i[p] == (!slow[p] || ar_wait_q[p]));
        assume (rvalid_i[p] == (open_q[p] != '0 && (!slow[2+p] || r_wait_q[p] || r_stalled_q[p])));
      end
    end
  end

  // ---------------------------------------------------------------------------- loader and stream
  logic begun_q = 1'b0, word_wait_q, beat_wait_q, through_q;
  logic [4:0] cycle_q = '0;
  logic [3:0] word_q, at_q;
  logic [5:0] since_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    if (rst_i || start_i) begin
      ended_q <= 1'b0;
      word_q <= '0;
    end else if (word_error) begin
      ended_q <= 1'b1;
    end else if (word_valid && word_ready_i) begin
      word_q <= word_q + 4'd1;
      if (word_q + 4'd1 == taken) ended_q <= 1'b1;
    end
    if (rst_i) through_q <= 1'b0;
    else if (ended_q && !broken) through_q <= 1'b1;
    if (rst_i || !stream_i) at_q <= '0;
    else if (beat_valid && beat_ready_i) at_q <= (at_q + 4'd1 == beats) ? '0 : at_q + 4'd1;
    since_q <= (rst_i || !stream_i || (beat_valid && beat_ready_i)) ? '0 : since_q + 6'd1;
    word_wait_q <= !rst_i && word_valid && !word_ready_i;
    beat_wait_q <= !rst_i && beat_valid && !beat_ready_i;
    cycle_q <= (cycle_q == 5'd31) ? cycle_q : cycle_q + 5'd1;
  end

  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    // The image has an alignment, and the parts of the stream, for each port the same.
    m_base : assume (base[5:0] == '0);
    m_words : assume (words != '0 && taken == 4'd1 && words <= 4'd8);
    m_stream : assume (beats != '0 && 32'(offset) + 2 * 32'(beats) <= 32'(words));
    if (One) begin
      m_one : assume (base == AddrWidth'(64) && words == 4'd6 && offset == '0 && beats == 4'd3);
      m_one_reset : assume (rst_i == !begun_q);
      m_one_start : assume (start_i == (cycle_q == 5'd1));
    end
    // Weights are asked for once an image is there.
    m_loaded : assume (!stream_i || (ended_q && !start_i));
    if (Fair) begin
      m_stream_goes_on : assume (stream_i == (ended_q && !start_i));
      m_word_taken : assume (word_ready_i == (!slow[4] || word_wait_q));
      m_beat_taken : assume (beat_ready_i == (!slow[5] || beat_wait_q));
    end
  end

  logic [31:0] first, from0, from1, own0, own1;
  assign first = 32'(base) + stream_offset;
  assign from0 = 32'(araddr[AddrWidth-1:0]);
  assign from1 = 32'(araddr[AddrWidth+:AddrWidth]);
  assign own0 = first + {26'd0, at_q, 2'b00};
  assign own1 = own0 + stream_bytes;
  always_comb begin
    if (begun_q && !rst_i) begin
      if (arvalid[0]) begin
        a_image : assert (from0 >= 32'(base) && from0 + 4 * (32'(arlen[7:0]) + 1) <= 32'(base) + bytes);
      end
      if (arvalid[1]) begin
        a_part : assert (from1 >= first + stream_bytes &&
                         from1 + 4 * (32'(arlen[15:8]) + 1) <= first + 2 * stream_bytes);
      end
      a_outstanding : assert (open_q[0] <= 2'(Outstanding) && open_q[1] <= 2'(Outstanding));
      if (beat_valid && stream_i) a_order : assert (beat == {own1, own0});
      if (failed && stream_i) a_failed : assert (!beat_valid && broken);
      if (Fair && cycle_q == 5'd16) a_loads : assert (ended_q);
      if (Fair) a_goes_on : assert (32'(since_q) <= Bound);
      // What can happen.
      c_wraps : cover (beat_valid && beat_ready_i && at_q + 4'd1 == beats && beats == 4'd3);
      c_apart : cover (open_q[0] == '0 && open_q[1] == 2'd2 && beat_valid);
      c_fails : cover (failed && stream_i && at_q == 4'd1);
      c_again : cover (beat_valid && stream_i && through_q && start_i == 1'b0 && word_q == 4'd1);
    end
  end

endmodule

`default_nettype wire
