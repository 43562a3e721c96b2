//! The figures at the top of the page.

use super::text;
use crate::architecture::Architecture;
use crate::report::{Report, Summary};

/// One figure.
pub struct Tile {
    /// Its label.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Details.
    pub note: String,
}

/// The most important available figures.
pub fn tiles(report: &Report) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut tile = |name, value, note| tiles.push(Tile { name, value, note });
    let free = report.cosim.iter().find(|run| run.stall.is_none() && run.mismatches == 0);
    if let Some(golden) = &report.golden {
        let samples = text::plural(golden.samples, "sample", "samples");
        if let Some(accuracy) = golden.accuracy {
            tile("accuracy", format!("{:.2}\u{a0}%", 100.0 * accuracy), samples);
        }
        // Those of an overlay are of another schedule.
        if report.program.is_none() {
            let most = format!("to quiescence; at most {}", text::count(golden.time_steps.max));
            tile("time-steps", text::mean(golden.time_steps.mean), most);
            tile("spikes per neuron", text::mean(golden.spikes_per_neuron), "per sample".to_owned());
        }
    }
    if let Some(run) = free {
        let share =
            run.busiest_utilisation.map(|share| format!("busiest engine at work {}", text::percent(share)));
        tile("cycles per sample", text::mean(run.cycles_per_sample.mean), share.unwrap_or_default());
    }
    let slowest = |clocks: &[crate::place::Clock]| clocks.iter().map(|c| c.achieved_mhz).reduce(f64::min);
    let placed = report.placements.iter().find_map(|p| slowest(&p.clocks).map(|mhz| (mhz, p)));
    let clock = match (&report.summary.clock_hz, &placed) {
        (Some(hz), _) => Some((*hz as f64 / 1e6, "the board's clock".to_owned())),
        (None, Some((mhz, placed))) => Some((*mhz, format!("as routed for {}", placed.family))),
        (None, None) => None,
    };
    if let (Some(run), Some((mhz, which))) = (free, clock) {
        let rate = 1e6 * mhz / run.cycles_per_sample.mean.max(1.0);
        tile("samples per second", text::mean(rate), format!("{mhz:.1} MHz, {which}"));
    }
    if let Some((mhz, placement)) = &placed {
        tile("Fmax", format!("{mhz:.1} MHz"), format!("{}, routed", placement.family));
    }
    if let Some(synthesis) = report.synthesis.first() {
        let utilisation = &synthesis.utilisation;
        let total = &utilisation.total;
        let rest = [
            text::plural(total.ff, "flip-flop", "flip-flops"),
            format!("{} {}", text::count(total.bram), text::shown(&utilisation.bram_unit)),
            format!("{} DSP", text::count(total.dsp)),
        ];
        tile("LUTs", text::count(total.lut), format!("{}: {}", utilisation.family, rest.join(", ")));
    }
    let energy = report.golden.as_ref().filter(|_| report.program.is_none());
    if let Some((energy, ratio)) = energy.and_then(|g| Some((&g.energy, g.energy.ratio?))) {
        let note = format!("of the quantised network's, {}", text::shown(&energy.technology));
        tile("energy, estimated", text::percent(ratio), note);
    }
    tiles
}

/// The input in a few words.
pub fn input(summary: &Summary) -> String {
    let extents: Vec<String> = summary.input_shape.iter().map(ToString::to_string).collect();
    let shape = if extents.is_empty() { String::new() } else { format!("{} of ", extents.join("×")) };
    format!(
        "{shape}{}, {}",
        text::shown(&summary.input_element),
        text::plural(summary.input_lanes, "lane", "lanes")
    )
}

/// Model, target, input, design, line by line.
pub fn facts(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("model", text::shown(&summary.model)),
        ("from", text::shown(&summary.producer)),
        ("target", target(summary)),
        ("input", input(summary)),
        (
            "applied",
            match summary.input_steps {
                1 if summary.architecture == Architecture::Overlay => "at once".to_owned(),
                1 => "at the first time-step".to_owned(),
                n => format!("spread over {}", text::plural(n, "time-step", "time-steps")),
            },
        ),
        ("output", text::plural(summary.classes, "logit", "logits")),
        ("neurons", text::count(summary.neurons)),
        (
            "parameters",
            format!("{} in {}", text::count(summary.parameters), text::bits(summary.parameter_bits)),
        ),
        ("state", text::bits(summary.state_bits)),
    ];
    let precision = match summary.precision {
        None => "exact: nothing in it is rounded".to_owned(),
        Some(precision) => {
            let [residual, affine, exponent, scale] = precision.bits();
            let profile = precision.profile();
            format!(
                "profile {profile}: fraction bits of residual sums {residual}, γ and β {affine}, exponential \
                 {exponent}, softmax scale {scale}"
            )
        }
    };
    facts.push(("precision", precision));
    facts.push(("design", design(summary)));
    facts.push(("top level", text::shown(&summary.top)));
    facts.push(("made by", text::shown(&summary.generator)));
    facts
}

fn design(summary: &Summary) -> String {
    let lanes = text::plural(summary.lanes, "lane", "lanes");
    match summary.fifo_depth {
        Some(depth) => format!(
            "{}, {}, {lanes} by default, FIFOs of {depth} beats at least",
            text::plural(summary.stages, "stage", "stages"),
            text::plural(summary.streams, "stream", "streams"),
        ),
        None => format!("overlay: one engine of {lanes}, run by a program"),
    }
}

fn target(summary: &Summary) -> String {
    let clock = summary.clock_hz.map(|hz| format!(", {:.1} MHz", hz as f64 / 1e6)).unwrap_or_default();
    match (&summary.board, &summary.device) {
        (Some(board), Some(device)) => format!("{} ({}){clock}", text::shown(board), text::shown(device)),
        (_, Some(device)) => text::shown(device),
        (_, None) => "none: the core alone".to_owned(),
    }
}
