//! FuseSoC with Edalize and what they need, pinned like the other programs.

use super::{Bundle, Package};

/// FuseSoC 2.4.7 with Edalize 0.6.8.
pub const BUNDLE: Bundle = Bundle {
    title: "FuseSoC",
    slug: "fusesoc",
    version: "2.4.7",
    per_interpreter: true,
    packages: &[
        &FUSESOC,
        &EDALIZE,
        &JINJA2,
        &MARKUPSAFE,
        &PYPARSING,
        &PYYAML,
        &PYDANTIC,
        &PYDANTIC_CORE,
        &TYPING_EXTENSIONS,
        &TYPING_INSPECTION,
        &ANNOTATED_TYPES,
        &SIMPLESAT,
        &OKONOMIYAKI,
        &ATTRS,
        &SIX,
        &FASTJSONSCHEMA,
        &ARGCOMPLETE,
    ],
};

const FUSESOC: Package = Package {
    name: "fusesoc",
    version: "2.4.7",
    bytes: 74_269,
    files: &[("any", "b279fc93fb476cdf034965f5723cd0ae282c9d185aadeeb2cf254d47ea4b8b50")],
};

const EDALIZE: Package = Package {
    name: "edalize",
    version: "0.6.8",
    bytes: 179_483,
    files: &[("any", "e8d8287358dac914fa68d388c468dd62eb39f7d1402c95bdb89f85a73593c0ba")],
};

const JINJA2: Package = Package {
    name: "jinja2",
    version: "3.1.6",
    bytes: 134_899,
    files: &[("any", "85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67")],
};

const MARKUPSAFE: Package = Package {
    name: "markupsafe",
    version: "3.0.4",
    bytes: 24_434,
    files: &[
        ("cpython-310-aarch64-linux-gnu", "cf63c214fe879a65e69a386f915e36104fc84254ab141240f8854602d8e0be2a"),
        ("cpython-311-aarch64-linux-gnu", "849dd2bb0e5e4ab2b71c7191726a4a8d5aa8a610daa584728cbee0b710ddc4ef"),
        ("cpython-312-aarch64-linux-gnu", "6a45c3d514f2436064db00d7fc8778d888f0236ebfed649b53d13a59e69ad51b"),
        ("cpython-313-aarch64-linux-gnu", "7018d4af1cd272e847aa5917983ab5e83e4f6579f9dbfecd4a79c0ca80b144c2"),
        ("cpython-314-aarch64-linux-gnu", "1caa2fa5a6184fb233153b35f654e6687bd555476f6170f29d8ee9be1a8b0af9"),
        ("cpython-310-x86_64-linux-gnu", "d1aca03ede943eb80ab3d63bb082c84b7aab85ea83bd0fd0c200260945fb49d9"),
        ("cpython-311-x86_64-linux-gnu", "6da83a088f8ef93b2d483a8232a4dbf4d69d3d8496b568a03c56becac43e1808"),
        ("cpython-312-x86_64-linux-gnu", "8e124f974786f831d6043728e38296969d3579db8896fe004682f5758e613581"),
        ("cpython-313-x86_64-linux-gnu", "434139499bb20b502ed3baa1f169e618f924a97e7a777fea1a49446d80106cf6"),
        ("cpython-314-x86_64-linux-gnu", "a8e9f292fcda89b324f2f5c91d13f1424a153e40fc2756f38ee23b15835ff300"),
    ],
};

const PYPARSING: Package = Package {
    name: "pyparsing",
    version: "3.3.3",
    bytes: 126_420,
    files: &[("any", "ece8c00a69cf01b45d0b1dedabb469c90d8caf996d4fda40f147627a122849a4")],
};

const PYYAML: Package = Package {
    name: "pyyaml",
    version: "6.0.4",
    bytes: 849_249,
    files: &[
        ("cpython-310-aarch64-linux-gnu", "54c23934cf166bb2090d73d82b1388aadb1cead5e73885223dcfa4a459a22d43"),
        ("cpython-311-aarch64-linux-gnu", "71bb5b87465d88d1dfc577115af6d435bff9b26f2512936f610c26aa55966028"),
        ("cpython-312-aarch64-linux-gnu", "45e37dd647db9d67b757444c74060c064ace5fdaa08f42bf4fda3812275d423e"),
        ("cpython-313-aarch64-linux-gnu", "41b4669c3a8fd5750e594dff59d3e62d40e321fec467b50449603710ed0a68f3"),
        ("cpython-314-aarch64-linux-gnu", "ed9b957abb12f6ffcd92d5db32fa3ffd4e4a8423d80ddd51b4efa63b42f6a76b"),
        ("cpython-310-x86_64-linux-gnu", "88a089e6424a8a256321270620d5a4328ad5227fb2061b07d33f596894336914"),
        ("cpython-311-x86_64-linux-gnu", "622aa875fa6533f25fedcffe23079357d65a690d462200afed5d8e9d0e01ebee"),
        ("cpython-312-x86_64-linux-gnu", "93bfb2459195406a518e2f487a9bbf01df240175f31e06f5a252ac6734c7bbf0"),
        ("cpython-313-x86_64-linux-gnu", "50588147ab2c6a59b5f990a4905db80899a6c2bd197e046a6201f1e67587e794"),
        ("cpython-314-x86_64-linux-gnu", "c604dc2613c417130479cdd6e55c2faa691b6365aa82b3dafddfcecc2eaf1ac7"),
    ],
};

