"""The glyph bank: what its list promises, its drawings in numbers, and what it says when it cannot draw."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
import omniglot_files
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from metalib import baselines
from metalib.banks import glyph_choice, glyph_warps, glyphs, store
from metalib.banks.glyphs import Glyph
from metalib.course.kit import exams
from metalib.files import BadFile
from metalib.runtime import seeded

OMNIGLOT_BACKGROUND = {
    *("Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Hebrew", "Arabic", "N'Ko", "Tifinagh"),
    "Canadian syllabics",
}
SAMPLE = "AgЖΩאصߊᓇປ♃"


@pytest.fixture(scope="module")
def bank():
    """The whole bank, drawn here and now: no cache of an earlier run can hide a fault."""
    return glyphs.render(glyphs.classes(), generator=seeded(glyphs.SEED))


@pytest.fixture
def own_folders(tmp_path, monkeypatch):
    """One data folder, empty and ours."""
    monkeypatch.setattr("metalib.places.data_folders", lambda: [tmp_path])
    return tmp_path


@pytest.fixture
def few(monkeypatch):
    """A bank of few classes, which is drawn at once."""
    listed = glyphs.classes()[::100]
    monkeypatch.setattr(glyphs, "classes", lambda: listed)
    return listed


def sample(characters=SAMPLE):
    return [Glyph("learning", "sample", character, "", "0") for character in characters]


# --- the class list


def test_the_counts_that_the_docstrings_state(bank):
    parts = {f: f(bank) for f in (glyphs.training, glyphs.validation, glyphs.evaluation)}
    assert bank.images.shape == (1139, 20, 1, 28, 28) and "1,139 characters" in glyphs.__doc__
    assert [(part.n_classes, len(set(part.groups))) for part in parts.values()] == [(661, 7), (118, 3), (360, 11)]
    for function, part in parts.items():
        assert f"{part.n_classes} characters" in function.__doc__
    assert sum(size >= 20 for size in Counter(parts[glyphs.evaluation].groups).values()) == 5


def test_no_class_and_no_script_is_in_two_parts(bank):
    parts = [function(bank) for function in (glyphs.training, glyphs.validation, glyphs.evaluation)]
    assert sorted(name for part in parts for name in part.names) == sorted(bank.names)
    assert len(set(bank.names)) == bank.n_classes
    assert sum(len(set(part.groups)) for part in parts) == len(set(bank.groups))


def test_evaluation_is_new_to_a_network_that_has_learned_from_omniglots_background(bank):
    assert not OMNIGLOT_BACKGROUND & set(glyphs.evaluation(bank).groups)
    assert {"Lao", "Ogham", "Old Italic", "Coptic", "Lisu"} < set(glyphs.evaluation(bank).groups)


def test_every_script_holds_at_most_its_own_characters():
    for glyph in glyphs.classes():
        if glyph.part == "evaluation":
            assert ord(glyph.character) in glyph_choice.EVALUATION[glyph.script]
        else:
            prefix = next(prefix for prefix, script in glyph_choice.LEARNING.items() if script == glyph.script)
            assert glyph.name.startswith(f"{prefix} ")


def test_no_two_classes_look_alike():
    pictures = glyph_choice.reference_pictures(glyphs.classes())
    unlike = glyph_choice.unlikeness(pictures, pictures).fill_diagonal_(1.0)
    assert unlike.min() > 0.9 * glyph_choice.ALIKE  # another FreeType may move the edges of a print a little


def test_unlikeness_is_the_stated_measure():
    one, other, far = torch.zeros(3, 28, 28)
    one[5:20, 8] = other[14, 3:25] = far[:, 26] = 1.0
    unlike = glyph_choice.unlikeness(torch.stack([one]), torch.stack([one, other, far]))
    assert unlike[0, 0] == pytest.approx(0, abs=1e-6)
    assert 0.3 < unlike[0, 1] < 0.99
    assert unlike[0, 2] == pytest.approx(1.0, abs=1e-6)


def test_candidates_include_the_list_and_leave_out_letters_with_marks():
    candidates = set(glyph_choice.learning_candidates() + glyph_choice.evaluation_candidates())
    assert {glyph._replace(faces="") for glyph in glyphs.classes()} <= candidates
    assert not {"Á", "Å", "ά", "й"} & {glyph.character for glyph in candidates}


def test_the_list_computed_from_the_fonts_is_nearly_the_committed_one():
    chosen, committed = set(glyph_choice.choose()), set(glyphs.classes())
    assert len(chosen & committed) > 0.95 * len(chosen | committed)  # prints at the threshold depend on FreeType


def test_an_area_is_solid_and_lines_are_not():
    prints = glyph_choice.reference_prints(sample("■●A○"))
    assert glyph_choice.is_solid(prints).tolist() == [True, True, False, False]


def test_an_altered_list_is_refused(monkeypatch):
    monkeypatch.setattr(glyphs, "parse", lambda text: (Glyph("learning", "Latin", "A", "LATIN CAPITAL LETTER A", "0"),))
    glyphs.classes.cache_clear()
    with pytest.raises(BadFile, match=r"glyph_classes\.txt holds 1 classes with digest .* install metalib again"):
        glyphs.classes()


# --- the drawings


def test_every_drawing_has_ink_and_no_two_of_a_class_are_equal(bank):
    assert bank.images.flatten(2).amax(2).min() > 100
    for drawings in bank.images.flatten(2):
        assert len(torch.unique(drawings, dim=0)) == glyphs.DRAWINGS


def test_no_drawing_is_cut_off(bank):
    edges = torch.cat([bank.images[..., [0, -1], :].flatten(2), bank.images[..., [0, -1]].flatten(2)], dim=2)
    assert edges.max() < 90  # a stroke that runs over the edge is over 200 there


def test_size_and_ink_are_those_of_omniglot(bank):
    pictures = bank.images.flatten(0, 2).float() / 255
    inked = pictures > 0.3
    height, width = inked.any(2).sum(1), inked.any(1).sum(1)
    assert 17 <= torch.maximum(height, width).median() <= 19  # Omniglot's background: 18
    assert pictures.mean() == pytest.approx(0.0779, abs=0.008)  # 7.8 % ink there


def test_no_class_is_the_box_of_a_missing_glyph():
    for font, has in glyphs.read_faces().values():
        box = glyphs.printed(font, "\uffff")
        for glyph in glyphs.classes():
            assert glyph.character not in has or (glyphs.printed(font, glyph.character) != box).any()


@pytest.mark.parametrize(("character", "first"), [("A", "width"), ("|", "height")])
def test_a_print_is_resized_one_side_at_a_time(character, first, monkeypatch):
    """In one call Pillow chooses the order, by its version, and rounds in between: 12 and 13 had other pixels."""
    font, _ = glyphs.read_faces()["Sans"]
    changed, resize = [], Image.Image.resize

    def recorded(picture, size, *settings):
        sides = zip(("width", "height"), picture.size, size, strict=True)
        changed.append([side for side, before, after in sides if before != after])
        return resize(picture, size, *settings)

    monkeypatch.setattr(Image.Image, "resize", recorded)
    glyphs.printed(font, character)
    assert changed == [[first], [{"width": "height", "height": "width"}[first]]]


def test_the_same_seed_gives_the_same_drawings():
    first, again, other = (glyphs.render(sample("Aກ"), generator=seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)


def test_drawings_come_from_different_faces():
    """Without any warp, the drawings of a letter differ by their face only."""
    letter = next(glyph for glyph in glyphs.classes() if glyph.character == "R")
    plain = glyphs.render([letter], generator=seeded(0), hand=glyph_choice.PLAIN)
    assert len(torch.unique(plain.images[0].flatten(1), dim=0)) == len(letter.faces) > 6


def test_pixel_neighbours_do_about_as_well_as_on_omniglot(bank):
    """The bank is neither trivial nor hopeless: Omniglot's background gives 46.7 %, chance is 20 %."""
    accuracy = exams.EXAM_A.sit(baselines.pixel_neighbour, glyphs.evaluation(bank)).mean()
    assert 0.40 < accuracy < 0.53


