"""`axi_read_master` against `AxiRamRead` of cocotbext-axi: contents, pauses, error responses, rate.

That memory asserts itself that no burst crosses 4 KiB. Environment: SNN2RTL_SEED, what all that is random comes from.
"""

import logging
import os
import random
import warnings

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiRamRead, AxiReadBus

SIZE = 1 << 16
SEED = os.environ.get("SNN2RTL_SEED", "1")
# Cycles without a beat after which a command counts as lost.
PATIENCE = 3000

warnings.filterwarnings("ignore", category=DeprecationWarning)


class Ports:
    """The top level under the names that the client looks for: without `_i` and `_o`."""

    def __init__(self, dut):
        self._name, self._log = "tb", dut._log
        self._ports = {handle._name[:-2]: handle for handle in dut if handle._name[-2:] in ("_i", "_o")}

    def __dir__(self):
        return list(self._ports)

    def __getattr__(self, name):
        try:
            return self._ports[name]
        except KeyError:
            raise AttributeError(name) from None


class Ram(AxiRamRead):
    """The memory, with a range that answers with an error."""

    bad = range(0)
    reads = 0

    async def _read(self, address, length):
        self.reads += length
        if address in self.bad:
            raise IndexError(f"{address:#x} answers with an error")
        return await super()._read(address, length)


def pauses(chance):
    while True:
        share = chance.choice((0, 1 / 8, 1 / 2, 7 / 8))
        for _ in range(chance.randrange(16, 300)):
            yield chance.random() < share


class Bench:
    @classmethod
    async def start(cls, dut, name):
        bench = cls()
        bench.dut, bench.random = dut, random.Random(f"{SEED} {name}")
        ports = Ports(dut)
        logging.getLogger("cocotb.tb").setLevel(logging.ERROR)
        dut.cmd_valid_i.value, dut.out_ready_i.value, dut.clear_i.value, dut.rst_i.value = 0, 0, 0, 1
        cocotb.start_soon(Clock(dut.clk_i, 10, "ns").start())
        bench.ram = Ram(AxiReadBus.from_prefix(ports, "m_axi"), dut.clk_i, dut.rst_i, size=SIZE)
        bench.contents = bench.random.randbytes(SIZE)
        bench.ram.write(0, bench.contents)
        bench.width = len(dut.out_data_o) // 8
        await ClockCycles(dut.clk_i, 4)
        dut.rst_i.value = 0
        await ClockCycles(dut.clk_i, 1)
        return bench

    def stall(self):
        self.ram.ar_channel.set_pause_generator(pauses(self.random))
        self.ram.r_channel.set_pause_generator(pauses(self.random))

    async def command(self, address, length):
        self.dut.cmd_addr_i.value, self.dut.cmd_bytes_i.value = address, length
        self.dut.cmd_valid_i.value = 1
        while True:
            await RisingEdge(self.dut.clk_i)
            if self.dut.cmd_ready_o.value:
                break
        self.dut.cmd_valid_i.value = 0

    async def beats(self, share=0.0):
        """The beats of a command, and the response at its end; the reader pauses in this share of the cycles."""
        data, silent = [], 0
        while True:
            ready = self.random.random() >= share
            self.dut.out_ready_i.value = int(ready)
            await RisingEdge(self.dut.clk_i)
            if ready and self.dut.out_valid_o.value:
                silent = 0
                resp = int(self.dut.out_resp_o.value)
                if resp == 0:
                    data.append(int(self.dut.out_data_o.value).to_bytes(self.width, "little"))
                if self.dut.out_last_o.value:
                    self.dut.out_ready_i.value = 0
                    return b"".join(data), resp
            silent += 1
            assert silent < PATIENCE, "a command does not end"

    def expected(self, address, length):
        begin, end = address // self.width, -(-(address + length) // self.width)
        return self.contents[begin * self.width:end * self.width]

    def some_command(self):
        address = self.random.randrange(SIZE - 1)
        return address, self.random.randint(1, min(SIZE - address, self.random.choice((40, 600, 9000))))


@cocotb.test()
async def contents(dut):
    """Random commands, one ahead of the one that is read, under pauses everywhere."""
    bench = await Bench.start(dut, "contents")
    bench.stall()
    commands = [bench.some_command() for _ in range(60)]

    async def send():
        for command in commands:
            await bench.command(*command)

    cocotb.start_soon(send())
    for address, length in commands:
        data, resp = await bench.beats(bench.random.choice((0, 0.1, 0.6)))
        assert resp == 0 and data == bench.expected(address, length), f"{length} bytes at {address:#x}"
    await ClockCycles(dut.clk_i, 50)
    assert not dut.busy_o.value and not dut.out_valid_o.value
    assert int(dut.bytes_o.value) == bench.ram.reads


@cocotb.test()
async def errors(dut):
    """A command that meets an error ends with it; the next one is not affected."""
    bench = await Bench.start(dut, "errors")
    bench.stall()
    failures = 0
    for _ in range(60):
        address, length = bench.some_command()
        begin = address + bench.random.randrange(2 * length)
        bench.ram.bad = range(begin, begin + bench.random.choice((0, 64, 9000)))
        expected = bench.expected(address, length)
        first = address // bench.width * bench.width
        good = next((at for at in range(first, address + length, bench.width) if at in bench.ram.bad), None)
        await bench.command(address, length)
        data, resp = await bench.beats(0.2)
        if good is None:
            assert resp == 0 and data == expected
        else:
            failures += 1
            assert resp == 2 and data == expected[:good - first], f"{length} bytes at {address:#x}"
    assert failures > 10, failures


@cocotb.test()
async def rate(dut):
    """Without pauses a beat comes in every cycle."""
    bench = await Bench.start(dut, "rate")
    length = 1000 * bench.width
    await bench.command(0, length)
    data, resp = await bench.beats()
    assert resp == 0 and data == bench.expected(0, length)
    waited = int(dut.waited_o.value)
    assert waited < 100, f"{waited} cycles waited"
