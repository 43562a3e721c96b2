//! Samples and labels.

use crate::error::{Error, Result};
use crate::graph::Shape;
use crate::quant::{Coding, Decimal, Element, InputSpec, Scaling};

use super::npy::ScalarType;
use super::read::{Array, read_integers, split_location};

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
    /// Reads samples, batch first, for a model with this sample shape and element type. The shapes fit if they are equal
    /// but for extents of 1, or if the file's samples have one extent only, of as many elements. The file may have any type
    /// that holds the elements: integers of any width, or floats that are integers.
    ///
    /// # Errors
    /// As [`Array::read`], or when shape or elements do not fit.
    pub fn read(location: &str, sample: &Shape, element: Element) -> Result<Self> {
        Self::read_with(
            location,
            sample,
            element,
            "save the raw elements, before they are scaled or normalised",
        )
    }

    /// As [`Self::read`], for a model of which it is known what raw elements mean: the advice for an array that holds real
    /// numbers instead says how raw elements are computed from them.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_for(location: &str, sample: &Shape, spec: &InputSpec) -> Result<Self> {
        Self::read_with(location, sample, spec.element, &undo(sample, spec))
    }

    /// As [`Self::read_for`], for a model whose samples are trains of spikes, time-steps first. Static samples, without that
    /// extent, are coded as such trains; their elements are those of the type.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_coded(location: &str, sample: &Shape, spec: &InputSpec, coding: Coding) -> Result<Self> {
        let array = Array::read(location)?;
        let still = Shape(sample.0.get(1..).unwrap_or_default().to_vec());
        let of_one: usize = array.shape.get(1..).unwrap_or_default().iter().product();
        let undo = undo(sample, spec);
        let (path, _) = split_location(location);
        if of_one != still.len() || still.len() == sample.len() {
            return Self::from_array(array, sample, spec.element, &undo).map_err(|e| e.at_file(path));
        }
        let still = Self::from_array(array, &still, spec.element, &undo).map_err(|e| e.at_file(path))?;
        let (steps, highest) = (sample.0[0], spec.element.range().1);
        let mut bytes = Vec::with_capacity(still.count.saturating_mul(sample.len()));
        let mut raw = Vec::new();
        for n in 0..still.count {
            still.fill(n, &mut raw);
            for t in 0..steps {
                bytes.extend(raw.iter().flat_map(|&q| {
                    let spike = i32::from(coding.spike(q, highest, t, steps)).to_le_bytes();
                    if spec.element == Element::U16 { spike[..2].to_vec() } else { spike[..1].to_vec() }
                }));
            }
        }
        Ok(Self { count: still.count, elements: sample.len(), element: spec.element, bytes })
    }

    fn read_with(location: &str, sample: &Shape, element: Element, undo: &str) -> Result<Self> {
        let array = Array::read(location)?;
        let (path, _) = split_location(location);
        Self::from_array(array, sample, element, undo).map_err(|e| e.at_file(path))
    }

    fn from_array(array: Array, sample: &Shape, element: Element, undo: &str) -> Result<Self> {
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
                .fix(reshape(&array.shape, &sample.0)));
        }
        let count = array.shape[0];
        if count == 0 {
            return Err(Error::input("there are no samples").fix("save at least one sample"));
        }
        let bytes = if array.scalar == scalar_of(element) {
            array.into_bytes()
        } else {
            narrow(&array, element, undo)?
        };
        Ok(Self { count, elements: sample.len(), element, bytes })
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

/// The type of an array of raw elements.
fn scalar_of(element: Element) -> ScalarType {
    match element {
        Element::U8 => ScalarType::U8,
        Element::I8 => ScalarType::I8,
        Element::U16 => ScalarType::U16,
    }
}

/// The bytes of elements of another type, if each of them is one of the model's.
fn narrow(array: &Array, element: Element, undo: &str) -> Result<Vec<u8>> {
    let (low, high) = element.range();
    let refuse = |value: &str, index: &str, why: &str| {
        let (found, expected) = (array.scalar.name(), scalar_of(element).name());
        let problem =
            format!("the element {value} at index {index} {why}; the model expects {expected}, {low}…{high}");
        Error::input(format!("{problem} (the array is {found})")).fix(undo)
    };
    let values = array.integers().map_err(|e| refuse(&e.value, &e.index, "is not an integer"))?;
    let mut bytes = Vec::with_capacity(values.len() * if element == Element::U16 { 2 } else { 1 });
    for (n, &value) in values.iter().enumerate() {
        if !(i64::from(low)..=i64::from(high)).contains(&value) {
            return Err(refuse(&value.to_string(), &array.index(n), "is out of range"));
        }
        let size = if element == Element::U16 { 2 } else { 1 };
        bytes.extend_from_slice(&value.to_le_bytes()[..size]);
    }
    Ok(bytes)
}

