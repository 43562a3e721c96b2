`default_nettype none

/// Bench of `overlay_fire`: the spikes of every local time-step, every operand and every element of the serial path, for
/// the instructions of a list; no row and no instruction is done before they are there. Each batch is a sample.
module overlay_fire_tb #(
  parameter int unsigned ChunkLanes = 16,
  parameter int unsigned Lanes = 8,
  parameter int unsigned Turns = 1,
  parameter int unsigned Waiting = 0,
  parameter int unsigned BankLanes = 1,
  parameter int unsigned SerialLanes = 1,
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned AccWidth = 16,
  parameter int unsigned Fraction = 4,
  parameter int unsigned MembraneWidth = 20,
  parameter int unsigned ThetaWidth = 14,
  parameter int unsigned StartWidth = 16,
  parameter int unsigned LevelBits = 4,
  parameter int unsigned MaxSteps = 4,
  parameter int unsigned Unary = 0,
  parameter int unsigned StepBits = 5,
  parameter int unsigned OperandWidth = 5,
  parameter int unsigned OperandBits = 8,
  parameter int unsigned HasOperands = 1,
  parameter int unsigned SpikeBits = 8,
  parameter int unsigned ThresholdBits = 6,
  parameter int unsigned Ragged = 0,
  parameter int unsigned PieceDepth = 0,
  parameter int unsigned PieceWidth = 16,
  parameter PieceFile = "",
  parameter int unsigned RowBits = 8,
  parameter int unsigned ChunkBits = 4,
  parameter int unsigned ElementBits = 7,
  parameter int unsigned Instructions = 1,
  parameter ProgramFile = "",
  parameter ThresholdFile = "",
  /// Sums of chunks.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Spikes of a step: {negative, spikes, group, address, written}; group and address only if they are written.
  parameter SpikeFile = "",
  parameter int SpikeWords = 1,
  /// Operands: {levels, address, lanes}.
  parameter OperandFile = "",
  parameter int OperandWords = 1,
  /// Elements: {row's end, group's end, values, those here, wide}.
  parameter SerialFile = "",
  parameter int SerialWords = 1,
  /// Rows that are told, and instructions: elements, operands, steps before them, 32 bits each; instructions also {to
  /// softmax} above.
  parameter RowFile = "",
  parameter int RowWords = 1,
  parameter BeginFile = "",
  parameter int BeginWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned ValueWidth = (AccWidth > LevelBits + 1) ? AccWidth : LevelBits + 1;
  localparam int unsigned Places = FetchWidth / (Turns * Lanes);

  logic rst, in_idle, spike_idle, operand_idle, serial_idle, at_end, restart;
  int cycle, batch, steps, operands;
  int rows = 0, begins = 0;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst),
    .idle_i((batch == 0 || at_end) && in_idle && spike_idle && operand_idle && serial_idle &&
            rows == RowWords / Batches * batch && begins == BeginWords / Batches * batch),
    .batch_o(batch), .t_max_o(t_max), .done_o
  );

  // ---------------------------------------------------------------------------- list, thresholds
  logic instr_valid, instr_next;
  logic [32*overlay_isa_pkg::FireWords-1:0] instr;
  int started = 0;
  localparam int unsigned ListSize = overlay_isa_pkg::FireWords * Instructions;
  overlay_sequencer #(
    .Words(overlay_isa_pkg::FireWords), .Count(Instructions), .File(ProgramFile)
  ) u_list (
    .clk_i, .rst_i(rst), .valid_o(instr_valid), .instr_o(instr), .next_i(instr_next),
    .last_i($clog2(ListSize)'(ListSize - 1)), .write_i(1'b0), .write_addr_i('0), .write_data_i('0)
  );
  always @(posedge clk_i) begin
    restart <= !rst && started != batch && batch > 1;
    started <= batch;
    if (!rst && instr_next && !instr_valid) $fatal(1, "%m: no instruction is done");
  end
  logic threshold_read;
  logic [ThresholdBits-1:0] threshold_addr;
  logic [Lanes*(ThetaWidth+StartWidth)-1:0] threshold;
  sync_rom #(
    .Width(Lanes * (ThetaWidth + StartWidth)), .Depth(2 ** ThresholdBits), .File(ThresholdFile)
  ) u_thresholds (
    .clk_i, .enable_i(threshold_read), .addr_i(threshold_addr), .data_o(threshold)
  );

  // ---------------------------------------------------------------------------- chunks
  // The next one may come when the sums are free, which then may be anything.
  logic in_valid, in_ready, chunk_done, chunk_free;
  logic held = 1'b0;
  logic complement = 1'b0;
  logic [ChunkLanes*AccWidth-1:0] in_sums, sums;
  bench_player #(.Width(ChunkLanes * AccWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(in_sums)
  );
  assign in_ready = !held || chunk_free;
  always @(posedge clk_i) begin
    chunk_done <= !rst && in_valid && in_ready;
    if (!rst && chunk_free && !held) $fatal(1, "%m: a chunk is taken twice");
    if (in_valid && in_ready) begin
      held <= !rst;
      sums <= in_sums;
      complement <= $urandom_range(1) == 1;
    end else if (chunk_free) begin
      held <= 1'b0;
      sums <= {((ChunkLanes * AccWidth + 31) / 32) {$urandom}};
    end
  end

  // ---------------------------------------------------------------------------- device
  logic row_done, fired, spike_write, serial_valid, serial_ready, wide, group_end, row_end, instr_end, begins_now;
  logic softmax_idle, softmax_start;
  logic [SerialLanes-1:0] here, known_here;
  logic [SpikeBits-1:0] spike_addr;
  logic [Places-1:0] spike_group;
  logic [Turns*Lanes-1:0] nz, neg;
  // Lanes of all banks.
  localparam int unsigned OperandLanes = BankLanes * ChunkLanes;
  logic [OperandLanes-1:0] operand_write;
  logic [OperandBits-1:0] operand_addr;
  logic [OperandLanes*OperandWidth-1:0] operand, known_operand;
  logic [SerialLanes*ValueWidth-1:0] value, known_value;
  localparam int unsigned GroupBits = (ChunkLanes > Lanes) ? $clog2(ChunkLanes / Lanes) : 1;
  localparam int unsigned LaneBits = (ChunkLanes > 1) ? $clog2(ChunkLanes) : 1;
  logic plain, across, operand_row_end, operand_flush, arrived;
  logic [OperandBits-1:0] cross_element;
  logic [GroupBits-1:0] plain_group;
  logic [LaneBits-1:0] cross_lane;
  logic [Lanes*OperandWidth-1:0] levels;
  logic unused_operands;
  assign unused_operands = (^cross_element) ^ operand_row_end ^ operand_flush;
  overlay_fire #(
    .ChunkLanes(ChunkLanes), .Lanes(Lanes), .Turns(Turns), .Waiting(Waiting), .SerialLanes(SerialLanes), .OperandLanes(BankLanes), .FetchWidth(FetchWidth),
    .AccWidth(AccWidth), .Fraction(Fraction), .MembraneWidth(MembraneWidth), .ThetaWidth(ThetaWidth),
    .StartWidth(StartWidth), .LevelBits(LevelBits), .MaxSteps(MaxSteps), .Unary(Unary),
    .StepBits(StepBits), .OperandWidth(OperandWidth), .OperandBits(OperandBits),
    .HasOperands(HasOperands), .SpikeBits(SpikeBits), .ThresholdBits(ThresholdBits), .Ragged(Ragged),
    .PieceDepth(PieceDepth), .PieceWidth(PieceWidth), .PieceFile(PieceFile), .RowBits(RowBits),
    .ChunkBits(ChunkBits), .ElementBits(ElementBits)
  ) u_dut (
    .clk_i, .rst_i(rst), .piece_write_i(1'b0), .piece_addr_i('0), .piece_data_i('0),
    .instr_valid_i(instr_valid && started != 0), .instr_i(instr),
    .instr_next_o(instr_next), .end_o(at_end), .restart_i(restart), .row_done_o(row_done),
    .chunk_done_i(chunk_done), .sums_i(sums ^ {(ChunkLanes * AccWidth) {complement}}),
    .complement_i(complement), .chunk_free_o(chunk_free),
    .threshold_read_o(threshold_read), .threshold_addr_o(threshold_addr), .threshold_i(threshold),
    .spike_fired_o(fired), .spike_write_o(spike_write), .spike_addr_o(spike_addr),
    .spike_group_o(spike_group), .spike_nz_o(nz), .spike_neg_o(neg), .operand_write_o(operand_write),
    .operand_addr_o(operand_addr), .operand_o(operand), .operand_plain_o(plain),
    .operand_cross_o(across), .operand_element_o(cross_element), .operand_group_o(plain_group),
    .operand_lane_o(cross_lane), .operand_row_end_o(operand_row_end),
    .operand_flush_o(operand_flush), .operand_levels_o(levels), .operand_idle_i(arrived),
    .serial_valid_o(serial_valid),
    .serial_ready_i(serial_ready), .serial_wide_o(wide), .serial_here_o(here), .serial_value_o(value),
    .serial_group_end_o(group_end), .serial_row_end_o(row_end), .serial_end_o(instr_end), .begin_o(begins_now),
    .softmax_idle_i(softmax_idle), .softmax_start_o(softmax_start)
  );

  // ---------------------------------------------------------------------------- results
  bench_observer #(
    .Width(1 + SpikeBits + Places + 2 * Turns * Lanes), .Words(SpikeWords), .File(SpikeFile)
  ) u_spikes (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(spike_idle), .count_o(steps), .valid_i(fired),
    .data_i({
      neg & nz, nz, spike_write ? spike_group : Places'(0), spike_write ? spike_addr : SpikeBits'(0),
      spike_write
    })
  );
  for (genvar l = 0; l < OperandLanes; l++) begin : gen_operand
    assign known_operand[OperandWidth*l+:OperandWidth] =
        operand_write[l] ? operand[OperandWidth*l+:OperandWidth] : '0;
  end
  if (HasOperands != 0) begin : gen_operands
    bench_observer #(
      .Width(OperandLanes * (OperandWidth + 1) + OperandBits), .Words(OperandWords), .File(OperandFile)
    ) u_operands (
      .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(operand_idle), .count_o(operands),
      .valid_i(operand_write != '0), .data_i({known_operand, operand_addr, operand_write})
    );
  end else begin : gen_no_operands
    assign operand_idle = 1'b1;
    assign operands = 0;
    always @(posedge clk_i) if (!rst && operand_write != '0) $fatal(1, "%m: an operand");
  end
  for (genvar l = 0; l < SerialLanes; l++) begin : gen_value
    assign known_here[l] = wide ? here[l] : l == 0;
    assign known_value[ValueWidth*l+:ValueWidth] =
        known_here[l] ? value[ValueWidth*l+:ValueWidth] : '0;
  end
  bench_checker #(
    .Width(4 + SerialLanes * (ValueWidth + 1)), .Words(SerialWords), .File(SerialFile)
  ) u_serial (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(serial_idle), .valid_i(serial_valid),
    .ready_o(serial_ready), .data_i({instr_end, row_end, group_end, known_value, known_here, wide})
  );

  // The same operands for `overlay_operands`; some arrive late.
  always @(posedge clk_i) begin
    arrived <= rst || batch <= 1 || $urandom_range(3) == 0;
    if (!rst && (operand_write != '0) != (plain || across)) $fatal(1, "%m: an operand at one place");
    for (int l = 0; l < int'(OperandLanes); l++) begin
      if (!rst && operand_write[l]) begin
        if (plain && (l % int'(ChunkLanes) / int'(Lanes) != int'(plain_group) ||
            operand[OperandWidth*l+:OperandWidth] !=
            levels[OperandWidth*(l%int'(ChunkLanes)%int'(Lanes))+:OperandWidth])) begin
          $fatal(1, "%m: another group of operands");
        end
        if (across && (l % int'(ChunkLanes) != int'(cross_lane) || (BankLanes == SerialLanes &&
            operand[OperandWidth*l+:OperandWidth] !=
            levels[OperandWidth*(l/int'(ChunkLanes))+:OperandWidth]))) begin
          $fatal(1, "%m: another element of a transposed row");
        end
      end
    end
  end

  // What must have been seen before a row or an instruction is done. An element takes 5 cycles to its sum.
  logic [95:0] row_needs[RowWords];
  logic [96:0] begin_needs[BeginWords];
  initial begin
    $readmemh(RowFile, row_needs);
    $readmemh(BeginFile, begin_needs);
  end
  int elements = 0;
  int passed[5];
  initial for (int i = 0; i < 5; i++) passed[i] = 0;
  always @(posedge clk_i) begin
    softmax_idle <= $urandom_range(3) == 0 || batch == 1;
    if (!rst && serial_valid && serial_ready) elements <= elements + 1;
    passed[0] <= elements;
    for (int i = 1; i < 5; i++) passed[i] <= passed[i-1];
    if (!rst && row_done) begin
      if (rows == RowWords) $fatal(1, "%m: a row too many");
      if (steps < int'(row_needs[rows][31:0]) || operands < int'(row_needs[rows][63:32]) ||
          passed[4] < int'(row_needs[rows][95:64])) begin
        $fatal(1, "%m: row %0d is not complete", rows);
      end
      rows <= rows + 1;
    end
    if (!rst && begins_now) begin
      if (begins == BeginWords) $fatal(1, "%m: an instruction too many");
      if (steps < int'(begin_needs[begins][31:0]) || operands < int'(begin_needs[begins][63:32]) ||
          passed[4] < int'(begin_needs[begins][95:64])) begin
        $fatal(1, "%m: instruction %0d is not complete", begins - 1);
      end
      if (softmax_start != begin_needs[begins][96]) $fatal(1, "%m: instruction %0d, softmax", begins);
      begins <= begins + 1;
    end
    if (!rst && softmax_start && !(softmax_idle && begins_now)) $fatal(1, "%m: the softmax is started");
  end

endmodule

`default_nettype wire
