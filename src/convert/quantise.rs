//! Quantiser → ST-BIF+ neurons.

use super::carried::division;
use super::line::through;
use super::view::{Content, Value};
use super::{Conversion, bounded, clip};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape};
use crate::quant::{Decimal, Function, InputSpec, Quantiser, Rounding, Scaling, per_channel};
use crate::snn::{Embedding, Op, View};

impl Conversion {
    pub(super) fn quantise(
        &mut self,
        name: &str,
        quantiser: &Quantiser,
        shape: &Shape,
        mut source: Value,
        readers: usize,
    ) -> Result<Value> {
        if let Content::Pool(pooled) = &source.content {
            let pooled = pooled.clone();
            self.unscaled(name, &Value { function: None, ..source.clone() })?;
            let value = self.quantised_pool(name, quantiser, &pooled, source)?;
            if let (Some(order), Content::Node(node)) = (&value.order, &value.content) {
                let label = self.graph.node(*node).name.clone();
                self.views.insert(label, View { shape: shape.clone(), order: order.clone() });
            }
            return Ok(value.also_read_by(readers));
        }
        if source.function.is_none()
            && source.offset == 0.0
            && source.averaged == 1
            && division(source.factor).is_some()
            && matches!(source.content, Content::Node(node) if matches!(self.graph.node(node).op, Op::Neuron(_)))
        {
            // The layer divides without rounding.
            source = self.identity_under(name, &source, shape.channels())?;
        }
        if source.function.is_none() && (source.factor != 1.0 || source.offset != 0.0) && source.averaged == 1
        {
            source = self.function(name, &Function::identity(), &source)?;
        }
        let mut function = source.function.take();
        let clipped = function.as_ref().and_then(|function| clip::merged(function, quantiser));
        function = function.filter(|_| clipped.is_none());
        let quantiser = clipped.as_ref().unwrap_or(quantiser);
        let bounded = source.bounds.take().map(|bounds| bounded::within(quantiser, &bounds));
        let quantiser = bounded.as_ref().unwrap_or(quantiser);
        if source.averaged > 1 {
            source = self.averaged(name, &source)?;
        }
        let mut quantiser = if source.relu { after_relu(quantiser) } else { quantiser.clone() };
        self.unscaled(name, &source)?;
        let mut node = self.carrier(name, &source)?;
        if let Op::Input(input) = &mut self.graph.node_mut(node).op {
            let identity = identity_on(&quantiser, &input.spec);
            let fits = |spec: &InputSpec| !source.shared || *spec == input.spec;
            if let Some(spec) = identity.filter(|spec| fits(spec) && function.is_none()) {
                input.spec = spec;
                let note =
                    "the raw input is this quantiser's level already: applied directly, without neurons";
                self.notes.push((name.to_owned(), note.to_owned()));
                return Ok(Value { relu: false, ..source }.also_read_by(readers));
            }
            if source.order.is_some() {
                node = self.rows_of(name, &source, shape.channels())?.0;
            }
        }
        if let Op::Neuron(before) = &self.graph.node(node).op {
            let unchanged = contains(&quantiser, before);
            if function.is_none() {
                if let Some(value) = self.narrowed(name, &quantiser, node, &source, shape, readers) {
                    return Ok(value);
                }
                if unchanged {
                    return Ok(Value { relu: false, ..source }.also_read_by(readers));
                }
            }
            self.notes.push((name.to_owned(), "reads other neurons through an identity layer".into()));
            let plain = Value { relu: false, ..source };
            source = if plain.order.is_some() && self.plain_rows_of(name, &plain, shape.channels()).is_err() {
                self.identity_under(name, &plain, shape.channels())?
            } else {
                self.passed_on(name, node, plain, shape)?
            };
            node = self.carrier(name, &source)?;
        }
        let read = &self.graph.node(node).op;
        let table = if let Op::Embedding(table) = read { Some(table.clone()) } else { None };
        if let Some(table) = table.filter(|_| function.is_none())
            && let Some(levels) = self.quantised_table(name, &quantiser, &table, node)?
        {
            node = levels;
            quantiser.rounding = Rounding::HalfUp;
        }
        let (mut node, order) = self.outputs(name, node, &source)?;
        if let Some(function) = function {
            node = self.function_of(name, function, node)?;
        }
        let channels = self.graph.node(node).shape.channels();
        let read = Value { order: order.clone(), ..Value::plain(node, 1) };
        quantiser.scale = per_source_channel(&quantiser.scale, &read, shape, channels, name)?;
        quantiser.low = per_source_channel(&quantiser.low, &read, shape, channels, name)?;
        quantiser.high = per_source_channel(&quantiser.high, &read, shape, channels, name)?;
        let mut value = Value::plain(self.graph.add(name, Op::Neuron(quantiser), &[node])?, readers);
        if let Some(order) = order {
            // Other neurons of the layer are not read.
            if order.len() == self.graph.node(node).shape.len() {
                self.views.insert(name.to_owned(), View { shape: shape.clone(), order: order.clone() });
            }
            value.order = Some(order);
        }
        Ok(value)
    }
}

