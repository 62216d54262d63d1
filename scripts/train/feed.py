"""Batches from the Rust generator, through a pipe. One process draws, this one learns."""

import json
import random
import subprocess
import threading
from queue import Queue

import numpy as np
import torch

# How often a family is asked, where a scene has a question of it: rare and hard ones as often as easy ones.
WEIGHTS = {"what": 3, "what_at": 3, "is_there": 2, "how_many": 4, "where": 3, "relation": 3, "more": 3, "biggest": 3, "category": 3, "read": 3, "ground": 0.5, "list": 0.5, "describe": 0.4}
# Colours of these answers are spoilt where a picture is tinted.
COLOURED = {"ground", "describe"}


class Feed:
    """Scenes `first`, `first + every`, … of a split, as fast as they are asked for."""

    def __init__(self, squint, split, seed, first, every, resolution, grid):
        self.resolution = resolution
        line = [squint, "scenes", "--set", split, "--seed", str(seed), "--from", str(first), "--every", str(every), "--n", str(1 << 40)]
        line += ["--resolution", str(resolution), "--grid", str(grid), "--pipe"]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE)
        self.ready = Queue(maxsize=256)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        pipe, size = self.process.stdout, self.resolution * self.resolution * 3
        while head := pipe.read(4):
            told = json.loads(pipe.read(int.from_bytes(head, "little")))
            self.ready.put((told, np.frombuffer(pipe.read(size), np.uint8)))
        self.ready.put(None)

    def batch(self, count):
        """Scenes as the generator tells them, and their pixels: [count, 3, edge, edge], 0 to 1."""
        pairs = []
        for _ in range(count):
            pair = self.ready.get()
            if pair is None:
                raise RuntimeError("the generator ended: run `squint scenes --pipe` by hand to see why")
            pairs.append(pair)
        pixels = np.stack([p for _, p in pairs]).reshape(count, self.resolution, self.resolution, 3)
        return [t for t, _ in pairs], torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)

    def close(self):
        self.process.terminate()


def ask(told, tinted, count, rng: random.Random):
    """`count` questions of a scene, families by their weights."""
    families = {}
    for asked in told["questions"]:
        if not (tinted and asked["family"] in COLOURED):
            families.setdefault(asked["family"], []).append(asked)
    names, out = list(families), []
    if not names:
        return out
    weights = [WEIGHTS[name] for name in names]
    for name in rng.choices(names, weights, k=count):
        pick = rng.choice(families[name])
        if pick not in out:
            out.append(pick)
    return out


def tint(pixels, generator):
    """Other colours, light and sharpness for half of the pictures: things are known by more than one artist's palette."""
    count = len(pixels)
    tinted = torch.rand(count, generator=generator) < 0.5
    # A turn of hue and a change of saturation: a matrix near the identity, about the mean.
    angle = (torch.rand(count, generator=generator) - 0.5) * 1.2
    stretch = 0.6 + 0.8 * torch.rand(count, generator=generator)
    grey = torch.full((3, 3), 1 / 3)
    skew = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / 3**0.5
    eye = torch.eye(3)
    turn = grey + torch.cos(angle)[:, None, None] * (eye - grey) + torch.sin(angle)[:, None, None] * skew
    matrix = grey + stretch[:, None, None] * (turn - grey)
    light = (torch.rand(count, generator=generator) - 0.5) * 0.3
    contrast = 0.7 + 0.6 * torch.rand(count, generator=generator)
    other = torch.einsum("nij,njhw->nihw", matrix, pixels)
    other = (other - 0.5) * contrast[:, None, None, None] + 0.5 + light[:, None, None, None]
    # Strokes: from blurred to sharpened.
    share = (torch.rand(count, generator=generator) * 1.6 - 0.8)[:, None, None, None]
    blurred = torch.nn.functional.avg_pool2d(other, 3, 1, 1, count_include_pad=False)
    other = other + share * (other - blurred)
    return torch.where(tinted[:, None, None, None], other.clamp(0, 1), pixels), tinted
