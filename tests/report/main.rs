//! The page about a build folder: its text, and how a browser shows it.

mod browser;
#[path = "../common/mod.rs"]
mod common;
mod content;
mod hostile;
mod kept;
mod missing;
#[path = "../cli/session.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod session;

use std::fs;

use serde_json::Value;
use session::{INPUT, Session, fixture};
use snn2rtl::data;

/// A small network with its hardware in `b`.
fn built() -> Session {
    let session = Session::new();
    session.run(&format!("convert {} -o m.snn {INPUT}", fixture("qdq_tokens_flatten.onnx"))).ok();
    session.run("build m.snn -o b --lanes 16 --device xc7a35t").ok();
    session
}

/// The same with everything that the page can show; its data.
fn complete() -> (Session, Value) {
    let session = built();
    let samples = fixture("qdq_tokens_flatten.npz");
    let (shape, logits) = data::read_floats(&format!("{samples}:logits")).expect("logits");
    let classes = shape.channels();
    let best =
        |row: &[f64]| (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0) as i64;
    let mut labels: Vec<i64> = logits.chunks(classes).map(best).collect();
    // One answer is wrong.
    labels[0] = (labels[0] + 1) % classes as i64;
    let mut archive = data::NpzWriter::create(&session.path("labels.npz")).expect("an archive");
    archive.add("labels", &[labels.len()], &labels).expect("written");
    archive.finish().expect("written");
    kept::write(&session.path("b"));
    let line = format!(
        "report b --inputs {samples}:inputs --labels labels.npz:labels --reference {samples} --float --json"
    );
    let found = session.run(&line).ok().json();
    (session, found)
}

/// The page in the build folder `b`.
fn page(session: &Session) -> String {
    fs::read_to_string(session.path("b/reports/report.html")).expect("a page")
}

/// One of its sections.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
    let end = page[start..].find("</section>").expect("its end");
    &page[start..start + end]
}
