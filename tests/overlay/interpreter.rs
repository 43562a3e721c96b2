//! Runs programs instruction by instruction, as `docs/overlay.md` describes them. It knows nothing of the compiler: it reads
//! memory images, and begins each sample with memories that nobody has written.
//!
//! Stages work side by side, with queues between them. Any order of their steps is legal as long as conditions hold; a
//! schedule chooses one. Whatever is read before it was written, leaves its memory or its width is an error.

use std::collections::{HashMap, VecDeque};

use snn2rtl::overlay::isa::{Fetch, Fire, Vector};
use snn2rtl::overlay::{Machine, Plan};

use crate::random::Random;

/// Which stage makes its next step.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Any that can.
    Random(u64),
    /// The first in this order that can; queues hold any number of entries.
    Priority([Stage; 8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Input,
    Fetch,
    Accumulate,
    Fire,
    Serial,
    Softmax,
    Vector,
    /// Writes what the vector unit has computed.
    Store,
}

pub const STAGES: [Stage; 8] = [
    Stage::Input,
    Stage::Fetch,
    Stage::Accumulate,
    Stage::Fire,
    Stage::Serial,
    Stage::Softmax,
    Stage::Vector,
    Stage::Store,
];

/// What a sample yields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Levels by list (0 fire, 1 vector), instruction and row, by position; of softmax with those of the fire list.
    pub levels: HashMap<(usize, usize, usize), Vec<i64>>,
    pub totals: Vec<i64>,
    pub values: Vec<i128>,
}

type Fault<T> = Result<T, String>;

/// Words of an image.
struct Image(Vec<Vec<bool>>);

impl Image {
    fn new(plan: &Plan, name: &str) -> Self {
        let digit = |c: char| c.to_digit(16).expect("a hexadecimal digit");
        let bits = |line: &str| -> Vec<bool> {
            line.chars().rev().flat_map(|c| (0..4).map(move |b| digit(c) >> b & 1 == 1)).collect()
        };
        Self(plan.image(name).unwrap_or("").lines().map(bits).collect())
    }

    fn bits(&self, word: usize, at: usize, width: u32, signed: bool, what: &str) -> Fault<i128> {
        let bits = self.0.get(word).ok_or_else(|| format!("word {word} of {what}"))?;
        let bits = bits.get(at..at + width as usize).ok_or_else(|| format!("bits of a word of {what}"))?;
        let value = bits.iter().rev().fold(0i128, |v, &b| v << 1 | i128::from(b));
        Ok(if signed && bits[width as usize - 1] { value - (1 << width) } else { value })
    }

    fn signed(&self, word: usize, width: u32, what: &str) -> Fault<i128> {
        self.bits(word, 0, width, true, what)
    }

    fn program(&self) -> Vec<u32> {
        self.0.iter().map(|bits| bits.iter().rev().fold(0, |v, &b| v << 1 | u32::from(b))).collect()
    }
}

/// Checks that a number fits.
fn fits(value: i128, width: u32, signed: bool, what: &str) -> Fault<i128> {
    let (low, high) = match signed {
        true => (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1),
        false => (0, if width > 126 { i128::MAX } else { (1i128 << width) - 1 }),
    };
    match (low..=high).contains(&value) {
        true => Ok(value),
        false => Err(format!("{what} = {value} does not fit {width} bits")),
    }
}

/// The low bits as two's complement.
fn wrap(value: i128, width: u32) -> i128 {
    let low = value & ((1 << width) - 1);
    if low >> (width - 1) & 1 == 1 { low - (1 << width) } else { low }
}

/// Levels of a magnitude with its steps.
fn spikes(level: i64, steps: usize, unary: bool, step: usize) -> i8 {
    let most = level.unsigned_abs();
    let on = if unary { (step as u64) < most } else { most >> (steps - 1 - step) & 1 == 1 };
    if on { level.signum() as i8 } else { 0 }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Double,
    Add { word: usize, negative: bool },
}

/// A result of the vector unit on its way to memory.
#[derive(Clone, Debug)]
enum Store {
    Sum {
        at: usize,
        value: i128,
    },
    Group {
        first: usize,
        step_stride: usize,
        group: usize,
        levels: Vec<Option<i64>>,
        steps: usize,
        unary: bool,
    },
    Mask {
        token: usize,
        masked: bool,
    },
    RowEnd,
}

