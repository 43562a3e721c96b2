`default_nettype none

/// Bench of `overlay_serial`: every sum that is written, for instructions that follow each other as closely as they may,
/// and the time from an element to its sum.
module overlay_serial_tb #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned ValueWidth = 16,
  parameter int unsigned CoefficientWidth = 16,
  parameter int unsigned SumWidth = 24,
  parameter int unsigned SumBits = 8,
  parameter int unsigned StartBits = 4,
  parameter int unsigned CoefficientBits = 4,
  /// Memories, bank after bank, each as long as its addresses reach.
  parameter SumFile = "",
  parameter StartFile = "",
  parameter CoefficientFile = "",
  /// Elements: {values, those here, row's end, wide, new instruction, turned, distance of its elements, coefficient,
  /// coefficients, starts, sums, by channel, start,
  /// accumulate}. An instruction's first word is no element.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Sums: {values, address, lanes}.
  parameter OutFile = "",
  parameter int OutWords = 1,
  parameter BatchFile = "",
  parameter int Batches = 1
) (
  input  wire logic clk_i,
  output      logic done_o
);

  logic rst, in_idle, out_idle;
  int cycle, batch, count;
  logic [15:0] t_max;
  bench_reset u_reset (.clk_i, .rst_o(rst), .cycle_o(cycle));
  bench_batches #(.Batches(Batches), .File(BatchFile)) u_batches (
    .clk_i, .rst_i(rst), .idle_i(in_idle && out_idle), .batch_o(batch), .t_max_o(t_max), .done_o
  );

  logic valid, ready, row_end, wide, fresh, turned, per_row, per_channel, start, accumulate;
  logic [Lanes*ValueWidth-1:0] values;
  logic [Lanes-1:0] here;
  logic [SumBits-1:0] sums_base, stride;
  logic [StartBits-1:0] starts;
  logic [CoefficientBits-1:0] coefficients;
  logic signed [CoefficientWidth-1:0] coefficient;
  localparam int unsigned FieldBits = 2 * SumBits + StartBits + CoefficientBits + CoefficientWidth + 5;
  logic [FieldBits-1:0] fields, fields_q;
  bench_player #(.Width(Lanes * (ValueWidth + 1) + 3 + FieldBits), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(valid), .ready_i(ready),
    .data_o({values, here, row_end, wide, fresh, fields})
  );
  // An instruction begins when its fields may change: 5 cycles after the last element of the one before.
  int since = 0;
  logic element;
  assign element = valid && !fresh;
  assign ready = !fresh || since >= 5;
  always @(posedge clk_i) begin
    since <= element ? 0 : since + 1;
    if (valid && fresh && ready) fields_q <= fields;
  end
  assign {turned, stride, coefficient, coefficients, starts, sums_base, per_row, per_channel, start, accumulate} =
      (valid && fresh && ready) ? fields : fields_q;

  logic read;
  logic [SumBits-1:0] sum_addr, write_addr;
  logic [StartBits-1:0] start_addr;
  logic [CoefficientBits-1:0] coefficient_addr;
  logic [Lanes*SumWidth-1:0] sum_data, start_data, write_data, known_data;
  logic [Lanes*CoefficientWidth-1:0] coefficient_data;
  logic [Lanes-1:0] write;
  overlay_serial #(
    .Lanes(Lanes), .ValueWidth(ValueWidth), .CoefficientWidth(CoefficientWidth), .SumWidth(SumWidth),
    .SumBits(SumBits), .StartBits(StartBits), .CoefficientBits(CoefficientBits)
  ) u_dut (
    .clk_i, .rst_i(rst), .restart_i(valid && fresh && ready), .accumulate_i(accumulate),
    .start_i(start), .per_channel_i(per_channel), .per_row_i(per_row), .turned_i(turned),
    .sums_i(sums_base), .stride_i(stride),
    .starts_i(starts),
    .coefficients_i(coefficients), .coefficient_i(coefficient), .in_valid_i(element),
    .in_wide_i(wide), .in_here_i(here),
    .in_value_i(values), .in_row_end_i(row_end), .read_o(read), .sum_addr_o(sum_addr),
    .sum_data_i(sum_data), .start_addr_o(start_addr), .start_data_i(start_data),
    .coefficient_addr_o(coefficient_addr), .coefficient_data_i(coefficient_data), .write_o(write),
    .write_addr_o(write_addr), .write_data_o(write_data)
  );

  localparam int unsigned Shift = $clog2(Lanes);
  for (genvar l = 0; l < Lanes; l++) begin : gen_bank
    logic [SumWidth-1:0] sums[Lanes*2**SumBits];
    logic [SumWidth-1:0] start_table[Lanes*2**StartBits];
    logic [CoefficientWidth-1:0] coefficient_table[Lanes*2**CoefficientBits];
    initial begin
      $readmemh(SumFile, sums);
      $readmemh(StartFile, start_table);
      $readmemh(CoefficientFile, coefficient_table);
    end
    always @(posedge clk_i) begin
      // Without a read, what is there must not matter.
      sum_data[SumWidth*l+:SumWidth] <= read ? sums[l*2**SumBits+int'(sum_addr>>Shift)] : SumWidth'($urandom);
      start_data[SumWidth*l+:SumWidth] <=
          read ? start_table[l*2**StartBits+int'(start_addr>>Shift)] : SumWidth'($urandom);
      coefficient_data[CoefficientWidth*l+:CoefficientWidth] <=
          read ? coefficient_table[l*2**CoefficientBits+int'(coefficient_addr>>Shift)] :
          CoefficientWidth'($urandom);
      if (!rst && write[l]) begin
        sums[l*2**SumBits+int'(write_addr>>Shift)] <= write_data[SumWidth*l+:SumWidth];
      end
    end
    assign known_data[SumWidth*l+:SumWidth] = write[l] ? write_data[SumWidth*l+:SumWidth] : '0;
  end
  bench_observer #(.Width(Lanes * (SumWidth + 1) + SumBits), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(write != '0),
    .data_i({known_data, write_addr, write})
  );

  logic [4:0] due = '0;
  always @(posedge clk_i) begin
    due <= rst ? '0 : {due[3:0], element};
    if (!rst && read !== element) $fatal(1, "%m: a read without an element");
    if (!rst && (write != '0) != due[4]) $fatal(1, "%m: a sum is written too early or too late");
  end

endmodule

`default_nettype wire
