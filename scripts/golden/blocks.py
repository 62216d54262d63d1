"""Writes tests/fixtures/blocks.json: blocks of every format with the numbers the `gguf` package reads from them, and,
where that package can pack, numbers with the bytes it makes of them.

    python -m venv .venv && .venv/bin/pip install -r scripts/golden/requirements.txt
    .venv/bin/python scripts/golden/blocks.py
"""

import json
import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGML_QUANT_SIZES, quants

KINDS = "F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K TQ2_0".split()
# Where the f16 scales of a block lie: random bytes there could be infinite.
SCALES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "TQ2_0": [64],
}
PACKED = "BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 TQ2_0".split()


def main():
    rng = np.random.default_rng(11)
    out = {"unpack": [], "pack": []}
    for name in KINDS:
        kind = Type[name]
        block, size = GGML_QUANT_SIZES[kind]
        raw = rng.integers(0, 256, (3, size), dtype=np.uint8)
        for at in SCALES.get(name, []):
            raw[:, at : at + 2] = rng.uniform(-2, 2, (3, 1)).astype(np.float16).view(np.uint8)
        if name in ("F16", "BF16"):
            raw = rng.uniform(-2, 2, (3, 1)).astype(np.float16).view(np.uint8)
        values = quants.dequantize(raw, kind).astype(np.float32).ravel()
        out["unpack"].append({"kind": name.lower(), "bytes": raw.tobytes().hex(), "values": bits(values)})
    for name in PACKED:
        kind = Type[name]
        values = rng.normal(0, 1, (4, 256)).astype(np.float32)
        values[1] *= 1e-3
        values[2] = np.round(values[2] * 2) / 2  # ties
        values[3, :128] = 0
        packed = quants.quantize(values, kind)
        out["pack"].append({"kind": name.lower(), "values": bits(values.ravel()), "bytes": packed.tobytes().hex()})
    path = pathlib.Path(__file__).parents[2] / "tests/fixtures/blocks.json"
    path.write_text(json.dumps(out) + "\n")


def bits(values):
    """f32 as hexadecimal words: exact, and short."""
    return values.astype("<f4").tobytes().hex()


main()
