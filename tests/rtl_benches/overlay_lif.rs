//! IF and LIF neurons of the overlay: membranes, synaptic currents and spikes, from `docs/overlay.md`.

use std::path::Path;

use super::images::{Random, Word, unsigned_width};
use super::runner::{Group, Parameters};
use super::vectors::{Batches, Beats};

const BATCHES: usize = 4;
const INSTRUCTIONS: usize = 6;
/// So few that no membrane leaves its range.
const TIME_STEPS: i64 = 7;
const MOST_FRACTION: i64 = 4;
const FRACTION_BITS: i64 = 6;

struct Case {
    lanes: usize,
    acc_width: i64,
    theta_width: i64,
    start_width: i64,
    state_width: i64,
    /// None if 0.
    current_width: i64,
    depth: i64,
    leak_shift: u32,
}

const CASES: [Case; 5] = [
    Case {
        lanes: 4,
        acc_width: 8,
        theta_width: 10,
        start_width: 9,
        state_width: 20,
        current_width: 0,
        depth: 5,
        leak_shift: 12,
    },
    Case {
        lanes: 2,
        acc_width: 6,
        theta_width: 12,
        start_width: 4,
        state_width: 18,
        current_width: 15,
        depth: 3,
        leak_shift: 24,
    },
    Case {
        lanes: 8,
        acc_width: 8,
        theta_width: 9,
        start_width: 9,
        state_width: 17,
        current_width: 0,
        depth: 1,
        leak_shift: 0,
    },
    Case {
        lanes: 1,
        acc_width: 8,
        theta_width: 11,
        start_width: 9,
        state_width: 20,
        current_width: 16,
        depth: 2,
        leak_shift: 0,
    },
    // A current that is wider than the membrane, which forgets at once.
    Case {
        lanes: 3,
        acc_width: 8,
        theta_width: 9,
        start_width: 3,
        state_width: 17,
        current_width: 18,
        depth: 4,
        leak_shift: 3,
    },
];

#[test]
fn overlay_lif() {
    let mut group = Group::new("overlay_lif");
    let mut random = Random(61);
    for case in CASES {
        group.add_one("overlay_lif", |base| programs(&mut random, &case, base));
    }
    group.run();
}

/// What all groups of an instruction share.
struct Instruction {
    words: i64,
    fraction: i64,
    /// 0 nothing, 1 subtracts, 2 subtracts after the leak, 3 sets the value.
    reset: i64,
    over: i64,
    factor: i64,
    synapse: bool,
    synapse_factor: i64,
    value: i64,
}

impl Instruction {
    fn any(random: &mut Random, case: &Case) -> Self {
        let one = 1i64 << case.leak_shift;
        let mut factor = |most: i64| match random.range(0, 3) {
            0 => most,
            1 => 0,
            _ => random.range(0, most),
        };
        // The membrane of the last case is no wider than what comes in a time-step.
        let wide = case.current_width > case.state_width;
        let (leak, synapse_factor) = (factor(if wide { 0 } else { one }), factor(one));
        let reset = random.range(0, if wide { 0 } else { 3 });
        Self {
            words: random.range(1, case.depth),
            fraction: random.range(0, MOST_FRACTION),
            reset,
            over: if reset == 1 || reset == 2 { random.range(0, 1) } else { 0 },
            factor: leak,
            synapse: case.current_width > 0 && random.once_in(2),
            synapse_factor,
            value: random.range(-500, 500),
        }
    }

    /// The fields of a beat, and whether it begins the instruction.
    fn beat(&self, case: &Case, mut beat: Word, begins: bool) -> Word {
        let factor_width = i64::from(case.leak_shift) + 1;
        beat.push(self.value, case.state_width);
        beat.push(self.words - 1, unsigned_width(i128::from((case.depth - 1).max(1))));
        beat.push(self.fraction, FRACTION_BITS);
        beat.push(self.reset, 2);
        beat.push(self.over, 1);
        beat.push(self.factor, factor_width);
        beat.push(self.synapse, 1);
        beat.push(self.synapse_factor, factor_width);
        beat.push(begins, 1);
        beat
    }

