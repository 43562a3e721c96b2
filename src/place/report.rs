//! Result of place and route, as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::path::{CriticalPath, Names, RawPath, plain_clock};
use crate::error::{Error, Result};
use crate::synth::Figures;
use crate::target::Family;

/// The version of the JSON form of [`Placement`].
pub const FORMAT_VERSION: u32 = 1;

/// A placed and routed design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Version of this form.
    pub format_version: u32,
    /// The device family.
    pub family: Family,
    /// The device.
    pub device: String,
    /// The router and its version.
    pub tool: String,
    /// The router's version.
    pub tool_version: String,
    /// The module that was placed.
    pub top: String,
    /// The core in it.
    pub core: String,
    /// The router's seed; 0 where the router has none.
    pub seed: u64,
    /// The requested frequency, in MHz.
    pub target_mhz: f64,
    /// Total run time in seconds.
    pub seconds: f64,
    /// Every clock.
    pub clocks: Vec<Clock>,
    /// Shell and core as synthesised.
    pub synthesised: Figures,
    /// What is used of the device, by the router's names; kinds of which nothing is used are left out.
    pub resources: Vec<Resource>,
    /// The worst path of each pair of clocks, from register to register first.
    pub critical_paths: Vec<CriticalPath>,
    /// The bitstream, seen from the build folder; none when there are no pins or the frequency is missed.
    pub bitstream: Option<String>,
    /// Slack, if the router reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
}

/// Time that is left at the worst end points, negative where it is missed, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slack {
    /// Before the clock edge.
    pub setup_ns: f64,
    /// After the clock edge.
    pub hold_ns: f64,
    /// Of the pulses of the clock.
    pub pulse_ns: f64,
    /// End points that miss one of them.
    pub failing: u64,
    /// Whether the design was routed; otherwise these are estimates.
    pub routed: bool,
}

/// A clock and its maximum frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// The port or net.
    pub name: String,
    /// Frequency of the routed design, in MHz.
    pub achieved_mhz: f64,
    /// Requested frequency, in MHz.
    pub target_mhz: f64,
}

/// Utilisation of one kind of cell of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// The router's name for it.
    pub cell: String,
    /// How many the design needs.
    pub used: u64,
    /// How many there are.
    pub available: u64,
}

/// The part of the router's report that is read.
#[derive(Deserialize)]
struct Raw {
    fmax: BTreeMap<String, RawClock>,
    utilization: BTreeMap<String, RawUse>,
    #[serde(default)]
    critical_paths: Vec<RawPath>,
}

#[derive(Deserialize)]
struct RawClock {
    achieved: f64,
    constraint: f64,
}

#[derive(Deserialize)]
struct RawUse {
    used: u64,
    available: u64,
}

