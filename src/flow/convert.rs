//! `convert`: ONNX model → spiking network.

use std::path::{Path, PathBuf};

use crate::convert::{self, EncodingChoice, Notes};
use crate::error::Result;
use crate::import::{self, Match};
use crate::lower::{self, LayerProof};
use crate::snn::{self, Model};

/// Options of a conversion.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ONNX file.
    pub model: PathBuf,
    /// The folder to write, model.snn. A model that is already there is replaced. Nothing is written without it.
    pub output: Option<PathBuf>,
    /// Meaning of the raw data, and rounding of weights.
    pub import: import::Options,
    /// When the input is applied.
    pub encoding: EncodingChoice,
    /// Name of the model; by default that of the file.
    pub name: Option<String>,
}

/// Converts a model and saves it.
///
/// # Errors
/// When the model is not supported or the output cannot be written.
pub fn convert(options: &Options) -> Result<Converted> {
    let converted = imported(&options.model, &options.import, options.encoding, options.name.as_deref())?;
    if let Some(output) = &options.output {
        snn::file::save(&converted.model, output)?;
    }
    Ok(converted)
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
}

/// Imports, converts, and lowers once, so that models that cannot be lowered are rejected here.
///
/// # Errors
/// When any of it fails.
pub fn imported(
    path: &Path,
    import: &import::Options,
    encoding: EncodingChoice,
    name: Option<&str>,
) -> Result<Converted> {
    let imported = import::import(path, import)?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.unwrap_or(&stem);
    let (model, notes) = convert::convert(&imported.network, name, &imported.producer, encoding)
        .map_err(|e| e.at_file(path))?;
    let lowered = lower::lower(&model).map_err(|e| e.at_file(path))?;
    Ok(Converted { model, proof: lowered.proof, notes, patterns: imported.explanation })
}
