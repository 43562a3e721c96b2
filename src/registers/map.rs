//! The registers of one core, whose stages and widths are known.

use super::{FIRST_STAGE, Field, REGISTERS, Register, STAGE_BYTES, STAGE_REGISTERS, STAGE_WIDE, WIDE};

/// A stage that has registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which stage of the design it is.
    pub stage: usize,
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// A name that is an identifier in C and SystemVerilog, unlike every other stage's.
    pub identifier: String,
}

/// A core as software sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// This program and its version.
    pub generator: String,
    /// The model's name.
    pub model: String,
    /// Name of the top-level module.
    pub top: String,
    /// Width of the margin in bits; 0 where the core has no rule of confidence, whose registers are then read-only zeros.
    pub margin_bits: u32,
    /// The stages with registers, in the order of their blocks.
    pub blocks: Vec<Block>,
}

/// A register at its place in a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its name in this core: that of the register, for a stage's after `stageN_`.
    pub name: String,
    /// Its address in bytes.
    pub offset: u32,
    /// Number of the block that it belongs to.
    pub block: Option<usize>,
    /// What it is.
    pub register: Register,
}

/// A number in two registers of a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedWide {
    /// Its name in this core.
    pub name: String,
    /// The names of its registers, the low one first.
    pub halves: [String; 2],
    /// Its width in bits.
    pub bits: u32,
}

impl Core {
    /// Where the block of a stage begins.
    pub fn base(block: usize) -> u32 {
        FIRST_STAGE + STAGE_BYTES * u32::try_from(block).unwrap_or(u32::MAX / STAGE_BYTES)
    }

    /// Address bits of a core with this number of stages, one address beyond the last register included.
    pub fn address_bits(stages: usize) -> u32 {
        u32::BITS - Self::base(stages).leading_zeros()
    }

    /// Every register at its place, in the order of the addresses.
    pub fn registers(&self) -> Vec<Placed> {
        let global = |register: Register| Placed {
            name: register.name.to_owned(),
            offset: register.offset,
            block: None,
            register,
        };
        let of_block = |block: usize| {
            STAGE_REGISTERS.into_iter().map(move |register| Placed {
                name: format!("stage{block}_{}", register.name),
                offset: Self::base(block) + register.offset,
                block: Some(block),
                register,
            })
        };
        REGISTERS.into_iter().map(global).chain((0..self.blocks.len()).flat_map(of_block)).collect()
    }

    /// Every number in two registers.
    pub fn wide(&self) -> Vec<PlacedWide> {
        let placed = |prefix: &str, wide: super::Wide| PlacedWide {
            name: format!("{prefix}{}", wide.name),
            halves: [wide.low, wide.high].map(|half| format!("{prefix}{}", half.name)),
            bits: if wide == super::MARGIN { self.margin_bits } else { wide.bits() },
        };
        let of_block = |block: usize| STAGE_WIDE.map(|wide| placed(&format!("stage{block}_"), wide));
        let blocks = (0..self.blocks.len()).flat_map(of_block);
        WIDE.into_iter().map(|wide| placed("", wide)).chain(blocks).collect()
    }
}

impl super::Wide {
    /// Its width in bits, at most.
    pub fn bits(&self) -> u32 {
        let bits = |fields: &[Field]| fields.iter().map(|field| field.bits).sum::<u32>();
        bits(self.low.fields) + bits(self.high.fields)
    }
}
