//! Values of the readout.

use crate::integer::Readout;

/// `multiplier·A + offset`.
pub(super) fn values<'a>(readout: &'a Readout, totals: &'a [i64]) -> impl Iterator<Item = i128> + 'a {
    let constants = readout.multiplier.iter().zip(&readout.offset).cycle();
    totals.iter().zip(constants).map(|(&a, (&m, &offset))| i128::from(m) * i128::from(a) + offset)
}

/// Index of the largest value, the lowest index if several are equal.
pub(super) fn argmax(readout: &Readout, totals: &[i64]) -> usize {
    let mut best: Option<(usize, i128)> = None;
    for (index, value) in values(readout, totals).enumerate() {
        if best.is_none_or(|(_, b)| value > b) {
            best = Some((index, value));
        }
    }
    best.map_or(0, |(index, _)| index)
}
