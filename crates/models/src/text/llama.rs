//! Llama and its many children: SmolLM2, TinyLlama, MobileLLaMA, DeepSeek-LLM.

use super::Text;
use crate::function::function;
use crate::rope::frequencies;
use squint_nn::attention::{At, Heads, causal};
use squint_nn::decoder::Decoder;
use squint_nn::{Net, mlp};
use squint_ops::Buf;
use squint_ops::op::Rope;
use squint_weights::{Error, Fact, Facts};

pub static LLAMA: Text = Text {
    name: "llama",
    architectures: &["llama", "LlamaForCausalLM"],
    naming: &[
        ["embed.weight", "token_embd.weight", "model.embed_tokens.weight"],
        ["layers.{}.attn_norm.weight", "blk.{}.attn_norm.weight", "model.layers.{}.input_layernorm.weight"],
        ["layers.{}.attn.q.weight", "blk.{}.attn_q.weight", "model.layers.{}.self_attn.q_proj.weight"],
        ["layers.{}.attn.k.weight", "blk.{}.attn_k.weight", "model.layers.{}.self_attn.k_proj.weight"],
        ["layers.{}.attn.v.weight", "blk.{}.attn_v.weight", "model.layers.{}.self_attn.v_proj.weight"],
        ["layers.{}.attn.o.weight", "blk.{}.attn_output.weight", "model.layers.{}.self_attn.o_proj.weight"],
        // Few of them have biases.
        ["layers.{}.attn.q.bias", "blk.{}.attn_q.bias", "model.layers.{}.self_attn.q_proj.bias"],
        ["layers.{}.attn.k.bias", "blk.{}.attn_k.bias", "model.layers.{}.self_attn.k_proj.bias"],
        ["layers.{}.attn.v.bias", "blk.{}.attn_v.bias", "model.layers.{}.self_attn.v_proj.bias"],
        ["layers.{}.attn.o.bias", "blk.{}.attn_output.bias", "model.layers.{}.self_attn.o_proj.bias"],
        ["layers.{}.mlp.gate.bias", "blk.{}.ffn_gate.bias", "model.layers.{}.mlp.gate_proj.bias"],
        ["layers.{}.mlp.up.bias", "blk.{}.ffn_up.bias", "model.layers.{}.mlp.up_proj.bias"],
        ["layers.{}.mlp.down.bias", "blk.{}.ffn_down.bias", "model.layers.{}.mlp.down_proj.bias"],
        ["layers.{}.mlp_norm.weight", "blk.{}.ffn_norm.weight", "model.layers.{}.post_attention_layernorm.weight"],
        ["layers.{}.mlp.gate.weight", "blk.{}.ffn_gate.weight", "model.layers.{}.mlp.gate_proj.weight"],
        ["layers.{}.mlp.up.weight", "blk.{}.ffn_up.weight", "model.layers.{}.mlp.up_proj.weight"],
        ["layers.{}.mlp.down.weight", "blk.{}.ffn_down.weight", "model.layers.{}.mlp.down_proj.weight"],
        ["norm.weight", "output_norm.weight", "model.norm.weight"],
        ["head.weight", "output.weight", "lm_head.weight"],
    ],
    ignored: &["rotary_emb.inv_freq"],
    sizes,
    layer,
};

/// Numbers in a head at most, which is what `attention` can hold.
const HEAD: u64 = 256;

