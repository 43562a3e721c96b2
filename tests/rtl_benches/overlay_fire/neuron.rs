//! Neurons: affine, or by a table.

use std::path::Path;

use snn2rtl::overlay::isa::Fire;

use super::super::images::{Random, Word, write_image};
use super::Case;

/// A function of a table: its first word, the level below all thresholds, thresholds with the level from there on.
#[derive(Clone)]
pub struct Function {
    pub first: i64,
    pub below: i64,
    pub pieces: Vec<(i64, i64)>,
}

impl Function {
    pub fn words(&self) -> usize {
        self.pieces.len() + 1
    }

    fn level(&self, sum: i64) -> i64 {
        self.pieces.iter().rev().find(|piece| piece.0 <= sum).map_or(self.below, |piece| piece.1)
    }
}

/// Functions of each lane: one that is always 0, and some others.
pub fn functions(random: &mut Random, case: &Case) -> Vec<Vec<Function>> {
    let edge = 1i64 << (case.piece.max(1) - 1);
    let level = (1i64 << case.level) - 1;
    let mut function = |first: i64, silent: bool| {
        let count = if silent { 0 } else { random.range(0, case.pieces - 1) };
        let mut thresholds: Vec<i64> = (0..count).map(|_| random.range(-edge, edge - 1)).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let mut any = || random.range(-level, level);
        let below = if silent { 0 } else { any() };
        Function {
            first,
            below,
            pieces: thresholds.into_iter().map(|threshold| (threshold, any())).collect(),
        }
    };
    let mut bank = || {
        let mut bank = vec![function(0, true)];
        while case.piece > 0 && bank.len() < 4 {
            let first: usize = bank.iter().map(Function::words).sum();
            bank.push(function(first as i64, false));
        }
        bank
    };
    (0..case.lanes).map(|_| bank()).collect()
}

/// Writes the memories of tables.
pub fn write(functions: &[Vec<Function>], case: &Case, base: &Path) {
    for (lane, bank) in functions.iter().enumerate() {
        let word = |(threshold, level): (i64, i64)| {
            let mut word = Word::default();
            word.push(threshold, case.piece.max(1));
            word.push(level, case.level + 1);
            word
        };
        let words = bank.iter().flat_map(|function| {
            // What stands in place of the first threshold does not matter.
            std::iter::once((-1, function.below)).chain(function.pieces.iter().copied()).map(word)
        });
        let path = format!("{}_pieces{lane:04}.hex", base.display());
        write_image(Path::new(&path), &words.collect::<Vec<_>>());
    }
}

/// How a neuron decides.
pub enum Neuron {
    Line { start: i64, theta: i64 },
    Table(Function),
}

impl Neuron {
    /// Its word among the thresholds.
    pub fn push(&self, word: &mut Word, case: &Case) {
        let (start, theta) = match self {
            Self::Line { start, theta } => (*start, *theta),
            Self::Table(function) => (function.first, function.words() as i64),
        };
        word.push(start, case.start);
        word.push(theta, case.theta);
    }

    /// Level, and whether it spikes in each step; notes the largest M.
    pub fn fire(&self, sum: i64, i: &Fire, case: &Case, membrane: &mut i128) -> (i64, Vec<bool>) {
        let one = 1i128 << case.fraction;
        let (v, theta) = match self {
            Self::Line { start, theta } => (i128::from(*start) + one * i128::from(sum), i128::from(*theta)),
            Self::Table(function) => (one * i128::from(function.level(sum)), one),
        };
        let (mut m, limit) = if v >= 0 { (v, i.high) } else { (-v - 1 + theta, i.low) };
        let (mut magnitude, mut spikes) = (0u128, Vec::new());
        *membrane = (*membrane).max(m);
        for step in 0..i.steps {
            let weight = if case.unary { 1 } else { 1u128 << (i.steps - 1 - step) };
            *membrane = (*membrane).max(weight as i128 * theta);
            let spike = m >= weight as i128 * theta && magnitude + weight <= limit;
            if spike {
                magnitude += weight;
                m -= weight as i128 * theta;
            }
            spikes.push(spike);
        }
        (if v >= 0 { magnitude as i64 } else { -(magnitude as i64) }, spikes)
    }
}
