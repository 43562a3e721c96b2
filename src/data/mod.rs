//! Arrays in and out of NumPy files: samples, labels, traces.
//!
//! An array is named by a path, `samples.npy`, or by a path and a name within an archive, `reference.npz:inputs`. Nothing
//! a file says of itself is believed before it is compared with the file's length.

mod inputs;
mod npy;
mod read;
mod write;

pub use inputs::{Inputs, read_labels};
pub use npy::{Scalar, ScalarType};
pub use read::{Array, read_floats, read_integers, split_location};
pub use write::{NpzWriter, Spool};

#[cfg(test)]
mod tests;
