//! `image`: compiles a network for a machine that is there.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::load;
use crate::architecture::{Design, Options as AnyFolding, image};
use crate::emit;
use crate::error::{Error, Result};
use crate::folder;
use crate::lower;

/// Options of an image.
#[derive(Clone, Debug)]
pub struct Options {
    /// A model.snn.
    pub model: PathBuf,
    /// The build folder of the machine.
    pub machine: PathBuf,
    /// The file to write.
    pub output: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The model's name.
    pub model: String,
    /// Identifier of the machine.
    pub machine_id: u32,
    /// Bytes of the image.
    pub bytes: usize,
    /// What it fills.
    pub memories: Vec<Filled>,
}

/// A memory of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// Its name.
    pub name: &'static str,
    /// Words of the network.
    pub words: usize,
    /// Words that are there.
    pub words_available: usize,
}

/// Writes the image of a network for a machine.
///
/// # Errors
/// When the network does not fit the machine, with the numbers; then nothing is written.
pub fn write(options: &Options) -> Result<Written> {
    let design = design(&options.model, &options.machine)?;
    let words = words(&design, &options.machine)?;
    let filled = filled(&design);
    let mut file = folder::begin_file(&options.output)?;
    let bytes = image::bytes(&words);
    file.write_all(&bytes).map_err(|e| Error::io("write", &options.output, &e))?;
    folder::finish_file(file, &options.output)?;
    Ok(Written {
        model: design.model().to_owned(),
        machine_id: words.get(2).copied().unwrap_or(0),
        bytes: bytes.len(),
        memories: filled,
    })
}

/// The design of a network on the machine of a build folder.
///
/// # Errors
/// When the folder is not one of a machine that networks are loaded into, or the network does not fit it.
pub fn design(model: &Path, machine: &Path) -> Result<Design> {
    let manifest = emit::read_manifest(machine)?;
    let Some(loadable) = manifest.folding.loadable() else {
        return Err(Error::input("networks cannot be loaded into this hardware")
            .at_file(machine)
            .fix("build it with --architecture overlay --loadable"));
    };
    let model = load::model(model)?;
    let network = lower::lower(&model)?.network;
    let design = Design::plan(&model.name, &network, &AnyFolding::Loadable(Box::new(loadable.clone())))?;
    if manifest.serial.is_some() {
        let (input, output) = (design.input(), design.output());
        let (own, there) = (
            (input.count, input.element.name(), output.frame_words()),
            (manifest.input.elements, manifest.input.element.as_str(), manifest.output.words),
        );
        if own != there {
            let text = |(count, element, words): (usize, &str, usize)| {
                format!("samples of {count} elements of type {element} and results of {words} words")
            };
            return Err(Error::input(format!(
                "the network has {}, and the serial shell of the board {}",
                text(own),
                text(there)
            ))
            .fix("build the board for this network"));
        }
    }
    Ok(design)
}

/// What the image of a design fills.
fn filled(design: &Design) -> Vec<Filled> {
    let memories = design.image_memories().into_iter();
    memories.map(|(name, words, there)| Filled { name, words, words_available: there }).collect()
}

fn words(design: &Design, machine: &Path) -> Result<Vec<u32>> {
    let other = || Error::input("this design is not loaded").at_file(machine);
    design.image()?.ok_or_else(other)
}
