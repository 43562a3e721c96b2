//! Integer weights with their scales.

use super::{Quantiser, per_channel};

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

    /// Multiplies every output by a number: one for all of them, or one for each. Negative numbers change the signs of the
    /// weights.
    ///
    /// # Errors
    /// If a product is not a positive finite number.
    pub fn scaled(&mut self, factors: &[f64]) -> Result<(), String> {
        let single = self.scale.len() == 1 && factors.len() == 1;
        let count = if single { 1 } else { self.outputs };
        self.scale =
            (0..count).map(|o| per_channel(&self.scale, o) * per_channel(factors, o).abs()).collect();
        for (o, row) in self.levels.chunks_mut(self.inputs.max(1)).enumerate() {
            let factor = per_channel(factors, o);
            if factor == 0.0 {
                row.fill(0);
                let scale = if single { 0 } else { o };
                self.scale[scale] = 1.0;
            } else if factor < 0.0 {
                row.iter_mut().for_each(|w| *w = w.saturating_neg());
            }
        }
        self.check()
    }

    /// Whether some weight needs more bits than quantised weights have: such are those that were floats.
    pub fn is_wide(&self) -> bool {
        let most = u32::try_from(Quantiser::MAX_LEVEL).unwrap_or(u32::MAX);
        self.levels.iter().any(|w| w.unsigned_abs() > most)
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
