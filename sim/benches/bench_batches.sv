`default_nettype none

/// Bench helper: starts the batches of players and checkers in order and measures the time of the first.
module bench_batches #(
  parameter int Batches = 1,
  /// Image of words {most cycles, 0 for any number; t_max}.
  parameter File = ""
) (
  input  wire logic        clk_i,
  input  wire logic        rst_i,
  /// Every player and checker has finished the batch.
  input  wire logic        idle_i,
  output int          batch_o,
  /// Time-steps allowed per sample.
  output      logic [15:0] t_max_o,
  output      logic        done_o
);

  logic [63:0] words[Batches];
  initial $readmemh(File, words);

  int batch = 0;
  longint cycle = 0, begin_cycle = 0, most;
  assign batch_o = batch;

  always @(posedge clk_i) begin
    cycle = cycle + 1;
    if (rst_i) begin
      done_o <= 1'b0;
      t_max_o <= '0;
    end else if (idle_i && !done_o) begin
      if (batch > 0) begin
        most = longint'(words[batch-1][63:16]);
        if (batch == 1 && $test$plusargs("report")) begin
          $display("%m: %0d cycles of %0d", cycle - begin_cycle, most);
        end
        if (most != 0 && cycle - begin_cycle > most) begin
          $fatal(1, "%m: %0d cycles instead of %0d", cycle - begin_cycle, most);
        end
      end
      if (batch == Batches) begin
        done_o <= 1'b1;
      end else begin
        t_max_o <= words[batch][15:0];
        batch <= batch + 1;
        begin_cycle = cycle;
      end
    end
  end

endmodule

`default_nettype wire
