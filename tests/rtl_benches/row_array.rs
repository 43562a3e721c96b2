//! What an array of neurons that decides by whole rows gets and must do: its time-steps, rows and flags. What the neurons
//! decide is the operator's business.

use std::path::Path;

use super::images::{Random, Word, signed_width, unsigned_width, write_image};
use super::runner::{Parameters, file};
use super::vectors::{Batches, Beats};
use snn2rtl::integer::Range;
use snn2rtl::quant::Rounding;

/// Every rounding rule.
const ROUNDINGS: [Rounding; 7] = [
    Rounding::HalfUp,
    Rounding::HalfEven,
    Rounding::HalfOdd,
    Rounding::HalfDown,
    Rounding::Floor,
    Rounding::Ceil,
    Rounding::Truncate,
];

/// Levels and the rule that divides them.
#[derive(Clone, Copy)]
pub struct Levels {
    pub low: i32,
    pub high: i32,
    pub rounding: Rounding,
}

impl Levels {
    /// Random levels, with each rounding rule in turn.
    pub fn random(random: &mut Random, turn: usize) -> Self {
        let (low, high) =
            random.pick(&[(0, 15), (-8, 7), (0, 1), (-1, 0), (-1, 1), (0, 3), (-16, 31), (-5, 2)]);
        Self { low, high, rounding: ROUNDINGS[turn % ROUNDINGS.len()] }
    }

    /// Twice the boundaries below and above a level, where there are any.
    pub fn around(self, level: i32) -> [Option<i64>; 2] {
        [level, level + 1].map(|k| (k > self.low && k <= self.high).then(|| self.rounding.boundary(k).halves))
    }

    /// The image of `level_edges`, and the widths that go with it.
    pub fn parameters(self, base: &Path) -> Parameters {
        let edge = |level| {
            let [down, up] = self.around(level);
            let base = down.or(up).unwrap_or(0);
            (base, up.map_or(0, |up| up - base))
        };
        let levels = self.low..=self.high;
        let halves = signed_width(levels.clone().map(|level| edge(level).0.into()));
        let gap = levels.clone().map(|level| unsigned_width(edge(level).1.into())).max().unwrap();
        let words: Vec<Word> = levels
            .map(|level| {
                let mut word = Word::default();
                for (k, edge) in [level, level + 1].into_iter().zip(self.around(level)) {
                    word.push(i64::from(edge.is_some() && self.rounding.boundary(k).inclusive), 1);
                    word.push(i64::from(edge.is_some()), 1);
                }
                let (base, distance) = edge(level);
                word.push(base, halves);
                word.push(distance, gap);
                word
            })
            .collect();
        let path = base.with_extension("edges.hex");
        write_image(&path, &words);
        vec![
            ("LevelMin", self.low.to_string()),
            ("LevelMax", self.high.to_string()),
            ("LevelWidth", self.width().to_string()),
            ("HalvesWidth", halves.to_string()),
            ("GapWidth", gap.to_string()),
            ("EdgeFile", file(&path)),
        ]
    }

    fn width(self) -> i64 {
        signed_width([self.low.into(), self.high.into()]).max(2)
    }
}

/// The shape of an array; channels with the padding of groups.
#[derive(Clone, Copy)]
pub struct Shape {
    pub rows: usize,
    pub channels: usize,
    pub lanes: usize,
    pub skip_rows: bool,
}

impl Shape {
    pub fn chunks(self) -> usize {
        self.channels.div_ceil(self.lanes)
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    skip: bool,
    last: bool,
    quiet: bool,
}

/// From the accumulated inputs of a row: moves its tracers and gives its spikes.
pub type Decide<'a> = &'a mut dyn FnMut(&[i64], &mut [i32]) -> Vec<i8>;

/// A chunk of neurons after a time-step.
struct Neurons {
    row: usize,
    chunk: usize,
    spikes: Vec<i8>,
    tracers: Vec<i32>,
    sums: Vec<i64>,
}

/// The array's streams, and how often something happened.
pub struct Array {
    shape: Shape,
    input: Vec<(Vec<i64>, Flags, bool)>,
    output: Vec<(Option<Neurons>, Flags, bool)>,
    pub batches: Batches,
    /// Rows that are decided and rows that are skipped in each time-step of the current batch.
    pub steps: Vec<[i64; 2]>,
    fired: u64,
    stopped: u64,
}

impl Array {
    pub fn new(shape: Shape) -> Self {
        let batches = Batches::default();
        let (input, output) = (Vec::new(), Vec::new());
        Self { shape, input, output, batches, steps: Vec::new(), fired: 0, stopped: 0 }
    }

