//! What a build folder claims to be: its manifest, and the design and the golden model of the model that is in it.

use std::path::{Path, PathBuf};

use super::Options;
use super::recording::Recording;
use crate::data::Inputs;
use crate::emit::{self, Manifest};
use crate::error::{Error, Result};
use crate::golden::Golden;
use crate::streaming::design::{self, Design, Kind};
use crate::{lower, snn};

/// A build folder, read.
pub(super) struct Dut {
    /// Its absolute path.
    pub build: PathBuf,
    pub manifest: Manifest,
    pub design: Design,
    pub golden: Golden,
    /// For each stage of neurons, the index of its layer in the golden model.
    pub layers: Vec<Option<usize>>,
}

impl Dut {
    /// Reads a build folder.
    pub fn load(build: &Path) -> Result<Self> {
        let manifest = emit::read_manifest(build)?;
        let build = build.canonicalize().map_err(|e| Error::io("read", build, &e))?;
        let anew = |problem: &str| {
            Error::input(problem).at_file(&build).fix("write the build folder anew with 'snn2rtl build'")
        };
        if !build.join("sim/files.f").is_file() {
            return Err(anew("this build folder has no simulation side: sim/files.f is missing"));
        }
        let model = snn::file::load(&build.join("model.snn"))?;
        let lowered = lower::lower(&model)?;
        let design = design::plan(&model.name, &lowered.network, &manifest.folding)?;
        let golden = Golden::new(&lowered.network)?;

        let stages = design.stages.iter().map(|s| (s.node.as_str(), s.module()));
        let listed = manifest.stages.iter().map(|s| (s.node.as_str(), s.module.as_str()));
        if !stages.eq(listed) {
            return Err(anew("the stages in the manifest are not those of the model beside it"));
        }
        let mut names = golden.layers().iter().map(|layer| layer.name.as_str()).enumerate();
        let mut layers = Vec::new();
        for stage in &design.stages {
            if !stage.is_neurons() {
                layers.push(None);
                continue;
            }
            match names.next() {
                Some((index, name)) if name == stage.node => layers.push(Some(index)),
                _ => return Err(anew("the stages of the design are not the layers of the golden model")),
            }
        }
        Ok(Self { build, manifest, design, golden, layers })
    }

    /// The stage that writes a stream.
    fn writer(&self, stream: usize) -> Option<usize> {
        self.design.stages.iter().position(|stage| stage.outputs.contains(&stream))
    }

    /// Number of spikes that a stream carries.
    pub fn spikes(&self, stream: usize, recording: &Recording) -> u64 {
        let (mut stream, mut rows) = (stream, 0..self.design.streams[stream].rows);
        while let Some(index) = self.writer(stream) {
            let stage = &self.design.stages[index];
            match (&stage.kind, self.layers[index]) {
                (_, Some(layer)) => {
                    return recording.spikes_in(layer, rows, self.design.streams[stream].rows);
                }
                (Kind::Select(select), _) => rows = rows.start + select.first..rows.end + select.first,
                (Kind::Fork, _) => {}
                _ => return 0,
            }
            stream = stage.inputs.first().copied().unwrap_or(0);
        }
        0
    }

    /// The values of a sample as a stream carries them.
    pub fn values(&self, stream: usize, raw: &[i32]) -> Vec<i32> {
        match self.writer(stream).map(|index| &self.design.stages[index]) {
            Some(stage) => {
                let values = self.values(stage.inputs.first().copied().unwrap_or(0), raw);
                match &stage.kind {
                    Kind::Reorder(reorder) => reorder.order.iter().map(|&e| values[e]).collect(),
                    _ => values,
                }
            }
            None => raw.to_vec(),
        }
    }

    /// Whether samples and options are possible for this design.
    pub fn check_inputs(&self, inputs: &Inputs, options: &Options) -> Result<()> {
        let expected = &self.design.input;
        if (inputs.elements(), inputs.element()) != (expected.count, expected.element) {
            return Err(Error::input(format!(
                "samples of {} elements of type {}; this design takes {} of type {}",
                inputs.elements(),
                inputs.element().name(),
                expected.count,
                expected.element.name()
            )));
        }
        if inputs.is_empty() {
            return Err(Error::input("there are no samples"));
        }
        let bits = self.design.margin_width();
        if options.confidence.is_some() && bits == 0 {
            return Err(Error::input("the design was built without the confidence rule")
                .fix("build it without --no-confidence (in folding.json: without `\"confidence\": false`)"));
        }
        if options.confidence.is_some_and(|rule| bits < 64 && rule.margin >> bits > 0) {
            return Err(Error::input("no class can stand out by this margin").fix("give a smaller --margin"));
        }
        if options.t_max.is_some_and(|t| t > 0) && self.golden.layers().is_empty() {
            return Err(Error::input("a network without neurons cannot be stopped by T_max"));
        }
        Ok(())
    }
}
