//! What another framework computed in float64, saved beside a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use snn2rtl::data::{read_floats, read_integers};
use snn2rtl::quant::Decimal;

use super::chain::{Chain, Values, argmax, assert_close};

/// A file of this repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A model's file among the fixtures.
pub fn fixture(name: &str) -> PathBuf {
    file("tests/fixtures/onnx").join(name)
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// Integers of an array, and its extents.
pub fn integers(location: &str) -> (Vec<usize>, Vec<i32>) {
    let (shape, values) = read_integers(location).unwrap_or_else(|e| panic!("{e}"));
    (shape.0, values.into_iter().map(|v| i32::try_from(v).expect("a small integer")).collect())
}

/// Samples and what is expected of them.
pub struct Reference {
    /// Raw samples.
    pub samples: Vec<Vec<i32>>,
    /// Levels of all samples by quantiser.
    levels: BTreeMap<String, Vec<i32>>,
    logits: Vec<f64>,
}

impl Reference {
    /// Samples at one location; levels and logits in the archive `reference`, of the quantisers named.
    pub fn read(samples: &str, reference: &Path, quantisers: &[&str]) -> Self {
        let reference = reference.to_str().expect("a readable path");
        let (extents, raw) = integers(samples);
        let (_, logits) = read_floats(&format!("{reference}:logits")).unwrap_or_else(|e| panic!("{e}"));
        let of = |name: &&str| ((*name).to_owned(), integers(&format!("{reference}:level/{name}")).1);
        let size = raw.len() / extents[0];
        Self {
            samples: raw.chunks(size).map(<[i32]>::to_vec).collect(),
            levels: quantisers.iter().map(of).collect(),
            logits,
        }
    }

    /// What is expected of a sample.
    pub fn values(&self, sample: usize) -> Values {
        let part = |list: &[i32]| {
            let size = list.len() / self.samples.len();
            list[sample * size..][..size].to_vec()
        };
        let classes = self.logits.len() / self.samples.len();
        Values {
            levels: self.levels.iter().map(|(name, list)| (name.clone(), part(list))).collect(),
            logits: self.logits[sample * classes..][..classes].to_vec(),
        }
    }

    /// Runs every sample through every program; `verify`: with all proven ranges verified. Returns the classes.
    pub fn check(&self, chain: &Chain, verify: impl Fn(usize) -> bool) -> Vec<usize> {
        let expected: Vec<&String> = self.levels.keys().collect();
        assert_eq!(chain.neurons(), expected, "names of the neurons");
        let one = |(index, raw): (usize, &Vec<i32>)| {
            let expected = self.values(index);
            let (golden, outcome) = chain.golden_values(raw, verify(index));
            assert_eq!(golden.levels, expected.levels, "golden model, sample {index}");
            assert_close(&golden.logits, &expected.logits, "golden model");
            let float = chain.float_values(raw);
            assert_eq!(float.levels, expected.levels, "float64, sample {index}");
            assert_close(&float.logits, &expected.logits, "float64");
            // A float evaluation may take either of two logits that are exactly equal.
            let class = argmax(&expected.logits);
            assert_eq!(outcome.values[outcome.class], outcome.values[class], "class of sample {index}");
            outcome.class
        };
        self.samples.iter().enumerate().map(one).collect()
    }
}
