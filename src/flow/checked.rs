//! Options and results of `check` and of conversions.

use std::path::PathBuf;

use super::insert::{Insert, Inserted};
use super::widths::{self, Widths};
use crate::convert::{EncodingChoice, Notes};
use crate::error::{Error, Result};
use crate::import::{self, Match, Samples, Surveyed};
use crate::lower::LayerProof;
use crate::nir;
use crate::quant::{InputSpec, Precision};
use crate::snn::Model;

/// Options of a check.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ONNX or NIR file.
    pub model: PathBuf,
    /// Meaning of the raw data; without it, it is inferred from the model.
    pub input: Option<InputSpec>,
    /// Width to which weights without a quantiser are rounded; without it they are taken to 24 bits.
    pub weight_bits: Option<u8>,
    /// Extents and values of inputs.
    pub adjustments: import::Adjustments,
    /// When the input is applied.
    pub encoding: EncodingChoice,
    /// Fraction bits of what is rounded.
    pub precision: Precision,
    /// What NIR files do not say; `input` and `weight_bits` are those above.
    pub spiking: nir::Options,
    /// Name of the model; by default that of the file.
    pub name: Option<String>,
    /// Quantisers where values have none.
    pub insert: Option<Insert>,
    /// Search for the widths of weights.
    pub search: Option<widths::Search>,
}

/// Result of a check.
pub struct Check {
    /// The file.
    pub file: PathBuf,
    /// Name of the graph in the file.
    pub model: String,
    /// The program that wrote the file, with version.
    pub producer: String,
    /// Type of raw samples; `None` if neither the user nor the model defines it.
    pub samples: Option<Samples>,
    /// Every node of the file, sources first.
    pub nodes: Vec<Surveyed>,
    /// Size of the network, as far as it could be imported.
    pub size: Size,
    /// What the user should know: node and text.
    pub notes: Notes,
    /// The quantisers that were inserted, if any were asked for.
    pub inserted: Option<Inserted>,
    /// The widths of weights that were found, if they were searched for.
    pub widths: Option<Widths>,
    /// All problems; what is convertible has none.
    pub problems: Vec<Error>,
    /// The converted model, if there are no problems.
    pub(super) converted: Option<Converted>,
}

/// A converted model and the record of its conversion.
pub struct Converted {
    /// The model.
    pub model: Model,
    /// Its proofs.
    pub proof: Vec<LayerProof>,
    /// Notes for the user: node and text.
    pub notes: Notes,
    /// The patterns that were found.
    pub patterns: Vec<Match>,
    /// Type of raw samples, and the reason if it was inferred.
    pub samples: Option<Samples>,
    /// The quantisers that were inserted, if any were asked for.
    pub inserted: Option<Inserted>,
    /// The widths of weights that were found, if they were searched for.
    pub widths: Option<Widths>,
}

/// A rough size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Weights, biases, tables, and parameters of LayerNorm.
    pub parameters: usize,
    /// Spiking neurons: one for each quantised activation.
    pub neurons: usize,
    /// Layers of weights.
    pub layers: usize,
}

impl Check {
    /// The converted model.
    ///
    /// # Errors
    /// All problems, if there are any.
    pub fn converted(self) -> Result<Converted> {
        match (self.converted, Error::several(self.problems)) {
            (Some(converted), None) => Ok(converted),
            (_, Some(error)) => Err(error.at_file(self.file)),
            (None, None) => Err(Error::input("this model was not converted").at_file(self.file)),
        }
    }
}

/// What to do about a number that hardware cannot hold, for a reason that has no advice of its own.
pub(super) const REMEDY: &str =
    "check the scales and parameters of this node: they must be finite, and of ordinary size";
