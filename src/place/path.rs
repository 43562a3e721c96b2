//! Critical paths in the words of the design: instances of the core and nodes of the model.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The clock's name without what the router puts around it: `$glbnet$clk_i$TRELLIS_IO_IN`.
pub(super) fn plain_clock(name: &str) -> &str {
    let name = name.strip_prefix("$glbnet$").unwrap_or(name);
    match name.split('$').next() {
        Some(first) if !first.is_empty() => first,
        _ => name,
    }
}

/// A point of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The core's instance, the shell's cells being in [`SHELL`].
    pub instance: String,
    /// The module it is an instance of, if it is one of the core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The model's node, if the instance is a stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The cell below the instance.
    pub cell: String,
}

/// Name of the entry for cells outside the core.
pub const SHELL: &str = "(shell)";

/// One hop: a wire or a cell and the time that it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// `clk-to-q`, `routing`, `logic`, `setup` or `source`.
    pub kind: String,
    /// Time in nanoseconds.
    pub delay_ns: f64,
    /// The cell at its end.
    pub at: Location,
}

/// The hops that follow each other in one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Location.
    pub instance: String,
    /// The model's node, if the instance is a stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Cells that it passes between two registers.
    pub levels: usize,
    /// Time in cells in nanoseconds, clock-to-output and set-up included.
    pub logic_ns: f64,
    /// Time on wires in nanoseconds.
    pub routing_ns: f64,
}

/// The slowest path from one clock to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// The clock of its start, `posedge clk_i`, or `<async>`.
    pub launch: String,
    /// The clock of its end.
    pub capture: String,
    /// Its first cell.
    pub from: Location,
    /// Its last cell.
    pub to: Location,
    /// Total delay in nanoseconds.
    pub delay_ns: f64,
    /// Summed per instance.
    pub legs: Vec<Leg>,
    /// Hop by hop.
    pub hops: Vec<Hop>,
}

/// A path in the router's report.
#[derive(Deserialize)]
pub struct RawPath {
    from: String,
    to: String,
    path: Vec<RawHop>,
}

#[derive(Deserialize)]
struct RawHop {
    #[serde(rename = "type")]
    kind: String,
    delay: f64,
    to: RawEnd,
}

#[derive(Deserialize)]
struct RawEnd {
    cell: String,
}

/// The core's instances with their modules and nodes.
pub struct Names {
    core: String,
    instances: HashMap<String, (String, Option<String>)>,
}

impl Names {
    /// The core is called `core` in the shell; each instance with its module and its node.
    pub fn new<'a>(
        core: &str,
        instances: impl IntoIterator<Item = (&'a str, &'a str, Option<&'a str>)>,
    ) -> Self {
        let instances = instances
            .into_iter()
            .map(|(name, module, node)| (name.to_owned(), (module.to_owned(), node.map(str::to_owned))));
        Self { core: format!("{core}."), instances: instances.collect() }
    }

    /// Location of a cell of the netlist.
    pub fn locate(&self, cell: &str) -> Location {
        let Some(rest) = cell.strip_prefix(&self.core) else {
            return Location { instance: SHELL.to_owned(), module: None, node: None, cell: cell.to_owned() };
        };
        let (first, below) = rest.split_once('.').unwrap_or((rest, ""));
        if let Some((module, node)) = self.instances.get(first) {
            return Location {
                instance: first.to_owned(),
                module: Some(module.clone()),
                node: node.clone(),
                cell: below.to_owned(),
            };
        }
        let instance = crate::synth::TOP_LEVEL.to_owned();
        Location { instance, module: None, node: None, cell: rest.to_owned() }
    }

    /// The path in these words; none when it has no hops.
    pub fn path(&self, raw: RawPath) -> Option<CriticalPath> {
        let hops = raw.path.iter().map(|hop| (hop.kind.as_str(), hop.delay, hop.to.cell.clone()));
        self.hops(&clock(&raw.from), &clock(&raw.to), hops)
    }

    /// As [`Names::path`], of hops with their kind, delay and cell.
    pub fn hops<'a>(
        &self,
        launch: &str,
        capture: &str,
        hops: impl Iterator<Item = (&'a str, f64, String)>,
    ) -> Option<CriticalPath> {
        let hops: Vec<Hop> = hops
            .map(|(kind, delay_ns, cell)| Hop { kind: kind.to_owned(), delay_ns, at: self.locate(&cell) })
            .collect();
        let mut legs: Vec<Leg> = Vec::new();
        for hop in &hops {
            if legs.last().is_none_or(|leg| leg.instance != hop.at.instance) {
                let (instance, node) = (hop.at.instance.clone(), hop.at.node.clone());
                legs.push(Leg { instance, node, levels: 0, logic_ns: 0.0, routing_ns: 0.0 });
            }
            let Some(leg) = legs.last_mut() else { continue };
            match hop.kind.as_str() {
                "routing" => leg.routing_ns += hop.delay_ns,
                kind => {
                    leg.logic_ns += hop.delay_ns;
                    leg.levels += usize::from(kind == "logic");
                }
            }
        }
        Some(CriticalPath {
            launch: launch.to_owned(),
            capture: capture.to_owned(),
            from: hops.first()?.at.clone(),
            to: hops.last()?.at.clone(),
            delay_ns: hops.iter().map(|hop| hop.delay_ns).sum(),
            legs,
            hops,
        })
    }
}

