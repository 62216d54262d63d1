//! Every op on every backend that runs here, against its twin, over many drawn shapes.

use squint_ops::{Backend, OPS, Reference, case::compare};
use squint_tests::backends;

fn hold(backend: &dyn Backend, cases: usize) {
    for op in OPS {
        let v = pollster::block_on(compare(op, backend, 1000, cases)).unwrap_or_else(|e| panic!("{}: {e}", op.stem));
        println!("{:10} {:24} {cases} cases, worst {:.1e} at {}", op.stem, backend.caps().device, v.worst, v.at);
        assert!(v.ok, "{} on {}: error {:e} at {}", op.stem, backend.caps().device, v.worst, v.at);
    }
}

#[test]
fn reference_is_repeatable() {
    hold(&Reference::default(), 20);
}

#[test]
fn cpu_agrees_with_the_twins() {
    for cpu in backends::cpus() {
        hold(&cpu, 200);
        // Otherwise the parts that threads share would have been tried by one only.
        assert!(cpu.caps().threads == 1 || cpu.splits() > 0, "{}: nothing was shared out", cpu.caps().device);
    }
}

/// Every case cut into parts and handed out, however small it is.
#[test]
fn parts_agree_with_the_twins() {
    for cpu in backends::cpus() {
        hold(&cpu.eager(), 60);
    }
}

#[test]
fn gpu_agrees_with_the_twins() {
    if let Some(gpu) = pollster::block_on(backends::gpu()) {
        hold(&gpu, 60);
    }
}

/// The comparison itself can fail: a backend whose answers are off by a little is called wrong.
#[test]
fn a_wrong_backend_is_noticed() {
    struct Off(Reference);
    impl Backend for Off {
        fn caps(&self) -> &squint_ops::Caps {
            self.0.caps()
        }
        fn ledger(&self) -> &squint_ops::Ledger {
            self.0.ledger()
        }
        fn create(&self, kind: squint_ops::Kind, len: usize) -> Result<squint_ops::Handle, squint_ops::Error> {
            self.0.create(kind, len)
        }
        fn write(&self, to: &squint_ops::Handle, at: usize, bytes: &[u8]) -> Result<(), squint_ops::Error> {
            self.0.write(to, at, bytes)
        }
        fn prepare<'a>(
            &'a self,
            rec: &'a squint_ops::Recording,
            bound: &'a [(squint_ops::Buf, squint_ops::Handle)],
        ) -> squint_ops::Local<'a, squint_ops::Prepared> {
            self.0.prepare(rec, bound)
        }
        fn run<'a>(&'a self, what: &'a squint_ops::Prepared, run: &'a [u32]) -> squint_ops::Local<'a, ()> {
            self.0.run(what, run)
        }
        fn read<'a>(&'a self, from: &'a squint_ops::Handle) -> squint_ops::Local<'a, Vec<u8>> {
            Box::pin(async move {
                let mut bytes = self.0.read(from).await?;
                // The top byte of the last number: sign and exponent. Some outputs have none.
                bytes.iter_mut().last().into_iter().for_each(|byte| *byte ^= 0x80);
                Ok(bytes)
            })
        }
    }
    for op in OPS {
        let v = pollster::block_on(compare(op, &Off(Reference::default()), 7, 5)).unwrap();
        assert!(!v.ok, "{}: a flipped sign went unnoticed", op.stem);
    }
}
