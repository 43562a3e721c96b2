//! The picture of the pipeline: one row per stage in the order of the data, streams as tracks beside them. A stream
//! keeps its track from the stage that writes it to the stage that reads it.

use std::fmt::Write;

use super::text;
use crate::report::Stage;

/// Between two tracks.
const STEP: usize = 14;
/// Height of a row.
const HEIGHT: usize = 26;

/// The picture.
pub struct Pipeline {
    /// Width of the tracks.
    pub width: usize,
    /// Height of a row.
    pub height: usize,
    /// The input, then the stages.
    pub rows: Vec<Row>,
}

/// A stage.
pub struct Row {
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Output and lanes.
    pub size: String,
    /// Tracks in this row: a path.
    pub tracks: String,
    /// Position of its dot.
    pub x: usize,
    /// Whether it only passes beats through.
    pub passes: bool,
    /// Share of cycles in which it works, in percent.
    pub share: Option<f64>,
    /// The same as text.
    pub percent: String,
    /// Share predicted by the cycle model, in percent.
    pub predicted: Option<f64>,
    /// Whether no other works longer.
    pub busiest: bool,
}

/// Draws the stages; `predicted` are the cycles per sample of the cycle model, more than 0.
pub fn pipeline(input: String, stages: &[Stage], predicted: Option<f64>) -> Pipeline {
    let mut tracks = Tracks::default();
    let most = stages.iter().filter_map(|stage| stage.utilisation).fold(0.0, f64::max);
    let mut rows = Vec::new();
    let (x, path) = tracks.row(&[], &[0]);
    rows.push(Row {
        node: "input".to_owned(),
        module: "axis_input".to_owned(),
        size: input,
        tracks: path,
        x,
        passes: true,
        share: None,
        percent: String::new(),
        predicted: None,
        busiest: false,
    });
    for stage in stages {
        let (x, path) = tracks.row(&stage.inputs, &stage.outputs);
        let share = stage.utilisation.filter(|_| stage.has_register || stage.counted.is_none());
        rows.push(Row {
            node: text::shown(&stage.node),
            module: text::shown(&stage.module),
            size: format!(
                "{}×{}, {}",
                stage.rows,
                stage.channels,
                text::plural(stage.lanes, "lane", "lanes")
            ),
            tracks: path,
            x,
            passes: !stage.has_register,
            share: share.map(|share| (100.0 * share).clamp(0.0, 100.0)),
            percent: share.map_or_else(String::new, text::percent),
            // Beside the same figure it would say nothing.
            predicted: stage
                .counted
                .and(stage.predicted)
                .zip(predicted)
                .map(|(busy, all)| (100.0 * busy / all).min(100.0)),
            busiest: share.is_some_and(|share| share > 0.0 && share >= most),
        });
    }
    Pipeline { width: STEP * (tracks.most + 1), height: HEIGHT, rows }
}

/// Which stream is on which track.
#[derive(Default)]
struct Tracks {
    streams: Vec<Option<usize>>,
    /// Tracks that were ever in use.
    most: usize,
}

impl Tracks {
    /// A row that ends some streams and begins others: where its dot is, and the lines.
    fn row(&mut self, ends: &[usize], begins: &[usize]) -> (usize, String) {
        let middle = HEIGHT / 2;
        let x = |track: usize| STEP * track + STEP / 2 + 1;
        let mut path = String::new();
        let arriving: Vec<usize> =
            (0..self.streams.len()).filter(|&t| self.streams[t].is_some_and(|s| ends.contains(&s))).collect();
        let own = arriving.first().copied().unwrap_or_else(|| self.free());
        for track in 0..self.streams.len() {
            if self.streams[track].is_some() && !arriving.contains(&track) {
                let _ = write!(path, "M{} 0V{HEIGHT}", x(track));
            }
        }
        for &track in &arriving {
            self.streams[track] = None;
            let _ = write!(path, "M{} 0{}", x(track), curve(x(track), 0, x(own), middle));
        }
        for (n, &stream) in begins.iter().enumerate() {
            let track = if n == 0 { own } else { self.free() };
            self.take(track, stream);
            let _ = write!(path, "M{} {middle}{}", x(own), curve(x(own), middle, x(track), HEIGHT));
        }
        self.most = self.most.max(own + 1);
        (x(own), path)
    }

    fn free(&self) -> usize {
        self.streams.iter().position(Option::is_none).unwrap_or(self.streams.len())
    }

    fn take(&mut self, track: usize, stream: usize) {
        if track >= self.streams.len() {
            self.streams.resize(track + 1, None);
        }
        self.streams[track] = Some(stream);
        self.most = self.most.max(track + 1);
    }
}

/// A line downwards, bent where it changes its track.
fn curve(x0: usize, y0: usize, x1: usize, y1: usize) -> String {
    if x0 == x1 {
        return format!("V{y1}");
    }
    let middle = usize::midpoint(y0, y1);
    format!("C{x0} {middle} {x1} {middle} {x1} {y1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_keeps_its_track_and_frees_it() {
        let mut tracks = Tracks::default();
        assert_eq!(tracks.row(&[], &[0]).0, 8);
        // A fork: the second branch goes past the next stage to the sum.
        tracks.row(&[0], &[1, 2]);
        let (x, path) = tracks.row(&[1], &[3]);
        assert_eq!((x, path.contains("M22 0V26")), (8, true), "{path}");
        let (x, path) = tracks.row(&[2, 3], &[4]);
        assert_eq!((x, path.matches('M').count(), path.contains("M22 0C")), (8, 3, true), "{path}");
        assert_eq!((tracks.free(), tracks.most), (1, 2));
        // A separate source begins next to the active tracks.
        assert_eq!(tracks.row(&[], &[5]).0, 22);
    }
}
