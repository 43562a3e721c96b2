//! The architecture of a build that names none.

use crate::common::repository;
use crate::session::{Session, example};

/// The line about it.
fn line(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("architecture: ")).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn the_better_one_is_built() {
    let s = Session::new().mlp();
    let model = repository("examples/mnist_vit/mnist_vit.onnx");
    s.run(&format!("convert {} -o vit.snn --input u8 --mean 0.5 --std 0.5", model.display())).ok();
    let cnn = repository("examples/mnist_cnn/mnist_cnn.onnx");
    s.run(&format!("convert {} -o cnn.snn --input u8 --mean 0 --std 1", cnn.display())).ok();
    s.run(&format!(
        "convert {} -o rate.snn --input u8 --mean 0.5 --std 0.5 --encoding rate",
        repository("examples/mnist_mlp/mnist_mlp.onnx").display()
    ))
    .ok();

    let told = s.run("build vit.snn -o b").ok().stdout();
    assert!(
        line(&told).starts_with("overlay (") && line(&told).contains("; a streaming design takes "),
        "{told}"
    );
    // A perceptron is the faster the more of it is there, and the smaller the fewer look-up tables there may be.
    let images = example("sample/images.npy");
    let mut taken = ["--fps 250000 --clock 100", "--luts 1650"].map(|goal| {
        let told = s.run(&format!("build mlp.snn -o b --calibrate {images} {goal}")).ok().stdout();
        // The design that `explore` marks.
        let table = s.run(&format!("explore mlp.snn --calibrate {images} {goal}")).ok().stdout();
        let marked = table.lines().find(|line| line.contains('→')).expect("a mark").to_owned();
        let name = line(&told).split(' ').next().expect("a name").to_owned();
        assert!(marked.contains(&name), "{marked}\n{told}");
        name
    });
    taken.sort();
    assert_eq!(taken, ["overlay", "streaming"]);
    // What only one of them computes.
    let told = s.run("build cnn.snn -o b").ok().stdout();
    assert!(line(&told).contains("; not a streaming design: "), "{told}");
    let told = s.run("build rate.snn -o b").ok().stdout();
    assert!(line(&told).starts_with("streaming (") && line(&told).contains("; not an overlay: "), "{told}");
    s.refused("build cnn.snn -o c --architecture streaming", &["no stage", "--architecture overlay"]);
    // Where both miss the goal, both say how; figures of a balanced design are not those of lanes that are given.
    for command in ["build mlp.snn -o c", "explore mlp.snn"] {
        let done = s.run(&format!("{command} --calibrate {images} --luts 100"));
        assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
        let told = done.stderr();
        assert!(
            told.contains("the smallest design takes") && told.contains("the smallest overlay ("),
            "{told}"
        );
    }
    let told = s.run("build mlp.snn -o few --lanes 4").ok().stdout();
    assert!(line(&told).starts_with("streaming; "), "{told}");
}

#[test]
fn options_decide_and_exclude_each_other() {
    let s = Session::new().mlp();
    let architecture = |options: &str| {
        let manifest = s.run(&format!("build mlp.snn -o b --force --json {options}")).ok().json();
        manifest["folding"]["architecture"].as_str().unwrap_or("streaming").to_owned()
    };
    for option in ["--spikes 1", "--row-lanes 1", "--loadable", "--lanes 16 --luts 5000"] {
        assert_eq!(architecture(option), "overlay", "{option}");
    }
    for option in ["--fifo-depth 4", "--no-confidence"] {
        assert_eq!(architecture(option), "streaming", "{option}");
    }
    s.refused("build mlp.snn -o c --spikes 2 --no-confidence", &["--no-confidence", "--spikes", "leave one"]);
    s.refused(
        "build mlp.snn -o c --no-confidence --lanes 4 --luts 9000",
        &["--lanes", "--luts", "leave one"],
    );
}
