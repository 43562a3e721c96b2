`default_nettype none

/// Event counters that share one memory for their sums.
///
/// Entry n counts `count_i[CountWidth*n +: CountWidth]` events in each cycle. A small register collects
/// them until the entry's turn, once in `Entries` cycles; then they are added to its sum.
///
/// Contract: `sum_valid_o` says that `sum_o` is the sum of entry `sum_entry_o` up to four cycles before,
/// each entry once in `Entries` cycles. `clear_i` sets all sums to 0 a cycle later.
/// Sums wrap.
module event_counters #(
  /// Counters, at least 4.
  parameter int unsigned Entries = 4,
  /// Bits of the events of an entry in a cycle.
  parameter int unsigned CountWidth = 4,
  /// Bits of a sum.
  parameter int unsigned Width = 48,
  /// Bits of an entry's number, derived.
  localparam int unsigned EntryWidth = $clog2(Entries)
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_i,
  input  wire logic                          clear_i,
  /// Events.
  input  wire logic [Entries*CountWidth-1:0] count_i,
  /// Sums, one after the other.
  output      logic                          sum_valid_o,
  output      logic [EntryWidth-1:0]         sum_entry_o,
  output      logic [Width-1:0]              sum_o
);

  // What comes together until the entry's next turn.
  localparam int unsigned PartWidth = CountWidth + EntryWidth;
  localparam bit [EntryWidth-1:0] EntryLast = EntryWidth'(Entries - 1);

  if (Entries < 4 || CountWidth < 1 || Width < PartWidth) begin : gen_bad_parameters
    $error("event_counters: a parameter is out of range");
  end

  // In a register: it goes to every counter.
  logic clear_q;
  always_ff @(posedge clk_i) clear_q <= rst_i || clear_i;

  // Whose turn it is, and whose it was: that one's sum is there.
  logic turn_valid_q;
  logic [EntryWidth-1:0] turn_q, sum_entry_q;
  logic [Entries-1:0] turn_is_q, was_turn_q;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      turn_q <= '0;
      turn_is_q <= Entries'(1);
      turn_valid_q <= 1'b0;
    end else begin
      turn_is_q <= {turn_is_q[Entries-2:0], turn_is_q[Entries-1]};
      turn_q <= (turn_q == EntryLast) ? '0 : turn_q + EntryWidth'(1);
      turn_valid_q <= 1'b1;
    end
    sum_entry_q <= turn_q;
    was_turn_q <= turn_is_q;
  end

  // Collected events.
  logic [Entries*PartWidth-1:0] part_q;
  logic [PartWidth-1:0] turn_part, turn_part_q;
  for (genvar n = 0; n < Entries; n++) begin : gen_entry
    always_ff @(posedge clk_i) begin
      if (clear_q) begin
        part_q[PartWidth*n+:PartWidth] <= '0;
      end else begin
        part_q[PartWidth*n+:PartWidth] <= PartWidth'(count_i[CountWidth*n+:CountWidth]) +
            (turn_is_q[n] ? '0 : part_q[PartWidth*n+:PartWidth]);
      end
    end
  end
  always_comb begin
    turn_part = '0;
    for (int unsigned n = 0; n < Entries; n++) begin
      if (turn_is_q[n]) turn_part = turn_part | part_q[PartWidth*n+:PartWidth];
    end
  end
  always_ff @(posedge clk_i) turn_part_q <= clear_q ? '0 : turn_part;

  // Sums; those that were cleared count as 0 until they are written. A cycle each for the memory,
  // the addition and the way to the reader.
  logic [Width-1:0] old_q, sum, out_sum_q;
  logic [PartWidth-1:0] sum_part_q;
  logic [EntryWidth-1:0] sum_entry2_q, out_entry_q;
  logic sum_valid_q, out_valid_q;
  logic [Entries-1:0] fresh_q;
  logic [Width-1:0] old;
  logic fresh;
  sync_ram #(
    .Width(Width),
    .Depth(Entries)
  ) u_sums (
    .clk_i,
    .read_enable_i(1'b1),
    .read_addr_i(turn_q),
    .read_data_o(old),
    .write_enable_i(sum_valid_q),
    .write_addr_i(sum_entry2_q),
    .write_data_i(sum)
  );
  assign fresh = (fresh_q & was_turn_q) != '0;
  always_ff @(posedge clk_i) begin
    if (clear_q) fresh_q <= '1;
    else if (turn_valid_q) fresh_q <= fresh_q & ~was_turn_q;
  end

  assign sum = old_q + Width'(sum_part_q);
  always_ff @(posedge clk_i) begin
    sum_valid_q <= turn_valid_q && !rst_i;
    sum_entry2_q <= sum_entry_q;
    sum_part_q <= clear_q ? '0 : turn_part_q;
    old_q <= fresh ? '0 : old;
    out_valid_q <= sum_valid_q && !rst_i;
    out_entry_q <= sum_entry2_q;
    out_sum_q <= sum;
  end
  assign sum_o = out_sum_q;
  assign sum_entry_o = out_entry_q;
  assign sum_valid_o = out_valid_q;

endmodule

`default_nettype wire
