"""Writes tests/fixtures/mmproj/<name>/: a language model and its encoder and projector as two GGUF files, under the names
and with the metadata that llama.cpp's converters give them, and what `transformers` (MobileVLM: its card in PyTorch) makes
of prompts with pictures, over the same rounded weights.

    .venv/bin/python scripts/golden/mmproj.py
"""

import gguf
import numpy as np
import torch
import transformers as t
from gguf import GGMLQuantizationType as Q
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

import seeing
import seeing_mobile
import seeing_save
from seeing_save import CHAT, FIXTURES, clear, golden

FOLDER = FIXTURES / "mmproj"
NORMAL, CONTROL, UNUSED = 1, 3, 5


class Tensors:
    """Weights, each rounded to a format in the model itself, too, so that it can be asked what it makes of them."""

    def __init__(self, matrices):
        self.matrices, self.all = matrices, []

    @torch.no_grad()
    def add(self, name, p, heads=None, squeeze=False):
        x = p.detach().float().numpy()
        kind = self.matrices if x.ndim > 1 else Q.F32
        if kind == Q.Q8_0 and (x.ndim > 2 or x.shape[-1] % 32 or "embd" in name):
            kind = Q.F16
        packed = gguf.quants.quantize(x, kind)
        p.copy_(torch.from_numpy(gguf.quants.dequantize(packed, kind).reshape(x.shape).copy()))
        if heads:
            # Of each head, the row of the first number of a pair and that of the second come one after the other.
            packed = packed.reshape(heads, 2, -1, *packed.shape[1:]).swapaxes(1, 2).reshape(packed.shape)
        self.all.append((name, packed.squeeze() if squeeze else packed, kind))

    def write(self, to):
        for name, packed, kind in self.all:
            to.add_tensor(name, np.ascontiguousarray(packed), raw_dtype=kind if packed.dtype == np.uint8 else None)
        to.write_header_to_file()
        to.write_kv_data_to_file()
        to.write_tensors_to_file()
        to.close()


LANGUAGE = [
    ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"), ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
]


def language(path, kind, matrices, config, body, head, words, template):
    """`body`: embedding, layers and norm."""
    to = gguf.GGUFWriter(path, kind)
    to.add_block_count(config.num_hidden_layers)
    to.add_context_length(config.max_position_embeddings)
    to.add_embedding_length(config.hidden_size)
    to.add_feed_forward_length(config.intermediate_size)
    to.add_head_count(config.num_attention_heads)
    to.add_head_count_kv(config.num_key_value_heads)
    to.add_layer_norm_rms_eps(config.rms_norm_eps)
    to.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if kind == "llama":
        to.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
        to.add_vocab_size(config.vocab_size)
    vocab(to, words, config.vocab_size)
    if template:
        to.add_chat_template(template)
    own = Tensors(matrices)
    own.add("token_embd.weight", body.embed_tokens.weight)
    turned = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads} if kind == "llama" else {}
    for i, layer in enumerate(body.layers):
        for theirs, ours in LANGUAGE:
            for what, p in layer.get_submodule(theirs).named_parameters():
                own.add(f"blk.{i}.{ours}.{what}", p, turned.get(theirs.split(".")[-1]))
    own.add("output_norm.weight", body.norm.weight)
    own.add("output.weight", head.weight)
    own.write(to)


def vocab(to, words, size):
    """The letters have no merges, and a file has to have some: one of two bytes that no text has."""
    tokens = words.convert_ids_to_tokens(range(len(words))) + ["\u0100\u0101"]
    marks = {token.content for token in words.added_tokens_decoder.values() if token.special}
    kinds = [CONTROL if token in marks else NORMAL for token in tokens]
    more = size - len(tokens)
    to.add_tokenizer_model("gpt2")
    to.add_tokenizer_pre("gpt-2")
    to.add_token_list(tokens + [f"[PAD{i}]" for i in range(more)])
    to.add_token_types(kinds + [UNUSED] * more)
    to.add_token_merges(["\u0100 \u0101"])
    to.add_bos_token_id(0)
    to.add_eos_token_id(1)
    to.add_pad_token_id(2)
    to.add_add_bos_token(words("")["input_ids"] == [0])


