//! A recording with numbers for its inputs, run by the twins and held against what candle computed.

use candle_core::{DType, Device, Tensor};
use pollster::block_on;
use squint_ops::case::{Rng, relative_error};
use squint_ops::{Backend, Buf, Kind, Recording, Reference};

pub struct Bench {
    pub rec: Recording,
    pub inputs: Vec<(Buf, Vec<u8>)>,
    pub rng: Rng,
}

impl Bench {
    pub fn new(seed: u64) -> Bench {
        Bench { rec: Recording::default(), inputs: vec![], rng: Rng::new(seed) }
    }
    /// An input of this shape, for us and for candle.
    pub fn numbers(&mut self, shape: &[usize]) -> (Buf, Tensor) {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| 3.0 * self.rng.number()).collect();
        let buf = self.rec.input("x", Kind::F32, values.len());
        self.inputs.push((buf, Kind::F32.pack_all(&values)));
        (buf, Tensor::from_vec(values, shape, &Device::Cpu).unwrap())
    }
    /// An input of these numbers.
    pub fn stored(&mut self, values: &[f32]) -> Buf {
        let buf = self.rec.input("x", Kind::F32, values.len());
        self.inputs.push((buf, Kind::F32.pack_all(values)));
        buf
    }
    pub fn ids(&mut self, ids: &[u32]) -> Buf {
        let buf = self.rec.input("ids", Kind::U32, ids.len());
        self.inputs.push((buf, ids.iter().flat_map(|i| i.to_le_bytes()).collect()));
        buf
    }
    /// Runs the twins and holds the result against candle's.
    pub fn same(self, what: &str, y: Buf, want: Tensor, limit: f32) {
        let want: Vec<f32> = want.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        self.equals(what, &[(y, want)], limit);
    }
    /// Runs the twins and holds the results against what is known.
    pub fn equals(mut self, what: &str, wanted: &[(Buf, Vec<f32>)], limit: f32) {
        wanted.iter().for_each(|(y, _)| self.rec.output(*y));
        let on = Reference::default();
        let ready = block_on(on.prepare(&self.rec, &[])).unwrap();
        self.inputs.iter().for_each(|(buf, bytes)| on.write(ready.handle(*buf), 0, bytes).unwrap());
        block_on(on.run(&ready, &[])).unwrap();
        for (y, want) in wanted {
            let handle = ready.handle(*y);
            let got = handle.kind.unpack_all(&block_on(on.read(handle)).unwrap());
            let error = relative_error(want, &got, 0.0);
            println!("{what}: {error:.1e}");
            assert!(error <= limit, "{what}: {error:e} from the right answer");
        }
    }
}
