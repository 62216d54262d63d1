"""Writes tests/fixtures/pictures: files in every format, and what Pillow and the image processors of `transformers` make
of them. Photographs are of scikit-image, all free to use: chelsea and coffee (CC0, Stefan van der Walt and Rachel
Michetti), camera (CC0, Lav Varshney), rocket (SpaceX, public domain).

    .venv/bin/python scripts/golden/pictures.py
"""

import io
import json
import pathlib
import struct
import types
import zlib

import numpy as np
import skimage.data
from PIL import Image, ImageOps
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_clip import CLIPImageProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.idefics3.image_processing_idefics3 import Idefics3ImageProcessor
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.llava.processing_llava import LlavaProcessor
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil
from transformers.models.vit.image_processing_vit import ViTImageProcessor

import rows_first  # noqa: F401 (changes how Pillow resizes)

FOLDER = pathlib.Path(__file__).parents[2] / "tests/fixtures/pictures"
PHOTOS = pathlib.Path(skimage.data.__file__).parent


def photo(name, size):
    return Image.open(PHOTOS / name).resize(size, Image.LANCZOS)


def png16(pixels, clear=b""):
    """A PNG of 16 bits a channel, which Pillow does not write; `clear` is the colour that is transparent."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    holes = chunk(b"tRNS", clear) if clear else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + holes + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_files():
    def save(name, image, **options):
        image.save(FOLDER / name, **options)

    (FOLDER / "rocket.jpg").write_bytes((PHOTOS / "rocket.jpg").read_bytes())
    cat, cup = photo("chelsea.png", (199, 133)), photo("coffee.png", (157, 211))
    save("cat.png", cat)
    save("cup.jpg", cup, quality=90, subsampling=0, progressive=True)
    save("cat.jpg", cat, quality=80, subsampling=2)
    save("half.jpg", cat, quality=85, subsampling=1)
    save("camera.png", photo("camera.png", (101, 67)))
    save("camera.jpg", photo("camera.png", (101, 67)))
    save("cmyk.jpg", cat.resize((67, 45)).convert("CMYK"), quality=95, subsampling=0)
    save("rocket.webp", photo("rocket.jpg", (233, 97)), quality=85)
    small = cat.resize((61, 43))
    save("cat.bmp", small)
    save("grey.bmp", small.convert("L"))
    save("palette.bmp", small.quantize(200))
    save("bits.png", small.convert("1"))
    save("palette.png", small.quantize(90))
    frames = [small.quantize(120), ImageOps.mirror(small).quantize(120)]
    save("cat.gif", frames[0], save_all=True, append_images=frames[1:], duration=100)
    clear = small.copy()
    clear.putalpha(Image.linear_gradient("L").resize(small.size))
    save("clear.png", clear)
    save("clear.webp", clear, lossless=True, exact=True)
    save("clear-grey.png", clear.convert("LA"))
    holes = small.quantize(60)
    save("holes.png", holes, transparency=7)
    save("holes.gif", holes, transparency=7)
    wide = np.asarray(small.resize((23, 17))).astype(np.uint16) * 257 - 77
    (FOLDER / "wide.png").write_bytes(png16(wide))
    (FOLDER / "wide-clear.png").write_bytes(png16(np.dstack([wide, wide[..., :1]])))
    (FOLDER / "wide-grey.png").write_bytes(png16(wide[..., :1]))
    # Grey alone is cut off at 255, so there have to be darker ones.
    faint = wide[..., :1] // 100
    (FOLDER / "faint.png").write_bytes(png16(faint))
    (FOLDER / "faint-clear.png").write_bytes(png16(faint, struct.pack(">H", int(faint[3, 5, 0]))))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        tiny = cat.resize((37, 22))
        save(f"turn-{orientation}.jpg", tiny, quality=95, subsampling=0, exif=exif)
        if orientation in (5, 6):
            save(f"turn-{orientation}.png", tiny, exif=exif)
            save(f"turn-{orientation}.webp", tiny, lossless=True, exif=exif)
    save("line.png", cup.resize((1, 150)))
    save("strip.png", cat.resize((200, 3)))
    save("dot.png", cat.resize((1, 1)))


def opened(name):
    """As everybody opens it: upright, and red, green and blue."""
    return ImageOps.exif_transpose(Image.open(FOLDER / name)).convert("RGB")


def places(count, most):
    """Where samples are taken: spread, in no step that rows could share."""
    return [(i * 2654435761) % count for i in range(min(most, count))]


def fnv(data):
    hash = 0xCBF29CE484222325
    for byte in data:
        hash = (hash ^ byte) * 0x100000001B3 % 2**64
    return f"{hash:016x}"


def pixels(image):
    """A picture's size, some of its bytes, and a sum of all of them."""
    flat = np.asarray(image).reshape(-1)
    samples = [int(flat[i]) for i in places(len(flat), 60)]
    return {"size": [image.height, image.width], "samples": samples, "mean": float(flat.mean()), "hash": fnv(flat.tobytes())}


