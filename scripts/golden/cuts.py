"""Writes tests/fixtures/cuts.json: what `transformers` makes of pictures that were cut as LLaVA-UHD, S2 and
InternLM-XComposer2-4KHD cut them, resampled by Pillow, by the geometry of slices.py; of the small encoders of encoders.py.

    .venv/bin/python scripts/golden/cuts.py
"""

import json
import pathlib

import torch
import transformers as t
from PIL import Image, ImageOps

import rows_first  # noqa: F401 (changes how Pillow resizes)
from slices import partition, uhd

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
# Encoder, whether its first row is a class token's, and whether it has to be told to interpolate positions.
ENCODERS = {"clip-whole": (True, True), "siglip-whole": (False, True), "dinov2": (True, False)}
CUTS = ["uhd", "uhd=9", "uhd=1", "s2", "s2=3", "4khd=1", "4khd=7"]
# The rows of an earlier layer, as those take them who feed language models; and of S2 without the class token's.
EARLIER = [("uhd", -2, False), ("s2", -2, False), ("s2", -2, True), ("4khd=7", -2, False)]
PICTURES = ["cat.png", "turn-6.png"]
STEP = 13


def tiles(image, width, height):
    return [
        image.crop((x, y, x + width, y + height))
        for y in range(0, image.height, height) for x in range(0, image.width, width)
    ]


class Eye:
    def __init__(self, name):
        folder = FIXTURES / "encoders" / name
        self.first, told = ENCODERS[name]
        model = t.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.model = getattr(model, "vision_model", model)
        self.how = {"interpolate_pos_encoding": True} if told else {}
        config = getattr(model.config, "vision_config", model.config)
        self.words = json.loads((folder / "preprocessor_config.json").read_text())
        self.layer = None
        self.side, self.patch = (self.words.get("crop_size") or self.words["size"])["height"], config.patch_size

    def at(self, image, width, height):
        return image.resize((width, height), self.words["resample"])

    @torch.no_grad()
    def rows(self, image):
        """[rows, width]"""
        bytes = torch.tensor(list(image.tobytes())).view(image.height, image.width, 3).double()
        mean, std = (torch.tensor(self.words[key]).double() for key in ("image_mean", "image_std"))
        pixels = ((bytes * self.words["rescale_factor"] - mean) / std).permute(2, 0, 1)[None].float()
        if self.layer is None:
            return self.model(pixel_values=pixels, **self.how).last_hidden_state[0]
        return self.model(pixel_values=pixels, output_hidden_states=True, **self.how).hidden_states[self.layer][0]

    def scales(self, image, times):
        """The mean of all tiles' class tokens before the maps, scale beside scale."""
        maps, firsts = [], []
        for n in range(1, times + 1):
            side = self.side * n
            rows = [self.rows(tile) for tile in tiles(self.at(image, side, side), self.side, self.side)]
            firsts.append(torch.stack([r[: int(self.first)] for r in rows]).mean(0))
            cells = self.side // self.patch
            maps_of = [r[int(self.first) :].view(cells, cells, -1).permute(2, 0, 1) for r in rows]
            whole = torch.cat([torch.cat(maps_of[n * y : n * y + n], 2) for y in range(n)], 1)
            maps.append(torch.nn.functional.interpolate(whole[None], size=(cells, cells), mode="area")[0])
        return torch.cat([torch.cat(firsts, 1), torch.cat(maps, 0).flatten(1).T])

    def uhd(self, image, most):
        (whole_h, whole_w), (down, across), (high, wide) = uhd(image.width, image.height, self.side, self.patch, most)
        views = [self.at(image, whole_w, whole_h)]
        if down:
            views += tiles(self.at(image, wide, high), wide // across, high // down)
        return torch.cat([self.rows(v) for v in views])

    def khd(self, image, most):
        (h, w), (high, wide) = partition(image.width, image.height, self.side, most)
        frame = Image.new("RGB", (wide, high), "white")
        frame.paste(self.at(image, w, h), ((wide - w) // 2, (high - h) // 2))
        views = [self.at(frame, self.side, self.side), *tiles(frame, self.side, self.side)]
        return torch.cat([self.rows(v) for v in views])


def main():
    out = []
    for name in ENCODERS:
        eye = Eye(name)
        for picture in PICTURES:
            image = ImageOps.exif_transpose(Image.open(FIXTURES / "pictures" / picture)).convert("RGB")
            for cut, layer, patches in [(cut, None, False) for cut in CUTS] + EARLIER:
                eye.layer = layer
                way, _, number = cut.partition("=")
                ways = {"uhd": (eye.uhd, 6), "s2": (eye.scales, 2), "4khd": (eye.khd, 16)}
                rows = ways[way][0](image, int(number or ways[way][1]))
                rows = rows[int(eye.first) :] if patches else rows
                values = [round(float(v), 5) for v in rows.flatten()[::STEP]]
                asked = {"encoder": name, "picture": picture, "cut": cut, "layer": layer, "patches": patches}
                out.append({**asked, "shape": list(rows.shape), "values": values})
                print(name, picture, cut, layer, patches, list(rows.shape))
    (FIXTURES / "cuts.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


main()
