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
    /// Weights that are these floats, output by output: multiples of a power of two for each output. Without `bits`, the
    /// largest of an output has 24 bits, a float's own precision: those of at least half of it are exact, smaller ones
    /// rounded to the same multiple. With `bits`, all are rounded to so many bits with a sign.
    ///
    /// # Errors
    /// If a value is not finite, or the lengths do not fit.
    pub fn of_floats(
        inputs: usize,
        outputs: usize,
        values: &[f64],
        bits: Option<u8>,
    ) -> Result<Self, String> {
        if inputs.checked_mul(outputs) != Some(values.len()) || values.is_empty() {
            return Err(format!("{} weights for {outputs}×{inputs}", values.len()));
        }
        if let Some(w) = values.iter().find(|w| !w.is_finite()) {
            return Err(format!("the weight {w} is not finite"));
        }
        const FLOAT_BITS: u8 = 24;
        let width = i32::from(bits.map_or(FLOAT_BITS, |bits| bits.clamp(2, 32) - 1));
        let top = if bits.is_some() { (2f64).powi(width) - 1.0 } else { (2f64).powi(width) };
        let (mut levels, mut scale) = (Vec::with_capacity(values.len()), Vec::with_capacity(outputs));
        for row in values.chunks(inputs) {
            let largest = row.iter().fold(0f64, |most, w| most.max(w.abs()));
            let exponent =
                if largest < f64::MIN_POSITIVE { 0 } else { ((largest.to_bits() >> 52) as i32) - 1023 };
            let mut unit = f64::from(exponent + 1 - width).exp2();
            // At most 2^31.
            #[expect(clippy::cast_possible_truncation)]
            let level = |w: &f64| (w / unit).round_ties_even().clamp(-top, top) as i32;
            let mut own: Vec<i32> = row.iter().map(level).collect();
            // Zeros at the end of all integers of an output belong to its scale.
            let used = own.iter().fold(0, |used, level| used | level);
            if used != 0 {
                own.iter_mut().for_each(|level| *level >>= used.trailing_zeros());
                unit *= f64::from(used.trailing_zeros()).exp2();
            }
            levels.extend(own);
            scale.push(unit);
        }
        if scale.windows(2).all(|pair| pair[0] == pair[1]) {
            scale.truncate(1);
        }
        let weights = Self { inputs, outputs, levels, scale };
        weights.check().map(|()| weights)
    }

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
