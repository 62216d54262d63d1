//! Two vision encoders look at one picture, each at its own size and in its own numbers; their rows are laid beside each
//! other, as one row of more channels, or under each other, as more rows. What is joined stays on the device.

use crate::vision::Encoder;
use squint_nn::lay;
use squint_ops::{Backend, Bill, Buf, Error, Handle, Kind, Null, Prepared, Recording};
use std::{borrow::Borrow, rc::Rc};

/// How two encoders' rows become one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Row by row: both have as many.
    Channels,
    /// One encoder's rows, then the other's: both are as wide.
    Rows,
}

/// Of encoders that it has, or that somebody lends it for as long as they look one way.
pub struct Pair<E> {
    pub encoders: [E; 2],
    /// Rows that come out, and numbers of a row.
    pub shape: [usize; 2],
    /// What joining them costs.
    pub bill: Bill,
    prepared: Prepared,
    joined: Buf,
}

/// By their names.
const JOINS: &[(&str, Join)] = &[("channels", Join::Channels), ("rows", Join::Rows)];

impl Join {
    pub fn read(name: &str) -> Result<Join, Error> {
        let known = JOINS.iter().find(|(known, _)| *known == name).map(|(_, join)| *join);
        known.ok_or_else(|| {
            let all: Vec<_> = JOINS.iter().map(|(name, _)| *name).collect();
            Error::new("join", format!("'{name}' is no way to join rows"), format!("there are {}", all.join(", ")))
        })
    }

    /// What becomes of two shapes, by the names of who makes them; or that they do not fit.
    pub fn shape(self, shapes: [[usize; 2]; 2], [name, next]: [&str; 2]) -> Result<[usize; 2], Error> {
        let [[rows, width], [more, wide]] = shapes;
        let (fits, shape, what, hint) = match self {
            Join::Channels => (rows == more, [rows, width + wide], "rows", "ask for another resolution of one of them"),
            Join::Rows => (width == wide, [rows + more, width], "numbers in a row", "lay them beside each other"),
        };
        if !fits {
            let text = format!("{name} makes {rows} rows of {width}, {next} {more} of {wide}: not as many {what}");
            return Err(Error::new("pair", text, hint));
        }
        Ok(shape)
    }

    /// Steps that join rows of two shapes: both of them, and what comes out.
    pub fn record(self, rec: &mut Recording, shapes: [[usize; 2]; 2]) -> ([Buf; 2], Buf) {
        let [[rows, width], _] = shapes;
        let parts = shapes.map(|[rows, width]| rec.input("rows", Kind::F32, rows * width));
        let joined = match self {
            Join::Channels => lay::beside(rec, &parts, rows),
            Join::Rows => lay::under(rec, &parts, width),
        };
        rec.output(joined);
        (parts, joined)
    }
}

impl<E: Borrow<Encoder>> Pair<E> {
    /// Both on one backend, and turned as they are to look.
    pub async fn new(encoders: [E; 2], join: Join) -> Result<Pair<E>, Error> {
        let [one, other] = [encoders[0].borrow(), encoders[1].borrow()];
        if !Rc::ptr_eq(&one.backend, &other.backend) {
            return Err(Error::bug("two encoders on two backends"));
        }
        let shapes = [one.shape(), other.shape()];
        let shape = join.shape(shapes, [one.family.name, other.family.name])?;
        let mut rec = Recording::default();
        let (parts, joined) = join.record(&mut rec, shapes);
        let bill = Null::bill(&rec, &[])?;
        let bound = [(parts[0], one.out().clone()), (parts[1], other.out().clone())];
        let prepared = one.backend.prepare(&rec, &bound).await?;
        Ok(Pair { encoders, shape, bill, prepared, joined })
    }

    /// One picture, as each of them is shown it.
    pub async fn rows(&self, pixels: [&[f32]; 2]) -> Result<&Handle, Error> {
        for (encoder, pixels) in self.encoders.iter().zip(pixels) {
            encoder.borrow().see(pixels).await?;
        }
        self.join().await
    }

    /// The same, brought back.
    pub async fn hidden(&self, pixels: [&[f32]; 2]) -> Result<Vec<f32>, Error> {
        self.back(self.rows(pixels).await?).await
    }

    /// What both saw last, brought back.
    pub async fn seen(&self) -> Result<Vec<f32>, Error> {
        self.back(self.join().await?).await
    }

    async fn join(&self) -> Result<&Handle, Error> {
        self.backend().run(&self.prepared, &[]).await?;
        Ok(self.prepared.handle(self.joined))
    }

    async fn back(&self, rows: &Handle) -> Result<Vec<f32>, Error> {
        Ok(Kind::F32.unpack_all(&self.backend().read(rows).await?))
    }

    fn backend(&self) -> &dyn Backend {
        self.encoders[0].borrow().backend.as_ref()
    }
}
