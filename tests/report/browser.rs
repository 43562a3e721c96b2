//! The page in Chromium without a screen: on a phone and on a desk, light and dark.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::{built, complete, hostile, page};

/// Looks at every frame and leaves what it has found as text.
const LOOK: &str = include_str!("look.js");

/// Chromium, if it is on `PATH`. Where the project is checked it has to be.
fn chromium() -> Option<PathBuf> {
    let found = which::which("chromium").ok();
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "chromium is not on PATH: install Debian's package chromium"
        );
        println!("SKIPPED: chromium is not on PATH, so no browser has looked at the report");
    }
    found
}

/// What was found in each frame, and what the console said.
struct Seen {
    frames: Vec<Value>,
    console: Vec<String>,
}

/// Opens a file, with its profile in a folder.
fn browser(chromium: &Path, folder: &Path, options: &[&str], file: &Path) -> Output {
    Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(options)
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("chromium starts")
}

/// Opens pages in frames of these widths.
fn look(chromium: &Path, pages: &[(&str, u32, &str)]) -> Seen {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = "<!DOCTYPE html><meta charset=\"utf-8\"><body>".to_owned();
    for (page, width, scheme) in pages {
        let page = page.replace('&', "&amp;").replace('"', "&quot;");
        let style = format!("width:{width}px;height:800px;border:0;color-scheme:{scheme}");
        let _ = write!(text, "<iframe style=\"{style}\" srcdoc=\"{page}\"></iframe>");
    }
    let _ = write!(text, "<script>{LOOK}</script>");
    let wrapper = folder.path().join("wrapper.html");
    fs::write(&wrapper, text).expect("written");
    let output = browser(chromium, folder.path(), &["--enable-logging=stderr", "--dump-dom"], &wrapper);
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let found = dom.split_once("FOUND[").and_then(|(_, rest)| rest.split_once("]FOUND"));
    let (found, _) = found.unwrap_or_else(|| panic!("nothing was found\n{dom}\n{log}"));
    let found = found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let frames: Value =
        serde_json::from_str(&format!("[{found}]")).unwrap_or_else(|e| panic!("{e}\n{found}"));
    let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Seen { frames: frames.as_array().expect("frames").clone(), console }
}

#[test]
#[ignore = "long: a browser"]
fn pages_are_whole_on_phone_and_desk() {
    let Some(chromium) = chromium() else { return };
    let (complete, empty, hostile) =
        (page(&complete().0), page(&with_page(built())), page(&hostile::hostile()));
    let mut pages = Vec::new();
    for text in [&complete, &empty, &hostile] {
        for (width, scheme) in [(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark")] {
            pages.push((text.as_str(), width, scheme));
        }
    }
    let seen = look(&chromium, &pages);
    assert_eq!(seen.console, Vec::<String>::new());
    assert_eq!(seen.frames.len(), pages.len());
    for (found, (text, width, scheme)) in seen.frames.iter().zip(&pages) {
        let at = format!("{width} px, {scheme}: {found:#}");
        assert_eq!(found["width"], *width, "{at}");
        assert_eq!(found["dark"], *scheme == "dark", "{at}");
        assert_eq!((&found["overflow"], &found["scripts"]), (&0.into(), &0.into()), "{at}");
        for nothing in ["wide", "unnamed", "faint", "small", "cut", "strange", "doubled", "silent"] {
            assert_eq!(found[nothing], Value::Array(Vec::new()), "{nothing}, {at}");
        }
        // Names of the hostile model have words that no line holds.
        if *text != hostile {
            assert_eq!(found["broken"], Value::Array(Vec::new()), "{at}");
        }
        assert_eq!(found["lang"], "en", "{at}");
        assert!(found["title"].as_str().is_some_and(|title| title.ends_with("snn2rtl report")), "{at}");
        assert!(found["sections"] == 10 && found["height"].as_u64().is_some_and(|h| h > 1000), "{at}");
    }
}

/// On paper it is whole as well: several sheets, and what is closed on the screen is open.
#[test]
#[ignore = "long: a browser"]
fn the_page_prints() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let print = |text: &str| {
        let (page, sheets) = (folder.path().join("page.html"), folder.path().join("page.pdf"));
        fs::write(&page, text).expect("written");
        let option = format!("--print-to-pdf={}", sheets.display());
        let output = browser(&chromium, folder.path(), &[&option], &page);
        let bytes = fs::read(&sheets).unwrap_or_else(|_| panic!("nothing was printed: {output:?}"));
        assert!(bytes.starts_with(b"%PDF-"));
        let sheet = b"/Type /Page\n";
        (bytes.windows(sheet.len()).filter(|part| part == sheet).count(), bytes.len())
    };
    let text = page(&complete().0);
    let (sheets, bytes) = print(&text);
    assert!((3..40).contains(&sheets), "{sheets} sheets");
    let closed = text.replace("details::details-content", "details::nothing");
    let (_, fewer) = print(&closed);
    assert!(closed != text && fewer < bytes, "{fewer} bytes closed, {bytes} open");
}

/// What the tests above would miss would be of no use.
#[test]
#[ignore = "long: a browser"]
fn a_bad_page_is_noticed() {
    let Some(chromium) = chromium() else { return };
    let bad = "<title>t</title><div style=\"width:900px\">x</div><p style=\"color:#ddd;background:#fff\">faint</p>\
        <p style=\"font-size:5px\">small</p><svg width=9 height=9></svg>\
        <table style=\"width:50px;overflow-wrap:anywhere\"><td>onewordthatislong</table><div class=scroll></div><script>console.error('said')</script>";
    let seen = look(&chromium, &[(bad, 375, "light")]);
    assert!(seen.console.iter().any(|line| line.contains("said")), "{:?}", seen.console);
    let found = &seen.frames[0];
    assert!(found["overflow"].as_u64().is_some_and(|n| n > 400) && found["scripts"] == 1, "{found:#}");
    for something in ["wide", "unnamed", "faint", "small", "broken", "silent"] {
        assert!(found[something].as_array().is_some_and(|list| !list.is_empty()), "{something}, {found:#}");
    }
}

fn with_page(session: crate::session::Session) -> crate::session::Session {
    session.run("report b").ok();
    session
}
