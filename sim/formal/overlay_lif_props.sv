`default_nettype none

/// Properties of `overlay_lif`, for any sums, drives, thresholds, leaks and resets.
///
/// One word of membranes, freely chosen, is followed: in each time-step its membrane and spike are those of the equations,
/// from what the time-step before left, and they stay until they are taken.
module overlay_lif_props #(
  parameter int unsigned AccWidth = 2,
  parameter int unsigned ThetaWidth = 2,
  parameter int unsigned StartWidth = 2,
  parameter int unsigned StateWidth = 4,
  parameter int unsigned CurrentWidth = 4,
  parameter int unsigned LeakShift = 1
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic begin_i,
  input wire logic valid_i,
  input wire logic take_i,
  input wire logic [AccWidth-1:0] sum_i,
  input wire logic [ThetaWidth+StartWidth-1:0] threshold_i
);

  localparam int unsigned Depth = 2;
  // Wide enough for any sum of numbers of these widths.
  localparam int unsigned Wide = StateWidth + CurrentWidth + AccWidth + 4;

  (* anyconst *) logic last;
  (* anyconst *) logic fraction;
  (* anyconst *) logic [1:0] reset;
  (* anyconst *) logic over;
  (* anyconst *) logic [LeakShift:0] factor;
  (* anyconst *) logic synapse;
  (* anyconst *) logic [LeakShift:0] synapse_factor;
  (* anyconst *) logic signed [StateWidth-1:0] value;
  // The word that is followed.
  (* anyconst *) logic word;

  logic done, spike;
  logic signed [StateWidth-1:0] membrane;
  overlay_lif #(
    .Lanes(1),
    .AccWidth(AccWidth),
    .ThetaWidth(ThetaWidth),
    .StartWidth(StartWidth),
    .StateWidth(StateWidth),
    .CurrentWidth(CurrentWidth),
    .Depth(Depth),
    .LeakShift(LeakShift),
    .FractionBits(1)
  ) u_dut (
    .clk_i,
    .rst_i,
    .begin_i,
    .valid_i,
    .done_o(done),
    .take_i,
    .last_i(last),
    .fraction_i(fraction),
    .reset_i(reset),
    .over_i(over),
    .factor_i(factor),
    .synapse_i(synapse),
    .synapse_factor_i(synapse_factor),
    .value_i(value),
    .sums_i(sum_i),
    .threshold_i,
    .spikes_o(spike),
    .membranes_o(membrane)
  );

  // ---------------------------------------------------------------------------- the equations
  logic begun_q = 1'b0;
  logic ready_q, first_q, at_q;
  logic signed [Wide-1:0] kept_q, current_q, drive, sum, added, v, theta, less, kept, rest;
  logic expected, own;
  assign drive = Wide'($signed(threshold_i[StartWidth-1:0]));
  assign theta = Wide'(threshold_i[StartWidth+:ThetaWidth]);
  assign sum = Wide'($signed(sum_i));
  assign added = drive + (sum <<< fraction) + ((synapse && CurrentWidth > 0 && !first_q) ? current_q : '0);
  assign v = (first_q ? Wide'(value) : kept_q) + added;
  assign less = theta - Wide'(over);
  assign expected = v >= theta;
  function automatic logic signed [Wide-1:0] leak(logic signed [Wide-1:0] x, logic [LeakShift:0] by);
    logic signed [Wide-1:0] rounded;
    rounded = x * $signed(Wide'(by)) + $signed(Wide'(1) << LeakShift >> 1);
    leak = rounded >>> LeakShift;
  endfunction
  always_comb begin
    kept = leak(v, factor);
    if (expected && reset == 2'd1) kept = leak(v - less, factor);
    if (expected && reset == 2'd2) kept = leak(v, factor) - less;
    if (expected && reset == 2'd3) kept = Wide'(value);
  end
  assign rest = leak(added, synapse_factor);
  assign own = at_q == word;

  logic waits_q;
  logic [AccWidth-1:0] sum_q;
  logic [ThetaWidth+StartWidth-1:0] threshold_q;
  logic [3:0] age_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    if (rst_i) ready_q <= 1'b0;
    else if (begin_i) ready_q <= 1'b1;
    if (begin_i) begin
      at_q <= 1'b0;
      first_q <= 1'b1;
    end else if (done && take_i) begin
      at_q <= (at_q == last) ? 1'b0 : 1'b1;
      if (at_q == last) first_q <= 1'b0;
    end
    if (done && take_i && own) begin
      kept_q <= kept;
      current_q <= rest;
    end
    waits_q <= !rst_i && valid_i && !(done && take_i);
    sum_q <= sum_i;
    threshold_q <= threshold_i;
    age_q <= (rst_i || !valid_i || done) ? 4'd0 : age_q + 4'd1;
  end

  function automatic logic fits(logic signed [Wide-1:0] x, int unsigned width);
    logic signed [Wide-1:0] above;
    above = x >>> (width - 1);
    fits = above == '0 || above == '1;
  endfunction
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    if (begun_q && !rst_i) begin
      // An instruction begins between two groups.
      m_begin : assume (!begin_i || !valid_i);
      m_ready : assume (!valid_i || ready_q);
      m_taken : assume (!take_i || done);
      m_word : assume (word <= last);
      m_factors : assume (factor <= (1 << LeakShift) && synapse_factor <= (1 << LeakShift));
      m_theta : assume (!over || reset == 2'd0 || reset == 2'd3 || theta != '0);
      if (waits_q) m_stable : assume (valid_i && sum_i == sum_q && threshold_i == threshold_q);
      // Lowering proves the widths.
      if (valid_i && own) begin
        m_membrane : assume (fits(v, StateWidth) && fits(v - less, StateWidth) && fits(kept, StateWidth));
        if (CurrentWidth > 0 && synapse) m_current : assume (fits(added, CurrentWidth));
      end
      a_soon : assert (age_q < ((LeakShift > 0) ? 5 : 3) + ((CurrentWidth > 0) ? 1 : 0) + 1);
      if (done) a_of_a_group : assert (valid_i);
      if (done && own) begin
        a_membrane : assert (Wide'(membrane) == v);
        a_spike : assert (spike == expected);
      end
      // What these covers need of time differs between the tasks, which each have some of them.
      if (CurrentWidth > 0) begin
        c_current : cover (done && own && !first_q && spike && synapse && current_q < 0);
      end else begin
        c_words : cover (done && own && !first_q && spike && kept_q != '0 && last);
      end
    end
  end

endmodule

`default_nettype wire
