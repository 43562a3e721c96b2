// Clock and reset of `self_check_tb`: runs it until it is done. Exit code 0 if it passed, 1 if not.
#include <memory>

#include "Vself_check_tb.h"
#include "verilated.h"

int main(int argc, char** argv) {
  const auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  const auto bench = std::make_unique<Vself_check_tb>(context.get());
  bench->clk_i = 0;
  bench->rst_i = 1;
  bench->eval();
  unsigned reset = 8;
  while (!context->gotFinish() && (bench->rst_i || !bench->done_o)) {
    bench->clk_i = 1;
    bench->eval();
    context->timeInc(1);
    bench->clk_i = 0;
    if (reset > 0) --reset;
    bench->rst_i = reset > 0;
    bench->eval();
    context->timeInc(1);
  }
  bench->final();
  return bench->done_o && !bench->failed_o ? 0 : 1;
}
