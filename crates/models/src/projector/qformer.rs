//! Q-Former: learned queries attend to themselves and, in every other layer, to all of an encoder's rows (BLIP-2,
//! <https://arxiv.org/abs/2301.12597>).

use super::chain::{Link, run};
use super::{Ends, Fitted, Project, Projector, View, wrong};
use crate::function::function_of;
use crate::oracle;
use squint_nn::attention::{Heads, cross, mutual};
use squint_nn::{Net, mlp};
use squint_ops::{Buf, Error, Grid};
use squint_weights::{Fact, Facts};

pub static QFORMER: Projector = Projector {
    name: "q-former",
    oracle: oracle::TRANSFORMERS,
    types: &["qformer", "blip2"],
    naming: &[
        ["projector.queries", "", "query_tokens"],
        ["projector.norm.weight", "", "qformer.layernorm.weight"],
        ["projector.norm.bias", "", "qformer.layernorm.bias"],
        ["projector.layers.{}.attn.q.weight", "", "qformer.encoder.layer.{}.attention.attention.query.weight"],
        ["projector.layers.{}.attn.q.bias", "", "qformer.encoder.layer.{}.attention.attention.query.bias"],
        ["projector.layers.{}.attn.k.weight", "", "qformer.encoder.layer.{}.attention.attention.key.weight"],
        ["projector.layers.{}.attn.k.bias", "", "qformer.encoder.layer.{}.attention.attention.key.bias"],
        ["projector.layers.{}.attn.v.weight", "", "qformer.encoder.layer.{}.attention.attention.value.weight"],
        ["projector.layers.{}.attn.v.bias", "", "qformer.encoder.layer.{}.attention.attention.value.bias"],
        ["projector.layers.{}.attn.o.weight", "", "qformer.encoder.layer.{}.attention.output.dense.weight"],
        ["projector.layers.{}.attn.o.bias", "", "qformer.encoder.layer.{}.attention.output.dense.bias"],
        ["projector.layers.{}.attn_norm.weight", "", "qformer.encoder.layer.{}.attention.output.LayerNorm.weight"],
        ["projector.layers.{}.attn_norm.bias", "", "qformer.encoder.layer.{}.attention.output.LayerNorm.bias"],
        ["projector.layers.{}.cross.q.weight", "", "qformer.encoder.layer.{}.crossattention.attention.query.weight"],
        ["projector.layers.{}.cross.q.bias", "", "qformer.encoder.layer.{}.crossattention.attention.query.bias"],
        ["projector.layers.{}.cross.k.weight", "", "qformer.encoder.layer.{}.crossattention.attention.key.weight"],
        ["projector.layers.{}.cross.k.bias", "", "qformer.encoder.layer.{}.crossattention.attention.key.bias"],
        ["projector.layers.{}.cross.v.weight", "", "qformer.encoder.layer.{}.crossattention.attention.value.weight"],
        ["projector.layers.{}.cross.v.bias", "", "qformer.encoder.layer.{}.crossattention.attention.value.bias"],
        ["projector.layers.{}.cross.o.weight", "", "qformer.encoder.layer.{}.crossattention.output.dense.weight"],
        ["projector.layers.{}.cross.o.bias", "", "qformer.encoder.layer.{}.crossattention.output.dense.bias"],
        [
            "projector.layers.{}.cross_norm.weight",
            "",
            "qformer.encoder.layer.{}.crossattention.output.LayerNorm.weight",
        ],
        ["projector.layers.{}.cross_norm.bias", "", "qformer.encoder.layer.{}.crossattention.output.LayerNorm.bias"],
        ["projector.layers.{}.mlp.up.weight", "", "qformer.encoder.layer.{}.intermediate_query.dense.weight"],
        ["projector.layers.{}.mlp.up.bias", "", "qformer.encoder.layer.{}.intermediate_query.dense.bias"],
        ["projector.layers.{}.mlp.down.weight", "", "qformer.encoder.layer.{}.output_query.dense.weight"],
        ["projector.layers.{}.mlp.down.bias", "", "qformer.encoder.layer.{}.output_query.dense.bias"],
        ["projector.layers.{}.mlp_norm.weight", "", "qformer.encoder.layer.{}.output_query.LayerNorm.weight"],
        ["projector.layers.{}.mlp_norm.bias", "", "qformer.encoder.layer.{}.output_query.LayerNorm.bias"],
        ["projector.last.weight", "", "language_projection.weight"],
        ["projector.last.bias", "", "language_projection.bias"],
    ],
    read: |facts, ends| Qformer::boxed(facts, ends, vec![Link::Linear("projector.last", ends.width)]),
};

