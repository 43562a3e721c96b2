//! Co-simulation of whole networks.

mod common;

use common::{mnist_mlp, repository};
use snn2rtl::convert::EncodingChoice;
use snn2rtl::cosim::{self, Options};
use snn2rtl::data::Inputs;
use snn2rtl::{design, emit};

#[test]
fn mlp() {
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("b");
    let model = mnist_mlp(EncodingChoice::Analog);
    emit::emit(&model, &design::Options::default(), &build).expect("written");
    let path = repository("examples/mnist_mlp/sample/images.npy");
    let snn2rtl::snn::Op::Input(input) = &model.network.node(model.network.topological()[0]).op else {
        panic!()
    };
    let mut inputs =
        Inputs::read(path.to_str().expect("utf8"), &input.sample, input.spec.element).expect("read");
    inputs.truncate(std::env::var("N").map_or(16, |n| n.parse().expect("n")));
    for (stall, t_max) in [(None, None), (Some(1), None), (None, Some(3)), (Some(9), Some(3))] {
        let report =
            cosim::run(&build, &inputs, &Options { stall, t_max, trace: None }, &mut |_| ()).expect("runs");
        println!("{}", report.table());
        if let Some(m) = &report.first_mismatch {
            println!("{m}");
        }
    }
}
