//! The simulator's run time linked into the program by crate `verilated`. See `docs/decisions.md` for how to run this.

#![cfg(feature = "verilated")]

use snn2rtl::cosim::linked::{self, Settings, Waveform};

#[test]
fn the_run_time_of_the_verilator_at_hand_is_linked_and_answers() {
    let version = linked::version();
    let major: u32 = version.split('.').next().and_then(|n| n.parse().ok()).expect("a version");
    assert!(major >= 5, "{version}");
    for random_start in [true, false] {
        Settings { random_start, waveforms: true }.apply();
        assert_eq!(linked::has_random_start(), random_start);
    }
    assert!(!linked::has_finished());

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wave.vcd");
    let mut waveform = Waveform::create(&path).expect("a file");
    waveform.dump(7);
    waveform.flush();
    assert_eq!(waveform.path(), path);
    let text = std::fs::read_to_string(&path).expect("a waveform");
    assert!(text.contains("$enddefinitions") && text.contains("#7"), "{text}");
    assert!(Waveform::create(&folder.path().join("no/such/folder.vcd")).is_err());
}
