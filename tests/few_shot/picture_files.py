"""Files of pictures as people have them, and as nobody should: made where they are needed, none is kept."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def saved(path, image, **settings):
    """The path, with the image, or array, saved there."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(path, **settings)
    return path


def noise(path, seed, **settings):
    """A small picture at `path`, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return saved(path, np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8), **settings)


def png(width, height, depth, colour, rows=b""):
    """The bytes of a PNG. `rows` may be less than there should be."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"\0" + rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg(width, height):
    """A small JPEG whose header says that it is large."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    return file.getvalue().replace(struct.pack(">HH", 8, 8), struct.pack(">HH", height, width))


def ppm(width, height):
    """A PPM with few of its pixels."""
    return f"P6 {width} {height} 255\n".encode() + bytes(300)


def gif(width, height):
    """A GIF of one frame without pixels."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"


# a file of so many pixels, by its header: of width and height
LARGE = {"png": lambda width, height: png(width, height, 1, 0), "jpg": jpeg, "ppm": ppm, "gif": gif}


def heic(path, brand=b"heic", others=b"mif1"):
    """The path of a file that begins as an iPhone's pictures do."""
    path.write_bytes(struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + others + brand + bytes(50))
    return path
