//! What synthesis found, in proportion to the estimate.

use crate::hardware::Figures;

/// What synthesis found for each unit of an estimate.
pub(super) struct Ratios([f64; 5]);

impl Default for Ratios {
    fn default() -> Self {
        Self([1.0; 5])
    }
}

impl Ratios {
    /// Ratio of the area of a design to its estimate.
    pub fn of(used: &Figures, estimated: &Figures) -> Self {
        let ratio = |used: u64, estimated: u64| match estimated {
            0 => 1.0,
            estimated => used as f64 / estimated as f64,
        };
        Self([
            ratio(used.lut, estimated.lut),
            ratio(used.ff, estimated.ff),
            ratio(used.bram, estimated.bram),
            ratio(used.dsp, estimated.dsp),
            ratio(used.uram, estimated.uram),
        ])
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, not below 0")]
    /// What synthesis is expected to find where the estimate is this.
    pub fn apply(&self, figures: Figures) -> Figures {
        let of = |n: usize, count: u64| (count as f64 * self.0[n]).ceil() as u64;
        Figures {
            lut: of(0, figures.lut),
            ff: of(1, figures.ff),
            bram: of(2, figures.bram),
            dsp: of(3, figures.dsp),
            uram: of(4, figures.uram),
        }
    }
}
