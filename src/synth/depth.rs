//! The longest path through logic: look-up tables and adders between registers, memories, multipliers and ports.

use std::collections::HashMap;

use serde::Deserialize;

use super::figures::LogicDepth;
use super::report::{Instance, TOP_LEVEL, plain_name};
use crate::error::{Error, Result};

/// A netlist as Yosys' `write_json` has it.
#[derive(Deserialize)]
struct Netlist {
    modules: HashMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    cells: HashMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    port_directions: HashMap<String, String>,
    #[serde(default)]
    connections: HashMap<String, Vec<Bit>>,
}

/// A net, or a constant.
#[derive(Deserialize)]
#[serde(untagged)]
enum Bit {
    Net(u64),
    Constant(serde::de::IgnoredAny),
}

/// What a cell of logic is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lut,
    Carry,
    Other,
}

impl Kind {
    /// Of a cell with this name; none if it is no logic.
    fn of(cell: &str) -> Option<Self> {
        match cell {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "LUT6_2" | "SB_LUT4" => Some(Self::Lut),
            "CARRY4" | "CARRY8" | "CCU2C" | "SB_CARRY" | "ALU" => Some(Self::Carry),
            "INV" | "MUXF7" | "MUXF8" | "MUXF9" | "PFUMX" | "L6MUX21" => Some(Self::Other),
            name if name.starts_with("MUX2_LUT") => Some(Self::Other),
            _ => None,
        }
    }
}

/// A path: its look-up tables, and its adders; with the adders of the path to the same place that has most of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path {
    lut: u64,
    adders: u64,
    most_adders: u64,
}

impl Path {
    fn levels(self) -> u64 {
        self.lut + self.adders
    }
}

/// The longest path of the largest module of a netlist, with the most adders of any path; none if there is no logic. A loop
/// is followed once.
///
/// # Errors
/// If this is no netlist.
pub fn longest(text: &str) -> Result<Option<Path>> {
    let netlist: Netlist = serde_json::from_str(text)
        .map_err(|e| Error::input(format!("Yosys' netlist cannot be read: {e}")))?;
    let Some(module) = netlist.modules.values().max_by_key(|module| module.cells.len()) else {
        return Ok(None);
    };
    let cells: Vec<(Kind, &Cell)> =
        module.cells.values().filter_map(|cell| Some((Kind::of(&cell.kind)?, cell))).collect();
    let nets = |n: usize, wanted: &'static str| {
        let Cell { port_directions, connections, .. } = cells[n].1;
        let ports = connections
            .iter()
            .filter(move |(port, _)| port_directions.get(*port).is_some_and(|direction| direction == wanted));
        ports.flat_map(|(_, bits)| bits).filter_map(|bit| match bit {
            Bit::Net(net) => Some(*net),
            Bit::Constant(_) => None,
        })
    };
    let drivers: HashMap<u64, usize> =
        (0..cells.len()).flat_map(|n| nets(n, "output").map(move |net| (net, n))).collect();
    let sources: Vec<Vec<usize>> = (0..cells.len())
        .map(|n| nets(n, "input").filter_map(|net| drivers.get(&net).copied()).collect())
        .collect();
    // A cell is computed after its sources: the second time that it is on the stack.
    let mut paths: Vec<Option<Path>> = vec![None; cells.len()];
    let mut begun = vec![false; cells.len()];
    for first in 0..cells.len() {
        let mut stack = vec![first];
        while let Some(&n) = stack.last() {
            if !begun[n] {
                begun[n] = true;
                stack.extend(sources[n].iter().filter(|&&source| !begun[source]));
                continue;
            }
            stack.pop();
            if paths[n].is_some() {
                continue;
            }
            let kind = cells[n].0;
            let through = |source: usize| {
                let path = paths[source]?;
                let chained = kind == Kind::Carry && cells[source].0 == Kind::Carry;
                let more = u64::from(kind == Kind::Carry && !chained);
                Some(Path { adders: path.adders + more, most_adders: path.most_adders + more, ..path })
            };
            let own = u64::from(kind == Kind::Carry);
            let alone = Path { adders: own, most_adders: own, ..Path::default() };
            let before = || sources[n].iter().filter_map(|&source| through(source)).chain([alone]);
            let longest = before().max_by_key(|path| path.levels()).unwrap_or_default();
            let most_adders = before().map(|path| path.most_adders).max().unwrap_or_default();
            paths[n] = Some(Path { lut: longest.lut + u64::from(kind == Kind::Lut), most_adders, ..longest });
        }
    }
    let paths = || paths.iter().flatten().copied();
    let most_adders = paths().map(|path| path.most_adders).max().unwrap_or_default();
    let longest = paths().max_by_key(|path| (path.levels(), path.lut)).filter(|path| path.levels() > 0);
    Ok(longest.map(|path| Path { most_adders, ..path }))
}

