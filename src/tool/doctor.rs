//! Installed programs, their versions and purpose, and installation hints for missing ones.

use serde::Serialize;

use super::{Origin, Program, Tool, Toolbox};

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Display name.
    pub tool: &'static str,
    /// Whether everything that needs it can work: it is here, or it will be provided on first use, or nothing
    /// needs it unless the user asks for that flow.
    pub ok: bool,
    /// Whether it is available now.
    pub found: bool,
    /// Its version, if it is available.
    pub version: Option<String>,
    /// Its path, if it is available.
    pub path: Option<String>,
    /// Its purpose.
    pub needed_for: &'static str,
    /// Installation hint.
    pub how_to_get: String,
    /// A problem with it, if any.
    pub problem: Option<String>,
}

/// What each tool is needed for, and whether the main path (build, co-simulation, Yosys synthesis) needs it.
fn purpose(tool: Tool) -> (&'static str, bool) {
    match tool {
        Tool::Verilator => ("co-simulation", true),
        Tool::Yosys => ("synthesis with Yosys", true),
        Tool::YosysOld | Tool::Slang | Tool::Verible => {
            ("checks of the RTL library by its developers", false)
        }
        Tool::Cocotb => ("tests of the interfaces with foreign clients (`cocotb`)", false),
        Tool::Sby => ("proofs about the RTL library by its developers", false),
        Tool::Cxx => ("co-simulation: compiles Verilator's model", true),
        Tool::Make => ("co-simulation: builds Verilator's model", true),
        Tool::Python => ("providing tools; running the provided Yosys and nextpnr; building models", true),
        Tool::Perl => ("Verilator's start script", false),
        Tool::FuseSoc => ("the FuseSoC description of build folders; not needed for anything else", false),
        Tool::NextpnrEcp5 => ("place and route for ECP5; not needed for anything else", false),
        Tool::NextpnrIce40 => ("place and route for iCE40; not needed for anything else", false),
        Tool::NextpnrHimbaechel => ("place and route for Gowin; not needed for anything else", false),
        Tool::Ecppack => ("bitstreams for ECP5; not needed for anything else", false),
        Tool::Icepack => ("bitstreams for iCE40; not needed for anything else", false),
        Tool::GowinPack => ("bitstreams for Gowin; not needed for anything else", false),
        Tool::Vivado => ("bitstreams and timing for AMD devices; not needed for anything else", false),
        Tool::NumPy => ("tests of the driver of build folders", false),
        Tool::Litex => ("tests of the LiteX module of build folders", false),
    }
}

/// Checks the user's machine; downloads nothing.
pub fn report() -> Vec<Line> {
    report_of(&Toolbox::from_env())
}

/// Checks the locations of this toolbox; downloads nothing.
pub fn report_of(toolbox: &Toolbox) -> Vec<Line> {
    let mut lines: Vec<Line> = Tool::ALL.into_iter().map(|tool| line(toolbox, tool)).collect();
    let python = Tool::ALL.iter().position(|&tool| tool == Tool::Python).unwrap_or_default();
    lines.insert(python + 1, pip(toolbox));
    lines
}

fn line(toolbox: &Toolbox, tool: Tool) -> Line {
    let (needed_for, required) = purpose(tool);
    let blank = Line {
        tool: tool.title(),
        ok: !required,
        found: false,
        version: None,
        path: None,
        needed_for,
        how_to_get: tool.how_to_get().to_owned(),
        problem: None,
    };
    match toolbox.find(tool, tool.oldest()) {
        Err(error) => Line { ok: false, problem: Some(error.problem), ..blank },
        Ok(found) => match found.or_else(|| toolbox.find_provided(tool)) {
            Some(program) => here(&program, blank),
            // What can be provided is no obstacle, as long as Python is there to do it.
            None => Line { ok: !required || toolbox.can_provide(tool), ..blank },
        },
    }
}

fn here(program: &Program, blank: Line) -> Line {
    let path = program.location().display();
    let path = match program.origin {
        Origin::Variable => format!("{path} ({})", program.tool.variable()),
        Origin::Path | Origin::Cache => path.to_string(),
    };
    Line { ok: true, found: true, version: Some(program.version.to_string()), path: Some(path), ..blank }
}

/// pip belongs to the Python that was found: the one on `PATH` may be another's.
fn pip(toolbox: &Toolbox) -> Line {
    let asked = toolbox.find(Tool::Python, Tool::Python.oldest()).ok().flatten().and_then(|python| {
        let finished = python.command().args(["-m", "pip", "--version"]).run().ok()?;
        Some((super::Version::find(&finished.output)?, format!("{} -m pip", python.path.display())))
    });
    Line {
        tool: "pip",
        ok: asked.is_some(),
        found: asked.is_some(),
        version: asked.as_ref().map(|(version, _)| version.to_string()),
        path: asked.map(|(_, path)| path),
        needed_for: "providing tools that are not on PATH",
        how_to_get: "your distribution's `python3-pip`".to_owned(),
        problem: None,
    }
}

/// The report as a table.
pub fn table(lines: &[Line]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_header(["", "tool", "version", "where, or how to get it", "needed for"]);
    for line in lines {
        let path = match (&line.problem, &line.path) {
            (Some(problem), _) => problem.lines().next().unwrap_or_default().to_owned(),
            (None, Some(path)) => path.clone(),
            (None, None) => format!("not here: {}", line.how_to_get),
        };
        let mark = match (line.ok, line.found) {
            (true, true) => "✓",
            (true, false) => "–",
            (false, _) => "✗",
        };
        let version = line.version.as_deref().unwrap_or_default();
        table.add_row([mark, line.tool, version, &path, line.needed_for]);
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_machine_is_reported_and_not_fetched_for() {
        let cache = tempfile::tempdir().unwrap();
        let toolbox = Toolbox {
            cache: Some(cache.path().to_owned()),
            search_path: "".into(),
            chosen: vec![(Tool::Yosys, "/no/such/yosys".into())],
            pip_env: Vec::new(),
        };
        let lines = report_of(&toolbox);
        assert_eq!(lines.len(), Tool::ALL.len() + 1);
        let line = |name: &str| lines.iter().find(|line| line.tool == name).unwrap();
        assert!(lines.iter().all(|line| !line.found));
        assert!(!line("Verilator").ok, "without Python it cannot be provided");
        assert!(line("Vivado").ok, "nothing needs it");
        assert!(line("Yosys").problem.as_deref().unwrap().contains("cannot start Yosys"));
        assert!(table(&lines).to_string().contains("nextpnr-ecp5"));
        assert!(serde_json::to_string(&lines).unwrap().contains("\"needed_for\""));
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    }
}