#[derive(Clone, Copy, Debug)]
enum Element {
    Value { fire: usize, index: usize, channel: usize, value: i128, group_end: bool },
    RowEnd { fire: usize },
}

pub struct Interpreter<'a> {
    machine: &'a Machine,
    fetch: Vec<Fetch>,
    fire: Vec<Fire>,
    vector: Vec<Vector>,
    weights: Image,
    thresholds: Image,
    starts: Image,
    coefficients: Image,
    constants: Image,
    exponentials: Image,
    table: Image,
    order: Image,
    readout: Image,
    /// By word and neuron.
    spikes: Vec<Vec<Option<i8>>>,
    /// Samples in the two halves: what the input unit has written.
    parity: usize,
}

/// A sample in the making.
struct Run {
    raw: [Vec<i128>; 2],
    input_row: usize,
    next_row: usize,
    operands: Vec<Vec<Option<i64>>>,
    sums: Vec<Option<i128>>,
    mask: Vec<Option<bool>>,
    progress: [u128; 4],
    capacity: usize,
    // Fetch.
    at: (usize, usize, usize),
    chunks: VecDeque<(usize, Vec<Event>)>,
    // Accumulated chunks.
    accumulated: VecDeque<Vec<Option<i128>>>,
    // Fire: instruction, row, chunk, group in the chunk, group in the row, elements of the row, of the instruction.
    firing: [usize; 7],
    serial: VecDeque<Element>,
    softmax: VecDeque<Element>,
    scores: Vec<i128>,
    /// Groups of the softmax's row.
    group: usize,
    /// Vector: instruction, row, step.
    vector: (usize, usize, usize),
    stores: VecDeque<Store>,
    outcome: Outcome,
}

fn list<T>(words: &[u32], size: usize, decode: impl Fn(&[u32]) -> Result<T, String>) -> Vec<T> {
    assert!(words.len().is_multiple_of(size), "whole instructions");
    words.chunks(size).map(|words| decode(words).expect("an instruction")).collect()
}

fn n(value: u128) -> usize {
    usize::try_from(value).expect("a number of instructions")
}

