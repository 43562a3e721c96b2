`default_nettype none

/// Bench of `overlay_input_direct`: elements of random samples come in their loops. When a sample is complete, each spike of it in
/// memory is compared with the element that belongs there; rows count in order, and no place is written rows_before it is free.
module overlay_input_direct_tb #(
  parameter int unsigned ValueWidth = 9,
  parameter int unsigned Steps = 8,
  parameter int unsigned Lanes = 8,
  parameter int unsigned FetchWidth = 16,
  /// Elements of a run, rows of a band, passes, bands, planes.
  parameter int unsigned Run = 4,
  parameter int unsigned BandRows = 3,
  parameter int unsigned Passes = 2,
  parameter int unsigned Bands = 2,
  parameter int unsigned Planes = 1,
  /// 1: there is one place for a sample.
  parameter int unsigned Single = 0
) (
  input  wire logic clk_i,
  output      logic done_o
);

  localparam int Samples = 12;
  localparam int unsigned Rows = BandRows * Bands;
  localparam int unsigned Channels = Run * Passes * Planes;
  localparam int unsigned RowWords = (Channels + FetchWidth - 1) / FetchWidth;
  localparam int unsigned RowStride = RowWords;
  localparam int unsigned StepStride = RowStride * Rows;
  localparam int unsigned Half = StepStride * Steps;
  localparam int unsigned Base = 3;
  localparam int unsigned SpikeBits = $clog2(Base + 2 * Half + 1);
  localparam int unsigned ProgressBits = $clog2(Rows + 1) + 1;
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned ChannelBits = (Channels > 1) ? $clog2(Channels) : 1;

  logic rst;
  int cycle;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));

  logic in_valid, in_ready, spike_valid, spike_ready, half, read_end, computed, is_inside;
  logic [ValueWidth-1:0] value;
  logic [SpikeBits-1:0] addr;
  logic [FetchWidth/Lanes-1:0] group;
  logic [Lanes-1:0] nz, neg;
  logic [ProgressBits-1:0] progress;
  overlay_input_direct #(
    .ProgressBits(ProgressBits), .ValueWidth(ValueWidth), .Rows(Rows), .Channels(Channels),
    .Steps(Steps), .Lanes(Lanes), .FetchWidth(FetchWidth), .SpikeBits(SpikeBits), .Open(BandRows)
  ) u_dut (
    .clk_i, .rst_i(rst), .last_run_i(ChannelBits'(Run - 1)),
    .last_band_row_i(RowBits'(BandRows - 1)), .last_pass_i(ChannelBits'(Passes - 1)),
    .last_band_i(RowBits'(Bands - 1)), .last_plane_i(ChannelBits'(Planes - 1)),
    .base_i(SpikeBits'(Base)), .other_i(SpikeBits'((Single != 0) ? Base : Base + Half)),
    .row_stride_i(SpikeBits'(RowStride)), .band_stride_i(SpikeBits'(BandRows * RowStride)),
    .step_stride_i(SpikeBits'(StepStride)), .single_i(Single != 0), .in_valid_i(in_valid),
    .in_ready_o(in_ready), .in_value_i(value), .spike_valid_o(spike_valid),
    .spike_ready_i(spike_ready), .spike_addr_o(addr), .spike_group_o(group), .spike_nz_o(nz),
    .spike_neg_o(neg), .progress_o(progress), .half_o(half), .release_i(read_end),
    .done_i(computed), .inside_o(is_inside)
  );

  // Values by sample, row and position; what the memory holds.
  int values[Samples][Rows][Channels];
  logic word_nz[Base+2*Half][FetchWidth];
  logic word_neg[Base+2*Half][FetchWidth];
  int sample = 0, plane = 0, band = 0, pass = 0, band_row = 0, run = 0, v = 0;
  int present = 0, phase = 0, wait_for = 0, at = 0, magnitude = 0, patience = 0, rows_before = 0;
  logic expected;

  always @(posedge clk_i) begin
    {read_end, computed} <= '0;
    spike_ready <= !rst && $urandom_range(3) != 0;
    if (rst) begin
      in_valid <= 1'b0;
      done_o <= 1'b0;
    end else begin
      patience = patience + 1;
      if (patience > 60000 && !done_o) $fatal(1, "%m: hangs in sample %0d", present);
      // Elements.
      if (in_valid && in_ready) begin
        values[sample][band*int'(BandRows)+band_row][(plane*int'(Passes)+pass)*int'(Run)+run] =
            int'($signed(value));
        in_valid <= 1'b0;
        run = run + 1;
        if (run == int'(Run)) begin
          run = 0;
          band_row = band_row + 1;
          if (band_row == int'(BandRows)) begin
            band_row = 0;
            pass = pass + 1;
            if (pass == int'(Passes)) begin
              pass = 0;
              band = band + 1;
              if (band == int'(Bands)) begin
                band = 0;
                plane = plane + 1;
                if (plane == int'(Planes)) begin
                  plane = 0;
                  sample = sample + 1;
                end
              end
            end
          end
        end
      end
      if ((!in_valid || in_ready) && sample < Samples && (sample < 3 || $urandom_range(2) != 0)) begin
        in_valid <= 1'b1;
        v = int'($urandom_range(2 * (2 ** Steps - 1))) - (2 ** int'(Steps) - 1);
        value <= ($urandom_range(3) == 0) ? '0 : ValueWidth'(v);
      end
      // Spikes.
      if (spike_valid && spike_ready) begin
        for (int n = 0; n < int'(FetchWidth); n++) begin
          if (group[n/int'(Lanes)]) begin
            word_nz[addr][n] = nz[n%int'(Lanes)];
            word_neg[addr][n] = neg[n%int'(Lanes)];
          end
        end
      end
      case (phase)
        // The sample comes.
        0: begin
          if (int'(progress) < rows_before) $fatal(1, "%m: fewer rows than before");
          rows_before = int'(progress);
          if (int'(progress) == int'(Rows) && !is_inside) begin
            $fatal(1, "%m: all rows are there, and no sample");
          end
          if (int'(progress) == int'(Rows)) begin
            phase = 1;
            wait_for = int'($urandom_range(60));
          end
        end
        // It is read some time later.
        1: begin
          if (wait_for > 0) begin
            wait_for = wait_for - 1;
          end else begin
            for (int r = 0; r < int'(Rows); r++) begin
              for (int c = 0; c < int'(Channels); c++) begin
                v = values[present][r][c];
                magnitude = (v < 0) ? -v : v;
                for (int s = 0; s < int'(Steps); s++) begin
                  at = int'(Base) + (half ? int'(Half) : 0) + s * int'(StepStride) +
                      r * int'(RowStride) + c / int'(FetchWidth);
                  expected = ((magnitude >> (int'(Steps) - 1 - s)) & 1) != 0;
                  if (word_nz[at][c%int'(FetchWidth)] != expected ||
                      (expected && word_neg[at][c%int'(FetchWidth)] != (v < 0))) begin
                    $fatal(1, "%m: sample %0d, row %0d, position %0d, step %0d", present, r, c, s);
                  end
                end
              end
            end
            read_end <= 1'b1;
            phase = 2;
            wait_for = int'($urandom_range(100));
          end
        end
        // It is computed.
        2: begin
          if (wait_for > 0) begin
            wait_for = wait_for - 1;
          end else begin
            computed <= 1'b1;
            phase = 3;
          end
        end
        3: phase = 4;
        4: begin
          present = present + 1;
          rows_before = 0;
          patience = 0;
          phase = 0;
          if (present == Samples) begin
            done_o <= 1'b1;
            phase = 5;
          end
        end
        default: ;
      endcase
    end
  end

  logic unused_cycle;
  assign unused_cycle = ^cycle;

endmodule

`default_nettype wire
