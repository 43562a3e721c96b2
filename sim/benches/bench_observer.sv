`default_nettype none

/// Bench helper: compares beats that nothing can hold back with an image.
module bench_observer #(
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
  /// Beats so far.
  output int               count_o,
  input  wire logic             valid_i,
  input  wire logic [Width-1:0] data_i
);

  logic [Width:0] words[Words];
  initial $readmemh(File, words);

  int taken = 0, at = 0;
  assign idle_o = taken == batch_i;
  assign count_o = at;

  always @(posedge clk_i) begin
    if (!rst_i && valid_i) begin
      if (idle_o) $fatal(1, "%m: a beat too many, %h", data_i);
      if (data_i !== words[at][Width-1:0]) begin
        $fatal(1, "%m: beat %0d is %h instead of %h", at, data_i, words[at][Width-1:0]);
      end
      if (words[at][Width]) taken <= taken + 1;
      at <= at + 1;
    end
  end

endmodule

`default_nettype wire