/// Clocks, resources and paths out of the router's report.
pub fn read(text: &str, names: &Names) -> Result<(Vec<Clock>, Vec<Resource>, Vec<CriticalPath>)> {
    let raw: Raw = serde_json::from_str(text)
        .map_err(|e| Error::input(format!("the router's report cannot be read: {e}")))?;
    let clocks = raw.fmax.into_iter().map(|(name, clock)| Clock {
        name: plain_clock(&name).to_owned(),
        achieved_mhz: clock.achieved,
        target_mhz: clock.constraint,
    });
    let resources = raw.utilization.into_iter().filter(|(_, figures)| figures.used > 0);
    let resources = resources.map(|(cell, RawUse { used, available })| Resource { cell, used, available });
    let mut paths: Vec<CriticalPath> =
        raw.critical_paths.into_iter().filter_map(|path| names.path(path)).collect();
    // From register to register first: those decide how fast the clock may be.
    paths.sort_by(|a, b| {
        (a.is_asynchronous(), b.delay_ns)
            .partial_cmp(&(b.is_asynchronous(), a.delay_ns))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok((clocks.collect(), resources.collect(), paths))
}

impl Placement {
    /// The clocks that are slower than requested.
    pub fn missed(&self) -> impl Iterator<Item = &Clock> {
        self.clocks.iter().filter(|clock| clock.achieved_mhz < clock.target_mhz)
    }

    /// The failed check of a design that is too slow.
    pub fn check(&self) -> Result<()> {
        if let Some(slack) = &self.slack {
            return slack.check(self);
        }
        let missed: Vec<String> = self
            .missed()
            .map(|clock| {
                format!(
                    "`{}` reaches {:.1} MHz of {:.1} ({:.1} too few)",
                    crate::error::printable(&clock.name),
                    clock.achieved_mhz,
                    clock.target_mhz,
                    clock.target_mhz - clock.achieved_mhz
                )
            })
            .collect();
        if missed.is_empty() {
            return Ok(());
        }
        let slowest = match self.critical_paths.iter().find(|path| !path.is_asynchronous()) {
            Some(path) => format!("; the slowest path goes from {} to {}", path.from, path.to),
            None => String::new(),
        };
        Err(Error::check(format!("the clock is too slow: {}{slowest}", missed.join(", "))).fix(format!(
            "ask for less with --freq, or try another seed with --seed (this was {})",
            self.seed
        )))
    }

    /// Clocks, resources and bitstream as a table.
    pub fn table(&self) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header(["", &format!("{} on {}", self.top, self.device)]);
        for clock in &self.clocks {
            let (name, reached, target) = (&clock.name, clock.achieved_mhz, clock.target_mhz);
            let mark = if reached < target { "missed" } else { "met" };
            table.add_row([
                format!("clock {name}"),
                format!("{reached:.1} MHz, {target:.1} requested: {mark}"),
            ]);
        }
        // Routers also list what is no resource: constants, cells that stand for others.
        for Resource { cell, used, available } in self.resources.iter().filter(|r| r.available > 1) {
            let percent = 100.0 * *used as f64 / (*available).max(1) as f64;
            table.add_row([cell.clone(), format!("{used} of {available} ({percent:.0} %)")]);
        }
        let bitstream = self.bitstream.as_deref().unwrap_or("none");
        table.add_row(["bitstream", bitstream]);
        if let Some(slack) = &self.slack {
            let state = if slack.routed { "routed" } else { "not routed: estimates" };
            let Slack { setup_ns, hold_ns, pulse_ns, .. } = slack;
            let text = format!("set-up {setup_ns:.3} ns, hold {hold_ns:.3} ns, pulses {pulse_ns:.3} ns");
            table.add_row(["slack".to_owned(), format!("{text} ({state})")]);
        } else {
            table.add_row(["seed".to_owned(), self.seed.to_string()]);
        }
        table.add_row(["seconds".to_owned(), format!("{:.0}", self.seconds)]);
        table
    }
}

impl Slack {
    /// The failed check of a design that misses its timing.
    fn check(&self, placement: &Placement) -> Result<()> {
        let slacks = [("set-up", self.setup_ns), ("hold", self.hold_ns), ("the pulses", self.pulse_ns)];
        let missed: Vec<String> = slacks
            .into_iter()
            .filter(|(_, slack)| *slack < 0.0)
            .map(|(what, slack)| format!("{what} by {:.3} ns", 0.0 - slack))
            .collect();
        if missed.is_empty() && self.failing == 0 {
            return Ok(());
        }
        let slowest = match placement.critical_paths.first() {
            Some(path) if self.setup_ns < 0.0 => {
                format!("; the slowest path goes from {} to {}", path.from, path.to)
            }
            _ => String::new(),
        };
        let problem =
            format!("the timing is missed: {} at {} end points{slowest}", missed.join(", "), self.failing);
        Err(Error::check(problem).fix("ask for a slower clock, fewer lanes, or a faster device"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn placement() -> Placement {
        let names = Names::new("u_core", [("u_s0_fc1", "analog_matmul", Some("fc1"))]);
        let (clocks, resources, critical_paths) =
            read(include_str!("samples/nextpnr_ecp5.json"), &names).unwrap();
        Placement {
            format_version: FORMAT_VERSION,
            family: Family::Ecp5,
            device: "LFE5U-85F-6BG381C".into(),
            tool: "nextpnr-ecp5".into(),
            tool_version: "0.11.1".into(),
            top: "port_chain".into(),
            core: "snn".into(),
            seed: 1,
            target_mhz: 80.0,
            seconds: 1.0,
            clocks,
            synthesised: Figures::default(),
            resources,
            critical_paths,
            bitstream: None,
            slack: None,
        }
    }

    #[test]
    fn a_saved_report_is_read() {
        let mut found = placement();
        assert_eq!(found.clocks.len(), 1);
        assert_eq!(found.clocks[0].name, "clk_i");
        assert!((found.clocks[0].achieved_mhz - 86.911).abs() < 0.001);
        let blocks = found.resources.iter().find(|r| r.cell == "DP16KD").unwrap();
        assert_eq!((blocks.used, blocks.available), (49, 208));
        assert!(found.resources.iter().all(|r| r.used > 0));
        let path = &found.critical_paths[0];
        assert!(!path.is_asynchronous() && found.critical_paths[1].is_asynchronous());
        assert!((1000.0 / path.delay_ns - found.clocks[0].achieved_mhz).abs() < 0.1, "{}", path.delay_ns);
        assert!(found.check().is_ok());
        assert!(found.table().to_string().contains("86.9 MHz, 80.0 requested: met"));

        found.clocks[0].target_mhz = 90.0;
        let error = found.check().unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(error.problem.contains("`clk_i` reaches 86.9 MHz of 90.0 (3.1 too few)"), "{error}");
        assert!(error.problem.contains("u_s0_fc1"), "{error}");
    }

    #[test]
    fn a_damaged_report_is_a_diagnostic() {
        let names = Names::new("u_core", []);
        assert!(read("{", &names).is_err());
        assert!(read(r#"{"fmax": {}}"#, &names).is_err());
    }

    #[test]
    fn clocks_are_called_by_their_port() {
        assert_eq!(plain_clock("$glbnet$clk_i$TRELLIS_IO_IN"), "clk_i");
        assert_eq!(plain_clock("clk_i$SB_IO_IN_$glb_clk"), "clk_i");
        assert_eq!(plain_clock("clk_i_IBUF_O"), "clk_i_IBUF_O");
    }
}
