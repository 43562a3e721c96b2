//! `Conv`, `MaxPool`, `AveragePool` and their global forms. Feature maps become channels-last; the transpositions around an
//! operator vanish in the conversion.

use super::{Context, Found, Part, Site, bias, quantiser, transformer, weights};
use crate::error::{Error, Result};
use crate::graph::{Shape, Window};
use crate::import::decode::{Node, ValueId};
use crate::import::{name, window};
use crate::qann::Op;
use crate::quant::{Quantiser, Weights};

/// A `Conv`.
pub fn conv(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    if !node.is("Conv") {
        return Ok(None);
    }
    let mut source = node.input(0)?;
    let kernels = node.input(1)?;
    if !context.flow.is_constant(kernels) {
        return Err(Error::input("the kernels of this convolution are computed from the input")
            .fix("use constant kernels"));
    }
    let Some(from) = context.flow.data_extents(source)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let dims = context.flow.extents(kernels)?.unwrap_or_default();
    let mut found = window::of(node, from, Some(&dims)).map_err(Error::input)?;
    if context.flow.data_extents(site.value)?.is_none() {
        return Ok(Some(Found::Blocked(vec![source])));
    }
    if source == context.flow.model.input && is_patches(&found.window) {
        return transformer::patches(context, site);
    }
    let (pad, quantiser) = match padded(context, source)? {
        Some(pad) => (Some(pad), None),
        None => behind_quantiser(context, source)?.map_or((None, None), |(pad, q)| (Some(pad), Some(q))),
    };
    if let Some((inner, before, after)) = pad {
        source = inner;
        let Some(from) = context.flow.data_extents(source)? else {
            return Ok(Some(Found::Blocked(vec![source])));
        };
        let own = &mut found.window;
        for d in 0..2 {
            own.size[d] -= before[d] + after[d];
            own.before[d] += before[d];
            own.after[d] += after[d];
        }
        own.check().map_err(Error::input)?;
        debug_assert_eq!(own.source().len(), from[1..].iter().product::<usize>());
    }
    let (read, detail) = weights::read(context, kernels, true)?;
    let bias = match node.optional_input(2) {
        Some(value) => bias::Bias::read(context, value, read.outputs)?.values,
        None => Vec::new(),
    };
    let window = found.window;
    let detail = format!("{}, {detail}", window.describe());
    let outputs = read.outputs;
    let op = Op::Convolution { weights: by_tap(&read, &window), window: window.clone(), bias };
    let one_direction = found.output.len() == 1;
    let mut found = chain(context, site, source, op, (&window, outputs), one_direction, detail);
    if let (Some(quantiser), Found::Chain { steps, .. }) = (quantiser, &mut found) {
        let first = steps.first_mut().map(|(_, parts)| std::mem::replace(parts, vec![Part::Before]));
        steps.insert(0, (Op::Quantise(quantiser), first.unwrap_or_default()));
    }
    Ok(Some(found))
}

/// A `Pad` whose result is quantised: the quantiser of what is padded, for 0 is level 0.
fn behind_quantiser(context: &Context, value: ValueId) -> Result<Option<(Padded, Quantiser)>> {
    let Some(form) = quantiser::form_of(context, value)? else { return Ok(None) };
    if context.flow.model.producer_of(form.source).is_none_or(|(_, node)| !node.is("Pad")) {
        return Ok(None);
    }
    let Some(dims) = context.flow.data_extents(form.source)? else { return Ok(None) };
    let found = Quantiser {
        scale: form.scale.by_channel(dims)?,
        low: form.low.by_channel(dims)?,
        high: form.high.by_channel(dims)?,
        rounding: form.rounding,
    };
    let zero = found.low.iter().all(|&low| low <= 0) && found.high.iter().all(|&high| high >= 0);
    if !zero || [found.scale.len(), found.low.len(), found.high.len()] != [1, 1, 1] {
        return Ok(None);
    }
    Ok(padded(context, form.source)?.map(|pad| (pad, found)))
}

