//! Perceiver resamplers: learned rows attend to an encoder's rows and to themselves at once, layer after layer. Flamingo's
//! (<https://arxiv.org/abs/2204.14198>, as TinyLLaVA has it) and Idefics2's (<https://arxiv.org/abs/2405.02246>).

use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::function::function_of;
use crate::oracle;
use squint_nn::attention::{Heads, cross};
use squint_nn::{Net, Norm, mlp};
use squint_ops::op::Span;
use squint_ops::{Buf, Error};
use squint_weights::{Fact, Facts};

pub static FLAMINGO: Projector = Projector {
    name: "perceiver resampler, flamingo's",
    oracle: oracle::PYTORCH,
    types: &["resampler", "flamingo"],
    naming: &[
        ["projector.first.weight", "", "connector._connector.linear.weight"],
        ["projector.first.bias", "", "connector._connector.linear.bias"],
        ["projector.queries", "", "connector._connector.latents"],
        ["projector.layers.{}.seen_norm.weight", "", "connector._connector.layers.{}.0.norm_media.weight"],
        ["projector.layers.{}.seen_norm.bias", "", "connector._connector.layers.{}.0.norm_media.bias"],
        ["projector.layers.{}.norm.weight", "", "connector._connector.layers.{}.0.norm_latents.weight"],
        ["projector.layers.{}.norm.bias", "", "connector._connector.layers.{}.0.norm_latents.bias"],
        ["projector.layers.{}.attn.q.weight", "", "connector._connector.layers.{}.0.to_q.weight"],
        ["projector.layers.{}.attn.k_v.weight", "", "connector._connector.layers.{}.0.to_kv.weight"],
        ["projector.layers.{}.attn.o.weight", "", "connector._connector.layers.{}.0.to_out.weight"],
        ["projector.layers.{}.mlp_norm.weight", "", "connector._connector.layers.{}.1.0.weight"],
        ["projector.layers.{}.mlp_norm.bias", "", "connector._connector.layers.{}.1.0.bias"],
        ["projector.layers.{}.mlp.up.weight", "", "connector._connector.layers.{}.1.1.weight"],
        ["projector.layers.{}.mlp.down.weight", "", "connector._connector.layers.{}.1.3.weight"],
        ["projector.norm.weight", "", "connector._connector.norm.weight"],
        ["projector.norm.bias", "", "connector._connector.norm.bias"],
    ],
    read: |facts, ends| {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        let width = ends.width;
        Ok(Box::new(Perceiver {
            view: ends.view()?,
            first: First::Linear,
            queries: size("num_queries", 128, 1 << 16)?,
            layers: size("num_resampler_layers", 3, 1 << 10)?,
            // Whatever the width.
            heads: Heads { width, heads: 8, groups: 8, head: 64 },
            norm: Norm::Layer,
            eps: 1e-5,
            function: "gelu",
            gated: false,
        }))
    },
};

pub static IDEFICS2: Projector = Projector {
    name: "perceiver resampler, idefics2's",
    oracle: oracle::TRANSFORMERS,
    types: &["idefics2"],
    naming: &[
        ["projector.first.gate.weight", "", "model.connector.modality_projection.gate_proj.weight"],
        ["projector.first.up.weight", "", "model.connector.modality_projection.up_proj.weight"],
        ["projector.first.down.weight", "", "model.connector.modality_projection.down_proj.weight"],
        ["projector.queries", "", "model.connector.perceiver_resampler.latents"],
        [
            "projector.layers.{}.seen_norm.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.input_context_norm.weight",
        ],
        [
            "projector.layers.{}.norm.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.input_latents_norm.weight",
        ],
        [
            "projector.layers.{}.attn.q.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.self_attn.q_proj.weight",
        ],
        [
            "projector.layers.{}.attn.k.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.self_attn.k_proj.weight",
        ],
        [
            "projector.layers.{}.attn.v.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.self_attn.v_proj.weight",
        ],
        [
            "projector.layers.{}.attn.o.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.self_attn.o_proj.weight",
        ],
        [
            "projector.layers.{}.mlp_norm.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.post_attention_layernorm.weight",
        ],
        [
            "projector.layers.{}.mlp.gate.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.mlp.gate_proj.weight",
        ],
        ["projector.layers.{}.mlp.up.weight", "", "model.connector.perceiver_resampler.layers.{}.mlp.up_proj.weight"],
        [
            "projector.layers.{}.mlp.down.weight",
            "",
            "model.connector.perceiver_resampler.layers.{}.mlp.down_proj.weight",
        ],
        ["projector.norm.weight", "", "model.connector.perceiver_resampler.norm.weight"],
    ],
    read: idefics2,
};

