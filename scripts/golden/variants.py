"""Writes tests/fixtures/variants/<name>/: small random models whose configurations say what few published ones say: positions
stretched by yarn, longrope or dynamic NTK, on either side of the length where that begins to matter, layers that see only some
keys back, norms on queries and keys. With the logits that `transformers` computes for the whole text at once and, beside them,
what its `generate` says, with the caches it keeps by itself.

    .venv/bin/python scripts/golden/variants.py [name …]
"""

import json
import pathlib
import shutil
import sys

import torch
from transformers import (
    GemmaConfig, GemmaForCausalLM, LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM, PhiConfig,
    PhiForCausalLM, Qwen2Config, Qwen2ForCausalLM,
)

ROOT = pathlib.Path(__file__).parents[2] / "tests/fixtures/variants"
PROMPT, ANSWER, EVERY = 21, 12, 4
QWEN2, PHI, PHI3 = (Qwen2Config, Qwen2ForCausalLM), (PhiConfig, PhiForCausalLM), (Phi3Config, Phi3ForCausalLM)
GEMMA, LLAMA = (GemmaConfig, GemmaForCausalLM), (LlamaConfig, LlamaForCausalLM)


def sizes(width, inner, layers, heads, groups, vocab, context=128, **more):
    return dict(
        hidden_size=width, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=groups, vocab_size=vocab, max_position_embeddings=context, bos_token_id=1, eos_token_id=2,
        pad_token_id=0, **more,
    )


def rope(kind, base=10000.0, **more):
    return {"rope_type": kind, "rope_theta": base, **more}


def long(pairs, **more):
    """Factors that grow with the pair, as published ones do."""
    short = [round(1.0 + 0.07 * i, 3) for i in range(pairs)]
    far = [round(1.1 + 0.9 * i * i, 3) for i in range(pairs)]
    return rope("longrope", short_factor=short, long_factor=far, **more)


MODELS = {
    # Texts of 33 tokens are short for the first, long for the second, and become long for the others while they are written.
    "longrope-short": (PHI3, sizes(
        32, 44, 2, 2, 1, 61, original_max_position_embeddings=64, rope_parameters=long(6, partial_rotary_factor=0.75))),
    "longrope-long": (PHI3, sizes(48, 40, 2, 4, 4, 70, original_max_position_embeddings=16, rope_parameters=long(6))),
    "longrope-grows": (PHI3, sizes(40, 52, 2, 5, 5, 66, original_max_position_embeddings=24, rope_parameters=long(4))),
    "longrope-grows-llama": (LLAMA, sizes(
        32, 48, 2, 4, 2, 59, rope_parameters=long(4, original_max_position_embeddings=26, factor=3.0))),
    # With another gain, in the words of older files.
    "longrope-older": (PHI3, sizes(
        36, 40, 2, 3, 3, 57, original_max_position_embeddings=16, rope_parameters=long(6, attention_factor=1.3))),
    "yarn": (QWEN2, sizes(
        48, 56, 2, 6, 2, 68, 64, rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16))),
    # Where the border lies between pairs, and the gain is a ratio.
    "yarn-ratio": (LLAMA, sizes(
        40, 48, 2, 2, 1, 63, 64, original_max_position_embeddings=24,
        rope_parameters=rope("yarn", 500.0, factor=2.5, mscale=0.7, mscale_all_dim=1.4, beta_fast=4.0, beta_slow=0.5,
                             truncate=False))),
    "yarn-part": (PHI, sizes(
        48, 52, 2, 3, 3, 55, 96, rope_parameters=rope(
            "yarn", factor=3.0, attention_factor=0.8, partial_rotary_factor=0.5, original_max_position_embeddings=32))),
    # All of the prompt is beyond what it was trained for, or only some of the answer.
    "dynamic-long": (LLAMA, sizes(32, 56, 2, 2, 2, 64, 16, rope_parameters=rope("dynamic", factor=4.0))),
    "dynamic-grows": (GEMMA, sizes(30, 44, 2, 3, 1, 58, 24, head_dim=12, rope_parameters=rope("dynamic", factor=2.0))),
    "dynamic-part": (PHI, sizes(
        40, 48, 2, 2, 1, 62, 20, rope_parameters=rope("dynamic", factor=2.0, partial_rotary_factor=0.4))),
    "linear": (QWEN2, sizes(36, 44, 2, 3, 1, 60, rope_parameters=rope("linear", factor=2.5))),
    # Windows shorter than the prompt: of all layers, of those from the second on, of those of a list, of two keys.
    "window": (PHI3, sizes(32, 48, 3, 4, 2, 65, sliding_window=7, rope_parameters=rope("default"))),
    "window-later": (QWEN2, sizes(
        40, 44, 3, 5, 1, 67, sliding_window=5, use_sliding_window=True, max_window_layers=1, rope_parameters=rope("default"))),
    "window-listed": (QWEN2, sizes(
        30, 40, 3, 3, 3, 54, sliding_window=10, use_sliding_window=True, rope_parameters=rope("default"),
        layer_types=["sliding_attention", "full_attention", "sliding_attention"])),
    "window-of-two": (PHI3, sizes(24, 40, 3, 2, 2, 56, sliding_window=2, rope_parameters=rope("default"))),
    # Heads of queries and keys with norms, of which a part is turned.
    "normed": (PHI, sizes(48, 60, 2, 3, 3, 71, qk_layernorm=True, rope_parameters=rope("default", partial_rotary_factor=0.5))),
    "normed-groups": (PHI, sizes(
        40, 44, 3, 4, 2, 53, qk_layernorm=True, rope_parameters=rope("default", partial_rotary_factor=0.4))),
    # All of it at once: a window in a text that becomes long while it is written.
    "window-longrope": (PHI3, sizes(
        32, 40, 2, 2, 1, 69, sliding_window=9, original_max_position_embeddings=28, rope_parameters=long(8))),
}
# The answer a cache gives where keys stay as they were turned while the text grew.
STALE = {"longrope-grows-llama", "dynamic-long", "dynamic-grows", "dynamic-part"}


