"""Writes tests/fixtures/smollm2.json: what `transformers` computes in f32 on the dequantized weights of the SmolLM2 file
that scripts/models gets. The text is from this repository (README, CHANGELOG, some code) as it was; its ids are kept, so the fixture stands alone.

    .venv/bin/python scripts/golden/smollm2.py
"""

import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / ".models/smollm2-135m-instruct"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
TOKENS = 2100
EVERY = 25  # positions whose ten largest logits are kept
GREEDY = 48


def main():
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER, gguf_file=FILE)
    model = AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file=FILE, dtype=torch.float32).eval()
    text = "\n".join((ROOT / f).read_text() for f in ("README.md", "CHANGELOG.md", "crates/ops/src/recording.rs"))
    ids = tokenizer(text, add_special_tokens=False).input_ids[:TOKENS]
    assert len(ids) == TOKENS, len(ids)
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        top = {}
        for at in [*range(0, TOKENS, EVERY), TOKENS - 1]:
            values, places = logits[at].topk(10)
            top[at] = [[int(p), round(float(v), 5)] for p, v in zip(places, values)]
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": "What is the capital of France, and what is it known for?"}],
            add_generation_prompt=True,
            return_dict=True,
        )["input_ids"]
        greedy, gaps, cache, feed = [], [], None, prompt
        for _ in range(GREEDY):
            out = model(torch.tensor([feed]), past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            values, places = out.logits[0, -1].topk(2)
            greedy.append(int(places[0]))
            gaps.append(round(float(values[0] - values[1]), 4))
            feed = [greedy[-1]]
    out = {"ids": ids, "argmax": logits.argmax(-1).tolist(), "top": top, "prompt": prompt, "greedy": greedy, "gaps": gaps}
    (ROOT / "tests/fixtures/smollm2.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(tokenizer.decode(greedy))


main()
