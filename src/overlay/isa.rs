//! Instructions of the overlay: fields, their encoding, and the text form.
//!
//! There are three lists, one for each unit that runs a program; `docs/overlay.md` has their semantics. An instruction is
//! its fields in the order below, packed from bit 0 upwards, in words of 32 bits. The text form is one line:
//! the unit's name, then `field=value` for every field that is not 0.

use std::fmt;

/// Declares an instruction: a structure, its encoding and its text.
macro_rules! instruction {
    (
        $(#[$doc:meta])* $name:ident, $unit:literal;
        $($(#[$field_doc:meta])* $field:ident : $bits:literal),* $(,)?
    ) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "a comment stands above each group of fields")]
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: u128,)*
        }

        impl $name {
            /// Name of the unit in the text form.
            pub const UNIT: &'static str = $unit;
            /// Fields and their widths in bits, in the order of the encoding.
            pub const FIELDS: &'static [(&'static str, u32)] = &[$((stringify!($field), $bits)),*];
            /// Words of an instruction.
            pub const WORDS: usize = words(Self::FIELDS);

            /// The fields' values in the order of the encoding.
            pub fn values(&self) -> Vec<u128> {
                vec![$(self.$field),*]
            }

            /// From values in the order of the encoding.
            ///
            /// # Errors
            /// Names a field whose value does not fit.
            pub fn from_values(values: &[u128]) -> Result<Self, String> {
                let mut values = values.iter().copied().chain(std::iter::repeat(0));
                $(let $field = check(stringify!($field), $bits, values.next().unwrap_or(0))?;)*
                Ok(Self { $($field),* })
            }

            /// The words of the encoding.
            pub fn encode(&self) -> Vec<u32> {
                pack(Self::FIELDS, &self.values())
            }

            /// Decodes an instruction.
            ///
            /// # Errors
            /// When there are too few words, or a bit beyond the fields is set.
            pub fn decode(words: &[u32]) -> Result<Self, String> {
                Self::from_values(&unpack(Self::FIELDS, words)?)
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// Names what is not a field or not a number that fits.
            pub fn parse(line: &str) -> Result<Self, String> {
                Self::from_values(&parse(Self::UNIT, Self::FIELDS, line)?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::UNIT)?;
                for ((name, _), value) in Self::FIELDS.iter().zip(self.values()) {
                    if value != 0 {
                        write!(f, " {name}={value}")?;
                    }
                }
                Ok(())
            }
        }
    };
}

instruction! {
    /// Matrix product, first half: which spikes are read, and which words of weights they add.
    Fetch, "fetch";
    /// Last instruction of the list.
    last: 1,
    /// Words come from the operand memory (1) or from the weights (0).
    operand: 1,
    /// The accumulator doubles from step to step: radix spikes.
    doubling: 1,
    /// The source is the input: its address depends on the parity of the sample, and rows wait for the input unit.
    input: 1,
    /// The largest of the sums of all taps, instead of their sum.
    maximum: 1,
    /// With `operand`, an event adds one lane of a word: products element by element. The address of an event is
    /// `word·2^k + lane` with `2^k` the lanes, rounded up to a power of two.
    diagonal: 1,
    /// Unit whose progress row `r` waits for (0 none, 1 engine, 2 softmax, 3 vector): `progress ≥ base + r·step`.
    wait0_unit: 2, wait0_base: 16, wait0_step: 8,
    /// A second condition.
    wait1_unit: 2, wait1_base: 16, wait1_step: 8,
    /// Rows of the result.
    rows: 16,
    /// Address of the first word of spikes, and distance between rows in words.
    source: 24, row_stride: 16,
    /// Local time-steps of the source, and distance between them in words.
    steps: 8, step_stride: 24,
    /// Source rows that make one row of the matrix product (with `columns`, taps of a kernel), and their distance in words.
    segments: 16, segment_stride: 16,
    /// With `columns`, rows are pixels of lines of so many, and what a row reads follows from the window table: first entries
    /// of the lines and of the columns. Distances of two lines of a kernel in words of spikes and of weights. With `diagonal`,
    /// `columns` is 0 and `line_words` the distance of two rows.
    columns: 16, line_entries: 16, column_entries: 16, line_stride: 24, line_words: 32,
    /// Chunks of the result: `outer` of different inputs, each with `inner` of different words.
    outer: 16, inner: 16,
    /// Inputs of a chunk, in groups of `FireLanes`: those of outer chunk `o` begin at group `o·slice_step`.
    slice_step: 16, slice_groups: 16,
    /// Word of event `i`: `words + o·outer_words + n·inner_words + g·segment_words + i`, with `i` the event's position in its
    /// row, `o` the outer and `n` the inner chunk, `g` the segment, and with `diagonal` `r·line_words` more in row `r`; modulo
    /// 2^32.
    words: 32, outer_words: 32, inner_words: 32, segment_words: 32,
}

