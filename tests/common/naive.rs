//! The golden model's rules once more, slow and plain: every time-step from the definitions.
#![allow(clippy::unwrap_used, clippy::cast_sign_loss, clippy::cast_possible_truncation)]

use snn2rtl::golden::{Membranes, Observer};
use snn2rtl::graph::NodeId;
use snn2rtl::integer::{Form, Linear, Network, Op, Window};

/// The row that an output pixel of a window reads through a tap, by the definition; none for padding.
pub fn seen(window: &Window, pixel: usize, tap: usize) -> Option<usize> {
    if let Some(places) = &window.places {
        let (columns, taps) = (places[1].len(), window.kernel[1]);
        let place = |d: usize, o: usize, k: usize| {
            let place = places[d][o];
            (place.tap..place.tap + place.count)
                .position(|tap| tap == k)
                .map(|n| place.at + n * window.dilation[d])
        };
        let (y, x) = (place(0, pixel / columns, tap / taps)?, place(1, pixel % columns, tap % taps)?);
        return Some(y * window.size[1] + x);
    }
    let signed = |n: usize| i64::try_from(n).unwrap();
    let extent = |d: usize| {
        let padded = window.size[d] + window.before[d] + window.after[d];
        (padded - window.dilation[d] * (window.kernel[d] - 1) - 1) / window.stride[d] + 1
    };
    let (columns, taps) = (extent(1), window.kernel[1]);
    let place = |d: usize, o: usize, k: usize| {
        let at = signed(o * window.stride[d] + k * window.dilation[d]) - signed(window.before[d]);
        usize::try_from(at).ok().filter(|&at| at < window.size[d])
    };
    let (y, x) = (place(0, pixel / columns, tap / taps)?, place(1, pixel % columns, tap % taps)?);
    Some(y * window.size[1] + x)
}

/// Everything that an observer sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// By step, then by layer.
    pub spikes: Vec<Vec<Vec<i8>>>,
    pub membranes: Vec<Vec<Vec<i64>>>,
    pub tracers: Vec<Vec<Vec<i32>>>,
    pub logits: Vec<Vec<i64>>,
}

fn at<T: Default>(list: &mut Vec<T>, step: u32) -> &mut T {
    let index = step as usize - 1;
    if list.len() <= index {
        list.resize_with(index + 1, T::default);
    }
    &mut list[index]
}

impl Observer for Trace {
    fn spikes(&mut self, layer: usize, step: u32, spikes: &[i8]) {
        let layers = at(&mut self.spikes, step);
        assert_eq!(layers.len(), layer);
        layers.push(spikes.to_vec());
    }

    fn membranes(&mut self, layer: usize, step: u32, membranes: Membranes<'_>) {
        assert_eq!(at(&mut self.membranes, step).len(), layer);
        at(&mut self.membranes, step).push(membranes.to_vec());
        at(&mut self.tracers, step).push(membranes.tracers.to_vec());
    }

    fn logits(&mut self, step: u32, totals: &[i64]) {
        *at(&mut self.logits, step) = totals.to_vec();
        // A network without neurons has steps, too.
        at(&mut self.spikes, step);
    }
}

/// What the naive stepper yields.
#[derive(Default)]
pub struct Naive {
    pub spikes: Vec<Vec<Vec<i8>>>,
    pub logits: Vec<Vec<i64>>,
    pub quiescent: bool,
    pub final_step: Vec<u32>,
    /// Additions that the spikes of each layer caused, where a synaptic layer reads it.
    pub additions: Vec<u64>,
    pub input_macs: u64,
}

/// The value of a node that is not a layer of neurons, of the values of its inputs.
fn dense(network: &Network, id: NodeId, values: &[Vec<i64>]) -> Vec<i64> {
    let node = network.node(id);
    let inputs = network.inputs(id);
    let value = |port: usize| &values[inputs[port].index()];
    let channels = node.shape.channels();
    let mut out = vec![0; node.shape.len()];
    match &node.op {
        Op::Embedding(embedding) => {
            for (r, &q) in value(0).iter().enumerate() {
                let row = &embedding.table[q as usize * channels..][..channels];
                out[r * channels..][..channels].copy_from_slice(row);
            }
        }
        Op::Sum(sum) => {
            out.copy_from_slice(&sum.start);
            for (port, term) in sum.terms.iter().enumerate() {
                for (e, a) in value(port).iter().enumerate() {
                    let factor = term.coefficient[e % term.coefficient.len()];
                    out[term.first * channels + e] += factor * a;
                }
            }
        }
        Op::Product(product) => {
            let right = &network.node(inputs[1]).shape;
            let (tokens, width) = (right.rows(), right.channels());
            let depth = width / product.heads;
            let left = |i: usize, c: usize| value(0)[i * network.node(inputs[0]).shape.channels() + c];
            for (e, a) in out.iter_mut().enumerate() {
                let (i, c) = (e / channels, e % channels);
                *a = match product.form {
                    Form::Scores => {
                        let (h, j) = (c / tokens, c % tokens);
                        (0..depth).map(|d| left(i, h * depth + d) * value(1)[j * width + h * depth + d]).sum()
                    }
                    Form::Mix => {
                        (0..tokens).map(|j| left(i, c / depth * tokens + j) * value(1)[j * width + c]).sum()
                    }
                    Form::Gate => left(i, c) * value(1)[i.min(tokens - 1) * width + c],
                };
            }
        }
        _ => unreachable!("a layer of neurons"),
    }
    out
}

