//! Block types: how a run of numbers lies in memory. One row of `KINDS` per format.

use crate::Error;

mod f16;
mod f32;
mod u32;

/// One storage format.
pub struct KindSpec {
    pub name: &'static str,
    /// Numbers in one block; a row of a matrix is a whole number of blocks.
    pub block: usize,
    /// Bytes of one block.
    pub bytes: usize,
    /// Blocks to f32, exactly as the format defines it.
    pub unpack: fn(&[u8], &mut [f32]),
    /// f32 to blocks, round to nearest.
    pub pack: fn(&[f32], &mut [u8]),
}

/// A row of `KINDS`; compares by name and prints as it.
#[derive(Clone, Copy)]
pub struct Kind(&'static KindSpec);

/// Every format there is.
pub static KINDS: &[&KindSpec] = &[&f32::SPEC, &f16::SPEC, &u32::SPEC];

impl Kind {
    pub const F32: Kind = Kind(&f32::SPEC);
    pub const F16: Kind = Kind(&f16::SPEC);
    /// Indices and token ids; converted by value where a caller asks for numbers.
    pub const U32: Kind = Kind(&u32::SPEC);

    pub fn from_name(name: &str) -> Result<Kind, Error> {
        KINDS.iter().find(|k| k.name == name).map(|k| Kind(k)).ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|k| k.name).collect();
            Error::new("kind", format!("unknown block type '{name}'"), format!("known are {}", known.join(", ")))
        })
    }

    /// Bytes that `len` numbers take, the last block counted whole.
    pub fn bytes_of(self, len: usize) -> usize {
        len.div_ceil(self.block) * self.bytes
    }

    /// Packs numbers; a last block that is not full is filled up with zeros.
    pub fn pack_all(self, values: &[f32]) -> Vec<u8> {
        let mut out = vec![0; self.bytes_of(values.len())];
        let mut padded = values.to_vec();
        padded.resize(values.len().div_ceil(self.block) * self.block, 0.0);
        (self.pack)(&padded, &mut out);
        out
    }

    pub fn unpack_all(self, bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; bytes.len() / self.bytes * self.block];
        (self.unpack)(bytes, &mut out);
        out
    }
}

impl std::ops::Deref for Kind {
    type Target = KindSpec;
    fn deref(&self) -> &KindSpec {
        self.0
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name == other.name
    }
}
impl Eq for Kind {}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for k in KINDS {
            assert_eq!(Kind::from_name(k.name).unwrap().name, k.name);
            assert_eq!(KINDS.iter().filter(|o| o.name == k.name).count(), 1);
        }
        assert_eq!(Kind::from_name("q9_9").unwrap_err().code, "kind");
    }

    #[test]
    fn small_whole_numbers_survive_every_kind() {
        let values = [0.0, 1.0, 2.0, 7.0];
        for k in KINDS {
            let k = Kind(k);
            assert_eq!(k.unpack_all(&k.pack_all(&values))[..4], values, "{}", k.name);
        }
    }
}
