//! Plots. Their colours are names: the page's style sheet replaces each by one that fits the scheme.

use plotters::prelude::*;

use crate::error::{Error, Result};

/// Width of a plot; its height is its own.
const WIDTH: u32 = 440;
/// Maximum number of points that are drawn with dots.
const DOTS: usize = 64;
/// Text, axes, grid, series, marks: `templates/report.css` knows these values.
const INK: RGBColor = RGBColor(0x44, 0x44, 0x44);
const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
const SERIES: RGBColor = RGBColor(0x1F, 0x5F, 0xBF);
const MARK: RGBColor = RGBColor(0xC0, 0x39, 0x2B);

/// Family and size of text. The size is that of a line: letters are a fifth smaller.
const TEXT: (&str, u32) = ("sans-serif", 18);

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
    draw(300, |area| {
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

/// Cycles against look-up tables, both in powers of ten: the frontier, the chosen one of its designs, and a design as
/// it was measured.
///
/// # Errors
/// Never for finite numbers.
pub fn frontier(
    points: &[(f64, f64)],
    chosen: Option<usize>,
    measured: Option<(f64, f64)>,
) -> Result<String> {
    let all: Vec<(f64, f64)> = points.iter().copied().chain(measured).collect();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = all.iter().map(of).fold(f64::INFINITY, f64::min).max(1.0);
        let high = all.iter().map(of).fold(1.0, f64::max);
        (low.min(high) / 1.4)..(high * 1.4)
    };
    let (x, y) = (range(|p| p.0), range(|p| p.1));
    draw(340, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(46)
            .y_label_area_size(98)
            .build_cartesian_2d(
                x.clone().log_scale().with_key_points(ticks(&x)),
                y.clone().log_scale().with_key_points(ticks(&y)),
            )?;
        let round =
            |value: &f64| super::text::mean(*value).trim_end_matches(".00").trim_end_matches(".0").to_owned();
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(TEXT.into_font().color(&INK))
            .x_labels(5)
            .y_labels(6)
            .x_label_formatter(&round)
            .y_label_formatter(&round)
            .axis_desc_style(TEXT.into_font().color(&INK))
            .x_desc("LUTs")
            .y_desc("cycles a sample")
            .draw()?;
        chart.draw_series(LineSeries::new(points.iter().copied(), SERIES.stroke_width(2)))?;
        chart.draw_series(points.iter().map(|&p| Circle::new(p, 3, SERIES.filled())))?;
        if let Some(&point) = chosen.and_then(|n| points.get(n)) {
            chart.draw_series([Circle::new(point, 8, MARK.stroke_width(2))])?;
        }
        if let Some(point) = measured {
            chart.draw_series([Cross::new(point, 6, MARK.stroke_width(3))])?;
        }
        Ok(())
    })
}

/// 1, 2 and 5 times the powers of ten in a range; only the powers where they are many.
fn ticks(range: &std::ops::Range<f64>) -> Vec<f64> {
    let decades = (range.end / range.start).log10();
    let steps: &[f64] = if decades > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = (-2..12).map(|n| 10f64.powi(n));
    let all = powers.flat_map(|power| steps.iter().map(move |step| step * power));
    all.filter(|tick| range.contains(tick)).collect()
}

/// Draws into a picture.
fn draw(
    height: u32,
    with: impl Fn(&DrawingArea<SVGBackend<'_>, plotters::coord::Shift>) -> Drawn,
) -> Result<String> {
    let mut text = String::new();
    let mut drawn = || -> Drawn {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        with(&area)?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|e| Error::input(format!("a plot cannot be drawn: {e}")))?;
    Ok(text)
}
