"""Writes tests/fixtures/heads: a small random DINOv2 as `transformers` saves it with a saliency head beside it, and what
PyTorch computes with the layers that the head was trained as: transposed convolutions, batch norms, bilinear
interpolation. The picture is that of encoders.py, in several sizes.

    .venv/bin/python scripts/golden/saliency.py
"""

import json
import pathlib

import torch
import transformers as t
from safetensors.numpy import load_file, save_file
from torch import nn

import heads

FOLDER = pathlib.Path(__file__).parents[2] / "tests/fixtures/heads/saliency"
WIDTHS, WIDTH = [10, 7, 3], 12
SIZES = [(20, 20), (15, 30), (23, 12)]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (ins, outs) in enumerate(zip([WIDTH, *WIDTHS], WIDTHS), 1):
            setattr(self, f"upconv{i}", nn.ConvTranspose2d(ins, outs, 4, stride=2, padding=1))
            setattr(self, f"bn{i}", nn.BatchNorm2d(outs))
        self.final_conv = nn.Conv2d(WIDTHS[-1], 1, 1)

    def forward(self, x, size):
        for i in range(1, len(WIDTHS) + 1):
            x = torch.relu(getattr(self, f"bn{i}")(getattr(self, f"upconv{i}")(x)))
        x = nn.functional.interpolate(self.final_conv(x), size=size, mode="bilinear", align_corners=False)
        return torch.sigmoid(x)


def picture(height, width):
    count = torch.arange(height * width * 3, dtype=torch.float64)
    return ((count * 7919 + 13) % 1009 / 504 - 1).float().view(1, height, width, 3).permute(0, 3, 1, 2)


@torch.no_grad()
def main():
    torch.manual_seed(1)
    config = t.Dinov2Config(
        hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, image_size=20, patch_size=5, mlp_ratio=2
    )
    model, decoder = t.Dinov2Model(config).eval(), Decoder().eval()
    for name, weight in [*model.named_parameters(), *decoder.named_parameters()]:
        middle = 1.0 if "bn" in name or "lambda" in name or "norm" in name and name.endswith("weight") else 0.0
        weight.normal_(middle, 0.3 if middle or weight.ndim < 2 else 1.5 / weight[0].numel() ** 0.5)
    for name, moving in decoder.named_buffers():
        if name.endswith("mean"):
            moving.normal_(0, 0.5)
        elif name.endswith("var"):
            moving.uniform_(0.3, 3)
    model.save_pretrained(FOLDER)
    tensors = {name: weight.numpy() for name, weight in decoder.state_dict().items()}
    whole = {**load_file(FOLDER / "model.safetensors"), **heads.saliency(tensors, "", len(WIDTHS), decoder.bn1.eps)}
    save_file(whole, FOLDER / "model.safetensors", metadata={"format": "pt"})
    said = json.loads((FOLDER / "config.json").read_text())
    (FOLDER / "config.json").write_text(json.dumps({**said, "saliency_widths": WIDTHS}, indent=2) + "\n")
    golden = []
    for height, width in SIZES:
        rows = model(picture(height, width)).last_hidden_state[:, 1:]
        cells = rows.transpose(1, 2).reshape(1, WIDTH, height // 5, width // 5)
        map = decoder(cells, (height, width))[0, 0]
        golden.append({"height": height, "width": width, "map": [round(float(v), 6) for v in map.flatten()]})
        print(height, width, float(map.min()), float(map.max()))
    (FOLDER / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
