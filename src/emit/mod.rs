//! Design → build folder: the top level, memory images, the library, the manifest. Nothing numeric is decided here.
//!
//! | file | holds |
//! |---|---|
//! | `name.rs` | identifiers and comments that are safe whatever the model calls its nodes |
//! | `word.rs`, `rom.rs` | memory images |
//! | `instance.rs`, `link.rs`, `stage.rs`, `parameters.rs`, `comment.rs`, `top.rs` | the top level |
//! | `board.rs` | the top level of a board with a serial line, around the core |
//! | `library.rs` | files that do not depend on the model |
//! | `folding.rs` | `folding.json` |
//! | `manifest.rs`, `entry.rs` | `manifest.json` |
//! | `software.rs` | `registers.json` and `software/`: the registers for other programs |
//! | `vivado/` | scripts for Vivado, the top level of its IP, a driver for PYNQ |

mod board;
mod comment;
mod entry;
mod folding;
mod instance;
mod library;
mod link;
mod manifest;
mod name;
mod parameters;
mod rom;
mod software;
mod stage;
mod top;
mod vivado;
mod word;

use std::path::{Path, PathBuf};

use askama::Template;

pub use folding::read_folding;
pub use manifest::{
    FORMAT_VERSION, FileEntry, InputFrame, Manifest, OutputFrame, SerialEntry, StageEntry, StreamEntry,
};
pub use software::registers;

use board::Serial;

use crate::design::{Options, plan};
use crate::error::{Error, Result};
use crate::target::{Target, TargetEntry};
use crate::{folder, lower, snn};

/// Name of the manifest.
const MANIFEST: &str = "manifest.json";

/// A folder in memory: paths from it, and contents.
pub type Files = Vec<(String, Vec<u8>)>;

/// Writes the build folder of a model at `path`. A build folder that is already there is replaced.
///
/// # Errors
/// When the model cannot be lowered or laid out, something else is at `path`, or the folder cannot be written; then
/// nothing has changed on disk.
pub fn emit(model: &snn::Model, options: &Options, path: &Path) -> Result<Manifest> {
    emit_for(model, options, None, path)
}

/// As [`emit`], for a board or a device.
///
/// # Errors
/// As [`emit`].
pub fn emit_for(
    model: &snn::Model,
    options: &Options,
    target: Option<&Target>,
    path: &Path,
) -> Result<Manifest> {
    let (manifest, files) = render_for(model, options, target)?;
    folder::replace(path, "build folder", &files, stranger)?;
    Ok(manifest)
}

/// The contents of the build folder of a model: the same model and options give the same bytes.
///
/// # Errors
/// When the model cannot be lowered or laid out.
pub fn render(model: &snn::Model, options: &Options) -> Result<(Manifest, Files)> {
    render_for(model, options, None)
}

/// As [`render`], for a board or a device: with a board its description, pins and clock are added, and the clock takes the
/// place of the one that the core is timed with alone; with a serial line, its top level and the host's program too.
///
/// # Errors
/// As [`render`].
pub fn render_for(
    model: &snn::Model,
    options: &Options,
    target: Option<&Target>,
) -> Result<(Manifest, Files)> {
    let lowered = lower::lower(model)?;
    let design = plan(&model.name, &lowered.network, options)?;
    let generator = concat!("snn2rtl ", env!("CARGO_PKG_VERSION"));
    let top = top::name(&design.model);
    let template = |e: askama::Error| Error::input(format!("cannot fill in a template: {e}"));
    let (text, images) = top::render(&design, generator).map_err(template)?;

    let mut files = Files::new();
    let mut add = |path: String, text: &str| files.push((path, text.as_bytes().to_vec()));
    let of_the_core = match target.and_then(Target::board) {
        Some(_) => &[],
        None => library::CONSTRAINTS,
    };
    for (folder, library) in [
        ("rtl", library::RTL),
        ("sim", library::SIM),
        ("sim/cocotb", library::COCOTB),
        ("constraints", of_the_core),
    ] {
        library.iter().for_each(|(name, text)| add(format!("{folder}/{name}"), text));
    }
    for (name, text) in target.map(Target::files).unwrap_or_default() {
        add(format!("constraints/{name}"), &text);
    }
    // Templates end without a newline, files do not.
    add(format!("rtl/{top}.sv"), &(text + "\n"));
    add("rtl/files.f".into(), &library::rtl_list(&top));
    add("sim/files.f".into(), &library::sim_list(&top));
    images.iter().for_each(|(name, text)| add(format!("rom/{name}"), text));
    let mut manifest = Manifest::new(&design, options, &top, generator, lowered.readout.unit);
    manifest.target = target.map(Target::entry);
    let model_files = snn::file::files(model)?;
    if let Some(serial) = target.and_then(Target::board).and_then(Serial::of) {
        let (board, entry) = board::render(&design, &serial?, &manifest, board::model_id(&model_files))?;
        for (folder, library) in
            [("rtl", library::SHELL), ("host", library::HOST), ("sim", library::SHELL_SIM)]
        {
            library.iter().for_each(|(name, text)| add(format!("{folder}/{name}"), text));
        }
        add(format!("rtl/{}.sv", board::TOP), &(board + "\n"));
        add("rtl/board.f".into(), &library::board_list(&top, board::TOP));
        manifest.serial = Some(entry);
    }
    software::files(&manifest)?.iter().for_each(|(name, text)| add((*name).into(), text));
    let of_vivado = vivado::files(&design, &manifest, target)?;
    add("README.md".into(), &(Readme::of(&manifest, &of_vivado).render().map_err(template)? + "\n"));
    files.extend(of_vivado);
    files.push(("folding.json".into(), folding::text(&design.model, &design.folding(options))?));
    for (name, bytes) in model_files {
        files.push((format!("model.snn/{name}"), bytes));
    }
    manifest.files = files.iter().map(|(path, bytes)| FileEntry::of(path, bytes)).collect();
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut json = serde_json::to_vec_pretty(&manifest)
        .map_err(|e| Error::input(format!("cannot write the manifest: {e}")))?;
    json.push(b'\n');
    files.push((MANIFEST.into(), json));
    Ok((manifest, files))
}

