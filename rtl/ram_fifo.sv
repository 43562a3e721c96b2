`default_nettype none

/// First-in first-out buffer of many beats, in a memory with synchronous reads.
///
/// Contract: as `stream_fifo`. Latency: 3 cycles when empty. Throughput: 1 beat per cycle.
/// Storage: `Depth` words of block RAM or, with `Tables`, of look-up tables, and a small FIFO that hides its latency.
module ram_fifo #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats held at least, at least 2.
  parameter int unsigned Depth = 128,
  /// The beats lie in look-up tables.
  parameter bit Tables = 1'b0
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// Beats in.
  input  wire logic             in_valid_i,
  output      logic             in_ready_o,
  input  wire logic [Width-1:0] in_data_i,
  /// Beats out.
  output      logic             out_valid_o,
  input  wire logic             out_ready_i,
  output      logic [Width-1:0] out_data_o
);

  localparam int unsigned PtrWidth = $clog2(Depth);
  localparam int unsigned CountWidth = $clog2(Depth + 1);
  localparam bit [PtrWidth-1:0] PtrLast = PtrWidth'(Depth - 1);
  // Beats that may be on their way out of the memory: in its output register, and in the FIFO.
  localparam int unsigned Ahead = 4;

  if (Width < 1 || Depth < 2) begin : gen_bad_parameters
    $error("ram_fifo: Width must be at least 1 and Depth at least 2");
  end

  logic [PtrWidth-1:0] write_q, read_q;
  logic [CountWidth-1:0] count_q;
  logic [2:0] ahead_q;
  logic push, fetch, fetched_q, leaves;
  logic [Width-1:0] fetched;
  // There is room, there is something, there is room ahead: in registers of their own, for these paths
  // go on from here.
  logic ready_q, some_q, ahead_ready_q;
  assign in_ready_o = ready_q;
  assign push = in_valid_i && ready_q;
  assign fetch = some_q && ahead_ready_q;
  assign leaves = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_q <= '0;
      read_q <= '0;
      count_q <= '0;
      ahead_q <= '0;
      fetched_q <= 1'b0;
      ready_q <= 1'b1;
      some_q <= 1'b0;
      ahead_ready_q <= 1'b1;
    end else begin
      if (push) write_q <= (write_q == PtrLast) ? '0 : write_q + PtrWidth'(1);
      if (fetch) read_q <= (read_q == PtrLast) ? '0 : read_q + PtrWidth'(1);
      if (push && !fetch) begin
        count_q <= count_q + CountWidth'(1);
        ready_q <= count_q != CountWidth'(Depth - 1);
        some_q <= 1'b1;
      end else if (!push && fetch) begin
        count_q <= count_q - CountWidth'(1);
        ready_q <= 1'b1;
        some_q <= count_q != CountWidth'(1);
      end
      if (fetch && !leaves) begin
        ahead_q <= ahead_q + 3'd1;
        ahead_ready_q <= ahead_q != 3'(Ahead - 1);
      end else if (!fetch && leaves) begin
        ahead_q <= ahead_q - 3'd1;
        ahead_ready_q <= 1'b1;
      end
      fetched_q <= fetch;
    end
  end

  if (Tables) begin : gen_tables
    (* no_rw_check, ram_style = "distributed" *) logic [Width-1:0] words_q[Depth];
    logic [Width-1:0] word_q;
    always_ff @(posedge clk_i) begin
      if (push) words_q[write_q] <= in_data_i;
      if (fetch) word_q <= words_q[read_q];
    end
    assign fetched = word_q;
  end else begin : gen_block
    sync_ram #(
      .Width(Width),
      .Depth(Depth)
    ) u_words (
      .clk_i,
      .read_enable_i(fetch),
      .read_addr_i(read_q),
      .read_data_o(fetched),
      .write_enable_i(push),
      .write_addr_i(write_q),
      .write_data_i(in_data_i)
    );
  end

  logic fifo_ready;
  stream_fifo #(
    .Width(Width),
    .Depth(Ahead + 1)
  ) u_ahead (
    .clk_i,
    .rst_i,
    .in_valid_i(fetched_q),
    .in_ready_o(fifo_ready),
    .in_data_i(fetched),
    .out_valid_o,
    .out_ready_i,
    .out_data_o
  );

`ifndef SYNTHESIS
  stream_check #(
    .Width(Width)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i (in_data_i)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_room_ahead : assert (!fetched_q || fifo_ready);
      a_count : assert (int'(count_q) <= int'(Depth) && int'(ahead_q) <= int'(Ahead));
      a_flags :
      assert (ready_q == (count_q != CountWidth'(Depth)) && some_q == (count_q != '0) &&
              ahead_ready_q == (ahead_q != 3'(Ahead)));
    end
  end
`else
  logic unused_ready;
  assign unused_ready = fifo_ready;
`endif

endmodule

`default_nettype wire
