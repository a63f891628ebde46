"""metalib.banks.members: archives and folders that are not what they seem are refused before they are unpacked."""

import os
import struct
import tracemalloc
import zipfile
import zlib

import omniglot_files
import pytest
from omniglot_files import archive, files
from PIL import Image

from metalib.banks import members, omniglot
from metalib.files import BadFile

BACKGROUND = omniglot.PARTS[0]
NAME = f"{BACKGROUND}/und0/character00/0_00.png"
LARGE = 20_000_000  # bytes: far more than a picture has, and soon unpacked


def huge_png(side):
    """A valid one-bit PNG of side × side white pixels in a few kB, made without the picture in memory."""
    row, packer = bytes(1 + (side + 7) // 8), zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def put(tmp_path, content):
    path = tmp_path / f"{BACKGROUND}.zip"
    path.write_bytes(content)
    return path


@pytest.fixture
def nothing_is_decoded(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("it was decoded")

    monkeypatch.setattr(Image.Image, "convert", refuse)


@pytest.mark.parametrize("size", [(9000, 9000), (105, 106)])
def test_a_picture_of_another_size_is_refused_by_its_header(tmp_path, nothing_is_decoded, size):
    data = huge_png(9000) if size == (9000, 9000) else omniglot_files.png(omniglot_files.np.ones(size[::-1]) > 0)
    path = put(tmp_path, archive({NAME: data}))
    with pytest.raises(BadFile, match=rf"{NAME} has {size[0]:,} × {size[1]:,} pixels and Omniglot's have 105 × 105"):
        omniglot.read_part(path, BACKGROUND)


def test_a_picture_in_another_format_is_refused_whatever_its_name_says(tmp_path, nothing_is_decoded):
    """Pillow has fifty decoders, and one starts another program."""
    path = put(tmp_path, archive({NAME: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 105 105\n%%EndComments\n"}))
    with pytest.raises(BadFile, match=r"0_00\.png is no readable PNG"):
        omniglot.read_part(path, BACKGROUND)


def read_with_little_memory(path):
    """The error of `read_part`, which must have taken less than a quarter of LARGE."""
    tracemalloc.start()
    try:
        with pytest.raises(BadFile) as error:
            omniglot.read_part(path, BACKGROUND)
        assert tracemalloc.get_traced_memory()[1] < LARGE / 4
    finally:
        tracemalloc.stop()
    return str(error.value)


def test_a_large_entry_is_refused_unread(tmp_path):
    path = put(tmp_path, archive({NAME: bytes(LARGE)}))
    told = read_with_little_memory(path)
    assert f"{path}: {NAME} has 20,000,000 bytes and no picture of Omniglot has more than 65,536" in told


def test_an_entry_that_lies_about_its_size_is_not_unpacked_beyond_it(tmp_path):
    content = archive({NAME: bytes(LARGE)}).replace(struct.pack("<I", LARGE), struct.pack("<I", 200))
    assert "truncated or no zip archive" in read_with_little_memory(put(tmp_path, content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_unpacked_by_pieces_are_refused(tmp_path, method):
    path = tmp_path / f"{BACKGROUND}.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr(NAME, bytes(LARGE))
    content = path.read_bytes().replace(struct.pack("<I", LARGE), struct.pack("<I", 200))
    path.write_bytes(content)
    assert f"{NAME} is packed by another method than deflate: pack it anew" in read_with_little_memory(path)


def test_a_large_file_in_a_tree_is_refused_unread(tmp_path):
    path = tmp_path / NAME
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(LARGE)
    told = read_with_little_memory(tmp_path / BACKGROUND)
    assert f"{path} has 20,000,000 bytes and no picture of Omniglot has more than 65,536" in told


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_in_a_tree_is_refused_and_not_waited_for(tmp_path):
    (tmp_path / NAME).parent.mkdir(parents=True)
    os.mkfifo(tmp_path / NAME)
    with pytest.raises(BadFile, match=r"0_00\.png is no file"):
        omniglot.read_part(tmp_path / BACKGROUND, BACKGROUND)


@pytest.mark.parametrize("packed", [True, False])
def test_more_pictures_than_omniglot_has_are_refused_unread(tmp_path, monkeypatch, nothing_is_decoded, packed):
    monkeypatch.setattr(members, "MOST", 79)
    omniglot_files.put_archives(tmp_path)
    omniglot_files.put_trees(tmp_path)
    path = tmp_path / (f"{BACKGROUND}.zip" if packed else BACKGROUND)
    with pytest.raises(BadFile, match=f"{path} has more than 79 pictures, which is all of Omniglot"):
        omniglot.read_part(path, BACKGROUND)


def test_an_archive_of_another_order_of_size_is_refused_unopened(tmp_path, monkeypatch):
    path = put(tmp_path, archive(files(BACKGROUND)))
    with path.open("ab") as file:
        file.truncate(members.LARGEST_ARCHIVE + 1)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(BadFile, match=rf"{path} has 67,108,865 bytes and Omniglot's archives less than 10,000,000"):
        omniglot.read_part(path, BACKGROUND)


def test_whatever_a_damaged_directory_raises_is_bad_data_by_name(tmp_path):
    """A central directory that is said to begin before the file: zipfile's own error is a ValueError about seeking."""
    content = bytearray(archive(files(BACKGROUND)))
    content[-6:-2] = struct.pack("<I", len(content))  # where the directory begins
    path = put(tmp_path, bytes(content))
    with pytest.raises(BadFile, match=f"{path} is truncated or no zip archive"):
        omniglot.read_part(path, BACKGROUND)
