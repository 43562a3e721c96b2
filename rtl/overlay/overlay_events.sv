`default_nettype none

/// Takes words of ternary spikes apart into events, up to `Spikes` a cycle, lowest neuron first.
///
/// Contract: a word in is as many beats out as its spikes take. A word without spikes is a beat only if it begins or
/// ends something. `out_clear_o` and `out_double_o` are with the first beat of a word, `out_last_o` with the last one.
/// The last beat of a word without `in_keep_i` is picked only while `last_ready_i` and while no other such beat is on its way
/// through the second stage; all others leave at once. While `half_i`, at most half of the events are picked, rounded up.
/// Structure: the spikes of this cycle are picked by parallel counts, then their addresses are computed.
/// Latency: 2 cycles from a word to its first events. Throughput: a word at least every cycle, `Spikes` events per cycle.
module overlay_events #(
  /// Neurons of a word.
  parameter int unsigned FetchWidth = 32,
  /// Events per cycle.
  parameter int unsigned Spikes = 2,
  /// There are cycles with half of them.
  parameter bit Halves = 1'b0,
  /// Bits of an address of weights.
  parameter int unsigned WordBits = 8
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Words in.
  input  wire logic                       in_valid_i,
  output      logic                       in_ready_o,
  input  wire logic [FetchWidth-1:0]      in_nz_i,
  input  wire logic [FetchWidth-1:0]      in_neg_i,
  input  wire logic [WordBits-1:0]        in_base_i,
  input  wire logic                       in_operand_i,
  input  wire logic                       in_clear_i,
  input  wire logic                       in_double_i,
  input  wire logic                       in_last_i,
  input  wire logic                       in_keep_i,
  input  wire logic                       in_merge_i,
  /// A chunk may be completed, if none is offered now.
  input  wire logic                       last_ready_i,
  /// At most half of the events are picked: two cycles later, the upper ones are not there.
  input  wire logic                       half_i,
  /// Events out.
  output      logic                       out_valid_o,
  output      logic [Spikes-1:0]          out_event_o,
  output      logic [Spikes-1:0]          out_neg_o,
  output      logic [Spikes*WordBits-1:0] out_addr_o,
  output      logic                       out_operand_o,
  output      logic                       out_clear_o,
  output      logic                       out_double_o,
  output      logic                       out_last_o,
  output      logic                       out_keep_o,
  output      logic                       out_merge_o
);

  localparam int unsigned IndexBits = (FetchWidth > 1) ? $clog2(FetchWidth) : 1;
  // Spikes are counted in parts of four neurons. A count is a thermometer: bit k says that there are more than k.
  localparam int unsigned Parts = (FetchWidth + 3) / 4;
  localparam int unsigned Levels = (Parts > 1) ? $clog2(Parts) : 0;
  localparam int unsigned Half = (Spikes + 1) / 2;

  logic half;
  assign half = Halves && half_i;

  logic valid_q, operand_q, clear_q, double_q, last_q, keep_q, merge_q;
  logic [FetchWidth-1:0] nz_q, neg_q;
  logic [WordBits-1:0] base_q;
  logic [4*Parts-1:0] padded;
  assign padded = (4 * Parts)'(nz_q);

  // ---------------------------------------------------------------------------- picks
  // How many spikes there are in this part and in all before it, at most `Spikes`, level by level.
  logic [Spikes*Parts*(Levels+1)-1:0] count;
  for (genvar p = 0; p < Parts; p++) begin : gen_part
    thermometer_count #(
      .Width(4),
      .Most (Spikes)
    ) u_part (
      .bits_i (padded[4*p+:4]),
      .count_o(count[Spikes*p+:Spikes])
    );
    for (genvar l = 0; l < Levels; l++) begin : gen_level
      if (((p >> l) & 1) != 0) begin : gen_sum
        thermometer_sum #(
          .Most(Spikes)
        ) u_sum (
          .a_i  (count[Spikes*(Parts*l+p)+:Spikes]),
          .b_i  (count[Spikes*(Parts*l+(p>>l<<l)-1)+:Spikes]),
          .sum_o(count[Spikes*(Parts*(l+1)+p)+:Spikes])
        );
      end else begin : gen_same
        assign count[Spikes*(Parts*(l+1)+p)+:Spikes] = count[Spikes*(Parts*l+p)+:Spikes];
      end
    end
  end

  // A spike is the g-th of this cycle if there are g before it.
  logic [FetchWidth*Spikes-1:0] picked;
  logic [FetchWidth-1:0] left;
  for (genvar n = 0; n < FetchWidth; n++) begin : gen_neuron
    logic [Spikes-1:0] parts_before, before_n;
    logic [Spikes:0] at_least;
    if (n < 4) begin : gen_first_part
      assign parts_before = '0;
    end else begin : gen_other_parts
      assign parts_before = count[Spikes*(Parts*Levels+n/4-1)+:Spikes];
    end
    if (n % 4 == 0) begin : gen_first
      assign before_n = parts_before;
    end else begin : gen_others
      logic [Spikes-1:0] own;
      thermometer_count #(
        .Width(n % 4),
        .Most (Spikes)
      ) u_own (
        .bits_i (nz_q[n-1:n/4*4]),
        .count_o(own)
      );
      thermometer_sum #(
        .Most(Spikes)
      ) u_before (
        .a_i  (parts_before),
        .b_i  (own),
        .sum_o(before_n)
      );
    end
    assign at_least = {before_n, 1'b1};
    for (genvar g = 0; g < Spikes; g++) begin : gen_pick
      assign picked[FetchWidth*g+n] =
          nz_q[n] && at_least[g] && !at_least[g+1] && (g < Half || !half);
    end
    assign left[n] = nz_q[n] && (half ? at_least[Half] : at_least[Spikes]);
  end

  // ---------------------------------------------------------------------------- words
  // `final_beat`: no spike of the word is left after this cycle. Of long words it is known a cycle ahead from the number of
  // spikes.
  logic final_beat, beat, leaves, some;
  logic [Spikes-1:0] total;
  assign total = count[Spikes*(Parts*Levels+Parts-1)+:Spikes];
  if (FetchWidth >= 16) begin : gen_ahead
    logic in_more, left_more, final_q;
    more_than #(
      .Width(FetchWidth),
      .Most (Spikes)
    ) u_in_more (
      .bits_i(in_nz_i),
      .more_o(in_more)
    );
    more_than #(
      .Width(FetchWidth),
      .Most (2 * Spikes)
    ) u_left_more (
      .bits_i(nz_q),
      .more_o(left_more)
    );
    if (Halves) begin : gen_halves
      // The same of a cycle with half of the events.
      logic in_more_half, left_more_half, left_more_both, final_half_q;
      more_than #(
        .Width(FetchWidth),
        .Most (Half)
      ) u_in_more_half (
        .bits_i(in_nz_i),
        .more_o(in_more_half)
      );
      more_than #(
        .Width(FetchWidth),
        .Most (2 * Half)
      ) u_left_more_half (
        .bits_i(nz_q),
        .more_o(left_more_half)
      );
      more_than #(
        .Width(FetchWidth),
        .Most (Spikes + Half)
      ) u_left_more_both (
        .bits_i(nz_q),
        .more_o(left_more_both)
      );
      always_ff @(posedge clk_i) begin
        if (in_ready_o) begin
          final_q <= !in_more;
          final_half_q <= !in_more_half;
        end else if (leaves) begin
          final_q <= half ? !left_more_both : !left_more;
          final_half_q <= half ? !left_more_half : !left_more_both;
        end
      end
      assign final_beat = half ? final_half_q : final_q;
    end else begin : gen_whole
      always_ff @(posedge clk_i) begin
        if (in_ready_o) final_q <= !in_more;
        else if (leaves) final_q <= !left_more;
      end
      assign final_beat = final_q;
    end
  end else begin : gen_now
    assign final_beat = left == '0;
  end
  assign some = total[0];
  // A chunk that is on its way through the second stage takes the room of the next one.
  logic picked_valid_q, picked_last_q, picked_keep_q;
  assign leaves = !(final_beat && last_q) || keep_q ||
      (last_ready_i && !(picked_valid_q && picked_last_q && !picked_keep_q));
  assign in_ready_o = !valid_q || (final_beat && leaves);
  // A word without spikes and without a mark is dropped.
  assign beat = valid_q && (some || clear_q || double_q || last_q);

  always_ff @(posedge clk_i) begin
    if (rst_i) valid_q <= 1'b0;
    else if (in_ready_o) valid_q <= in_valid_i;
    if (in_ready_o) begin
      nz_q <= in_nz_i;
      neg_q <= in_neg_i;
      base_q <= in_base_i;
      operand_q <= in_operand_i;
      clear_q <= in_clear_i;
      double_q <= in_double_i;
      last_q <= in_last_i;
      keep_q <= in_keep_i;
      merge_q <= in_merge_i;
    end else if (leaves) begin
      nz_q <= left;
      clear_q <= 1'b0;
      double_q <= 1'b0;
    end
  end

  // ---------------------------------------------------------------------------- addresses
  logic [FetchWidth*Spikes-1:0] picked_q;
  logic [Spikes-1:0] picked_total_q;
  logic [FetchWidth-1:0] picked_neg_q;
  logic [WordBits-1:0] picked_base_q;
  logic picked_operand_q, picked_clear_q, picked_double_q, picked_merge_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      picked_valid_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      picked_valid_q <= beat && leaves;
      out_valid_o <= picked_valid_q;
    end
    picked_q <= picked;
    for (int unsigned g = 0; g < Spikes; g++) picked_total_q[g] <= total[g] && (g < Half || !half);
    picked_neg_q <= neg_q;
    picked_base_q <= base_q;
    picked_operand_q <= operand_q;
    picked_clear_q <= clear_q;
    picked_double_q <= double_q;
    picked_last_q <= last_q && final_beat;
    picked_keep_q <= keep_q;
    picked_merge_q <= merge_q;
    out_operand_o <= picked_operand_q;
    out_clear_o <= picked_clear_q;
    out_double_o <= picked_double_q;
    out_last_o <= picked_last_q;
    out_keep_o <= picked_keep_q;
    out_merge_o <= picked_merge_q;
  end

  for (genvar g = 0; g < Spikes; g++) begin : gen_event
    logic [FetchWidth-1:0] one;
    logic [IndexBits-1:0] index;
    logic unused_index;
    assign unused_index = ^index;
    assign one = picked_q[FetchWidth*g+:FetchWidth];
    for (genvar b = 0; b < IndexBits; b++) begin : gen_index
      logic [FetchWidth-1:0] with_bit;
      for (genvar n = 0; n < FetchWidth; n++) begin : gen_bit
        assign with_bit[n] = ((n >> b) & 1) != 0 && one[n];
      end
      assign index[b] = with_bit != '0;
    end
    always_ff @(posedge clk_i) begin
      out_event_o[g] <= picked_total_q[g];
      out_neg_o[g] <= (one & picked_neg_q) != '0;
      out_addr_o[WordBits*g+:WordBits] <= picked_base_q + WordBits'(index);
    end
  end

endmodule

`default_nettype wire
