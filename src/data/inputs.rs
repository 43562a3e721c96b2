//! Samples and labels.

use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::quant::Element;

use super::npy::ScalarType;
use super::read::{Array, read_integers};

/// Raw samples, each of the shape that the model expects.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Number of samples.
    count: usize,
    /// Number of elements of a sample.
    elements: usize,
    element: Element,
    /// Elements, little-endian.
    bytes: Vec<u8>,
}

impl Inputs {
    /// Reads samples, batch first, for a model with this sample shape and element type. The shapes fit if they are
    /// equal except for extents of 1, or if the samples in the file have one extent with the same number of elements.
    ///
    /// # Errors
    /// As [`Array::read`], or if type or shape do not fit.
    pub fn read(location: &str, sample: &Shape, element: Element) -> Result<Self> {
        let array = Array::read(location)?;
        Self::from_array(array, sample, element).map_err(|e| e.at_file(location))
    }

    fn from_array(array: Array, sample: &Shape, element: Element) -> Result<Self> {
        let expected = match element {
            Element::U8 => ScalarType::U8,
            Element::I8 => ScalarType::I8,
            Element::U16 => ScalarType::U16,
        };
        if array.scalar != expected {
            let (found, expected) = (array.scalar.name(), expected.name());
            return Err(Error::input(format!("elements of type {found}; the model expects {expected}"))
                .fix(format!("save array.astype(numpy.{expected}), if that keeps the values")));
        }
        let essential =
            |extents: &[usize]| -> Vec<usize> { extents.iter().copied().filter(|&d| d != 1).collect() };
        let fits = array.shape.split_first().is_some_and(|(_, own)| {
            essential(own) == essential(&sample.0) || (own.len() == 1 && own[0] == sample.len())
        });
        if !fits {
            let found = Shape(array.shape.clone());
            let inner: Vec<String> = sample.0.iter().map(ToString::to_string).collect();
            let expected = format!("[samples×{}]", inner.join("×"));
            return Err(Error::input(format!("an array of shape {found}; the model expects {expected}"))
                .fix("put samples along the first extent, also if there is only one"));
        }
        let count = array.shape[0];
        if count == 0 {
            return Err(Error::input("there are no samples"));
        }
        Ok(Self { count, elements: sample.len(), element, bytes: array.into_bytes() })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of elements of a sample.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// Type of an element.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Keeps only the first samples.
    pub fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
    }

    /// Copies sample `index`, row-major, to `raw`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn fill(&self, index: usize, raw: &mut Vec<i32>) {
        assert!(index < self.count, "sample {index} of {}", self.count);
        raw.clear();
        let size = self.elements * if self.element == Element::U16 { 2 } else { 1 };
        let bytes = &self.bytes[index * size..][..size];
        match self.element {
            Element::U8 => raw.extend(bytes.iter().map(|&b| i32::from(b))),
            Element::I8 => raw.extend(bytes.iter().map(|&b| i32::from(b.cast_signed()))),
            Element::U16 => {
                raw.extend(bytes.as_chunks().0.iter().map(|&b| i32::from(u16::from_le_bytes(b))));
            }
        }
    }

    /// Sample `index`, row-major.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn sample(&self, index: usize) -> Vec<i32> {
        let mut raw = Vec::with_capacity(self.elements);
        self.fill(index, &mut raw);
        raw
    }
}

/// Reads one label per sample, of any integer type.
///
/// # Errors
/// As [`Array::read`], or if there are not `count` labels.
pub fn read_labels(location: &str, count: usize) -> Result<Vec<i64>> {
    let (shape, labels) = read_integers(location)?;
    if shape.0.first() != Some(&labels.len()) || labels.len() != count {
        let problem = format!("labels of shape {shape}; expected [{count}], one per sample");
        return Err(Error::input(problem).at_file(location));
    }
    Ok(labels)
}
