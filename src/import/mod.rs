//! ONNX files to the quantised network; all differences between exporters are handled here.
//!
//! bytes ─[`decode`]▶ plain structs ─[`flow`]▶ what is constant, what is computed, all extents ─[`patterns`]▶ what
//! every value is ─[`build`]▶ the network. Constants are evaluated on demand by [`fold`]; their elements may lie in
//! other files, which [`external`] reads.

mod build;
mod constants;
mod decode;
mod dims;
mod external;
mod flow;
mod infer;
mod name;
mod patterns;
pub mod proto;
mod tensor;

use std::path::Path;

use crate::error::{Error, Result};
use crate::qann::Network;
use crate::quant::InputSpec;

/// Options of the user.
#[derive(Clone, Debug)]
pub struct Options {
    /// The raw data behind the model's input.
    pub input: InputSpec,
    /// Width to which weights without a quantiser are rounded; without it they are an error.
    pub weight_bits: Option<u8>,
}

/// A pattern that was found: a line of the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The pattern.
    pub pattern: &'static str,
    /// The node of the network that it became.
    pub node: String,
    /// Description of the match.
    pub detail: String,
}

/// Result of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network.
    pub network: Network,
    /// Name of the graph in the file.
    pub model_name: String,
    /// The program that wrote the file, with version.
    pub producer: String,
    /// The patterns that were found, sources first.
    pub explanation: Vec<Match>,
}

/// Widths to which weights can be rounded.
const WEIGHT_BITS: std::ops::RangeInclusive<u8> = 2..=16;

/// Reads an ONNX model.
///
/// # Errors
/// Names the file and, if there is one, the node that cannot be imported.
pub fn import(path: &Path, options: &Options) -> Result<Imported> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    import_bytes(&bytes, path, options).map_err(|e| e.at_file(path))
}

fn import_bytes(bytes: &[u8], path: &Path, options: &Options) -> Result<Imported> {
    if let Some(bits) = options.weight_bits.filter(|b| !WEIGHT_BITS.contains(b)) {
        let problem = format!("weights of {bits} bits; supported are {WEIGHT_BITS:?}");
        return Err(Error::input(problem));
    }
    let model = decode::Model::decode(bytes, path)?;
    let (network, explanation) = build::build(&model, options)?;
    Ok(Imported { network, model_name: model.name, producer: model.producer, explanation })
}
