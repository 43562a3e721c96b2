//! The overlay's neurons of LayerNorm and softmax, and where their spikes go.

use std::path::Path;

use snn2rtl::integer::{LayerNorm, Range};
use snn2rtl::quant::Rounding;

use super::images::{Random, Word, signed_width, unsigned_width, write_image};
use super::overlay_softmax;
use super::runner::{Group, Parameters, file};
use super::vectors::{Batches, Beats};

/// Bits of the number of steps in all benches.
pub const STEPS_WIDTH: i64 = 8;

#[test]
fn overlay_rows() {
    let mut group = Group::new("overlay_rows");
    // Numbers for beats of one element and for others.
    let (mut single, mut wide) = (Random(17), Random(18));
    // Bits of a value, of a threshold, of a level, of an address, of a quad's place; whether there are unary spikes;
    // elements of a beat; whether a quad begins when the one before is handed over.
    for shape in [
        [12, 8, 4, 6, 2, 1, 1, 0],
        [51, 50, 4, 13, 2, 1, 1, 0],
        [20, 24, 3, 9, 1, 0, 1, 0],
        [40, 9, 8, 10, 3, 1, 1, 0],
        [6, 3, 1, 4, 1, 1, 1, 0],
        [9, 7, 2, 5, 1, 0, 1, 0],
        [14, 10, 4, 6, 2, 1, 2, 0],
        [30, 20, 3, 6, 2, 0, 4, 0],
        [11, 9, 4, 6, 1, 1, 8, 0],
        [14, 10, 4, 6, 2, 1, 1, 1],
        [30, 20, 3, 6, 2, 0, 4, 1],
        [6, 3, 1, 4, 1, 1, 2, 1],
        [11, 9, 4, 6, 1, 1, 8, 1],
    ] {
        let random = if shape[6] == 1 { &mut single } else { &mut wide };
        group.add_one("overlay_row_fire", |base| row_fire(random, shape, base));
    }
    overlay_softmax::add(&mut group, &mut single, &mut wide);
    for case in LAYER_NORM {
        let random = if case.place[2] == 1 { &mut single } else { &mut wide };
        group.add_one("overlay_layer_norm", |base| layer_norm(random, &case, base));
    }
    group.run();
}

/// What the neurons of a row share.
#[derive(Clone, Copy)]
pub struct Config {
    pub steps: i64,
    pub unary: bool,
    pub half_even: bool,
    /// Largest magnitudes.
    pub high: i64,
    pub low: i64,
}

impl Config {
    pub fn random(random: &mut Random, level_width: i64, unary: bool) -> Self {
        let most = (1 << level_width) - 1;
        let unary = unary && random.once_in(2);
        let limit = |random: &mut Random| if random.once_in(3) { most } else { random.range(0, most) };
        let (high, low) = (limit(random), limit(random));
        let steps = match unary {
            // Often enough for all levels.
            true => random.range(1, (most + 2).min(40)),
            false if random.once_in(2) => level_width,
            false => random.range(1, level_width),
        };
        Self { steps, unary, half_even: random.once_in(2), high, low }
    }

    pub fn rounding(self) -> Rounding {
        if self.half_even { Rounding::HalfEven } else { Rounding::HalfUp }
    }

    /// Cycles that a quad takes in the neurons.
    pub fn cycles(self, level_width: i64) -> i64 {
        if self.unary { level_width + self.steps } else { level_width }
    }

    /// The spikes of the local time-steps of a neuron for which `reached` says what levels are reached.
    pub fn spikes(self, reached: impl Fn(i64) -> bool) -> Vec<i8> {
        let mut level = 0;
        let mut step = |step: i64| {
            let weight = if self.unary { 1 } else { 1 << (self.steps - 1 - step) };
            let up = level + weight <= self.high && reached(level + weight);
            let down = level - weight >= -self.low && !reached(level - weight + 1);
            let spike = i8::from(up) - i8::from(down);
            level += i64::from(spike) * weight;
            spike
        };
        (0..self.steps).map(&mut step).collect()
    }

    fn weight(self, step: usize) -> i64 {
        if self.unary { 1 } else { 1 << (self.steps - 1 - step as i64) }
    }
}

/// Where the spikes of a row go.
#[derive(Clone, Copy)]
pub struct Target {
    pub addr_width: i64,
    /// Neurons of a word; groups begin at multiples of `align`; elements of a beat.
    pub word: i64,
    pub align: i64,
    pub lanes: i64,
    /// Groups begin at words.
    pub apart: bool,
    pub base: i64,
    pub row_stride: i64,
    pub step_stride: i64,
}

