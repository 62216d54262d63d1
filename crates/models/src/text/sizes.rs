//! A language model's sizes, read strictly from what its file says and what its family takes for granted.

use crate::function::function;
use crate::rope::{Habit, Positions, USUAL, positions};
use squint_nn::Norm;
use squint_nn::attention::Heads;
use squint_nn::decoder::Decoder;
use squint_ops::op::Rope;
use squint_weights::{Error, Fact, Facts};

/// What a family takes for granted, mostly where `config.json` is silent; GGUF files seldom are.
pub(super) struct Usual {
    pub norm: Norm,
    pub eps: f32,
    pub function: &'static str,
    /// Numbers in a head; none where heads share the width evenly.
    pub head: Option<usize>,
    /// Share of a head that is turned, where a configuration may say so.
    pub turned: Option<f64>,
    pub side_by_side: bool,
    pub habit: Habit,
}

pub(super) const LIKE_LLAMA: Usual = Usual {
    norm: Norm::Rms { plus: 0.0 },
    eps: 1e-6,
    function: "silu",
    head: None,
    turned: None,
    side_by_side: false,
    habit: USUAL,
};

/// Numbers in a head at most, which is what `attention` can hold.
const HEAD: u64 = 256;

pub(super) fn sizes(facts: &Facts, usual: &Usual) -> Result<Decoder, Error> {
    let size = |gguf, hf, most| facts.size(Fact { gguf, hf }, most);
    let size_or = |gguf, hf, usual, most| facts.size_or(Fact { gguf, hf }, usual, most);
    let width = size("embedding_length", "hidden_size", 1 << 16)?;
    let heads = size("attention.head_count", "num_attention_heads", 1 << 10)?;
    // Files of models without groups leave them out.
    let groups = size_or("attention.head_count_kv", "num_key_value_heads", heads, 1 << 10)?;
    let head = size_or("attention.key_length", "head_dim", usual.head.unwrap_or(width / heads), HEAD)?;
    let rotated = match (facts, usual.turned) {
        (Facts::Hf(_), Some(share)) => turned(facts, head, share)?,
        _ => size_or("rope.dimension_count", "", head, head as u64)?,
    };
    let turns = rotated > 0 && rotated <= head && rotated % 2 == 0;
    if heads % groups != 0 || head == 0 || head as u64 > HEAD || head % 2 != 0 || !turns {
        return Err(Error::new(
            "config",
            format!(
                "{heads} heads in {groups} groups, {head} numbers each and {rotated} of them turned; whole groups, and \
                 even numbers up to {HEAD} are possible"
            ),
            "the file is damaged or not a model of this family",
        ));
    }
    let plain = Rope { rotated, side_by_side: usual.side_by_side, gain: 1.0 };
    let context = size("context_length", "max_position_embeddings", 1 << 24)?;
    let Positions { turns, rope, context } = positions(facts, plain, context, usual.habit)?;
    let eps = facts.number(match usual.norm {
        Norm::Rms { .. } => Fact { gguf: "attention.layer_norm_rms_epsilon", hf: "rms_norm_eps" },
        Norm::Layer => Fact { gguf: "attention.layer_norm_epsilon", hf: "layer_norm_eps" },
    })?;
    if eps.is_none() && matches!(facts, Facts::Gguf(_)) {
        let what = "what norms add to a square is missing: 'attention.layer_norm_rms_epsilon' or 'layer_norm_epsilon'";
        return Err(Error::new("config", what, "the file is damaged: get it again"));
    }
    if let Some(eps) = eps.filter(|eps| !eps.is_finite() || *eps < 0.0) {
        let what = format!("what norms add to a square is {eps}");
        return Err(Error::new("config", what, "the file is damaged: get it again"));
    }
    Ok(Decoder {
        layers: size("block_count", "num_hidden_layers", 1 << 10)?,
        heads: Heads { width, heads, groups, head },
        inner: size("feed_forward_length", "intermediate_size", 1 << 18)?,
        vocab: vocab(facts)?,
        context,
        norm: usual.norm,
        eps: eps.map_or(usual.eps, |eps| eps as f32),
        normed: false,
        scale: 1.0,
        rope,
        turns,
        windows: vec![],
        own_head: facts.flag(Fact { gguf: "?", hf: "tie_word_embeddings" })? == Some(false),
        function: function(facts, usual.function)?,
    })
}

/// Of a head's numbers, those that are turned; a part of one is left out, as `transformers` does.
fn turned(facts: &Facts, head: usize, usual: f64) -> Result<usize, Error> {
    let share = Fact { gguf: "", hf: "rope_parameters.partial_rotary_factor|partial_rotary_factor" };
    Ok((head as f64 * facts.number(share)?.unwrap_or(usual)) as usize)
}

/// What is left of these weights: those whose flag says that they are there, and the head of a model that says it has its
/// own; `tied` is what is so where it does not say.
pub(super) fn absent(facts: &Facts, flags: &[Flag], tied: bool) -> Result<Vec<&'static str>, Error> {
    let said = |hf| facts.flag(Fact { gguf: "?", hf });
    let mut all = vec![];
    for (flag, names) in flags {
        if flag.is_empty() || said(flag)? != Some(true) {
            all.extend(*names);
        }
    }
    all.extend(said("tie_word_embeddings")?.unwrap_or(tied).then_some("head.weight"));
    Ok(all)
}

