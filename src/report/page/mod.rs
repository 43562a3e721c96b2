//! The page: one file with all that it needs, without scripts. `templates/report.html` has the text, the parts of it
//! are in `templates/report/`; what is drawn or arranged for it is made here. The template escapes every string.
//!
//! | file | contents |
//! |---|---|
//! | `text.rs` | numbers and names |
//! | `pipeline.rs`, `program.rs` | stages and the streams between them; program and memories of an overlay |
//! | `raster.rs` | spikes and rates |
//! | `chart.rs` | plots |
//! | `resources.rs` | tables of resources |
//! | `overview.rs` | the figures at the top |

mod chart;
mod overview;
mod pipeline;
mod program;
mod raster;
mod resources;
mod text;

use askama::Template;

pub use chart::picture;

use super::Report;
use super::exploration::{Exploration, Explored};
use super::golden::Scheduled;
use crate::error::{Error, Result};
use overview::Tile;
use pipeline::Pipeline;
use program::ProgramView;
use raster::Bands;
use resources::Resources;

/// Everything on the page.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    title: String,
    tiles: Vec<Tile>,
    facts: Vec<(&'static str, String)>,
    pipeline: Pipeline,
    /// Takes the place of the pipeline and of everything about time-steps of the whole network.
    program: Option<ProgramView<'a>>,
    /// Source of the utilisation.
    basis: &'static str,
    /// Whether bars have a mark.
    marked: bool,
    bands: Option<Bands>,
    accuracy: Option<AccuracyView>,
    cycles: Vec<CycleRow>,
    resources: Resources,
    energy: Option<EnergyView>,
    widest: u32,
    inequalities: u64,
    frontiers: Vec<FrontierView<'a>>,
}

/// Accuracy against time-steps.
struct AccuracyView {
    plot: String,
    description: String,
    steps: Vec<(usize, String, f64)>,
}

/// A stage that works.
struct CycleRow {
    node: String,
    module: String,
    lanes: usize,
    counted: Option<f64>,
    predicted: Option<f64>,
    /// Percent of the cycles of a sample.
    share: f64,
    busiest: bool,
}

/// Both sides of the account.
struct EnergyView {
    qann: String,
    snn: String,
    /// Percent of the larger of both: quantised network, synaptic operations, multiply-accumulates with the input.
    bars: [f64; 3],
    input: String,
    sops: String,
    description: String,
    /// Of each schedule: its name, the spike code, operations, energy, ratio.
    schedules: Vec<[String; 5]>,
}

/// A frontier.
struct FrontierView<'a> {
    exploration: &'a Exploration,
    plot: String,
    description: String,
    measured: Option<String>,
    unit: &'static str,
}

/// Maximum number of time-steps in a table.
const LISTED: usize = 100;

/// The page as HTML.
///
/// # Errors
/// Never for what [`super::collect`] has read; figures that are no numbers cannot be drawn.
pub fn html(report: &Report) -> Result<String> {
    let free = report.cosim.iter().find(|run| run.stall.is_none());
    let predicted =
        report.golden.as_ref().map(|golden| golden.predicted.per_sample).filter(|predicted| *predicted > 0.0);
    let basis = match (free.is_some_and(|run| !run.stages.is_empty()), predicted) {
        (true, _) => "counted by the registers of the hardware in co-simulation",
        (false, Some(_)) => "predicted by the cycle model from measured spikes",
        (false, None) => "",
    };
    let summary = &report.summary;
    let input = overview::input(summary);
    let pipeline = pipeline::pipeline(input, &report.stages, predicted);
    let page = Page {
        report,
        title: text::shown(&summary.model),
        tiles: overview::tiles(report),
        facts: overview::facts(summary),
        marked: pipeline.rows.iter().any(|row| row.predicted.is_some()),
        pipeline,
        program: report.program.as_ref().map(program::view).transpose()?,
        basis,
        bands: report.golden.as_ref().map(raster::bands),
        accuracy: accuracy(report)?,
        cycles: cycles(report),
        resources: resources::resources(report),
        energy: energy(report),
        widest: report
            .proof
            .iter()
            .map(|w| w.accumulator_width.max(w.membrane_width))
            .max()
            .unwrap_or(1)
            .max(1),
        inequalities: report.proof.iter().map(|w| w.inequalities).sum(),
        frontiers: report.explorations.iter().map(|e| frontier(report, e)).collect::<Result<_>>()?,
    };
    let page = page.render().map_err(|e| Error::input(format!("cannot fill in the page: {e}")))?;
    Ok(page + "\n")
}

