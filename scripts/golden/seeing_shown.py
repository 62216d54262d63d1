"""Adds shown.json to fixtures of scripts/golden/seeing.py: what `transformers` makes of the same questions where pictures
are shown otherwise than the files say: at another resolution, whose position embeddings it interpolates, or without tiles.

    .venv/bin/python scripts/golden/seeing_shown.py
"""

import functools
import json

import torch
import transformers as t

from seeing import ASKED, cases, square
from seeing_save import FOLDER, clear, written

# Edges to be shown, of which the first counts under which no choice is close; and whether pictures stay in one piece.
SHOWN = {
    "llava-clip-llama": [([35, 30, 40], False), ([10, 15], False)],
    "llava-clip-phi-whole": [([30, 24, 36], False)],
    "llava-siglip-qwen2": [([36, 43, 29], False)],
    "llava-clip-layers": [([30, 25, 40], False)],
    "idefics3": [([48, 40, 90], False), ([None], True)],
}


def interpolated(tower):
    tower.forward = functools.partial(tower.forward, interpolate_pos_encoding=True)


def show(images, edge, whole):
    if "longest_edge" in images.size:
        images.size = {"longest_edge": edge or images.size["longest_edge"]}
        images.do_image_splitting = not whole
    elif "shortest_edge" in images.size:
        images.size, images.crop_size = {"shortest_edge": edge}, square(edge)
    else:
        images.size = square(edge)


def one(name, edge, whole):
    folder = FOLDER / name
    processor = t.AutoProcessor.from_pretrained(folder, backend="pil")
    model = t.AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    if name.startswith("llava"):
        interpolated(model.model.vision_tower)
    show(processor.image_processor, edge, whole)
    return cases(model, processor, processor.tokenizer.convert_tokens_to_ids("<image>"), ASKED[:2])


if __name__ == "__main__":
    for name, ways in SHOWN.items():
        all = []
        for edges, whole in ways:
            edge, made = next((e, m) for e in edges if clear(m := one(name, e, whole)))
            all.append({"resolution": edge, "whole": whole, "cases": written(FOLDER / name, made)})
        (FOLDER / name / "shown.json").write_text(json.dumps(all, separators=(",", ":")) + "\n")
