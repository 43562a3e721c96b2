"""Does to a board what a line and a host may do to it: faults.py HOST.PY PORT IMAGES EXPECTED.JSON."""

import importlib.util
import json
import random
import struct
import sys
import time


def load(path):
    spec = importlib.util.spec_from_file_location("host", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


host = load(sys.argv[1])
port = host.open_port(sys.argv[2], 1_000_000)
board = host.Board(port, timeout=10.0)
samples = host.read_samples(sys.argv[3], board.identity)[:4]
expected = [{key: value for key, value in result.items() if key != "index"} for result in json.load(open(sys.argv[4]))]
link = board.link
END = bytes([host.END])


def check(what, condition):
    if not condition:
        sys.exit(f"{what} is wrong")
    print(what)


def right(what):
    """The next samples, back to back, are right."""
    check(what, list(board.classify(samples)) == expected)


def one(index):
    return list(board.classify([samples[index]])) == [expected[index]]


def raw_reply(seconds=10.0):
    """The next packet that comes, as it is."""
    deadline = time.monotonic() + seconds
    raw = bytearray()
    while time.monotonic() < deadline:
        raw += port.read(0.1)
        packets = [part for part in bytes(raw).split(END) if part]
        if packets and raw.endswith(END):
            return host.unpacked(packets[0])
    sys.exit("no packet came")


right("samples back to back")
check("nothing was repeated", link.repeated == 0)

generator = random.Random(5)
port.write(bytes(generator.randrange(256) for _ in range(3000)))
check("a sample after garbage", one(1))
check("garbage was counted", board.line_errors()[1] > 0)

before = board.line_errors()[1]
damaged = bytearray(host.packet(bytes([host.BLOCK, 77, board.block]) + samples[2]))
damaged[300] ^= 1
port.write(damaged)
check("a wrong checksum is answered", raw_reply() == bytes([0x80, 0, host.BAD_PACKET]))
check("a wrong checksum is counted", board.line_errors()[1] == before + 1)
check("the sample after a wrong checksum", one(3))

whole = host.packet(bytes([host.BLOCK, 78, board.block]) + samples[0])
port.write(whole[:len(whole) // 2])
check("a sample after a packet that was broken off", one(2))

# The core has half a sample when its host goes away.
check("half a sample", board.offer_block(samples[0][:400]))
again = host.Board(port, timeout=10.0)
board, link = again, again.link
right("samples after a sample that was broken off")

# Results that nobody fetched.
check("a sample", board.offer_block(samples[0]))
check("another sample", board.offer_block(samples[1]) or board.offer_block(samples[1]))
board.reset()
right("samples after results that nobody fetched")

# A reply that was lost: the block comes twice.
check("a block", board.offer_block(samples[3]))
board.block -= 1
check("a block again", board.offer_block(samples[3]))
result = None
while not result:
    result = board.poll_result()
check("its result", result == expected[3])
for _ in range(20):
    check("no second result", board.poll_result() is None)

# A result that was lost is there again; after it comes none.
check("a sample whose result is asked for twice", one(0))
board.result -= 1
check("its result again", board.poll_result() == expected[0])

# The core at rest: samples are refused, none is lost.
board.write_register(0x08, 0)
taken = sum(board.offer_block(samples[0]) for _ in range(5))
check("one block waits before a core at rest", taken == 1)
board.write_register(0x08, 1)
result = None
while not result:
    result = board.poll_result()
check("it is right", result == expected[0])
right("and so are the next")

for what, request, status in [
    ("an unknown command", bytes([9, 1]), host.WRONG_REQUEST),
    ("a block without data", bytes([host.BLOCK, 1, board.block]), host.WRONG_REQUEST),
    ("a block that is too long", bytes([host.BLOCK, 1, board.block]) + bytes(1500), host.WRONG_REQUEST),
    ("a wrong number of a block", bytes([host.BLOCK, 1, (board.block + 9) % 256, 0]), host.WRONG_NUMBER),
    ("a wrong number of a result", bytes([host.RESULT, 1, (board.result + 9) % 256]), host.WRONG_NUMBER),
    ("a register out of range", bytes([host.READ, 1]) + struct.pack("<H", 0x8000), host.DECODE_ERROR),
]:
    port.write(host.packet(request))
    reply = raw_reply()
    check(what, reply[:3] == bytes([request[0] | 0x80, 1, status]))
right("and all of this changes nothing")
port.close()
print("all is right")
