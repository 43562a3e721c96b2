//! The energy account as tables.

use super::output;
use crate::flow::energy::{Basis, Bounds, Measured};

/// The account of a network as a table with its note.
pub fn bounds(account: &Bounds) -> String {
    let mut rows = vec![
        count("multiply-accumulates of the quantised network", account.qann_macs),
        energy("their energy", account.qann_nj),
        count("multiply-accumulates with the input", account.input_macs),
        count("synaptic operations if every neuron fires once", account.sops_if_all_fire_once),
        count("time-steps, at most", account.worst_time_steps),
        count("synaptic operations if every neuron fires in each", account.worst_sops),
        energy("energy, at most", account.worst_nj),
    ];
    if let Some(spikes) = account.break_even_spikes_per_neuron {
        rows.push(["spikes per neuron at equal energy".into(), format!("{spikes:.2}")]);
    }
    format!("{}\n{}", output::table(["energy", ""], rows, 1), note(&account.basis))
}

/// The account of a run as a table with its note.
pub fn measured(account: &Measured) -> String {
    let rows = vec![
        count("multiply-accumulates of the quantised network", account.qann_macs),
        energy("their energy", account.qann_nj_per_sample),
    ];
    let schedules = account.schedules.iter().map(|s| {
        let share = s.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        let name = format!("{}, {}", s.schedule, s.code);
        [name, format!("{:.0}", s.sops_per_sample), format!("{:.1} nJ", s.snn_nj_per_sample), share]
    });
    let head = ["schedule", "synaptic operations", "energy", "spiking : quantised"];
    format!(
        "{}\n{}\n{}",
        output::table(["energy per sample", ""], rows, 1),
        output::table(head, schedules.collect(), 1),
        note(&account.basis)
    )
}

fn note(basis: &Basis) -> String {
    format!(
        "Estimate of the paper, 45 nm: {} pJ per multiply-accumulate, {} pJ per synaptic operation. Not included \
         on either side: {} elements of LayerNorm, {} of softmax, memory, control.",
        basis.pj_per_mac,
        basis.pj_per_sop,
        output::thousands(basis.layer_norm_elements),
        output::thousands(basis.softmax_elements)
    )
}

fn count(name: &str, value: u64) -> [String; 2] {
    [name.into(), output::thousands(value)]
}

fn energy(name: &str, nj: f64) -> [String; 2] {
    [name.into(), format!("{nj:.1} nJ")]
}
