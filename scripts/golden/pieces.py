"""Writes tests/fixtures/pieces.json: what SentencePiece itself makes of many texts, with the tables that GGUF files hold of
its models: tests/fixtures/tokens/pieces.gguf (scripts/golden/tokens.py), code.gguf, which is trained here on code with all
the marks that code has and cuts neither at digits nor at scripts, and one written by hand, in which pieces spell a byte.

    .venv/bin/python scripts/golden/pieces.py

SentencePiece takes no marks of a format out of a text, which engines have to do; texts that hold one are left out.
"""

import io
import json
import pathlib
import re

import sentencepiece
from gguf import GGUFReader, GGUFWriter
from sentencepiece import sentencepiece_model_pb2 as proto

from texts import texts

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
CODE = r"""if (a < b) { return <0x41>; }|a<b>c</b> <i>x</i>|for (int i = 0; i<0x10; i++) {|x=1; y=2; z==3|foo_bar(baz, 10)
    self.x[i] += 0x41 << 2|"k": [1, 2.5e-3, null]|<p>the quick brown fox</p>|hello world, hello|#include <stdio.h>"""
# Texts that look like pieces, or like the mark that stands for a space.
LOOKS = ["<0x41>", "a <0x41> b", "<0x0A>", "<b>x</b>", "<0x", "x<0", "<  a>", "▁", "a▁b", "▁▁x", " ▁ ", "A<0x41>A"]
# Piece, score, type: a byte that two pieces spell.
BY_HAND = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)] + [(f"<0x{b:02X}>", 0.0, 6) for b in range(256)]
BY_HAND += [(p, -float(i), 1) for i, p in enumerate(["<0", "41", "<0x", "41>", "s>", "▁a", "▁", *"<>0x41sabA"])]


def clean(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))


def checksum(ids):
    h = 0x811C9DC5
    for byte in b"".join(i.to_bytes(4, "little") for i in ids):
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def train(corpus):
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=made, model_type="bpe", vocab_size=1100, byte_fallback=True,
        character_coverage=0.999, num_threads=1, normalization_rule_name="identity", remove_extra_whitespaces=False,
        minloglevel=2, allow_whitespace_only_pieces=True, split_by_unicode_script=False, split_by_number=False,
    )
    model = proto.ModelProto()
    model.ParseFromString(made.getvalue())
    return [(p.piece, p.score, p.type) for p in model.pieces]


def write(table, path):
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([t for t, _, _ in table])
    writer.add_token_scores([s for _, s, _ in table])
    writer.add_token_types([k for _, _, k in table])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


def processor(path):
    """SentencePiece over the tables of a GGUF file, with nothing else of the model they came from."""
    fields = GGUFReader(path).fields
    get = lambda key: fields["tokenizer.ggml." + key].contents()
    model = proto.ModelProto()
    for piece, score, kind in zip(get("tokens"), get("scores"), get("token_type")):
        model.pieces.add(piece=piece, score=score, type=kind)
    spec = model.trainer_spec
    spec.model_type, spec.byte_fallback, spec.vocab_size = proto.TrainerSpec.BPE, True, len(model.pieces)
    spec.unk_id, spec.bos_id, spec.eos_id, spec.pad_id = 0, 1, 2, -1
    rules = model.normalizer_spec
    rules.name, rules.add_dummy_prefix, rules.remove_extra_whitespaces = "identity", True, False
    marks = [p.piece for p in model.pieces if p.type in (2, 3, 4)]
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString()), marks


def main():
    every = [clean(t) for t in texts()] + LOOKS
    folder = FIXTURES / "tokens"
    lines = [line for text in every for line in text.split("\n") if line and "\0" not in line and max(line) < "\u024f"]
    write(train(re.split(r"\||\n", CODE) * 30 + lines), folder / "code.gguf")
    write(BY_HAND, folder / "by_hand.gguf")
    out = {"looks": LOOKS}
    for name in ["pieces", "code", "by_hand"]:
        own, marks = processor(folder / f"{name}.gguf")
        sums = [None if any(m in t for m in marks) else checksum(own.encode(t)) for t in every]
        out[name] = "".join("-" * 8 if s is None else f"{s:08x}" for s in sums)
    (FIXTURES / "pieces.json").write_text(json.dumps(out, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
