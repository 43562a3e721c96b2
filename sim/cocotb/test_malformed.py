"""Frames that are too short or too long: each is flagged, makes one sample, and the next frame is right."""

import cocotb

from bench import MALFORMED, SAMPLES, Bench, chance, field_of, mask_of

FLAGS = ["short_frame", "long_frame"]


@cocotb.test()
async def each_is_flagged_and_the_next_is_right(dut):
    bench, random = await Bench.start(dut), chance("malformed")
    for turn in range(2):
        for case in random.sample(MALFORMED, len(MALFORMED)):
            sample = random.randrange(len(SAMPLES))
            bench.send(case["elements"])
            bench.send(SAMPLES[sample])
            await bench.expect(case["words"], case["name"])
            await bench.expect_sample(sample, what=f"after {case['name']}:")
            status = await bench.read("status")
            for flag in FLAGS:
                assert field_of("status", flag, status) == case[flag], f"{case['name']}: status {status:#x}"
            # A flag goes when 1 is written to it, and only then.
            await bench.write("status", 0)
            assert await bench.read("status") == status
            await bench.write("status", mask_of("status", *(flag for flag in FLAGS if not case[flag])))
            assert await bench.read("status") == status
            await bench.write("status", mask_of("status", *(flag for flag in FLAGS if case[flag])))
            assert await bench.read("status") == 0
        bench.stall(random, channels=bench.channels)


@cocotb.test()
async def good_and_bad_in_any_order(dut):
    """Without gaps between frames; the number of results equals the number of frames."""
    bench, random = await Bench.start(dut), chance("any order")
    frames = [(case["elements"], case["words"], case["name"]) for case in MALFORMED for _ in range(2)]
    random.shuffle(frames)
    for elements, _, _ in frames:
        bench.send(elements)
    for _, words, name in frames:
        await bench.expect(words, name)
    await bench.expect_silence()
    assert await bench.read("samples_in") == len(frames)
    assert await bench.read("status") == mask_of("status", *FLAGS)
