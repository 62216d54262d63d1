//! Published models that see, by name: what is to be known of them before any download, and their sizes as their
//! `config.json` says them, for estimates.

use crate::licence::{Licence, apache, llama2};
use crate::oracle::{PYTORCH, TRANSFORMERS};
use squint_weights::{Error, Facts};

/// Facts, with where they are from.
pub struct Card {
    pub name: &'static str,
    /// Encoder, projector, language model.
    pub parts: [&'static str; 3],
    /// How a picture becomes views, and how a question is written.
    pub preprocess: &'static str,
    pub template: &'static str,
    /// Edge of a view, pixels.
    pub resolution: usize,
    /// Longer edge that pictures are brought to before they are cut into tiles, which are views; none where they are not.
    pub tiles: Option<usize>,
    /// Views that a square picture becomes; rows of one view before the projector and after it.
    pub views: usize,
    pub tokens: [usize; 2],
    /// What its authors measured, and where they say so: every number was read there, or in a copy of that page.
    pub claims: &'static str,
    pub source: &'static str,
    pub licence: Licence,
    /// What this one was held against here.
    pub oracle: &'static str,
    config: &'static str,
    /// Weights that the families may have and this one has not: the encoder's, the language model's.
    pub absent: [&'static [&'static str]; 2],
}

impl Card {
    pub fn facts(&self) -> Result<Facts, Error> {
        let config =
            serde_json::from_str(self.config).map_err(|e| Error::bug(format!("sizes of {}: {e}", self.name)))?;
        Ok(Facts::Hf(config))
    }
}

/// A published model by name; `-instruct` changes no size and may be left on.
pub fn published(name: &str) -> Option<&'static Card> {
    let plain = name.strip_suffix("-instruct").unwrap_or(name);
    CARDS.iter().find(|card| card.name == plain)
}

const CLIP: &str = "CLIP ViT-L/14 at 336, layer before the last";
const CLIP_ABSENT: &[&str] = &["patch.bias", "project.bias"];
const V1: &str = "Vicuna's: system text, USER: <image> and the question, ASSISTANT:";
const TURNS: &str = "<|im_start|>User:<image>question<end_of_utterance>, Assistant:";
const PADDED: &str = "a square of the mean colour around the picture, bicubic to 336";
const TILES: &str = "longer edge to 2048, tiles of 512 and one view of the whole, Lanczos";
const SIGLIP: &str = "SigLIP base, patches of 16 at 512";

const LLAVA_ZOO: &str = "https://github.com/haotian-liu/LLaVA/blob/main/docs/MODEL_ZOO.md, LLaVA-v1.5, 7B full_ft-1e";
const MOBILE_ZOO: &str = "https://github.com/Meituan-AutoML/MobileVLM/blob/main/README.md, Model Zoo";
const MOBILE_V1: &str = "https://github.com/Meituan-AutoML/MobileVLM/blob/main/README.md, Model Zoo, \
    and assets/READMEv1.md, first lines";
const SMOL_256: &str = "https://huggingface.co/HuggingFaceTB/SmolVLM-256M-Instruct, Evaluation, and its first lines";
const SMOL_500: &str = "https://huggingface.co/HuggingFaceTB/SmolVLM-500M-Instruct, Evaluation, and its first lines";

/// MobileVLM's weights. Its notice is about what they were made from.
const fn mobile(link: &'static str) -> Licence {
    apache(link).noted("its authors ask to comply with the licences of the datasets and checkpoints behind it, too")
}

