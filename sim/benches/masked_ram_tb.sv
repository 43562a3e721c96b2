`default_nettype none

/// Bench of `masked_ram`: random reads and writes of parts, against a memory that is written part by part.
module masked_ram_tb #(
  parameter int unsigned PartWidth = 8,
  parameter int unsigned Parts = 4,
  parameter int unsigned Depth = 16
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Width = PartWidth * Parts;
  localparam int unsigned AddrWidth = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int Cycles = 20 * int'(Depth) + 2000;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic read, clear;
  logic [AddrWidth-1:0] read_addr, write_addr;
  logic [Parts-1:0] write;
  logic [Width-1:0] read_data, write_data;
  masked_ram #(.PartWidth(PartWidth), .Parts(Parts), .Depth(Depth)) u_dut (
    .clk_i, .read_enable_i(read), .read_clear_i(clear), .read_addr_i(read_addr), .read_data_o(read_data),
    .write_enable_i(write), .write_addr_i(write_addr), .write_data_i(write_data)
  );

  // What the memory holds, which parts of it are known, what a read must give, and whether that is known.
  logic [Width-1:0] model[Depth], expected;
  logic [Parts-1:0] known[Depth], expected_known;
  initial for (int unsigned i = 0; i < Depth; i++) known[i] = '0;
  logic due = 1'b0;
  int checked = 0;
  always @(posedge clk_i) begin
    read <= !rst && $urandom_range(3) != 0;
    clear <= $urandom_range(4) == 0;
    read_addr <= AddrWidth'($urandom_range(Depth - 1));
    write <= rst ? '0 : Parts'({Parts{1'b1}} & {((Parts + 31) / 32) {$urandom}});
    write_addr <= AddrWidth'($urandom_range(Depth - 1));
    write_data <= {((Width + 31) / 32) {$urandom}};
    if (!rst) begin
      for (int unsigned p = 0; p < Parts; p++) begin
        if (due && expected_known[p] &&
            read_data[PartWidth*p+:PartWidth] !== expected[PartWidth*p+:PartWidth]) begin
          $fatal(1, "%m: part %0d is %h instead of %h", p, read_data[PartWidth*p+:PartWidth],
                 expected[PartWidth*p+:PartWidth]);
        end
      end
      if (due && expected_known != '0) checked <= checked + 1;
      if (read) begin
        due <= 1'b1;
        expected <= clear ? '0 : model[read_addr];
        // A word that is written in the same cycle may be anything.
        expected_known <= clear ? '1 :
            (write != '0 && write_addr == read_addr) ? '0 : known[read_addr];
      end
      for (int unsigned p = 0; p < Parts; p++) begin
        if (write[p]) begin
          model[write_addr][PartWidth*p+:PartWidth] <= write_data[PartWidth*p+:PartWidth];
          known[write_addr][p] <= 1'b1;
        end
      end
    end
  end
  assign done_o = cycle > Cycles && checked > Cycles / 4;

endmodule

`default_nettype wire
