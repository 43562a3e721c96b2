// The bus of the SoC, driven by commands on standard input, a line each:
//   w ADDRESS VALUE         writes a word
//   r ADDRESS               reads a word and prints it
//   p ADDRESS MASK          reads until a bit of the mask is set
// Numbers are hexadecimal. Ends with status 1 where the bus answers with an error or nothing comes.
#include <cinttypes>
#include <cstdio>

#include "Vsoc.h"
#include "verilated.h"

namespace {

Vsoc* soc;

void cycle() {
  soc->clk = 0;
  soc->eval();
  soc->clk = 1;
  soc->eval();
}

bool access(bool write, uint32_t address, uint32_t& value) {
  soc->host_adr = address >> 2;
  soc->host_we = write;
  soc->host_dat_w = value;
  soc->host_sel = 15;
  soc->host_cyc = soc->host_stb = 1;
  for (int wait = 0; wait < 10000; ++wait) {
    soc->clk = 0;
    soc->eval();
    const bool ack = soc->host_ack, error = soc->host_err;
    const uint32_t read = soc->host_dat_r;
    soc->clk = 1;
    soc->eval();
    if (ack || error) {
      soc->host_cyc = soc->host_stb = 0;
      cycle();
      value = read;
      return !error;
    }
  }
  return false;
}

}  // namespace

double sc_time_stamp() { return 0; }

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  soc = new Vsoc;
  soc->rst = 1;
  soc->host_cyc = soc->host_stb = 0;
  for (int n = 0; n < 20; ++n) cycle();
  soc->rst = 0;
  cycle();
  char command;
  uint32_t address, value;
  while (std::scanf(" %c %" SCNx32, &command, &address) == 2) {
    value = 0;
    if (command != 'r' && std::scanf("%" SCNx32, &value) != 1) return 1;
    const uint32_t mask = value;
    bool good = access(command == 'w', address, value);
    for (int tries = 0; good && command == 'p' && !(value & mask); ++tries) {
      good = tries < 100000 && access(false, address, value);
    }
    if (!good) {
      std::printf("no answer: %c %" PRIx32 "\n", command, address);
      return 1;
    }
    if (command == 'r') std::printf("%" PRIx32 "\n", value);
  }
  return 0;
}
