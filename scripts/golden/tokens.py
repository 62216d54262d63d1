"""Writes tests/fixtures/tokens.json: what the `tokenizers` package makes of many texts, with the tokenizer of SmolLM2 and
with two small ones that are trained here and kept beside it as tokenizer.json and GGUF (tests/fixtures/tokens/).

    .venv/bin/python scripts/golden/tokens.py .models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf

Texts that are no characters to everybody are lists of UTF-16 units. Where ids would fill pages there is a checksum.
"""

import io
import json
import pathlib
import re
import sys

import sentencepiece
from gguf import GGUFReader, GGUFWriter
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.tokenization_utils_base import generate_merges

from texts import texts

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
LLAMA = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA.replace("{1,3}", "")
# Letters with a case; written as numbers, because editors compose some of these characters into others.
CASED = """41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1
3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A
1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4
1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128
212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D
A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3
104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943"""

# Repeated that many times.
LONG = [(" ", 9000), ("\n", 9000), ("a", 9000), ("é ", 4000), ("🙂", 3000), ("\t ", 5000), ("1", 9000)]


def chars(ranges):
    one = lambda r: "-".join(chr(int(end, 16)) for end in r.split("-"))
    return "".join(one(r) for r in ranges.split())


def edges():
    """Texts that step over every border of the classes above."""
    out = ["終。\u3000、次\u3003 ～！／x０：；｝～｟ ‗‘a‟“b”†", "一龥龦鿿 ࠀ߿ 가힣\ud7fb \ua000豈 丁\u4dff"]
    for line in (CASED + "\n21-2F 3A-7E FF01-FF0F FF1A-FF5E 2018-201F 3000-3002 800-4E00 4E00-9FA5 AC00-D7FA").split("\n"):
        ends = [[int(end, 16) for end in (r.split("-") * 2)[:2]] for r in line.split()]
        out.append("".join(f"{chr(a - 1)}{chr(a)}{chr(a)}{chr(b)}{chr(b + 1)} " for a, b in ends))
    return out


def words(*rules, digits=False, gpt2=False):
    steps = [pre_tokenizers.Split(Regex(rule), "isolated") for rule in rules]
    steps += [pre_tokenizers.Digits(True)] if digits else []
    return pre_tokenizers.Sequence(steps + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=gpt2)])


def pres():
    """The published rules, and the names GGUF files have for them: composed first, words taken whole, words."""
    han = f"[{chr(0x4E00)}-{chr(0x9FA5)}{chr(0x800)}-{chr(0x4E00)}{chr(0xAC00)}-{chr(0xD7FF)}]+"
    marks = r"\s?[!-/:-~" + chars("FF01-FF0F FF1A-FF5E 2018-201F 3000-3002") + "]+"
    cased = r"\s?[" + chars(CASED) + "]+"
    return [
        ("gpt-2 phi-2", False, False, words(gpt2=True)),
        ("smollm starcoder refact", False, False, words(digits=True, gpt2=True)),
        ("command-r", True, False, words(digits=True, gpt2=True)),
        ("llama-bpe llama3 llama-v3", False, True, words(LLAMA)),
        ("qwen2 stablelm2", True, False, words(QWEN)),
        ("deepseek-llm", False, False, words("[\r\n]", cased, marks, r"\s+$", han, digits=True)),
        ("deepseek-coder", False, False, words("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", han, digits=True)),
    ]


def pairs(whole):
    """Any two bytes are a token, so that nearly every cut shows in the ids."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    two = [(a, b) for a in alphabet for b in alphabet]
    vocab = {token: i for i, token in enumerate(alphabet + [a + b for a, b in two])}
    return models.BPE(vocab, two, ignore_merges=whole)


def clean(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))


def units(text):
    return list(memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"))


def fnv(data):
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def checksum(ids):
    return fnv(b"".join(i.to_bytes(4, "little") for i in ids))


def golden(tokenizer, every):
    """Ids of every text; what they decode to where that is not the text, and without special tokens where that differs."""
    ids = [tokenizer.encode(t, add_special_tokens=False).ids for t in every]
    full = [tokenizer.decode(i, skip_special_tokens=False) for i in ids]
    bare = [tokenizer.decode(i, skip_special_tokens=True) for i in ids]
    return {
        "ids": ids,
        "framed": tokenizer.encode("a b", add_special_tokens=True).ids,
        "decoded": {str(n): d for n, (t, d) in enumerate(zip(every, full)) if t != d},
        "bare": {str(n): b for n, (d, b) in enumerate(zip(full, bare)) if d != b},
        "long": [[unit, n, checksum(tokenizer.encode(unit * n + "x", add_special_tokens=False).ids)] for unit, n in LONG],
    }


def smollm(path):
    """The tokenizer of SmolLM2 as its tokenizer.json has it, over the tables of the GGUF file."""
    fields = GGUFReader(path).fields
    get = lambda key: fields["tokenizer." + key].contents()
    tokens, kinds = get("ggml.tokens"), get("ggml.token_type")
    merges = [tuple(m.split(" ")) for m in get("ggml.merges")]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = words(digits=True, gpt2=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t, k in zip(tokens, kinds) if k == 3])
    return tokenizer


def byte_level(corpus):
    """Trained here: byte-level BPE, cut like Llama 3."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = words(LLAMA)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|begin_of_text|>", "<|eot_id|>", "<|user|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=560, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("   ", normalized=False)])
    bos = special[0]
    tokenizer.post_processor = processors.TemplateProcessing(f"{bos} $A", f"{bos} $A {bos} $B", [(bos, 0)])
    return tokenizer


