//! The energy account of the paper: operations times published energies of one operation at 45 nm. An estimate of
//! arithmetic alone: memory, control and wires, LayerNorm and softmax are in neither side.

use serde::Serialize;

use super::output;
use crate::integer::cost::Operations;

/// A 32-bit float multiply-accumulate at 45 nm, in pJ (Horowitz, ISSCC 2014: 3.7 + 0.9).
const MAC: f64 = 4.6;

/// A 32-bit float addition at 45 nm, in pJ: what the paper counts for a synaptic operation.
const SOP: f64 = 0.9;

/// What both accounts say about themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Basis {
    /// Of the published energies.
    pub technology: &'static str,
    /// A multiply-accumulate.
    pub pj_per_mac: f64,
    /// A synaptic operation.
    pub pj_per_sop: f64,
    /// Elements of LayerNorm and softmax of one evaluation; not counted on either side.
    pub layer_norm_elements: u64,
    /// See there.
    pub softmax_elements: u64,
}

impl Basis {
    fn new(operations: &Operations) -> Self {
        let Operations { layer_norm_elements, softmax_elements, .. } = *operations;
        Self { technology: "45 nm", pj_per_mac: MAC, pj_per_sop: SOP, layer_norm_elements, softmax_elements }
    }

    fn note(&self) -> String {
        format!(
            "Estimate of the paper, 45 nm: {MAC} pJ a multiply-accumulate, {SOP} pJ a synaptic operation. Left out on both \
             sides: {} elements of LayerNorm, {} of softmax, memory, control.",
            output::thousands(self.layer_norm_elements),
            output::thousands(self.softmax_elements)
        )
    }
}

/// What can be said without samples.
#[derive(Clone, Debug, Serialize)]
pub struct Bounds {
    #[serde(flatten)]
    basis: Basis,
    qann_macs: u64,
    qann_nj: f64,
    /// Multiply-accumulates of layers that read the input, which is not spikes, in all time-steps that apply it.
    input_macs: u64,
    /// Synaptic operations if every neuron fires once.
    sops_if_all_fire_once: u64,
    /// Time-steps to quiescence at the most.
    worst_time_steps: u64,
    /// If every neuron fires in each of them.
    worst_sops: u64,
    worst_nj: f64,
    /// Spikes a neuron at which both cost the same.
    break_even_spikes_per_neuron: Option<f64>,
}

impl Bounds {
    /// The account of a network.
    pub fn new(operations: &Operations) -> Self {
        let Operations { macs, input_macs, sops, time_steps, .. } = *operations;
        let worst_sops = sops.saturating_mul(time_steps);
        let spare = MAC * macs.saturating_sub(input_macs) as f64;
        Self {
            basis: Basis::new(operations),
            qann_macs: macs,
            qann_nj: nj(macs as f64, 0.0),
            input_macs,
            sops_if_all_fire_once: sops,
            worst_time_steps: time_steps,
            worst_sops,
            worst_nj: nj(input_macs as f64, worst_sops as f64),
            break_even_spikes_per_neuron: (sops > 0).then(|| spare / (SOP * sops as f64)),
        }
    }

    /// As a table with its note.
    pub fn table(&self) -> String {
        let mut rows = vec![
            count("multiply-accumulates of the quantised network", self.qann_macs),
            energy("their energy", self.qann_nj),
            count("multiply-accumulates with the input", self.input_macs),
            count("synaptic operations if every neuron fires once", self.sops_if_all_fire_once),
            count("time-steps at the most", self.worst_time_steps),
            count("synaptic operations if every neuron fires in each", self.worst_sops),
            energy("energy at the most", self.worst_nj),
        ];
        if let Some(spikes) = self.break_even_spikes_per_neuron {
            rows.push(["spikes a neuron at equal energy".into(), format!("{spikes:.2}")]);
        }
        format!("{}\n{}", output::table(["energy", ""], rows, 1), self.basis.note())
    }
}

/// What samples have cost.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: Basis,
    /// Multiply-accumulates of the quantised network.
    pub qann_macs: u64,
    /// Their energy.
    pub qann_nj_per_sample: f64,
    /// Of the spiking network: synaptic operations, and multiply-accumulates with elements of the input that are not 0.
    pub snn_nj_per_sample: f64,
    /// The spiking network's by the quantised one's.
    pub ratio: f64,
}

impl Measured {
    /// The account of a run with these means.
    pub fn new(operations: &Operations, sops: f64, input_macs: f64) -> Self {
        let (qann, snn) = (nj(operations.macs as f64, 0.0), nj(input_macs, sops));
        Self {
            basis: Basis::new(operations),
            qann_macs: operations.macs,
            qann_nj_per_sample: qann,
            snn_nj_per_sample: snn,
            ratio: snn / qann,
        }
    }

    /// As a table with its note.
    pub fn table(&self) -> String {
        let rows = vec![
            count("multiply-accumulates of the quantised network", self.qann_macs),
            energy("their energy", self.qann_nj_per_sample),
            energy("energy of the spiking network", self.snn_nj_per_sample),
            ["spiking : quantised".into(), format!("{:.3}", self.ratio)],
        ];
        format!("{}\n{}", output::table(["energy, a sample", ""], rows, 1), self.basis.note())
    }
}

/// nJ of so many operations.
fn nj(macs: f64, sops: f64) -> f64 {
    (MAC * macs + SOP * sops) / 1e3
}

fn count(name: &str, value: u64) -> [String; 2] {
    [name.into(), output::thousands(value)]
}

fn energy(name: &str, nj: f64) -> [String; 2] {
    [name.into(), format!("{nj:.1} nJ")]
}
