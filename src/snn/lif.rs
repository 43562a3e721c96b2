//! IF and LIF neurons with time-steps of the model itself, and their float64 run.

use crate::graph::Shape;
use crate::operators::finite;
use crate::quant::per_channel;
use crate::snn::{Reset, Time};

/// Neurons that integrate what they read, time-step by time-step, and fire at most one spike in each. Lists have one
/// entry for all channels, or one per channel.
///
/// With the input `x`, and `i ← α·i + x` in place of `x` if there is a synapse, of each time-step:
///
/// ```text
/// v ← v + x;   spike when v ≥ θ (v > θ if `above`);   v ← v after a spike, as `reset` says;   v ← β·v
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lif {
    /// Time-steps.
    pub time: Time,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// Whether the membrane must be above the threshold, not just at it.
    pub above: bool,
    /// `θ`.
    pub threshold: Vec<f64>,
    /// `β`, 0 to 1: what is left of a membrane in the next time-step.
    pub leak: Vec<f64>,
    /// `v_reset` of [`Reset::Value`].
    pub value: Vec<f64>,
    /// Membrane before the first time-step.
    pub start: Vec<f64>,
    /// `α`, 0 to 1: what is left of a synaptic current in the next time-step. Empty without a synapse.
    pub synapse: Vec<f64>,
    /// Bits of `β` and `α` behind the point, and of the membrane below the threshold, where it is rounded.
    pub bits: u32,
}

impl Lif {
    /// The most bits that can be asked for.
    pub const MOST_BITS: u32 = 32;

    /// Rows × channels.
    ///
    /// # Errors
    /// If a parameter is out of range, or the rows do not fit.
    pub fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let channels = source.channels();
        let lists = [
            ("threshold", &self.threshold),
            ("leak", &self.leak),
            ("reset value", &self.value),
            ("first membrane", &self.start),
        ];
        for (what, list) in lists {
            if list.len() != 1 && list.len() != channels {
                return Err(format!("{} values of the {what} for {channels} channels", list.len()));
            }
            finite(what, list)?;
        }
        if self.synapse.len() > 1 && self.synapse.len() != channels {
            return Err(format!("{} synapses for {channels} channels", self.synapse.len()));
        }
        if let Some(leak) = self.leak.iter().chain(&self.synapse).find(|leak| !(0.0..=1.0).contains(*leak)) {
            return Err(format!("the leak {leak} is not within 0…1"));
        }
        if !(1..=Self::MOST_BITS).contains(&self.bits) {
            return Err(format!("membranes of {} bits; supported are 1 to {}", self.bits, Self::MOST_BITS));
        }
        self.time.shape(source)
    }

    /// Parameters for the text form.
    pub fn describe(&self) -> String {
        let one = |list: &[f64]| match list {
            [one] => one.to_string(),
            [first, ..] if list.iter().all(|v| v == first) => first.to_string(),
            _ => "per channel".to_owned(),
        };
        let reset = match self.reset {
            Reset::Never => "no reset".to_owned(),
            Reset::Subtract => "reset by subtraction".to_owned(),
            Reset::SubtractLate => "reset by subtraction after the leak".to_owned(),
            Reset::Value => format!("reset to {}", one(&self.value)),
        };
        let sign = if self.above { '>' } else { '≥' };
        let mut text =
            format!("{} time-steps, spike when v {sign} {}", self.time.steps, one(&self.threshold));
        if self.leak.iter().any(|&leak| leak != 1.0) {
            text.push_str(&format!(", leak {}", one(&self.leak)));
        }
        if !self.synapse.is_empty() {
            text.push_str(&format!(", synapse {}", one(&self.synapse)));
        }
        text + ", " + &reset
    }

    /// The spikes of all time-steps in float64; a row of `x` has this many channels.
    pub fn spikes(&self, x: &[f64], channels: usize) -> Vec<i32> {
        let neurons = if self.time.constant { x.len() } else { self.time.neurons(x.len()) };
        let mut spikes = Vec::with_capacity(neurons * self.time.steps);
        let first = |n: usize| per_channel(&self.leak, n % channels) * per_channel(&self.start, n % channels);
        let mut membranes: Vec<f64> = (0..neurons).map(first).collect();
        let mut currents = vec![0.0; if self.synapse.is_empty() { 0 } else { neurons }];
        for t in 0..self.time.steps {
            let first = if self.time.constant { 0 } else { t * neurons };
            for (n, v) in membranes.iter_mut().enumerate() {
                let c = n % channels;
                let mut input = x[first + n];
                if let Some(current) = currents.get_mut(n) {
                    *current = per_channel(&self.synapse, c) * *current + input;
                    input = *current;
                }
                *v += input;
                let threshold = per_channel(&self.threshold, c);
                let leak = per_channel(&self.leak, c);
                let spike = if self.above { *v > threshold } else { *v >= threshold };
                *v = match (spike, self.reset) {
                    (false, _) | (_, Reset::Never) => leak * *v,
                    (true, Reset::Subtract) => leak * (*v - threshold),
                    (true, Reset::SubtractLate) => leak * *v - threshold,
                    (true, Reset::Value) => leak * per_channel(&self.value, c),
                };
                spikes.push(i32::from(spike));
            }
        }
        spikes
    }
}
