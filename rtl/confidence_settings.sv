`default_nettype none

/// Settings of the confidence rule behind `axi_lite_regs`: the values written last and the values in use.
///
/// Contract: in the cycle of `write_i` one of the three selects may be high; `allowed_o` says whether
/// that register takes the value, and does not depend on `write_i`. What was written holds from
/// `apply_i` on. Without a rule (`MarginWidth` = 0) nothing is taken and everything is 0.
module confidence_settings #(
  /// Bits of the margin, up to 64; 0: there is no rule.
  parameter int unsigned MarginWidth = 32,
  /// Bits of the margin's port, derived.
  localparam int unsigned MarginBits = (MarginWidth > 0) ? MarginWidth : 1
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// A write: of which register, which of its bits, and their values; bits that stay are 0.
  input  wire logic                  write_i,
  input  wire logic                  margin_low_i,
  input  wire logic                  margin_high_i,
  input  wire logic                  patience_i,
  input  wire logic [31:0]           mask_i,
  input  wire logic [31:0]           set_i,
  output      logic                  allowed_o,
  /// What was written last.
  output      logic [63:0]           margin_written_o,
  output      logic [15:0]           patience_written_o,
  /// What holds.
  input  wire logic                  apply_i,
  output      logic [MarginBits-1:0] margin_o,
  output      logic [15:0]           patience_o
);

  if (MarginWidth > 64) begin : gen_bad_parameters
    $error("confidence_settings: a parameter is out of range");
  end

  if (MarginWidth > 0) begin : gen_rule
    logic [15:0] patience_q, patience_next_q;
    logic [MarginBits-1:0] margin_q, margin_next_q;
    logic [63:0] mask, set;
    logic margin_fits, write_margin;
    // What a write to either half leaves; it must not reach beyond the margin's bits.
    assign mask = margin_high_i ? {mask_i, 32'd0} : {32'd0, mask_i};
    assign set = (margin_written_o & ~mask) | ({set_i, set_i} & mask);
    assign margin_fits = MarginWidth == 64 || (set >> MarginWidth) == '0;
    assign write_margin = (margin_low_i || margin_high_i) && margin_fits;
    assign allowed_o = write_margin || patience_i;
    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        margin_q <= '0;
        margin_next_q <= '0;
        patience_q <= '0;
        patience_next_q <= '0;
      end else begin
        if (write_i && write_margin) margin_next_q <= set[MarginBits-1:0];
        if (write_i && patience_i) begin
          patience_next_q <= (patience_next_q & ~mask_i[15:0]) | set_i[15:0];
        end
        if (apply_i) begin
          margin_q <= margin_next_q;
          patience_q <= patience_next_q;
        end
      end
    end
    assign margin_written_o = 64'(margin_next_q);
    assign patience_written_o = patience_next_q;
    assign margin_o = margin_q;
    assign patience_o = patience_q;
  end else begin : gen_no_rule
    logic unused_ports;
    assign unused_ports = ^{
      clk_i, rst_i, write_i, margin_low_i, margin_high_i, patience_i, mask_i, set_i, apply_i
    };
    assign allowed_o = 1'b0;
    assign margin_written_o = '0;
    assign patience_written_o = '0;
    assign margin_o = '0;
    assign patience_o = '0;
  end

endmodule

`default_nettype wire