fn idefics2(facts: &Facts, ends: &Ends) -> Result<Fitted, Error> {
    let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
    let heads = size("perceiver_config.resampler_n_heads", 16, 1 << 10)?;
    let groups = size("perceiver_config.num_key_value_heads", 4, 1 << 10)?;
    let head = size("perceiver_config.resampler_head_dim", 96, 256)?;
    if heads % groups != 0 || head % 2 != 0 {
        return wrong(format!("{heads} heads of {head} numbers in {groups} groups"));
    }
    Ok(Box::new(Perceiver {
        view: ends.view()?,
        first: First::Gated {
            inner: size("text_config.intermediate_size", 14336, 1 << 18)?,
            function: function_of(facts, "text_config.hidden_act", "silu")?,
        },
        queries: size("perceiver_config.resampler_n_latents", 64, 1 << 16)?,
        layers: size("perceiver_config.resampler_depth", 3, 1 << 10)?,
        heads: Heads { width: ends.width, heads, groups, head },
        norm: Norm::Rms { plus: 0.0 },
        eps: facts.number(Fact { gguf: "", hf: "perceiver_config.rms_norm_eps" })?.unwrap_or(1e-6) as f32,
        function: function_of(facts, "perceiver_config.hidden_act", "silu")?,
        gated: true,
    }))
}

/// What brings an encoder's rows to the width of the language model.
enum First {
    Linear,
    Gated { inner: usize, function: &'static str },
}

struct Perceiver {
    view: View,
    first: First,
    queries: usize,
    layers: usize,
    heads: Heads,
    norm: Norm,
    eps: f32,
    function: &'static str,
    gated: bool,
}

impl Project for Perceiver {
    fn tokens(&self) -> usize {
        self.queries
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (chans, width) = (self.view.chans, self.heads.width);
        let seen = self.view.patches(net, x[0]);
        let seen = match self.first {
            First::Linear => net.linear(seen, "projector.first", chans, width)?,
            First::Gated { inner, function } => {
                mlp::gated_to(net, seen, "projector.first", [chans, inner, width], function)?
            }
        };
        let mut x = net.table("projector.queries", &[self.queries, width])?;
        for i in 0..self.layers {
            let name = |part: &str| format!("projector.layers.{i}.{part}");
            let y = net.norm(x, &name("norm"), self.norm, width, self.eps)?;
            let seen = net.norm(seen, &name("seen_norm"), self.norm, width, self.eps)?;
            let all = self.below(net, seen, y);
            let y = cross(net, [y, all, all], &name("attn"), self.heads, width)?;
            x = net.rec.add(x, y);
            let y = net.norm(x, &name("mlp_norm"), self.norm, width, self.eps)?;
            let feed = if self.gated { mlp::gated } else { mlp::plain };
            let y = feed(net, y, &name("mlp"), width, 4 * width, self.function)?;
            x = net.rec.add(x, y);
        }
        net.norm(x, "projector.norm", self.norm, width, self.eps)
    }
}

impl Perceiver {
    /// The encoder's rows and the learned ones below them.
    fn below(&self, net: &mut Net, seen: Buf, own: Buf) -> Buf {
        let (rows, step) = (self.view.grid.rows(), self.heads.width);
        let all = net.rec.temp((rows + self.queries) * step);
        let from = |row: usize| Span { at: ((row * step) as u32).into(), step };
        net.rec.copy(seen, from(0), all, from(0), (rows as u32).into(), step);
        net.rec.copy(own, from(0), all, from(rows), (self.queries as u32).into(), step);
        all
    }
}
