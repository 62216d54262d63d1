//! How fast the kernels are, per step of the shapes that matter. A measurement, so ignored unless asked for:
//! `cargo test --release -p squint-cpu --test speed -- --ignored --nocapture`, and the same in a browser with the wasm
//! runner that scripts/test sets up and `--include-ignored`.

#![allow(clippy::unwrap_used, reason = "a step that cannot run is a failed measurement")]

use squint_cpu::{Cpu, Isa};
use squint_ops::{Backend, Host, Kind, Recording};
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn now<T>(future: impl Future<Output = T>) -> T {
    match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the cpu backend waits for something"),
    }
}

fn ms() -> f64 {
    #[cfg(target_arch = "wasm32")]
    return js_sys::Date::now();
    #[cfg(not(target_arch = "wasm32"))]
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64() * 1e3)
}

fn say(text: String) {
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{text}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{text}");
}

/// Milliseconds of one run: the best of several stretches, because others use the machine too.
fn time(on: &Cpu, rec: &Recording) -> f64 {
    let ready = now(on.prepare(rec, &[])).unwrap();
    for (i, def) in rec.bufs.iter().enumerate().filter(|(_, d)| d.kind == Kind::F32 && d.cols == 0) {
        let values: Vec<f32> = (0..def.len).map(|k| (k * 7 % 31) as f32 / 16.0 - 1.0).collect();
        on.write(&ready.handles[i], 0, &Kind::F32.pack_all(&values)).unwrap();
    }
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = ms();
        let mut runs = 0;
        while runs == 0 || ms() - start < 100.0 {
            now(on.run(&ready, &[])).unwrap();
            runs += 1;
        }
        best = best.min((ms() - start) / runs as f64);
    }
    best
}

fn matmul(on: &Cpu, kind: Kind, [rows, outs, depth]: [usize; 3]) {
    let mut rec = Recording::default();
    let x = rec.input("x", Kind::F32, rows * depth);
    let w = rec.matrix("w", kind, outs, depth);
    let y = rec.matmul(x, w, depth);
    rec.output(y);
    let ms = time(on, &rec);
    let ops = 2.0 * (rows * outs * depth) as f64 / ms / 1e6;
    let read = kind.bytes_of(outs * depth) as f64 / ms / 1e6;
    let device = &on.caps().device;
    say(format!(
        "{device}: matmul {rows}×{outs}×{depth} {kind:?}: {ms:.3} ms, {ops:.0} GOP/s, {read:.1} GB/s of file bytes"
    ));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[ignore = "a measurement"]
fn speed_of_matmul() {
    for threads in if cfg!(target_arch = "wasm32") { vec![1] } else { vec![1, 2] } {
        let host = Host { now: Rc::new(|| 0.0), pause: Rc::new(|| Box::pin(std::future::ready(()))) };
        let cpu = Cpu::new(host, Isa::best(), threads);
        for kind in [Kind::Q4_1, Kind::Q8_0, Kind::Q6_K] {
            for shape in [[200, 576, 576], [200, 1536, 576], [200, 576, 1536]] {
                matmul(
                    &cpu,
                    kind,
                    if kind == Kind::Q6_K { shape.map(|n: usize| n.next_multiple_of(256)) } else { shape },
                );
            }
            let depth = 576usize.next_multiple_of(kind.block);
            matmul(&cpu, kind, [1, 576, depth]);
            matmul(&cpu, kind, [1, 49152, depth]);
        }
        matmul(&cpu, Kind::F16, [1, 49152, 576]);
        for shape in [[197, 576, 192], [197, 768, 192], [197, 192, 768], [1, 1000, 192], [1, 49152, 576]] {
            matmul(&cpu, Kind::F32, shape);
        }
    }
}
