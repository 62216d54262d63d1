"""Writes tests/fixtures/projectors: small random checkpoints of projectors under the names of those that are published,
rows as an encoder would make them, and what comes out.

`transformers` has no such projectors (those it has are in projectors_hf.py): what is here is written in PyTorch from the
descriptions in papers and model cards, apart from the Rust, and is no one's official code.

    .venv/bin/python scripts/golden/projectors.py
"""

import torch
import torch.nn.functional as F
from torch import nn

from projectors_save import jostled, rows, save, square


class Chain(nn.Module):
    """Linear layers of these widths with a curve after each but the last."""

    def __init__(self, widths, curve=F.gelu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths, widths[1:])])
        self.curve = curve

    def forward(self, x):
        *first, last = self.layers
        for layer in first:
            x = self.curve(layer(x))
        return last(x)

    def named(self, *names):
        parts = [(f"{n}.{what}", getattr(layer, what)) for n, layer in zip(names, self.layers) for what in ("weight", "bias")]
        return dict(parts)


def on_grid(x, h, w):
    """[rows, chans] as a picture."""
    return x.T.reshape(1, -1, h, w)


def in_rows(x):
    return x[0].flatten(1).T


def linear_layers():
    for name, chans, width, view in [("linear", 20, 36, square(20, 3)), ("linear-class", 17, 9, rows(17, 2, 5, before=1))]:
        net = jostled(Chain([chans, width]))
        save(name, "linear", net.named("model.mm_projector"), [view], net(view.patches), {})

    for name, depth, view, names in [
        ("mlp2x", 2, square(24, 4), ["model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2"]),
        ("mlp2x-class", 2, rows(13, 3, 5, before=1), ["model.mm_projector.0", "model.mm_projector.2"]),
        ("mlp3x", 3, rows(8, 1, 7), ["model.mm_projector.0", "model.mm_projector.2", "model.mm_projector.4"]),
    ]:
        net = jostled(Chain([view.chans] + [21] * depth))
        facts = {"projector_hidden_act": "gelu"} if "multi" in names[0] else {"mm_projector_type": f"mlp{depth}x_gelu"}
        save(name, f"mlp{depth}x_gelu", net.named(*names), [view], net(view.patches), facts)

    view = rows(16, 3, 3, before=1)
    net = jostled(Chain([16, 24, 24], F.silu))
    facts = {"projector_config": {"projector_type": "mlp", "depth": 2}}
    save("mlp-silu", "mlp_silu", net.named("abstractor.net.0", "abstractor.net.2"), [view], net(view.patches), facts)

    view = square(22, 3)
    net = jostled(Chain([22, 88, 30, 30]))
    names = [f"projector.projector.{i}" for i in (0, 2, 4)]
    save("fused", "fused-gelu-mlp", net.named(*names), [view], net(view.patches), {})

    view = square(12, 3)
    net = jostled(Chain([12, 40, 18], lambda x: F.gelu(x, approximate="tanh")))
    names = [f"vision_encoder.projection.mlp.fc{i}" for i in (1, 2)]
    save("moondream", "moondream", net.named(*names), [view], net(view.patches), {"proj_hidden_size": 40})

    # SPHINX keeps the class token.
    view = rows(26, 2, 4, before=1)
    net, norm = jostled(Chain([26, 15])), jostled(nn.LayerNorm(15))
    weights = net.named("visual_proj.0") | {"visual_proj.1.weight": norm.weight, "visual_proj.1.bias": norm.bias}
    save("sphinx", "sphinx", weights, [view], norm(net(view.values)), {})

    for name, view in [("minigpt", square(10, 4)), ("vanilla", rows(7, 2, 6, before=1))]:
        net = jostled(Chain([4 * view.chans, 14]))
        four = view.patches.reshape(-1, 4, view.chans)
        if name == "vanilla":
            four = four.transpose(1, 2)
        save(name, name, net.named("model.mm_projector.linear"), [view], net(four.reshape(len(four), -1)), {})


