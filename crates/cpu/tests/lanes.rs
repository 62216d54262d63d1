//! Kernels against twins inside a browser, on every instruction set of the module. scripts/test wasm runs it twice:
//! compiled for simd128, and for relaxed SIMD. Natively tests/tests/ops.rs does the same.

#![cfg(target_arch = "wasm32")]

use squint_cpu::{Cpu, Isa};
use squint_ops::{Backend, Host, OPS, case::compare};
use std::rc::Rc;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn host() -> Host {
    Host { now: Rc::new(|| 0.0), pause: Rc::new(|| Box::pin(std::future::ready(()))) }
}

#[wasm_bindgen_test]
async fn kernels_agree_with_the_twins() {
    for isa in Isa::available() {
        let cpu = Cpu::new(host(), isa, 1);
        for op in OPS {
            let v = compare(op, &cpu, 500, 100).await.unwrap();
            assert!(v.ok, "{} on {}: error {:e} at {}", op.stem, cpu.caps().device, v.worst, v.at);
        }
    }
}

#[wasm_bindgen_test]
fn the_module_has_the_lanes_it_was_compiled_for() {
    let expected = if cfg!(target_feature = "relaxed-simd") { "relaxed simd" } else { "simd128" };
    assert_eq!(Isa::best().name(), expected);
}
