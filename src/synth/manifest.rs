//! What synthesis reads of `manifest.json`, and what it synthesises at once.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// The part of `manifest.json` that is read.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    /// The top level.
    pub top: String,
    /// What the design was built with.
    #[serde(default)]
    pub folding: Folding,
    /// The stages.
    #[serde(default)]
    pub stages: Vec<Stage>,
}

/// The part of the folding that synthesis needs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Folding {
    /// State is in UltraRAM.
    #[serde(default)]
    pub ultra_ram: bool,
    /// Of an overlay.
    #[serde(default)]
    pub machine: Machine,
}

/// The part of an overlay's machine that synthesis needs: with weights from memory, large memories are UltraRAM.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Machine {
    /// Bits of the bus to memory; 0 without.
    #[serde(default)]
    pub bus_width: usize,
}

/// A stage, in the module that computes it.
#[derive(Debug, Deserialize)]
pub(super) struct Stage {
    module: String,
    #[serde(default)]
    lanes: usize,
}

impl Manifest {
    /// The manifest of a build folder. Names of modules are used in scripts, so only plain names are accepted.
    pub fn read(build: &Path) -> Result<Self> {
        let path = build.join("manifest.json");
        let manifest: Self = serde_json::from_str(&super::read(&path)?).map_err(|e| {
            Error::input(format!("this manifest cannot be read: {e}"))
                .at_file(&path)
                .fix("make the build folder again with `snn2rtl build`")
        })?;
        let plain = |name: &&String| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        };
        let names =
            || std::iter::once(&manifest.top).chain(manifest.stages.iter().map(|stage| &stage.module));
        if let Some(name) = names().find(|name| !plain(name)) {
            let name = crate::error::printable(name);
            return Err(Error::input(format!("`{name}` is not a module name")).at_file(&path));
        }
        Ok(manifest)
    }
}

/// Lanes of a shared module from which its parts are synthesised by themselves.
const LANES: usize = 128;

/// What is synthesised at once where one module computes all stages, as the core of an overlay does. No other design is
/// affected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Core {
    /// Each unit in that module from 128 lanes on, else all together.
    #[default]
    BySize,
    /// All together: logic is optimised across units.
    Whole,
    /// Each unit by itself.
    Units,
}

impl Core {
    /// The module whose instance is opened, so that what it contains are instances of the top level.
    pub(super) fn opened(self, stages: &[Stage]) -> Option<&str> {
        let (first, others) = stages.split_first()?;
        let shared = !others.is_empty() && others.iter().all(|stage| stage.module == first.module);
        let lanes = stages.iter().map(|stage| stage.lanes).max()?;
        let units = match self {
            Self::BySize => lanes >= LANES,
            Self::Whole => false,
            Self::Units => true,
        };
        (shared && units).then_some(&first.module)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Core, Manifest, Stage};

    #[test]
    fn large_cores_are_opened() {
        let stages = |modules: &[(&str, usize)]| -> Vec<Stage> {
            modules.iter().map(|&(module, lanes)| Stage { module: module.to_owned(), lanes }).collect()
        };
        let core = |lanes| stages(&[("core", lanes), ("core", 1)]);
        assert_eq!([127, 128].map(|lanes| Core::BySize.opened(&core(lanes)).is_some()), [false, true]);
        assert_eq!(Core::Units.opened(&core(8)), Some("core"));
        assert_eq!(Core::Whole.opened(&core(4096)), None);
        // A module for each stage, and none.
        for other in [stages(&[("a", 384), ("b", 384)]), stages(&[("a", 384)]), Vec::new()] {
            assert_eq!([Core::BySize, Core::Units].map(|own| own.opened(&other)), [None, None]);
        }
    }

    #[test]
    fn names_from_outside_do_not_reach_the_script_unchecked() {
        let build = tempfile::tempdir().unwrap();
        for text in [r#"{"top": "a; exec"}"#, r#"{"top": "a", "stages": [{"module": "b\n exec"}]}"#] {
            std::fs::write(build.path().join("manifest.json"), text).unwrap();
            assert!(Manifest::read(build.path()).unwrap_err().problem.contains("not a module name"));
        }
        let text = r#"{"top": "a", "stages": [{"module": "b", "lanes": 2, "rows": 1}]}"#;
        std::fs::write(build.path().join("manifest.json"), text).unwrap();
        assert_eq!(Manifest::read(build.path()).unwrap().stages[0].lanes, 2);
    }
}
