`default_nettype none

/// Middle of `matmul_engine`: reads the weights of the events, applies sign or value, and adds the banks.
///
///     term_j = sum over the banks with an event of value * weight_j
///
/// Structure: weight memory of each bank, two registers -> signed weight or product, registered -> adder
/// tree, a register a level. Latency: `3 + clog2(Banks)` cycles while `enable_i` is high.
module matmul_terms #(
  /// Banks, a power of two.
  parameter int unsigned Banks = 1,
  /// Words of a bank.
  parameter int unsigned Words = 16,
  /// Weights of a word.
  parameter int unsigned Lanes = 4,
  /// Bits of a signed weight.
  parameter int unsigned WeightWidth = 4,
  /// Bits of a value. 1: the sign of +1 or -1, no multiplier. More: a signed factor.
  parameter int unsigned ValueWidth = 1,
  /// Bits that accompany an entry, and how many of them, from the lowest, are wanted a cycle early too.
  parameter int unsigned ControlWidth = 1,
  parameter int unsigned EarlyWidth = 1,
  /// Words of a bank, from its end, that are look-up tables instead of block memory.
  parameter int unsigned LutWords = 0,
  /// Base name of the images: bank bb's are those of `<WeightFile>_<bb>` in `weight_rom`, bb = 00, 01, ...;
  /// "": all zeros.
  parameter WeightFile = "",
  /// Bits of a word's address, of a term; derived.
  localparam int unsigned AddrWidth = (Words > 1) ? $clog2(Words) : 1,
  localparam int unsigned TermWidth = WeightWidth + ValueWidth + $clog2(Banks)
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_i,
  input  wire logic                        enable_i,
  /// Entries, as in `matmul_issue`.
  input  wire logic                        valid_i,
  input  wire logic [Banks-1:0]            event_i,
  input  wire logic [Banks*AddrWidth-1:0]  addr_i,
  input  wire logic [Banks*ValueWidth-1:0] value_i,
  input  wire logic [ControlWidth-1:0]     control_i,
  /// Terms, and what accompanies them.
  output      logic                        valid_o,
  output      logic [Lanes*TermWidth-1:0]  term_o,
  output      logic [ControlWidth-1:0]     control_o,
  output      logic [EarlyWidth-1:0]       early_o
);

  localparam int unsigned WordWidth = Lanes * WeightWidth;
  localparam int unsigned Levels = $clog2(Banks);
  localparam int unsigned Latency = 3 + Levels;

  if (Banks != 2 ** $clog2(Banks) || Banks > 64 || Lanes < 1 || WeightWidth < 2 ||
      ValueWidth < 1) begin : gen_bad_parameters
    $error("matmul_terms: a parameter is out of range");
  end

  // What accompanies an entry, a stage a cycle.
  logic [Latency-1:0] valid_q;
  logic [Latency*ControlWidth-1:0] control_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) valid_q <= '0;
    else if (enable_i) valid_q <= Latency'({valid_q, valid_i});
    if (enable_i) control_q <= (Latency * ControlWidth)'({control_q, control_i});
  end
  assign valid_o = valid_q[Latency-1];
  assign control_o = control_q[ControlWidth*(Latency-1)+:ControlWidth];
  assign early_o = control_q[ControlWidth*(Latency-2)+:EarlyWidth];

  // Terms of each bank.
  logic [Banks*Lanes*TermWidth-1:0] bank_term_q;
  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    // The bank's images: two decimal digits behind the base name.
    localparam bit [7:0] Tens = 8'd48 + 8'(b / 10);
    localparam bit [7:0] Ones = 8'd48 + 8'(b % 10);
    logic read_event_q, weight_event_q;
    logic [ValueWidth-1:0] read_value_q, weight_value_q;
    logic [WordWidth-1:0] read_word, weight_word_q;

    weight_rom #(
      .Width(WordWidth),
      .Depth(Words),
      .LutWords(LutWords),
      .File((WeightFile == "") ? "" : {WeightFile, "_", Tens, Ones})
    ) u_weights (
      .clk_i,
      .enable_i(enable_i && valid_i && event_i[b]),
      .addr_i(addr_i[AddrWidth*b+:AddrWidth]),
      .data_o(read_word)
    );

    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        read_event_q <= event_i[b];
        read_value_q <= value_i[ValueWidth*b+:ValueWidth];
        weight_event_q <= read_event_q;
        weight_value_q <= read_value_q;
        weight_word_q <= read_word;
      end
    end

    for (genvar j = 0; j < Lanes; j++) begin : gen_term
      logic signed [WeightWidth-1:0] weight;
      logic signed [TermWidth-1:0] term;
      assign weight = weight_word_q[WeightWidth*j+:WeightWidth];
      if (ValueWidth == 1) begin : gen_signed_weight
        logic signed [TermWidth-1:0] wide;
        assign wide = TermWidth'(weight);
        assign term = weight_value_q[0] ? -wide : wide;
      end else begin : gen_product
        logic signed [ValueWidth-1:0] value;
        assign value = weight_value_q;
        assign term = TermWidth'(weight) * TermWidth'(value);
      end
      // With one bank an entry without an event is not accumulated at all.
      always_ff @(posedge clk_i) begin
        if (enable_i) begin
          bank_term_q[TermWidth*(Lanes*b+j)+:TermWidth] <=
              (Banks > 1 && !weight_event_q) ? '0 : term;
        end
      end
    end
  end

  // Adder tree: node n of level l adds nodes 2n and 2n+1 of the level before it; level l begins at node
  // 2*Banks - 2*Banks/2^l.
  logic [(2*Banks-1)*Lanes*TermWidth-1:0] tree;
  assign tree[0+:Banks*Lanes*TermWidth] = bank_term_q;
  assign term_o = tree[(2*Banks-2)*Lanes*TermWidth+:Lanes*TermWidth];
  for (genvar l = 1; l <= Levels; l++) begin : gen_level
    localparam int unsigned From = 2 * Banks - 2 * Banks / 2 ** (l - 1);
    localparam int unsigned To = 2 * Banks - 2 * Banks / 2 ** l;
    for (genvar n = 0; n < Banks / 2 ** l; n++) begin : gen_node
      for (genvar j = 0; j < Lanes; j++) begin : gen_lane
        logic [TermWidth-1:0] sum_q;
        assign tree[TermWidth*(Lanes*(To+n)+j)+:TermWidth] = sum_q;
        always_ff @(posedge clk_i) begin
          if (enable_i) begin
            sum_q <= tree[TermWidth*(Lanes*(From+2*n)+j)+:TermWidth] +
                     tree[TermWidth*(Lanes*(From+2*n+1)+j)+:TermWidth];
          end
        end
      end
    end
  end

endmodule

`default_nettype wire
