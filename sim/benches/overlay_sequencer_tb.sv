`default_nettype none

/// Bench of `overlay_sequencer`: every instruction of the list, again from the first behind the last, unchanged until it
/// is taken, and the time until the next one is there.
module overlay_sequencer_tb #(
  parameter int unsigned Words = 2,
  parameter int unsigned Count = 1,
  /// Image of the list.
  parameter File = "",
  /// Instructions.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, idle, valid, ready, next;
  int cycle, batch;
  logic [15:0] t_max;
  logic [32*Words-1:0] instr;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  assign next = valid && ready && !idle;
  localparam int unsigned ListBits = (Words * Count > 1) ? $clog2(Words * Count) : 1;
  overlay_sequencer #(.Words(Words), .Count(Count), .File(File)) u_dut (
    .clk_i, .rst_i(rst), .valid_o(valid), .instr_o(instr), .next_i(next),
    .last_i(ListBits'(Words * Count - 1)), .write_i(1'b0), .write_addr_i('0), .write_data_i('0)
  );
  bench_checker #(.Width(32 * Words), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(idle), .valid_i(valid && !idle), .ready_o(ready),
    .data_i(instr)
  );

  // Cycles for which an instruction is there: when the next one has been read in this time, it follows at once.
  int since = 0;
  logic follows = 1'b0, was_valid = 1'b0;
  always @(posedge clk_i) begin
    since <= (rst || next || !valid) ? 0 : since + 1;
    follows <= !rst && next && since > int'(Words);
    was_valid <= !rst && valid && !next;
    if (!rst && follows && !valid) $fatal(1, "%m: the next instruction is late");
    if (!rst && was_valid && !valid) $fatal(1, "%m: an instruction goes before it is taken");
  end

endmodule

`default_nettype wire
