"""Writes tests/fixtures/vit: a vision transformer of two layers with random weights, as `transformers` saves it, and what
it computes of one random picture, with these weights and with what Q8_0 leaves of them. Weights are larger than at the
start of a training, so that attention is no mean and every bias and norm shows.

    .venv/bin/python scripts/golden/vit.py
"""

import json
import pathlib

import torch
from gguf import GGMLQuantizationType, quants
from transformers import ViTConfig, ViTForImageClassification

FOLDER = pathlib.Path(__file__).parents[2] / "tests/fixtures/vit"


def packed(weight):
    """Through Q8_0 and back; a patch's weights cell after cell, as they are multiplied."""
    rows = weight.permute(0, 2, 3, 1) if weight.ndim == 4 else weight
    flat = rows.reshape(len(rows), -1).numpy()
    kind = GGMLQuantizationType.Q8_0
    back = torch.tensor(quants.dequantize(quants.quantize(flat, kind), kind)).view(rows.shape)
    return back.permute(0, 3, 1, 2) if weight.ndim == 4 else back


def numbers(t):
    return [round(float(v), 6) for v in t.flatten()]


@torch.no_grad()
def computed(model, pixels):
    return {
        "hidden": numbers(model.vit(pixels).last_hidden_state[0]),
        "logits": numbers(model(pixels).logits[0]),
    }


def main():
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
        num_labels=5,
    )
    model = ViTForImageClassification(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            norm = "norm" in name and name.endswith("weight")
            matrix = 1.3 / weight[0].numel() ** 0.5
            weight.normal_(1.0 if norm else 0.0, matrix if weight.ndim in (2, 4) else 0.3)
    model.save_pretrained(FOLDER)
    pixels = torch.randn(1, 3, 32, 32)
    # Pixels are [height, width, channels].
    golden = {"pixels": numbers(pixels[0].permute(1, 2, 0)), "plain": computed(model, pixels)}
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim in (2, 4):
                weight.copy_(packed(weight))
    golden["packed"] = computed(model, pixels)
    (FOLDER / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(golden["plain"]["logits"], golden["packed"]["logits"])


main()
