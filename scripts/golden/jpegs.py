"""Writes tests/fixtures/jpegs: JPEGs of all kinds, and the pixels Pillow (libjpeg-turbo) makes of them. Some are kinds that
Pillow reads but does not write: they are put together of grey files, whose scans become those of a component. The
photograph is of scikit-image: chelsea (CC0, Stefan van der Walt).

    .venv/bin/python scripts/golden/jpegs.py
"""

import io
import json
import pathlib
import struct

from PIL import Image

from pictures import PHOTOS, pixels

FOLDER = pathlib.Path(__file__).parents[2] / "tests/fixtures/jpegs"
CAT = Image.open(PHOTOS / "chelsea.png").convert("RGB").resize((149, 99), Image.LANCZOS)

# Name, size, and how Pillow saves it.
SAVED = [
    (f"{name}-{'progressive' if progressive else 'baseline'}", size, dict(quality=quality, subsampling=kind, progressive=progressive))
    for name, kind, size, qualities in [("444", 0, (61, 43), (30, 90)), ("422", 1, (59, 41), (95, 60)), ("420", 2, (67, 45), (75, 40))]
    for progressive, quality in zip((False, True), qualities)
] + [
    ("even", (64, 48), dict(quality=85, subsampling=2)),
    ("coarse", (73, 55), dict(quality=1, subsampling=2)),
    ("fine", (37, 29), dict(quality=100, subsampling=2)),
    ("restarts", (83, 39), dict(quality=80, subsampling=2, restart_marker_blocks=3)),
    ("restarts-progressive", (83, 39), dict(quality=80, subsampling=1, progressive=True, restart_marker_blocks=2)),
    ("own-codes", (47, 51), dict(quality=80, subsampling=2, optimize=True)),
    ("narrow-5", (5, 31), dict(quality=90, subsampling=2)),
    ("narrow-4", (4, 31), dict(quality=90, subsampling=2)),
    ("narrow-3", (3, 17), dict(quality=90, subsampling=1)),
    ("flat", (31, 1), dict(quality=90, subsampling=2)),
    ("dot", (1, 1), dict(quality=90, subsampling=2)),
]

HALF = [(2, 2), (1, 1), (1, 1)]
# Name, size, colours, samples across and down of each component, what markers say, and how Pillow saves a component.
MADE = [
    ("440", (53, 47), "YCbCr", [(1, 2), (1, 1), (1, 1)], {}, dict(quality=80)),
    ("440-progressive", (45, 61), "YCbCr", [(1, 2), (1, 1), (1, 1)], {}, dict(quality=60, progressive=True)),
    ("411", (71, 35), "YCbCr", [(4, 1), (1, 1), (1, 1)], {}, dict(quality=80, restart_marker_blocks=4)),
    ("410-progressive", (69, 37), "YCbCr", [(4, 2), (1, 1), (1, 1)], {}, dict(quality=70, progressive=True)),
    ("mixed", (57, 43), "YCbCr", [(2, 2), (2, 1), (1, 2)], {}, dict(quality=80)),
    ("colours-finer", (41, 39), "YCbCr", [(1, 1), (2, 2), (2, 1)], {}, dict(quality=80)),
    ("rgb-by-names", (33, 35), "RGB", [(1, 1)] * 3, {"ids": b"RGB"}, dict(quality=90)),
    ("rgb-by-adobe", (33, 35), "RGB", HALF, {"adobe": 0}, dict(quality=90, progressive=True)),
    ("jfif-before-adobe", (33, 35), "YCbCr", HALF, {"adobe": 0, "jfif": True}, dict(quality=90)),
    ("no-names", (33, 35), "YCbCr", HALF, {"ids": b"\0\5\7"}, dict(quality=90)),
    ("grey-in-fours", (43, 37), "L", [(2, 2)], {}, dict(quality=75)),
    ("grey-progressive", (43, 37), "L", [(1, 1)], {}, dict(quality=75, progressive=True)),
    ("cmyk", (39, 33), "CMYK", [(1, 1)] * 4, {}, dict(quality=90)),
    ("cmyk-adobe", (39, 33), "CMYK", [(2, 2), (1, 1), (1, 1), (2, 2)], {"adobe": 0}, dict(quality=90, progressive=True)),
    ("ycck", (39, 33), "CMYK", [(2, 2), (1, 1), (1, 1), (2, 2)], {"adobe": 2}, dict(quality=90)),
]


