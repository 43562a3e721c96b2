//! Integer weights with their scales.

use super::per_channel;

/// Weights `scale[o] · levels[o·inputs + i]` of a linear map.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Number of input channels.
    pub inputs: usize,
    /// Number of output channels.
    pub outputs: usize,
    /// Integer weights (zero point already subtracted), row-major: output by output.
    pub levels: Vec<i32>,
    /// Scale > 0: one entry for all output channels or one per output channel. Products of two scales need an `f64`.
    pub scale: Vec<f64>,
}

impl Weights {
    /// Integer weight from input `i` to output `o`.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn level(&self, o: usize, i: usize) -> i32 {
        self.levels[o * self.inputs + i]
    }

    /// Multiplies every output by a number other than 0: one for all of them, or one for each. Negative numbers change the
    /// signs of the weights.
    ///
    /// # Errors
    /// If a product is not a positive finite number.
    pub fn scaled(&mut self, factors: &[f64]) -> Result<(), String> {
        let single = self.scale.len() == 1 && factors.len() == 1;
        let count = if single { 1 } else { self.outputs };
        self.scale =
            (0..count).map(|o| per_channel(&self.scale, o) * per_channel(factors, o).abs()).collect();
        for o in (0..self.outputs).filter(|&o| per_channel(factors, o) < 0.0) {
            self.levels[o * self.inputs..(o + 1) * self.inputs].iter_mut().for_each(|w| *w = -*w);
        }
        self.check()
    }

    /// Checks lengths and signs.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self) -> Result<(), String> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        if inputs == 0 || outputs == 0 || inputs.checked_mul(outputs) != Some(self.levels.len()) {
            return Err(format!("{} weights for {outputs}×{inputs}", self.levels.len()));
        }
        if self.scale.len() != 1 && self.scale.len() != outputs {
            return Err(format!(
                "{} weight scales for {outputs} outputs; expected 1 or {outputs}",
                self.scale.len()
            ));
        }
        match self.scale.iter().find(|s| !s.is_finite() || **s <= 0.0) {
            Some(s) => Err(format!("the weight scale {s} is not a positive finite number")),
            None => Ok(()),
        }
    }
}
