`default_nettype none

/// Weights that stream past: what a stream from memory writes to a ring of words, in the order in which the instructions of
/// the fetch list read them.
///
/// Contract: a sample's stream has `words_i` words, the address of a word is its position modulo `Depth`. Instruction `i` has
/// its own words, as many as bits 0 to 30 of entry `i` of the needs say; bit 31 marks the last instruction. The needs of the
/// last instruction that has words include those that are missing to a multiple of `Depth`: the next sample begins at
/// address 0 again. `ready_o` says that all words of the present instruction are in the ring, `waits_o` that some are not; it
/// falls with `next_i`, the end of that instruction. Its words may be overwritten once all that was read of them has passed: `word_i` counts chunks that
/// leave fetch, `ended_i` those whose last word of weights is read, `held_i` says that one is about to leave. Writing goes on
/// into the next sample.
/// With `failed_i` the stream has ended for ever: every instruction is ready.
/// A word is as many beats as it takes, the last one filled up; or, where several fit, a beat is a power of two of words, each
/// in its part of the beat.
/// Throughput: one beat, and at most one word, per cycle.
module overlay_weight_ring #(
  /// Bits of a word, and words of the ring, a power of two from 4.
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 16,
  /// Bits of a beat.
  parameter int unsigned BeatWidth = 128,
  /// Instructions.
  parameter int unsigned Count = 4,
  /// Bits of an address, derived.
  localparam int unsigned AddrWidth = $clog2(Depth),
  /// Bits of an instruction's number, derived.
  localparam int unsigned IndexWidth = (Count > 1) ? $clog2(Count) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_i,
  /// Words of a sample's stream; the needs are written while in reset.
  input  wire logic [31:0]                words_i,
  input  wire logic                       need_write_i,
  input  wire logic [IndexWidth-1:0]      need_addr_i,
  input  wire logic [31:0]                need_data_i,
  /// Stream.
  input  wire logic                       in_valid_i,
  output      logic                       in_ready_o,
  input  wire logic [BeatWidth-1:0]       in_data_i,
  input  wire logic                       failed_i,
  /// Instructions.
  output      logic                       ready_o,
  output      logic                       waits_o,
  input  wire logic                       next_i,
  input  wire logic                       held_i,
  input  wire logic                       word_i,
  input  wire logic                       ended_i,
  /// Words that are written.
  output      logic                       write_valid_o,
  input  wire logic                       write_ready_i,
  output      logic [AddrWidth-1:0]       write_addr_o,
  output      logic [Width-1:0]           write_data_o
);

  // Words in the ring; up to a multiple of the depth more at the end of a sample.
  localparam int unsigned FillWidth = AddrWidth + 1;
  localparam int unsigned Fitting =
      (Width > BeatWidth) ? 1 : 2 ** ($clog2(BeatWidth / Width + 1) - 1);

  if (Depth < 4 || 2 ** AddrWidth != Depth || Width < 1 ||
      Count < 1) begin : gen_bad_parameters
    $error("overlay_weight_ring: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- beats to words
  // room: there is room in the ring, and the word that is offered is written.
  logic room, space, offer, write;
  logic [Width-1:0] word;
  assign room = space && write_ready_i;
  assign write = offer && room;
  assign write_valid_o = offer && space;
  assign write_data_o = word;
  if (Width > BeatWidth) begin : gen_join
    localparam int unsigned Beats = (Width + BeatWidth - 1) / BeatWidth;
    localparam int unsigned Kept = (Beats - 1) * BeatWidth;
    localparam int unsigned BeatBits = $clog2(Beats);
    logic [Kept-1:0] kept_q;
    logic [BeatBits-1:0] beat_q;
    logic complete;
    assign complete = beat_q == BeatBits'(Beats - 1);
    assign in_ready_o = !complete || room;
    assign offer = in_valid_i && complete;
    assign word = Width'({in_data_i, kept_q});
    always_ff @(posedge clk_i) begin
      if (rst_i) beat_q <= '0;
      else if (write) beat_q <= '0;
      else if (in_valid_i && in_ready_o) beat_q <= beat_q + BeatBits'(1);
      if (in_valid_i && in_ready_o) kept_q <= Kept'({in_data_i, kept_q} >> BeatWidth);
    end
  end else if (Fitting > 1) begin : gen_divide
    localparam int unsigned PartBits = $clog2(Fitting);
    localparam int unsigned PartWidth = BeatWidth / Fitting;
    logic [PartBits-1:0] part_q;
    assign offer = in_valid_i;
    assign in_ready_o = room && part_q == PartBits'(Fitting - 1);
    assign word = in_data_i[PartWidth*part_q+:Width];
    always_ff @(posedge clk_i) begin
      if (rst_i) part_q <= '0;
      else if (write) part_q <= part_q + PartBits'(1);
    end
  end else begin : gen_same
    assign offer = in_valid_i;
    assign in_ready_o = room;
    assign word = in_data_i[Width-1:0];
    if (BeatWidth > Width) begin : gen_rest
      logic unused_rest;
      assign unused_rest = ^in_data_i[BeatWidth-1:Width];
    end
  end

  // ---------------------------------------------------------------------------- writing
  // left_q: words of the sample that are not written, less one. The last of them jumps to the next multiple of the depth.
  logic [AddrWidth-1:0] write_addr_q, jump;
  logic [31:0] left_q;
  logic [FillWidth-1:0] fill_q, need_q, added, taken;
  logic sample_last, release_words;
  assign sample_last = left_q == '0;
  assign jump = ~write_addr_q;
  assign space = !fill_q[FillWidth-1];
  assign write_addr_o = write_addr_q;
  assign added = !write ? '0 : FillWidth'(1) + (sample_last ? FillWidth'(jump) : '0);
  assign taken = release_words ? need_q : '0;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_addr_q <= '0;
      fill_q <= '0;
      left_q <= words_i - 32'd1;
    end else begin
      fill_q <= fill_q + added - taken;
      if (write) begin
        write_addr_q <= sample_last ? '0 : write_addr_q + AddrWidth'(1);
        left_q <= sample_last ? words_i - 32'd1 : left_q - 32'd1;
      end
    end
  end

  // ---------------------------------------------------------------------------- instructions
  // read: the needs of the instruction come. wait: it runs, or waits for its words. close: what was read of them passes.
  typedef enum logic [1:0] {
    StRead,
    StTake,
    StWait,
    StClose
  } state_e;
  state_e state_q;

  localparam int unsigned ChunkBits = 4;
  logic [IndexWidth-1:0] index_q;
  logic [31:0] need;
  logic last_q;
  logic [ChunkBits-1:0] chunks_q;
  logic passed, unused_need;
  assign unused_need = ^need[30:FillWidth];
  sync_ram #(
    .Width(32),
    .Depth(Count)
  ) u_needs (
    .clk_i,
    .read_enable_i(state_q == StRead),
    .read_addr_i(index_q),
    .read_data_o(need),
    .write_enable_i(need_write_i),
    .write_addr_i(need_addr_i),
    .write_data_i(need_data_i)
  );
  assign passed = !held_i && !word_i && chunks_q == '0;
  assign release_words = state_q == StClose && passed;
  assign ready_o = state_q == StWait && (fill_q >= need_q || failed_i);
  assign waits_o = state_q == StWait && !ready_o;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StRead;
      index_q <= '0;
      chunks_q <= '0;
    end else begin
      chunks_q <= chunks_q + ChunkBits'(word_i) - ChunkBits'(ended_i);
      case (state_q)
        StRead: state_q <= StTake;
        StTake: state_q <= StWait;
        StWait: if (next_i) state_q <= (need_q == '0) ? StRead : StClose;
        default: if (passed) state_q <= StRead;
      endcase
      if (state_q == StWait && next_i) index_q <= last_q ? '0 : index_q + IndexWidth'(1);
    end
    if (state_q == StTake) {last_q, need_q} <= {need[31], need[FillWidth-1:0]};
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_begins_when_ready : assert (!next_i || ready_o);
      a_releases_what_is_there : assert (!release_words || fill_q >= need_q || failed_i);
      a_chunks : assert (chunks_q != '1 || !word_i);
    end
  end
`endif

endmodule

`default_nettype wire
