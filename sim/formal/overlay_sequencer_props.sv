`default_nettype none

/// Properties of `overlay_sequencer`, for any list and any times at which instructions are taken.
///
/// One bit of the instructions, freely chosen, is followed: each instruction comes once, in order, the first again behind
/// the last, and stays until it is taken.
module overlay_sequencer_props #(
  parameter int unsigned Words = 2,
  parameter int unsigned Count = 2
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic next_i
);

  localparam int unsigned Width = 32 * Words;
  localparam int unsigned BitBits = $clog2(Width);
  localparam int unsigned AddrBits = $clog2(Words * Count);

  // Instructions of the list.
  (* anyconst *) logic [1:0] used;

  logic valid;
  logic [Width-1:0] instr;
  overlay_sequencer #(
    .Words(Words),
    .Count(Count)
  ) u_dut (
    .clk_i,
    .rst_i,
    .valid_o(valid),
    .instr_o(instr),
    .next_i,
    .last_i(AddrBits'(32'(used) * Words - 1)),
    .write_i(1'b0),
    .write_addr_i('0),
    .write_data_i('0)
  );

  // The memory inside, and the bit that is followed.
  (* hierconn *) logic [Width*Count-1:0] \u_dut.u_program.gen_rom.u_rom.words ;
  (* anyconst *) logic [BitBits-1:0] position;

  logic begun_q = 1'b0;
  logic stays_q, followed_q;
  logic [1:0] number_q;
  logic [3:0] wait_q, held_q;
  logic expected;
  always_comb begin
    expected = 1'b0;
    for (int unsigned i = 0; i < Count; i++) begin
      if (32'(number_q) == i) expected = 1'(\u_dut.u_program.gen_rom.u_rom.words >> (Width * i + 32'(position)));
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    stays_q <= !rst_i && valid && !next_i;
    followed_q <= !rst_i && valid && next_i && 32'(held_q) > Words;
    if (rst_i) number_q <= '0;
    else if (next_i) number_q <= number_q == used - 2'd1 ? '0 : number_q + 2'd1;
    if (rst_i || valid) wait_q <= '0;
    else wait_q <= wait_q + 4'd1;
    if (rst_i || !valid || next_i) held_q <= '0;
    else if (held_q != '1) held_q <= held_q + 4'd1;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_used : assume (used != '0 && 32'(used) <= Count);
    if (!valid) m_next : assume (!next_i);
    if (begun_q && !rst_i) begin
      a_contents : assert (!valid || instr[position] == expected);
      if (stays_q) a_stays : assert (valid);
      if (followed_q) a_follows : assert (valid);
      a_answer : assert (32'(wait_q) <= Words + 2);
      c_again : cover (valid && next_i && number_q == '0 && used == 2'd2 && followed_q && expected);
      c_late : cover (valid && wait_q != '0 && number_q != '0);
    end
  end

endmodule

`default_nettype wire
