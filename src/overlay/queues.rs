//! Queues of LayerNorm and softmax, in which a row or a group waits for its root or its sum.

use super::machine::{Machine, bits};

/// Beats that are in look-up tables where weights come from memory (`Tables` in `rtl/overlay/overlay_layer_norm.sv`).
pub(super) const MOST_IN_TABLES: usize = 256;

/// Bits of a beat in `overlay_layer_norm`, and beats: a row, and what comes while its root is computed.
pub(super) fn layer_norm(machine: &Machine) -> (u64, usize) {
    let m = machine;
    if m.square_width == 0 {
        return (0, 0);
    }
    let lanes = m.row_lanes.max(1);
    let row_width = m.sum_width + bits(m.max_channels.saturating_sub(1));
    let beats = m.max_channels.div_ceil(lanes) + m.square_width.div_ceil(2) as usize + 16;
    (lanes as u64 * u64::from(row_width) + 1, beats + bits(lanes - 1) as usize)
}

/// Bits of a beat of the queue of exponentials in `overlay_softmax`, and beats: a group, and what passes meanwhile.
pub(super) fn softmax(machine: &Machine) -> (u64, usize) {
    let m = machine;
    if m.max_group == 0 {
        return (0, 0);
    }
    let lanes = m.row_lanes.max(1);
    (lanes as u64 * (u64::from(m.exp_width) + 1) + 2, m.max_group.div_ceil(lanes) + 8)
}

#[cfg(test)]
mod tests {
    use super::{Machine, layer_norm, softmax};

    /// As `rtl/overlay/overlay_layer_norm.sv` and `rtl/overlay/overlay_softmax.sv` compute them.
    #[test]
    fn queues_of_a_large_machine() {
        let machine = Machine {
            row_lanes: 8,
            sum_width: 32,
            square_width: 78,
            max_channels: 384,
            exp_width: 25,
            max_group: 197,
            ..Machine::default()
        };
        assert_eq!(layer_norm(&machine), (8 * 41 + 1, 48 + 39 + 16 + 3));
        assert_eq!(softmax(&machine), (8 * 26 + 2, 25 + 8));
        assert_eq!((layer_norm(&Machine::default()).0, softmax(&Machine::default()).0), (0, 0));
    }
}
