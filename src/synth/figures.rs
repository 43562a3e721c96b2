//! Resources in the units of one device family.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Resources, in the units of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Look-up tables, those used as memory or taken by carry cells included.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block memory, in [`super::Utilisation::bram_unit`].
    pub bram: u64,
    /// Large memories of UltraScale+ (`URAM288`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uram: u64,
    /// Multiplier blocks; two 9×9 multipliers count as one.
    pub dsp: u64,
    /// Of the look-up tables, those used as memory or shift register.
    pub lutram: u64,
    /// Carry cells.
    pub carry: u64,
    /// Every other cell by its name: wide multiplexers, clock buffers, large memories.
    pub other: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The longest path between registers, memories, multipliers and ports of an instance, in levels: nothing is said about
/// their delay or that of wires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicDepth {
    /// Look-up tables and adders on the path.
    pub levels: u64,
    /// Look-up tables.
    pub lut: u64,
    /// Carry chains, however long: adders and comparisons. Wide multiplexers and inverters are not counted.
    pub carry_chains: u64,
    /// Carry chains on the path that has most of them, of any instance.
    #[serde(default)]
    pub most_carry_chains: u64,
    /// Its instance, as in [`super::ModuleUse`].
    pub instance: String,
    /// The instance's module.
    pub module: String,
}