fn accuracy(report: &Report) -> Result<Option<AccuracyView>> {
    let Some(golden) = &report.golden else { return Ok(None) };
    let Some(steps) = golden.accuracy_per_step.as_deref().filter(|steps| !steps.is_empty()) else {
        return Ok(None);
    };
    let last = steps.last().copied().unwrap_or(0.0);
    let near = steps.iter().rposition(|share| (share - last).abs() > 0.01).map_or(1, |n| n + 2);
    let description = format!(
        "Accuracy over time-steps 1 to {}: {} at the end, within one percentage point of it from time-step {near} on.",
        steps.len(),
        text::percent(last)
    );
    // Of very many time-steps some, and the last.
    let every = steps.len().div_ceil(LISTED);
    let listed = (1..).zip(steps).filter(|(t, _)| (steps.len() - t).is_multiple_of(every));
    Ok(Some(AccuracyView {
        plot: chart::per_step(steps, golden.time_steps.mean)?,
        description,
        steps: listed.map(|(t, share)| (t, text::percent(*share), 100.0 * share)).collect(),
    }))
}

fn cycles(report: &Report) -> Vec<CycleRow> {
    let most = report.stages.iter().filter_map(|stage| stage.utilisation).fold(0.0, f64::max);
    let works = report.stages.iter().filter(|stage| stage.has_register);
    let known = works.filter(|stage| stage.counted.is_some() || stage.predicted.is_some());
    let row = |stage: &super::Stage| {
        let share = stage.utilisation.unwrap_or(0.0);
        CycleRow {
            node: text::shown(&stage.node),
            module: text::shown(&stage.module),
            lanes: stage.lanes,
            counted: stage.counted,
            predicted: stage.predicted,
            share: (100.0 * share).clamp(0.0, 100.0),
            busiest: share > 0.0 && share >= most,
        }
    };
    known.map(row).collect()
}

fn energy(report: &Report) -> Option<EnergyView> {
    let golden = report.golden.as_ref()?;
    let energy = &golden.energy;
    let input = golden.input_macs_per_sample * energy.pj_per_mac / 1e3;
    let sops = golden.sops_per_sample * energy.pj_per_sop / 1e3;
    let most = energy.qann_nj_per_sample.max(energy.snn_nj_per_sample).max(f64::MIN_POSITIVE);
    let bar = |nj: f64| (100.0 * nj / most).clamp(0.0, 100.0);
    Some(EnergyView {
        qann: text::energy(energy.qann_nj_per_sample),
        snn: text::energy(energy.snn_nj_per_sample),
        bars: [bar(energy.qann_nj_per_sample), bar(sops), bar(input)],
        input: text::energy(input),
        sops: text::energy(sops),
        schedules: energy.schedules.iter().map(schedule).collect(),
        description: format!(
            "Quantised network {}, spiking network {} a sample.",
            text::energy(energy.qann_nj_per_sample),
            text::energy(energy.snn_nj_per_sample)
        ),
    })
}

fn schedule(account: &Scheduled) -> [String; 5] {
    [
        account.schedule.clone(),
        account.code.clone(),
        text::mean(account.sops_per_sample),
        text::energy(account.snn_nj_per_sample),
        account.ratio.map(text::percent).unwrap_or_default(),
    ]
}

fn frontier<'a>(report: &Report, exploration: &'a Exploration) -> Result<FrontierView<'a>> {
    let synthesis = report.synthesis.iter().find(|s| s.utilisation.family == exploration.family);
    let run = report.cosim.iter().find(|run| run.stall.is_none() && run.mismatches == 0);
    let point =
        synthesis.zip(run).map(|(s, run)| (s.utilisation.total.lut as f64, run.cycles_per_sample.mean));
    let point = point.filter(|(lut, cycles)| *lut > 0.0 && *cycles > 0.0);
    let measured = point.map(|(lut, cycles)| {
        format!(
            "this build: {} LUTs synthesised, {} cycles co-simulated",
            text::mean(lut),
            text::mean(cycles)
        )
    });
    let ends = exploration.designs.first().zip(exploration.designs.last());
    let end = |d: &Explored| format!("{} cycles with {} LUTs", text::mean(d.cycles), text::count(d.lut));
    let description = ends.map_or_else(
        || "No designs.".to_owned(),
        |(slowest, fastest)| {
            let designs = text::plural(exploration.designs.len(), "design", "designs");
            format!("{designs}, from {} to {}.", end(slowest), end(fastest))
        },
    );
    Ok(FrontierView {
        exploration,
        plot: chart::frontier(exploration, point)?,
        description,
        measured,
        unit: exploration.family.bram_unit(),
    })
}
