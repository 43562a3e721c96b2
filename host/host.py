#!/usr/bin/env python3
"""Sends samples to a board over its serial line and prints the classes.

    host.py --port /dev/ttyUSB0 images.npy
    host.py --port /dev/ttyUSB0                     # prints the identity of the board

A port is a serial device (with the package pyserial), tcp:HOST:PORT, or exec:COMMAND for a program that is the
line on its standard input and output, such as a simulation. Files are .npy, .npz or raw bytes. The protocol is
described in docs/uart-protocol.md.

Exit codes: 0, all samples have a result; 1, the board or the line; 2, the arguments or a file.
"""

import argparse
import ast
import json
import os
import re
import select
import shlex
import socket
import struct
import subprocess
import sys
import time
import zipfile

PROTOCOL = 1
END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
IDENTIFY, RESET, BLOCK, RESULT, READ, WRITE, LINE = range(1, 8)
DONE, BUSY, NOT_YET, WRONG_NUMBER, WRONG_REQUEST, BAD_PACKET, SLAVE_ERROR, DECODE_ERROR = range(8)
NAMES = {
    IDENTIFY: "identify", RESET: "reset", BLOCK: "block", RESULT: "result", READ: "read", WRITE: "write",
    LINE: "line",
}
REFUSALS = {
    WRONG_NUMBER: "its numbering is another: it was reset, or another program uses it",
    WRONG_REQUEST: "it does not know this request",
    SLAVE_ERROR: "this register does not take that",
    DECODE_ERROR: "there is no such register",
}
# Type of an element: its name, its bytes, NumPy's descriptions of it.
ELEMENTS = [("u8", 1, ("|u1", "<u1", ">u1")), ("i8", 1, ("|i1", "<i1", ">i1")), ("u16", 2, ("<u2",))]
FLAGS = ["quiescent", "stopped by T_max", "stopped by confidence"]
# Why the core refuses a model image.
LOAD_ERRORS = {
    1: "it does not begin like a model image", 2: "it is of another version of the format",
    3: "it was made for another machine", 4: "its sections do not have its length", 5: "it names a memory that there is not",
    6: "a section ends beyond its memory", 7: "its CRC is wrong", 8: "its source failed",
}
ATTEMPTS = 8
# Generated from src/registers/table.rs; do not edit. Addresses in bytes.
REGISTERS = {
    "identity": 0x00,
    "version": 0x04,
    "control": 0x08,
    "status": 0x0C,
    "t_max": 0x10,
    "samples_in": 0x14,
    "samples_out": 0x18,
    "stages": 0x1C,
    "cycles_low": 0x20,
    "cycles_high": 0x24,
    "in_stalls": 0x28,
    "out_stalls": 0x2C,
    "margin_low": 0x30,
    "margin_high": 0x34,
    "patience": 0x38,
}
LOAD_REGISTERS = {
    "load_control": 0x80,
    "load_status": 0x84,
    "load_data": 0x88,
    "load_machine": 0x8C,
    "load_address_low": 0x90,
    "load_address_high": 0x94,
    "load_length": 0x98,
    "memory_lost": 0x9C,
    "memory_beats": 0xA0,
}
FIRST_STAGE, STAGE_BYTES = 0x40, 0x10
STAGE_REGISTERS = {
    "spikes_low": 0x00,
    "spikes_high": 0x04,
    "work_low": 0x08,
    "work_high": 0x0C,
}
# Numbers in two registers, NAME_low and NAME_high.
WIDE = ["cycles", "margin"]
STAGE_WIDE = ["spikes", "work"]
# End of the generated constants.


class LineError(Exception):
    """The board or its line does not work."""


class InputError(Exception):
    """An argument or a file is wrong."""


# ------------------------------------------------------------------------------------------------ ports


class SerialPort:
    """A serial device."""

    def __init__(self, path, baud):
        try:
            import serial
        except ImportError:
            raise InputError("a serial device needs the package pyserial: pip install pyserial") from None
        try:
            self.port = serial.Serial(path, baud, timeout=0)
        except (serial.SerialException, ValueError) as error:
            raise LineError(f"{path} cannot be opened: {error}") from None

    def write(self, data):
        self.port.write(data)

    def read(self, seconds):
        self.port.timeout = seconds
        return self.port.read(max(1, self.port.in_waiting))

    def close(self):
        self.port.close()


