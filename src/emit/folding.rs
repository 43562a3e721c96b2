//! `folding.json`: the hardware options of a build, to be edited and used for another: the folding of every layer, or the
//! sizes of an overlay.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::architecture::{Options, StreamingOptions};
use crate::error::{Error, Result};
use crate::folder;

/// Version of the file format.
const FORMAT_VERSION: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<T> {
    format_version: u32,
    model: String,
    folding: T,
}

/// The text of the file.
///
/// # Errors
/// Never for the folding of a design.
pub(super) fn text(model: &str, folding: &Options) -> Result<Vec<u8>> {
    let file = File { format_version: FORMAT_VERSION, model: model.to_owned(), folding: folding.clone() };
    let mut text = serde_json::to_vec_pretty(&file)
        .map_err(|e| Error::input(format!("cannot write the folding: {e}")))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a folding. Planning a design checks whether it fits the model.
///
/// # Errors
/// When the file cannot be read, is damaged, or of another version.
pub fn read_folding(path: &Path) -> Result<Options> {
    let bytes = folder::read(path)?;
    // Options of each architecture are read as such, so that an error says at which line.
    let value = serde_json::from_slice(&bytes).unwrap_or(serde_json::Value::Null);
    let file = match value["folding"].get("architecture") {
        Some(_) => serde_json::from_slice(&bytes),
        None => serde_json::from_slice(&bytes).map(|file: File<StreamingOptions>| File {
            format_version: file.format_version,
            model: file.model,
            folding: file.folding.into(),
        }),
    };
    let file: File<Options> = file.map_err(|e| {
        Error::input(format!("this folding cannot be read: {e}"))
            .at_file(path)
            .fix("every build folder has one that can be changed: folding.json")
    })?;
    match file.format_version {
        FORMAT_VERSION => Ok(file.folding),
        other => {
            Err(Error::input(format!("the folding is of version {other}, not {FORMAT_VERSION}"))
                .at_file(path))
        }
    }
}
