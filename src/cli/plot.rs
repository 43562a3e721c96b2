//! Pictures.

use std::io::Write;
use std::path::Path;

use plotters::prelude::*;

use crate::error::{Error, Result, printable};
use crate::folder;
use crate::target::Family;

/// Draws cycles against LUTs, both in powers of ten, with the chosen design marked.
///
/// # Errors
/// When the file cannot be written.
pub fn frontier(
    path: &Path,
    model: &str,
    family: Family,
    points: &[(f64, f64)],
    chosen: Option<usize>,
) -> Result<()> {
    let mut file = folder::begin_file(path)?;
    let text = draw(model, family, points, chosen)
        .map_err(|e| Error::input(format!("the picture cannot be drawn: {e}")).at_file(path))?;
    file.write_all(text.as_bytes()).map_err(|e| Error::io("write", path, &e))?;
    folder::finish_file(file, path)
}

fn draw(
    model: &str,
    family: Family,
    points: &[(f64, f64)],
    chosen: Option<usize>,
) -> std::result::Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (760, 480)).into_drawing_area();
        area.fill(&WHITE)?;
        let range = |of: fn(&(f64, f64)) -> f64| {
            let low = points.iter().map(of).fold(f64::INFINITY, f64::min).max(1.0);
            let high = points.iter().map(of).fold(1.0, f64::max);
            (low.min(high) / 1.3)..(high * 1.3)
        };
        let title = format!("{}: cycles a sample against LUTs, {family}", printable(model));
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 18))
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(84)
            .build_cartesian_2d(range(|p| p.0).log_scale(), range(|p| p.1).log_scale())?;
        chart.configure_mesh().x_desc("LUTs, estimated").y_desc("cycles a sample").draw()?;
        chart.draw_series(LineSeries::new(points.iter().copied(), &BLUE))?;
        chart.draw_series(points.iter().map(|&p| Circle::new(p, 4, BLUE.filled())))?;
        if let Some(&point) = chosen.and_then(|n| points.get(n)) {
            chart.draw_series([Circle::new(point, 8, RED.stroke_width(2))])?;
        }
        area.present()?;
    }
    Ok(text)
}
