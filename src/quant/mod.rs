//! Quantised quantities that the float network and the spiking network share: quantisers, weights, the raw input.
//!
//! All parameters are binary floats or decimal literals, that is, exact rationals; this module rounds nothing.

mod function;
mod input;
mod padding;
mod precision;
mod quantiser;
mod weights;

pub use function::{Arithmetic, Binary, Function, Step, Unary};
pub use input::{Coding, Decimal, Element, Encoding, InputSpec, Scaling};
pub use padding::Padding;
pub use precision::Precision;
pub use quantiser::{Boundary, Quantiser, Rounding};
pub use weights::Weights;

/// Element `index` of a list that has one entry for all or one per index.
///
/// # Panics
/// If the list is neither of length 1 nor longer than `index`.
pub fn per_channel<T: Copy>(list: &[T], index: usize) -> T {
    if list.len() == 1 { list[0] } else { list[index] }
}
