"""Draw the bank of emoji anew: the sheets and `classes.txt` of this folder, from npm packages.

    npm pack @iconify-json/noto@1.2.9 @iconify-json/fluent-emoji-flat@1.2.6 @iconify-json/twemoji@1.2.5 \\
        @iconify-json/emojione@1.2.3 @iconify-json/fxemoji@1.2.2 emojibase-data@17.0.0
    pip install --target TOOLS resvg-py==0.5.0
    PYTHONPATH=TOOLS python data/emoji/draw.py FOLDER_OF_THE_TGZ_FILES

It prints the digests that `metalib/banks/emoji.py` is to hold. Drawings are matched by Unicode code point: three
packages have a table of them. EmojiOne's names are found among Unicode's, emojibase's and the other packages' names
and aliases, those of Firefox OS in `fxemoji.txt`, which was made by hand and looked at picture by picture.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
from PIL import Image

from metalib.banks import emoji_choice
from metalib.banks.emoji import COLUMNS, LIST, SIDE
from metalib.banks.emoji_choice import VENDORS

HERE = Path(__file__).parent
Names = dict[str, str]  # code points -> name of the drawing in a package
TABLED = ("noto", "fluent-emoji-flat", "twemoji")  # packages with a table of code points
BY_HAND = {"1F604": "grinning-face-with-smiling-eyes"}  # EmojiOne's name, which Unicode has for 1F601


def read(folder: Path, package: str, file: str) -> Any:
    """A JSON file of a package, from the archive that `npm pack` has put into `folder`."""
    [path] = folder.glob(f"{package}-[0-9]*.tgz")
    with tarfile.open(path) as archive:
        return json.load(archive.extractfile(f"package/{file}"))


def plain(code: str) -> str:
    """Code points without what only chooses a form: variation selectors."""
    return "-".join(point for point in code.upper().split("-") if point not in ("FE0F", "FE0E"))


def squashed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def characters(folder: Path) -> dict[str, dict]:
    """Unicode's emoji by code points, in its order, without flags, clock faces and skin tones."""
    subgroups = read(folder, "emojibase-data", "meta/groups.json")
    found = {}
    for entry in sorted(read(folder, "emojibase-data", "en/data.json"), key=lambda entry: entry.get("order", 0)):
        if "subgroup" not in entry:
            continue
        group = subgroups["groups"][str(entry["group"])]
        if group in emoji_choice.NO_GROUPS or int(entry["hexcode"].split("-")[0], 16) in emoji_choice.CLOCKS:
            continue
        subgroup = subgroups["subgroups"][str(entry["subgroup"])]
        found[plain(entry["hexcode"])] = {"group": group, "subgroup": subgroup, "label": entry["label"]}
    return found


def tables(folder: Path, wanted: dict[str, dict]) -> tuple[dict[str, dict], dict[str, Names]]:
    """Each vendor's drawings, and which of them is of which code points."""
    sets = {vendor: read(folder, f"iconify-json-{vendor}", "icons.json") for vendor in VENDORS}
    names: dict[str, Names] = {}
    for vendor in TABLED:
        chars = read(folder, f"iconify-json-{vendor}", "chars.json")
        table: Names = {}
        for code, name in chars.items():
            table.setdefault(plain(code), name)
        for code, entry in wanted.items():  # mirror images have no code points of their own in the table
            alias = entry["label"].replace(" ", "-")
            if "hFlip" in sets[vendor].get("aliases", {}).get(alias, {}):
                table.setdefault(code, alias)
        names[vendor] = table
    names["emojione"] = by_name(sets, names, wanted, read(folder, "emojibase-data", "meta/unicode-names.json"))
    lines = (HERE / "fxemoji.txt").read_text(encoding="utf-8").splitlines()
    names["fxemoji"] = dict(line.split("\t") for line in lines if line and not line.startswith("#"))
    return sets, names


