//! Files for using the build folder without this program: the FuseSoC description and the scripts, all from the
//! ordered list of sources.

use askama::Template;

use super::board;
use super::library::Sources;
use crate::error::{Error, Result};
use crate::hardware::name::in_comment;
use crate::target::Family;

/// Inputs of the templates.
pub(super) struct Package<'a> {
    /// This program and its version.
    pub generator: &'a str,
    /// The unchanged name of the model.
    pub model: &'a str,
    /// Top-level module.
    pub top: &'a str,
    /// Target family of synthesis.
    pub family: Family,
    /// Whether large memories for state are UltraRAM.
    pub ultra_ram: bool,
    /// Its modules.
    pub sources: &'a Sources<'a>,
    /// Whether there is a board's top level.
    pub board: bool,
}

#[derive(Template)]
#[template(path = "fusesoc.core", config = "templates/askama.toml")]
struct Core<'a> {
    generator: &'a str,
    core: String,
    model: String,
    top: &'a str,
    rtl: Vec<&'a str>,
    board_rtl: Vec<&'a str>,
    rom: Vec<&'a str>,
    family: Family,
    arch: &'a str,
    options: String,
    board_options: String,
    board_top: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "scripts/lint.sh", config = "templates/askama.toml")]
struct Lint<'a> {
    top: &'a str,
    board: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "scripts/simulate.sh", config = "templates/askama.toml")]
struct Simulate;

#[derive(Template)]
#[template(path = "scripts/synthesise.sh", config = "templates/askama.toml")]
struct Synthesise<'a> {
    top: &'a str,
    family: Family,
}

#[derive(Template)]
#[template(path = "scripts/synthesise.ys", config = "templates/askama.toml")]
struct Script<'a> {
    generator: &'a str,
    top: &'a str,
    files: Vec<&'a str>,
    command: &'a str,
}

/// FuseSoC's name of a top level.
pub(super) fn core(top: &str) -> String {
    format!("snn2rtl:generated:{top}:0")
}

/// Path and text of each file; `rom` are the paths of the memory images.
pub(super) fn files(package: &Package<'_>, rom: &[&str]) -> Result<Vec<(String, String)>> {
    let &Package { generator, model, top, family, ultra_ram, .. } = package;
    let command = family.command(ultra_ram);
    let (rtl, all) = (package.sources.rtl_list(), package.sources.board_list(board::TOP));
    let rtl: Vec<&str> = rtl.lines().collect();
    let board_rtl = all.lines().filter(|file| package.board && !rtl.contains(file)).collect();
    let board_top = package.board.then_some(board::TOP);
    let mut words = command.split_whitespace();
    let arch = words.next().and_then(|command| command.strip_prefix("synth_")).unwrap_or_default();
    let options: Vec<&str> = words.collect();
    // A board has pads and clock buffers, a core has not.
    let of_board = options.iter().copied().filter(|option| !option.starts_with("-no"));
    let core = Core {
        generator,
        core: core(top),
        model: in_comment(model),
        top,
        rtl: rtl.clone(),
        board_rtl,
        rom: rom.to_vec(),
        family,
        arch,
        board_options: of_board.collect::<Vec<_>>().join(", "),
        options: options.join(", "),
        board_top,
    };
    let script = Script { generator, top, files: rtl, command };
    let template = |e: askama::Error| Error::input(format!("cannot fill in a template: {e}"));
    let file = |path: &str, text: Result<String, askama::Error>| -> Result<(String, String)> {
        // Templates end without a newline, files do not.
        Ok((path.to_owned(), text.map_err(template)? + "\n"))
    };
    Ok(vec![
        file(&format!("{top}.core"), core.render())?,
        file("scripts/lint.sh", Lint { top, board: board_top }.render())?,
        file("scripts/simulate.sh", Simulate.render())?,
        file("scripts/synthesise.sh", Synthesise { top, family }.render())?,
        file("scripts/synthesise.ys", script.render())?,
    ])
}