    /// One sample: its input beats, and what each neuron must do in each time-step. `total` is the range of an accumulated
    /// input; `decide` moves the tracers of a row and gives its spikes.
    pub fn sample(&mut self, random: &mut Random, t_max: u16, total: Range, decide: Decide<'_>) {
        let Shape { rows, channels, skip_rows, .. } = self.shape;
        // Now and then a long input that leaves most rows alone: they fall silent, and wake up again.
        let sparse = random.once_in(3);
        let driven = if sparse { random.range(10, 20) } else { random.range(1, 5) };
        let quiet = random.once_in(2);
        let density = random.pick(&[100, 40, 10]);
        let mut sums = vec![0; rows * channels];
        let mut tracers = vec![0; rows * channels];
        let mut active = vec![true; rows];
        let (mut t, mut ended) = (0, false);
        while t < driven || !ended {
            t += 1;
            let mut any = false;
            let mut step = [0; 2];
            for (r, active) in active.iter_mut().enumerate() {
                let part = r * channels..(r + 1) * channels;
                let mut silent = true;
                if t <= driven {
                    let change = change(random, &sums[part.clone()], total, if sparse { 0 } else { density });
                    silent = change.iter().all(|&x| x == 0) && !random.once_in(5);
                    let end = t == driven && r == rows - 1;
                    let flags = Flags { skip: silent, last: end, quiet: end && quiet };
                    self.put(random, &change, flags);
                    sums[part.clone()].iter_mut().zip(&change).for_each(|(x, d)| *x += d);
                }
                if ended {
                    continue;
                }
                let spikes = decide(&sums[part.clone()], &mut tracers[part.clone()]);
                let fired = spikes.iter().filter(|&&s| s != 0).count();
                if skip_rows && silent && t > 1 && !*active {
                    assert_eq!(fired, 0, "a row without change fires");
                    self.output.push((None, Flags { skip: true, ..Flags::default() }, false));
                    step[1] += 1;
                } else {
                    self.expect(r, &spikes, &tracers[part.clone()], &sums[part]);
                    step[0] += 1;
                }
                *active = fired > 0;
                any |= fired > 0;
                self.fired += fired as u64;
            }
            if ended {
                continue;
            }
            self.steps.push(step);
            ended = t == i64::from(t_max) || (t >= driven && !any);
            let (_, flags, _) = self.output.last_mut().unwrap();
            flags.last = ended;
            flags.quiet = ended && quiet && t >= driven && !any;
            self.stopped += u64::from(ended && (any || t < driven));
        }
    }

    /// A row's beats in: each chunk, or one that skips it.
    fn put(&mut self, random: &mut Random, change: &[i64], flags: Flags) {
        let lanes = self.shape.lanes;
        if flags.skip {
            // What else a skip beat holds says nothing.
            let noise = (0..lanes).map(|_| random.pick(&[0, -1])).collect();
            self.input.push((noise, flags, false));
            return;
        }
        for (k, chunk) in change.chunks(lanes).enumerate() {
            let mut chunk = chunk.to_vec();
            chunk.resize(lanes, 0);
            let flags = if k + 1 == self.shape.chunks() { flags } else { Flags::default() };
            self.input.push((chunk, flags, false));
        }
    }

    fn expect(&mut self, row: usize, spikes: &[i8], tracers: &[i32], sums: &[i64]) {
        let lanes = self.shape.lanes;
        for (chunk, ((spikes, tracers), sums)) in
            spikes.chunks(lanes).zip(tracers.chunks(lanes)).zip(sums.chunks(lanes)).enumerate()
        {
            let neurons = Neurons {
                row,
                chunk,
                spikes: spikes.to_vec(),
                tracers: tracers.to_vec(),
                sums: sums.to_vec(),
            };
            self.output.push((Some(neurons), Flags::default(), false));
        }
    }

    pub fn end_batch(&mut self, t_max: u16) {
        self.input.last_mut().unwrap().2 = true;
        self.output.last_mut().unwrap().2 = true;
        self.batches.push(t_max);
        self.steps.clear();
    }

