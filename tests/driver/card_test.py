"""The driver of a card in a PCI Express slot: card_test.py BUILD LIBRARY IMAGES EXPECTED.JSON OTHER.BIN.

The files of the driver xdma are real ones for `Device`; for `Network` they are replaced by the packaged IP in Verilator behind registers
of an AXI DMA and the memory of a card.
"""

import ctypes
import json
import os
import pathlib
import sys
import tempfile

import numpy as np

build_folder, library, images_file, expected_file, other_image = sys.argv[1:]
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(build_folder, "software"))]
sys.dont_write_bytecode = True
import simulated
from checks import check, fails, loading, same

import driver
import xdma

images = np.load(images_file)
expected = json.load(open(expected_file))
build = driver.Build(build_folder)
own = pathlib.Path(build_folder, "model.bin").read_bytes()

# ------------------------------------------------------------------------------------------------ files
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "xdma0")
    fails(driver.OverlayError, ["cannot be opened", "load the driver xdma"], lambda: xdma.Device(path))
    pathlib.Path(f"{path}_user").write_bytes(bytes(xdma.BAR))
    pathlib.Path(f"{path}_h2c_0").write_bytes(b"")
    os.symlink(f"{path}_h2c_0", f"{path}_c2h_0")
    files = len(os.listdir("/proc/self/fd"))
    device = xdma.Device(path)
    device.write_word(0x100010, 0xFFFF0001)
    check("a register", device.read_word(0x100010) == 0xFFFF0001 and device.read_word(0x100014) == 0)
    data = np.random.default_rng(1).integers(0, 256, 2 * xdma.PIECE + 77, np.uint8).tobytes()
    device.write(4096, data)
    check("memory in several pieces", device.read(4096, len(data)) == data)
    check("a part of it", device.read(4096 + 5, 9) == data[5:14])
    fails(driver.DmaError, ["the memory of the card ends at"], lambda: device.read(4096 + len(data) - 4, 8))
    device.close()
    with open(f"{path}_user", "rb") as bar:
        bar.seek(0x100010)
        check("the bytes of a register", bar.read(4) == bytes([1, 0, 0xFF, 0xFF]))
    check("files are closed", len(os.listdir("/proc/self/fd")) == files)


# ------------------------------------------------------------------------------------------------ card
class Direction:
    """A channel of the DMA."""

    def __init__(self):
        self.running, self.first, self.fault, self.low, self.high, self.length = False, True, 0, 0, 0, 0


class Card:
    """Registers of DMA and core, and memory, behind the interface of `xdma.Device`."""

    def __init__(self):
        self.board = simulated.Board(library, build.bus_lanes * build.dtype.itemsize)
        self.memory = [bytearray(1 << 23) for _ in range(build.memory_ports)]
        self.directions, self.closed = [Direction(), Direction()], False

    def place(self, address, count):
        channel, at = divmod(address, build.pcie["channel_bytes"])
        assert at + count <= len(self.memory[channel])
        return self.memory[channel], at

    def write(self, address, data):
        memory, at = self.place(address, len(data))
        memory[at:at + len(data)] = data
        # An image: the ports of the core read it, and must find the same in each channel.
        if data[:4] == own[:4]:
            self.image = (at, bytes(data)) if memory is self.memory[0] else self.image
            check("each port has the image", self.image == (at, bytes(data)))
            self.board.library.snn_memory(ctypes.c_uint64(at), bytes(data), ctypes.c_uint64(len(data)))

    def read(self, address, count):
        memory, at = self.place(address, count)
        return bytes(memory[at:at + count])

    def read_word(self, address):
        if address >= build.pcie["core"]:
            return self.board.read(address - build.pcie["core"])
        sends, register = address < xdma.SECOND, address % xdma.SECOND
        direction = self.directions[not sends]
        if register == xdma.CONTROL:
            return int(direction.running)
        if register == xdma.LENGTH:
            return direction.length
        assert register == xdma.STATUS
        if not direction.first and not self.over(sends):
            for _ in range(simulated.CYCLES_A_LOOK):
                self.board.cycle()
        return (not direction.running) * xdma.HALTED + (not direction.first and self.over(sends)) * xdma.IDLE + direction.fault

    def over(self, sends):
        direction = self.directions[not sends]
        if sends:
            return not self.board.beats
        if self.board.taking == 0 and not self.board.ended and not direction.fault:
            # The buffer is full and the frame goes on.
            direction.fault, direction.running = 0x10, False
        if self.board.ended and direction.running:
            words = np.array(self.board.words, np.uint32).tobytes()
            direction.length = len(words)
            memory, at = self.place(direction.low | direction.high << 32, len(words))
            memory[at:at + len(words)] = words
        return self.board.ended

    def write_word(self, address, value):
        if address >= build.pcie["core"]:
            self.board.write(address - build.pcie["core"], value)
            return
        sends, register = address < xdma.SECOND, address % xdma.SECOND
        direction = self.directions[not sends]
        if register == xdma.CONTROL:
            if value & xdma.RESET:
                self.directions, self.board.beats, self.board.taking = [Direction(), Direction()], [], 0
            else:
                direction.running, direction.first = bool(value & xdma.RUN), True
        elif register == xdma.ADDRESS_LOW:
            direction.low = value
        elif register == xdma.ADDRESS_HIGH:
            direction.high = value
        else:
            assert register == xdma.LENGTH and direction.running and 0 < value < 1 << 26
            direction.first, direction.length = False, value
            memory, at = self.place(direction.low | direction.high << 32, value)
            if sends:
                self.board.send(bytes(memory[at:at + value]))
            else:
                self.board.words, self.board.taking, self.board.ended = [], value // 4, False

    def close(self):
        self.closed = True


check("a core with two ports", build.memory_ports == 2 and build.reads_memory)
device = Card()
with xdma.Network(build_folder, device=device) as network:
    loading(driver, network, build_folder, images, expected, other_image, device.board.library)
    card = network._pynq
    check("one image and two buffers are held", len(card._taken) == 3)
    check("places do not overlap", all(a[1] <= b[0] for a, b in zip(card._taken, card._taken[1:])))
    card.channel_bytes, all_bytes = 1 << 16, card.channel_bytes
    fails(driver.InputError, ["do not fit into"], lambda: card.allocate((1 << 17,), np.uint8))
    card.channel_bytes = all_bytes
    # A core that stands still: the DMA is reset, the sample stays inside.
    network.timeout, device.board.stuck = 0.2, True
    fails(driver.DmaTimeout, ["no progress"], lambda: network.infer(images[:1]))
    fails(driver.DmaError, ["call reset()"], lambda: network.infer(images[:1]))
    device.board.stuck = False
    network.reset()
    network.timeout = 10.0
    same(driver, "after a reset with an empty core", network.infer(images[:2]), expected["own"][:2])
    device.write_word(xdma.ADDRESS_LOW, 0)
    device.write_word(xdma.LENGTH, 5 * build.bus_lanes)
    for _ in range(200):
        device.board.cycle()
    fails(driver.DmaError, ["still inside the core"], network.reset)
    fails(driver.DmaError, ["still inside"], lambda: network.infer(images[:1]))
check("the device is closed", device.closed and not card._taken)

# Build folders that are not for a card.
plain = driver.Build(build_folder)
plain.pcie = None
fails(driver.InputError, ["is not for a card"], lambda: xdma.Network(plain, device=device))
plain.pcie = {"dma": 0}
fails(driver.InputError, ["not a build folder of this version"], lambda: xdma.Network(plain, device=device))
print("all is right")
