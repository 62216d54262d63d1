//! A picture and a question through a model that sees. Its prompt is text alone: rows of the picture come on top of it,
//! what stands between tiles is text.

use super::{Estimate, Question, Stage, answer, bytes};
use crate::kept::Kept;
use crate::wish::wishes;
use squint_models::projector::record;
use squint_models::vlm::{Card, Parts};
use squint_nn::{Place, Planned};
use squint_ops::{Bill, Error, Grid, Kind, Null};

pub fn see(card: &Card, q: Question) -> Result<Estimate, Error> {
    let facts = card.facts()?;
    let mut parts = Parts::of(&facts)?.ok_or_else(|| Error::bug(format!("{} has no parts", card.name)))?;
    if let Some(number) = q.layer {
        parts.layer = Some(parts.vision.sizes.layer(number)?);
    }
    let image = q.resolution.map_or(parts.vision.sizes.image, Grid::square);
    let [eye, tongue] = card.absent;
    let [language, cache, vision, projector] = wishes(q.quant, &["language", "kv", "vision", "projector"])?[..] else {
        return Err(Error::bug("four wishes were asked for"));
    };
    // All parts are published in one format.
    let matrices = q.file.unwrap_or(Kind::BF16);
    let planned = Planned { matrices, to: vision, absent: eye };
    let encoded = parts.vision.family.record(&planned, &parts.vision.sizes, parts.look(image))?;
    let ends = parts.ends(image);
    let fitted = (parts.projector.read)(&facts, &ends)?;
    let projected = record(&Planned { matrices, to: projector, absent: &[] }, fitted.as_ref(), &ends)?;
    let (rows, tokens) = (ends.views[0].rows(), card.views * fitted.tokens());
    let stage = |name, bill: &Bill, tokens_in, tokens_out| {
        let mut stage = Stage { name, tokens_in, tokens_out, ..Stage::default() };
        (0..card.views).for_each(|_| stage.add(bill));
        stage
    };
    let bills = [Null::bill(&encoded.rec, &[])?, Null::bill(&projected.rec, &[])?];
    let patches = parts.vision.sizes.grid(image).rows();
    let stages = [
        stage("vision", &bills[0], card.views * patches, card.views * rows),
        stage("project", &bills[1], card.views * rows, tokens),
    ];
    let weights = bytes(&encoded.wants, Place::Model) + bytes(&projected.wants, Place::Model);
    let q = Question { prompt: q.prompt + tokens, ..q };
    let text = answer(parts.text.family, &parts.text.sizes, tongue, [language, cache], q)?;
    let seen = [Kept::of(&encoded.wants, vision), Kept::of(&projected.wants, projector)];
    // Every part stays ready with all that it needs to run.
    let peak_bytes = bills.iter().map(|bill| bill.peak_bytes).sum::<u64>() + text.peak_bytes;
    Ok(Estimate {
        stages: stages.into_iter().chain(text.stages).collect(),
        weight_bytes: weights + text.weight_bytes,
        kv_bytes: text.kv_bytes,
        peak_bytes,
        file: text.file,
        unpacked: seen.into_iter().flatten().chain(text.unpacked).collect(),
    })
}