impl Target {
    pub fn random(random: &mut Random, addr_width: i64, [word, align, lanes]: [i64; 3]) -> Self {
        let most = (1 << addr_width) - 1;
        let mut any = || random.range(0, most);
        Self {
            addr_width,
            word,
            align,
            lanes,
            apart: false,
            base: any(),
            row_stride: any(),
            step_stride: any(),
        }
    }

    fn quad_width(self) -> i64 {
        unsigned_width(i128::from((self.word / self.quad() - 1).max(1)))
    }

    /// Neurons that are written at once.
    fn quad(self) -> i64 {
        4 * self.lanes
    }

    /// Quads of a group, and the cycles in which its beats and quads that are empty pass.
    pub fn quads(self, group: i64) -> (i64, i64) {
        let beats = (group + self.lanes - 1) / self.lanes;
        let quads = (group + self.align - 1) / self.align * self.align / self.quad();
        (quads, beats + quads - (beats + 3) / 4)
    }

    /// The writes of a row of groups of neurons.
    pub fn row(self, row: usize, groups: &[Vec<Vec<i8>>], steps: i64, output: &mut Beats) {
        let mut neuron = 0;
        for (g, group) in groups.iter().enumerate() {
            let (quads, _) = self.quads(group.len() as i64);
            for quad in 0..quads {
                let word = self.base + row as i64 * self.row_stride + neuron / self.word;
                let place = neuron % self.word / self.quad();
                for step in 0..steps {
                    let (mut nz, mut neg) = (0i64, 0i64);
                    for lane in 0..self.quad() {
                        let spike =
                            group.get((self.quad() * quad + lane) as usize).map_or(0, |s| s[step as usize]);
                        nz |= i64::from(spike != 0) << lane;
                        neg |= i64::from(spike < 0) << lane;
                    }
                    let last = g + 1 == groups.len() && quad + 1 == quads && step + 1 == steps;
                    let mut beat = Word::default();
                    beat.push(word + step * self.step_stride, self.addr_width);
                    beat.push(place, self.quad_width());
                    beat.push(nz, self.quad());
                    beat.push(neg, self.quad());
                    beat.push(i64::from(last), 1);
                    output.push(beat);
                }
                neuron += self.quad();
            }
            if self.apart {
                neuron = (neuron + self.word - 1) / self.word * self.word;
            }
        }
    }

    /// The parameters of the modules.
    pub fn parameters(self, level_width: i64) -> Parameters {
        vec![
            ("AddrWidth", self.addr_width.to_string()),
            ("WordNeurons", self.word.to_string()),
            ("Align", self.align.to_string()),
            ("Lanes", self.lanes.to_string()),
            ("LevelWidth", level_width.to_string()),
            ("StepsWidth", STEPS_WIDTH.to_string()),
        ]
    }
}

/// Pushes the fields of a configuration, the lowest first: row and step strides, steps, kind, limits.
pub fn push_config(word: &mut Word, config: Config, target: Target, level_width: i64) {
    word.push(target.base, target.addr_width);
    word.push(target.row_stride, target.addr_width);
    word.push(target.step_stride, target.addr_width);
    word.push(config.steps, STEPS_WIDTH);
    word.push(i64::from(config.unary), 1);
    word.push(i64::from(config.half_even), 1);
    word.push(config.high, level_width);
    word.push(config.low, level_width);
}

