`default_nettype none

/// Order and completeness of beats through a buffer, checked with one symbolic beat: the first `mark_i`
/// chooses the accepted beat that is followed, at any time. It must come out unchanged, after exactly the beats
/// that were inside before it. An offered beat stays as it is.
module beat_order #(
  parameter int unsigned Width = 2,
  /// Bits of the number of beats inside.
  parameter int unsigned CountWidth = 4
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// A beat goes in.
  input  wire logic                  push_i,
  input  wire logic [Width-1:0]      in_data_i,
  input  wire logic                  out_valid_i,
  input  wire logic                  out_ready_i,
  input  wire logic [Width-1:0]      out_data_i,
  input  wire logic                  mark_i,
  /// Beats inside; the beat that is followed is inside, behind so many others; it has come out.
  output      logic [CountWidth-1:0] inside_o,
  output      logic                  followed_o,
  output      logic [CountWidth-1:0] before_o,
  output      logic                  done_o
);

  logic begun_q = 1'b0;
  logic pop, followed_q, done_q, out_stalled_q;
  logic [CountWidth-1:0] inside_q, before_q;
  logic [Width-1:0] beat_q, out_data_q;
  assign pop = out_valid_i && out_ready_i;
  assign inside_o = inside_q;
  assign followed_o = followed_q;
  assign before_o = before_q;
  assign done_o = done_q;

  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    out_stalled_q <= !rst_i && out_valid_i && !out_ready_i;
    out_data_q <= out_data_i;
    if (rst_i) begin
      inside_q <= '0;
      followed_q <= 1'b0;
      done_q <= 1'b0;
    end else begin
      inside_q <= inside_q + CountWidth'(push_i) - CountWidth'(pop);
      if (push_i && mark_i && !followed_q && !done_q) begin
        followed_q <= 1'b1;
        before_q <= inside_q - CountWidth'(pop);
        beat_q <= in_data_i;
      end else if (followed_q && pop) begin
        before_q <= before_q - CountWidth'(1);
        if (before_q == '0) begin
          followed_q <= 1'b0;
          done_q <= 1'b1;
        end
      end
    end
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_no_underflow : assert (!pop || inside_q != '0);
      a_order : assert (!(followed_q && before_q == '0 && out_valid_i) || out_data_i == beat_q);
      if (out_stalled_q) begin
        a_out_stays : assert (out_valid_i);
        a_out_stable : assert (out_data_i == out_data_q);
      end
    end
  end

endmodule

`default_nettype wire
