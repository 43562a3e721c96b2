`default_nettype none

/// One flag for each row; the flag of the current row is in a register, because rows come in order.
///
/// Contract: `flag_o` is what was last written for the row that `row_i` names. A flag that was never
/// written may be anything.
/// Latency: what is written is there a cycle later.
module row_flags #(
  /// Rows.
  parameter int unsigned Rows = 4,
  /// Bits of a row's number, derived.
  localparam int unsigned RowWidth = (Rows > 1) ? $clog2(Rows) : 1
) (
  input  wire logic                clk_i,
  /// The current row; with `step_i`, the one after it is current from the next cycle on.
  input  wire logic [RowWidth-1:0] row_i,
  input  wire logic                step_i,
  output      logic                flag_o,
  /// A flag.
  input  wire logic                write_i,
  input  wire logic [RowWidth-1:0] write_row_i,
  input  wire logic                write_flag_i
);

  localparam bit [RowWidth-1:0] RowLast = RowWidth'(Rows - 1);

  logic flags_q[Rows];
  logic current_q, current, ahead;
  logic [RowWidth-1:0] ahead_row;
  assign flag_o = current_q;
  assign ahead_row = (row_i == RowLast) ? '0 : row_i + RowWidth'(1);
  assign ahead = (write_i && write_row_i == ahead_row) ? write_flag_i : flags_q[ahead_row];
  assign current = (write_i && write_row_i == row_i) ? write_flag_i : current_q;

  // Which of both it is, is known last.
  always_ff @(posedge clk_i) begin
    if (write_i) flags_q[write_row_i] <= write_flag_i;
    current_q <= step_i ? ahead : current;
  end

endmodule

`default_nettype wire
