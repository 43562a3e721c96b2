//! The top level of a board without a processor: the core and the serial shell.

use askama::Template;
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, SerialEntry};
use crate::architecture::Design;
use crate::error::{Error, Result};
use crate::quant::Element;
use crate::target::Board;

/// Name of the top level.
pub(super) const TOP: &str = "board_top";

/// Version of the protocol, see docs/uart-protocol.md.
const PROTOCOL: u8 = 1;

/// Maximum number of bytes of a block: two block RAMs of the smallest devices.
const MOST_BLOCK_BYTES: usize = 1024;

/// Maximum number of bytes of the model's name on the board.
const MOST_NAME_BYTES: usize = 32;

/// The serial line of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Serial {
    /// Clock in Hz.
    pub clock_hz: u32,
    /// Bits per second on the line.
    pub baud: u32,
    /// Whether a button resets the board.
    pub reset: bool,
}

impl Serial {
    /// The line of a board, if it has one.
    pub fn of(board: &Board) -> Option<Result<Self>> {
        let line = board.serial.as_ref()?;
        let whole = |value: u64, what: &str| {
            u32::try_from(value)
                .map_err(|_| Error::input(format!("{what} of {value} is too much for a serial line")))
        };
        let read = || {
            let (clock_hz, baud) = (whole(board.clock_hz, "a clock")?, whole(line.baud, "a rate")?);
            Ok(Self { clock_hz, baud, reset: board.reset.is_some() })
        };
        Some(read())
    }

    /// Minimum number of clock cycles of a bit.
    const LEAST_CLOCKS: u32 = 4;

    /// Clock cycles of a bit.
    ///
    /// # Errors
    /// If they are too few, or no integer number of cycles is within 2 % of a bit.
    pub fn clocks_per_bit(&self) -> Result<u32> {
        let Self { clock_hz, baud, .. } = *self;
        let refused = |problem: &str| {
            let line = format!("{baud} baud at a clock of {clock_hz} Hz: {problem}");
            Err(Error::input(line).fix("choose another baud rate"))
        };
        if baud == 0 || clock_hz == 0 {
            return refused("neither may be 0");
        }
        let (clock, rate) = (u64::from(clock_hz), u64::from(baud));
        let clocks = (clock + rate / 2) / rate;
        if clocks < Self::LEAST_CLOCKS.into() {
            return refused("a bit would have fewer than 4 clock cycles");
        }
        if clock.abs_diff(clocks * rate) * 50 > clocks * rate {
            return refused("a bit is not near a whole number of clock cycles");
        }
        Ok(u32::try_from(clocks).unwrap_or(u32::MAX))
    }

    /// The light stays on for 2 to this many cycles, a twentieth of a second or more.
    fn light_bits(&self) -> u32 {
        (u32::BITS - (self.clock_hz / 20).leading_zeros()).max(1)
    }
}

/// Values of the template.
#[derive(Template)]
#[template(path = "board_top.sv", config = "templates/askama.toml")]
struct BoardTop<'a> {
    generator: &'a str,
    top: &'a str,
    clock_hz: u32,
    baud: u32,
    line_baud: u32,
    clocks_per_bit: u32,
    reset: bool,
    in_width: usize,
    beat_bytes: usize,
    sample_bytes: usize,
    block_bytes: usize,
    frame_words: usize,
    address_bits: u32,
    identity_bytes: usize,
    identity_high: usize,
    identity: Vec<String>,
    light_bits: u32,
}

/// The text of the top level, and its entry in the manifest.
pub(super) fn render(
    design: &Design,
    serial: &Serial,
    manifest: &Manifest,
    model_id: [u8; 8],
) -> Result<(String, SerialEntry)> {
    let clocks_per_bit = serial.clocks_per_bit()?;
    let input = design.input();
    let sample_bytes = input.count * usize::from(element_bytes(input.element));
    let block_bytes = sample_bytes.min(MOST_BLOCK_BYTES);
    let identity = identity(manifest, input.element, block_bytes, model_id)?;
    let board = BoardTop {
        generator: &manifest.generator,
        top: &manifest.top,
        clock_hz: serial.clock_hz,
        baud: serial.baud,
        line_baud: (serial.clock_hz + clocks_per_bit / 2) / clocks_per_bit,
        clocks_per_bit,
        reset: serial.reset,
        in_width: input.tdata_width(),
        beat_bytes: input.tdata_width() / 8,
        sample_bytes,
        block_bytes,
        frame_words: manifest.output.words,
        address_bits: manifest.address_bits,
        identity_bytes: identity.len(),
        identity_high: 8 * identity.len() - 1,
        identity: rows(&identity),
        light_bits: serial.light_bits(),
    };
    let text = board.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))?;
    let entry = SerialEntry {
        top: TOP.to_owned(),
        clock_hz: serial.clock_hz,
        baud: serial.baud,
        clocks_per_bit,
        model_id: model_id.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")),
    };
    Ok((text, entry))
}

