//! Area of a design before synthesis: look-up tables, flip-flops, block memory and multiplier blocks of every instance
//! of the top level, by formulas that were fitted to Yosys. See `docs/cost-model.md`.
//!
//! Block memory, multiplier blocks and look-up tables used as memory follow the rules of Yosys' mapping
//! (`cost/memory.rs`); logic and registers are sums of products of an instance's quantities (`cost/quantities.rs`) with
//! coefficients from `cost/xc7.json` and `cost/ecp5.json`, which `scripts/calibrate_cost.py` writes.

mod memory;
mod quantities;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::hardware::{Estimate, Figures, InstanceCost, Quantities};
use crate::streaming::design::{Design, Stage};
use crate::target::Family;

/// A sum of products: each with its coefficient and the names of its factors, `lanes*acc`; `1` for none.
type Terms = Vec<(f64, String)>;

/// Coefficients of one module.
#[derive(Deserialize)]
struct Formula {
    lut: Terms,
    ff: Terms,
}

/// Coefficients of a family, by module.
type Formulas = BTreeMap<String, Formula>;

static XC7: LazyLock<Formulas> = LazyLock::new(|| read(include_str!("cost/xc7.json")));
static ECP5: LazyLock<Formulas> = LazyLock::new(|| read(include_str!("cost/ecp5.json")));

/// The files are part of the program; the tests read them.
fn read(text: &str) -> Formulas {
    serde_json::from_str(text).unwrap_or_default()
}

/// Area of a design in a family.
#[must_use]
pub fn estimate(design: &Design, family: Family) -> Estimate {
    let formulas = formulas(family);
    let instances: Vec<InstanceCost> = quantities(design, family)
        .into_iter()
        .zip(owners(design))
        .map(|((instance, module, quantities), owner)| InstanceCost {
            figures: figures(formulas.get(module), &quantities),
            node: owner.map(|stage| stage.node.clone()),
            instance,
            module,
        })
        .collect();
    Estimate {
        family,
        calibrated: matches!(family, Family::Xc7 | Family::Ecp5),
        total: instances.iter().fold(Figures::default(), |sum, instance| sum + instance.figures),
        instances,
    }
}

fn formulas(family: Family) -> &'static Formulas {
    match family {
        Family::Xc7 | Family::Xcup => &XC7,
        Family::Ecp5 | Family::Ice40 | Family::Gowin => &ECP5,
    }
}

/// Area of one stage in a family.
pub(super) fn stage_figures(design: &Design, stage: usize, family: Family) -> Figures {
    let stage = &design.stages[stage];
    figures(formulas(family).get(stage.module()), &quantities::stage(stage, design, family))
}

/// The quantities of each instance of the top level: its name, its module, and the quantities.
#[must_use]
pub fn quantities(design: &Design, family: Family) -> Vec<(String, &'static str, Quantities)> {
    let mut all = vec![
        ("regs".to_owned(), "axi_lite_regs", quantities::registers(design, family)),
        ("input".to_owned(), "axis_input", quantities::input(design, family)),
    ];
    for (number, stage) in design.stages.iter().enumerate() {
        all.push((format!("s{number}"), stage.module(), quantities::stage(stage, design, family)));
    }
    for (number, stream) in design.streams.iter().enumerate() {
        all.push((format!("link_{number}"), "stream_link", quantities::link(stream, design, family)));
    }
    all
}

/// The stage of each of [`quantities`]: `None` for registers and input; a link belongs to its writer.
fn owners(design: &Design) -> impl Iterator<Item = Option<&Stage>> {
    let writer = |stream: usize| design.stages.iter().find(move |stage| stage.outputs.contains(&stream));
    let stages = design.stages.iter().map(Some);
    [None, None].into_iter().chain(stages).chain((0..design.streams.len()).map(writer))
}

fn figures(formula: Option<&Formula>, quantities: &Quantities) -> Figures {
    let of = |name: &str| quantities.get(name).copied().unwrap_or(0.0);
    let term = |(coefficient, factors): &(f64, String)| {
        factors.split('*').fold(*coefficient, |product, name| match name {
            "1" => product,
            name => product * of(name),
        })
    };
    let sum = |terms: Option<&Terms>| terms.map_or(0.0, |terms| terms.iter().map(term).sum::<f64>());
    Figures {
        lut: whole(of("ram_lut") + sum(formula.map(|f| &f.lut))),
        ff: whole(of("ram_ff") + sum(formula.map(|f| &f.ff))),
        bram: whole(of("bram")),
        uram: whole(of("uram")),
        dsp: whole(of("dsp")),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of cells, not below 0")]
fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}