def write_byte_level(tokenizer, path):
    data = json.loads(tokenizer.to_str())
    added = {t["id"]: 3 if t["special"] else 4 for t in data["added_tokens"]}
    size = tokenizer.get_vocab_size()
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([tokenizer.id_to_token(i) for i in range(size)])
    writer.add_token_types([added.get(i, 1) for i in range(size)])
    writer.add_token_merges([" ".join(m) for m in data["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


def pieces(corpus):
    """Trained here by SentencePiece: BPE with byte fallback. Returns the tokenizer that transformers would convert it to,
    the model's tables, and SentencePiece's own reading."""
    made = io.BytesIO()
    # Only Latin letters are learned: everything else has to fall back to bytes.
    lines = [line for text in corpus for line in text.split("\n") if line and "\0" not in line and max(line) < "\u024f"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=made, model_type="bpe", vocab_size=700, byte_fallback=True,
        character_coverage=0.98, num_threads=1,
        normalization_rule_name="identity", remove_extra_whitespaces=False, control_symbols=["<|user|>", "<|end|>"],
        user_defined_symbols=["<think>"], minloglevel=2, split_digits=True, allow_whitespace_only_pieces=True,
    )
    model = proto.ModelProto()
    model.ParseFromString(made.getvalue())
    table = [(p.piece, p.score, p.type) for p in model.pieces]
    own = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    return piece_tokenizer(table, {t: s for t, s, _ in table}), table, own


def piece_tokenizer(table, scores, prefix=True):
    vocab = {t: i for i, (t, _, _) in enumerate(table)}
    merges = generate_merges(vocab, scores)
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    steps = [normalizers.Prepend("▁")] if prefix else []
    tokenizer.normalizer = normalizers.Sequence(steps + [normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if prefix else []))
    for text, _, kind in table:
        if kind in (2, 3, 4):
            tokenizer.add_tokens([AddedToken(text, normalized=False, special=kind != 4)])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", vocab["<s>"])])
    return tokenizer


def write_pieces(table, path):
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([t for t, _, _ in table])
    writer.add_token_scores([s for _, s, _ in table])
    writer.add_token_types([k for _, _, k in table])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    finish(writer)


def variants(base, every):
    """The same small tokenizers under other rules: checksums of the ids and of what they decode to."""
    out = []
    line_ends = {"type": "Split", "pattern": {"Regex": r"^\w|\s+$"}, "behavior": "Isolated", "invert": False}
    steps = json.loads(base["bytes"].to_str())["pre_tokenizer"]["pretokenizers"]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    bare = metaspace | {"prepend_scheme": "never"}
    old = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}
    for name, patch in [
        ("bytes", {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [line_ends] + steps}}),
        ("pieces", {"normalizer": None, "pre_tokenizer": metaspace}),
        ("pieces", {"normalizer": None, "pre_tokenizer": old, "decoder": old}),
        ("pieces", {"normalizer": None, "pre_tokenizer": bare, "decoder": bare}),
    ]:
        tokenizer = Tokenizer.from_str(json.dumps(json.loads(base[name].to_str()) | patch))
        ids = [tokenizer.encode(t, add_special_tokens=False).ids for t in every]
        decoded = [fnv(tokenizer.decode(i, skip_special_tokens=False).encode()) for i in ids]
        out.append({"base": name, "patch": patch, "ids": packed(map(checksum, ids)), "decoded": packed(decoded)})
    return out


def checksums(tokenizer, every):
    return packed(checksum(tokenizer.encode(t, add_special_tokens=False).ids) for t in every)


def packed(sums):
    return "".join(f"{s:08x}" for s in sums)


def main():
    raw = texts()
    every = [clean(t) for t in raw]
    plain = [t for t in every if "<" not in t]
    folder = FIXTURES / "tokens"
    small, (piece, table, own) = byte_level(plain), pieces(plain)
    for name, tokenizer in [("bytes", small), ("pieces", piece)]:
        write(folder / f"{name}.json", json.loads(tokenizer.to_str()))
    write_byte_level(small, folder / "bytes.gguf")
    write_pieces(table, folder / "pieces.gguf")
    same = sum(own.encode(t) == piece.encode(t, add_special_tokens=False).ids for t in plain)
    print(f"SentencePiece itself agrees on {same} of {len(plain)} texts without marks")

    named = {}
    for names, nfc, whole, pre in pres():
        tokenizer = Tokenizer(pairs(whole))
        tokenizer.normalizer = normalizers.NFC() if nfc else None
        tokenizer.pre_tokenizer = pre
        named[names] = checksums(tokenizer, every + edges())
    positions = {t: -float(i) for i, (t, _, _) in enumerate(table)}
    out = {
        "texts": [t if t == c else units(t) for t, c in zip(raw, every)],
        "smollm2": golden(smollm(sys.argv[1]), every),
        "bytes": golden(small, every),
        "pieces": golden(piece, every),
        "edges": edges(),
        "pre": named,
        "gemma": checksums(piece_tokenizer(table, positions), every),
        "no_prefix": checksums(piece_tokenizer(table, {t: s for t, s, _ in table}, prefix=False), every),
        "variants": variants({"bytes": small, "pieces": piece}, every),
    }
    write(FIXTURES / "tokens.json", out)


def write(path, data):
    path.write_text(json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
