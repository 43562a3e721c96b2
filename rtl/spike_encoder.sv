`default_nettype none

/// Turns chunks of spikes or values into single events, lowest channel first.
///
/// Contract: every non-zero lane becomes one event that carries the address of the first weight word
/// of its channel, `channel * OutChunks`. The end of a row is a flag on the row's last event if that
/// event comes from the row's last chunk; otherwise it is an entry of its own without an event.
/// Throughput: one event per cycle without a gap between chunks; a chunk of zeros takes one cycle.
/// `in_ready_o` depends on registers and on `out_ready_i`.
module spike_encoder #(
  /// Channels of a row; lanes beyond them never carry an event.
  parameter int unsigned InChannels = 8,
  /// Lanes of a chunk.
  parameter int unsigned InLanes = 4,
  /// Weight words of one channel.
  parameter int unsigned OutChunks = 2,
  /// Bits of a lane's value.
  parameter int unsigned ValueWidth = 1,
  /// Address bits, derived.
  localparam int unsigned AddrWidth =
      (InChannels * OutChunks > 1) ? $clog2(InChannels * OutChunks) : 1
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_i,
  /// Chunks in: `Rows * Chunks` a time-step, or one beat with `in_skip_i` for a row of zeros.
  input  wire logic                          in_valid_i,
  output      logic                          in_ready_o,
  input  wire logic [InLanes-1:0]            in_nz_i,
  input  wire logic [InLanes*ValueWidth-1:0] in_value_i,
  input  wire logic                          in_skip_i,
  input  wire logic                          in_last_i,
  input  wire logic                          in_quiet_i,
  /// Entries out. `out_event_o` = 0: only the end of a row.
  output      logic                          out_valid_o,
  input  wire logic                          out_ready_i,
  output      logic                          out_event_o,
  output      logic [AddrWidth-1:0]          out_addr_o,
  output      logic [ValueWidth-1:0]         out_value_o,
  output      logic                          out_row_end_o,
  output      logic                          out_last_o,
  output      logic                          out_quiet_o
);

  localparam int unsigned InChunks = (InChannels + InLanes - 1) / InLanes;
  localparam int unsigned ChunkWidth = (InChunks > 1) ? $clog2(InChunks) : 1;
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(InChunks - 1);
  // Weight words of one chunk; wraps only after the last chunk, where the base returns to 0 anyway.
  localparam bit [AddrWidth-1:0] ChunkStride = AddrWidth'(InLanes * OutChunks);

  // Position of the offered chunk in its row.
  logic [ChunkWidth-1:0] chunk_q;
  logic [AddrWidth-1:0] chunk_base_q;
  logic in_row_end, in_keep, in_taken;
  assign in_row_end = in_skip_i || chunk_q == ChunkLast;
  assign in_keep = in_nz_i != '0 || in_row_end;
  assign in_taken = in_valid_i && in_ready_o;

  // The chunk whose events are being picked.
  logic hold_valid_q, hold_row_end_q, hold_last_q, hold_quiet_q;
  logic [InLanes-1:0] pending_q;
  logic [InLanes*ValueWidth-1:0] hold_value_q;
  logic [AddrWidth-1:0] hold_base_q;

  // One picked event, its address still in two parts.
  logic pick_valid_q, pick_event_q, pick_row_end_q, pick_last_q, pick_quiet_q;
  logic [AddrWidth-1:0] pick_base_q, pick_offset_q;
  logic [ValueWidth-1:0] pick_value_q;

  logic pick_ready;
  logic [InLanes-1:0] lowest, rest;
  assign pick_ready = !pick_valid_q || out_ready_i;
  assign rest = pending_q & (pending_q - InLanes'(1));
  assign lowest = pending_q & ~rest;
  assign in_ready_o = !hold_valid_q || (pick_ready && rest == '0);

  logic [AddrWidth-1:0] offset;
  logic [ValueWidth-1:0] value;
  always_comb begin
    offset = '0;
    value = '0;
    for (int unsigned j = 0; j < InLanes; j++) begin
      if (lowest[j]) begin
        offset = offset | AddrWidth'(j * OutChunks);
        value = value | hold_value_q[ValueWidth*j+:ValueWidth];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      chunk_q <= '0;
      chunk_base_q <= '0;
    end else if (in_taken) begin
      chunk_q <= in_row_end ? '0 : chunk_q + ChunkWidth'(1);
      chunk_base_q <= in_row_end ? '0 : chunk_base_q + ChunkStride;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) hold_valid_q <= 1'b0;
    else if (in_ready_o) hold_valid_q <= in_valid_i && in_keep;
    if (in_ready_o) begin
      pending_q <= in_skip_i ? '0 : in_nz_i;
      hold_value_q <= in_value_i;
      hold_base_q <= chunk_base_q;
      hold_row_end_q <= in_row_end;
      hold_last_q <= in_last_i;
      hold_quiet_q <= in_quiet_i;
    end else if (pick_ready) begin
      pending_q <= rest;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) pick_valid_q <= 1'b0;
    else if (pick_ready) pick_valid_q <= hold_valid_q;
    if (pick_ready) begin
      pick_event_q <= pending_q != '0;
      pick_base_q <= hold_base_q;
      pick_offset_q <= offset;
      pick_value_q <= value;
      pick_row_end_q <= hold_row_end_q && rest == '0;
      pick_last_q <= hold_last_q && rest == '0;
      pick_quiet_q <= hold_quiet_q && rest == '0;
    end
  end

  assign out_valid_o = pick_valid_q;
  assign out_event_o = pick_event_q;
  assign out_addr_o = pick_base_q + pick_offset_q;
  assign out_value_o = pick_value_q;
  assign out_row_end_o = pick_row_end_q;
  assign out_last_o = pick_last_q;
  assign out_quiet_o = pick_quiet_q;

`ifndef SYNTHESIS
  stream_check #(
    .Width(InLanes + InLanes * ValueWidth + 3)
  ) u_check_in (
    .clk_i,
    .rst_i,
    .valid_i(in_valid_i),
    .ready_i(in_ready_o),
    .data_i ({in_nz_i, in_value_i, in_skip_i, in_last_i, in_quiet_i})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_i && in_valid_i) begin
      a_skip_is_whole_row : assert (!in_skip_i || (chunk_q == '0 && in_nz_i == '0));
      a_flags_at_row_end : assert (in_row_end || !in_last_i);
      a_quiet_only_with_last : assert (in_last_i || !in_quiet_i);
      for (int unsigned j = 0; j < InLanes; j++) begin
        a_padding_is_zero :
        assert (!in_nz_i[j] || int'(chunk_q) * int'(InLanes) + int'(j) < int'(InChannels));
      end
    end
  end
`endif

endmodule

`default_nettype wire