def pools():
    for version, (h, w) in [("v1", (5, 5)), ("v2", (4, 6)), ("v3", (7, 7))]:
        view = rows(14, h, w)
        zero, one, two = (jostled(nn.Linear(a, b)) for a, b in [(14, 14), (14, 20), (20, 20)])
        halved = lambda x: in_rows(F.avg_pool2d(on_grid(x, h, w), 2))
        out = {
            "v1": lambda x: two(halved(one(x))),
            "v2": lambda x: halved(two(one(x))),
            "v3": lambda x: two(one(halved(zero(x)))),
        }[version](view.patches)
        # A checkpoint has all three layers; only the third version uses the first.
        used = [("linear_0", zero)] * (version == "v3") + [("linear_1", one), ("linear_2", two)]
        weights = {f"model.mm_projector.{n}.{what}": getattr(m, what) for n, m in used for what in ("weight", "bias")}
        save(f"spp-{version}", f"spp{version}", weights, [view], out, {})

    for name, side, view in [("average", 2, square(12, 5)), ("average-3", 3, rows(12, 6, 4, before=1))]:
        net = jostled(Chain([12, 16, 16]))
        out = in_rows(F.avg_pool2d(on_grid(net(view.patches), view.height, view.width), side))
        names = ["model.mm_projector.0", "model.mm_projector.2"]
        save(name, "avg_pool", net.named(*names), [view], out, {"mm_projector_pool_side": side})


def pairs():
    first, second = rows(10, 3, 4), rows(18, 3, 4, before=1)
    high, low, last = jostled(Chain([10, 11])), jostled(Chain([18, 11])), jostled(Chain([22, 22]))
    both = torch.cat([high(first.patches), low(second.patches)], 1)
    weights = high.named("aligner.high_up_proj") | low.named("aligner.low_up_proj") | last.named("aligner.layers.1")
    kind = "low_high_hybrid_split_mlp_gelu"
    save("deepseek-hybrid", kind, weights, [first, second], last(F.gelu(both)), {})

    weights = high.named("model.mm_projector") | low.named("model.mm_projector_vary")
    save("vary", "vary", weights, [first, second], both, {})

    nets = [jostled(Chain([v.chans, 16, 16])) for v in (first, second)]
    turns = [net(view.patches) for net, view in zip(nets, (first, second))]
    weights = {}
    for net, name in zip(nets, ("clip", "dinov2")):
        weights |= net.named(*[f"connector._connector.{name}.{i}" for i in (0, 2)])
    save("mof", "mof_mlp", weights, [first, second], torch.stack(turns, 1).flatten(0, 1), {})


