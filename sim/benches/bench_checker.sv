`default_nettype none

/// Bench helper: takes beats from a valid/ready stream, with random pauses but in the first batch,
/// and compares each with an image.
module bench_checker #(
  parameter int unsigned Width = 8,
  parameter int Words = 1,
  /// Image of words {last of the batch, beat}.
  parameter File = ""
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// The batch that is expected.
  input  var int           batch_i,
  /// All of it has come.
  output      logic             idle_o,
  input  wire logic             valid_i,
  output      logic             ready_o,
  input  wire logic [Width-1:0] data_i
);

  logic [Width:0] words[Words];
  initial $readmemh(File, words);

  stream_check #(
    .Width(Width)
  ) u_check (
    .clk_i, .rst_i, .valid_i, .ready_i(ready_o), .data_i
  );

  int taken = 0, stalled = 0, stall = 0, at = 0;
  assign idle_o = taken == batch_i;

  always @(posedge clk_i) begin
    if (stalled != batch_i) begin
      stalled = batch_i;
      stall = batch_i == 1 ? 0 : 30 * int'($urandom_range(3));
    end
    ready_o <= int'($urandom_range(99)) >= stall;
    if (!rst_i && valid_i && idle_o) $fatal(1, "%m: a beat too many, %h", data_i);
    if (!rst_i && valid_i && ready_o) begin
      if (data_i !== words[at][Width-1:0]) begin
        $fatal(1, "%m: beat %0d is %h instead of %h", at, data_i, words[at][Width-1:0]);
      end
      if (words[at][Width]) taken <= taken + 1;
      at = at + 1;
    end
  end

endmodule

`default_nettype wire