def numbers(view):
    """A view's size and some of its numbers, [height, width, channels]."""
    flat = np.moveaxis(np.asarray(view), 0, -1).reshape(-1)
    samples = [round(float(flat[i]), 5) for i in places(len(flat), 70)]
    whole = [round(float(f), 5) for f in (flat.mean(dtype=np.float64), flat.min(), flat.max())]
    return {"size": list(view.shape[1:]), "samples": samples, "whole": whole}


def resizes():
    out = []
    sizes = [(13, 7), (64, 97), (199, 40), (53, 133), (300, 151), (1, 1), (222, 2)]
    for name in ["cat.png", "camera.png", "line.png", "strip.png", "dot.png"]:
        for filter in range(6):
            for size in sizes:
                done = pixels(opened(name).resize(size, filter))
                out.append({"file": name, "filter": filter, **done})
    return out


IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def edges(height, width=None):
    return {"height": height, "width": width or height}


def tiles(longest, side, **more):
    return {"size": {"longest_edge": longest}, "max_image_size": {"longest_edge": side}, **more}


PROCESSORS = [
    ("vit", ViTImageProcessorPil, {}),
    ("vit-odd", ViTImageProcessorPil, {"size": edges(37, 53), "resample": 3, **IMAGENET}),
    ("vit-shortest", ViTImageProcessorPil, {"size": {"shortest_edge": 31}}),
    ("vit-raw", ViTImageProcessorPil, {"size": edges(20), "do_rescale": False, "do_normalize": False, "resample": 0}),
    ("vit-as-it-is", ViTImageProcessorPil, {"do_resize": False}),
    ("deit", DeiTImageProcessorPil, {"size": edges(48), "crop_size": edges(33, 41), **IMAGENET}),
    ("clip", CLIPImageProcessorPil, {"size": {"shortest_edge": 45}, "crop_size": edges(39)}),
    ("clip-box", CLIPImageProcessorPil, {"size": {"shortest_edge": 45}, "crop_size": edges(40, 31), "resample": 4}),
    ("clip-whole", CLIPImageProcessorPil, {"size": {"shortest_edge": 29, "longest_edge": 41}, "do_center_crop": False}),
    ("clip-default", CLIPImageProcessorPil, {}),
    ("siglip", SiglipImageProcessorPil, {"size": edges(56)}),
    ("siglip-lanczos", SiglipImageProcessorPil, {"size": edges(41, 70), "resample": 1, "rescale_factor": 1 / 127.5}),
    ("bit", BitImageProcessorPil, {"size": {"shortest_edge": 73}, "crop_size": edges(56), **IMAGENET}),
    ("bit-hamming", BitImageProcessorPil, {"size": {"shortest_edge": 20}, "crop_size": edges(20), "resample": 5}),
    ("bit-framed", BitImageProcessorPil, {"size": edges(20, 90), "crop_size": edges(36, 48)}),
    ("llava", LlavaImageProcessorPil, {"size": {"shortest_edge": 42}, "crop_size": edges(42), "do_pad": True}),
    ("llava-cut", LlavaImageProcessorPil, {"size": {"shortest_edge": 42}, "crop_size": edges(42)}),
    ("idefics3", Idefics3ImageProcessorPil, tiles(112, 28)),
    ("idefics3-few", Idefics3ImageProcessorPil, tiles(60, 28, resample=3)),
    ("idefics3-one", Idefics3ImageProcessorPil, tiles(32, 32)),
    ("idefics3-whole", Idefics3ImageProcessorPil, tiles(90, 28, do_image_splitting=False)),
    ("smolvlm", SmolVLMImageProcessorPil, tiles(96, 32)),
    ("smolvlm-as-it-is", SmolVLMImageProcessorPil, tiles(96, 64, do_resize=False)),
]
# Classes of today's default backend: its resampling is off by a step of eight bits here and there.
CLOSE = [
    ("vit-torch", ViTImageProcessor, {"size": edges(37, 53)}),
    ("clip-torch", CLIPImageProcessor, {"size": {"shortest_edge": 45}, "crop_size": edges(39)}),
    ("clip-framed", CLIPImageProcessor, {"size": {"shortest_edge": 33}, "crop_size": edges(40)}),
    ("idefics3-torch", Idefics3ImageProcessor, tiles(112, 28)),
]
FILES = ["cat.png", "camera.png", "strip.png", "line.png", "dot.png", "rocket.jpg", "cup.jpg", "cat.jpg", "rocket.webp"]
ROWS = 3


