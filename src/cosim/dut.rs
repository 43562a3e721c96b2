//! The device under test: the manifest of a build folder, and the design and the golden model of its model.

use std::path::{Path, PathBuf};

use super::Options;
use crate::architecture::{Design, Reference};
use crate::data::Inputs;
use crate::emit::{self, Manifest};
use crate::error::{Error, Result};
use crate::hardware::StageEntry;
use crate::snn::Model;
use crate::{lower, snn};

/// A build folder, read.
pub(super) struct Dut {
    /// Its absolute path.
    pub build: PathBuf,
    pub manifest: Manifest,
    pub design: Design,
    /// The words that are loaded first, if networks are loaded into the hardware.
    pub image: Option<Vec<u32>>,
    /// In the schedule of the design.
    pub golden: Reference,
}

impl Dut {
    /// Reads a build folder.
    pub fn load(build: &Path) -> Result<Self> {
        Self::load_model(build, None)
    }

    /// Reads a build folder; another model is loaded into its hardware.
    pub fn load_model(build: &Path, other: Option<&Model>) -> Result<Self> {
        let manifest = emit::read_manifest(build)?;
        let build = build.canonicalize().map_err(|e| Error::io("read", build, &e))?;
        let anew = |problem: &str| {
            Error::input(problem).at_file(&build).fix("write the build folder again with 'snn2rtl build'")
        };
        if !build.join("sim/files.f").is_file() {
            return Err(anew("this build folder has no simulation side: sim/files.f is missing"));
        }
        let own;
        let model = match other {
            Some(model) => model,
            None => {
                own = snn::file::load(&build.join("model.snn"))?;
                &own
            }
        };
        if other.is_some() && manifest.folding.loadable().is_none() {
            return Err(Error::input("networks cannot be loaded into this hardware")
                .at_file(&build)
                .fix("build it with --architecture overlay --loadable"));
        }
        let lowered = lower::lower(model)?;
        let design = Design::plan(&model.name, &lowered.network, &manifest.folding)?;
        let golden = design.reference(&lowered.network)?;

        let image = design.image()?;
        let own = design.stages();
        let names = |stages: &[StageEntry]| {
            stages.iter().map(|s| (s.node.clone(), s.module.clone())).collect::<Vec<_>>()
        };
        if other.is_none() && names(&own) != names(&manifest.stages) {
            return Err(anew("the stages in the manifest are not those of the model beside it"));
        }
        Ok(Self { build, manifest, design, image, golden })
    }

    /// The stages that have registers: index, node and module, in the order of the registers.
    pub fn counted(&self) -> impl Iterator<Item = (usize, &StageEntry)> {
        self.manifest.stages.iter().enumerate().filter(|(_, stage)| stage.register.is_some())
    }

    /// Checks samples and options for this design.
    pub fn check_inputs(&self, inputs: &Inputs, options: &Options) -> Result<()> {
        let expected = self.design.input();
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
        if let Reference::Settled(_) = self.golden
            && (options.confidence.is_some() || options.t_max.is_some_and(|t| t > 0))
        {
            let rule = if options.confidence.is_some() { "the confidence rule" } else { "T_max" };
            return Err(Error::input(format!(
                "an overlay computes layer by layer, in the settled schedule: there are no time-steps of the whole \
                 network that {rule} could end"
            ))
            .fix("leave it out, or build the streaming architecture"));
        }
        let bits = self.design.output().margin_width;
        if options.confidence.is_some() && bits == 0 {
            return Err(Error::input("the design was built without the confidence rule")
                .fix("build it without --no-confidence (in folding.json: without `\"confidence\": false`)"));
        }
        if options.confidence.is_some_and(|rule| bits < 64 && rule.margin >> bits > 0) {
            return Err(Error::input("no class can stand out by this margin").fix("give a smaller --margin"));
        }
        if options.t_max.is_some_and(|t| t > 0) && !self.golden.has_time_steps() {
            return Err(Error::input("a network without neurons cannot be stopped by T_max"));
        }
        Ok(())
    }
}
