//! How weights lie in GPU memory. Shaders read words, so a block whose size is not a multiple of four bytes gets two more.

use squint_ops::Kind;
use std::borrow::Cow;

/// Formats whose blocks end between words, and the byte after which the two are put: behind the scale where that comes
/// first, so that the codes after it begin on a word.
const PADDED: &[(Kind, usize)] =
    &[(Kind::Q8_0, 2), (Kind::Q4_0, 2), (Kind::Q5_0, 2), (Kind::Q3_K, 110), (Kind::Q6_K, 210), (Kind::TQ2_0, 66)];

const PAD: usize = 2;

/// The byte of a block after which padding goes, where it has any.
pub fn padded(kind: Kind) -> Option<usize> {
    PADDED.iter().find(|(k, _)| *k == kind).map(|(_, at)| *at)
}

/// Bytes of one block in GPU memory.
pub fn pitch(kind: Kind) -> usize {
    kind.bytes + padded(kind).map_or(0, |_| PAD)
}

/// Bytes in GPU memory of `len` numbers.
pub fn size(kind: Kind, len: usize) -> usize {
    len.div_ceil(kind.block) * pitch(kind)
}

/// Bytes of a buffer for so many: none is empty, and vectors of four words end in it.
pub fn held(bytes: usize) -> u64 {
    bytes.next_multiple_of(16).max(16) as u64
}

/// Whole blocks as the GPU has them.
pub fn spread(kind: Kind, bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(at) = padded(kind) else { return Cow::Borrowed(bytes) };
    let mut out = Vec::with_capacity(bytes.len() / kind.bytes * pitch(kind));
    for block in bytes.chunks_exact(kind.bytes) {
        out.extend_from_slice(&block[..at]);
        out.extend_from_slice(&[0; PAD]);
        out.extend_from_slice(&block[at..]);
    }
    Cow::Owned(out)
}

/// Whole blocks as everybody else has them.
pub fn gather(kind: Kind, bytes: &[u8]) -> Vec<u8> {
    let Some(at) = padded(kind) else { return bytes.to_vec() };
    bytes.chunks_exact(pitch(kind)).flat_map(|b| b[..at].iter().chain(&b[at + PAD..])).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use squint_ops::op::OPS;

    #[test]
    fn blocks_begin_on_words_and_come_back() {
        let kinds: Vec<Kind> = OPS.iter().flat_map(|o| o.slots).flat_map(|s| s.kinds).copied().collect();
        assert!(kinds.contains(&Kind::Q6_K) && kinds.contains(&Kind::F16));
        for kind in kinds.into_iter().filter(|k| k.block > 1) {
            assert_eq!(pitch(kind) % 4, 0, "{kind:?} needs a row in PADDED");
            let bytes: Vec<u8> = (0..5 * kind.bytes).map(|i| i as u8).collect();
            let there = spread(kind, &bytes);
            assert_eq!(there.len(), size(kind, 5 * kind.block));
            assert_eq!(gather(kind, &there), bytes);
        }
    }
}
