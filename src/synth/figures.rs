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
