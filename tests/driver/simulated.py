"""A board without hardware: the packaged IP in Verilator behind what PYNQ offers.

`Board` clocks the verilated core. `module` makes a stand-in for the package pynq whose overlay, MMIO, DMA channels and buffers
drive the simulated pins, with the manners of the real ones: a channel is started once and takes one transfer at a time, what was
received is seen after `wait` alone, an access that the core refuses ends in a bus error.
"""

import ctypes
import types

import numpy as np

# Cycles that pass while a program asks a channel for its state once.
CYCLES_A_LOOK = 300


class In(ctypes.Structure):
    _fields_ = [
        ("s_axis_tdata", ctypes.c_uint64), ("s_axi_awaddr", ctypes.c_uint32), ("s_axi_wdata", ctypes.c_uint32),
        ("s_axi_araddr", ctypes.c_uint32), *[(name, ctypes.c_uint8) for name in (
            "rst", "s_axis_tvalid", "s_axis_tlast", "m_axis_tready", "s_axi_awvalid", "s_axi_wvalid", "s_axi_wstrb",
            "s_axi_bready", "s_axi_arvalid", "s_axi_rready")]]


class Out(ctypes.Structure):
    _fields_ = [
        ("m_axis_tdata", ctypes.c_uint32), ("s_axi_rdata", ctypes.c_uint32), *[(name, ctypes.c_uint8) for name in (
            "s_axis_tready", "m_axis_tvalid", "m_axis_tlast", "s_axi_awready", "s_axi_wready", "s_axi_bvalid",
            "s_axi_bresp", "s_axi_arready", "s_axi_rvalid", "s_axi_rresp", "m_axi_beat", "stopped")]]


class BusError(Exception):
    """What ends a program on the board."""


class Board:
    """The core, its clock, and both streams."""

    def __init__(self, library, bus_bytes):
        self.library = ctypes.CDLL(library)
        self.library.snn_message.restype = ctypes.c_char_p
        self.bus_bytes = bus_bytes
        self.pins, self.out = In(s_axi_bready=1, s_axi_rready=1), Out()
        assert self.library.snn_open(ctypes.c_uint64(7), 0) == 1
        # The streams stand still, as with a core that waits for something.
        self.stuck = False
        self.writes = 0
        self.reset()

    def reset(self):
        self.beats, self.words, self.taking = [], [], 0
        self.ended = False
        # Both streams are withdrawn with the reset; the IP has a register on it, so the core still runs for a cycle.
        for name, _ in In._fields_:
            setattr(self.pins, name, int(name in ("s_axi_bready", "s_axi_rready", "rst")))
        for _ in range(9):
            self.library.snn_cycle(ctypes.byref(self.pins), ctypes.byref(self.out))
        # AMBA AXI, Reset: a master begins after the first edge at which the reset is off.
        self.pins.rst = 0
        self.library.snn_cycle(ctypes.byref(self.pins), ctypes.byref(self.out))

    def cycle(self):
        pins, out = self.pins, self.out
        pins.s_axis_tvalid = bool(self.beats) and not self.stuck
        if self.beats:
            pins.s_axis_tdata, pins.s_axis_tlast = self.beats[0]
        pins.m_axis_tready = self.taking > 0 and not self.stuck
        self.library.snn_cycle(ctypes.byref(pins), ctypes.byref(out))
        assert not out.stopped, self.library.snn_message()
        if pins.s_axis_tvalid and out.s_axis_tready:
            self.beats.pop(0)
        if out.m_axis_tvalid and pins.m_axis_tready:
            self.words.append(out.m_axis_tdata)
            self.taking -= 1
            if out.m_axis_tlast:
                self.taking, self.ended = 0, True

    def send(self, data):
        """The bytes of one frame, from the next cycle on."""
        beats = [data[at:at + self.bus_bytes] for at in range(0, len(data), self.bus_bytes)]
        self.beats = [(int.from_bytes(beat, "little"), int(n + 1 == len(beats))) for n, beat in enumerate(beats)]

    def read(self, address):
        self.pins.s_axi_araddr, self.pins.s_axi_arvalid = address, 1
        for _ in range(100):
            self.cycle()
            if self.out.s_axi_arready:
                self.pins.s_axi_arvalid = 0
            if self.out.s_axi_rvalid:
                if self.out.s_axi_rresp:
                    raise BusError(f"read of {address:#x}")
                return self.out.s_axi_rdata
        raise BusError(f"no answer to the read of {address:#x}")

    def write(self, address, value):
        self.writes += 1
        pins = self.pins
        pins.s_axi_awaddr, pins.s_axi_wdata, pins.s_axi_wstrb = address, value, 0xF
        pins.s_axi_awvalid = pins.s_axi_wvalid = 1
        for _ in range(100):
            self.cycle()
            if self.out.s_axi_awready:
                pins.s_axi_awvalid = 0
            if self.out.s_axi_wready:
                pins.s_axi_wvalid = 0
            if self.out.s_axi_bvalid:
                if self.out.s_axi_bresp:
                    raise BusError(f"write of {value:#x} to {address:#x}")
                return
        raise BusError(f"no answer to the write to {address:#x}")


