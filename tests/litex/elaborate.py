"""A SoC with a memory, the module, and a bus that is driven from outside: elaborate.py BUILD OUTPUT.

Writes OUTPUT/soc.v and OUTPUT/map.json: the addresses of CSRs, memory and registers.
"""

import json
import pathlib
import sys

build, output = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(build) / "software"))

from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.soc.integration.builder import Builder
from litex.soc.integration.export import get_csr_json
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
from litex_module import SpikingNetwork
from migen import ClockDomain, Module

IO = [
    ("clk", 0, Pins(1)),
    ("rst", 0, Pins(1)),
    ("host", 0, *[Subsignal(name, Pins(width)) for name, width in (
        ("adr", 30), ("dat_w", 32), ("dat_r", 32), ("sel", 4), ("cyc", 1), ("stb", 1), ("we", 1), ("ack", 1), ("err", 1))]),
]


class Clocks(Module):
    def __init__(self, platform):
        self.clock_domains.cd_sys = ClockDomain()
        self.comb += [self.cd_sys.clk.eq(platform.request("clk")), self.cd_sys.rst.eq(platform.request("rst"))]


class Soc(SoCMini):
    def __init__(self, platform):
        SoCMini.__init__(self, platform, clk_freq=int(100e6), ident="", ident_version=False)
        self.submodules.crg = Clocks(platform)
        self.add_ram("samples_ram", origin=0x40000000, size=0x4000)
        self.network = SpikingNetwork(self, build, origin=0x30000000)
        host, pads = wishbone.Interface(data_width=32, address_width=32), platform.request("host")
        self.bus.add_master("host", master=host)
        self.comb += [
            host.adr.eq(pads.adr), host.dat_w.eq(pads.dat_w), host.sel.eq(pads.sel), host.cyc.eq(pads.cyc),
            host.stb.eq(pads.stb), host.we.eq(pads.we),
            pads.dat_r.eq(host.dat_r), pads.ack.eq(host.ack), pads.err.eq(host.err),
        ]


soc = Soc(SimPlatform("SIM", IO, toolchain="verilator"))
Builder(soc, output_dir=output, compile_software=False, compile_gateware=False)
soc.finalize()
folder = pathlib.Path(output)
folder.mkdir(parents=True, exist_ok=True)
soc.platform.get_verilog(soc, name="soc").write(str(folder / "soc.v"))
found = json.loads(get_csr_json(soc.csr_regions, soc.constants, soc.mem_regions))
(folder / "map.json").write_text(json.dumps({
    "csr": {name: entry["addr"] for name, entry in found["csr_registers"].items()},
    "memories": {name: entry["base"] for name, entry in found["memories"].items()},
    "sample_bytes": soc.network.sample_bytes,
    "frame_bytes": soc.network.frame_bytes,
}))
