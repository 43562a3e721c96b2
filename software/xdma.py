#!/usr/bin/env python3
"""Runs the network of a build folder on a card in a PCI Express slot (`build --target u250`, `u280` or `u55c`).

    from xdma import Network

    with Network() as network:                  # /dev/xdma0, and the build folder that this file is in
        classes = network.predict(images)       # a NumPy array of whole numbers, batch first
        network.load("other.bin", unit=0.01)    # hardware of `build --loadable`: another model image

The card must hold the bitstream of scripts/vivado_bd.tcl, and the host the driver xdma of AMD (dma_ip_drivers, XDMA), which
makes the files `/dev/xdma0_user` (the first BAR: registers), `/dev/xdma0_h2c_0` and `/dev/xdma0_c2h_0` (the memory of the card).
Everything else is as in `driver.py`: this file puts the card in the place of the package pynq.

From a shell: `python3 xdma.py images.npy`.
"""

import mmap
import os
import pathlib
import sys
import time
import types

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import driver

#: Bytes of the BAR with the registers.
BAR = 8 << 20
#: Buffers begin at a multiple of this.
PAGE = 4096
#: Most bytes of one access to the memory of the card.
PIECE = 1 << 22
# Registers of a channel of the AXI DMA without descriptors (AMD PG021), and where those of the second channel begin.
CONTROL, STATUS, ADDRESS_LOW, ADDRESS_HIGH, LENGTH, SECOND = 0x00, 0x04, 0x18, 0x1C, 0x28, 0x30
RUN, RESET = 1, 4
HALTED, IDLE = 1, 2
FAULTS = {0x10: "DMA Internal Error", 0x20: "DMA Slave Error", 0x40: "DMA Decode Error"}


