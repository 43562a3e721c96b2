// The verilated model behind the C interface of `shim.h`. Independent of the model: pins have the same
// names everywhere, and widths convert by assignment.
#include "shim.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "Vsnn.h"
#include "Vsnn__Dpi.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {

// Random numbers of one stream: phases of several hundred cycles, each with its own share of stalls.
class Stalls {
 public:
  explicit Stalls(uint64_t seed) : state_{seed * 0x9e3779b97f4a7c15u | 1u} {}

  // Bit 0: withhold the output; bit 1: withhold the input.
  int next() {
    if (left_ == 0) {
      static const uint32_t shares[] = {0, 32, 128, 224};
      const uint64_t choice = random();
      left_ = 16 + static_cast<uint32_t>(choice >> 32) % 500;
      out_ = shares[choice & 3];
      in_ = shares[choice >> 2 & 3];
    }
    --left_;
    const uint64_t bits = random();
    return static_cast<int>((bits >> 16 & 255) < out_) | static_cast<int>((bits >> 24 & 255) < in_) << 1;
  }

 private:
  uint64_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  uint64_t state_;
  uint32_t left_ = 0;
  uint32_t out_ = 0;
  uint32_t in_ = 0;
};

// A burst that was asked for.
struct Burst {
  uint64_t addr;
  uint32_t beats;
  uint64_t due;
  uint32_t id;
  // Beats that have gone out.
  uint32_t beat;
};

// The memory behind the AXI4 read channels. Bursts of one ID are answered in order; with stalls, beats of several IDs come in
// any order.
struct Memory {
  uint64_t base = 0;
  std::vector<uint8_t> bytes;
  std::deque<Burst> bursts;
  // The burst whose beat is offered.
  size_t at = 0;
  bool valid = false;
  bool arready = false;
  // Of the beats of these IDs.
  uint64_t error_left = 0;
  uint32_t error = 0;
  bool error_of_second = false;
  Stalls stalls{1};
  Stalls latency{2};
};

struct Host {
  std::unique_ptr<VerilatedContext> context;
  std::unique_ptr<Vsnn> top;
#if VM_TRACE
  std::unique_ptr<VerilatedVcdC> trace;
#endif
  uint64_t seed = 0;
  bool stall = false;
  bool stopped = false;
  uint64_t cycle = 0;
  std::vector<uint64_t> taps;
  std::vector<SnnLink> links;
  std::vector<Stalls> stalls;
  Memory memory;
  std::string message;
};

// What the folder of the memory images is called in a model that does not know it.
const std::string kImages = "snn2rtl-images:";
std::string images;

Host host;

// Sets a port of any width.
template <typename Port>
std::enable_if_t<std::is_integral<Port>::value> set_port(Port& port, const uint8_t* bytes) {
  std::memcpy(&port, bytes, sizeof port);
}
template <std::size_t Words>
void set_port(VlWide<Words>& port, const uint8_t* bytes) {
  for (std::size_t i = 0; i < Words; ++i) {
    EData word;
    std::memcpy(&word, bytes + 4 * i, 4);
    port[i] = word;
  }
}

// Models without the channels have no memory.
template <typename Top, typename = void>
struct Channels {
  static void drive(Top&) {}
  static bool step(Top&, bool) { return false; }
};

template <typename Top>
struct Channels<Top, std::void_t<decltype(std::declval<Top&>().m_axi_arvalid_o)>> {
  // Before a clock edge: what the memory offers.
  static void drive(Top& top) {
    Memory& memory = host.memory;
    const int pause = host.stall ? memory.stalls.next() : 0;
    memory.arready = !(pause & 1);
    top.m_axi_arready_i = memory.arready;
    uint8_t data[128];
    constexpr uint64_t bytes = sizeof(top.m_axi_rdata_i);
    static_assert(bytes <= sizeof data, "a beat is at most 1024 bits");
    if (!memory.valid && !memory.bursts.empty() && !(pause & 2)) {
      memory.at = choose();
      memory.valid = memory.bursts[memory.at].due <= host.cycle;
    }
    top.m_axi_rvalid_i = memory.valid;
    top.m_axi_rid_i = 0;
    if (!memory.valid) return;
    const Burst& burst = memory.bursts[memory.at];
    top.m_axi_rid_i = burst.id;
    const uint64_t from = burst.addr + burst.beat * bytes - memory.base;
    const uint64_t size = memory.bytes.size();
    const bool there = from < size;
    // What follows in the last beat may be anything.
    std::memset(data, 0xa5, sizeof data);
    if (there) std::memcpy(data, memory.bytes.data() + from, bytes < size - from ? bytes : size - from);
    set_port(top.m_axi_rdata_i, data);
    const bool bad = counts(burst) && memory.error_left == 0;
    top.m_axi_rresp_i = bad ? memory.error : there ? 0 : 3;
    top.m_axi_rlast_i = burst.beat + 1 == burst.beats;
  }

