//! Utilisation: read from what Yosys prints, counted per instance of the top level and in total.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::figures::{Figures, LogicDepth};
use super::rtlil::{self, Design};
use crate::error::{Error, Result};
use crate::target::Family;

/// The version of the JSON form of [`Utilisation`].
pub const FORMAT_VERSION: u32 = 1;
/// Name of the entry for the top level's own cells.
pub const TOP_LEVEL: &str = "(top level)";

/// The resources of one instance of the top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleUse {
    /// Its path below the top level, or [`TOP_LEVEL`] for what is in no instance.
    pub instance: String,
    /// The module it is an instance of.
    pub module: String,
    /// Its resources, including everything below it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Resources of a design on a device family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utilisation {
    /// Version of this form.
    pub format_version: u32,
    /// The device family.
    pub family: Family,
    /// The program that produced the figures.
    pub tool: String,
    /// Its version.
    pub tool_version: String,
    /// The top module.
    pub top: String,
    /// The synthesis command.
    pub command: String,
    /// Run time in seconds.
    pub seconds: f64,
    /// The unit of block memory.
    pub bram_unit: String,
    /// The longest path through logic; none without logic.
    #[serde(default)]
    pub logic_depth: Option<LogicDepth>,
    /// The whole design.
    pub total: Figures,
    /// Instance by instance of the top level, in the order of [`by_number`].
    pub modules: Vec<ModuleUse>,
}

impl Utilisation {
    /// The figures as a table, the total last.
    pub fn table(&self) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header([
            "instance",
            "module",
            "LUT",
            "of which RAM",
            "FF",
            &self.bram_unit,
            "DSP",
            "carry",
        ]);
        let row = |instance: &str, module: &str, figures: &Figures| {
            let numbers = [figures.lut, figures.lutram, figures.ff, figures.bram, figures.dsp, figures.carry];
            let mut row = vec![instance.to_owned(), module.to_owned()];
            row.extend(numbers.map(|number| number.to_string()));
            row
        };
        for module in &self.modules {
            table.add_row(row(&module.instance, &module.module, &module.figures));
        }
        table.add_row(row("total", &self.top, &self.total));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        table
    }
}

/// The part of `stat -json` that is read. Yosys 0.70 counts instances of submodules among the cells of the
/// `design` entry and 0.23 does not, so that entry is left alone: totals are summed over the hierarchy.
#[derive(Deserialize)]
struct Stat {
    modules: HashMap<String, StatModule>,
}

#[derive(Deserialize)]
struct StatModule {
    #[serde(default)]
    num_cells_by_type: BTreeMap<String, u64>,
}

/// Cells of each type.
pub type Cells = BTreeMap<String, u64>;

/// An instance of the top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its module, as Yosys calls it with its parameters.
    pub module: String,
}

/// A module that is synthesised separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What its files are called: its name in the source and a number.
    pub name: String,
    /// Its name with its parameters.
    pub module: String,
}

/// The instances of a module, out of its RTLIL.
pub fn instances(design: &Design<'_>, rtlil: &str) -> Vec<Instance> {
    let cells = rtlil.lines().filter_map(rtlil::cell).filter(|(module, _)| design.contains(module));
    cells.map(|(module, name)| Instance { name: name.to_owned(), module: module.to_owned() }).collect()
}

/// The distinct modules of these instances, and for each instance the index of its module.
pub fn parts(design: &Design<'_>, instances: &[Instance]) -> (Vec<Part>, Vec<usize>) {
    let mut parts: Vec<Part> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut part_of = |instance: &Instance| {
        let module = &instance.module;
        *seen.entry(design.canonical_form(module)).or_insert_with(|| {
            let name = format!("{:03}_{}", parts.len(), plain_name(module));
            parts.push(Part { name, module: module.clone() });
            parts.len() - 1
        })
    };
    let part_of = instances.iter().map(&mut part_of).collect();
    (parts, part_of)
}