class OverChannels(nn.LayerNorm):
    """A norm over the channels of each cell of a picture."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Mobile(nn.Module):
    """MobileVLM's block: each channel by itself, squeeze and excite, all channels of a cell."""

    def __init__(self, width, stride):
        super().__init__()
        # A quarter in steps of eight, never more than a tenth below it.
        inner = max(8, (width // 4 + 4) // 8 * 8)
        inner += 8 if inner < 0.9 * (width // 4) else 0
        self.depth = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
        self.depth_norm = OverChannels(width)
        self.fc1 = nn.Conv2d(width, inner, 1)
        self.fc2 = nn.Conv2d(inner, width, 1)
        self.point = nn.Conv2d(width, width, 1, bias=False)
        self.point_norm = OverChannels(width)
        self.stride = stride

    def forward(self, x):
        y = F.hardswish(self.depth_norm(self.depth(x)))
        y = y * F.hardsigmoid(self.fc2(F.relu(self.fc1(y.mean((2, 3), keepdim=True)))))
        y = self.point_norm(self.point(y))
        return x + y if self.stride == 1 else y

    def named(self, name):
        parts = ["0.0", "0.1", "1.fc1", "1.fc2", "2.0", "2.1"]
        modules = [self.depth, self.depth_norm, self.fc1, self.fc2, self.point, self.point_norm]
        return {f"{name}.{part}.{n}": p for part, m in zip(parts, modules) for n, p in m.named_parameters()}


def mobile():
    for name, width, view in [("ldp", 40, square(18, 6)), ("ldp-odd", 76, square(12, 5, before=1))]:
        side = view.height
        first, blocks = jostled(Chain([view.chans, width, width])), [jostled(Mobile(width, s)) for s in (1, 2)]
        x = on_grid(first(view.patches), side, side)
        for block in blocks:
            x = block(x)
        model = "model.mm_projector.model"
        weights = first.named(f"{model}.mlp.1", f"{model}.mlp.3")
        for i, block in enumerate(blocks):
            weights |= block.named(f"{model}.mb_block.{i + 1}.block")
        save(name, "ldpnet", weights, [view], in_rows(x), {})

    for name, kind, width, side, bins, names in [
        ("ldpv2", "ldpnetv2", 30, 24, None, ("model.mm_projector.mlp.mlp", "model.mm_projector.peg.peg.0")),
        ("ldpv2-uneven", "ldpnetv2", 14, 7, 3, ("model.mm_projector.mlp.mlp", "model.mm_projector.peg.peg.0")),
        ("ldpv2-cobra", "ldpnet-cobra", 12, 27, None, ("projector.mlp.mlp", "projector.peg.peg.0")),
    ]:
        view = square(8, side, before=int(bins is not None))
        cobra = kind.endswith("cobra")
        first = jostled(Chain([8, 32 if cobra else width, width]))
        peg = jostled(nn.Conv2d(width, width, 3, 1, 1, groups=width))
        x = F.adaptive_avg_pool2d(on_grid(first(view.patches), side, side), bins or (14 if cobra else 12))
        weights = first.named(f"{names[0]}.0", f"{names[0]}.2")
        weights |= {f"{names[1]}.{n}": p for n, p in peg.named_parameters()}
        save(name, kind, weights, [view], in_rows(peg(x) + x), {"mm_projector_grid": bins} if bins else {})


class Flamingo(nn.Module):
    """Learned rows that look at an encoder's rows and at themselves, layer after layer; eight heads of 64, no biases."""

    def __init__(self, chans, width, queries, layers):
        super().__init__()
        self.linear = nn.Linear(chans, width)
        self.latents = nn.Parameter(torch.randn(queries, width))
        block = lambda: {
            "0.norm_media": nn.LayerNorm(width),
            "0.norm_latents": nn.LayerNorm(width),
            "0.to_q": nn.Linear(width, 512, bias=False),
            "0.to_kv": nn.Linear(width, 1024, bias=False),
            "0.to_out": nn.Linear(512, width, bias=False),
            "1.0": nn.LayerNorm(width),
            "1.1": nn.Linear(width, 4 * width, bias=False),
            "1.3": nn.Linear(4 * width, width, bias=False),
        }
        self.blocks = [{n: jostled(m) for n, m in block().items()} for _ in range(layers)]
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        seen, own = self.linear(x), self.latents
        for b in self.blocks:
            y = b["0.norm_latents"](own)
            q = b["0.to_q"](y)
            k, v = b["0.to_kv"](torch.cat([b["0.norm_media"](seen), y])).split(512, -1)
            q, k, v = (t.reshape(len(t), 8, 64).transpose(0, 1) for t in (q, k, v))
            mixed = (q @ k.transpose(1, 2) / 8).softmax(-1) @ v
            own = own + b["0.to_out"](mixed.transpose(0, 1).flatten(1))
            own = own + b["1.3"](F.gelu(b["1.1"](b["1.0"](own))))
        return self.norm(own)

    def named(self):
        parts = dict(self.named_parameters())
        for i, block in enumerate(self.blocks):
            parts |= {f"layers.{i}.{n}.{p}": t for n, m in block.items() for p, t in m.named_parameters()}
        return {f"connector._connector.{n}": t for n, t in parts.items()}


def flamingo():
    for name, width, queries, layers, view in [
        ("flamingo", 16, 5, 1, rows(12, 3, 5)),
        ("flamingo-class", 12, 9, 2, square(7, 4, before=1)),
    ]:
        net = jostled(Flamingo(view.chans, width, queries, layers))
        facts = {"num_queries": queries, "num_resampler_layers": layers}
        save(name, "resampler", net.named(), [view], net(view.patches), facts)


@torch.no_grad()
def main():
    for group in [linear_layers, pools, pairs, mobile, flamingo]:
        # One that grows leaves the others as they are.
        torch.manual_seed(4)
        group()


if __name__ == "__main__":
    main()
