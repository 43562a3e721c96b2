"""The registers behind AXI4-Lite, against `registers.json`."""

import cocotb
from cocotbext.axi import AxiResp

from bench import CONFIDENCE, MAP, REGISTERS, WIDE, Bench, chance

AT = {register["offset"]: register for register in MAP["registers"]}
RULE = ["patience", "margin_low", "margin_high"]
SETTINGS = ["t_max", *RULE] if CONFIDENCE else ["t_max"]


class Model:
    """Model of the writable registers and of the write responses."""

    def __init__(self):
        self.values = {name: register["reset"] for name, register in REGISTERS.items()}

    def write(self, address, data, strobe):
        """Applies a write and returns its response."""
        register = AT.get(address)
        if register is None:
            return AxiResp.DECERR
        if register["access"] == "read-only" or register["name"] in RULE and not CONFIDENCE:
            return AxiResp.SLVERR
        name, bytes_written = register["name"], sum(0xFF << 8 * lane for lane in range(4) if strobe >> lane & 1)
        kept = self.values[name]
        for field in register["fields"]:
            if field["access"] == "read-write":
                bits = ((1 << field["bits"]) - 1 << field["lsb"]) & bytes_written
                kept = kept & ~bits | data & bits
        if name.startswith("margin"):
            wide = {**self.values, name: kept}
            if (wide["margin_high"] << 32 | wide["margin_low"]) >> WIDE["margin"]["bits"]:
                return AxiResp.SLVERR
        self.values[name] = kept
        return AxiResp.OKAY


@cocotb.test()
async def every_address_is_as_the_map_says(dut):
    bench = await Bench.start(dut)
    for address in range(0, 1 << MAP["address_bits"], 4):
        resp, value = await bench.read_address(address)
        if address in AT:
            register = AT[address]
            assert resp == AxiResp.OKAY, f"reading {register['name']}: {resp}"
            assert value == register["reset"], f"{register['name']} is {value:#x} after reset"
        else:
            assert resp == AxiResp.DECERR, f"reading address {address:#x}, which has no register: {resp}"


@cocotb.test()
async def writes_reach_what_may_be_written(dut):
    """Writes random bytes of every register, including read-only and missing ones; the core does not run."""
    bench, random, model = await Bench.start(dut), chance("writes"), Model()
    for round in range(6):
        addresses = [REGISTERS[name]["offset"] for name in SETTINGS] * 4
        if round == 0:
            addresses = list(range(0, 1 << MAP["address_bits"], 4))
        random.shuffle(addresses)
        for address in addresses:
            # The margin must fit now and then.
            data = random.getrandbits(random.choice((8, 16, 32)))
            strobe = random.choice((15, random.randrange(16)))
            resp, expected = await bench.write_strobed(address, data, strobe), model.write(address, data, strobe)
            assert resp == expected, f"writing {data:#x}, strobes {strobe:04b}, to {address:#x}: {resp}, not {expected}"
        for name, value in model.values.items():
            found = await bench.read(name)
            assert found == value, f"round {round}: {name} is {found:#x}, not {value:#x}"
    # A write of some bytes as a bus master does it that knows words alone: by narrower transfers.
    for name in ("t_max", "patience") if CONFIDENCE else ("t_max",):
        await bench.write(name, 0x1234)
        assert await bench.write_address(REGISTERS[name]["offset"] + 1, b"\x56") == AxiResp.OKAY
        assert await bench.read(name) == 0x5634


@cocotb.test()
async def channels_do_not_wait_for_each_other(dut):
    """Reads and writes at the same time, with stalls on each of the five channels, separately and together."""
    bench, random = await Bench.start(dut), chance("channels")
    for stalled in [*([name] for name in bench.channels), list(bench.channels)]:
        for channel in bench.channels.values():
            channel.clear_pause_generator()
            channel.pause = False
        bench.stall(random, streams=False, channels=stalled)
        # Of each setting: every value that a write was begun with, and how many writes are done.
        history = {name: [await bench.read(name)] for name in SETTINGS[:2]}
        done = dict.fromkeys(history, 0)

        async def write():
            for _ in range(60):
                name = random.choice(list(history))
                history[name].append(random.getrandbits(16))
                await bench.write(name, history[name][-1])
                done[name] += 1

        async def read():
            for _ in range(90):
                if random.random() < 0.3:
                    assert await bench.read("identity") == REGISTERS["identity"]["reset"]
                    continue
                name = random.choice(list(history))
                first = done[name]
                found = await bench.read(name)
                possible = history[name][first:]
                assert found in possible, f"{stalled} with pauses: {name} is {found:#x}, not of {possible}"

        writer, reader = cocotb.start_soon(write()), cocotb.start_soon(read())
        await writer
        await reader
        for name, values in history.items():
            assert await bench.read(name) == values[-1]
