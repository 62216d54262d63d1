//! ViT, and DeiT without its distillation token, as classifiers: <https://arxiv.org/abs/2010.11929>.

use super::Vision;
use crate::function::function;
use squint_nn::attention::Heads;
use squint_nn::encoder::{Encoder, record};
use squint_ops::Grid;
use squint_weights::{Error, Fact, Facts};

pub static VIT: Vision = Vision {
    name: "vit",
    architectures: &["ViTForImageClassification"],
    // There are no GGUF files of these.
    naming: &[
        ["patch.weight", "", "vit.embeddings.patch_embeddings.projection.weight"],
        ["patch.bias", "", "vit.embeddings.patch_embeddings.projection.bias"],
        ["class", "", "vit.embeddings.cls_token"],
        ["places", "", "vit.embeddings.position_embeddings"],
        ["layers.{}.attn_norm.weight", "", "vit.encoder.layer.{}.layernorm_before.weight"],
        ["layers.{}.attn_norm.bias", "", "vit.encoder.layer.{}.layernorm_before.bias"],
        ["layers.{}.attn.q.weight", "", "vit.encoder.layer.{}.attention.attention.query.weight"],
        ["layers.{}.attn.q.bias", "", "vit.encoder.layer.{}.attention.attention.query.bias"],
        ["layers.{}.attn.k.weight", "", "vit.encoder.layer.{}.attention.attention.key.weight"],
        ["layers.{}.attn.k.bias", "", "vit.encoder.layer.{}.attention.attention.key.bias"],
        ["layers.{}.attn.v.weight", "", "vit.encoder.layer.{}.attention.attention.value.weight"],
        ["layers.{}.attn.v.bias", "", "vit.encoder.layer.{}.attention.attention.value.bias"],
        ["layers.{}.attn.o.weight", "", "vit.encoder.layer.{}.attention.output.dense.weight"],
        ["layers.{}.attn.o.bias", "", "vit.encoder.layer.{}.attention.output.dense.bias"],
        ["layers.{}.mlp_norm.weight", "", "vit.encoder.layer.{}.layernorm_after.weight"],
        ["layers.{}.mlp_norm.bias", "", "vit.encoder.layer.{}.layernorm_after.bias"],
        ["layers.{}.mlp.up.weight", "", "vit.encoder.layer.{}.intermediate.dense.weight"],
        ["layers.{}.mlp.up.bias", "", "vit.encoder.layer.{}.intermediate.dense.bias"],
        ["layers.{}.mlp.down.weight", "", "vit.encoder.layer.{}.output.dense.weight"],
        ["layers.{}.mlp.down.bias", "", "vit.encoder.layer.{}.output.dense.bias"],
        ["norm.weight", "", "vit.layernorm.weight"],
        ["norm.bias", "", "vit.layernorm.bias"],
        ["head.weight", "", "classifier.weight"],
        ["head.bias", "", "classifier.bias"],
    ],
    ignored: &[],
    sizes,
    record,
};

/// What `config.json` leaves out has the value of the first ViT.
fn sizes(facts: &Facts) -> Result<Encoder, Error> {
    let size = |hf, usual, most| facts.size_or(Fact { gguf: "", hf }, usual, most);
    let (width, heads) = (size("hidden_size", 768, 1 << 16)?, size("num_attention_heads", 12, 1 << 10)?);
    let (image, patch) = (size("image_size", 224, 1 << 12)?, size("patch_size", 16, 1 << 8)?);
    let head = width / heads;
    if width % heads != 0 || head % 2 != 0 || head > 256 || image % patch != 0 {
        return Err(Error::new(
            "config",
            format!("{heads} heads over a width of {width}, patches of {patch} in pictures of {image}"),
            "the file is damaged or not a model of this family",
        ));
    }
    Ok(Encoder {
        layers: size("num_hidden_layers", 12, 1 << 10)?,
        heads: Heads { width, heads, groups: heads, head },
        inner: size("intermediate_size", 3072, 1 << 18)?,
        image: Grid::square(image),
        chans: size("num_channels", 3, 1 << 8)?,
        patch,
        classes: classes(facts),
        eps: facts.number(Fact { gguf: "", hf: "layer_norm_eps" }).unwrap_or(1e-12) as f32,
        function: function(facts, "gelu")?,
    })
}

/// A configuration names its classes instead of counting them; two, where it does not.
fn classes(facts: &Facts) -> usize {
    match facts {
        Facts::Hf(config) => config.get("id2label").and_then(|v| v.as_object()).map_or(2, |labels| labels.len()),
        Facts::Gguf(_) => 2,
    }
}
