// Clock of every bench: runs `bench` until all its instances are done.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "Vbench.h"
#include "verilated.h"

// Stalls of `sim/stream_link.sv`: about a quarter of the cycles on either side.
extern "C" int snn_link(int stream_id, int) {
  static unsigned state = 12345;
  state = state * 1664525u + 1013904223u + static_cast<unsigned>(stream_id);
  return static_cast<int>(((state >> 24) & 3u) == 0) | (static_cast<int>(((state >> 20) & 3u) == 0) << 1);
}

int main(int argc, char** argv) {
  const auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  const auto top = std::make_unique<Vbench>(context.get());
  // Registers start at random values: `done_o` means nothing before the reset.
  unsigned long limit = 5000000;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "+limit+", 7) == 0) limit = std::strtoul(argv[i] + 7, nullptr, 10);
  }
  unsigned long cycle = 0;
  for (; cycle < limit && !context->gotFinish() && !(top->done_o && cycle > 8); ++cycle) {
    top->clk_i = 0;
    top->eval();
    context->timeInc(1);
    top->clk_i = 1;
    top->eval();
    context->timeInc(1);
  }
  top->final();
  if (!top->done_o) {
    std::printf("FAIL: not done after %lu cycles\n", cycle);
    return 1;
  }
  std::printf("PASS: %lu cycles\n", cycle);
  return 0;
}
