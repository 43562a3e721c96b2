`default_nettype none

/// IF and LIF neurons: the membranes of a group of neurons from one time-step to the next, and their spikes.
///
/// A row of sums is a time-step of some neurons, and rows come time-step by time-step. Each group takes the next word of
/// membranes, and after the last word the first one again: the words hold all groups of all rows of a time-step. In the
/// first time-step the membrane is `value_i` instead.
///
///     v = membrane + drive + 2^fraction * sum;   spike = v >= theta
///     membrane = leak(v);  after a spike  leak(v - theta + over), leak(v) - theta + over, or value
///     leak(x) = floor((factor * x + 2^(LeakShift - 1)) / 2^LeakShift)
///
/// With `synapse_i`, a current is kept beside the membrane, 0 before the first time-step: the current, plus drive and sum, takes
/// the place of both, and then leaks with a factor of its own.
///
/// Contract: what belongs to a group is valid and stays as it is from the first cycle with `valid_i` until its spikes are
/// taken, in a cycle with `done_o` and `take_i`. `begin_i` is high before the first group of an instruction.
/// Structure: read -> add -> join (with `CurrentWidth`) -> decide -> leak (two cycles, with `LeakShift`) -> store.
/// Throughput: a group in six cycles, without `LeakShift` in four; with `CurrentWidth` in one more.
module overlay_lif #(
  /// Neurons of a group.
  parameter int unsigned Lanes = 8,
  /// Bits of a signed sum, of a threshold, of a signed drive, of a signed membrane.
  parameter int unsigned AccWidth = 16,
  parameter int unsigned ThetaWidth = 14,
  parameter int unsigned StartWidth = 16,
  parameter int unsigned StateWidth = 24,
  /// Bits of a signed current; no neuron has one if 0.
  parameter int unsigned CurrentWidth = 0,
  /// Words of membranes.
  parameter int unsigned Depth = 16,
  /// Bits of a leak behind the point; no membrane leaks to a part of it if 0.
  parameter int unsigned LeakShift = 0,
  /// Bits of a number of fraction bits.
  parameter int unsigned FractionBits = 6,
  /// Address bits, derived.
  localparam int unsigned AddrBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                                     clk_i,
  input  wire logic                                     rst_i,
  input  wire logic                                     begin_i,
  input  wire logic                                     valid_i,
  output      logic                                     done_o,
  input  wire logic                                     take_i,
  /// The last word of membranes; fraction bits.
  input  wire logic [AddrBits-1:0]                      last_i,
  input  wire logic [FractionBits-1:0]                  fraction_i,
  /// What a spike does: 0 nothing, 1 subtracts, 2 subtracts after the leak, 3 sets the value.
  input  wire logic [1:0]                               reset_i,
  /// A spike needs more than the threshold that is subtracted: theta is one more.
  input  wire logic                                     over_i,
  input  wire logic [LeakShift:0]                       factor_i,
  /// Neurons have a current; factor of its leak.
  input  wire logic                                     synapse_i,
  input  wire logic [LeakShift:0]                       synapse_factor_i,
  input  wire logic signed [StateWidth-1:0]             value_i,
  input  wire logic [Lanes*AccWidth-1:0]                sums_i,
  /// Of each neuron: drive, and theta above it.
  input  wire logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold_i,
  output      logic [Lanes-1:0]                         spikes_o,
  /// The membranes that decided.
  output      logic [Lanes*StateWidth-1:0]              membranes_o
);

  if (Lanes < 1 || Depth < 1 || StateWidth < 2) begin : gen_bad_parameters
    $error("overlay_lif: a parameter is out of range");
  end

  typedef enum logic [2:0] {
    StIdle,
    StAdd,
    StJoin,
    StDecide,
    StLeak,
    StSum,
    StStore
  } state_e;
  state_e state_q;
  logic [AddrBits-1:0] addr_q;
  logic first_q, read, store;
  assign read = state_q == StIdle && valid_i;
  assign done_o = state_q == StStore;
  assign store = done_o && take_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle: if (valid_i) state_q <= StAdd;
        StAdd: state_q <= (CurrentWidth > 0) ? StJoin : StDecide;
        StJoin: state_q <= StDecide;
        StDecide: state_q <= (LeakShift > 0) ? StLeak : StStore;
        StLeak: state_q <= StSum;
        StSum: state_q <= StStore;
        default: if (take_i) state_q <= StIdle;
      endcase
    end
    if (begin_i) begin
      addr_q <= '0;
      first_q <= 1'b1;
    end else if (store) begin
      addr_q <= (addr_q == last_i) ? '0 : addr_q + AddrBits'(1);
      if (addr_q == last_i) first_q <= 1'b0;
    end
  end

  // A membrane, and the current above it.
  localparam int unsigned KeptWidth = StateWidth + CurrentWidth;
  logic [Lanes*KeptWidth-1:0] stored, next;
  sync_ram #(
    .Width(Lanes * KeptWidth),
    .Depth(Depth)
  ) u_membranes (
    .clk_i,
    .read_enable_i(read),
    .read_addr_i(addr_q),
    .read_data_o(stored),
    .write_enable_i(store),
    .write_addr_i(addr_q),
    .write_data_i(next)
  );

  localparam int unsigned CompareWidth =
      ((StateWidth > ThetaWidth + 1) ? StateWidth : ThetaWidth + 1) + 1;
  logic subtracts, late, sets;
  assign subtracts = reset_i == 2'd1;
  assign late = reset_i == 2'd2;
  assign sets = reset_i == 2'd3;

  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    logic signed [StartWidth-1:0] drive;
    logic [ThetaWidth-1:0] theta;
    logic signed [AccWidth-1:0] sum;
    logic signed [StateWidth-1:0] held, v_q, kept_q, lower, left, after;
    logic spike, spike_q, unused_high;
    // Another layer may have wider sums and biases.
    assign unused_high = (^drive) ^ (^sum);
    assign drive = threshold_i[(ThetaWidth+StartWidth)*j+:StartWidth];
    assign theta = threshold_i[(ThetaWidth+StartWidth)*j+StartWidth+:ThetaWidth];
    assign sum = sums_i[AccWidth*j+:AccWidth];
    assign held = first_q ? value_i : stored[KeptWidth*j+:StateWidth];
    assign spike = CompareWidth'(v_q) >= $signed(CompareWidth'(theta));
    // What is subtracted lies in the range of membranes if a neuron can spike at all.
    assign lower = StateWidth'(theta) - StateWidth'(over_i);
    if (CurrentWidth > 0) begin : gen_current
      // What is added to the membrane, which wraps as the membrane does; without a synapse it may be wider than a current.
      localparam int unsigned AddWidth = (CurrentWidth > StateWidth) ? CurrentWidth : StateWidth;
      logic signed [AddWidth-1:0] current, added_q;
      logic signed [CurrentWidth-1:0] rest;
      assign current = (first_q || !synapse_i) ? '0 :
          AddWidth'($signed(stored[KeptWidth*j+StateWidth+:CurrentWidth]));
      always_ff @(posedge clk_i) begin
        if (state_q == StAdd) begin
          added_q <= current + AddWidth'(drive) + (AddWidth'(sum) <<< fraction_i);
        end
        if (state_q == StJoin) v_q <= held + StateWidth'(added_q);
      end
      if (LeakShift > 0) begin : gen_rest
        localparam int unsigned RestWidth = CurrentWidth + LeakShift + 1;
        logic signed [RestWidth-1:0] product, rounded;
        wide_product #(
          .AWidth(CurrentWidth),
          .BWidth(LeakShift + 2),
          .Width(RestWidth)
        ) u_product (
          .clk_i,
          .enable_i(1'b1),
          .a_i(CurrentWidth'(added_q)),
          .b_i($signed({1'b0, synapse_factor_i})),
          .product_o(product)
        );
        assign rounded = product + (RestWidth'(1) << (LeakShift - 1));
        assign rest = CurrentWidth'(rounded >>> LeakShift);
      end else begin : gen_no_rest
        assign rest = synapse_factor_i[0] ? CurrentWidth'(added_q) : '0;
      end
      assign next[KeptWidth*j+StateWidth+:CurrentWidth] = rest;
    end else begin : gen_no_current
      logic unused_synapse;
      assign unused_synapse = synapse_i ^ (^synapse_factor_i);
      always_ff @(posedge clk_i) begin
        if (state_q == StAdd) begin
          v_q <= held + StateWidth'(drive) + (StateWidth'(sum) <<< fraction_i);
        end
      end
    end
    always_ff @(posedge clk_i) begin
      if (state_q == StDecide) begin
        spike_q <= spike;
        kept_q <= v_q - ((spike && subtracts) ? lower : '0);
      end
    end
    if (LeakShift > 0) begin : gen_leak
      localparam int unsigned ProductWidth = StateWidth + LeakShift + 1;
      logic signed [ProductWidth-1:0] product, rounded;
      wide_product #(
        .AWidth(StateWidth),
        .BWidth(LeakShift + 2),
        .Width(ProductWidth)
      ) u_product (
        .clk_i,
        .enable_i(1'b1),
        .a_i(kept_q),
        .b_i($signed({1'b0, factor_i})),
        .product_o(product)
      );
      assign rounded = product + (ProductWidth'(1) << (LeakShift - 1));
      assign left = StateWidth'(rounded >>> LeakShift);
    end else begin : gen_no_leak
      assign left = factor_i[0] ? kept_q : '0;
    end
    always_comb begin
      after = left;
      if (spike_q && late) after = left - lower;
      if (spike_q && sets) after = value_i;
    end
    assign next[KeptWidth*j+:StateWidth] = after;
    assign spikes_o[j] = spike_q;
    assign membranes_o[StateWidth*j+:StateWidth] = v_q;
  end

endmodule

`default_nettype wire
