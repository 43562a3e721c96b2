//! Stimuli and expected results from the golden model.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::super::Options;
use super::super::dut::Dut;
use crate::architecture::Runner;
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::folder;
use crate::golden::{Confidence, Limits};
use crate::hardware::{Output, SampleResult};

/// Version of the file format.
const FORMAT_VERSION: u32 = 1;

/// Frames and the words of their results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Vectors {
    format_version: u32,
    /// Elements of each sample.
    pub samples: Vec<Vec<i32>>,
    /// Rules that may end samples early; the first one is no rule.
    pub rules: Vec<Rule>,
    /// By rule, then by sample: the words of the result frame.
    pub results: Vec<Vec<Vec<u32>>>,
    /// Frames that are not samples.
    pub malformed: Vec<Malformed>,
}

/// Rules that end a sample before quiescence, as in the registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Maximum number of time-steps, 0 for no limit.
    pub t_max: u16,
    /// Minimum difference between the best value and every other.
    pub margin: u64,
    /// Number of consecutive time-steps, 0 to disable the rule.
    pub patience: u16,
}

/// A frame of a wrong length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Malformed {
    name: &'static str,
    elements: Vec<i32>,
    short_frame: bool,
    long_frame: bool,
    words: Vec<u32>,
}

/// Runs the golden model on all frames.
///
/// # Errors
/// When `build` is not a build folder or the samples do not fit.
pub fn vectors(build: &Path, inputs: &Inputs) -> Result<Vectors> {
    let dut = Dut::load(build)?;
    if dut.image.is_some() {
        return Err(Error::input("these tests do not load networks into the hardware")
            .fix("use 'snn2rtl cosim', or build it without --loadable"));
    }
    dut.check_inputs(inputs, &Options::default())?;
    let mut model = Model::new(&dut);
    let samples: Vec<Vec<i32>> = (0..inputs.len()).map(|index| inputs.sample(index)).collect();
    let outcomes: Vec<SampleResult> = samples.iter().map(|raw| model.run(raw, Rule::default())).collect();
    let rules = rules(&dut, &outcomes);
    let result = |model: &mut Model<'_>, rule| samples.iter().map(|raw| model.words(raw, rule)).collect();
    let results = rules.iter().map(|&rule| result(&mut model, rule)).collect();
    let malformed = malformed(&mut model, &samples);
    Ok(Vectors { format_version: FORMAT_VERSION, samples, rules, results, malformed })
}

impl Vectors {
    /// Writes them as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut file = folder::begin_file(path)?;
        let json = serde_json::to_vec(self)
            .map_err(|e| Error::input(format!("cannot write what is expected: {e}")))?;
        file.write_all(&json).map_err(|e| Error::io("write", path, &e))?;
        folder::finish_file(file, path)
    }
}

/// The golden model of a design.
struct Model<'a> {
    dut: &'a Dut,
    runner: Runner<'a>,
    output: Output,
}

impl<'a> Model<'a> {
    fn new(dut: &'a Dut) -> Self {
        Self { dut, runner: dut.golden.runner(), output: dut.design.output() }
    }

    fn run(&mut self, raw: &[i32], rule: Rule) -> SampleResult {
        let limits = Limits {
            t_max: (rule.t_max > 0).then_some(rule.t_max.into()),
            confidence: (rule.patience > 0)
                .then_some(Confidence { margin: rule.margin, steps: rule.patience }),
            class_per_step: false,
        };
        self.runner.run(raw, &limits)
    }

    fn words(&mut self, raw: &[i32], rule: Rule) -> Vec<u32> {
        let outcome = self.run(raw, rule);
        self.output.frame(&outcome)
    }
}

/// Rules that end some of these samples early and others not.
fn rules(dut: &Dut, outcomes: &[SampleResult]) -> Vec<Rule> {
    let mut steps: Vec<u32> = outcomes.iter().map(|outcome| outcome.time_steps).collect();
    steps.sort_unstable();
    let median = u16::try_from(steps[steps.len() / 2]).unwrap_or(u16::MAX);
    let mut leads: Vec<u128> = outcomes.iter().map(lead).collect();
    leads.sort_unstable();
    let bits = dut.design.output().margin_width;
    let most = 1u64.checked_shl(bits).map_or(u64::MAX, |m| m - 1).max(1);
    let margin = u64::try_from(leads[leads.len() / 2] / 4).unwrap_or(u64::MAX).clamp(1, most);

    let limit = |t_max| Rule { t_max, ..Rule::default() };
    let confidence = |margin, patience| Rule { margin, patience, t_max: 0 };
    let mut rules = vec![Rule::default()];
    // Without neurons there is one time-step.
    if dut.golden.has_time_steps() {
        rules.extend([limit(1), limit(2), limit((median / 2).max(3)), limit(median.max(4))]);
    }
    if bits == 0 {
        return rules;
    }
    if dut.golden.has_time_steps() {
        rules.push(Rule { t_max: (median / 2).max(2), ..confidence(margin, 2) });
    }
    rules.extend([confidence(margin, 1), confidence(margin, 3), confidence(0, 2), confidence(most, 1)]);
    rules
}

/// Difference between the best value and the second.
fn lead(outcome: &SampleResult) -> u128 {
    let mut values = outcome.values.clone();
    values.sort_unstable();
    match values[..] {
        [.., second, best] => best.abs_diff(second),
        _ => 0,
    }
}

/// Frames that end before their last beat, and frames that do not end there.
fn malformed(model: &mut Model<'_>, samples: &[Vec<i32>]) -> Vec<Malformed> {
    let input = model.dut.design.input();
    let (beats, lanes, zero) = (input.beats(), input.beat_lanes, input.zero_point);
    let (low, high) = input.element.range();
    let (first, second) = (&samples[0], &samples[samples.len() - 1]);
    let mut frames = Vec::new();
    let mut short = |name, elements: &[i32]| {
        let mut raw = elements.to_vec();
        raw.resize(first.len(), zero);
        frames.push(Malformed {
            name,
            elements: elements.to_vec(),
            short_frame: true,
            long_frame: false,
            words: model.words(&raw, Rule::default()),
        });
    };
    // What is missing counts as value 0, which some element stands for.
    if beats > 1 && (low..=high).contains(&zero) {
        let cut = (beats / 3).max(1) * lanes;
        short("a frame of one beat", &first[..lanes]);
        short("a frame that lacks its last beat", &second[..(beats - 1) * lanes]);
        short("a frame with TLAST in the wrong beat", &first[..cut]);
        short("what follows a TLAST in the wrong beat", &first[cut..]);
    }
    // The last beat of a sample may be filled up; what comes after it begins with a beat.
    let whole: Vec<i32> =
        first.iter().copied().chain(std::iter::repeat_n(zero, beats * lanes - first.len())).collect();
    let words = model.words(first, Rule::default());
    let mut long = |name, after: &[i32]| {
        let elements = [&whole[..], after].concat();
        frames.push(Malformed { name, elements, short_frame: false, long_frame: true, words: words.clone() });
    };
    long("a frame with a beat too many", &second[..lanes.min(second.len())]);
    long("a frame without TLAST, and the next", second);
    long("three frames with one TLAST", &[&whole[..], second].concat());
    frames
}
