//! The files that do not depend on the model, which are part of the program.

/// `name => contents` of files in a folder of the repository.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../", $folder, "/", $name)))),*]
    };
}

/// The module library, in the order of `rtl/files.f`.
pub(super) const RTL: &[(&str, &str)] = files!("rtl":
    "axi_lite_regs_pkg.sv",
    "stream_check.sv",
    "stream_fifo.sv",
    "credit_counter.sv",
    "credit_fifo.sv",
    "sync_ram.sv",
    "ram_fifo.sv",
    "stream_queue.sv",
    "stream_link.sv",
    "sync_rom.sv",
    "weight_rom.sv",
    "spike_encoder.sv",
    "matmul_issue.sv",
    "matmul_terms.sv",
    "matmul_engine.sv",
    "spike_matmul.sv",
    "analog_matmul.sv",
    "analog_pass.sv",
    "stream_fork.sv",
    "stream_scale.sv",
    "residual_sum.sv",
    "row_select.sv",
    "permute_buffer.sv",
    "token_embedding.sv",
    "token_mask.sv",
    "lane_rotator.sv",
    "spike_events.sv",
    "product_sequencer.sv",
    "product_dispatch.sv",
    "product_tracers.sv",
    "product_banks.sv",
    "product_drain.sv",
    "spike_product.sv",
    "sample_stop.sv",
    "threshold_rom.sv",
    "row_flags.sv",
    "step_control.sv",
    "fired_flags.sv",
    "affine_threshold.sv",
    "level_reached.sv",
    "table_threshold.sv",
    "spike_neurons.sv",
    "row_accumulate.sv",
    "row_fire.sv",
    "level_edges.sv",
    "row_taps.sv",
    "wide_product.sv",
    "integer_sqrt.sv",
    "row_moments.sv",
    "layer_norm_neurons.sv",
    "group_mask.sv",
    "group_maximum.sv",
    "exp_table.sv",
    "group_sum.sv",
    "softmax_exps.sv",
    "softmax_decision.sv",
    "softmax_neurons.sv",
    "rate_encoder.sv",
    "confidence_rule.sv",
    "readout.sv",
    "axis_input.sv",
    "event_counters.sv",
    "confidence_settings.sv",
    "axi_lite_regs.sv",
);

/// Modules that replace those of the same name in [`RTL`] if large state memories are UltraRAM.
pub(super) const ULTRA_RAM: &[(&str, &str)] = files!("rtl/xcup": "sync_ram.sv");

/// The modules of the serial shell, in the order of `rtl/shell.f`.
pub(super) const SHELL: &[(&str, &str)] = files!("rtl":
    "uart_shell_pkg.sv",
    "power_on_reset.sv",
    "uart_rx.sv",
    "uart_tx.sv",
    "crc16.sv",
    "packet_rx.sv",
    "packet_tx.sv",
    "block_buffer.sv",
    "result_buffer.sv",
    "register_access.sv",
    "uart_request.sv",
    "uart_shell.sv",
);

/// The program that talks to the shell.
pub(super) const HOST: &[(&str, &str)] = files!("host": "host.py");

/// The simulation of the shell at its pins.
pub(super) const SHELL_SIM: &[(&str, &str)] = files!("sim": "board_main.cpp");

/// The simulation side. A file here replaces the one of the same name in [`RTL`].
pub(super) const SIM: &[(&str, &str)] = files!("sim":
    "stream_link.sv",
    "neuron_taps.sv",
    "readout_taps.sv",
    "shim.h",
    "shim.cpp",
);

/// Tests of the interfaces with clients of cocotbext-axi.
pub(super) const COCOTB: &[(&str, &str)] = files!("sim/cocotb":
    "run.py",
    "bench.py",
    "test_frames.py",
    "test_malformed.py",
    "test_registers.py",
    "test_rules.py",
);
/// The clock of the stand-alone simulation.
pub(super) const SELF_CHECK: &[(&str, &str)] = files!("sim": "self_check.cpp");

/// Timing constraints.
pub(super) const CONSTRAINTS: &[(&str, &str)] = files!("constraints": "core.xdc");

/// The file list of synthesis and lint, with paths from the build folder.
pub(super) fn rtl_list(top: &str) -> String {
    let library = RTL.iter().map(|(name, _)| format!("rtl/{name}\n"));
    library.chain([format!("rtl/{top}.sv\n")]).collect()
}

/// The file list of the stand-alone simulation.
pub(super) fn self_check_list(top: &str) -> String {
    rtl_list(top) + "sim/self_check_tb.sv\n"
}

/// The file list of a complete board design: core, shell, and top level.
pub(super) fn board_list(top: &str, board: &str) -> String {
    let shell = SHELL.iter().map(|(name, _)| format!("rtl/{name}\n"));
    [rtl_list(top)].into_iter().chain(shell).chain([format!("rtl/{board}.sv\n")]).collect()
}

/// The file list of co-simulation.
pub(super) fn sim_list(top: &str) -> String {
    let library = RTL.iter().map(|(name, _)| {
        let folder = if SIM.iter().any(|(sim, _)| sim == name) { "sim" } else { "rtl" };
        format!("{folder}/{name}\n")
    });
    let only_sim = |name: &&str| name.ends_with(".sv") && RTL.iter().all(|(rtl, _)| rtl != name);
    let taps = SIM.iter().map(|(name, _)| *name).filter(only_sim).map(|name| format!("sim/{name}\n"));
    library.chain([format!("rtl/{top}.sv\n")]).chain(taps).collect()
}

#[cfg(test)]
mod tests {
    use super::{RTL, SHELL};

    #[test]
    fn the_lists_are_those_in_the_repository() {
        for (files, list) in
            [(RTL, include_str!("../../rtl/files.f")), (SHELL, include_str!("../../rtl/shell.f"))]
        {
            assert!(files.iter().map(|(name, _)| *name).eq(list.lines()));
        }
    }
}
