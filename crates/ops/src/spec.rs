//! The row an op puts into the table. Whatever a backend or a check needs to know about an op stands here.

use crate::{View, case::Case, case::Rng};
use squint_weights::{Error, Kind};

/// One op. `stem` is its only name: op file, shader, kernel, tests and profiles all use it.
pub struct OpSpec {
    pub stem: &'static str,
    /// Buffers in order; the shader binds them in this order after its parameters.
    pub slots: &'static [Slot],
    /// Parameters in order; the shader's `Params` struct has these members.
    pub fields: &'static [Field],
    /// The shape rule: numbers each slot must hold, from the parameters.
    pub shape: fn(&[u32]) -> Result<Vec<usize>, Error>,
    /// Floating-point operations, a multiply-add counted as two.
    pub flops: fn(&[u32]) -> u64,
    /// The definition of the op. Plain on purpose.
    pub twin: fn(&[u32], &mut [View]) -> Result<(), Error>,
    /// How far a fast version may be from the twin.
    pub tolerance: Tolerance,
    pub gpu: Gpu,
    /// A random legal instance, small enough for any device.
    pub case: fn(&mut Rng) -> Case,
}

/// Largest allowed |got − want| / max |want|, and why it is not zero.
pub struct Tolerance {
    pub limit: f32,
    pub because: &'static str,
}

/// A feature of a backend that costs accuracy, and how much.
pub struct Rounding {
    /// As `Caps::features` has it.
    pub name: &'static str,
    /// What activations, and weights of more bits, are rounded to.
    pub to: Kind,
    pub tolerance: Tolerance,
}

/// Activations are rounded to 8 bits, a scale for 32 of them, before they meet weights that are integers themselves.
pub const INT8: Rounding = Rounding {
    name: "int8",
    to: Kind::Q8_0,
    tolerance: Tolerance {
        limit: 2e-2,
        because: "rounding numbers spread evenly up to 127 steps changes a sum of products by 0.4 % of what it \
                  typically is (one standard deviation), and the worst of thousands by four times that",
    },
};

/// Activations are rounded to 16 bits, a scale for 32 of them, where weights have 8: sixteen bits cost what eight would. The
/// name is that of the feature as a whole.
pub const INT16: Rounding = Rounding {
    name: INT8.name,
    to: Kind::Q8_0,
    tolerance: Tolerance {
        limit: 1e-4,
        because: "rounding numbers spread evenly up to 32767 steps changes a sum of products by 0.0016 % of what it \
                  typically is (one standard deviation), the worst of thousands by four times that, and sums of \
                  hundreds of products in another order by a third of that again",
    },
};

/// Activations and weights are rounded to half precision before they are multiplied; sums stay f32.
pub const HALF: Rounding = Rounding {
    name: "half",
    to: Kind::F16,
    tolerance: Tolerance {
        limit: 2e-3,
        because: "rounding both factors to 11 bits changes a sum of products by 0.03 % of what it typically is (one \
                  standard deviation), the worst of thousands by four times that, and a product of two by twice that",
    },
};

/// One buffer of an op.
pub struct Slot {
    pub name: &'static str,
    pub access: Access,
    /// Formats it may have. More than one means the shader comes in variants named by the format.
    pub kinds: &'static [Kind],
    /// Parameters whose product counts the numbers that a step touches, where those may be fewer than the slot must hold:
    /// some of a cache, some rows of a table.
    pub part: Option<&'static [usize]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Read,
    Write,
    /// Reads what was there and changes it: a cache, an accumulator.
    Update,
}

/// One parameter, 32 bits wide.
pub struct Field {
    pub name: &'static str,
    pub scalar: Scalar,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scalar {
    U32,
    F32,
}

/// How the op runs on a GPU.
pub enum Gpu {
    /// `shaders/<stem>.wgsl`, with this many workgroups.
    Shader { grid: fn(&[u32]) -> [u32; 3] },
    /// One shader per form. The first that fits serves; the last is plain and fits everything.
    Forms { forms: &'static [Form], shards: Option<Shards> },
    /// Runs on the CPU only, because …
    CpuOnly(&'static str),
}

/// One of several shaders for an op.
pub struct Form {
    /// `shaders/<stem>.<name>.wgsl`; empty is the plain `shaders/<stem>.wgsl`.
    pub name: &'static str,
    pub on: On,
    pub needs: Needs,
    /// What it rounds that the others do not. Such a form serves only where that is wanted.
    pub rounds: Option<&'static Rounding>,
    /// Formats of the weight that it serves; empty is all that the op takes.
    pub kinds: &'static [Kind],
    /// Parameters it can serve and is meant for. Judged by the largest run values; smaller ones must be served too.
    pub fits: fn(&[u32]) -> bool,
    /// How many workgroups. `outs` and the like count one shard's rows here.
    pub grid: fn(&[u32]) -> [u32; 3],
}

/// What a form is made for. Adapters in software run one invocation after the other: workgroup memory and barriers,
/// which make a GPU fast, cost them ten times what they save.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    Any,
    Hardware,
    Software,
}

/// What a form needs of a device beyond what every one has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    Nothing,
    /// Numbers of half precision: `enable f16;`
    F16,
    /// Products of four bytes at once: `requires packed_4x8_integer_dot_product;`
    Dot4,
}

impl Needs {
    /// Everything that a form may need.
    pub const ALL: [Needs; 2] = [Needs::F16, Needs::Dot4];

    /// As WebGPU and WGSL have it.
    pub fn name(self) -> &'static str {
        match self {
            Needs::Nothing => "",
            Needs::F16 => "shader-f16",
            Needs::Dot4 => "packed_4x8_integer_dot_product",
        }
    }
}

