//! The file form: `model.snn` is a folder with `graph.json` and `weights.safetensors`. `docs/model-format.md` documents
//! every field.

mod graph;
mod tensors;

use std::path::{Path, PathBuf};

use super::{Model, Network, Op};
use crate::error::{Error, Result};
use crate::folder;

/// Name of the file with the nodes.
const GRAPH: &str = "graph.json";

/// Name of the file with weights, scales and levels.
const TENSORS: &str = "weights.safetensors";

/// Names of the files.
pub const NAMES: [&str; 2] = [GRAPH, TENSORS];

/// Writes a model. The same model gives the same bytes. A model at `path` is replaced; anything else is left unchanged.
///
/// # Errors
/// If the network violates an invariant, something else is at `path`, or the folder cannot be written; then nothing has
/// changed on disk.
pub fn save(model: &Model, path: &Path) -> Result<()> {
    let files = files(model).map_err(|e| e.at_file(path))?;
    folder::replace(path, "model", &files, &[], stranger)
}

/// Checks before long work that a model could be saved at `path`.
///
/// # Errors
/// If something else is there, or its folder does not exist.
pub fn check_place(path: &Path) -> Result<()> {
    folder::check_place(path, "model", stranger)
}

/// The files of a model, as [`save`] writes them.
///
/// # Errors
/// If the network violates an invariant.
pub fn files(model: &Model) -> Result<Vec<(&'static str, Vec<u8>)>> {
    check(&model.network)?;
    model.precision.check().map_err(Error::input)?;
    let (graph, tensors) = graph::encode(model)?;
    Ok(vec![(GRAPH, graph), (TENSORS, tensors)])
}

/// Files in a folder that do not belong to a model.
fn stranger(path: &Path) -> Result<Option<PathBuf>> {
    let ours = |file: &PathBuf| {
        file.is_file() && !file.is_symlink() && (file.ends_with(GRAPH) || file.ends_with(TENSORS))
    };
    Ok(folder::entries(path)?.into_iter().find(|file| !ours(file)))
}

/// Reads a model.
///
/// # Errors
/// If it cannot be read, is damaged, of an unknown version, or violates an invariant.
pub fn load(path: &Path) -> Result<Model> {
    if !path.is_dir() {
        return Err(Error::input(
            "this is not a model: a model is a folder with graph.json and weights.safetensors",
        )
        .at_file(path)
        .fix("make one with 'snn2rtl convert'"));
    }
    decode(&read(&path.join(GRAPH))?, &read(&path.join(TENSORS))?, path)
}

/// Reads a file of a model.
fn read(path: &Path) -> Result<Vec<u8>> {
    folder::read(path).map_err(|e| match path.exists() {
        true => e,
        false => e.fix("the folder is not a complete model: make one with 'snn2rtl convert'"),
    })
}

/// The model in the contents of the two files; `path` is for messages.
fn decode(graph: &[u8], tensors: &[u8], path: &Path) -> Result<Model> {
    let tensors = tensors::Reader::new(tensors).map_err(|e| e.at_file(path.join(TENSORS)))?;
    let model = graph::decode(graph, tensors).map_err(|e| e.at_file(path.join(GRAPH)))?;
    check(&model.network).map_err(|e| e.at_file(path.join(GRAPH)))?;
    Ok(model)
}

/// Invariants of a saved network.
fn check(network: &Network) -> Result<()> {
    network.check("model")?;
    let order = network.topological();
    let count = |wanted: fn(&Op) -> bool| order.iter().filter(|&&id| wanted(&network.node(id).op)).count();
    let inputs = count(|op| matches!(op, Op::Input(_)));
    let readouts = count(|op| matches!(op, Op::Readout));
    match (inputs, readouts) {
        (1, 1) => Ok(()),
        _ => Err(Error::input(format!("{inputs} inputs and {readouts} readouts; a model has one of each"))),
    }
}
