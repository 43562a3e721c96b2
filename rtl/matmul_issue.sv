`default_nettype none

/// Front end of `matmul_engine`: selects the weight words to read, up to one from each bank in a cycle.
///
/// Input channel i belongs to bank `i % Banks` and is number `i / Banks` there. Each bank has its own
/// `spike_encoder` and event FIFO. An entry that is issued takes the next event of every bank that has one and
/// whose row has not ended; it stays for `OutChunks` cycles, one for each output chunk.
///
/// Contract: entries of a row come one after the other; the last one has `out_row_end_o` in its final
/// cycle, and the row's flags. An entry without an event in any bank ends a row and takes one cycle.
/// Throughput: one entry every `OutChunks` cycles. Which events share an entry depends on when they
/// come; a row takes at least as many entries as its busiest bank has events, and `EventDepth` events a
/// bank may wait for those of another.
/// Back-pressure: everything behind the FIFOs moves while `enable_i` is high.
module matmul_issue #(
  /// Input channels; lanes beyond them are always zero.
  parameter int unsigned InChannels = 8,
  /// Lanes of an input chunk; a multiple of `Banks`.
  parameter int unsigned InLanes = 4,
  /// Weight words of a channel.
  parameter int unsigned OutChunks = 2,
  /// Most events per cycle.
  parameter int unsigned Banks = 1,
  /// Bits of an event's value.
  parameter int unsigned ValueWidth = 1,
  /// Channels of a bank, bits of a word's address in it, bits of an output chunk's number; derived.
  localparam int unsigned BankChannels = (InChannels + Banks - 1) / Banks,
  localparam int unsigned AddrWidth =
      (BankChannels * OutChunks > 1) ? $clog2(BankChannels * OutChunks) : 1,
  localparam int unsigned ChunkWidth = (OutChunks > 1) ? $clog2(OutChunks) : 1
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_i,
  /// Chunks in.
  input  wire logic                          in_valid_i,
  output      logic                          in_ready_o,
  input  wire logic [InLanes-1:0]            in_nz_i,
  input  wire logic [InLanes*ValueWidth-1:0] in_value_i,
  input  wire logic                          in_skip_i,
  input  wire logic                          in_last_i,
  input  wire logic                          in_quiet_i,
  /// Entries out, while `enable_i` is high. Bank b: event [b], word [AddrWidth*b +: AddrWidth], value
  /// [ValueWidth*b +: ValueWidth].
  input  wire logic                          enable_i,
  output      logic                          out_valid_o,
  output      logic [Banks-1:0]              out_event_o,
  output      logic [Banks*AddrWidth-1:0]    out_addr_o,
  output      logic [Banks*ValueWidth-1:0]   out_value_o,
  output      logic [ChunkWidth-1:0]         out_chunk_o,
  /// The entry is the first of its row; this is its last cycle and that of its row, with these flags.
  output      logic                          out_first_o,
  output      logic                          out_row_end_o,
  output      logic                          out_last_o,
  output      logic                          out_quiet_o
);

  localparam int unsigned BankLanes = InLanes / Banks;
  localparam int unsigned EventWidth = AddrWidth + ValueWidth + 4;
  localparam int unsigned EventDepth = 8;
  localparam bit [ChunkWidth-1:0] ChunkLast = ChunkWidth'(OutChunks - 1);

  if (Banks < 1 || BankLanes * Banks != InLanes) begin : gen_bad_parameters
    $error("matmul_issue: InLanes must be a multiple of Banks");
  end

  // ---------------------------------------------------------------------------- events
  // A chunk goes to the pickers of all banks at once.
  logic [Banks-1:0] bank_ready, head_valid, head_ready;
  logic [Banks-1:0] head_event, head_row_end, head_last, head_quiet;
  logic [Banks*AddrWidth-1:0] head_addr;
  logic [Banks*ValueWidth-1:0] head_value;
  assign in_ready_o = &bank_ready;

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic [BankLanes-1:0] nz;
    logic [BankLanes*ValueWidth-1:0] value;
    for (genvar i = 0; i < BankLanes; i++) begin : gen_lane
      assign nz[i] = in_nz_i[i*Banks+b];
      assign value[ValueWidth*i+:ValueWidth] = in_value_i[ValueWidth*(i*Banks+b)+:ValueWidth];
    end

    logic pick_valid, pick_ready, pick_event, pick_row_end, pick_last, pick_quiet;
    logic [AddrWidth-1:0] pick_addr;
    logic [ValueWidth-1:0] pick_value;
    spike_encoder #(
      .InChannels(BankChannels),
      .InLanes(BankLanes),
      .OutChunks(OutChunks),
      .ValueWidth(ValueWidth)
    ) u_picker (
      .clk_i,
      .rst_i,
      .in_valid_i(in_valid_i && in_ready_o),
      .in_ready_o(bank_ready[b]),
      .in_nz_i(nz),
      .in_value_i(value),
      .in_skip_i,
      .in_last_i,
      .in_quiet_i,
      .out_valid_o(pick_valid),
      .out_ready_i(pick_ready),
      .out_event_o(pick_event),
      .out_addr_o(pick_addr),
      .out_value_o(pick_value),
      .out_row_end_o(pick_row_end),
      .out_last_o(pick_last),
      .out_quiet_o(pick_quiet)
    );

    stream_fifo #(
      .Width(EventWidth),
      .Depth(EventDepth)
    ) u_events (
      .clk_i,
      .rst_i,
      .in_valid_i(pick_valid),
      .in_ready_o(pick_ready),
      .in_data_i({pick_event, pick_row_end, pick_last, pick_quiet, pick_addr, pick_value}),
      .out_valid_o(head_valid[b]),
      .out_ready_i(head_ready[b]),
      .out_data_o({
        head_event[b],
        head_row_end[b],
        head_last[b],
        head_quiet[b],
        head_addr[AddrWidth*b+:AddrWidth],
        head_value[ValueWidth*b+:ValueWidth]
      })
    );
  end

  // ---------------------------------------------------------------------------- entries
  // Banks whose row has ended wait for the others.
  logic [Banks-1:0] ended_q, taken, closes;
  logic load, row_end, done;
  assign head_ready = load ? ~ended_q : '0;
  assign taken = head_valid & ~ended_q;
  assign closes = taken & head_row_end;
  assign row_end = (ended_q | closes) == '1;

  logic valid_q, first_q, row_end_q, last_q, quiet_q;
  logic [Banks-1:0] event_q;
  logic [Banks*AddrWidth-1:0] addr_q;
  logic [Banks*ValueWidth-1:0] value_q;
  logic [ChunkWidth-1:0] chunk_q;
  assign done = event_q == '0 || chunk_q == ChunkLast;
  assign load = enable_i && (!valid_q || done);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ended_q <= '0;
      valid_q <= 1'b0;
      first_q <= 1'b1;
    end else if (load) begin
      ended_q <= row_end ? '0 : ended_q | closes;
      valid_q <= (taken & head_event) != '0 || row_end;
      if (valid_q) first_q <= row_end_q;
    end
    if (load) begin
      event_q <= taken & head_event;
      row_end_q <= row_end;
      last_q <= (closes & head_last) != '0;
      quiet_q <= (closes & head_quiet) != '0;
      value_q <= head_value;
      chunk_q <= '0;
    end else if (enable_i) begin
      chunk_q <= chunk_q + ChunkWidth'(1);
    end
  end

  for (genvar b = 0; b < Banks; b++) begin : gen_addr
    always_ff @(posedge clk_i) begin
      if (load) addr_q[AddrWidth*b+:AddrWidth] <= head_addr[AddrWidth*b+:AddrWidth];
      else if (enable_i) begin
        addr_q[AddrWidth*b+:AddrWidth] <= addr_q[AddrWidth*b+:AddrWidth] + AddrWidth'(1);
      end
    end
  end

  assign out_valid_o = valid_q;
  assign out_event_o = event_q;
  assign out_addr_o = addr_q;
  assign out_value_o = value_q;
  assign out_chunk_o = chunk_q;
  assign out_first_o = first_q;
  assign out_row_end_o = row_end_q && done;
  assign out_last_o = last_q;
  assign out_quiet_o = quiet_q;

endmodule

`default_nettype wire
