//! Resamplers of one cross attention: learned queries look at an encoder's rows once, both told where they stand (Qwen-VL,
//! <https://arxiv.org/abs/2308.12966>; MiniCPM-V; LLaVA-UHD, <https://arxiv.org/abs/2403.11703>).

use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::Naming;
use crate::oracle;
use squint_nn::Net;
use squint_nn::attention::{Heads, cross};
use squint_ops::op::Resize;
use squint_ops::{Buf, Error, Grid};
use squint_weights::{Fact, Facts};

pub static QWEN_VL: Projector = Projector {
    name: "resampler, qwen-vl's",
    oracle: oracle::PYTORCH,
    types: &["qwen_vl"],
    naming: &[
        ["projector.first.weight", "", "transformer.visual.attn_pool.kv_proj.weight"],
        ["projector.seen_norm.weight", "", "transformer.visual.attn_pool.ln_kv.weight"],
        ["projector.seen_norm.bias", "", "transformer.visual.attn_pool.ln_kv.bias"],
        ["projector.queries", "", "transformer.visual.attn_pool.query"],
        ["projector.query_norm.weight", "", "transformer.visual.attn_pool.ln_q.weight"],
        ["projector.query_norm.bias", "", "transformer.visual.attn_pool.ln_q.bias"],
        ["projector.places", "", "transformer.visual.attn_pool.pos_embed"],
        ["projector.attn.q.weight", "", "transformer.visual.attn_pool.attn.in_proj_weight#0/3"],
        ["projector.attn.q.bias", "", "transformer.visual.attn_pool.attn.in_proj_bias#0/3"],
        ["projector.attn.k.weight", "", "transformer.visual.attn_pool.attn.in_proj_weight#1/3"],
        ["projector.attn.k.bias", "", "transformer.visual.attn_pool.attn.in_proj_bias#1/3"],
        ["projector.attn.v.weight", "", "transformer.visual.attn_pool.attn.in_proj_weight#2/3"],
        ["projector.attn.v.bias", "", "transformer.visual.attn_pool.attn.in_proj_bias#2/3"],
        ["projector.attn.o.weight", "", "transformer.visual.attn_pool.attn.out_proj.weight"],
        ["projector.attn.o.bias", "", "transformer.visual.attn_pool.attn.out_proj.bias"],
        ["projector.norm.weight", "", "transformer.visual.ln_post.weight"],
        ["projector.norm.bias", "", "transformer.visual.ln_post.bias"],
        ["projector.last", "", "transformer.visual.proj"],
    ],
    read: |facts, ends| Resampler::boxed(facts, ends, Told::Resampled),
};

/// MiniCPM-V 2.0's, and LLaVA-UHD's: the same, other names.
pub static MINICPM: Projector = Projector {
    name: "resampler, minicpm-v's",
    oracle: oracle::PYTORCH,
    types: &["minicpm_v"],
    naming: MINICPM_V,
    read: |facts, ends| Resampler::boxed(facts, ends, Told::Resampled),
};

/// Since MiniCPM-Llama3-V 2.5 only keys are told where they stand, of their own grid.
pub static MINICPM_DIRECT: Projector = Projector {
    name: "resampler, minicpm-v 2.5's",
    oracle: oracle::PYTORCH,
    types: &["minicpm_v_2_5"],
    naming: MINICPM_V,
    read: |facts, ends| Resampler::boxed(facts, ends, Told::Directly),
};

const MINICPM_V: Naming = &[
    ["projector.first.weight", "", "resampler.kv_proj.weight"],
    ["projector.seen_norm.weight", "", "resampler.ln_kv.weight"],
    ["projector.seen_norm.bias", "", "resampler.ln_kv.bias"],
    ["projector.queries", "", "resampler.query"],
    ["projector.query_norm.weight", "", "resampler.ln_q.weight"],
    ["projector.query_norm.bias", "", "resampler.ln_q.bias"],
    ["projector.places", "", "resampler.pos_embed"],
    ["projector.attn.q.weight", "", "resampler.attn.in_proj_weight#0/3"],
    ["projector.attn.q.bias", "", "resampler.attn.in_proj_bias#0/3"],
    ["projector.attn.k.weight", "", "resampler.attn.in_proj_weight#1/3"],
    ["projector.attn.k.bias", "", "resampler.attn.in_proj_bias#1/3"],
    ["projector.attn.v.weight", "", "resampler.attn.in_proj_weight#2/3"],
    ["projector.attn.v.bias", "", "resampler.attn.in_proj_bias#2/3"],
    ["projector.attn.o.weight", "", "resampler.attn.out_proj.weight"],
    ["projector.attn.o.bias", "", "resampler.attn.out_proj.bias"],
    ["projector.norm.weight", "", "resampler.ln_post.weight"],
    ["projector.norm.bias", "", "resampler.ln_post.bias"],
    ["projector.last", "", "resampler.proj"],
];

