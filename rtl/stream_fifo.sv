`default_nettype none

/// First-in first-out buffer between two valid/ready streams, with a registered output.
///
/// Contract: beats leave in the order in which they came, each exactly once. `in_ready_o` depends
/// on registers only, so the module cuts the ready path as well as the data path.
/// Latency: 1 cycle when empty. Throughput: 1 beat per cycle for `Depth` >= 2; with `Depth` = 1 a
/// single register is shared by both sides and takes a beat every other cycle.
/// Storage: `Depth - 1` words of distributed memory beside the output register.
module stream_fifo #(
  /// Bits per beat.
  parameter int unsigned Width = 8,
  /// Beats held, at least 1.
  parameter int unsigned Depth = 2
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

  if (Width < 1 || Depth < 1) begin : gen_bad_parameters
    $error("stream_fifo: Width and Depth must be at least 1");
  end

  logic out_valid_q;
  logic [Width-1:0] out_data_q;

  assign out_valid_o = out_valid_q;
  assign out_data_o = out_data_q;

  if (Depth == 1) begin : gen_register
    assign in_ready_o = !out_valid_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) out_valid_q <= 1'b0;
      else if (out_valid_q) out_valid_q <= !out_ready_i;
      else out_valid_q <= in_valid_i;
      if (!out_valid_q) out_data_q <= in_data_i;
    end
  end else begin : gen_queue
    localparam int unsigned Words = Depth - 1;
    localparam int unsigned PtrWidth = (Words > 1) ? $clog2(Words) : 1;
    localparam int unsigned CountWidth = $clog2(Words + 1);
    localparam bit [PtrWidth-1:0] PtrLast = PtrWidth'(Words - 1);
    localparam bit [CountWidth-1:0] Full = CountWidth'(Words);

    logic [Width-1:0] words_q[Words];
    logic [PtrWidth-1:0] write_q, read_q;
    logic [CountWidth-1:0] count_q;
    // There is room: `count_q != Full`, in a register of its own, for the path goes on from here into
    // what stands before.
    logic ready_q;

    logic push, refill, from_words, store;
    assign in_ready_o = ready_q;
    assign push = in_valid_i && in_ready_o;
    assign refill = !out_valid_q || out_ready_i;
    assign from_words = refill && count_q != '0;
    assign store = push && !(refill && count_q == '0);

    always_ff @(posedge clk_i) begin
      // Also what goes past the words: whether it does is known late, and the word stays free.
      if (push) words_q[write_q] <= in_data_i;
      if (refill) out_data_q <= (count_q != '0) ? words_q[read_q] : in_data_i;
    end

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        out_valid_q <= 1'b0;
        write_q <= '0;
        read_q <= '0;
        count_q <= '0;
        ready_q <= 1'b1;
      end else begin
        if (refill) out_valid_q <= count_q != '0 || push;
        if (store) write_q <= (write_q == PtrLast) ? '0 : write_q + PtrWidth'(1);
        if (from_words) read_q <= (read_q == PtrLast) ? '0 : read_q + PtrWidth'(1);
        if (store && !from_words) begin
          count_q <= count_q + CountWidth'(1);
          ready_q <= count_q != Full - CountWidth'(1);
        end else if (!store && from_words) begin
          count_q <= count_q - CountWidth'(1);
          ready_q <= 1'b1;
        end
      end
    end

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (!rst_i) begin
        a_no_overflow : assert (!(store && count_q == Full));
        a_no_hole : assert (out_valid_q || count_q == '0);
        a_ready : assert (ready_q == (count_q != Full));
      end
    end
`endif
  end

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
`endif

endmodule

`default_nettype wire
