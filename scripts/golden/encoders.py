"""Writes tests/fixtures/encoders: small random vision encoders as `transformers` saves them, and what it computes of
pictures with them: the rows after every layer, the last rows, the pooled row and scores, at the size they were made for
and at others. Sizes and head counts are odd on purpose.

    .venv/bin/python scripts/golden/encoders.py [name …]
"""

import json
import pathlib
import shutil
import sys

import torch
import transformers as t

ROOT = pathlib.Path(__file__).parents[2] / "tests/fixtures/encoders"


def sizes(width, layers, heads, image, patch, **more):
    return dict(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, image_size=image, patch_size=patch, **more
    )


TEXT = dict(
    hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, vocab_size=20,
    max_position_embeddings=6,
)


def clip(width, layers, heads, image, patch, inner, **more):
    return t.CLIPVisionConfig(**sizes(width, layers, heads, image, patch, intermediate_size=inner, **more))


def siglip(width, layers, heads, image, patch, inner, **more):
    return t.SiglipVisionConfig(**sizes(width, layers, heads, image, patch, intermediate_size=inner, **more))


def both(config, vision, **more):
    return config(text_config=TEXT, vision_config=vision.to_dict(), **more)


# Name: class, configuration, sizes of pictures besides its own (height, width).
MODELS = {
    "vit-bare": (t.ViTModel, t.ViTConfig(**sizes(24, 2, 3, 24, 8, intermediate_size=40)), [(40, 16)]),
    "vit-oblong": (
        t.ViTForImageClassification,
        t.ViTConfig(**sizes(20, 2, 1, [12, 20], 4, intermediate_size=30, qkv_bias=False, num_labels=3)), [],
    ),
    "deit-teacher": (
        t.DeiTForImageClassificationWithTeacher,
        t.DeiTConfig(**sizes(24, 2, 2, 20, 5, intermediate_size=36, num_labels=4)), [(30, 25)],
    ),
    "deit-plain": (
        t.DeiTForImageClassification,
        t.DeiTConfig(**sizes(30, 3, 3, 18, 6, intermediate_size=44, num_labels=3, num_channels=1)), [(12, 12)],
    ),
    "clip-vision": (t.CLIPVisionModel, clip(32, 3, 4, 24, 6, 60), [(36, 30)]),
    "clip-projects-bf16": (
        t.CLIPVisionModelWithProjection, clip(24, 2, 6, 21, 7, 52, projection_dim=18, hidden_act="gelu"), [(21, 28)],
    ),
    "clip-whole": (t.CLIPModel, both(t.CLIPConfig, clip(28, 2, 2, 16, 4, 48), projection_dim=14), [(12, 8)]),
    "clip-classes": (
        t.CLIPForImageClassification, both(t.CLIPConfig, clip(16, 1, 1, 16, 8, 24), num_labels=3), [],
    ),
    # 22 pixels hold two patches of eight and six pixels more, as 384 hold 27 of fourteen.
    "siglip-vision": (t.SiglipVisionModel, siglip(36, 3, 2, 22, 8, 50), [(38, 27)]),
    "siglip-whole": (t.SiglipModel, both(t.SiglipConfig, siglip(24, 2, 4, 18, 6, 44)), [(24, 12)]),
    "siglip-headless": (t.SiglipVisionModel, siglip(18, 2, 3, 12, 3, 30, vision_use_head=False), [(9, 9)]),
    "siglip-classes-sharded": (
        t.SiglipForImageClassification, both(t.SiglipConfig, siglip(20, 2, 5, 20, 4, 33), num_labels=3), [],
    ),
    "dinov2": (t.Dinov2Model, t.Dinov2Config(**sizes(24, 3, 2, 28, 7)), [(21, 35), (49, 45)]),
    "dinov2-gated": (
        t.Dinov2Model, t.Dinov2Config(**sizes(20, 2, 1, 16, 4, mlp_ratio=3, use_swiglu_ffn=True)), [(8, 20)],
    ),
    "dinov2-classes": (
        t.Dinov2ForImageClassification, t.Dinov2Config(**sizes(16, 2, 4, 15, 5, num_labels=3)), [(10, 20)],
    ),
    "dinov2-registers": (
        t.Dinov2WithRegistersModel,
        t.Dinov2WithRegistersConfig(**sizes(24, 2, 3, 20, 4, num_register_tokens=4)), [(12, 8), (28, 24)],
    ),
    "dinov2-registers-classes": (
        t.Dinov2WithRegistersForImageClassification,
        t.Dinov2WithRegistersConfig(**sizes(16, 1, 2, 12, 4, num_register_tokens=1, num_labels=3)), [(8, 20)],
    ),
    # Its pooled row is narrower than the others, through another curve than the usual.
    "deit-bare": (
        t.DeiTModel, t.DeiTConfig(**sizes(20, 2, 2, 16, 4, intermediate_size=28, pooler_output_size=14, pooler_act="gelu")),
        [(12, 20)],
    ),
    # Heads of an odd size, and patches that are no squares, or are wider than one colour's numbers come in pairs.
    "siglip-odd-heads": (t.SiglipVisionModel, siglip(21, 2, 3, 15, 5, 26), [(10, 20)]),
    "vit-broad-patches-odd-heads": (
        t.ViTForImageClassification, t.ViTConfig(**sizes(30, 2, 2, [12, 20], [4, 5], intermediate_size=34, num_labels=3)), [],
    ),
    "dinov2-tall-patches": (t.Dinov2Model, t.Dinov2Config(**sizes(18, 2, 2, [24, 16], [6, 4])), [(18, 24)]),
}


