//! `split`: a network as several networks in sequence, for as many devices.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::load;
use super::schedule::{Schedule, samples};
use crate::architecture::{Design, OverlayOptions};
use crate::error::{Error, Result};
use crate::golden::{Settled, SettledOutcome, SpikeCode, Unobserved};
use crate::graph::NodeId;
use crate::hardware::Activity;
use crate::integer::{Network, cost};
use crate::lower;
use crate::report::Spikes;
use crate::snn::{self, Model};
use crate::split::{self, Boundary, Kind, Part};

/// What is split.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A model.snn or a build folder.
    pub model: PathBuf,
    /// Number of parts.
    pub parts: usize,
    /// Names of the nodes to cut behind; chosen if there are none.
    pub cuts: Vec<String>,
    /// The folder that gets `part1.snn`, `part2.snn`, …
    pub output: PathBuf,
    /// The samples that cycles are estimated with.
    pub schedule: Schedule,
}

/// A network in parts.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The model's name.
    pub model: String,
    /// The samples.
    #[serde(skip)]
    pub spikes: Spikes,
    /// Cycles of a sample on one overlay, by the estimate.
    pub estimated_cycles: f64,
    /// The parts, in the order of the data.
    pub parts: Vec<PartFigures>,
    /// Nodes behind which the network can be cut.
    pub places: Vec<String>,
}

/// A part in figures.
#[derive(Debug, Serialize)]
pub struct PartFigures {
    /// Its model.
    pub path: PathBuf,
    /// Nodes of its integer network.
    pub node_count: usize,
    /// Neurons.
    pub neurons: usize,
    /// Constants, and bits of these.
    pub parameters: usize,
    /// See `parameters`.
    pub parameter_bits: u64,
    /// Multiply-accumulates of linear layers.
    pub synapses: u64,
    /// Cycles of a sample on an overlay of its own, by the estimate; none if there is no overlay for it.
    pub estimated_cycles: Option<f64>,
    /// Why there is none.
    pub problem: Option<String>,
    /// What goes to the next part.
    pub crossing: Option<Crossing>,
}

/// What goes from a part to the next one for a sample.
#[derive(Debug, Serialize)]
pub struct Crossing {
    /// The node whose values these are.
    pub node: String,
    /// `levels` or `sums`.
    pub kind: &'static str,
    /// Values.
    pub values: usize,
    /// Elements of the input of the next part for each value, and bits of an element.
    pub digits: usize,
    /// See `digits`.
    pub element_bits: u32,
    /// Elements in front of these: those of the sample, which give a mask, and zeros. 0 without a mask.
    pub front: usize,
    /// Bits.
    pub bits: u64,
    /// Subtracted from a value of the readout before it becomes elements.
    pub low: i64,
}

/// Splits a model, checks that the parts compute the same for the samples, and saves them.
///
/// # Errors
/// When the model cannot be cut as asked, or the output cannot be written; a difference is a failed check.
pub fn split(options: &Options) -> Result<Plan> {
    let model = load::model(&options.model)?;
    let network = &model.network;
    let lowered = lower::lower(&model)?.network;
    let places = split::places(network);
    let (raw, spikes) = samples(&model, &options.schedule)?;
    let settled = Settled::new(&lowered, SpikeCode::Radix)?;
    let activity = Activity::levels(&settled, raw.iter().cloned());
    let whole = overlay(&model, &lowered, &activity)?;
    let names: Vec<String> = places.iter().map(|&id| network.node(id).name.clone()).collect();
    let cuts = match options.cuts.is_empty() {
        true => {
            let work = work_before(network, &places, &whole);
            let chosen = split::choose(&work.0, work.1, options.parts);
            if chosen.len() + 1 < options.parts {
                return Err(Error::input(format!(
                    "{} parts, but there are only {} places to cut the network",
                    options.parts,
                    places.len()
                ))
                .fix("ask for fewer parts"));
            }
            chosen.into_iter().map(|n| places[n]).collect()
        }
        false => named(&names, &places, &options.cuts)?,
    };
    let parts = split::split(&model, &cuts)?;
    let mut figures = Vec::new();
    let mut present = raw.clone();
    let mut last: Vec<SettledOutcome> = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let own = lower::lower(&part.model)?.network;
        let golden = Settled::new(&own, SpikeCode::Radix)?;
        let activity = Activity::levels(&golden, present.iter().cloned());
        let path = options.output.join(format!("part{}.snn", n + 1));
        let cut = cuts.get(n).map(|&id| network.node(id).name.as_str());
        figures.push(part_figures(part, &own, &activity, path, cut));
        let mut state = golden.state();
        last = present.iter().map(|raw| golden.run(&mut state, raw, &mut Unobserved)).collect();
        if let Some(boundary) = &part.boundary {
            let next = last.iter().zip(&present);
            present = next.map(|(outcome, raw)| boundary.elements(&outcome.values, raw)).collect();
        }
    }
    same(&settled, &raw, &last)?;
    std::fs::create_dir_all(&options.output).map_err(|e| Error::io("write", &options.output, &e))?;
    for (part, figures) in parts.iter().zip(&figures) {
        snn::file::save(&part.model, &figures.path)?;
    }
    Ok(Plan { model: model.name.clone(), spikes, estimated_cycles: whole.1, parts: figures, places: names })
}

