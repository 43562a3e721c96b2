`default_nettype none

/// Bench of `overlay_vector` with `overlay_row_fire`: every sum that is written, every bit of the mask and every quad of
/// spikes of a program against the instructions' meaning. Rows begin only when their conditions are met, which the
/// bench computes by itself. Each batch is a sample.
module overlay_vector_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned HasAdd = 1,
  parameter int unsigned HasEmbed = 1,
  parameter int unsigned HasMask = 1,
  parameter int unsigned HasLayerNorm = 1,
  parameter int unsigned HasNeurons = 1,
  parameter int unsigned HasSend = 0,
  parameter int unsigned HasElements = 0,
  parameter int unsigned HasStart = 1,
  parameter int unsigned HasPerChannel = 1,
  parameter int unsigned SumWidth = 16,
  parameter int unsigned CoefficientWidth = 8,
  parameter int unsigned EntryWidth = 12,
  parameter int unsigned RawWidth = 9,
  parameter int unsigned SumAddrWidth = 10,
  parameter int unsigned StartAddrWidth = 8,
  parameter int unsigned CoefficientAddrWidth = 6,
  parameter int unsigned TableAddrWidth = 10,
  parameter int unsigned RawAddrWidth = 6,
  parameter int unsigned ChannelsMax = 16,
  parameter int unsigned ConstWidth = 12,
  parameter int unsigned Fraction = 8,
  parameter int unsigned SquareWidth = 40,
  parameter int unsigned RootFraction = 0,
  parameter int unsigned ValueWidth = 28,
  parameter int unsigned NeuronFraction = 3,
  parameter int unsigned ThetaWidth = 20,
  parameter int unsigned ConstAddrWidth = 8,
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned LevelWidth = 4,
  parameter int unsigned StepsWidth = 8,
  /// Instructions, and progress that the other units reach.
  parameter int unsigned Instructions = 1,
  parameter ProgramFile = "",
  parameter int MostProgress = 40,
  parameter SumFile = "",
  parameter StartFile = "",
  parameter CoefficientFile = "",
  parameter TableFile = "",
  parameter ConstFile = "",
  /// Raw elements, `2 ** RawAddrWidth` for each batch.
  parameter RawFile = "",
  /// Sums: {sent, value, address}.
  parameter WriteFile = "",
  parameter int WriteWords = 1,
  /// Mask: {masked, token}.
  parameter MaskFile = "",
  parameter int MaskWords = 1,
  /// Spikes: {row's end, negative, spike, quad, address}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned Quad = 4 * Lanes;
  localparam int unsigned QuadWidth = (WordNeurons > Quad) ? $clog2(WordNeurons / Quad) : 1;
  localparam int unsigned InstrWidth = 32 * overlay_isa_pkg::VectorWords;
  localparam int unsigned ListBits = $clog2(overlay_isa_pkg::VectorWords * Instructions);

  logic rst, write_idle, out_idle, at_end, restart;
  int cycle, batch;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i((batch == 0 || at_end) && write_idle && out_idle), .batch_o(batch),
    .t_max_o(t_max), .done_o
  );

  // ---------------------------------------------------------------------------- program, progress
  logic instr_valid, instr_next, row_done, raw_valid;
  logic [InstrWidth-1:0] instr;
  int started = 0, engine = 0, softmax = 0, vector = 0;
  overlay_sequencer #(
    .Words(overlay_isa_pkg::VectorWords), .Count(Instructions), .File(ProgramFile)
  ) u_sequencer (
    .clk_i, .rst_i(rst), .valid_o(instr_valid), .instr_o(instr), .next_i(instr_next),
    .last_i(ListBits'(overlay_isa_pkg::VectorWords * Instructions - 1)), .write_i(1'b0),
    .write_addr_i('0), .write_data_i('0)
  );
  always @(posedge clk_i) begin
    restart <= started != batch && batch > 1;
    started <= batch;
    if (started != batch) begin
      engine <= batch == 1 ? MostProgress : 0;
      softmax <= batch == 1 ? MostProgress : 0;
      vector <= 0;
      raw_valid <= batch == 1;
    end else begin
      if ($urandom_range(15) == 0 && engine < MostProgress) engine <= engine + 1;
      if ($urandom_range(15) == 0 && softmax < MostProgress) softmax <= softmax + 1;
      if (row_done) vector <= vector + 1;
      if ($urandom_range(99) == 0) raw_valid <= 1'b1;
    end
    if (rst) raw_valid <= 1'b0;
  end

  // The conditions of each row that begins.
  int row = 0;
  function automatic logic met(input logic [1:0] unit, input logic [15:0] base, input logic [7:0] step);
    int progress;
    progress = unit == 1 ? engine : unit == 2 ? softmax : vector;
    return unit == 0 || progress >= int'(base) + row * int'(step);
  endfunction
  always @(posedge clk_i) begin
    if (u_dut.start) row <= 0;
    else if (u_dut.row_begin) row <= row + 1;
    if (!rst && u_dut.row_begin) begin
      if (!met(instr[overlay_isa_pkg::VectorWait0UnitLsb+:2], instr[overlay_isa_pkg::VectorWait0BaseLsb+:16],
               instr[overlay_isa_pkg::VectorWait0StepLsb+:8]) ||
          !met(instr[overlay_isa_pkg::VectorWait1UnitLsb+:2], instr[overlay_isa_pkg::VectorWait1BaseLsb+:16],
               instr[overlay_isa_pkg::VectorWait1StepLsb+:8])) begin
        $fatal(1, "%m: row %0d begins too early", row);
      end
      if (!raw_valid && (instr[overlay_isa_pkg::VectorOpLsb+:3] == 3'd2 ||
                         instr[overlay_isa_pkg::VectorOpLsb+:3] == 3'd4 ||
                         instr[overlay_isa_pkg::VectorOpLsb+:3] == 3'd7)) begin
        $fatal(1, "%m: row %0d begins without its raw element", row);
      end
    end
    if (!rst && instr_next && row != int'(instr[overlay_isa_pkg::VectorRowsLsb+:16])) begin
      $fatal(1, "%m: %0d rows", row);
    end
    if (!rst && instr_next && !instr_valid) $fatal(1, "%m: no instruction is done");
  end

  // ---------------------------------------------------------------------------- memories
  logic sum_enable, write_valid, write_ready, start_enable, coefficient_enable, table_enable, raw_enable;
  logic const_enable, mask_valid, mask;
  logic [SumAddrWidth-1:0] sum_addr, write_addr;
  logic [SumWidth-1:0] write_data, start_data;
  logic [Lanes*SumWidth-1:0] sum_data;
  logic [StartAddrWidth-1:0] start_addr;
  logic [CoefficientAddrWidth-1:0] coefficient_addr;
  logic [CoefficientWidth-1:0] coefficient_data;
  logic [TableAddrWidth-1:0] table_addr;
  logic [EntryWidth-1:0] table_data;
  logic [RawAddrWidth-1:0] raw_addr, mask_index;
  logic [RawWidth-1:0] raw_data;
  logic [ConstAddrWidth-1:0] const_addr;
  logic [Lanes*2*ConstWidth-1:0] const_data;

  logic [SumWidth-1:0] sums[2**SumAddrWidth];
  logic [RawWidth-1:0] raw[Batches*2**RawAddrWidth];
  initial begin
    $readmemh(SumFile, sums);
    $readmemh(RawFile, raw);
  end
  always @(posedge clk_i) begin
    if (sum_enable) begin
      for (int l = 0; l < Lanes; l++) begin
        automatic logic [SumAddrWidth-1:0] own = sum_addr / Lanes * Lanes + l;
        sum_data[SumWidth*l+:SumWidth] <=
            write_valid && write_ready && write_addr == own ? ~sums[own] : sums[own];
      end
    end
    if (!rst && write_valid && write_ready) sums[write_addr] <= write_data;
    // Before all raw elements are there, what is read must not matter.
    if (raw_enable) begin
      raw_data <= raw_valid ? raw[(batch-1)*2**RawAddrWidth+int'(raw_addr)] : RawWidth'($urandom);
    end
  end
  sync_rom #(.Width(SumWidth), .Depth(2 ** StartAddrWidth), .File(StartFile)) u_start (
    .clk_i, .enable_i(start_enable), .addr_i(start_addr), .data_o(start_data)
  );
  sync_rom #(
    .Width(CoefficientWidth), .Depth(2 ** CoefficientAddrWidth), .File(CoefficientFile)
  ) u_coefficients (
    .clk_i, .enable_i(coefficient_enable), .addr_i(coefficient_addr), .data_o(coefficient_data)
  );
  sync_rom #(.Width(EntryWidth), .Depth(2 ** TableAddrWidth), .File(TableFile)) u_table (
    .clk_i, .enable_i(table_enable), .addr_i(table_addr), .data_o(table_data)
  );
  for (genvar l = 0; l < Lanes; l++) begin : gen_constants
    sync_rom #(.Width(2 * ConstWidth), .Depth(2 ** ConstAddrWidth), .File(ConstFile)) u_constants (
      .clk_i, .enable_i(const_enable), .addr_i(const_addr + ConstAddrWidth'(l)),
      .data_o(const_data[2*ConstWidth*l+:2*ConstWidth])
    );
  end

  // ---------------------------------------------------------------------------- device
  logic e_valid, e_ready, e_quad_end, e_row_end, e_unary, e_half_even;
  logic [Lanes-1:0] e_sticky, e_excluded;
  logic [Lanes*ValueWidth-1:0] e_value;
  logic [ThetaWidth-1:0] e_theta;
  logic [AddrWidth-1:0] e_addr, e_step_stride, addr;
  logic [QuadWidth-1:0] e_quad, quad;
  logic [StepsWidth-1:0] e_steps;
  logic [LevelWidth-1:0] e_high, e_low;
  logic out_valid, out_ready, fire_done, fire_tag;
  logic [Quad-1:0] nz, neg;
  // Start values may come late; the table has them all the same.
  logic start_valid, unused_take, send_valid, send_row_end, send_last;
  always @(posedge clk_i) start_valid <= rst || batch <= 1 || $urandom_range(2) == 0;
  overlay_vector #(
    .Lanes(Lanes),
    .HasAdd(HasAdd), .HasEmbed(HasEmbed), .HasMask(HasMask), .HasLayerNorm(HasLayerNorm),
    .HasNeurons(HasNeurons), .HasSend(HasSend), .HasElements(HasElements), .NeuronFraction(NeuronFraction), .ThetaWidth(ThetaWidth), .HasStart(HasStart), .HasPerChannel(HasPerChannel), .SumWidth(SumWidth),
    .CoefficientWidth(CoefficientWidth), .EntryWidth(EntryWidth), .RawWidth(RawWidth),
    .SumAddrWidth(SumAddrWidth), .StartAddrWidth(StartAddrWidth),
    .CoefficientAddrWidth(CoefficientAddrWidth), .TableAddrWidth(TableAddrWidth),
    .RawAddrWidth(RawAddrWidth), .ChannelsMax(ChannelsMax), .ConstWidth(ConstWidth),
    .Fraction(Fraction), .SquareWidth(SquareWidth), .RootFraction(RootFraction), .ValueWidth(ValueWidth),
    .ConstAddrWidth(ConstAddrWidth), .Align(Align), .WordNeurons(WordNeurons), .AddrWidth(AddrWidth),
    .LevelWidth(LevelWidth), .StepsWidth(StepsWidth)
  ) u_dut (
    .clk_i, .rst_i(rst), .instr_valid_i(instr_valid && started != 0), .instr_i(instr),
    .instr_next_o(instr_next), .end_o(at_end), .restart_i(restart), .progress_engine_i(16'(engine)),
    .progress_softmax_i(16'(softmax)), .progress_vector_i(16'(vector)), .row_done_o(row_done),
    .sum_enable_o(sum_enable), .sum_addr_o(sum_addr), .sum_data_i(sum_data),
    .write_valid_o(write_valid), .write_ready_i(write_ready), .write_addr_o(write_addr),
    .write_data_o(write_data), .send_valid_o(send_valid), .send_ready_i(write_ready),
    .send_row_end_o(send_row_end), .send_last_o(send_last), .start_valid_i(start_valid), .start_take_o(unused_take),
    .start_enable_o(start_enable), .start_addr_o(start_addr),
    .start_data_i(start_data), .coefficient_enable_o(coefficient_enable),
    .coefficient_addr_o(coefficient_addr), .coefficient_data_i(coefficient_data),
    .table_enable_o(table_enable), .table_addr_o(table_addr), .table_data_i(table_data),
    .raw_valid_i(raw_valid), .raw_enable_o(raw_enable), .raw_addr_o(raw_addr), .raw_data_i(raw_data),
    .mask_valid_o(mask_valid), .mask_index_o(mask_index), .mask_o(mask), .const_enable_o(const_enable),
    .const_addr_o(const_addr), .const_data_i(const_data), .fire_valid_o(e_valid),
    .fire_ready_i(e_ready), .fire_value_o(e_value), .fire_theta_o(e_theta), .fire_sticky_o(e_sticky),
    .fire_excluded_o(e_excluded), .fire_quad_end_o(e_quad_end), .fire_row_end_o(e_row_end),
    .fire_addr_o(e_addr), .fire_quad_o(e_quad), .fire_step_stride_o(e_step_stride),
    .fire_steps_o(e_steps), .fire_unary_o(e_unary), .fire_half_even_o(e_half_even),
    .fire_high_o(e_high), .fire_low_o(e_low), .fire_done_i(fire_done && fire_tag)
  );
  overlay_row_fire #(
    .Lanes(Lanes),
    .ValueWidth(ValueWidth), .ThetaWidth(ThetaWidth), .LevelWidth(LevelWidth), .StepsWidth(StepsWidth),
    .AddrWidth(AddrWidth), .QuadWidth(QuadWidth)
  ) u_fire (
    .clk_i, .rst_i(rst), .in_valid_i(e_valid), .in_ready_o(e_ready), .in_value_i(e_value),
    .in_theta_i(e_theta), .in_sticky_i(e_sticky), .in_excluded_i(e_excluded),
    .in_quad_end_i(e_quad_end), .in_row_end_i(e_row_end), .in_addr_i(e_addr), .in_quad_i(e_quad),
    .steps_i(e_steps), .step_stride_i(e_step_stride), .unary_i(e_unary), .half_even_i(e_half_even),
    .high_i(e_high), .low_i(e_low), .tag_i(1'b1), .out_valid_o(out_valid), .out_ready_i(out_ready),
    .out_addr_o(addr), .out_quad_o(quad), .out_nz_o(nz), .out_neg_o(neg), .row_done_o(fire_done),
    .row_tag_o(fire_tag)
  );

  // ---------------------------------------------------------------------------- results
  bench_checker #(.Width(1 + SumWidth + SumAddrWidth), .Words(WriteWords), .File(WriteFile)) u_write (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(write_idle), .valid_i(write_valid || send_valid),
    .ready_o(write_ready), .data_i({send_valid, write_data, write_addr})
  );
  // The last sum of each row that an instruction sends is marked, and its last one.
  logic sent_last = 1'b0;
  int sent = 0;
  always @(posedge clk_i) begin
    if (!rst && send_valid && write_ready) begin
      if (sent_last) $fatal(1, "%m: a sum behind the last one");
      sent_last <= send_last;
      sent <= send_row_end ? 0 : sent + 1;
      if (send_row_end != (sent + 1 == int'(instr[overlay_isa_pkg::VectorChannelsLsb+:16]))) begin
        $fatal(1, "%m: the end of a row");
      end
      if (send_last && !send_row_end) $fatal(1, "%m: the last sum within a row");
    end
    if (!rst && instr_next) begin
      if (sent_last != (instr[overlay_isa_pkg::VectorOpLsb+:3] == 3'd6)) $fatal(1, "%m: the last sum");
      sent_last <= 1'b0;
    end
  end
  if (HasLayerNorm != 0 || HasNeurons != 0) begin : gen_spikes
    bench_checker #(.Width(2 * Quad + 1 + QuadWidth + AddrWidth), .Words(OutWords), .File(OutFile)) u_out (
      .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(out_valid), .ready_o(out_ready),
      .data_i({u_fire.out_row_end, neg, nz, quad, addr})
    );
  end else begin : gen_no_spikes
    assign out_idle = 1'b1;
    assign out_ready = 1'b1;
    always @(posedge clk_i) if (!rst && out_valid) $fatal(1, "%m: spikes without neurons");
  end

  logic [RawAddrWidth:0] masks[MaskWords];
  initial if (HasMask != 0) $readmemh(MaskFile, masks);
  int at = 0;
  always @(posedge clk_i) begin
    if (!rst && mask_valid) begin
      if (HasMask == 0 || at == MaskWords) $fatal(1, "%m: a bit of the mask too many");
      if ({mask, mask_index} !== masks[at]) begin
        $fatal(1, "%m: bit %0d of the mask is %h instead of %h", at, {mask, mask_index}, masks[at]);
      end
      at <= at + 1;
    end
    if (done_o && HasMask != 0 && at != MaskWords) $fatal(1, "%m: %0d bits of the mask", at);
  end

endmodule

`default_nettype wire