TOWER = [
    ("layer_norm1", "ln1"), ("layer_norm2", "ln2"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"), ("self_attn.out_proj", "attn_out"), ("mlp.fc1", "ffn_up"), ("mlp.fc2", "ffn_down"),
]


def tower(own, seer, count, old=False, normed=False):
    """The first layers of a tower. Old files have the names of the two matrices of feed-forward blocks the wrong way round."""
    seer = getattr(seer, "vision_model", seer)
    places = seer.embeddings
    for what, p in places.patch_embedding.named_parameters():
        own.add(f"v.patch_embd.{what}", p)
    own.add("v.position_embd.weight", places.position_embedding.weight)
    if hasattr(places, "class_embedding"):
        own.add("v.class_embd", places.class_embedding)
        for what, p in seer.pre_layrnorm.named_parameters():
            own.add(f"v.pre_ln.{what}", p)
    swapped = {"ffn_up": "ffn_down", "ffn_down": "ffn_up"} if old else {}
    for i, layer in enumerate(seer.encoder.layers[:count]):
        for theirs, ours in TOWER:
            for what, p in layer.get_submodule(theirs).named_parameters():
                own.add(f"v.blk.{i}.{swapped.get(ours, ours)}.{what}", p)
    if normed:
        for what, p in seer.post_layernorm.named_parameters():
            own.add(f"v.post_ln.{what}", p)


def old(path, vision, count, projector, mean, std):
    """The metadata of tools/mtmd/legacy-models/convert_image_encoder_to_gguf.py; its first version named no projector."""
    to = gguf.GGUFWriter(path, "clip")
    to.add_bool("clip.has_text_encoder", False)
    to.add_bool("clip.has_vision_encoder", True)
    to.add_bool("clip.has_llava_projector", True)
    to.add_file_type(1)
    to.add_description("image encoder for LLaVA")
    if projector:
        to.add_string("clip.projector_type", projector)
    sizes(to, vision, count)
    # What CLIP's own head makes.
    to.add_vision_projection_dim(vision.projection_dim)
    to.add_vision_image_mean(mean)
    to.add_vision_image_std(std)
    to.add_bool("clip.use_gelu", vision.hidden_act == "gelu")
    return to


def new(path, vision, count, projector, mean, std, width):
    """Those of convert_hf_to_gguf.py --mmproj."""
    to = gguf.GGUFWriter(path, "clip")
    to.add_type(gguf.GGUFType.MMPROJ)
    to.add_file_type(1)
    to.add_clip_has_vision_encoder(True)
    to.add_clip_projector_type(projector)
    to.add_vision_projection_dim(width)
    sizes(to, vision, count)
    to.add_vision_image_mean(mean)
    to.add_vision_image_std(std)
    to.add_vision_use_gelu(True)
    return to


def sizes(to, vision, count):
    to.add_vision_image_size(vision.image_size)
    to.add_vision_patch_size(vision.patch_size)
    to.add_vision_embedding_length(vision.hidden_size)
    to.add_vision_feed_forward_length(vision.intermediate_size)
    to.add_vision_head_count(vision.num_attention_heads)
    to.add_vision_attention_layernorm_eps(vision.layer_norm_eps)
    to.add_vision_block_count(count)


def linears(own, projector):
    for theirs, ours in [("linear_1", "mm.0"), ("linear_2", "mm.2")]:
        for what, p in projector.get_submodule(theirs).named_parameters():
            own.add(f"{ours}.{what}", p)


def fresh(name):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder, folder / "language.gguf", folder / "mmproj.gguf"


def published(name, kind):
    folder = seeing_save.FOLDER / name
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    return model, t.PreTrainedTokenizerFast.from_pretrained(folder), model.config


def done(folder, cases):
    assert clear(cases), folder
    golden(folder, cases)


def llava(name, source, matrices, write, before):
    """`write` makes the metadata of the second file and says how many layers it has."""
    folder, one, two = fresh(name)
    model, words, config = published(source, t.LlavaForConditionalGeneration)
    vision, text = config.vision_config, config.text_config
    n = vision.image_size
    mean, std = ([0.5] * 3, [0.5] * 3) if "siglip" in source else (t.image_utils.OPENAI_CLIP_MEAN, t.image_utils.OPENAI_CLIP_STD)
    language(one, text.model_type, matrices, text, model.model.language_model, model.lm_head, words, CHAT)
    own = Tensors(matrices)
    to, count, is_old = write(two, vision, config, mean, std)
    tower(own, model.model.vision_tower, count, is_old)
    linears(own, model.model.multi_modal_projector)
    own.write(to)
    images = seeing.cut(LlavaImageProcessorPil, n, do_pad=True, image_mean=list(mean), image_std=list(std))
    processor = t.LlavaProcessor(
        image_processor=images, tokenizer=words, patch_size=vision.patch_size, chat_template=CHAT,
        vision_feature_select_strategy=config.vision_feature_select_strategy, num_additional_image_tokens=before,
    )
    done(folder, seeing.cases(model, processor, config.image_token_id, seeing.ASKED))


def first(path, vision, _, mean, std):
    return old(path, vision, 2, None, mean, std), 2, True


def several(path, vision, config, mean, std):
    count = max(config.vision_feature_layer)
    to = new(path, vision, count, "mlp", mean, std, config.text_config.hidden_size)
    to.add_array("clip.vision.feature_layer", config.vision_feature_layer)
    return to, count, False


def idefics3(name, source, longest, matrices):
    folder, one, two = fresh(name)
    model, words, config = published(source, t.Idefics3ForConditionalGeneration)
    vision, text = config.vision_config, config.text_config
    whole = model.model
    language(one, "llama", matrices, text, whole.text_model, model.lm_head, words, seeing.TURNS)
    own = Tensors(matrices)
    to = new(two, vision, vision.num_hidden_layers, "idefics3", [0.5] * 3, [0.5] * 3, text.hidden_size)
    to.add_vision_projector_scale_factor(config.scale_factor)
    to.add_vision_preproc_image_size(longest)
    tower(own, whole.vision_model, vision.num_hidden_layers, normed=True)
    own.add("mm.model.fc.weight", whole.connector.modality_projection.proj.weight)
    own.write(to)
    side = vision.image_size // vision.patch_size // config.scale_factor
    processor = t.Idefics3Processor(
        image_processor=seeing.tiles(Idefics3ImageProcessorPil, longest, vision.image_size), tokenizer=words,
        image_seq_len=side * side, chat_template=seeing.TURNS,
    )
    done(folder, seeing.cases(model, processor, config.image_token_id, seeing.ASKED))


# The grid of the published ones, which llama.cpp takes for granted.
GRID = dict(image=48, patch=2)
MOBILE = {
    "mobilevlm": ("ldp", seeing_mobile.First, seeing.tower(16, 24, 2, 2, **GRID), seeing.sizes(24, 40, 2, 2, 2), None),
    "mobilevlm-v2": ("ldpv2", seeing_mobile.Second, seeing.tower(12, 20, 2, 1, **GRID), seeing.sizes(32, 48, 2, 4, 4), 12),
}


def mobile(name):
    folder, one, two = fresh(name)
    kind, make, eye, text, bins = MOBILE[name]
    for seed in range(100):
        model = seeing_mobile.Model(make, eye, text, bins, seed)
        language(one, "llama", Q.F16, model.text, model.speaker.model, model.speaker.lm_head, model.words, None)
        own, count = Tensors(Q.F16), model.vision.num_hidden_layers - 1
        to = old(two, model.vision, count, kind, t.image_utils.OPENAI_CLIP_MEAN, t.image_utils.OPENAI_CLIP_STD)
        for theirs, p in model.projector.named().items():
            ours = theirs.replace("model.mm_projector", "mm").replace("mm.mlp.mlp", "mm.model.mlp")
            own.add(ours.replace("mm.peg.peg", "mm.model.peg"), p, squeeze=True)
        tower(own, model.seer, count, old=True)
        own.write(to)
        cases = model.cases()
        if clear(cases):
            return done(folder, cases)


def main():
    llava("llava-old", "llava-clip-llama", Q.F16, first, 1)
    llava("llava-siglip-layers", "llava-siglip-layers", Q.Q8_0, several, 0)
    idefics3("idefics3", "idefics3", 72, Q.F16)
    [mobile(name) for name in MOBILE]


if __name__ == "__main__":
    main()