/// Cycles of the engine for each node by name, and of a sample, on the overlay that is built without further options.
type Work = (Vec<(String, f64)>, f64);

fn overlay(model: &Model, network: &Network, activity: &Activity) -> Result<Work> {
    let design = Design::plan(&model.name, network, &OverlayOptions::sensible(network))?;
    let program = design.program(activity);
    let layers = program.iter().flat_map(|program| &program.layers);
    let layers =
        layers.filter(|layer| layer.unit != "vector").map(|layer| (layer.node.clone(), layer.cycles));
    Ok((layers.collect(), design.cycles(activity).per_sample))
}

/// Work before each place, and all work.
fn work_before(network: &snn::Network, places: &[NodeId], work: &Work) -> (Vec<f64>, f64) {
    let before = |&place: &NodeId| {
        let names: HashSet<&str> =
            network.up_to(place).into_iter().map(|id| network.node(id).name.as_str()).collect();
        let own = work.0.iter().filter(|(node, _)| names.contains(node.as_str()));
        own.map(|(_, cycles)| cycles).sum::<f64>()
    };
    (places.iter().map(before).collect(), work.0.iter().map(|(_, cycles)| cycles).sum())
}

/// The places with these names, in the order of the data.
fn named(names: &[String], places: &[NodeId], cuts: &[String]) -> Result<Vec<NodeId>> {
    let of = |cut: &String| {
        names.iter().position(|name| name == cut).ok_or_else(|| {
            Error::input(format!("the network cannot be cut behind {:?}", crate::error::printable(cut))).fix(
                format!(
                    "one of: {}",
                    names.iter().map(|n| crate::error::printable(n)).collect::<Vec<_>>().join(", ")
                ),
            )
        })
    };
    let mut found: Vec<usize> = cuts.iter().map(of).collect::<Result<_>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(|n| places[n]).collect())
}

fn part_figures(
    part: &Part,
    network: &Network,
    activity: &Activity,
    path: PathBuf,
    cut: Option<&str>,
) -> PartFigures {
    let ids = network.topological();
    let memory: Vec<cost::Memory> = ids.iter().map(|&id| cost::memory(network, id)).collect();
    let (estimated_cycles, problem) = match overlay(&part.model, network, activity) {
        Ok((_, cycles)) => (Some(cycles), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let crossing = |boundary: &Boundary| Crossing {
        node: cut.unwrap_or_default().to_owned(),
        kind: match boundary.kind {
            Kind::Levels => "levels",
            Kind::Sums => "sums",
        },
        values: boundary.values(),
        digits: boundary.digits,
        element_bits: boundary.element.bits(),
        front: boundary.front,
        bits: boundary.bits(),
        low: boundary.low,
    };
    PartFigures {
        path,
        node_count: ids.len(),
        neurons: memory.iter().map(|own| own.neurons).sum(),
        parameters: memory.iter().map(|own| own.parameters).sum(),
        parameter_bits: memory.iter().map(|own| own.parameter_bits).sum(),
        synapses: cost::synapses(network),
        estimated_cycles,
        problem,
        crossing: part.boundary.as_ref().map(crossing),
    }
}

/// Whether the last part gives the logits of the network for every sample.
fn same(settled: &Settled, raw: &[Vec<i32>], last: &[SettledOutcome]) -> Result<()> {
    let mut state = settled.state();
    for (n, (raw, own)) in raw.iter().zip(last).enumerate() {
        let whole = settled.run(&mut state, raw, &mut Unobserved);
        if whole.values != own.values {
            return Err(Error::check(format!("the parts give other logits than the network for sample {n}")));
        }
    }
    Ok(())
}

/// Checks before long work that parts can be saved in a folder: nothing but such parts is there.
///
/// # Errors
/// When something else is there.
pub fn check_place(output: &Path, parts: usize) -> Result<()> {
    if !output.exists() {
        return Ok(());
    }
    let own: Vec<PathBuf> = (1..=parts).map(|n| output.join(format!("part{n}.snn"))).collect();
    if let Some(other) = crate::folder::entries(output)?.into_iter().find(|path| !own.contains(path)) {
        let name = other.file_name().unwrap_or_default().to_string_lossy();
        let problem =
            format!("a folder with something else is already here: {:?}", crate::error::printable(&name));
        return Err(Error::input(problem).at_file(output).fix("choose another name, or remove it yourself"));
    }
    own.iter().try_for_each(|path| snn::file::check_place(path))
}
