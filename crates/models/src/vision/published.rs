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
    use squint_nn::encoder::Look;
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

    /// What a configuration says, by the papers' symbols: width d, width inside m, layers L, patches g² of 3p² numbers.
    /// No recipe has read it.
    struct Said {
        d: f64,
        m: f64,
        l: f64,
        patches: f64,
        cell: f64,
        config: serde_json::Value,
    }

    impl Said {
        fn of(p: &Published) -> Said {
            let config: serde_json::Value = serde_json::from_str(p.config).unwrap();
            let n = |key: &str| config[key].as_f64().unwrap_or_else(|| panic!("{} does not say its {key}", p.name));
            let (d, patch) = (n("hidden_size"), n("patch_size"));
            Said {
                d,
                // DINOv2's do not say it: it is four times the width.
                m: config["intermediate_size"].as_f64().unwrap_or(4.0 * d),
                l: n("num_hidden_layers"),
                patches: (n("image_size") / patch).floor().powi(2),
                cell: 3.0 * patch * patch,
                config,
            }
        }

        /// Multiplications with additions: of patches, and of all layers over n rows whose MLPs have so many
        /// matrices, m wide.
        fn layers(&self, n: f64, matrices: f64, m: f64) -> [f64; 2] {
            let Said { d, l, patches, cell, .. } = self;
            [patches * cell * d, l * (n * (4.0 * d * d + matrices * d * m) + 2.0 * n * n * d)]
        }
    }

    /// Patches and layers, and what comes after them.
    type Formula = fn(&Said) -> ([f64; 2], f64);

    const FORMULAS: &[(&str, Formula)] = &[
        // A class token, and a head over it.
        ("ViTForImageClassification", |s| (s.layers(s.patches + 1.0, 2.0, s.m), 1000.0 * s.d)),
        // Two tokens, a head over each.
        ("DeiTForImageClassificationWithTeacher", |s| (s.layers(s.patches + 2.0, 2.0, s.m), 2.0 * 1000.0 * s.d)),
        // The class token's row is projected to where texts are.
        ("CLIPVisionModelWithProjection", |s| {
            (s.layers(s.patches + 1.0, 2.0, s.m), s.d * s.config["projection_dim"].as_f64().unwrap())
        }),
        // No class token: a learned row looks at all, keys and values of every row, then an MLP.
        ("SiglipVisionModel", |s| {
            let (n, d) = (s.patches, s.d);
            (s.layers(n, 2.0, s.m), 2.0 * n * d * d + 2.0 * d * d + 2.0 * n * d + 2.0 * d * s.m)
        }),
        // Nothing after the last norm. The largest has a gate, and 2/3 of the width inside in whole eights.
        ("Dinov2Model", |s| match s.config["use_swiglu_ffn"].as_bool() {
            Some(true) => (s.layers(s.patches + 1.0, 3.0, 8.0 * (s.m * 2.0 / 3.0 / 8.0).ceil()), 0.0),
            _ => (s.layers(s.patches + 1.0, 2.0, s.m), 0.0),
        }),
        // Registers are rows, too.
        ("Dinov2WithRegistersModel", |s| {
            let registers = s.config["num_register_tokens"].as_f64().unwrap();
            (s.layers(s.patches + 1.0 + registers, 2.0, s.m), 0.0)
        }),
    ];

    /// Whole encoders, and patches and layers each by itself. Norms, positions and sums come on top. What comes after
    /// the layers is too little to show in the whole, so that nothing of it may be missing; SigLIP's is more than its
    /// formula, since queries of all rows come with their keys and values (`attention::one`).
    #[test]
    fn encoders_cost_what_papers_say() {
        for p in PUBLISHED {
            let (facts, said) = (p.facts().unwrap(), Said::of(p));
            let kind = facts.architecture().unwrap();
            let known = FORMULAS.iter().find(|(name, _)| *name == kind);
            let (_, formula) = known.unwrap_or_else(|| panic!("no formula for {} of {kind}", p.name));
            let family = family(&facts).unwrap().unwrap();
            let e = (family.sizes)(&facts).unwrap();
            let planned = Planned { matrices: Kind::F32, to: None, absent: p.absent };
            let cost = |look| Null::bill(&family.record(&planned, &e, look).unwrap().rec, &[]).unwrap().flops as f64;
            let at = |layer| cost(Look { layer: Some(layer), ..e.look() });
            let (whole, first) = (cost(e.look()), at(0));
            let ([patches, layers], after) = formula(&said);
            for (what, got, want) in [
                ("whole", whole, 2.0 * (patches + layers + after)),
                ("patches", first, 2.0 * patches),
                ("layers", at(e.layers) - first, 2.0 * layers),
            ] {
                println!("{:27} {what:8} {:+.2} %", p.name, (got / want - 1.0) * 100.0);
                assert!((got / want - 1.0).abs() < 0.02, "{}, {what}: {got} for {want}", p.name);
            }
            let got = whole - cost(Look { heads: false, ..e.look() });
            assert!(got >= 2.0 * after, "{}: {got} after the layers for {}", p.name, 2.0 * after);
        }
    }
}