impl Conversion {
    /// A table of which every entry is the value that its level has: whatever decides at ties, levels are these.
    fn quantised_table(
        &mut self,
        name: &str,
        quantiser: &Quantiser,
        table: &Embedding,
        node: NodeId,
    ) -> Result<Option<NodeId>> {
        let channels = table.channels;
        let (per_scale, per_low, per_high) = (&quantiser.scale, &quantiser.low, &quantiser.high);
        if [per_scale.len(), per_low.len(), per_high.len()].iter().any(|&len| ![1, channels].contains(&len)) {
            return Ok(None);
        }
        let entry = |(e, &x): (usize, &f32)| {
            let c = e % channels;
            let levels = (per_channel(per_low, c), per_channel(per_high, c));
            let level = clip::level(quantiser.rounding, per_channel(per_scale, c), levels, x.into());
            // A level has at most 17 bits, and rounding is far from the next one.
            #[expect(clippy::cast_possible_truncation)]
            let value = (f64::from(level) * f64::from(per_channel(per_scale, c))) as f32;
            value
        };
        let entries = table.table.iter().enumerate().map(entry).collect();
        let below = self.graph.inputs(node)[0];
        let label = self.unused_name(format!("{name}.table"));
        self.graph.add(label, Op::Embedding(Embedding { channels, table: entries }), &[below]).map(Some)
    }
}

impl Conversion {
    /// Neurons through an identity layer. Where their order moves elements between rows, the layer has the rows of the
    /// neurons, and the order comes after it.
    fn passed_on(&mut self, name: &str, node: NodeId, source: Value, shape: &Shape) -> Result<Value> {
        let source = Value { relu: false, ..source };
        let own = self.graph.node(node).shape.clone();
        let moves = source.order.as_ref().is_some_and(|order| order.len() == own.len())
            && source.channel_order(shape.channels()).is_none();
        if !moves {
            // Of a single pixel, the rows are the channels.
            let single = source.order.is_none() && shape.channels() == 1;
            return self.identity(name, &source, if single { own.channels() } else { shape.channels() });
        }
        let plain = self.identity(name, &Value { order: None, ..source.clone() }, own.channels())?;
        Ok(Value { order: source.order, ..plain })
    }
}

/// `Q(max(x, 0))`: levels below that of 0 are never reached.
fn after_relu(quantiser: &Quantiser) -> Quantiser {
    let channels = quantiser.low.len().max(quantiser.high.len());
    let at = |list: &[i32], c: usize| crate::quant::per_channel(list, c);
    let low = (0..channels).map(|c| 0.clamp(at(&quantiser.low, c), at(&quantiser.high, c))).collect();
    Quantiser { low, ..quantiser.clone() }
}

/// Converts a list for the quantiser's channels to one for the channels of its input, if a view regrouped them.
fn per_source_channel<T: Copy + PartialEq>(
    list: &[T],
    read: &Value,
    shape: &Shape,
    channels: usize,
    name: &str,
) -> Result<Vec<T>> {
    through(list, read, shape.channels(), channels).ok_or_else(|| {
        Error::input(format!(
            "a quantiser of {} channels on a layer of {channels} channels in another order",
            list.len()
        ))
        .at_node(name)
        .fix("quantise per tensor, or before the reshape")
    })
}

/// Whether a quantiser changes no level of these neurons: it has their scale, and all their levels.
fn contains(quantiser: &Quantiser, neurons: &Quantiser) -> bool {
    let ([s], [own]) = (&quantiser.scale[..], &neurons.scale[..]) else { return false };
    let low = quantiser.low.iter().max() <= neurons.low.iter().min();
    s == own && low && quantiser.high.iter().min() >= neurons.high.iter().max()
}

/// If `Q(x) = d` for every raw value `d = q − zero_point`, the input as the quantiser's value `s·d`.
fn identity_on(quantiser: &Quantiser, spec: &InputSpec) -> Option<InputSpec> {
    let Scaling::Affine { scale, zero_point } = &spec.scaling else { return None };
    let ([given], [s], [low], [high]) =
        (&scale[..], &quantiser.scale[..], &quantiser.low[..], &quantiser.high[..])
    else {
        return None;
    };
    let (first, last) = spec.element.range();
    let (first, last) = (first - zero_point, last - zero_point);
    let ratio = given.to_f64() / f64::from(*s);
    // Rounding to nearest tolerates a scale that was printed with fewer digits; the other rules do not.
    let forgiving = match quantiser.rounding {
        Rounding::HalfUp | Rounding::HalfEven | Rounding::HalfOdd | Rounding::HalfDown => 0.25,
        Rounding::Floor | Rounding::Ceil | Rounding::Truncate => 0.0,
    };
    let widest = f64::from(first.abs().max(last.abs()));
    if (ratio - 1.0).abs() * widest > forgiving || *low > first || *high < last {
        return None;
    }
    // Rust prints the exact value of an f32 if all its digits are requested.
    let exact: Decimal = trimmed(&format!("{:.160}", f64::from(*s))).parse().ok()?;
    Some(InputSpec {
        scaling: Scaling::Affine { scale: vec![exact], zero_point: *zero_point },
        ..spec.clone()
    })
}

fn trimmed(decimal: &str) -> &str {
    decimal.trim_end_matches('0').trim_end_matches('.')
}
