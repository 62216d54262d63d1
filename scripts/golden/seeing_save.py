"""What the scripts of vision-language models share: a small tokenizer, larger random weights, and a fixture's files."""

import json
import pathlib
import shutil

import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

import rows_first  # noqa: F401 (changes how Pillow resizes)

FIXTURES = pathlib.Path(__file__).parents[2] / "tests/fixtures"
FOLDER = FIXTURES / "seeing"
ANSWER = 8
CHAT = (
    "{% for message in messages %}{{ message['role'].upper() + ': ' }}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def tokenizer(specials, framed=True):
    """Bytes and some marks: every text has ids. The first three are the beginning, the end and padding."""
    marks = ["<s>", "</s>", "<pad>", *specials]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())[:256]
    vocab = {token: i for i, token in enumerate([*marks, *letters])}
    it = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    it.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    it.decoder = decoders.ByteLevel()
    if framed:
        it.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=it, bos_token="<s>" if framed else None, eos_token="</s>", pad_token="<pad>",
        additional_special_tokens=list(specials),
    )


def enlarge(model):
    """Larger than at the start of a training, so that attention is no mean and every bias and norm shows."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim < 2:
                # Gemma's norms keep their weights as what they differ from one.
                middle = 1.0 if name.endswith("weight") and float(weight.abs().max()) > 0 else 0.0
                weight.normal_(middle, 0.3)
            elif "lm_head" in name or "position" in name:
                weight.normal_(0, 0.3)
            elif "embed_tokens" in name:
                weight.normal_(0, 0.5)
            else:
                weight.normal_(0, 1.5 / weight[0].numel() ** 0.5)
    return model.eval()


def renamed(folder, names):
    """Other beginnings of names in what was saved, as other versions wrote them."""
    for path in folder.glob("*.safetensors"):
        out = {}
        for name, t in load_file(path).items():
            for old, new in names.items():
                if name.startswith(old):
                    name = new + name[len(old) :]
                    break
            out[name] = t
        save_file(out, path)


def fresh(name):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def picture(name):
    return ImageOps.exif_transpose(Image.open(FIXTURES / "pictures" / name)).convert("RGB")


def clear(cases):
    """No choice is so close that rounding decides, and no answer has a mark of a picture."""
    tops = [case["logits"].topk(2).values for case in cases]
    close = min(float((top[:, 0] - top[:, 1]).min()) for top in tops)
    return close > 1e-3 and all(case["mark"] not in case["ids"][case["prompt_ids"] :] for case in cases)


def written(folder, cases):
    """`cases`: a prompt, pictures, ids with a mark for each row of a picture, how many of them are the prompt, logits."""
    out = []
    for case in cases:
        logits, ids = case["logits"], case["ids"]
        first = ids.index(case["mark"]) if case["mark"] in ids else 0
        kept = sorted({0, first, first + 3, case["prompt_ids"] - 1, len(ids) - 1})
        top = logits.topk(2).values
        print(
            f"{folder.name}: {len(ids)} ids, {ids.count(case['mark'])} of pictures, closest choice "
            f"{float((top[:, 0] - top[:, 1]).min()):.4f}, likeliest {float(logits.abs().max()):.1f}, "
            f"{len(set(ids[case['prompt_ids'] :]))} ids said"
        )
        out.append({
            "text": case["text"], "raw": case["raw"], "pictures": case["pictures"], "prompt": case["prompt_ids"],
            "ids": ids, "best": logits.argmax(-1).tolist(), "said": case["said"],
            "rows": [{"at": i, "logits": [round(float(v), 5) for v in logits[i]]} for i in kept],
        })
    return out


def golden(folder, cases):
    out = written(folder, cases)
    (folder / "golden.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{folder.name}: {size >> 10} KiB")
