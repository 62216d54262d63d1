"""What the scripts of projectors share: rows of a made-up encoder, and a fixture's files."""

import dataclasses
import json
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parents[2] / "tests/fixtures/projectors"


@dataclasses.dataclass
class View:
    """Rows of an encoder: `before` class tokens, then a grid of patches."""

    before: int
    height: int
    width: int
    values: torch.Tensor

    @property
    def chans(self):
        return self.values.shape[1]

    @property
    def patches(self):
        return self.values[self.before :]

    def sizes(self):
        return {"before": self.before, "height": self.height, "width": self.width, "chans": self.chans}


def rows(chans, height, width, before=0):
    return View(before, height, width, torch.randn(before + height * width, chans))


def square(chans, side, before=0):
    return rows(chans, side, side, before)


@torch.no_grad()
def jostled(module, by=0.1):
    """Nothing stays one or zero, where a weight that is left out would not be missed."""
    for p in module.parameters():
        p += by * torch.randn_like(p)
    return module.eval()


def save(name, kind, weights, views, out, facts, oracle="pytorch"):
    """`out`: [tokens, width]; `facts`: what config.json says; `oracle`: whose computation it is."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    save_file({n: t.detach().contiguous().clone() for n, t in weights.items()}, folder / "model.safetensors")
    values = {f"view.{i}": v.values for i, v in enumerate(views)} | {"rows": out}
    save_file({n: t.detach().contiguous().clone() for n, t in values.items()}, folder / "golden.safetensors")
    sizes = {"type": kind, "width": out.shape[-1], "views": [v.sizes() for v in views], "oracle": oracle}
    for file, content in [("config.json", {"architectures": ["Projector"]} | facts), ("golden.json", sizes)]:
        (folder / file).write_text(json.dumps(content, separators=(",", ":")) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name:20} {tuple(out.shape)} {size} bytes")
