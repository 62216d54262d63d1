"""Writes tests/fixtures/llama/<name>/: small random Llamas as `transformers` saves them, with the logits it computes.
Together they have what the family can have: groups, a head of its own or tied, stretched positions, shards, bf16, biases.

    .venv/bin/python scripts/golden/llama.py
"""

import json
import pathlib
import shutil

import torch
from transformers import LlamaConfig, LlamaForCausalLM

ROOT = pathlib.Path(__file__).parents[2] / "tests/fixtures/llama"
SMALL = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, vocab_size=96, max_position_embeddings=256)
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
MODELS = {
    "plain": dict(num_attention_heads=4, num_key_value_heads=4, rope_parameters=PLAIN, tie_word_embeddings=True),
    "groups-sharded": dict(num_attention_heads=4, num_key_value_heads=2, rope_parameters=LLAMA3),
    "bf16-stretched": dict(
        num_attention_heads=2, num_key_value_heads=1, head_dim=24,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    ),
    "biases": dict(
        num_attention_heads=4, num_key_value_heads=2, rope_parameters=PLAIN, attention_bias=True, mlp_bias=True,
        hidden_act="gelu_new",
    ),
}


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    for seed, (name, more) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(LlamaConfig(**SMALL, **more)).eval()
        with torch.no_grad():
            # Larger than they begin, so that attention looks somewhere and logits differ.
            for weight in model.parameters():
                weight.mul_(8 if weight.dim() > 1 else 1).add_(torch.randn_like(weight) * 0.05)
        folder = ROOT / name
        saved = model.to(torch.bfloat16) if "bf16" in name else model
        saved.save_pretrained(folder, max_shard_size="50KB" if "sharded" in name else "1GB")
        # What is in the files, computed in f32; a model cast in memory has its tables of positions rounded, too.
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        ids = torch.randint(0, SMALL["vocab_size"], (40,))
        with torch.no_grad():
            logits = model(ids[None]).logits[0]
        (folder / "generation_config.json").unlink(missing_ok=True)
        golden = {"ids": ids.tolist(), "logits": [[round(float(v), 5) for v in row] for row in logits[::13]], "every": 13}
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")


main()