/// `posedge $glbnet$clk_i$TRELLIS_IO_IN` as `posedge clk_i`.
fn clock(edge: &str) -> String {
    match edge.split_once(' ') {
        Some((edge, name)) => format!("{edge} {}", plain_clock(name)),
        None => edge.to_owned(),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (&self.node, self.cell.is_empty()) {
            (Some(node), false) => format!("{} of `{}` (node `{node}`)", self.cell, self.instance),
            (None, false) => format!("{} of `{}`", self.cell, self.instance),
            (_, true) => format!("`{}`", self.instance),
        };
        // Long names of cells that Yosys made up are cut.
        f.write_str(&crate::error::printable(&text))
    }
}

impl CriticalPath {
    /// A path of which the ends are known, and the time in cells and on wires in ns.
    pub fn between(
        launch: &str,
        capture: &str,
        [from, to]: [Location; 2],
        levels: usize,
        [logic_ns, routing_ns]: [f64; 2],
    ) -> Self {
        let (instance, node) = match from.instance == to.instance {
            true => (from.instance.clone(), from.node.clone()),
            false => (format!("{} to {}", from.instance, to.instance), None),
        };
        Self {
            launch: launch.to_owned(),
            capture: capture.to_owned(),
            from,
            to,
            delay_ns: logic_ns + routing_ns,
            legs: vec![Leg { instance, node, levels, logic_ns, routing_ns }],
            hops: Vec::new(),
        }
    }

    /// Whether it starts or ends at a pin.
    pub fn is_asynchronous(&self) -> bool {
        [&self.launch, &self.capture].into_iter().any(|clock| clock == "<async>")
    }

    /// Its legs as a table.
    pub fn table(&self) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header(["slowest path in", "node", "levels", "logic ns", "wires ns", "ns"]);
        let mut row = |instance: &str, node: &str, levels: usize, logic: f64, wires: f64| {
            table.add_row([
                instance.to_owned(),
                node.to_owned(),
                levels.to_string(),
                format!("{logic:.2}"),
                format!("{wires:.2}"),
                format!("{:.2}", logic + wires),
            ]);
        };
        for leg in &self.legs {
            let node = crate::error::printable(leg.node.as_deref().unwrap_or_default());
            row(&leg.instance, &node, leg.levels, leg.logic_ns, leg.routing_ns);
        }
        let sum = |of: &dyn Fn(&Leg) -> f64| self.legs.iter().map(of).sum::<f64>();
        let levels = self.legs.iter().map(|leg| leg.levels).sum();
        row("total", "", levels, sum(&|leg| leg.logic_ns), sum(&|leg| leg.routing_ns));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        table
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn hop(kind: &str, delay: f64, cell: &str) -> RawHop {
        RawHop { kind: kind.into(), delay, to: RawEnd { cell: cell.into() } }
    }

    #[test]
    fn hops_are_summed_per_instance_and_named_by_node() {
        let names = Names::new(
            "u_core",
            [("u_s0_fc1", "analog_matmul", Some("fc1")), ("u_link_1", "stream_link", None)],
        );
        let path = RawPath {
            from: "posedge $glbnet$clk_i$TRELLIS_IO_IN".into(),
            to: "<async>".into(),
            path: vec![
                hop("clk-to-q", 0.5, "u_core.u_s0_fc1.u_engine.sum_TRELLIS_FF_Q"),
                hop("routing", 1.0, "u_core.u_s0_fc1.x_LUT4_Z"),
                hop("logic", 0.25, "u_core.u_s0_fc1.x_LUT4_Z"),
                hop("routing", 2.0, "u_core.u_link_1.full_LUT4_Z"),
                hop("logic", 0.25, "u_core.u_link_1.full_LUT4_Z"),
                hop("routing", 0.5, "u_core.glue"),
                hop("setup", 0.0, "scan_o$tr_io"),
            ],
        };
        let path = names.path(path).unwrap();
        assert!(path.is_asynchronous() && path.launch == "posedge clk_i");
        assert_eq!(
            (path.from.node.as_deref(), path.from.module.as_deref()),
            (Some("fc1"), Some("analog_matmul"))
        );
        let legs: Vec<_> =
            path.legs.iter().map(|l| (l.instance.as_str(), l.levels, l.logic_ns, l.routing_ns)).collect();
        assert_eq!(
            legs,
            [
                ("u_s0_fc1", 1, 0.75, 1.0),
                ("u_link_1", 1, 0.25, 2.0),
                ("(top level)", 0, 0.0, 0.5),
                (SHELL, 0, 0.0, 0.0)
            ]
        );
        assert!((path.delay_ns - 4.5).abs() < 1e-9);
        assert_eq!(path.from.to_string(), "u_engine.sum_TRELLIS_FF_Q of `u_s0_fc1` (node `fc1`)");
        assert!(path.table().to_string().contains("fc1"));
    }

    #[test]
    fn a_path_without_hops_is_none() {
        let raw = RawPath { from: String::new(), to: String::new(), path: Vec::new() };
        assert!(Names::new("u_core", []).path(raw).is_none());
    }
}
