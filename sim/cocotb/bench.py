"""The core on a bench: clients of cocotbext-axi on its three interfaces, its registers by name, the golden model's results.

Environment: SNN2RTL_BUILD is the build folder, SNN2RTL_VECTORS the file that `snn2rtl cocotb --vectors` writes,
SNN2RTL_SEED a number (1) that all that is random comes from, SNN2RTL_FRAMES the frames of the longest test (100).
"""

import json
import logging
import os
import random
import warnings

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, SimTimeoutError, with_timeout
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp, AxiStreamBus, AxiStreamSink, AxiStreamSource

PERIOD = 10  # ns
# Cycles that the first result may take; later ones get a multiple of what the slowest before took.
PATIENCE = 5_000_000
FRAMES = int(os.environ.get("SNN2RTL_FRAMES", "100"))
SEED = os.environ.get("SNN2RTL_SEED", "1")

# The clients speak of every transfer, and use names of cocotb that have newer ones.
logging.getLogger("cocotb.tb").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", category=DeprecationWarning)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


BUILD = os.environ["SNN2RTL_BUILD"]
MANIFEST = read_json(os.path.join(BUILD, "manifest.json"))
MAP = read_json(os.path.join(BUILD, "registers.json"))
VECTORS = read_json(os.environ["SNN2RTL_VECTORS"])
SAMPLES, RULES, RESULTS, MALFORMED = (VECTORS[key] for key in ("samples", "rules", "results", "malformed"))
REGISTERS = {register["name"]: register for register in MAP["registers"]}
WIDE = {wide["name"]: wide for wide in MAP["wide"]}
# Whether the core has the rule of confidence.
CONFIDENCE = WIDE["margin"]["bits"] > 0
# Without a rule every sample runs until nothing changes any more.
NO_RULE = RULES.index({"t_max": 0, "margin": 0, "patience": 0})


class Ports:
    """The top level under the names that the clients look for: without `_i` and `_o`."""

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


def chance(name):
    """Random generator of the test `name`."""
    return random.Random(f"{SEED} {name}")


def pauses(random):
    """Random stalls in phases, each with its own probability, from none to nearly always."""
    while True:
        share = random.choice((0, 1 / 8, 1 / 2, 7 / 8))
        for _ in range(random.randrange(16, 500)):
            yield random.random() < share


