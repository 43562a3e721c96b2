"""Frames in and out: in order, none lost, none repeated, under any stalls and after any reset."""

import cocotb

from bench import CONFIDENCE, FRAMES, REGISTERS, SAMPLES, Bench, chance, mask_of


async def in_order(bench, random, count):
    """Sends random samples, several of them queued at any time, and checks their results."""
    waiting, sent = [], 0
    for done in range(count):
        while sent < count and len(waiting) < 4:
            waiting.append(random.randrange(len(SAMPLES)))
            bench.send(SAMPLES[waiting[-1]])
            sent += 1
        await bench.expect_sample(waiting.pop(0), what=f"frame {done}:")
    await bench.expect_silence()
    for name in ("samples_in", "samples_out"):
        assert await bench.read(name) == count, name
    assert await bench.read("status") == 0


@cocotb.test()
async def back_to_back(dut):
    bench = await Bench.start(dut)
    await in_order(bench, chance("back to back"), min(FRAMES, 20))


@cocotb.test()
async def under_random_stalls(dut):
    bench, random = await Bench.start(dut), chance("stalls")
    bench.stall(random)
    await in_order(bench, random, FRAMES)


@cocotb.test()
async def reset_in_mid_inference(dut):
    """Resets at any time: during input, processing and output of a frame."""
    bench, random = await Bench.start(dut), chance("reset")
    bench.send(SAMPLES[0])
    begin = bench.now()
    await bench.expect_sample(0)
    latency = bench.now() - begin
    for attempt in range(8):
        for _ in range(3):
            bench.send(SAMPLES[random.randrange(len(SAMPLES))])
        if attempt % 2:
            bench.stall(random)
        await bench.write("t_max", 1 + attempt)
        # While the frame goes in, at any time, while results come out.
        share = random.choice((random.random() / 8, random.random(), 0.875 + random.random() / 2))
        await bench.cycles(1 + int(latency * share))
        await bench.reset(cycles=random.choice((1, 2, 5)))
        for name in ("status", "control", "t_max", "samples_in", "cycles_low"):
            assert await bench.read(name) == REGISTERS[name]["reset"], f"{name} after reset"
        for sample in random.sample(range(len(SAMPLES)), 2):
            bench.send(SAMPLES[sample])
            await bench.expect_sample(sample, what=f"after reset {attempt}:")
        await bench.expect_silence(200)
        for client in (bench.source, bench.sink):
            client.clear_pause_generator()
            client.pause = False


@cocotb.test()
async def run_and_clear(dut):
    """Without `run` no sample is started and samples inside are completed; `clear` clears only counters."""
    bench, random = await Bench.start(dut), chance("run")
    run, clear = mask_of("control", "run"), mask_of("control", "clear")
    samples = [random.randrange(len(SAMPLES)) for _ in range(4)]
    for sample in samples:
        bench.send(SAMPLES[sample])
    while not await bench.read("samples_in"):
        pass
    await bench.write("control", 0)
    begun = await bench.read("samples_in")
    for sample in samples[:begun]:
        await bench.expect_sample(sample)
    await bench.cycles(500)
    assert await bench.read("samples_in") == begun, "a sample was begun without 'run'"
    assert bench.sink.empty() and not int(dut.busy_o.value)
    await bench.write("t_max", 0)
    if CONFIDENCE:
        await bench.write("patience", 0)
    await bench.write("control", run | clear)
    assert await bench.read("control") == run
    for sample in samples[begun:]:
        await bench.expect_sample(sample)
    assert await bench.read("samples_out") == len(samples) - begun
    await bench.write("control", run | clear)
    for name in REGISTERS:
        if name not in ("status", "control"):
            assert await bench.read(name) == REGISTERS[name]["reset"], f"{name} after 'clear'"
