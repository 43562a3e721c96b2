//! Runs programs instruction by instruction, as `docs/overlay.md` describes them. It knows nothing of the compiler: it reads
//! memory images, and begins each sample with memories that nobody has written.
//!
//! Stages work side by side, with queues between them. Any order of their steps is legal as long as conditions hold; a
//! schedule chooses one. Whatever is read before it was written, leaves its memory or its width is an error.

mod engine;
mod image;
mod rows;

use std::collections::{HashMap, VecDeque};

use snn2rtl::overlay::isa::{Fetch, Fire, Vector};
use snn2rtl::overlay::{Machine, Plan};

use crate::random::Random;
use image::{Image, fits};

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

/// Levels of a magnitude with its steps.
fn spikes(level: i64, steps: usize, unary: bool, step: usize) -> i8 {
    let most = level.unsigned_abs();
    let on = if unary { (step as u64) < most } else { most >> (steps - 1 - step) & 1 == 1 };
    if on { level.signum() as i8 } else { 0 }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Double,
    /// The larger of the sums so far and of those before them is kept; sums begin anew.
    Larger,
    Add {
        word: usize,
        negative: bool,
    },
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
    Value { fire: usize, row: usize, channels: usize, channel: usize, value: i128, group_end: bool },
    RowEnd { fire: usize },
}

pub struct Interpreter<'a> {
    machine: &'a Machine,
    fetch: Vec<Fetch>,
    fire: Vec<Fire>,
    vector: Vec<Vector>,
    weights: Image,
    windows: Image,
    thresholds: Image,
    /// Tables of the neurons of a group.
    pieces: Vec<Image>,
    starts: Image,
    coefficients: Image,
    constants: Image,
    exponentials: Image,
    table: Image,
    /// Tables in memory: words, bits of an entry.
    outside: Option<(Vec<u32>, usize)>,
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
    // Fire: instruction, row, chunk, group in the chunk, group in the row, elements of the row.
    firing: [usize; 6],
    serial: VecDeque<Element>,
    softmax: VecDeque<Element>,
    /// Membranes of IF and LIF neurons: word and lane.
    membranes: std::collections::HashMap<(usize, usize), (i128, i128)>,
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
        // The input is that of the network.
        let machine: &Machine =
            Box::leak(Box::new(Machine { input: plan.own.input.clone(), ..plan.machine.clone() }));
        let image = |name: &str| Image::new(plan, name);
        let fetch = list(&image("fetch.hex").program(), Fetch::WORDS, Fetch::decode);
        let fire = list(&image("fire.hex").program(), Fire::WORDS, Fire::decode);
        let vector = list(&image("vector.hex").program(), Vector::WORDS, Vector::decode);
        assert_eq!(
            (fetch.len(), fire.len(), vector.len()),
            (plan.own.fetch_count, plan.own.fire_count, plan.own.vector_count)
        );
        assert_eq!(
            fetch.iter().map(|f| f.last).collect::<Vec<_>>().iter().position(|&l| l == 1),
            Some(fetch.len() - 1)
        );
        let mut weights = image("weights_0.hex");
        weights.0.extend(["weights_1.hex", "weights_2.hex"].into_iter().flat_map(|name| image(name).0));
        let mut starts = image("starts.hex");
        match &plan.stream {
            None => assert_eq!(weights.0.len(), machine.weight_depth),
            Some(stream) => {
                assert!(machine.input.raw, "what is read as spikes may have one place");
                weights = image("stream.hex");
                if plan.own.streamed_starts > 0 {
                    starts = image::starts(&vector, &stream.starts, machine);
                }
            }
        }
        assert_eq!(image("windows.hex").0.len(), machine.window_depth);
        let depths = [
            ("thresholds.hex", plan.own.threshold_depth),
            ("starts.hex", plan.own.start_depth),
            ("coefficients.hex", plan.own.coefficient_depth),
            ("constants.hex", plan.own.constant_depth.div_ceil(machine.row_lanes)),
            ("exponentials.hex", plan.own.exp_depth),
            ("table.hex", plan.own.table_depth),
            ("readout.hex", plan.own.readout.channels),
        ];
        for (name, depth) in depths {
            assert_eq!(image(name).0.len(), depth, "{name}");
        }
        let pieces: Vec<Image> =
            (0..machine.fire_lanes).map(|lane| image(&format!("pieces{lane:04}.hex"))).collect();
        assert_eq!(pieces.iter().map(|image| image.0.len()).max(), Some(plan.own.piece_depth));
        Self {
            machine,
            fetch,
            fire,
            vector,
            weights,
            windows: image("windows.hex"),
            thresholds: image("thresholds.hex"),
            pieces,
            starts,
            coefficients: image("coefficients.hex"),
            constants: image("constants.hex"),
            exponentials: image("exponentials.hex"),
            table: image("table.hex"),
            outside: plan.tables.as_ref().map(|tables| (tables.words(), tables.entry)),
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
            firing: [0; 6],
            serial: VecDeque::new(),
            softmax: VecDeque::new(),
            membranes: Default::default(),
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
}
