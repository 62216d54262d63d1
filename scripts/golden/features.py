"""Writes preprocessor_config.json and features.json beside the models of tests/fixtures/vit and some of
tests/fixtures/encoders: what `transformers` makes of picture files with those processors and models.

    .venv/bin/python scripts/golden/features.py
"""

import json
import pathlib

import torch
from PIL import Image, ImageOps
from transformers import CLIPModel, Dinov2Model, SiglipModel, ViTForImageClassification
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
RESIZE = Image.Image.resize
FILES = ["cat.png", "turn-6.png", "palette.png", "line.png", "clear.webp", "cat.gif", "cat.bmp"]


def numbers(t):
    return [round(float(v), 6) for v in t.flatten()]


# Where pictures of another shape are shown: what the processor is made of, and a resolution besides its own.
OTHERS = {
    "clip-whole": (CLIPModel, CLIPImageProcessorPil, dict(size={"shortest_edge": 20}, crop_size={"height": 16, "width": 16}), 24),
    "siglip-whole": (SiglipModel, SiglipImageProcessorPil, dict(size={"height": 18, "width": 18}), 30),
    # Of another size than it was trained on, as published ones are.
    "dinov2": (Dinov2Model, BitImageProcessorPil, dict(size={"shortest_edge": 40}, crop_size={"height": 35, "width": 35}), 49),
}


def across_then_down(self, size, resample=None, box=None, reducing_gap=None):
    """See pictures.py."""
    assert box is None and reducing_gap is None
    return RESIZE(RESIZE(self, (size[0], self.height), resample), size, resample)


def scaled(settings, by):
    return {k: {edge: round(n * by) for edge, n in v.items()} for k, v in settings.items()}


@torch.no_grad()
def others():
    image = ImageOps.exif_transpose(Image.open(FIXTURES / "pictures/turn-6.png")).convert("RGB")
    for name, (kind, processor, settings, edge) in OTHERS.items():
        folder = FIXTURES / "encoders" / name
        model = kind.from_pretrained(folder).eval()
        processor(**settings).save_pretrained(folder)
        vision = getattr(model, "vision_model", model)
        made = list(settings.get("crop_size", settings["size"]).values())[0]
        out = {}
        for key, by in [("own", 1), (str(edge), edge / made)]:
            pixels = processor(**scaled(settings, by))(image, return_tensors="pt")["pixel_values"]
            said = vision(pixels, output_hidden_states=True, **({} if kind is Dinov2Model else {"interpolate_pos_encoding": True}))
            pooled = model.visual_projection(said.pooler_output) if kind is CLIPModel else said.pooler_output
            before = said.hidden_states[-2][0]
            out[key] = {
                "shape": list(before.shape), "last": numbers(said.last_hidden_state[0]), "before": numbers(before),
                "patches": numbers(before if kind is SiglipModel else before[1:]), "pooled": numbers(pooled[0]),
            }
        (folder / "features.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
        print(name, {k: o["shape"] for k, o in out.items()})


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
Image.Image.resize = across_then_down
others()
