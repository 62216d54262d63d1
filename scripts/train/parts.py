"""The parts of a pocket model. What they compute is what the recipes in crates/models compute."""

import math

import torch
import torch.nn.functional as F
from torch import nn

WIDTH, LAYERS, HEADS = 96, 8, 3
PATCH, EDGE = 8, 112
GRID = EDGE // PATCH
FEED = 256
THETA = 10000.0


class Block(nn.Module):
    """Of the encoder: pre-norm attention and feed-forward."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6), nn.LayerNorm(WIDTH, eps=1e-6)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        n, rows, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, rows, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, rows, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Eye(nn.Module):
    """The encoder: a stem of three convolutions, each halving the picture; then blocks over its cells and a class token."""

    def __init__(self):
        super().__init__()
        widths = [3, 24, 48, WIDTH]
        self.stem = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(widths, widths[1:]))
        self.cls = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.place = nn.Parameter(torch.zeros(1, GRID * GRID, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)
        nn.init.trunc_normal_(self.cls, std=0.02)
        nn.init.trunc_normal_(self.place, std=0.02)

    def forward(self, pixels, keep=None):
        """Rows of the cells that are kept (all: None), behind the class token's."""
        x = (pixels - 0.5) / 0.5
        for i, conv in enumerate(self.stem):
            x = conv(x) if i == 0 else conv(F.gelu(x))
        grid = x.shape[-1]
        place = self.place
        if grid != GRID:
            square = place.view(1, GRID, GRID, WIDTH).permute(0, 3, 1, 2)
            place = F.interpolate(square, (grid, grid), mode="bicubic", align_corners=False).flatten(2).transpose(1, 2)
        x = x.flatten(2).transpose(1, 2) + place
        if keep is not None:
            x = x.gather(1, keep[..., None].expand(-1, -1, WIDTH))
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Mlp(nn.Module):
    """The projector: two linear layers."""

    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class Rms(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class Layer(nn.Module):
    """Of the language model, as Llama has it."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Rms(), Rms()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.gate, self.up = nn.Linear(WIDTH, FEED, bias=False), nn.Linear(WIDTH, FEED, bias=False)
        self.down = nn.Linear(FEED, WIDTH, bias=False)

    def forward(self, x, turns, mask):
        n, rows, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, rows, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        q, k = turned(q, turns), turned(k, turns)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, rows, WIDTH))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def turns(positions):
    """Sines and cosines of positions [n, rows], for halves of a head."""
    half = WIDTH // HEADS // 2
    speeds = THETA ** (-torch.arange(half, device=positions.device) / half)
    angles = positions[:, None, :, None] * speeds
    return angles.sin(), angles.cos()


def turned(x, turns):
    sine, cosine = turns
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)


class Tongue(nn.Module):
    """The language model; its embedding is its head, too."""

    def __init__(self, words):
        super().__init__()
        self.embed = nn.Embedding(words, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Rms()
        nn.init.normal_(self.embed.weight, std=0.05)

    def forward(self, x, positions, mask):
        ends = turns(positions)
        for layer in self.layers:
            x = layer(x, ends, mask)
        return self.norm(x)

    def logits(self, x):
        return x @ self.embed.weight.t()


class Pocket(nn.Module):
    def __init__(self, words, kinds):
        super().__init__()
        self.eye, self.projector, self.tongue = Eye(), Mlp(), Tongue(words)
        # For the warm-up only: which thing covers a cell, or none.
        self.dense = nn.Linear(WIDTH, kinds + 1)
        for name, p in self.named_parameters():
            if p.dim() == 2 and "embed" not in name:
                nn.init.normal_(p, std=0.8 / math.sqrt(p.shape[1]))

    def rows(self, pixels, keep=None):
        """What the language model sees of pictures: all cells, without the class token."""
        return self.projector(self.eye(pixels, keep)[:, 1:])