/// Reads the manifest of a build folder.
///
/// # Errors
/// When there is none, it is damaged or of another version.
pub fn read_manifest(build: &Path) -> Result<Manifest> {
    let path = build.join(MANIFEST);
    let not_a_build = |e: Error| e.fix("give a folder that 'snn2rtl build' has written");
    let bytes = folder::read(&path).map_err(not_a_build)?;
    let damaged = |problem: String| not_a_build(Error::input(problem).at_file(&path));
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|e| damaged(format!("this manifest cannot be read: {e}")))?;
    match value.get("format_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(FORMAT_VERSION) => {}
        _ => return Err(damaged(format!("the manifest is not of version {FORMAT_VERSION}"))),
    }
    serde_json::from_value(value).map_err(|e| damaged(format!("this manifest cannot be read: {e}")))
}

/// A folder that no build has written may not be replaced: something in it, if so.
fn stranger(path: &Path) -> Result<Option<PathBuf>> {
    let first = folder::entries(path)?.into_iter().next();
    Ok(if read_manifest(path).is_ok() { None } else { first })
}

/// The page in the build folder.
#[derive(Template)]
#[template(path = "build.md", config = "templates/askama.toml")]
struct Readme<'a> {
    model: String,
    generator: &'a str,
    top: &'a str,
    beats: usize,
    lanes: usize,
    element: &'a str,
    words: usize,
    classes: usize,
    words_per_value: usize,
    unit: String,
    address_bits: u32,
    constraints: String,
    serial: Option<&'a SerialEntry>,
    vivado: bool,
    block_design: bool,
    stages: Vec<(String, &'a str, u64, u64)>,
}

impl<'a> Readme<'a> {
    fn of(manifest: &'a Manifest, of_vivado: &Files) -> Self {
        let has = |path: &str| of_vivado.iter().any(|(name, _)| name == path);
        let stages = manifest
            .stages
            .iter()
            .map(|s| (name::in_comment(&s.node), s.module.as_str(), s.rom_bits, s.state_bits));
        Self {
            model: name::in_comment(&manifest.model),
            generator: &manifest.generator,
            top: &manifest.top,
            beats: manifest.input.beats,
            lanes: manifest.input.beat_lanes,
            element: &manifest.input.element,
            words: manifest.output.words,
            classes: manifest.output.classes,
            words_per_value: manifest.output.words_per_value,
            unit: format!("{:e}", manifest.output.unit),
            address_bits: manifest.address_bits,
            constraints: match &manifest.target {
                Some(TargetEntry { board: Some(board), device, .. }) => {
                    format!("description, pins and clock of the board {board} ({device})")
                }
                Some(TargetEntry { device, .. }) => format!("timing of the core alone, on {device}"),
                None => "timing".to_owned(),
            },
            serial: manifest.serial.as_ref(),
            vivado: has("scripts/vivado.tcl"),
            block_design: has("scripts/vivado_bd.tcl"),
            stages: stages.collect(),
        }
    }
}
