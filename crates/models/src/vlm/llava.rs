//! LLaVA as Hugging Face publishes it: an encoder's rows, mostly of the layer before the last, or of several layers side by
//! side, through two linear layers: <https://arxiv.org/abs/2310.03744>.

use super::vicuna::TEMPLATE;
use super::{Mmproj, Said, TIED, Vlm, mark};
use crate::own::own;
use crate::vision::mmproj;
use squint_weights::{Error, Fact, Facts};

pub static LLAVA: Vlm = Vlm {
    name: "llava",
    architectures: &["LlavaForConditionalGeneration"],
    // As they are published, and as later versions of the library keep them.
    outer: [
        &["vision_tower.vision_model.", "vision_tower.", "model.vision_tower.vision_model.", "model.vision_tower."],
        &["language_model.", "model.language_model.", ""],
    ],
    begins: [
        &["vision_tower.", "model.vision_tower."],
        &["multi_modal_projector.", "model.multi_modal_projector."],
        &["language_model.", "model.language_model.", "lm_head."],
    ],
    read,
    mmproj: Mmproj {
        projectors: &[["mlp", "mm.2.weight"]],
        towers: &[&mmproj::CLIP, &mmproj::SIGLIP],
        marks: &[],
        tiles: false,
        template: Some(TEMPLATE),
    },
};

fn read(facts: &Facts) -> Result<Said, Error> {
    let strategy = facts.text(Fact { gguf: "", hf: "vision_feature_select_strategy" })?.unwrap_or("default");
    let dropped = match strategy {
        // The first row, whether it is the class token's or not.
        "default" => 1,
        "full" => 0,
        other => {
            let what = format!("'vision_feature_select_strategy' is '{other}'");
            return Err(Error::new("config", what, "it can be default or full"));
        }
    };
    Ok(Said {
        vision: own(facts, "vision_config", "clip_vision_model")?,
        layers: layers(facts)?,
        dropped,
        projector: "mlp",
        absent: match facts.flag(Fact { gguf: "", hf: "multimodal_projector_bias" })? {
            Some(false) => &["bias"],
            _ => &[],
        },
        text: own(facts, "text_config", "llama")?,
        // Saved with the part at first: where that says so, `transformers` does not ask the whole.
        tied: match facts.flag(Fact { gguf: "?", hf: "text_config.tie_word_embeddings" })? {
            Some(true) => Some(true),
            _ => facts.flag(TIED)?,
        },
        mark: mark(facts)?,
        beside: None,
    })
}

/// A number, or a list of them.
fn layers(facts: &Facts) -> Result<Vec<i64>, Error> {
    let Facts::Hf(config) = facts else { return Ok(vec![-2]) };
    let said = match config.get("vision_feature_layer") {
        None | Some(serde_json::Value::Null) => return Ok(vec![-2]),
        Some(said) => said,
    };
    let all = said.as_array().map_or(std::slice::from_ref(said), Vec::as_slice);
    all.iter().map(serde_json::Value::as_i64).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty()).ok_or_else(
        || {
            let what = format!("'vision_feature_layer' is {said}");
            Error::new("config", what, "it can be the number of a layer, or a list of such numbers")
        },
    )
}
