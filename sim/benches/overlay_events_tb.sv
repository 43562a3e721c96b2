`default_nettype none

/// Bench of `overlay_events`: every beat of every word, what is with it, and the time without pauses. Addresses and signs
/// count where there is an event, `keep` and `merge` with the last beat of a chunk.
module overlay_events_tb #(
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned Spikes = 2,
  parameter bit Halves = 1'b0,
  parameter int unsigned WordBits = 8,
  /// Words: {merge, keep, last, double, clear, operand, base, negative, spikes}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Beats: {merge, keep, last, double, clear, operand, addresses, negative, events}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch, count;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, last_ready, half, out_valid;
  logic [FetchWidth-1:0] nz, neg;
  logic [WordBits-1:0] base;
  logic operand, clear, double, last, keep, merge;
  bench_player #(.Width(2 * FetchWidth + WordBits + 6), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o({merge, keep, last, double, clear, operand, base, neg, nz})
  );

  logic [Spikes-1:0] events, out_neg, known, known_neg;
  logic [Spikes*WordBits-1:0] addr, known_addr;
  logic out_operand, out_clear, out_double, out_last, out_keep, out_merge;
  overlay_events #(.FetchWidth(FetchWidth), .Spikes(Spikes), .Halves(Halves), .WordBits(WordBits)) u_dut (
    .clk_i, .rst_i(rst), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_nz_i(nz), .in_neg_i(neg),
    .in_base_i(base), .in_operand_i(operand), .in_clear_i(clear), .in_double_i(double),
    .in_last_i(last), .in_keep_i(keep), .in_merge_i(merge), .last_ready_i(last_ready),
    .half_i(half),
    .out_valid_o(out_valid), .out_event_o(events), .out_neg_o(out_neg), .out_addr_o(addr),
    .out_operand_o(out_operand), .out_clear_o(out_clear), .out_double_o(out_double),
    .out_last_o(out_last), .out_keep_o(out_keep), .out_merge_o(out_merge)
  );
  // Cycles with half of the events divide the events of a word in another way: they are put into full beats again, which
  // are compared a cycle later or, if there are two, in the cycles behind.
  localparam int Half = (int'(Spikes) + 1) / 2;
  localparam int unsigned BeatWidth = Spikes * (WordBits + 2) + 6;
  // Events that the words have left; those of the first word that are in no beat; beats.
  int words[$];
  logic [WordBits:0] here[$];
  logic [BeatWidth-1:0] beats[$];
  logic begins = 1'b1, word_clear, word_double, ends, beat_valid = 1'b0;
  logic [BeatWidth-1:0] beat;
  int left;
  always @(posedge clk_i) begin
    if (rst) begin
      words = {};
    end else if (out_valid) begin
      if (words.size() == 0) $fatal(1, "%m: a beat of no word");
      if (begins) {word_clear, word_double} = {out_clear, out_double};
      else if (out_clear || out_double) $fatal(1, "%m: a mark in the middle");
      begins = 1'b0;
      for (int g = 0; g < int'(Spikes); g++) begin
        if (events[g]) here.push_back({out_neg[g], addr[WordBits*g+:WordBits]});
      end
      while (!begins && (here.size() >= int'(Spikes) || here.size() >= words[0])) begin
        {known_neg, known_addr, known} = '0;
        left = words[0] < int'(Spikes) ? words[0] : int'(Spikes);
        for (int g = 0; g < left; g++) begin
          known[g] = 1'b1;
          {known_neg[g], known_addr[WordBits*g+:WordBits]} = here.pop_front();
        end
        words[0] = words[0] - left;
        ends = words[0] == 0 && out_last;
        beats.push_back({
          ends && out_merge, ends && out_keep, ends, word_double, word_clear, out_operand, known_addr,
          known_neg, known
        });
        {word_clear, word_double} = '0;
        begins = words[0] == 0;
      end
      if (out_last != (begins && out_last)) $fatal(1, "%m: an end in the middle");
      if (begins) begin
        if (here.size() != 0) $fatal(1, "%m: more events than the word has");
        words.delete(0);
      end
    end
    if (!rst && in_valid && in_ready && (nz != '0 || clear || double || last)) begin
      words.push_back($countones(nz));
    end
    beat_valid <= beats.size() > 0;
    if (beats.size() > 0) beat <= beats.pop_front();
  end
  bench_observer #(.Width(BeatWidth), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(beat_valid),
    .data_i(beat)
  );

  // Whether a chunk might be completed when its events were picked, two cycles before they come.
  logic picked, might, held, few;
  always @(posedge clk_i) begin
    last_ready <= rst || batch <= 1 || $urandom_range(3) == 0;
    half <= !rst && batch > 1 && $urandom_range(2) == 0;
    held <= half;
    few <= held;
    if (!rst && Halves && out_valid && few && $countones(events) > Half) $fatal(1, "%m: too many events");
    picked <= last_ready;
    might <= picked;
    if (!rst && out_valid && out_last && !out_keep && !might) begin
      $fatal(1, "%m: a chunk is completed too early");
    end
  end

endmodule

`default_nettype wire
