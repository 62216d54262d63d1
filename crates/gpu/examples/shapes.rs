//! `cargo run --release -p squint-gpu --example shapes` — how fast the shaders are at the shapes of two small models:
//! each matrix product alone, then a whole ViT-Ti/16 and a decode step of SmolLM2-135M, on weights of zeros.

#[path = "../tests/models/mod.rs"]
mod models;

use models::{everything, smollm2_step, vit_ti};
use squint_gpu::Gpu;
use squint_ops::{Backend, Buf, Error, Host, Kind, On, Recording};
use std::time::Instant;

fn main() -> Result<(), Error> {
    pollster::block_on(all())
}

async fn all() -> Result<(), Error> {
    let mut gpu = Gpu::open(Host::native()).await?;
    println!("{}, {:?}", gpu.caps().device, gpu.on());
    for on in [On::Any, On::Software, On::Hardware] {
        // For any adapter there are the plain forms only.
        gpu.act_as(on);
        println!("── forms for {on:?}");
        let vit = [[197, 576, 192], [197, 192, 192], [197, 768, 192], [197, 192, 768]];
        let prefill = [[200, 576, 576], [200, 3072, 576], [200, 576, 1536]];
        let decode = [[1, 576, 576], [1, 3072, 576], [1, 576, 1536], [1, 49152, 576]];
        for (kind, shapes) in [(Kind::F32, &vit[..]), (Kind::Q4_1, &vit), (Kind::Q4_1, &prefill), (Kind::Q4_1, &decode)]
        {
            for [rows, outs, depth] in shapes {
                let mut rec = Recording::default();
                let x = rec.input("x", Kind::F32, rows * depth);
                let w = rec.matrix("w", kind, *outs, *depth);
                let y = rec.matmul(x, w, *depth);
                report(&gpu, &format!("{kind:?} {rows}×{depth} · {depth}×{outs}"), rec, y).await?;
            }
        }
        let mut rec = Recording::default();
        let q = rec.input("q", Kind::F32, 197 * 192);
        let y = rec.attention(q, [q, q], None, [3, 3, 64], everything(197));
        report(&gpu, "attention, 197 rows, 3 heads of 64", rec, y).await?;
        let (rec, y) = vit_ti(12)?;
        report(&gpu, "ViT-Ti/16, 12 layers, f32", rec, y).await?;
        let (rec, y) = smollm2_step(512)?;
        report(&gpu, "SmolLM2-135M, one token after 511, q4_1", rec, y).await?;
    }
    Ok(())
}

async fn report(gpu: &Gpu, name: &str, mut rec: Recording, y: Buf) -> Result<(), Error> {
    rec.output(y);
    let flops = squint_ops::Null::bill(&rec, &[])?.flops as f64;
    gpu.warm(&rec).await?;
    let before = gpu.device_bytes();
    let ready = gpu.prepare(&rec, &[]).await?;
    let mut best = f64::MAX;
    let start = Instant::now();
    for n in 0.. {
        let one = Instant::now();
        gpu.run(&ready, &[]).await?;
        gpu.read(ready.handle(y)).await?;
        best = best.min(one.elapsed().as_secs_f64());
        if n >= 2 && start.elapsed().as_secs_f64() > 1.0 {
            break;
        }
    }
    let mib = (gpu.device_bytes() - before) as f64 / f64::from(1 << 20);
    println!("{name:44} {:9.2} ms {:8.2} GFLOP/s {mib:7.1} MiB", best * 1e3, flops / best / 1e9);
    Ok(())
}
