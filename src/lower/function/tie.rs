//! Ties.

/// A value closer to a boundary than a level times 2 to this power, downwards, counts as equal to it.
pub(super) const TIE: u32 = 40;
