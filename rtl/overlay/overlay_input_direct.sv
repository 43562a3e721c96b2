`default_nettype none

/// Input of large samples: elements become spikes as they come, without a memory of elements.
///
/// Elements come in runs that belong to one row. A pass has a run for each row of a band, in order; a band has several passes;
/// then the next band follows; and all bands may come several times, once for each plane of an image. A row has its elements in
/// the order in which they come. Patches of an image are such rows: a run is a line of a patch, a band a line of patches.
/// What of a group of neurons has come when its run ends waits in a memory with a word for each row of a band.
///
/// Contract: what describes the network (`last_run_i` to `step_stride_i`, all less one where they are numbers) is stable outside
/// of reset. Groups of neurons that are begun are completed within their band, or there is one plane. The write port waits for
/// `spike_ready_i`. With `single_i` there is one place for spikes: a sample is taken when `release_i` says that the one before has
/// been read. Without, there are two in turn, and one of them is free with `done_i`. `done_i`: the present sample is computed.
/// `inside_o`: a sample is complete and not computed.
/// Throughput: an element per cycle, two cycles more for each run.
module overlay_input_direct #(
  /// Bits of the progress.
  parameter int unsigned ProgressBits = 16,
  /// Bits of a signed value.
  parameter int unsigned ValueWidth = 9,
  /// Most rows and channels of the target.
  parameter int unsigned Rows = 1,
  parameter int unsigned Channels = 16,
  /// Local time-steps: bits of a magnitude.
  parameter int unsigned Steps = 8,
  /// Neurons that are written at once, and neurons of a word.
  parameter int unsigned Lanes = 8,
  parameter int unsigned FetchWidth = 32,
  /// Bits of an address of spike memory.
  parameter int unsigned SpikeBits = 8,
  /// Rows of a band whose groups may wait.
  parameter int unsigned Open = 1,
  /// Bits of numbers of rows and channels, derived.
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned ChannelBits = (Channels > 1) ? $clog2(Channels) : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_i,
  /// Elements of a run, rows of a band, passes of a band, bands, planes.
  input  wire logic [ChannelBits-1:0]       last_run_i,
  input  wire logic [RowBits-1:0]           last_band_row_i,
  input  wire logic [ChannelBits-1:0]       last_pass_i,
  input  wire logic [RowBits-1:0]           last_band_i,
  input  wire logic [ChannelBits-1:0]       last_plane_i,
  /// Place of the two halves in spike memory, and distances of rows, of bands, of steps; there is one half.
  input  wire logic [SpikeBits-1:0]         base_i,
  input  wire logic [SpikeBits-1:0]         other_i,
  input  wire logic [SpikeBits-1:0]         row_stride_i,
  input  wire logic [SpikeBits-1:0]         band_stride_i,
  input  wire logic [SpikeBits-1:0]         step_stride_i,
  input  wire logic                         single_i,
  /// Values in.
  input  wire logic                         in_valid_i,
  output      logic                         in_ready_o,
  input  wire logic [ValueWidth-1:0]        in_value_i,
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
  /// The present sample has been read, and is computed.
  input  wire logic                         release_i,
  input  wire logic                         done_i,
  output      logic                         inside_o
);

  localparam int unsigned Places = FetchWidth / Lanes;
  localparam int unsigned PlaceBits = (Places > 1) ? $clog2(Places) : 1;
  localparam int unsigned LaneBits = $clog2(Lanes);
  localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;
  localparam int unsigned OpenBits = (Open > 1) ? $clog2(Open) : 1;
  // A position may be one behind the last, and has the bits of a lane.
  localparam int unsigned PositionBits =
      ((ChannelBits > LaneBits) ? ChannelBits : LaneBits) + 1;
  localparam int unsigned OpenWidth = Lanes * (Steps + 1);

  if (Steps < 1 || Steps > ValueWidth || Lanes < 2 || Open < 1) begin : gen_bad_parameters
    $error("overlay_input_direct: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- places
  // open: a run begins, with what waits of its group. take: its elements come. save: what is left of its group waits.
  typedef enum logic [1:0] {
    StOpen,
    StTake,
    StSave
  } state_e;
  state_e state_q;

  logic [ChannelBits-1:0] run_q, pass_q, plane_q;
  logic [RowBits-1:0] band_row_q, band_q;
  // Positions: of the element, of the first of the run, of the first of the plane.
  logic [PositionBits-1:0] position_q, run_position_q, plane_position_q, next_run_position;
  logic [SpikeBits-1:0] row_addr_q, band_addr_q;
  logic [1:0] ahead_q;
  logic begun_q, half_q;
  logic run_last, band_row_last, pass_last, band_last, plane_last, row_complete, group_last, take,
      sample_last, may_begin, opens, moves, handed;
  logic full_q;
  assign run_last = run_q == last_run_i;
  assign band_row_last = band_row_q == last_band_row_i;
  assign pass_last = pass_q == last_pass_i;
  assign band_last = band_q == last_band_i;
  assign plane_last = plane_q == last_plane_i;
  assign row_complete = run_last && pass_last && plane_last;
  assign group_last = position_q[LaneBits-1:0] == '1 || row_complete;
  assign in_ready_o = state_q == StTake && !full_q;
  assign take = in_valid_i && in_ready_o;
  assign sample_last = take && row_complete && band_row_last && band_last;
  assign may_begin = begun_q || ahead_q == '0 || (!single_i && ahead_q == 2'd1);
  assign opens = state_q == StOpen && may_begin && (!full_q || handed);
  // The counters of runs move on behind the last element of a run.
  assign moves = take && run_last;
  assign next_run_position = run_position_q + PositionBits'(last_run_i) + PositionBits'(1);

  logic released;
  assign released = single_i ? release_i : done_i;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StOpen;
      run_q <= '0;
      band_row_q <= '0;
      pass_q <= '0;
      band_q <= '0;
      plane_q <= '0;
      run_position_q <= '0;
      plane_position_q <= '0;
      row_addr_q <= base_i;
      band_addr_q <= base_i;
      ahead_q <= '0;
      begun_q <= 1'b0;
      half_q <= 1'b0;
    end else begin
      ahead_q <= ahead_q + 2'(opens && !begun_q) - 2'(released);
      if (sample_last) begun_q <= 1'b0;
      else if (opens) begun_q <= 1'b1;
      case (state_q)
        StOpen: if (opens) state_q <= StTake;
        StTake: if (moves) state_q <= group_last ? StOpen : StSave;
        default: state_q <= StOpen;
      endcase
      if (take) run_q <= run_last ? '0 : run_q + ChannelBits'(1);
      if (state_q == StSave || (moves && group_last)) begin
        band_row_q <= band_row_last ? '0 : band_row_q + RowBits'(1);
        row_addr_q <= row_addr_q + row_stride_i;
        if (band_row_last) begin
          row_addr_q <= band_addr_q;
          pass_q <= pass_last ? '0 : pass_q + ChannelBits'(1);
          run_position_q <= next_run_position;
          if (pass_last) begin
            band_q <= band_last ? '0 : band_q + RowBits'(1);
            band_addr_q <= band_addr_q + band_stride_i;
            row_addr_q <= band_addr_q + band_stride_i;
            run_position_q <= plane_position_q;
            if (band_last) begin
              plane_q <= plane_last ? '0 : plane_q + ChannelBits'(1);
              band_addr_q <= half_q ? other_i : base_i;
              row_addr_q <= half_q ? other_i : base_i;
              plane_position_q <= next_run_position;
              run_position_q <= next_run_position;
              if (plane_last) begin
                plane_position_q <= '0;
                run_position_q <= '0;
                half_q <= !half_q && !single_i;
                band_addr_q <= (half_q || single_i) ? base_i : other_i;
                row_addr_q <= (half_q || single_i) ? base_i : other_i;
              end
            end
          end
        end
      end
    end
    if (opens) position_q <= run_position_q;
    else if (take) position_q <= position_q + PositionBits'(1);
  end

  // ---------------------------------------------------------------------------- group
  logic [Lanes*Steps-1:0] collect_q, open_bits;
  logic [Lanes-1:0] sign_q, open_signs;
  logic signed [ValueWidth-1:0] value;
  logic [ValueWidth-1:0] magnitude;
  (* no_rw_check, ram_style = "distributed" *) logic [OpenWidth-1:0] open_q[2**OpenBits];
  logic [OpenBits-1:0] open_addr;
  assign open_addr = OpenBits'(band_row_q);
  assign {open_signs, open_bits} = open_q[open_addr];
  assign value = in_value_i;
  assign magnitude = value[ValueWidth-1] ? ValueWidth'(-value) : value;
  logic unused_magnitude;
  assign unused_magnitude = ^magnitude;
  always_ff @(posedge clk_i) begin
    if (state_q == StSave) open_q[open_addr] <= {sign_q, collect_q};
    if (rst_i) full_q <= 1'b0;
    else if (take && group_last) full_q <= 1'b1;
    else if (handed) full_q <= 1'b0;
    if (opens && run_position_q[LaneBits-1:0] != '0) begin
      collect_q <= open_bits;
      sign_q <= open_signs;
    end else if (opens || handed) begin
      collect_q <= '0;
      sign_q <= '0;
    end else if (take) begin
      for (int unsigned j = 0; j < Lanes; j++) begin
        if (position_q[LaneBits-1:0] == LaneBits'(j)) begin
          collect_q[Steps*j+:Steps] <= magnitude[Steps-1:0];
          sign_q[j] <= value[ValueWidth-1];
        end
      end
    end
  end

  // Where the group that is full is to go.
  logic [SpikeBits-1:0] group_addr_q;
  logic [PlaceBits-1:0] group_place_q;
  logic group_row_end_q, group_sample_end_q;
  logic [PositionBits-1:0] group;
  assign group = position_q >> LaneBits;
  always_ff @(posedge clk_i) begin
    if (take && group_last) begin
      group_addr_q <= row_addr_q + SpikeBits'(group >> $clog2(Places));
      group_place_q <= (Places > 1) ? PlaceBits'(group) : '0;
      group_row_end_q <= row_complete;
      group_sample_end_q <= sample_last;
    end
  end

  // ---------------------------------------------------------------------------- writes
  logic write_valid_q, write_last, write_end, write_row_end_q, write_sample_end_q;
  logic [Lanes*Steps-1:0] write_q;
  logic [Lanes-1:0] write_sign_q;
  logic [StepBits-1:0] step_q;
  logic [SpikeBits-1:0] addr_q;
  logic [PlaceBits-1:0] place_q;
  assign write_last = step_q == StepBits'(Steps - 1);
  assign write_end = write_valid_q && spike_ready_i && write_last;
  assign handed = full_q && (!write_valid_q || write_end);
  assign spike_valid_o = write_valid_q;
  assign spike_addr_o = addr_q;
  for (genvar p = 0; p < Places; p++) begin : gen_place
    assign spike_group_o[p] = place_q == PlaceBits'(p);
  end
  for (genvar j = 0; j < Lanes; j++) begin : gen_lane
    assign spike_nz_o[j] = write_q[Steps*j+Steps-1];
    assign spike_neg_o[j] = write_sign_q[j];
  end
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_valid_q <= 1'b0;
      step_q <= '0;
    end else begin
      if (handed) write_valid_q <= 1'b1;
      else if (write_end) write_valid_q <= 1'b0;
      if (write_valid_q && spike_ready_i) step_q <= write_last ? '0 : step_q + StepBits'(1);
    end
    if (handed) begin
      write_q <= collect_q;
      write_sign_q <= sign_q;
      write_row_end_q <= group_row_end_q;
      write_sample_end_q <= group_sample_end_q;
      addr_q <= group_addr_q;
      place_q <= group_place_q;
    end else if (write_valid_q && spike_ready_i) begin
      // The next bit of each lane.
      write_q <= write_q << 1;
      addr_q <= addr_q + step_stride_i;
    end
  end

  // ---------------------------------------------------------------------------- samples
  logic [ProgressBits-1:0] progress_q[2];
  logic present_half_q, target_half_q, row_written;
  logic [1:0] inside_q;
  assign row_written = write_end && write_row_end_q;
  assign progress_o = progress_q[present_half_q];
  assign half_o = present_half_q;
  assign inside_o = inside_q != '0;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      progress_q[0] <= '0;
      progress_q[1] <= '0;
      present_half_q <= 1'b0;
      target_half_q <= 1'b0;
      inside_q <= '0;
    end else begin
      if (row_written) progress_q[target_half_q] <= progress_q[target_half_q] + ProgressBits'(1);
      if (write_end && write_sample_end_q) target_half_q <= !target_half_q && !single_i;
      if (released) begin
        progress_q[present_half_q] <= '0;
        present_half_q <= !present_half_q && !single_i;
      end
      inside_q <= inside_q + 2'(sample_last) - 2'(done_i);
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (!rst_i) begin
      // What waits is taken up in the next pass of its band.
      a_waits_in_its_band : assert (state_q != StSave || !pass_last);
      a_released_is_read : assert (!released || ahead_q != '0);
    end
  end
`endif

endmodule

`default_nettype wire