/// The longest of the paths of all parts, the last of which is the top level itself.
pub fn of(
    paths: &[Option<Path>],
    instances: &[Instance],
    part_of: &[usize],
    top: &str,
) -> Option<LogicDepth> {
    let known = paths.iter().enumerate().filter_map(|(part, path)| Some((part, (*path)?)));
    let (part, path) = known.max_by_key(|(_, path)| (path.levels(), path.lut))?;
    let instance = instances.iter().zip(part_of).find(|(_, own)| **own == part).map(|(instance, _)| instance);
    let (instance, module) = match instance {
        Some(Instance { name, module }) => (name.clone(), plain_name(module).to_owned()),
        None => (TOP_LEVEL.to_owned(), top.to_owned()),
    };
    Some(LogicDepth {
        levels: path.levels(),
        lut: path.lut,
        carry_chains: path.adders,
        most_carry_chains: paths.iter().flatten().map(|path| path.most_adders).max().unwrap_or_default(),
        instance,
        module,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Instance, Path, TOP_LEVEL, longest, of};

    /// A cell with an output and inputs.
    fn cell(name: &str, kind: &str, output: u64, inputs: &str) -> String {
        format!(
            r#""{name}": {{"type": "{kind}", "port_directions": {{"A": "input", "Y": "output"}},
                "connections": {{"A": [{inputs}], "Y": [{output}]}}}}"#
        )
    }

    fn netlist(cells: &[String]) -> String {
        format!(r#"{{"modules": {{"m": {{"cells": {{{}}}}}, "FDRE": {{"ports": {{}}}}}}}}"#, cells.join(","))
    }

    #[test]
    fn an_adder_is_one_level_however_wide() {
        let cells = [
            cell("a", "LUT6", 10, r#"1, "0""#),
            cell("c0", "CARRY4", 11, "10, 2"),
            cell("c1", "CARRY4", 12, "11, 3"),
            cell("c2", "CARRY4", 13, "12, 4"),
            cell("b", "LUT2", 14, "13, 5"),
            cell("m", "MUXF7", 15, "14"),
            cell("d", "CARRY4", 16, "15"),
            // Registers end a path.
            cell("r", "FDRE", 17, "16"),
            cell("e", "LUT1", 18, "17"),
        ];
        assert_eq!(longest(&netlist(&cells)).unwrap(), Some(Path { lut: 2, adders: 2, most_adders: 2 }));
        assert_eq!(
            longest(&netlist(&cells[1..4])).unwrap(),
            Some(Path { lut: 0, adders: 1, most_adders: 1 })
        );
        assert_eq!(longest(&netlist(&cells[7..8])).unwrap(), None);
        // The path with most adders may be another one than the longest.
        let long: Vec<String> =
            (20..26).map(|n| cell(&format!("l{n}"), "LUT6", n, &(n + 1).to_string())).collect();
        let both = [&cells[..7], &long].concat();
        assert_eq!(longest(&netlist(&both)).unwrap(), Some(Path { lut: 6, adders: 0, most_adders: 2 }));
        // A loop ends.
        let around = [cell("a", "LUT6", 1, "2"), cell("b", "LUT6", 2, "1")];
        assert!(longest(&netlist(&around)).unwrap().is_some_and(|path| path.lut <= 2));
        assert!(longest("{").is_err());
    }

    #[test]
    fn the_longest_path_is_that_of_an_instance_or_of_the_top_level() {
        let path = |lut| Some(Path { lut, adders: 0, most_adders: 10 - lut });
        let instance = |name: &str, module: &str| Instance { name: name.into(), module: module.into() };
        let instances = [instance("u_b", "b"), instance("u_a", r"$paramod\a\W=1"), instance("u_c", "b")];
        let found = |paths: &[Option<Path>]| of(paths, &instances, &[1, 0, 1], "top");
        let name = |paths: &[Option<Path>]| found(paths).map(|depth| (depth.instance, depth.module));
        assert_eq!(name(&[path(9), path(2), None]), Some(("u_a".into(), "a".into())));
        assert_eq!(name(&[path(1), path(2), None]), Some(("u_b".into(), "b".into())));
        assert_eq!(name(&[path(1), None, path(3)]), Some((TOP_LEVEL.into(), "top".into())));
        assert_eq!(found(&[path(9), path(2), None]).map(|depth| depth.most_carry_chains), Some(8));
        assert_eq!(found(&[None, None, None]), None);
    }
}
