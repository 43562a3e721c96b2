//! Model images: networks for a machine that is loaded at run time (`docs/model-image.md`).
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the format, and the image of a network |
//! | `memories.rs` | the memories that an image fills |
//! | `scalars.rs` | the numbers of a network that no instruction has |
//! | `package.rs` | the SystemVerilog package |

mod memories;
mod package;
mod scalars;

use sha2::{Digest, Sha256};

pub use memories::MemoryKind;
pub use package::package;
pub use scalars::{Flag, Scalar};

use memories::STREAM_NUMBERS;
pub(super) use memories::most_parts;
pub(super) use scalars::values;

use super::machine::Machine;
use super::options::Loadable;
use super::plan::Plan;
use super::stream::{self, Stream};
use crate::error::{Error, Result};
use crate::golden::SpikeCode;

/// First word of an image: "SNNM", the first letter in the low byte.
pub const MAGIC: u32 = u32::from_le_bytes(*b"SNNM");
/// Version of the format.
pub const VERSION: u32 = 4;
/// Words to whose multiples the stream of weights is aligned: the widest beat.
const ALIGNMENT: usize = 16;
/// Fewest words of an image: the header, a section of one word, the CRC.
pub const LEAST_WORDS: u32 = 9;

/// Why the core refuses an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The first word.
    Magic,
    /// The version of the format.
    Version,
    /// It was made for another machine.
    Machine,
    /// The length, or sections beyond it.
    Length,
    /// The number of a memory.
    Memory,
    /// Words beyond the end of a memory, or none.
    Address,
    /// The CRC.
    Crc,
    /// The source failed.
    Source,
}

impl LoadError {
    /// All of them, by their codes.
    pub const ALL: [Self; 8] = [
        Self::Magic,
        Self::Version,
        Self::Machine,
        Self::Length,
        Self::Memory,
        Self::Address,
        Self::Crc,
        Self::Source,
    ];

    /// The code in `load_status`; 0 is no error.
    pub fn code(self) -> u32 {
        (1..).zip(Self::ALL).find(|(_, error)| *error == self).map_or(0, |(code, _)| code)
    }

    /// What is wrong.
    pub fn text(self) -> &'static str {
        match self {
            Self::Magic => "it does not begin like a model image",
            Self::Version => "it is of another version of the format",
            Self::Machine => "it was made for another machine",
            Self::Length => "its sections do not have its length",
            Self::Memory => "it names a memory that there is not",
            Self::Address => "a section ends beyond its memory",
            Self::Crc => "its CRC is wrong",
            Self::Source => "its source failed",
        }
    }
}

