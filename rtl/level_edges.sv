`default_nettype none

/// Boundaries around a level of a quantiser, in half levels.
///
/// Image: a word for each level from LevelMin, {gap, base, up_here, up_meets, down_here, down_meets}.
/// `base`: the boundary below the level or, at the lowest level, the one above it. `base + gap`: the
/// boundary above. `here`: there is such a boundary. `meets`: a value on it has reached it.
/// Latency: 1 cycle.
module level_edges #(
  /// Bits of a signed level.
  parameter int unsigned LevelWidth = 5,
  /// Lowest level.
  parameter int LevelMin = 0,
  /// Highest level.
  parameter int LevelMax = 15,
  /// Bits of a signed boundary.
  parameter int unsigned HalvesWidth = 7,
  /// Bits of the distance of two boundaries.
  parameter int unsigned GapWidth = 2,
  /// Image; "": all zeros.
  parameter File = ""
) (
  input  wire logic                          clk_i,
  input  wire logic                          enable_i,
  input  wire logic [LevelWidth-1:0]         level_i,
  output      logic signed [HalvesWidth-1:0] base_o,
  output      logic [GapWidth-1:0]           gap_o,
  output      logic                          up_here_o,
  output      logic                          up_meets_o,
  output      logic                          down_here_o,
  output      logic                          down_meets_o
);

  localparam int unsigned Levels = LevelMax - LevelMin + 1;
  localparam int unsigned AddrWidth = (Levels > 1) ? $clog2(Levels) : 1;

  logic [AddrWidth-1:0] addr;
  assign addr = AddrWidth'(level_i - LevelWidth'(LevelMin));

  sync_rom #(
    .Width(GapWidth + HalvesWidth + 4),
    .Depth(Levels),
    .File (File)
  ) u_edges (
    .clk_i,
    .enable_i,
    .addr_i(addr),
    .data_o({gap_o, base_o, up_here_o, up_meets_o, down_here_o, down_meets_o})
  );

endmodule

`default_nettype wire
