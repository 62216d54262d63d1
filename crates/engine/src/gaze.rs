//! A vision encoder that stands alone, or two side by side: a picture or its numbers in, rows or scores out, on another
//! device if their own goes.

use crate::glance::{Glance, glance, numbers, together};
use crate::kept::Kept;
use crate::open::{Backends, Surroundings};
use crate::pair::Join;
use crate::picture::{Picture, Showing};
use crate::revive::Lives;
use crate::vision::Encoder;
use crate::wanted::{Plan, Wanted};
use crate::weights::Progress;
use squint_ops::{Backend, Error, Host, Kind};
use squint_weights::Checkpoint;
use std::rc::Rc;

pub struct Gaze {
    one: Read,
    /// The second one.
    other: Option<Read>,
}

/// An encoder, and what it is read from again.
struct Read {
    encoder: Encoder,
    from: Checkpoint,
    quant: Option<Kind>,
}

/// How the second encoder is shown a picture, and how both one's rows are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    pub resolution: Option<usize>,
    pub join: Join,
}

impl Gaze {
    pub async fn load(
        (on, host): (Rc<dyn Backend>, Host),
        checkpoint: Checkpoint,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<Gaze, Error> {
        let encoder = Encoder::load(on, host, &checkpoint, quant, progress).await?;
        Ok(Gaze { one: Read { encoder, from: checkpoint, quant }, other: None })
    }

    /// A second encoder, on the same device, in place of the one there may be.
    pub async fn accompany(
        &mut self,
        around: &Surroundings,
        checkpoint: Checkpoint,
        quant: Option<Kind>,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        self.other = None;
        let mut lives = Lives::new(around);
        loop {
            let (on, host) = (self.backend().clone(), around.host.clone());
            match Encoder::load(on, host, &checkpoint, quant, progress).await {
                Err(e) => lives.reopen(e, async |around| self.again(around).await).await?,
                Ok(encoder) => {
                    self.other = Some(Read { encoder, from: checkpoint, quant });
                    return Ok(());
                }
            }
        }
    }

    /// What it is called, the second one where there is one.
    pub fn family(&self) -> &'static str {
        self.last().encoder.family.name
    }

    pub fn backend(&self) -> &Rc<dyn Backend> {
        &self.one.encoder.backend
    }

    /// Matrices that could not be converted as was asked, of the encoder that came last.
    pub fn unpacked(&self) -> impl Iterator<Item = &Kept> {
        self.last().encoder.unpacked.iter()
    }

    fn last(&self) -> &Read {
        self.other.as_ref().unwrap_or(&self.one)
    }

    /// Looks at numbers of a picture of this height and width; of the model's own, where none is said. Dropping the future
    /// ends the work.
    pub async fn look(
        &mut self,
        around: &Surroundings,
        (size, wanted): (Option<[usize; 2]>, Wanted),
        pixels: &[f32],
    ) -> Result<Glance, Error> {
        let encoder = &self.one.encoder;
        let how = (wanted.look(&encoder.sizes, encoder.image(size)?)?, wanted.pooled);
        let mut lives = Lives::new(around);
        loop {
            match numbers(&mut self.one.encoder, &around.host, how, pixels).await {
                Err(e) => lives.reopen(e, async |around| self.again(around).await).await?,
                seen => return seen,
            }
        }
    }

    /// Looks at a picture, alone or with the second encoder.
    pub async fn glance(
        &mut self,
        around: &Surroundings,
        picture: &Picture,
        (wanted, beside): (Wanted, Option<Beside>),
        progress: Progress<'_>,
    ) -> Result<Glance, Error> {
        let wanted = Wanted { hidden: wanted.hidden || beside.is_some(), ..wanted };
        let one = self.one.plan(&wanted, picture, &around.host).await?;
        let two = match (beside, &self.other) {
            (None, _) => None,
            (Some(_), None) => {
                let what = "there is no second encoder";
                return Err(Error::new("with", what, "say which one looks with the first"));
            }
            (Some(beside), Some(other)) => {
                let showing = Showing { resolution: beside.resolution, ..wanted.showing };
                let plan = other.plan(&Wanted { showing, ..wanted }, picture, &around.host).await?;
                Some((plan, beside.join))
            }
        };
        let mut lives = Lives::new(around);
        loop {
            match self.once(around, &one, two.as_ref(), progress).await {
                Err(e) => lives.reopen(e, async |around| self.again(around).await).await?,
                seen => return seen,
            }
        }
    }

    async fn once(
        &mut self,
        around: &Surroundings,
        one: &Plan,
        two: Option<&(Plan, Join)>,
        progress: Progress<'_>,
    ) -> Result<Glance, Error> {
        let (first, host) = (&mut self.one.encoder, &around.host);
        match (two, &mut self.other) {
            (Some((two, join)), Some(other)) => {
                together([first, &mut other.encoder], host, ([one, two], *join), progress).await
            }
            _ => glance(first, host, one, progress).await,
        }
    }

    /// All of it on another device.
    async fn again(&mut self, around: &Surroundings) -> Result<(), Error> {
        let (on, _) = Backends::named(around, self.backend().caps().name).await?;
        for read in [Some(&mut self.one), self.other.as_mut()].into_iter().flatten() {
            let (on, host) = (on.clone(), around.host.clone());
            read.encoder = Encoder::load(on, host, &read.from, read.quant, &mut |_, _| ()).await?;
        }
        Ok(())
    }
}

impl Read {
    async fn plan(&self, wanted: &Wanted, picture: &Picture, host: &Host) -> Result<Plan, Error> {
        wanted.plan(&self.from, (self.encoder.family, &self.encoder.sizes), picture, host).await
    }
}
