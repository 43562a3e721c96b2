`default_nettype none

/// Bench of `residual_sum`: every beat against the golden sum, the inputs at a pace of their own.
module residual_sum_tb #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 2,
  parameter int unsigned Inputs = 2,
  parameter int unsigned DeltaWidth = 16,
  parameter bit [16*Inputs-1:0] FirstRows = '0,
  parameter bit [16*Inputs-1:0] InputRows = {Inputs{16'd1}},
  parameter int unsigned UseStart = 0,
  parameter StartFile = "",
  /// Beats of input n in <InFile>_<n>.hex, {quiet, last, skip, deltas}; their number at [32*n +: 32].
  parameter InFile = "",
  parameter bit [32*Inputs-1:0] InWords = '0,
  /// Beats out; on a skip beat the deltas do not matter and are 0.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned BeatWidth = Lanes * DeltaWidth;

  logic rst, out_idle;
  logic [Inputs-1:0] in_idle;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(&in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic [Inputs-1:0] in_valid, in_ready, in_skip, in_last, in_quiet;
  logic [Inputs*BeatWidth-1:0] in_delta;
  logic out_valid, out_ready, out_skip, out_last, out_quiet;
  logic [BeatWidth-1:0] out_delta;
  for (genvar n = 0; n < Inputs; n++) begin : gen_input
    localparam bit [7:0] Digit = 8'd48 + 8'(n);
    bench_player #(
      .Width(BeatWidth + 3), .Words(int'(InWords[32*n+:32])), .File({InFile, "_", Digit, ".hex"})
    ) u_in (
      .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle[n]), .valid_o(in_valid[n]),
      .ready_i(in_ready[n]),
      .data_o({in_quiet[n], in_last[n], in_skip[n], in_delta[BeatWidth*n+:BeatWidth]})
    );
  end
  residual_sum #(
    .Rows(Rows), .Channels(Channels), .Lanes(Lanes), .Inputs(Inputs), .DeltaWidth(DeltaWidth),
    .FirstRows(FirstRows), .InputRows(InputRows), .UseStart(UseStart), .StartFile(StartFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_delta_i(in_delta),
    .in_skip_i(in_skip), .in_last_i(in_last), .in_quiet_i(in_quiet), .out_valid_o(out_valid),
    .out_ready_i(out_ready), .out_delta_o(out_delta), .out_skip_o(out_skip),
    .out_last_o(out_last), .out_quiet_o(out_quiet)
  );
  bench_checker #(.Width(BeatWidth + 3), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid),
    .ready_o(out_ready), .data_i({out_quiet, out_last, out_skip, out_skip ? '0 : out_delta})
  );

endmodule

`default_nettype wire