def by_name(sets: dict[str, dict], tables: dict[str, Names], wanted: dict[str, dict], unicode: Names) -> Names:
    """EmojiOne's drawings by code points: a name that is known for one character only is that character's."""
    known: dict[str, set[str]] = {}
    for code, entry in wanted.items():
        known.setdefault(squashed(entry["label"]), set()).add(code)
    for code, name in unicode.items():
        known.setdefault(squashed(name), set()).add(plain(code))
    for vendor, table in tables.items():
        codes = {name: code for code, name in reversed(table.items())}
        for name, code in codes.items():
            known.setdefault(squashed(name), set()).add(code)
        for alias, of in sets[vendor].get("aliases", {}).items():
            if set(of) == {"parent"} and of["parent"] in codes:
                known.setdefault(squashed(alias), set()).add(codes[of["parent"]])
    found = dict(BY_HAND)
    for name in sets["emojione"]["icons"]:
        codes = known.get(squashed(name), set()) & set(wanted)
        if len(codes) == 1:
            found.setdefault(codes.pop(), name)
    return found


def draw(icons: dict, name: str) -> np.ndarray:
    """[32, 32, 3] uint8: a drawing on white paper, its longer side 32, in the middle."""
    flipped = False
    while name not in icons["icons"]:
        alias = icons["aliases"][name]
        if not set(alias) <= {"parent", "hFlip"}:
            raise ValueError(f"{name} is turned in a way that this script does not draw: {alias}")
        flipped ^= alias.get("hFlip", False)
        name = alias["parent"]
    icon = {key: value for key, value in icons.items() if key in ("width", "height")} | icons["icons"][name]
    width, height = icon.get("width", 16), icon.get("height", 16)
    side = max(width, height)
    left, top = icon.get("left", 0) - (side - width) / 2, icon.get("top", 0) - (side - height) / 2
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {side} {side}" width="{side}" height="{side}">{icon["body"]}</svg>'
    )
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))
    drawing = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", drawing.size, "white")
    paper.alpha_composite(drawing)
    pixels = np.asarray(paper.convert("RGB"))
    return pixels[:, ::-1] if flipped else pixels


def sheet(pictures: np.ndarray) -> bytes:
    """[C, 32, 32, 3] as a PNG of COLUMNS a row. Its lines are not filtered: so it is a third smaller than Pillow's."""
    rows = -(-len(pictures) // COLUMNS)
    tiles = np.full((rows * COLUMNS, SIDE, SIDE, 3), 255, np.uint8)
    tiles[: len(pictures)] = pictures
    pixels = tiles.reshape(rows, COLUMNS, SIDE, SIDE, 3).swapaxes(1, 2).reshape(rows * SIDE, COLUMNS * SIDE, 3)
    header = struct.pack(">2I5B", COLUMNS * SIDE, rows * SIDE, 8, 2, 0, 0, 0)
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def main(folder: Path) -> None:
    wanted = characters(folder)
    sets, names = tables(folder, wanted)
    # at least four vendors; the one that may lack is always Mozilla, so that a drawing's number tells its vendor
    enough = [code for code in wanted if sum(code in names[vendor] for vendor in VENDORS) >= emoji_choice.LEAST]
    codes = [code for code in enough if all(code in names[vendor] for vendor in VENDORS[:-1])]
    lacking = [wanted[code]["label"] for code in enough if code not in codes]
    print(f"{len(enough)} characters by four vendors or five; without: {lacking}")
    drawn = np.array([[code in names[vendor] for vendor in VENDORS] for code in codes])
    pictures = np.full((len(codes), len(VENDORS), SIDE, SIDE, 3), 255, np.uint8)
    for number, code in enumerate(codes):
        for v, vendor in enumerate(VENDORS):
            if drawn[number, v]:
                pictures[number, v] = draw(sets[vendor], names[vendor][code])
    kept = emoji_choice.without_near_copies(pictures, drawn)
    print(f"{len(kept)} kept; near-copies: {[wanted[c]['label'] for n, c in enumerate(codes) if n not in kept]}")
    lines = ["# the classes of the bank of emoji, in the order of the sheets, written by draw.py"]
    lines.append("# part, group, subgroup, code points, name, drawings (4: Mozilla has none)")
    for number in kept:
        entry = wanted[codes[number]]
        words = emoji_choice.part(entry["subgroup"]), entry["group"], entry["subgroup"], codes[number], entry["label"]
        lines.append("\t".join([*words, str(int(drawn[number].sum()))]))
    files = {LIST: ("\n".join(lines) + "\n").encode()}
    files |= {f"{vendor}.png": sheet(pictures[kept, v]) for v, vendor in enumerate(VENDORS)}
    for name, content in files.items():
        (HERE / name).write_bytes(content)
        print(f'    "{name}": "{hashlib.sha256(content).hexdigest()}",  # {len(content):,} bytes')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