class TcpPort:
    """A connection to a program that is the line."""

    def __init__(self, host, port):
        try:
            self.socket = socket.create_connection((host, int(port)), timeout=10)
        except (OSError, ValueError) as error:
            raise LineError(f"tcp:{host}:{port} cannot be opened: {error}") from None

    def write(self, data):
        self.socket.sendall(data)

    def read(self, seconds):
        if not select.select([self.socket], [], [], seconds)[0]:
            return b""
        return ended(self.socket.recv(4096))

    def close(self):
        self.socket.close()


class ProgramPort:
    """A program whose standard input and output are the line."""

    def __init__(self, command):
        try:
            self.process = subprocess.Popen(
                shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        except (OSError, ValueError, IndexError) as error:
            raise LineError(f"{command} cannot be started: {error}") from None

    def write(self, data):
        try:
            while data:
                data = data[self.process.stdin.write(data):]
        except BrokenPipeError:
            raise LineError("the program on the port has ended") from None

    def read(self, seconds):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return b""
        return ended(os.read(self.process.stdout.fileno(), 4096))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()


def ended(data):
    if not data:
        raise LineError("the program on the port has ended")
    return data


def open_port(name, baud):
    if name.startswith("exec:"):
        return ProgramPort(name[len("exec:"):])
    if name.startswith("tcp:"):
        host, _, port = name[len("tcp:"):].rpartition(":")
        return TcpPort(host, port)
    return SerialPort(name, baud)


# ------------------------------------------------------------------------------------------------ packets


def crc16(data):
    """x^16 + x^12 + x^5 + 1, initial value 0xFFFF; 0 over data and their CRC."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def packet(data):
    """Data with their check, escaped and framed."""
    data = data + struct.pack(">H", crc16(data))
    data = data.replace(bytes([ESC]), bytes([ESC, ESC_ESC])).replace(bytes([END]), bytes([ESC, ESC_END]))
    return bytes([END]) + data + bytes([END])


def unpacked(data):
    """The contents between two END, without escapes and CRC; None if it is damaged."""
    plain = bytearray()
    escaped = False
    for byte in data:
        if escaped:
            if byte not in (ESC_END, ESC_ESC):
                return None
            plain.append(END if byte == ESC_END else ESC)
            escaped = False
        elif byte == ESC:
            escaped = True
        else:
            plain.append(byte)
    if escaped or len(plain) < 5 or crc16(plain) != 0:
        return None
    return bytes(plain[:-2])


class Link:
    """Requests and replies. A request is repeated until its reply comes; the board takes it once."""

    def __init__(self, port, baud, timeout):
        self.port = port
        self.byte_seconds = 10 / baud
        self.timeout = timeout
        self.tag = 0
        self.received = bytearray()
        self.repeated = 0

    def request(self, command, arguments=b"", reply_bytes=64):
        """Status and data of the reply."""
        self.tag = self.tag % 255 + 1
        data = packet(bytes([command, self.tag]) + arguments)
        damaged = 0
        for attempt in range(ATTEMPTS):
            if attempt:
                self.repeated += 1
                # A receiver that has lost the beginning of a byte finds the next one behind these.
                self.port.write(b"\xff\xff")
            self.port.write(data)
            # Either way, every byte may have an escape.
            deadline = time.monotonic() + self.timeout + 2 * (len(data) + reply_bytes) * self.byte_seconds
            reply = self.reply(command, deadline)
            if reply == "damaged":
                damaged += 1
            elif reply is not None:
                return reply
        what = NAMES[command]
        if damaged:
            raise LineError(
                f"no reply to '{what}' in {ATTEMPTS} attempts, {damaged} packets with a wrong checksum: "
                "the line is disturbed, or the baud rate is another")
        raise LineError(
            f"no reply to '{what}' in {ATTEMPTS} attempts of {self.timeout:g} s: is the board on, with this "
            "bitstream and this baud rate?")

    def reply(self, command, deadline):
        """Status and data; "damaged" if the request or its reply was; None if there is none in time."""
        while True:
            end = self.received.find(END)
            while end >= 0:
                raw = bytes(self.received[:end])
                del self.received[:end + 1]
                end = self.received.find(END)
                if not raw:
                    continue
                data = unpacked(raw)
                if data is None or data[:3] == bytes([0x80, 0, BAD_PACKET]):
                    return "damaged"
                # A reply to an earlier attempt or request is not for us.
                if data[0] == command | 0x80 and data[1] == self.tag:
                    return data[2], data[3:]
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.received += self.port.read(min(left, 0.5))


# ------------------------------------------------------------------------------------------------ board


class Identity:
    """Identity of a board."""

    def __init__(self, data):
        if not data or data[0] != PROTOCOL:
            version = data[0] if data else "unknown"
            raise LineError(f"the board speaks version {version} of the protocol, this program {PROTOCOL}")
        try:
            fields = struct.unpack_from("<BBIHHHHd8sB", data)
            _, code, self.elements, self.block_bytes, self.classes, self.words_per_value = fields[:6]
            self.words, self.unit, model_id, name = fields[6:]
            self.model_id = model_id.hex()
            self.model = data[-name:].decode("ascii") if name else ""
            self.element, self.element_bytes, self.descriptions = ELEMENTS[code]
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise LineError(f"what the board says of itself cannot be read: {error}") from None
        self.sample_bytes = self.elements * self.element_bytes


class Board:
    """A board, reset when it is opened."""

    def __init__(self, port, baud=1_000_000, timeout=1.0):
        self.link = Link(port, baud, timeout)
        # Whatever the line has been doing, the next packet is seen as one.
        port.write(b"\xff\xff" + bytes([END]))
        self.reset()
        self.identity = Identity(self.done(IDENTIFY))

    def done(self, command, arguments=b""):
        """Data of the reply to a request that must succeed."""
        status, data = self.link.request(command, arguments)
        if status != DONE:
            reason = REFUSALS.get(status, f"status {status}")
            raise LineError(f"the board refuses '{NAMES[command]}': {reason}")
        return data

    def reset(self):
        """Core, registers and numbers as after power-on; what was inside is lost."""
        self.done(RESET)
        self.block = self.result = 0

    def read_register(self, address):
        return struct.unpack("<I", self.done(READ, struct.pack("<H", address)))[0]

    def write_register(self, address, value):
        self.done(WRITE, struct.pack("<HI", address, value))

    def load(self, path, patience=10.0):
        """Loads a model image into a core that was built with --loadable (docs/model-image.md)."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error}") from None
        if len(data) % 4 or len(data) < 36:
            raise InputError(f"{path} is no model image: it has {len(data)} bytes")
        control, status, word = (LOAD_REGISTERS[f"load_{name}"] for name in ("control", "status", "data"))
        self.write_register(control, 1)
        deadline = time.monotonic() + patience
        while not self.read_register(status) & 2:
            if time.monotonic() > deadline:
                raise LineError(f"the core is not empty after {patience:g} s")
        for begin in range(0, len(data), 4):
            self.write_register(word, int.from_bytes(data[begin:begin + 4], "little"))
        state = self.read_register(status)
        if not state & 1:
            code = state >> 4 & 15
            raise LineError(f"the core refuses {path}: {LOAD_ERRORS.get(code, 'it is not complete')}")

    def line_errors(self):
        """Framing errors and bad packets counted by the board, each at most 255."""
        return tuple(self.done(LINE))

    def offer_block(self, data):
        """Whether the board took a block of samples; if not, it still has the one before."""
        status, _ = self.link.request(BLOCK, bytes([self.block]) + data)
        if status == BUSY:
            return False
        if status != DONE:
            raise LineError(f"the board refuses 'block': {REFUSALS.get(status, f'status {status}')}")
        self.block = (self.block + 1) % 256
        return True

    def poll_result(self):
        """The next result frame, or None if there is none yet."""
        status, data = self.link.request(RESULT, bytes([self.result]), 4 * self.identity.words + 8)
        if status == NOT_YET:
            return None
        if status != DONE:
            raise LineError(f"the board refuses 'result': {REFUSALS.get(status, f'status {status}')}")
        frame = self.frame(data)
        self.result = (self.result + 1) % 256
        return frame

    def frame(self, data):
        identity = self.identity
        if len(data) != 4 * identity.words:
            raise LineError(f"a result of {len(data)} bytes, not {4 * identity.words}")
        size = 4 * identity.words_per_value
        values = [int.from_bytes(data[size * c:size * (c + 1)], "little", signed=True)
                  for c in range(identity.classes)]
        best, steps, flags = struct.unpack("<III", data[-12:])
        return {
            "class": best,
            "values": values,
            "logits": [value * identity.unit for value in values],
            "time_steps": steps,
            "flags": [name for bit, name in enumerate(FLAGS) if flags >> bit & 1],
        }

    def classify(self, samples, patience=30.0):
        """A result for each sample, in order. The next samples are sent while the board works."""
        waiting = 0
        for sample in samples:
            for begin in range(0, len(sample), self.identity.block_bytes):
                data = sample[begin:begin + self.identity.block_bytes]
                deadline = time.monotonic() + patience
                while not self.offer_block(data):
                    result = self.poll_result() if waiting else None
                    if result:
                        waiting -= 1
                        deadline = time.monotonic() + patience
                        yield result
                    elif time.monotonic() > deadline:
                        raise LineError(f"the core has taken no sample for {patience:g} s")
            waiting += 1
            # As many as may be inside of what was sent long ago.
            result = self.poll_result() if waiting > 1 else None
            if result:
                waiting -= 1
                yield result
        deadline = time.monotonic() + patience
        while waiting:
            result = self.poll_result()
            if result:
                waiting -= 1
                deadline = time.monotonic() + patience
                yield result
            elif time.monotonic() > deadline:
                raise LineError(f"no result for {patience:g} s")