/// Identifies a model: the first bytes of a SHA-256 of all its files.
pub(super) fn model_id(files: &[(&str, Vec<u8>)]) -> [u8; 8] {
    let mut all = Sha256::new();
    for (name, bytes) in files {
        all.update(Sha256::digest(name.as_bytes()));
        all.update(Sha256::digest(bytes));
    }
    let mut first = [0; 8];
    first.copy_from_slice(&all.finalize()[..8]);
    first
}

fn element_bytes(element: Element) -> u8 {
    match element {
        Element::U8 | Element::I8 => 1,
        Element::U16 => 2,
    }
}

/// The identity of the board, see docs/uart-protocol.md.
fn identity(manifest: &Manifest, element: Element, block_bytes: usize, model_id: [u8; 8]) -> Result<Vec<u8>> {
    let short = |value: usize, what: &str| {
        u16::try_from(value).map(u16::to_le_bytes).map_err(|_| {
            Error::input(format!("{value} {what}: a board with a serial line takes at most {}", u16::MAX))
        })
    };
    let elements = u32::try_from(manifest.input.elements)
        .map_err(|_| Error::input("a sample is too long for a board with a serial line"))?;
    let name: Vec<u8> = manifest.model.chars().map(printable).take(MOST_NAME_BYTES).collect();
    let mut bytes = vec![
        PROTOCOL,
        match element {
            Element::U8 => 0,
            Element::I8 => 1,
            Element::U16 => 2,
        },
    ];
    bytes.extend(elements.to_le_bytes());
    bytes.extend(short(block_bytes, "bytes of a block")?);
    bytes.extend(short(manifest.output.classes, "classes")?);
    bytes.extend(short(manifest.output.words_per_value, "words of a value")?);
    bytes.extend(short(manifest.output.words, "words of a result")?);
    bytes.extend(manifest.output.unit.to_le_bytes());
    bytes.extend(model_id);
    bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.extend(name);
    Ok(bytes)
}

/// A character as a byte of a name.
fn printable(c: char) -> u8 {
    match u8::try_from(c) {
        Ok(byte) if byte == b' ' || byte.is_ascii_graphic() => byte,
        _ => b'?',
    }
}

/// Bytes as a concatenation, the last first, eight in a row.
fn rows(bytes: &[u8]) -> Vec<String> {
    let literals: Vec<String> = bytes.iter().rev().map(|byte| format!("8'h{byte:02x}")).collect();
    literals.chunks(8).map(|row| row.join(", ")).collect()
}

#[cfg(test)]
mod tests {
    use super::Serial;

    #[test]
    fn which_lines_a_clock_can_drive() {
        let clocks = |clock_hz, baud| Serial { clock_hz, baud, reset: false }.clocks_per_bit();
        for (clock, baud, expected) in
            [(25_000_000, 1_000_000, 25), (12_000_000, 115_200, 104), (100_000_000, 3_000_000, 33), (4, 1, 4)]
        {
            assert_eq!(clocks(clock, baud).ok(), Some(expected), "{baud} baud at {clock} Hz");
        }
        for (clock, baud) in [(0, 1), (1, 0), (12_000_000, 4_000_000), (12_000_000, 2_700_000), (0, 0)] {
            assert_eq!(clocks(clock, baud).expect_err("no such line").exit_code(), 2);
        }
    }

    #[test]
    fn the_light_can_be_seen() {
        let bits = |clock_hz| Serial { clock_hz, baud: 1, reset: false }.light_bits();
        assert_eq!((bits(1), bits(25_000_000), bits(u32::MAX)), (1, 21, 28));
    }
}