def numbers(x):
    return [round(float(v), 5) for v in x.flatten()]


def enlarge(model):
    """Larger than at the start of a training, so that attention is no mean and every bias and norm shows."""
    for name, weight in model.named_parameters():
        norm = "norm" in name and name.endswith("weight")
        middle = 1.0 if norm or "lambda" in name else 0.0
        spread = 1.5 / weight[0].numel() ** 0.5 if weight.ndim in (2, 4) and "embedding.weight" not in name else 0.3
        weight.normal_(middle, spread)


def picture(height, width, chans):
    """Numbers without a pattern that need no file: tests make the same."""
    count = torch.arange(height * width * chans, dtype=torch.float64)
    return ((count * 7919 + 13) % 1009 / 504 - 1).float().view(1, height, width, chans).permute(0, 3, 1, 2)


@torch.no_grad()
def look(model, config, height, width, other):
    pixels = picture(height, width, config.num_channels)
    # DINOv2 takes any size by itself; the others want to be told.
    told = other and "dinov2" not in config.model_type
    fit = {"interpolate_pos_encoding": True} if told else {}
    vision = getattr(model, "vision_model", None) or getattr(model, model.base_model_prefix, model)
    said = vision(pixels, output_hidden_states=True, **fit)
    out = {
        "height": height, "width": width,
        "layers": [numbers(rows[0]) for rows in said.hidden_states], "last": numbers(said.last_hidden_state[0]),
    }
    if isinstance(model, (t.CLIPModel, t.CLIPVisionModelWithProjection)):
        out["pooled"] = numbers(model.visual_projection(said.pooler_output)[0])
    elif said.pooler_output is not None:
        out["pooled"] = numbers(said.pooler_output[0])
    if hasattr(model, "classifier") or hasattr(model, "cls_classifier"):
        # CLIP's classifier takes pictures of its own size only.
        out["scores"] = numbers(model(pixels, **({} if isinstance(model, t.CLIPForImageClassification) else fit)).logits[0])
    return out


def main():
    chosen = sys.argv[1:]
    if not chosen:
        shutil.rmtree(ROOT, ignore_errors=True)
    for seed, (name, (kind, config, others)) in enumerate(MODELS.items()):
        if chosen and name not in chosen:
            continue
        torch.manual_seed(seed)
        model = kind(config).eval()
        with torch.no_grad():
            enlarge(model)
        folder = ROOT / name
        saved = model.to(torch.bfloat16) if "bf16" in name else model
        saved.save_pretrained(folder, max_shard_size="9KB" if "sharded" in name else "1GB")
        model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        vision = getattr(config, "vision_config", config)
        own = vision.image_size if isinstance(vision.image_size, (list, tuple)) else [vision.image_size] * 2
        looks = [look(model, vision, *size, i > 0) for i, size in enumerate([own, *others])]
        (folder / "golden.json").write_text(json.dumps(looks, separators=(",", ":")) + "\n")
        size = sum(f.stat().st_size for f in folder.iterdir())
        print(f"{name}: {size >> 10} KiB, layers {len(looks[0]['layers'])}, {[k for k in looks[0] if k in ('pooled', 'scores')]}")


# Pairs: two encoders, the layer of each, how their rows are joined.
PAIRS = [("dinov2", "clip-vision", -2, 1), ("dinov2", "siglip-whole", -1, 0)]


@torch.no_grad()
def pairs():
    """Patches of one encoder beside or under those of another, as models with two encoders have them."""
    out = []
    for *names, layer, dim in PAIRS:
        rows = []
        for name in names:
            kind, config, _ = MODELS[name]
            vision = getattr(config, "vision_config", config)
            model = kind.from_pretrained(ROOT / name).eval()
            pixels = picture(vision.image_size, vision.image_size, vision.num_channels)
            said = getattr(model, "vision_model", model)(pixels, output_hidden_states=True)
            rows.append(said.hidden_states[layer][0][0 if "siglip" in name else 1:])
        joined = torch.cat(rows, dim)
        out.append({
            "encoders": names, "layer": layer, "channels": dim == 1, "shape": list(joined.shape), "rows": numbers(joined),
        })
    (ROOT / "pairs.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


main()
if not sys.argv[1:]:
    pairs()
