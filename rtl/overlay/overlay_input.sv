`default_nettype none

/// Input unit: keeps two samples of raw elements and writes them to spike memory as radix spikes.
///
/// Elements come in as values (element less zero point), one a cycle. With `spikes_i`, element `k` of the target, row
/// by row, is element `order[k]` of the sample; its magnitude's bits are spikes in `Steps` local time-steps, highest
/// first. Sample n goes to half n mod 2, at most one sample ahead of the one that is computed.
///
/// Contract: what describes the network (`spikes_i` to `step_stride_i`) is stable outside of reset. The write port waits
/// for `spike_ready_i`. `raw_valid_o`: the present sample is complete in raw memory, whose read port is free for others
/// without `spikes_i`. `done_i`: the present sample is computed. `inside_o`, with
/// `Loadable`: a sample is complete and not computed.
module overlay_input #(
  /// Bits of the progress.
  parameter int unsigned ProgressBits = 16,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// Most elements of a sample.
  parameter int unsigned Count = 16,
  /// 1: samples can become spikes; other units can read raw memory.
  parameter int unsigned HasSpikes = 1,
  parameter int unsigned HasRaw = 0,
  /// Most rows and channels of the target.
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 16,
  /// Local time-steps: bits of a magnitude.
  parameter int unsigned Steps = 8,
  /// Some values are negative.
  parameter bit Signed = 1'b1,
  /// Neurons that are written at once, and neurons of a word.
  parameter int unsigned Lanes = 8,
  parameter int unsigned FetchWidth = 32,
  /// Bits of an address of spike memory.
  parameter int unsigned SpikeBits = 8,
  /// 1: elements can be taken in another order, an address a word of the image or of what is written at run time.
  parameter int unsigned HasOrder = 0,
  parameter bit Loadable = 1'b0,
  parameter OrderFile = "",
  /// Bits of an address of a sample, derived.
  localparam int unsigned RawBits = (Count > 1) ? $clog2(Count) : 1,
  /// Bits of numbers of rows and channels, derived.
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned ChannelBits = (Channels > 1) ? $clog2(Channels) : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Samples become spikes, in another order; the last element; the last row and channel of the target.
  input  wire logic                         spikes_i,
  input  wire logic                         ordered_i,
  input  wire logic [RawBits-1:0]           last_i,
  input  wire logic [RowBits-1:0]           last_row_i,
  input  wire logic [ChannelBits-1:0]       last_channel_i,
  /// Place of the two halves in spike memory, and distances of rows and of steps.
  input  wire logic [SpikeBits-1:0]         base_i,
  input  wire logic [SpikeBits-1:0]         other_i,
  input  wire logic [SpikeBits-1:0]         row_stride_i,
  input  wire logic [SpikeBits-1:0]         step_stride_i,
  /// Write port of the order, with `Loadable`.
  input  wire logic                         order_write_i,
  input  wire logic [RawBits-1:0]           order_addr_i,
  input  wire logic [RawBits-1:0]           order_data_i,
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
  input  wire logic                         done_i,
  output      logic                         inside_o
);

  logic spikes;
  assign spikes = HasRaw == 0 || (HasSpikes != 0 && spikes_i);

  // ---------------------------------------------------------------------------- raw memory
  // Samples that are complete and not yet released: 0, 1 or 2.
  logic [RawBits-1:0] write_addr_q;
  logic write_half_q, read_half_q, released, written, full;
  logic [1:0] kept_q;
  assign full = kept_q == 2'd2;
  assign in_ready_o = !full;
  assign written = in_valid_i && in_ready_o && write_addr_q == last_i;

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

  // Samples that are complete and not computed: those that are kept, one whose spikes are there, one that is computed.
  if (Loadable) begin : gen_inside
    logic [2:0] inside_q;
    assign inside_o = inside_q != '0;
    always_ff @(posedge clk_i) begin
      if (rst_i) inside_q <= '0;
      else inside_q <= inside_q + 3'(written) - 3'(done_i);
    end
  end else begin : gen_no_inside
    assign inside_o = 1'b0;
  end

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
    localparam int unsigned LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
    localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;

    if (Steps < 1 || Steps > ValueWidth) begin : gen_bad_parameters
      $error("overlay_input: a parameter is out of range");
    end

    // Which element comes next.
    logic [RawBits-1:0] index_q, index, place;
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
    assign active = spikes && kept_q != '0 && release_q == '0 && (begun_q || ahead_q != 2'd2);
    assign lane_last = lane_q == LaneBits'(Lanes - 1);
    assign channel_last = channel_q == last_channel_i;
    // Of a single row, channels are elements.
    assign row_last = Rows == 1 || row_q == last_row_i;
    assign index = (Rows == 1) ? RawBits'(channel_q) : index_q;
    assign element_end = active && advance && channel_last && row_last;
    // The last element is read two cycles after its place, before the memory is written again.
    assign released = spikes ? release_q[2] : done_i;

    logic [RawBits-1:0] place_in_order;
    if (HasOrder == 0 || Loadable) begin : gen_in_order
      always_ff @(posedge clk_i) begin
        if (advance) place_in_order <= index;
      end
    end else begin : gen_all_ordered
      assign place_in_order = '0;
    end
    if (HasOrder != 0) begin : gen_order
      logic [RawBits-1:0] ordered;
      overlay_rom #(
        .Width(RawBits),
        .Depth(Count),
        .Loadable(Loadable),
        .File(OrderFile)
      ) u_order (
        .clk_i,
        .enable_i(advance),
        .addr_i(index),
        .data_o(ordered),
        .write_i(order_write_i),
        .write_addr_i(order_addr_i),
        .write_data_i(order_data_i)
      );
      assign place = (!Loadable || ordered_i) ? ordered : place_in_order;
    end else begin : gen_no_order
      assign place = place_in_order;
      logic unused_order;
      assign unused_order = order_write_i ^ (^order_addr_i) ^ (^order_data_i) ^ ordered_i;
    end
    assign read = spikes ? advance : raw_read_i;
    assign read_addr = spikes ? place : raw_addr_i;

    // A group, and the same while it is written.
    logic [Lanes*Steps-1:0] collect_q, write_q;
    logic [Lanes-1:0] sign_q, write_sign_q;
    logic signed [ValueWidth-1:0] value;
    logic [ValueWidth-1:0] magnitude;
    logic [Steps-1:0] bits;
    assign value = element;
    assign magnitude = (Signed && value[ValueWidth-1]) ? ValueWidth'(-value) : value;
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
        ahead_q <= ahead_q + 2'(active && !begun_q && advance) - 2'(spikes && done_i);
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
            sign_q[j] <= Signed && value[ValueWidth-1];
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
    logic present_half_q, row_written, written_row_last;
    logic [SpikeBits-1:0] next_row_addr;
    logic [RowBits-1:0] written_row_q;
    assign row_written = write_end && write_row_end_q;
    assign written_row_last = Rows == 1 || written_row_q == last_row_i;
    assign next_row_addr = written_row_last ?
        (target_half_q ? base_i : other_i) : row_addr_q + row_stride_i;
    assign spike_valid_o = write_valid_q;
    assign spike_addr_o = addr_q;
    for (genvar p = 0; p < Places; p++) begin : gen_place
      assign spike_group_o[p] = place_q == PlaceBits'(p);
    end
    for (genvar j = 0; j < Lanes; j++) begin : gen_lane
      assign spike_nz_o[j] = 1'(write_q[Steps*j+:Steps] >> (StepBits'(Steps - 1) - step_q));
      assign spike_neg_o[j] = write_sign_q[j];
    end
    assign progress_o = progress_q[present_half_q];
    assign half_o = present_half_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        row_addr_q <= base_i;
        word_addr_q <= base_i;
        addr_q <= base_i;
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
          addr_q <= addr_q + step_stride_i;
          if (write_last) begin
            if (write_row_end_q) begin
              row_addr_q <= next_row_addr;
              word_addr_q <= next_row_addr;
              addr_q <= next_row_addr;
              place_q <= '0;
              written_row_q <= written_row_last ? '0 : written_row_q + RowBits'(1);
              if (written_row_last) target_half_q <= !target_half_q;
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
        if (spikes && done_i) begin
          progress_q[present_half_q] <= '0;
          present_half_q <= !present_half_q;
        end
      end
      if (collected_q && (!write_valid_q || write_end)) begin
        write_q <= collect_q;
        write_sign_q <= sign_q;
        write_row_end_q <= collected_row_end_q;
      end
    end

    assign raw_valid_o = !spikes && kept_q != '0;
    logic unused_raw;
    assign unused_raw = raw_read_i ^ (^raw_addr_i) ^ (^magnitude) ^ (^p1_lane_q) ^ spikes_i ^
        ordered_i;
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
    logic unused_spikes;
    assign unused_spikes = spike_ready_i ^ spikes_i ^ spikes ^ ordered_i ^ (^last_row_i) ^
        (^last_channel_i) ^ (^base_i) ^ (^other_i) ^ (^row_stride_i) ^ (^step_stride_i) ^
        order_write_i ^ (^order_addr_i) ^ (^order_data_i);
  end

endmodule

`default_nettype wire
