//! The numbers of a network that no instruction has: constants in a fixed design, registers in one that is loaded.

use crate::overlay::isa::{Fetch, Fire, Vector};
use crate::overlay::plan::Plan;

/// A number of 32 bits. Its word is its position in [`Scalar::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Bits of [`Flag`].
    Flags,
    /// The element that stands for 0, in two's complement.
    ZeroPoint,
    /// Elements of a sample, less one.
    InputLast,
    /// Rows of the input in spike memory, less one.
    InputLastRow,
    /// Channels of a row, less one.
    InputLastChannel,
    /// First word of the half of sample 0.
    InputBase,
    /// Words of a half.
    InputHalf,
    /// First word of the half of sample 1.
    InputOther,
    /// Words from one row to the next.
    InputRowStride,
    /// Words from one step to the next.
    InputStepStride,
    /// Words of the fetch program, less one.
    FetchLast,
    /// Words of the fire program, less one.
    FireLast,
    /// Words of the vector program, less one.
    VectorLast,
    /// Elements of a run that become spikes as they come, less one.
    InputLastRun,
    /// Rows of a band, less one.
    InputLastBandRow,
    /// Passes through a band, less one.
    InputLastPass,
    /// Bands, less one.
    InputLastBand,
    /// Planes, less one.
    InputLastPlane,
    /// Words from one band to the next.
    InputBandStride,
    /// The last fetch instruction that reads the input.
    InputReader,
}

/// A bit of [`Scalar::Flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The input becomes spikes; without, units read raw elements.
    Spikes,
    /// Elements are two's complement.
    Signed,
    /// Elements are taken in another order.
    Ordered,
    /// There are vector instructions.
    Vector,
    /// The input has one place.
    Single,
}

impl Flag {
    /// All of them, bit 0 first.
    pub const ALL: [Self; 5] = [Self::Spikes, Self::Signed, Self::Ordered, Self::Vector, Self::Single];
}

impl Scalar {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 20] = [
        Self::Flags,
        Self::ZeroPoint,
        Self::InputLast,
        Self::InputLastRow,
        Self::InputLastChannel,
        Self::InputBase,
        Self::InputHalf,
        Self::InputOther,
        Self::InputRowStride,
        Self::InputStepStride,
        Self::FetchLast,
        Self::FireLast,
        Self::VectorLast,
        Self::InputLastRun,
        Self::InputLastBandRow,
        Self::InputLastPass,
        Self::InputLastBand,
        Self::InputLastPlane,
        Self::InputBandStride,
        Self::InputReader,
    ];

    /// Its value for a network, whose elements are two's complement or not.
    pub(in crate::overlay) fn value(self, plan: &Plan, signed: bool) -> u32 {
        let input = &plan.own.input;
        let (nest, direct) = (input.nest.unwrap_or_default(), input.nest.is_some());
        let last = |count: usize| count.saturating_sub(1);
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        match self {
            Self::Flags => {
                let bit = |(n, flag): (u32, Flag)| {
                    let set = match flag {
                        Flag::Spikes => !input.raw,
                        Flag::Signed => signed,
                        Flag::Ordered => input.ordered,
                        Flag::Vector => !plan.vector.is_empty(),
                        Flag::Single => input.single,
                    };
                    u32::from(set) << n
                };
                (0..).zip(Flag::ALL).map(bit).fold(0, |all, bit| all | bit)
            }
            Self::ZeroPoint => input.zero_point.cast_unsigned(),
            Self::InputLast => number(last(input.count)),
            Self::InputLastRow => number(last(input.rows)),
            Self::InputLastChannel => number(last(input.channels)),
            Self::InputBase => number(input.base),
            Self::InputHalf => number(input.half),
            Self::InputOther => number(input.base + input.half),
            Self::InputRowStride => number(input.row_stride),
            Self::InputStepStride => number(input.step_stride),
            Self::FetchLast => number(last(plan.fetch.len() * Fetch::WORDS)),
            Self::FireLast => number(last(plan.fire.len() * Fire::WORDS)),
            Self::VectorLast => number(last(plan.vector.len() * Vector::WORDS)),
            Self::InputLastRun => number(last(nest.run)),
            Self::InputLastBandRow => number(last(nest.band_rows)),
            Self::InputLastPass => number(last(nest.passes)),
            Self::InputLastBand => number(last(nest.bands)),
            Self::InputLastPlane => number(last(nest.planes)),
            Self::InputBandStride => number(nest.band_rows * input.row_stride),
            Self::InputReader => {
                number(plan.fetch.iter().rposition(|fetch| fetch.input == 1 && direct).unwrap_or(0))
            }
        }
    }
}

/// All values, in the order of their words.
pub(in crate::overlay) fn values(plan: &Plan, signed: bool) -> Vec<u32> {
    Scalar::ALL.iter().map(|scalar| scalar.value(plan, signed)).collect()
}