/// TinyGPT-V's (<https://arxiv.org/abs/2312.16862>): under the names of BLIP-2's own code, two layers after it and no curve
/// between them.
pub static TINYGPT_V: Projector = Projector {
    name: "q-former before two linear layers",
    oracle: oracle::TRANSFORMERS,
    types: &["tinygpt_v"],
    naming: &[
        ["projector.queries", "", "query_tokens"],
        ["projector.norm.weight", "", "Qformer.bert.embeddings.LayerNorm.weight"],
        ["projector.norm.bias", "", "Qformer.bert.embeddings.LayerNorm.bias"],
        ["projector.layers.{}.attn.q.weight", "", "Qformer.bert.encoder.layer.{}.attention.self.query.weight"],
        ["projector.layers.{}.attn.q.bias", "", "Qformer.bert.encoder.layer.{}.attention.self.query.bias"],
        ["projector.layers.{}.attn.k.weight", "", "Qformer.bert.encoder.layer.{}.attention.self.key.weight"],
        ["projector.layers.{}.attn.k.bias", "", "Qformer.bert.encoder.layer.{}.attention.self.key.bias"],
        ["projector.layers.{}.attn.v.weight", "", "Qformer.bert.encoder.layer.{}.attention.self.value.weight"],
        ["projector.layers.{}.attn.v.bias", "", "Qformer.bert.encoder.layer.{}.attention.self.value.bias"],
        ["projector.layers.{}.attn.o.weight", "", "Qformer.bert.encoder.layer.{}.attention.output.dense.weight"],
        ["projector.layers.{}.attn.o.bias", "", "Qformer.bert.encoder.layer.{}.attention.output.dense.bias"],
        ["projector.layers.{}.attn_norm.weight", "", "Qformer.bert.encoder.layer.{}.attention.output.LayerNorm.weight"],
        ["projector.layers.{}.attn_norm.bias", "", "Qformer.bert.encoder.layer.{}.attention.output.LayerNorm.bias"],
        ["projector.layers.{}.cross.q.weight", "", "Qformer.bert.encoder.layer.{}.crossattention.self.query.weight"],
        ["projector.layers.{}.cross.q.bias", "", "Qformer.bert.encoder.layer.{}.crossattention.self.query.bias"],
        ["projector.layers.{}.cross.k.weight", "", "Qformer.bert.encoder.layer.{}.crossattention.self.key.weight"],
        ["projector.layers.{}.cross.k.bias", "", "Qformer.bert.encoder.layer.{}.crossattention.self.key.bias"],
        ["projector.layers.{}.cross.v.weight", "", "Qformer.bert.encoder.layer.{}.crossattention.self.value.weight"],
        ["projector.layers.{}.cross.v.bias", "", "Qformer.bert.encoder.layer.{}.crossattention.self.value.bias"],
        ["projector.layers.{}.cross.o.weight", "", "Qformer.bert.encoder.layer.{}.crossattention.output.dense.weight"],
        ["projector.layers.{}.cross.o.bias", "", "Qformer.bert.encoder.layer.{}.crossattention.output.dense.bias"],
        [
            "projector.layers.{}.cross_norm.weight",
            "",
            "Qformer.bert.encoder.layer.{}.crossattention.output.LayerNorm.weight",
        ],
        [
            "projector.layers.{}.cross_norm.bias",
            "",
            "Qformer.bert.encoder.layer.{}.crossattention.output.LayerNorm.bias",
        ],
        ["projector.layers.{}.mlp.up.weight", "", "Qformer.bert.encoder.layer.{}.intermediate_query.dense.weight"],
        ["projector.layers.{}.mlp.up.bias", "", "Qformer.bert.encoder.layer.{}.intermediate_query.dense.bias"],
        ["projector.layers.{}.mlp.down.weight", "", "Qformer.bert.encoder.layer.{}.output_query.dense.weight"],
        ["projector.layers.{}.mlp.down.bias", "", "Qformer.bert.encoder.layer.{}.output_query.dense.bias"],
        ["projector.layers.{}.mlp_norm.weight", "", "Qformer.bert.encoder.layer.{}.output_query.LayerNorm.weight"],
        ["projector.layers.{}.mlp_norm.bias", "", "Qformer.bert.encoder.layer.{}.output_query.LayerNorm.bias"],
        ["projector.first.weight", "", "llama_proj.weight"],
        ["projector.first.bias", "", "llama_proj.bias"],
        ["projector.last.weight", "", "llama_proj2.weight"],
        ["projector.last.bias", "", "llama_proj2.bias"],
    ],
    read: |facts, ends| {
        let inner = facts.size_or(Fact { gguf: "", hf: "proj_hidden_size" }, 4096, 1 << 16)?;
        let links = vec![Link::Linear("projector.first", inner), Link::Linear("projector.last", ends.width)];
        Qformer::boxed(facts, ends, links)
    },
};