# ------------------------------------------------------------------------------------------------ files


def read_npy(data, name, identity):
    """The bytes of an array of NumPy, in row-major order."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12:
        raise InputError(f"{name} is not an array of NumPy")
    form, begin = ("<H", 10) if data[6] == 1 else ("<I", 12)
    try:
        begin += struct.unpack_from(form, data, 8)[0]
        header = ast.literal_eval(data[8 + struct.calcsize(form):begin].decode("latin1").strip())
        description, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
    except (struct.error, ValueError, SyntaxError, KeyError, TypeError):
        raise InputError(f"the header of {name} cannot be read") from None
    if description not in identity.descriptions:
        raise InputError(f"{name} holds elements of type {description!r}, the board takes {identity.element}")
    if fortran and len(shape) > 1:
        raise InputError(f"{name} is in column-major order; save it with numpy.ascontiguousarray")
    array = data[begin:]
    count = 1
    for size in shape:
        count *= size
    if len(array) != count * identity.element_bytes:
        raise InputError(f"{name} has {len(array)} bytes of data, not those of its shape {shape}")
    return array


def read_samples(path, identity):
    """The samples of a file."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        if path.endswith(".npz"):
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith(".npy")]
                if len(names) != 1:
                    raise InputError(f"{path} holds {len(names)} arrays, not one: {', '.join(names)}")
                data = archive.read(names[0])
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if path.endswith((".npy", ".npz")):
        data = read_npy(data, path, identity)
    size = identity.sample_bytes
    if not data or len(data) % size:
        raise InputError(
            f"{path} has {len(data)} bytes of samples; a sample of model '{identity.model}' has "
            f"{identity.elements} elements of type {identity.element}, {size} bytes")
    return [data[begin:begin + size] for begin in range(0, len(data), size)]


