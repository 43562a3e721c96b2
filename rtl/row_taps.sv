`default_nettype none

/// Simulation-only observer of a neuron array that decides by whole rows: accumulated input and
/// tracers of each beat that it sends, for co-simulation. It has no outputs; in synthesis it is empty.
module row_taps #(
  /// As in the array.
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 8,
  parameter int unsigned Lanes = 2,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned LevelWidth = 5,
  parameter int unsigned StageId = 0,
  /// Chunks of a row, derived.
  localparam int unsigned Chunks = (Channels + Lanes - 1) / Lanes,
  /// Bits of a row's number, of a chunk's, of an address, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned ChunkWidth = (Chunks > 1) ? $clog2(Chunks) : 1,
  localparam int unsigned AddrWidth = (Rows * Chunks > 1) ? $clog2(Rows * Chunks) : 1
) (
  input wire logic                        clk_i,
  input wire logic                        rst_i,
  /// A chunk of accumulated inputs on its way to the decision.
  input wire logic                        acc_taken_i,
  input wire logic [AddrWidth-1:0]        acc_addr_i,
  input wire logic [Lanes*AccWidth-1:0]   acc_i,
  /// The array's output, with the tracers after the time-step and whose they are.
  input wire logic                        out_valid_i,
  input wire logic                        out_ready_i,
  input wire logic [Lanes-1:0]            out_nz_i,
  input wire logic [Lanes-1:0]            out_neg_i,
  input wire logic                        out_skip_i,
  input wire logic                        out_last_i,
  input wire logic                        out_quiet_i,
  input wire logic [Lanes*LevelWidth-1:0] level_i,
  input wire logic [RowWidth-1:0]         row_i,
  input wire logic [AddrWidth-1:0]        addr_i
);

`ifndef SYNTHESIS
  // A row is taken up again only after it has left, so this is what the decision has seen.
  logic [Lanes*AccWidth-1:0] acc_q[Rows*Chunks];
  always_ff @(posedge clk_i) begin
    if (acc_taken_i) acc_q[acc_addr_i] <= acc_i;
  end

  logic [Lanes*AccWidth-1:0] tap_v;
  logic [Lanes*LevelWidth-1:0] tap_s;
  logic [RowWidth-1:0] tap_row;
  logic [ChunkWidth-1:0] tap_chunk;
  assign tap_v = acc_q[addr_i];
  assign tap_s = level_i;
  assign tap_row = row_i;
  assign tap_chunk = ChunkWidth'(int'(addr_i) - int'(row_i) * int'(Chunks));

  always_ff @(posedge clk_i) begin
    if (!rst_i && out_valid_i && out_ready_i) begin
      a_position : assert (int'(addr_i) / int'(Chunks) == int'(row_i));
      a_taps_known : assert (out_skip_i || (tap_v == acc_q[addr_i] && tap_s == level_i));
      a_taps_fit : assert (int'(tap_row) < int'(Rows) && int'(tap_chunk) < int'(Chunks));
      a_flags : assert (out_last_i || !out_quiet_i);
      a_signs : assert ((out_neg_i & ~out_nz_i) == '0 && StageId <= 65535);
    end
  end
`endif

endmodule

`default_nettype wire
