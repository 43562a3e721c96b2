//! Utilisation: read from what Yosys prints, counted per instance of the top level and in total.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::family::Family;
use crate::error::{Error, Result};

/// The version of the JSON form of [`Utilisation`].
pub const FORMAT_VERSION: u32 = 1;
/// What the top level's own cells are listed as.
pub const TOP_LEVEL: &str = "(top level)";

/// Resources, in the units of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Look-up tables, those used as memory or taken by carry cells included.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block memory, in [`Utilisation::bram_unit`].
    pub bram: u64,
    /// Multiplier blocks; two 9×9 multipliers count as one.
    pub dsp: u64,
    /// Of the look-up tables, those used as memory or shift register.
    pub lutram: u64,
    /// Carry cells.
    pub carry: u64,
    /// Every other cell by its name: wide multiplexers, clock buffers, large memories.
    pub other: BTreeMap<String, u64>,
}

/// The resources of one instance of the top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleUse {
    /// Its path below the top level, or [`TOP_LEVEL`] for what is in no instance.
    pub instance: String,
    /// The module it is an instance of.
    pub module: String,
    /// What it needs, everything below it included.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What a design needs on a device family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utilisation {
    /// Version of this form.
    pub format_version: u32,
    /// The device family.
    pub family: Family,
    /// The program that found this out.
    pub tool: String,
    /// Its version.
    pub tool_version: String,
    /// The top module.
    pub top: String,
    /// The synthesis command.
    pub command: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The unit of block memory.
    pub bram_unit: String,
    /// The whole design.
    pub total: Figures,
    /// Instance by instance of the top level, in order of their names.
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
type Cells = BTreeMap<String, u64>;

/// Reads `stat -json` and the list of instances that `uniquify` printed; returns the total and the instances.
pub fn read(family: Family, top: &str, stat: &str, uniquify: &str) -> Result<(Figures, Vec<ModuleUse>)> {
    let stat: Stat = serde_json::from_str(stat)
        .map_err(|e| Error::input(format!("Yosys' statistics cannot be read: {e}")))?;
    let modules: HashMap<&str, &Cells> = stat
        .modules
        .iter()
        .map(|(name, module)| (name.strip_prefix('\\').unwrap_or(name), &module.num_cells_by_type))
        .collect();
    let own =
        modules.get(top).ok_or_else(|| Error::input(format!("Yosys' statistics have no module `{top}`")))?;
    let sources = instances(uniquify);

    let mut rows = Vec::new();
    let mut all = Cells::new();
    let mut glue = Cells::new();
    for (cell, &count) in *own {
        if !modules.contains_key(cell.as_str()) {
            *glue.entry(cell.clone()).or_default() += count;
            continue;
        }
        let mut cells = Cells::new();
        gather(&modules, cell, 1, 0, &mut cells)?;
        cells.iter().for_each(|(cell, cells)| *all.entry(cell.clone()).or_default() += cells * count);
        let instance = cell.strip_prefix(top).and_then(|rest| rest.strip_prefix('.')).unwrap_or(cell);
        let module = sources.get(cell.as_str()).copied().unwrap_or(cell);
        rows.push(ModuleUse {
            instance: instance.to_owned(),
            module: plain_name(module).to_owned(),
            figures: counted(family, &cells),
        });
    }
    if !glue.is_empty() {
        glue.iter().for_each(|(cell, count)| *all.entry(cell.clone()).or_default() += count);
        let figures = counted(family, &glue);
        if figures != Figures::default() {
            rows.push(ModuleUse { instance: TOP_LEVEL.to_owned(), module: top.to_owned(), figures });
        }
    }
    rows.sort_by(|a, b| (a.instance == TOP_LEVEL, &a.instance).cmp(&(b.instance == TOP_LEVEL, &b.instance)));
    Ok((counted(family, &all), rows))
}

fn counted(family: Family, cells: &Cells) -> Figures {
    family.count(cells.iter().map(|(cell, &count)| (cell.as_str(), count)))
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

/// Unique copy → the module it was copied from, out of `Creating module COPY from MODULE.`
fn instances(uniquify: &str) -> HashMap<&str, &str> {
    uniquify
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("Creating module ")?.strip_suffix('.'))
        .filter_map(|line| line.split_once(" from "))
        .collect()
}

/// The module's name in the source: Yosys calls a module with parameters `$paramod\NAME\A=…` or
/// `$paramod$HASH\NAME`.
fn plain_name(module: &str) -> &str {
    match module.strip_prefix("$paramod") {
        Some(rest) => rest.split('\\').nth(1).unwrap_or(module),
        None => module,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const UNIQUIFY: &str = include_str!("samples/uniquify_0.70.txt");

    #[test]
    fn both_versions_of_yosys_are_read() {
        let samples =
            [include_str!("samples/stat_0.70_xc7.json"), include_str!("samples/stat_0.23_xc7.json")];
        for stat in samples {
            let (total, rows) = read(Family::Xc7, "mini_top", stat, UNIQUIFY).unwrap();
            let names: Vec<_> = rows.iter().map(|row| (row.instance.as_str(), row.module.as_str())).collect();
            assert_eq!(
                names,
                [("u_fifo_in", "mini_fifo"), ("u_fifo_out", "mini_fifo"), ("u_mac", "mini_mac")]
            );
            assert_eq!((total.ff, total.bram, total.dsp, total.lutram, total.carry), (48, 2, 1, 40, 15));
            let sum = |pick: fn(&Figures) -> u64| rows.iter().map(|row| pick(&row.figures)).sum::<u64>();
            assert_eq!((sum(|f| f.lut), sum(|f| f.ff)), (total.lut, total.ff));
            assert!(!total.other.keys().any(|cell| cell.contains("mini")), "{total:?}");
        }
    }

    #[test]
    fn a_module_used_twice_counts_twice_and_deep_cells_count_above() {
        let stat = r#"{"modules": {
            "\\top": {"num_cells_by_type": {"top.u_a": 1, "LUT2": 1}},
            "\\top.u_a": {"num_cells_by_type": {"$paramod$0123\\deep": 2, "FDRE": 1}},
            "$paramod$0123\\deep": {"num_cells_by_type": {"LUT6": 3}}}}"#;
        let (total, rows) = read(Family::Xc7, "top", stat, "Creating module top.u_a from a.\n").unwrap();
        assert_eq!((total.lut, total.ff), (7, 1));
        assert_eq!(
            (rows[0].instance.as_str(), rows[0].module.as_str(), rows[0].figures.lut),
            ("u_a", "a", 6)
        );
        assert_eq!((rows[1].instance.as_str(), rows[1].figures.lut), (TOP_LEVEL, 1));
    }

    #[test]
    fn damaged_statistics_are_a_diagnostic() {
        assert!(read(Family::Xc7, "top", "{", "").is_err());
        assert!(read(Family::Xc7, "top", r#"{"modules": {}}"#, "").is_err());
        let endless = r#"{"modules": {"\\t": {"num_cells_by_type": {"a": 1}},
            "\\a": {"num_cells_by_type": {"a": 1}}}}"#;
        assert!(read(Family::Xc7, "t", endless, "").is_err());
    }

    #[test]
    fn names_lose_their_parameters() {
        assert_eq!(plain_name(r"$paramod\fifo\Width=s32'00000000000000000000000000010000"), "fifo");
        assert_eq!(plain_name(r"$paramod$8f0c1a\fifo"), "fifo");
        assert_eq!(plain_name("fifo"), "fifo");
    }
}
