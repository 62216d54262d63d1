//! D-Abstractor: queries that each look at a few places around their own (Honeybee, <https://arxiv.org/abs/2312.06742>,
//! after Deformable DETR, <https://arxiv.org/abs/2010.04159>).

use super::{Project, Projector, View, bins, wrong};
use crate::Naming;
use crate::oracle;
use squint_nn::attention::{Heads, cross};
use squint_nn::{Net, mlp};
use squint_ops::op::{Places, Pool};
use squint_ops::{Buf, Error, Grid};
use squint_weights::Fact;

/// Of all its norms.
const EPS: f32 = 1e-5;

pub static D_ABSTRACTOR: Projector = Projector {
    name: "d-abstractor",
    oracle: oracle::PYTORCH,
    types: &["d-abs"],
    naming: DEFORMABLE,
    read: |facts, ends| {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        let width = size("projector_config.d_model", 1024, 1 << 16)?;
        let heads = size("projector_config.decoder_attention_heads", 8, 1 << 10)?;
        let head = width / heads;
        if width % heads != 0 || head % 2 != 0 || head > 256 {
            return wrong(format!("{heads} heads over a width of {width}"));
        }
        Ok(Box::new(Deformable {
            view: ends.view()?,
            width: ends.width,
            to: bins(facts)?,
            layers: size("projector_config.decoder_layers", 6, 1 << 10)?,
            heads: Heads { width, heads, groups: heads, head },
            points: size("projector_config.decoder_n_points", 4, 64)?,
            inner: size("projector_config.decoder_ffn_dim", 1024, 1 << 18)?,
        }))
    },
};

const DEFORMABLE: Naming = &[
    ["projector.first.weight", "", "abstractor.input_proj.0.weight"],
    ["projector.first.bias", "", "abstractor.input_proj.0.bias"],
    ["projector.places", "", "abstractor.v_pos_emb"],
    ["projector.queries", "", "abstractor.query_position_embeddings.weight"],
    ["projector.refs", "", "abstractor.reference_points"],
    ["projector.layers.{}.attn.q.weight", "", "abstractor.layers.{}.self_attn.q_proj.weight"],
    ["projector.layers.{}.attn.q.bias", "", "abstractor.layers.{}.self_attn.q_proj.bias"],
    ["projector.layers.{}.attn.k.weight", "", "abstractor.layers.{}.self_attn.k_proj.weight"],
    ["projector.layers.{}.attn.k.bias", "", "abstractor.layers.{}.self_attn.k_proj.bias"],
    ["projector.layers.{}.attn.v.weight", "", "abstractor.layers.{}.self_attn.v_proj.weight"],
    ["projector.layers.{}.attn.v.bias", "", "abstractor.layers.{}.self_attn.v_proj.bias"],
    ["projector.layers.{}.attn.o.weight", "", "abstractor.layers.{}.self_attn.out_proj.weight"],
    ["projector.layers.{}.attn.o.bias", "", "abstractor.layers.{}.self_attn.out_proj.bias"],
    ["projector.layers.{}.attn_norm.weight", "", "abstractor.layers.{}.self_attn_layer_norm.weight"],
    ["projector.layers.{}.attn_norm.bias", "", "abstractor.layers.{}.self_attn_layer_norm.bias"],
    ["projector.layers.{}.places.weight", "", "abstractor.layers.{}.encoder_attn.sampling_offsets.weight"],
    ["projector.layers.{}.places.bias", "", "abstractor.layers.{}.encoder_attn.sampling_offsets.bias"],
    ["projector.layers.{}.scores.weight", "", "abstractor.layers.{}.encoder_attn.attention_weights.weight"],
    ["projector.layers.{}.scores.bias", "", "abstractor.layers.{}.encoder_attn.attention_weights.bias"],
    ["projector.layers.{}.v.weight", "", "abstractor.layers.{}.encoder_attn.value_proj.weight"],
    ["projector.layers.{}.v.bias", "", "abstractor.layers.{}.encoder_attn.value_proj.bias"],
    ["projector.layers.{}.o.weight", "", "abstractor.layers.{}.encoder_attn.output_proj.weight"],
    ["projector.layers.{}.o.bias", "", "abstractor.layers.{}.encoder_attn.output_proj.bias"],
    ["projector.layers.{}.places_norm.weight", "", "abstractor.layers.{}.encoder_attn_layer_norm.weight"],
    ["projector.layers.{}.places_norm.bias", "", "abstractor.layers.{}.encoder_attn_layer_norm.bias"],
    ["projector.layers.{}.mlp.up.weight", "", "abstractor.layers.{}.fc1.weight"],
    ["projector.layers.{}.mlp.up.bias", "", "abstractor.layers.{}.fc1.bias"],
    ["projector.layers.{}.mlp.down.weight", "", "abstractor.layers.{}.fc2.weight"],
    ["projector.layers.{}.mlp.down.bias", "", "abstractor.layers.{}.fc2.bias"],
    ["projector.layers.{}.mlp_norm.weight", "", "abstractor.layers.{}.final_layer_norm.weight"],
    ["projector.layers.{}.mlp_norm.bias", "", "abstractor.layers.{}.final_layer_norm.bias"],
    ["projector.last.weight", "", "abstractor.output_proj.weight"],
    ["projector.last.bias", "", "abstractor.output_proj.bias"],
];

