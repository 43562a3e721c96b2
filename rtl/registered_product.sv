`default_nettype none

/// Product of two signed numbers in three cycles: registers of the factors, partial products, their sum.
///
/// With `SNN2RTL_MULT18X18D`, the first two are the registers of the multiplier blocks of ECP5, which Yosys does not find by
/// itself: the wires to a block and from it then have a cycle each. These blocks take 18 bits with or without a sign, so both
/// factors are cut into pieces of 18 bits. Without it, synthesis moves the registers into its blocks, or leaves them.
///
/// Latency: 3 cycles while `enable_i` is high.
module registered_product #(
  /// Bits of the signed factors.
  parameter int unsigned AWidth = 8,
  parameter int unsigned BWidth = 8,
  /// Bits of the product; below `AWidth + BWidth` its upper bits are cut off.
  parameter int unsigned Width = 16
) (
  input  wire logic                     clk_i,
  input  wire logic                     enable_i,
  input  wire logic signed [AWidth-1:0] a_i,
  input  wire logic signed [BWidth-1:0] b_i,
  output      logic signed [Width-1:0]  product_o
);

`ifdef SNN2RTL_MULT18X18D
  localparam int unsigned Piece = 18;
  localparam int unsigned PiecesA = (AWidth + Piece - 1) / Piece;
  localparam int unsigned PiecesB = (BWidth + Piece - 1) / Piece;
  logic [Piece*PiecesA-1:0] a;
  logic [Piece*PiecesB-1:0] b;
  assign a = (Piece * PiecesA)'(a_i);
  assign b = (Piece * PiecesB)'(b_i);

  logic [PiecesA*PiecesB*2*Piece-1:0] parts;
  for (genvar i = 0; i < PiecesA; i++) begin : gen_a
    for (genvar j = 0; j < PiecesB; j++) begin : gen_b
      localparam int unsigned Lsb = Piece * (i + j);
      logic [2*Piece-1:0] part;
      if (Lsb < Width) begin : gen_block
        // The highest piece has the sign.
        localparam bit SignedA = i == PiecesA - 1;
        localparam bit SignedB = j == PiecesB - 1;
        logic [Piece-1:0] own_a, own_b;
        assign own_a = a[Piece*i+:Piece];
        assign own_b = b[Piece*j+:Piece];
        MULT18X18D #(
          .REG_INPUTA_CLK("CLK0"),
          .REG_INPUTA_CE("CE0"),
          .REG_INPUTA_RST("RST0"),
          .REG_INPUTB_CLK("CLK0"),
          .REG_INPUTB_CE("CE0"),
          .REG_INPUTB_RST("RST0"),
          .REG_OUTPUT_CLK("CLK0"),
          .REG_OUTPUT_CE("CE0"),
          .REG_OUTPUT_RST("RST0")
        ) u_block (
          .CLK0(clk_i), .CE0(enable_i), .RST0(1'b0), .SIGNEDA(SignedA), .SIGNEDB(SignedB),
          .SOURCEA(1'b0), .SOURCEB(1'b0),
          .A0(own_a[0]), .A1(own_a[1]), .A2(own_a[2]), .A3(own_a[3]), .A4(own_a[4]), .A5(own_a[5]),
          .A6(own_a[6]), .A7(own_a[7]), .A8(own_a[8]), .A9(own_a[9]), .A10(own_a[10]),
          .A11(own_a[11]), .A12(own_a[12]), .A13(own_a[13]), .A14(own_a[14]), .A15(own_a[15]),
          .A16(own_a[16]), .A17(own_a[17]),
          .B0(own_b[0]), .B1(own_b[1]), .B2(own_b[2]), .B3(own_b[3]), .B4(own_b[4]), .B5(own_b[5]),
          .B6(own_b[6]), .B7(own_b[7]), .B8(own_b[8]), .B9(own_b[9]), .B10(own_b[10]),
          .B11(own_b[11]), .B12(own_b[12]), .B13(own_b[13]), .B14(own_b[14]), .B15(own_b[15]),
          .B16(own_b[16]), .B17(own_b[17]),
          .C0(1'b0), .C1(1'b0), .C2(1'b0), .C3(1'b0), .C4(1'b0), .C5(1'b0), .C6(1'b0), .C7(1'b0),
          .C8(1'b0), .C9(1'b0), .C10(1'b0), .C11(1'b0), .C12(1'b0), .C13(1'b0), .C14(1'b0),
          .C15(1'b0), .C16(1'b0), .C17(1'b0),
          .P0(part[0]), .P1(part[1]), .P2(part[2]), .P3(part[3]), .P4(part[4]), .P5(part[5]),
          .P6(part[6]), .P7(part[7]), .P8(part[8]), .P9(part[9]), .P10(part[10]), .P11(part[11]),
          .P12(part[12]), .P13(part[13]), .P14(part[14]), .P15(part[15]), .P16(part[16]),
          .P17(part[17]), .P18(part[18]), .P19(part[19]), .P20(part[20]), .P21(part[21]),
          .P22(part[22]), .P23(part[23]), .P24(part[24]), .P25(part[25]), .P26(part[26]),
          .P27(part[27]), .P28(part[28]), .P29(part[29]), .P30(part[30]), .P31(part[31]),
          .P32(part[32]), .P33(part[33]), .P34(part[34]), .P35(part[35])
        );
      end else begin : gen_beyond
        assign part = '0;
      end
      assign parts[2*Piece*(PiecesB*i+j)+:2*Piece] = part;
    end
  end

  // Products of pieces i + t and j + t, t = 0, 1, ..., stand side by side, for only the last of them has a sign. So there is a
  // number for each i with j = 0 and each j with i = 0. Node n adds nodes 2n and 2n + 1; the numbers are nodes `Numbers` and
  // on. Each addition is a chain of carries, where Yosys would make look-up tables of all but the last.
  localparam int unsigned Numbers = PiecesA + PiecesB - 1;
  (* keep *) logic [Width*2*Numbers-1:Width] node;
  for (genvar n = 0; n < Numbers; n++) begin : gen_number
    localparam int unsigned FirstA = (n < PiecesA) ? n : 0;
    localparam int unsigned FirstB = (n < PiecesA) ? 0 : n - PiecesA + 1;
    localparam int unsigned Lsb = Piece * (FirstA + FirstB);
    localparam int unsigned Count =
        (PiecesA - FirstA < PiecesB - FirstB) ? PiecesA - FirstA : PiecesB - FirstB;
    logic [2*Piece*Count-1:0] number;
    for (genvar t = 0; t < Count; t++) begin : gen_part
      assign number[2*Piece*t+:2*Piece] =
          parts[2*Piece*(PiecesB*(FirstA+t)+FirstB+t)+:2*Piece];
    end
    assign node[Width*(Numbers+n)+:Width] = Width'($signed(number)) << Lsb;
  end
  for (genvar n = 1; n < Numbers; n++) begin : gen_node
    assign node[Width*n+:Width] = node[Width*2*n+:Width] + node[Width*(2*n+1)+:Width];
  end
  logic [Width-1:0] product_q;
  always_ff @(posedge clk_i) begin
    if (enable_i) product_q <= node[Width+:Width];
  end
  assign product_o = product_q;
`else
  logic signed [AWidth-1:0] a_q;
  logic signed [BWidth-1:0] b_q;
  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      a_q <= a_i;
      b_q <= b_i;
    end
  end
  wide_product #(
    .AWidth(AWidth),
    .BWidth(BWidth),
    .Width(Width)
  ) u_product (
    .clk_i,
    .enable_i,
    .a_i(a_q),
    .b_i(b_q),
    .product_o
  );
`endif

endmodule

`default_nettype wire