class Channel:
    """One direction of an AXI DMA without descriptors."""

    def __init__(self, board, sends):
        self.board, self.sends = board, sends
        self.buffer, self.failure, self.transferred = None, None, 0
        self.running = self.first = True

    def start(self):
        self.running = self.first = True
        self.buffer = self.failure = None

    def stop(self):
        self.running = False

    @property
    def error(self):
        return self.failure is not None

    @property
    def idle(self):
        for _ in range(CYCLES_A_LOOK):
            self.board.cycle()
        return not self.first and self._over()

    def _over(self):
        if self.sends:
            return not self.board.beats
        if not self.board.ended and self.board.taking == 0:
            # The buffer is full and the frame goes on.
            self.failure, self.running = "DMA Internal Error (transfer length 0?)", False
        return self.board.ended

    def transfer(self, array, start=0, nbytes=0):
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self.first and not self._over():
            raise RuntimeError("DMA channel not idle")
        assert start == 0 and nbytes == 0 and array.flags.c_contiguous and not array.freed
        self.first, self.buffer = False, array
        if self.sends:
            self.board.send(array.tobytes())
        else:
            self.board.words, self.board.taking, self.board.ended = [], array.nbytes // 4, False

    def wait(self):
        if self.failure:
            raise RuntimeError(self.failure)
        if not self.running:
            raise RuntimeError("DMA channel not started")
        while not self.idle:
            if self.failure:
                raise RuntimeError(self.failure)
        self.transferred = self.buffer.nbytes
        if not self.sends:
            words = np.array(self.board.words, np.uint32)
            self.transferred = words.nbytes
            self.buffer.reshape(-1)[:len(words)] = words


class Buffer(np.ndarray):
    """Memory that a DMA reaches. The core reads what was flushed last."""

    freed = False
    count = 0
    board = None
    device_address = 0

    def flush(self):
        data = self.tobytes()
        self.board.library.snn_memory(ctypes.c_uint64(self.device_address), data, ctypes.c_uint64(len(data)))

    def freebuffer(self):
        assert not self.freed
        self.freed = True
        Buffer.count -= 1


def allocator(board):
    """Buffers at pages above 4 GB."""
    pages = iter(range(1 << 20, 1 << 24, 1 << 12))

    def allocate(shape, dtype):
        buffer = np.full(shape, 0xA5, dtype).view(Buffer)
        buffer.board, buffer.device_address = board, next(pages) << 12
        Buffer.count += 1
        return buffer

    return allocate


def module(board, ip_dict, identity=None):
    """A stand-in for the package pynq; `identity` is what the core's first register holds on another board."""

    class Dma:
        def __init__(self):
            self.sendchannel, self.recvchannel = Channel(board, True), Channel(board, False)

    class Overlay:
        def __init__(self, bitfile):
            self.bitfile, self.ip_dict = bitfile, ip_dict
            for name, entry in ip_dict.items():
                if "axi_dma" in entry["type"]:
                    setattr(self, name, Dma())
            board.reset()

        def download(self):
            board.reset()
            for name, value in vars(self).items():
                if isinstance(value, Dma):
                    value.sendchannel.stop()
                    value.recvchannel.stop()

    class MMIO:
        def __init__(self, base, length):
            self.base, self.length = base, length

        def read(self, offset=0):
            assert offset % 4 == 0 and offset + 4 <= self.length
            if offset == 0 and identity is not None:
                return identity
            return board.read(offset)

        def write(self, offset, value):
            assert offset % 4 == 0 and offset + 4 <= self.length and isinstance(value, int)
            board.write(offset, value)

    return types.SimpleNamespace(Overlay=Overlay, MMIO=MMIO, allocate=allocator(board))
