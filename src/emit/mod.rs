//! Design → build folder: the files of the architecture, the library, the manifest, scripts and documentation.
//!
//! | file | contents |
//! |---|---|
//! | `board.rs` | the top level of a board with a serial line, around the core |
//! | `self_check.rs` | the stand-alone simulation: samples, the golden model's result frames, the bench |
//! | `package.rs` | the FuseSoC description and the scripts |
//! | `library.rs` | files that do not depend on the model |
//! | `existing.rs` | results in a folder that is built again |
//! | `folding.rs` | `folding.json` |
//! | `manifest.rs` | `manifest.json` |
//! | `software.rs` | `registers.json` and `software/`: the registers for other programs |
//! | `verify.rs` | a folder against its manifest |
//! | `vivado/` | scripts for Vivado, the top level of its IP, a driver for PYNQ |

mod board;
mod existing;
mod folding;
mod library;
mod manifest;
mod package;
mod self_check;
mod software;
mod verify;
mod vivado;

use std::path::{Path, PathBuf};

use askama::Template;

pub use crate::hardware::{StageEntry, StreamEntry};
pub use existing::Existing;
pub use folding::read_folding;
pub use manifest::{
    FORMAT_VERSION, FileEntry, InputFrame, Manifest, OutputFrame, ProofEntry, SerialEntry, SourceEntry,
    ToolEntry,
};
pub use software::registers;
pub use verify::{Change, OUTPUTS, Verification, compare_builds, verify};

use board::Serial;
use existing::Found;
use library::Sources;
use package::Package;

use crate::architecture::{Architecture, Design, Options, image};
use crate::error::{Error, Result};
use crate::hardware::{Core, name};
use crate::target::{Board, Family, Target, TargetEntry};
use crate::tool::Tool;
use crate::{folder, lower, snn};

/// The module for LiteX.
const LITEX: &str = include_str!("../../software/litex_module.py");

/// Name of the manifest.
const MANIFEST: &str = "manifest.json";

/// Name of the model image, in the build folder of a machine that networks are loaded into.
pub const IMAGE: &str = "model.bin";

/// A folder in memory: paths from it, and contents.
pub type Files = Vec<(String, Vec<u8>)>;

/// Writes the build folder of a model at `path`. A build folder that is already there is replaced; results in it that are
/// still right are kept.
///
/// # Errors
/// When the model cannot be lowered or laid out, something else or results of another design are at `path`, or the folder cannot be written; then
/// nothing has changed on disk.
pub fn emit<'a, O>(model: &snn::Model, options: &'a O, path: &Path) -> Result<Manifest>
where
    Options: From<&'a O>,
{
    emit_for(model, options, None, path)
}

/// As [`emit`], for a board or a device.
///
/// # Errors
/// As [`emit`].
pub fn emit_for<'a, O>(
    model: &snn::Model,
    options: &'a O,
    target: Option<&Target>,
    path: &Path,
) -> Result<Manifest>
where
    Options: From<&'a O>,
{
    emit_from(model, options, target, &[], path, Existing::default())
}

/// As [`emit_for`]; the manifest also says what it was made from.
///
/// # Errors
/// As [`emit`].
pub fn emit_from<'a, O>(
    model: &snn::Model,
    options: &'a O,
    target: Option<&Target>,
    inputs: &[SourceEntry],
    path: &Path,
    existing: Existing,
) -> Result<Manifest>
where
    Options: From<&'a O>,
{
    let (manifest, files) = render_from(model, &Options::from(options), target, inputs)?;
    let Found { kept, stale } = existing::find(path, &files)?;
    if existing == Existing::Keep && !stale.is_empty() {
        return Err(existing::refused(path, &stale));
    }
    folder::replace(path, "build folder", &files, &kept, stranger)?;
    Ok(manifest)
}

/// The contents of the build folder of a model: the same model and options give the same bytes.
///
/// # Errors
/// If the model cannot be lowered or planned.
pub fn render<'a, O>(model: &snn::Model, options: &'a O) -> Result<(Manifest, Files)>
where
    Options: From<&'a O>,
{
    render_for(model, options, None)
}

