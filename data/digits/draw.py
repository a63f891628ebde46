"""Pack the far bank anew: `digits.png` of this folder, from the pictures that come with scikit-learn.

    pip install --no-deps --target TOOLS scikit-learn==1.9.1
    python data/digits/draw.py TOOLS/sklearn/datasets/data/digits.csv.gz

It prints the digest that `metalib/banks/digits.py` is to hold. The table has a picture a line: 64 numbers, 0 … 16, and
the digit. The sheet has a digit a row, in the table's order; what pads a row is black.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from metalib.banks.digits import CLASSES, LEVELS, SHEET, SIDE

HERE = Path(__file__).parent


def main() -> None:
    """Read the table, write the sheet, print its digest."""
    with gzip.open(sys.argv[1], "rt", encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",").astype(int)
    pictures, labels = table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]
    largest = np.bincount(labels).max()
    sheet = np.zeros((CLASSES, SIDE, largest, SIDE), np.uint8)  # row of pictures, line, picture, column
    for digit in range(CLASSES):
        of_class = np.rint(pictures[labels == digit] * 255 / LEVELS)
        sheet[digit, :, : len(of_class)] = of_class.swapaxes(0, 1)
    Image.fromarray(sheet.reshape(CLASSES * SIDE, largest * SIDE)).save(HERE / SHEET, optimize=True)
    print(hashlib.sha256((HERE / SHEET).read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
