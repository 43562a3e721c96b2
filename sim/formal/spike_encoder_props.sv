`default_nettype none

/// Properties of `spike_encoder`, for any stream of chunks and any reader.
///
/// One channel, freely chosen, is followed through all rows: a row has exactly one event of it if its
/// lane is not zero, with its value, and none if it is; within a row the addresses rise. Each row ends
/// once, with the flags of its last chunk.
module spike_encoder_props #(
  parameter int unsigned InChannels = 3,
  parameter int unsigned InLanes = 2,
  parameter int unsigned OutChunks = 2
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [InLanes-1:0] in_nz_i,
  input wire logic [InLanes-1:0] in_value_i,
  input wire logic in_skip_i,
  input wire logic in_last_i,
  input wire logic in_quiet_i,
  input wire logic out_ready_i
);

  localparam int unsigned Chunks = (InChannels + InLanes - 1) / InLanes;
  localparam int unsigned AddrWidth = $clog2(InChannels * OutChunks);

  logic in_ready, out_valid, out_event, out_value, out_row_end, out_last, out_quiet;
  logic [AddrWidth-1:0] out_addr;
  spike_encoder #(
    .InChannels(InChannels),
    .InLanes(InLanes),
    .OutChunks(OutChunks),
    .ValueWidth(1)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_nz_i,
    .in_value_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_event_o(out_event),
    .out_addr_o(out_addr),
    .out_value_o(out_value),
    .out_row_end_o(out_row_end),
    .out_last_o(out_last),
    .out_quiet_o(out_quiet)
  );

  (* anyconst *) logic [3:0] channel;
  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;

  // ---------------------------------------------------------------------------- the sender
  logic begun_q = 1'b0;
  logic in_stalled_q, out_stalled_q;
  logic [2*InLanes+2:0] in_q, in_beat;
  logic [AddrWidth+4:0] out_q, out_entry;
  logic [2:0] chunk_q;
  logic row_end, padding;
  assign row_end = in_skip_i || 32'(chunk_q) == Chunks - 1;
  assign in_beat = {in_nz_i, in_value_i, in_skip_i, in_last_i, in_quiet_i};
  assign out_entry = {out_event, out_addr, out_value, out_row_end, out_last, out_quiet};
  always_comb begin
    padding = 1'b0;
    for (int unsigned j = 0; j < InLanes; j++) begin
      if (in_nz_i[j] && 32'(chunk_q) * InLanes + j >= InChannels) padding = 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    in_q <= in_beat;
    out_q <= out_entry;
    if (rst_i) chunk_q <= '0;
    else if (push) chunk_q <= row_end ? '0 : chunk_q + 3'd1;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    m_channel : assume (32'(channel) < InChannels);
    if (in_stalled_q && !rst_i) m_stays : assume (in_valid_i && in_beat == in_q);
    m_skip_is_a_row : assume (!in_skip_i || (chunk_q == '0 && in_nz_i == '0));
    m_padding_is_zero : assume (!padding);
    m_last_ends_row : assume (!in_last_i || row_end);
    m_quiet_with_last : assume (!in_quiet_i || in_last_i);
  end

  // ---------------------------------------------------------------------------- rows inside
  // Of the row that comes in: whether the channel has an event so far, and its value.
  logic has_q, value_q, has, value, here, lane_nz, lane_value;
  assign here = 32'(channel) / InLanes == 32'(chunk_q);
  assign lane_nz = 1'(in_nz_i >> (32'(channel) % InLanes));
  assign lane_value = 1'(in_value_i >> (32'(channel) % InLanes));
  assign has = here ? lane_nz : has_q;
  assign value = here ? lane_value : value_q;
  // Rows that have come in whole and not gone out: {has, value, last, quiet}, the oldest lowest.
  logic [4*5-1:0] rows_q;
  logic [2:0] rows_count_q, position;
  logic row_in, row_out;
  assign row_in = push && row_end;
  assign row_out = pop && out_row_end;
  assign position = rows_count_q - 3'(row_out);

  // Of the row that goes out: the channel's event has been, and the next address that may come.
  logic seen_q, seen_value_q, is_channel;
  logic [AddrWidth:0] least_q;
  assign is_channel = out_event && 32'(out_addr) == 32'(channel) * OutChunks;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      has_q <= 1'b0;
      rows_count_q <= '0;
      seen_q <= 1'b0;
      least_q <= '0;
    end else begin
      if (push) begin
        has_q <= !row_end && has;
        value_q <= value;
      end
      rows_count_q <= rows_count_q + 3'(row_in) - 3'(row_out);
      for (int unsigned i = 0; i < 4; i++) begin
        if (row_in && 32'(position) == i) rows_q[4*i+:4] <= {in_skip_i ? 1'b0 : has, value, in_last_i, in_quiet_i};
        else if (row_out) rows_q[4*i+:4] <= rows_q[4*(i+1)+:4];
      end
      if (pop) begin
        seen_q <= !out_row_end && (seen_q || is_channel);
        if (is_channel) seen_value_q <= out_value;
        if (out_row_end) least_q <= '0;
        else if (out_event) least_q <= (AddrWidth + 1)'(out_addr) + (AddrWidth + 1)'(OutChunks);
      end
    end
  end

  logic [2:0] wait_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || out_valid || rows_count_q == '0) wait_q <= '0;
    else wait_q <= wait_q + 3'd1;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_capacity : assert (rows_count_q <= 3'd3);
      if (out_valid) begin
        a_row_has_come : assert (!out_row_end || rows_count_q != '0);
        a_rising : assert (!out_event || (AddrWidth + 1)'(out_addr) >= least_q);
        a_something : assert (out_event || out_row_end);
        a_flags : assert (out_row_end ? {out_last, out_quiet} == rows_q[1:0] : !out_last && !out_quiet);
        a_once : assert (!out_row_end || (seen_q || is_channel) == rows_q[3]);
        a_value : assert (!out_row_end || !rows_q[3] || (seen_q ? seen_value_q : out_value) == rows_q[2]);
        a_address : assert (!out_event || 32'(out_addr) % OutChunks == 0);
      end
      if (out_stalled_q) a_stable : assert (out_valid && out_entry == out_q);
      a_answer : assert (wait_q <= 3'd1);
      c_two : cover (pop && out_row_end && out_last && seen_q && out_event && rows_count_q == 3'd2);
      c_empty : cover (pop && out_row_end && !out_event && out_quiet);
    end
  end

endmodule

`default_nettype wire
