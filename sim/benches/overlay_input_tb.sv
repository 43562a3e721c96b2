`default_nettype none

/// Bench of `overlay_input`: every quad of spikes that is written, or every raw element that is read, sample after sample;
/// rows count only when they are written, and no sample is written more than one ahead.
module overlay_input_tb #(
  parameter int unsigned ProgressBits = 16,
  parameter int unsigned ValueWidth = 9,
  parameter int unsigned Count = 16,
  parameter int unsigned HasSpikes = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 16,
  parameter int unsigned Steps = 8,
  parameter int unsigned Lanes = 8,
  parameter int unsigned FetchWidth = 32,
  parameter int unsigned SpikeBits = 8,
  parameter int unsigned Base = 0,
  parameter int unsigned Half = 8,
  parameter int unsigned RowStride = 1,
  parameter int unsigned StepStride = 1,
  parameter int unsigned HasOrder = 0,
  parameter OrderFile = "",
  /// Samples of a batch.
  parameter int Samples = 3,
  /// Values.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Spikes: {negative, spikes, group, address}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  /// All values.
  parameter RawFile = "",
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int unsigned RawBits = (Count > 1) ? $clog2(Count) : 1;
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChannelBits = (Channels > 1) ? $clog2(Channels) : 1;
  localparam int Groups = int'((Channels + Lanes - 1) / Lanes);
  localparam int RowWrites = Groups * int'(Steps);

  logic rst, in_idle, out_idle;
  int cycle, batch;
  int computed = 0;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle && computed == batch * Samples), .batch_o(batch),
    .t_max_o(t_max), .done_o
  );

  logic in_valid, in_ready, raw_valid, raw_read, spike_valid, spike_ready, half, done;
  logic [ValueWidth-1:0] value, raw_data;
  logic [RawBits-1:0] raw_addr;
  logic [SpikeBits-1:0] addr;
  logic [FetchWidth/Lanes-1:0] group;
  logic [Lanes-1:0] nz, neg;
  logic [ProgressBits-1:0] progress;
  logic is_inside;
  bench_player #(.Width(ValueWidth), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(in_valid), .ready_i(in_ready),
    .data_o(value)
  );
  overlay_input #(
    .ProgressBits(ProgressBits), .ValueWidth(ValueWidth), .Count(Count), .HasSpikes(HasSpikes),
    .HasRaw(32'(HasSpikes == 0)), .Rows(Rows), .Channels(Channels), .Steps(Steps), .Lanes(Lanes), .FetchWidth(FetchWidth),
    .SpikeBits(SpikeBits), .HasOrder(HasOrder), .OrderFile(OrderFile)
  ) u_dut (
    .clk_i, .rst_i(rst), .spikes_i(HasSpikes != 0), .ordered_i(HasOrder != 0),
    .last_i(RawBits'(Count - 1)), .last_row_i(RowBits'(Rows - 1)),
    .last_channel_i(ChannelBits'(Channels - 1)), .base_i(SpikeBits'(Base)),
    .other_i(SpikeBits'(Base + Half)), .row_stride_i(SpikeBits'(RowStride)),
    .step_stride_i(SpikeBits'(StepStride)), .order_write_i(1'b0), .order_addr_i('0),
    .order_data_i('0), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_value_i(value),
    .raw_valid_o(raw_valid), .raw_read_i(raw_read), .raw_addr_i(raw_addr), .raw_data_o(raw_data),
    .spike_valid_o(spike_valid), .spike_ready_i(spike_ready), .spike_addr_o(addr),
    .spike_group_o(group), .spike_nz_o(nz), .spike_neg_o(neg), .progress_o(progress), .half_o(half),
    .done_i(done), .inside_o(is_inside)
  );

  // A sample is computed some time after all of it is there; in the first batch at once.
  int wait_for = 0;
  logic present;
  always @(posedge clk_i) begin
    done <= 1'b0;
    if (!rst && !done && present) begin
      if (wait_for <= 0) begin
        done <= 1'b1;
        wait_for <= batch == 1 ? 0 : int'($urandom_range(3)) * int'($urandom_range(Count + 20));
      end else begin
        wait_for <= wait_for - 1;
      end
    end
    if (!rst && done) computed <= computed + 1;
    if (rst) done <= 1'b0;
  end

  if (HasSpikes != 0) begin : gen_spikes
    assign present = progress == ProgressBits'(Rows);
    assign raw_read = 1'b0;
    assign raw_addr = '0;
    bench_checker #(
      .Width(SpikeBits + FetchWidth / Lanes + 2 * Lanes), .Words(OutWords), .File(OutFile)
    ) u_out (
      .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .valid_i(spike_valid),
      .ready_o(spike_ready), .data_i({neg & nz, nz, group, addr})
    );
    int writes = 0;
    always @(posedge clk_i) begin
      if (!rst) begin
        if (spike_valid && spike_ready) writes <= writes + 1;
        if (spike_valid && writes / (RowWrites * int'(Rows)) > computed + 1) begin
          $fatal(1, "%m: a sample is written too early");
        end
        if (!done && int'(progress) > writes / RowWrites - computed * int'(Rows)) begin
          $fatal(1, "%m: %0d rows instead of %0d", progress, writes / RowWrites - computed * int'(Rows));
        end
        if (int'(progress) > int'(Rows)) $fatal(1, "%m: %0d rows", progress);
        if (!done && half != computed[0]) $fatal(1, "%m: the other half");
        if (raw_valid) $fatal(1, "%m: raw memory for others");
      end
    end
  end else begin : gen_raw
    logic [ValueWidth-1:0] values[Batches*Samples*int'(Count)];
    initial $readmemh(RawFile, values);
    assign out_idle = 1'b1;
    assign spike_ready = 1'b1;
    // The first element, the last one, and some others.
    int reads = 0;
    logic due = 1'b0;
    int expected;
    assign present = raw_valid && reads > int'(Count) + 5;
    int at = 0;
    assign raw_addr = RawBits'(at);
    always @(posedge clk_i) begin
      raw_read <= $urandom_range(2) != 0;
      at <= $urandom_range(3) == 0 ? int'(Count) - 1 : int'($urandom_range(Count - 1));
      due <= !rst && raw_read && raw_valid && !done;
      expected <= computed * int'(Count) + at;
      if (done) reads <= 0;
      else if (!rst && raw_read && raw_valid) reads <= reads + 1;
      if (!rst && due && raw_data !== values[expected]) begin
        $fatal(1, "%m: element %0d is %h instead of %h", expected, raw_data, values[expected]);
      end
      if (!rst && (spike_valid || progress != '0)) $fatal(1, "%m: spikes of raw elements");
    end
  end

endmodule

`default_nettype wire