struct Deformable {
    view: View,
    width: usize,
    to: Grid,
    layers: usize,
    heads: Heads,
    points: usize,
    inner: usize,
}

impl Project for Deformable {
    fn tokens(&self) -> usize {
        self.to.rows()
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (on, chans, inner) = (self.view.grid, self.view.chans, self.heads.width);
        let mut seen = self.view.patches(net, x[0]);
        if chans != inner {
            seen = net.linear(seen, "projector.first", chans, inner)?;
        }
        if let Some(places) = net.optional_table("projector.places", &[1, on.rows(), inner])? {
            seen = net.rec.add(seen, places);
        }
        // What tells queries where they are is the mean around them; what they start from is learned.
        let (around, _) = net.rec.pool(seen, on, inner, Pool::Bins(self.to));
        let refs = net.table("projector.refs", &[1, self.tokens(), 2])?;
        let mut x = net.table("projector.queries", &[self.tokens(), inner])?;
        for i in 0..self.layers {
            x = self.layer(net, x, &format!("projector.layers.{i}"), [seen, around, refs])?;
        }
        if self.width == inner { Ok(x) } else { net.linear(x, "projector.last", inner, self.width) }
    }
}

impl Deformable {
    fn layer(&self, net: &mut Net, x: Buf, name: &str, [seen, around, refs]: [Buf; 3]) -> Result<Buf, Error> {
        let (width, looks) = (self.heads.width, self.heads.heads * self.points);
        let joined = |net: &mut Net, x: Buf, y: Buf, norm: &str| {
            let x = net.rec.add(x, y);
            net.layer_norm(x, &format!("{name}.{norm}"), width, EPS)
        };
        let told = net.rec.add(x, around);
        let y = cross(net, [told, told, x], &format!("{name}.attn"), self.heads, width)?;
        let x = joined(net, x, y, "attn_norm")?;
        let told = net.rec.add(x, around);
        let offsets = net.linear(told, &format!("{name}.places"), width, 2 * looks)?;
        let scores = net.linear(told, &format!("{name}.scores"), width, looks)?;
        let v = net.linear(seen, &format!("{name}.v"), width, width)?;
        let sizes = [self.heads.heads, self.heads.head];
        let y = net.rec.deform(v, Places { refs, offsets, scores }, self.view.grid, sizes);
        let y = net.linear(y, &format!("{name}.o"), width, width)?;
        let x = joined(net, x, y, "places_norm")?;
        let y = mlp::plain(net, x, &format!("{name}.mlp"), width, self.inner, "relu")?;
        joined(net, x, y, "mlp_norm")
    }
}
