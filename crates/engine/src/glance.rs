//! A vision encoder over all parts of a picture that was cut, each at its own size, and what they cost together.

use crate::answer::Measured;
use crate::estimate::Stage;
use crate::picture::{Cut, View, Way};
use crate::vision::Encoder;
use crate::weights::Progress;
use squint_nn::encoder::Look;
use squint_ops::{Error, Host};

pub struct Glance {
    /// [rows, width]
    pub shape: [usize; 2],
    pub values: Vec<f32>,
    pub vision: Measured,
}

/// `progress` counts views.
pub async fn glance(
    encoder: &mut Encoder,
    host: &Host,
    cut: Cut,
    views: &[View],
    progress: Progress<'_>,
) -> Result<Glance, Error> {
    let mut stage = Stage { name: "vision", ..Stage::default() };
    let (start, mut rows) = ((host.now)(), vec![]);
    for (i, view) in views.iter().enumerate() {
        progress(i as u64, views.len() as u64);
        // Maps of several scales are laid side by side: other rows than patches have no place on them.
        let patches = encoder.look().patches || cut.way == Way::Scales;
        encoder.turn(Look { image: view.size, patches, heads: false, ..encoder.look() }).await?;
        rows.push(encoder.hidden(&view.pixels).await?.values.to_vec());
        stage.add(&encoder.bill());
        stage.tokens_in += encoder.sizes.grid(view.size).rows();
    }
    progress(views.len() as u64, views.len() as u64);
    let (shape, values) = cut.join(&rows, encoder.sizes.grid(encoder.look().image), encoder.shape()[1]);
    stage.tokens_out = shape[0];
    let vision = Measured { stage, ms: (host.now)() - start, reused: false };
    Ok(Glance { shape, values, vision })
}