def test_thinning_leaves_lines_keeps_parts_and_loses_no_dot():
    ink = np.zeros((3, 20, 20), bool)
    ink[0, 5:9, 2:18] = True  # a bar
    ink[1, 3:17, 3:17], ink[1, 7:13, 7:13] = True, False  # a frame
    ink[2, 4:6, 4:6], ink[2, 10:15, 10:15] = True, True  # two dots
    lines = glyph_warps.thin(ink)
    assert not (lines & ~ink).any()
    assert lines[0].sum(0).max() == 1 and lines[0].sum() >= 12
    assert lines[1].sum() >= 30 and not lines[1, 7:13, 7:13].any()
    assert lines[2, :8, :8].sum() == 1 and lines[2, 8:, 8:].sum() >= 1
    squares = lines[:, :-1, :-1] & lines[:, 1:, :-1] & lines[:, :-1, 1:] & lines[:, 1:, 1:]
    assert not squares.any()


def test_distance_is_the_euclidean_one():
    points = np.zeros((1, 9, 9), bool)
    points[0, 2, 3] = points[0, 7, 7] = True
    rows, columns = np.mgrid[:9, :9]
    expected = np.minimum(np.hypot(rows - 2, columns - 3), np.hypot(rows - 7, columns - 7)).clip(max=4)
    np.testing.assert_allclose(glyph_warps.distance(points, far=4)[0], expected, rtol=1e-6)