/// As [`render`], for a board or a device: with a board its description, pins and clock are added, and the clock takes
/// the place of the one that the core is timed with alone; with a serial line, its top level and the host's program
/// too.
///
/// # Errors
/// As [`render`].
pub fn render_for<'a, O>(
    model: &snn::Model,
    options: &'a O,
    target: Option<&Target>,
) -> Result<(Manifest, Files)>
where
    Options: From<&'a O>,
{
    render_from(model, &Options::from(options), target, &[])
}

fn render_from(
    model: &snn::Model,
    options: &Options,
    target: Option<&Target>,
    inputs: &[SourceEntry],
) -> Result<(Manifest, Files)> {
    let lowered = lower::lower(model)?;
    let design = Design::plan(&model.name, &lowered.network, options)?;
    let family = target.map(|target| target.device().family);
    if let Some(family) = family.filter(|&family| design.uses_ultra_ram() && family != Family::Xcup) {
        let problem = format!("`ultra_ram` is for UltraScale+; {family} has no UltraRAM");
        return Err(Error::input(problem).fix("leave it out of the folding, or build for another device"));
    }
    if design.reads_memory()
        && let Some(board) = target.and_then(Target::board)
    {
        board.memory_for_weights()?;
    }
    if let Some(problem) = target.and_then(|target| design.memory_shortage(target.device())) {
        return Err(Error::input(problem)
            .fix("choose fewer lanes or events, or a smaller ring (--weight-ring), or a larger device"));
    }
    let generator = concat!("snn2rtl ", env!("CARGO_PKG_VERSION"));
    let top = name::identifier("snn", design.model());
    let template = |e: askama::Error| Error::input(format!("cannot fill in a template: {e}"));
    let Core { text, images } = design.emit(&top, generator)?;

    let mut files = Files::new();
    let mut add = |path: String, text: &str| files.push((path, text.as_bytes().to_vec()));
    let of_the_core = match target.and_then(Target::board) {
        Some(_) => &[],
        None => library::CONSTRAINTS,
    };
    let serial = target.and_then(Target::board).and_then(Serial::of);
    let sources = Sources::new(&top, &text, serial.is_some());
    for (folder, library) in [
        ("rtl", &sources.rtl[..]),
        ("sim", &sources.sim[..]),
        ("sim/cocotb", library::COCOTB),
        ("sim", library::SELF_CHECK),
        ("constraints", of_the_core),
    ] {
        let replaced = if folder == "rtl" && design.uses_ultra_ram() { library::ULTRA_RAM } else { &[] };
        for (name, text) in library {
            let other = replaced.iter().find(|(other, _)| other == name);
            add(format!("{folder}/{name}"), other.map_or(*text, |(_, text)| text));
        }
    }
    let of_the_target = target.map(Target::files).unwrap_or_default();
    for (name, text) in &of_the_target {
        add(format!("constraints/{name}"), text);
    }
    // Templates end without a newline, files do not.
    add(format!("rtl/{top}.sv"), &(text + "\n"));
    add("rtl/files.f".into(), &sources.rtl_list());
    add("sim/files.f".into(), &sources.sim_list());
    add("sim/self_check.f".into(), &sources.self_check_list());
    let image = design.image()?;
    let range = model.raw_range();
    let check = self_check::files(&design, &lowered.network, range, &top, generator, image.as_deref())?;
    let samples = check.samples;
    check.files.iter().for_each(|(path, text)| add((*path).into(), text));
    images.iter().for_each(|(name, text)| add(format!("rom/{name}"), text));
    let mut manifest = Manifest::new(&design, options, &top, generator, &lowered);
    manifest.target = target.map(Target::entry);
    manifest.input.range = (range != design.input().element.range()).then_some(range);
    manifest.input.padding = model.padding;
    manifest.pcie = vivado::pcie_entry(target);
    // Its description and pins; what follows is made from them.
    let read = of_the_target.iter().take(2);
    let read = read.map(|(_, text)| SourceEntry::of("board", text.as_bytes()));
    manifest.inputs = inputs.iter().cloned().chain(read).collect();
    let model_files = snn::file::files(model)?;
    if serial.is_some() && design.input().element_bits > design.input().element.bits() {
        return Err(Error::input(
            "the serial shell of a board takes elements as wide as those of the model only",
        )
        .fix("build for a board without networks of wider elements in --also"));
    }
    if let Some(serial) = serial {
        let (board, entry) = board::render(&design, &serial?, &manifest, board::model_id(&model_files))?;
        for (folder, library) in
            [("rtl", &library::SHELL[..]), ("host", library::HOST), ("sim", library::SHELL_SIM)]
        {
            library.iter().for_each(|(name, text)| add(format!("{folder}/{name}"), text));
        }
        add(format!("rtl/{}.sv", board::TOP), &(board + "\n"));
        add("rtl/board.f".into(), &sources.board_list(board::TOP));
        manifest.serial = Some(entry);
    }
    software::files(&manifest)?.iter().for_each(|(name, text)| add((*name).into(), text));
    add("software/litex_module.py".into(), LITEX);
    let family = family.unwrap_or(if design.uses_ultra_ram() { Family::Xcup } else { Family::Xc7 });
    let package = Package {
        generator,
        model: design.model(),
        top: &top,
        family,
        ultra_ram: design.uses_ultra_ram() || (family == Family::Xcup && design.reads_memory()),
        sources: &sources,
        board: target.and_then(Target::board).filter(|_| manifest.serial.is_some()),
    };
    let rom: Vec<String> = images.iter().map(|(name, _)| format!("rom/{name}")).collect();
    let rom: Vec<&str> = rom.iter().map(String::as_str).collect();
    for (path, text) in package::files(&package, &rom)? {
        add(path, &text);
    }
    let of_vivado = vivado::files(&design, &manifest, target)?;
    let readme = Readme::of(&manifest, family, target.and_then(Target::board), samples, &of_vivado);
    add("README.md".into(), &(readme.render().map_err(template)? + "\n"));
    files.extend(of_vivado);
    if let Some(words) = &image {
        files.push((IMAGE.into(), image::bytes(words)));
    }
    files.push(("folding.json".into(), folding::text(design.model(), &design.options(options))?));
    for (name, bytes) in model_files {
        files.push((format!("model.snn/{name}"), bytes));
    }
    manifest.files = files.iter().map(|(path, bytes)| FileEntry::of(path, bytes)).collect();
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    files.push((MANIFEST.into(), json(&manifest)?));
    Ok((manifest, files))
}

