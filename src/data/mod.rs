//! NumPy files: samples, labels, traces.
//!
//! An array is named by a path, `samples.npy`, or by a path and a name within an archive, `reference.npz:inputs`. Sizes
//! in a header are checked against the length of the file before they are used.

mod inputs;
mod npy;
mod read;
mod write;

pub use inputs::{Inputs, read_first_labels, read_labels};
pub use npy::{Scalar, ScalarType};
pub use read::{Array, read_floats, read_integers, split_location};
pub use write::{NpzWriter, Spool};

#[cfg(test)]
mod tests;
