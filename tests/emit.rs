//! The build folder: golden RTL, determinism, names, folders.

mod common;

use snn2rtl::convert::EncodingChoice;
use snn2rtl::design::Options;
use snn2rtl::emit;

#[test]
fn example() {
    let model = common::mnist_mlp(EncodingChoice::Analog);
    let path = std::path::PathBuf::from("/tmp/b");
    emit::emit(&model, &Options::default(), &path).expect("emitted");
}