/// How raw elements are computed from the real numbers that the model's input is: what a float array usually holds.
fn undo(sample: &Shape, spec: &InputSpec) -> String {
    let (ty, top) = (scalar_of(spec.element).name(), spec.element.range().1);
    // A list with one number a channel is given the extents that let it spread over a batch of samples.
    let spread = |list: &[Decimal]| match (list, spec.channel_axis) {
        ([one], _) => one.to_string(),
        (list, axis) => {
            let numbers: Vec<String> = list.iter().map(ToString::to_string).collect();
            let after = sample.0.len().saturating_sub(axis.unwrap_or(0) + 1);
            format!("numpy.array([{}]).reshape(-1{})", numbers.join(", "), ", 1".repeat(after))
        }
    };
    match &spec.scaling {
        Scaling::Affine { scale, zero_point: 0 } if matches!(&scale[..], [one] if one.to_f64() == 1.0) => {
            "save the integers themselves: token ids, or raw elements".to_owned()
        }
        Scaling::Affine { scale, zero_point } => {
            let scale = spread(scale);
            format!(
                "if these are real values, save numpy.rint(array / {scale} + {zero_point}).astype(numpy.{ty})"
            )
        }
        Scaling::Normalise { mean, std } => {
            let (mean, std) = (spread(mean), spread(std));
            format!(
                "save the raw pixels. From normalised values: numpy.rint((array * {std} + {mean}) * {top}).astype(numpy.{ty}); \
                 from values of 0…1: numpy.rint(array * {top}).astype(numpy.{ty})"
            )
        }
    }
}

/// What to do about an array of this shape, samples included, where samples have another one.
fn reshape(array: &[usize], sample: &[usize]) -> String {
    let list = |extents: &[usize]| extents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let times = |extents: &[usize]| extents.iter().map(ToString::to_string).collect::<Vec<_>>().join("×");
    let length = |extents: &[usize]| extents.iter().product::<usize>();
    if array == sample {
        return "this is one sample without an extent for samples: save array[numpy.newaxis]".to_owned();
    }
    let Some((count, own)) = array.split_first() else {
        return "put samples along the first extent, also if there is only one".to_owned();
    };
    if let ([channels, height, width], [h, w, c]) = (sample, own)
        && (channels, height, width) == (c, h, w)
    {
        return "the channels are last: save array.transpose(0, 3, 1, 2)".to_owned();
    }
    if length(own) == length(sample) {
        return format!(
            "if the order of the elements is the model's, save array.reshape({count}, {})",
            list(sample)
        );
    }
    if length(array) == length(sample) {
        return format!("this is one sample in other extents: save array.reshape(1, {})", list(sample));
    }
    if own.is_empty() {
        return format!(
            "this array has one number a sample, as labels have: give samples of {}",
            times(sample)
        );
    }
    let (given, expected) = (times(own), times(sample));
    format!(
        "a sample here has {given}, the model's has {expected}: prepare the data as for training (resize, crop or pad to \
         {expected}), or export the model for samples of {given}"
    )
}

/// Reads labels, one a sample or one for each of its positions, of any type that holds integers.
///
/// # Errors
/// As [`read_integers`], or when they are not one a sample.
pub fn read_labels(location: &str, count: usize, positions: usize) -> Result<Vec<i64>> {
    let labels = read_all_labels(location, positions)?;
    if labels.len() == count * positions {
        return Ok(labels);
    }
    let (path, _) = split_location(location);
    Err(wrong_count(labels.len() / positions.max(1), count).at_file(path))
}

/// Reads the labels of the first samples; the file may have more.
///
/// # Errors
/// As [`read_integers`], or when there are fewer.
pub fn read_first_labels(location: &str, count: usize, positions: usize) -> Result<Vec<i64>> {
    let mut labels = read_all_labels(location, positions)?;
    if labels.len() < count * positions {
        let (path, _) = split_location(location);
        return Err(wrong_count(labels.len() / positions.max(1), count).at_file(path));
    }
    labels.truncate(count * positions);
    Ok(labels)
}

/// The labels in a file, whose samples are along the first extent, and the positions of a sample along the others.
fn read_all_labels(location: &str, positions: usize) -> Result<Vec<i64>> {
    let (shape, labels) = read_integers(location)?;
    if shape.0.first().and_then(|samples| samples.checked_mul(positions)) == Some(labels.len()) {
        return Ok(labels);
    }
    if positions > 1 {
        let (path, _) = split_location(location);
        let problem =
            format!("labels of shape {shape}; expected [samples×{positions}], one a position of each sample");
        return Err(Error::input(problem).at_file(path).fix(
            "save the class of each position as one integer, or a negative one where it does not count",
        ));
    }
    let fix = match shape.0[..] {
        [] => "put labels along the first extent, also if there is only one".to_owned(),
        [1, _] => "save labels.reshape(-1)".to_owned(),
        [_, _] => "if these are one-hot labels or scores, save numpy.argmax(labels, axis=1)".to_owned(),
        _ => "save the class of each sample as one integer".to_owned(),
    };
    let (path, _) = split_location(location);
    Err(Error::input(format!("labels of shape {shape}; expected [samples], one a sample"))
        .at_file(path)
        .fix(fix))
}

/// The error for labels of which there are not as many as samples.
fn wrong_count(found: usize, expected: usize) -> Error {
    let fix = if found > expected {
        format!("give the labels of these samples: labels[:{expected}] if they are the first ones")
    } else {
        format!("give the labels of all samples, or only as many samples: --samples {found}")
    };
    Error::input(format!("labels of shape [{found}]; expected [{expected}], one a sample")).fix(fix)
}
