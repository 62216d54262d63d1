//! Published vision encoders by name: their sizes as their `config.json` says them, for estimates before any download.
//! Each was compared with that file, or with a copy of it. Those of vit-tiny, deit-tiny and the one with registers were
//! not at hand: these have the sizes of their authors' code.

use crate::licence::{Licence, apache, mit};
use crate::text::Published;

/// A published encoder by name.
pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|p| p.name == name)
}

/// OpenAI's weights.
const fn clip(link: &'static str) -> Licence {
    mit("https://github.com/openai/CLIP/blob/main/LICENSE", link)
        .noted("not read on the page of the weights: this is the one of OpenAI's repository, where they are from")
}

pub static PUBLISHED: &[Published] = &[
    Published {
        name: "vit-tiny-patch16-224",
        config: r#"{"architectures": ["ViTForImageClassification"], "hidden_size": 192, "num_hidden_layers": 12,
            "num_attention_heads": 3, "intermediate_size": 768, "image_size": 224, "patch_size": 16,
            "num_labels": 1000}"#,
        absent: &[],
        licence: apache("https://huggingface.co/WinKawaks/vit-tiny-patch16-224"),
    },
    Published {
        name: "vit-base-patch16-224",
        config: r#"{"architectures": ["ViTForImageClassification"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16,
            "num_labels": 1000}"#,
        absent: &[],
        licence: apache("https://huggingface.co/google/vit-base-patch16-224"),
    },
    Published {
        name: "deit-tiny-distilled-patch16-224",
        config: r#"{"architectures": ["DeiTForImageClassificationWithTeacher"], "hidden_size": 192, "num_hidden_layers": 12,
            "num_attention_heads": 3, "intermediate_size": 768, "image_size": 224, "patch_size": 16,
            "num_labels": 1000}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/deit-tiny-distilled-patch16-224"),
    },
    Published {
        name: "clip-vit-base-patch32",
        config: r#"{"architectures": ["CLIPVisionModelWithProjection"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 32,
            "projection_dim": 512}"#,
        absent: &["patch.bias", "project.bias"],
        licence: clip("https://huggingface.co/openai/clip-vit-base-patch32"),
    },
    Published {
        name: "clip-vit-base-patch16",
        config: r#"{"architectures": ["CLIPVisionModelWithProjection"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16,
            "projection_dim": 512}"#,
        absent: &["patch.bias", "project.bias"],
        licence: clip("https://huggingface.co/openai/clip-vit-base-patch16"),
    },
    Published {
        name: "clip-vit-large-patch14",
        config: r#"{"architectures": ["CLIPVisionModelWithProjection"], "hidden_size": 1024, "num_hidden_layers": 24,
            "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 224, "patch_size": 14,
            "projection_dim": 768}"#,
        absent: &["patch.bias", "project.bias"],
        licence: clip("https://huggingface.co/openai/clip-vit-large-patch14"),
    },
    Published {
        name: "clip-vit-large-patch14-336",
        config: r#"{"architectures": ["CLIPVisionModelWithProjection"], "hidden_size": 1024, "num_hidden_layers": 24,
            "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 336, "patch_size": 14,
            "projection_dim": 768}"#,
        absent: &["patch.bias", "project.bias"],
        licence: clip("https://huggingface.co/openai/clip-vit-large-patch14-336"),
    },
    Published {
        name: "siglip-base-patch16-224",
        config: r#"{"architectures": ["SiglipVisionModel"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16}"#,
        absent: &[],
        licence: apache("https://huggingface.co/google/siglip-base-patch16-224"),
    },
    Published {
        name: "siglip-base-patch16-512",
        config: r#"{"architectures": ["SiglipVisionModel"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 512, "patch_size": 16}"#,
        absent: &[],
        licence: apache("https://huggingface.co/google/siglip-base-patch16-512"),
    },
    Published {
        name: "siglip-large-patch16-384",
        config: r#"{"architectures": ["SiglipVisionModel"], "hidden_size": 1024, "num_hidden_layers": 24,
            "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 384, "patch_size": 16}"#,
        absent: &[],
        licence: apache("https://huggingface.co/google/siglip-large-patch16-384"),
    },
    Published {
        name: "siglip-so400m-patch14-384",
        config: r#"{"architectures": ["SiglipVisionModel"], "hidden_size": 1152, "num_hidden_layers": 27,
            "num_attention_heads": 16, "intermediate_size": 4304, "image_size": 384, "patch_size": 14}"#,
        absent: &[],
        licence: apache("https://huggingface.co/google/siglip-so400m-patch14-384"),
    },
    Published {
        name: "dinov2-small",
        config: r#"{"architectures": ["Dinov2Model"], "hidden_size": 384, "num_hidden_layers": 12,
            "num_attention_heads": 6, "image_size": 518, "patch_size": 14}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/dinov2-small"),
    },
    Published {
        name: "dinov2-base",
        config: r#"{"architectures": ["Dinov2Model"], "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "image_size": 518, "patch_size": 14}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/dinov2-base"),
    },
    Published {
        name: "dinov2-large",
        config: r#"{"architectures": ["Dinov2Model"], "hidden_size": 1024, "num_hidden_layers": 24,
            "num_attention_heads": 16, "image_size": 518, "patch_size": 14}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/dinov2-large"),
    },
    Published {
        name: "dinov2-giant",
        config: r#"{"architectures": ["Dinov2Model"], "hidden_size": 1536, "num_hidden_layers": 40,
            "num_attention_heads": 24, "image_size": 518, "patch_size": 14, "use_swiglu_ffn": true}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/dinov2-giant"),
    },
    Published {
        name: "dinov2-with-registers-small",
        config: r#"{"architectures": ["Dinov2WithRegistersModel"], "hidden_size": 384, "num_hidden_layers": 12,
            "num_attention_heads": 6, "image_size": 518, "patch_size": 14, "num_register_tokens": 4}"#,
        absent: &[],
        licence: apache("https://huggingface.co/facebook/dinov2-with-registers-small").noted(
            "not read on the page of the weights: this is the one of DINOv2's repository, for code and weights alike",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::family;
    use squint_nn::Planned;
    use squint_ops::{Kind, Null};

    /// Numbers in the weights, as `transformers` counts them when it makes these models from their configurations.
    const COUNTED: &[(&str, usize)] = &[
        ("vit-tiny-patch16-224", 5_717_416),
        ("vit-base-patch16-224", 86_567_656),
        ("deit-tiny-distilled-patch16-224", 5_910_800),
        ("clip-vit-base-patch32", 87_849_216),
        ("clip-vit-base-patch16", 86_192_640),
        ("clip-vit-large-patch14", 303_966_208),
        ("clip-vit-large-patch14-336", 304_293_888),
        ("siglip-base-patch16-224", 92_884_224),
        ("siglip-base-patch16-512", 93_520_128),
        ("siglip-large-patch16-384", 316_283_904),
        ("siglip-so400m-patch14-384", 428_225_600),
        ("dinov2-small", 22_056_192),
        ("dinov2-base", 86_579_712),
        ("dinov2-large", 304_367_616),
        ("dinov2-giant", 1_136_479_232),
        ("dinov2-with-registers-small", 22_057_728),
    ];

    #[test]
    fn published_encoders_have_their_weights() {
        assert_eq!(COUNTED.len(), PUBLISHED.len());
        for (name, want) in COUNTED {
            let p = published(name).unwrap();
            let facts = p.facts().unwrap();
            let family = family(&facts).unwrap().unwrap();
            let sizes = (family.sizes)(&facts).unwrap();
            let planned = Planned { matrices: Kind::F32, to: None, absent: p.absent };
            let wants = family.record(&planned, &sizes, sizes.look()).unwrap().wants;
            assert_eq!(wants.iter().map(|w| w.rows * w.cols.max(1)).sum::<usize>(), *want, "{name}");
        }
    }

    /// Of n rows, width d and inner width m, each of L layers takes 2n(4d² + 2dm) + 4n²d, as papers count; patches, norms
    /// and sums come on top.
    #[test]
    fn layers_cost_what_papers_say() {
        for name in ["vit-base-patch16-224", "clip-vit-large-patch14-336", "siglip-so400m-patch14-384", "dinov2-small"]
        {
            let p = published(name).unwrap();
            let facts = p.facts().unwrap();
            let family = family(&facts).unwrap().unwrap();
            let e = (family.sizes)(&facts).unwrap();
            let planned = Planned { matrices: Kind::F32, to: None, absent: p.absent };
            let cost = |layer| {
                let look = squint_nn::encoder::Look { layer: Some(layer), ..e.look() };
                Null::bill(&family.record(&planned, &e, look).unwrap().rec, &[]).unwrap().flops as f64
            };
            let (n, d, m) = (e.rows(e.look()) as f64, e.heads.width as f64, e.inner as f64);
            let want = 2.0 * n * (4.0 * d * d + 2.0 * d * m) + 4.0 * n * n * d;
            let got = cost(2) - cost(1);
            assert!((got / want - 1.0).abs() < 0.02, "{name}: {got} for {want}");
        }
    }
}
