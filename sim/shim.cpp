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
  // Of the beats of these IDs, of all ports.
  uint64_t error_left = 0;
  uint32_t error = 0;
  bool error_of_second = false;
};

// A port to it.
struct Channel {
  std::deque<Burst> bursts;
  // The burst whose beat is offered.
  size_t at = 0;
  bool valid = false;
  bool arready = false;
  // It has the error.
  bool bad = false;
  Stalls stalls{1};
  Stalls latency{2};
};
constexpr size_t kChannels = 8;

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
  Channel channels[kChannels];
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

template <typename Top, typename Port>
struct ChannelOf {
  // Before a clock edge: what the memory offers.
  static void drive(Top& top) {
    Channel& memory = host.channels[Port::kNumber];
    const int pause = host.stall ? memory.stalls.next() : 0;
    memory.arready = !(pause & 1);
    Port::arready_i(top) = memory.arready;
    uint8_t data[128];
    constexpr uint64_t bytes = sizeof(std::decay_t<decltype(Port::rdata_i(top))>);
    static_assert(bytes <= sizeof data, "a beat is at most 1024 bits");
    if (!memory.valid && !memory.bursts.empty() && !(pause & 2)) {
      memory.at = choose();
      memory.valid = memory.bursts[memory.at].due <= host.cycle;
    }
    Port::rvalid_i(top) = memory.valid;
    Port::rid_i(top) = 0;
    if (!memory.valid) return;
    const Burst& burst = memory.bursts[memory.at];
    Port::rid_i(top) = burst.id;
    const uint64_t from = burst.addr + burst.beat * bytes - host.memory.base;
    const uint64_t size = host.memory.bytes.size();
    const bool there = from < size;
    // What follows in the last beat may be anything.
    std::memset(data, 0xa5, sizeof data);
    if (there) std::memcpy(data, host.memory.bytes.data() + from, bytes < size - from ? bytes : size - from);
    set_port(Port::rdata_i(top), data);
    memory.bad = counts(burst) && host.memory.error_left == 0;
    Port::rresp_i(top) = memory.bad ? host.memory.error : there ? 0 : 3;
    Port::rlast_i(top) = burst.beat + 1 == burst.beats;
  }

  // The burst that is answered next: the oldest one, or with stalls sometimes the oldest one of another ID.
  static size_t choose() {
    Channel& memory = host.channels[Port::kNumber];
    if (!host.stall || (memory.latency.next() & 1)) return 0;
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
    Channel& memory = host.channels[Port::kNumber];
    if (reset) {
      memory.bursts.clear();
      memory.valid = false;
      return false;
    }
    const bool moved = memory.valid && Port::rready_o(top);
    if (moved) {
      memory.valid = false;
      Burst& burst = memory.bursts[memory.at];
      if (counts(burst)) {
        // Beats of other ports may have come in this cycle.
        if (memory.bad) host.memory.error = 0;
        else if (host.memory.error_left > 0) --host.memory.error_left;
      }
      if (++burst.beat == burst.beats) memory.bursts.erase(memory.bursts.begin() + static_cast<long>(memory.at));
    }
    if (memory.arready && Port::arvalid_o(top)) {
      uint64_t wait = 30;
      if (host.stall) {
        wait = 1;
        for (int i = 0; i < 40; ++i) wait += memory.latency.next() & 1;
      }
      memory.bursts.push_back({Port::araddr_o(top), static_cast<uint32_t>(Port::arlen_o(top)) + 1, host.cycle + wait,
                               Port::arid_o(top), 0});
    }
    return moved;
  }
};

// One of the ports to memory; models without it have none of its signals.
#define SNN_PORT(NUMBER, PREFIX)                                                                                     \
  template <typename Top, typename = void>                                                                            \
  struct Channels##NUMBER {                                                                                           \
    static void drive(Top&) {}                                                                                        \
    static bool step(Top&, bool) { return false; }                                                                    \
  };                                                                                                                  \
  struct Port##NUMBER {                                                                                               \
    static constexpr size_t kNumber = NUMBER;                                                                         \
    template <typename Top> static auto& arvalid_o(Top& top) { return top.PREFIX##_arvalid_o; }                       \
    template <typename Top> static auto& arready_i(Top& top) { return top.PREFIX##_arready_i; }                       \
    template <typename Top> static auto& arid_o(Top& top) { return top.PREFIX##_arid_o; }                             \
    template <typename Top> static auto& araddr_o(Top& top) { return top.PREFIX##_araddr_o; }                         \
    template <typename Top> static auto& arlen_o(Top& top) { return top.PREFIX##_arlen_o; }                           \
    template <typename Top> static auto& rvalid_i(Top& top) { return top.PREFIX##_rvalid_i; }                         \
    template <typename Top> static auto& rready_o(Top& top) { return top.PREFIX##_rready_o; }                         \
    template <typename Top> static auto& rid_i(Top& top) { return top.PREFIX##_rid_i; }                               \
    template <typename Top> static auto& rdata_i(Top& top) { return top.PREFIX##_rdata_i; }                           \
    template <typename Top> static auto& rresp_i(Top& top) { return top.PREFIX##_rresp_i; }                           \
    template <typename Top> static auto& rlast_i(Top& top) { return top.PREFIX##_rlast_i; }                           \
  };                                                                                                                  \
  template <typename Top>                                                                                             \
  struct Channels##NUMBER<Top, std::void_t<decltype(std::declval<Top&>().PREFIX##_arvalid_o)>>                        \
      : ChannelOf<Top, Port##NUMBER> {};

SNN_PORT(0, m_axi)
SNN_PORT(1, m_axi_1)
SNN_PORT(2, m_axi_2)
SNN_PORT(3, m_axi_3)
SNN_PORT(4, m_axi_4)
SNN_PORT(5, m_axi_5)
SNN_PORT(6, m_axi_6)
SNN_PORT(7, m_axi_7)

void drive_memory(Vsnn& top) {
  Channels0<Vsnn>::drive(top);
  Channels1<Vsnn>::drive(top);
  Channels2<Vsnn>::drive(top);
  Channels3<Vsnn>::drive(top);
  Channels4<Vsnn>::drive(top);
  Channels5<Vsnn>::drive(top);
  Channels6<Vsnn>::drive(top);
  Channels7<Vsnn>::drive(top);
}

// Whether a beat has come through the first port.
bool step_memory(Vsnn& top, bool reset) {
  const bool moved = Channels0<Vsnn>::step(top, reset);
  Channels1<Vsnn>::step(top, reset);
  Channels2<Vsnn>::step(top, reset);
  Channels3<Vsnn>::step(top, reset);
  Channels4<Vsnn>::step(top, reset);
  Channels5<Vsnn>::step(top, reset);
  Channels6<Vsnn>::step(top, reset);
  Channels7<Vsnn>::step(top, reset);
  return moved;
}

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
  for (size_t i = 0; i < kChannels; ++i) {
    host.channels[i].stalls = Stalls{seed + 101 + 2 * i};
    host.channels[i].latency = Stalls{seed + 102 + 2 * i};
  }
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
  drive_memory(top);
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
  out->m_axi_beat = step_memory(top, in->rst != 0);

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
