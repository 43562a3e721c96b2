//! `convert`: ONNX model or NIR file → spiking network.

use std::path::{Path, PathBuf};

pub use super::check::Converted;
use super::check::{self, check};
use super::insert::Insert;
use super::widths;
use crate::convert::EncodingChoice;
use crate::error::Result;
use crate::import;
use crate::nir;
use crate::quant::{InputSpec, Precision};
use crate::snn;

/// Options of a conversion.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ONNX or NIR file.
    pub model: PathBuf,
    /// The folder to write, model.snn. A model that is already there is replaced. Nothing is written without it.
    pub output: Option<PathBuf>,
    /// What raw data means; without it, it is inferred from the model.
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

/// Converts a model and saves it.
///
/// # Errors
/// All that is wrong with the model, or when the output cannot be written.
pub fn convert(options: &Options) -> Result<Converted> {
    let checked = check(&check::Options {
        model: options.model.clone(),
        input: options.input.clone(),
        weight_bits: options.weight_bits,
        adjustments: options.adjustments.clone(),
        encoding: options.encoding,
        precision: options.precision,
        spiking: options.spiking.clone(),
        name: options.name.clone(),
        insert: options.insert.clone(),
        search: options.search.clone(),
    })?;
    let converted = checked.converted()?;
    if let Some(output) = &options.output {
        snn::file::save(&converted.model, output)?;
    }
    Ok(converted)
}

/// Imports, converts, and lowers once, so that models that cannot be lowered are rejected here.
///
/// # Errors
/// All that is wrong with the model.
pub fn imported(
    path: &Path,
    import: &import::Options,
    encoding: EncodingChoice,
    name: Option<&str>,
) -> Result<Converted> {
    convert(&Options {
        model: path.to_owned(),
        output: None,
        input: Some(import.input.clone()),
        weight_bits: import.weight_bits,
        adjustments: import::Adjustments::default(),
        encoding,
        precision: Precision::EXACT,
        spiking: nir::Options::default(),
        name: name.map(str::to_owned),
        insert: None,
        search: None,
    })
}
