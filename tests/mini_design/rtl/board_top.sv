// The core between two shift registers of its own, as a board's shell would hold it.
module board_top #(
  parameter RomPath = "rom/"
) (
  input  logic clk_i,
  input  logic data_i,
  output logic data_o
);
  logic [18:0] in_q;
  logic [41:0] out_q, out;
  always_ff @(posedge clk_i) begin
    in_q  <= {in_q[17:0], data_i};
    out_q <= in_q[18] ? out : {out_q[40:0], in_q[17]};
  end
  assign data_o = out_q[41];
  mini_top #(
    .RomPath(RomPath)
  ) u_core (
    .clk_i,
    .rst_i  (in_q[17]),
    .valid_i(in_q[0]),
    .ready_o(out[0]),
    .data_i (in_q[16:1]),
    .valid_o(out[1]),
    .ready_i(in_q[17]),
    .data_o (out[41:2])
  );
endmodule
