//! Resources, families side by side.

use std::collections::BTreeMap;

use super::text;
use crate::place::{Leg, Placement};
use crate::report::Report;
use crate::report::Synthesis;
use crate::synth::{Figures, by_number};
use crate::target::Family;

/// Data about the resources.
pub struct Resources {
    /// Families that were synthesised.
    pub families: Vec<FamilyView>,
    /// Modules of the library, the largest first.
    pub modules: Vec<ModuleRow>,
    /// Instances of the top level.
    pub instances: Vec<ModuleRow>,
    /// Families that were placed and routed.
    pub placements: Vec<PlacementView>,
    /// The command that synthesises this build.
    pub synthesise: String,
    /// The command that places and routes it.
    pub route: &'static str,
}

/// One family.
pub struct FamilyView {
    /// Its name.
    pub name: String,
    /// The tool that counted.
    pub tool: String,
    /// Unit of block memory.
    pub bram_unit: String,
    /// Totals with thousands separators: LUT, of these memory, flip-flops, block memory, multipliers.
    pub totals: Vec<(String, String)>,
    /// Of the device.
    pub fit: Option<FitView>,
}

/// A design on a device.
pub struct FitView {
    /// The device.
    pub device: String,
    /// Whether it fits.
    pub fits: bool,
    /// Name, used, available, percent.
    pub rows: Vec<UseRow>,
}

/// One kind of resource of a device.
pub struct UseRow {
    /// Its name.
    pub name: String,
    /// Used and available.
    pub used: String,
    /// Percent, at most 100.
    pub percent: f64,
    /// The same as text.
    pub text: String,
}

/// A module, or an instance of one, in every family.
pub struct ModuleRow {
    /// The module's name.
    pub module: String,
    /// The instance; of a module, how many there are.
    pub instance: String,
    /// The model's node.
    pub node: Option<String>,
    /// By family: LUT, flip-flops, block memory, multipliers; and the share of all LUTs in percent.
    pub cells: Vec<Option<([String; 4], f64)>>,
}

/// Place and route.
pub struct PlacementView {
    /// The family.
    pub family: String,
    /// The device.
    pub device: String,
    /// Router, version and seed.
    pub tool: String,
    /// Clocks: name, reached, requested, whether it is met.
    pub clocks: Vec<(String, String, String, bool)>,
    /// Cells of the device.
    pub rows: Vec<UseRow>,
    /// The slowest path from register to register: its delay and where it passes.
    pub path: Option<(String, Vec<LegRow>)>,
    /// The bitstream.
    pub bitstream: Option<String>,
}

/// Part of a path in one instance.
pub struct LegRow {
    /// The model's node, or the instance.
    pub location: String,
    /// Time in cells and on wires, and cells passed.
    pub figures: [String; 3],
}

/// Arranges the figures.
pub fn resources(report: &Report) -> Resources {
    let by = |key: &dyn Fn(&crate::synth::ModuleUse) -> String| {
        let mut rows: BTreeMap<String, (u64, Vec<Option<Figures>>)> = BTreeMap::new();
        for (n, synthesis) in report.synthesis.iter().enumerate() {
            for module in &synthesis.utilisation.modules {
                let entry =
                    rows.entry(key(module)).or_insert_with(|| (0, vec![None; report.synthesis.len()]));
                // Of a family that has more of them the number is the one that counts.
                let before = entry.1[n].take();
                entry.1[n] = Some(sum(before.unwrap_or_default(), &module.figures));
                if n == 0 || entry.1[..n].iter().all(Option::is_none) {
                    entry.0 += 1;
                }
            }
        }
        rows
    };
    let cells = |figures: &[Option<Figures>]| -> Vec<Option<([String; 4], f64)>> {
        let cell = |(figures, synthesis): (&Option<Figures>, &Synthesis)| {
            let all = synthesis.utilisation.total.lut.max(1) as f64;
            figures.as_ref().map(|f| {
                ([f.lut, f.ff, f.bram, f.dsp].map(text::count), (100.0 * f.lut as f64 / all).min(100.0))
            })
        };
        figures.iter().zip(&report.synthesis).map(cell).collect()
    };
    let mut modules: Vec<_> = by(&|module| module.module.clone()).into_iter().collect();
    modules.sort_by_key(|(_, (_, figures))| {
        std::cmp::Reverse(figures.iter().flatten().map(|f| f.lut).max().unwrap_or(0))
    });
    let modules = modules.into_iter().map(|(module, (number, figures))| ModuleRow {
        module: text::shown(&module),
        instance: text::count(number),
        node: None,
        cells: cells(&figures),
    });
    let module_of = |instance: &str| {
        let all = report.synthesis.iter().flat_map(|s| &s.utilisation.modules);
        all.into_iter().find(|m| m.instance == instance).map_or(String::new(), |m| text::shown(&m.module))
    };
    let mut instances: Vec<_> = by(&|module| module.instance.clone()).into_iter().collect();
    // Stages first, in their order.
    instances.sort_by(|(a, _), (b, _)| {
        number(a).is_none().cmp(&number(b).is_none()).then_with(|| by_number(a, b))
    });
    let instances = instances.into_iter().map(|(instance, (_, figures))| ModuleRow {
        module: module_of(&instance),
        node: number(&instance).and_then(|n| report.stages.get(n)).map(|stage| text::shown(&stage.node)),
        instance: text::shown(&instance),
        cells: cells(&figures),
    });
    Resources {
        families: report.synthesis.iter().map(family).collect(),
        modules: modules.collect(),
        instances: instances.collect(),
        placements: report.placements.iter().map(placement).collect(),
        synthesise: match report.summary.device {
            Some(_) => "snn2rtl synth DIR".to_owned(),
            None => format!("snn2rtl synth DIR --family {}", report.summary.family),
        },
        route: match report.summary.family {
            Family::Xc7 | Family::Xcup => "snn2rtl synth DIR --tool vivado",
            Family::Ecp5 | Family::Ice40 | Family::Gowin => "snn2rtl synth DIR --tool nextpnr",
        },
    }
}

