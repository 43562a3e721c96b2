`default_nettype none

/// Bench helper: memory behind AXI4 read channels. Latency, pauses on AR and within R, and error responses are random.
/// Bursts of one ID are answered in order, beats of several IDs come in any order. A word that was not put there is a hash of
/// its address.
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
    int beat;
    longint due;
    logic [IdWidth-1:0] id;
  } burst_t;
  burst_t bursts[$];
  burst_t burst;
  logic [31:0] words[longint];
  longint now = 0;
  int at = 0;

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
    end else begin
      if (arvalid_i && arready_o) begin
        burst.addr = araddr_i;
        burst.beats = int'(arlen_i) + 1;
        burst.beat = 0;
        burst.id = arid_i;
        burst.due = now + longint'($urandom_range(latency_max_i, latency_min_i));
        bursts.push_back(burst);
      end
      if (!rvalid_o || rready_i) begin
        rvalid_o <= 1'b0;
        // What is not valid is noise.
        rdata_o <= {Words{$urandom}};
        rresp_o <= 2'($urandom);
        rlast_o <= 1'($urandom);
        rid_o <= IdWidth'($urandom);
        // The oldest burst, or the oldest one of another ID.
        at = 0;
        if (latency_max_i != latency_min_i && $urandom_range(1) == 0) begin
          for (int i = bursts.size() - 1; i > 0; i--) if (bursts[i].id != bursts[0].id) at = i;
        end
        if (bursts.size() != 0 && bursts[at].due <= now && $urandom_range(99) >= r_stall_i) begin
          rvalid_o <= 1'b1;
          rid_o <= bursts[at].id;
          rdata_o <= beat_at(longint'(bursts[at].addr) + longint'(bursts[at].beat) * (DataWidth / 8));
          rresp_o <= {$urandom_range(999) < errors_i, 1'($urandom)};
          bursts[at].beat = bursts[at].beat + 1;
          rlast_o <= bursts[at].beat == bursts[at].beats;
          if (bursts[at].beat == bursts[at].beats) bursts.delete(at);
        end
      end
    end
  end

endmodule

`default_nettype wire
