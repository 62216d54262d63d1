"""Adds tests/fixtures/seeing/mobilevlm*/: `transformers` has no MobileVLM, so this is its card in PyTorch: CLIP's rows of
the layer before the last without the class token, the lightweight downsample projector, and rows put between Llama's.

    .venv/bin/python scripts/golden/seeing_mobile.py
"""

import json

import torch
import torch.nn.functional as F
import transformers as t
from safetensors.torch import save_file
from torch import nn
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from projectors import Chain, Mobile, in_rows, on_grid
from seeing import cut, sizes, tower
from seeing_save import ANSWER, clear, enlarge, fresh, golden, picture, tokenizer

SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
    "polite answers to the user's questions."
)
TOWER, PROJECTOR = "model.vision_tower.vision_tower.vision_model.", "model.mm_projector."


class First(nn.Module):
    """The first version: two convolutional blocks, the second of which halves the grid."""

    def __init__(self, chans, width, _):
        super().__init__()
        self.first, self.blocks = Chain([chans, width, width]), nn.ModuleList([Mobile(width, 1), Mobile(width, 2)])

    def forward(self, x, side):
        x = on_grid(self.first(x), side, side)
        for block in self.blocks:
            x = block(x)
        return in_rows(x)

    def named(self):
        weights = self.first.named(f"{PROJECTOR}model.mlp.1", f"{PROJECTOR}model.mlp.3")
        for i, block in enumerate(self.blocks):
            weights |= block.named(f"{PROJECTOR}model.mb_block.{i + 1}.block")
        return weights


class Second(nn.Module):
    """The second: a mean over bins, and what a convolution sees of it added."""

    def __init__(self, chans, width, bins):
        super().__init__()
        self.first, self.bins = Chain([chans, width, width]), bins
        self.peg = nn.Conv2d(width, width, 3, 1, 1, groups=width)

    def forward(self, x, side):
        x = F.adaptive_avg_pool2d(on_grid(self.first(x), side, side), self.bins)
        return in_rows(self.peg(x) + x)

    def named(self):
        weights = self.first.named(f"{PROJECTOR}mlp.mlp.0", f"{PROJECTOR}mlp.mlp.2")
        return weights | {f"{PROJECTOR}peg.peg.0.{n}": p for n, p in self.peg.named_parameters()}


# Projector, tower, language model; bins of the second version.
MODELS = {
    "mobilevlm": (First, "ldpnet", tower(24, 40, 3, 2, 24, 6), sizes(32, 48, 2, 2, 2), None),
    "mobilevlm-v2": (Second, "ldpnetv2", tower(24, 36, 2, 4, 25, 5), sizes(36, 56, 2, 3, 3), 3),
}
ASKED = [("What is left of it?", "cat.png"), ("Is it grey?", "camera.png")]


class Model:
    """One with random weights: a tower, a projector and a language model."""

    @torch.no_grad()
    def __init__(self, make, eye, text, bins, seed):
        torch.manual_seed(seed)
        self.words = tokenizer([])
        self.vision, self.text = t.CLIPVisionConfig(**eye), t.LlamaConfig(**text, vocab_size=len(self.words) + 3)
        self.seer = enlarge(t.CLIPVisionModel._from_config(self.vision, attn_implementation="eager"))
        self.speaker = enlarge(t.LlamaForCausalLM._from_config(self.text, attn_implementation="eager"))
        self.projector = make(self.vision.hidden_size, self.text.hidden_size, bins).eval()
        for p in self.projector.parameters():
            p += 0.1 * torch.randn_like(p)
        self.images = cut(LlavaImageProcessorPil, self.vision.image_size, do_pad=True)

    @torch.no_grad()
    def cases(self):
        words, mark, made = self.words, self.text.vocab_size, []
        for question, file in ASKED:
            pixels = torch.as_tensor(self.images.preprocess(picture(file))["pixel_values"][0])[None]
            rows = self.seer(pixels, output_hidden_states=True).hidden_states[-2][0, 1:]
            rows = self.projector(rows, self.vision.image_size // self.vision.patch_size)
            asked = f"<image>\n{question}"
            # Both halves have ids of their own.
            before, after = f"{SYSTEM} USER: {asked} ASSISTANT:".split("<image>")
            ids = words(before)["input_ids"] + [mark] * len(rows) + words(after, add_special_tokens=False)["input_ids"]
            count = len(ids)

            def said():
                given = torch.tensor(ids)
                x = self.speaker.model.embed_tokens(given.clamp(max=mark - 1))
                x[given == mark] = rows
                return self.speaker(inputs_embeds=x[None]).logits[0]

            for _ in range(ANSWER):
                ids.append(int(said()[-1].argmax()))
            answer = words.decode(ids[count:], skip_special_tokens=True)
            made.append(dict(
                text=question, raw=f"{SYSTEM} USER: {asked} ASSISTANT:", pictures=[file], ids=ids, prompt_ids=count,
                logits=said(), said=answer, mark=mark,
            ))
        return made


def attempt(name, seed):
    make, kind, eye, text, bins = MODELS[name]
    model = Model(make, eye, text, bins, seed)
    made = model.cases()
    if not clear(made):
        return False
    folder = fresh(name)
    weights = dict(model.speaker.state_dict()) | model.projector.named()
    weights |= {TOWER + n.removeprefix("vision_model."): p for n, p in model.seer.state_dict().items()}
    save_file({n: p.detach().contiguous().clone() for n, p in weights.items()}, folder / "model.safetensors")
    config = model.text.to_diff_dict() | {
        "architectures": ["MobileLlamaForCausalLM"], "model_type": "mobilevlm", "mm_projector_type": kind,
        "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch", "image_aspect_ratio": "pad",
        "vision_config": model.vision.to_dict(),
    }
    config |= {"mm_projector_grid": bins} if bins else {}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    model.words.save_pretrained(folder)
    golden(folder, made)
    return True


def main():
    for name in MODELS:
        seed = 0
        while not attempt(name, seed):
            seed += 1


if __name__ == "__main__":
    main()
