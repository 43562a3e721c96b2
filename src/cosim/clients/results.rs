//! The result file of cocotb (JUnit format).

use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::folder;

/// A test and its result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The file that it is in, without ending.
    pub module: String,
    /// Its run time in seconds.
    pub seconds: f64,
    /// Simulated clock cycles.
    pub cycles: u64,
    /// The failure; `None` if it passed.
    pub failure: Option<String>,
}

/// Nanoseconds of a clock cycle in the tests.
const PERIOD: f64 = 10.0;

/// Reads the results.
///
/// # Errors
/// When the file is missing or is not one of results.
pub fn read(path: &Path) -> Result<Vec<Test>> {
    let text = String::from_utf8_lossy(&folder::read(path)?).into_owned();
    parse(&text).map_err(|problem| {
        Error::input(format!("these results of cocotb cannot be read: {problem}")).at_file(path)
    })
}

fn parse(text: &str) -> Result<Vec<Test>, String> {
    let document = roxmltree::Document::parse(text).map_err(|e| e.to_string())?;
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let test = |case: roxmltree::Node<'_, '_>| {
        let attribute = |name: &str| case.attribute(name).ok_or(format!("a test without {name}"));
        let number = |name: &str| {
            attribute(name)?.parse::<f64>().map_err(|_| format!("a test with {name} that is no number"))
        };
        // The properties of cocotb 2.
        let property = |name: &str| {
            let is_it = |node: &roxmltree::Node<'_, '_>| {
                node.has_tag_name("property") && node.attribute("name") == Some(name)
            };
            let value = case.descendants().find(is_it).and_then(|node| node.attribute("value"));
            let text = value.ok_or(format!("a test without {name}"))?;
            text.parse::<f64>().map_err(|_| format!("a test with {name} that is no number"))
        };
        let bad = case.children().find(|child| child.is_element() && !child.has_tag_name("properties"));
        let message = |node: roxmltree::Node<'_, '_>| {
            let texts = [node.attribute("message"), node.attribute("error_msg"), node.text()];
            let said = texts.into_iter().flatten().map(str::trim).find(|text| !text.is_empty());
            said.unwrap_or(node.tag_name().name()).to_owned()
        };
        Ok(Test {
            name: attribute("name")?.to_owned(),
            module: attribute("classname")?.to_owned(),
            seconds: number("time")?,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of cycles")]
            cycles: (property("sim_time_duration")? / PERIOD) as u64,
            failure: bad.map(message),
        })
    };
    cases.map(test).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_or_skipped_test_has_not_passed() {
        let case = |inner: &str| {
            format!(
                "<testsuites><testsuite><testcase name=\"a\" classname=\"m\" time=\"0.5\"><properties>\
                 <property name=\"sim_time_duration\" value=\"120.0\"/></properties>{inner}</testcase>\
                 </testsuite></testsuites>"
            )
        };
        let test = |inner: &str| parse(&case(inner)).expect("read").remove(0);
        assert_eq!(
            test(""),
            Test { name: "a".into(), module: "m".into(), seconds: 0.5, cycles: 12, failure: None }
        );
        assert_eq!(test("<failure message=\"wrong\"/>").failure.as_deref(), Some("wrong"));
        assert_eq!(test("<error>lost</error>").failure.as_deref(), Some("lost"));
        assert_eq!(test("<skipped/>").failure.as_deref(), Some("skipped"));
        assert_eq!(test("<properties/>").failure, None);
        assert!(parse("<testsuites><testcase name=\"a\"/></testsuites>").is_err());
        assert!(parse("no results").is_err());
        assert_eq!(parse("<testsuites/>"), Ok(Vec::new()));
    }
}