instruction! {
    /// Matrix product, second half: what becomes of the accumulated chunks.
    Fire, "fire";
    /// Last instruction of the list.
    last: 1,
    /// Neurons fire; their levels are the values for the serial path.
    neurons: 1,
    /// Spikes are written to spike memory.
    spikes_out: 1,
    /// Levels are written to operand memory, transposed if `transpose`.
    operand_out: 1, transpose: 1,
    /// A spike carries one level.
    unary: 1,
    /// Neurons decide by tables, in which `probes` comparisons find the level.
    table: 1, probes: 5,
    /// Serial path: coefficients by channel; added to what is there; or to the start table.
    per_channel: 1, accumulate: 1, start: 1,
    /// Softmax neurons round half to even.
    half_even: 1,
    /// Where the serial path leads: 0 nowhere, 1 sums, 2 softmax, 3 readout.
    serial: 2,
    /// Scores are masked.
    masked: 1,
    /// Score `j` of a group of row `r` is masked unless `r − behind ≤ j ≤ r + ahead`.
    band: 1, behind: 16, ahead: 16,
    /// Elements for sums come in beats of R, of which only the last of a row may have fewer.
    wide: 1,
    /// Rows; chunks of a row; of these, `inner` in sequence are of one kind.
    rows: 16, chunks: 16, inner: 16,
    /// Elements of a chunk, and of the last of `inner` chunks.
    full: 16, tail: 16,
    /// Local time-steps, largest magnitudes of a positive and of a negative level.
    steps: 8, high: 16, low: 16,
    /// Address of the thresholds of the first group.
    thresholds: 24,
    /// Target in spike memory: first word, distances between rows and steps.
    spikes: 24, row_stride: 16, step_stride: 24,
    /// Target in operand memory: first word, distance of units (of `operand_groups` groups) or of blocks of rows.
    operand_words: 24, operand_stride: 24, operand_groups: 16,
    /// Target in the memory of sums, first word of the start table and of the coefficients.
    sums: 24, starts: 24, coefficients: 24,
    /// Coefficient of all channels, two's complement of 64 bits.
    coefficient: 64,
    /// Exponentials: first word, number of entries; factor of their sum.
    exponentials: 24, exponential_count: 24, scale: 64,
    /// IF and LIF neurons, whose rows are time-steps: `sums` is the number of words of their membranes, `starts` their
    /// fraction bits, `scale` the factor of the leak, `coefficient` the membrane before the first time-step and after a spike.
    /// What a spike does to the membrane: 1 nothing, 2 subtracts θ, 4 subtracts it after the leak (3, 5: θ − 1), 6 sets it.
    lif: 3,
    /// They integrate a synaptic current, whose leak has the factor `scale / 2^32`; that of the membrane is `scale mod 2^32`.
    current: 1,
    /// Groups of scores begin at words of spikes, instead of at groups of neurons.
    apart: 1,
    /// Serial path: with `per_channel`, coefficients differ between rows, too.
    per_row: 1,
    /// Serial path: a row is a column of sums, whose elements are `sum_stride` apart, and a coefficient takes a whole word.
    turned: 1, sum_stride: 24,
}

