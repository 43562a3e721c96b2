// A board in simulation: its serial line as bits at the pins, the host's bytes on stdin and stdout.
//
//     Vboard --clocks-per-bit N [--corrupt K --seed S]
//
// N is the parameter ClocksPerBit that the board was built with. With --corrupt, about one byte in K is
// spoilt on its way, in both directions. It ends with stdin.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>

#include "Vboard.h"
#include "verilated.h"

namespace {

class Random {
 public:
  explicit Random(unsigned seed) : state_(seed * 2654435761u + 12345u) {}
  // Below `end`.
  unsigned below(unsigned end) {
    state_ = state_ * 1664525u + 1013904223u;
    return (state_ >> 8) % end;
  }

 private:
  unsigned state_;
};

// Bytes to the pin.
class Sender {
 public:
  Sender(unsigned clocks, unsigned corrupt, unsigned seed) : clocks_(clocks), corrupt_(corrupt), random_(seed) {}

  void put(unsigned char byte) { bytes_.push_back(byte); }
  bool idle() const { return bytes_.empty() && left_ == 0; }

  // The pin in the next cycle.
  bool step() {
    if (left_ == 0) {
      if (bytes_.empty()) return true;
      begin(bytes_.front());
      bytes_.pop_front();
    }
    const bool level = bits_ & 1u;
    if (--count_ == 0) {
      bits_ >>= 1;
      count_ = clocks_;
      --left_;
    }
    return level;
  }

 private:
  void begin(unsigned char byte) {
    // Start bit, data, stop bit.
    bits_ = (static_cast<unsigned>(byte) << 1) | 0x200u;
    left_ = 10;
    count_ = clocks_;
    if (corrupt_ == 0 || random_.below(corrupt_) != 0) return;
    switch (random_.below(3)) {
      case 0:  // A bit is wrong.
        bits_ ^= 2u << random_.below(8);
        break;
      case 1:  // The stop bit is low, and the line is idle afterwards.
        bits_ = (bits_ & 0x1ffu) | 0x400u;
        left_ = 11;
        break;
      default:  // A byte that nobody sent, before this one.
        bits_ = (bits_ << 10) | (random_.below(256) << 1) | 0x200u;
        left_ = 20;
    }
  }

  unsigned clocks_, corrupt_;
  Random random_;
  std::deque<unsigned char> bytes_;
  unsigned bits_ = 1, left_ = 0, count_ = 1;
};

// Bytes from the pin: each bit is seen in its middle.
class Receiver {
 public:
  Receiver(unsigned clocks, unsigned corrupt, unsigned seed) : clocks_(clocks), corrupt_(corrupt), random_(seed) {}

  // Whether a byte is complete with this cycle's level.
  bool step(bool level, unsigned char* byte) {
    if (bit_ == 0) {
      if (level) return false;
      bit_ = 1;
      count_ = clocks_ / 2;
      bits_ = 0;
      return false;
    }
    if (--count_ != 0) return false;
    count_ = clocks_;
    bits_ |= static_cast<unsigned>(level) << (bit_ - 1);
    if (++bit_ <= 10) return false;
    bit_ = 0;
    // No stop bit: not a byte.
    if ((bits_ & 0x201u) != 0x200u) return false;
    *byte = static_cast<unsigned char>(bits_ >> 1);
    if (corrupt_ != 0 && random_.below(corrupt_) == 0) {
      if (random_.below(2) == 0) return false;
      *byte ^= static_cast<unsigned char>(1u << random_.below(8));
    }
    return true;
  }

 private:
  unsigned clocks_, corrupt_;
  Random random_;
  unsigned bit_ = 0, count_ = 0, bits_ = 0;
};

// The number behind an option.
unsigned option(int argc, char** argv, const char* name, unsigned otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned clocks = option(argc, argv, "--clocks-per-bit", 0);
  const unsigned corrupt = option(argc, argv, "--corrupt", 0);
  const unsigned seed = option(argc, argv, "--seed", 1);
  if (clocks < 4) {
    std::fprintf(stderr, "give --clocks-per-bit, at least 4\n");
    return 2;
  }
  // What the simulation prints must not come between the bytes.
  const int to_host = dup(1);
  dup2(2, 1);

  const auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  context->randReset(2);
  context->randSeed(static_cast<int>(seed));
  const auto top = std::make_unique<Vboard>(context.get());
  Sender sender(clocks, corrupt, seed);
  Receiver receiver(clocks, corrupt, seed + 1);

  // Cycles since something happened on the line.
  unsigned long quiet = 0;
  while (!context->gotFinish()) {
    if (sender.idle()) {
      pollfd input = {0, POLLIN, 0};
      // A board that waits for its host need not run at full speed.
      if (poll(&input, 1, quiet > 2000000 ? 1 : 0) > 0) {
        unsigned char bytes[4096];
        const ssize_t count = read(0, bytes, sizeof bytes);
        if (count <= 0) break;
        for (ssize_t i = 0; i < count; ++i) sender.put(bytes[i]);
      }
    }
    for (int cycle = 0; cycle < 256; ++cycle) {
      top->uart_rx_i = sender.step();
      top->clk_i = 0;
      top->eval();
      context->timeInc(1);
      top->clk_i = 1;
      top->eval();
      context->timeInc(1);
      unsigned char byte;
      ++quiet;
      if (!top->uart_tx_o || !sender.idle()) quiet = 0;
      if (receiver.step(top->uart_tx_o, &byte) && write(to_host, &byte, 1) != 1) return 1;
    }
  }
  top->final();
  return 0;
}
