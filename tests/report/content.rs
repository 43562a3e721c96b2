//! Each section has the figures of the data, and they are those that the other commands tell.

use serde_json::Value;

use crate::session::fixture;
use crate::{complete, kept, page, section};

/// With thousands apart.
fn count(value: &Value) -> String {
    let digits = value.as_u64().unwrap_or_else(|| panic!("{value} is no count")).to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.join(",")
}

fn real(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn every_section_has_its_figures() {
    let (session, found) = complete();
    let whole = page(&session);
    // Line breaks allowed inside names.
    let page = whole.replace("<wbr>", "");
    let has = |id: &str, words: &[String]| {
        let text = section(&page, id);
        words
            .iter()
            .for_each(|word| assert!(text.contains(word.as_str()), "{word:?} is not in {id}:\n{text}"));
        assert!(!text.contains("class=\"missing\""), "{id}:\n{text}");
    };
    assert_eq!(found["format_version"], 1);
    let summary = &found["summary"];
    let name = |key: &str| summary[key].as_str().expect(key).to_owned();
    has(
        "summary",
        &[name("model"), name("producer"), name("top"), name("device"), count(&summary["neurons"])],
    );
    assert_eq!(summary["device"], "xc7a35ticsg324-1L");

    let mut differences = Vec::new();
    for equality in found["equalities"].as_array().expect("three") {
        assert_eq!(equality["holds"], true, "{equality}");
        for check in equality["checks"].as_array().expect("checks") {
            differences
                .push(format!("<strong>0</strong> of <strong>{}</strong> differ", count(&check["compared"])));
        }
    }
    assert_eq!(differences.len(), 2 + 1 + 2);
    has("equalities", &differences);
    assert!(section(&page, "equalities").matches(">equal<").count() == 3);
    assert!(differences[0].contains("54,321") && differences[1].contains("77,777"));

    let stages = found["stages"].as_array().expect("stages");
    for (n, stage) in stages.iter().enumerate() {
        let node = stage["node"].as_str().expect("a name").to_owned();
        has("pipeline", &[node.clone(), stage["module"].as_str().expect("a name").to_owned()]);
        has("folding", std::slice::from_ref(&node));
        if stage["has_register"] == true {
            let share = (100.0 * n as f64 + 111.0) / 2_222.0;
            assert!((real(&stage["utilisation"]) - share).abs() < 1e-12);
            has("pipeline", &[format!("{:.1}\u{a0}%", 100.0 * share)]);
            has("cycles", &[node, (100 * n + 111).to_string()]);
            assert!(real(&stage["predicted"]) > 0.0, "{stage}");
        }
    }
    has("cycles", &["2,222", "3,333", "4,444", "1,999", "87.6\u{a0}%"].map(String::from));

    let golden = &found["golden"];
    let layers = golden["layers"].as_array().expect("layers");
    for layer in layers {
        has(
            "spikes",
            &[
                layer["name"].as_str().expect("a name").to_owned(),
                format!("{} neurons", count(&layer["neurons"])),
            ],
        );
        // Rates add up to spikes.
        let rates: f64 = layer["rates"].as_array().expect("rates").iter().map(real).sum();
        assert!((rates - real(&layer["spikes_per_neuron"])).abs() < 1e-9, "{layer}");
    }
    let steps = golden["accuracy_per_step"].as_array().expect("with labels");
    let accuracy: Vec<String> = steps.iter().map(|a| format!("{:.1}\u{a0}%", 100.0 * real(a))).collect();
    has("accuracy", &accuracy);
    assert_eq!(steps.last(), Some(&golden["accuracy"]));
    assert!(real(&golden["accuracy"]) < 1.0 && section(&page, "accuracy").contains("<polyline"));

    for family in ["xc7", "ecp5"] {
        has("resources", &[format!("<h3>{family}</h3>")]);
    }
    has(
        "resources",
        &[
            "12,345",
            "23,456",
            "RAMB18",
            "DP16KD",
            "u_s0_x",
            "88.7 MHz",
            "80.0 MHz",
            "8,400 of 84,000",
            "10.0\u{a0}%",
            "11.27 ns",
            "4.17",
            "7.13",
            "fits",
        ]
        .map(String::from),
    );
    let fit =
        &found["synthesis"].as_array().expect("families").iter().find(|s| s["family"] == "xc7").expect("xc7")
            ["fit"];
    assert_eq!(fit["fits"], true);
    // The family of the device comes first.
    assert_eq!(found["synthesis"][0]["family"], "xc7");
    assert!(page.contains("<dd>12,345</dd><dd class=\"note\">xc7: "));

    let energy = &golden["energy"];
    has("energy", &[count(&energy["qann_macs"]), format!("{:.1}\u{a0}%", 100.0 * real(&energy["ratio"]))]);
    // Each schedule has its own row.
    let schedules = energy["schedules"].as_array().expect("schedules");
    let names: Vec<_> = schedules.iter().map(|s| (s["schedule"].as_str(), s["code"].as_str())).collect();
    let [synchronous, settled] = ["synchronous", "settled"].map(Some);
    assert_eq!(names, [(synchronous, Some("unary")), (settled, Some("unary")), (settled, Some("radix"))]);
    for schedule in schedules {
        let ratio = format!("{:.1}\u{a0}%", 100.0 * real(&schedule["ratio"]));
        has("energy", &[schedule["code"].as_str().expect("a code").to_owned(), ratio]);
    }
    for proof in found["proof"].as_array().expect("layers") {
        has("widths", &[proof["name"].as_str().expect("a name").to_owned(), count(&proof["inequalities"])]);
    }
    has(
        "folding",
        &[
            "40,960",
            "4,357",
            "chosen",
            "no: DSP 99 of 90 (10 % too many)",
            "12,345 LUTs synthesised, 2,222 cycles",
        ]
        .map(String::from),
    );

    // Without samples, what they have shown before is there still.
    let again = session.run("report b --json -o other.html").ok().json();
    assert_eq!(again, found);
    assert_eq!(std::fs::read_to_string(session.path("other.html")).expect("a page"), whole);
}

/// The line of the picture goes through designs that no other beats, and only those; ticks of the axes are round numbers.
#[test]
fn the_picture_of_designs_is_a_frontier() {
    let found = kept::exploration("fc");
    let marks: Vec<bool> = found.designs.iter().map(|design| design.on_frontier).collect();
    assert_eq!(marks, [true, true, false, true]);
    let picture = snn2rtl::report::picture(&found).expect("drawn");
    let tree = roxmltree::Document::parse(&picture).expect("XML");
    let all = |tag: &'static str| tree.descendants().filter(move |node| node.has_tag_name(tag));
    let line = all("polyline").filter(|line| line.attribute("stroke") == Some("#1F5FBF"));
    let points: Vec<(i32, i32)> = line
        .flat_map(|line| line.attribute("points").expect("points").split_whitespace())
        .map(|point| point.split_once(',').expect("two numbers"))
        .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
        .collect();
    assert_eq!(points.len(), 3, "{points:?}");
    // More look-up tables are to the right, fewer cycles further down.
    assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{points:?}");
    let grey = |colour: &str| all("circle").filter(|c| c.attribute("stroke") == Some(colour)).count();
    assert_eq!(grey("#999999"), 1, "{picture}");
    let text: String =
        all("text").filter_map(|node| node.text()).map(str::trim).collect::<Vec<_>>().join("|");
    for words in [
        "look-up tables (LUT)",
        "clock cycles per sample",
        "5 k|",
        "20 k|",
        "does not fit",
        "m: designs for xc7",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn the_figures_are_those_of_run() {
    let (session, found) = complete();
    let samples = fixture("qdq_tokens_flatten.npz");
    let line = format!(
        "run b --inputs {samples}:inputs --labels labels.npz:labels --reference {samples} --float --json"
    );
    let run = session.run(&line).ok().json();
    let golden = &found["golden"];
    // What both have, has the same name.
    for key in [
        "samples",
        "accuracy",
        "accuracy_per_step",
        "time_steps",
        "one_shot_mismatches",
        "neurons_checked",
        "float_mismatched_neurons",
        "float_mismatched_samples",
        "float_mismatched_classes",
        "reference_samples",
        "reference_neurons_checked",
        "reference_mismatched_neurons",
        "reference_mismatched_samples",
        "reference_mismatched_classes",
        "spikes_per_neuron",
        "sops_per_sample",
        "input_macs_per_sample",
    ] {
        assert_eq!(golden[key], run[key], "{key}");
    }
    assert!(golden["reference_neurons_checked"].as_u64().is_some_and(|n| n > 0));
    for key in ["qann_macs", "snn_nj_per_sample", "ratio", "schedules"] {
        assert_eq!(golden["energy"][key], run["energy"][key], "{key}");
    }
    // The spikes of the sample drawn are those of the dump.
    session.run(&line.replace("--json", "--dump all.npz")).ok();
    let layer = golden["layers"][0]["name"].as_str().expect("a name");
    let dump = format!("{}:spike/{layer}", session.path("all.npz").display());
    let (shape, spikes) = snn2rtl::data::read_integers(&dump).expect("spikes");
    let (samples, neurons) = (shape.0[1], shape.0[2..].iter().product::<usize>());
    let raster = &golden["raster"]["layers"][0];
    let shown = raster["neurons"].as_array().expect("neurons");
    assert_eq!(shown.len(), neurons.min(128));
    for (neuron, found) in shown.iter().zip(raster["spikes"].as_array().expect("spikes")) {
        let neuron = neuron.as_u64().expect("a number") as usize;
        let fires = |t: usize| spikes[t * samples * neurons + neuron] * (t as i64 + 1);
        let expected: Vec<i64> = (0..shape.0[0]).map(fires).filter(|&s| s != 0).collect();
        assert_eq!(*found, Value::from(expected), "neuron {neuron}");
    }
}

#[test]
fn the_page_is_one_file_without_scripts() {
    let (session, _) = complete();
    let page = page(&session);
    for word in ["<script", "javascript:", "@import", "url(", "src=", "NaN", "inf"] {
        let found = page.find(word).map(|at| &page[at..(at + 80).min(page.len())]);
        assert!(found.is_none_or(|text| word == "inf" && !text.starts_with("inf ")), "{word}: {found:?}");
    }
    // Links go to the page itself, and the only address is the name of SVG.
    let addresses = page.matches("http").count();
    assert_eq!(addresses, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    let links = page.matches("href=\"").count();
    assert_eq!(links, page.matches("href=\"#").count() + page.matches("href=\"data:,\"").count());
    assert!(page.contains("<html lang=\"en\">") && page.contains("name=\"viewport\""));
}
