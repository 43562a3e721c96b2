//! The energy account of the paper: operations times published energies of one operation at 45 nm. An estimate of
//! arithmetic alone: memory, control and wires, LayerNorm and softmax are in neither side.

use serde::Serialize;

use crate::golden::{Schedule, SpikeCode};
use crate::integer::cost::Operations;
use crate::report::Scheduled;

/// A 32-bit float multiply-accumulate at 45 nm, in pJ (Horowitz, ISSCC 2014: 3.7 + 0.9).
const MAC: f64 = 4.6;

/// A 32-bit float addition at 45 nm, in pJ: what the paper counts for a synaptic operation.
const SOP: f64 = 0.9;

/// Basis of both accounts.
#[derive(Clone, Debug, Serialize)]
pub struct Basis {
    /// Technology of the published energies.
    pub technology: &'static str,
    /// A multiply-accumulate.
    pub pj_per_mac: f64,
    /// A synaptic operation.
    pub pj_per_sop: f64,
    /// Elements of LayerNorm and softmax of one evaluation; not counted on either side.
    pub layer_norm_elements: u64,
    /// Elements of softmax; not counted on either side.
    pub softmax_elements: u64,
}

impl Basis {
    fn new(operations: &Operations) -> Self {
        let Operations { layer_norm_elements, softmax_elements, .. } = *operations;
        Self { technology: "45 nm", pj_per_mac: MAC, pj_per_sop: SOP, layer_norm_elements, softmax_elements }
    }
}

/// Account without samples.
#[derive(Clone, Debug, Serialize)]
pub struct Bounds {
    /// Its basis.
    #[serde(flatten)]
    pub basis: Basis,
    /// Multiply-accumulates of the quantised network.
    pub qann_macs: u64,
    /// Their energy.
    #[serde(rename = "qann_nj_per_sample")]
    pub qann_nj: f64,
    /// Multiply-accumulates of layers that read the input, which is not spikes, in all time-steps that apply it.
    pub input_macs: u64,
    /// Synaptic operations if every neuron fires once.
    pub sops_if_all_fire_once: u64,
    /// Upper bound of the time-steps to quiescence.
    pub worst_time_steps: u64,
    /// If every neuron fires in each of them.
    pub worst_sops: u64,
    /// Energy of these.
    #[serde(rename = "worst_nj_per_sample")]
    pub worst_nj: f64,
    /// Spikes per neuron at which both energies are equal.
    pub break_even_spikes_per_neuron: Option<f64>,
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
}

/// Account of samples.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Its basis.
    #[serde(flatten)]
    pub basis: Basis,
    /// Multiply-accumulates of the quantised network.
    pub qann_macs: u64,
    /// Their energy.
    pub qann_nj_per_sample: f64,
    /// Of the spiking network: synaptic operations, and multiply-accumulates with elements of the input that are not 0.
    pub snn_nj_per_sample: f64,
    /// Ratio of the energies of the spiking and the quantised network; none where there are no multiply-accumulates.
    pub ratio: Option<f64>,
    /// The same for each schedule and spike code whose operations are known; that of the run first.
    pub schedules: Vec<Scheduled>,
}

/// Mean operations of a sample in a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The order of the updates.
    pub schedule: Schedule,
    /// What a spike is worth.
    pub code: SpikeCode,
    /// Additions of a weight caused by a spike.
    pub sops: f64,
    /// Multiply-accumulates with elements of the input that are not 0.
    pub input_macs: f64,
}

impl Measured {
    /// The account of a run, and of other schedules.
    pub fn new(operations: &Operations, own: Account, others: &[Account]) -> Self {
        let qann = nj(operations.macs as f64, 0.0);
        let scheduled = |account: &Account| {
            let energy = nj(account.input_macs, account.sops);
            Scheduled {
                schedule: account.schedule.name().to_owned(),
                code: account.code.name().to_owned(),
                sops_per_sample: account.sops,
                input_macs_per_sample: account.input_macs,
                snn_nj_per_sample: energy,
                ratio: Some(energy / qann).filter(|ratio| ratio.is_finite()),
            }
        };
        let own = scheduled(&own);
        let (snn_nj_per_sample, ratio) = (own.snn_nj_per_sample, own.ratio);
        let schedules = std::iter::once(own).chain(others.iter().map(scheduled)).collect();
        Self {
            basis: Basis::new(operations),
            qann_macs: operations.macs,
            qann_nj_per_sample: qann,
            snn_nj_per_sample,
            ratio,
            schedules,
        }
    }
}

/// Energy of a number of operations in nJ.
fn nj(macs: f64, sops: f64) -> f64 {
    (MAC * macs + SOP * sops) / 1e3
}
