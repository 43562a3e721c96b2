"""T_max and the confidence rule, changed between frames and while samples are inside; counters read meanwhile."""

import cocotb

from bench import CONFIDENCE, NO_RULE, RESULTS, RULES, SAMPLES, Bench, chance, mask_of


@cocotb.test()
async def rules_change_between_frames(dut):
    bench, random = await Bench.start(dut), chance("rules")
    bench.stall(random, channels=bench.channels)
    for _ in range(2):
        for rule in random.sample(range(len(RULES)), len(RULES)):
            await bench.set_rule(rule)
            samples = [random.randrange(len(SAMPLES)) for _ in range(2)]
            for sample in samples:
                bench.send(SAMPLES[sample])
            for sample in samples:
                await bench.expect_sample(sample, rule)


@cocotb.test()
async def a_rule_holds_for_samples_begun_after_it(dut):
    """Rules written while samples are inside: those samples keep their rule."""
    bench, random = await Bench.start(dut), chance("late rules")
    # One write changes the rule: T_max, or the time-steps of one margin.
    margin = next((rule["margin"] for rule in RULES if rule["patience"] and not rule["t_max"]), None)
    if CONFIDENCE:
        await bench.write("margin_low", margin & 0xFFFFFFFF)
        await bench.write("margin_high", margin >> 32)
    limits = [index for index, rule in enumerate(RULES) if not rule["patience"]]
    holds = [index for index, rule in enumerate(RULES) if not rule["t_max"] and rule["margin"] == margin]
    settings = [("t_max", limits), ("patience", [NO_RULE, *holds])]
    for name, rules in settings if CONFIDENCE else settings[:1]:
        old = NO_RULE
        await bench.write("t_max", 0)
        for new in random.sample(rules, len(rules)) * 2:
            await bench.write("control", mask_of("control", "run", "clear"))
            samples = [random.randrange(len(SAMPLES)) for _ in range(4)]
            for sample in samples:
                bench.send(SAMPLES[sample])
            while await bench.read("samples_in") < random.choice((1, 2)):
                pass
            await bench.cycles(random.randrange(200))
            before = await bench.read("samples_in")
            await bench.write(name, RULES[new][name])
            after = await bench.read("samples_in")
            found = [await bench.receive() for _ in samples]
            possible = [
                [RESULTS[old if index < count else new][sample] for index, sample in enumerate(samples)]
                for count in range(before, after + 1)
            ]
            change = f"{RULES[old]} to {RULES[new]} at sample {before} to {after}"
            assert found in possible, f"{change}: {found}, not of {possible}"
            old = new


@cocotb.test()
async def counters_are_coherent_while_running(dut):
    """Counters only grow, at most by their maximum rate, also when the low half overflows into the high half."""
    bench, random = await Bench.start(dut), chance("counters")
    bench.stall(random)
    # The most that each grows by in a cycle.
    counters = {"cycles": 1, "stage0_spikes": (1 << 16) - 1, "stage0_work": (1 << 16) - 1}
    narrow = dict.fromkeys(["samples_in", "samples_out", "in_stalls", "out_stalls"], 0)
    sent, carries, lasted = 0, 0, 100
    # More samples until enough carries have been seen.
    while sent < 60 and carries < 4:
        samples = [random.randrange(len(SAMPLES)) for _ in range(6)]
        for sample in samples:
            bench.send(SAMPLES[sample])
        sent += len(samples)
        finished = cocotb.start_soon(results(bench, samples))
        while not finished.done():
            name = random.choice(list(counters))
            if random.random() < 0.5:
                # So near the carry that it falls into the two reads about every other time, however long a counter's
                # turn is. The number of cycles is preset most often, as it alone grows in every cycle.
                name = random.choice(["cycles", "cycles", name])
                preset(dut, name, (random.randrange(1, 5) << 32) - random.randrange(1, 2 * lasted))
                await bench.cycles(1)
            begin = bench.now()
            first, second = await bench.read_wide(name), await bench.read_wide(name)
            lasted = bench.now() - begin
            grown, possible = second - first, lasted * counters[name]
            assert 0 <= grown <= possible, f"{name} went from {first:#x} to {second:#x} in {lasted} cycles"
            carries += first >> 32 != second >> 32
            name = random.choice(list(narrow))
            value = await bench.read(name)
            assert value >= narrow[name], f"{name} went from {narrow[name]} to {value}"
            narrow[name] = value
        await finished
    assert carries >= 4, f"{carries} carries were seen"
    assert await bench.read("samples_out") == sent


def preset(dut, name, value):
    """Puts a value into a counter."""
    entries = {"cycles": 4, "stage0_spikes": 5, "stage0_work": 6}
    memory = dut.u_regs.u_counters.u_sums
    # With UltraRAM for large memories a small one is in a block of its own.
    words = memory.gen_block.words_q if hasattr(memory, "gen_block") else memory.words_q
    words[entries[name]].value = value


async def results(bench, samples):
    for sample in samples:
        await bench.expect_sample(sample)
