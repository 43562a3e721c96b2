//! Attributes of `ConvTranspose`, and the convolution that it is.

use super::decode::Node;
use crate::graph::Window;

/// A transposed convolution. Lists of two are vertical, horizontal.
#[derive(Debug)]
pub struct Transposed {
    /// Lines and columns of the map that is read.
    pub size: [usize; 2],
    /// Channels of a pixel that is read.
    pub channels: usize,
    /// Lines and columns of the kernel.
    pub kernel: [usize; 2],
    /// Pixels of the result for each pixel that is read.
    pub stride: [usize; 2],
    /// Distance of two taps.
    pub dilation: [usize; 2],
    /// Pixels of the result that are cut off above and on the left.
    pub before: [usize; 2],
    /// Lines and columns of the result.
    pub output: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
    /// Whether the image has one direction, the columns of one line.
    pub one_direction: bool,
}

/// The largest extent, stride or padding.
const MOST: usize = 1 << 20;

/// The transposed convolution of kernels `[channels, outputs, …]` on an image `[batch, channels, …]`.
///
/// # Errors
/// Says which attribute is out of range.
pub fn of(node: &Node, image: &[usize], kernels: &[usize]) -> Result<Transposed, String> {
    let (&[_, channels, ref spatial @ ..], &[inputs, outputs, ref kernel @ ..]) = (image, kernels) else {
        return Err(format!("kernels {kernels:?} on an image {image:?}"));
    };
    let rank = spatial.len();
    if !(1..=2).contains(&rank) || kernel.len() != rank {
        return Err(format!(
            "kernels {kernels:?} on an image {image:?}; supported are one and two directions"
        ));
    }
    if !matches!(node.string("auto_pad", "NOTSET").as_str(), "NOTSET" | "VALID" | "")
        || node.ints("output_shape").is_some()
    {
        return Err(
            "auto_pad or output_shape of a transposed convolution; give pads and output_padding".into()
        );
    }
    let list = |name: &str, default: usize, length: usize| match node.ints(name) {
        None => Ok(vec![default; length]),
        Some(list) if list.len() == length => list
            .iter()
            .map(|&n| usize::try_from(n).ok().filter(|&n| n <= MOST))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("{name} {list:?}; supported are numbers from 0 to {MOST}")),
        Some(list) => Err(format!("{name} {list:?}; expected {length} numbers")),
    };
    if node.ints("kernel_shape").is_some() && list("kernel_shape", 1, rank)? != kernel {
        return Err(format!("kernel_shape {:?} of kernels {kernels:?}", node.ints("kernel_shape")));
    }
    let (strides, dilations) = (list("strides", 1, rank)?, list("dilations", 1, rank)?);
    let (pads, more) = (list("pads", 0, 2 * rank)?, list("output_padding", 0, rank)?);
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    if groups == 0 || outputs == 0 || inputs != channels || !channels.is_multiple_of(groups) {
        return Err(format!("kernels {kernels:?} in {groups} groups on {channels} channels"));
    }
    let mut output = Vec::new();
    for (d, &size) in spatial.iter().enumerate() {
        let wrong =
            || format!("kernel {kernel:?}, strides {strides:?}, dilations {dilations:?} on {image:?}");
        let sizes = [size, kernel[d], strides[d], dilations[d]];
        if sizes.iter().any(|n| !(1..=MOST).contains(n)) {
            return Err(wrong());
        }
        // At most 2^42.
        let all = (size - 1) * strides[d] + (kernel[d] - 1) * dilations[d] + 1 + more[d];
        let extent = all.checked_sub(pads[d] + pads[rank + d]).filter(|n| (1..=MOST).contains(n));
        output.push(extent.ok_or_else(wrong)?);
    }
    let two = |list: &[usize], other: usize| match list {
        [only] => [other, *only],
        [first, second, ..] => [*first, *second],
        [] => [other, other],
    };
    Ok(Transposed {
        size: two(spatial, 1),
        channels,
        kernel: two(kernel, 1),
        stride: two(&strides, 1),
        dilation: two(&dilations, 1),
        before: two(&pads[..rank], 0),
        output: two(&output, 1),
        groups,
        one_direction: rank == 1,
    })
}

impl Transposed {
    /// The window of the convolution that computes all pixels of a block, for as many blocks as the result needs.
    ///
    /// # Errors
    /// If a size is out of range.
    pub fn window(&self) -> Result<Window, String> {
        let mut window = Window {
            frames: 1,
            size: self.size,
            channels: self.channels,
            kernel: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            before: [0, 0],
            after: [0, 0],
            groups: self.groups,
            places: None,
        };
        for d in 0..2 {
            let reach = (self.kernel[d] - 1) * self.dilation[d] / self.stride[d];
            let blocks = (self.before[d] + self.output[d]).div_ceil(self.stride[d]);
            window.kernel[d] = reach + 1;
            window.before[d] = reach;
            window.after[d] = blocks.saturating_sub(self.size[d]);
        }
        window.check()?;
        Ok(window)
    }
}

/// Extents of a result.
///
/// # Errors
/// As [`of`].
pub fn extents(node: &Node, image: &[usize], kernels: &[usize]) -> Result<Vec<usize>, String> {
    let found = of(node, image, kernels)?;
    let outputs = kernels[1].checked_mul(found.groups).ok_or("a huge extent")?;
    let spatial = &found.output[usize::from(found.one_direction)..];
    Ok([&[image[0], outputs], spatial].concat())
}
