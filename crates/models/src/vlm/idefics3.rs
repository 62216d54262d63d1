//! Idefics3 and SmolVLM: tiles of a picture and the whole of it, each through the same tower and a pixel shuffle:
//! <https://arxiv.org/abs/2408.12637>, <https://arxiv.org/abs/2504.05299>.

use super::{Mmproj, Said, TIED, Vlm, mark};
use crate::own::{own, own_as};
use crate::vision::mmproj;

pub static IDEFICS3: Vlm = Vlm {
    name: "idefics3",
    architectures: &["Idefics3ForConditionalGeneration", "SmolVLMForConditionalGeneration"],
    outer: [&["model.vision_model.", "vision_model."], &["model.text_model.", "text_model.", ""]],
    begins: [
        &["model.vision_model.", "vision_model."],
        &["model.connector.", "connector."],
        &["model.text_model.", "text_model.", "lm_head."],
    ],
    read: |facts| {
        Ok(Said {
            // Files call it by the whole model's name, too.
            vision: own_as(facts, "vision_config", "idefics3_vision")?,
            layers: vec![],
            dropped: 0,
            projector: "idefics3",
            absent: &["bias"],
            text: own(facts, "text_config", "llama")?,
            tied: facts.flag(TIED)?,
            mark: mark(facts)?,
            beside: None,
        })
    },
    mmproj: Mmproj {
        projectors: &[["idefics3", "mm.model.fc.weight"]],
        towers: &[&mmproj::IDEFICS3],
        marks: &["<image>", "<fake_token_around_image>", "<global-img>"],
        tiles: true,
        template: None,
    },
};
