//! Integer weights with their scales.

/// Weights `scale[o] · levels[o·inputs + i]` of a linear map.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Number of input channels.
    pub inputs: usize,
    /// Number of output channels.
    pub outputs: usize,
    /// Integer weights (zero point already subtracted), row-major: output by output.
    pub levels: Vec<i32>,
    /// Scale > 0: one entry for all output channels or one per output channel.
    pub scale: Vec<f32>,
}

impl Weights {
    /// Integer weight from input `i` to output `o`.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn level(&self, o: usize, i: usize) -> i32 {
        self.levels[o * self.inputs + i]
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