class Bench:
    """A core out of reset."""

    @classmethod
    async def start(cls, dut):
        bench = cls(dut)
        cocotb.start_soon(Clock(dut.clk_i, PERIOD, "ns").start())
        await bench.reset()
        return bench

    def __init__(self, dut):
        ports = Ports(dut)
        common = {"clock": ports.clk, "reset": ports.rst}
        self.dut = dut
        dut.rst_i.value = 1
        bits = 16 if MANIFEST["input"]["element"] == "u16" else 8
        self.mask = (1 << bits) - 1
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(ports, "s_axis"), byte_size=bits, **common)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(ports, "m_axis"), byte_size=32, **common)
        self.axi = AxiLiteMaster(AxiLiteBus.from_prefix(ports, "s_axi"), **common)
        self.channels = {
            "AW": self.axi.write_if.aw_channel, "W": self.axi.write_if.w_channel, "B": self.axi.write_if.b_channel,
            "AR": self.axi.read_if.ar_channel, "R": self.axi.read_if.r_channel,
        }
        self.patience = PATIENCE

    @staticmethod
    def now():
        """The number of this cycle."""
        return int(get_sim_time("ns") / PERIOD)

    async def cycles(self, count):
        await ClockCycles(self.dut.clk_i, count)

    async def reset(self, cycles=4):
        """Resets the core; samples inside and queued frames are discarded."""
        self.dut.rst_i.value = 1
        await self.cycles(cycles)
        self.source.clear()
        self.sink.clear()
        self.dut.rst_i.value = 0
        await self.cycles(1)

    def stall(self, random, streams=True, channels=()):
        """Enables random stalls of the clients."""
        for client in [self.source, self.sink] if streams else []:
            client.set_pause_generator(pauses(random))
        for name in channels:
            self.channels[name].set_pause_generator(pauses(random))

    # ---------------------------------------------------------------------------------------- frames

    def send(self, elements):
        """Queues a frame."""
        elements = [element & self.mask for element in elements]
        self.source.send_nowait(bytes(elements) if self.mask == 0xFF else elements)

    async def receive(self):
        """The words of the next result frame."""
        begin = self.now()
        try:
            frame = await with_timeout(self.sink.recv(), self.patience * PERIOD, "ns")
        except SimTimeoutError:
            raise AssertionError(f"no result in {self.patience} cycles: a frame is lost") from None
        if self.patience == PATIENCE:
            self.patience = 0
        self.patience = max(self.patience, 100 * (self.now() - begin) + 100_000)
        return list(frame.tdata)

    async def expect(self, words, what):
        """Checks that the next result frame is this one."""
        found = await self.receive()
        assert found == words, f"{what}: the result is {found}, not {words}"

    async def expect_sample(self, sample, rule=NO_RULE, what=""):
        await self.expect(RESULTS[rule][sample], f"{what} sample {sample}, rule {RULES[rule]}")

    async def expect_silence(self, cycles=2000):
        """Checks that no additional word arrives and that the core is empty."""
        await self.cycles(cycles)
        assert self.sink.empty(), f"a result that belongs to no frame: {list(self.sink.recv_nowait().tdata)}"
        assert not int(self.dut.m_axis_tvalid_o.value), "a word that belongs to no frame"
        assert not int(self.dut.busy_o.value), "busy without a sample"

    # ------------------------------------------------------------------------------------- registers

    async def read_address(self, address):
        """Response and value."""
        reply = await self.axi.read(address, 4)
        return reply.resp, int.from_bytes(reply.data, "little")

    async def read(self, name):
        resp, value = await self.read_address(REGISTERS[name]["offset"])
        assert resp == AxiResp.OKAY, f"reading {name}: {resp}"
        return value

    async def read_wide(self, name):
        low = await self.read(WIDE[name]["low"])
        return low | await self.read(WIDE[name]["high"]) << 32

    async def field(self, name, field):
        return field_of(name, field, await self.read(name))

    async def write_address(self, address, data):
        """The response to writing these bytes, which lie in one register."""
        return (await self.axi.write(address, data)).resp

    async def write(self, name, value):
        resp = await self.write_address(REGISTERS[name]["offset"], value.to_bytes(4, "little"))
        assert resp == AxiResp.OKAY, f"writing {value:#x} to {name}: {resp}"

    async def write_strobed(self, address, value, strobe):
        """The response to a write of any set of bytes, by the channels themselves."""
        aw, w = (self.channels[name]._transaction_obj() for name in ("AW", "W"))
        aw.awaddr, w.wdata, w.wstrb = address, value, strobe
        await self.channels["AW"].send(aw)
        await self.channels["W"].send(w)
        return AxiResp(int((await self.channels["B"].recv()).bresp))

    async def set_rule(self, rule):
        """Writes the rules that end samples early."""
        rule = RULES[rule]
        if CONFIDENCE:
            await self.write("patience", 0)
        await self.write("t_max", rule["t_max"])
        if not CONFIDENCE:
            return
        await self.write("margin_low", rule["margin"] & 0xFFFFFFFF)
        await self.write("margin_high", rule["margin"] >> 32)
        await self.write("patience", rule["patience"])


def field_of(name, field, value):
    """A field of a register's value."""
    entry = next(entry for entry in REGISTERS[name]["fields"] if entry["name"] == field)
    return value >> entry["lsb"] & (1 << entry["bits"]) - 1


def mask_of(name, *fields):
    """The bits of these fields."""
    entries = [entry for entry in REGISTERS[name]["fields"] if entry["name"] in fields]
    assert len(entries) == len(fields), f"{name} has not all of {fields}"
    return sum((1 << entry["bits"]) - 1 << entry["lsb"] for entry in entries)