/// The text of a manifest.
fn json(manifest: &Manifest) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(manifest)
        .map_err(|e| Error::input(format!("cannot write the manifest: {e}")))?;
    json.push(b'\n');
    Ok(json)
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
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|e| damaged(format!("this manifest cannot be read: {e}")))?;
    verify::check(&manifest).map_err(damaged)?;
    Ok(manifest)
}

/// A folder that no build has written must not be replaced: returns an entry of it in this case.
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
    /// Commands that load the bitstream, and its path.
    load: Vec<String>,
    bitstream: String,
    /// Router and packer, if there is a script for them.
    router: Option<(&'static str, &'static str)>,
    vivado: bool,
    overlay: bool,
    loadable: bool,
    block_design: bool,
    card: bool,
    stages: Vec<(String, &'a str, u64, u64)>,
    verilator: String,
    yosys: String,
    family: Family,
    samples: usize,
    core: String,
}

impl<'a> Readme<'a> {
    fn of(
        manifest: &'a Manifest,
        family: Family,
        board: Option<&Board>,
        samples: usize,
        of_vivado: &Files,
    ) -> Self {
        let bitstream = format!("bitstream/{family}.{}", family.bitstream_extension());
        let load = board.map_or(&[][..], |board| &board.load);
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
            load: load.iter().map(|command| command.replace("BITSTREAM", &bitstream)).collect(),
            bitstream,
            router: board.and_then(package::router),
            vivado: has("scripts/vivado.tcl"),
            overlay: manifest.folding.architecture() == Architecture::Overlay,
            loadable: manifest.folding.loadable().is_some(),
            block_design: has("scripts/vivado_bd.tcl"),
            card: manifest.pcie.is_some(),
            stages: stages.collect(),
            verilator: Tool::Verilator.oldest_text(),
            yosys: family.oldest_yosys().iter().map(u32::to_string).collect::<Vec<_>>().join("."),
            family,
            samples,
            core: package::core(&manifest.top),
        }
    }
}
