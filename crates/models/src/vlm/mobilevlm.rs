//! MobileVLM and its second version: CLIP, a lightweight downsample projector and MobileLLaMA, in the files of the official
//! code: <https://arxiv.org/abs/2312.16886>, <https://arxiv.org/abs/2402.03766>. `transformers` has neither, so what they are
//! held against is written in PyTorch from their cards.

use super::vicuna::TEMPLATE;
use super::{Beside, Mmproj, Said, TIED, Vlm};
use crate::own::{of_class, own_as};
use crate::vision::{mmproj, published};
use squint_weights::{Error, Fact, Facts};

pub static MOBILEVLM: Vlm = Vlm {
    name: "mobilevlm",
    architectures: &["MobileLlamaForCausalLM"],
    outer: [&["model.vision_tower.vision_tower.vision_model.", "model.vision_tower.vision_tower."], &[""]],
    begins: [
        &["model.vision_tower."],
        &["model.mm_projector."],
        &["model.layers.", "model.embed_tokens.", "model.norm.", "lm_head."],
    ],
    read,
    mmproj: Mmproj {
        projectors: &[["ldp", "mm.model.mb_block.2.block.2.1.bias"], ["ldpv2", "mm.model.peg.0.bias"]],
        towers: &[&mmproj::CLIP],
        marks: &[],
        tiles: false,
        template: Some(TEMPLATE),
    },
};

fn read(facts: &Facts) -> Result<Said, Error> {
    let word = |hf| facts.text(Fact { gguf: "", hf });
    let projector = word("mm_projector_type")?.unwrap_or("ldpnet");
    let projector = ["ldpnet", "ldpnetv2"].into_iter().find(|name| *name == projector).ok_or_else(|| {
        let what = format!("'mm_projector_type' is '{projector}'");
        Error::new("config", what, "a MobileVLM has ldpnet or ldpnetv2")
    })?;
    let dropped = match word("mm_vision_select_feature")?.unwrap_or("patch") {
        "patch" => 1,
        "cls_patch" => 0,
        other => {
            let what = format!("'mm_vision_select_feature' is '{other}'");
            return Err(Error::new("config", what, "it can be patch or cls_patch"));
        }
    };
    let layer = Fact { gguf: "", hf: "mm_vision_select_layer" };
    let layer = facts.number(layer)?.unwrap_or(-2.0) as i64;
    let text = whole(facts)?;
    // No token of its vocabulary stands for a picture: the first number beyond it does.
    let mark = text.size(Fact { gguf: "", hf: "vocab_size" }, 1 << 24)? as u32;
    let beside = Beside {
        padded: word("image_aspect_ratio")? == Some("pad"),
        processor: "CLIPImageProcessor",
        template: TEMPLATE,
    };
    let (layers, beside) = (vec![layer], Some(beside));
    // Norms come after them.
    let absent = &["depth.bias", "point.bias"];
    Ok(Said { vision: tower(facts)?, layers, dropped, projector, absent, text, tied: facts.flag(TIED)?, mark, beside })
}

/// The language model's configuration is the whole model's.
fn whole(facts: &Facts) -> Result<Facts, Error> {
    let Facts::Hf(serde_json::Value::Object(root)) = facts else {
        return Err(Error::new("config", "a configuration that is no table", "the file is damaged: get it again"));
    };
    of_class(root, "llama")
}

/// The tower is named, and has the sizes of the one that was published under that name.
fn tower(facts: &Facts) -> Result<Facts, Error> {
    if facts.part("vision_config")?.text(Fact { gguf: "", hf: "model_type" })? == Some("clip_vision_model") {
        return own_as(facts, "vision_config", "clip_vision_model");
    }
    let name = facts.text(Fact { gguf: "", hf: "mm_vision_tower" })?.unwrap_or("none");
    let short = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let known = published(short).ok_or_else(|| {
        let what = format!("'mm_vision_tower' is '{name}', whose sizes are not known");
        Error::new("config", what, "use a model with clip-vit-large-patch14-336, as the published ones have")
    })?;
    match known.facts()? {
        Facts::Hf(serde_json::Value::Object(sizes)) => of_class(&sizes, "clip_vision_model"),
        _ => Err(Error::bug("a published encoder without sizes")),
    }
}
