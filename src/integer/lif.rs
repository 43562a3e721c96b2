//! IF and LIF neurons on integers, time-step by time-step.

use super::{Range, Reset, Time};
use crate::graph::Shape;
pub use crate::quant::per_channel;

/// What is left of a value in the next time-step: `floor((factor·x + 2^(shift−1)) / 2^shift)`, that is `factor/2^shift`
/// of it, rounded half up. A `shift` of 0 does not round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Numerator, 0…2^shift.
    pub factor: i64,
    /// Power of two of the denominator.
    pub shift: u32,
}

impl Leak {
    /// Nothing leaks.
    pub const NONE: Self = Self { factor: 1, shift: 0 };

    /// What is left.
    pub fn of(self, x: i64) -> i64 {
        if self == Self::NONE {
            return x;
        }
        let half = if self.shift == 0 { 0 } else { 1i128 << (self.shift - 1) };
        // A factor of at most 1 leaves no more than there was.
        ((i128::from(self.factor) * i128::from(x) + half) >> self.shift) as i64
    }
}

/// Neurons that integrate `X = 2^fraction·A + drive`; see [`Constants::step`]. Lists have one entry per channel; those of
/// leaks one for all, or one per channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lif {
    /// Time-steps.
    pub time: Time,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// Fraction bits of the membrane.
    pub fraction: u32,
    /// Added in every time-step: the bias.
    pub drive: Vec<i64>,
    /// A spike when the membrane is at least this.
    pub threshold: Vec<i64>,
    /// Subtracted by a reset.
    pub subtract: Vec<i64>,
    /// Membrane after a spike, with [`Reset::Value`], the leak included.
    pub value: Vec<i64>,
    /// Membrane before the first time-step.
    pub start: Vec<i64>,
    /// Leak of the membrane.
    pub leak: Vec<Leak>,
    /// Leak of the synaptic current; empty without a synapse.
    pub synapse: Vec<Leak>,
    /// Range of `A`.
    pub total: Range,
    /// Range of the membrane at any moment.
    pub membrane: Range,
    /// Range of the synaptic current.
    pub current: Range,
}

/// Constants of a channel.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    reset: Reset,
    fraction: u32,
    /// Added in every time-step.
    pub drive: i64,
    /// A spike when the membrane is at least this.
    pub threshold: i64,
    subtract: i64,
    value: i64,
    leak: Leak,
    synapse: Option<Leak>,
}

/// State of a neuron between two time-steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What is left of the membrane.
    pub membrane: i64,
    /// The synaptic current.
    pub current: i64,
}

impl Constants {
    /// A time-step with the accumulated input `a`: whether there is a spike, and the membrane that decided.
    ///
    /// ```text
    /// X = 2^F·A + drive;   I ← leak_I(I) + X, which takes the place of X, if there is a synapse
    /// V = V' + X;          spike when V ≥ threshold
    /// V' = leak(V);        after a spike leak(V − subtract), leak(V) − subtract, or value
    /// ```
    pub fn step(&self, state: &mut State, a: i64) -> (bool, i64) {
        let mut x = (a << self.fraction) + self.drive;
        if let Some(synapse) = self.synapse {
            state.current = synapse.of(state.current) + x;
            x = state.current;
        }
        let v = state.membrane + x;
        let spike = v >= self.threshold;
        state.membrane = match (spike, self.reset) {
            (false, _) | (_, Reset::Never) => self.leak.of(v),
            (true, Reset::Subtract) => self.leak.of(v - self.subtract),
            (true, Reset::SubtractLate) => self.leak.of(v) - self.subtract,
            (true, Reset::Value) => self.value,
        };
        (spike, v)
    }
}

impl Lif {
    /// The constants of a channel.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn constants(&self, c: usize) -> Constants {
        Constants {
            reset: self.reset,
            fraction: self.fraction,
            drive: self.drive[c],
            threshold: self.threshold[c],
            subtract: self.subtract[c],
            value: self.value[c],
            leak: per_channel(&self.leak, c),
            synapse: if self.synapse.is_empty() { None } else { Some(per_channel(&self.synapse, c)) },
        }
    }

    /// State of a neuron of channel `c` before the first time-step.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn first(&self, c: usize) -> State {
        State { membrane: self.start[c], current: 0 }
    }

    /// Rows × channels.
    ///
    /// # Errors
    /// If a list does not fit the channels, or the rows do not fit the time-steps.
    pub fn shape(&self, source: &Shape) -> Result<Shape, String> {
        let channels = source.channels();
        let lists = [&self.drive, &self.threshold, &self.subtract, &self.value, &self.start];
        if let Some(list) = lists.iter().find(|list| list.len() != channels) {
            return Err(format!("{} constants for {channels} channels", list.len()));
        }
        let leaks = [(&self.leak, false), (&self.synapse, true)];
        if leaks.iter().any(|(l, none)| l.len() != 1 && l.len() != channels && !(*none && l.is_empty())) {
            return Err(format!("{} leaks for {channels} channels", self.leak.len()));
        }
        self.time.shape(source)
    }

    /// Parameters for the text form.
    pub fn describe(&self) -> String {
        let leak = match &self.leak[..] {
            [leak] if *leak == Leak::NONE => "no leak".to_owned(),
            [leak] => format!("leak {}/2^{}", leak.factor, leak.shift),
            _ => "leaks per channel".to_owned(),
        };
        let synapse = if self.synapse.is_empty() { "" } else { ", synapse" };
        format!(
            "{} time-steps, F {}, {leak}{synapse}, {:?}, A {}, V {}",
            self.time.steps, self.fraction, self.reset, self.total, self.membrane
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Leak;

    #[test]
    fn leaks_round_half_up() {
        let half = Leak { factor: 1, shift: 1 };
        assert_eq!([-3, -2, -1, 0, 1, 2, 3].map(|x| half.of(x)), [-1, -1, 0, 0, 1, 1, 2]);
        assert_eq!(Leak { factor: 0, shift: 0 }.of(1 << 61), 0);
        assert_eq!(Leak { factor: (1 << 24) - 1, shift: 24 }.of(1 << 61), (1 << 61) - (1 << 37));
        assert_eq!(Leak::NONE.of(i64::MIN), i64::MIN);
    }
}