    /// The membrane that decides, whether there is a spike, and what is kept: membrane and current.
    fn step(
        &self,
        case: &Case,
        (membrane, current): (i64, i64),
        x: i64,
        theta: i64,
    ) -> (i64, bool, (i64, i64)) {
        let rest = |v: i64, factor: i64| {
            let half = if case.leak_shift == 0 { 0 } else { 1i128 << (case.leak_shift - 1) };
            ((i128::from(v) * i128::from(factor) + half) >> case.leak_shift) as i64
        };
        let added = if self.synapse { current + x } else { x };
        let v = membrane + added;
        let less = theta - self.over;
        let spike = v >= theta;
        let kept = match (spike, self.reset) {
            (false, _) | (true, 0) => rest(v, self.factor),
            (true, 1) => rest(v - less, self.factor),
            (true, 2) => rest(v, self.factor) - less,
            (true, _) => self.value,
        };
        (v, spike, (kept, rest(added, self.synapse_factor)))
    }
}

fn programs(random: &mut Random, case: &Case, base: &Path) -> Parameters {
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut first_batch = 0;
    let each = 4 + if case.leak_shift > 0 { 2 } else { 0 } + i64::from(case.current_width > 0);
    for batch in 0..BATCHES {
        let mut cycles = 10;
        for _ in 0..INSTRUCTIONS {
            let own = Instruction::any(random, case);
            let mut begin = Word::default();
            (0..case.lanes as i64 * (case.acc_width + case.theta_width + case.start_width))
                .for_each(|_| begin.push(random.once_in(2), 1));
            input.push(own.beat(case, begin, true));
            cycles += 1;
            let mut kept = vec![(own.value, 0); own.words as usize * case.lanes];
            for _ in 0..TIME_STEPS {
                for group in kept.chunks_mut(case.lanes) {
                    let (mut sums, mut constants) = (Word::default(), Word::default());
                    let (mut membranes, mut spikes) = (Word::default(), Word::default());
                    for state in group {
                        let edge = |width: i64| 1i64 << (width - 1);
                        let sum = random.range(-edge(case.acc_width), edge(case.acc_width) - 1);
                        let drive = random.range(-edge(case.start_width), edge(case.start_width) - 1);
                        let x = (sum << own.fraction) + drive;
                        // Often just at the threshold.
                        let reached = state.0 + x + if own.synapse { state.1 } else { 0 };
                        let most = (1i64 << case.theta_width) - 1;
                        let theta = match random.range(0, 2) {
                            0 => random.range(own.over, most),
                            _ => (reached + random.range(-1, 1)).clamp(own.over, most),
                        };
                        let (v, spike, next) = own.step(case, *state, x, theta);
                        *state = next;
                        sums.push(sum, case.acc_width);
                        constants.push(drive, case.start_width);
                        constants.push(theta, case.theta_width);
                        membranes.push(v, case.state_width);
                        spikes.push(spike, 1);
                    }
                    sums.append(&constants);
                    input.push(own.beat(case, sums, false));
                    membranes.append(&spikes);
                    output.push(membranes);
                    cycles += each;
                }
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
        if batch == 0 {
            first_batch = cycles;
        }
    }
    let mut parameters = batches.write(base, first_batch);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend([
        ("Lanes", case.lanes.to_string()),
        ("AccWidth", case.acc_width.to_string()),
        ("ThetaWidth", case.theta_width.to_string()),
        ("StartWidth", case.start_width.to_string()),
        ("StateWidth", case.state_width.to_string()),
        ("CurrentWidth", case.current_width.to_string()),
        ("Depth", case.depth.to_string()),
        ("LeakShift", case.leak_shift.to_string()),
    ]);
    parameters
}
