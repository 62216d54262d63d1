"""Makes a ViT-Ti/16 for pictures of 224×224 with random weights, for measuring speed: in .models/vit-tiny-random, as
`transformers` saves it and the same network as ONNX. Numbers do not matter for speed, sizes do; nothing is downloaded.

    .venv/bin/python scripts/golden/vit_tiny.py
"""

import pathlib

import torch
from transformers import ViTConfig, ViTForImageClassification

FOLDER = pathlib.Path(__file__).parents[2] / ".models/vit-tiny-random"


class Logits(torch.nn.Module):
    """What is exported: pixels in, logits out."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values).logits


def main():
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=192,
        num_hidden_layers=12,
        num_attention_heads=3,
        intermediate_size=768,
        image_size=224,
        patch_size=16,
        num_labels=1000,
    )
    model = ViTForImageClassification(config).eval()
    model.save_pretrained(FOLDER)
    model.config._attn_implementation = "eager"
    pixels = torch.randn(1, 3, 224, 224)
    torch.onnx.export(
        Logits(model),
        (pixels,),
        FOLDER / "model.onnx",
        input_names=["pixels"],
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
    )
    with torch.no_grad():
        print(model(pixels).logits[0, :5].tolist())


main()
