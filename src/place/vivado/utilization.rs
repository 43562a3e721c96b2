//! `report_utilization`, flat and by hierarchy, of 7 series and UltraScale+.

use std::collections::BTreeMap;

use super::text::{Head, cells, count};
use crate::error::{Error, Result};
use crate::place::Resource;
use crate::synth::Figures;
use crate::target::Family;

/// A flat report.
#[derive(Clone, Debug, PartialEq)]
pub struct Flat {
    /// Its header.
    pub head: Head,
    /// The family, derived from the names of its resources.
    pub family: Family,
    /// Utilisation, in the units of the family.
    pub total: Figures,
    /// Used and available.
    pub resources: Vec<Resource>,
}

/// An instance of a report by hierarchy.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name and those of its parents, the outermost first.
    pub path: Vec<String>,
    /// Its module.
    pub module: String,
    /// Its resources, including everything below it.
    pub figures: Figures,
}

/// Used and available of one kind of site.
#[derive(Clone, Copy)]
struct Site {
    used: u64,
    available: Option<u64>,
}

/// Whether a text is a report of utilisation by hierarchy.
pub fn is_hierarchical(text: &str) -> bool {
    text.contains("Utilization by Hierarchy")
}

/// Reads a flat report.
///
/// # Errors
/// When it is damaged, truncated or of another family.
pub fn flat(text: &str) -> Result<Flat> {
    let head = Head::read(text)?;
    whole(text)?;
    flat_of(head, text.lines().filter(|line| !line.starts_with('+')).map(cells))
}

/// The figures in the rows of the tables; `None` separates tables.
///
/// # Errors
/// When a row is missing, or the family is another one.
pub fn flat_of<'a>(head: Head, rows: impl Iterator<Item = Option<Vec<&'a str>>>) -> Result<Flat> {
    let sites = sites(rows);
    let family = match (sites.contains_key("CLB LUTs"), sites.contains_key("Slice LUTs")) {
        (true, false) => Family::Xcup,
        (false, true) => Family::Xc7,
        _ => return Err(Error::input("this report has neither `Slice LUTs` nor `CLB LUTs`")),
    };
    let (luts, registers, carry) = match family {
        Family::Xc7 => ("Slice LUTs", "Slice Registers", "CARRY4"),
        Family::Xcup | Family::Ecp5 | Family::Ice40 | Family::Gowin => {
            ("CLB LUTs", "CLB Registers", "CARRY8")
        }
    };
    let get = |name: &str| {
        sites.get(name).copied().ok_or_else(|| Error::input(format!("this report has no row `{name}`")))
    };
    let optional = |name: &str| sites.get(name).map_or(0, |site| site.used);
    let (whole_blocks, half_blocks) = (get("RAMB36/FIFO")?, get("RAMB18")?);
    let mut total = Figures {
        lut: get(luts)?.used,
        ff: get(registers)?.used,
        bram: 2 * whole_blocks.used + half_blocks.used,
        uram: optional("URAM"),
        dsp: get("DSPs")?.used,
        lutram: get("LUT as Memory")?.used,
        carry: optional(carry),
        ..Figures::default()
    };
    for (site, cell) in [("F7 Muxes", "MUXF7"), ("F8 Muxes", "MUXF8"), ("F9 Muxes", "MUXF9")] {
        let used = optional(site);
        if used > 0 {
            total.other.insert(cell.to_owned(), used);
        }
    }
    let half_tiles = whole_blocks.available.map(|available| 2 * available);
    let brams = ("RAMB18", Site { used: total.bram, available: half_blocks.available.or(half_tiles) });
    let named = [luts, "LUT as Memory", registers].map(|name| get(name).map(|site| (name, site)));
    let others =
        ["URAM", "DSPs", "Bonded IOB"].into_iter().filter_map(|name| Some((name, *sites.get(name)?)));
    let all = named.into_iter().collect::<Result<Vec<_>>>()?.into_iter().chain([brams]).chain(others);
    let resources = all.filter_map(|(name, site)| {
        let available = site.available?;
        (site.used > 0).then(|| Resource { cell: name.to_owned(), used: site.used, available })
    });
    Ok(Flat { head, family, total, resources: resources.collect() })
}