pub fn naive(network: &Network, raw: &[i32], t_max: u32) -> Naive {
    let order = network.topological();
    let size = order.iter().map(|id| id.index() + 1).max().expect("nodes");
    let mut tracers: Vec<Vec<i64>> = vec![Vec::new(); size];
    let mut totals: Vec<Vec<i64>> = vec![Vec::new(); size];
    for &id in &order {
        let len = network.node(id).shape.len();
        (tracers[id.index()], totals[id.index()]) = (vec![0; len], vec![0; len]);
    }
    let fires = |op: &Op| matches!(op, Op::Neuron(_) | Op::LayerNorm(_) | Op::Softmax(_));
    let neurons: Vec<NodeId> = order.iter().copied().filter(|&id| fires(&network.node(id).op)).collect();
    let mut result = Naive { additions: vec![0; neurons.len()], ..Naive::default() };
    let mut finals: Vec<Option<u32>> = vec![None; size];
    let mut t = 0;
    while t < t_max && !result.quiescent {
        t += 1;
        let mut sent: Vec<Vec<i64>> = vec![Vec::new(); size];
        let mut spikes = Vec::new();
        let mut over = true;
        for &id in &order {
            let node = network.node(id);
            let from = network.inputs(id).first().copied();
            let x = from.map(|s| sent[s.index()].clone()).unwrap_or_default();
            let channels = node.shape.channels();
            let ends: Option<Vec<u32>> = network.inputs(id).iter().map(|i| finals[i.index()]).collect();
            let source_final = ends.and_then(|ends| ends.into_iter().max());
            // What each input has sent so far, this time-step included.
            let so_far = |port: usize| &tracers[network.inputs(id)[port].index()];
            let mut levels = None;
            sent[id.index()] = match &node.op {
                Op::Lif(_) => panic!("time-steps of its own"),
                Op::Arrange(arrange) => {
                    finals[id.index()] = source_final;
                    arrange.order.iter().map(|&e| x[e]).collect()
                }
                Op::Select(select) => {
                    finals[id.index()] = source_final;
                    x[select.first * channels..(select.first + select.count) * channels].to_vec()
                }
                Op::Embedding(_) | Op::Sum(_) | Op::Product(_) => {
                    finals[id.index()] = source_final;
                    let now = dense(network, id, &tracers);
                    now.iter().zip(&tracers[id.index()]).map(|(now, before)| now - before).collect()
                }
                Op::LayerNorm(norm) => {
                    let row = |row: &[i64]| {
                        let moments = norm.moments(row);
                        row.iter().enumerate().map(|(c, &x)| norm.level(moments, c, x)).collect::<Vec<_>>()
                    };
                    levels = Some(so_far(0).chunks(channels).flat_map(row).collect::<Vec<i32>>());
                    Vec::new()
                }
                Op::Softmax(softmax) => {
                    let size = channels / softmax.groups;
                    let padded = softmax.padding.map(|p| (so_far(1).clone(), i64::from(p)));
                    let mut exps = Vec::new();
                    let mut all = Vec::new();
                    for (g, group) in so_far(0).chunks(size).enumerate() {
                        let (query, band) = (g / softmax.groups, softmax.band);
                        let masked = |j: usize| {
                            padded.as_ref().is_some_and(|(ids, p)| ids[j] == *p)
                                || j >= band.always as usize
                                    && (band.ahead.is_some_and(|most| {
                                        j > query / band.ahead_block as usize * band.ahead_block as usize
                                            + most as usize
                                    }) || band.behind.is_some_and(|most| {
                                        j + (most as usize)
                                            < query / band.behind_block as usize * band.behind_block as usize
                                    }))
                        };
                        let sum = softmax.exps(group, masked, &mut exps);
                        let level =
                            |(j, &e): (usize, &i64)| if masked(j) { 0 } else { softmax.level(e, sum) };
                        all.extend(exps.iter().enumerate().map(level));
                    }
                    levels = Some(all);
                    Vec::new()
                }
                Op::Input(input) => {
                    over &= t >= input.steps;
                    finals[id.index()] = Some(input.steps);
                    let on = i64::from(t <= input.steps);
                    raw.iter().map(|q| i64::from(q - input.zero_point) * on).collect()
                }
                Op::MaxPool(pool) => {
                    finals[id.index()] = source_final;
                    let window = &pool.window;
                    let now = (0..node.shape.len()).map(|e| {
                        let (pixel, c) = (e / window.channels, e % window.channels);
                        let seen = (0..window.taps()).filter_map(|tap| seen(window, pixel, tap));
                        seen.map(|row| so_far(0)[row * window.channels + c]).max().expect("a pixel")
                    });
                    now.zip(&tracers[id.index()]).map(|(now, before)| now - before).collect()
                }
                Op::Linear(Linear { window: Some(window), weights, outputs, .. }) => {
                    finals[id.index()] = source_final;
                    let (channels, depth) = (window.channels, window.channels / window.groups);
                    let part = outputs / window.groups;
                    let mut additions = 0;
                    let mut sums = vec![0; node.shape.len()];
                    for (e, sum) in sums.iter_mut().enumerate() {
                        let (pixel, o) = (e / outputs, e % outputs);
                        for (tap, row) in
                            (0..window.taps()).filter_map(|t| Some((t, seen(window, pixel, t)?)))
                        {
                            for c in 0..depth {
                                let x = x[row * channels + o / part * depth + c];
                                *sum += x * weights[(tap * depth + c) * outputs + o];
                                additions += u64::from(x != 0);
                            }
                        }
                    }
                    let source = from.expect("a source");
                    match &network.node(source).op {
                        Op::Input(_) | Op::Arrange(_) => result.input_macs += additions,
                        op if fires(op) => {
                            let layer = neurons.iter().position(|&id| id == source).expect("a layer");
                            result.additions[layer] += additions;
                        }
                        _ => {}
                    }
                    sums
                }
                Op::Linear(linear) => {
                    finals[id.index()] = source_final;
                    let additions = x.iter().filter(|x| **x != 0).count() as u64 * linear.outputs as u64;
                    let source = from.expect("a source");
                    match &network.node(source).op {
                        Op::Input(_) | Op::Arrange(_) => result.input_macs += additions,
                        op if fires(op) => {
                            let layer = neurons.iter().position(|&id| id == source).expect("a layer");
                            result.additions[layer] += additions;
                        }
                        _ => {}
                    }
                    let mut sums = vec![0; node.shape.len()];
                    for (e, x) in x.iter().enumerate() {
                        let (r, i) = (e / linear.inputs, e % linear.inputs);
                        for o in 0..linear.outputs {
                            sums[r * linear.outputs + o] += x * linear.weights[i * linear.outputs + o];
                        }
                    }
                    sums
                }
                Op::Neuron(neuron) => {
                    let mut events = Vec::new();
                    for (e, x) in x.iter().enumerate() {
                        let (a, s) = (&mut totals[id.index()][e], &mut tracers[id.index()][e]);
                        *a += x;
                        let q = i64::from(neuron.level(e % channels, *a));
                        events.push((q - *s).clamp(-1, 1));
                        *s += events[e];
                    }
                    let silent = events.iter().all(|&e| e == 0);
                    over &= silent;
                    if silent && finals[id.index()].is_none() && source_final.is_some_and(|f| f <= t) {
                        finals[id.index()] = Some(t);
                    }
                    spikes.push(events.iter().map(|&e| e as i8).collect());
                    events
                }
                Op::Readout(_) => {
                    totals[id.index()].iter_mut().zip(&x).for_each(|(a, x)| *a += x);
                    result.logits.push(totals[id.index()].clone());
                    Vec::new()
                }
            };
            if let Some(levels) = levels {
                let own = &mut tracers[id.index()];
                let events: Vec<i64> =
                    levels.iter().zip(&*own).map(|(&q, s)| (i64::from(q) - s).clamp(-1, 1)).collect();
                own.iter_mut().zip(&events).for_each(|(s, e)| *s += e);
                let silent = events.iter().all(|&e| e == 0);
                over &= silent;
                if silent && finals[id.index()].is_none() && source_final.is_some_and(|f| f <= t) {
                    finals[id.index()] = Some(t);
                }
                spikes.push(events.iter().map(|&e| e as i8).collect());
                sent[id.index()] = events;
            } else if !matches!(node.op, Op::Neuron(_) | Op::Readout(_)) {
                let own = &mut tracers[id.index()];
                own.iter_mut().zip(&sent[id.index()]).for_each(|(s, x)| *s += x);
            }
        }
        result.spikes.push(spikes);
        result.quiescent = over;
    }
    result.final_step = neurons.iter().map(|id| finals[id.index()].unwrap_or(t)).collect();
    result
}
