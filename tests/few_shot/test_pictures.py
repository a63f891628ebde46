"""metalib.few_shot.pictures: whatever a picture comes as, it stands upright in RGB; what cannot be read is named."""

import os
import struct
import sys
import types

import numpy as np
import PIL
import pytest
from picture_files import LARGE, heic, png, saved
from PIL import Image, ImageFile, ImageOps, JpegImagePlugin

from metalib.few_shot import pictures
from metalib.few_shot.pictures import KEPT, MOST_PIXELS, check_header, open_picture, told
from metalib.files import BadFile

WHITE, RED = (255, 255, 255), (255, 0, 0)


@pytest.fixture
def photo():
    """[30, 40, 3] uint8, smooth, and different in each corner."""
    across, down = np.linspace(0, 255, 40), np.linspace(0, 255, 30)
    red, green = np.meshgrid(across, down)
    return np.stack([red, green, 255 - red], axis=-1).astype(np.uint8)


@pytest.fixture
def nothing_is_decoded(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("it was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)


def opened(source):
    """The picture as an array, and what was noticed."""
    words = []
    image = open_picture(source, notice=words.append)
    assert image.mode == "RGB"
    return np.asarray(image), words


# --- what it comes as


def test_a_path_its_name_an_image_and_an_array_are_the_same_picture(tmp_path, photo):
    path = saved(tmp_path / "photo.png", photo)
    for source in (path, str(path), Image.fromarray(photo), photo):
        pixels, words = opened(source)
        assert np.array_equal(pixels, photo) and words == []


def test_grey_becomes_three_equal_channels(photo):
    grey = photo[..., 0]
    for source in (grey, grey[..., None], Image.fromarray(grey)):
        assert np.array_equal(opened(source)[0], np.stack([grey] * 3, axis=-1))


@pytest.mark.parametrize("side", [30, 2 * KEPT])
def test_an_image_that_is_handed_over_stays_as_it_is(side):
    given = Image.new("RGB", (side, 30), "red")
    given.getexif()[0x112] = 6
    open_picture(given).putpixel((0, 0), (0, 0, 0))
    assert given.size == (side, 30) and given.getexif()[0x112] == 6 and given.getpixel((0, 0)) == RED


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tiff", "bmp", "ppm"])
def test_each_usual_format_is_read_whatever_the_file_is_called(tmp_path, photo, suffix):
    path = saved(tmp_path / f"photo.{suffix}", photo).rename(tmp_path / "Küche 🐈.txt")
    pixels, words = opened(path)
    assert pixels.shape == photo.shape and words == []
    assert np.abs(pixels.astype(int) - photo).mean() < 8


@pytest.mark.parametrize("size", [(KEPT, 600), (KEPT + 1, 600), (600, 4 * KEPT), (4 * KEPT, 1)])
def test_the_longer_side_keeps_at_most_so_many_pixels(size):
    kept = open_picture(Image.new("RGB", size)).size
    assert max(kept) == KEPT
    assert kept == (size if max(size) <= KEPT else tuple(max(1, round(side * KEPT / max(size))) for side in size))


def test_where_it_was_taken_is_not_kept(tmp_path, photo):
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    assert open_picture(saved(tmp_path / "photo.jpg", photo, exif=exif)).info == {}


# --- what is made of it


@pytest.mark.parametrize("suffix", ["png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(tmp_path, photo, suffix, orientation):
    """A camera writes the sensor's rows, and how to turn them: turned so, the picture is the one that was seen."""
    exif = Image.Exif()
    exif[0x112] = {6: 8, 8: 6}.get(orientation, orientation)  # the turn that undoes this one
    written = Image.fromarray(photo)
    written.info["exif"] = exif.tobytes()
    exif[0x112] = orientation
    path = saved(tmp_path / f"photo.{suffix}", ImageOps.exif_transpose(written), exif=exif, lossless=True)
    assert np.array_equal(opened(path)[0], photo)


def test_a_photograph_that_is_reduced_stands_upright_too(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    lying = Image.new("RGB", (4000, 3000))
    lying.paste("white", (0, 0, 4000, 1500))  # its upper half, which a turn to the right makes the right one
    upright = open_picture(saved(tmp_path / "photo.jpg", lying, exif=exif))
    assert upright.size == (750, KEPT)
    assert upright.getpixel((740, 500)) == WHITE and upright.getpixel((10, 500)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("damage", "turned", "said"),
    [
        ((b"", b""), True, []),
        ((b"\x01\x12", b"\x99\x12"), False, []),
        # Pillow warns of its length, and 10 reads no tag after it
        ((b"\x00\x02\x00\x00\x00\t", b"\x00\x02\xff\x00\x00\t"), not PIL.__version__.startswith("10."), []),
        ((b"MM\0*", b"none"), False, ["damaged EXIF data"]),
    ],
    ids=["none", "another tag", "a tag without end", "no EXIF at all"],
)
def test_damaged_exif_data_do_not_keep_a_picture_from_being_read(tmp_path, photo, damage, turned, said):
    exif = Image.Exif()
    exif[0x112], exif[0x010F] = 3, "a camera"
    path = saved(tmp_path / "photo.png", photo, exif=exif.tobytes().replace(*damage))
    pixels, words = opened(path)
    assert np.array_equal(pixels, photo[::-1, ::-1] if turned else photo)
    assert [word.partition(",")[0] for word in words] == said


def transparent(mode):
    """A picture of 2 × 1 pixels, the first black, or red in colour, the second transparent; the settings to save it."""
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    if mode == "P":
        palette = Image.new("P", (2, 1))
        palette.putpalette([0, 0, 0, 0, 0, 0])
        palette.putpixel((1, 0), 1)
        return palette, {"transparency": 1}
    if mode in ("L", "RGB"):  # one value is said to be transparent
        flat = Image.new(mode, (2, 1), 0)
        flat.putpixel((1, 0), 9 if mode == "L" else (9, 9, 9))
        return flat, {"transparency": 9 if mode == "L" else (9, 9, 9)}
    return image.convert(mode), {}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_what_is_transparent_is_white_and_this_is_said(tmp_path, mode):
    image, settings = transparent(mode)
    pixels, words = opened(saved(tmp_path / "drawing.png", image, **settings))
    assert pixels.tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert words == ["transparent in parts, which are shown white"]


def test_a_screenshot_with_an_opaque_alpha_channel_is_nothing_to_speak_of(tmp_path, photo):
    path = saved(tmp_path / "screen.png", Image.fromarray(photo).convert("RGBA"))
    pixels, words = opened(path)
    assert np.array_equal(pixels, photo) and words == []


def test_white_ink_on_transparent_paper_is_said_to_show_nothing():
    _, words = opened(Image.new("LA", (4, 4), (255, 0)))
    assert words[-1] == "one colour all over, so that nothing is to be seen"


@pytest.mark.parametrize("suffix", ["jpg", "tiff"])
def test_a_picture_for_printers_gets_its_colours(tmp_path, suffix):
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    pixels, _ = opened(saved(tmp_path / f"print.{suffix}", ink))
    assert np.abs(pixels[4, 4].astype(int) - RED).max() <= 3


@pytest.mark.parametrize(("suffix", "kind"), [("png", "<u2"), ("tiff", "<u2"), ("tiff", ">u2"), ("tiff", "<i4")])
def test_16_bits_are_scaled_and_not_cut_off(tmp_path, suffix, kind):
    steps = (np.arange(256).reshape(16, 16) * 257).astype(kind)
    pixels, _ = opened(saved(tmp_path / f"scan.{suffix}", steps))
    assert np.array_equal(pixels[..., 0].ravel(), np.arange(256))


def test_colour_of_16_bits_is_scaled_too(tmp_path):
    path = tmp_path / "scan.png"
    path.write_bytes(png(2, 1, 16, 2, struct.pack(">6H", *(257 * value for value in (0, 1, 128, 255, 7, 254)))))
    assert opened(path)[0].tolist() == [[[0, 1, 128], [255, 7, 254]]]


def test_12_bits_in_16_are_said_to_be_dark():
    """A microscope's: nobody brightens one picture more than another without being told to."""
    pixels, words = opened(Image.fromarray(np.array([[0, 4095]], dtype=np.uint16)))
    assert pixels.max() == 15 and words == [
        "16 bits of which only the darkest are used, so that it is nearly black: brighten it"
    ]


@pytest.mark.parametrize("values", [np.float32([[0, 1.5]]), np.int32([[-1, 5]]), np.int32([[0, 65536]])])
def test_numbers_without_a_white_are_refused(tmp_path, values):
    path = saved(tmp_path / "height.tiff", values)
    with pytest.raises(BadFile, match=rf"^{path} has values from .*: save 8 bits$"):
        open_picture(path)


def frames(photo):
    return [Image.fromarray(turned) for turned in (photo, 255 - photo)]


@pytest.mark.parametrize("suffix", ["gif", "webp", "tiff", "png"])
def test_the_first_frame_of_several_counts_and_this_is_said(tmp_path, photo, suffix):
    first, second = frames(photo)
    path = saved(tmp_path / f"moving.{suffix}", first, save_all=True, append_images=[second], lossless=True)
    pixels, words = opened(path)
    assert np.abs(pixels.astype(int) - photo).mean() < 8
    assert words == ["several frames or pages, of which the first one counts"]


def test_a_cameras_second_picture_in_a_jpeg_is_nothing_to_speak_of(tmp_path, photo):
    first, second = frames(photo)
    path = saved(tmp_path / "phone.jpg", first, format="MPO", save_all=True, append_images=[second])
    with Image.open(path) as image:
        assert image.format == "MPO" and image.n_frames == 2
    assert opened(path)[1] == []


def test_what_was_noticed_is_told_by_its_kind():
    noticed = [("a", "odd"), ("b", "even"), ("c", "odd"), ("d", "odd"), ("e", "odd")]
    assert told(noticed) == ("a, c, d and 1 more: odd", "b: even")


# --- what is too large


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((8192, 6144), "has 8,192 × 6,144 pixels and may have 40,000,000: save it smaller, 4,000 pixels on its longer"),
        ((11000, 9000), "has 11,000 × 9,000 pixels and may have 40,000,000"),  # Pillow warns of it
        ((65000, 65000), r"would fill the memory \(.* \(4225000000 pixels\).*: save it smaller"),  # and refuses it
    ],
    ids=["50 megapixels", "a small bomb", "a bomb"],
)
@pytest.mark.parametrize("kind", ["png", "jpg", "ppm", "gif"])
@pytest.mark.parametrize("look", [open_picture, check_header])
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(
    tmp_path, nothing_is_decoded, size, said, kind, look
):
    path = tmp_path / f"large.{kind}"
    path.write_bytes(LARGE[kind](*size))
    with pytest.raises(BadFile, match=f"{path} {said}"):
        look(path)


def test_a_large_array_or_image_is_refused_by_the_same_limit():
    flat = np.broadcast_to(np.uint8(0), (1, 1))
    for source in (Image.new("1", (MOST_PIXELS + 1, 1)), np.broadcast_to(flat, (MOST_PIXELS + 1, 1))):
        with pytest.raises(BadFile, match=r"picture 3 has .*40,000,001.* pixels and may have 40,000,000"):
            open_picture(source, name="picture 3")


def test_the_largest_that_may_be_is_read():
    assert open_picture(Image.new("1", (8000, MOST_PIXELS // 8000))).size == (KEPT, 625)


def test_a_large_jpeg_is_decoded_at_half_its_size(tmp_path, monkeypatch):
    path, sizes = saved(tmp_path / "photo.jpg", Image.new("L", (4000, 3000))), []
    load = JpegImagePlugin.JpegImageFile.load
    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", lambda self: sizes.append(self.size) or load(self))
    open_picture(path)
    assert set(sizes) == {(2000, 1500)}


# --- what is no picture, or not whole


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: copy or export it again"),
        (b"my notes", "is no picture that can be read: take it out, or save it as PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no picture that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "is no picture that can be read"),
        (b"\x89PNG\r\n\x1a\n", "is damaged or cut off: copy or export it again"),
        (b"\xff\xd8\xff\xe0", "is damaged or cut off: copy or export it again"),
    ],
    ids=["empty", "text", "SVG", "EPS, which another program would read", "a beginning of a PNG", "of a JPEG"],
)
def test_what_is_no_picture_is_named_with_the_remedy(tmp_path, content, said):
    path = tmp_path / "notes.jpg"
    path.write_bytes(content)
    for look in (open_picture, check_header):
        with pytest.raises(BadFile, match=f"{path} {said}"):
            look(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tiff", "bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_named_with_the_remedy(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    content = saved(tmp_path / f"whole.{suffix}", noise).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadFile, match=rf"{path} (cannot be|is) .*: (copy or export it again|take it out)"):
        open_picture(path)


def test_a_damaged_file_is_a_picture_or_is_named(tmp_path, photo):
    """Whatever a decoder raises: 50 files of each format with 8 wrong bytes."""
    draws, path, errors = np.random.default_rng(0), tmp_path / "damaged", []
    for suffix in ("png", "jpg", "gif", "webp", "tiff", "bmp"):
        content = np.frombuffer(saved(tmp_path / f"whole.{suffix}", photo).read_bytes(), dtype=np.uint8)
        for _ in range(50):
            wrong = content.copy()
            wrong[draws.integers(0, len(wrong), 8)] = draws.integers(0, 256, 8)
            path.write_bytes(wrong.tobytes())
            try:
                open_picture(path)
            except BadFile as error:
                errors.append(str(error))
    assert len(errors) > 100 and all(str(path) in said for said in errors)


def test_a_file_that_is_not_there_or_is_none_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path / 'x.png'} is not there"):
        open_picture(tmp_path / "x.png")
    with pytest.raises(BadFile, match=f"{tmp_path} is no file"):
        open_picture(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(BadFile, match=r"pipe\.png is no file"):
        open_picture(tmp_path / "pipe.png")


def test_a_file_that_may_not_be_read_is_named(tmp_path, photo, monkeypatch):
    path = saved(tmp_path / "photo.png", photo)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(BadFile, match=rf"{path} cannot be read \(Permission denied\): check its permissions"):
        open_picture(path)


def test_an_image_of_pillows_that_cannot_be_decoded_is_named(tmp_path, photo):
    path = saved(tmp_path / "photo.png", photo)
    path.write_bytes(path.read_bytes()[:-60])
    with Image.open(path) as image, pytest.raises(BadFile, match="picture 3 cannot be decoded"):
        open_picture(image, name="picture 3")


# --- HEIC, which iPhones write


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"hevc"])
def test_heic_names_what_to_install_and_how_to_do_without(tmp_path, monkeypatch, brand):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = heic(tmp_path / "IMG_0001.HEIC", brand)
    with pytest.raises(BadFile, match=rf"{path} is a HEIC picture.*`pip install pillow-heif`, or export it as JPEG"):
        open_picture(path)


def test_heic_is_read_where_its_package_is_installed(tmp_path, monkeypatch, photo):
    """A stand-in for the package, whose one call makes Pillow know the format."""

    class HeifImageFile(ImageFile.StubImageFile):
        format = "HEIF"

        def _open(self):
            self._size, self._mode = photo.shape[1::-1], "RGB"

        def load(self):
            self.im = Image.fromarray(photo).im

        def _load(self):
            return None

    package = types.ModuleType("pillow_heif")
    package.register_heif_opener = lambda: Image.register_open("HEIF", HeifImageFile, lambda prefix: b"heic" in prefix)
    monkeypatch.setitem(sys.modules, "pillow_heif", package)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    assert np.array_equal(opened(heic(tmp_path / "IMG_0001.HEIC"))[0], photo)


def test_avif_in_the_same_container_is_not_taken_for_heic(tmp_path):
    with pytest.raises(BadFile, match="is no picture that can be read"):
        open_picture(heic(tmp_path / "picture.avif", b"mif1", b"avif"))


# --- arrays


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((4, 4)), r"ndarray of float64, not a path or uint8: write \(255 \* x\)\.astype\(numpy\.uint8\)"),
        (np.zeros((4, 4), dtype=int), "ndarray of int64, not a path or uint8"),
        (None, "NoneType of object, not a path or uint8"),
        (np.zeros((3, 5, 5), dtype=np.uint8), r"shape \[3, 5, 5\]: give .*, with numpy\.moveaxis\(x, 0, -1\)"),
        (np.zeros((2, 4, 4, 3), dtype=np.uint8), r"shape \[2, 4, 4, 3\]: give \[H, W\] or \[H, W, 3\]"),
        (np.zeros((4, 0, 3), dtype=np.uint8), "has 0 × 4 pixels"),
    ],
    ids=["floats", "whole numbers", "nothing", "channels first", "several", "no pixel"],
)
def test_what_is_no_picture_in_memory_is_named_with_its_numbers(array, said):
    with pytest.raises(ValueError, match=f"picture 3 .*{said}"):
        open_picture(array, name="picture 3")


def test_an_array_with_transparency_is_shown_on_white():
    pixels, words = opened(np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], dtype=np.uint8))
    assert pixels.tolist() == [[[0, 0, 0], [255, 255, 255]]] and len(words) == 1


def test_the_formats_that_are_asked_for_are_the_only_ones(tmp_path, monkeypatch, photo):
    path = saved(tmp_path / "photo.ico", photo)
    with pytest.raises(BadFile, match="is no picture that can be read"):
        open_picture(path)
    monkeypatch.setattr(pictures, "FORMATS", (*pictures.FORMATS, "ICO"))
    open_picture(path)
