//! The AXI4-Lite registers: one description, and all files that are generated from it.
//!
//! | file | contents |
//! |---|---|
//! | `table.rs` | the description: every register, field, address, reset value and text |
//! | `map.rs` | the registers of one core, whose stages and widths are known |
//! | `systemverilog.rs` | `rtl/axi_lite_regs_pkg.sv`, which the hardware uses |
//! | `c_header.rs` | `software/snn2rtl_regs.h` of a build folder |
//! | `json.rs` | `registers.json` of a build folder |
//! | `python.rs` | the constants in `host/host.py` |
//! | `page.rs` | `docs/registers.md` |
//!
//! `tests/registers.rs` compares every generated file in the repository with this module, and reads every value back
//! from a build folder.

mod c_header;
mod json;
mod map;
mod page;
mod python;
mod systemverilog;
mod table;

pub use json::FORMAT_VERSION;
pub use map::{Block, Core, MappedRegister, MappedWide};
pub use page::page;
pub use python::{PYTHON_BEGIN, PYTHON_END, python};
pub use systemverilog::{PACKAGE, package};
pub use table::{
    CONTROL, CYCLES, END_LOAD, FIRST_LOAD, FIRST_STAGE, IDENTITY, IN_STALLS, LOAD_ADDRESS_HIGH,
    LOAD_ADDRESS_LOW, LOAD_CONTROL, LOAD_DATA, LOAD_LENGTH, LOAD_MACHINE, LOAD_REGISTERS, LOAD_STATUS,
    MARGIN, MARGIN_HIGH, MARGIN_LOW, MEMORY_BEATS, MEMORY_LOST, OUT_STALLS, PATIENCE, REGISTERS, SAMPLES_IN,
    SAMPLES_OUT, STAGE_BYTES, STAGE_REGISTERS, STAGE_SPIKES, STAGE_WIDE, STAGE_WORK, STAGES, STATUS, T_MAX,
    VERSION, WIDE,
};

/// What a bus master may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read-only; a write does not change it.
    Read,
    /// Read-write.
    ReadWrite,
    /// Writing 1 clears it.
    Clear,
    /// Writing 1 triggers an action; it reads as 0.
    Act,
}

impl Access {
    /// Name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read-only",
            Self::ReadWrite => "read-write",
            Self::Clear => "write-1-to-clear",
            Self::Act => "write-1-to-act",
        }
    }

    /// Whether a write has an effect.
    pub fn is_written(self) -> bool {
        self != Self::Read
    }
}

/// Value of a field after reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// This value.
    Value(u32),
    /// The number of stages with registers, a constant.
    Stages,
    /// The identifier of the machine, a constant.
    Machine,
}

/// Bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; `value` if the register is one number.
    pub name: &'static str,
    /// Its lowest bit.
    pub low: u32,
    /// Its width in bits.
    pub bits: u32,
    /// Access by a bus master.
    pub access: Access,
    /// Its value after reset.
    pub reset: Reset,
    /// Description; empty if the text of the register describes it.
    pub text: &'static str,
}

/// Name of the only field of a register that is one number.
pub const VALUE: &str = "value";

impl Field {
    /// Its bits in the register.
    pub fn mask(&self) -> u32 {
        let ones = if self.bits >= u32::BITS { u32::MAX } else { (1 << self.bits) - 1 };
        ones << self.low
    }
}

/// A register of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Its name: lower case, words joined by `_`.
    pub name: &'static str,
    /// Its byte address, from the start of the map or of the stage's block.
    pub offset: u32,
    /// Description.
    pub text: &'static str,
    /// Its fields, the lowest first; other bits read as 0.
    pub fields: &'static [Field],
}

impl Register {
    /// Its value after reset in a core with this number of stages, or of this machine.
    pub fn reset(&self, constant: u32) -> u32 {
        let value = |field: &Field| match field.reset {
            Reset::Value(value) => value << field.low,
            Reset::Stages | Reset::Machine => constant << field.low,
        };
        self.fields.iter().fold(0, |all, field| all | value(field))
    }

    /// Whether any field can be written; if not, a write is answered with SLVERR.
    pub fn is_written(&self) -> bool {
        self.fields.iter().any(|field| field.access.is_written())
    }

    /// Access to the register as a whole.
    pub fn access(&self) -> &'static str {
        if self.is_written() { Access::ReadWrite.name() } else { Access::Read.name() }
    }

    /// Whether it is one number without named parts.
    pub fn is_number(&self) -> bool {
        matches!(self.fields, [field] if field.name == VALUE)
    }
}

/// A number in two registers. A read of the low one stores the high one at that moment: read the low one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wide {
    /// Its name.
    pub name: &'static str,
    /// The register with bits 31 to 0.
    pub low: Register,
    /// The register with the bits above.
    pub high: Register,
}

/// `samples_in` as `SamplesIn`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}