/// A pool.
pub fn pool(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let max = node.is("MaxPool");
    if !max && !node.is("AveragePool") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let Some(from) = context.flow.data_extents(source)? else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let found = window::of(node, from, None).map_err(Error::input)?;
    if context.flow.data_extents(site.value)?.is_none() {
        return Ok(Some(Found::Blocked(vec![source])));
    }
    let window = found.window;
    let uneven = window.pads() && node.int("count_include_pad", 0) == 0;
    if !max && (uneven || found.overhangs) {
        let problem = "an average pool that divides by the number of pixels that are no padding, which differs from place to \
                       place";
        return Err(
            Error::input(problem).fix("pool without padding and ceil_mode, or with count_include_pad=True")
        );
    }
    let detail = window.describe();
    let (channels, one_direction) = (window.channels, found.output.len() == 1);
    let op = if max { Op::MaxPool(window.clone()) } else { Op::AveragePool(window.clone()) };
    Ok(Some(chain(context, site, source, op, (&window, channels), one_direction, detail)))
}

/// A `GlobalAveragePool`, a `GlobalMaxPool`, or a `ReduceMean` or `ReduceMax` over all pixels.
pub fn global(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let reduces = node.is("ReduceMean") || node.is("ReduceMax");
    let max = node.is("GlobalMaxPool") || node.is("ReduceMax");
    if !reduces && !max && !node.is("GlobalAveragePool") {
        return Ok(None);
    }
    let source = node.input(0)?;
    let (Some(from), Some(to)) = (context.flow.data_extents(source)?, context.flow.data_extents(site.value)?)
    else {
        return Ok(Some(Found::Blocked(vec![source])));
    };
    let &[_, channels, ref spatial @ ..] = from else { return Ok(None) };
    if reduces {
        let reduced = context.flow.reduced(node, from.len()).map_err(Error::input)?;
        let pixels = reduced.iter().enumerate().all(|(i, &reduced)| reduced == (i >= 2));
        let tokens = max && spatial.len() == 1 && reduced == [false, true, false];
        if tokens {
            return Ok(Some(of_tokens(context, site, source, [channels, spatial[0]])?));
        }
        // Of one direction, it is the mean of the channels of each token.
        if !pixels || spatial.len() < 2 && !max {
            return Ok(None);
        }
    }
    let pixels: usize = spatial.iter().product();
    let mut steps = vec![
        (Op::Reshape(Shape(vec![channels, pixels])), vec![Part::Value(source)]),
        (Op::Transpose(vec![1, 0]), vec![Part::Before]),
    ];
    if max {
        let window = Window { kernel: [1, pixels], ..Window::pixel(pixels, channels, 1) };
        window.check().map_err(Error::input)?;
        steps.push((Op::Reshape(Shape(vec![1, pixels, channels])), vec![Part::Before]));
        steps.push((Op::MaxPool(window), vec![Part::Before]));
    } else {
        steps.push((Op::Mean, vec![Part::Before]));
    }
    steps.push((Op::Reshape(context.flow.shape(to)), vec![Part::Before]));
    Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: format!("of {pixels} pixels") }))
}

/// The maximum over tokens, which have their channels side by side.
fn of_tokens(
    context: &Context,
    site: Site,
    source: ValueId,
    [tokens, channels]: [usize; 2],
) -> Result<Found> {
    let window = Window { kernel: [1, tokens], ..Window::pixel(tokens, channels, 1) };
    window.check().map_err(Error::input)?;
    let to = context.flow.data_extents(site.value)?.unwrap_or_default();
    let steps = vec![
        (Op::Reshape(Shape(vec![1, tokens, channels])), vec![Part::Value(source)]),
        (Op::MaxPool(window), vec![Part::Before]),
        (Op::Reshape(context.flow.shape(to)), vec![Part::Before]),
    ];
    Ok(Found::Chain { steps, name: site.node.name.clone(), detail: format!("of {tokens} tokens") })
}

/// Whether kernels lie side by side on the whole image.
fn is_patches(window: &Window) -> bool {
    let Window { size, kernel, stride, dilation, before, after, groups, .. } = window;
    (stride, dilation, before, after, *groups) == (kernel, &[1, 1], &[0, 0], &[0, 0], 1)
        && (0..2).all(|d| size[d].is_multiple_of(kernel[d]))
        && size[0] > 1
}

