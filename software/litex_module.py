"""The core of a build folder as a module of LiteX.

    from litex_module import SpikingNetwork

    self.network = SpikingNetwork(self, "build")        # in the constructor of a SoC with Wishbone as its bus

The module adds two DMA channels with CSRs, `network_samples` and `network_results` (base, length, enable, done), and maps
the registers of the core (docs/registers.md) to a region of the bus, `network`. A sample lies in memory beat by beat: the
elements of a beat (`manifest.json`: `input.beat_lanes`), filled up to a power of two of them; it takes `sample_bytes`, a
result frame `frame_bytes`. To run a sample:

    network_results_base, _length = address, frame_bytes; network_results_enable = 1
    network_samples_base, _length = address, sample_bytes; network_samples_enable = 1
    wait for network_results_done; write 0 to both enables

A core that reads weights from memory (`build --weights external`) has `self.memory`, the read channels of an AXI4 master:
connect it to a port of the memory controller. Written for LiteX 2024.12.
"""

import json
import pathlib

from litex.gen import *
from litex.soc.cores.dma import WishboneDMAReader, WishboneDMAWriter
from litex.soc.integration.soc import SoCRegion
from litex.soc.interconnect import axi, stream, wishbone
from migen import ClockSignal, If, Instance, ResetSignal, Signal

ELEMENT_BITS = {"u8": 8, "i8": 8, "u16": 16}
WORD = 32


class FrameCutter(LiteXModule):
    """Takes beats of a sample out of words of 32 bits: `last` with the last beat, and what fills the last word is dropped."""

    def __init__(self, width, beats):
        self.sink = sink = stream.Endpoint([("data", WORD)])
        self.source = source = stream.Endpoint([("data", width)])
        self.converter = converter = stream.Converter(WORD, width)
        count, rest = Signal(max=max(beats, 2)), Signal()
        # Words of the next sample follow at once: where a sample ends in the middle of a word, the rest of the word goes.
        per_word = max(WORD // width, 1)
        place = Signal(max=max(per_word, 2))
        self.comb += [
            sink.connect(converter.sink),
            source.data.eq(converter.source.data),
            source.valid.eq(converter.source.valid & ~rest),
            source.last.eq(count == beats - 1),
            converter.source.ready.eq(source.ready | rest),
        ]
        moved = Signal()
        self.comb += moved.eq(converter.source.valid & converter.source.ready)
        self.sync += If(
            moved,
            If(place == per_word - 1, place.eq(0), rest.eq(0)).Else(
                place.eq(place + 1), If(source.valid & source.last, rest.eq(1))),
            If(~rest, If(source.last, count.eq(0)).Else(count.eq(count + 1))),
        )


class SpikingNetwork(LiteXModule):
    """The core, its DMA channels and its registers."""

    def __init__(self, soc, build, name="network", origin=None):
        folder = pathlib.Path(build).resolve()
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        frame, output = manifest["input"], manifest["output"]
        element = frame.get("element_bits", ELEMENT_BITS[frame["element"]])
        own_width = element * frame["beat_lanes"]
        width = 1 << (own_width - 1).bit_length()
        memory_bits = manifest.get("memory_port_bits", 0)
        address_bits = manifest["address_bits"]
        #: Bytes of a sample and of a result frame in memory.
        self.sample_bytes = -(-frame["beats"] * width // WORD) * (WORD // 8)
        self.frame_bytes = output["words"] * (WORD // 8)

        # "big": the bytes of a word are not turned around.
        bus = [wishbone.Interface(data_width=WORD, address_width=WORD) for _ in range(2)]
        self.samples = WishboneDMAReader(bus[0], endianness="big", with_csr=True)
        self.results = WishboneDMAWriter(bus[1], endianness="big")
        # A frame that waits for its buffer is not dropped.
        self.results.add_ctrl(ready_on_idle=0)
        self.results.add_csr()
        self.cutter = cutter = FrameCutter(width, frame["beats"])
        self.comb += self.samples.source.connect(cutter.sink, omit={"last"})
        self.registers = registers = axi.AXILiteInterface(data_width=WORD, address_width=WORD)
        busy = Signal()
        ports = dict(
            p_RomPath=str(folder / "rom") + "/",
            i_clk_i=ClockSignal("sys"),
            i_rst_i=ResetSignal("sys"),
            i_s_axis_tvalid_i=cutter.source.valid,
            o_s_axis_tready_o=cutter.source.ready,
            i_s_axis_tdata_i=cutter.source.data[:own_width],
            i_s_axis_tlast_i=cutter.source.last,
            o_m_axis_tvalid_o=self.results.sink.valid,
            i_m_axis_tready_i=self.results.sink.ready,
            o_m_axis_tdata_o=self.results.sink.data,
            o_m_axis_tlast_o=self.results.sink.last,
            i_s_axi_awvalid_i=registers.aw.valid,
            o_s_axi_awready_o=registers.aw.ready,
            i_s_axi_awaddr_i=registers.aw.addr[:address_bits],
            i_s_axi_wvalid_i=registers.w.valid,
            o_s_axi_wready_o=registers.w.ready,
            i_s_axi_wdata_i=registers.w.data,
            i_s_axi_wstrb_i=registers.w.strb,
            o_s_axi_bvalid_o=registers.b.valid,
            i_s_axi_bready_i=registers.b.ready,
            o_s_axi_bresp_o=registers.b.resp,
            i_s_axi_arvalid_i=registers.ar.valid,
            o_s_axi_arready_o=registers.ar.ready,
            i_s_axi_araddr_i=registers.ar.addr[:address_bits],
            o_s_axi_rvalid_o=registers.r.valid,
            i_s_axi_rready_i=registers.r.ready,
            o_s_axi_rdata_o=registers.r.data,
            o_s_axi_rresp_o=registers.r.resp,
            o_busy_o=busy,
        )
        if memory_bits:
            self.memory = memory = axi.AXIInterface(data_width=memory_bits, address_width=40, id_width=1)
            ports.update(
                o_m_axi_arvalid_o=memory.ar.valid,
                i_m_axi_arready_i=memory.ar.ready,
                o_m_axi_arid_o=memory.ar.id,
                o_m_axi_araddr_o=memory.ar.addr,
                o_m_axi_arlen_o=memory.ar.len,
                o_m_axi_arsize_o=memory.ar.size,
                o_m_axi_arburst_o=memory.ar.burst,
                o_m_axi_arlock_o=memory.ar.lock,
                o_m_axi_arcache_o=memory.ar.cache,
                o_m_axi_arprot_o=memory.ar.prot,
                o_m_axi_arqos_o=memory.ar.qos,
                i_m_axi_rvalid_i=memory.r.valid,
                o_m_axi_rready_o=memory.r.ready,
                i_m_axi_rid_i=memory.r.id,
                i_m_axi_rdata_i=memory.r.data,
                i_m_axi_rresp_i=memory.r.resp,
                i_m_axi_rlast_i=memory.r.last,
            )
        self.specials += Instance(manifest["top"], name="u_core", **ports)
        for source in (folder / "rtl/files.f").read_text(encoding="utf-8").split():
            soc.platform.add_source(str(folder / source))

        region = SoCRegion(origin=origin, size=max(1 << address_bits, 0x1000), cached=False)
        soc.bus.add_slave(name, registers, region)
        soc.bus.add_master(f"{name}_samples", master=self.samples.bus)
        soc.bus.add_master(f"{name}_results", master=self.results.bus)
