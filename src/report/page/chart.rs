//! Plots. Their colours are names: the page's style sheet replaces each by one that fits the scheme.

use plotters::prelude::*;

use crate::architecture::{Architecture, Roofline, Span, Value};
use crate::error::{Error, Result};
use crate::report::exploration::{Exploration, Explored};

/// Width of a plot; its height is its own.
const WIDTH: u32 = 440;
/// Maximum number of points that are drawn with dots.
const DOTS: usize = 64;
/// Text, axes, grid, series, marks, designs off the frontier, paper: `templates/report.css` knows these values.
const INK: RGBColor = RGBColor(0x44, 0x44, 0x44);
const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
const SERIES: RGBColor = RGBColor(0x1F, 0x5F, 0xBF);
const MARK: RGBColor = RGBColor(0xC0, 0x39, 0x2B);
const DOMINATED: RGBColor = RGBColor(0x99, 0x99, 0x99);
const PAPER: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);

/// Family and size of text. The size is that of a line: letters are a fifth smaller.
const TEXT: (&str, u32) = ("sans-serif", 18);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// Shares in percent after each time-step; `ended` is the mean number of steps to quiescence.
///
/// # Errors
/// Never for finite numbers.
pub fn per_step(shares: &[f64], ended: f64) -> Result<String> {
    let points: Vec<(f64, f64)> =
        shares.iter().enumerate().map(|(n, s)| ((n + 1) as f64, 100.0 * s)).collect();
    let last = points.len().max(2) as f64;
    let low = points.iter().map(|p| p.1).fold(100.0, f64::min);
    let (low, high) = ((low / 10.0).floor() * 10.0, 100.0);
    draw(WIDTH, 300, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(54)
            .build_cartesian_2d(0.5..last + 0.5, low.min(high - 10.0)..high)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(TEXT.into_font().color(&INK))
            .x_labels(points.len().clamp(2, 12))
            .y_labels(6)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .axis_desc_style(TEXT.into_font().color(&INK))
            .x_desc("time-step")
            .y_desc("accuracy in %")
            .draw()?;
        if ended >= 1.0 && ended <= last + 0.5 {
            chart.draw_series(LineSeries::new([(ended, low), (ended, high)], MARK.stroke_width(1)))?;
        }
        chart.draw_series(LineSeries::new(points.iter().copied(), SERIES.stroke_width(2)))?;
        if points.len() <= DOTS {
            chart.draw_series(points.iter().map(|&p| Circle::new(p, 3, SERIES.filled())))?;
        }
        Ok(())
    })
}

/// The designs of an exploration, cycles against look-up tables, on logarithmic axes: a line through those on the frontier,
/// the others grey, designs that do not fit the device hollow, a ring around the chosen one, a cross where a design was
/// measured.
///
/// # Errors
/// Never for finite numbers.
pub fn frontier(found: &Exploration, measured: Option<(f64, f64)>) -> Result<String> {
    draw(WIDTH, 340, |area| designs(area, found, measured, TEXT))
}

/// The same as a picture of its own, with a title and a key.
///
/// # Errors
/// As [`frontier`].
pub fn picture(found: &Exploration) -> Result<String> {
    draw(820, 560, |area| {
        area.fill(&WHITE)?;
        let title = format!("{}: designs for {}", crate::error::printable(&found.model), found.family);
        let area = area.titled(&title, ("sans-serif", 24).into_font().color(&INK))?;
        let hollow = found.designs.iter().any(|design| design.fits == Some(false));
        let fits = if hollow { "; hollow: does not fit" } else { "" };
        let of = |overlay: bool| found.designs.iter().any(|design| is_overlay(design) == overlay);
        let kinds = if of(true) && of(false) { "squares: streaming; " } else { "" };
        let bound = found.designs.iter().any(Explored::is_memory_bound);
        let kinds = format!("{kinds}{}", if bound { "triangles: limited by memory; " } else { "" });
        let key = format!("{kinds}line: frontier; grey: slower or larger than another{fits}; ring: chosen");
        let (plot, below) = area.split_vertically(500);
        below.draw(&Text::new(key, (98, 4), ("sans-serif", 16).into_font().color(&INK)))?;
        designs(&plot, found, None, TEXT)
    })
}

