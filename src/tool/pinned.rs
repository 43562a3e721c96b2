//! The packages that are provided when a program is missing: exact versions, every file by its hash. They are in
//! `pinned.toml`; the package installer checks the hashes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use serde::Deserialize;

/// A package of the Python package index at one version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name in the index.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// About how many bytes are fetched.
    pub bytes: u64,
    /// Platform and SHA-256 of every file that may be used.
    pub files: Vec<(String, String)>,
}

/// What is installed together into one folder.
#[derive(Debug)]
pub struct Bundle {
    /// What people call it.
    pub title: String,
    /// Start of the folder's name in the cache: lower case, no spaces.
    pub slug: String,
    /// The version that the program itself prints.
    pub version: String,
    /// Whether the files depend on the version of the Python interpreter.
    pub per_interpreter: bool,
    /// The package itself, then what it needs.
    pub packages: Vec<Package>,
}

impl Bundle {
    /// The requirements file: every package with its version and the hashes of its files.
    pub fn requirements(&self) -> String {
        let mut text = String::new();
        for package in &self.packages {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}=={}", package.name, package.version);
            for (_, sha256) in &package.files {
                let _ = write!(text, " \\\n    --hash=sha256:{sha256}");
            }
            text.push('\n');
        }
        text
    }

    /// About how many bytes are fetched.
    pub fn bytes(&self) -> u64 {
        self.packages.iter().map(|package| package.bytes).sum()
    }
}

/// The bundle of this name.
///
/// # Panics
/// When `pinned.toml`, which is a part of the program, has none of this name, or is not readable.
pub fn bundle(name: &str) -> &'static Bundle {
    static BUNDLES: LazyLock<BTreeMap<String, Bundle>> =
        LazyLock::new(|| read(include_str!("pinned.toml")).unwrap_or_else(|e| panic!("pinned.toml: {e}")));
    BUNDLES.get(name).unwrap_or_else(|| panic!("pinned.toml has no bundle {name:?}"))
}

/// Reads the table.
fn read(text: &str) -> Result<BTreeMap<String, Bundle>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        bundles: BTreeMap<String, Listed>,
        packages: BTreeMap<String, Package>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Listed {
        title: String,
        slug: String,
        version: String,
        per_interpreter: bool,
        packages: Vec<String>,
    }
    let table: Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let package = |name: String| {
        table.packages.get(&name).cloned().ok_or_else(|| format!("there is no package {name:?}"))
    };
    let bundle = |(name, listed): (String, Listed)| {
        let packages = listed.packages.into_iter().map(package).collect::<Result<_, _>>()?;
        let Listed { title, slug, version, per_interpreter, .. } = listed;
        Ok((name, Bundle { title, slug, version, per_interpreter, packages }))
    };
    table.bundles.into_iter().map(bundle).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Tool;
    use super::*;

    #[test]
    fn the_requirements_pin_every_file() {
        let bundles = read(include_str!("pinned.toml")).expect("readable");
        for bundle in bundles.values() {
            let text = bundle.requirements();
            let files: usize = bundle.packages.iter().map(|package| package.files.len()).sum();
            assert!(files >= bundle.packages.len() && !bundle.packages.is_empty(), "{bundle:?}");
            assert_eq!(text.matches("--hash=sha256:").count(), files);
            assert_eq!(text.matches("==").count(), bundle.packages.len());
            for (_, sha256) in bundle.packages.iter().flat_map(|package| &package.files) {
                assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()), "{sha256}");
            }
        }
    }

    #[test]
    fn every_tool_that_is_provided_has_its_bundles_and_none_is_left_over() {
        let mut left: Vec<String> =
            read(include_str!("pinned.toml")).expect("readable").into_keys().collect();
        for tool in Tool::ALL {
            for bundle in tool.bundles() {
                let own = |name: &String| std::ptr::eq(super::bundle(name), bundle);
                left.retain(|name| !own(name));
            }
        }
        assert!(left.is_empty(), "no tool has the bundles {left:?}");
    }

    #[test]
    fn a_table_that_is_wrong_is_an_error() {
        let bundle = "title = \"A\"\nslug = \"a\"\nversion = \"1\"\nper_interpreter = false\n";
        for (text, expected) in [
            (format!("[bundles.a]\n{bundle}packages = [\"b\"]\n[packages]\n"), "no package \"b\""),
            (format!("[bundles.a]\n{bundle}package = []\n[packages]\n"), "package"),
            ("bundles = 1".to_owned(), "bundles"),
        ] {
            let error = read(&text).expect_err("wrong");
            assert!(error.contains(expected), "{error}");
        }
    }
}