def read_serial(path):
    """The serial line in a manifest."""
    try:
        with open(path, encoding="utf-8") as file:
            serial = json.load(file)["serial"]
        return {"baud": int(serial["baud"]), "model_id": str(serial["model_id"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the manifest of a build with a serial line: {error}") from None


# ------------------------------------------------------------------------------------------------ program


def register(text):
    """Name, and addresses of a register, the low half first: an address or a name as in docs/registers.md."""
    stage = re.fullmatch(r"stage(\d+)_(\w+)", text)
    base, name = (FIRST_STAGE + STAGE_BYTES * int(stage[1]), stage[2]) if stage else (0, text)
    offsets, wide = (STAGE_REGISTERS, STAGE_WIDE) if stage else (REGISTERS, WIDE)
    if name in wide:
        return text, [base + offsets[f"{name}_{half}"] for half in ("low", "high")]
    if name in offsets:
        return text, [base + offsets[name]]
    address = int(text, 0)
    return f"0x{address:02x}", [address]


def assignment(text):
    name, _, value = text.partition("=")
    return *register(name), int(value, 0)


def arguments(argv):
    parser = argparse.ArgumentParser(
        description="Sends samples to a board over its serial line and prints the classes.")
    parser.add_argument("samples", nargs="*", help=".npy, .npz or raw bytes; without samples, prints the identity of the board")
    parser.add_argument("--port", required=True, help="a serial device, tcp:HOST:PORT or exec:COMMAND")
    parser.add_argument("--baud", type=int, help="bits per second (default: as in the manifest, else 1000000)")
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "manifest.json")
    parser.add_argument(
        "--manifest", default=beside if os.path.isfile(beside) else None,
        help="manifest.json of the expected build (default: the one next to this program)")
    parser.add_argument("--any-model", action="store_true", help="accept any model on the board")
    parser.add_argument("--load", metavar="FILE", help="load this model image first, into a core that was built with --loadable")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with sample N")
    parser.add_argument("--count", type=int, metavar="N", help="at most N samples")
    parser.add_argument("--t-max", type=int, metavar="T", help="stop each sample after T time-steps")
    parser.add_argument("--read", type=register, action="append", default=[], metavar="REGISTER",
                        help="print a register, by address or name (samples_out, stage0_spikes), after all samples")
    parser.add_argument("--write", type=assignment, action="append", default=[], metavar="REGISTER=VALUE",
                        help="write a register, before all samples")
    parser.add_argument("--timeout", type=float, default=1.0, metavar="S", help="seconds until a request is repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(argv)


def run(args):
    serial = read_serial(args.manifest) if args.manifest and not args.any_model else None
    baud = args.baud or (serial["baud"] if serial else 1_000_000)
    if baud <= 0 or args.timeout <= 0 or args.first < 0 or (args.count is not None and args.count < 0):
        raise InputError("--baud and --timeout must be above 0, --first and --count not below")
    port = open_port(args.port, baud)
    try:
        board = Board(port, baud, args.timeout)
        identity = board.identity
        if serial and serial["model_id"] != identity.model_id:
            raise LineError(
                f"the board holds another model: '{identity.model}' ({identity.model_id}), not the one of "
                f"{os.path.normpath(args.manifest)} ({serial['model_id']}); --any-model takes it as it is")
        if args.load:
            board.load(args.load)
        samples = [sample for path in args.samples for sample in read_samples(path, identity)]
        samples = samples[args.first:][:args.count]
        if args.samples and not samples:
            raise InputError("no sample is left")
        if args.t_max is not None:
            if not 0 <= args.t_max <= 0xFFFF:
                raise InputError("--t-max takes 0 to 65535")
            board.write_register(REGISTERS["t_max"], args.t_max)
        for name, addresses, value in args.write:
            if not (0 <= min(addresses) and max(addresses) <= 0xFFFF and 0 <= value < 1 << 32 * len(addresses)):
                raise InputError(f"--write {name}=0x{value:x}: 16 bits and {32 * len(addresses)} bits at most")
            for word, address in enumerate(addresses):
                board.write_register(address, value >> 32 * word & 0xFFFFFFFF)
        report = {
            "format_version": 1,
            "model": identity.model,
            "model_id": identity.model_id,
            "input": {"element": identity.element, "elements": identity.elements},
            "classes": identity.classes,
            "samples": [],
        }
        for index, result in enumerate(board.classify(samples), args.first):
            report["samples"].append({"index": index, **result})
            if not args.json:
                print(f"sample {index}: class {result['class']}, {result['time_steps']} time-steps, "
                      f"{', '.join(result['flags'])}; logits {' '.join(f'{x:.4g}' for x in result['logits'])}",
                      flush=True)
        registers = []
        for name, addresses in args.read:
            if not (0 <= min(addresses) and max(addresses) <= 0xFFFF):
                raise InputError(f"--read {name}: 16 bits at most")
            words = [board.read_register(address) for address in addresses]
            registers.append((name, sum(word << 32 * half for half, word in enumerate(words))))
        framing, bad = board.line_errors()
        report["registers"] = dict(registers)
        report["line"] = {"repeated": board.link.repeated, "framing_errors": framing, "bad_packets": bad}
    finally:
        port.close()
    if args.json:
        print(json.dumps(report))
        return
    for name, value in registers:
        print(f"register {name}: 0x{value:08x} ({value})")
    if not samples:
        print(f"model '{identity.model}' ({identity.model_id}): samples of {identity.elements} elements of type "
              f"{identity.element}, {identity.classes} classes")
    if board.link.repeated:
        print(f"{board.link.repeated} requests were repeated", file=sys.stderr)


def main(argv=None):
    try:
        run(arguments(argv))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except LineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
