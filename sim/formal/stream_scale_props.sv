`default_nettype none

/// Properties of `stream_scale`, for any stream, any coefficients and any reader.
///
/// One channel, freely chosen, is followed through all rows: what goes out at its position is what came in
/// times its coefficient; a row that is skipped comes out skipped. Flags go with a time-step's last chunk.
module stream_scale_props #(
  parameter int unsigned Channels = 3,
  parameter int unsigned Spikes = 0,
  parameter int unsigned InLanes = 2,
  parameter int unsigned InWidth = 2,
  parameter int unsigned CoefficientWidth = 2,
  parameter int unsigned OutWidth = 4
) (
  input wire logic clk_i,
  input wire logic rst_i,
  input wire logic in_valid_i,
  input wire logic [((Spikes != 0) ? 2 : InWidth)*InLanes-1:0] in_data_i,
  input wire logic in_skip_i,
  input wire logic in_last_i,
  input wire logic in_quiet_i,
  input wire logic out_ready_i
);

  // One lane out: a chunk in is `InLanes` chunks out.
  localparam int unsigned DataWidth = ((Spikes != 0) ? 2 : InWidth) * InLanes;
  localparam int unsigned Chunks = (Channels + InLanes - 1) / InLanes;

  logic in_ready, out_valid, out_skip, out_last, out_quiet;
  logic signed [OutWidth-1:0] out_delta;
  stream_scale #(
    .Channels(Channels),
    .InLanes(InLanes),
    .OutLanes(1),
    .Spikes(Spikes),
    .InWidth(InWidth),
    .OutWidth(OutWidth),
    .CoefficientWidth(CoefficientWidth),
    .PerChannel(1)
  ) u_dut (
    .clk_i,
    .rst_i,
    .in_valid_i,
    .in_ready_o(in_ready),
    .in_data_i,
    .in_skip_i,
    .in_last_i,
    .in_quiet_i,
    .out_valid_o(out_valid),
    .out_ready_i,
    .out_delta_o(out_delta),
    .out_skip_o(out_skip),
    .out_last_o(out_last),
    .out_quiet_o(out_quiet)
  );

  // The memory inside, and the channel that is followed.
  (* hierconn *) logic [CoefficientWidth*Channels-1:0] \u_dut.gen_table.u_coefficients.words ;
  (* anyconst *) logic [2:0] channel;
  logic signed [CoefficientWidth-1:0] coefficient;
  assign coefficient = CoefficientWidth'(\u_dut.gen_table.u_coefficients.words >> (CoefficientWidth * channel));

  // ---------------------------------------------------------------------------- the sender
  logic begun_q = 1'b0;
  logic in_stalled_q, out_stalled_q, push, pop, row_end;
  logic [DataWidth+2:0] in_q;
  logic [OutWidth+2:0] out_q;
  logic [1:0] chunk_q;
  assign push = in_valid_i && in_ready;
  assign pop = out_valid && out_ready_i;
  assign row_end = in_skip_i || 32'(chunk_q) == Chunks - 1;
  always_ff @(posedge clk_i) begin
    begun_q <= 1'b1;
    in_stalled_q <= !rst_i && in_valid_i && !in_ready;
    out_stalled_q <= !rst_i && out_valid && !out_ready_i;
    in_q <= {in_data_i, in_skip_i, in_last_i, in_quiet_i};
    out_q <= {out_delta, out_skip, out_last, out_quiet};
    if (rst_i) chunk_q <= '0;
    else if (push) chunk_q <= row_end ? '0 : chunk_q + 2'd1;
  end
  always_comb begin
    if (!begun_q) m_begins_with_reset : assume (rst_i);
    else m_no_reset : assume (!rst_i);
    m_channel : assume (32'(channel) < Channels);
    if (in_stalled_q && !rst_i) begin
      m_stays : assume (in_valid_i && {in_data_i, in_skip_i, in_last_i, in_quiet_i} == in_q);
    end
    m_skip_is_a_row : assume (!in_skip_i || chunk_q == '0);
    m_last_ends_row : assume (!in_last_i || row_end);
    m_quiet_with_last : assume (!in_quiet_i || in_last_i);
  end

  // ---------------------------------------------------------------------------- what is inside
  // Values of the channel and flags of rows that have been offered and not come out, the oldest lowest.
  // A beat is worked on from its offer on.
  localparam int unsigned ElementWidth = (Spikes != 0) ? 2 : InWidth;
  logic signed [ElementWidth-1:0] element;
  logic [ElementWidth:0] entry;
  logic [5*(ElementWidth+1)-1:0] values_q;
  logic [5*2-1:0] flags_q;
  logic [2:0] values_count_q, flags_count_q;
  logic offered, value_in, flags_in, value_out, flags_out;
  logic [2:0] lane;
  assign lane = 3'(32'(channel) % InLanes);
  if (Spikes != 0) begin : gen_spike
    assign element = {1'(in_data_i >> (InLanes + 32'(lane))), 1'(in_data_i >> lane)};
  end else begin : gen_delta
    assign element = ElementWidth'(in_data_i >> (InWidth * lane));
  end
  assign entry = {in_skip_i, element};
  assign offered = in_valid_i && !in_stalled_q;
  assign value_in = offered && (in_skip_i || 32'(channel) / InLanes == 32'(chunk_q));
  assign flags_in = offered && row_end;

  logic [2:0] out_chunk_q;
  logic about, out_row_end;
  assign out_row_end = out_skip || 32'(out_chunk_q) == Channels - 1;
  assign about = out_skip || out_chunk_q == channel;
  assign value_out = pop && about;
  assign flags_out = pop && out_row_end;
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      values_count_q <= '0;
      flags_count_q <= '0;
      out_chunk_q <= '0;
    end else begin
      values_count_q <= values_count_q + 3'(value_in) - 3'(value_out);
      flags_count_q <= flags_count_q + 3'(flags_in) - 3'(flags_out);
      if (pop) out_chunk_q <= out_row_end ? '0 : out_chunk_q + 3'd1;
    end
    for (int unsigned i = 0; i < 4; i++) begin
      if (value_in && 32'(values_count_q) - 32'(value_out) == i) begin
        values_q[(ElementWidth+1)*i+:ElementWidth+1] <= entry;
      end else if (value_out) begin
        values_q[(ElementWidth+1)*i+:ElementWidth+1] <= values_q[(ElementWidth+1)*(i+1)+:ElementWidth+1];
      end
      if (flags_in && 32'(flags_count_q) - 32'(flags_out) == i) begin
        flags_q[2*i+:2] <= {in_last_i, in_quiet_i};
      end else if (flags_out) begin
        flags_q[2*i+:2] <= flags_q[2*(i+1)+:2];
      end
    end
  end

  logic signed [ElementWidth-1:0] oldest;
  logic signed [OutWidth-1:0] product;
  assign oldest = values_q[ElementWidth-1:0];
  always_comb begin
    product = OutWidth'(oldest) * OutWidth'(coefficient);
    // A spike is -1, 0 or 1: {neg, nz}; neg without nz does not come.
    if (Spikes != 0 && !oldest[0]) product = '0;
  end
  logic [2:0] wait_q;
  always_ff @(posedge clk_i) begin
    if (rst_i || out_valid || flags_count_q == '0) wait_q <= '0;
    else wait_q <= wait_q + 3'd1;
  end

  always_comb begin
    if (begun_q && !rst_i) begin
      a_capacity : assert (values_count_q <= 3'd4 && flags_count_q <= 3'd4);
      if (out_valid) begin
        a_has_come : assert (!about || values_count_q != '0);
        a_skip : assert (!about || out_skip == values_q[ElementWidth]);
        a_product : assert (!about || out_delta == (out_skip ? OutWidth'(0) : product));
        a_flags_come : assert (!out_row_end || flags_count_q != '0);
        a_flags : assert ({out_last, out_quiet} == (out_row_end ? flags_q[1:0] : 2'b00));
      end
      if (out_stalled_q) a_stable : assert (out_valid && {out_delta, out_skip, out_last, out_quiet} == out_q);
      a_answer : assert (wait_q <= 3'd2);
      c_last : cover (pop && out_row_end && out_last && out_quiet && !out_skip && channel == 3'd2);
      c_negative : cover (pop && about && out_delta < 0 && flags_count_q == 3'd2);
      c_skip : cover (pop && out_skip);
    end
  end

endmodule

`default_nettype wire
