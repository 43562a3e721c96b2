`default_nettype none

/// Bytes from a serial line: 8 data bits, no parity, one stop bit, least significant bit first.
///
/// Contract: `valid_o` is high for one cycle with each byte; there is no back-pressure. A start bit
/// must be low in every cycle of its first half, so a shorter pulse is no byte; the other bits are
/// sampled in their middle. A stop bit that is low is a framing error: the byte is dropped, `error_o`
/// is high for one cycle, and nothing is received until the line is high again (so a break is a single
/// error). A byte may begin half a bit before the end of the stop bit of the one before.
/// Latency: 3 cycles from the middle of the stop bit.
module uart_rx #(
  /// Clock cycles of a bit, at least 4.
  parameter int unsigned ClocksPerBit = 25
) (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  /// The line, asynchronous, high when idle.
  input  wire logic       rx_i,
  output      logic       valid_o,
  output      logic [7:0] byte_o,
  output      logic       error_o
);

  localparam int unsigned CountWidth = $clog2(ClocksPerBit);
  localparam bit [CountWidth-1:0] WholeBit = CountWidth'(ClocksPerBit - 1);
  localparam bit [CountWidth-1:0] HalfBit = CountWidth'(ClocksPerBit / 2 - 1);

  if (ClocksPerBit < 4) begin : gen_bad_parameters
    $error("uart_rx: ClocksPerBit must be at least 4");
  end

  typedef enum logic [2:0] {
    StIdle,
    StStart,
    StData,
    StStop,
    StBreak
  } state_e;
  state_e state_q;

  // Synchroniser: the line is asynchronous to the clock.
  (* ASYNC_REG = "TRUE" *) logic [1:0] sync_q;
  logic line, sample;
  logic [CountWidth-1:0] count_q;
  logic [2:0] bit_q;
  logic [7:0] byte_q;
  logic valid_q, error_q;
  assign line = sync_q[1];
  assign sample = count_q == '0;

  always_ff @(posedge clk_i) begin
    sync_q <= {sync_q[0], rx_i};
    if (rst_i) begin
      state_q <= StBreak;
      count_q <= '0;
      bit_q <= '0;
      valid_q <= 1'b0;
      error_q <= 1'b0;
    end else begin
      valid_q <= 1'b0;
      error_q <= 1'b0;
      count_q <= sample ? WholeBit : count_q - CountWidth'(1);
      case (state_q)
        StIdle: begin
          count_q <= HalfBit;
          if (!line) state_q <= StStart;
        end
        StStart: begin
          if (line) state_q <= StIdle;
          else if (sample) state_q <= StData;
        end
        StData: begin
          if (sample) begin
            bit_q <= bit_q + 3'd1;
            if (bit_q == 3'd7) state_q <= StStop;
          end
        end
        StStop: begin
          if (sample) begin
            valid_q <= line;
            error_q <= !line;
            state_q <= line ? StIdle : StBreak;
          end
        end
        default: if (line) state_q <= StIdle;
      endcase
    end
    if (state_q == StData && sample) byte_q <= {line, byte_q[7:1]};
  end
  assign valid_o = valid_q;
  assign byte_o = byte_q;
  assign error_o = error_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_byte_or_error : assert (!valid_o || !error_o);
      a_whole_bytes : assert (state_q == StData || bit_q == '0);
    end
  end
`endif

endmodule

`default_nettype wire
