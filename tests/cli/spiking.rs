//! Networks that are spiking already: from a NIR file to a build folder, and what is refused on the way.

use std::fs;

use crate::common::repository;
use crate::session::Session;

#[test]
fn nir_files_are_converted_and_built_for_the_overlay() {
    let s = Session::new();
    let file = repository("examples/events/events.nir");
    let bytes = fs::read(&file).expect("a NIR file");
    let file = file.display().to_string();
    fs::write(s.path("cut.nir"), &bytes[..bytes.len() / 2]).expect("written");
    fs::write(s.path("text.nir"), "no HDF5\n").expect("written");
    s.refused("convert none.nir -o x.snn --time-steps 10", &["cannot read", "none.nir"]);
    s.refused("convert cut.nir -o x.snn --time-steps 10", &["this HDF5 file is damaged", "cut.nir"]);
    s.refused("convert text.nir -o x.snn --time-steps 10", &["it is not HDF5", "text.nir"]);
    s.refused(&format!("convert {file} -o x.snn"), &["how many time-steps", "--time-steps 16"]);

    let rule = "--time-steps 10 --neurons spikingjelly";
    // What is for ONNX files is refused before anything is written.
    for option in ["--fraction-bits 5,3,3,9", "--insert-quantisers 8 --calibrate none.npy"] {
        s.refused(&format!("convert {file} -o x.snn {rule} {option}"), &["for ONNX files", "leave"]);
    }
    let calibrate = "--weight-bits 8 --calibrate none.npy";
    s.refused(&format!("convert {file} -o x.snn {rule} {calibrate}"), &["--calibrate is for ONNX files"]);
    s.refused(&format!("convert {file} -o x.snn {rule} --calibrate none.npy"), &["something that it is for"]);
    s.run(&format!("convert {file} -o events.snn {rule}")).ok();
    let overlay = ["the streaming architecture has no stage", "--architecture overlay"];
    s.refused("build events.snn -o b --architecture streaming", &overlay);
    s.refused("build events.snn -o b --architecture streaming --lanes 4", &overlay);
    s.refused(
        "build events.snn -o b --architecture overlay --fire-lanes 2",
        &["take turns", "--fire-lanes 4"],
    );
    let told = s.run("build events.snn -o b --lanes 16").ok().stdout();
    assert!(told.contains("architecture: overlay") && told.contains("not a streaming design"), "{told}");
}
