"""Writes tests/fixtures/cells.json: which trained cell each cell of a picture takes its position from in Idefics3 and SmolVLM,
for every number of trained cells and of new ones from 1 to 128 along an edge. It is what the steps of `transformers` give in
f32 on a processor with vectors of 8, with the roundings they have: one hash of 64 bits (FNV-1a) for each number of trained
cells, over all of its rows in turn.

    .venv/bin/python scripts/golden/cells.py
"""

import json
import pathlib

import torch

ROOT = pathlib.Path(__file__).parents[2] / "tests/fixtures"
MOST = 128


def row(trained, cells):
    boundaries = torch.arange(1 / trained, 1.0, 1 / trained)
    steps = 1.0 / torch.tensor([cells])
    places = torch.clamp(torch.arange(cells, dtype=torch.float32)[None] * steps[:, None], max=(1.0 - 1e-6))
    return torch.bucketize(places, boundaries, right=True)[0].tolist()


def fnv(numbers):
    state = 0xCBF29CE484222325
    for n in numbers:
        state = (state ^ n) * 0x100000001B3 % 2**64
    return f"{state:016x}"


def main():
    every = [[row(trained, cells) for cells in range(1, MOST + 1)] for trained in range(1, MOST + 1)]
    plain = sum(
        got != [i * trained // cells for i in range(cells)]
        for trained, rows in enumerate(every, 1) for cells, got in enumerate(rows, 1)
    )
    hashes = [fnv(n for row in rows for n in row) for rows in every]
    (ROOT / "cells.json").write_text(json.dumps({"most": MOST, "not_fractions": plain, "hashes": hashes}) + "\n")
    print(f"{torch.backends.cpu.get_cpu_capability()}: {plain} of {MOST * MOST} are not those of exact fractions")


main()