  // The burst that is answered next: the oldest one, or with stalls sometimes the oldest one of another ID.
  static size_t choose() {
    const Memory& memory = host.memory;
    if (!host.stall || (host.memory.latency.next() & 1)) return 0;
    for (size_t i = 1; i < memory.bursts.size(); ++i) {
      if (memory.bursts[i].id != memory.bursts[0].id) return i;
    }
    return 0;
  }

  // Whether the beats until the error include those of this burst.
  static bool counts(const Burst& burst) {
    return host.memory.error != 0 && (!host.memory.error_of_second || burst.id == 1);
  }

  // At the edge: what has moved, as the model's outputs stood before it.
  static bool step(Top& top, bool reset) {
    Memory& memory = host.memory;
    if (reset) {
      memory.bursts.clear();
      memory.valid = false;
      return false;
    }
    const bool moved = memory.valid && top.m_axi_rready_o;
    if (moved) {
      memory.valid = false;
      Burst& burst = memory.bursts[memory.at];
      if (counts(burst)) {
        if (memory.error_left == 0) memory.error = 0;
        else --memory.error_left;
      }
      if (++burst.beat == burst.beats) memory.bursts.erase(memory.bursts.begin() + static_cast<long>(memory.at));
    }
    if (memory.arready && top.m_axi_arvalid_o) {
      uint64_t wait = 30;
      if (host.stall) {
        wait = 1;
        for (int i = 0; i < 40; ++i) wait += memory.latency.next() & 1;
      }
      memory.bursts.push_back({top.m_axi_araddr_o, static_cast<uint32_t>(top.m_axi_arlen_o) + 1, host.cycle + wait,
                               top.m_axi_arid_o, 0});
    }
    return moved;
  }
};

// More than this the simulator has no reason to say.
constexpr size_t kLongestMessage = 8192;

void say(const char* filename, int line, const char* text) {
  host.message += filename ? filename : "";
  host.message += ':' + std::to_string(line) + ": " + text + '\n';
}

void dump() {
#if VM_TRACE
  if (host.trace) host.trace->dump(host.context->time());
#endif
}

}  // namespace

// ------------------------------------------------------------------------------ the simulator's hooks
int snn_print(const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0 && host.message.size() < kLongestMessage) host.message += line;
  return length;
}

#undef fopen
std::FILE* snn_fopen(const char* path, const char* mode) {
  const std::string name{path};
  if (name.compare(0, kImages.size(), kImages) != 0) return std::fopen(path, mode);
  return std::fopen((images + '/' + name.substr(kImages.size())).c_str(), mode);
}

void vl_finish(const char* filename, int line, const char*) {
  host.stopped = true;
  say(filename, line, "$finish");
}

void vl_stop(const char*, int, const char*) { host.stopped = true; }

void vl_fatal(const char* filename, int line, const char*, const char* text) {
  host.stopped = true;
  say(filename, line, text ? text : "fatal error");
}

// ------------------------------------------------------------------------------ calls from the hardware
int snn_link(int stream_id, int handshakes) {
  const size_t id = static_cast<size_t>(stream_id);
  if (id >= host.links.size()) {
    host.links.resize(id + 1, SnnLink{});
    while (host.stalls.size() <= id) host.stalls.emplace_back(host.seed + 1 + host.stalls.size());
  }
  SnnLink& link = host.links[id];
  const uint32_t state = static_cast<uint32_t>(handshakes);
  link.handshakes = state;
  const bool in = (state & 3) == 3;
  link.beats += in;
  if (in || (state & 12) == 12) link.moved = host.cycle + 1;
  return host.stall ? host.stalls[id].next() : 0;
}

void snn_tap_beat(int kind, int stage, int flags, int row, int chunk, int lanes) {
  const auto bits = [](int value, int shift) {
    return static_cast<uint64_t>(static_cast<uint32_t>(value)) << shift;
  };
  host.taps.push_back(bits(kind, 0) | bits(flags, 8) | bits(lanes, 16) | bits(stage, 32));
  host.taps.push_back(host.cycle);
  host.taps.push_back(bits(row, 0) | bits(chunk, 32));
}

void snn_tap_neuron(long long v, int s, int spike) {
  host.taps.push_back(static_cast<uint64_t>(v));
  host.taps.push_back(static_cast<uint64_t>(static_cast<uint32_t>(s)) |
                      static_cast<uint64_t>(static_cast<uint32_t>(spike)) << 32);
}

