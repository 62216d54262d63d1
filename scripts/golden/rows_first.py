"""Pillow 13 takes columns first for some sizes, which rounds another way here and there. Pillow 12 and torchvision take
rows first; so do the values of scripts that import this."""

from PIL import Image

RESIZE = Image.Image.resize


def across_then_down(self, size, resample=None, box=None, reducing_gap=None):
    assert box is None and reducing_gap is None
    return RESIZE(RESIZE(self, (size[0], self.height), resample), size, resample)


Image.Image.resize = across_then_down
