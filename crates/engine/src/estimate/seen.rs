//! A picture through an encoder, and a picture and a question through a model that sees. Its prompt is text alone: rows of
//! the picture come on top of it, what stands between tiles is text.

use super::held::{Held, footprint};
use super::{Estimate, Known, Question, Stage, With, bytes, known, read::answer, stored};
use crate::kept::Kept;
use crate::picture::{Showing, Way, shorter};
use crate::room;
use crate::wanted::Wanted;
use crate::wish::wishes;
use squint_models::projector::record;
use squint_models::vision::{Vision, family};
use squint_models::vlm::Parts;
use squint_nn::encoder::{Encoder, Look};
use squint_nn::{Place, Planned};
use squint_ops::{Bill, Error, Grid, Kind, Null, Recording};
use squint_weights::Facts;

/// A picture so large that it becomes as many parts as it may.
const LARGE: Grid = Grid { height: 1 << 13, width: 1 << 13 };

/// One picture through a vision encoder, whole or in parts, or through two.
pub fn look((facts, absent): (&Facts, &[&'static str]), q: Question) -> Result<Estimate, Error> {
    let mut held = Held::new(footprint(q.backend)?);
    let (file, unpacked) = (stored(facts, q, Kind::F32)?, vec![]);
    let mut total = Estimate { stages: vec![], weight_bytes: 0, kv_bytes: 0, peak_bytes: 0, file, unpacked };
    let mut stage = Stage { name: "vision", ..Stage::default() };
    let eye = Tower::new(facts, absent, q)?;
    match (q.wanted.cut, q.with) {
        (None, None) => {
            let look = q.wanted.look(&eye.sizes, eye.image)?;
            eye.see((&[look], 1), &mut held, &mut stage, &mut total)?;
        }
        (Some(cut), None) => {
            let views = cut.sizes(shorter(eye.image), eye.sizes.patch, q.picture.unwrap_or(LARGE))?;
            let looks = views.iter().map(|view| q.wanted.look(&eye.sizes, *view)).collect::<Result<Vec<_>, _>>()?;
            eye.see((&looks, cut.seen(looks.len())), &mut held, &mut stage, &mut total)?;
            if cut.way == Way::Scales {
                stage.tokens_out = eye.sizes.rows(looks[0]);
            }
        }
        (None, Some(with)) => pair(&eye, with, q, (&mut held, &mut stage, &mut total))?,
        (Some(_), Some(_)) => {
            let what = "a picture in parts, and two encoders";
            return Err(Error::new("cut", what, "ask for one of the two"));
        }
    }
    (total.stages, total.peak_bytes) = (vec![stage], held.bytes);
    Ok(total)
}

/// Both, and what joins their rows.
fn pair(
    one: &Tower,
    with: With,
    q: Question,
    (held, stage, total): (&mut Held, &mut Stage, &mut Estimate),
) -> Result<(), Error> {
    let Known::Looks(facts, absent) = known(with.of)? else {
        let what = "what is to look with an encoder is none that stands alone";
        return Err(Error::new("with", what, "name an encoder, or a directory with one"));
    };
    let wanted = Wanted { hidden: true, ..q.wanted };
    let showing = Showing { resolution: with.resolution, ..wanted.showing };
    let two = Tower::new(&facts, &absent, Question { wanted: with.of.shown(Wanted { showing, ..wanted }), ..q })?;
    let looks = [wanted.look(&one.sizes, one.image)?, wanted.look(&two.sizes, two.image)?];
    let shapes = [(one, looks[0]), (&two, looks[1])].map(|(eye, look)| [eye.sizes.rows(look), eye.sizes.wide(look)]);
    let shape = with.join.shape(shapes, [one.family.name, two.family.name])?;
    one.see((&looks[..1], 1), held, stage, total)?;
    two.see((&looks[1..], 1), held, stage, total)?;
    let mut rec = Recording::default();
    let (parts, _) = with.join.record(&mut rec, shapes);
    held.ready(&rec, &[], &parts)?;
    stage.add(&Null::bill(&rec, &[])?);
    stage.tokens_out = shape[0];
    Ok(())
}

/// An encoder that stands alone, and what it is shown.
struct Tower<'a> {
    family: &'static Vision,
    sizes: Encoder,
    planned: Planned<'a>,
    image: Grid,
}

impl<'a> Tower<'a> {
    fn new(facts: &Facts, absent: &'a [&'static str], q: Question) -> Result<Tower<'a>, Error> {
        let family = family(facts)?.ok_or_else(|| Error::bug("an encoder without a family"))?;
        let sizes = (family.sizes)(facts)?;
        let image = q.wanted.showing.resolution.map_or(sizes.image, Grid::square);
        let (matrices, to) = (stored(facts, q, Kind::F32)?, wishes(q.quant, &["vision"])?[0]);
        Ok(Tower { family, sizes, planned: Planned { matrices, to, absent }, image })
    }

    /// It looks like this, one look after the other; behind the first so many nothing is new.
    fn see(
        &self,
        (looks, seen): (&[Look], usize),
        held: &mut Held,
        stage: &mut Stage,
        total: &mut Estimate,
    ) -> Result<(), Error> {
        let mut ready: Vec<(Look, Bill, u64)> = vec![];
        for (i, look) in looks.iter().enumerate() {
            if ready.last().is_none_or(|(last, ..)| last != look) {
                let encoded = self.family.record(&self.planned, &self.sizes, *look)?;
                if ready.is_empty() {
                    // It is loaded for the first of them.
                    held.wants(&encoded.wants, Place::Model)?;
                    total.weight_bytes += bytes(&encoded.wants, Place::Model);
                    total.unpacked.extend(Kept::of(&encoded.wants, self.planned.to));
                }
                let mut made = Held::new(held.on);
                made.ready(&encoded.rec, &encoded.wants, &[])?;
                ready.push((*look, Null::bill(&encoded.rec, &[])?, made.bytes));
            }
            if i < seen {
                stage.add(&ready[ready.len() - 1].1);
            }
            stage.tokens_in += self.sizes.grid(look.image).rows();
            stage.tokens_out += self.sizes.rows(*look);
        }
        // One goes when the next one is ready.
        let two = |pair: &[(Look, Bill, u64)]| pair.iter().map(|(.., bytes)| bytes).sum();
        held.bytes += ready.windows(ready.len().min(2)).map(two).max().unwrap_or(0);
        Ok(())
    }
}

/// A picture of so many views and a question. Absent are weights of the encoder and of the language model.
pub fn see(facts: &Facts, [eye, tongue]: [&[&'static str]; 2], q: Question) -> Result<Estimate, Error> {
    let mut parts = Parts::of(facts)?.ok_or_else(|| Error::bug("a model that sees without parts"))?;
    if let Some(number) = q.wanted.layer {
        parts.layer = Some(parts.vision.sizes.layer(number)?);
    }
    let image = q.wanted.showing.resolution.map_or(parts.vision.sizes.image, Grid::square);
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
    let q = Question { prompt: q.prompt.saturating_add(tokens), context: Some(context), ..q };
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
