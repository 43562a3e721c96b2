//! Names and figures that want to be more than text.

use std::collections::BTreeSet;
use std::fs;

use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::streaming::design::Options;
use snn2rtl::{emit, snn};

use crate::session::{Session, fixture};
use crate::{common, kept, page};

const NAMES: &[&str] = &[
    "<script>console.error('ran')</script>",
    "\"><img src=x onerror=console.error('ran')>",
    "'onmouseover='console.error(1)",
    "</style></title></svg><svg onload=console.error('ran')>",
    "\u{202e}txet eht snrut\u{2066}",
    "--><!-- ]]> &amp; &#60;b&#62;",
    "שלום עולם",
    "javascript:console.error('ran')",
];

/// A build folder whose names are all hostile, those in kept files too, with samples.
pub fn hostile() -> Session {
    let session = Session::new();
    let mut model = common::fixture("qdq_tokens_flatten", Analog);
    model.name = format!("{} {}", NAMES[0], "very_long_name_".repeat(20));
    model.producer = NAMES[3].into();
    for (n, id) in model.network.topological().into_iter().enumerate() {
        model.network.node_mut(id).name = match NAMES.get(n) {
            Some(name) => (*name).to_owned(),
            None => format!("{n}{}", "w".repeat(300)),
        };
    }
    snn::file::save(&model, &session.path("m.snn")).expect("saved");
    emit::emit(&model, &Options::default(), &session.path("b")).expect("written");
    kept::write(&session.path("b"));
    for name in ["utilisation_xc7.json", "place_ecp5.json", "explore_xc7.json"] {
        let path = session.path("b/reports").join(name);
        let quoted = |name: &str| serde_json::Value::from(name).to_string();
        let mut text = fs::read_to_string(&path).expect("kept");
        for (plain, bad) in [
            ("yosys", NAMES[0]),
            ("u_s0_x", NAMES[1]),
            ("nextpnr-ecp5", NAMES[3]),
            ("clk_i", NAMES[0]),
            ("RAMB18", NAMES[1]),
        ] {
            text = text.replace(&quoted(plain), &quoted(bad));
        }
        fs::write(&path, text).expect("written");
    }
    let samples = fixture("qdq_tokens_flatten.npz");
    session.run(&format!("report b --inputs {samples}:inputs")).ok();
    session
}

/// Names of tags, and of their attributes.
fn tags(page: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut tags, mut attributes) = (BTreeSet::new(), BTreeSet::new());
    let body = page.split_once("</style>").expect("a style sheet").1;
    for part in body.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("an open tag: {part}"));
        let name = tag.trim_start_matches('/');
        tags.insert(name.split([' ', '/']).next().unwrap_or(name));
        // Values stand in double quotes: what is outside of them are names.
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let outside = tag.split('"').step_by(2).flat_map(str::split_whitespace);
        attributes.extend(outside.filter_map(|word| word.strip_suffix('=')));
    }
    (tags, attributes)
}

#[test]
fn names_are_only_ever_text() {
    let session = hostile();
    let page = page(&session);
    let (tags, attributes) = tags(&page);
    let known = [
        "a",
        "bdi",
        "body",
        "br",
        "circle",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "li",
        "line",
        "main",
        "nav",
        "ol",
        "p",
        "path",
        "polyline",
        "rect",
        "section",
        "span",
        "strong",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "th",
        "thead",
        "tr",
        "wbr",
    ];
    let strange: Vec<_> = tags.iter().filter(|tag| !known.contains(tag)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(!attributes.iter().any(|name| name.starts_with("on") || *name == "src"), "{attributes:?}");
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"));
    // Characters that turn the writing are spelled out, letters from right to left are not.
    assert!(!page.contains('\u{202e}') && !page.contains('\u{2066}'));
    assert!(page.contains("\\u{202e}txet") && page.contains("<bdi>שלום עולם</bdi>"));
}
