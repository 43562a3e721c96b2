`default_nettype none

/// Mask of the channels of a chunk that the softmax of their group excludes: those beyond the tokens, and
/// those that are 1 in the mask of the sample.
///
/// Contract: with `UseMask` a sample's first chunk waits for the sample's mask, which is taken with it.
/// Latency: 0.
module group_mask #(
  /// Channels of a group.
  parameter int unsigned GroupPad = 4,
  /// Tokens of a group, its first channels.
  parameter int unsigned Tokens = 4,
  /// Lanes of a chunk; divides `GroupPad`.
  parameter int unsigned Lanes = 2,
  /// 1: there are masks.
  parameter int unsigned UseMask = 0
) (
  input  wire logic              clk_i,
  input  wire logic              rst_i,
  /// Mask stream in; without masks not read.
  input  wire logic              mask_valid_i,
  output      logic              mask_ready_o,
  input  wire logic [Tokens-1:0] mask_i,
  /// A chunk is there, and nothing but a mask is missing to take it; it is taken; it is the first of
  /// its sample, which is never a skip beat.
  input  wire logic              ready_i,
  input  wire logic              taken_i,
  input  wire logic              first_i,
  /// It stands for a row.
  input  wire logic              skip_i,
  /// Nothing is missing; lanes that take no part; the chunk is the last of its group.
  output      logic              ready_o,
  output      logic [Lanes-1:0]  excluded_o,
  output      logic              group_end_o
);

  localparam int unsigned GroupChunks = GroupPad / Lanes;
  localparam int unsigned PartWidth = (GroupChunks > 1) ? $clog2(GroupChunks) : 1;
  localparam bit [PartWidth-1:0] PartLast = PartWidth'(GroupChunks - 1);

  if (GroupChunks * Lanes != GroupPad || Tokens > GroupPad || Tokens < 1) begin : gen_bad_parameters
    $error("group_mask: a parameter is out of range");
  end

  logic [PartWidth-1:0] part_q;
  assign group_end_o = part_q == PartLast;
  always_ff @(posedge clk_i) begin
    if (rst_i) part_q <= '0;
    else if (taken_i && !skip_i) part_q <= group_end_o ? '0 : part_q + PartWidth'(1);
  end

  logic [Tokens-1:0] mask, mask_q;
  if (UseMask != 0) begin : gen_mask
    assign ready_o = ready_i && (mask_valid_i || !first_i);
    assign mask = first_i ? mask_i : mask_q;
    assign mask_ready_o = first_i && ready_i;
    always_ff @(posedge clk_i) begin
      if (mask_ready_o && mask_valid_i) mask_q <= mask_i;
    end
  end else begin : gen_no_mask
    assign ready_o = ready_i;
    assign mask = '0;
    assign mask_q = '0;
    assign mask_ready_o = 1'b0;
    logic unused_mask;
    assign unused_mask = ^{mask_valid_i, mask_i, mask_q, first_i};
  end

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic excluded;
    always_comb begin
      excluded = 1'b0;
      for (int unsigned p = 0; p < GroupChunks; p++) begin
        if (part_q == PartWidth'(p)) begin
          excluded = excluded | ((p * Lanes + j < Tokens) ? mask[(p*Lanes+j)%Tokens] : 1'b1);
        end
      end
    end
    assign excluded_o[j] = excluded;
  end

endmodule

`default_nettype wire