/// A value, and zeros above and on the left, below and on the right of its pixels.
type Padded = (ValueId, [usize; 2], [usize; 2]);

/// A value without the zeros that a `Pad` puts around its pixels: the value, padding before and after.
fn padded(context: &Context, value: ValueId) -> Result<Option<Padded>> {
    let Some((_, node)) = context.flow.model.producer_of(value) else { return Ok(None) };
    if !node.is("Pad") {
        return Ok(None);
    }
    let at = |e: Error| e.at_node(&node.name);
    let pads = pads(context, node).map_err(Error::input).map_err(at)?;
    let rank = pads.len() / 2;
    if pads[..2] != [0, 0] || pads[rank..rank + 2] != [0, 0] {
        return Err(at(Error::input("this Pad puts something beside batches or channels").fix(PAD)));
    }
    let two = |list: &[usize]| match list {
        [columns] => [0, *columns],
        [lines, columns, ..] => [*lines, *columns],
        [] => [0, 0],
    };
    Ok(Some((node.input(0)?, two(&pads[2..rank]), two(&pads[rank + 2..]))))
}

/// What to do about a `Pad`.
pub const PAD: &str = "supported is constant padding with 0: around pixels directly before a convolution, and of the rows of tokens that are quantised directly before or behind";

/// A `Pad` of nothing: exporters pad windows by what is missing.
pub fn no_pad(context: &Context, site: Site) -> Result<Option<Found>> {
    let node = site.node;
    let nothing = node.is("Pad") && pads(context, node).is_ok_and(|pads| pads.iter().all(|&n| n == 0));
    Ok(if nothing { Some(Found::Same(node.input(0)?)) } else { None })
}

/// Numbers of zeros of a `Pad`: before each extent, then behind each.
pub fn pads(context: &Context, node: &Node) -> Result<Vec<usize>, String> {
    signed_pads(context, node)?;
    context.flow.pads(node)
}

/// The same; numbers below 0 take away what is there.
pub fn signed_pads(context: &Context, node: &Node) -> Result<Vec<i64>, String> {
    if node.string("mode", "constant") != "constant" {
        return Err(format!("padding of mode {:?}", node.string("mode", "constant")));
    }
    if let Some(value) = node.optional_input(2) {
        let value = context.flow.constant(value).map_err(|e| e.problem)?;
        if value.uniform() != Some(0.0) {
            return Err("padding with another number than 0".into());
        }
    }
    context.flow.signed_pads(node)
}

/// Weights channel by channel in the order of a window: tap by tap.
fn by_tap(read: &Weights, window: &Window) -> Weights {
    let (taps, depth) = (window.taps(), window.depth());
    let level = |o: usize, i: usize| read.level(o, i % depth * taps + i / depth);
    let levels = (0..read.outputs).flat_map(|o| (0..read.inputs).map(move |i| (o, i)));
    Weights { levels: levels.map(|(o, i)| level(o, i)).collect(), ..read.clone() }
}

/// An operator on a feature map, channels last, between transpositions.
fn chain(
    context: &Context,
    site: Site,
    source: ValueId,
    op: Op,
    (window, channels): (&Window, usize),
    one_direction: bool,
    detail: String,
) -> Found {
    let [height, width] = window.size;
    let mut steps = Vec::new();
    if one_direction {
        let shape = Shape(vec![window.channels, height, width]);
        steps.push((Op::Reshape(shape), vec![Part::Value(source)]));
    }
    let first = if one_direction { Part::Before } else { Part::Value(source) };
    steps.push((Op::Transpose(vec![1, 2, 0]), vec![first]));
    steps.push((op, vec![Part::Before]));
    steps.push((Op::Transpose(vec![2, 0, 1]), vec![Part::Before]));
    if one_direction {
        steps.push((Op::Reshape(Shape(vec![channels, window.output()[1]])), vec![Part::Before]));
    }
    let name = name::of_scope(context.flow.model, &[site.index]);
    Found::Chain { steps, name, detail }
}