impl<'a> Interpreter<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let machine = &plan.machine;
        let image = |name| Image::new(plan, name);
        let fetch = list(&image("fetch.hex").program(), Fetch::WORDS, Fetch::decode);
        let fire = list(&image("fire.hex").program(), Fire::WORDS, Fire::decode);
        let vector = list(&image("vector.hex").program(), Vector::WORDS, Vector::decode);
        assert_eq!(
            (fetch.len(), fire.len(), vector.len()),
            (machine.fetch_count, machine.fire_count, machine.vector_count)
        );
        assert_eq!(
            fetch.iter().map(|f| f.last).collect::<Vec<_>>().iter().position(|&l| l == 1),
            Some(fetch.len() - 1)
        );
        let weights = image("weights.hex");
        assert_eq!(weights.0.len(), machine.weight_depth);
        let depths = [
            ("thresholds.hex", machine.threshold_depth),
            ("starts.hex", machine.start_depth),
            ("coefficients.hex", machine.coefficient_depth),
            ("constants.hex", machine.constant_depth),
            ("exponentials.hex", machine.exp_depth),
            ("table.hex", machine.table_depth),
            ("readout.hex", machine.readout.channels),
        ];
        for (name, depth) in depths {
            assert_eq!(image(name).0.len(), depth, "{name}");
        }
        Self {
            machine,
            fetch,
            fire,
            vector,
            weights,
            thresholds: image("thresholds.hex"),
            starts: image("starts.hex"),
            coefficients: image("coefficients.hex"),
            constants: image("constants.hex"),
            exponentials: image("exponentials.hex"),
            table: image("table.hex"),
            order: image("order.hex"),
            readout: image("readout.hex"),
            spikes: vec![vec![None; machine.fetch_width]; machine.spike_depth],
            parity: 0,
        }
    }

    /// Programs, to be spoilt.
    pub fn lists(&mut self) -> (&mut Vec<Fetch>, &mut Vec<Fire>, &mut Vec<Vector>) {
        (&mut self.fetch, &mut self.fire, &mut self.vector)
    }

    /// Runs a sample; the input unit may be at work on the next one.
    pub fn run(&mut self, raw: &[i32], next: &[i32], schedule: &Schedule) -> Fault<Outcome> {
        let m = self.machine;
        let values =
            |raw: &[i32]| raw.iter().map(|&q| i128::from(q) - i128::from(m.input.zero_point)).collect();
        let mut run = Run {
            raw: [values(raw), values(next)],
            input_row: 0,
            next_row: 0,
            operands: vec![vec![None; m.lanes]; m.operand_depth],
            sums: vec![None; m.sum_depth],
            mask: vec![None; m.mask_depth],
            progress: [0; 4],
            capacity: usize::MAX,
            at: (0, 0, 0),
            chunks: VecDeque::new(),
            accumulated: VecDeque::new(),
            firing: [0; 7],
            serial: VecDeque::new(),
            softmax: VecDeque::new(),
            scores: Vec::new(),
            group: 0,
            vector: (0, 0, 0),
            stores: VecDeque::new(),
            outcome: Outcome::default(),
        };
        for raw in &run.raw {
            assert_eq!(raw.len(), m.input.count);
            for &value in raw {
                fits(value, m.input.value_width, true, "an element")?;
            }
        }
        self.spikes.iter_mut().for_each(|word| word.fill(None));
        let mut random = Random(match schedule {
            Schedule::Random(seed) => *seed,
            Schedule::Priority(_) => 0,
        });
        if let Schedule::Random(_) = schedule {
            run.capacity = random.pick(&[1, 2, 3, 100]);
        }
        loop {
            let mut order = STAGES;
            match schedule {
                Schedule::Random(_) => {
                    for i in (1..order.len()).rev() {
                        order.swap(i, random.range(0, i as i64) as usize);
                    }
                }
                Schedule::Priority(own) => order = *own,
            }
            let mut moved = false;
            for stage in order {
                let step = match stage {
                    Stage::Input => self.input_step(&mut run)?,
                    Stage::Fetch => self.fetch_step(&mut run)?,
                    Stage::Accumulate => self.accumulate_step(&mut run)?,
                    Stage::Fire => self.fire_step(&mut run)?,
                    Stage::Serial => self.serial_step(&mut run)?,
                    Stage::Softmax => self.softmax_step(&mut run)?,
                    Stage::Vector => self.vector_step(&mut run)?,
                    Stage::Store => self.store_step(&mut run)?,
                };
                if step {
                    moved = true;
                    break;
                }
            }
            if !moved {
                break;
            }
        }
        let ends = (run.at.0, run.firing[0], run.vector.0);
        if ends != (self.fetch.len(), self.fire.len(), self.vector.len()) {
            return Err(format!("deadlock at {ends:?} with progress {:?}", run.progress));
        }
        let left = run.chunks.len()
            + run.accumulated.len()
            + run.serial.len()
            + run.softmax.len()
            + run.scores.len();
        if left > 0 || run.outcome.totals.len() != m.readout.classes {
            return Err(format!("{left} entries left in queues, {} logits", run.outcome.totals.len()));
        }
        self.parity ^= 1;
        Ok(run.outcome)
    }

    fn write_spikes(&mut self, word: usize, from: usize, spikes: &[Option<i8>]) -> Fault<()> {
        let depth = self.spikes.len();
        let word = self.spikes.get_mut(word).ok_or_else(|| format!("spikes to word {word} of {depth}"))?;
        word[from..from + spikes.len()].copy_from_slice(spikes);
        Ok(())
    }

    /// Writes levels of one group of `W` neurons in all steps.
    #[allow(clippy::too_many_arguments)]
    fn write_group(
        &mut self,
        first: usize,
        step_stride: usize,
        group: usize,
        levels: &[Option<i64>],
        steps: usize,
        unary: bool,
    ) -> Fault<()> {
        let (w, f) = (self.machine.fire_lanes, self.machine.fetch_width);
        assert!(levels.len() <= w);
        for step in 0..steps {
            let mut own: Vec<Option<i8>> =
                levels.iter().map(|l| l.map(|l| spikes(l, steps, unary, step))).collect();
            own.resize(w, Some(0));
            self.write_spikes(first + step * step_stride + group * w / f, group * w % f, &own)?;
        }
        Ok(())
    }

    fn input_step(&mut self, run: &mut Run) -> Fault<bool> {
        let i = &self.machine.input;
        let (row, ahead) = match (run.input_row < i.rows, run.next_row < i.rows) {
            (true, _) => (run.input_row, 0),
            (_, true) => (run.next_row, 1),
            _ => return Ok(false),
        };
        let (channels, half, base) = (i.channels, i.half, i.base);
        let (row_stride, step_stride, steps) = (i.row_stride, i.step_stride, i.steps);
        let w = self.machine.fire_lanes;
        let first = base + (self.parity ^ ahead) * half + row * row_stride;
        for group in 0..channels.div_ceil(w) {
            let mut levels = Vec::new();
            for c in group * w..channels.min((group + 1) * w) {
                let k = row * channels + c;
                let element = match i.order {
                    None => k,
                    Some(_) => {
                        let width = usize::BITS - (i.count - 1).leading_zeros();
                        n(self.order.bits(k, 0, width.max(1), false, "order")?.unsigned_abs())
                    }
                };
                let value = run.raw[ahead][element] as i64;
                fits(value.unsigned_abs().into(), steps as u32, false, "the magnitude of an element")?;
                levels.push(Some(value));
            }
            self.write_group(first, step_stride, group, &levels, steps, false)?;
        }
        if ahead == 0 {
            run.input_row += 1
        } else {
            run.next_row += 1
        }
        Ok(true)
    }

    /// Whether row `r` may begin.
    fn may_begin(run: &Run, waits: [[u128; 3]; 2], row: usize) -> bool {
        waits
            .iter()
            .all(|&[unit, base, step]| unit == 0 || run.progress[n(unit)] >= base + row as u128 * step)
    }

    fn fetch_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let (at, row, chunk) = run.at;
        let Some(f) = self.fetch.get(at) else { return Ok(false) };
        if run.chunks.len() >= run.capacity {
            return Ok(false);
        }
        if chunk == 0 {
            let waits =
                [[f.wait0_unit, f.wait0_base, f.wait0_step], [f.wait1_unit, f.wait1_base, f.wait1_step]];
            if !Self::may_begin(run, waits, row) || (f.input == 1 && row >= run.input_row) {
                return Ok(false);
            }
        }
        let (outer, inner) = (chunk / n(f.inner), chunk % n(f.inner));
        let mut events = Vec::new();
        for step in 0..n(f.steps) {
            if step > 0 && f.doubling == 1 {
                events.push(Event::Double);
            }
            for segment in 0..n(f.segments) {
                let mut first = n(f.source) + row * n(f.row_stride) + step * n(f.step_stride);
                first += segment * n(f.segment_stride);
                if f.input == 1 {
                    first += self.parity * m.input.half;
                }
                let groups = outer * n(f.slice_step)..outer * n(f.slice_step) + n(f.slice_groups);
                for position in groups.start * m.fire_lanes..groups.end * m.fire_lanes {
                    let word = first + position / m.fetch_width;
                    let bits =
                        self.spikes.get(word).ok_or_else(|| format!("fetch {at} reads spikes at {word}"))?;
                    let spike = bits[position % m.fetch_width].ok_or_else(|| {
                        format!("fetch {at} row {row} reads word {word} too early, position {position}")
                    })?;
                    if spike == 0 {
                        continue;
                    }
                    let word = f.words + outer as u128 * f.outer_words + inner as u128 * f.inner_words;
                    let word = (word + segment as u128 * f.segment_words + position as u128) % (1 << 32);
                    events.push(Event::Add { word: n(word), negative: spike < 0 });
                }
            }
        }
        run.chunks.push_back((at, events));
        run.at.2 += 1;
        if run.at.2 == n(f.outer * f.inner) {
            run.at = (at, row + 1, 0);
            if row + 1 == n(f.rows) {
                run.at = (at + 1, 0, 0);
            }
        }
        Ok(true)
    }

    fn accumulate_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        if run.accumulated.len() >= run.capacity {
            return Ok(false);
        }
        let Some((at, events)) = run.chunks.pop_front() else { return Ok(false) };
        let mut sums = vec![Some(0i128); m.lanes];
        for event in events {
            for (lane, sum) in sums.iter_mut().enumerate() {
                match event {
                    Event::Double => *sum = sum.map(|s| wrap(2 * s, m.acc_width)),
                    Event::Add { word, negative } => {
                        let term = if self.fetch[at].operand == 1 {
                            let lanes =
                                run.operands.get(word).ok_or_else(|| format!("operand word {word}"))?;
                            lanes[lane].map(i128::from)
                        } else {
                            let at = lane * m.weight_width as usize;
                            Some(self.weights.bits(word, at, m.weight_width, true, "weights")?)
                        };
                        let term = term.map(|t| if negative { -t } else { t });
                        *sum = sum.zip(term).map(|(s, t)| wrap(s + t, m.acc_width));
                    }
                }
            }
        }
        run.accumulated.push_back(sums);
        Ok(true)
    }

    /// A neuron of the engine.
    fn neuron(&self, f: &Fire, group: usize, lane: usize, sum: i128) -> Fault<i64> {
        let m = self.machine;
        let word = n(f.thresholds) + group;
        let at = lane * (m.start_width + m.theta_width) as usize;
        let start = self.thresholds.bits(word, at, m.start_width, true, "thresholds")?;
        let theta =
            self.thresholds.bits(word, at + m.start_width as usize, m.theta_width, false, "thresholds")?;
        let v = fits(start + (sum << m.fraction), m.membrane_width + 1, true, "V")?;
        let (mut left, limit) = if v >= 0 { (v, f.high) } else { (-v - 1 + theta, f.low) };
        fits(left, m.membrane_width, false, "M")?;
        let mut magnitude = 0i64;
        for step in 0..n(f.steps) {
            let weight: i64 = if f.unary == 1 { 1 } else { 1 << (n(f.steps) - 1 - step) };
            fits(i128::from(weight) * theta, m.membrane_width, false, "w·θ")?;
            if left >= i128::from(weight) * theta && magnitude + weight <= limit as i64 {
                magnitude += weight;
                left -= i128::from(weight) * theta;
            }
        }
        fits(magnitude.into(), m.level_bits, false, "a magnitude")?;
        Ok(if v >= 0 { magnitude } else { -magnitude })
    }

    /// A group.
    fn fire_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let w = m.fire_lanes;
        let [at, row, chunk, group, row_group, row_element, element] = run.firing;
        if run.serial.len() >= run.capacity.saturating_mul(w) {
            return Ok(false);
        }
        let (Some(f), Some(sums)) = (self.fire.get(at).cloned(), run.accumulated.front().cloned()) else {
            return Ok(false);
        };
        let last_inner = (chunk + 1).is_multiple_of(n(f.inner));
        let elements = n(if last_inner { f.tail } else { f.full });
        let lanes = group * w..((group + 1) * w).min(elements);
        // Lanes beyond the last element hold neurons as well.
        let mut levels = vec![Some(0); w];
        if f.neurons == 1 {
            for (lane, level) in levels.iter_mut().enumerate() {
                *level = match sums[group * w + lane] {
                    Some(sum) => Some(self.neuron(&f, row_group, lane, sum)?),
                    None => None,
                };
            }
            let row_levels = run.outcome.levels.entry((0, at, row)).or_default();
            assert_eq!(row_levels.len(), row_group * w);
            row_levels.extend(levels.iter().map(|l| l.unwrap_or(i64::MIN)));
        }
        if f.spikes_out == 1 {
            let first = n(f.spikes) + row * n(f.row_stride);
            self.write_group(first, n(f.step_stride), row_group, &levels, n(f.steps), f.unary == 1)?;
        }
        if f.operand_out == 1 {
            for (lane, level) in levels.iter().enumerate() {
                let level = level.ok_or("an operand of nothing")?;
                fits(level.into(), m.operand_width, true, "an operand")?;
                let (word, to) = if f.transpose == 1 {
                    (row / m.lanes * n(f.operand_stride) + row_group * w + lane, row % m.lanes)
                } else {
                    let unit = row_group / n(f.operand_groups);
                    (unit * n(f.operand_stride) + row, w * (row_group % n(f.operand_groups)) + lane)
                };
                let word = n(f.operand_words) + word;
                let lanes = run.operands.get_mut(word).ok_or_else(|| format!("operand to word {word}"))?;
                lanes[to] = Some(level);
            }
        }
        let count = lanes.len();
        for (k, lane) in lanes.clone().enumerate() {
            let value = if f.neurons == 1 { levels[lane - group * w].map(i128::from) } else { sums[lane] };
            if f.serial > 0 {
                let value = value.ok_or("an element of nothing")?;
                run.serial.push_back(Element::Value {
                    fire: at,
                    index: element + k,
                    channel: row_element + k,
                    value: fits(value, m.value_width, true, "an element of the serial path")?,
                    group_end: last_inner && lane + 1 == elements,
                });
            }
        }
        run.firing = [at, row, chunk, group + 1, row_group + 1, row_element + count, element + count];
        if (group + 1) * w >= elements {
            run.accumulated.pop_front();
            run.firing[2] = chunk + 1;
            run.firing[3] = 0;
            if chunk + 1 == n(f.chunks) {
                run.serial.push_back(Element::RowEnd { fire: at });
                run.firing = [at, row + 1, 0, 0, 0, 0, element + count];
                if row + 1 == n(f.rows) {
                    run.firing = [at + 1, 0, 0, 0, 0, 0, 0];
                }
            }
        }
        Ok(true)
    }

    /// `X = base + k·value`: address and value.
    #[allow(clippy::too_many_arguments)]
    fn add(
        &self,
        sums: &[Option<i128>],
        (target, index, channel): (usize, usize, usize),
        (accumulate, start, starts): (u128, u128, usize),
        (per_channel, coefficients, coefficient): (u128, usize, u128),
        value: i128,
        who: &str,
    ) -> Fault<(usize, i128)> {
        let m = self.machine;
        let at = target + index;
        let x = sums.get(at).ok_or_else(|| format!("{who}: sum {at} of {}", sums.len()))?;
        let base = match (accumulate, start) {
            (1, _) => x.ok_or_else(|| format!("{who} adds to sum {at} too early"))?,
            (_, 1) => self.starts.signed(starts + index, m.sum_width, "starts")?,
            _ => 0,
        };
        let k = match per_channel {
            1 => self.coefficients.signed(coefficients + channel, m.coefficient_width, "coefficients")?,
            _ => fits(i128::from(coefficient as u64 as i64), m.coefficient_width, true, "a coefficient")?,
        };
        Ok((at, wrap(base + wrap(k * value, m.sum_width), m.sum_width)))
    }

    fn serial_step(&mut self, run: &mut Run) -> Fault<bool> {
        let Some(&element) = run.serial.front() else { return Ok(false) };
        if run.softmax.len() >= run.capacity.saturating_mul(8) {
            return Ok(false);
        }
        run.serial.pop_front();
        match element {
            Element::RowEnd { fire } if self.fire[fire].serial == 2 => run.softmax.push_back(element),
            Element::RowEnd { .. } => run.progress[1] += 1,
            Element::Value { fire, index, channel, value, .. } => {
                let f = &self.fire[fire];
                match f.serial {
                    1 => {
                        let (at, value) = self.add(
                            &run.sums,
                            (n(f.sums), index, channel),
                            (f.accumulate, f.start, n(f.starts)),
                            (f.per_channel, n(f.coefficients), f.coefficient),
                            value,
                            &format!("fire {fire}"),
                        )?;
                        run.sums[at] = Some(value);
                    }
                    2 => run.softmax.push_back(element),
                    _ => {
                        let r = &self.machine.readout;
                        let c = channel % r.channels;
                        let offset = self.readout.bits(c, 0, r.value_width, true, "readout")?;
                        let product = match r.shift {
                            Some(shift) => value << shift,
                            None => {
                                let at = r.value_width as usize;
                                value * self.readout.bits(c, at, r.multiplier_width, true, "readout")?
                            }
                        };
                        run.outcome.totals.push(value as i64);
                        run.outcome.values.push(fits(product + offset, r.value_width, true, "a logit")?);
                    }
                }
            }
        }
        Ok(true)
    }

    /// The level of row fire.
    fn row_level(
        &self,
        (v, theta): (i128, i128),
        sticky: bool,
        (low, high): (i64, i64),
        half_even: bool,
    ) -> Fault<i64> {
        let m = self.machine;
        fits(v, m.row_value_width, true, "V of row fire")?;
        fits(theta, m.row_theta_width, false, "θ of row fire")?;
        fits(-v - 1 + theta, if v < 0 { m.row_value_width } else { 127 }, true, "M of row fire")?;
        let reached = |k: i64| {
            let edge = i128::from(k) * theta;
            match half_even && k % 2 != 0 {
                true => v > edge || (v == edge && sticky),
                false => v >= edge,
            }
        };
        Ok((-low + 1..=high).rev().find(|&k| reached(k)).unwrap_or(-low))
    }

    fn softmax_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let Some(element) = run.softmax.pop_front() else { return Ok(false) };
        match element {
            Element::RowEnd { .. } => {
                run.group = 0;
                run.progress[2] += 1;
            }
            Element::Value { fire, value, group_end, .. } => {
                run.scores.push(value);
                if !group_end {
                    return Ok(true);
                }
                let f = self.fire[fire].clone();
                let scores = std::mem::take(&mut run.scores);
                if scores.len() > m.max_group {
                    return Err(format!("{} scores of a group", scores.len()));
                }
                let mut masked = vec![false; scores.len()];
                if f.masked == 1 {
                    for (own, set) in masked.iter_mut().zip(&run.mask) {
                        *own = set.ok_or("a mask that is not set")?;
                    }
                }
                let most = scores.iter().zip(&masked).filter(|(_, masked)| !**masked).map(|(a, _)| *a).max();
                let mut exps = Vec::new();
                for (&a, &masked) in scores.iter().zip(&masked) {
                    let distance = most.map_or(0, |most| most - a);
                    exps.push(match masked || distance >= f.exponential_count as i128 {
                        true => 0,
                        false => {
                            let word = n(f.exponentials) + distance as usize;
                            self.exponentials.bits(word, 0, m.exp_width, false, "exponentials")?
                        }
                    });
                }
                let sum = fits(exps.iter().sum(), m.exp_sum_width, false, "a sum of exponentials")?;
                let z = fits(f.scale as i128, m.scale_width, false, "a scale")? * sum;
                let mut levels = Vec::new();
                for (&e, &masked) in exps.iter().zip(&masked) {
                    let (low, high) = (f.low as i64, f.high as i64);
                    levels.push(match masked {
                        true => 0,
                        false => {
                            let value = (e << m.scale_fraction) + z;
                            self.row_level((value, 2 * z), false, (low, high), f.half_even == 1)?
                        }
                    });
                }
                let w = m.fire_lanes;
                let row = (run.progress[2] as usize)
                    - self.fire[..fire].iter().filter(|f| f.serial == 2).map(|f| n(f.rows)).sum::<usize>();
                for levels in levels.chunks(w) {
                    let own: Vec<Option<i64>> = levels.iter().map(|&l| Some(l)).collect();
                    let first = n(f.spikes) + row * n(f.row_stride);
                    self.write_group(first, n(f.step_stride), run.group, &own, n(f.steps), f.unary == 1)?;
                    run.group += 1;
                    let all = run.outcome.levels.entry((0, fire, row)).or_default();
                    all.extend(levels);
                    all.resize(all.len().next_multiple_of(w), 0);
                }
            }
        }
        Ok(true)
    }

    fn vector_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let (at, row, step) = run.vector;
        let Some(v) = self.vector.get(at).cloned() else { return Ok(false) };
        if run.stores.len() >= run.capacity.saturating_mul(8) {
            return Ok(false);
        }
        if step == 0 {
            let waits =
                [[v.wait0_unit, v.wait0_base, v.wait0_step], [v.wait1_unit, v.wait1_base, v.wait1_step]];
            if !Self::may_begin(run, waits, row) {
                return Ok(false);
            }
        }
        let channels = n(v.channels);
        let index = row * channels + step;
        let read = |sums: &[Option<i128>], at: usize| -> Fault<i128> {
            let x = sums.get(at).ok_or_else(|| format!("vector {} reads sum {at}", run.vector.0))?;
            x.ok_or_else(|| format!("vector {} reads sum {at} too early", run.vector.0))
        };
        let mut steps = channels;
        match v.op {
            0..=2 => {
                let (value, k) = match v.op {
                    0 => (0, 0),
                    1 => (read(&run.sums, n(v.source) + index)?, v.coefficient),
                    _ => {
                        let raw = run.raw[0][row];
                        let word = (v.table as i128 + raw * channels as i128) as usize + step;
                        (self.table.signed(word, m.table_width, "the table")?, v.coefficient)
                    }
                };
                let (at, value) = self.add(
                    &run.sums,
                    (n(v.target), index, step),
                    (v.accumulate, v.start, n(v.starts)),
                    (v.per_channel, n(v.coefficients), k),
                    value,
                    &format!("vector {at}"),
                )?;
                run.stores.push_back(Store::Sum { at, value });
            }
            3 => {
                // First all channels are read, then groups of spikes written.
                steps = 1 + channels.div_ceil(m.fire_lanes);
                if step == 0 {
                    let levels = self.layer_norm(run, &v, row)?;
                    run.outcome.levels.insert((1, at, row), levels);
                } else {
                    let group = step - 1;
                    let levels = &run.outcome.levels[&(1, at, row)];
                    let end = ((group + 1) * m.fire_lanes).min(channels);
                    run.stores.push_back(Store::Group {
                        first: n(v.spikes) + row * n(v.row_stride),
                        step_stride: n(v.step_stride),
                        group,
                        levels: levels[group * m.fire_lanes..end].iter().map(|&l| Some(l)).collect(),
                        steps: n(v.steps),
                        unary: v.unary == 1,
                    });
                }
            }
            _ => {
                steps = 1;
                let padding = i128::from(v.table as u32 as i32);
                run.stores.push_back(Store::Mask { token: row, masked: run.raw[0][row] == padding });
            }
        }
        run.vector.2 += 1;
        if run.vector.2 == steps {
            run.stores.push_back(Store::RowEnd);
            run.vector = (at, row + 1, 0);
            if row + 1 == n(v.rows) {
                run.vector = (at + 1, 0, 0);
            }
        }
        Ok(true)
    }

    fn store_step(&mut self, run: &mut Run) -> Fault<bool> {
        let Some(store) = run.stores.pop_front() else { return Ok(false) };
        match store {
            Store::Sum { at, value } => run.sums[at] = Some(value),
            Store::Mask { token, masked } => {
                *run.mask.get_mut(token).ok_or("a mask that is too small")? = Some(masked);
            }
            Store::Group { first, step_stride, group, levels, steps, unary } => {
                self.write_group(first, step_stride, group, &levels, steps, unary)?;
            }
            Store::RowEnd => run.progress[3] += 1,
        }
        Ok(true)
    }

    fn layer_norm(&self, run: &Run, v: &Vector, row: usize) -> Fault<Vec<i64>> {
        let m = self.machine;
        let channels = n(v.channels);
        if channels > m.max_channels {
            return Err(format!("LayerNorm of {channels} channels"));
        }
        let count = channels as i128;
        let mut x = Vec::new();
        for c in 0..channels {
            let at = n(v.source) + row * channels + c;
            let value = run.sums.get(at).ok_or_else(|| format!("LayerNorm reads sum {at}"))?;
            x.push(
                value.ok_or_else(|| {
                    format!("LayerNorm {} row {row} reads sum {at} too early", run.vector.0)
                })?,
            );
        }
        let sum: i128 = x.iter().sum();
        let squares: i128 = x.iter().map(|x| x * x).sum();
        let epsilon = fits(v.epsilon as i128, m.epsilon_width, false, "ε")?;
        let square = fits(count * squares - sum * sum + epsilon, m.square_width, false, "v")?;
        let root = square.isqrt();
        let mut levels = Vec::new();
        for (c, x) in x.iter().enumerate() {
            let word = n(v.constants) + c;
            let gamma = self.constants.bits(word, 0, m.gamma_width, true, "constants")?;
            let beta = self.constants.bits(word, m.gamma_width as usize, m.beta_width, true, "constants")?;
            let numerator = gamma * (count * x - sum) + beta * root + (root << (m.norm_fraction - 1));
            let value = numerator >> m.norm_fraction;
            let sticky = numerator != value << m.norm_fraction;
            levels.push(self.row_level(
                (value, root),
                sticky,
                (v.low as i64, v.high as i64),
                v.half_even == 1,
            )?);
        }
        Ok(levels)
    }
}