def expansion(name, config, made):
    """What the processor around an image processor puts in a prompt for one picture."""
    if "rows" in made:
        about = types.SimpleNamespace(
            image_token="<image>", fake_image_token="<fake_token_around_image>", global_image_tag="<global-img>", image_seq_len=ROWS
        )
        return Idefics3Processor.replace_image_token(about, {"rows": made["rows"], "cols": made["cols"]}, 0)
    if name.startswith("llava"):
        strategy = "default" if name == "llava" else "full"
        about = types.SimpleNamespace(
            image_token="<image>", patch_size=14, num_additional_image_tokens=1, vision_feature_select_strategy=strategy
        )
        return LlavaProcessor.replace_image_token(about, {"pixel_values": made["pixel_values"]}, 0)
    return None


def case(name, processor, file, exact):
    try:
        more = {"return_row_col_info": True} if "idefics3" in name or "smolvlm" in name else {}
        made = processor.preprocess(opened(file), **more)
    except ValueError:
        # Idefics3 divides by a height of zero: a strip that becomes no pixel high.
        return None
    views = [np.asarray(v) for v in made["pixel_values"]]
    views = list(views[0]) if views[0].ndim == 4 else views
    out = {"file": file, "exact": exact, "count": len(views), "expansion": expansion(name, processor, made)}
    if "rows" in made:
        out["tiles"] = [int(made["rows"][0][0]), int(made["cols"][0][0])]
    # The first, one in the middle, and the one of the whole say what there is to say.
    kept = sorted({0, len(views) // 2, len(views) - 1})
    return {**out, "views": [{"at": i, **numbers(views[i])} for i in kept]}


def processors():
    out = []
    for rows, exact in [(PROCESSORS, True), (CLOSE, False)]:
        for name, make, options in rows:
            processor = make(**options)
            config = json.loads(processor.to_json_string())
            files = ["cat.png", "rocket.jpg"] if name in ("vit", "clip-default") else FILES
            cases = [case(name, processor, file, exact) for file in files]
            out.append({"name": name, "config": config, "cases": [c for c in cases if c]})
            print(name, [c["count"] for c in out[-1]["cases"]])
    return out


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_files()
    files = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix != ".json":
            files[path.name] = pixels(opened(path.name))
    for name, what in [("files", files), ("resizes", resizes()), ("processors", processors())]:
        text = json.dumps(what, separators=(",", ":"))
        (FOLDER / f"{name}.json").write_text(text + "\n")
        print(name, len(text))


if __name__ == "__main__":
    main()
