//! Windows of convolutions and pools as ONNX writes them: attributes in lists of one or two directions, and automatic padding.

use super::decode::Node;
use crate::graph::Window;

/// A window, and the spatial extents of the image and of the result: one or two.
#[derive(Debug)]
pub struct Found {
    /// The window; an image of one direction is one line.
    pub window: Window,
    /// Extents of the result without batch and channels.
    pub output: Vec<usize>,
    /// Whether windows reach beyond the padded image, because the number of results was rounded up.
    pub overhangs: bool,
}

/// The window of a convolution with these kernels `[outputs, channels, …]`, or of a pool, on an image `[batch, channels, …]`.
///
/// # Errors
/// Says which attribute is out of range.
pub fn of(node: &Node, image: &[usize], kernels: Option<&[usize]>) -> Result<Found, String> {
    let [_, channels, spatial @ ..] = image else {
        return Err(format!("an image of extents {image:?}"));
    };
    let rank = spatial.len();
    if !(1..=2).contains(&rank) {
        return Err(format!("an image of extents {image:?}; supported are one and two directions"));
    }
    let list = |name: &str, default: usize, length: usize| match node.ints(name) {
        None => Ok(vec![default; length]),
        Some(list) if list.len() == length => list
            .iter()
            .map(|&n| {
                usize::try_from(n).map_err(|_| format!("{name} {list:?}; supported are numbers from 0 on"))
            })
            .collect(),
        Some(list) => Err(format!("{name} {list:?}; expected {length} numbers")),
    };
    let kernel = match (kernels, node.ints("kernel_shape")) {
        (None, None) => return Err("a pool without kernel_shape".into()),
        (None, Some(_)) => list("kernel_shape", 1, rank)?,
        (Some([_, _, own @ ..]), given) if own.len() == rank => {
            if given.is_some() && list("kernel_shape", 1, rank)? != own {
                return Err(format!("kernel_shape {given:?} of kernels {own:?}"));
            }
            own.to_vec()
        }
        (Some(own), _) => return Err(format!("kernels {own:?} on an image {image:?}")),
    };
    let (strides, dilations) = (list("strides", 1, rank)?, list("dilations", 1, rank)?);
    let mut pads = list("pads", 0, 2 * rank)?;
    let groups = match (kernels, node.int("group", 1)) {
        (None, _) => 1,
        (Some(_), n) => usize::try_from(n).map_err(|_| format!("{n} groups"))?,
    };
    let (mut output, mut overhangs) = (Vec::new(), false);
    for (d, &size) in spatial.iter().enumerate() {
        let out_of_range =
            || format!("kernel {kernel:?}, strides {strides:?}, dilations {dilations:?} on {image:?}");
        let reach = kernel[d].checked_sub(1).and_then(|k| k.checked_mul(dilations[d])?.checked_add(1));
        let (reach, stride) = (reach.ok_or_else(out_of_range)?, strides[d]);
        if stride == 0 {
            return Err(out_of_range());
        }
        match node.string("auto_pad", "NOTSET").as_str() {
            "NOTSET" | "" => {}
            "VALID" => (pads[d], pads[rank + d]) = (0, 0),
            same @ ("SAME_UPPER" | "SAME_LOWER") => {
                let needed = (size.div_ceil(stride).max(1) - 1).checked_mul(stride);
                let needed = needed.and_then(|n| n.checked_add(reach)).ok_or_else(out_of_range)?;
                let all = needed.saturating_sub(size);
                let (less, more) = (all / 2, all - all / 2);
                (pads[d], pads[rank + d]) = if same == "SAME_UPPER" { (less, more) } else { (more, less) };
            }
            other => return Err(format!("auto_pad {other:?}")),
        }
        let padded = size.checked_add(pads[d]).and_then(|n| n.checked_add(pads[rank + d]));
        let padded = padded.ok_or_else(out_of_range)?;
        let Some(rest) = padded.checked_sub(reach) else {
            return Err(format!("a kernel that reaches over {reach} pixels on {padded}, padding included"));
        };
        let mut count = rest / stride + 1;
        // Rounded up, unless the last window would lie in the padding altogether.
        if node.int("ceil_mode", 0) != 0 && !rest.is_multiple_of(stride) && count * stride < size + pads[d] {
            count += 1;
            pads[rank + d] += stride - rest % stride;
            overhangs = true;
        }
        output.push(count);
    }
    // One direction is the columns of one line.
    let two = |list: &[usize], other: usize| match list {
        [only] => [other, *only],
        [first, second, ..] => [*first, *second],
        [] => [other, other],
    };
    let window = Window {
        frames: 1,
        size: two(spatial, 1),
        channels: *channels,
        kernel: two(&kernel, 1),
        stride: two(&strides, 1),
        dilation: two(&dilations, 1),
        before: two(&pads[..rank], 0),
        after: two(&pads[rank..], 0),
        groups,
        places: None,
    };
    window.check()?;
    if let Some([outputs, own, ..]) = kernels
        && (*own != window.depth() || *outputs == 0 || !outputs.is_multiple_of(groups))
    {
        return Err(format!("kernels {kernels:?} in {groups} groups on {channels} channels"));
    }
    Ok(Found { window, output, overhangs })
}

/// Extents of a result.
pub fn extents(node: &Node, image: &[usize], kernels: Option<&[usize]>) -> Result<Vec<usize>, String> {
    let found = of(node, image, kernels)?;
    let channels = kernels.map_or(image[1], |kernels| kernels[0]);
    Ok([&[image[0], channels], &found.output[..]].concat())
}
