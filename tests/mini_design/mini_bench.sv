// Counts through a C function; with +long it runs into its own assertion.
`timescale 1ns/1ps
module mini_bench;
  import "DPI-C" function int add(input int a, input int b);
  logic clk;
  int count;
  initial begin
    clk = 0;
    forever #5 clk = !clk;
  end
  initial begin
    count = 0;
    forever begin
      @(posedge clk);
      count = add(count, 2);
      Small: assert (count < 20);
    end
  end
  initial begin
    $dumpfile("wave.vcd");
    $dumpvars;
    if ($test$plusargs("long")) #300;
    #42 $display("count %0d", count);
    $finish;
  end
endmodule
