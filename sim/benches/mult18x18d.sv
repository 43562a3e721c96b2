`default_nettype none

/// Model of the multiplier block of ECP5 as `registered_product` uses it: registers of the factors and of the product, one
/// clock, one enable.
module MULT18X18D #(
  parameter REG_INPUTA_CLK = "NONE",
  parameter REG_INPUTA_CE = "CE0",
  parameter REG_INPUTA_RST = "RST0",
  parameter REG_INPUTB_CLK = "NONE",
  parameter REG_INPUTB_CE = "CE0",
  parameter REG_INPUTB_RST = "RST0",
  parameter REG_OUTPUT_CLK = "NONE",
  parameter REG_OUTPUT_CE = "CE0",
  parameter REG_OUTPUT_RST = "RST0"
) (
  input  wire logic CLK0,
  input  wire logic CE0,
  input  wire logic RST0,
  input  wire logic SIGNEDA,
  input  wire logic SIGNEDB,
  input  wire logic SOURCEA,
  input  wire logic SOURCEB,
  input  wire logic A0,
  input  wire logic A1,
  input  wire logic A2,
  input  wire logic A3,
  input  wire logic A4,
  input  wire logic A5,
  input  wire logic A6,
  input  wire logic A7,
  input  wire logic A8,
  input  wire logic A9,
  input  wire logic A10,
  input  wire logic A11,
  input  wire logic A12,
  input  wire logic A13,
  input  wire logic A14,
  input  wire logic A15,
  input  wire logic A16,
  input  wire logic A17,
  input  wire logic B0,
  input  wire logic B1,
  input  wire logic B2,
  input  wire logic B3,
  input  wire logic B4,
  input  wire logic B5,
  input  wire logic B6,
  input  wire logic B7,
  input  wire logic B8,
  input  wire logic B9,
  input  wire logic B10,
  input  wire logic B11,
  input  wire logic B12,
  input  wire logic B13,
  input  wire logic B14,
  input  wire logic B15,
  input  wire logic B16,
  input  wire logic B17,
  input  wire logic C0,
  input  wire logic C1,
  input  wire logic C2,
  input  wire logic C3,
  input  wire logic C4,
  input  wire logic C5,
  input  wire logic C6,
  input  wire logic C7,
  input  wire logic C8,
  input  wire logic C9,
  input  wire logic C10,
  input  wire logic C11,
  input  wire logic C12,
  input  wire logic C13,
  input  wire logic C14,
  input  wire logic C15,
  input  wire logic C16,
  input  wire logic C17,
  output      logic P0,
  output      logic P1,
  output      logic P2,
  output      logic P3,
  output      logic P4,
  output      logic P5,
  output      logic P6,
  output      logic P7,
  output      logic P8,
  output      logic P9,
  output      logic P10,
  output      logic P11,
  output      logic P12,
  output      logic P13,
  output      logic P14,
  output      logic P15,
  output      logic P16,
  output      logic P17,
  output      logic P18,
  output      logic P19,
  output      logic P20,
  output      logic P21,
  output      logic P22,
  output      logic P23,
  output      logic P24,
  output      logic P25,
  output      logic P26,
  output      logic P27,
  output      logic P28,
  output      logic P29,
  output      logic P30,
  output      logic P31,
  output      logic P32,
  output      logic P33,
  output      logic P34,
  output      logic P35
);

  if (REG_INPUTA_CLK != "CLK0" || REG_INPUTB_CLK != "CLK0" || REG_OUTPUT_CLK != "CLK0" ||
      REG_INPUTA_CE != "CE0" || REG_INPUTB_CE != "CE0" || REG_OUTPUT_CE != "CE0" ||
      REG_INPUTA_RST != "RST0" || REG_INPUTB_RST != "RST0" ||
      REG_OUTPUT_RST != "RST0") begin : gen_bad_parameters
    $error("MULT18X18D: this is not the mode of the model");
  end

  logic signed [18:0] a_q, b_q;
  logic signed [37:0] product;
  logic [35:0] product_q;
  logic [17:0] a, b;
  assign a = {
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  assign b = {
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
  };
  assign product = 38'(a_q) * 38'(b_q);
  assign {
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17,
    P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = product_q;
  always @(posedge CLK0) begin
    if (CE0) begin
      a_q <= {SIGNEDA && a[17], a};
      b_q <= {SIGNEDB && b[17], b};
      product_q <= product[35:0];
    end
    assert (!RST0 && !SOURCEA && !SOURCEB);
  end
  logic unused;
  assign unused = ^{product[37:36],
    C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0
  };

endmodule

`default_nettype wire
