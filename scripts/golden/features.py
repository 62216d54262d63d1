"""Writes tests/fixtures/vit/preprocessor_config.json, and features.json: what `transformers` makes of picture files with
that processor and the model of tests/fixtures/vit.

    .venv/bin/python scripts/golden/features.py
"""

import json
import pathlib

import torch
from PIL import Image, ImageOps
from transformers import ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
FILES = ["cat.png", "turn-6.png", "palette.png", "line.png", "clear.webp", "cat.gif", "cat.bmp"]


def numbers(t):
    return [round(float(v), 6) for v in t.flatten()]


@torch.no_grad()
def main():
    model = ViTForImageClassification.from_pretrained(FIXTURES / "vit").eval()
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32}, image_std=[0.4, 0.5, 0.6])
    processor.save_pretrained(FIXTURES / "vit")
    out = {}
    for name in FILES:
        image = ImageOps.exif_transpose(Image.open(FIXTURES / "pictures" / name)).convert("RGB")
        # Rows first, then columns: see pictures.py.
        image = image.resize((32, image.height), Image.BILINEAR)
        pixels = processor(image, return_tensors="pt")["pixel_values"]
        hidden = model.vit(pixels).last_hidden_state[0]
        out[name] = {"shape": list(hidden.shape), "hidden": numbers(hidden), "logits": numbers(model(pixels).logits[0])}
    (FIXTURES / "vit/features.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print({name: o["logits"] for name, o in out.items()})


main()