impl Fire {
    /// Groups of `fire_lanes` elements of a row.
    pub fn groups(&self, fire_lanes: usize) -> usize {
        let group = |elements: u128| elements.div_ceil(fire_lanes.max(1) as u128);
        let inner = self.inner.max(1);
        let all = self.chunks / inner * ((inner - 1) * group(self.full) + group(self.tail));
        usize::try_from(all).unwrap_or(usize::MAX)
    }

    /// Whether elements are taken one by one or in beats, instead of a group at once.
    pub fn walks(&self) -> bool {
        self.serial > 0 || (self.operand_out == 1 && self.transpose == 1)
    }

    /// Elements of these that are taken at once.
    pub fn at_once(&self, row_lanes: usize, operand_lanes: usize) -> usize {
        match self.serial {
            0 => operand_lanes,
            2 => row_lanes,
            _ if self.wide == 1 => row_lanes,
            _ => 1,
        }
    }

    /// Elements of a row.
    pub fn elements(&self) -> usize {
        let inner = self.inner.max(1);
        let all = self.chunks / inner * ((inner - 1) * self.full + self.tail);
        usize::try_from(all).unwrap_or(usize::MAX)
    }
}

instruction! {
    /// Operators on rows of sums.
    Vector, "vector";
    /// Last instruction of the list.
    last: 1,
    /// 0 `init`, 1 `add`, 2 `embed`, 3 `layer_norm`, 4 `mask`, 5 `neurons`, 6 `send`, 7 `elements`.
    op: 3,
    /// As in `fire`.
    per_channel: 1, accumulate: 1, start: 1, half_even: 1, unary: 1,
    /// LayerNorm without the mean.
    uncentred: 1,
    /// As in `fetch`.
    wait0_unit: 2, wait0_base: 16, wait0_step: 8,
    wait1_unit: 2, wait1_base: 16, wait1_step: 8,
    /// Rows and channels.
    rows: 16, channels: 16,
    /// First words of source and target in the memory of sums.
    source: 24, target: 24,
    /// First words of the start table and of the coefficients; coefficient of all channels; for `neurons`, their start
    /// value.
    starts: 24, coefficients: 24, coefficient: 64,
    /// First word of the table of rows; for `mask`, the raw element that is masked; for `elements`, the first of them. If tables
    /// are in memory outside the chip, the first 64 bytes of the table; then `row_stride` is how many of 64 bytes a row takes, and
    /// `epsilon` the number of rows.
    table: 32,
    /// Target in spike memory; for `elements`, `row_stride` is the distance from one to the next.
    spikes: 24, row_stride: 16, step_stride: 24,
    /// Local time-steps, largest magnitudes of levels.
    steps: 8, high: 16, low: 16,
    /// First word of the constants of LayerNorm, and its `ε'`; for `neurons`, their θ.
    constants: 24, epsilon: 128,
}

/// Words that hold these fields.
const fn words(fields: &[(&str, u32)]) -> usize {
    let mut bits = 0;
    let mut i = 0;
    while i < fields.len() {
        bits += fields[i].1 as usize;
        i += 1;
    }
    bits.div_ceil(32)
}

fn check(name: &str, bits: u32, value: u128) -> Result<u128, String> {
    match bits < 128 && value >> bits != 0 {
        true => Err(format!("{name} = {value} needs more than {bits} bits")),
        false => Ok(value),
    }
}

fn pack(fields: &[(&str, u32)], values: &[u128]) -> Vec<u32> {
    let mut out = vec![0; words(fields)];
    let mut at = 0;
    for (&(_, bits), value) in fields.iter().zip(values) {
        for bit in 0..bits {
            out[at / 32] |= u32::from(value >> bit & 1 == 1) << (at % 32);
            at += 1;
        }
    }
    out
}

