//! What is wanted of a picture and an encoder that stands alone, and what that means for one picture: which views, seen how.

use crate::picture::{Cut, Picture, Preprocess, Showing, shorter};
use crate::sight::preprocess;
use crate::taken::Taken;
use crate::vision::takes;
use squint_models::vision::Vision;
use squint_models::vlm::Parts;
use squint_nn::encoder::{Encoder, Look};
use squint_ops::{Error, Grid, Host};
use squint_weights::Checkpoint;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wanted {
    pub showing: Showing,
    /// In parts, and every part is looked at.
    pub cut: Option<Cut>,
    /// The rows before its head, where a model is a classifier.
    pub hidden: bool,
    /// The one row that stands for the picture.
    pub pooled: bool,
    /// The rows after so many layers, as `Encoder::layer` counts.
    pub layer: Option<i64>,
    /// Rows of patches only.
    pub patches: bool,
}

pub struct Plan {
    pub views: Vec<Picture>,
    /// What makes numbers of them, each when its turn comes: as bytes they are a quarter of that.
    pub preprocess: Preprocess,
    pub cut: Option<Cut>,
    pub pooled: bool,
    /// How the first of them is looked at.
    pub look: Look,
    /// What it took to make them.
    pub ms: f64,
}

impl Wanted {
    /// For a picture as the processor beside a checkpoint makes it. Nothing of it touches the device.
    pub async fn plan(
        &self,
        checkpoint: &Checkpoint,
        (family, sizes): (&Vision, &Encoder),
        picture: &Picture,
        host: &Host,
    ) -> Result<Plan, Error> {
        let Wanted { showing, cut, pooled, .. } = *self;
        if cut.is_some() && showing.whole {
            return Err(Error::new("cut", "a picture in parts, and whole", "ask for one of the two"));
        }
        let start = (host.now)();
        // The tower of a model that sees gets pictures as the model does.
        let preprocess = match Parts::inside(checkpoint) {
            Ok(Some(parts)) => preprocess(checkpoint, &parts)?,
            _ => Preprocess::of(checkpoint)?,
        };
        let preprocess = preprocess.showing(showing)?;
        let views = match cut {
            Some(cut) => {
                // Parts are as large as what the processor makes of a whole one, where that has a size.
                let asked = showing.resolution.map(Grid::square);
                let side = shorter(preprocess.size().or(asked).unwrap_or(sizes.image));
                cut.pictures(&preprocess, picture, side, sizes.patch, host).await?
            }
            None => preprocess.pictures(picture).0,
        };
        let [Picture { size: image, .. }, ..] = views[..] else { return Err(Error::bug("a picture without a view")) };
        if cut.is_none() {
            if views.len() > 1 {
                let what = format!("the picture becomes {} views", views.len());
                let hint = "features are of one view: show it whole, or use a smaller picture";
                return Err(Error::new("image", what, hint));
            }
            takes((family, sizes), image, showing)?;
        }
        let look = self.look(sizes, image)?;
        Ok(Plan { views, preprocess, cut, pooled, look, ms: (host.now)() - start })
    }

    /// How an encoder has to look for that.
    pub fn look(&self, sizes: &Encoder, image: Grid) -> Result<Look, Error> {
        let rows = self.hidden || self.patches || self.layer.is_some() || self.cut.is_some();
        if self.pooled && rows {
            let what = "the one row that stands for a picture, and other rows of it";
            return Err(Error::new("pooled", what, "ask for one of the two"));
        }
        let layer = self.layer.map(|number| sizes.layer(number)).transpose()?;
        Ok(Look { image, layer, patches: self.patches, heads: !rows })
    }
}

impl Plan {
    /// The stage that made it, which goes on while views become numbers.
    pub fn taken(&self) -> Taken {
        let mut taken = Taken::new("preprocess", [1, self.views.len()]);
        taken.ran(self.ms, None);
        taken
    }
}
