//! NIR files, which hold networks that spike already, to the spiking network.
//!
//! bytes ─[`file`]▶ nodes with arrays, edges ─[`chain`]▶ nodes in the order of the data ─[`build`], [`emit`]▶ the network. [`layer`]
//! reads the parameters of layers of weights and of pools, [`neuron`] those of neurons. NIR leaves open how neurons are
//! computed in discrete time; [`Neurons`] says it. `docs/spiking-networks.md` has the equations.

mod array;
mod build;
mod chain;
mod emit;
mod file;
mod layer;
mod neuron;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::quant::{Coding, InputSpec};
use crate::snn::{Model, Reset};

/// How a framework computes neurons, and what NIR does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neurons {
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// Whether the membrane must be above the threshold, not just at it.
    pub above: bool,
    /// Whether the framework computes neurons with a synaptic current (CubaLIF) in the same way.
    pub currents: bool,
}

impl Neurons {
    /// Names and values of what can be chosen.
    pub const ALL: [(&'static str, Self); 5] = [
        ("nir", Self { reset: Reset::Value, above: true, currents: true }),
        ("snntorch", Self { reset: Reset::SubtractLate, above: true, currents: true }),
        ("snntorch-zero", Self { reset: Reset::Value, above: true, currents: false }),
        ("spikingjelly", Self { reset: Reset::Value, above: false, currents: true }),
        ("soft", Self { reset: Reset::Subtract, above: false, currents: true }),
    ];
}

impl FromStr for Neurons {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, neurons)| neurons).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("possible are {}", names.join(", "))
        })
    }
}

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// A train of spikes or event frames, time-steps first. With a coding, also a static image, which is coded first.
    Train(Option<Coding>),
    /// A static image, which is applied in every time-step.
    Constant,
}

/// Options of the user.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of time-steps, which NIR files do not have.
    pub time_steps: Option<usize>,
    /// Length of a time-step in the unit of the file's time constants.
    pub dt: f64,
    /// How neurons are computed; without it, as NIR defines them.
    pub neurons: Option<Neurons>,
    /// What a sample is.
    pub samples: Samples,
    /// Meaning of raw elements; without it, trains have elements of 0 and 1.
    pub input: Option<InputSpec>,
    /// Width to which weights are rounded; without it they are taken to 24 bits.
    pub weight_bits: Option<u8>,
    /// Bits of leaks, and of the membrane below the threshold, where they are rounded.
    pub membrane_bits: u32,
}

impl Options {
    /// The length of a time-step that snnTorch and SpikingJelly write.
    pub const DT: f64 = 1e-4;

    /// As precise as float weights are.
    pub const MEMBRANE_BITS: u32 = 24;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_steps: None,
            dt: Self::DT,
            neurons: None,
            samples: Samples::Train(None),
            input: None,
            weight_bits: None,
            membrane_bits: Self::MEMBRANE_BITS,
        }
    }
}

/// A node of the file and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What it became, or what it is a part of; none if it is not supported.
    pub became: Option<String>,
}

/// Everything that is known of a file.
#[derive(Debug)]
pub struct Examined {
    /// The program that wrote it.
    pub producer: String,
    /// Every node, in the order of the data as far as there is one.
    pub nodes: Vec<Node>,
    /// What the user should know: node and text.
    pub notes: Vec<(String, String)>,
    /// Nodes that are not exact: name, and what is rounded.
    pub rounded: Vec<(String, String)>,
    /// The network, if nothing is wrong.
    pub model: Option<Model>,
    /// All that is wrong.
    pub problems: Vec<Error>,
}

/// The first bytes of an HDF5 file.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether a file is meant to be NIR: its name ends in `.nir`, or it begins as HDF5 files do.
pub fn is_nir(path: &Path) -> bool {
    let begins = || {
        use std::io::Read;
        let mut start = [0; SIGNATURE.len()];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
            && start == *SIGNATURE
    };
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("nir")) || begins()
}

/// Reads a NIR file and finds what is wrong with it.
///
/// # Errors
/// When it is no NIR file of one graph, or an option is out of range.
pub fn examine(path: &Path, name: &str, options: &Options) -> Result<Examined> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, &e).fix("check the path"))?;
    examine_bytes(&bytes, name, options).map_err(|e| e.at_file(path))
}

/// The same from the contents of the file.
///
/// # Errors
/// As [`examine`].
pub fn examine_bytes(bytes: &[u8], name: &str, options: &Options) -> Result<Examined> {
    if !(options.dt.is_finite() && options.dt > 0.0) {
        return Err(Error::input(format!("a time-step of {}", options.dt)).fix("give --dt 1e-4"));
    }
    let file = file::read(bytes)?;
    let producer = format!("NIR {}", file.version);
    let order = chain::order(&file);
    let list = |order: &[usize]| -> Vec<Node> {
        let node = |&n: &usize| {
            let node = &file.nodes[n];
            Node { name: node.name.clone(), kind: node.kind.clone(), became: None }
        };
        order.iter().map(node).collect()
    };
    let order = match order {
        Ok(order) => order,
        Err(problem) => {
            let all: Vec<usize> = (0..file.nodes.len()).collect();
            let (nodes, problems) = (list(&all), vec![problem]);
            return Ok(Examined {
                producer,
                nodes,
                notes: Vec::new(),
                rounded: Vec::new(),
                model: None,
                problems,
            });
        }
    };
    let mut nodes = list(&order);
    let built = build::build(&file, &order, name, &producer, options);
    for (node, became) in nodes.iter_mut().zip(&built.became) {
        node.became.clone_from(became);
    }
    let build::Built { notes, rounded, model, problems, .. } = built;
    Ok(Examined { producer, nodes, notes, rounded, model, problems })
}