void snn_tap_delta(long long delta) { host.taps.push_back(static_cast<uint64_t>(delta)); }

// ------------------------------------------------------------------------------ calls from the host
uint32_t snn_abi() { return SNN_ABI; }

void snn_images(const char* folder) { images = folder; }

int snn_open(uint64_t seed, int stall) {
  if (host.top) return 0;
  host.seed = seed;
  host.stall = stall != 0;
  host.memory.stalls = Stalls{seed + 101};
  host.memory.latency = Stalls{seed + 102};
  host.context.reset(new VerilatedContext);
  host.context->randReset(2);
  host.context->randSeed(static_cast<int>(seed & 0x7fffffff) | 1);
#if VM_TRACE
  host.context->traceEverOn(true);
#endif
  host.top.reset(new Vsnn{host.context.get(), "top"});
  return 1;
}

void snn_memory(uint64_t base, const uint8_t* bytes, uint64_t count) {
  host.memory.base = base;
  host.memory.bytes.assign(bytes, bytes + count);
}

void snn_memory_error(uint64_t beats, uint32_t response) {
  host.memory.error_left = beats;
  host.memory.error = response & 3;
  host.memory.error_of_second = (response & 4) != 0;
}

void snn_close() {
  snn_trace_end();
  if (host.top) host.top->final();
  // The model before its context: it says goodbye to it.
  host.top.reset();
  host.context.reset();
  host = Host{};
}

void snn_cycle(const SnnIn* in, SnnOut* out) {
  Vsnn& top = *host.top;
  top.rst_i = in->rst;
  top.s_axis_tvalid_i = in->s_axis_tvalid;
  top.s_axis_tdata_i = in->s_axis_tdata;
  top.s_axis_tlast_i = in->s_axis_tlast;
  top.m_axis_tready_i = in->m_axis_tready;
  top.s_axi_awvalid_i = in->s_axi_awvalid;
  top.s_axi_awaddr_i = in->s_axi_awaddr;
  top.s_axi_wvalid_i = in->s_axi_wvalid;
  top.s_axi_wdata_i = in->s_axi_wdata;
  top.s_axi_wstrb_i = in->s_axi_wstrb;
  top.s_axi_bready_i = in->s_axi_bready;
  top.s_axi_arvalid_i = in->s_axi_arvalid;
  top.s_axi_araddr_i = in->s_axi_araddr;
  top.s_axi_rready_i = in->s_axi_rready;
  Channels<Vsnn>::drive(top);
  top.clk_i = 0;
  top.eval();
  dump();
  host.context->timeInc(1);

  out->m_axis_tdata = top.m_axis_tdata_o;
  out->s_axi_rdata = top.s_axi_rdata_o;
  out->s_axis_tready = top.s_axis_tready_o;
  out->m_axis_tvalid = top.m_axis_tvalid_o;
  out->m_axis_tlast = top.m_axis_tlast_o;
  out->s_axi_awready = top.s_axi_awready_o;
  out->s_axi_wready = top.s_axi_wready_o;
  out->s_axi_bvalid = top.s_axi_bvalid_o;
  out->s_axi_bresp = top.s_axi_bresp_o;
  out->s_axi_arready = top.s_axi_arready_o;
  out->s_axi_rvalid = top.s_axi_rvalid_o;
  out->s_axi_rresp = top.s_axi_rresp_o;
  out->m_axi_beat = Channels<Vsnn>::step(top, in->rst != 0);

  top.clk_i = 1;
  top.eval();
  dump();
  host.context->timeInc(1);
  ++host.cycle;
  out->stopped = host.stopped;
}

uint64_t snn_taps(const uint64_t** words) {
  *words = host.taps.data();
  return host.taps.size();
}

void snn_clear() { host.taps.clear(); }

uint32_t snn_links(SnnLink* links, uint32_t count) {
  for (size_t i = 0; i < host.links.size() && i < count; ++i) links[i] = host.links[i];
  return static_cast<uint32_t>(host.links.size());
}

const char* snn_message() { return host.message.c_str(); }

int snn_trace_begin(const char* path) {
#if VM_TRACE
  host.trace.reset(new VerilatedVcdC);
  host.top->trace(host.trace.get(), 99);
  host.trace->open(path);
  return host.trace->isOpen();
#else
  (void)path;
  return 0;
#endif
}

void snn_trace_end() {
#if VM_TRACE
  if (host.trace) host.trace->close();
  host.trace.reset();
#endif
}
