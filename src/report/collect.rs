//! All data about a build folder.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::equality::{Equality, equalities};
use super::exploration::Exploration;
use super::golden::{EngineCycles, Measured};
use super::stage::{Stage, stages};
use crate::architecture::{Architecture, Design, Program};
use crate::error::{Error, Result};
use crate::integer::cost;
use crate::lower::{self, LayerProof};
use crate::place::Placement;
use crate::quant::{Encoding, Precision};
use crate::snn::{self, Op};
use crate::synth::{Fit, Utilisation};
use crate::target::{Family, Target};
use crate::{cosim, emit, folder, place, synth};

/// The version of the JSON form of [`Report`].
pub const FORMAT_VERSION: u32 = 1;

/// Data of the page.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this form.
    pub format_version: u32,
    /// Model, target, input, design.
    pub summary: Summary,
    /// The three equalities.
    pub equalities: Vec<Equality>,
    /// The pipeline; of an overlay, its units.
    pub stages: Vec<Stage>,
    /// Program and machine of an overlay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// Results of the golden model on samples.
    pub golden: Option<Measured>,
    /// Co-simulations: without random stalls, with them.
    pub cosim: Vec<cosim::Report>,
    /// Synthesis, by family.
    pub synthesis: Vec<Synthesis>,
    /// Place and route, by family.
    pub placements: Vec<Placement>,
    /// Proven widths, by layer of neurons.
    pub proof: Vec<LayerProof>,
    /// Cycles against area, by family.
    pub explorations: Vec<Exploration>,
}

/// Model, target, input, design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// Program that wrote the original model.
    pub producer: String,
    /// The program that wrote the build folder.
    pub generator: String,
    /// The top-level module.
    pub top: String,
    /// The architecture.
    pub architecture: Architecture,
    /// The board.
    pub board: Option<String>,
    /// The board's clock.
    pub clock_hz: Option<u64>,
    /// The device.
    pub device: Option<String>,
    /// The device's family; of a build without one, the family of its scripts.
    pub family: Family,
    /// Extents of a raw sample.
    pub input_shape: Vec<usize>,
    /// Type of its elements.
    pub input_element: String,
    /// Time-steps in which it is applied.
    pub input_steps: u32,
    /// Elements in a beat of the input stream.
    pub input_lanes: usize,
    /// Number of logits.
    pub classes: usize,
    /// Neurons.
    pub neurons: usize,
    /// Numbers that do not change.
    pub parameters: usize,
    /// Bits of these.
    pub parameter_bits: u64,
    /// Bits of membranes, tracers and sums.
    pub state_bits: u64,
    /// Fraction bits of rounded operators; `None` in a network without such operators.
    pub precision: Option<Precision>,
    /// Stages.
    pub stages: usize,
    /// Streams between them.
    pub streams: usize,
    /// Default number of lanes.
    pub lanes: usize,
    /// Depth of FIFOs, at least; an overlay has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fifo_depth: Option<usize>,
}

/// Synthesis for a family and, where the device is of it, used and available.
#[derive(Clone, Debug, Serialize)]
pub struct Synthesis {
    /// Figures.
    #[serde(flatten)]
    pub utilisation: Utilisation,
    /// Of the device.
    pub fit: Option<Fit>,
}

impl Report {
    /// A difference in a strict equality is a failed check.
    ///
    /// # Errors
    /// Names the equality.
    pub fn check(&self) -> Result<()> {
        match self.equalities.iter().find(|equality| equality.strict && equality.holds == Some(false)) {
            Some(equality) => Err(Error::check(format!("this does not hold: {}", equality.statement))),
            None => Ok(()),
        }
    }
}

