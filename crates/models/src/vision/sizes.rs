//! A vision encoder's sizes, read strictly from what its file says and what its family takes for granted.

use crate::function::function;
use squint_nn::attention::Heads;
use squint_nn::encoder::{Encoder, Fitting, Plan};
use squint_ops::Grid;
use squint_weights::{Error, Fact, Facts};

/// What a configuration leaves out has the value of the family's first model.
pub(super) struct Usual {
    pub patch: usize,
    pub eps: f64,
    pub function: &'static str,
    pub plan: Plan,
}

/// Layers without anything around them but a class token and the last norm.
pub(super) const PLAIN: Plan = Plan {
    first: &["class"],
    registers: 0,
    early_norm: false,
    late_norm: true,
    scaled: false,
    gated: false,
    fitting: Fitting::Curve,
};

/// Longest edge of a picture, and numbers of a head, which is what `attention` can hold.
const EDGE: u64 = 1 << 12;
const HEAD: usize = 256;
const EPS: Fact = Fact { gguf: "vision.attention.layer_norm_epsilon", hf: "layer_norm_eps" };

pub(super) fn sizes(facts: &Facts, usual: &Usual) -> Result<Encoder, Error> {
    // A model of pictures and texts speaks of both.
    let own = &*facts.part("vision_config")?;
    // Files of llama.cpp take nothing for granted.
    let size = |gguf, hf, usual, most| match own {
        Facts::Gguf(_) => own.size(Fact { gguf, hf }, most),
        Facts::Hf(_) => own.size_or(Fact { gguf, hf }, usual, most),
    };
    let width = size("vision.embedding_length", "hidden_size", 768, 1 << 16)?;
    let heads = size("vision.attention.head_count", "num_attention_heads", 12, 1 << 10)?;
    let edge = |gguf, hf, usual| edges(own, hf)?.map_or_else(|| size(gguf, hf, usual, EDGE).map(Grid::square), Ok);
    let image = edge("vision.image_size", "image_size", 224)?;
    let patch = edge("vision.patch_size", "patch_size", usual.patch)?;
    let head = width / heads;
    let fits = image.height >= patch.height && image.width >= patch.width;
    if width % heads != 0 || head > HEAD || !fits {
        let [Grid { height, width: across }, Grid { height: tall, width: broad }] = [image, patch];
        return Err(Error::new(
            "config",
            format!(
                "{heads} heads over a width of {width}, patches of {tall}×{broad} in pictures of {height}×{across}; heads \
                 of up to {HEAD} numbers that share it evenly, and pictures of a patch at least, are possible"
            ),
            "the file is damaged or not a model of this family",
        ));
    }
    Ok(Encoder {
        layers: size("vision.block_count", "num_hidden_layers", 12, 1 << 10)?,
        heads: Heads { width, heads, groups: heads, head },
        inner: size("vision.feed_forward_length", "intermediate_size", 3072, 1 << 18)?,
        image,
        chans: own.size_or(Fact { gguf: "", hf: "num_channels" }, 3, 1 << 8)?,
        patch,
        classes: classes(facts)?,
        shared: 0,
        curve: "",
        eps: own.number(EPS)?.unwrap_or(usual.eps) as f32,
        function: function(own, usual.function)?,
        joined: vec![],
        plan: usual.plan,
    })
}

/// Biases of queries, keys and values are there unless a configuration says that they are not.
pub(super) fn absent(facts: &Facts) -> Result<Vec<&'static str>, Error> {
    let there = facts.part("vision_config")?.flag(Fact { gguf: "", hf: "qkv_bias" })?.unwrap_or(true);
    Ok(if there { vec![] } else { vec!["q.bias", "k.bias", "v.bias"] })
}

/// Height and width; none where there are not two numbers.
fn edges(facts: &Facts, hf: &str) -> Result<Option<Grid>, Error> {
    let pair = match facts {
        Facts::Hf(config) => config.get(hf).and_then(|v| v.as_array()),
        Facts::Gguf(_) => None,
    };
    let Some(pair) = pair else { return Ok(None) };
    let edge = |n: &serde_json::Value| n.as_u64().filter(|n| (1..=EDGE).contains(n)).map(|n| n as usize);
    match pair.iter().map(edge).collect::<Option<Vec<_>>>().as_deref() {
        Some(&[height, width]) => Ok(Some(Grid { height, width })),
        _ => Err(Error::new(
            "config",
            format!("'{hf}' is {pair:?}; a number or two, each from 1 to {EDGE}, are possible"),
            "the file is damaged: get it again",
        )),
    }
}

/// A classifier's configuration names its classes, or counts them; two, where it does neither.
fn classes(facts: &Facts) -> Result<usize, Error> {
    let Facts::Hf(config) = facts else { return Ok(0) };
    let classifies = facts.architecture()?.contains("ForImageClassification");
    let labels = config.get("id2label").filter(|v| !v.is_null());
    if let Some(other) = labels.filter(|v| !v.is_object()) {
        let what = format!("'id2label' is {other}; an object is expected");
        return Err(Error::new("config", what, "the file is damaged or not a model of this family"));
    }
    let named = labels.and_then(|v| v.as_object()).map(|labels| labels.len());
    let counted = || facts.size_or(Fact { gguf: "", hf: "num_labels" }, 2, 1 << 20);
    if classifies { named.map_or_else(counted, Ok) } else { Ok(0) }
}
