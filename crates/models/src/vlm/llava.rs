//! LLaVA as Hugging Face publishes it: an encoder's rows, mostly of the layer before the last, through two linear layers:
//! <https://arxiv.org/abs/2310.03744>.

use super::own::own;
use super::{Said, Vlm, mark};
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
        layer: Some(layer(facts)?),
        dropped,
        projector: "mlp",
        text: own(facts, "text_config", "llama")?,
        mark: mark(facts)?,
        beside: None,
    })
}

/// A number, or a list of them.
fn layer(facts: &Facts) -> Result<i64, Error> {
    let Facts::Hf(config) = facts else { return Ok(-2) };
    let said = match config.get("vision_feature_layer") {
        None | Some(serde_json::Value::Null) => return Ok(-2),
        Some(serde_json::Value::Array(all)) if all.len() == 1 => &all[0],
        Some(said) => said,
    };
    said.as_i64().ok_or_else(|| {
        let what = format!("'vision_feature_layer' is {said}");
        Error::new("config", what, "use a model that looks at one layer of its encoder")
    })
}
