//! The stand-alone simulation of a build folder: samples, expected results of the golden model, and the bench.

use std::fmt::Write;

use askama::Template;

use crate::architecture::{Design, Reference};
use crate::error::{Error, Result};
use crate::golden::Limits;
use crate::hardware::{Input, MemoryPort, RandomSamples, SampleResult, Word, name};
use crate::integer;
use crate::registers::{Core, LOAD_CONTROL, LOAD_DATA, LOAD_LENGTH, LOAD_STATUS};

/// Maximum number of samples.
const SAMPLES: usize = 4;

/// No further sample after this number of additions, so that large networks are built and simulated in reasonable time.
const MOST_WORK: u64 = 200_000_000;

/// What the template shows.
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
    image: Option<Image>,
}

/// A model image that is loaded first.
struct Image {
    words: usize,
    address_bits: u32,
    control: u32,
    status: u32,
    data: u32,
    length: u32,
    /// Bits of a beat, if the core reads the image from memory; 0 if not.
    memory: usize,
    /// The ports that it is read through.
    ports: Vec<String>,
}

impl Image {
    fn of(words: &[u32], port: Option<MemoryPort>) -> Self {
        Self {
            words: words.len(),
            address_bits: Core::address_bits(1, true),
            control: LOAD_CONTROL.offset,
            status: LOAD_STATUS.offset,
            data: LOAD_DATA.offset,
            length: LOAD_LENGTH.offset,
            memory: port.map_or(0, |port| port.width),
            ports: port.map_or_else(Vec::new, |port| port.names()),
        }
    }
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
    image: Option<&[u32]>,
) -> Result<SelfCheck> {
    let golden = design.reference(network)?;
    let (stream, output) = (design.input(), design.output());
    let neurons: usize = golden.layers().iter().map(|layer| layer.rows * layer.channels).sum();
    let (mut input, mut expected) = (String::new(), String::new());
    let (mut samples, mut work, mut longest) = (0, 0, 0);
    let mut runner = golden.runner();
    for raw in RandomSamples::new(stream.count, range).take(SAMPLES) {
        if work >= MOST_WORK {
            break;
        }
        let result: SampleResult = runner.run(&raw, &Limits::default());
        let own = result.additions + result.input_macs + u64::from(result.time_steps) * neurons as u64;
        (samples, work, longest) = (samples + 1, work + own, longest.max(own));
        beats(stream, &raw, &mut input);
        for word in output.frame(&result) {
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
        // With one addition per cycle, no sample takes longer; the settled schedule has a bound of its own.
        patience: match &golden {
            Reference::Synchronous(_) => 4 * longest,
            Reference::Settled(_) => 4 * design.waits().cycles,
        }
        .clamp(100_000, u32::MAX.into()),
        tdata: name::bits(stream.tdata_width()),
        image: image.map(|words| Image::of(words, design.memory_port())),
    };
    let text = bench.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))?;
    let mut files = vec![
        ("sim/self_check_tb.sv", text + "\n"),
        ("sim/self_check/input.hex", input),
        ("sim/self_check/expected.hex", expected),
    ];
    if let Some(words) = image {
        files.push(("sim/self_check/model.hex", words.iter().map(|word| format!("{word:08x}\n")).collect()));
    }
    Ok(SelfCheck { samples, files })
}

/// The beats of a sample, one a line, the first element in the low bits.
fn beats(stream: &Input, raw: &[i32], text: &mut String) {
    for beat in raw.chunks(stream.beat_lanes) {
        let mut word = Word::default();
        for lane in 0..stream.beat_lanes {
            word.push(beat.get(lane).copied().unwrap_or(0).into(), stream.element_bits);
        }
        text.push_str(&word.hex());
        text.push('\n');
    }
}
