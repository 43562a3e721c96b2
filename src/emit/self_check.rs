//! The stand-alone simulation of a build folder: samples, expected results of the golden model, and the bench.

use std::fmt::Write;

use askama::Template;

use crate::architecture::Design;
use crate::error::{Error, Result};
use crate::golden::{Golden, Limits, Outcome, Unobserved};
use crate::hardware::{Input, Word, name};
use crate::integer;

/// Maximum number of samples.
const SAMPLES: usize = 4;

/// No further sample after this number of additions, so that large networks are built and simulated in reasonable time.
const MOST_WORK: u64 = 200_000_000;

/// Start of the samples' random elements.
const SEED: u64 = 0x5eed_5a3b_1e5c_4ec6;

/// Values of the template.
#[derive(Template)]
#[template(path = "self_check_tb.sv", config = "templates/askama.toml")]
struct Bench<'a> {
    generator: &'a str,
    top: &'a str,
    samples: usize,
    beats: usize,
    words: usize,
    patience: u64,
    tdata: String,
}

/// The files that depend on the model.
pub(super) struct SelfCheck {
    /// Number of samples.
    pub samples: usize,
    /// Path and text of each.
    pub files: Vec<(&'static str, String)>,
}

/// Creates the files. `range` is that of a raw element.
///
/// The samples are random elements, the same for the same model; what they are matters less than that every word that
/// comes of them is compared.
pub(super) fn files(
    design: &Design,
    network: &integer::Network,
    range: (i32, i32),
    top: &str,
    generator: &str,
) -> Result<SelfCheck> {
    let golden = Golden::new(network)?;
    let (stream, output) = (design.input(), design.output());
    let neurons: usize = golden.layers().iter().map(|layer| layer.rows * layer.channels).sum();
    let (mut input, mut expected) = (String::new(), String::new());
    let (mut samples, mut work, mut longest) = (0, 0, 0);
    let (mut state, mut random) = (golden.state(), SEED);
    while samples < SAMPLES && work < MOST_WORK {
        let raw: Vec<i32> = (0..stream.count).map(|_| element(&mut random, range)).collect();
        let outcome: Outcome = golden.run(&mut state, &raw, &Limits::default(), &mut Unobserved);
        let own = outcome.sops + outcome.input_macs + u64::from(outcome.time_steps) * neurons as u64;
        (samples, work, longest) = (samples + 1, work + own, longest.max(own));
        beats(stream, &raw, &mut input);
        for word in output.frame(&outcome) {
            // Writing to a string cannot fail.
            let _ = writeln!(expected, "{word:08x}");
        }
    }
    let bench = Bench {
        generator,
        top,
        samples,
        beats: stream.beats(),
        words: output.frame_words(),
        // With one addition per cycle, no sample takes longer.
        patience: (4 * longest).clamp(100_000, u32::MAX.into()),
        tdata: name::bits(stream.tdata_width()),
    };
    let text = bench.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))?;
    let files = vec![
        ("sim/self_check_tb.sv", text + "\n"),
        ("sim/self_check/input.hex", input),
        ("sim/self_check/expected.hex", expected),
    ];
    Ok(SelfCheck { samples, files })
}

/// A random element within a range, its ends included (SplitMix64).
fn element(state: &mut u64, (low, high): (i32, i32)) -> i32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let count = i64::from(high) - i64::from(low) + 1;
    let offset = ((z >> 32).cast_signed() * count) >> 32;
    i32::try_from(i64::from(low) + offset).unwrap_or(low)
}

/// The beats of a sample, one per line, the first element in the low bits.
fn beats(stream: &Input, raw: &[i32], text: &mut String) {
    for beat in raw.chunks(stream.beat_lanes) {
        let mut word = Word::default();
        for lane in 0..stream.beat_lanes {
            word.push(beat.get(lane).copied().unwrap_or(0).into(), stream.element.bits());
        }
        text.push_str(&word.hex());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::{SEED, element};

    #[test]
    fn elements_reach_both_ends_and_no_further() {
        for range in [(0, 255), (-128, 127), (0, 65535), (3, 3), (0, 2)] {
            let mut state = SEED;
            let all: Vec<i32> = (0..1 << 20).map(|_| element(&mut state, range)).collect();
            assert_eq!((all.iter().min(), all.iter().max()), (Some(&range.0), Some(&range.1)));
        }
    }
}