/// The cells of a module and everything beneath it, out of `stat -json`.
pub fn cells(module: &str, stat: &str) -> Result<Cells> {
    let stat: Stat = serde_json::from_str(stat)
        .map_err(|e| Error::input(format!("Yosys' statistics cannot be read: {e}")))?;
    let modules: HashMap<&str, &Cells> = stat
        .modules
        .iter()
        .map(|(name, module)| (name.strip_prefix('\\').unwrap_or(name), &module.num_cells_by_type))
        .collect();
    if !modules.contains_key(module) {
        return Err(Error::input(format!("Yosys' statistics have no module `{module}`")));
    }
    let mut cells = Cells::new();
    gather(&modules, module, 1, 0, &mut cells)?;
    Ok(cells)
}

/// The whole design and its instances, each of which is one of the parts; `cells` are those of the parts, then those of
/// the top level itself.
pub fn summarise(
    family: Family,
    top: &str,
    instances: &[Instance],
    part_of: &[usize],
    cells: &[Cells],
) -> (Figures, Vec<ModuleUse>) {
    let mut all = Cells::new();
    let mut add = |cells: &Cells| {
        cells.iter().for_each(|(cell, count)| *all.entry(cell.clone()).or_default() += count);
    };
    let mut rows = Vec::new();
    for (Instance { name, module }, &part) in instances.iter().zip(part_of) {
        let own = &cells[part];
        add(own);
        rows.push(ModuleUse {
            instance: name.clone(),
            module: plain_name(module).to_owned(),
            figures: counted(family, own),
        });
    }
    rows.sort_by(|a, b| by_number(&a.instance, &b.instance));
    if let Some(own) = cells.last() {
        // The instances are no cells of its own.
        let is_instance = |cell: &str| instances.iter().any(|i| i.module == *cell);
        let glue: Cells =
            own.iter().filter(|(cell, _)| !is_instance(cell)).map(|(c, n)| (c.clone(), *n)).collect();
        add(&glue);
        let figures = counted(family, &glue);
        if figures != Figures::default() {
            rows.push(ModuleUse { instance: TOP_LEVEL.to_owned(), module: top.to_owned(), figures });
        }
    }
    (counted(family, &all), rows)
}

fn counted(family: Family, cells: &Cells) -> Figures {
    super::cells::count(family, cells.iter().map(|(cell, &count)| (cell.as_str(), count)))
}

/// Adds `times` times the cells of a module and of everything below it.
fn gather(
    modules: &HashMap<&str, &Cells>,
    module: &str,
    times: u64,
    depth: usize,
    into: &mut Cells,
) -> Result<()> {
    if depth > modules.len() {
        return Err(Error::input(format!("module `{module}` contains itself")));
    }
    let Some(cells) = modules.get(module) else { return Ok(()) };
    for (cell, &count) in *cells {
        if modules.contains_key(cell.as_str()) {
            gather(modules, cell, times * count, depth + 1, into)?;
        } else {
            *into.entry(cell.clone()).or_default() += times * count;
        }
    }
    Ok(())
}

/// The order of instances: numbers in their names count as numbers, `u_s2_…` is before `u_s10_…`.
pub fn by_number(a: &str, b: &str) -> Ordering {
    alphanumeric_sort::compare_str(a, b)
}

