//! Two vision encoders look at one picture, each at its own size and in its own numbers; their rows are laid beside each
//! other, as one row of more channels, or under each other, as more rows. What is joined stays on the device.

use crate::vision::Encoder;
use squint_nn::lay;
use squint_ops::{Backend, Buf, Error, Handle, Kind, Prepared, Recording};
use std::rc::Rc;

/// How two encoders' rows become one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Row by row: both have as many.
    Channels,
    /// One encoder's rows, then the other's: both are as wide.
    Rows,
}

pub struct Pair {
    pub encoders: [Encoder; 2],
    /// Rows that come out, and numbers of a row.
    pub shape: [usize; 2],
    prepared: Prepared,
    joined: Buf,
}

impl Pair {
    /// Both on one backend, and turned as they are to look.
    pub async fn new(encoders: [Encoder; 2], join: Join) -> Result<Pair, Error> {
        let [one, other] = [&encoders[0], &encoders[1]];
        if !Rc::ptr_eq(&one.backend, &other.backend) {
            return Err(Error::bug("two encoders on two backends"));
        }
        let shapes = [one.shape(), other.shape()];
        let [[rows, width], [more, wide]] = shapes;
        let (fits, shape, what, hint) = match join {
            Join::Channels => (rows == more, [rows, width + wide], "rows", "ask for another resolution of one of them"),
            Join::Rows => (width == wide, [rows + more, width], "numbers in a row", "lay them beside each other"),
        };
        if !fits {
            let (name, next) = (one.family.name, other.family.name);
            let text = format!("{name} makes {rows} rows of {width}, {next} {more} of {wide}: not as many {what}");
            return Err(Error::new("pair", text, hint));
        }
        let mut rec = Recording::default();
        let parts = shapes.map(|[rows, width]| rec.input("rows", Kind::F32, rows * width));
        let joined = match join {
            Join::Channels => lay::beside(&mut rec, &parts, rows),
            Join::Rows => lay::under(&mut rec, &parts, width),
        };
        rec.output(joined);
        let bound = [(parts[0], one.out().clone()), (parts[1], other.out().clone())];
        let prepared = one.backend.prepare(&rec, &bound).await?;
        Ok(Pair { encoders, shape, prepared, joined })
    }

    /// One picture, as each of them is shown it.
    pub async fn rows(&self, pixels: [&[f32]; 2]) -> Result<&Handle, Error> {
        for (encoder, pixels) in self.encoders.iter().zip(pixels) {
            encoder.see(pixels).await?;
        }
        self.backend().run(&self.prepared, &[]).await?;
        Ok(self.prepared.handle(self.joined))
    }

    /// The same, brought back.
    pub async fn hidden(&self, pixels: [&[f32]; 2]) -> Result<Vec<f32>, Error> {
        Ok(Kind::F32.unpack_all(&self.backend().read(self.rows(pixels).await?).await?))
    }

    fn backend(&self) -> &dyn Backend {
        self.encoders[0].backend.as_ref()
    }
}
