//! A picture through an encoder, and a picture and a question through a model that sees. Its prompt is text alone: rows of
//! the picture come on top of it, what stands between tiles is text.

use super::held::{Held, footprint};
use super::{Estimate, Question, Stage, bytes, read::answer, stored};
use crate::kept::Kept;
use crate::room;
use crate::wish::wishes;
use squint_models::projector::record;
use squint_models::vision::family;
use squint_models::vlm::Parts;
use squint_nn::encoder::Look;
use squint_nn::{Place, Planned};
use squint_ops::{Bill, Error, Grid, Kind, Null};
use squint_weights::Facts;

/// One picture through a vision encoder.
pub fn look(facts: &Facts, absent: &[&'static str], q: Question) -> Result<Estimate, Error> {
    let family = family(facts)?.ok_or_else(|| Error::bug("an encoder without a family"))?;
    let e = (family.sizes)(facts)?;
    let layer = q.layer.map(|number| e.layer(number)).transpose()?;
    let image = q.resolution.map_or(e.image, Grid::square);
    let look = Look { image, layer, patches: false, heads: layer.is_none() };
    let (file, to) = (stored(facts, q, Kind::F32)?, wishes(q.quant, &["vision"])?[0]);
    let encoded = family.record(&Planned { matrices: file, to, absent }, &e, look)?;
    let (tokens_in, tokens_out) = (e.grid(image).rows(), e.rows(look));
    let mut stage = Stage { name: "vision", tokens_in, tokens_out, ..Stage::default() };
    stage.add(&Null::bill(&encoded.rec, &[])?);
    let weight_bytes = bytes(&encoded.wants, Place::Model);
    let unpacked = Kept::of(&encoded.wants, to).into_iter().collect();
    let mut held = Held::new(footprint(q.backend)?);
    held.wants(&encoded.wants, Place::Model)?;
    held.ready(&encoded.rec, &encoded.wants, &[])?;
    Ok(Estimate { stages: vec![stage], weight_bytes, kv_bytes: 0, peak_bytes: held.bytes, file, unpacked })
}

/// A picture of so many views and a question. Absent are weights of the encoder and of the language model.
pub fn see(facts: &Facts, [eye, tongue]: [&[&'static str]; 2], q: Question) -> Result<Estimate, Error> {
    let mut parts = Parts::of(facts)?.ok_or_else(|| Error::bug("a model that sees without parts"))?;
    if let Some(number) = q.layer {
        parts.layer = Some(parts.vision.sizes.layer(number)?);
    }
    let image = q.resolution.map_or(parts.vision.sizes.image, Grid::square);
    let [language, cache, vision, projector] = wishes(q.quant, &["language", "kv", "vision", "projector"])?[..] else {
        return Err(Error::bug("four wishes were asked for"));
    };
    // All parts are published in one format.
    let matrices = stored(facts, q, Kind::BF16)?;
    let planned = Planned { matrices, to: vision, absent: eye };
    let encoded = parts.vision.family.record(&planned, &parts.vision.sizes, parts.look(image))?;
    let ends = parts.ends(image);
    let fitted = (parts.projector.read)(facts, &ends)?;
    let projected =
        record(&Planned { matrices, to: projector, absent: parts.absent.unwrap_or(&[]) }, fitted.as_ref(), &ends)?;
    let (views, rows) = (q.views.unwrap_or(1), ends.views[0].rows());
    let tokens = views * fitted.tokens();
    let stage = |name, bill: &Bill, tokens_in, tokens_out| {
        let mut stage = Stage { name, tokens_in, tokens_out, ..Stage::default() };
        (0..views).for_each(|_| stage.add(bill));
        stage
    };
    let patches = parts.vision.sizes.grid(image).rows();
    let stages = [
        stage("vision", &Null::bill(&encoded.rec, &[])?, views * patches, views * rows),
        stage("project", &Null::bill(&projected.rec, &[])?, views * rows, tokens),
    ];
    // Every part stays ready: the next picture needs it.
    let mut held = Held::new(footprint(q.backend)?);
    for (rec, wants) in [(&encoded.rec, &encoded.wants), (&projected.rec, &projected.wants)] {
        held.wants(wants, Place::Model)?;
        held.ready(rec, wants, &[])?;
    }
    let weights = bytes(&encoded.wants, Place::Model) + bytes(&projected.wants, Place::Model);
    let context = room::room(q.context, parts.text.sizes.context, room::SEEING)?;
    let q = Question { prompt: q.prompt + tokens, context: Some(context), ..q };
    let planned = Planned { matrices, to: language, absent: tongue };
    let text = answer((parts.text.family, &parts.text.sizes), &planned, cache, tokens, q)?;
    let seen = [Kept::of(&encoded.wants, vision), Kept::of(&projected.wants, projector)];
    Ok(Estimate {
        stages: stages.into_iter().chain(text.stages).collect(),
        weight_bytes: weights + text.weight_bytes,
        kv_bytes: text.kv_bytes,
        peak_bytes: held.bytes + text.peak_bytes,
        file: text.file,
        unpacked: seen.into_iter().flatten().chain(text.unpacked).collect(),
    })
}
