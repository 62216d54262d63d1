"""Writes those of tests/fixtures/projectors that `transformers` has an implementation of: random small configurations of
BLIP-2's Q-Former, Idefics2's resampler and Idefics3's connector, rows as an encoder would make them, and what comes out.

    .venv/bin/python scripts/golden/projectors_hf.py
"""

import torch
from torch import nn
from transformers import Blip2QFormerConfig, Idefics2Config, Idefics3Config
from transformers.models.blip_2.modeling_blip_2 import Blip2QFormerModel
from transformers.models.idefics2.modeling_idefics2 import Idefics2Connector
from transformers.models.idefics3.modeling_idefics3 import Idefics3Connector

from projectors_save import jostled, rows, save, square


def qformer():
    for name, view, width, queries, sizes in [
        ("qformer", rows(26, 4, 4, before=1), 18, 5, dict(hidden_size=24, num_attention_heads=3, num_hidden_layers=2)),
        (
            "qformer-deep",
            rows(14, 2, 5),
            13,
            7,
            dict(hidden_size=16, num_attention_heads=4, num_hidden_layers=5, cross_attention_frequency=2),
        ),
        (
            "qformer-every",
            rows(10, 1, 9, before=1),
            11,
            3,
            dict(hidden_size=20, num_attention_heads=2, num_hidden_layers=3, cross_attention_frequency=1),
        ),
    ]:
        config = Blip2QFormerConfig(
            vocab_size=8, intermediate_size=2 * sizes["hidden_size"] + 3, encoder_hidden_size=view.chans, **sizes
        )
        net = jostled(Blip2QFormerModel(config))
        tokens = torch.randn(1, queries, config.hidden_size)
        last = jostled(nn.Linear(config.hidden_size, width))
        out = last(net(query_embeds=tokens, encoder_hidden_states=view.values[None]).last_hidden_state)[0]
        # What is only for text is not in the language models' checkpoints.
        weights = {f"qformer.{n}": p for n, p in net.named_parameters()}
        weights |= {"query_tokens": tokens}
        weights |= {f"language_projection.{n}": p for n, p in last.named_parameters()}
        facts = {"num_query_tokens": queries, "qformer_config": config.to_diff_dict()}
        save(name, "qformer", weights, [view], out, facts, oracle="transformers")


def tinygpt_v():
    view, queries = rows(22, 3, 3, before=1), 4
    config = Blip2QFormerConfig(
        vocab_size=8,
        hidden_size=18,
        num_attention_heads=3,
        num_hidden_layers=2,
        intermediate_size=30,
        encoder_hidden_size=view.chans,
    )
    net, tokens = jostled(Blip2QFormerModel(config)), torch.randn(1, queries, config.hidden_size)
    first, last = jostled(nn.Linear(config.hidden_size, 26)), jostled(nn.Linear(26, 15))
    out = last(first(net(query_embeds=tokens, encoder_hidden_states=view.values[None]).last_hidden_state))[0]

    def old(name):
        """The name in BLIP-2's own code."""
        name = name.replace("layernorm", "embeddings.LayerNorm").replace("attention.attention.", "attention.self.")
        return f"Qformer.bert.{name}"

    weights = {old(n): p for n, p in net.named_parameters()} | {"query_tokens": tokens}
    for name, layer in [("llama_proj", first), ("llama_proj2", last)]:
        weights |= {f"{name}.{n}": p for n, p in layer.named_parameters()}
    facts = {"num_query_tokens": queries, "proj_hidden_size": 26, "qformer_config": config.to_diff_dict()}
    save("tinygpt-v", "tinygpt_v", weights, [view], out, facts, oracle="transformers")


def idefics2():
    for name, view, text, perceiver in [
        (
            "idefics2",
            rows(20, 3, 4),
            dict(hidden_size=24, intermediate_size=44),
            dict(resampler_n_latents=6, resampler_depth=2, resampler_n_heads=4, resampler_head_dim=10),
        ),
        (
            "idefics2-groups",
            square(9, 5),
            dict(hidden_size=16, intermediate_size=20),
            dict(resampler_n_latents=3, resampler_depth=3, resampler_n_heads=6, resampler_head_dim=8),
        ),
        (
            "idefics2-one-group",
            rows(13, 1, 7),
            dict(hidden_size=20, intermediate_size=32),
            dict(resampler_n_latents=8, resampler_depth=1, resampler_n_heads=3, resampler_head_dim=4),
        ),
    ]:
        groups = {"idefics2": 2, "idefics2-groups": 3, "idefics2-one-group": 1}[name]
        perceiver |= dict(num_key_value_heads=groups, hidden_size=text["hidden_size"], rms_norm_eps=1e-5)
        text |= dict(model_type="mistral", num_attention_heads=2, num_hidden_layers=1)
        config = Idefics2Config(
            text_config=text, perceiver_config=perceiver, vision_config=dict(hidden_size=view.chans)
        )
        config._attn_implementation = config.perceiver_config._attn_implementation = "eager"
        net = jostled(Idefics2Connector(config))
        out = net(view.patches[None], torch.ones(1, len(view.patches)))[0]
        weights = {f"model.connector.{n}": p for n, p in net.named_parameters()}
        facts = {
            "text_config": {k: text[k] for k in ("hidden_size", "intermediate_size")},
            "perceiver_config": perceiver,
        }
        save(name, "idefics2", weights, [view], out, facts, oracle="transformers")


def idefics3():
    for name, view, side, width in [
        ("idefics3", square(18, 4), 2, 28),
        ("idefics3-three", square(5, 6), 3, 12),
        ("idefics3-four", square(4, 8), 4, 10),
    ]:
        config = Idefics3Config(
            text_config=dict(model_type="llama", hidden_size=width, num_attention_heads=1),
            vision_config=dict(hidden_size=view.chans),
            scale_factor=side,
        )
        net = jostled(Idefics3Connector(config))
        weights = {f"model.connector.{n}": p for n, p in net.named_parameters()}
        out = net(view.patches[None])[0]
        save(name, "idefics3", weights, [view], out, {"scale_factor": side}, oracle="transformers")


@torch.no_grad()
def main():
    for group in [qformer, idefics2, idefics3, tinygpt_v]:
        # One that grows leaves the others as they are.
        torch.manual_seed(4)
        group()


main()
