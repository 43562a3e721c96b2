`default_nettype none

/// Exponentials by table look-up: e = table[most - score], 0 beyond the end of the table and for excluded
/// lanes.
///
/// Latency: 1 cycle. Storage: a memory for each two lanes.
module exp_table #(
  /// Lanes of a chunk.
  parameter int unsigned Lanes = 2,
  /// Bits of a signed score; `most_i` is none below it that is not excluded.
  parameter int unsigned ScoreWidth = 16,
  /// Entries of the table.
  parameter int unsigned Size = 16,
  /// Bits of an unsigned entry.
  parameter int unsigned ExpWidth = 12,
  /// Image of the table, an entry a word.
  parameter File = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         enable_i,
  input  wire logic signed [ScoreWidth-1:0] most_i,
  input  wire logic [Lanes*ScoreWidth-1:0]  score_i,
  input  wire logic [Lanes-1:0]             excluded_i,
  output      logic [Lanes*ExpWidth-1:0]    exp_o,
  output      logic [Lanes-1:0]             excluded_o
);

  localparam int unsigned AddrWidth = (Size > 1) ? $clog2(Size) : 1;

  logic [Lanes-1:0] excluded_q, beyond_q;
  logic [Lanes*ExpWidth-1:0] entry;
  logic [Lanes*AddrWidth-1:0] addr;
  assign excluded_o = excluded_q;

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [ScoreWidth-1:0] score;
    logic [ScoreWidth:0] distance;
    logic beyond;
    assign score = score_i[ScoreWidth*j+:ScoreWidth];
    assign distance = (ScoreWidth + 1)'(most_i) - (ScoreWidth + 1)'(score);
    assign beyond = 64'(distance) >= 64'(Size);
    assign addr[AddrWidth*j+:AddrWidth] = AddrWidth'(distance);
    assign exp_o[ExpWidth*j+:ExpWidth] =
        (excluded_q[j] || beyond_q[j]) ? '0 : entry[ExpWidth*j+:ExpWidth];
    always_ff @(posedge clk_i) begin
      if (enable_i) begin
        beyond_q[j] <= beyond;
        excluded_q[j] <= excluded_i[j];
      end
    end
    // Two lanes share a memory.
    if (j % 2 == 0) begin : gen_table
      localparam int unsigned Other = (j + 1 < Lanes) ? j + 1 : j;
      logic [ExpWidth-1:0] data, data_other;
      threshold_rom #(
        .Width(ExpWidth),
        .Depth(Size),
        .File (File)
      ) u_table (
        .clk_i,
        .enable_i,
        .addr_a_i(addr[AddrWidth*j+:AddrWidth]),
        .addr_b_i(addr[AddrWidth*Other+:AddrWidth]),
        .data_a_o(data),
        .data_b_o(data_other)
      );
      assign entry[ExpWidth*j+:ExpWidth] = data;
      if (j + 1 < Lanes) begin : gen_other
        assign entry[ExpWidth*(j+1)+:ExpWidth] = data_other;
      end else begin : gen_alone
        logic unused_other;
        assign unused_other = ^data_other;
      end
    end
  end

endmodule

`default_nettype wire
