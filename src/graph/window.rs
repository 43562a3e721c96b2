//! Windows of convolutions and pools: which pixels of a feature map an output pixel reads.
//!
//! A feature map is a matrix: a row for each pixel, in raster order, with its channels side by side.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Shape;

/// A window that moves over a feature map. Lists of two are vertical, horizontal.
///
/// Output pixel `(y, x)` reads, for each tap `(i, j)` of the kernel, pixel `(y·stride + i·dilation − before, …)`; a pixel
/// outside the map is padding. Channels are divided into `groups` of equal size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Maps, one after the other, of which each is read by itself: the time-steps of a spiking network.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub frames: usize,
    /// Lines and columns of a map that is read.
    pub size: [usize; 2],
    /// Channels of a pixel.
    pub channels: usize,
    /// Lines and columns of the kernel.
    pub kernel: [usize; 2],
    /// Distance of two output pixels.
    pub stride: [usize; 2],
    /// Distance of two taps.
    pub dilation: [usize; 2],
    /// Padding above and on the left.
    pub before: [usize; 2],
    /// Padding below and on the right.
    pub after: [usize; 2],
    /// Groups of channels that do not see each other: 1, or as many as channels for a depthwise convolution.
    pub groups: usize,
    /// What the lines and the columns of the result read, instead of what follows from stride and padding, which are then 1
    /// and 0: the kernel is a table of the taps of all places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<[Vec<Clipped>; 2]>,
}

/// Taps of one direction that lie within the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clipped {
    /// First tap.
    pub tap: usize,
    /// The line or column that it reads; 0 without taps.
    pub at: usize,
    /// Number of taps.
    pub count: usize,
}

/// The number of maps of a network without time-steps.
fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(frames: &usize) -> bool {
    *frames == 1
}

impl Window {
    /// The largest extent, stride, or padding; products of several fit 64 bits.
    const MOST: usize = 1 << 20;

    /// A window of one pixel: every pixel is read by itself.
    pub fn pixel(pixels: usize, channels: usize, groups: usize) -> Self {
        let one = [1, 1];
        Self {
            frames: 1,
            size: [1, pixels],
            channels,
            kernel: one,
            stride: one,
            dilation: one,
            before: [0; 2],
            after: [0; 2],
            groups,
            places: None,
        }
    }