def segments(data):
    """Marker and body of each segment; that of a scan has its codes behind it."""
    at = 2
    while data[at + 1] != 0xD9:
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] == 0xDA:
            while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
                end += 1
        yield data[at + 1], data[at + 4 : end]
        at = end


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def made(size, mode, samples, options, ids=b"\1\2\3\4", adobe=None, jfif=False):
    most = [max(s[i] for s in samples) for i in (0, 1)]
    said = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") if jfif else b""
    said += b"" if adobe is None else segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([adobe]))
    frame, steps, scans = struct.pack(">BHHB", 8, size[1], size[0], len(samples)), b"", b""
    for plane, id, (across, down) in zip(CAT.crop((30, 20, 30 + size[0], 20 + size[1])).convert(mode).split(), ids, samples):
        file = io.BytesIO()
        own = (-(-size[0] * across // most[0]), -(-size[1] * down // most[1]))
        plane.resize(own, Image.BOX).save(file, "JPEG", **options)
        frame += bytes([id, across << 4 | down, 0])
        for marker, body in segments(file.getvalue()):
            if marker in (0xC0, 0xC2):
                kind = marker
            elif marker == 0xDB:
                steps = segment(marker, body)
            elif marker in (0xC4, 0xDD):
                scans += segment(marker, body)
            elif marker == 0xDA:
                # One component, whose name is another here; what follows is as it was.
                scans += segment(marker, body[:1] + bytes([id]) + body[2:6]) + body[6:]
    return b"\xff\xd8" + said + steps + segment(kind, frame) + scans + b"\xff\xd9"


def retold(data, size, luma):
    """Another size and other samples of luminance for the same blocks: all components in one scan, in ways Pillow never saves."""
    data = bytearray(data)
    at = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
    data[at + 5 : at + 9] = struct.pack(">HH", size[1], size[0])
    data[at + 11] = luma[0] << 4 | luma[1]
    return bytes(data)


def wider(data):
    """The same coefficients, in steps of sixteen bits that are twice as large."""
    out = b"\xff\xd8"
    for marker, body in segments(data):
        if marker == 0xDB:
            out += segment(marker, bytes([body[0] | 0x10]) + b"".join(struct.pack(">H", 2 * step) for step in body[1:65]))
        else:
            # Behind the header of a scan are its codes.
            own = 4 + 2 * body[0] if marker == 0xDA else len(body)
            out += segment(marker, body[:own]) + body[own:]
    return out + b"\xff\xd9"


def saved(size, options):
    file = io.BytesIO()
    CAT.crop((30, 20, 30 + size[0], 20 + size[1])).save(file, "JPEG", **options)
    return file.getvalue()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {name: saved(size, options) for name, size, options in SAVED}
    files |= {name: made(size, mode, samples, options, **said) for name, size, mode, samples, said, options in MADE}
    files["440-together"] = retold(saved((64, 40), dict(quality=85, subsampling=1)), (29, 75), (1, 2))
    files["411-together"] = retold(saved((48, 48), dict(quality=85, subsampling=2)), (93, 21), (4, 1))
    files["110-together"] = retold(saved((48, 48), dict(quality=85, subsampling=2, progressive=True)), (24, 96), (1, 4))
    files["wide-steps"] = wider(saved((45, 37), dict(quality=20, subsampling=2)))
    golden = {}
    for name, data in files.items():
        (FOLDER / f"{name}.jpg").write_bytes(data)
        golden[f"{name}.jpg"] = pixels(Image.open(io.BytesIO(data)).convert("RGB"))
    text = json.dumps(golden, separators=(",", ":"))
    (FOLDER / "files.json").write_text(text + "\n")
    print(len(files), "files", sum(map(len, files.values())), "bytes, numbers", len(text))


main()
