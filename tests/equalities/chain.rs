//! From a quantised network to everything that evaluates it, and the comparison of what they yield.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::golden::{Golden, Limits, Outcome, Unobserved};
use snn2rtl::import::{Imported, Options, import};
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::snn::file::{load, save};
use snn2rtl::{integer, qann, snn};

/// A network at every stage.
pub struct Chain {
    pub network: qann::Network,
    pub explanation: String,
    pub model: snn::Model,
    pub lowered: Lowered,
    /// Narrow, as it is run.
    pub golden: Golden,
    /// With every proven range verified.
    pub checked: Golden,
}

/// Levels of every layer of neurons by name, and the logits, of one sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    pub levels: BTreeMap<String, Vec<i32>>,
    pub logits: Vec<f64>,
}

impl Chain {
    /// Imports a file and takes it through all stages.
    pub fn import(path: &Path, options: &Options, encoding: EncodingChoice) -> Self {
        let Imported { network, model_name, producer, explanation } =
            import(path, options).unwrap_or_else(|e| panic!("{e}"));
        let mut chain = Self::of(network, &model_name, &producer, encoding);
        for line in explanation {
            chain.explanation.push_str(&format!("{}: {}: {}\n", line.node, line.pattern, line.detail));
        }
        chain
    }

    /// Takes a quantised network through all stages.
    pub fn of(network: qann::Network, name: &str, producer: &str, encoding: EncodingChoice) -> Self {
        let (model, _) = convert(&network, name, producer, encoding).unwrap_or_else(|e| panic!("{e}"));
        let lowered = lower(&model).unwrap_or_else(|e| panic!("{e}"));
        let golden = Golden::new(&lowered.network).unwrap_or_else(|e| panic!("{e}"));
        let checked = Golden::checked(&lowered.network).unwrap_or_else(|e| panic!("{e}"));
        Self { network, explanation: String::new(), model, lowered, golden, checked }
    }

    /// Names of the layers of neurons, sorted.
    pub fn neurons(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.golden.layers().iter().map(|l| l.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// Saves, loads, saves again: the same bytes, and a model that lowers to the same integers.
    pub fn round_trip(&self) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [first, second] = ["a.snn", "b.snn"].map(|name| folder.path().join(name));
        save(&self.model, &first).unwrap_or_else(|e| panic!("{e}"));
        let loaded = load(&first).unwrap_or_else(|e| panic!("{e}"));
        save(&loaded, &second).unwrap_or_else(|e| panic!("{e}"));
        for name in ["graph.json", "weights.safetensors"] {
            let bytes = |path: &Path| fs::read(path.join(name)).expect("a file of the model");
            assert!(bytes(&first) == bytes(&second), "{name} differs after a round trip");
        }
        let again = lower(&loaded).unwrap_or_else(|e| panic!("{e}"));
        assert_same_integers(&self.lowered.network, &again.network, true);
    }

    /// Runs the golden model to quiescence; its levels, totals and class are those of one-pass evaluation.
    pub fn golden_values(&self, raw: &[i32], verify: bool) -> (Values, Outcome) {
        let golden = if verify { &self.checked } else { &self.golden };
        let outcome = golden.run(&mut golden.state(), raw, &Limits::default(), &mut Unobserved);
        assert!(outcome.quiescent);
        let once = integer::eval::evaluate(&self.lowered.network, raw);
        let levels: Vec<&Vec<i32>> = once.levels.iter().map(|(_, levels)| levels).collect();
        assert!(outcome.levels.iter().eq(levels), "levels at quiescence and one-shot");
        assert_eq!(outcome.totals, once.totals);
        assert_eq!(outcome.values, once.values);
        assert_eq!(outcome.class, once.class());
        let names = golden.layers().iter().map(|l| l.name.clone());
        let real = &self.lowered.readout;
        #[expect(clippy::cast_precision_loss)]
        let logit = |(c, &a): (usize, &i64)| {
            real.scale[c % real.scale.len()] * a as f64 + real.bias[c % real.bias.len()]
        };
        let values = Values {
            levels: names.zip(outcome.levels.iter().cloned()).collect(),
            logits: outcome.totals.iter().enumerate().map(logit).collect(),
        };
        (values, outcome)
    }

    /// Our own float64 evaluation; only of quantisers that became neurons.
    pub fn float_values(&self, raw: &[i32]) -> Values {
        let found = qann::eval::evaluate(&self.network, raw);
        let neurons = self.neurons();
        let name = |id| self.network.node(id).name.clone();
        let levels = found.levels.into_iter().map(|(id, levels)| (name(id), levels));
        Values {
            levels: levels.filter(|(name, _)| neurons.binary_search(&name.as_str()).is_ok()).collect(),
            logits: found.logits,
        }
    }
}

/// Compares two integer networks node by node; `names`: their names, too.
pub fn assert_same_integers(a: &integer::Network, b: &integer::Network, names: bool) {
    let (first, second) = (a.topological(), b.topological());
    assert_eq!(first.len(), second.len());
    for (&x, &y) in first.iter().zip(&second) {
        let (x, y) = (a.node(x), b.node(y));
        assert!(x.op == y.op, "{:?} and {:?} differ", x.name, y.name);
        assert_eq!(x.shape, y.shape);
        assert!(!names || x.name == y.name, "{:?} and {:?}", x.name, y.name);
    }
}

/// The index of the largest value, the first of several.
pub fn argmax(logits: &[f64]) -> usize {
    (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("logits")
}

/// Checks that logits agree to `1e-9` of the largest.
pub fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f64, |m, x| m.max(x.abs()));
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-9 * largest, "{what}: {found:?}, expected {expected:?}");
    }
}