    /// Whether every output pixel reads just the pixel at its own place, with all its channels.
    pub fn is_plain(&self) -> bool {
        let Self { kernel, stride, before, after, groups, places, .. } = self;
        (*kernel, *stride, *before, *after, *groups) == ([1, 1], [1, 1], [0; 2], [0; 2], 1)
            && places.is_none()
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self) -> Result<(), String> {
        let Self { frames, size, channels, kernel, stride, dilation, before, after, groups, .. } = self;
        let positive =
            [size, kernel, stride, dilation].into_iter().flatten().chain([frames, channels, groups]);
        if positive.copied().any(|n| n == 0) {
            return Err(format!(
                "a window with an extent of 0: kernel {kernel:?}, stride {stride:?}, dilation {dilation:?} on {size:?} \
                 pixels of {channels} channels in {groups} groups"
            ));
        }
        let all = [size, kernel, stride, dilation, before, after];
        if all.into_iter().flatten().chain([frames, channels, groups]).any(|&n| n > Self::MOST) {
            return Err(format!("a window with an extent above {}", Self::MOST));
        }
        if !channels.is_multiple_of(*groups) {
            return Err(format!("{channels} channels in {groups} groups; they must divide the channels"));
        }
        self.check_places()?;
        for (d, name) in ["height", "width"].into_iter().enumerate().filter(|_| self.places.is_none()) {
            let padded = size[d] + before[d] + after[d];
            if self.reach(d) > padded {
                return Err(format!(
                    "a kernel that reaches over {} pixels on a {name} of {padded}, padding included",
                    self.reach(d)
                ));
            }
        }
        let large = |of: [usize; 2]| !Shape(vec![self.frames, of[0], of[1], self.channels]).is_sane();
        if large(self.size) || large(self.output()) || !Shape(vec![self.taps(), self.channels]).is_sane() {
            return Err("a window with too many elements".into());
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), String> {
        let Some(places) = &self.places else { return Ok(()) };
        if (self.stride, self.before, self.after) != ([1, 1], [0; 2], [0; 2]) {
            return Err("a window of places with a stride or padding".into());
        }
        for (d, list) in places.iter().enumerate() {
            let fits = |place: &Clipped| {
                let tap = place.tap.checked_add(place.count).is_some_and(|end| end <= self.kernel[d]);
                let reach = place.count.checked_sub(1).and_then(|n| n.checked_mul(self.dilation[d]));
                let last = reach.and_then(|reach| reach.checked_add(place.at));
                tap && last.is_some_and(|last| last < self.size[d])
            };
            if !(1..=Self::MOST).contains(&list.len()) || !list.iter().all(fits) {
                return Err("a window whose places read beyond the map or its kernel, or nothing".into());
            }
        }
        Ok(())
    }

    /// Pixels from the first to the last tap.
    fn reach(&self, d: usize) -> usize {
        self.dilation[d] * (self.kernel[d] - 1) + 1
    }

    /// Lines and columns of a map of the result.
    pub fn output(&self) -> [usize; 2] {
        if let Some([lines, columns]) = &self.places {
            return [lines.len(), columns.len()];
        }
        [0, 1].map(|d| (self.size[d] + self.before[d] + self.after[d] - self.reach(d)) / self.stride[d] + 1)
    }

    /// Pixels of the result, of all maps.
    pub fn pixels(&self) -> usize {
        self.output().iter().product::<usize>() * self.frames
    }

    /// Pixels that an output pixel reads, padding included.
    pub fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Channels of a group.
    pub fn depth(&self) -> usize {
        self.channels / self.groups
    }

    /// Inputs of an output: those of a group of all taps, tap by tap.
    pub fn inputs(&self) -> usize {
        self.taps() * self.depth()
    }

    /// Rows × channels of what is read.
    pub fn source(&self) -> Shape {
        Shape::matrix(self.size.iter().product::<usize>() * self.frames, self.channels)
    }

    /// Output pixels × channels.
    pub fn shape(&self) -> Shape {
        Shape::matrix(self.pixels(), self.channels)
    }

    /// Taps within the map of output line (`d` 0) or column (1) `o`.
    pub fn clipped(&self, d: usize, o: usize) -> Clipped {
        if let Some(places) = &self.places {
            return places[d][o];
        }
        let (start, before, step) = (o * self.stride[d], self.before[d], self.dilation[d]);
        let tap = before.saturating_sub(start).div_ceil(step).min(self.kernel[d]);
        let end = (self.size[d] + before).saturating_sub(start).div_ceil(step).min(self.kernel[d]);
        let count = end.saturating_sub(tap);
        let at = if count == 0 { 0 } else { start + tap * step - before };
        Clipped { tap, at, count }
    }

    /// Tap and source row of all taps of an output pixel that are no padding, in ascending order.
    pub fn rows(&self, pixel: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let [lines, columns] = self.output();
        let (line, frame) = (pixel / columns % lines, pixel / columns / lines);
        let first = frame * self.size[0] * self.size[1];
        let (lines, columns) = (self.clipped(0, line), self.clipped(1, pixel % columns));
        (0..lines.count).flat_map(move |i| {
            (0..columns.count).map(move |j| {
                let tap = (lines.tap + i) * self.kernel[1] + columns.tap + j;
                let (y, x) = (lines.at + i * self.dilation[0], columns.at + j * self.dilation[1]);
                (tap, first + y * self.size[1] + x)
            })
        })
    }

    /// Taps that pixels of the result read at once. Without places that is the kernel, of which pixels at the border read a
    /// part; with places it is each list of taps that some pixel reads, in ascending order.
    pub fn tap_lists(&self) -> Vec<Vec<usize>> {
        let Some(places) = &self.places else { return vec![(0..self.taps()).collect()] };
        let different = |d: usize| -> BTreeSet<(usize, usize)> {
            places[d].iter().map(|place| (place.tap, place.count)).collect()
        };
        let (lines, columns) = (different(0), different(1));
        let pairs = lines.iter().flat_map(|line| columns.iter().map(move |column| (line, column)));
        let list = |(line, column): (&(usize, usize), &(usize, usize))| -> Vec<usize> {
            let own = |y: usize| (column.0..column.0 + column.1).map(move |x| y * self.kernel[1] + x);
            (line.0..line.0 + line.1).flat_map(own).collect()
        };
        pairs.map(list).collect()
    }

    /// Whether some output reads padding.
    pub fn pads(&self) -> bool {
        self.places.is_none()
            && (0..2).any(|d| (0..self.output()[d]).any(|o| self.clipped(d, o).count < self.kernel[d]))
    }

    /// How many output pixels read each source row.
    pub fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.source().rows()];
        for pixel in 0..self.pixels() {
            self.rows(pixel).for_each(|(_, row)| readers[row] += 1);
        }
        readers
    }

    /// Checks that a layer with these inputs and outputs fits this window and what it reads; returns its rows.
    ///
    /// # Errors
    /// Names what does not fit.
    pub fn rows_of_layer(&self, source: &Shape, inputs: usize, outputs: usize) -> Result<usize, String> {
        self.check_source(source)?;
        if self.inputs() != inputs || !outputs.is_multiple_of(self.groups) {
            return Err(format!(
                "{outputs}×{inputs} weights for a window of {} inputs in {} groups",
                self.inputs(),
                self.groups
            ));
        }
        Ok(self.pixels())
    }

    /// Shape of a pool of what it reads.
    ///
    /// # Errors
    /// If the window does not fit, has several groups, or a place with padding only.
    pub fn pooled(&self, source: &Shape) -> Result<Shape, String> {
        self.check_source(source)?;
        if self.groups != 1 {
            return Err(format!("a pool of {} groups", self.groups));
        }
        if (0..2).any(|d| (0..self.output()[d]).any(|o| self.clipped(d, o).count == 0)) {
            return Err("a pool whose window sees padding only at some place".into());
        }
        Ok(self.shape())
    }

    fn check_source(&self, source: &Shape) -> Result<(), String> {
        self.check()?;
        match self.source().len() == source.len() {
            true => Ok(()),
            false => Err(format!("input {source} for a window on {} pixels × channels", self.source())),
        }
    }

    /// Parameters for the text form.
    pub fn describe(&self) -> String {
        let pair = |[a, b]: [usize; 2]| if a == b { a.to_string() } else { format!("{a}×{b}") };
        let mut text = format!("kernel {}×{}", self.kernel[0], self.kernel[1]);
        if let Some([lines, columns]) = &self.places {
            let taps = |list: &[Clipped]| list.iter().map(|place| place.count).max().unwrap_or(0);
            let (y, x) = (taps(lines), taps(columns));
            text = format!("{y}×{x} of {} taps, {}×{} pixels", self.taps(), lines.len(), columns.len());
        }
        if self.frames > 1 {
            text = format!("{} maps, {text}", self.frames);
        }
        if self.stride != [1, 1] {
            text.push_str(&format!(", stride {}", pair(self.stride)));
        }
        if self.dilation != [1, 1] {
            text.push_str(&format!(", dilation {}", pair(self.dilation)));
        }
        if (self.before, self.after) != ([0; 2], [0; 2]) {
            let ([top, left], [bottom, right]) = (self.before, self.after);
            text.push_str(&format!(", padding {top} {left} {bottom} {right}"));
        }
        if self.groups > 1 {
            text.push_str(&format!(", {} groups", self.groups));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Window;

    fn pair(low: usize, high: usize) -> impl Strategy<Value = [usize; 2]> {
        [low..=high, low..=high]
    }

    proptest! {
        /// Against the definition, tap by tap.
        #[test]
        fn taps_are_those_of_the_definition(
            size in pair(1, 7), kernel in pair(1, 4), stride in pair(1, 3), dilation in pair(1, 3),
            before in pair(0, 5), after in pair(0, 5), frames in 1usize..=3,
        ) {
            let window = Window { frames, size, channels: 6, kernel, stride, dilation, before, after, groups: 2, places: None };
            let signed = |n: usize| n as i64;
            let extent = |d: usize| {
                signed(size[d] + before[d] + after[d]) - signed(dilation[d] * (kernel[d] - 1)) - 1
            };
            prop_assert_eq!(window.check().is_ok(), extent(0) >= 0 && extent(1) >= 0);
            prop_assume!(window.check().is_ok());
            let output = [0, 1].map(|d| (extent(d) / signed(stride[d])) as usize + 1);
            prop_assert_eq!(window.output(), output);
            let mut padding = false;
            let mut readers = vec![0; frames * size[0] * size[1]];
            prop_assert_eq!(window.pixels(), frames * output[0] * output[1]);
            for pixel in 0..window.pixels() {
                let (frame, pixel_of_frame) = (pixel / (output[0] * output[1]), pixel % (output[0] * output[1]));
                let first = frame * size[0] * size[1];
                let mut expected = Vec::new();
                for tap in 0..window.taps() {
                    let at = |d: usize, o: usize, k: usize| {
                        let at = signed(o * stride[d] + k * dilation[d]) - signed(before[d]);
                        usize::try_from(at).ok().filter(|&at| at < size[d])
                    };
                    let y = at(0, pixel_of_frame / output[1], tap / kernel[1]);
                    let x = at(1, pixel_of_frame % output[1], tap % kernel[1]);
                    match (y, x) {
                        (Some(y), Some(x)) => {
                            readers[first + y * size[1] + x] += 1;
                            expected.push((tap, first + y * size[1] + x));
                        }
                        _ => padding = true,
                    }
                }
                prop_assert_eq!(window.rows(pixel).collect::<Vec<_>>(), expected);
            }
            prop_assert_eq!(window.pads(), padding);
            prop_assert_eq!(window.readers(), readers);
        }
    }

    #[test]
    fn what_is_not_a_window() {
        let good = Window::pixel(4, 6, 3);
        assert_eq!(good.check(), Ok(()));
        for bad in [
            Window { groups: 4, ..good.clone() },
            Window { groups: 0, ..good.clone() },
            Window { stride: [0, 1], ..good.clone() },
            Window { kernel: [2, 1], ..good.clone() },
            Window { before: [0, usize::MAX], ..good.clone() },
            Window { size: [1 << 20, 1 << 20], ..good.clone() },
            Window { kernel: [1 << 20, 1 << 20], ..good },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
