// What the C++ of crate `verilated` 0.1.2 expects of Verilator and Verilator 5 does not have, or only in a file that the
// crate does not compile. Included before all of it: CXXFLAGS="-include …/sim/compat/compat.h" (docs/decisions.md).
#ifndef SNN_COMPAT_H_
#define SNN_COMPAT_H_

// Gone.
typedef void (*VerilatedVoidCb)(void);
#define flushCb(callback) runFlushCallbacks()
#define rolloverMB(megabytes) flush()

// The constructor of the thread pool, `VlThreadPool::VlThreadPool(VerilatedContext*, unsigned)`: referred to by what
// writes waveforms, never called for a model without threads.
extern "C" __attribute__((weak)) void snn_no_thread_pool(void*, void*, unsigned)
    __asm__("_ZN12VlThreadPoolC1EP16VerilatedContextj");
extern "C" __attribute__((weak)) void snn_no_thread_pool(void*, void*, unsigned) { __builtin_trap(); }

#endif  // SNN_COMPAT_H_