fn sizes(facts: &Facts) -> Result<Decoder, Error> {
    let size = |gguf, hf, most| facts.size(Fact { gguf, hf }, most);
    let size_or = |gguf, hf, usual, most| facts.size_or(Fact { gguf, hf }, usual, most);
    let width = size("embedding_length", "hidden_size", 1 << 16)?;
    let heads = size("attention.head_count", "num_attention_heads", 1 << 10)?;
    // Files of models without groups leave them out.
    let groups = size_or("attention.head_count_kv", "num_key_value_heads", heads, 1 << 10)?;
    let head = size_or("attention.key_length", "head_dim", width / heads, HEAD)?;
    let rotated = size_or("rope.dimension_count", "", head, head as u64)?;
    if heads % groups != 0 || head == 0 || head as u64 > HEAD || head % 2 + rotated % 2 != 0 {
        return Err(Error::new(
            "config",
            format!(
                "{heads} heads in {groups} groups, {head} numbers each and {rotated} of them turned; whole groups, and \
                 even numbers up to {HEAD} are possible"
            ),
            "the file is damaged or not a model of this family",
        ));
    }
    let rope = Rope {
        rotated,
        // GGUF files have the rows of q and k reordered so that pairs lie side by side.
        side_by_side: matches!(facts, Facts::Gguf(_)),
    };
    let eps = facts.number(Fact { gguf: "attention.layer_norm_rms_epsilon", hf: "rms_norm_eps" });
    Ok(Decoder {
        layers: size("block_count", "num_hidden_layers", 1 << 10)?,
        heads: Heads { width, heads, groups, head },
        inner: size("feed_forward_length", "intermediate_size", 1 << 18)?,
        vocab: vocab(facts)?,
        context: size("context_length", "max_position_embeddings", 1 << 24)?,
        // What `transformers` takes where a configuration is silent; GGUF files never are.
        eps: eps.unwrap_or(1e-6) as f32,
        rope,
        frequencies: frequencies(facts, rope)?,
        own_head: facts.flag(Fact { gguf: "?", hf: "tie_word_embeddings" }) == Some(false),
        function: function(facts, "silu")?,
    })
}

/// Older files say the size of the vocabulary only by its list.
fn vocab(facts: &Facts) -> Result<usize, Error> {
    let said = facts.size(Fact { gguf: "vocab_size", hf: "vocab_size" }, 1 << 24);
    match (said, facts) {
        (Err(_), Facts::Gguf(meta)) if meta.list("tokenizer.ggml.tokens").is_some() => {
            Ok(meta.list("tokenizer.ggml.tokens").map_or(0, |l| l.texts().count()))
        }
        (said, _) => said,
    }
}

fn layer(net: &mut Net, d: &Decoder, name: &str, x: Buf, at: At) -> Result<Buf, Error> {
    let norm = net.vector(&format!("{name}.attn_norm.weight"), d.heads.width)?;
    let y = net.rec.rms_norm(x, norm, d.eps);
    let y = causal(net, y, &format!("{name}.attn"), d.heads, (d.rope, &d.frequencies), at)?;
    let x = net.rec.add(x, y);
    let norm = net.vector(&format!("{name}.mlp_norm.weight"), d.heads.width)?;
    let y = net.rec.rms_norm(x, norm, d.eps);
    let y = mlp::gated(net, y, &format!("{name}.mlp"), d.heads.width, d.inner, d.function)?;
    Ok(net.rec.add(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<Decoder, Error> {
        let json = format!(
            r#"{{"architectures": ["LlamaForCausalLM"], "hidden_size": 512, "num_attention_heads": 2, "vocab_size": 96,
                "num_hidden_layers": 1, "intermediate_size": 64, "max_position_embeddings": 256, {more}}}"#
        );
        sizes(&Facts::Hf(serde_json::from_str(&json).unwrap()))
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
        ] {
            let e = read(more).unwrap_err();
            assert!(e.code == "config" && e.what.contains(words), "{more}: {e}");
        }
    }

    /// Of a head of 64, a GGUF file may have fewer numbers turned.
    #[test]
    fn turned_numbers_come_in_pairs() {
        let read = |turned: f64| {
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
            ] {
                meta.insert(format!("llama.{key}"), squint_weights::Value::Number(n));
            }
            sizes(&Facts::Gguf(meta))
        };
        assert_eq!(read(6.0).unwrap().frequencies.len(), 3);
        for (turned, words) in [(5.0, "5 of them turned"), (66.0, "is 66; 1 to 64")] {
            let e = read(turned).unwrap_err();
            assert!(e.code == "config" && e.what.contains(words), "{e}");
        }
    }
}
