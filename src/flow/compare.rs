//! Levels from another program.

use std::path::{Path, PathBuf};

use super::Positions;
use crate::data;
use crate::error::{Error, Result, printable};
use crate::snn::View;

/// A file with `level/NEURON` for every layer, and optionally `logits`, in the order of the original model.
pub struct Reference {
    path: PathBuf,
    /// Class of each position of each sample, if there are logits.
    pub classes: Option<Vec<usize>>,
}

/// Levels of a layer, sample by sample.
pub struct Levels {
    /// Number of samples.
    pub count: usize,
    /// Row-major.
    pub levels: Vec<i32>,
}

impl Reference {
    /// Opens a reference for the layers with these names.
    ///
    /// # Errors
    /// When the file is not readable or a layer is missing.
    pub fn read(path: &Path, names: &[String], positions: Positions) -> Result<Self> {
        let text = path.to_str().ok_or_else(|| Error::input("this name is not UTF-8").at_file(path))?;
        if let Some(first) = names.first() {
            // A missing layer names those that are there.
            data::Array::read(&format!("{text}:level/{first}"))?;
        }
        let classes = match data::read_floats(&format!("{text}:logits")) {
            Ok((shape, logits)) if shape.0.len() == 2 && shape.channels() > 0 && positions.rows == 1 => {
                Some(logits.chunks(shape.channels()).map(argmax).collect())
            }
            Ok((shape, logits)) if positions.rows > 1 => {
                let size = positions.rows * positions.channels;
                let samples = shape.0.first().and_then(|samples| samples.checked_mul(size));
                let fits = size > 0 && samples == Some(logits.len());
                let classes = |logits: &[f64]| positions.classes_of_original(logits);
                fits.then(|| logits.chunks(size).flat_map(classes).collect())
            }
            _ => None,
        };
        Ok(Self { path: path.to_owned(), classes })
    }

    /// The levels of a layer with this many neurons.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn levels(&self, name: &str, neurons: usize) -> Result<Levels> {
        let (shape, levels) = data::read_integers(&format!("{}:level/{name}", self.path.display()))?;
        let count = shape.0.first().copied().unwrap_or(0);
        if shape.len() != count * neurons {
            let problem = format!("levels of shape {shape} for {neurons} neurons of {:?}", printable(name));
            return Err(Error::input(problem).at_file(&self.path));
        }
        let levels = levels.into_iter().map(|l| i32::try_from(l).unwrap_or(i32::MAX)).collect();
        Ok(Levels { count, levels })
    }
}

/// The elements of a layer in the order of the original model.
pub fn seen<T: Copy>(levels: &[T], view: Option<&View>) -> Vec<T> {
    match view {
        None => levels.to_vec(),
        Some(view) => view.order.iter().map(|&e| levels[e]).collect(),
    }
}

/// Share of the samples whose class is their label, 0…1.
pub fn accuracy(classes: &[usize], labels: &[i64]) -> f64 {
    let right = classes.iter().zip(labels).filter(|(class, label)| i64::try_from(**class) == Ok(**label));
    #[expect(clippy::cast_precision_loss)]
    let share = right.count() as f64 / classes.len().max(1) as f64;
    share
}

/// Index of the largest value, the lowest index if several are equal.
pub fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    let larger = |best: usize, n: usize| if values[n] > values[best] { n } else { best };
    (0..values.len()).fold(0, larger)
}
