"""The words of pocket models: byte pairs learnt from what scenes say, and three marks."""

import json
import subprocess
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

ASK, SAY, END = "<|ask|>", "<|say|>", "<|end|>"
SIZE = 512
# Scenes whose texts are read for pairs.
READ = 3000


def texts(squint: str):
    """Questions and answers of scenes, and every name that is right."""
    out = subprocess.run([squint, "scenes", "--set", "train", "--n", str(READ), "--pipe", "--resolution", "1"], capture_output=True, check=True).stdout
    at = 0
    while at < len(out):
        size = int.from_bytes(out[at : at + 4], "little")
        for asked in json.loads(out[at + 4 : at + 4 + size])["questions"]:
            yield asked["text"]
            yield asked["answer"]
        at += 4 + size + 3


def learn(squint: str, path: Path) -> Tokenizer:
    if path.exists():
        return Tokenizer.from_file(str(path))
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, special_tokens=[END, ASK, SAY], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    words.train_from_iterator(texts(squint), trainer)
    path.parent.mkdir(parents=True, exist_ok=True)
    words.save(str(path))
    return words
