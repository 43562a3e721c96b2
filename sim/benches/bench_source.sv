`default_nettype none

/// Bench helper: offers queued beats on a valid/ready stream, with random pauses.
module bench_source #(
  parameter int unsigned Width = 8
) (
  input  wire logic             clk_i,
  input  wire logic             rst_i,
  /// Share of idle cycles in percent.
  input  var int unsigned  stall_i,
  output      logic             valid_o,
  input  wire logic             ready_i,
  output      logic [Width-1:0] data_o
);

  logic [Width-1:0] beats[$];
  logic [Width-1:0] beat;
  int pending = 0;

  function automatic void put(input logic [Width-1:0] beat);
    beats.push_back(beat);
    pending++;
  endfunction

  /// Every beat has been taken.
  function automatic logic empty();
    return pending == 0;
  endfunction

  always @(posedge clk_i) begin
    if (!rst_i && valid_o && ready_i) pending--;
    if (rst_i) begin
      valid_o <= 1'b0;
    end else if (!valid_o || ready_i) begin
      if (beats.size() != 0 && $urandom_range(99) >= stall_i) begin
        valid_o <= 1'b1;
        beat = beats.pop_front();
        data_o <= beat;
      end else begin
        valid_o <= 1'b0;
        data_o <= {((Width + 31) / 32) {$urandom}};
      end
    end
  end

endmodule

`default_nettype wire
