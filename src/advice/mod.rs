//! Alternatives for a design that does not fit its device, evaluated with the cost model.
//!
//! | file | contents |
//! |---|---|
//! | `change.rs` | the same network in fewer bits or levels |
//! | `ratios.rs` | what synthesis found, in proportion to the estimate |

mod change;
mod ratios;

use std::fmt;

use serde::Serialize;

use crate::architecture::{Architecture, Design, Options, smallest};
use crate::error::Result;
use crate::hardware::{Figures, needs};
use crate::integer::Network;
use crate::lower;
use crate::snn::Model;
use crate::target::{Device, Short, devices};
use change::Change;
use ratios::Ratios;

/// Alternatives.
#[derive(Clone, Debug, Serialize)]
pub struct Advice {
    /// The device that the design does not fit.
    pub device: String,
    /// Resources of which the device has too little.
    pub short: Vec<Short>,
    /// Other designs, the smallest change first.
    pub alternatives: Vec<Alternative>,
    /// Known devices that hold the unchanged network, the smallest first.
    pub holders: Vec<String>,
}

/// Another design for the same device.
#[derive(Clone, Debug, Serialize)]
pub struct Alternative {
    /// The change.
    pub change: String,
    /// Lanes of every layer.
    pub lanes: usize,
    /// Resources of which too little is available: resource, needed, available.
    pub needs: Vec<(String, u64, u64)>,
    /// Whether the device holds it.
    pub fits: bool,
}

/// Alternatives for a design of `model` with `options` that takes `used` of a device; `used` is the synthesis result or
/// the estimate. Alternatives are estimated with the cost model and scaled by `used`. `None` if the design
/// fits. For an overlay, only devices that hold it are named.
///
/// # Errors
/// If the model cannot be lowered or planned.
pub fn advise<'a, O>(model: &Model, options: &'a O, device: &Device, used: &Figures) -> Result<Option<Advice>>
where
    Options: From<&'a O>,
{
    let short = Short::of(needs(used, device));
    if short.is_empty() {
        return Ok(None);
    }
    let network = lower::lower(model)?.network;
    let design = Design::plan(&model.name, &network, options)?;
    if design.architecture() == Architecture::Overlay {
        let ratios = Ratios::of(used, &design.area(device.family).total);
        let mut holders = Vec::new();
        for known in devices()? {
            let area = design.area(known.family).total;
            // What synthesis found holds for this device, and in proportion for others of its family.
            let area = if known.family == device.family { ratios.apply(area) } else { area };
            if known.die != device.die && Short::of(needs(&area, &known)).is_empty() {
                holders.push((known.luts, known.die));
            }
        }
        return Ok(Some(Advice {
            device: device.die.clone(),
            short,
            alternatives: Vec::new(),
            holders: named(holders),
        }));
    }
    let ratios = Ratios::of(used, &design.area(device.family).total);
    let mut alternatives = Vec::new();
    let add = |alternatives: &mut Vec<Alternative>, change: String, network: &Network| -> Result<bool> {
        let found = smallest(&model.name, network, device, &|figures| ratios.apply(figures))?;
        let needs = needs(&found.figures, device);
        let matters = |name: &str, needed: u64, there: u64| {
            needed > there || short.iter().any(|short| short.resource == name)
        };
        let needs = needs.into_iter().filter(|&(name, needed, there)| matters(name, needed, there));
        let needs = needs.map(|(name, needed, there)| (name.to_owned(), needed, there)).collect();
        alternatives.push(Alternative { change, lanes: found.lanes, needs, fits: found.fits });
        Ok(found.fits)
    };
    let same = add(&mut alternatives, "the same network".to_owned(), &network)?;
    let mut found = false;
    for ladder in Change::ladders(model) {
        // Of each way the first step that suffices, else the last.
        if found && ladder.is_last_resort() {
            break;
        }
        let mut last = None;
        for change in ladder.steps() {
            // A network that cannot be lowered in fewer bits is none that could be advised.
            let Ok(lowered) = lower::lower(&change.apply(model)) else { break };
            let mut tried = Vec::new();
            let fits = add(&mut tried, change.to_string(), &lowered.network)?;
            last = tried.pop();
            if fits {
                found = true;
                break;
            }
        }
        alternatives.extend(last);
    }
    let mut holders = Vec::new();
    for known in devices()? {
        // What is available on this device may be less than all of it, and what synthesis found is known.
        let fits = match known.die == device.die {
            true => same,
            false => smallest(&model.name, &network, &known, &|figures| figures)?.fits,
        };
        if fits {
            holders.push((known.luts, known.die));
        }
    }
    Ok(Some(Advice { device: device.die.clone(), short, alternatives, holders: named(holders) }))
}

/// Names of devices with these look-up tables, the smallest first.
fn named(mut devices: Vec<(u64, String)>) -> Vec<String> {
    devices.sort();
    devices.into_iter().map(|(_, die)| die).collect()
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alternative in &self.alternatives {
            writeln!(f, "{alternative}")?;
        }
        match &self.holders[..] {
            [] => write!(f, "no device that is known holds it as it is"),
            [first, rest @ ..] => {
                write!(f, "smallest device that holds it as it is: {first}")?;
                if !rest.is_empty() {
                    write!(f, "; so do {}", rest.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lanes = match self.lanes {
            1 => "1 lane".to_owned(),
            lanes => format!("{lanes} lanes"),
        };
        let needs = self.needs.iter().map(|(name, needed, there)| {
            match &Short::of([(name.as_str(), *needed, *there)])[..] {
                [short, ..] => short.to_string(),
                [] => {
                    let [needed, there] = [needed, there].map(|&count| crate::error::thousands(count));
                    format!("{name} {needed} of {there}")
                }
            }
        });
        let verdict = if self.fits { "fits" } else { "does not fit" };
        let needs: Vec<String> = needs.collect();
        write!(f, "{}, {lanes} at most, smallest FIFOs: {verdict}, {}", self.change, needs.join("; "))
    }
}
