//! Products and what is done to each of their numbers right after them, in one step: a bias, an activation, a sum with rows
//! from before. The numbers are still in the nearest cache then, and threads meet once instead of three times. The same
//! bits as one after the other, for a recording that says them one after the other.

use crate::kernel::{Kernel, Machine, Part, matmul};
use crate::pool::Parts;
use crate::tile::Then;
use squint_ops::case::Case;
use squint_ops::op::FUNCTIONS;
use squint_ops::{
    Access, Buf, Error, Field, Gpu, Kind, OpSpec, Recording, Role, Scalar, Slot, Step, Tolerance, View, Views, WEIGHTS,
    Word,
};
use std::collections::HashSet;

/// What a step of this backend's own is called.
const STEM: &str = "joined";

pub static KERNEL: Kernel = Kernel { stem: STEM, parts: matmul::parts, run };

/// `rows`, `outs` and `depth` as `matmul` has them; `function` counts from 1; where `biased` or `summed` is 0, nothing is
/// read of the slot, and any buffer may stand there.
static SPEC: OpSpec = OpSpec {
    stem: STEM,
    slots: &[
        slot("x", Access::Read, &[Kind::F32]),
        slot("w", Access::Read, WEIGHTS),
        slot("bias", Access::Read, &[Kind::F32]),
        slot("sum", Access::Read, &[Kind::F32]),
        slot("y", Access::Write, &[Kind::F32]),
    ],
    fields: &[int("rows"), int("outs"), int("depth"), int("function"), int("biased"), int("summed")],
    shape: |p| {
        let [rows, outs, depth, _, biased, summed] = std::array::from_fn(|i| p[i] as usize);
        Ok(vec![rows * depth, outs * depth, outs * biased, rows * outs * summed, rows * outs])
    },
    flops: |_| 0,
    twin: |_, _| Err(Error::bug("a joined step was given to its twin, and has none")),
    tolerance: Tolerance { limit: 0.0, because: "the same operations in the same order" },
    gpu: Gpu::CpuOnly("no model records it"),
    case: |_| Case::new("a joined step".into()),
};

const fn slot(name: &'static str, access: Access, kinds: &'static [Kind]) -> Slot {
    Slot { name, access, kinds, part: None }
}

const fn int(name: &'static str) -> Field {
    Field { name, scalar: Scalar::U32 }
}

fn run(machine: &Machine, params: &[u32], views: &mut [View], part: Part) -> Result<(), Error> {
    let [rows, outs, depth, function, biased, summed] = std::array::from_fn(|i| params[i] as usize);
    let [x, w, bias, sum, y] = views.split()?;
    let then = Then {
        bias: if biased == 1 { Some(&bias.f32()?[..outs]) } else { None },
        function: function.checked_sub(1).map(|i| &FUNCTIONS[i]),
        sum: if summed == 1 { Some(&sum.f32()?[..rows * outs]) } else { None },
    };
    let share = part.share(outs.div_ceil(matmul::PAIR));
    matmul::multiply(machine, x.f32()?, w, &Parts::new(y.f32_mut()?), [rows, outs, depth], [share, 0..0], then)
}

/// The same recording with joined steps, and how many of its steps each of the new ones stands for.
pub fn join(rec: &Recording) -> (Recording, Vec<usize>) {
    let mut uses = vec![0; rec.bufs.len()];
    rec.steps.iter().flat_map(|s| &s.bufs).for_each(|b| uses[b.0 as usize] += 1);
    // Written by one step and read by one other.
    let passing = |b: Buf| rec.def(b).role == Role::Temp && uses[b.0 as usize] == 2;
    let (mut steps, mut counts) = (vec![], vec![]);
    let mut rest = &rec.steps[..];
    while let Some(first) = rest.first() {
        let mut product = Joined::of(first);
        let mut n = 1;
        while let (Some(p), Some(next)) = (&mut product, rest.get(n)) {
            if !passing(p.y) || !p.take(next) {
                break;
            }
            n += 1;
        }
        steps.push(product.filter(|_| n > 1).map_or_else(|| first.clone(), |p| p.step()));
        counts.push(n);
        rest = &rest[n..];
    }
    let mut joined = rec.clone();
    joined.steps = steps;
    // What passed between joined steps is no longer there.
    let named: HashSet<u32> = joined.steps.iter().flat_map(|s| &s.bufs).map(|b| b.0).collect();
    for (i, def) in joined.bufs.iter_mut().enumerate() {
        if def.role == Role::Temp && !named.contains(&(i as u32)) {
            def.len = 0;
        }
    }
    (joined, counts)
}

/// A product and what follows it.
struct Joined {
    x: Buf,
    w: Buf,
    y: Buf,
    sizes: [u32; 3], // rows, outs, depth
    bias: Option<Buf>,
    /// A function's place in the table.
    function: Option<u32>,
    sum: Option<Buf>,
}

impl Joined {
    fn of(step: &Step) -> Option<Joined> {
        let (&[x, w, y], sizes) = (step.bufs.first_chunk()?, fixed(step)?);
        (step.op.stem == "matmul").then_some(Joined { x, w, y, sizes, bias: None, function: None, sum: None })
    }

    /// Takes the step in, if it is one of those that can follow, of what was made so far, and writes what is not read.
    fn take(&mut self, step: &Step) -> bool {
        let reads = [Some(self.x), Some(self.w), self.bias, self.sum];
        if step.bufs.last().is_none_or(|y| reads.contains(&Some(*y))) {
            return false;
        }
        let (len, outs) = (self.sizes[0] * self.sizes[1], self.sizes[1]);
        match step.op.stem {
            "add" => {
                let (Some(&[a, b, y]), Some([all, period])) = (step.bufs.first_chunk(), fixed(step)) else {
                    return false;
                };
                let other = if a == self.y { b } else { a };
                if all != len || ![a, b].contains(&self.y) || [self.y, y].contains(&other) || self.sum.is_some() {
                    return false;
                }
                match period {
                    p if p == outs && a == self.y && self.bias.is_none() && self.function.is_none() => {
                        self.bias = Some(b);
                    }
                    p if p == len => self.sum = Some(other),
                    _ => return false,
                }
                self.y = y;
                true
            }
            "activate" => {
                let (Some(&[x, y]), Some([rows, cols, function, 0])) = (step.bufs.first_chunk(), fixed(step)) else {
                    return false;
                };
                if x != self.y || rows * cols != len || self.function.is_some() || self.sum.is_some() {
                    return false;
                }
                (self.function, self.y) = (Some(function), y);
                true
            }
            _ => false,
        }
    }

    fn step(self) -> Step {
        let [rows, outs, depth] = self.sizes;
        let function = self.function.map_or(0, |i| i + 1);
        let words = [rows, outs, depth, function, self.bias.is_some() as u32, self.sum.is_some() as u32];
        let bufs = vec![self.x, self.w, self.bias.unwrap_or(self.x), self.sum.unwrap_or(self.x), self.y];
        Step { op: &SPEC, words: words.map(Word::Fixed).to_vec(), bufs }
    }
}

/// A step's parameters, if none differs from run to run.
fn fixed<const N: usize>(step: &Step) -> Option<[u32; N]> {
    let words: Option<Vec<u32>> =
        step.words.iter().map(|w| if let Word::Fixed(v) = w { Some(*v) } else { None }).collect();
    words?.try_into().ok()
}
