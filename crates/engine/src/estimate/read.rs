//! A prompt and an answer through a language model, alone or inside another.

use super::held::{Held, footprint};
use super::{Estimate, Question, Stage, bytes, stored};
use crate::bill;
use crate::kept::Kept;
use crate::room;
use crate::session::{CHUNK, RECENT};
use crate::wish::wishes;
use squint_models::text::{Text, family};
use squint_nn::decoder::{Answer, Decoder, Pass, RUN, Recorded, draw, record};
use squint_nn::{Place, Planned};
use squint_ops::{Bill, Error, Kind};
use squint_weights::Facts;

pub fn read(facts: &Facts, absent: &[&'static str], q: Question) -> Result<Estimate, Error> {
    let family = family(facts)?;
    let sizes = (family.sizes)(facts)?;
    let [to, cache] = wishes(q.quant, &["language", "kv"])?[..] else {
        return Err(Error::bug("two wishes were asked for"));
    };
    let planned = Planned { matrices: stored(facts, q, Kind::BF16)?, to, absent };
    answer((family, &sizes), &planned, cache, 0, q)
}

/// `cache` is what keys and values are in. Of the prompt's tokens, `pictures` are rows of pictures.
pub fn answer(
    (family, sizes): (&'static Text, &Decoder),
    planned: &Planned,
    cache: Option<Kind>,
    pictures: usize,
    q: Question,
) -> Result<Estimate, Error> {
    let room = room::room(q.context, sizes.context, room::CONTEXT)?;
    room::fits(q.prompt, q.answer, room)?;
    let mut held = Held::new(footprint(q.backend)?);
    // As a session has it that was asked for nothing else.
    let cache = cache.unwrap_or(if held.on.name == "reference" { Kind::F32 } else { Kind::F16 });
    let (file, unpacked) = (planned.matrices, vec![]);
    let mut total = Estimate { stages: vec![], weight_bytes: 0, kv_bytes: 0, peak_bytes: 0, file, unpacked };
    // The id drawn last, those not read yet, and those that the penalty looks back on.
    [1, 1, RECENT].into_iter().for_each(|len| held.buffer(Kind::U32, len));
    if pictures > 0 {
        held.buffer(Kind::F32, pictures * sizes.heads.width);
    }
    // A pass like the last one is not recorded again: an answer is one pass, billed for every token.
    let (mut last, mut made): (Option<(Pass, Recorded)>, Vec<Pass>) = (None, vec![]);
    let mut pass = |rows: usize, answer: Answer, start: usize| -> Result<Bill, Error> {
        let seen = start < q.before + pictures && q.before < start + rows;
        let album = if seen { pictures } else { 0 };
        let wish = Pass { rows, answer, room, cache, album };
        let (_, recorded) = match last.take().filter(|(before, _)| *before == wish) {
            Some(same) => last.insert(same),
            None => last.insert((wish, record(planned, sizes, family.layer, wish)?)),
        };
        if !made.contains(&wish) {
            made.push(wish);
            ready(&mut held, wish, recorded, sizes.vocab)?;
        }
        debug_assert_eq!(RUN, ["start", "keys"]);
        let bill = bill::pass(&recorded.rec, [start, start + rows], if start < q.prompt { q.prompt } else { 0 })?;
        if answer != Answer::Nothing && total.weight_bytes == 0 {
            // Only a pass with an answer asks for all there is.
            total.unpacked = Kept::of(&recorded.wants, planned.to).into_iter().collect();
            for (place, sum) in [(Place::Model, &mut total.weight_bytes), (Place::Session, &mut total.kv_bytes)] {
                held.wants(&recorded.wants, place)?;
                *sum = bytes(&recorded.wants, place);
            }
        }
        Ok(bill)
    };
    let mut prefill = Stage { name: "prefill", tokens_in: q.prompt, tokens_out: q.prompt, ..Stage::default() };
    for start in (0..q.prompt).step_by(CHUNK) {
        let rows = CHUNK.min(q.prompt - start);
        let answer = if start + rows == q.prompt { Answer::Last } else { Answer::Nothing };
        prefill.add(&pass(rows, answer, start)?);
    }
    let mut decode = Stage { name: "decode", tokens_in: q.answer, tokens_out: q.answer, ..Stage::default() };
    // The first token of the answer comes from the prefill.
    for i in 0..q.answer.saturating_sub(1) {
        decode.add(&pass(1, Answer::Last, q.prompt + i)?);
    }
    (total.stages, total.peak_bytes) = (vec![prefill, decode], held.bytes);
    Ok(total)
}

/// A pass made ready, and the draw from its answer.
fn ready(held: &mut Held, pass: Pass, made: &Recorded, vocab: usize) -> Result<(), Error> {
    let drawn = (pass.rows == 1).then_some(made.ids);
    let bound: Vec<_> = drawn.into_iter().chain(made.album.map(|[rows, _]| rows)).collect();
    held.ready(&made.rec, &made.wants, &bound)?;
    if pass.answer == Answer::Last {
        let d = draw(vocab, RECENT, 1);
        held.ready(&d.rec, &[], &[d.logits, d.recent, d.next, d.drawn])?;
    }
    Ok(())
}
