`default_nettype none

/// Bench of `overlay_operands` and `overlay_words`: rows that are transposed and groups are written to one half of the operands, and
/// words of weights to the ring, while the other half and the ring are read. Then every lane that was written is compared.
module overlay_words_tb #(
  parameter int unsigned Ports = 4,
  parameter int unsigned ChunkLanes = 64,
  parameter int unsigned Lanes = 32,
  parameter int unsigned WeightWidth = 4,
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned Beat = 8,
  parameter int unsigned Elements = 64,
  parameter int unsigned RingDepth = 32
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Rounds = 40;
  // A half has the blocks of rows of at most two chunks of lanes.
  localparam int Half = int'(2 * Elements);
  // Ports of a cycle with half of the events.
  localparam int Half2 = (int'(Ports) + 1) / 2;
  localparam int unsigned OperandDepth = 2 * 2 * Elements;
  localparam int unsigned AddrBits = $clog2(OperandDepth);
  localparam int unsigned RingBits = $clog2(RingDepth);
  localparam int unsigned WordBits = (AddrBits > RingBits) ? AddrBits : RingBits;
  localparam int unsigned Part = (Lanes > 32) ? Lanes / 2 : Lanes;
  localparam int unsigned LaneBits = (ChunkLanes > 1) ? $clog2(ChunkLanes) : 1;
  localparam int unsigned GroupBits = (ChunkLanes > Lanes) ? $clog2(ChunkLanes / Lanes) : 1;
  localparam int unsigned LaneWidth = (OperandWidth > WeightWidth) ? OperandWidth : WeightWidth;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic plain, across, row_end, flush, idle, put_valid, put_ready, put_urgent;
  logic [AddrBits-1:0] addr, element, put_addr;
  logic [GroupBits-1:0] group, put_group;
  logic [LaneBits-1:0] lane;
  logic [Lanes*OperandWidth-1:0] levels, put_data;
  logic [Lanes/Part-1:0] put_parts;
  overlay_operands #(
    .ChunkLanes(ChunkLanes), .Lanes(Lanes), .Width(OperandWidth), .Beat(Beat), .Elements(Elements),
    .AddrBits(AddrBits)
  ) u_operands (
    .clk_i, .rst_i(rst), .plain_valid_i(plain), .cross_valid_i(across), .addr_i(addr),
    .element_i(element), .group_i(group), .lane_i(lane), .row_end_i(row_end), .flush_i(flush),
    .levels_i(levels), .idle_o(idle), .put_valid_o(put_valid), .put_ready_i(put_ready),
    .put_urgent_o(put_urgent), .put_addr_o(put_addr), .put_group_o(put_group),
    .put_parts_o(put_parts), .put_data_o(put_data)
  );
  logic enable, operand, half, weight_valid, weight_ready;
  logic [Ports-1:0] clear;
  logic [Ports*WordBits-1:0] read_addr;
  logic [Ports*ChunkLanes*LaneWidth-1:0] data;
  logic [RingBits-1:0] weight_addr;
  logic [ChunkLanes*WeightWidth-1:0] weight_data;
  overlay_words #(
    .Ports(Ports), .Lanes(ChunkLanes), .WeightWidth(WeightWidth), .OperandWidth(OperandWidth),
    .RingDepth(RingDepth), .OperandDepth(OperandDepth), .Group(Lanes), .Part(Part), .WordBits(WordBits)
  ) u_words (
    .clk_i, .rst_i(rst), .enable_i(enable), .operand_i(operand), .clear_i(clear),
    .addr_i(read_addr), .data_o(data), .half_o(half), .weight_valid_i(weight_valid),
    .weight_ready_o(weight_ready), .weight_addr_i(weight_addr), .weight_data_i(weight_data),
    .put_valid_i(put_valid), .put_ready_o(put_ready), .put_urgent_i(put_urgent),
    .put_addr_i(put_addr), .put_group_i(put_group), .put_parts_i(put_parts), .put_data_i(put_data)
  );

  // What the memories hold, and whether a lane was written.
  int ring[RingDepth][ChunkLanes];
  int words[OperandDepth][ChunkLanes];
  logic known[OperandDepth][ChunkLanes];
  int round = 0, phase = 0, row = 0, rows = 0, elements = 0, at = 0, wait_for = 0, groups = 0, filled = 0;
  int base = 0, position = 0, value = 0, patience = 0, most = 0;
  logic crossing = 1'b0, busy = 1'b0;
  int asked[Ports], due[Ports];
  logic [Ports-1:0] due_clear;
  logic due_valid = 1'b0, due_operand = 1'b0, held_1 = 1'b0, held_2 = 1'b0;

  function automatic int number(input logic [LaneWidth-1:0] bits);
    return int'($signed(bits));
  endfunction

  initial begin
    for (int a = 0; a < int'(OperandDepth); a++) begin
      for (int l = 0; l < int'(ChunkLanes); l++) known[a][l] = 1'b0;
    end
  end

  always @(posedge clk_i) begin
    {plain, across, row_end, flush, enable} <= '0;
    if (rst) begin
      done_o <= 1'b0;
      weight_valid <= 1'b0;
      weight_addr <= '0;
      clear <= '1;
      operand <= 1'b0;
    end else begin
      patience = patience + 1;
      if (patience > 40000 && !done_o) $fatal(1, "%m: hangs in round %0d, phase %0d", round, phase);
      // What was read.
      if (due_valid) begin
        for (int p = 0; p < int'(Ports); p++) begin
          for (int l = 0; l < int'(ChunkLanes); l++) begin
            value = number(data[LaneWidth*(int'(ChunkLanes)*p+l)+:LaneWidth]);
            if (due_clear[p] ? value != 0 : due_operand ?
                (known[due[p]][l] && value != words[due[p]][l]) : value != ring[due[p]][l]) begin
              $fatal(1, "%m: round %0d (transposed: %0d): lane %0d of word %0d is %0d", round, crossing, l, due[p], value);
            end
          end
        end
      end
      due_valid = enable;
      due_clear = clear;
      due_operand = operand;
      due = asked;
      if (held_2 && enable && (~clear >> Half2) != '0) $fatal(1, "%m: the bench reads with all ports");
      held_2 = held_1;
      held_1 = half;
      most = held_2 ? Half2 : int'(Ports);
      // Weights: word after word.
      if (weight_valid && weight_ready) begin
        for (int l = 0; l < int'(ChunkLanes); l++) begin
          ring[weight_addr][l] = int'($signed(weight_data[WeightWidth*l+:WeightWidth]));
        end
        weight_addr <= weight_addr + RingBits'(1);
        weight_valid <= 1'b0;
        filled = filled + 1;
      end else if (!weight_valid && $urandom_range(10) == 0) begin
        weight_valid <= 1'b1;
        for (int l = 0; l < int'(ChunkLanes); l++) begin
          weight_data[WeightWidth*l+:WeightWidth] <= WeightWidth'($urandom);
        end
      end
      case (phase)
        // A round begins: all that is known of its half is forgotten.
        0: begin
          crossing = $urandom_range(1) == 0;
          base = (round % 2) * Half;
          for (int a = base; a < base + Half; a++) begin
            for (int l = 0; l < int'(ChunkLanes); l++) known[a][l] = 1'b0;
          end
          row = 0;
          at = 0;
          rows = crossing ? 1 + int'($urandom_range(2 * ChunkLanes - 1)) : 1 + int'($urandom_range(Elements));
          elements = 1 + int'($urandom_range(Elements - 1));
          wait_for = 0;
          patience = 0;
          phase = 1;
        end
        // Elements of transposed rows, without a pause in every other round; or groups, one in four cycles.
        1: begin
          if (wait_for > 0) begin
            wait_for = wait_for - 1;
          end else if (crossing) begin
            across <= 1'b1;
            lane <= LaneBits'(row % int'(ChunkLanes));
            element <= AddrBits'(at);
            addr <= AddrBits'(base + row / int'(ChunkLanes) * int'(Elements) + at);
            for (int j = 0; j < int'(Lanes); j++) begin
              value = int'($signed(OperandWidth'($urandom)));
              levels[OperandWidth*j+:OperandWidth] <= OperandWidth'(value);
              if (j < int'(Beat) && at + j < elements) begin
                words[base+row/int'(ChunkLanes)*int'(Elements)+at+j][row%int'(ChunkLanes)] = value;
                known[base+row/int'(ChunkLanes)*int'(Elements)+at+j][row%int'(ChunkLanes)] = 1'b1;
              end
            end
            at = at + int'(Beat);
            if (at >= elements) begin
              at = 0;
              row_end <= 1'b1;
              flush <= row + 1 == rows || (row + 1) % int'(ChunkLanes) == 0;
              row = row + 1;
              // A row takes as long as one with the most elements.
              wait_for = (int'(Elements) - elements) / int'(Beat);
              if (row == rows) phase = 2;
            end else if (round % 2 != 0) begin
              wait_for = int'($urandom_range(2));
            end
          end else begin
            plain <= 1'b1;
            groups = int'($urandom_range(ChunkLanes / Lanes - 1));
            position = base + int'($urandom_range(Half - 1));
            group <= GroupBits'(groups);
            addr <= AddrBits'(position);
            for (int j = 0; j < int'(Lanes); j++) begin
              value = int'($signed(OperandWidth'($urandom)));
              levels[OperandWidth*j+:OperandWidth] <= OperandWidth'(value);
              words[position][groups*int'(Lanes)+j] = value;
              known[position][groups*int'(Lanes)+j] = 1'b1;
            end
            row = row + 1;
            wait_for = 3;
            if (row == rows) phase = 2;
          end
        end
        // What was written arrives.
        2: phase = 3;
        3: begin
          if (idle) begin
            phase = 4;
            at = 0;
          end
        end
        // All of it is read, below.
        4: begin
          if (at >= Half && !enable && !due_valid) begin
            round = round + 1;
            phase = 0;
            if (round == Rounds) begin
              done_o <= 1'b1;
              phase = 5;
            end
          end
        end
        default: ;
      endcase
      // Reads: of the ring the words that are not written soon, of the operands the half that is not written, or all that was.
      if (phase != 5 && (phase == 4 ? at < Half : $urandom_range(8) != 0)) begin
        enable <= 1'b1;
        busy = phase == 4 || $urandom_range(1) == 0;
        clear <= ~(Ports'((64'd1 << (busy ? most : int'($urandom_range(most)))) - 64'd1));
        for (int p = 0; p < int'(Ports); p++) begin
          if (phase == 4) begin
            asked[p] = base + (at + p) % Half;
          end else begin
            asked[p] = (1 - round % 2) * Half + int'($urandom_range(Half - 1));
          end
          read_addr[WordBits*p+:WordBits] <= WordBits'(asked[p]);
        end
        if (phase == 4) begin
          at = at + most;
          operand <= 1'b1;
        end else if (filled >= 2 * int'(RingDepth) && $urandom_range(1) == 0) begin
          operand <= 1'b0;
          for (int p = 0; p < int'(Ports); p++) begin
            // Neither the word that is written nor the next one.
            asked[p] = (int'(weight_addr) + 2 + int'($urandom_range(RingDepth - 4))) % int'(RingDepth);
            read_addr[WordBits*p+:WordBits] <= WordBits'(asked[p]);
          end
        end else begin
          operand <= 1'b1;
        end
      end
    end
  end

  logic unused_cycle;
  assign unused_cycle = ^cycle;

endmodule

`default_nettype wire
