//! The register map of one core.

use super::{
    END_LOAD, FIRST_STAGE, Field, LOAD_REGISTERS, REGISTERS, Register, Reset, STAGE_BYTES, STAGE_REGISTERS,
    STAGE_WIDE, WIDE,
};

/// A stage that has registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Index of the stage in the design.
    pub stage: usize,
    /// Node of the model.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Unique identifier, valid in C and SystemVerilog.
    pub identifier: String,
}

/// A core as software sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// This program and its version.
    pub generator: String,
    /// Name of the model.
    pub model: String,
    /// Name of the top-level module.
    pub top: String,
    /// Width of the margin in bits; 0 if the core has no confidence rule, whose registers are then read-only zeros.
    pub margin_bits: u32,
    /// The stages with registers, in the order of their blocks.
    pub blocks: Vec<Block>,
    /// Identifier of the machine, if networks are loaded into it.
    pub machine: Option<u32>,
}

/// A register at its address in a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRegister {
    /// Its name in this core: the name of the register, with the prefix `stageN_` for a stage.
    pub name: String,
    /// Its address in bytes.
    pub offset: u32,
    /// Index of its block, if it belongs to a stage.
    pub block: Option<usize>,
    /// Its description.
    pub register: Register,
}

/// A number in two registers of a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedWide {
    /// Its name in this core.
    pub name: String,
    /// The names of its registers, the low one first.
    pub halves: [String; 2],
    /// Its width in bits.
    pub bits: u32,
}

impl Core {
    /// Byte address of the block of a stage.
    pub fn base(block: usize) -> u32 {
        FIRST_STAGE + STAGE_BYTES * u32::try_from(block).unwrap_or(u32::MAX / STAGE_BYTES)
    }

    /// Address bits of a core with this number of stages, including one address beyond the last register; of a core that
    /// networks are loaded into, with its registers.
    pub fn address_bits(stages: usize, loadable: bool) -> u32 {
        let end = if loadable { Self::base(stages).max(END_LOAD) } else { Self::base(stages) };
        u32::BITS - end.leading_zeros()
    }

    /// The value of a register after reset.
    pub fn reset(&self, register: &Register) -> u32 {
        let stages = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        let constant = match register.fields {
            [Field { reset: Reset::Machine, .. }] => self.machine.unwrap_or(0),
            _ => stages,
        };
        register.reset(constant)
    }

    /// The registers of loading, if there are any.
    pub fn load_registers(&self) -> &'static [Register] {
        if self.machine.is_some() { &LOAD_REGISTERS } else { &[] }
    }

    /// All registers with their addresses, in ascending order.
    pub fn registers(&self) -> Vec<MappedRegister> {
        let global = |register: Register| MappedRegister {
            name: register.name.to_owned(),
            offset: register.offset,
            block: None,
            register,
        };
        let of_block = |block: usize| {
            STAGE_REGISTERS.into_iter().map(move |register| MappedRegister {
                name: format!("stage{block}_{}", register.name),
                offset: Self::base(block) + register.offset,
                block: Some(block),
                register,
            })
        };
        let load = self.load_registers().iter().copied().map(global);
        let stages = (0..self.blocks.len()).flat_map(of_block);
        REGISTERS.into_iter().map(global).chain(stages).chain(load).collect()
    }

    /// All numbers in two registers.
    pub fn wide(&self) -> Vec<MappedWide> {
        let mapped = |prefix: &str, wide: super::Wide| MappedWide {
            name: format!("{prefix}{}", wide.name),
            halves: [wide.low, wide.high].map(|half| format!("{prefix}{}", half.name)),
            bits: if wide == super::MARGIN { self.margin_bits } else { wide.bits() },
        };
        let of_block = |block: usize| STAGE_WIDE.map(|wide| mapped(&format!("stage{block}_"), wide));
        let blocks = (0..self.blocks.len()).flat_map(of_block);
        WIDE.into_iter().map(|wide| mapped("", wide)).chain(blocks).collect()
    }
}

impl super::Wide {
    /// Its maximum width in bits.
    pub fn bits(&self) -> u32 {
        let bits = |fields: &[Field]| fields.iter().map(|field| field.bits).sum::<u32>();
        bits(self.low.fields) + bits(self.high.fields)
    }
}