/// The module's name in the source: Yosys calls a module with parameters `$paramod\NAME\A=…` or
/// `$paramod$HASH\NAME`.
pub fn plain_name(module: &str) -> &str {
    match module.strip_prefix("$paramod") {
        Some(rest) => rest.split('\\').nth(1).unwrap_or(module),
        None => module,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_yosys_are_read() {
        for stat in [include_str!("samples/stat_0.70_xc7.json"), include_str!("samples/stat_0.23_xc7.json")] {
            let whole = counted(Family::Xc7, &cells("mini_top", stat).unwrap());
            assert_eq!((whole.ff, whole.bram, whole.dsp, whole.lutram, whole.carry), (48, 2, 1, 40, 15));
            let part = counted(Family::Xc7, &cells("mini_top.u_mac", stat).unwrap());
            assert_eq!((part.bram, part.dsp, part.lutram), (2, 1, 0));
            assert!(!whole.other.keys().any(|cell| cell.contains("mini")), "{whole:?}");
        }
    }

    const TOP: &str = "attribute \\top 1\nmodule \\top\n  wire \\x\n  cell $and $1\n    connect \\A \\x\n  end\n  \
        cell $paramod$12\\fifo \\u_b\n  end\n  cell \\mac \\u_c\n  end\n  cell $paramod$12\\fifo \\u_a\n  end\nend\n";

    #[test]
    fn a_module_used_twice_is_synthesised_once_and_counts_twice() {
        let all = TOP.to_owned() + "module $paramod$12\\fifo\nend\nmodule \\mac\n  wire \\m\nend\n";
        let design = Design::read(&all);
        let instances = instances(&design, TOP);
        let (parts, part_of) = parts(&design, &instances);
        let names: Vec<_> = parts.iter().map(|p| (p.name.as_str(), p.module.as_str())).collect();
        assert_eq!(names, [("000_fifo", "$paramod$12\\fifo"), ("001_mac", "mac")]);
        let fifo = r#"{"modules": {
            "$paramod$12\\fifo": {"num_cells_by_type": {"FDRE": 1, "$paramod$0123\\deep": 2}},
            "$paramod$0123\\deep": {"num_cells_by_type": {"LUT6": 3}}}}"#;
        let mac = r#"{"modules": {"\\mac": {"num_cells_by_type": {"DSP48E1": 1}}}}"#;
        let own =
            r#"{"modules": {"\\top": {"num_cells_by_type": {"LUT2": 1, "$paramod$12\\fifo": 2, "mac": 1}}}}"#;
        let cells = [
            cells("$paramod$12\\fifo", fifo).unwrap(),
            cells("mac", mac).unwrap(),
            cells("top", own).unwrap(),
        ];
        let (total, rows) = summarise(Family::Xc7, "top", &instances, &part_of, &cells);
        assert_eq!((total.lut, total.ff, total.dsp, total.other.len()), (13, 2, 1, 0));
        let rows: Vec<_> =
            rows.iter().map(|r| (r.instance.as_str(), r.module.as_str(), r.figures.lut)).collect();
        assert_eq!(rows, [("u_a", "fifo", 6), ("u_b", "fifo", 6), ("u_c", "mac", 0), (TOP_LEVEL, "top", 1)]);
    }

    #[test]
    fn instances_are_in_the_order_of_their_numbers() {
        let instance = |name: &str| Instance { name: name.to_owned(), module: "mac".to_owned() };
        let names = ["u_s10_fc", "u_regs", "u_s2_fc", "u_s1_fc", "u_link_11", "u_link_9"];
        let instances = names.map(instance);
        let cells = [Cells::from([("LUT6".to_owned(), 1)]), Cells::new()];
        let (_, rows) = summarise(Family::Xc7, "top", &instances, &[0; 6], &cells);
        let rows: Vec<&str> = rows.iter().map(|row| row.instance.as_str()).collect();
        assert_eq!(rows, ["u_link_9", "u_link_11", "u_regs", "u_s1_fc", "u_s2_fc", "u_s10_fc"]);
    }

    #[test]
    fn damaged_statistics_are_a_diagnostic() {
        assert!(cells("top", "{").is_err());
        assert!(cells("top", r#"{"modules": {}}"#).is_err());
        let endless = r#"{"modules": {"\\t": {"num_cells_by_type": {"a": 1}},
            "\\a": {"num_cells_by_type": {"a": 1}}}}"#;
        assert!(cells("t", endless).is_err());
    }

    #[test]
    fn names_lose_their_parameters() {
        assert_eq!(plain_name(r"$paramod\fifo\Width=s32'00000000000000000000000000010000"), "fifo");
        assert_eq!(plain_name(r"$paramod$8f0c1a\fifo"), "fifo");
        assert_eq!(plain_name("fifo"), "fifo");
    }
}