/// Every section that the table of contents names must be there.
fn whole(text: &str) -> Result<()> {
    let Some((_, rest)) = text.split_once("Table of Contents") else {
        return Err(Error::input("this report is cut off: it has no table of contents"));
    };
    let contents = rest.lines().skip(2).map(str::trim).take_while(|line| !line.is_empty());
    for title in contents {
        // Once in the table, once above the section, with dashes below it.
        let found = rest
            .lines()
            .zip(rest.lines().skip(1))
            .any(|(line, below)| line.trim() == title && below.starts_with("---"));
        if !found {
            return Err(Error::input(format!("this report is cut off: section `{title}` is missing")));
        }
    }
    Ok(())
}

/// Every row of every table of sites and primitives; of rows with the same name the first.
fn sites<'a>(rows: impl Iterator<Item = Option<Vec<&'a str>>>) -> BTreeMap<&'a str, Site> {
    let mut found = BTreeMap::new();
    // Columns of the name, of what is used and of what there is.
    let mut columns: Option<(usize, Option<usize>)> = None;
    for row in rows {
        let Some(row) = row else {
            columns = None;
            continue;
        };
        let place = |name: &str| row.iter().position(|cell| cell.trim() == name);
        if let (Some(0), Some(used)) = (place("Site Type").or(place("Ref Name")), place("Used")) {
            columns = Some((used, place("Available")));
            continue;
        }
        let Some((used, available)) = columns else { continue };
        let name = row[0].trim().trim_end_matches('*').trim_end();
        if let Some(used) = row.get(used).and_then(|cell| count(cell.trim())) {
            let available = available.and_then(|at| count(row.get(at)?.trim()));
            found.entry(name).or_insert(Site { used, available });
        }
    }
    found
}

/// Reads a report by hierarchy.
///
/// # Errors
/// When it is damaged or truncated.
pub fn hierarchical(text: &str) -> Result<(Head, Vec<Row>)> {
    let head = Head::read(text)?;
    let mut rows = Vec::new();
    let mut ended = false;
    let below_head = |rows: &[Vec<&str>]| rows.iter().skip_while(|row| row[0].trim() != "Instance").count();
    for line in text.lines() {
        match cells(line) {
            Some(row) => rows.push(row),
            None => ended |= line.starts_with('+') && below_head(&rows) > 1,
        }
    }
    let rows = tree(rows.into_iter())?;
    if !ended {
        return Err(Error::input("this report is cut off: its table has no end"));
    }
    Ok((head, rows))
}

/// The instances in the rows of a table by hierarchy.
///
/// # Errors
/// When a row is damaged.
pub fn tree<'a>(all: impl Iterator<Item = Vec<&'a str>>) -> Result<Vec<Row>> {
    let mut names: Option<Vec<&str>> = None;
    let mut rows = Vec::new();
    let mut path: Vec<String> = Vec::new();
    for row in all {
        let Some(names) = &names else {
            if row[0].trim() == "Instance" {
                names = Some(row.into_iter().map(str::trim).collect());
            }
            continue;
        };
        if row.len() != names.len() {
            return Err(Error::input(
                "this report is cut off or damaged: a row of it has not as many cells as its head",
            ));
        }
        let number = |column: &str| -> Result<Option<u64>> {
            let Some(at) = names.iter().position(|name| *name == column) else { return Ok(None) };
            count(row[at].trim()).map(Some).ok_or_else(|| {
                Error::input(format!("column `{column}` of `{}` holds no count", row[0].trim()))
            })
        };
        let need = |column: &str| {
            number(column)?.ok_or_else(|| Error::input(format!("this report has no column `{column}`")))
        };
        // One blank, then two for each level.
        let depth = (row[0].len() - row[0].trim_start().len()).saturating_sub(1) / 2;
        path.truncate(depth);
        path.push(row[0].trim().to_owned());
        rows.push(Row {
            path: path.clone(),
            module: row.get(1).map(|module| module.trim().to_owned()).unwrap_or_default(),
            figures: Figures {
                lut: need("Total LUTs")?,
                ff: need("FFs")?,
                bram: 2 * need("RAMB36")? + need("RAMB18")?,
                uram: number("URAM")?.unwrap_or(0),
                dsp: number("DSP Blocks")?.or(number("DSP Slices")?).unwrap_or(0),
                lutram: number("LUTRAMs")?.unwrap_or(0) + number("SRLs")?.unwrap_or(0),
                ..Figures::default()
            },
        });
    }
    Ok(rows)
}
