"""Folders of emoji, as a learner's own would be: a class each, unequal in number, in several formats."""

import functools

from PIL import Image

from metalib.banks import load_bank, split

CLASSES = ("ant", "Bär", "cup", "door")  # names that mean nothing here
NUMBERS = (3, 100, 150, 200)  # classes of the evaluation part
SUFFIXES = (".png", ".bmp", ".webp", ".png", ".gif")


@functools.cache
def _bank():
    return split(load_bank("emoji", quiet=True)).evaluation


def picture(number, drawing):
    """An emoji as an array, [32, 32, 3]."""
    return _bank().images[NUMBERS[number], drawing].movedim(0, -1).numpy()


def write(folder, drawings):
    """Write the `drawings` of each class into its sub-folder, drawing d in the format SUFFIXES[d].

    drawings  the numbers for each class of CLASSES
    """
    for number, (name, own) in enumerate(zip(CLASSES, drawings, strict=True)):
        (folder / name).mkdir(parents=True)
        for d in own:
            image = Image.fromarray(picture(number, d))
            settings = {"lossless": True} if SUFFIXES[d] == ".webp" else {}
            image.resize((128, 128), Image.Resampling.NEAREST).save(folder / name / f"{d}{SUFFIXES[d]}", **settings)
    return folder
