//! Spikes and rates of each layer over time-steps. The pictures are stretched by the page: a time-step is 1 wide, a neuron
//! 1 high.

use std::fmt::Write;

use super::text;
use crate::report::Measured;

/// A layer.
pub struct Band {
    /// The model's name.
    pub name: String,
    /// How many neurons, and how much they fire.
    pub figures: String,
    /// Neurons drawn.
    pub rows: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Positive and negative spikes: paths.
    pub up: String,
    /// See there.
    pub down: String,
    /// Firing rate: a path in a picture that is 1 high.
    pub rate: String,
    /// The largest of its rates.
    pub peak: String,
}

/// All layers on one scale.
pub struct Bands {
    /// Time-steps: width of every picture.
    pub steps: usize,
    /// The rate at the top of each picture.
    pub top: String,
    /// Layers.
    pub bands: Vec<Band>,
}

/// Draws them.
pub fn bands(measured: &Measured) -> Bands {
    let raster = &measured.raster;
    let longest = measured.layers.iter().map(|layer| layer.rates.len()).max().unwrap_or(0);
    let steps = longest.max(usize::try_from(raster.time_steps).unwrap_or(usize::MAX)).max(1);
    let rates = measured.layers.iter().flat_map(|layer| &layer.rates);
    let top = rates.copied().fold(0.0, f64::max);
    let bands = measured.layers.iter().zip(&raster.layers).map(|(layer, shown)| {
        let (mut up, mut down) = (String::new(), String::new());
        for (row, spikes) in shown.spikes.iter().enumerate() {
            for &spike in spikes {
                let path = if spike > 0 { &mut up } else { &mut down };
                let _ = write!(path, "M{} {row}h.8v.8h-.8z", spike.unsigned_abs().saturating_sub(1));
            }
        }
        let rows = shown.neurons.len().max(1);
        Band {
            name: text::shown(&layer.name),
            figures: format!(
                "{}, {} drawn; {} spikes each",
                text::plural(layer.neurons, "neuron", "neurons"),
                if rows == layer.neurons { "all".to_owned() } else { text::count(rows) },
                text::mean(layer.spikes_per_neuron)
            ),
            rows,
            height: (2 * rows).clamp(32, 200),
            up,
            down,
            rate: rate(&layer.rates, top),
            peak: text::percent(layer.rates.iter().copied().fold(0.0, f64::max)),
        }
    });
    Bands { steps, top: text::percent(top), bands: bands.collect() }
}

/// The area below a rate; `top` is 1 high.
fn rate(rates: &[f64], top: f64) -> String {
    let mut path = "M0 1".to_owned();
    for (step, rate) in rates.iter().enumerate() {
        let y = if top > 0.0 { 1.0 - rate / top } else { 1.0 };
        let _ = write!(path, "V{y:.3}H{}", step + 1);
    }
    path + "V1z"
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_rate_is_an_area() {
        assert_eq!(super::rate(&[0.5, 0.25, 0.0], 0.5), "M0 1V0.000H1V0.500H2V1.000H3V1z");
        assert_eq!(super::rate(&[], 0.0), "M0 1V1z");
    }
}