def test_frame_keeps_all_ink_wherever_it_should_go():
    canvas = np.zeros((72, 72), np.uint8)
    canvas[10:30, 20:50] = 255
    ink = [glyph_warps.frame(canvas, towards).sum(dtype=int) for towards in ((0, 0), (30, 0), (-30, 30))]
    assert max(ink) <= 1.02 * min(ink)
    canvas[0:72, 36] = 255
    assert glyph_warps.frame(canvas, (0, 0)).any()  # longer than the frame: made smaller


# --- finding, caching, dividing


def test_a_bank_is_drawn_once_and_then_read(own_folders, few, monkeypatch):
    first = glyphs.find()
    assert (own_folders / glyphs.CACHE).is_file()
    monkeypatch.setattr(glyphs, "render", None)  # drawing again would fail
    again = glyphs.find()
    assert store.bank_digest(again) == store.bank_digest(first)
    assert again.source == first.source


def test_a_cache_of_other_origin_or_a_damaged_one_is_drawn_anew(own_folders, few, monkeypatch):
    first, path = glyphs.find(), own_folders / glyphs.CACHE
    save_file(load_file(path), path, {"names": "[]"})
    assert store.bank_digest(glyphs.find()) == store.bank_digest(first)
    monkeypatch.setattr(glyphs, "SEED", 1)
    monkeypatch.setattr(glyphs, "DIGEST", "another list")
    assert store.bank_digest(glyphs.find()) != store.bank_digest(first)


def test_of_two_processes_that_want_the_bank_one_draws_it_and_the_other_waits(tmp_user, monkeypatch):
    monkeypatch.delenv("METALIB_DATA", raising=False)
    few = "from metalib.banks import glyphs; listed = glyphs.classes()[::100]; glyphs.classes = lambda: listed; "
    wait = (
        "draw = glyphs.render; glyphs.render = lambda *a, **b: print('drawn', flush=True) or input() or draw(*a, **b)"
    )
    told = "print(store.bank_digest(glyphs.find()))"
    with omniglot_files.child(f"{few}{wait}; {told}") as first:
        assert first.stdout.readline() == "drawn\n"  # it holds the lock, and waits for a line
        with omniglot_files.child(f"{few}glyphs.render = None; {told}") as second:
            waiting = second.stderr.readline()
            ends = [first.communicate("\n", timeout=120), second.communicate(timeout=120)]
    assert waiting == f"another process prepares {glyphs.CACHE}: waiting for it\n"
    kept = store.bank_digest(store.load_cache(tmp_user / glyphs.CACHE))
    assert [printed for printed, _ in ends] == [f"{kept}\n"] * 2


def test_the_origin_changes_with_the_list_and_with_the_recipe(tmp_path, monkeypatch):
    origins = {glyphs.origin()}
    other = tmp_path / "glyph_warps.py"
    source = Path(glyph_warps.__file__).read_text(encoding="utf-8")
    other.write_text(source.replace("bend: float = ", "bend: float = 9"), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(glyph_warps, "__file__", str(other))
        origins.add(glyphs.origin())
    monkeypatch.setattr(glyphs, "DIGEST", "another list")
    origins.add(glyphs.origin())
    assert len(origins) == 3


def test_only_the_whole_bank_is_divided(bank):
    with pytest.raises(ValueError, match=r"the 1,139 classes of the glyph bank, and this bank has 661"):
        glyphs.validation(glyphs.training(bank))


# --- fonts that are not as they should be


def test_a_matplotlib_without_its_fonts_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(BadFile, match=r"matplotlib [\d.]+ has no .*DejaVuSans\.ttf.*metalib data fetch"):
        glyphs.render(sample("A"), generator=seeded(0))


def test_fonts_that_lack_a_character_are_named_with_the_remedy():
    with pytest.raises(BadFile, match=r"matplotlib [\d.]+: its DejaVuSans.ttf lacks U\+3042 .*another matplotlib"):
        glyphs.render([Glyph("learning", "Hiragana", "あ", "HIRAGANA LETTER A", "04")], generator=seeded(0))


def test_importing_the_module_loads_no_matplotlib():
    code = "import sys, metalib.banks.glyphs; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
