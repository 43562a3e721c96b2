// The C interface of a verilated model, and the hooks that keep the simulator from ending the process.
//
// This file is included before every other one (`-include`), the simulator's own run time among them.
#ifndef SNN_SHIM_H_
#define SNN_SHIM_H_

#include <stdint.h>

// What the simulator prints and where it stops is kept for the host: see `snn_message`.
#define VL_PRINTF snn_print
#define VL_USER_FINISH
#define VL_USER_STOP
#define VL_USER_FATAL

// The simulator reads memory images with `fopen`, wherever their folder is at that time: see `snn_images`.
#ifdef __cplusplus
#include <cstdio>
std::FILE* snn_fopen(const char* path, const char* mode);
namespace std {
using ::snn_fopen;
}
#define fopen snn_fopen
#endif

#define SNN_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

int snn_print(const char* format, ...);

// Inputs of one cycle.
struct SnnIn {
  uint64_t s_axis_tdata;
  uint32_t s_axi_awaddr;
  uint32_t s_axi_wdata;
  uint32_t s_axi_araddr;
  uint8_t rst;
  uint8_t s_axis_tvalid;
  uint8_t s_axis_tlast;
  uint8_t m_axis_tready;
  uint8_t s_axi_awvalid;
  uint8_t s_axi_wvalid;
  uint8_t s_axi_wstrb;
  uint8_t s_axi_bready;
  uint8_t s_axi_arvalid;
  uint8_t s_axi_rready;
};

// Outputs of one cycle, as they stand before its clock edge.
struct SnnOut {
  uint32_t m_axis_tdata;
  uint32_t s_axi_rdata;
  uint8_t s_axis_tready;
  uint8_t m_axis_tvalid;
  uint8_t m_axis_tlast;
  uint8_t s_axi_awready;
  uint8_t s_axi_wready;
  uint8_t s_axi_bvalid;
  uint8_t s_axi_bresp;
  uint8_t s_axi_arready;
  uint8_t s_axi_rvalid;
  uint8_t s_axi_rresp;
  // 1: a beat has come from memory.
  uint8_t m_axi_beat;
  // 1: an assertion failed, or the simulator gave up; `snn_message` says why.
  uint8_t stopped;
};

// A `stream_link` as seen at the last clock edge.
struct SnnLink {
  // Beats that went in, and the number of the cycle after the last transfer on either side.
  uint64_t beats;
  uint64_t moved;
  // Bit 0 in_valid, 1 in_ready, 2 out_valid, 3 out_ready.
  uint32_t handshakes;
  uint32_t reserved;
};

// Version of this interface.
#define SNN_ABI 3u
SNN_API uint32_t snn_abi(void);

// Names the folder of the memory images, for models that are built with RomPath "snn2rtl-images:". Before `snn_open`.
SNN_API void snn_images(const char* folder);

// Makes the model. `seed` decides what registers hold before reset and how streams stall, if `stall`.
// 0: there is one already. One model a process and library.
SNN_API int snn_open(uint64_t seed, int stall);
SNN_API void snn_close(void);

// One clock cycle.
SNN_API void snn_cycle(const struct SnnIn* in, struct SnnOut* out);

// The memory behind the AXI4 read channels of models that have them: `count` bytes from address `base` on, which is a
// multiple of 64. Beats without one of them answer with DECERR. Without `stall` it answers after 30 cycles, a beat a cycle;
// with it, after a random time and with pauses, and beats of several IDs in any order.
SNN_API void snn_memory(uint64_t base, const uint8_t* bytes, uint64_t count);
// The beat that comes after `beats` more, and no other, answers with this response (2 SLVERR, 3 DECERR; 0: none does). With
// 4 added, only beats with ID 1 count.
SNN_API void snn_memory_error(uint64_t beats, uint32_t response);

// What the taps have reported since `snn_clear`, in order; valid until the next cycle. A beat is
//     kind (8 bits) | flags << 8 (8 bits: skip, last, quiet) | lanes << 16 (16 bits) | stage << 32
//     number of the cycle
//     row | chunk << 32
// and for each lane of a neuron beat (kind 1) the membrane, then tracer | spike << 32; for each lane
// of a readout beat (kind 2) the delta.
SNN_API uint64_t snn_taps(const uint64_t** words);
SNN_API void snn_clear(void);

// Copies the state of up to `count` streams and returns how many there are.
SNN_API uint32_t snn_links(struct SnnLink* links, uint32_t count);

// What the simulator has printed, its last words first in doubt; empty if nothing.
SNN_API const char* snn_message(void);

// Writes a waveform from now on / ends it. 0: this library was built without.
SNN_API int snn_trace_begin(const char* path);
SNN_API void snn_trace_end(void);

#ifdef __cplusplus
}
#endif

#endif  // SNN_SHIM_H_
