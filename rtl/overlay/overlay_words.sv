`default_nettype none

/// Words of the engine when weights stream past: the ring of weights and behind it the operands, in one memory that is
/// written while it is read.
///
/// A copy has two ports. Both read events; the second one also writes, in cycles in which no event reads through it. So two
/// events share a copy, and a memory of the size of an UltraRAM serves both weights and operands.
///
/// Contract: reads as of `overlay_weights`: data a cycle after the address, kept while `enable_i` is low, 0 for `clear_i`.
/// Event `g` reads through port `g / Copies` of copy `g mod Copies`, and the events of a cycle are the lowest ones. A word that
/// is being written is not read. Writes wait for their cycle: those of operands (lanes of a group that are meant) go first.
/// `half_o` asks for cycles with half of the events, rounded up; it is heard within a few cycles.
/// Latency: 1 cycle.
module overlay_words #(
  /// Read ports, events of a cycle.
  parameter int unsigned Ports = 2,
  /// Numbers of a word, bits of a weight and of an operand, both signed.
  parameter int unsigned Lanes = 16,
  parameter int unsigned WeightWidth = 4,
  parameter int unsigned OperandWidth = 4,
  /// Words of the ring, a power of two; of operands, none if 0.
  parameter int unsigned RingDepth = 16,
  parameter int unsigned OperandDepth = 0,
  /// Lanes of a group of operands, and of the parts of it that are written alone.
  parameter int unsigned Group = 8,
  parameter int unsigned Part = 8,
  /// Cycles after which a word of weights asks for a cycle with half of the events.
  parameter int unsigned Patience = 8,
  /// Bits of an address of the ring or of operands.
  parameter int unsigned WordBits = 8,
  /// Bits of a number in memory, derived.
  localparam int unsigned LaneWidth =
      (OperandDepth > 0 && OperandWidth > WeightWidth) ? OperandWidth : WeightWidth,
  localparam int unsigned RingBits = $clog2(RingDepth),
  localparam int unsigned OperandBits = (OperandDepth > 1) ? $clog2(OperandDepth) : 1,
  localparam int unsigned GroupBits = (Lanes > Group) ? $clog2(Lanes / Group) : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_i,
  /// Reads; the addresses are those of operands.
  input  wire logic                               enable_i,
  input  wire logic                               operand_i,
  input  wire logic [Ports-1:0]                   clear_i,
  input  wire logic [Ports*WordBits-1:0]          addr_i,
  output      logic [Ports*Lanes*LaneWidth-1:0]   data_o,
  output      logic                               half_o,
  /// A word of weights.
  input  wire logic                               weight_valid_i,
  output      logic                               weight_ready_o,
  input  wire logic [RingBits-1:0]                weight_addr_i,
  input  wire logic [Lanes*WeightWidth-1:0]       weight_data_i,
  /// Operands: parts of a group of lanes of a word.
  input  wire logic                               put_valid_i,
  output      logic                               put_ready_o,
  input  wire logic                               put_urgent_i,
  input  wire logic [OperandBits-1:0]             put_addr_i,
  input  wire logic [GroupBits-1:0]               put_group_i,
  input  wire logic [Group/Part-1:0]              put_parts_i,
  input  wire logic [Group*OperandWidth-1:0]      put_data_i
);

  // Words of a memory that does not need all bits of an address.
  logic unused_addr;
  assign unused_addr = ^addr_i;

  localparam int unsigned Copies = (Ports + 1) / 2;
  localparam int unsigned Depth = RingDepth + OperandDepth;
  localparam int unsigned AddrWidth = $clog2(Depth);
  localparam int unsigned Parts = Lanes / Part;
  localparam int unsigned PartWidth = Part * LaneWidth;
  localparam int unsigned GroupParts = Group / Part;

  if (Ports < 1 || Lanes < 1 || 2 ** RingBits != RingDepth || Group % Part != 0 ||
      Lanes % Group != 0) begin : gen_bad_parameters
    $error("overlay_words: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- writes
  logic free, write;
  logic [Parts-1:0] write_parts;
  logic [AddrWidth-1:0] write_addr;
  logic [Lanes*LaneWidth-1:0] write_data;
  if (Ports > Copies) begin : gen_shared
    assign free = !enable_i || clear_i[Ports-1:Copies] == '1;
  end else begin : gen_own
    assign free = 1'b1;
  end
  assign put_ready_o = free;
  assign weight_ready_o = free && !put_valid_i;
  assign write = free && (put_valid_i || weight_valid_i);
  assign write_addr = put_valid_i ? AddrWidth'(RingDepth) + AddrWidth'(put_addr_i) :
      AddrWidth'(weight_addr_i);
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    localparam int unsigned InGroup = l % Group;
    assign write_data[LaneWidth*l+:LaneWidth] = put_valid_i ?
        LaneWidth'($signed(put_data_i[OperandWidth*InGroup+:OperandWidth])) :
        LaneWidth'($signed(weight_data_i[WeightWidth*l+:WeightWidth]));
  end
  for (genvar p = 0; p < Parts; p++) begin : gen_part
    assign write_parts[p] = write && (!put_valid_i ||
        (put_parts_i[p%GroupParts] && put_group_i == GroupBits'(p / GroupParts)));
  end

  // A word asks for one cycle, and again if nothing came of it: cycles until the engine has heard.
  localparam int unsigned Heard = 4;
  localparam int unsigned WaitBits = $clog2(Patience + 1);
  logic [WaitBits-1:0] waited_q;
  logic half_weight;
  assign half_weight = waited_q == WaitBits'(Patience);
  assign half_o = (put_valid_i && put_urgent_i) || half_weight;
  always_ff @(posedge clk_i) begin
    if (rst_i || !weight_valid_i || weight_ready_o) waited_q <= '0;
    else if (half_weight) waited_q <= WaitBits'(Patience - Heard);
    else waited_q <= waited_q + WaitBits'(1);
  end

  // ---------------------------------------------------------------------------- copies
  for (genvar c = 0; c < Copies; c++) begin : gen_copy
    logic [AddrWidth-1:0] addr_a, addr_b;
    logic clear_b;
    logic [Lanes*LaneWidth-1:0] data_b;
    assign addr_a = operand_i ?
        AddrWidth'(RingDepth) + AddrWidth'(addr_i[WordBits*c+:OperandBits]) :
        AddrWidth'(addr_i[WordBits*c+:RingBits]);
    if (c + Copies < Ports) begin : gen_second
      localparam int unsigned From = WordBits * (c + Copies);
      assign addr_b = write ? write_addr :
          operand_i ? AddrWidth'(RingDepth) + AddrWidth'(addr_i[From+:OperandBits]) :
          AddrWidth'(addr_i[From+:RingBits]);
      assign clear_b = clear_i[c+Copies] || write;
      assign data_o[Lanes*LaneWidth*(c+Copies)+:Lanes*LaneWidth] = data_b;
    end else begin : gen_no_second
      assign addr_b = write_addr;
      assign clear_b = 1'b1;
      logic unused_b;
      assign unused_b = ^data_b;
    end
    overlay_two_ports #(
      .PartWidth(PartWidth),
      .Parts(Parts),
      .Depth(Depth)
    ) u_words (
      .clk_i,
      .enable_a_i(enable_i),
      .clear_a_i(clear_i[c]),
      .addr_a_i(addr_a),
      .data_a_o(data_o[Lanes*LaneWidth*c+:Lanes*LaneWidth]),
      .enable_b_i(enable_i),
      .clear_b_i(clear_b),
      .addr_b_i(addr_b),
      .data_b_o(data_b),
      .write_i(write_parts),
      .write_data_i(write_data)
    );
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i && enable_i) begin
      for (int unsigned g = 1; g < Ports; g++) begin
        a_lowest_first : assert (clear_i[g] || !clear_i[g-1]);
      end
    end
  end
`endif

endmodule

`default_nettype wire
