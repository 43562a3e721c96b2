`default_nettype none

/// Bench of `overlay_pieces`: the levels of every group against a search through all pieces, and the time without pauses.
module overlay_pieces_tb #(
  parameter int unsigned Lanes = 8,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned PieceWidth = 16,
  parameter int unsigned LevelBits = 4,
  parameter int unsigned Depth = 16,
  parameter File = "",
  parameter int unsigned ProbeBits = 5,
  /// Groups: {comparisons, counts, first words, sums}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Levels of a group.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  localparam int unsigned AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  logic in_valid, done, out_ready;
  logic [ProbeBits-1:0] probes;
  logic [Lanes*AccWidth-1:0] sums;
  logic [Lanes*AddrBits-1:0] first;
  logic [Lanes*CountBits-1:0] count;
  logic [Lanes*(LevelBits+1)-1:0] levels;
  bench_player #(
    .Width(ProbeBits + Lanes * (CountBits + AddrBits + AccWidth)), .Words(InWords), .File(InFile)
  ) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid),
    .ready_i(done && out_ready), .data_o({probes, count, first, sums})
  );
  overlay_pieces #(
    .Lanes(Lanes), .AccWidth(AccWidth), .PieceWidth(PieceWidth), .LevelBits(LevelBits),
    .Depth(Depth), .File(File), .ProbeBits(ProbeBits)
  ) u_dut (
    .clk_i, .rst_i(rst), .valid_i(in_valid), .done_o(done), .take_i(done && out_ready),
    .probes_i(probes), .sums_i(sums), .first_i(first), .count_i(count), .levels_o(levels),
    .write_i(1'b0), .write_addr_i('0), .write_data_i('0)
  );
  bench_checker #(.Width(Lanes * (LevelBits + 1)), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(done), .ready_o(out_ready),
    .data_i(levels)
  );

endmodule

`default_nettype wire