struct Qformer {
    view: View,
    queries: usize,
    layers: usize,
    /// Every so many layers look at the encoder's rows, from the first on.
    every: usize,
    heads: Heads,
    inner: usize,
    eps: f32,
    function: &'static str,
    after: Vec<Link>,
}

impl Qformer {
    fn boxed(facts: &Facts, ends: &Ends, after: Vec<Link>) -> Result<Fitted, Error> {
        let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
        let width = size("qformer_config.hidden_size", 768, 1 << 16)?;
        let heads = size("qformer_config.num_attention_heads", 12, 1 << 10)?;
        let head = width / heads;
        if width % heads != 0 || head % 2 != 0 || head > 256 {
            return wrong(format!("{heads} heads over a width of {width}"));
        }
        Ok(Box::new(Qformer {
            // Its queries see class tokens too, and no places.
            view: ends.view()?.in_line(),
            queries: size("num_query_tokens", 32, 1 << 16)?,
            layers: size("qformer_config.num_hidden_layers", 12, 1 << 10)?,
            every: size("qformer_config.cross_attention_frequency", 2, 1 << 10)?,
            heads: Heads { width, heads, groups: heads, head },
            inner: size("qformer_config.intermediate_size", 3072, 1 << 18)?,
            eps: facts.number(Fact { gguf: "", hf: "qformer_config.layer_norm_eps" })?.unwrap_or(1e-12) as f32,
            function: function_of(facts, "qformer_config.hidden_act", "gelu")?,
            after,
        }))
    }

    /// x plus y, and the norm after it.
    fn joined(&self, net: &mut Net, x: Buf, y: Buf, norm: &str) -> Result<Buf, Error> {
        let x = net.rec.add(x, y);
        net.layer_norm(x, norm, self.heads.width, self.eps)
    }
}

impl Project for Qformer {
    fn tokens(&self) -> usize {
        self.queries
    }

    fn record(&self, net: &mut Net, x: &[Buf]) -> Result<Buf, Error> {
        let (seen, width) = (x[0], self.heads.width);
        let queries = net.table("projector.queries", &[1, self.queries, width])?;
        let mut x = net.layer_norm(queries, "projector.norm", width, self.eps)?;
        for i in 0..self.layers {
            let name = |part: &str| format!("projector.layers.{i}.{part}");
            let y = mutual(net, x, &name("attn"), self.heads)?;
            x = self.joined(net, x, y, &name("attn_norm"))?;
            if i % self.every == 0 {
                let y = cross(net, [x, seen, seen], &name("cross"), self.heads, self.view.chans)?;
                x = self.joined(net, x, y, &name("cross_norm"))?;
            }
            let y = mlp::plain(net, x, &name("mlp"), width, self.inner, self.function)?;
            x = self.joined(net, x, y, &name("mlp_norm"))?;
        }
        run(net, x, Grid { height: 1, width: self.queries }, width, &self.after)
    }
}