/// How rows learn where they stand.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    /// Queries by waves over a square, keys by the same resampled to their grid.
    Resampled,
    /// Keys by waves over their grid, queries not at all.
    Directly,
}

struct Resampler {
    view: View,
    queries: usize,
    heads: Heads,
    told: Told,
}

/// Of all its norms.
const EPS: f32 = 1e-6;

impl Resampler {
    fn boxed(facts: &Facts, ends: &Ends, told: Told) -> Result<Fitted, Error> {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        let width = ends.width;
        let queries = size("visual.n_queries|query_num", 64, 1 << 16)?;
        let heads = size("resampler_heads", (width / 128).max(1), 1 << 10)?;
        let (head, side) = (width / heads, queries.isqrt());
        if !width.is_multiple_of(heads) || !width.is_multiple_of(4) || head % 2 != 0 || head > 256 {
            return wrong(format!("{heads} heads over a width of {width}"));
        }
        if told == Told::Resampled && side * side != queries {
            return wrong(format!("{queries} queries, which are no square"));
        }
        let heads = Heads { width, heads, groups: heads, head };
        Ok(Box::new(Resampler { view: ends.view()?, queries, heads, told }))
    }
}

impl Project for Resampler {
    fn tokens(&self) -> usize {
        self.queries
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (width, on) = (self.heads.width, self.view.grid);
        let seen = self.view.patches(net, x[0]);
        // Without such a layer the encoder is as wide as the language model.
        let there = net.has("projector.first.weight", width, self.view.chans)?;
        let seen = match there || self.view.chans != width {
            true => net.linear(seen, "projector.first", self.view.chans, width)?,
            false => seen,
        };
        let seen = net.layer_norm(seen, "projector.seen_norm", width, EPS)?;
        let queries = net.table("projector.queries", &[self.queries, width])?;
        let queries = net.layer_norm(queries, "projector.query_norm", width, EPS)?;
        let (q, keys) = match self.told {
            Told::Resampled => {
                let square = Grid::square(self.queries.isqrt());
                // Most files have them.
                let places = match net.optional_table("projector.places", &[self.queries, width])? {
                    Some(places) => places,
                    None => waves(net, square, width),
                };
                let how = Resize { cubic: true, corners: false, step: None, antialias: false };
                let of_keys = if on == square { places } else { net.rec.resize(places, square, on, width, how) };
                (net.rec.add(queries, places), of_keys)
            }
            Told::Directly => (queries, waves(net, on, width)),
        };
        let k = net.rec.add(seen, keys);
        let y = cross(net, [q, k, seen], "projector.attn", self.heads, width)?;
        let y = net.layer_norm(y, "projector.norm", width, EPS)?;
        net.times(y, "projector.last", width, width)
    }
}

/// Sines and cosines of how far a cell is across, then of how far it is down, each a quarter of the width.
fn waves(net: &mut Net, on: Grid, width: usize) -> Buf {
    let quarter = width / 4;
    let of = move |place: usize| {
        let angle = move |i: usize| place as f64 / 10000f64.powf(i as f64 / quarter as f64);
        let sines = (0..quarter).map(move |i| angle(i).sin() as f32);
        sines.chain((0..quarter).map(move |i| angle(i).cos() as f32))
    };
    let cell = |cell: usize| of(cell % on.width).chain(of(cell / on.width));
    let values: Vec<f32> = (0..on.rows()).flat_map(cell).collect();
    net.made(&format!("waves.{}x{}x{width}", on.height, on.width), &values)
}