const PYDANTIC: Package = Package {
    name: "pydantic",
    version: "2.14.4",
    bytes: 494_865,
    files: &[("any", "653a2ad9f6d8858529c77c72717d0ea991d6c6837fe683246b2f4b2bbfc3fadc")],
};

const PYDANTIC_CORE: Package = Package {
    name: "pydantic-core",
    version: "2.50.5",
    bytes: 2_269_323,
    files: &[
        ("cpython-310-aarch64-linux-gnu", "252ce30d79b47954cc3a49f8a0d812ac24a356627391fcec90a68733c755707e"),
        ("cpython-311-aarch64-linux-gnu", "ba2b34529984a8e3cb1bc62a7687617722695a2cb4e57958de32a0eba128a07a"),
        ("cpython-312-aarch64-linux-gnu", "07a62d44515d674d750cfd86b7ce1dd93111be870f378d7c27b37aeb78d0cb4a"),
        ("cpython-313-aarch64-linux-gnu", "8bbe282e79dc71b24ba7be284eacf27c8ddff8f26911e2030a0dd123c6aed326"),
        ("cpython-314-aarch64-linux-gnu", "27bc22dc8d50335bc62296261a7dc4c2572149910ba7c274ef0f945b5be0d570"),
        ("cpython-310-x86_64-linux-gnu", "92c0ebab606f982730aaaa741a30cd5e0f68dc7c005a5baa9b332fc182232c61"),
        ("cpython-311-x86_64-linux-gnu", "488319076ec92908b91fc6265ce761f1d78748f69f85518564fd16bf333e1b70"),
        ("cpython-312-x86_64-linux-gnu", "470bbc2495367f60d3ca849a8039e4c164701d10637e7743f4427d92651bdb6d"),
        ("cpython-313-x86_64-linux-gnu", "cbfde3ad127786f1dea1a6cd89a5eb824a16203f24743ad2b4e07506f43bc844"),
        ("cpython-314-x86_64-linux-gnu", "88b543705849d0c59343f97c38296dbf59eb7b3c9565bd4fe1ed638ba38da5ed"),
    ],
};

const TYPING_EXTENSIONS: Package = Package {
    name: "typing-extensions",
    version: "4.16.0",
    bytes: 45_571,
    files: &[("any", "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8")],
};

const TYPING_INSPECTION: Package = Package {
    name: "typing-inspection",
    version: "0.4.5",
    bytes: 14_874,
    files: &[("any", "bc210535442b39e1bf2805e0c7a17dfd6a4ace760c84c7f7d16245d23a6b1c39")],
};

const ANNOTATED_TYPES: Package = Package {
    name: "annotated-types",
    version: "0.8.0",
    bytes: 13_427,
    files: &[("any", "f072f4d804ea359e4eaf198b1af7a8b0943881a87f31bb764f8bf219bb9419e0")],
};

const SIMPLESAT: Package = Package {
    name: "simplesat",
    version: "0.9.2",
    bytes: 249_125,
    files: &[("any", "dde724538ccc5bddfdf57aa366cfb0cec0e3cae8c5d1ebc56f4cfb47948a8f97")],
};

const OKONOMIYAKI: Package = Package {
    name: "okonomiyaki",
    version: "3.0.0",
    bytes: 8_372_945,
    files: &[("any", "a5193286e9db0ded2d3ae80d7c3ebb9923bca89e94ba03d612bb9c2c0948cd77")],
};

const ATTRS: Package = Package {
    name: "attrs",
    version: "26.1.0",
    bytes: 67_548,
    files: &[("any", "c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309")],
};

const SIX: Package = Package {
    name: "six",
    version: "1.17.0",
    bytes: 11_050,
    files: &[("any", "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274")],
};

const FASTJSONSCHEMA: Package = Package {
    name: "fastjsonschema",
    version: "2.22.3",
    bytes: 28_442,
    files: &[("any", "f670b443830b75aca3f00b75949efa20f4b2a80302ec7a21505c28dd54cffd43")],
};

const ARGCOMPLETE: Package = Package {
    name: "argcomplete",
    version: "3.7.2",
    bytes: 43_294,
    files: &[("any", "6029205678bdd9c1c728a155f5f9ecf5812393f969eef58807641a2bc2aa5b19")],
};
