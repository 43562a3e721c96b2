`default_nettype none

/// What fire writes to the operands of `overlay_words`: groups as they are, and rows that are transposed.
///
/// A transposed row is one lane of as many words as it has elements. `Part` rows are collected; then each word is written
/// once, in `Part` lanes. The rows that follow are collected beside it.
///
/// Contract: `plain_valid_i`: a group of levels for the word `addr_i`. `cross_valid_i`: the next `Beat` elements of a row, the
/// first of them for the word `addr_i`; it is element `element_i` of its row, a multiple of `Beat`. `row_end_i`: the row ends,
/// with `flush_i` the last one of a block of rows or of an instruction. Neither waits. Groups come when no transposed rows are
/// left. `idle_o`: all that came is written. `urgent_o`: what waits to be written must not wait longer.
/// Throughput: a beat, and a write, per cycle.
module overlay_operands #(
  /// Lanes of a word, of a group.
  parameter int unsigned ChunkLanes = 16,
  parameter int unsigned Lanes = 8,
  /// Bits of a level.
  parameter int unsigned Width = 4,
  /// Elements of a beat of a transposed row, most elements of such a row.
  parameter int unsigned Beat = 1,
  parameter int unsigned Elements = 16,
  /// Bits of an address.
  parameter int unsigned AddrBits = 8,
  /// Rows that are collected, derived.
  localparam int unsigned Part = (Lanes > 32) ? Lanes / 2 : Lanes,
  localparam int unsigned Parts = Lanes / Part,
  localparam int unsigned LaneBits = (ChunkLanes > 1) ? $clog2(ChunkLanes) : 1,
  localparam int unsigned GroupBits = (ChunkLanes > Lanes) ? $clog2(ChunkLanes / Lanes) : 1
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// From fire.
  input  wire logic                   plain_valid_i,
  input  wire logic                   cross_valid_i,
  input  wire logic [AddrBits-1:0]    addr_i,
  input  wire logic [AddrBits-1:0]    element_i,
  input  wire logic [GroupBits-1:0]   group_i,
  input  wire logic [LaneBits-1:0]    lane_i,
  input  wire logic                   row_end_i,
  input  wire logic                   flush_i,
  input  wire logic [Lanes*Width-1:0] levels_i,
  output      logic                   idle_o,
  /// To memory.
  output      logic                   put_valid_o,
  input  wire logic                   put_ready_i,
  output      logic                   put_urgent_o,
  output      logic [AddrBits-1:0]    put_addr_o,
  output      logic [GroupBits-1:0]   put_group_o,
  output      logic [Parts-1:0]       put_parts_o,
  output      logic [Lanes*Width-1:0] put_data_o
);

  localparam int unsigned Places = (Elements + Beat - 1) / Beat;
  localparam int unsigned PlaceBits = (Places > 1) ? $clog2(Places) : 1;
  localparam int unsigned BeatBits = $clog2(Beat);
  localparam int unsigned StepBits = (Beat > 1) ? BeatBits : 1;
  localparam int unsigned PartBits = $clog2(Part);
  localparam int unsigned PartsBits = (Parts > 1) ? $clog2(Parts) : 1;

  if (ChunkLanes % Lanes != 0 || Lanes % Part != 0 || 2 ** PartBits != Part || Beat > Lanes ||
      2 ** BeatBits != Beat) begin : gen_bad_parameters
    $error("overlay_operands: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- rows that are collected
  // Two sets of rows in turn.
  logic set_q, late_q, batch_end, pending_q, start, pending_set_q, read_set_q;
  logic [PartBits-1:0] row;
  logic [PlaceBits-1:0] place;
  assign row = PartBits'(lane_i);
  assign place = PlaceBits'(element_i >> BeatBits);
  assign batch_end = cross_valid_i && row_end_i && (flush_i || row == PartBits'(Part - 1));

  // The set that waits to be written, and the one that is written.
  logic [AddrBits-1:0] pending_base_q;
  logic [LaneBits-1:0] pending_first_q;
  logic [PlaceBits-1:0] pending_place_q;
  logic [AddrBits-1:0] base_q;
  logic [LaneBits-1:0] first_q;
  logic [PlaceBits-1:0] place_q;
  logic [PlaceBits:0] left_q;
  logic [StepBits-1:0] step_q;
  logic loaded_q, load, shift, beat_last, cross_go, cross_valid;
  logic [Part*Width-1:0] column;
  for (genvar r = 0; r < Part; r++) begin : gen_row
    (* no_rw_check, ram_style = "distributed" *) logic [Beat*Width-1:0] words_q[2*2**PlaceBits];
    logic [Beat*Width-1:0] shift_q;
    always_ff @(posedge clk_i) begin
      if (cross_valid_i && row == PartBits'(r)) words_q[{set_q, place}] <= levels_i[Beat*Width-1:0];
      if (load) shift_q <= words_q[{read_set_q, place_q}];
      else if (shift) shift_q <= shift_q >> Width;
    end
    assign column[Width*r+:Width] = shift_q[Width-1:0];
  end
  assign beat_last = step_q == StepBits'(Beat - 1);
  assign shift = cross_valid && cross_go;
  assign start = pending_q && left_q == '0 && !loaded_q;
  assign load = left_q != '0 && (!loaded_q || (shift && beat_last));
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      set_q <= 1'b0;
      loaded_q <= 1'b0;
      left_q <= '0;
      late_q <= 1'b0;
      pending_q <= 1'b0;
    end else begin
      if (batch_end) set_q <= !set_q;
      if (batch_end) pending_q <= 1'b1;
      else if (start) pending_q <= 1'b0;
      if (start) begin
        left_q <= (PlaceBits + 1)'(pending_place_q) + (PlaceBits + 1)'(1);
      end else if (load) begin
        left_q <= left_q - (PlaceBits + 1)'(1);
      end
      if (load) loaded_q <= 1'b1;
      else if (shift && beat_last) loaded_q <= 1'b0;
      // Early enough in the rows that follow on, and behind the last ones.
      if (batch_end) late_q <= flush_i;
      else if (cross_valid_i && row_end_i && row == PartBits'(Part / 2)) late_q <= 1'b1;
    end
    if (batch_end) begin
      pending_base_q <= addr_i - element_i;
      pending_first_q <= lane_i;
      pending_place_q <= place;
      pending_set_q <= set_q;
    end
    if (start) begin
      base_q <= pending_base_q;
      first_q <= pending_first_q;
      read_set_q <= pending_set_q;
      place_q <= '0;
      step_q <= '0;
    end else begin
      if (load) place_q <= place_q + PlaceBits'(1);
      if (shift) begin
        base_q <= base_q + AddrBits'(1);
        step_q <= beat_last ? '0 : step_q + StepBits'(1);
      end
    end
  end
  assign cross_valid = loaded_q;

  // ---------------------------------------------------------------------------- queue
  // A row that is collected late, and a group, ask for cycles without events while the queue has more than some beats.
  localparam int unsigned Depth = 16;
  localparam int unsigned Some = 8;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  localparam int unsigned EntryWidth = AddrBits + GroupBits + Parts + Lanes * Width;
  logic [CountBits-1:0] count_q;
  logic in_valid, in_ready;
  logic [EntryWidth-1:0] entry;
  logic [Parts-1:0] parts;
  if (Parts > 1) begin : gen_parts
    logic [PartsBits-1:0] index;
    assign index = PartsBits'(first_q >> PartBits);
    for (genvar p = 0; p < Parts; p++) begin : gen_one
      assign parts[p] = index == PartsBits'(p);
    end
  end else begin : gen_whole
    assign parts = 1'b1;
  end
  assign cross_go = in_ready && !plain_valid_i && (late_q || count_q < CountBits'(Some));
  assign in_valid = plain_valid_i || (cross_valid && cross_go);
  assign entry = plain_valid_i ? {addr_i, group_i, {Parts{1'b1}}, levels_i} :
      {base_q, GroupBits'(first_q >> $clog2(Lanes)), parts, {Parts{column}}};
  stream_fifo #(
    .Width(EntryWidth),
    .Depth(Depth)
  ) u_queue (
    .clk_i,
    .rst_i,
    .in_valid_i(in_valid),
    .in_ready_o(in_ready),
    .in_data_i(entry),
    .out_valid_o(put_valid_o),
    .out_ready_i(put_ready_i),
    .out_data_o({put_addr_o, put_group_o, put_parts_o, put_data_o})
  );
  always_ff @(posedge clk_i) begin
    if (rst_i) count_q <= '0;
    else begin
      count_q <= count_q + CountBits'(in_valid && in_ready) -
          CountBits'(put_valid_o && put_ready_i);
    end
  end
  assign put_urgent_o = count_q >= CountBits'(Some);
  assign idle_o = count_q == '0 && left_q == '0 && !loaded_q && !pending_q && !plain_valid_i &&
      !cross_valid_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      a_group_has_room : assert (!plain_valid_i || in_ready);
      a_set_is_written : assert (!cross_valid_i || !pending_q || start);
      a_one_pending : assert (!batch_end || !pending_q);
    end
  end
`endif

endmodule

`default_nettype wire