/// What a configuration may say, and the weights that are there only then; never, where it cannot say so.
pub(super) type Flag = (&'static str, &'static [&'static str]);

pub(super) const OF_ATTENTION: Flag = ("attention_bias", &["q.bias", "k.bias", "v.bias", "o.bias"]);
pub(super) const OF_HEAD: Flag = ("", &["head.bias"]);

/// Layers that see only so many keys back: those that `which` names, by the file's word for how many, or by what is usual
/// where it has none.
pub(super) fn windows(
    facts: &Facts,
    d: Decoder,
    usual: usize,
    which: impl Fn(usize) -> bool,
) -> Result<Decoder, Error> {
    let said = facts.uint(Fact { gguf: "attention.sliding_window", hf: "sliding_window" })?;
    let keys = said.map_or(usual, |keys| keys.min(d.context as u64) as usize);
    let windows = (0..d.layers).map(|layer| if which(layer) { keys } else { 0 }).collect();
    Ok(Decoder { windows, ..d })
}

/// Older files say the size of the vocabulary only by its list.
fn vocab(facts: &Facts) -> Result<usize, Error> {
    let size = Fact { gguf: "vocab_size", hf: "vocab_size" };
    if let (None, Facts::Gguf(meta)) = (facts.uint(size)?, facts)
        && let Some(tokens) = meta.texts("tokenizer.ggml.tokens")?
    {
        return Ok(tokens.len());
    }
    facts.size(size, 1 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Decoder, Error> {
        let json = format!(
            r#"{{"architectures": ["LlamaForCausalLM"], "hidden_size": 512, "num_attention_heads": 2, "vocab_size": 96,
                "num_hidden_layers": 1, "intermediate_size": 64, "max_position_embeddings": 256, {more}}}"#
        );
        sizes(&Facts::Hf(serde_json::from_str(&json).unwrap()), &LIKE_LLAMA)
    }

    #[test]
    fn sizes_that_cannot_be_are_named() {
        let silent = read(r#""head_dim": null"#).unwrap();
        assert_eq!((silent.heads.head, silent.heads.groups, silent.eps, silent.own_head), (256, 2, 1e-6, false));
        for (more, words) in [
            (r#""head_dim": 320"#, "'head_dim' is 320; 1 to 256"),
            (r#""num_key_value_heads": 0"#, "'num_key_value_heads' is 0"),
            (r#""num_key_value_heads": 3"#, "2 heads in 3 groups"),
            (r#""hidden_size": 640"#, "320 numbers each"),
            (r#""head_dim": 7"#, "7 numbers each"),
            (r#""hidden_act": "gulp""#, "gulp"),
            (r#""rms_norm_eps": -1"#, "norms add"),
            (r#""rope_theta": 0"#, "'rope_theta'"),
            (r#""head_dim": "64""#, r#"'head_dim' is "64"; a whole number"#),
            (r#""num_key_value_heads": [2]"#, "'num_key_value_heads' is [2]"),
            (r#""rms_norm_eps": "1e-5""#, r#"'rms_norm_eps' is "1e-5"; a number"#),
            (r#""rope_theta": "1e4""#, r#"'rope_theta' is "1e4""#),
            (r#""rope_scaling": "linear""#, r#"'rope_scaling' is "linear"; an object"#),
            (r#""rope_scaling": {"type": "linear", "factor": "2"}"#, r#"'rope_scaling.factor' is "2""#),
            (r#""rope_scaling": {"type": 2}"#, "'rope_scaling.type' is 2; a text"),
            (r#""tie_word_embeddings": "false""#, r#"'tie_word_embeddings' is "false"; true or false"#),
            (r#""hidden_act": 1"#, "'hidden_act' is 1; a text"),
        ] {
            let e = read(more).unwrap_err();
            assert!(e.code == "config" && e.what.contains(words), "{more}: {e}");
        }
    }

    /// Of a head of 64, a GGUF file may have fewer numbers turned.
    #[test]
    fn turned_numbers_come_in_pairs() {
        const EPS: &str = "attention.layer_norm_rms_epsilon";
        let said = |turned: f64, eps: &str| {
            let mut meta = squint_weights::Meta::default();
            meta.insert("general.architecture".into(), squint_weights::Value::Text("llama".into()));
            for (key, n) in [
                ("embedding_length", 128.0),
                ("attention.head_count", 2.0),
                ("block_count", 1.0),
                ("feed_forward_length", 64.0),
                ("vocab_size", 96.0),
                ("context_length", 256.0),
                ("rope.dimension_count", turned),
                (eps, 1e-5),
            ] {
                meta.insert(format!("llama.{key}"), squint_weights::Value::Number(n));
            }
            meta
        };
        let read = |turned: f64| sizes(&Facts::Gguf(said(turned, EPS)), &LIKE_LLAMA);
        assert_eq!(read(6.0).unwrap().turns.pairs(), 3);
        let e = sizes(&Facts::Gguf(said(6.0, "another")), &LIKE_LLAMA).unwrap_err();
        assert!(e.code == "config" && e.what.contains(EPS), "{e}");
        for (turned, words) in [(5.0, "5 of them turned"), (66.0, "is 66; 1 to 64")] {
            let e = read(turned).unwrap_err();
            assert!(e.code == "config" && e.what.contains(words), "{e}");
        }
    }
}
