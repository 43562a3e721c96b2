//! Reading of models and samples for several commands.

use std::path::{Path, PathBuf};

use super::Positions;
use crate::data::{self, Inputs};
use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::quant::{Coding, Encoding, InputSpec};
use crate::snn::{self, Model, Op};

/// Reads `model.snn`; in a build folder, the model that is in it.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn model(path: &Path) -> Result<Model> {
    snn::file::load(&model_folder(path))
}

/// Path of the model.
fn model_folder(path: &Path) -> PathBuf {
    let inner = path.join("model.snn");
    if !path.join("graph.json").exists() && inner.is_dir() { inner } else { path.into() }
}

/// The files that [`model`] reads.
pub fn model_files(path: &Path) -> [PathBuf; 2] {
    let folder = model_folder(path);
    snn::file::NAMES.map(|name| folder.join(name))
}

/// Shape and type of a raw sample of a model.
///
/// # Errors
/// When the model has no input.
pub fn sample_form(model: &Model) -> Result<(Shape, InputSpec)> {
    let inputs = model.network.topological().into_iter().find_map(|id| {
        let Op::Input(input) = &model.network.node(id).op else { return None };
        Some((input.sample.clone(), input.spec.clone()))
    });
    inputs.ok_or_else(|| Error::input("the model has no input"))
}

/// How static samples become trains of spikes, if the model's input is such a train.
fn coding(model: &Model) -> Option<Coding> {
    model.network.topological().into_iter().find_map(|id| {
        let Op::Input(snn::Input { encoding: Encoding::Train { coding, .. }, .. }) =
            &model.network.node(id).op
        else {
            return None;
        };
        *coding
    })
}

/// What to do about padding where the model has none.
const PADDING: &str = "the model counts its positions from the tokens that are not padding: put padding at the end, and where \
                       no mask leaves it out, export the model with its attention mask and pass --bind attention_mask=padding:ID";

/// Reads samples for a model, the first `most` of them if given, and checks that each element can be one of its input.
///
/// # Errors
/// When they do not fit the model.
pub fn inputs(location: &str, model: &Model, most: Option<usize>) -> Result<Inputs> {
    let (shape, spec) = sample_form(model)?;
    let mut inputs = match coding(model) {
        Some(coding) => Inputs::read_coded(location, &shape, &spec, coding)?,
        None => Inputs::read_for(location, &shape, &spec)?,
    };
    let element = spec.element;
    if let Some(most) = most {
        if most == 0 {
            return Err(Error::input("no samples are asked for: --samples 0"));
        }
        inputs.truncate(most);
    }
    if let Some(padding) = model.padding {
        let mut raw = Vec::new();
        for n in 0..inputs.len() {
            inputs.fill(n, &mut raw);
            if let Some(at) = padding.broken_at(&raw) {
                let problem =
                    format!("sample {n} has the token {} at index {at}: {}", raw[at], padding.describe());
                return Err(Error::input(problem).at_file(location).fix(PADDING));
            }
        }
    }
    let (low, high) = model.raw_range();
    if (low, high) != element.range() {
        for n in 0..inputs.len() {
            if let Some(q) = inputs.sample(n).into_iter().find(|q| !(low..=high).contains(q)) {
                return Err(Error::input(format!(
                    "sample {n} has the element {q}; the model takes {low}…{high}"
                ))
                .at_file(location)
                .fix("token ids have to be rows of the model's table, spikes 0 or 1"));
            }
        }
    }
    Ok(inputs)
}

/// Labels of the samples; with a limit on samples, the file may have more.
///
/// # Errors
/// When they are not one per sample, or per position of a sample.
pub fn labels(
    location: &str,
    count: usize,
    limited: Option<usize>,
    positions: Positions,
) -> Result<Vec<i64>> {
    match limited {
        None => data::read_labels(location, count, positions.rows),
        Some(_) => data::read_first_labels(location, count, positions.rows),
    }
}
