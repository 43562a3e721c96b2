//! Windows: convolutions, and pools of maxima. Fetch reads, for each pixel of the result, the pixels of the source that its
//! taps see; where they are follows from a line entry and a column entry of the window table, so padding takes no time.

use super::accumulate::{Columns, Sums};
use super::constants::Block;
use super::item::{Access, Port};
use super::layout::{Layout, Split};
use super::lower::{Lowering, STREAM, Tracer, View, refused};
use crate::error::Result;
use crate::graph::NodeId;
use crate::integer::{Linear, MaxPool, Window};
use crate::overlay::isa::Fetch;
use crate::overlay::window::WindowEntry;

/// What a window reads.
struct Pixels {
    tracer: Tracer,
    /// Positions of the channels of a pixel.
    layout: Layout,
    /// Words of a pixel in a step, and pixels of a row of the source.
    words: usize,
    per_row: usize,
    /// First row that is read.
    first: usize,
}

/// Which inputs the chunks of a convolution read.
struct Slices {
    outer: usize,
    inner: usize,
    /// Channels of a slice; none if chunks read all of them.
    channels: Option<usize>,
}

impl Lowering<'_> {
    /// A convolution or an average pool.
    pub fn convolution(
        &mut self,
        view: View,
        linear: &Linear,
        window: &Window,
        columns: Option<Columns>,
    ) -> Result<Sums> {
        let pixels = self.pixels(view, window)?;
        let chunks = self.columns(linear.outputs, columns);
        let slices = self.slices(window, linear.outputs, &pixels.layout, &chunks, columns);
        let (layout, lanes) = (&pixels.layout, self.options.lanes);
        let (depth, part) = (window.depth(), linear.outputs / window.groups);
        let weight = |tap: usize, input: usize, column: usize| match input / depth == column / part {
            true => linear.weights[(tap * depth + input % depth) * linear.outputs + column],
            false => 0,
        };
        let block = Block::Linear(view.root, layout.clone(), chunks.clone());
        self.widths.weight.take_range(linear.weight);
        let (words, span) = match slices.channels {
            None => (self.block(block, layout, window.taps(), &chunks, weight), layout.reach()),
            Some(channels) => {
                // A chunk has words for its own slice only.
                let slice = Layout::dense(channels, self.options.group());
                let first = |column: usize| column / lanes / slices.inner * channels;
                let of = |tap: usize, input: usize, column: usize| weight(tap, first(column) + input, column);
                (self.block(block, &slice, window.taps(), &chunks, of), channels)
            }
        };
        let (mut fetch, access) = self.seen(view, window, &pixels, span)?;
        let chunk_words = window.taps() * span;
        fetch.words = words as u128;
        fetch.outer = slices.outer as u128;
        fetch.inner = slices.inner as u128;
        fetch.inner_words = chunk_words as u128;
        let outer_words = (slices.inner * chunk_words) as i128;
        match slices.channels {
            None => {
                fetch.slice_groups = layout.groups as u128;
                fetch.outer_words = outer_words as u128;
            }
            Some(channels) => {
                let groups = (channels / self.options.group()) as u128;
                (fetch.slice_step, fetch.slice_groups) = (groups, groups);
                fetch.outer_words = modulo(outer_words - channels as i128);
            }
        }
        let (rows, channels, total) = (view.count, linear.outputs, linear.total);
        Ok(Sums { fetch, accesses: vec![access], rows, channels, chunks, total, ragged: false })
    }

    /// The largest of what windows see: through an identity matrix, tap by tap.
    pub fn max_pool(&mut self, view: View, pool: &MaxPool, columns: Option<Columns>) -> Result<Sums> {
        let window = &pool.window;
        let pixels = self.pixels(view, window)?;
        let (channels, lanes) = (window.channels, self.options.lanes);
        let chunks = self.columns(channels, columns);
        self.widths.weight.take(1);
        self.widths.pool.take(pixels.tracer.range.0.into());
        self.widths.pool.take(pixels.tracer.range.1.into());
        let (mut fetch, access) = self.seen(view, window, &pixels, 0)?;
        fetch.maximum = 1;
        let layout = &pixels.layout;
        let identity = |_: usize, input: usize, column: usize| i64::from(input == column);
        let plain = columns.is_none() && layout.is_dense();
        if plain && (channels <= lanes || channels.is_multiple_of(lanes)) {
            let all: Vec<Vec<Option<usize>>> = vec![(0..lanes).map(Some).collect()];
            let square = Layout { positions: (0..lanes).collect(), groups: lanes / self.options.group() };
            fetch.words = self.block(Block::Square, &square, 1, &all, identity) as u128;
            (fetch.outer, fetch.inner) = (chunks.len() as u128, 1);
            fetch.slice_groups = layout.groups as u128;
            if chunks.len() > 1 {
                (fetch.slice_step, fetch.slice_groups) = (square.groups as u128, square.groups as u128);
                fetch.outer_words = modulo(-(lanes as i128));
            }
        } else {
            let block = Block::Identity(layout.clone(), chunks.clone());
            fetch.words = self.block(block, layout, 1, &chunks, identity) as u128;
            (fetch.outer, fetch.inner) = (1, chunks.len() as u128);
            fetch.slice_groups = layout.groups as u128;
            fetch.inner_words = layout.reach() as u128;
        }
        Ok(Sums {
            fetch,
            accesses: vec![access],
            rows: view.count,
            channels,
            chunks,
            total: pool.total,
            ragged: false,
        })
    }

    /// Spikes of the pixels that a window reads.
    fn pixels(&mut self, view: View, window: &Window) -> Result<Pixels> {
        let name = self.name(view.root);
        let source_id: NodeId = self.network.inputs(view.root)[0];
        let source = self.view(source_id);
        let columns = self.network.node(source_id).shape.channels();
        if !view.whole {
            return Err(refused(name, "some rows of a convolution or pool are read", STREAM));
        }
        let sees = |d: usize| (0..window.output()[d]).all(|o| window.clipped(d, o).count > 0);
        if !sees(0) || !sees(1) {
            let problem = "a window that sees padding only at some place";
            return Err(refused(name, problem, "use less padding than the kernel reaches"));
        }
        let (words, per_row, tracer, layout);
        if self.is_raw(source.root) {
            if !source.whole {
                return Err(refused(name, "it reads some rows of the input", STREAM));
            }
            tracer = self.raw(source.root, window.source().rows(), window.channels)?;
            (words, per_row) = (self.row_words(&tracer.layout), 1);
            layout = tracer.layout.clone();
        } else if columns == window.channels {
            tracer = self.tracer(source.root, None)?;
            (words, per_row) = (self.row_words(&tracer.layout), 1);
            layout = tracer.layout.clone();
        } else if columns.is_multiple_of(window.channels) {
            let split = Split::aligned(window.channels, self.options.fetch_width);
            tracer = self.tracer(source.root, Some(split))?;
            (words, per_row) = (split.pitch / self.options.fetch_width, columns / window.channels);
            layout = Layout {
                positions: (0..window.channels).collect(),
                groups: split.pitch / self.options.group(),
            };
        } else {
            let problem = format!("it reads pixels of {} channels from rows of {columns}", window.channels);
            return Err(refused(name, problem, STREAM));
        }
        Ok(Pixels { tracer, layout, words, per_row, first: source.first })
    }

    /// The fields of a fetch instruction that say where pixels and, if a tap takes `tap_words`, their weights are.
    fn seen(
        &mut self,
        view: View,
        window: &Window,
        pixels: &Pixels,
        tap_words: usize,
    ) -> Result<(Fetch, Access)> {
        let Pixels { tracer, words, per_row, first, .. } = pixels;
        let row_words = self.row_words(&tracer.layout);
        let scale = [window.size[1] * words, *words];
        let taps = [window.kernel[1] * tap_words, tap_words];
        let mut entries = |d: usize| {
            let entry = |o: usize| {
                let clipped = window.clipped(d, o);
                WindowEntry {
                    count: clipped.count,
                    words: clipped.tap * taps[d],
                    source: clipped.at * scale[d],
                }
            };
            let one: Vec<WindowEntry> = (0..window.output()[d]).map(entry).collect();
            // The lines of a further map are further lines.
            let maps = if d == 0 { window.frames } else { 1 };
            let map_words = window.size[0] * scale[0];
            let of_map = |map: usize| {
                one.iter().map(move |entry| WindowEntry { source: entry.source + map * map_words, ..*entry })
            };
            self.constants.windows.place((0..maps).flat_map(of_map).collect())
        };
        let (line_entries, column_entries) = (entries(0) as u128, entries(1) as u128);
        let rows = (0..view.count).map(|pixel| {
            let rows = window.rows(pixel).map(|(_, row)| first + row / per_row);
            let (low, high) = rows.fold((usize::MAX, 0), |(low, high), r| (low.min(r), high.max(r + 1)));
            (low, high)
        });
        let most = |d: usize| (0..window.output()[d]).map(|o| window.clipped(d, o).count).max().unwrap_or(1);
        let at_once = if window.places.is_none() { window.taps() } else { most(0) * most(1) };
        let offset = first * row_words;
        let access = Access { buffer: tracer.buffer, port: Port::Source, offset, rows: rows.collect() };
        let fetch = Fetch {
            doubling: tracer.doubling.into(),
            input: tracer.input.into(),
            rows: view.count as u128,
            steps: tracer.steps as u128,
            step_stride: (tracer.rows * row_words) as u128,
            segments: at_once as u128,
            segment_stride: (window.dilation[1] * words) as u128,
            segment_words: tap_words as u128,
            columns: window.output()[1] as u128,
            line_entries,
            column_entries,
            line_stride: (window.dilation[0] * scale[0]) as u128,
            line_words: taps[0] as u128,
            ..Fetch::default()
        };
        Ok((fetch, access))
    }

    /// Chunks that read their own groups of channels only, where groups and chunks fit each other.
    fn slices(
        &self,
        window: &Window,
        outputs: usize,
        layout: &Layout,
        chunks: &[Vec<Option<usize>>],
        columns: Option<Columns>,
    ) -> Slices {
        let (lanes, fire_lanes) = (self.options.lanes, self.options.group());
        let (depth, part) = (window.depth(), outputs / window.groups);
        let all = Slices { outer: 1, inner: chunks.len(), channels: None };
        let fits = columns.is_none() && layout.is_dense() && window.groups > 1 && outputs > lanes;
        if !fits || !outputs.is_multiple_of(lanes) {
            return all;
        }
        let (inner, channels) = match (lanes.is_multiple_of(part), part.is_multiple_of(lanes)) {
            (true, _) => (1, lanes / part * depth),
            (_, true) => (part / lanes, depth),
            _ => return all,
        };
        if !channels.is_multiple_of(fire_lanes) {
            return all;
        }
        Slices { outer: chunks.len() / inner, inner, channels: Some(channels) }
    }
}

/// Modulo 2^32.
fn modulo(value: i128) -> u128 {
    (value & 0xffff_ffff) as u128
}
