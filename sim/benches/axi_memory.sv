`default_nettype none

/// Bench helper: memory behind AXI4 read channels, for one ID. Latency, pauses on AR and within R, and error responses
/// are random. A word that was not put there is a hash of its address.
module axi_memory #(
  parameter int unsigned AddrWidth = 32,
  /// Bits of a beat, at least 32.
  parameter int unsigned DataWidth = 64,
  parameter int unsigned IdWidth = 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_i,
  /// Cycles from a burst's request to its first beat; percent of cycles in which AR and R pause; beats of 1,000
  /// that are errors.
  input  var  int unsigned          latency_min_i,
  input  var  int unsigned          latency_max_i,
  input  var  int unsigned          ar_stall_i,
  input  var  int unsigned          r_stall_i,
  input  var  int unsigned          errors_i,
  input  wire logic                 arvalid_i,
  output      logic                 arready_o,
  input  wire logic [IdWidth-1:0]   arid_i,
  input  wire logic [AddrWidth-1:0] araddr_i,
  input  wire logic [7:0]           arlen_i,
  output      logic                 rvalid_o,
  input  wire logic                 rready_i,
  output      logic [IdWidth-1:0]   rid_o,
  output      logic [DataWidth-1:0] rdata_o,
  output      logic [1:0]           rresp_o,
  output      logic                 rlast_o
);

  localparam int unsigned Words = DataWidth / 32;

  typedef struct {
    logic [AddrWidth-1:0] addr;
    int beats;
    longint due;
  } burst_t;
  burst_t bursts[$];
  burst_t burst;
  logic [31:0] words[longint];
  longint now = 0;
  int beat = 0;

  /// The word at a byte address that is a multiple of 4.
  function automatic logic [31:0] word(input longint addr);
    logic [31:0] hash;
    if (words.exists(addr / 4)) return words[addr/4];
    hash = 32'(addr / 4) * 32'h9e3779b1;
    return hash ^ (hash >> 15) ^ 32'hc0ffee;
  endfunction

  /// Puts a word at a byte address that is a multiple of 4.
  function automatic void put(input longint addr, input logic [31:0] value);
    words[addr/4] = value;
  endfunction

  /// The beat that contains a byte address.
  function automatic logic [DataWidth-1:0] beat_at(input longint addr);
    longint base;
    base = addr & ~longint'(DataWidth / 8 - 1);
    for (int w = 0; w < int'(Words); w++) beat_at[32*w+:32] = word(base + longint'(4 * w));
  endfunction

  always @(posedge clk_i) begin
    now = now + 1;
    arready_o <= $urandom_range(99) >= ar_stall_i;
    if (rst_i) begin
      rvalid_o <= 1'b0;
      arready_o <= 1'b0;
      bursts.delete();
      beat = 0;
    end else begin
      if (arvalid_i && arready_o) begin
        burst.addr = araddr_i;
        burst.beats = int'(arlen_i) + 1;
        burst.due = now + longint'($urandom_range(latency_max_i, latency_min_i));
        bursts.push_back(burst);
      end
      if (!rvalid_o || rready_i) begin
        rvalid_o <= 1'b0;
        // What is not valid is noise.
        rdata_o <= {Words{$urandom}};
        rresp_o <= 2'($urandom);
        rlast_o <= 1'($urandom);
        if (bursts.size() != 0 && bursts[0].due <= now && $urandom_range(99) >= r_stall_i) begin
          rvalid_o <= 1'b1;
          rdata_o <= beat_at(longint'(bursts[0].addr) + longint'(beat) * (DataWidth / 8));
          rresp_o <= {$urandom_range(999) < errors_i, 1'($urandom)};
          beat = beat + 1;
          rlast_o <= beat == bursts[0].beats;
          if (beat == bursts[0].beats) begin
            beat = 0;
            void'(bursts.pop_front());
          end
        end
      end
    end
  end
  assign rid_o = '0;

  logic unused_id;
  assign unused_id = ^arid_i;

endmodule

`default_nettype wire
