"""Writes those of tests/fixtures/projectors that look around: resamplers of one cross attention, C- and D-Abstractor,
selective scans, patch-info mining.

Blocks come from others where there are any: attention from PyTorch, the convolutional stage from timm, the deformable
layer from transformers. What is around them, the scans and the mining are written in PyTorch from the descriptions in
papers and model cards, apart from the Rust, and are no one's official code.

    .venv/bin/python scripts/golden/projectors_seen.py
"""

import functools

import torch
import torch.nn.functional as F
from timm.layers import LayerNorm2d
from timm.models.regnet import RegStage
from torch import nn
from transformers import DeformableDetrConfig
from transformers.models.deformable_detr.modeling_deformable_detr import DeformableDetrDecoderLayer

from projectors_save import jostled, rows, save, square


def named(prefix, module):
    return {f"{prefix}.{n}": p for n, p in module.named_parameters()}


def waves(height, width, chans):
    """[height · width, chans]: sines, then cosines of the place across, then the same of the place down."""
    omega = 10000.0 ** -(torch.arange(chans // 4, dtype=torch.float64) / (chans // 4))
    half = lambda place: torch.cat([(place[:, None] * omega).sin(), (place[:, None] * omega).cos()], 1)
    down, across = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.cat([half(across.flatten().double()), half(down.flatten().double())], 1).float()


def resamplers():
    for name, kind, width, heads, queries, view, stored in [
        ("qwen-vl", "qwen_vl", 32, 2, 9, rows(20, 4, 6), True),
        ("minicpm", "minicpm_v", 48, 4, 16, rows(11, 7, 3, before=1), False),
        ("minicpm-square", "minicpm_v", 24, 1, 4, square(24, 2), True),
        ("minicpm-2.5", "minicpm_v_2_5", 40, 2, 6, rows(15, 3, 5), False),
    ]:
        norm = lambda: jostled(nn.LayerNorm(width, eps=1e-6))
        ln_q, ln_kv, ln_post = norm(), norm(), norm()
        attn = jostled(nn.MultiheadAttention(width, heads))
        query, proj = torch.randn(queries, width), torch.randn(width, width) / width**0.5
        # As wide already, there is no such layer.
        first = nn.Identity() if view.chans == width else jostled(nn.Linear(view.chans, width, bias=False))
        seen, q = ln_kv(first(view.patches)), ln_q(query)
        if kind == "minicpm_v_2_5":
            places = waves(view.height, view.width, width)
        else:
            side = int(queries**0.5)
            own = waves(side, side, width)
            grid = own.T.reshape(1, width, side, side)
            size = (view.height, view.width)
            places = F.interpolate(grid, size=size, mode="bicubic", align_corners=False)[0].flatten(1).T
            q = q + own
        out = ln_post(attn(q[:, None], (seen + places)[:, None], seen[:, None])[0][:, 0]) @ proj
        pool, outside = ("transformer.visual.attn_pool", "transformer.visual") if kind == "qwen_vl" else ("resampler",) * 2
        weights = {f"{pool}.query": query, f"{outside}.proj": proj}
        weights |= named(f"{pool}.attn", attn) | named(f"{pool}.kv_proj", first) | named(f"{pool}.ln_q", ln_q)
        weights |= named(f"{pool}.ln_kv", ln_kv) | named(f"{outside}.ln_post", ln_post)
        weights |= {f"{pool}.pos_embed": own} if stored else {}
        count = {"visual": {"n_queries": queries}} if kind == "qwen_vl" else {"query_num": queries}
        save(name, kind, weights, [view], out, count | {"resampler_heads": heads})


def c_abstractors():
    stage = functools.partial(RegStage, stride=1, dilation=1, act_layer=nn.SiLU, norm_layer=LayerNorm2d)
    for name, inner, width, blocks, depth, queries, view, places in [
        ("c-abstractor", 24, 18, 1, 2, 9, square(14, 5, before=1), True),
        ("c-abstractor-deep", 20, 12, 2, 1, 4, square(20, 4), False),
        ("c-abstractor-wide", 16, 21, 1, 3, 16, rows(10, 5, 7), True),
    ]:
        before, after = jostled(stage(blocks, view.chans, inner)), jostled(stage(blocks, inner, inner))
        last = [jostled(nn.Linear(a, width)) for a in [inner] + [width] * (depth - 1)]
        x = view.patches
        weights = named("abstractor.net.0", before) | named("abstractor.net.2", after)
        if places:
            weights["abstractor.pos_emb"] = 0.3 * torch.randn(1, *x.shape)
            x = x + weights["abstractor.pos_emb"][0]
        side = int(queries**0.5)
        x = before(x.T.reshape(1, view.chans, view.height, view.width))
        x = after(F.adaptive_avg_pool2d(x, side))[0].flatten(1).T
        for i, layer in enumerate(last):
            x = layer(F.silu(x) if i else x)
            weights |= named(f"abstractor.readout.{2 * i}", layer)
        sizes = dict(hidden_size=inner, depth=blocks, mlp_depth=depth, num_query_tokens=queries)
        save(name, "c-abs", weights, [view], x, {"projector_config": sizes})


def d_abstractors():
    for name, inner, width, layers, heads, points, queries, view in [
        ("d-abstractor", 24, 14, 2, 2, 4, 9, square(10, 5, before=1)),
        ("d-abstractor-same", 16, 16, 1, 4, 3, 4, square(16, 4)),
        ("d-abstractor-rows", 20, 9, 3, 5, 2, 16, rows(6, 3, 7)),
    ]:
        sizes = dict(d_model=inner, decoder_layers=layers, decoder_attention_heads=heads, decoder_n_points=points)
        sizes |= dict(decoder_ffn_dim=inner + 6)
        config = DeformableDetrConfig(num_feature_levels=1, disable_custom_kernels=True, **sizes)
        config._attn_implementation = "eager"
        net = [jostled(DeformableDetrDecoderLayer(config)) for _ in range(layers)]
        side = int(queries**0.5)
        own = torch.randn(queries, inner)
        middle = lambda n: torch.linspace(0.5, n - 0.5, side) / n
        down, across = torch.meshgrid(middle(view.height), middle(view.width), indexing="ij")
        refs = torch.stack([across.flatten(), down.flatten()], 1)[None] + 0.05 * torch.randn(1, queries, 2)
        weights = {"abstractor.query_position_embeddings.weight": own, "abstractor.reference_points": refs}
        seen = view.patches
        if inner != view.chans:
            first = jostled(nn.Linear(view.chans, inner))
            seen = first(seen)
            weights |= named("abstractor.input_proj.0", first)
        weights["abstractor.v_pos_emb"] = 0.3 * torch.randn(1, *seen.shape)
        seen = seen + weights["abstractor.v_pos_emb"][0]
        around = F.adaptive_avg_pool2d(seen.T.reshape(1, inner, view.height, view.width), side)[0].flatten(1).T
        x = own[None]
        for i, layer in enumerate(net):
            # Wide enough to reach over the edges.
            layer.encoder_attn.sampling_offsets.bias += 2 * torch.randn_like(layer.encoder_attn.sampling_offsets.bias)
            x = layer(
                x,
                object_queries_position_embeddings=around[None],
                reference_points=refs[:, :, None],
                spatial_shapes=torch.tensor([[view.height, view.width]]),
                spatial_shapes_list=[(view.height, view.width)],
                level_start_index=torch.tensor([0]),
                encoder_hidden_states=seen[None],
            )
            x = x[0] if isinstance(x, tuple) else x
            # Names as they were when the checkpoints were made.
            old = lambda n: n.replace("o_proj", "out_proj").replace("mlp.fc", "fc")
            weights |= {f"abstractor.layers.{i}.{old(n)}": p for n, p in layer.named_parameters()}
        if inner != width:
            last = jostled(nn.Linear(inner, width))
            x = last(x)
            weights |= named("abstractor.output_proj", last)
        save(name, "d-abs", weights, [view], x[0], {"projector_config": sizes | {"num_query_tokens": queries}})


def scanned(x, dt, a, b, c, d):
    """The selective scan of one walk, row by row: x, dt [rows, chans], a [chans, states], b, c [rows, states], d [chans]."""
    held, out = torch.zeros_like(a), []
    for r in range(len(x)):
        held = (dt[r][:, None] * a).exp() * held + (dt[r] * x[r])[:, None] * b[r]
        out.append(held @ c[r] + d * x[r])
    return torch.stack(out)


def scans():
    for name, kind, paths, view, width, inner_width, states, rank in [
        ("vss-raster", "vss_l2_raster", 2, rows(12, 3, 4), 14, 10, 4, 3),
        ("vss-cross", "vss_l2_cross", 4, rows(9, 2, 5, before=1), 11, 8, 3, 2),
        ("vss-mlp", "vss_mlp_raster", 2, square(10, 3), 13, 10, 1, 1),
        ("vss-mlp-cross", "vss_mlp_cross", 4, rows(8, 4, 3), 15, 8, 16, 2),
        ("vss-raster-row", "vss_l2_raster", 2, rows(10, 1, 7), 9, 12, 2, 1),
        ("vss-cross-tall", "vss_l2_cross", 4, rows(14, 7, 2), 8, 6, 5, 4),
        ("vss-mlp-class", "vss_mlp_raster", 2, rows(6, 2, 9, before=1), 10, 6, 8, 3),
        ("vss-mlp-cross-square", "vss_mlp_cross", 4, square(12, 4), 9, 12, 2, 2),
    ]:
        mlp = "mlp" in kind
        h, w, inner = view.height, view.width, 2 * inner_width
        norm, out_norm = jostled(nn.LayerNorm(inner_width, eps=1e-6)), jostled(nn.LayerNorm(inner))
        into, out = (jostled(nn.Linear(a, b, bias=False)) for a, b in [(inner_width, 2 * inner), (inner, inner_width)])
        conv = jostled(nn.Conv2d(inner, inner, 3, 1, 1, groups=inner))
        each = {
            "x_proj_weight": torch.randn(paths, rank + 2 * states, inner) / inner**0.5,
            "dt_projs_weight": torch.randn(paths, inner, rank) / rank**0.5,
            "dt_projs_bias": torch.randn(paths, inner),
            "A_logs": torch.arange(1, states + 1).float().log().repeat(paths * inner, 1)
            + 0.1 * torch.randn(paths * inner, states),
            "Ds": 1 + 0.3 * torch.randn(paths * inner),
        }
        widths = [(inner_width, width), (width, width)] if mlp else [(view.chans, inner_width), (inner_width, width)]
        layers = [jostled(nn.Linear(a, b)) for a, b in widths]
        x = view.patches if mlp else layers[0](view.patches)

        y, gate = into(norm(x)).chunk(2, 1)
        y = F.silu(conv(y.T.reshape(1, inner, h, w)))[0]
        lines = [y.flatten(1), y.transpose(1, 2).flatten(1)]
        lines += [line.flip(1) for line in lines]
        total = 0
        for i, which in enumerate([0, 2] if paths == 2 else range(4)):
            line = lines[which].T
            step, b, c = (line @ each["x_proj_weight"][i].T).split([rank, states, states], 1)
            dt = F.softplus(step @ each["dt_projs_weight"][i].T + each["dt_projs_bias"][i])
            a = -each["A_logs"].reshape(paths, inner, states)[i].exp()
            walked = scanned(line, dt, a, b, c, each["Ds"].reshape(paths, inner)[i])
            walked = walked.flip(0) if which >= 2 else walked
            # Back from columns to rows.
            total = total + (walked.reshape(w, h, inner).transpose(0, 1).reshape(-1, inner) if which % 2 else walked)
        x = x + out(out_norm(total) * F.silu(gate))
        x = layers[1](F.gelu(layers[0](x))) if mlp else layers[1](x)

        scan = "model.mm_projector.vss.self_attention"
        weights = {f"{scan}.{n}": t for n, t in each.items()} | named("model.mm_projector.vss.ln_1", norm)
        for part, module in [("in_proj", into), ("conv2d", conv), ("out_norm", out_norm), ("out_proj", out)]:
            weights |= named(f"{scan}.{part}", module)
        for i, layer in zip((0, 2) if mlp else (0, 1), layers):
            weights |= named(f"model.mm_projector.{i}", layer)
        facts = {"vss_states": states, "vss_rank": rank} | ({} if mlp else {"vss_width": inner_width})
        save(name, kind, weights, [view], x, facts)


def mining():
    for name, coarse, fine, width in [
        ("mining", square(12, 3, before=1), square(20, 12), 14),
        ("mining-rows", rows(16, 2, 5), rows(10, 4, 10), 9),
        ("mining-one", rows(6, 3, 2), rows(8, 3, 2), 8),
    ]:
        side, inner = fine.height // coarse.height, coarse.chans
        of = lambda chans: jostled(nn.Sequential(nn.LayerNorm(chans), nn.Linear(chans, inner)))
        query, key, value = of(inner), of(fine.chans), of(fine.chans)
        layers = [jostled(nn.Linear(a, width)) for a in (inner, width)]
        # One after the other, so that none of it is a reshape like the one that is tested.
        found = []
        for i, x in enumerate(coarse.patches):
            top, left = i // coarse.width * side, i % coarse.width * side
            cells = [(top + dy) * fine.width + left + dx for dy in range(side) for dx in range(side)]
            under = fine.patches[cells]
            scores = key(under) @ query(x) / inner**0.5
            found.append(scores.softmax(0) @ value(under))
        x = coarse.patches + torch.stack(found)
        out = layers[1](F.gelu(layers[0](x)))
        weights = named("model.mm_projector.0", layers[0]) | named("model.mm_projector.2", layers[1])
        for part, module in [("query", query), ("aux", key), ("val", value)]:
            weights |= named(f"model.vlm_uni_{part}_projector", module)
        save(name, "patch_info_mining", weights, [coarse, fine], out, {})


@torch.no_grad()
def main():
    for group in [resamplers, c_abstractors, d_abstractors, scans, mining]:
        # One that grows leaves the others as they are.
        torch.manual_seed(4)
        group()


main()
