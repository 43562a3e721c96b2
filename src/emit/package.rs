//! Files for using the build folder without this program: the FuseSoC description and the scripts, all from the
//! ordered list of sources.

use askama::Template;

use super::board;
use super::library::Sources;
use crate::error::{Error, Result};
use crate::hardware::name::in_comment;
use crate::target::{Board, Family, routing};

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
    /// The board, if there is a top level for it.
    pub board: Option<&'a Board>,
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
    name: &'a str,
    read: &'a str,
    top: &'a str,
    files: Vec<&'a str>,
    command: &'a str,
    pads: &'a [&'a str],
    cells: &'a str,
    netlist: &'a str,
}

/// The netlist of a whole board.
const NETLIST: &str = "reports/nextpnr_script/netlist.json";

/// Place and route of a whole board, down to a bitstream.
#[derive(Template)]
#[template(path = "scripts/place_and_route.sh", config = "templates/askama.toml")]
struct PlaceAndRoute<'a> {
    part: &'a str,
    mhz: f64,
    router: &'static str,
    packer: &'static str,
    route: String,
    pack: String,
    packed: String,
    bitstream: String,
}

impl<'a> PlaceAndRoute<'a> {
    /// With the arguments that `snn2rtl synth --tool nextpnr` uses.
    fn of(board: &'a Board, (router, packer): (&'static str, &'static str)) -> Self {
        let device = &board.device;
        let family = device.family;
        let extension = family.bitstream_extension();
        let placed = format!("reports/nextpnr_script/placed.{}", routing::placed_extension(family));
        let packed = format!("reports/nextpnr_script/packed.{extension}");
        let run = routing::Run {
            netlist: NETLIST,
            pins: Some(&format!("constraints/{}", board.pins_name)),
            placed: &placed,
            report: "reports/nextpnr_script/report.json",
            mhz: "\"$mhz\"",
            seed: "\"${SEED:-1}\"",
        };
        Self {
            part: &device.part,
            mhz: board.clock_hz as f64 / 1e6,
            router,
            packer,
            route: routing::router(device, &run).join(" "),
            pack: routing::pack(device, &placed, &packed).join(" "),
            packed,
            bitstream: format!("bitstream/{family}.{extension}"),
        }
    }
}

/// Router and packer of a board, if it has a top level and open tools can place it.
pub(super) fn router(board: &Board) -> Option<(&'static str, &'static str)> {
    let open = board.serial.is_some() && !board.device.nextpnr.is_empty();
    open.then(|| routing::programs(board.device.family))
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
    let board_rtl = all.lines().filter(|file| package.board.is_some() && !rtl.contains(file)).collect();
    let board_top = package.board.map(|_| board::TOP);
    let mut words = command.split_whitespace();
    let arch = words.next().and_then(|command| command.strip_prefix("synth_")).unwrap_or_default();
    let options: Vec<&str> = words.collect();
    let board_command = family.board_command();
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
        board_options: board_command.split(' ').skip(1).collect::<Vec<_>>().join(", "),
        options: options.join(", "),
        board_top,
    };
    let netlist = format!("work/{top}.json");
    let cells = "work/cells.txt";
    let script = Script {
        generator,
        name: "synthesise.ys",
        read: family.read_command(),
        top,
        files: rtl,
        command,
        pads: &[],
        cells,
        netlist: &netlist,
    };
    let template = |e: askama::Error| Error::input(format!("cannot fill in a template: {e}"));
    let file = |path: &str, text: Result<String, askama::Error>| -> Result<(String, String)> {
        // Templates end without a newline, files do not.
        Ok((path.to_owned(), text.map_err(template)? + "\n"))
    };
    let mut files = vec![
        file(&format!("{top}.core"), core.render())?,
        file("scripts/lint.sh", Lint { top, board: board_top }.render())?,
        file("scripts/simulate.sh", Simulate.render())?,
        file("scripts/synthesise.sh", Synthesise { top, family }.render())?,
        file("scripts/synthesise.ys", script.render())?,
    ];
    if let (Some(top), Some(board)) = (board_top, package.board)
        && let Some(programs) = router(board)
    {
        let route = PlaceAndRoute::of(board, programs);
        let pads = family.pads();
        let script = Script {
            generator,
            name: "place_and_route.ys",
            read: family.read_command(),
            top,
            files: all.lines().collect(),
            command: if pads.is_empty() { &board_command } else { command },
            pads,
            cells: "reports/nextpnr_script/cells.txt",
            netlist: NETLIST,
        };
        files.push(file("scripts/place_and_route.sh", route.render())?);
        files.push(file("scripts/place_and_route.ys", script.render())?);
    }
    Ok(files)
}