fn unpack(fields: &[(&str, u32)], words: &[u32]) -> Result<Vec<u128>, String> {
    let count = self::words(fields);
    let Some(words) = words.get(..count) else {
        return Err(format!("{} words of an instruction of {count}", words.len()));
    };
    let bit = |at: usize| u128::from(words[at / 32] >> (at % 32) & 1);
    let mut at = 0;
    let mut values = Vec::with_capacity(fields.len());
    for &(_, bits) in fields {
        values.push((0..bits as usize).fold(0, |value, b| value | bit(at + b) << b));
        at += bits as usize;
    }
    match (at..count * 32).any(|at| bit(at) == 1) {
        true => Err("a bit beyond the fields is set".into()),
        false => Ok(values),
    }
}

fn parse(unit: &str, fields: &[(&str, u32)], line: &str) -> Result<Vec<u128>, String> {
    let mut parts = line.split_whitespace();
    if parts.next() != Some(unit) {
        return Err(format!("the line does not begin with {unit:?}"));
    }
    let mut values = vec![0; fields.len()];
    for part in parts {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("{part:?} is not field=value"))?;
        let index = fields.iter().position(|(field, _)| *field == name);
        let index = index.ok_or_else(|| format!("{unit} has no field {name:?}"))?;
        values[index] = value.parse().map_err(|_| format!("{part:?} is not a number"))?;
    }
    Ok(values)
}

/// The SystemVerilog package of the encoding, `rtl/overlay/overlay_isa_pkg.sv`.
pub fn package() -> String {
    let mut text = String::from(
        "// Generated from src/overlay/isa.rs; do not edit. tests/overlay/mod.rs compares.\n\
         \n\
         `default_nettype none\n\
         \n\
         /// Positions of the fields of instructions, and words of an instruction.\n\
         package overlay_isa_pkg;\n\n  // Not every design has every unit.\n  /* verilator lint_off UNUSEDPARAM \
         */\n",
    );
    for (unit, fields) in
        [(Fetch::UNIT, Fetch::FIELDS), (Fire::UNIT, Fire::FIELDS), (Vector::UNIT, Vector::FIELDS)]
    {
        let unit = camel(unit);
        text.push_str(&format!("\n  localparam int unsigned {unit}Words = {};\n", words(fields)));
        let mut at = 0;
        for &(name, bits) in fields {
            text.push_str(&format!("  localparam int unsigned {unit}{}Lsb = {at};\n", camel(name)));
            at += bits;
        }
    }
    text.push_str("\n  /* verilator lint_on UNUSEDPARAM */\n\nendpackage\n\n`default_nettype wire\n");
    text
}

/// `row_stride` → `RowStride`.
fn camel(name: &str) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('_').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fetch, Fire, Vector};

    #[test]
    fn text_and_words_hold_every_field() {
        macro_rules! each {
            ($($name:ident),*) => {$(
                for (index, &(field, bits)) in $name::FIELDS.iter().enumerate() {
                    let mut values = vec![0; $name::FIELDS.len()];
                    values[index] = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
                    let instruction = $name::from_values(&values).unwrap_or_default();
                    assert_eq!(instruction.values(), values, "{field}");
                    assert_eq!($name::decode(&instruction.encode()), Ok(instruction.clone()), "{field}");
                    assert_eq!($name::parse(&instruction.to_string()), Ok(instruction), "{field}");
                    if bits < 128 {
                        values[index] += 1;
                        assert!($name::from_values(&values).is_err(), "{field}");
                    }
                }
                assert!($name::decode(&[0; $name::WORDS - 1]).is_err());
                assert!($name::parse("other").is_err());
                assert!($name::parse(&format!("{} nonsense=1", $name::UNIT)).is_err());
            )*};
        }
        each!(Fetch, Fire, Vector);
    }
}
