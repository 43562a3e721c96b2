`default_nettype none

/// LayerNorm of rows of sums, up to the elements that `overlay_row_fire` decides. No division.
///
///     y_i = C * X_i        S = sum of X        v = (sum of X * y - S^2) * 4^h + epsilon
///     r = floor(sqrt(v))   theta = r
///     V_i = floor((gamma_i * (y_i - S) * 2^h + beta_i * r) / 2^Fraction)
///
/// with h = `RootFraction`. The half that rounding adds is part of beta.
///
/// With `uncentred_i`, S is 0: RMSNorm.
///
/// `sticky`: the division by 2^Fraction has a remainder.
///
/// Elements come in beats of `Lanes`; the last beat of a row may have fewer. Rows of sums and of constants begin at
/// multiples of `Lanes`.
///
/// Contract: `start_i` begins anew at the first row; the configuration stays until the last row is complete. `go_i`
/// says that there is a next row and that it may be read; `row_begin_o`, that it is begun. Rows begin `row_stride_i` words apart in spike memory; empty
/// quads up to a multiple of `Align` neurons are sent.
/// Structure: a row of X is read once, and waits as y in a FIFO while its sum and its root are computed; S^2 passes
/// the multiplier of X * y of lane 0 after the row. Two products an element in the decision.
/// Throughput: a row takes a cycle more than it has beats, but at least about as many as r has bits.
module overlay_layer_norm #(
  /// Elements of a beat: a power of two, at most `Align / 4`.
  parameter int unsigned Lanes = 1,
  /// The queue is in look-up tables up to 256 beats, not 64.
  parameter bit Tables = 1'b0,
  /// Bits of a signed X.
  parameter int unsigned SumWidth = 16,
  /// Most channels, at least 4.
  parameter int unsigned ChannelsMax = 16,
  /// Bits of signed gamma and beta.
  parameter int unsigned ConstWidth = 12,
  /// Fraction bits of gamma and beta, at least 1.
  parameter int unsigned Fraction = 8,
  /// Bits of unsigned v.
  parameter int unsigned SquareWidth = 40,
  /// Fraction bits of r.
  parameter int unsigned RootFraction = 0,
  /// Bits of signed V.
  parameter int unsigned ValueWidth = 28,
  /// Bits of addresses: sums, constants.
  parameter int unsigned SumAddrWidth = 10,
  parameter int unsigned ConstAddrWidth = 8,
  /// Neurons whose multiples rows end at, neurons of a word of spike memory.
  parameter int unsigned Align = 4,
  parameter int unsigned WordNeurons = 16,
  /// Bits of an address of spike memory.
  parameter int unsigned AddrWidth = 12,
  /// Bits of the place of a quad in a word, of the number of channels, and of r; derived.
  localparam int unsigned QuadWidth =
      (WordNeurons > 4 * Lanes) ? $clog2(WordNeurons / (4 * Lanes)) : 1,
  localparam int unsigned ChannelsWidth = $clog2(ChannelsMax + 1),
  localparam int unsigned RootWidth = (SquareWidth + 1) / 2
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_i,
  /// Configuration.
  input  wire logic                          start_i,
  input  wire logic [ChannelsWidth-1:0]      channels_i,
  input  wire logic [SumAddrWidth-1:0]       source_i,
  input  wire logic [ConstAddrWidth-1:0]     constants_i,
  input  wire logic [SquareWidth-1:0]        epsilon_i,
  input  wire logic                          uncentred_i,
  input  wire logic [AddrWidth-1:0]          spikes_i,
  input  wire logic [AddrWidth-1:0]          row_stride_i,
  /// There is a next row, and it may be read; it is begun.
  input  wire logic                          go_i,
  output      logic                          row_begin_o,
  /// Sums of a beat; they come a cycle after the address of the first, and stay until the next.
  output      logic                          sum_enable_o,
  output      logic [SumAddrWidth-1:0]       sum_addr_o,
  input  wire logic [Lanes*SumWidth-1:0]     sum_data_i,
  /// Constants {beta, gamma}, in the same way.
  output      logic                          const_enable_o,
  output      logic [ConstAddrWidth-1:0]     const_addr_o,
  input  wire logic [Lanes*2*ConstWidth-1:0] const_data_i,
  /// Beats, for `overlay_row_fire`.
  output      logic                          out_valid_o,
  input  wire logic                          out_ready_i,
  output      logic [Lanes*ValueWidth-1:0]   out_value_o,
  output      logic [RootWidth-1:0]          out_theta_o,
  output      logic [Lanes-1:0]              out_sticky_o,
  output      logic [Lanes-1:0]              out_excluded_o,
  output      logic                          out_quad_end_o,
  output      logic                          out_row_end_o,
  output      logic [AddrWidth-1:0]          out_addr_o,
  output      logic [QuadWidth-1:0]          out_quad_o
);

  // S and y; y - S; gamma * (y - S) and what is added to it.
  localparam int unsigned RowWidth = SumWidth + $clog2(ChannelsMax);
  localparam int unsigned CentredWidth = RowWidth + 1;
  localparam int unsigned WideWidth = ValueWidth + Fraction;
  // v and gamma * (y - S) without the fraction bits of r.
  localparam int unsigned Shift = 2 * RootFraction;
  localparam int unsigned WholeWidth = SquareWidth - Shift;
  localparam int unsigned ScaledWidth = WideWidth - RootFraction;
  // Stages in which the numbers of a beat are added up.
  localparam int unsigned Levels = $clog2(Lanes);
  // A row, and what comes while its root is computed.
  localparam int unsigned Depth = (ChannelsMax + Lanes - 1) / Lanes + RootWidth + 16 + Levels;

  if (ChannelsMax < 4 || ChannelsMax < Lanes || 2 ** Levels != Lanes || Fraction < 1 ||
      SumWidth < 2 || SquareWidth < Shift + 2 ||
      WideWidth < RootFraction + 2) begin : gen_bad_parameters
    $error("overlay_layer_norm: a parameter is out of range");
  end

  // ---------------------------------------------------------------------------- reading
  // A row is its beats and one slot for S^2, not before the fifth: so long S of the row before is needed.
  logic advance, active_q, tail_q, read, square, row_ready, read_last;
  logic [ChannelsWidth-1:0] slot_q, beats, rest;
  logic [SumAddrWidth-1:0] addr_q;
  // Beats of a row; elements of the last one if it has not all.
  assign beats = ChannelsWidth'(
      ((ChannelsWidth + 1)'(channels_i) + (ChannelsWidth + 1)'(Lanes - 1)) >> $clog2(Lanes));
  assign rest = channels_i & ChannelsWidth'(Lanes - 1);
  assign sum_enable_o = advance;
  assign sum_addr_o = addr_q;
  assign read = active_q && !tail_q;
  assign read_last = slot_q == beats - ChannelsWidth'(1);
  assign square = active_q && tail_q && slot_q >= ChannelsWidth'(4 + Levels);
  // A row begins right after the one before.
  assign row_ready = !active_q || (advance && square);
  assign row_begin_o = row_ready && go_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) active_q <= 1'b0;
    else if (row_begin_o) active_q <= 1'b1;
    else if (advance && square) active_q <= 1'b0;
    if (row_begin_o) begin
      tail_q <= 1'b0;
      slot_q <= '0;
    end else if (advance && active_q) begin
      slot_q <= slot_q + ChannelsWidth'(1);
      if (read && read_last) tail_q <= 1'b1;
    end
    if (start_i) addr_q <= source_i;
    else if (advance && read) addr_q <= addr_q + SumAddrWidth'(Lanes);
  end

  // ---------------------------------------------------------------------------- moments
  // m1: X from the memory. m2: X. m4: y. m7: products, then the sum of those of a beat; v.
  // A stage holds {beat, first of the row, last of the row, slot of S^2}.
  localparam int unsigned Stages = 7 + Levels;
  logic [Stages:1] element_q, first_q, last_q, square_q;
  logic v_valid_q, v_ready, wait_ready;
  logic signed [RowWidth-1:0] m4_total, sum_q, row_sum_q;
  logic [Lanes*SumWidth-1:0] m2_x_q, m3_x_q, m4_x_q;
  logic [Lanes*RowWidth-1:0] m4_y;
  logic [Lanes*WholeWidth-1:0] m7_product;
  logic [WholeWidth-1:0] total, whole;
  logic [SquareWidth-1:0] v_base, v_q;
  assign advance = (!v_valid_q || v_ready) && (wait_ready || !element_q[4]);
  assign v_base = first_q[Stages] ? epsilon_i : v_q;
  assign whole = WholeWidth'(v_base >> Shift) + (total ^ {WholeWidth{square_q[Stages]}}) +
                 WholeWidth'(square_q[Stages]);

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      element_q <= '0;
      square_q <= '0;
      v_valid_q <= 1'b0;
    end else if (advance) begin
      element_q <= Stages'({element_q, read});
      square_q <= Stages'({square_q, square});
      v_valid_q <= square_q[Stages];
    end else if (v_ready) begin
      v_valid_q <= 1'b0;
    end
    if (advance) begin
      first_q <= Stages'({first_q, slot_q == '0});
      last_q <= Stages'({last_q, read_last});
      if (element_q[4]) begin
        sum_q <= (first_q[4] ? '0 : sum_q) + (m4_total & {RowWidth{!uncentred_i}});
      end
      if (square_q[4]) row_sum_q <= sum_q;
      if (element_q[Stages] || square_q[Stages]) begin
        v_q <= (SquareWidth'(whole) << Shift) | (v_base & ~({SquareWidth{1'b1}} << Shift));
      end
    end
  end

  // Elements that a beat does not have count as 0.
  logic [Lanes-1:0] here;
  for (genvar l = 0; l < Lanes; l++) begin : gen_moments
    logic signed [SumWidth-1:0] m1_x, m4_x;
    logic signed [RowWidth-1:0] own_y, m4_a, m4_b;
    logic signed [WholeWidth-1:0] product;
    assign here[l] = !last_q[1] || rest == '0 || ChannelsWidth'(l) < rest;
    assign m1_x = sum_data_i[SumWidth*l+:SumWidth] & {SumWidth{here[l]}};
    assign m4_x = m4_x_q[SumWidth*l+:SumWidth];
    assign m4_y[RowWidth*l+:RowWidth] = own_y;
    assign m7_product[WholeWidth*l+:WholeWidth] = product;
    always_ff @(posedge clk_i) begin
      if (advance) begin
        m2_x_q[SumWidth*l+:SumWidth] <= m1_x;
        m3_x_q[SumWidth*l+:SumWidth] <= m2_x_q[SumWidth*l+:SumWidth];
        m4_x_q[SumWidth*l+:SumWidth] <= m3_x_q[SumWidth*l+:SumWidth];
      end
    end
    // The multiplier of lane 0 also squares S.
    if (l == 0) begin : gen_square
      assign m4_a = square_q[4] ? sum_q : RowWidth'(m4_x);
      assign m4_b = square_q[4] ? sum_q : own_y;
    end else begin : gen_none
      assign m4_a = RowWidth'(m4_x) & {RowWidth{!square_q[4]}};
      assign m4_b = own_y;
    end

    registered_product #(
      .AWidth(ChannelsWidth + 1),
      .BWidth(SumWidth),
      .Width(RowWidth)
    ) u_scaled (
      .clk_i,
      .enable_i(advance),
      .a_i({1'b0, channels_i}),
      .b_i(m1_x),
      .product_o(own_y)
    );

    registered_product #(
      .AWidth(RowWidth),
      .BWidth(RowWidth),
      .Width(WholeWidth)
    ) u_square (
      .clk_i,
      .enable_i(advance),
      .a_i(m4_a),
      .b_i(m4_b),
      .product_o(product)
    );
  end

  // Sums of the numbers of a beat: of X by m4, of products behind m7.
  if (Lanes > 1) begin : gen_totals
    logic [Lanes/2*RowWidth-1:0] m3_pair_q, m4_pair_q;
    always_ff @(posedge clk_i) begin
      if (advance) begin
        for (int unsigned p = 0; p < Lanes / 2; p++) begin
          m3_pair_q[RowWidth*p+:RowWidth] <=
              RowWidth'($signed(m2_x_q[SumWidth*2*p+:SumWidth])) +
              RowWidth'($signed(m2_x_q[SumWidth*(2*p+1)+:SumWidth]));
        end
        m4_pair_q <= m3_pair_q;
      end
    end
    // The sum of four pairs or fewer.
    always_comb begin
      m4_total = '0;
      for (int unsigned p = 0; p < Lanes / 2; p++) begin
        m4_total = m4_total + $signed(m4_pair_q[RowWidth*p+:RowWidth]);
      end
    end
    // Node n adds nodes 2n and 2n + 1; the leaves are nodes Lanes and on.
    logic [2*Lanes*WholeWidth-1:WholeWidth] node;
    for (genvar l = 0; l < Lanes; l++) begin : gen_leaf
      assign node[WholeWidth*(Lanes+l)+:WholeWidth] = m7_product[WholeWidth*l+:WholeWidth];
    end
    for (genvar n = 1; n < Lanes; n++) begin : gen_node
      logic [WholeWidth-1:0] both_q;
      always_ff @(posedge clk_i) begin
        if (advance) both_q <= node[WholeWidth*2*n+:WholeWidth] +
            node[WholeWidth*(2*n+1)+:WholeWidth];
      end
      assign node[WholeWidth*n+:WholeWidth] = both_q;
    end
    assign total = node[WholeWidth+:WholeWidth];
  end else begin : gen_one
    assign m4_total = RowWidth'($signed(m4_x_q));
    assign total = m7_product;
  end

  logic root_valid, root_ready;
  logic signed [RowWidth-1:0] root_sum;
  logic [RootWidth-1:0] root;
  integer_sqrt #(
    .Width(SquareWidth),
    .TagWidth(RowWidth)
  ) u_root (
    .clk_i,
    .rst_i,
    .in_valid_i(v_valid_q),
    .in_ready_o(v_ready),
    .in_value_i(v_q),
    .in_tag_i(row_sum_q),
    .out_valid_o(root_valid),
    .out_ready_i(root_ready),
    .out_root_o(root),
    .out_tag_o(root_sum)
  );

  // ---------------------------------------------------------------------------- decision
  // d0: y, S and r of its row. d1: y - S, constants from the memory. d4: products. d5: their sum.
  // theta of d5 comes from d2, where r of the same row is while a row's first element is in d4: r is not replaced before
  // that element is beyond d1.
  logic decide, pad, have_q, first_y_q, issue, y_valid, y_last;
  logic signed [RowWidth-1:0] s_q;
  logic [Lanes*RowWidth-1:0] y;
  logic [ConstAddrWidth-1:0] const_addr_q;
  stream_queue #(
    .Width(Lanes * RowWidth + 1),
    .Depth(Depth),
    .Tables(Tables)
  ) u_row (
    .clk_i,
    .rst_i,
    .in_valid_i(element_q[4] && advance),
    .in_ready_o(wait_ready),
    .in_data_i({m4_y, last_q[4]}),
    .out_valid_o(y_valid),
    .out_ready_i(decide && have_q),
    .out_data_o({y, y_last})
  );

  logic d_ready;
  logic [5:1] d_valid_q, d_last_q;
  logic [4:1] d_first_q;
  logic [RootWidth-1:0] r_q, d1_r_q, d2_r_q, d5_r_q;
  // What is offered stays while empty quads follow.
  assign decide = !pad && (!d_valid_q[5] || d_ready);
  assign issue = decide && have_q && y_valid;
  assign root_ready = decide && (!have_q || (issue && y_last && !first_y_q)) &&
      !(d_valid_q[1] && d_first_q[1]);
  assign const_enable_o = decide;
  assign const_addr_o = const_addr_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      have_q <= 1'b0;
      first_y_q <= 1'b1;
      d_valid_q <= '0;
    end else begin
      if (root_ready) have_q <= root_valid;
      else if (issue && y_last) have_q <= 1'b0;
      if (issue) first_y_q <= y_last;
      if (decide) d_valid_q <= 5'({d_valid_q, issue});
    end
    if (root_ready) begin
      s_q <= root_sum;
      r_q <= root;
    end
    if (start_i || (issue && y_last)) const_addr_q <= constants_i;
    else if (issue) const_addr_q <= const_addr_q + ConstAddrWidth'(Lanes);
    if (decide) begin
      d_last_q <= 5'({d_last_q, y_last});
      d_first_q <= 4'({d_first_q, first_y_q});
      d1_r_q <= r_q;
      d2_r_q <= d1_r_q;
      if (d_valid_q[4] && d_first_q[4]) d5_r_q <= d2_r_q;
    end
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_decision
    logic signed [RowWidth-1:0] own_y;
    logic signed [CentredWidth-1:0] d1_centred_q;
    logic signed [ConstWidth-1:0] gamma, beta;
    logic signed [ScaledWidth-1:0] d4_scaled;
    logic signed [WideWidth-1:0] d4_shift, d5_wide_q;
    assign own_y = y[RowWidth*l+:RowWidth];
    assign {beta, gamma} = const_data_i[2*ConstWidth*l+:2*ConstWidth];
    always_ff @(posedge clk_i) begin
      if (decide) begin
        d1_centred_q <= CentredWidth'(own_y) - CentredWidth'(s_q);
        d5_wide_q <= (WideWidth'(d4_scaled) <<< RootFraction) + d4_shift;
      end
    end

    registered_product #(
      .AWidth(ConstWidth),
      .BWidth(CentredWidth),
      .Width(ScaledWidth)
    ) u_gamma (
      .clk_i,
      .enable_i(decide),
      .a_i(gamma),
      .b_i(d1_centred_q),
      .product_o(d4_scaled)
    );

    registered_product #(
      .AWidth(ConstWidth),
      .BWidth(RootWidth + 1),
      .Width(WideWidth)
    ) u_beta (
      .clk_i,
      .enable_i(decide),
      .a_i(beta),
      .b_i({1'b0, d1_r_q}),
      .product_o(d4_shift)
    );
    assign out_value_o[ValueWidth*l+:ValueWidth] = d5_wide_q[WideWidth-1:Fraction];
    assign out_sticky_o[l] = |d5_wide_q[Fraction-1:0];
    assign out_excluded_o[l] = pad || (d_last_q[5] && rest != '0 && ChannelsWidth'(l) >= rest);
  end

  // ---------------------------------------------------------------------------- elements
  overlay_place #(
    .Align(Align / Lanes),
    .WordNeurons(WordNeurons / Lanes),
    .AddrWidth(AddrWidth)
  ) u_place (
    .clk_i,
    .rst_i,
    .start_i,
    .base_i(spikes_i),
    .row_stride_i,
    .apart_i(1'b0),
    .in_valid_i(d_valid_q[5]),
    .in_ready_o(d_ready),
    .in_group_end_i(d_last_q[5]),
    .in_row_end_i(d_last_q[5]),
    .out_valid_o,
    .out_ready_i,
    .out_pad_o(pad),
    .out_quad_end_o,
    .out_row_end_o,
    .out_addr_o,
    .out_quad_o
  );
  assign out_theta_o = d5_r_q;

endmodule

`default_nettype wire
