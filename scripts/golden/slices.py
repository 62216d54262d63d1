"""Writes tests/fixtures/slices.json: the sizes and parts of LLaVA-UHD's slices, S2's scales and the partition of
InternLM-XComposer2-4KHD for many pictures. No package computes them alone; this follows the papers step by step, written
apart from Squint's code: exhaustively and with fractions, where Squint goes straight.

    .venv/bin/python scripts/golden/slices.py
"""

import json
import math
import pathlib
import random
from fractions import Fraction

FILE = pathlib.Path(__file__).parents[2] / "tests/fixtures/slices.json"


def to_patches(value, patch):
    return max(patch, math.floor(value / patch) * patch)


def same_area(width, height, scale, patch):
    """The sides of a picture of this shape whose area is scale², in whole patches."""
    h = scale / math.sqrt(width / height)
    w = h * width / height
    return [to_patches(h, patch), to_patches(w, patch)]


def uhd(width, height, scale, patch, most):
    multiple = min(math.ceil(Fraction(width * height, scale * scale)), most)
    whole = same_area(width, height, scale, patch)
    if multiple <= 1:
        return [whole, [0, 0], [0, 0]]
    choices = []
    for count in (multiple - 1, multiple, multiple + 1):
        if count == 1 or count > most:
            continue
        choices += [(m, count // m) for m in range(1, count + 1) if count % m == 0]
    errors = [abs(math.log(width / height) - math.log(c / r)) for c, r in choices]
    columns, rows = choices[errors.index(min(errors))]
    cell_w, cell_h = max(width - width % columns, columns) // columns, max(height - height % rows, rows) // rows
    cell = same_area(cell_w, cell_h, scale, patch)
    return [whole, [rows, columns], [cell[0] * rows, cell[1] * columns]]


def s2(side, times):
    out = []
    for n in times:
        corners = [[y, x] for y in range(0, side * n, side) for x in range(0, side * n, side)]
        out.append([side * n, corners])
    return out


def partition(width, height, side, most):
    if width < height:
        size, frame = partition(height, width, side, most)
        return [size[::-1], frame[::-1]]
    across = max(n for n in range(1, most + 1) if n * math.ceil(Fraction(n * height, width)) <= most)
    h = max(1, math.floor(Fraction(across * side * height, width)))
    return [[h, across * side], [math.ceil(Fraction(h, side)) * side, across * side]]


def main():
    random.seed(0)
    shapes = [(1, 1), (1, 500), (500, 1), (448, 448), (449, 448), (336, 336), (1344, 1344), (3000, 40), (40, 3000)]
    shapes += [(random.randint(1, 2500), random.randint(1, 2500)) for _ in range(150)]
    rows = []
    for width, height in shapes:
        minicpm, llava = uhd(width, height, 448, 14, 9), uhd(width, height, 336, 14, 6)
        khd = [partition(width, height, 336, most) for most in (1, 16, 55)]
        rows.append({"size": [height, width], "minicpm": minicpm, "llava": llava, "khd": khd})
    text = json.dumps({"pictures": rows, "s2": s2(384, (1, 2, 3))}, separators=(",", ":"))
    FILE.write_text(text + "\n")
    print(len(rows), rows[9])


if __name__ == "__main__":
    main()
