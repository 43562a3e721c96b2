`default_nettype none

/// Bench of `model_loader`: images, good and damaged, with pauses, from a source that may fail; every part of a word that is
/// written, and the state behind each image. The core is busy for some time when an image begins.
module model_loader_tb #(
  parameter bit [31:0] Machine = '0,
  parameter int unsigned Memories = 3,
  parameter int unsigned MemoryBits = 2,
  parameter bit [32*Memories-1:0] Depths = '0,
  parameter bit [16*Memories-1:0] Parts = '0,
  parameter int unsigned CheckedMemory = 32'hFFFF_FFFF,
  /// Steps: {kind, data}; kind 0: a word; 1: an image begins; 2: the source fails; 3: the state is {loaded, error}.
  parameter InFile = "",
  parameter int InWords = 1,
  /// Parts that are written: {data, part, address, memory}.
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

  logic valid, ready, loader_ready, in_ready, hold, loaded, write_valid;
  logic [1:0] kind;
  logic [31:0] data, write_addr, write_data;
  logic [15:0] write_part;
  logic [3:0] error;
  logic [MemoryBits-1:0] write_memory;
  bench_player #(.Width(34), .Words(InWords), .File(InFile)) u_in (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(in_idle), .valid_o(valid), .ready_i(ready),
    .data_o({kind, data})
  );

  // Behind a begin the loader waits for the core. A word of an image that is refused already is dropped; a state is looked at
  // when the last word has been checked.
  int busy = 0, settled = 0;
  logic waits = 1'b0;
  always @(posedge clk_i) begin
    if (!rst && valid && ready && kind == 2'd1) waits <= 1'b1;
    else if (rst || loader_ready) waits <= 1'b0;
    if (valid && ready && kind == 2'd1) busy <= int'($urandom_range(20));
    else if (busy > 0) busy <= busy - 1;
    settled <= (valid && kind == 2'd3 && !ready) ? settled + 1 : 0;
    if (!rst && valid && ready && kind == 2'd3) begin
      if ({loaded, error} !== data[4:0]) begin
        $fatal(1, "%m: loaded %b, error %0d instead of %b, %0d", loaded, error, data[4],
               data[3:0]);
      end
      if (hold === loaded) $fatal(1, "%m: samples are held back by a network, or are not without one");
    end
    if (!rst && loader_ready && busy > 0) $fatal(1, "%m: words are taken while the core is busy");
    if (!rst && loaded && write_valid) $fatal(1, "%m: a network changes");
  end
  always_comb begin
    case (kind)
      2'd0: ready = !waits && (in_ready || !loader_ready);
      2'd1: ready = 1'b1;
      2'd2: ready = !waits;
      default: ready = settled > 8;
    endcase
  end

  model_loader #(
    .Machine(Machine), .Memories(Memories), .MemoryBits(MemoryBits), .Depths(Depths), .Parts(Parts),
    .CheckedMemory(CheckedMemory)
  ) u_dut (
    .clk_i, .rst_i(rst), .start_i(valid && kind == 2'd1), .busy_i(busy > 0), .hold_o(hold),
    .ready_o(loader_ready), .loaded_o(loaded), .error_o(error),
    .in_valid_i(valid && kind == 2'd0 && !waits), .in_ready_o(in_ready), .in_data_i(data),
    .in_error_i(valid && kind == 2'd2 && !waits), .write_valid_o(write_valid),
    .write_memory_o(write_memory), .write_addr_o(write_addr), .write_part_o(write_part),
    .write_data_o(write_data)
  );
  bench_observer #(.Width(80 + MemoryBits), .Words(OutWords), .File(OutFile)) u_out (
    .clk_i, .rst_i(rst), .batch_i(batch), .idle_o(out_idle), .count_o(count), .valid_i(write_valid),
    .data_i({write_data, write_part, write_addr, write_memory})
  );

endmodule

`default_nettype wire