/// Reads a build folder.
///
/// # Errors
/// If it is not a build folder, or a result of an earlier command in it is damaged.
pub fn collect(build: &Path) -> Result<Report> {
    let manifest = emit::read_manifest(build)?;
    let target = manifest.target.as_ref().map(|entry| Target::of_build(build, entry)).transpose()?;
    let model = snn::file::load(&build.join("model.snn"))?;
    let lowered = lower::lower(&model)?;
    let golden = Measured::load(build)?;
    if golden.as_ref().is_some_and(|golden| golden.layers.len() != lowered.proof.len()) {
        return Err(Error::input("what the golden model has shown is not of this model")
            .at_file(build.join("reports/golden.json"))
            .fix("measure again with 'snn2rtl report --inputs'"));
    }
    let mut runs = Vec::new();
    for stalled in [false, true] {
        runs.extend(cosim::load(build, stalled)?);
    }
    let mut synthesis: Vec<Synthesis> = Vec::new();
    for path in kept(build, "utilisation_")? {
        let utilisation: Utilisation = folder::read_json(&path, synth::FORMAT_VERSION)
            .map_err(|error| error.fix("synthesise again with 'snn2rtl synth'"))?;
        let device = target.as_ref().map(Target::device);
        let device = device.filter(|device| device.family == utilisation.family);
        let fit = device.map(|device| Fit::of(&utilisation.total, device));
        synthesis.push(Synthesis { utilisation, fit });
    }
    // That of the device first.
    let order = |family| Family::ALL.iter().position(|known| *known == family);
    synthesis.sort_by_key(|s| (s.fit.is_none(), order(s.utilisation.family)));
    let mut placements: Vec<Placement> = Vec::new();
    for path in kept(build, "place_")? {
        let placement = folder::read_json(&path, place::FORMAT_VERSION)
            .map_err(|error| error.fix("place and route again with 'snn2rtl synth --tool nextpnr'"))?;
        placements.push(placement);
    }
    let explorations = kept(build, "explore_")?;
    let explorations = explorations.iter().map(|path| Exploration::load(path)).collect::<Result<_>>()?;

    let program = match manifest.folding.architecture() {
        Architecture::Streaming => None,
        Architecture::Overlay => {
            let design = Design::plan(&model.name, &lowered.network, &manifest.folding)?;
            let random = design.random_activity(&lowered.network, model.raw_range(), model.background())?;
            design.program(&random)
        }
    };
    // Those of the user's samples, where they are known.
    let engine = golden.as_ref().and_then(|golden| golden.predicted.engine.clone());
    let program = match (program, engine) {
        (Some(program), Some(engine)) => {
            let EngineCycles { adders, timeline, layer_cycles, roofline } = engine;
            Some(program.with_cycles(adders, timeline, &layer_cycles, roofline))
        }
        (program, _) => program,
    };
    let board = target.as_ref().and_then(Target::board);
    let program = match board.and_then(|board| Some((board, board.memory.as_ref()?))) {
        Some((board, memory)) => {
            program.map(|program| program.on_board(memory, manifest.memory_ports, board.clock_hz))
        }
        None => program,
    };
    let free = runs.iter().find(|run| run.stall.is_none());
    Ok(Report {
        format_version: FORMAT_VERSION,
        summary: summary(&manifest, &model, &lowered, target.as_ref()),
        equalities: equalities(&runs, golden.as_ref()),
        stages: stages(&manifest, free, golden.as_ref().map(|golden| &golden.predicted)),
        program,
        golden,
        cosim: runs,
        synthesis,
        placements,
        proof: lowered.proof,
        explorations,
    })
}

/// The files `reports/PREFIX….json`, in the order of their names.
fn kept(build: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    let folder = build.join("reports");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(".json")
    };
    Ok(folder::entries(&folder)?.into_iter().filter(ours).collect())
}

fn summary(
    manifest: &emit::Manifest,
    model: &snn::Model,
    lowered: &lower::Lowered,
    target: Option<&Target>,
) -> Summary {
    let network = &lowered.network;
    let memories: Vec<cost::Memory> =
        network.topological().into_iter().map(|id| cost::memory(network, id)).collect();
    let rounded = network.topological().into_iter().any(|id| cost::multiplier_bits(&network.node(id).op) > 0);
    let order = model.network.topological();
    let input = order
        .into_iter()
        .find_map(|id| if let Op::Input(input) = &model.network.node(id).op { Some(input) } else { None });
    Summary {
        model: model.name.clone(),
        producer: model.producer.clone(),
        generator: manifest.generator.clone(),
        top: manifest.top.clone(),
        architecture: manifest.folding.architecture(),
        board: manifest.target.as_ref().and_then(|target| target.board.clone()),
        clock_hz: target.and_then(Target::board).map(|board| board.clock_hz),
        device: manifest.target.as_ref().map(|target| target.device.clone()),
        family: match target {
            Some(target) => target.device().family,
            None if manifest.folding.uses_ultra_ram() => Family::Xcup,
            None => Family::Xc7,
        },
        input_shape: input.map_or_else(Vec::new, |input| input.sample.0.clone()),
        input_element: manifest.input.element.clone(),
        input_steps: input.map_or(1, |input| match input.encoding {
            Encoding::Analog => 1,
            Encoding::Rate { steps } => steps,
            Encoding::Train { .. } => 1,
        }),
        input_lanes: manifest.input.beat_lanes,
        classes: manifest.output.classes,
        neurons: memories.iter().map(|memory| memory.neurons).sum(),
        parameters: memories.iter().map(|memory| memory.parameters).sum(),
        parameter_bits: memories.iter().map(|memory| memory.parameter_bits).sum(),
        state_bits: memories.iter().map(|memory| memory.state_bits).sum(),
        precision: rounded.then_some(model.precision),
        stages: manifest.stages.len(),
        streams: manifest.streams.len(),
        lanes: manifest.folding.lanes(),
        fifo_depth: manifest.folding.streaming().map(|folding| folding.fifo_depth),
    }
}