fn row_fire(
    random: &mut Random,
    [value_width, theta_width, level_width, addr_width, quad_width, unary, lanes, eager]: [i64; 8],
    base: &Path,
) -> Parameters {
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let range = |width: i64| (1i128 << (width - 1)) - 1;
    let mut first_batch = 0;
    for batch in 0..5 {
        let mut cycles = 12;
        for _ in 0..40 {
            let config = Config::random(random, level_width, unary == 1);
            let any = |random: &mut Random, width: i64| random.range(0, (1 << width) - 1);
            let (stride, tag) = (any(random, addr_width), any(random, 1));
            let quads = random.range(1, 6);
            for q in 0..quads {
                let theta = match random.range(0, 4) {
                    0 => 1,
                    1 => (1 << theta_width) - 1,
                    2 => 1 << random.range(0, theta_width - 1),
                    _ => 1 + (random.range(1, (1 << theta_width) - 1) >> random.range(1, theta_width)),
                };
                let count = if random.once_in(3) { random.range(1, 4) } else { 4 };
                // The threshold of a quad has to be there a cycle before the quad is handed over.
                let single = i64::from(count == 1);
                cycles += (count + 1 - eager + single).max(config.cycles(level_width) + single);
                let (addr, quad) = (any(random, addr_width), any(random, quad_width));
                let mut neurons = Vec::new();
                for beat in 0..count {
                    let mut word = Word::default();
                    let (mut stickies, mut those_excluded) = (Vec::new(), Vec::new());
                    for _ in 0..lanes {
                        let sticky = random.once_in(2);
                        let excluded = random.once_in(8);
                        let most = range(value_width);
                        let near = |random: &mut Random| {
                            let k = random.range(-(1 << level_width) - 1, (1 << level_width) + 1);
                            i128::from(k) * i128::from(theta) + i128::from(random.range(-1, 1))
                        };
                        let value = match random.range(0, 7) {
                            0 => -most - 1,
                            1 => most,
                            2 => i128::from(random.next() as i64) >> random.range(0, 63),
                            _ => near(random),
                        };
                        let value = value.clamp(-most - 1, most);
                        let reached = |k: i64| {
                            // In halves, the fraction being one.
                            let (have, need) =
                                (2 * value + i128::from(sticky), 2 * i128::from(k) * i128::from(theta));
                            if config.half_even && k % 2 != 0 { have > need } else { have >= need }
                        };
                        neurons.push(match excluded {
                            true => vec![0; config.steps as usize],
                            false => config.spikes(reached),
                        });
                        word.push(value, value_width);
                        stickies.push(sticky);
                        those_excluded.push(excluded);
                    }
                    word.push(theta, theta_width);
                    let ends = [beat + 1 == count, beat + 1 == count && q + 1 == quads];
                    for flag in stickies.into_iter().chain(those_excluded).chain(ends) {
                        word.push(i64::from(flag), 1);
                    }
                    word.push(addr, addr_width);
                    word.push(quad, quad_width);
                    word.push(tag, 1);
                    word.push(stride, addr_width);
                    word.push(config.steps, STEPS_WIDTH);
                    word.push(i64::from(config.unary), 1);
                    word.push(i64::from(config.half_even), 1);
                    word.push(config.high, level_width);
                    word.push(config.low, level_width);
                    input.push(word);
                }
                let mut levels = vec![0i64; 4 * lanes as usize];
                for step in 0..config.steps {
                    let (mut nz, mut neg) = (0i64, 0i64);
                    for (lane, spikes) in neurons.iter().enumerate() {
                        let spike = spikes[step as usize];
                        nz |= i64::from(spike != 0) << lane;
                        neg |= i64::from(spike < 0) << lane;
                        levels[lane] += i64::from(spike) * config.weight(step as usize);
                    }
                    let mut beat = Word::default();
                    beat.push(addr + step * stride, addr_width);
                    beat.push(quad, quad_width);
                    beat.push(nz, 4 * lanes);
                    beat.push(neg, 4 * lanes);
                    beat.push(i64::from(q + 1 == quads && step + 1 == config.steps), 1);
                    beat.push(tag, 1);
                    levels.iter().for_each(|&level| beat.push(level, level_width + 1));
                    output.push(beat);
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
        ("ValueWidth", value_width.to_string()),
        ("ThetaWidth", theta_width.to_string()),
        ("LevelWidth", level_width.to_string()),
        ("StepsWidth", STEPS_WIDTH.to_string()),
        ("Unary", unary.to_string()),
        ("Eager", eager.to_string()),
        ("AddrWidth", addr_width.to_string()),
        ("QuadWidth", quad_width.to_string()),
        ("Lanes", lanes.to_string()),
    ]);
    parameters
}

struct NormCase {
    channels_max: i64,
    /// Bits of a sum, of a constant, fraction bits of the constants, bits of a level.
    bits: [i64; 4],
    /// Neurons of a word, multiples that rows end at, elements of a beat.
    place: [i64; 3],
}

const fn norm_case(channels_max: i64, bits: [i64; 4], place: [i64; 3]) -> NormCase {
    NormCase { channels_max, bits, place }
}

const LAYER_NORM: [NormCase; 10] = [
    norm_case(16, [12, 12, 8, 4], [16, 4, 1]),
    norm_case(64, [30, 24, 24, 4], [32, 8, 1]),
    norm_case(4, [6, 6, 3, 2], [4, 4, 1]),
    norm_case(7, [8, 9, 6, 3], [8, 8, 1]),
    norm_case(80, [9, 16, 12, 8], [64, 16, 1]),
    norm_case(6, [34, 30, 27, 4], [8, 4, 1]),
    norm_case(19, [12, 12, 8, 4], [16, 8, 2]),
    norm_case(80, [9, 16, 12, 3], [64, 16, 4]),
    norm_case(4, [6, 6, 3, 2], [16, 16, 4]),
    norm_case(61, [14, 12, 10, 4], [32, 32, 8]),
];

/// LayerNorms of rows, their targets, and the widths that they need.
pub struct Norms {
    pub const_width: i64,
    pub fraction: i64,
    /// Fraction bits of the roots.
    pub root_fraction: i64,
    /// The farthest that v and V come.
    pub square_width: i64,
    pub value_width: i64,
}

impl Norms {
    /// With fraction bits of the roots, or without.
    pub fn new(random: &mut Random, const_width: i64, fraction: i64) -> Self {
        let root_fraction = if random.once_in(2) { 0 } else { random.range(1, 12) };
        let (square_width, value_width) = (2 * root_fraction + 2, root_fraction + 2);
        Self { const_width, fraction, root_fraction, square_width, value_width }
    }

    /// A constant, often one that puts rows without deviation on a boundary.
    pub fn constant(&self, random: &mut Random) -> [i64; 2] {
        let most = 1i64 << (self.const_width - 1);
        let unit = 1i64 << (self.fraction - 1).min(self.const_width - 1);
        let boundary = random.range(-(most / unit), (most / unit - 1).max(0)) * unit;
        let beta = match random.range(0, 5) {
            0..=2 => boundary,
            // A fraction above it, which is cut off.
            3 => boundary + 1,
            _ => random.range(-most, most - 1),
        };
        [random.range(-most, most - 1) >> random.range(0, 3), beta.clamp(-most, most - 1)]
    }

    /// Bits of a constant in memory, where the half that rounding adds is part of the offset.
    pub fn image_width(&self) -> i64 {
        self.const_width.max(self.fraction) + 1
    }

    /// Writes an image of constants.
    pub fn write(&self, base: &Path, constants: &[[i64; 2]]) -> String {
        let path = base.with_extension("constants.hex");
        let word = |&[gamma, beta]: &[i64; 2]| {
            let mut word = Word::default();
            word.push(gamma, self.image_width());
            word.push(beta + (1 << (self.fraction - 1)), self.image_width());
            word
        };
        write_image(&path, &constants.iter().map(word).collect::<Vec<_>>());
        file(&path)
    }

    /// The spikes of a row.
    pub fn row(
        &mut self,
        row: &[i64],
        constants: &[[i64; 2]],
        (epsilon, centred): (i128, bool),
        config: Config,
    ) -> Vec<Vec<i8>> {
        let norm = LayerNorm {
            low: -(config.low as i32),
            high: config.high as i32,
            rounding: config.rounding(),
            gamma: constants.iter().map(|c| c[0]).collect(),
            beta: constants.iter().map(|c| c[1]).collect(),
            fraction: self.fraction as u32,
            epsilon,
            root_fraction: self.root_fraction as u32,
            centred,
            total: Range::new(0, 0),
            square_width: 126,
            decision_width: 126,
        };
        let moments = norm.moments(row);
        self.square_width = self.square_width.max(2 * unsigned_width(moments.root.into()));
        let mut neuron = |(c, &x): (usize, &i64)| {
            let numerator = norm.numerator(moments, c, x);
            let half = i128::from(moments.root) << (self.fraction - 1);
            let value = (numerator + half) >> self.fraction;
            self.value_width = self.value_width.max(signed_width([value]));
            config.spikes(|k| norm.reached(moments, numerator, k as i32))
        };
        row.iter().enumerate().map(&mut neuron).collect()
    }
}

/// A row of sums: all kinds, some without deviation.
pub fn sums(random: &mut Random, width: i64, channels: i64) -> Vec<i64> {
    let most = 1i64 << (width - 1);
    let (kind, one) = (random.range(0, 4), random.range(-most, most - 1));
    let near = random.range(0, 2);
    let value = |c: i64| match kind {
        0 => one,
        1 if c % 2 == 0 => -most,
        1 => most - 1,
        2 => (one + random.range(-near, near)).clamp(-most, most - 1),
        _ => random.range(-most, most - 1),
    };
    (0..channels).map(value).collect()
}

fn layer_norm(random: &mut Random, case: &NormCase, base: &Path) -> Parameters {
    let [sum_width, const_width, fraction, level_width] = case.bits;
    let (addr_width, const_bits, lanes) = (9, 7, case.place[2]);
    let sum_bits = unsigned_width(i128::from(8 * (case.channels_max + lanes)));
    let mut norms = Norms::new(random, const_width, fraction);
    let constants: Vec<[i64; 2]> = (0..1 << const_bits).map(|_| norms.constant(random)).collect();
    let mut memory = Vec::new();
    while memory.len() < 1 << sum_bits {
        memory.extend(sums(random, sum_width, case.channels_max));
    }
    memory.truncate(1 << sum_bits);
    let (mut output, mut batches, mut configs) = (Beats::default(), Batches::default(), Vec::new());
    let mut rows_channels = (0, 0);
    for batch in 0..6 {
        let config = Config::random(random, level_width, true);
        let config = if batch == 0 { Config { unary: false, steps: level_width, ..config } } else { config };
        let target = Target::random(random, addr_width, case.place);
        let channels = match batch {
            0 => case.channels_max,
            1 => 1,
            _ => random.range(1, case.channels_max),
        };
        let rows = random.range(2, 8);
        let beat = |n: i64| n / lanes * lanes;
        // Rows begin at multiples of a beat.
        let pitch = beat(channels + lanes - 1);
        let source = random.range(0, (1 << sum_bits) - rows * pitch) / pitch * pitch;
        let first = beat(random.range(0, (1 << const_bits) - pitch));
        let epsilon = i128::from(1 + (random.range(0, 1 << sum_width) >> random.range(0, sum_width)));
        let uncentred = random.once_in(3);
        for row in 0..rows {
            let at = (source + row * pitch) as usize;
            let x = &memory[at..at + channels as usize];
            let own = &constants[first as usize..(first + channels) as usize];
            let spikes = norms.row(x, own, (epsilon, !uncentred), config);
            target.row(row as usize, &[spikes], config.steps, &mut output);
        }
        output.end_batch();
        batches.push(0);
        configs.push((rows, channels, source, first, (epsilon, uncentred), config, target));
        if batch == 0 {
            rows_channels = (rows, channels);
        }
    }
    let channel_bits = unsigned_width(case.channels_max.into());
    let words: Vec<Word> = configs
        .iter()
        .map(|&(rows, channels, source, first, (epsilon, uncentred), config, target)| {
            let mut word = Word::default();
            word.push(rows, 16);
            word.push(channels, channel_bits);
            word.push(source, sum_bits);
            word.push(first, const_bits);
            word.push(epsilon, norms.square_width);
            word.push(i64::from(uncentred), 1);
            push_config(&mut word, config, target, level_width);
            word
        })
        .collect();
    let config_file = base.with_extension("config.hex");
    write_image(&config_file, &words);
    // A row takes its beats and S^2, its quads in the neurons, or its root.
    let (quads, pass) = configs[0].6.quads(case.channels_max);
    let root = (norms.square_width + 1) / 2;
    let beats = (case.channels_max + lanes - 1) / lanes;
    let row = (beats + 1)
        .max(5 + lanes.ilog2() as i64)
        .max(root + 2)
        .max(quads * (level_width + 1).max(5))
        .max(pass + 1);
    let (rows, channels) = rows_channels;
    let most = rows * row + (channels + lanes - 1) / lanes + root + 30 + lanes.ilog2() as i64;
    let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
    let mut parameters = batches.write(base, most);
    parameters.extend(configs[0].6.parameters(level_width));
    parameters.extend([
        ("OutFile", out_file),
        ("OutWords", out_words),
        ("ConfigFile", file(&config_file)),
        ("SumFile", numbers(base, "sums", &memory, sum_width)),
        ("ConstFile", norms.write(base, &constants)),
        ("SumWidth", sum_width.to_string()),
        ("ChannelsMax", case.channels_max.to_string()),
        ("ConstWidth", norms.image_width().to_string()),
        ("Fraction", fraction.to_string()),
        ("SquareWidth", norms.square_width.to_string()),
        ("RootFraction", norms.root_fraction.to_string()),
        ("ValueWidth", norms.value_width.to_string()),
        ("SumAddrWidth", sum_bits.to_string()),
        ("ConstAddrWidth", const_bits.to_string()),
    ]);
    parameters
}

/// Writes an image of numbers.
pub fn numbers(base: &Path, name: &str, values: &[i64], width: i64) -> String {
    let path = base.with_extension(format!("{name}.hex"));
    let word = |&value: &i64| {
        let mut word = Word::default();
        word.push(value, width);
        word
    };
    write_image(&path, &values.iter().map(word).collect::<Vec<_>>());
    file(&path)
}
