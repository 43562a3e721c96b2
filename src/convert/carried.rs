//! Values between levels that are whole parts of a level: resized maps and average pools of neurons. Further neurons with
//! finer levels carry them without rounding, for layers that read them without a quantiser.

use super::Conversion;
use super::view::{Content, Value};
use crate::error::Result;
use crate::graph::NodeId;
use crate::quant::{InputSpec, Quantiser, Rounding, Scaling};
use crate::snn::{Linear, Op};

impl Conversion {
    /// A resized map or an average pool of neurons as neurons that carry it exactly; other values as they are. If the divisor
    /// is no power of two, the neurons have levels of the undivided sums, and the value a factor of `1/divisor`.
    pub(super) fn carried(&mut self, name: &str, source: &Value) -> Result<Value> {
        let Content::Node(node) = source.content else { return Ok(source.clone()) };
        if source.function.is_some() || source.is_masked() || source.averaged > 1 || source.offset != 0.0 {
            return Ok(source.clone());
        }
        let known = self.carriers.get(&node).copied();
        let Some((neurons, divisor)) = known.map_or_else(|| self.carrying(node), |known| Ok(Some(known)))?
        else {
            return Ok(source.clone());
        };
        if known.is_none() {
            let levels = self.levels_of(neurons).map_or(0, |q| q.tracer_range().1 - q.tracer_range().0);
            let note =
                format!("reads what is between levels through neurons of {levels} levels, without rounding");
            self.notes.push((name.to_owned(), note));
            self.carriers.insert(node, (neurons, divisor));
        }
        let factor = if divisor == 1 { source.factor } else { source.factor / f64::from(divisor) };
        Ok(Value { content: Content::Node(neurons), factor, shared: true, ..source.clone() })
    }

    /// Neurons whose levels are the sums of a layer of neurons, and what these are divided by; none for other layers, or if
    /// there are too many levels.
    fn carrying(&mut self, node: NodeId) -> Result<Option<(NodeId, u32)>> {
        let Op::Linear(linear) = &self.graph.node(node).op else { return Ok(None) };
        let Some(&below) = self.graph.inputs(node).first() else { return Ok(None) };
        let raw = |input: NodeId| {
            let Op::Input(input) = &self.graph.node(input).op else { return None };
            raw_levels(&input.spec)
        };
        let arranged =
            matches!(self.graph.node(below).op, Op::Arrange(_)).then(|| self.graph.inputs(below)[0]);
        let quantiser = self.levels_of(below).cloned().or_else(|| raw(arranged.unwrap_or(below)));
        let Some(quantiser) = quantiser else { return Ok(None) };
        let (&[scale], &[low], &[high]) = (&quantiser.scale[..], &quantiser.low[..], &quantiser.high[..])
        else {
            return Ok(None);
        };
        if !is_mean(linear) {
            return Ok(None);
        }
        let divisor = linear.divisor;
        let times = |level: i32| i32::try_from(i64::from(level) * i64::from(divisor)).ok();
        let most = Quantiser::MAX_LEVEL;
        let (Some(low), Some(high)) = (times(low.min(0)), times(high.max(0))) else { return Ok(None) };
        if low < -most || high > most {
            return Ok(None);
        }
        #[expect(clippy::cast_precision_loss, reason = "a power of two")]
        let part = scale / divisor as f32;
        let finer = divisor.is_power_of_two() && part.is_normal();
        let own = self.graph.node(node).name.clone();
        let (layer, scale, rest) = if finer {
            (node, part, 1)
        } else {
            let undivided = Op::Linear(Linear { divisor: 1, ..linear.clone() });
            let label = self.unused_name(format!("{own}.undivided"));
            (self.graph.add(label, undivided, &[below])?, scale, divisor)
        };
        let label = self.unused_name(format!("{own}.carried"));
        let neurons = Op::Neuron(Quantiser::uniform(scale, low, high, Rounding::HalfUp));
        Ok(Some((self.graph.add(label, neurons, &[layer])?, rest)))
    }
}

/// Whether each output is a weighted mean of what it reads, or less: weights from 0 on that add up to at most the divisor.
fn is_mean(linear: &Linear) -> bool {
    let weights = &linear.weights;
    let Some(window) = &linear.window else { return false };
    if window.groups != window.channels || weights.outputs != window.channels {
        return false;
    }
    let small = |taps: &Vec<usize>| {
        (0..weights.outputs).all(|o| {
            let sum: i64 = taps.iter().map(|&tap| i64::from(weights.level(o, tap))).sum();
            sum <= i64::from(linear.divisor)
        })
    };
    linear.bias.is_empty()
        && weights.scale == [1.0]
        && weights.levels.iter().all(|&w| w >= 0)
        && window.tap_lists().iter().all(small)
}

/// The whole number that a factor divides by, if it is one that a division by a layer's own divisor makes exact.
pub(super) fn division(factor: f64) -> Option<u32> {
    let divisor = (1.0 / factor).round();
    let whole = divisor >= 2.0 && divisor <= f64::from(1u32 << 30) && 1.0 / divisor == factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let divisor = divisor as u32;
    (whole && !divisor.is_power_of_two()).then_some(divisor)
}

/// Neurons whose levels are raw elements, if these have one scale that is a float.
pub(super) fn raw_levels(spec: &InputSpec) -> Option<Quantiser> {
    let Scaling::Affine { scale, zero_point } = &spec.scaling else { return None };
    let [scale] = &scale[..] else { return None };
    #[expect(clippy::cast_possible_truncation)]
    let float = scale.to_f64() as f32;
    let (first, last) = spec.element.range();
    let exact = f64::from(float) == scale.to_f64() && float > 0.0;
    exact.then(|| Quantiser::uniform(float, first - zero_point, last - zero_point, Rounding::HalfUp))
}

#[cfg(test)]
mod tests {
    use super::division;

    #[test]
    fn reciprocals_of_whole_numbers_divide() {
        assert_eq!(division(1.0 / 225.0), Some(225));
        assert_eq!([0.25, 0.3, 2.0, 0.0, -1.0 / 3.0, f64::NAN, f64::INFINITY].map(division), [None; 7]);
        assert_eq!(division(f64::from(1.0f32 / 3.0)), None);
    }
}