/// Stage 3 is the instance `u_s3_…`.
fn number(instance: &str) -> Option<usize> {
    instance.strip_prefix("u_s")?.split('_').next()?.parse().ok()
}

fn sum(a: Figures, b: &Figures) -> Figures {
    Figures {
        lut: a.lut + b.lut,
        ff: a.ff + b.ff,
        bram: a.bram + b.bram,
        uram: a.uram + b.uram,
        dsp: a.dsp + b.dsp,
        lutram: a.lutram + b.lutram,
        carry: a.carry + b.carry,
        other: BTreeMap::new(),
    }
}

fn family(synthesis: &Synthesis) -> FamilyView {
    let utilisation = &synthesis.utilisation;
    let total = &utilisation.total;
    let mut totals: Vec<(String, String)> = [
        ("LUT", total.lut),
        ("of these as memory", total.lutram),
        ("flip-flops", total.ff),
        (&utilisation.bram_unit, total.bram),
        ("multiplier blocks", total.dsp),
    ]
    .map(|(name, figure)| (text::shown(name), text::count(figure)))
    .into();
    if total.uram > 0 {
        totals.push(("URAM288".to_owned(), text::count(total.uram)));
    }
    let fit = synthesis.fit.as_ref().map(|fit| FitView {
        device: text::shown(&fit.device),
        fits: fit.fits,
        rows: fit.resources.iter().map(|r| used(&r.name, r.used, r.available)).collect(),
    });
    FamilyView {
        name: utilisation.family.to_string(),
        tool: text::shown(&format!("{} {}", utilisation.tool, utilisation.tool_version)),
        bram_unit: text::shown(&utilisation.bram_unit),
        totals,
        fit,
    }
}

fn used(name: &str, used: u64, available: u64) -> UseRow {
    let percent = if available > 0 { 100.0 * used as f64 / available as f64 } else { 100.0 };
    UseRow {
        name: text::shown(name),
        used: format!("{} of {}", text::count(used), text::count(available)),
        percent: percent.min(100.0),
        text: if available > 0 { format!("{percent:.1}\u{a0}%") } else { "none there".to_owned() },
    }
}

fn placement(found: &Placement) -> PlacementView {
    let clocks = found.clocks.iter().map(|clock| {
        let mhz = |f: f64| format!("{f:.1} MHz");
        let enough = clock.achieved_mhz >= clock.target_mhz;
        (text::shown(&clock.name), mhz(clock.achieved_mhz), mhz(clock.target_mhz), enough)
    });
    let leg = |leg: &Leg| LegRow {
        location: text::shown(leg.node.as_ref().unwrap_or(&leg.instance)),
        figures: [format!("{:.2}", leg.logic_ns), format!("{:.2}", leg.routing_ns), leg.levels.to_string()],
    };
    let path = found.critical_paths.first();
    PlacementView {
        family: found.family.to_string(),
        device: text::shown(&found.device),
        tool: text::shown(&format!("{} {}, seed {}", found.tool, found.tool_version, found.seed)),
        clocks: clocks.collect(),
        rows: found.resources.iter().map(|r| used(&r.cell, r.used, r.available)).collect(),
        path: path.map(|path| (format!("{:.2} ns", path.delay_ns), path.legs.iter().map(leg).collect())),
        bitstream: found.bitstream.as_deref().map(text::shown),
    }
}
