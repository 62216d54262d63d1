//! An encoder that stands alone looks at a picture, whole or in parts; or two do, each at its own size. What comes of it,
//! and what it took.

use crate::answer::Measured;
use crate::pair::{Join, Pair};
use crate::taken::Taken;
use crate::vision::Encoder;
use crate::wanted::Plan;
use crate::weights::Progress;
use squint_nn::encoder::Look;
use squint_ops::{Error, Grid, Host};
use std::rc::Rc;

pub struct Glance {
    /// [rows, width], or [width] of what is no row of the picture: scores, and the one that stands for it.
    pub shape: Vec<usize>,
    pub values: Rc<Vec<f32>>,
    /// Sizes of what was looked at.
    pub views: Vec<Grid>,
    /// `preprocess`, where there was a picture and not its numbers, and `vision`.
    pub stages: Vec<Measured>,
}

/// `progress` counts views. Dropping the future ends the work.
pub async fn glance(encoder: &mut Encoder, host: &Host, plan: &Plan, progress: Progress<'_>) -> Result<Glance, Error> {
    let (mut prepare, mut vision) = (plan.taken(), Taken::new("vision", [0, 0]));
    let (all, mut parts) = (plan.views.len() as u64, vec![]);
    for (i, view) in plan.views.iter().enumerate() {
        progress(i as u64, all);
        // Small ones come to no stop by themselves.
        (host.pause)().await;
        let start = (host.now)();
        let pixels = plan.preprocess.numbers(view).pixels;
        prepare.ran((host.now)() - start, None);
        let look = Look { image: view.size, ..plan.look };
        parts.push(look_at(encoder, host, (look, plan.pooled), &pixels, &mut vision).await?);
    }
    progress(all, all);
    let (shape, values) = match plan.cut {
        Some(cut) => {
            let (shape, values) = cut.join(&parts, encoder.sizes.grid(encoder.look().image), encoder.shape()[1]);
            vision.stage.tokens_out = shape[0];
            (shape.to_vec(), Rc::new(values))
        }
        None => {
            let only = parts.pop().ok_or_else(|| Error::bug("a picture without a view"))?;
            (shape(encoder, plan.pooled, &only), only)
        }
    };
    let views = plan.views.iter().map(|view| view.size).collect();
    Ok(Glance { shape, values, views, stages: vec![prepare.done(), vision.done()] })
}

/// The same of numbers that somebody else made of a picture.
pub async fn numbers(encoder: &mut Encoder, host: &Host, how: (Look, bool), pixels: &[f32]) -> Result<Glance, Error> {
    let mut vision = Taken::new("vision", [0, 0]);
    let values = look_at(encoder, host, how, pixels, &mut vision).await?;
    let shape = shape(encoder, how.1, &values);
    Ok(Glance { shape, values, views: vec![how.0.image], stages: vec![vision.done()] })
}

/// Two encoders at once; each has a plan of its own.
pub async fn together(
    encoders: [&mut Encoder; 2],
    host: &Host,
    (plans, join): ([&Plan; 2], Join),
    progress: Progress<'_>,
) -> Result<Glance, Error> {
    let [Plan { views: one, .. }, Plan { views: two, .. }] = plans;
    let ([_], [_]) = (&one[..], &two[..]) else {
        let what = "a picture in parts, and two encoders";
        return Err(Error::new("cut", what, "ask for one of the two"));
    };
    let [first, second] = encoders;
    first.turn(plans[0].look).await?;
    second.turn(plans[1].look).await?;
    let pair = Pair::new([&*first, &*second], join).await?;
    let (mut prepare, mut vision) = (Taken::new("preprocess", [1, 2]), Taken::new("vision", [0, pair.shape[0]]));
    for (i, (encoder, plan)) in pair.encoders.iter().zip(plans).enumerate() {
        progress(i as u64, 2);
        (host.pause)().await;
        let start = (host.now)();
        let pixels = plan.preprocess.numbers(&plan.views[0]).pixels;
        let made = (host.now)();
        prepare.ran(plan.ms + made - start, None);
        let ran = encoder.see(&pixels).await?;
        vision.ran((host.now)() - made, ran.then(|| encoder.bill()));
        vision.stage.tokens_in += encoder.sizes.grid(plan.look.image).rows();
    }
    let start = (host.now)();
    let values = Rc::new(pair.seen().await?);
    vision.ran((host.now)() - start, Some(pair.bill));
    progress(2, 2);
    let views = plans.iter().map(|plan| plan.look.image).collect();
    Ok(Glance { shape: pair.shape.to_vec(), values, views, stages: vec![prepare.done(), vision.done()] })
}

/// One view: its rows, its scores, or the one row that stands for it.
async fn look_at(
    encoder: &mut Encoder,
    host: &Host,
    (look, pooled): (Look, bool),
    pixels: &[f32],
    vision: &mut Taken,
) -> Result<Rc<Vec<f32>>, Error> {
    let start = (host.now)();
    encoder.turn(look).await?;
    let made = match (pooled, encoder.has_scores()) {
        (true, _) => encoder.pooled(pixels).await?,
        (false, true) => encoder.logits(pixels).await?,
        (false, false) => encoder.hidden(pixels).await?,
    };
    vision.ran((host.now)() - start, (!made.reused).then(|| encoder.bill()));
    vision.stage.tokens_in += encoder.sizes.grid(look.image).rows();
    vision.stage.tokens_out += encoder.shape()[0];
    Ok(made.values)
}

fn shape(encoder: &Encoder, pooled: bool, values: &[f32]) -> Vec<usize> {
    if pooled || encoder.has_scores() { vec![values.len()] } else { encoder.shape().to_vec() }
}
