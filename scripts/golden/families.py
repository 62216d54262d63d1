"""Writes tests/fixtures/families/<name>/: small random Phi, Phi-3, Gemma, Qwen2 and Llama models as `transformers` saves
them, with the logits it computes and what it says when it always takes the likeliest. Together they have what the families
can have: groups and one group for all, heads that are not width / heads, a part of a head turned, heads tied and not,
biases, shards, bf16.

    .venv/bin/python scripts/golden/families.py
"""

import json
import pathlib
import shutil

import torch
from transformers import (
    GemmaConfig, GemmaForCausalLM, LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM, PhiConfig,
    PhiForCausalLM, Qwen2Config, Qwen2ForCausalLM,
)

ROOT = pathlib.Path(__file__).parents[2] / "tests/fixtures/families"
PROMPT, ANSWER, EVERY = 21, 12, 5


def sizes(width, inner, layers, heads, groups, vocab, **more):
    return dict(
        hidden_size=width, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=groups, vocab_size=vocab, max_position_embeddings=128, bos_token_id=1, eos_token_id=2,
        pad_token_id=0, **more,
    )


def rope(base=10000.0, **more):
    return {"rope_type": "default", "rope_theta": base, **more}


LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
QWEN2, PHI, PHI3 = (Qwen2Config, Qwen2ForCausalLM), (PhiConfig, PhiForCausalLM), (Phi3Config, Phi3ForCausalLM)
GEMMA, LLAMA = (GemmaConfig, GemmaForCausalLM), (LlamaConfig, LlamaForCausalLM)
MODELS = {
    "qwen2-tied": (QWEN2, sizes(48, 100, 2, 6, 2, 101, rope_parameters=rope(1e6), tie_word_embeddings=True)),
    "qwen2-own": (QWEN2, sizes(40, 72, 3, 5, 1, 90, rope_parameters=rope(), tie_word_embeddings=False)),
    "qwen1.5-bf16-sharded": (QWEN2, sizes(32, 88, 2, 4, 4, 77, rope_parameters=rope(1e6), tie_word_embeddings=True)),
    "phi-0.4": (PHI, sizes(60, 120, 2, 3, 3, 99, rope_parameters=rope(partial_rotary_factor=0.4))),
    "phi-0.5-groups": (PHI, sizes(48, 100, 3, 4, 2, 83, rope_parameters=rope(partial_rotary_factor=0.5))),
    "phi-0.75-one-group": (PHI, sizes(32, 64, 2, 2, 1, 65, rope_parameters=rope(partial_rotary_factor=0.75))),
    "gemma-one-group": (GEMMA, sizes(36, 80, 2, 4, 1, 101, head_dim=22, rope_parameters=rope())),
    "gemma-groups-bf16": (GEMMA, sizes(40, 72, 2, 6, 2, 73, head_dim=8, rope_parameters=rope())),
    "gemma-wide-bf16": (GEMMA, sizes(24, 50, 2, 2, 2, 60, head_dim=256, rope_parameters=rope())),
    "phi3": (PHI3, sizes(48, 88, 2, 4, 4, 97, rope_parameters=rope(), sliding_window=40)),
    "phi3-groups": (PHI3, sizes(60, 76, 3, 6, 2, 70, rope_parameters=rope(), tie_word_embeddings=True)),
    "phi3-part-sharded": (PHI3, sizes(32, 60, 2, 2, 1, 61, rope_parameters=rope(partial_rotary_factor=0.75))),
    "llama-3": (LLAMA, sizes(48, 80, 2, 6, 2, 88, rope_parameters=LLAMA3, tie_word_embeddings=True)),
    "llama-tied": (LLAMA, sizes(54, 90, 3, 9, 3, 103, rope_parameters=rope(1e5), tie_word_embeddings=True)),
    "llama-own": (LLAMA, sizes(40, 68, 2, 5, 5, 71, rope_parameters=rope(), tie_word_embeddings=False)),
    "llama-biases-bf16": (
        LLAMA,
        sizes(36, 60, 2, 3, 1, 67, head_dim=20, rope_parameters=rope(), attention_bias=True, mlp_bias=True),
    ),
}


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    for seed, (name, ((config, kind), more)) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        model = kind(config(**more)).eval()
        with torch.no_grad():
            # Larger than they begin, so that attention looks somewhere and logits differ.
            for part, weight in model.named_parameters():
                # Gemma's embedding grows by itself; larger, every token would only say itself again.
                matrix = 3 if config is GemmaConfig and "embed" in part else 8
                weight.mul_(matrix if weight.dim() > 1 else 1).add_(torch.randn_like(weight) * 0.05)
        folder = ROOT / name
        saved = model.to(torch.bfloat16) if "bf16" in name else model
        saved.save_pretrained(folder, max_shard_size="30KB" if "sharded" in name else "1GB")
        # What is in the files, computed in f32; a model cast in memory has its tables of positions rounded, too.
        model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        ids = torch.randint(3, more["vocab_size"], (1, PROMPT))
        with torch.no_grad():
            said = ids
            for _ in range(ANSWER):
                said = torch.cat([said, model(said).logits[:, -1:].argmax(-1)], 1)
            logits = model(said).logits[0]
        (folder / "generation_config.json").unlink(missing_ok=True)
        top = logits.topk(2).values
        golden = {
            "prompt": PROMPT, "ids": said[0].tolist(), "best": logits.argmax(-1).tolist(), "every": EVERY,
            "logits": [[round(float(v), 5) for v in row] for row in logits[::EVERY]],
        }
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")
        size = sum(f.stat().st_size for f in folder.iterdir())
        print(f"{name}: {size >> 10} KiB, closest choice {float((top[:, 0] - top[:, 1]).min()):.4f}, "
              f"likeliest {float(logits.abs().max()):.1f}, {len(set(said[0, PROMPT:].tolist()))} ids said")


main()
