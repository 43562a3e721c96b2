`default_nettype none

/// Properties of `overlay_vector`, for sums, embeddings and masks: any instructions, contents of memories, progress, and
/// pauses of the memory of sums.
///
/// Every element of every row is written once, in order, and is what the instruction makes of the words of its element:
/// what the memories of sums, start values, coefficients and rows give meets again at its own element. A row begins only
/// when both of its conditions hold and its raw element is there; every row is told once, and the next instruction
/// begins behind the last row.
module overlay_vector_props #(
  parameter int unsigned SumWidth = 3,
  parameter int unsigned CoefficientWidth = 2,
  parameter int unsigned EntryWidth = 2,
  parameter int unsigned RawWidth = 2,
  parameter int unsigned AddrBits = 2,
  parameter int unsigned ProgressBits = 3
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic instr_valid_i,
  input wire logic [32*overlay_isa_pkg::VectorWords-1:0] instr_i,
  input wire logic restart_i,
  input wire logic [ProgressBits-1:0] progress_engine_i,
  input wire logic [ProgressBits-1:0] progress_softmax_i,
  input wire logic [ProgressBits-1:0] progress_vector_i,
  input wire logic write_ready_i,
  input wire logic raw_valid_i
);

  // What the memories hold.
  (* anyconst *) logic [SumWidth*2**AddrBits-1:0] sums;
  (* anyconst *) logic [SumWidth*2**AddrBits-1:0] starts;
  (* anyconst *) logic [CoefficientWidth*2**AddrBits-1:0] factors;
  (* anyconst *) logic [EntryWidth*2**AddrBits-1:0] entries;
  (* anyconst *) logic [RawWidth*2**AddrBits-1:0] raws;

  logic next, at_end, row_done, sum_enable, write_valid, start_enable, factor_enable, entry_enable, raw_enable;
  logic mask_valid, mask;
  logic [AddrBits-1:0] sum_addr, write_addr, start_addr, factor_addr, entry_addr, raw_addr, mask_index;
  logic signed [SumWidth-1:0] sum_q, start_q, write_data;
  logic signed [CoefficientWidth-1:0] factor_q;
  logic signed [EntryWidth-1:0] entry_q;
  logic signed [RawWidth-1:0] raw_q;
  overlay_vector #(
    .HasAdd(1),
    .HasEmbed(1),
    .HasMask(1),
    .HasLayerNorm(0),
    .HasNeurons(0),
    .SumWidth(SumWidth),
    .CoefficientWidth(CoefficientWidth),
    .EntryWidth(EntryWidth),
    .RawWidth(RawWidth),
    .SumAddrWidth(AddrBits),
    .StartAddrWidth(AddrBits),
    .CoefficientAddrWidth(AddrBits),
    .TableAddrWidth(AddrBits),
    .RawAddrWidth(AddrBits),
    .ChannelsMax(3),
    .ProgressBits(ProgressBits)
  ) u_dut (
    .clk_i,
    .rst_i,
    .instr_valid_i,
    .instr_i,
    .instr_next_o(next),
    .end_o(at_end),
    .restart_i,
    .progress_engine_i,
    .progress_softmax_i,
    .progress_vector_i,
    .row_done_o(row_done),
    .sum_enable_o(sum_enable),
    .sum_addr_o(sum_addr),
    .sum_data_i(sum_q),
    .write_valid_o(write_valid),
    .write_ready_i,
    .write_addr_o(write_addr),
    .write_data_o(write_data),
    .send_ready_i(1'b0),
    .start_valid_i(1'b1),
    .start_enable_o(start_enable),
    .start_addr_o(start_addr),
    .start_data_i(start_q),
    .coefficient_enable_o(factor_enable),
    .coefficient_addr_o(factor_addr),
    .coefficient_data_i(factor_q),
    .table_enable_o(entry_enable),
    .table_addr_o(entry_addr),
    .table_data_i(entry_q),
    .raw_valid_i,
    .raw_enable_o(raw_enable),
    .raw_addr_o(raw_addr),
    .raw_data_i(raw_q),
    .mask_valid_o(mask_valid),
    .mask_index_o(mask_index),
    .mask_o(mask),
    .const_data_i('0),
    .fire_ready_i(1'b0),
    .fire_done_i(1'b0)
  );
  always_ff @(posedge clk_i) begin
    if (sum_enable) sum_q <= SumWidth'(sums >> (SumWidth * sum_addr));
    if (start_enable) start_q <= SumWidth'(starts >> (SumWidth * start_addr));
    if (factor_enable) factor_q <= CoefficientWidth'(factors >> (CoefficientWidth * factor_addr));
    if (entry_enable) entry_q <= EntryWidth'(entries >> (EntryWidth * entry_addr));
    if (raw_enable) raw_q <= RawWidth'(raws >> (RawWidth * raw_addr));
  end

  // ---------------------------------------------------------------------------- fields
  logic [2:0] op;
  logic [7:0] rows, channels, source, target, start_base, factor_base, base0, base1, step0, step1;
  logic [31:0] table_base;
  logic per_channel, accumulate, start;
  logic [1:0] unit0, unit1;
  assign op = instr_i[overlay_isa_pkg::VectorOpLsb+:3];
  assign rows = instr_i[overlay_isa_pkg::VectorRowsLsb+:8];
  assign channels = instr_i[overlay_isa_pkg::VectorChannelsLsb+:8];
  assign source = instr_i[overlay_isa_pkg::VectorSourceLsb+:8];
  assign target = instr_i[overlay_isa_pkg::VectorTargetLsb+:8];
  assign start_base = instr_i[overlay_isa_pkg::VectorStartsLsb+:8];
  assign factor_base = instr_i[overlay_isa_pkg::VectorCoefficientsLsb+:8];
  assign table_base = instr_i[overlay_isa_pkg::VectorTableLsb+:32];
  assign per_channel = instr_i[overlay_isa_pkg::VectorPerChannelLsb];
  assign accumulate = instr_i[overlay_isa_pkg::VectorAccumulateLsb];
  assign start = instr_i[overlay_isa_pkg::VectorStartLsb];
  assign unit0 = instr_i[overlay_isa_pkg::VectorWait0UnitLsb+:2];
  assign unit1 = instr_i[overlay_isa_pkg::VectorWait1UnitLsb+:2];
  assign base0 = instr_i[overlay_isa_pkg::VectorWait0BaseLsb+:8];
  assign base1 = instr_i[overlay_isa_pkg::VectorWait1BaseLsb+:8];
  assign step0 = instr_i[overlay_isa_pkg::VectorWait0StepLsb+:8];
  assign step1 = instr_i[overlay_isa_pkg::VectorWait1StepLsb+:8];

  // ---------------------------------------------------------------------------- the sender
  logic begun_q = 1'b0;
  logic instr_stays_q, raw_valid_q;
  logic [32*overlay_isa_pkg::VectorWords-1:0] instr_q;
  logic [3*ProgressBits-1:0] progress_q;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    instr_stays_q <= !rst_i && instr_valid_i && !next;
    instr_q <= instr_i;
    raw_valid_q <= raw_valid_i;
    progress_q <= {progress_engine_i, progress_softmax_i, progress_vector_i};
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    if (instr_stays_q) m_instr_stays : assume (instr_valid_i && instr_i == instr_q);
    m_op : assume (op <= 3'd2 || op == 3'd4);
    m_sizes : assume (rows >= 8'd1 && rows <= 8'd3 && channels >= 8'd1 && channels <= 8'd3);
    m_high : assume (instr_i[overlay_isa_pkg::VectorRowsLsb+8+:8] == '0);
    m_conditions : assume (base0 <= 8'd3 && base1 <= 8'd3 && step0 <= 8'd2 && step1 <= 8'd2 &&
        instr_i[overlay_isa_pkg::VectorWait0BaseLsb+8+:8] == '0 &&
        instr_i[overlay_isa_pkg::VectorWait1BaseLsb+8+:8] == '0);
    if (begun_q && !at_end) begin
      m_grows : assume (progress_engine_i >= progress_q[2*ProgressBits+:ProgressBits] &&
          progress_softmax_i >= progress_q[ProgressBits+:ProgressBits] &&
          progress_vector_i >= progress_q[0+:ProgressBits]);
      m_raw : assume (raw_valid_i || !raw_valid_q);
    end
  end

  // ---------------------------------------------------------------------------- the element that is written next
  logic [7:0] n_q, row_q, column_q;
  logic [3:0] done_q;
  logic writes, row_ends, out_stalled_q;
  logic [SumWidth+AddrBits-1:0] out_q;
  assign writes = write_valid && write_ready_i;
  assign row_ends = column_q == channels - 8'd1;
  always_ff @(posedge clk_i) begin
    if (rst_i || next) {n_q, row_q, column_q, done_q} <= '0;
    else begin
      if (writes) begin
        n_q <= n_q + 8'd1;
        column_q <= row_ends ? '0 : column_q + 8'd1;
      end
      if ((writes && row_ends) || mask_valid) row_q <= row_q + 8'd1;
      if (row_done) done_q <= done_q + 4'd1;
    end
    out_stalled_q <= !rst_i && write_valid && !write_ready_i;
    out_q <= {write_data, write_addr};
  end

  logic signed [RawWidth-1:0] raw;
  logic signed [SumWidth-1:0] value, factor, base, expected;
  logic [AddrBits-1:0] source_at, target_at, start_at, factor_at, entry_at;
  assign source_at = AddrBits'(source + n_q);
  assign target_at = AddrBits'(target + n_q);
  assign start_at = AddrBits'(start_base + n_q);
  assign factor_at = AddrBits'(factor_base + column_q);
  assign raw = RawWidth'(raws >> (RawWidth * row_q[AddrBits-1:0]));
  assign entry_at = AddrBits'(8'(table_base) + 8'(raw) * channels + column_q);
  logic signed [CoefficientWidth-1:0] own_factor, all_factor;
  logic signed [EntryWidth-1:0] entry;
  assign own_factor = CoefficientWidth'(factors >> (CoefficientWidth * factor_at));
  assign all_factor = instr_i[overlay_isa_pkg::VectorCoefficientLsb+:CoefficientWidth];
  assign entry = EntryWidth'(entries >> (EntryWidth * entry_at));
  always_comb begin
    value = '0;
    if (op == 3'd1) value = SumWidth'(sums >> (SumWidth * source_at));
    else if (op == 3'd2) value = SumWidth'(entry);
    factor = per_channel ? SumWidth'(own_factor) : SumWidth'(all_factor);
    base = '0;
    if (accumulate) base = SumWidth'(sums >> (SumWidth * target_at));
    else if (start) base = SumWidth'(starts >> (SumWidth * start_at));
    expected = base + factor * value;
  end
  function automatic logic met(input logic [1:0] unit, input logic [7:0] base, input logic [7:0] step);
    logic [7:0] progress;
    case (unit)
      2'd1: progress = 8'(progress_engine_i);
      2'd2: progress = 8'(progress_softmax_i);
      2'd3: progress = 8'(progress_vector_i);
      default: progress = '1;
    endcase
    met = progress >= base + row_q * step;
  endfunction

  always_comb begin
    if (begun_q && !rst_i) begin
      if (out_stalled_q) a_stays : assert (write_valid && {write_data, write_addr} == out_q);
      if (write_valid) begin
        a_instruction : assert (instr_valid_i && op != 3'd4 && row_q < rows);
        a_address : assert (write_addr == target_at);
        a_data : assert (write_data == expected);
        a_conditions : assert (met(unit0, base0, step0) && met(unit1, base1, step1));
        a_raw : assert (op != 3'd2 || raw_valid_i);
      end
      if (mask_valid) begin
        a_mask : assert (instr_valid_i && op == 3'd4 && row_q < rows && mask_index == AddrBits'(row_q));
        a_masked : assert (mask == (32'(raw) == table_base));
        a_mask_conditions : assert (met(unit0, base0, step0) && met(unit1, base1, step1) && raw_valid_i);
      end
      a_rows : assert (8'(done_q) <= row_q);
      if (next) a_complete : assert (8'(done_q) == rows && row_q == rows);
      c_add : cover (next && op == 3'd1 && accumulate && per_channel && rows == 8'd2);
      c_embed : cover (next && op == 3'd2 && rows == 8'd1 && channels == 8'd2);
      c_mask : cover (next && op == 3'd4 && rows == 8'd2);
      c_wait : cover (write_valid && row_q == 8'd1 && unit0 == 2'd1 && base0 + step0 == 8'd4);
    end
  end

endmodule

`default_nettype wire
