"""Writes tests/fixtures/seeing/<name>/: small random vision-language models as `transformers` saves them, with processors
and tokenizers, and what it makes of prompts with pictures: ids, logits, and what it says when it always takes the
likeliest. Towers, language models, the layer that is looked at, and the names of tensors differ.

    .venv/bin/python scripts/golden/seeing.py
"""

import torch
import transformers as t
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

from seeing_save import ANSWER, CHAT, clear, enlarge, fresh, golden, picture, renamed, tokenizer


def sizes(width, inner, layers, heads, groups, **more):
    return dict(
        hidden_size=width, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=groups, max_position_embeddings=512, bos_token_id=0, eos_token_id=1, pad_token_id=2, **more,
    )


def tower(width, inner, layers, heads, image, patch, **more):
    return dict(
        hidden_size=width, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
        image_size=image, patch_size=patch, **more,
    )


def square(n):
    return {"height": n, "width": n}


def cut(kind, n, **more):
    return kind(size={"shortest_edge": n}, crop_size=square(n), **more)


CLIP, SIGLIP = t.CLIPVisionConfig, t.SiglipVisionConfig
# What the tensors begin with in files of llava-1.5-7b-hf, and in those saved by transformers 4.52 and later as they are.
PUBLISHED = {"vision_tower.": "vision_tower.vision_model."}
LATER = {
    "vision_tower.": "model.vision_tower.vision_model.", "multi_modal_projector.": "model.multi_modal_projector.",
    "language_model.model.": "model.language_model.", "language_model.lm_head.": "lm_head.",
}
LLAVA = {
    "llava-clip-llama": (
        CLIP(**tower(24, 40, 3, 2, 20, 5)), t.LlamaConfig(**sizes(32, 60, 2, 4, 2)),
        dict(vision_feature_layer=-2, vision_feature_select_strategy="default"),
        cut(CLIPImageProcessorPil, 20), 1, PUBLISHED,
    ),
    "llava-clip-phi-whole": (
        CLIP(**tower(30, 44, 2, 3, 18, 6, hidden_act="gelu")),
        t.PhiConfig(**sizes(36, 70, 2, 3, 3), rope_parameters={"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5}),
        dict(vision_feature_layer=-1, vision_feature_select_strategy="full", multimodal_projector_bias=False),
        cut(LlavaImageProcessorPil, 18, do_pad=True), 1, LATER,
    ),
    "llava-siglip-qwen2": (
        SIGLIP(**tower(20, 36, 2, 2, 22, 7)), t.Qwen2Config(**sizes(40, 60, 2, 5, 1)),
        dict(vision_feature_layer=1, vision_feature_select_strategy="full", projector_hidden_act="silu"),
        SiglipImageProcessorPil(size=square(22)), 0, {},
    ),
    "llava-siglip-gemma": (
        SIGLIP(**tower(20, 33, 3, 5, 16, 4, vision_use_head=False)), t.GemmaConfig(**sizes(28, 50, 2, 2, 1, head_dim=10)),
        dict(vision_feature_layer=-2, vision_feature_select_strategy="default"),
        SiglipImageProcessorPil(size=square(16)), 0, LATER,
    ),
    "llava-clip-phi3-bf16": (
        CLIP(**tower(24, 36, 2, 6, 21, 7)), t.Phi3Config(**sizes(32, 44, 2, 2, 2, sliding_window=None)),
        dict(vision_feature_layer=-2, vision_feature_select_strategy="default"),
        cut(CLIPImageProcessorPil, 21), 1, {},
    ),
    # Rows of several layers side by side, in this order.
    "llava-clip-layers": (
        CLIP(**tower(20, 30, 3, 2, 20, 5)), t.LlamaConfig(**sizes(24, 40, 2, 2, 2)),
        dict(vision_feature_layer=[-1, 0, -3], vision_feature_select_strategy="default"),
        cut(CLIPImageProcessorPil, 20), 1, PUBLISHED,
    ),
    "llava-siglip-layers": (
        SIGLIP(**tower(32, 64, 3, 2, 21, 7, vision_use_head=False)), t.Qwen2Config(**sizes(32, 64, 2, 2, 1)),
        dict(vision_feature_layer=[2, 1], vision_feature_select_strategy="full"),
        SiglipImageProcessorPil(size=square(21)), 0, LATER,
    ),
}
ASKED = [("What is left of it?", ["cat.png"]), ("Which two?", ["turn-6.png", "camera.png"]), ("No picture", [])]


def chat(text, count):
    return [{"role": "user", "content": [{"type": "image"}] * count + [{"type": "text", "text": text}]}]


@torch.no_grad()
def cases(model, processor, mark, asked):
    out = []
    for text, names in asked:
        prompt = processor.apply_chat_template(chat(text, len(names)), add_generation_prompt=True)
        images = {"images": [picture(n) for n in names]} if names else {}
        # As `apply_chat_template` does when it is asked for ids.
        begun = processor.tokenizer.bos_token is not None and prompt.startswith(processor.tokenizer.bos_token)
        given = processor(text=prompt, **images, return_tensors="pt", add_special_tokens=not begun)
        given.pop("token_type_ids", None), given.pop("mm_token_type_ids", None)
        seen = {k: v for k, v in given.items() if k not in ("input_ids", "attention_mask")}
        ids = given["input_ids"]
        count = ids.shape[1]
        for _ in range(ANSWER):
            ids = torch.cat([ids, model(input_ids=ids, **seen).logits[:, -1:].argmax(-1)], 1)
        logits = model(input_ids=ids, **seen).logits[0]
        said = processor.tokenizer.decode(ids[0, count:], skip_special_tokens=True)
        out.append(dict(
            text=text, raw=prompt.removeprefix("<s>"), pictures=names, ids=ids[0].tolist(), prompt_ids=count,
            logits=logits, said=said, mark=mark,
        ))
    return out


def save(name, kind, config, seed, processor, mark, names, asked):
    """Weights under which all is clear."""
    done = False
    while not done:
        torch.manual_seed(seed)
        done = attempt(name, kind, enlarge(kind(config)), processor, mark, names, asked)
        seed += 100


def attempt(name, kind, model, processor, mark, names, asked):
    folder = fresh(name)
    saved = model.to(torch.bfloat16) if "bf16" in name else model
    saved.save_pretrained(folder, max_shard_size="60KB" if "sharded" in name else "1GB")
    processor.save_pretrained(folder)
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    renamed(folder, names)
    (folder / "generation_config.json").unlink(missing_ok=True)
    made = cases(model, processor, mark, asked)
    if clear(made):
        golden(folder, made)
    return clear(made)


def llava(only=None):
    for seed, (name, (vision, text, more, images, own, names)) in enumerate(LLAVA.items()):
        if only not in (None, name):
            continue
        words = tokenizer(["<image>"], framed="qwen2" not in name)
        text.vocab_size = len(words) + 3
        mark = words.convert_tokens_to_ids("<image>")
        config = t.LlavaConfig(vision_config=vision, text_config=text, image_token_index=mark, **more)
        processor = t.LlavaProcessor(
            image_processor=images, tokenizer=words, patch_size=vision.patch_size, chat_template=CHAT,
            vision_feature_select_strategy=more["vision_feature_select_strategy"], num_additional_image_tokens=own,
        )
        kind = t.LlavaForConditionalGeneration
        save(name, kind, config, seed, processor, mark, names, ASKED)


FAKE, WHOLE = "<fake_token_around_image>", "<global-img>"
TURNS = (
    "<s>{% for message in messages %}{{ message['role'] | capitalize }}{% if message['content'][0]['type'] == 'image' %}"
    "{{ ':' }}{% else %}{{ ': ' }}{% endif %}{% for part in message['content'] %}{% if part['type'] == 'text' %}"
    "{{ part['text'] }}{% elif part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def tiles(kind, longest, side, **more):
    return kind(size={"longest_edge": longest}, max_image_size={"longest_edge": side}, **more)


IDEFICS3 = {
    "idefics3": (
        t.Idefics3Config, t.Idefics3Processor, tower(24, 40, 2, 2, 24, 6), t.LlamaConfig(**sizes(32, 60, 2, 4, 2)),
        2, tiles(Idefics3ImageProcessorPil, 72, 24), {},
    ),
    # Pictures of other sizes than the tower was trained on, and a head of the embedding.
    "idefics3-cells": (
        t.Idefics3Config, t.Idefics3Processor, tower(18, 30, 3, 3, 20, 4), t.LlamaConfig(**sizes(36, 52, 2, 3, 1)),
        3, tiles(Idefics3ImageProcessorPil, 60, 36, do_image_splitting=False), {},
    ),
    "smolvlm-sharded": (
        t.SmolVLMConfig, t.SmolVLMProcessor, tower(20, 33, 2, 5, 32, 4), t.LlamaConfig(**sizes(28, 50, 3, 2, 2)),
        4, tiles(SmolVLMImageProcessorPil, 64, 32), {},
    ),
}


def idefics3():
    for seed, (name, (config, made, vision, text, scale, images, names)) in enumerate(IDEFICS3.items()):
        places = [f"<row_{y}_col_{x}>" for y in range(1, 7) for x in range(1, 7)]
        words = tokenizer(["<image>", FAKE, WHOLE, "<end_of_utterance>", *places])
        text.vocab_size = len(words) + 1
        text.tie_word_embeddings = name == "idefics3-cells"
        mark = words.convert_tokens_to_ids("<image>")
        whole = config(
            vision_config=vision, text_config=text, image_token_id=mark, scale_factor=scale, pad_token_id=2,
            tie_word_embeddings=name == "idefics3-cells",
        )
        side = images.max_image_size["longest_edge"] // vision["patch_size"] // scale
        more = {"video_processor": t.SmolVLMVideoProcessor()} if made is t.SmolVLMProcessor else {}
        processor = made(image_processor=images, tokenizer=words, image_seq_len=side * side, chat_template=TURNS, **more)
        kind = t.Idefics3ForConditionalGeneration if config is t.Idefics3Config else t.SmolVLMForConditionalGeneration
        save(name, kind, whole, 50 + seed, processor, mark, names, ASKED)


if __name__ == "__main__":
    import sys

    only = sys.argv[1:] or ["llava", "idefics3"]
    [{"llava": llava, "idefics3": idefics3}.get(name, lambda: llava(name))() for name in only]
