`default_nettype none

/// Bench helper: plays the beats of an image on a valid/ready stream, batch by batch, with random
/// pauses but in the first batch.
module bench_player #(
  parameter int unsigned Width = 8,
  parameter int Words = 1,
  /// Image of words {last of the batch, beat}.
  parameter File = ""
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// The batch that may be played.
  input  var int           batch_i,
  /// It has been taken.
  output      logic             idle_o,
  output      logic             valid_o,
  input  wire logic             ready_i,
  output      logic [Width-1:0] data_o
);

  logic [Width:0] words[Words];
  initial $readmemh(File, words);

  // Batches whose last beat has been offered, and has been taken; the batch that `stall` is of.
  int offered = 0, taken = 0, stalled = 0, stall = 0, at = 0;
  logic last = 1'b0;
  assign idle_o = taken == batch_i;

  always @(posedge clk_i) begin
    if (rst_i) begin
      valid_o <= 1'b0;
    end else begin
      if (stalled != batch_i) begin
        stalled = batch_i;
        stall = batch_i == 1 ? 0 : 30 * int'($urandom_range(3));
      end
      if (valid_o && ready_i && last) taken <= taken + 1;
      if (!valid_o || ready_i) begin
        if (offered < batch_i && int'($urandom_range(99)) >= stall) begin
          if (at == Words) $fatal(1, "%m: a batch too many");
          valid_o <= 1'b1;
          data_o <= words[at][Width-1:0];
          last = words[at][Width];
          if (last) offered = offered + 1;
          at = at + 1;
        end else begin
          valid_o <= 1'b0;
          data_o <= {((Width + 31) / 32) {$urandom}};
        end
      end
    end
  end

endmodule

`default_nettype wire