/// Values in a memory: from their first to their last instruction, at their words.
///
/// # Errors
/// Never for finite numbers.
pub fn memory(values: &[Value], words: usize, instructions: usize) -> Result<String> {
    let (across, high) = (instructions.max(1) as f64, words.max(1) as f64);
    draw(820, 300, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(88)
            .build_cartesian_2d(0.0..across, 0.0..high)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(TEXT.into_font().color(&INK))
            .x_labels(10)
            .y_labels(6)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .axis_desc_style(TEXT.into_font().color(&INK))
            .x_desc("instruction")
            .y_desc("word")
            .draw()?;
        for value in values {
            let corners = [
                (value.begin as f64, value.first as f64),
                ((value.end + 1) as f64, (value.first + value.words) as f64),
            ];
            chart.draw_series([Rectangle::new(corners, SERIES.mix(0.35).filled())])?;
            chart.draw_series([Rectangle::new(corners, SERIES.stroke_width(1))])?;
        }
        Ok(())
    })
}

fn designs(
    area: &Area<'_>,
    found: &Exploration,
    measured: Option<(f64, f64)>,
    text: (&'static str, u32),
) -> Drawn {
    let point = |design: &Explored| (design.lut as f64, design.cycles);
    let all: Vec<(f64, f64)> = found.designs.iter().map(point).chain(measured).collect();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = all.iter().map(of).fold(f64::INFINITY, f64::min).max(1.0);
        let high = all.iter().map(of).fold(1.0, f64::max);
        (low.min(high) / 1.4)..(high * 1.4)
    };
    let (x, y) = (range(|p| p.0), range(|p| p.1));
    let mut chart =
        ChartBuilder::on(area).margin(10).x_label_area_size(46).y_label_area_size(88).build_cartesian_2d(
            x.clone().log_scale().with_key_points(ticks(&x)),
            y.clone().log_scale().with_key_points(ticks(&y)),
        )?;
    chart
        .configure_mesh()
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(text.into_font().color(&INK))
        .x_labels(8)
        .y_labels(8)
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .axis_desc_style(text.into_font().color(&INK))
        .x_desc("look-up tables (LUT)")
        .y_desc("clock cycles per sample")
        .draw()?;
    let overlays = found.designs.iter().any(is_overlay);
    let on_frontier = found.designs.iter().filter(|design| design.on_frontier).map(point);
    chart.draw_series(LineSeries::new(on_frontier, SERIES.stroke_width(2)))?;
    for design in &found.designs {
        let colour = if design.on_frontier { SERIES } else { DOMINATED };
        let styles = match design.fits {
            Some(false) => vec![PAPER.filled(), colour.stroke_width(2)],
            Some(true) | None => vec![colour.filled()],
        };
        for style in styles {
            if design.is_memory_bound() {
                chart.draw_series([TriangleMarker::new(point(design), 6, style)])?;
            // Where there are overlays, streaming designs are squares.
            } else if overlays && !is_overlay(design) {
                let square = Rectangle::new([(-4, -4), (4, 4)], style);
                chart.draw_series([EmptyElement::at(point(design)) + square])?;
            } else {
                chart.draw_series([Circle::new(point(design), 4, style)])?;
            }
        }
    }
    if let Some(design) = found.designs.iter().find(|design| design.chosen) {
        chart.draw_series([Circle::new(point(design), 9, MARK.stroke_width(2))])?;
    }
    if let Some(point) = measured {
        chart.draw_series([Cross::new(point, 6, MARK.stroke_width(3))])?;
    }
    Ok(())
}

fn is_overlay(design: &Explored) -> bool {
    design.folding.architecture() == Architecture::Overlay
}

/// When instructions are executed: a line for each unit in each layer, in the order of their begins.
///
/// # Errors
/// Never for finite numbers.
pub fn timeline(spans: &[Span]) -> Result<String> {
    const LINE: u32 = 16;
    let last = spans.iter().map(|span| span.end_cycle).max().unwrap_or(0).max(1) as f64;
    let height = 70 + LINE * u32::try_from(spans.len()).unwrap_or(1).max(1);
    let lines = spans.len().max(1) as f64;
    draw(820, height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(240)
            .build_cartesian_2d(0.0..last, lines..0.0)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 13).into_font().color(&INK))
            .x_labels(8)
            .y_labels(0)
            .x_label_formatter(&short)
            .axis_desc_style(TEXT.into_font().color(&INK))
            .x_desc("clock cycles")
            .draw()?;
        for (n, span) in spans.iter().enumerate() {
            let (top, colour) = (n as f64, unit_colour(&span.unit));
            let end = span.end_cycle.max(span.begin_cycle + 1);
            let corners = [(span.begin_cycle as f64, top + 0.15), (end as f64, top + 0.85)];
            chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            let style = ("sans-serif", 13).into_font().color(&INK);
            let text = Text::new(format!("{} {}", span.unit, brief(&span.node)), (-232, 1), style);
            chart.draw_series([EmptyElement::at((0.0, top)) + text])?;
        }
        Ok(())
    })
}