impl Form {
    /// Whether there is a shader for weights of this format; ops without such a choice have none.
    pub fn takes(&self, variant: Option<Kind>) -> bool {
        self.kinds.is_empty() || variant.is_some_and(|kind| self.kinds.contains(&kind))
    }
}

/// A weight that may come as several buffers, each with some of its rows: the form is dispatched once for each. Its
/// `Params` end in two members more: `first`, the shard's first row, and `here`, how many it has.
pub struct Shards {
    /// Which buffer.
    pub slot: usize,
    /// The parameters whose product counts its rows. In the first of them a form's grid is told one shard's.
    pub rows: &'static [usize],
}

/// What one step costs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Cost {
    pub flops: u64,
    pub bytes: u64,
}

pub const F32: &[Kind] = &[Kind::F32];

/// Numbers or ids: for ops that only move them.
pub const WORDS: &[Kind] = &[Kind::F32, Kind::U32];

/// What a weight may be stored in.
pub const WEIGHTS: &[Kind] = &[
    Kind::F32,
    Kind::F16,
    Kind::BF16,
    Kind::Q8_0,
    Kind::Q4_0,
    Kind::Q4_1,
    Kind::Q5_0,
    Kind::Q5_1,
    Kind::Q2_K,
    Kind::Q3_K,
    Kind::Q4_K,
    Kind::Q5_K,
    Kind::Q6_K,
    Kind::TQ2_0,
];

pub const fn read(name: &'static str) -> Slot {
    slot(name, Access::Read, F32)
}
pub const fn write(name: &'static str) -> Slot {
    slot(name, Access::Write, F32)
}
/// Whole numbers: ids, indices.
pub const fn ids(name: &'static str) -> Slot {
    slot(name, Access::Read, &[Kind::U32])
}
/// Whole numbers that the op makes.
pub const fn write_ids(name: &'static str) -> Slot {
    slot(name, Access::Write, &[Kind::U32])
}
/// Numbers that the op changes where they lie.
pub const fn update(name: &'static str) -> Slot {
    slot(name, Access::Update, F32)
}
/// A weight in any of `kinds`.
pub const fn weight(name: &'static str, kinds: &'static [Kind]) -> Slot {
    slot(name, Access::Read, kinds)
}
pub const fn slot(name: &'static str, access: Access, kinds: &'static [Kind]) -> Slot {
    Slot { name, access, kinds, part: None }
}
impl Slot {
    /// The same of which a step touches a part only.
    pub const fn part(self, of: &'static [usize]) -> Slot {
        Slot { part: Some(of), ..self }
    }
}
pub const fn int(name: &'static str) -> Field {
    Field { name, scalar: Scalar::U32 }
}
pub const fn float(name: &'static str) -> Field {
    Field { name, scalar: Scalar::F32 }
}

/// Numbers in a buffer of these dimensions. They come from a file in the end, so their product may be nonsense.
pub fn numbers(dims: &[u32]) -> Result<usize, Error> {
    let product = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d as usize));
    product.ok_or_else(|| Error::new("shape", format!("{dims:?} numbers are too many"), "use a smaller model or input"))
}

/// A grid of `n` workgroups folded into two dimensions: WebGPU allows 65 535 along one.
/// Shaders undo it with `id.y * groups.x + id.x`.
pub fn fold(n: u32) -> [u32; 3] {
    const MOST: u32 = 65_535;
    let rows = n.div_ceil(MOST).max(1);
    [n.div_ceil(rows).max(1), rows, 1]
}

impl OpSpec {
    /// The forms of this op that suit a kind of adapter, best first.
    pub fn forms(&self, on: On) -> impl Iterator<Item = &'static Form> {
        let forms = match self.gpu {
            Gpu::Forms { forms, .. } => forms,
            _ => &[],
        };
        forms.iter().filter(move |f| f.on == On::Any || f.on == on)
    }

    /// The slot whose format picks the shader variant, if any.
    pub fn variant_slot(&self) -> Option<usize> {
        self.slots.iter().position(|s| s.kinds.len() > 1)
    }

    /// The format that picks the variant, of buffers of these formats.
    pub fn variant(&self, kinds: &[Kind]) -> Option<Kind> {
        self.variant_slot().map(|slot| kinds[slot])
    }

    /// How far a backend may be from the twin in a step that it rounds like this.
    pub fn tolerance_with(&self, rounds: Option<&'static Rounding>) -> &Tolerance {
        rounds.map_or(&self.tolerance, |r| &r.tolerance)
    }

    /// Parameters as an array of the length the op declares.
    pub fn words<const N: usize>(&self, params: &[u32]) -> Result<[u32; N], Error> {
        params.try_into().map_err(|_| Error::bug(format!("{}: {} parameters, expected {N}", self.stem, params.len())))
    }

    /// Operations, and bytes of every slot touched once, as far as the step touches it.
    pub fn cost(&self, params: &[u32], kinds: &[Kind]) -> Result<Cost, Error> {
        let touched = |(slot, all): (&Slot, usize)| match slot.part {
            Some(of) => {
                of.iter().try_fold(1, |n: usize, i| n.checked_mul(params[*i] as usize)).map_or(all, |n| n.min(all))
            }
            None => all,
        };
        let numbers = self.slots.iter().zip((self.shape)(params)?).map(touched);
        let bytes = numbers.zip(kinds).map(|(n, k)| k.bytes_of(n) as u64).sum();
        Ok(Cost { flops: (self.flops)(params), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folded_grids_cover_and_fit() {
        for n in [0, 1, 65_535, 65_536, 1_000_003, 20_000_000] {
            let [x, y, z] = fold(n);
            assert!(x <= 65_535 && y <= 65_535 && z == 1);
            assert!(x as u64 * y as u64 >= n as u64);
        }
    }
}
