"""Writes tests/fixtures/family_tokens.json: what the tokenizers of Qwen2, Phi-2, Gemma and Phi-3 make of many texts, over the
small vocabularies of tests/fixtures/tokens/ (scripts/golden/tokens.py). The rules are those of the classes in
`transformers`, Phi-3's marks apart, which swallow the spaces after them by its published tokenizer.json.

    .venv/bin/python scripts/golden/family_tokens.py
"""

import json
import pathlib

from tokenizers import Tokenizer
from transformers import CodeGenTokenizer, GemmaTokenizer, Qwen2Tokenizer
from transformers.tokenization_utils_base import generate_merges

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
# In Phi-3's file, of the marks that the small vocabulary has.
SWALLOWS = {"</s>", "<|user|>", "<|end|>"}
MARKS = ["<|user|>\n  Hi  <|end|>\n\t a</s> b<s> c", "<|end|>\u3000x<|user|> <|user|>  <think>  y", "<s> <|end|>"]


def rules(kind, base):
    """What a class says of everything but its tokens, as places in a tokenizer.json."""
    merges = [tuple(m) for m in base["model"]["merges"]]
    made = json.loads(kind(vocab=dict(base["model"]["vocab"]), merges=merges)._tokenizer.to_str())
    parts = {"/" + key: made[key] for key in ("normalizer", "pre_tokenizer", "post_processor", "decoder")}
    return parts | {"/model/" + key: made["model"][key] for key in ("ignore_merges", "fuse_unk", "byte_fallback")}


def patched(base, patch):
    file = json.loads(json.dumps(base))
    for place, value in patch.items():
        *way, last = place.strip("/").split("/")
        at = file
        for key in way:
            at = at[key]
        at[last] = value
    return file


def fnv(data):
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{h:08x}"


def main():
    bytes_, pieces = (json.loads((FIXTURES / f"tokens/{n}.json").read_text()) for n in ("bytes", "pieces"))
    every = json.loads((FIXTURES / "tokens.json").read_text())["texts"]
    every = [t for t in every if isinstance(t, str)] + MARKS
    vocab = pieces["model"]["vocab"]
    by_place = [list(m) for m in generate_merges(vocab, {t: -float(i) for t, i in vocab.items()})]
    frame = {"/post_processor": pieces["post_processor"]}
    added = [t | {"rstrip": t["content"] in SWALLOWS} for t in pieces["added_tokens"]]
    no_bos = {"tokenizer.ggml.add_bos_token": 0}
    out = []
    for name, base, patch, gguf in [
        ("qwen2", bytes_, rules(Qwen2Tokenizer, bytes_), {"tokenizer.ggml.pre": "qwen2"} | no_bos),
        ("phi2", bytes_, rules(CodeGenTokenizer, bytes_), {"tokenizer.ggml.pre": "phi-2"} | no_bos),
        (
            "gemma", pieces, rules(GemmaTokenizer, pieces) | frame | {"/model/merges": by_place},
            {"tokenizer.ggml.add_space_prefix": 0},
        ),
        ("phi3", pieces, {"/added_tokens": added}, {}),
    ]:
        tokenizer = Tokenizer.from_str(json.dumps(patched(base, patch)))
        ids = [tokenizer.encode(t, add_special_tokens=False).ids for t in every]
        decoded = [tokenizer.decode(i, skip_special_tokens=False) for i in ids]
        out.append({
            "base": "bytes" if base is bytes_ else "pieces", "patch": patch,
            "gguf": {"general.architecture": name} | gguf,
            "ids": "".join(fnv(b"".join(i.to_bytes(4, "little") for i in row)) for row in ids),
            "decoded": "".join(fnv(d.encode()) for d in decoded),
            "framed": tokenizer.encode("a b", add_special_tokens=True).ids,
        })
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in out)
    marks = json.dumps(MARKS, ensure_ascii=False)
    (FIXTURES / "family_tokens.json").write_text(f'{{"marks": {marks},\n"tokenizers": [\n{lines}\n]}}\n')


main()