def older(config):
    """The words of older files: stretching and base apart."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["partial_rotary_factor"] = rope.pop("partial_rotary_factor", 1.0)
    config["rope_scaling"] = {"type": rope.pop("rope_type"), **rope}


def write(seed, name, config, kind, more):
    torch.manual_seed(seed)
    model = kind(config(**more)).eval()
    with torch.no_grad():
        # Larger than they begin, so that attention looks somewhere and logits differ.
        for part, weight in model.named_parameters():
            matrix = 3 if config is GemmaConfig and "embed" in part else 8
            weight.mul_(matrix if weight.dim() > 1 else 1).add_(torch.randn_like(weight) * 0.05)
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    if name.endswith("-older"):
        told = json.loads((folder / "config.json").read_text())
        older(told)
        (folder / "config.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")
    fresh = lambda: kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.randint(3, more["vocab_size"], (1, PROMPT))
    with torch.no_grad():
        model = fresh()
        model.generation_config.eos_token_id = None
        said = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=ANSWER, do_sample=False)
        logits = fresh()(said).logits[0]
        again = ids
        for _ in range(ANSWER):
            again = torch.cat([again, fresh()(again).logits[:, -1:].argmax(-1)], 1)
    (folder / "generation_config.json").unlink(missing_ok=True)
    same = bool((again == said).all())
    assert same or name in STALE, f"{name}: with a cache {said[0, PROMPT:].tolist()}, without {again[0, PROMPT:].tolist()}"
    top = logits.topk(2).values
    golden = {
        "prompt": PROMPT, "ids": said[0].tolist(), "best": logits.argmax(-1).tolist(), "every": EVERY,
        "logits": [[round(float(v), 5) for v in row] for row in logits[::EVERY]],
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size >> 10} KiB, closest choice {float((top[:, 0] - top[:, 1]).min()):.4f}, likeliest "
          f"{float(logits.abs().max()):.1f}, {len(set(said[0, PROMPT:].tolist()))} ids said, the same without a cache: {same}")


def main():
    for seed, (name, ((config, kind), more)) in enumerate(MODELS.items()):
        if not sys.argv[1:] or name in sys.argv[1:]:
            write(seed, name, config, kind, more)


main()