    /// Writes the streams in the narrowest widths that hold them, and gives the parameters of shape and streams.
    /// `most`: the cycles that the first batch may take.
    pub fn write(&self, base: &Path, levels: Levels, most: i64) -> Parameters {
        assert!(self.fired > 0, "no neuron fires");
        assert!(self.stopped > 0, "nothing is stopped by T_max");
        let Shape { rows, lanes, skip_rows, .. } = self.shape;
        let deltas = self.input.iter().flat_map(|(chunk, ..)| chunk.iter().map(|&x| x.into()));
        let delta_width = signed_width(deltas);
        let acc_width = delta_width.max(self.acc_width());

        let mut input = Beats::default();
        for (chunk, flags, end) in &self.input {
            let mut word = Word::default();
            chunk.iter().for_each(|&x| word.push(x, delta_width));
            push_flags(&mut word, *flags);
            input.push(word);
            if *end {
                input.end_batch();
            }
        }
        let mut output = Beats::default();
        for (neurons, flags, end) in &self.output {
            let mut word = Word::default();
            match neurons {
                None => word.push(0, lanes as i64 * (acc_width + levels.width() + 2) + 32),
                Some(n) => {
                    let lane = |j: usize| {
                        let tracer = n.tracers.get(j).copied().unwrap_or(0);
                        (n.sums.get(j).copied().unwrap_or(0), tracer, n.spikes.get(j).copied().unwrap_or(0))
                    };
                    (0..lanes).for_each(|j| word.push(lane(j).0, acc_width));
                    (0..lanes).for_each(|j| word.push(lane(j).1, levels.width()));
                    (0..lanes).for_each(|j| word.push(i64::from(lane(j).2 != 0), 1));
                    (0..lanes).for_each(|j| word.push(i64::from(lane(j).2 < 0), 1));
                    word.push(n.row as i64, 16);
                    word.push(n.chunk as i64, 16);
                }
            }
            push_flags(&mut word, *flags);
            output.push(word);
            if *end {
                output.end_batch();
            }
        }
        let [in_file, in_words] = input.write(&base.with_extension("in.hex"));
        let [out_file, out_words] = output.write(&base.with_extension("out.hex"));
        let mut parameters = vec![
            ("Rows", rows.to_string()),
            ("Lanes", lanes.to_string()),
            ("DeltaWidth", delta_width.to_string()),
            ("AccWidth", acc_width.to_string()),
            ("SkipRows", u8::from(skip_rows).to_string()),
            ("InFile", in_file),
            ("InWords", in_words),
            ("OutFile", out_file),
            ("OutWords", out_words),
        ];
        parameters.extend(levels.parameters(base));
        parameters.extend(self.batches.write(base, most));
        parameters
    }

    /// Bits of an accumulated input.
    fn acc_width(&self) -> i64 {
        let sums = self.output.iter().filter_map(|(neurons, ..)| neurons.as_ref());
        signed_width(sums.flat_map(|n| n.sums.iter().map(|&x| x.into())))
    }
}

/// The most cycles of time-steps: a row that is decided takes `row`, and comes again after `latency`; a time-step may wait
/// for a row of the one before.
pub fn cycles(steps: &[[i64; 2]], row: i64, latency: i64) -> i64 {
    steps.iter().map(|[decided, skipped]| (decided * row + skipped).max(latency) + row).sum::<i64>() + latency
}

fn push_flags(word: &mut Word, flags: Flags) {
    for flag in [flags.skip, flags.last, flags.quiet] {
        word.push(i64::from(flag), 1);
    }
}

/// A change of a row that leaves its values within their range; with density 0 mostly none.
fn change(random: &mut Random, row: &[i64], total: Range, density: i64) -> Vec<i64> {
    let kind = if density == 0 && !random.once_in(8) { 0 } else { random.range(0, 9) };
    let density = density.max(10);
    // As many bits as a value.
    let most = total.high.max(-total.low - 1);
    let one = random.range(total.low, total.high);
    row.iter()
        .enumerate()
        .map(|(c, &x)| {
            let towards = match kind {
                // Nothing; the same value in the whole row; the ends of the range in turn.
                0..=2 => return 0,
                3 => one,
                4 if c.is_multiple_of(2) => total.low,
                4 => total.high,
                // Small and large changes of some.
                _ if random.range(1, 100) > density => return 0,
                5 | 6 => (x + random.range(-3, 3)).clamp(total.low, total.high),
                _ => random.range(total.low, total.high),
            };
            (towards - x).clamp(-most - 1, most)
        })
        .collect()
}
