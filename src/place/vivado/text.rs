//! Common parts of Vivado's text reports: the header, and tables.

use std::collections::BTreeMap;

use crate::error::{Error, Result, printable};

/// Number of lines in which the header is searched.
const HEAD_LINES: usize = 40;

/// Header of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Version of Vivado: `2023.2`.
    pub version: String,
    /// The command that made the report, with its arguments.
    pub command: String,
    /// The top-level module.
    pub design: String,
    /// The device as the report names it.
    pub device: String,
    /// `Synthesized`, `Fully Placed`, `Routed`, …; reports of timing do not always have it.
    pub state: Option<String>,
}

impl Head {
    /// Reads the header.
    ///
    /// # Errors
    /// If this is not a report of Vivado, or its header is incomplete.
    pub fn read(text: &str) -> Result<Self> {
        let mut values: BTreeMap<&str, &str> = BTreeMap::new();
        for line in text.lines().take(HEAD_LINES) {
            if let Some((key, value)) = line.strip_prefix("| ").and_then(|line| line.split_once(':')) {
                values.entry(key.trim()).or_insert(value.trim());
            }
        }
        let get = |key: &str| -> Result<String> {
            let value = values.get(key).filter(|value| !value.is_empty());
            value.map(|value| (*value).to_owned()).ok_or_else(|| {
                Error::input(format!("this is not a whole report of Vivado's: its head has no `{key}`"))
            })
        };
        let tool = get("Tool Version")?;
        let version = tool.split_once("v.").map(|(_, rest)| rest.split_whitespace().next().unwrap_or(""));
        let version = version.filter(|version| tool.starts_with("Vivado") && !version.is_empty());
        let version = version.ok_or_else(|| {
            Error::input(format!("this report was made by `{}`, not by Vivado", printable(&tool)))
        })?;
        let device = match (get("Device")?, values.get("Speed File")) {
            // Reports of utilisation name the part with its speed grade, those of timing beside it.
            (device, Some(speed)) if !device.contains(speed.split_whitespace().next().unwrap_or("-")) => {
                format!("{device}{}", speed.split_whitespace().next().unwrap_or(""))
            }
            (device, _) => device,
        };
        Ok(Self {
            version: version.to_owned(),
            command: get("Command")?,
            design: get("Design")?,
            device,
            state: values.get("Design State").map(|state| (*state).to_owned()),
        })
    }

    /// State of the design: 0 synthesised, 1 placed, 2 routed.
    pub fn progress(&self) -> u8 {
        match self.state.as_deref().unwrap_or_default().to_lowercase() {
            state if state.contains("rout") => 2,
            state if state.contains("plac") => 1,
            _ => 0,
        }
    }
}

/// Cells of a row that starts and ends with `|`, with the blanks before the first one kept: they are the depth in a
/// tree.
pub fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim_end().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    cells[0] = inner.split('|').next().unwrap_or_default().trim_end();
    Some(cells)
}

/// Cells of a row of a table whose columns follow from the line of dashes below its names; blank cells are empty.
/// Numbers end where their dashes end; a name at the start of the row may be longer than its dashes.
pub fn columns<'a>(dashes: &str, line: &'a str) -> Vec<&'a str> {
    let bytes = dashes.trim_end().as_bytes();
    let ends = (1..=bytes.len()).filter(|&at| bytes[at - 1] == b'-' && bytes.get(at) != Some(&b'-'));
    let start = line.len() - line.trim_start().len();
    let name = start + line[start..].find(' ').unwrap_or(line.len() - start);
    let mut cells = Vec::new();
    let mut from = 0;
    for end in ends {
        let begins_here = cells.is_empty() && start < end;
        let to = if begins_here { name.max(end) } else { end }.min(line.len());
        cells.push(line.get(from.min(to)..to).unwrap_or_default().trim());
        from = to;
    }
    cells
}

/// A count: digits, with commas or without.
pub fn count(cell: &str) -> Option<u64> {
    let digits: String = cell.chars().filter(|c| *c != ',').collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str = "Copyright\n-----\n| Tool Version : Vivado v.2021.2 (lin64) Build 3367213 Tue Oct 19\n\
        | Date         : Thu Jul  7 03:10:20 2022\n| Command      : report_utilization -file a.rpt\n\
        | Design       : snn_m\n| Device       : xczu3eg-sbva484\n| Speed File   : -1  PRODUCTION 1.29\n\
        | Design State : Routed\n-----\n";

    #[test]
    fn the_head_is_read() {
        let head = Head::read(HEAD).unwrap();
        assert_eq!((head.version.as_str(), head.design.as_str()), ("2021.2", "snn_m"));
        assert_eq!((head.device.as_str(), head.progress()), ("xczu3eg-sbva484-1", 2));
        for (from, to, words) in [
            ("Tool Version : Vivado v.", "Tool Version : Quartus v.", "not by Vivado"),
            ("| Design       : snn_m\n", "", "no `Design`"),
            ("| Device       : xczu3eg-sbva484\n", "", "no `Device`"),
        ] {
            let error = Head::read(&HEAD.replace(from, to)).unwrap_err();
            assert!(error.problem.contains(words) && error.exit_code() == 2, "{error}");
        }
        assert!(Head::read("").is_err());
    }

    #[test]
    fn rows_are_cut_at_their_columns() {
        assert_eq!(cells("|   u_a | m |  12 |\n").unwrap(), ["   u_a", "m", "12"]);
        assert_eq!(cells("+---+"), None);
        let dashes = "-----  -------  -------";
        assert_eq!(columns(dashes, "clk      0.471    0.000"), ["clk", "0.471", "0.000"]);
        assert_eq!(columns(dashes, "clk                 2.2"), ["clk", "", "2.2"]);
        assert_eq!(columns(dashes, "clk"), ["clk", "", ""]);
        assert_eq!(columns(dashes, "clk_pl_0 12.25  100.375"), ["clk_pl_0", "12.25", "100.375"]);
        assert_eq!(
            (count("1,234"), count("12"), count("1e5"), count("")),
            (Some(1234), Some(12), None, None)
        );
    }
}