/// Additions a cycle against additions for each byte of weights: a dot for each layer, a ring for the whole sample, and the
/// roofs of memory and adders.
///
/// # Errors
/// Never for finite numbers.
pub fn roofline(roofline: &Roofline) -> Result<String> {
    let peak = roofline.additions_per_cycle.max(1) as f64;
    let point = |additions: u64, bytes: u64, cycles: f64| {
        (additions.max(1) as f64 / bytes.max(1) as f64, additions.max(1) as f64 / cycles.max(1.0))
    };
    let layers = roofline.layers.iter().map(|layer| {
        let cycles = roofline.cycles_of_memory(layer).max(layer.compute_cycles as f64);
        point(layer.additions, layer.weight_bytes, cycles)
    });
    let layers: Vec<(f64, f64)> = layers.collect();
    let additions = roofline.layers.iter().map(|layer| layer.additions).sum();
    let whole = point(additions, roofline.weight_bytes, roofline.least_cycles());
    let knee = peak / roofline.bytes_per_cycle;
    let every = || layers.iter().copied().chain([whole, (knee, peak)]);
    let x = every().map(|p| p.0).fold(f64::INFINITY, f64::min) / 4.0;
    let x = x..every().map(|p| p.0).fold(0.0, f64::max) * 4.0;
    let low = every().map(|p| p.1).fold(f64::INFINITY, f64::min).min(x.start * roofline.bytes_per_cycle);
    let y = low / 2.0..peak * 2.0;
    draw(WIDTH, 340, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(88)
            .build_cartesian_2d(
                x.clone().log_scale().with_key_points(ticks(&x)),
                y.clone().log_scale().with_key_points(ticks(&y)),
            )?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(TEXT.into_font().color(&INK))
            .x_labels(8)
            .y_labels(8)
            .x_label_formatter(&short)
            .y_label_formatter(&short)
            .axis_desc_style(TEXT.into_font().color(&INK))
            .x_desc("additions for a byte of weights")
            .y_desc("additions a cycle")
            .draw()?;
        let roof = [(x.start, x.start * roofline.bytes_per_cycle), (knee, peak), (x.end, peak)];
        chart.draw_series(LineSeries::new(roof, MARK.stroke_width(2)))?;
        chart.draw_series(layers.iter().map(|&p| Circle::new(p, 4, SERIES.filled())))?;
        chart.draw_series([Circle::new(whole, 8, SERIES.stroke_width(2))])?;
        Ok(())
    })
}

/// The colour of a unit: those of series, marks and designs off the frontier.
fn unit_colour(unit: &str) -> RGBColor {
    match unit {
        "engine" => SERIES,
        "softmax" => MARK,
        _ => DOMINATED,
    }
}

/// A name that fits beside a line.
fn brief(name: &str) -> String {
    const LETTERS: usize = 28;
    let name = crate::error::printable(name);
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

/// `50 k`, `1.5 M`: a tick of an axis.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "plotters calls it so")]
fn short(value: &f64) -> String {
    match *value {
        v if v >= 1e9 => format!("{} G", v / 1e9),
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1e3 => format!("{} k", v / 1e3),
        v => v.to_string(),
    }
}

/// Round numbers in a range: the fewer powers of ten it spans, the more between them.
fn ticks(range: &std::ops::Range<f64>) -> Vec<f64> {
    let decades = (range.end / range.start).log10();
    let steps: &[f64] = match decades {
        d if d > 3.0 => &[1.0],
        d if d > 1.0 => &[1.0, 2.0, 5.0],
        _ => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
    };
    let powers = (-6..12).map(|n| 10f64.powi(n));
    let all = powers.flat_map(|power| steps.iter().map(move |step| step * power));
    all.filter(|tick| range.contains(tick)).collect()
}

/// Draws into a picture.
fn draw(width: u32, height: u32, with: impl Fn(&Area<'_>) -> Drawn) -> Result<String> {
    let mut text = String::new();
    let mut drawn = || -> Drawn {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        with(&area)?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|e| Error::input(format!("a plot cannot be drawn: {e}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{short, ticks};

    #[test]
    fn axes_have_round_numbers_in_words() {
        let words = |range| ticks(&range).iter().map(short).collect::<Vec<_>>();
        assert_eq!(words(18_000.0..95_000.0), ["20 k", "30 k", "40 k", "50 k", "60 k", "80 k"]);
        assert_eq!(words(1_200.0..60_000.0), ["2 k", "5 k", "10 k", "20 k", "50 k"]);
        assert_eq!(words(800.0..3e8), ["1 k", "10 k", "100 k", "1 M", "10 M", "100 M"]);
    }
}
