`default_nettype none

/// `table_threshold` against the quantiser that it tracks, for any rising thresholds.
///
/// Chunks are issued row after row, with pauses; each is decided on two steps later. V' is the
/// accumulated input x: Q(x) is the number of levels k above LevelMin with x >= T(c, k), and the
/// spike must be clamp(Q(x) - S, -1, +1). With `NonMonotone` a level is reached by the word's own rule, and
/// the spike looks at the levels next to S alone.
module table_threshold_props #(
  parameter int unsigned Chunks = 2,
  parameter int unsigned MembraneWidth = 5,
  parameter int unsigned LevelWidth = 3,
  parameter int LevelMin = -1,
  parameter int LevelMax = 2,
  parameter int unsigned TableWidth = 5,
  parameter int unsigned NonMonotone = 0,
  parameter int unsigned Crossings = 1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic issue_i,
  input wire logic signed [MembraneWidth-1:0] v_i,
  input wire logic signed [LevelWidth-1:0] read_level_i
);

  localparam int unsigned Steps = LevelMax - LevelMin;
  localparam int unsigned Word = Crossings * TableWidth + NonMonotone;

  // The chunk that is issued; what was issued one and two steps ago, and the tracer read for it.
  logic chunk_q, chunk1_q, chunk2_q, row_end;
  logic valid1_q, valid2_q;
  logic signed [LevelWidth-1:0] level_q;
  assign row_end = 32'(chunk_q) == Chunks - 1;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      chunk_q <= 1'b0;
      valid1_q <= 1'b0;
      valid2_q <= 1'b0;
    end else begin
      if (issue_i) chunk_q <= !row_end;
      valid1_q <= issue_i;
      valid2_q <= valid1_q;
    end
    chunk1_q <= chunk_q;
    chunk2_q <= chunk1_q;
    level_q <= read_level_i;
  end

  logic up, down;
  table_threshold #(
    .Chunks(Chunks),
    .Lanes(1),
    .MembraneWidth(MembraneWidth),
    .LevelWidth(LevelWidth),
    .LevelMin(LevelMin),
    .LevelMax(LevelMax),
    .TableWidth(TableWidth),
    .NonMonotone(NonMonotone),
    .Crossings(Crossings)
  ) u_dut (
    .clk_i,
    .rst_i,
    .issue_i,
    .row_end_i(row_end),
    .read_level_i,
    .v_i,
    .level_i(level_q),
    .up_o(up),
    .down_o(down)
  );

  // The memory inside: of each chunk the levels LevelMin + 1 to LevelMax.
  (* hierconn *) logic [Word*Chunks*Steps-1:0] \u_dut.gen_lane[0].u_thresholds.words ;
  logic [Word*Chunks*Steps-1:0] words;
  assign words = \u_dut.gen_lane[0].u_thresholds.words ;

  logic [Steps-1:0] reached;
  logic rising;
  logic [Word-1:0] word, word_before;
  logic signed [TableWidth-1:0] bound, bound_before;
  always_comb begin
    rising = 1'b1;
    for (int unsigned k = 0; k < Steps; k++) begin
      word = words[Word*(chunk2_q*Steps+k)+:Word];
      reached[k] = (NonMonotone != 0) ? word[Word-1] : 1'b0;
      for (int unsigned n = 0; n < Crossings; n++) begin
        bound = word[TableWidth*n+:TableWidth];
        if (v_i >= bound) reached[k] = !reached[k];
      end
      word_before = (k == 0) ? word : words[Word*(chunk2_q*Steps+k-1)+:Word];
      bound = word[TableWidth-1:0];
      bound_before = word_before[TableWidth-1:0];
      if (bound < bound_before) rising = 1'b0;
    end
  end

  // Q(x), and the decision.
  int q, at;
  logic expected_up, expected_down;
  always_comb begin
    q = LevelMin;
    for (int unsigned k = 0; k < Steps; k++) if (reached[k]) q = q + 1;
    at = int'(level_q) - LevelMin;
    if (NonMonotone == 0) begin
      expected_up = q > int'(level_q);
      expected_down = q < int'(level_q);
    end else begin
      expected_up = at < int'(Steps) && reached[at];
      expected_down = at > 0 && !reached[at-1];
    end
  end

  logic begun_q = 1'b0;
  always_ff @(posedge clk_i) begun_q <= 1'b1;
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_level : assume (int'(read_level_i) >= LevelMin && int'(read_level_i) <= LevelMax);
    m_rising : assume (NonMonotone != 0 || rising);
    if (begun_q && !rst_i && valid2_q) begin
      a_up : assert (up == expected_up);
      // Up comes first where a level that is not monotone is both.
      a_down : assert (up || down == expected_down);
      a_not_both : assert (NonMonotone != 0 || !(up && down));
      a_stays_in_range : assert (!(up && int'(level_q) == LevelMax) && !(down && int'(level_q) == LevelMin));
      c_up : cover (up && chunk2_q);
      c_down : cover (down && chunk2_q && int'(level_q) == LevelMax);
      c_stays : cover (!up && !down && int'(level_q) == 0);
    end
  end

endmodule

`default_nettype wire
