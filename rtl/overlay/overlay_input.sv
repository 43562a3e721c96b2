`default_nettype none

/// Input unit: keeps two samples of raw elements and writes them to spike memory as radix spikes.
///
/// Elements come in as values (element less zero point), one a cycle. Where `HasSpikes`, element `k` of the target, row
/// by row, is element `order[k]` of the sample; its magnitude's bits are spikes in `Steps` local time-steps, highest
/// first. Sample n goes to half n mod 2, at most one sample ahead of the one that is computed.
///
/// Contract: the write port waits for `spike_ready_i`. `raw_valid_o`: the present sample is complete in raw memory,
/// whose read port is free for others where `HasSpikes` is 0. `done_i`: the present sample is computed.
module overlay_input #(
  /// Bits of the progress.
  parameter int unsigned ProgressBits = 16,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// Elements of a sample.
  parameter int unsigned Count = 16,
  /// 1: samples become spikes. 0: other units read raw memory.
  parameter int unsigned HasSpikes = 1,
  /// Rows and channels of the target; Rows * Channels = Count.
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 16,
  /// Local time-steps: bits of a magnitude.
  parameter int unsigned Steps = 8,
  /// Neurons that are written at once, and neurons of a word.
  parameter int unsigned Lanes = 8,
  parameter int unsigned FetchWidth = 32,
  /// Bits of an address of spike memory; place of the two halves there.
  parameter int unsigned SpikeBits = 8,
  parameter int unsigned Base = 0,
  parameter int unsigned Half = 8,
  parameter int unsigned RowStride = 1,
  parameter int unsigned StepStride = 1,
  /// 1: elements are taken in another order, an address a word of the image.
  parameter int unsigned HasOrder = 0,
  parameter OrderFile = "",
  /// Bits of an address of a sample, derived.
  localparam int unsigned RawBits = (Count > 1) ? $clog2(Count) : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Values in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [ValueWidth-1:0]        in_value_i,
  /// Raw memory for others.
  output      logic                         raw_valid_o,
  input  wire logic                         raw_read_i,
  input  wire logic [RawBits-1:0]           raw_addr_i,
  output      logic [ValueWidth-1:0]        raw_data_o,
  /// Spikes: one group of a word.
  output      logic                         spike_valid_o,
  input  wire logic                         spike_ready_i,
  output      logic [SpikeBits-1:0]         spike_addr_o,
  output      logic [FetchWidth/Lanes-1:0]  spike_group_o,
  output      logic [Lanes-1:0]             spike_nz_o,
  output      logic [Lanes-1:0]             spike_neg_o,
  /// Rows of the present sample that are in spike memory; its half.
  output      logic [ProgressBits-1:0]      progress_o,
  output      logic                         half_o,
  /// The present sample is computed.
  input  wire logic                         done_i
);

  localparam bit [RawBits-1:0] Final = RawBits'(Count - 1);

  // ---------------------------------------------------------------------------- raw memory
  // Samples that are complete and not yet released: 0, 1 or 2.
  logic [RawBits-1:0] write_addr_q;
  logic write_half_q, read_half_q, released, written, full;
  logic [1:0] kept_q;
  assign full = kept_q == 2'd2;
  assign in_ready_o = !full;
  assign written = in_valid_i && in_ready_o && write_addr_q == Final;

  logic read;
  logic [RawBits-1:0] read_addr;
  logic [ValueWidth-1:0] element;
  sync_ram #(
    .Width(ValueWidth),
    .Depth(2 << RawBits)
  ) u_raw (
    .clk_i,
    .read_enable_i(read),
    .read_addr_i({read_half_q, read_addr}),
    .read_data_o(element),
    .write_enable_i(in_valid_i && in_ready_o),
    .write_addr_i({write_half_q, write_addr_q}),
    .write_data_i(in_value_i)
  );
  assign raw_data_o = element;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_addr_q <= '0;
      write_half_q <= 1'b0;
      read_half_q <= 1'b0;
      kept_q <= '0;
    end else begin
      if (in_valid_i && in_ready_o) write_addr_q <= written ? '0 : write_addr_q + RawBits'(1);
      if (written) write_half_q <= !write_half_q;
      if (released) read_half_q <= !read_half_q;
      kept_q <= kept_q + 2'(written) - 2'(released);
    end
  end

  if (HasSpikes != 0) begin : gen_spikes
    localparam int unsigned Places = FetchWidth / Lanes;
    localparam int unsigned PlaceBits = (Places > 1) ? $clog2(Places) : 1;
    localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;
    localparam int unsigned ChannelBits = (Channels > 1) ? $clog2(Channels) : 1;
    localparam int unsigned LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
    localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;

    if (Rows * Channels != Count || Steps < 1 || Steps > ValueWidth) begin : gen_bad_parameters
      $error("overlay_input: a parameter is out of range");
    end

    // Which element comes next.
    logic [RawBits-1:0] index_q, place;
    logic [RowBits-1:0] row_q;
    logic [ChannelBits-1:0] channel_q;
    logic [LaneBits-1:0] lane_q;
    logic active, advance, lane_last, channel_last, row_last, element_end;
    // ahead_q: samples whose spikes are begun or complete, and that are not computed.
    logic [1:0] ahead_q;
    logic begun_q;
    logic [2:0] release_q;

    // p0: place known (order). p1: element known. Then it is shifted into the group.
    logic p0_valid_q, p0_end_q, p0_row_end_q, p1_valid_q, p1_end_q, p1_row_end_q;
    logic [LaneBits-1:0] p0_lane_q, p1_lane_q;
    logic group_ready;
    assign advance = !p1_valid_q || group_ready;
    assign active = kept_q != '0 && release_q == '0 && (begun_q || ahead_q != 2'd2);
    assign lane_last = lane_q == LaneBits'(Lanes - 1);
    assign channel_last = channel_q == ChannelBits'(Channels - 1);
    assign row_last = row_q == RowBits'(Rows - 1);
    assign element_end = active && advance && channel_last && row_last;
    // The last element is read two cycles after its place, before the memory is written again.
    assign released = release_q[2];

    if (HasOrder != 0) begin : gen_order
      sync_rom #(
        .Width(RawBits),
        .Depth(Count),
        .File (OrderFile)
      ) u_order (
        .clk_i,
        .enable_i(advance),
        .addr_i(index_q),
        .data_o(place)
      );
    end else begin : gen_in_order
      always_ff @(posedge clk_i) begin
        if (advance) place <= index_q;
      end
    end
    assign read = advance;
    assign read_addr = place;

    // A group, and the same while it is written.
    logic [Lanes*Steps-1:0] collect_q, write_q;
    logic [Lanes-1:0] sign_q, write_sign_q;
    logic signed [ValueWidth-1:0] value;
    logic [ValueWidth-1:0] magnitude;
    logic [Steps-1:0] bits;
    assign value = element;
    assign magnitude = value[ValueWidth-1] ? ValueWidth'(-value) : value;
    assign bits = magnitude[Steps-1:0];

    logic write_valid_q, write_last, write_row_end_q, write_end;
    logic collected_q, collected_row_end_q;
    logic [StepBits-1:0] step_q;
    logic [SpikeBits-1:0] row_addr_q, word_addr_q, addr_q;
    logic [PlaceBits-1:0] place_q;
    assign write_last = step_q == StepBits'(Steps - 1);
    assign write_end = write_valid_q && spike_ready_i && write_last;
    assign group_ready = !collected_q || !write_valid_q || write_end;

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        index_q <= '0;
        row_q <= '0;
        channel_q <= '0;
        lane_q <= '0;
        ahead_q <= '0;
        begun_q <= 1'b0;
        p0_valid_q <= 1'b0;
        p1_valid_q <= 1'b0;
        collected_q <= 1'b0;
        write_valid_q <= 1'b0;
        release_q <= '0;
      end else begin
        ahead_q <= ahead_q + 2'(active && !begun_q && advance) - 2'(done_i);
        if (advance) begin
          p0_valid_q <= active;
          p1_valid_q <= p0_valid_q;
          release_q <= {release_q[1:0], element_end};
          if (active) begin
            begun_q <= !element_end;
            index_q <= element_end ? '0 : index_q + RawBits'(1);
            channel_q <= channel_last ? '0 : channel_q + ChannelBits'(1);
            lane_q <= (lane_last || channel_last) ? '0 : lane_q + LaneBits'(1);
            if (channel_last) row_q <= row_last ? '0 : row_q + RowBits'(1);
          end
        end else begin
          release_q[2] <= 1'b0;
        end
        if (p1_valid_q && p1_end_q && group_ready) collected_q <= 1'b1;
        else if (!write_valid_q || write_end) collected_q <= 1'b0;
        if (collected_q && (!write_valid_q || write_end)) write_valid_q <= 1'b1;
        else if (write_end) write_valid_q <= 1'b0;
      end
      if (advance) begin
        p0_end_q <= lane_last || channel_last;
        p0_row_end_q <= channel_last;
        p0_lane_q <= lane_q;
        p1_end_q <= p0_end_q;
        p1_row_end_q <= p0_row_end_q;
        p1_lane_q <= p0_lane_q;
      end
      // Lanes behind the last channel hold no spikes.
      if (p1_valid_q && group_ready) begin
        for (int unsigned j = 0; j < Lanes; j++) begin
          if (p1_lane_q == LaneBits'(j)) begin
            collect_q[Steps*j+:Steps] <= bits;
            sign_q[j] <= value[ValueWidth-1];
          end else if (p1_lane_q == '0) begin
            collect_q[Steps*j+:Steps] <= '0;
          end
        end
        collected_row_end_q <= p1_row_end_q;
      end
    end

    // ---------------------------------------------------------------------------- writes
    logic target_half_q;
    logic [ProgressBits-1:0] progress_q[2];
    logic present_half_q, row_written;
    logic [SpikeBits-1:0] next_row_addr;
    logic [RowBits-1:0] written_row_q;
    assign row_written = write_end && write_row_end_q;
    assign next_row_addr = (written_row_q == RowBits'(Rows - 1)) ?
        (target_half_q ? SpikeBits'(Base) : SpikeBits'(Base + Half)) :
            row_addr_q + SpikeBits'(RowStride);
    assign spike_valid_o = write_valid_q;
    assign spike_addr_o = addr_q;
    for (genvar p = 0; p < Places; p++) begin : gen_place
      assign spike_group_o[p] = place_q == PlaceBits'(p);
    end
    for (genvar j = 0; j < Lanes; j++) begin : gen_lane
      assign spike_nz_o[j] = write_q[Steps*j+Steps-1];
      assign spike_neg_o[j] = write_sign_q[j];
    end
    assign progress_o = progress_q[present_half_q];
    assign half_o = present_half_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        row_addr_q <= SpikeBits'(Base);
        word_addr_q <= SpikeBits'(Base);
        addr_q <= SpikeBits'(Base);
        place_q <= '0;
        step_q <= '0;
        target_half_q <= 1'b0;
        present_half_q <= 1'b0;
        written_row_q <= '0;
        progress_q[0] <= '0;
        progress_q[1] <= '0;
      end else begin
        if (write_valid_q && spike_ready_i) begin
          step_q <= write_last ? '0 : step_q + StepBits'(1);
          addr_q <= addr_q + SpikeBits'(StepStride);
          if (write_last) begin
            if (write_row_end_q) begin
              row_addr_q <= next_row_addr;
              word_addr_q <= next_row_addr;
              addr_q <= next_row_addr;
              place_q <= '0;
              written_row_q <=
                  (written_row_q == RowBits'(Rows - 1)) ? '0 : written_row_q + RowBits'(1);
              if (written_row_q == RowBits'(Rows - 1)) target_half_q <= !target_half_q;
            end else if (place_q == PlaceBits'(Places - 1)) begin
              word_addr_q <= word_addr_q + SpikeBits'(1);
              addr_q <= word_addr_q + SpikeBits'(1);
              place_q <= '0;
            end else begin
              addr_q <= word_addr_q;
              place_q <= place_q + PlaceBits'(1);
            end
          end
        end
        if (row_written) progress_q[target_half_q] <= progress_q[target_half_q] + ProgressBits'(1);
        if (done_i) begin
          progress_q[present_half_q] <= '0;
          present_half_q <= !present_half_q;
        end
      end
      if (collected_q && (!write_valid_q || write_end)) begin
        write_q <= collect_q;
        write_sign_q <= sign_q;
        write_row_end_q <= collected_row_end_q;
      end else if (write_valid_q && spike_ready_i) begin
        // The next bit of each lane.
        write_q <= write_q << 1;
      end
    end

    assign raw_valid_o = 1'b0;
    logic unused_raw;
    assign unused_raw = raw_read_i ^ (^raw_addr_i) ^ (^magnitude) ^ (^p1_lane_q);
  end else begin : gen_raw
    assign read = raw_read_i;
    assign read_addr = raw_addr_i;
    assign released = done_i;
    assign raw_valid_o = kept_q != '0;
    assign spike_valid_o = 1'b0;
    assign spike_addr_o = '0;
    assign spike_group_o = '0;
    assign spike_nz_o = '0;
    assign spike_neg_o = '0;
    assign progress_o = '0;
    assign half_o = 1'b0;
    logic unused_ready;
    assign unused_ready = spike_ready_i;
  end

endmodule

`default_nettype wire
