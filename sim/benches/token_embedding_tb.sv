`default_nettype none

/// Bench of `token_embedding`: every beat against the golden table, rows of zeros for other values.
module token_embedding_tb #(
  parameter int unsigned Tokens = 4,
  parameter int unsigned Entries = 16,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 2,
  parameter int unsigned ValueWidth = 9,
  parameter int unsigned DeltaWidth = 16,
  parameter TableFile = "",
  /// Values; beats out {quiet, last, skip, deltas}.
  parameter InFile = "",
  parameter int InWords = 1,
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

  logic in_valid, in_ready, out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [ValueWidth-1:0] in_value;
  logic [Lanes*DeltaWidth-1:0] out_delta;
  bench_player #(.Width(ValueWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_value)
  );
  token_embedding #(
    .Tokens(Tokens), .Entries(Entries), .Channels(Channels), .Lanes(Lanes),
    .ValueWidth(ValueWidth), .DeltaWidth(DeltaWidth), .TableFile(TableFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(in_value),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_delta_o(out_delta),
    .out_skip_o(out_skip), .out_last_o(out_last), .out_quiet_o(out_quiet)
  );
  bench_checker #(.Width(Lanes * DeltaWidth + 3), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_quiet, out_last, out_skip, out_delta})
  );

endmodule

`default_nettype wire
