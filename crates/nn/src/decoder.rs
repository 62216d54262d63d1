//! A language model around its layers: embedding, layers, final norm, head, and the choice of the next id.

use crate::attention::{At, Heads};
use crate::net::{Norm, Want};
use crate::{Catalog, Net, Turns};
use squint_ops::op::{Rope, Span};
use squint_ops::{Buf, Error, Kind, Recording, Role, Word};

/// What a family's sizes are. Blocks take from it what they need.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoder {
    pub layers: usize,
    pub heads: Heads,
    /// Width inside a feed-forward block.
    pub inner: usize,
    pub vocab: usize,
    /// Positions it was trained for, or that these are stretched to.
    pub context: usize,
    pub norm: Norm,
    pub eps: f32,
    /// Each head of queries and keys has a norm of its own, shared by all heads of a layer.
    pub normed: bool,
    /// What rows of the embedding are multiplied with.
    pub scale: f32,
    pub rope: Rope,
    /// Radians a position, for each pair that `rope` turns.
    pub turns: Turns,
    /// Keys that rows of each layer see at most, where they do not see all; 0 where they do.
    pub windows: Vec<usize>,
    /// The file says that the head is not the embedding; it may have one without saying so.
    pub own_head: bool,
    /// Activation of the feed-forward block.
    pub function: &'static str,
}

/// One layer of a family: x: [rows, width] → the same.
pub type Layer = fn(&mut Net, &Decoder, &str, Buf, At) -> Result<Buf, Error>;

/// One call of the model: how many rows at once, and what is wanted of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    pub rows: usize,
    pub answer: Answer,
    /// Rows the caches have room for, and how they store them.
    pub room: usize,
    pub cache: Kind,
    /// Rows of pictures to choose from, besides words.
    pub album: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Logits of the last row: what generation needs.
    Last,
    /// Logits of every row: what measuring needs.
    All,
    /// The caches are all that is wanted: a part of a prompt that is not its end.
    Nothing,
}

/// Run values of a pass, in this order.
pub const RUN: [&str; 2] = ["start", "keys"];

/// A recorded pass and the buffers its caller writes and reads.
pub struct Recorded {
    pub rec: Recording,
    pub wants: Vec<Want>,
    /// Inputs: an id and a position for each row.
    pub ids: Buf,
    pub pos: Buf,
    /// With an album: its rows, and which row each one is, words first.
    pub album: Option<[Buf; 2]>,
    /// Where they depend on how long a text is: radians a position, for each pair.
    pub turns: Option<Buf>,
    /// Which row's logits are wanted, written by the caller; with `Answer::Last` only.
    pub last: Option<Buf>,
    /// [1 or rows, vocab]; none with `Answer::Nothing`.
    pub logits: Option<Buf>,
}

pub fn record(catalog: &dyn Catalog, d: &Decoder, layer: Layer, pass: Pass) -> Result<Recorded, Error> {
    let mut net = Net::new(catalog);
    let width = d.heads.width;
    let ids = net.rec.input("ids", Kind::U32, pass.rows);
    let pos = net.rec.input("pos", Kind::U32, pass.rows);
    let start = net.rec.run_value(RUN[0], pass.room.saturating_sub(pass.rows) as u32);
    let keys: Word = net.rec.run_value(RUN[1], pass.room as u32);
    let (turns, table) = match &d.turns {
        Turns::Always(turns) => (None, net.made_over("rope", turns, "rope.factors")?),
        others => {
            let table = net.rec.input("turns", Kind::F32, others.pairs());
            (Some(table), table)
        }
    };
    let at = At { pos, turns: table, start, keys, room: pass.room, cache: pass.cache, window: 0 };

    let table = net.matrix("embed.weight", d.vocab, width)?;
    let mut x = net.rec.embed(ids, table, width);
    if d.scale != 1.0 {
        x = net.rec.scale(x, d.scale, 0.0);
    }
    let album = (pass.album > 0).then(|| album(&mut net.rec, &mut x, pass, width));
    for i in 0..d.layers {
        // A window with room for everything is none.
        let window = d.windows.get(i).copied().filter(|keys| *keys < pass.room).unwrap_or(0);
        x = layer(&mut net, d, &format!("layers.{i}"), x, At { window, ..at })?;
    }
    let (mut last, mut logits) = (None, None);
    if pass.answer != Answer::Nothing {
        if pass.answer == Answer::Last && pass.rows > 1 {
            let which = net.rec.input("last", Kind::U32, 1);
            x = net.rec.gather(x, which, width);
            last = Some(which);
        }
        let y = net.norm(x, "norm", d.norm, width, d.eps)?;
        // A model without a head of its own reads its embedding backwards.
        let own = d.own_head || net.has("head.weight", d.vocab, width)?;
        let head = if own { net.matrix("head.weight", d.vocab, width)? } else { table };
        let all = net.rec.matmul(y, head, width);
        let all = net.biased(all, "head", d.vocab)?;
        net.rec.output(all);
        logits = Some(all);
    }
    let (rec, wants) = net.finish();
    Ok(Recorded { rec, wants, ids, pos, album, turns, last, logits })
}

/// Rows of words become rows of words and pictures: words and album one under the other, and a choice from both.
fn album(rec: &mut Recording, x: &mut Buf, pass: Pass, width: usize) -> [Buf; 2] {
    let album = rec.input("album", Kind::F32, pass.album * width);
    let which = rec.input("which", Kind::U32, pass.rows);
    let both = rec.temp((pass.rows + pass.album) * width);
    let from = |row: usize| Span { at: ((row * width) as u32).into(), step: width };
    rec.copy(*x, from(0), both, from(0), (pass.rows as u32).into(), width);
    rec.copy(album, from(0), both, from(pass.rows), (pass.album as u32).into(), width);
    *x = rec.gather(both, which, width);
    [album, which]
}

/// The choice of the next id, a recording of its own: another choice from the same logits runs nothing else again.
pub struct Draw {
    pub rec: Recording,
    /// [vocab], bound to a pass's answer.
    pub logits: Buf,
    /// The last ids, for the penalty.
    pub recent: Buf,
    /// The id drawn, bound to the next pass's input: it need not come back first.
    pub next: Buf,
    /// Ids drawn since the last read, one beside the other.
    pub drawn: Buf,
}

/// Run values of a draw, in this order; `how` stands for the six of `Sampling::words`.
pub const DRAW: [&str; 10] =
    ["recents", "gain", "relief", "sharpness", "top_k", "top_p", "min_p", "seed", "step", "place"];

pub fn draw(vocab: usize, recents: usize, ahead: usize) -> Draw {
    let mut rec = Recording::default();
    let logits = rec.input("logits", Kind::F32, vocab);
    let recent = rec.input("recent", Kind::U32, recents);
    let drawn = rec.buffer("drawn", Role::State, Kind::U32, ahead);
    let most = |name: &str| match name {
        "recents" => recents as u32,
        "place" => ahead as u32 - 1,
        _ => u32::MAX,
    };
    let [count, gain, relief, sharpness, top_k, top_p, min_p, seed, step, place] =
        DRAW.map(|name| rec.run_value(name, most(name)));
    let how = [gain, relief, sharpness, top_k, top_p, min_p];
    let next = rec.sample(logits, Some((recent, count)), how, seed, step);
    let one = |at: Word| Span { at, step: 1 };
    rec.copy(next, one(0.into()), drawn, one(place), 1.into(), 1);
    Draw { rec, logits, recent, next, drawn }
}