class Device:
    """The files of the driver xdma: registers as words of 32 bits, memory as bytes."""

    def __init__(self, path="/dev/xdma0"):
        self._files, self._bar, self._words = [], None, None
        try:
            for name, flags in [("user", os.O_RDWR | os.O_SYNC), ("h2c_0", os.O_WRONLY), ("c2h_0", os.O_RDONLY)]:
                self._files.append(os.open(f"{path}_{name}", flags))
            self._bar = mmap.mmap(self._files[0], BAR)
        except (OSError, ValueError) as error:
            self.close()
            raise driver.OverlayError(
                f"the card {path} cannot be opened: {error}; load the driver xdma and the bitstream, and let your user "
                "access its files") from None
        self._words = np.frombuffer(self._bar, "<u4")

    def read_word(self, address):
        """A register."""
        return int(self._words[address // 4])

    def write_word(self, address, value):
        """Writes a register."""
        self._words[address // 4] = value

    def read(self, address, count):
        """`count` bytes of the memory."""
        data = bytearray()
        while len(data) < count:
            piece = self._access(os.pread, 2, min(PIECE, count - len(data)), address + len(data))
            if not piece:
                raise driver.DmaError(f"the memory of the card ends at {address + len(data):#x}")
            data += piece
        return bytes(data)

    def write(self, address, data):
        """Writes bytes to the memory."""
        at, view = 0, memoryview(data)
        while at < len(view):
            done = self._access(os.pwrite, 1, view[at:at + PIECE], address + at)
            if done <= 0:
                raise driver.DmaError(f"the memory of the card ends at {address + at:#x}")
            at += done

    def _access(self, call, file, what, address):
        try:
            return call(self._files[file], what, address)
        except OSError as error:
            raise driver.DmaError(f"the memory of the card at {address:#x} cannot be accessed: {error}") from error

    def close(self):
        """Closes the files."""
        self._words = None
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        while self._files:
            os.close(self._files.pop())


class Buffer(np.ndarray):
    """An array with a place in the memory of the card."""

    card, device_address = None, 0

    def flush(self):
        """Copies the array to the card, to the memory of each port of the core."""
        for port in range(self.card.ports):
            self.card.device.write(self.device_address + port * self.card.channel_bytes, self.tobytes())

    def freebuffer(self):
        """Gives the place back."""
        self.card.free(self.device_address)


class Channel:
    """One direction of the AXI DMA, with the interface of PYNQ's."""

    def __init__(self, card, base, sends):
        self._card, self._base, self._sends = card, base, sends
        self._buffer, self.transferred = None, 0

    def _read(self, register):
        return self._card.device.read_word(self._base + register)

    def _write(self, register, value):
        self._card.device.write_word(self._base + register, value)

    def start(self):
        """Lets the channel run."""
        self._write(CONTROL, RUN)

    @property
    def error(self):
        """Whether it has stopped with an error."""
        return bool(self._read(STATUS) & sum(FAULTS))

    @property
    def idle(self):
        """Whether the last transfer has ended."""
        return bool(self._read(STATUS) & IDLE)

    def transfer(self, buffer):
        """Starts a transfer of a whole buffer."""
        if self._read(STATUS) & HALTED:
            raise RuntimeError("DMA channel not started")
        self._buffer = buffer
        if self._sends:
            self._card.device.write(buffer.device_address, buffer.tobytes())
        self._write(ADDRESS_LOW, buffer.device_address & 0xFFFFFFFF)
        self._write(ADDRESS_HIGH, buffer.device_address >> 32)
        self._write(LENGTH, buffer.nbytes)

    def wait(self):
        """Completes a transfer that has ended: what was received is in the buffer."""
        status = self._read(STATUS)
        for bit, text in FAULTS.items():
            if status & bit:
                raise RuntimeError(text)
        self.transferred = self._read(LENGTH)
        if not self._sends:
            data = self._card.device.read(self._buffer.device_address, self._buffer.nbytes)
            self._buffer[...] = np.frombuffer(data, self._buffer.dtype).reshape(self._buffer.shape)


class Card:
    """What `driver.Network` takes in place of the package pynq."""

    def __init__(self, build, device):
        if build.pcie is None:
            raise driver.InputError(
                f"{build.folder} is not for a card: build it with --target u250, u280 or u55c")
        self.device, self._taken = device, []
        try:
            self.channel_bytes, dma, core = (int(build.pcie[key]) for key in ("channel_bytes", "dma", "core"))
        except (KeyError, TypeError, ValueError) as error:
            raise driver.InputError(f"{build.folder} is not a build folder of this version: {error!r}") from None
        self.ports = max(1, build.memory_ports)
        self._dma = types.SimpleNamespace(
            sendchannel=Channel(self, dma, True), recvchannel=Channel(self, dma + SECOND, False))
        self._base = dma
        ip_dict = {
            "snn": {"type": f"{driver.VENDOR}:{driver.LIBRARY}:{build.top}:1.0", "phys_addr": core, "addr_range": BAR - core},
            "dma": {"type": "xilinx.com:ip:axi_dma:7.1", "phys_addr": dma, "addr_range": 0x10000}}
        self.overlay = types.SimpleNamespace(ip_dict=ip_dict, dma=self._dma, download=self.reset_dma)
        self.reset_dma()
        for channel in (self._dma.sendchannel, self._dma.recvchannel):
            channel.start()

    def reset_dma(self):
        """Resets both channels of the DMA; transfers that are under way end."""
        self.device.write_word(self._base + CONTROL, RESET)
        end = time.monotonic() + 1
        while self.device.read_word(self._base + CONTROL) & RESET:
            if time.monotonic() > end:
                raise driver.DmaTimeout("the DMA does not come out of its reset: load the bitstream again")

    def MMIO(self, base, length):
        """Registers from `base` on."""
        def at(offset):
            assert 0 <= offset and offset + 4 <= length and offset % 4 == 0
            return base + offset

        return types.SimpleNamespace(
            read=lambda offset=0: self.device.read_word(at(offset)),
            write=lambda offset, value: self.device.write_word(at(offset), value))

    def allocate(self, shape, dtype):
        """A buffer at the first place that is free, in the memory of each port."""
        array = np.zeros(shape, dtype).view(Buffer)
        size = -(-max(1, array.nbytes) // PAGE) * PAGE
        begin, at = 0, 0
        for at, (first, end) in enumerate(self._taken + [(self.channel_bytes, 0)]):
            if begin + size <= first:
                break
            begin = end
        else:
            raise driver.InputError(
                f"{array.nbytes} bytes do not fit into the {self.channel_bytes} bytes of memory that a port of the core has")
        self._taken.insert(at, (begin, begin + size))
        array.card, array.device_address = self, begin
        return array

    def free(self, address):
        """Gives back the place at an address."""
        self._taken = [place for place in self._taken if place[0] != address]


class Network(driver.Network):
    """The hardware of a build folder on a card."""

    def __init__(self, build=None, device="/dev/xdma0", timeout=10.0):
        """Opens the card; `device` is what the names of its files begin with, or an open `Device`."""
        build = build if isinstance(build, driver.Build) else driver.Build(build)
        self._device = Device(device) if isinstance(device, (str, pathlib.Path)) else device
        try:
            card = Card(build, self._device)
            super().__init__(build, overlay=card.overlay, timeout=timeout, platform=card)
        except BaseException:
            self._device.close()
            raise

    def reset(self):
        """Resets the DMA after an error of it. What is inside the core stays: then the bitstream must be loaded again."""
        super().reset()
        if self.busy:
            self._broken = "a sample of before is still inside"
            raise driver.DmaError("a sample of before is still inside the core: load the bitstream again, and open the card again")

    def close(self):
        """Frees the buffers and closes the card. A core that reads weights from memory needs its image again."""
        super().close()
        self._device.close()


if __name__ == "__main__":
    sys.exit(driver.main(sys.argv[1:], Network))
