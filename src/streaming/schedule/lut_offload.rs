//! Weights in look-up tables if block memory is exceeded.
//!
//! A memory that is a little deeper than a whole number of blocks wastes most of the last ones. The words behind the
//! last whole block can be look-up tables instead; where that is not enough, further blocks follow, the cheapest first.

use super::cost::{estimate, stage_figures};
use crate::error::{printable, thousands};
use crate::hardware::Figures;
use crate::streaming::design::{Design, Kind, Stage};
use crate::target::Device;

/// Depths of blocks, and how many of them are looked at for each.
const DEPTHS: [usize; 8] = [256, 512, 1024, 2048, 4096, 8192, 16384, 32768];
const BLOCKS: usize = 8;
/// Bits of block memory that at most go into one look-up table.
const BITS_OF_A_TABLE: u64 = 64;

/// Area of a stage with this number of words in look-up tables.
#[derive(Clone, Copy)]
struct Candidate {
    lut_words: usize,
    figures: Figures,
}

/// Moves words of weights to look-up tables until a device's block memory suffices, as the cost model has it. Says
/// whether it then does; otherwise the design is unchanged.
pub fn lut_offload(design: &mut Design, device: &Device) -> bool {
    let family = device.family;
    let there = device.memory(family.bram_unit()).map_or(0, |memory| memory.count);
    let mut total = estimate(design, family).total;
    let short = total.bram.saturating_sub(there);
    // All of a block's bits would have to be somewhere.
    let free = device.luts.saturating_sub(total.lut);
    if short.saturating_mul(family.block_bits() / BITS_OF_A_TABLE) > free {
        return short == 0;
    }
    let before: Vec<usize> =
        design.stages.iter().map(|stage| stage.kind.matmul().map_or(0, |m| m.lut_words)).collect();
    let mut candidates: Vec<Option<Vec<Candidate>>> = vec![None; design.stages.len()];
    while total.bram > there {
        let mut best: Option<(f64, usize, Candidate, Figures)> = None;
        for (stage, found) in candidates.iter_mut().enumerate() {
            let found = found.get_or_insert_with(|| all(design, stage, device));
            let Some(now) = design.stages[stage].kind.matmul().map(|m| m.lut_words) else { continue };
            let now = stage_figures_with(design, stage, device, now);
            for &candidate in found.iter() {
                let Some(saved) = now.bram.checked_sub(candidate.figures.bram).filter(|&saved| saved > 0)
                else {
                    continue;
                };
                let price = (candidate.figures.lut as f64 - now.lut as f64).max(1.0) / saved as f64;
                if best.is_none_or(|(least, ..)| price < least) {
                    best = Some((price, stage, candidate, now));
                }
            }
        }
        let Some((_, stage, candidate, now)) = best else {
            for (stage, lut_words) in before.into_iter().enumerate() {
                set(design, stage, lut_words);
            }
            return false;
        };
        set(design, stage, candidate.lut_words);
        total.bram = total.bram + candidate.figures.bram - now.bram;
    }
    true
}

/// Layers with weights in look-up tables: moved words and all words.
pub fn in_tables(design: &Design) -> Vec<String> {
    let line = |stage: &Stage| {
        let matmul = stage.kind.matmul().filter(|matmul| matmul.lut_words > matmul.default_lut_words())?;
        let [some, all] = [matmul.lut_words, matmul.bank_words()].map(|words| thousands(words as u64));
        let each = if matmul.banks > 1 { " of each bank" } else { "" };
        Some(format!("{}: {some} of {all} words{each} of weights in look-up tables", printable(&stage.node)))
    };
    design.stages.iter().filter_map(line).collect()
}

fn set(design: &mut Design, stage: usize, lut_words: usize) {
    if let Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) = &mut design.stages[stage].kind {
        matmul.lut_words = lut_words;
    }
}

/// Area of a stage with this number of words in look-up tables; the design is not changed.
fn stage_figures_with(design: &mut Design, stage: usize, device: &Device, lut_words: usize) -> Figures {
    let before = design.stages[stage].kind.matmul().map_or(0, |m| m.lut_words);
    set(design, stage, lut_words);
    let figures = stage_figures(design, stage, device.family);
    set(design, stage, before);
    figures
}

/// Numbers of words that are evaluated: all of them, and those behind a whole number of blocks.
fn all(design: &mut Design, stage: usize, device: &Device) -> Vec<Candidate> {
    let Some(matmul) = design.stages[stage].kind.matmul() else { return Vec::new() };
    let words = matmul.bank_words();
    let last = |depth: usize| words.saturating_sub(1) / depth;
    let kept = DEPTHS.into_iter().flat_map(|depth| {
        let blocks = (0..BLOCKS).map_while(move |n| last(depth).checked_sub(n));
        blocks.map(move |blocks| blocks * depth)
    });
    let mut kept: Vec<usize> = kept.chain([0]).collect();
    kept.sort_unstable();
    kept.dedup();
    let candidate = |kept: usize| {
        let lut_words = words - kept;
        Candidate { lut_words, figures: stage_figures_with(design, stage, device, lut_words) }
    };
    kept.into_iter().map(candidate).collect()
}