pub static CARDS: &[Card] = &[
    Card {
        name: "llava-1.5-7b",
        parts: [CLIP, "two linear layers", "Vicuna-7B v1.5"],
        preprocess: "shorter edge to 336, bicubic, and the middle of it; its authors' code pads it to a square instead",
        template: "USER: <image> and the question, ASSISTANT:; its authors' code puts Vicuna's system text before",
        resolution: 336,
        tiles: None,
        views: 1,
        tokens: [576, 576],
        claims: "VQAv2 78.5, GQA 62.0, TextVQA 58.2, POPE 85.9",
        source: LLAVA_ZOO,
        licence: llama2("https://huggingface.co/llava-hf/llava-1.5-7b-hf")
            .noted("its authors ask to comply with OpenAI's terms of use, too, for the data it learnt from"),
        oracle: TRANSFORMERS,
        config: r#"{"architectures": ["LlavaForConditionalGeneration"], "image_token_index": 32000,
            "vision_config": {"model_type": "clip_vision_model", "hidden_size": 1024, "intermediate_size": 4096,
                "num_hidden_layers": 24, "num_attention_heads": 16, "image_size": 336, "patch_size": 14},
            "text_config": {"model_type": "llama", "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
                "vocab_size": 32064}}"#,
        absent: [CLIP_ABSENT, &["bias"]],
    },
    Card {
        name: "smolvlm-256m",
        parts: [SIGLIP, "pixel shuffle by 4, one linear layer", "SmolLM2-135M-Instruct"],
        preprocess: TILES,
        template: TURNS,
        resolution: 512,
        tiles: Some(2048),
        views: 17,
        tokens: [1024, 64],
        claims: "TextVQA 49.9, DocVQA 58.3, MMMU 28.3; less than 1 GB of GPU memory for one picture",
        source: SMOL_256,
        licence: apache("https://huggingface.co/HuggingFaceTB/SmolVLM-256M-Instruct"),
        oracle: TRANSFORMERS,
        config: r#"{"architectures": ["Idefics3ForConditionalGeneration"], "image_token_id": 49190, "scale_factor": 4,
            "vision_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
                "num_hidden_layers": 12, "image_size": 512, "patch_size": 16},
            "text_config": {"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536,
                "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "head_dim": 64,
                "vocab_size": 49280, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}}"#,
        absent: [&[], &["bias"]],
    },
    Card {
        name: "smolvlm-500m",
        parts: [SIGLIP, "pixel shuffle by 4, one linear layer", "SmolLM2-360M-Instruct"],
        preprocess: TILES,
        template: TURNS,
        resolution: 512,
        tiles: Some(2048),
        views: 17,
        tokens: [1024, 64],
        claims: "TextVQA 60.5, DocVQA 70.5, MMMU 33.7; 1.23 GB of GPU memory for one picture",
        source: SMOL_500,
        licence: apache("https://huggingface.co/HuggingFaceTB/SmolVLM-500M-Instruct"),
        oracle: TRANSFORMERS,
        config: r#"{"architectures": ["Idefics3ForConditionalGeneration"], "image_token_id": 49190, "scale_factor": 4,
            "vision_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
                "num_hidden_layers": 12, "image_size": 512, "patch_size": 16},
            "text_config": {"model_type": "llama", "hidden_size": 960, "intermediate_size": 2560,
                "num_hidden_layers": 32, "num_attention_heads": 15, "num_key_value_heads": 5, "head_dim": 64,
                "vocab_size": 49280, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000}}"#,
        absent: [&[], &["bias"]],
    },
    Card {
        name: "mobilevlm-1.7b",
        parts: [CLIP, "LDP", "MobileLLaMA-1.4B-Chat"],
        preprocess: PADDED,
        template: V1,
        resolution: 336,
        tiles: None,
        views: 1,
        tokens: [576, 144],
        claims: "GQA 56.1, TextVQA 41.5, POPE 84.5; 21.5 tokens/s on a Snapdragon 888, of a size that is not named",
        source: MOBILE_V1,
        licence: mobile("https://huggingface.co/mtgv/MobileVLM-1.7B"),
        oracle: PYTORCH,
        config: r#"{"architectures": ["MobileLlamaForCausalLM"], "mm_projector_type": "ldpnet",
            "mm_vision_tower": "openai/clip-vit-large-patch14-336", "image_aspect_ratio": "pad", "hidden_size": 2048,
            "intermediate_size": 5632, "num_hidden_layers": 24, "num_attention_heads": 16, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6}"#,
        absent: [CLIP_ABSENT, &["bias"]],
    },
    Card {
        name: "mobilevlm-3b",
        parts: [CLIP, "LDP", "MobileLLaMA-2.7B-Chat"],
        preprocess: PADDED,
        template: V1,
        resolution: 336,
        tiles: None,
        views: 1,
        tokens: [576, 144],
        claims: "GQA 59.0, TextVQA 47.5, POPE 84.9",
        source: MOBILE_ZOO,
        licence: mobile("https://huggingface.co/mtgv/MobileVLM-3B"),
        oracle: PYTORCH,
        config: r#"{"architectures": ["MobileLlamaForCausalLM"], "mm_projector_type": "ldpnet",
            "mm_vision_tower": "openai/clip-vit-large-patch14-336", "image_aspect_ratio": "pad", "hidden_size": 2560,
            "intermediate_size": 6912, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6}"#,
        absent: [CLIP_ABSENT, &["bias"]],
    },
    Card {
        name: "mobilevlm-v2-1.7b",
        parts: [CLIP, "LDPv2", "MobileLLaMA-1.4B-Chat"],
        preprocess: PADDED,
        template: V1,
        resolution: 336,
        tiles: None,
        views: 1,
        tokens: [576, 144],
        claims: "GQA 59.3, TextVQA 52.1, POPE 84.3",
        source: MOBILE_ZOO,
        licence: mobile("https://huggingface.co/mtgv/MobileVLM_V2-1.7B"),
        oracle: PYTORCH,
        config: r#"{"architectures": ["MobileLlamaForCausalLM"], "mm_projector_type": "ldpnetv2",
            "mm_vision_tower": "openai/clip-vit-large-patch14-336", "image_aspect_ratio": "pad", "hidden_size": 2048,
            "intermediate_size": 5632, "num_hidden_layers": 24, "num_attention_heads": 16, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6}"#,
        absent: [CLIP_ABSENT, &["bias"]],
    },
    Card {
        name: "mobilevlm-v2-3b",
        parts: [CLIP, "LDPv2", "MobileLLaMA-2.7B-Chat"],
        preprocess: PADDED,
        template: V1,
        resolution: 336,
        tiles: None,
        views: 1,
        tokens: [576, 144],
        claims: "GQA 61.1, TextVQA 57.5, POPE 84.7",
        source: MOBILE_ZOO,
        licence: mobile("https://huggingface.co/mtgv/MobileVLM_V2-3B"),
        oracle: PYTORCH,
        config: r#"{"architectures": ["MobileLlamaForCausalLM"], "mm_projector_type": "ldpnetv2",
            "mm_vision_tower": "openai/clip-vit-large-patch14-336", "image_aspect_ratio": "pad", "hidden_size": 2560,
            "intermediate_size": 6912, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6}"#,
        absent: [CLIP_ABSENT, &["bias"]],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projector;
    use crate::vlm::{Parts, VLMS};
    use squint_nn::decoder::{Answer, Pass, record};
    use squint_nn::{Place, Planned, Want};
    use squint_ops::{Grid, Kind};

    /// Numbers in the weights, as `transformers` counts them when it makes these models from their configurations.
    const COUNTED: &[(&str, usize)] =
        &[("llava-1.5-7b", 7_063_427_072), ("smolvlm-256m", 256_484_928), ("smolvlm-500m", 507_482_304)];

    #[test]
    fn published_models_have_their_weights() {
        for (name, want) in COUNTED {
            let card = published(name).unwrap();
            let (facts, [eye, tongue]) = (card.facts().unwrap(), card.absent);
            let Parts { vision, text, projector, .. } = Parts::of(&facts).unwrap().unwrap();
            let ends = Parts::of(&facts).unwrap().unwrap().ends(vision.sizes.image);
            let planned = |absent| Planned { matrices: Kind::F32, to: None, absent };
            let fitted = (projector.read)(&facts, &ends).unwrap();
            let pass = Pass { rows: 1, answer: Answer::Last, room: 1, cache: Kind::F32, album: 0 };
            // Idefics3's layer has no bias.
            let plain: &[&str] = if name.starts_with("smol") { &["bias"] } else { &[] };
            let all = [
                vision.family.record(&planned(eye), &vision.sizes, vision.sizes.look()).unwrap().wants,
                projector::record(&planned(plain), fitted.as_ref(), &ends).unwrap().wants,
                record(&planned(tongue), &text.sizes, text.family.layer, pass).unwrap().wants,
            ];
            let ours = |w: &&Want| w.place == Place::Model && w.made.is_none();
            let got: usize = all.iter().flatten().filter(ours).map(|w| w.rows * w.cols.max(1)).sum();
            assert_eq!(got, *want, "{name}");
        }
    }

    /// Tokens of a view are those that the recipe makes, and every recipe has a card.
    #[test]
    fn cards_say_what_recipes_make() {
        for card in CARDS {
            let facts = card.facts().unwrap();
            let parts = Parts::of(&facts).unwrap().unwrap();
            let ends = parts.ends(parts.vision.sizes.image);
            let tokens = (parts.projector.read)(&facts, &ends).unwrap().tokens();
            assert_eq!([ends.views[0].grid.rows(), tokens], card.tokens, "{}", card.name);
            assert_eq!(Grid::square(card.resolution), parts.vision.sizes.image, "{}", card.name);
            assert_eq!(card.oracle == PYTORCH, parts.beside.is_some(), "{}", card.name);
        }
        let known =
            |kind: &str| CARDS.iter().any(|c| Parts::of(&c.facts().unwrap()).unwrap().unwrap().kind.name == kind);
        assert!(VLMS.iter().all(|v| known(v.name)));
        assert!(published("smolvlm-256m-instruct").is_some() && published("smolvlm-2.2b").is_none());
    }
}
