`default_nettype none

/// Padding mask: one beat for each sample that says which of its tokens are padding.
///
/// Contract: takes `Tokens` values per sample, one per beat, and sends bit j = 1 where value j is
/// `Padding`. Throughput: one value per cycle. Latency: a sample and 1 cycle.
module token_mask #(
  /// Values of a sample.
  parameter int unsigned Tokens = 4,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// The value that stands for padding.
  parameter int Padding = 0
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// Value stream in, one lane.
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic [ValueWidth-1:0] in_value_i,
  /// Mask stream out.
  output      logic                  out_valid_o,
  input  wire logic                  out_ready_i,
  output      logic [Tokens-1:0]     out_mask_o
);

  localparam int unsigned TokenWidth = (Tokens > 1) ? $clog2(Tokens) : 1;
  localparam bit [TokenWidth-1:0] TokenLast = TokenWidth'(Tokens - 1);

  if (Tokens < 1 || ValueWidth < 1 || ValueWidth > 32) begin : gen_bad_parameters
    $error("token_mask: a parameter is out of range");
  end

  logic [TokenWidth-1:0] token_q;
  logic [Tokens-1:0] mask_q;
  logic valid_q, taken, final_value;
  assign in_ready_o = !valid_q || out_ready_i;
  assign taken = in_valid_i && in_ready_o;
  assign final_value = token_q == TokenLast;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      token_q <= '0;
      valid_q <= 1'b0;
    end else if (in_ready_o) begin
      valid_q <= taken && final_value;
      if (taken) token_q <= final_value ? '0 : token_q + TokenWidth'(1);
    end
    if (taken) mask_q[token_q] <= 32'($signed(in_value_i)) == Padding;
  end

  assign out_valid_o = valid_q;
  assign out_mask_o = mask_q;

endmodule

`default_nettype wire
