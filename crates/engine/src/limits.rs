//! What a token asks of the machine at least, to hold a measured speed against what the machine can do.

use crate::{Error, Model};
use squint_nn::Place;
use squint_nn::decoder::{Answer, Pass};
use squint_ops::Kind;

/// What every token of an answer reads.
pub struct Reads {
    /// Bytes of weights as their formats store them; a backend's layout may take more.
    pub bytes: u64,
    /// The format most of these bytes are in.
    pub kind: Kind,
}

impl Model {
    pub fn reads(&self) -> Result<Reads, Error> {
        let wants = self.record(Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32, album: 0 })?.wants;
        // With a head of its own, a model reads one row of its embedding; without one, the embedding is the head.
        let own = wants.iter().any(|w| w.name == "head.weight");
        let read = wants.iter().filter(|w| w.place == Place::Model && !(own && w.name == "embed.weight"));
        let mut by_kind: Vec<Reads> = vec![];
        for want in read {
            let bytes = want.kind.bytes_of(want.rows * want.cols.max(1)) as u64;
            match by_kind.iter_mut().find(|r| r.kind == want.kind) {
                Some(reads) => reads.bytes += bytes,
                None => by_kind.push(Reads { bytes, kind: want.kind }),
            }
        }
        let bytes = by_kind.iter().map(|r| r.bytes).sum();
        let most = by_kind.iter().max_by_key(|r| r.bytes).map(|r| r.kind);
        let kind = most.ok_or_else(|| Error::bug("a model without weights"))?;
        Ok(Reads { bytes, kind })
    }
}