impl Loadable {
    /// Identifies the machine: images for another one are refused.
    pub fn identifier(&self) -> u32 {
        let mut hash = Sha256::new();
        hash.update(match self.options.code {
            SpikeCode::Unary => b"unary",
            SpikeCode::Radix => b"radix",
        });
        let Machine { lanes, spikes, fire_lanes, fetch_width, row_lanes, .. } = &self.machine;
        for number in [lanes, spikes, fire_lanes, fetch_width, row_lanes] {
            hash.update((*number as u64).to_le_bytes());
        }
        // A structure of numbers is always written.
        hash.update(serde_json::to_vec(&self.machine).unwrap_or_default());
        let digest = hash.finalize();
        u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

/// The image of a network that is compiled for the machine; its elements are two's complement or not.
///
/// # Errors
/// When a memory image of the plan is damaged, or has words that the machine has no room for.
pub fn words(plan: &Plan, loadable: &Loadable, signed: bool) -> Result<Vec<u32>> {
    let mut words = vec![MAGIC, VERSION, loadable.identifier(), 0];
    let mut needs = 0;
    for kind in MemoryKind::ALL {
        let data = if kind == MemoryKind::Scalars {
            values(plan, signed)
        } else if kind == MemoryKind::Stream {
            // It follows behind all others.
            continue;
        } else {
            contents(plan, loadable, kind)?
        };
        let parts = kind.parts(&loadable.machine) as usize;
        let count = data.len() / parts.max(1);
        if count > kind.size(&loadable.machine).0 {
            return Err(Error::input(format!("{count} words of the memory of {} are too many", kind.name())));
        }
        if count > 0 {
            words.extend([kind.number(), 0, u32::try_from(count).unwrap_or(u32::MAX)]);
            if kind == MemoryKind::Needs {
                needs = words.len();
            }
            words.extend(data);
        }
    }
    if let Some(stream) = &plan.stream {
        let beats = stream::Beats::new(weight_bits(loadable), loadable.machine.bus_width);
        let mut data = streamed(plan, stream, beats)?;
        let beat = loadable.machine.bus_width / 32;
        let starts = stream.start_words(loadable.machine.start_entry());
        let beats = [stream.beats_before(), starts.len() / beat, stream.weight_beats() + starts.len() / beat];
        let before = beats[0] * beat;
        data.splice(before..before, starts);
        let ports = loadable.machine.ports();
        let bytes = 4 * data.len() / ports;
        let offset = outside(&mut words, parts(&data, beat, ports))?;
        let tables = match &plan.tables {
            Some(tables) => {
                let data = tables.words();
                let bytes = 4 * data.len();
                [outside(&mut words, data)?, bytes]
            }
            None => [0, 0],
        };
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let [before, starts, all] = beats;
        let own = [offset, bytes, stream.words, before, starts, all, tables[0], tables[1]].map(number);
        words[needs..needs + own.len()].copy_from_slice(&own);
    }
    words[3] = u32::try_from(words.len() + 1).unwrap_or(u32::MAX);
    words.push(crc(&words));
    Ok(words)
}

/// The words of a stream with beats of `beat` words, as several ports read it: the part of each beat that the first port brings,
/// then those of the others.
fn parts(data: &[u32], beat: usize, ports: usize) -> Vec<u32> {
    let own = (beat / ports).max(1);
    let part =
        |port: usize| data.chunks(beat.max(1)).flat_map(move |beat| beat.iter().skip(port * own).take(own));
    (0..ports).flat_map(part).copied().collect()
}

/// Appends what stays in memory, at the alignment; the bytes before it. A section that only fills up goes before: the data of
/// the next one follows three words later.
///
/// # Errors
/// If the image becomes larger than a length of 32 bits in bytes.
fn outside(words: &mut Vec<u32>, data: Vec<u32>) -> Result<usize> {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let fill = ALIGNMENT - (words.len() + 6) % ALIGNMENT;
    words.extend([MemoryKind::Stream.number(), 0, number(fill)]);
    words.extend(std::iter::repeat_n(0, fill));
    words.extend([MemoryKind::Stream.number(), 0, number(data.len())]);
    let offset = 4 * words.len();
    let bytes = offset + 4 * (data.len() + 1);
    if u32::try_from(bytes).is_err() {
        return Err(Error::input(format!("the model image has {bytes} bytes, and 4 GiB is the most")));
    }
    words.extend(data);
    Ok(offset)
}

/// The CRC-32 of words, the low byte of each first.
pub fn crc(words: &[u32]) -> u32 {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    crc32fast::hash(&bytes)
}

/// The bytes of an image.
pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The words of a memory in parts of 32 bits, the low part of each first.
fn contents(plan: &Plan, loadable: &Loadable, kind: MemoryKind) -> Result<Vec<u32>> {
    let machine = &loadable.machine;
    let single = |name: &str| plan.image(name).unwrap_or("").to_owned();
    let text = match kind {
        MemoryKind::Scalars => String::new(),
        MemoryKind::Fetch => single("fetch.hex"),
        MemoryKind::Fire => single("fire.hex"),
        MemoryKind::Vector => single("vector.hex"),
        MemoryKind::Weights => (0..3).map(|bank| single(&format!("weights_{bank}.hex"))).collect(),
        MemoryKind::Thresholds => single("thresholds.hex"),
        MemoryKind::Pieces => return pieces(plan, loadable),
        MemoryKind::Windows => single("windows.hex"),
        MemoryKind::Starts => single("starts.hex"),
        MemoryKind::StartBeats => serial(plan, ["starts.hex", "start_beats.hex"]),
        MemoryKind::Coefficients => single("coefficients.hex"),
        MemoryKind::CoefficientBeats => serial(plan, ["coefficients.hex", "coefficient_beats.hex"]),
        MemoryKind::Table => single("table.hex"),
        MemoryKind::Constants => single("constants.hex"),
        MemoryKind::Exponentials => single("exponentials.hex"),
        MemoryKind::Readout => single("readout.hex"),
        MemoryKind::Order => single("order.hex"),
        MemoryKind::Needs => {
            let all = |stream: &Stream| [vec![0; STREAM_NUMBERS], stream.needs()].concat();
            return Ok(plan.stream.as_ref().map_or_else(Vec::new, all));
        }
        MemoryKind::Stream => return Ok(Vec::new()),
    };
    let parts = kind.parts(machine) as usize;
    let mut words = Vec::new();
    for line in text.lines() {
        words.extend(split(&digits(line)?, parts));
    }
    Ok(words)
}

/// Bits of a word of weights.
fn weight_bits(loadable: &Loadable) -> usize {
    loadable.machine.lanes * loadable.machine.weight_width as usize
}

/// The weights of a sample in the order of their stream, as they lie in memory.
fn streamed(plan: &Plan, stream: &Stream, beats: stream::Beats) -> Result<Vec<u32>> {
    let stride = beats.stride();
    let mut bits = Vec::new();
    for line in plan.image("stream.hex").unwrap_or("").lines() {
        let mut word = digits(line)?;
        word.resize(stride, false);
        bits.extend(word);
    }
    bits.resize(stream.words * stride, false);
    Ok(split(&bits, bits.len() / 32))
}

/// The memory of the serial path holds words of as many entries as it takes at once.
fn serial(plan: &Plan, [one, several]: [&str; 2]) -> String {
    let name = if plan.machine.row_lanes == 1 { one } else { several };
    plan.image(name).unwrap_or("").to_owned()
}

/// A word for the memories of all neurons of a group; shorter ones are filled up.
fn pieces(plan: &Plan, loadable: &Loadable) -> Result<Vec<u32>> {
    let machine = &loadable.machine;
    let width = (machine.piece_width + machine.level_bits + 1) as usize;
    let parts = MemoryKind::Pieces.parts(machine) as usize;
    let lanes: Vec<Vec<&str>> = (0..machine.fire_lanes)
        .map(|lane| plan.image(&super::compile::pieces_file(lane)).unwrap_or("").lines().collect())
        .collect();
    let depth = lanes.iter().map(Vec::len).max().unwrap_or(0);
    let mut words = Vec::new();
    for word in 0..depth {
        let mut all = Vec::new();
        for lane in &lanes {
            let mut own = match lane.get(word) {
                Some(line) => digits(line)?,
                None => Vec::new(),
            };
            own.resize(width, false);
            all.extend(own);
        }
        words.extend(split(&all, parts));
    }
    Ok(words)
}

/// The bits of a line of a memory image, bit 0 first.
fn digits(line: &str) -> Result<Vec<bool>> {
    let mut bits = Vec::with_capacity(4 * line.len());
    for digit in line.chars().rev() {
        let value = digit.to_digit(16).ok_or_else(|| {
            Error::input(format!("a memory image has the line {:?}", crate::error::printable(line)))
        })?;
        bits.extend((0..4).map(|bit| value >> bit & 1 == 1));
    }
    Ok(bits)
}

/// Parts of 32 bits.
fn split(bits: &[bool], parts: usize) -> Vec<u32> {
    let mut words = vec![0; parts];
    for (at, _) in bits.iter().enumerate().filter(|(_, set)| **set) {
        if let Some(word) = words.get_mut(at / 32) {
            *word |= 1 << (at % 32);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{LoadError, crc, digits, split};

    #[test]
    fn words_are_split_from_the_low_end() {
        let bits = digits("2_0000_0001".replace('_', "").as_str()).expect("bits");
        assert_eq!(split(&bits, 2), [1, 2]);
        assert!(digits("xyz").is_err());
    }

    #[test]
    fn the_crc_is_that_of_ieee_802_3() {
        // "12345678"
        assert_eq!(crc(&[0x3433_3231, 0x3837_3635]), 0x9ae0_daaf);
        let codes: Vec<u32> = LoadError::ALL.iter().map(|error| error.code()).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
