"""Where a bank of classes comes from: Omniglot when it is at hand, else the glyphs that every machine can draw.

The emoji, in colour, and the digits, a far bank to measure on, are banks of their own: who wants them names them.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from metalib import places
from metalib.banks import omniglot
from metalib.episodes import ClassBank
from metalib.files import BadFile

__all__ = ["PROTOCOLS", "BadFile", "Splits", "load_bank", "split"]

CHOICES = ("omniglot", "glyphs")  # of the course's notebooks
BY_NAME = ("emoji", "digits")  # in colour; far from all that the course learns from
TO_GLYPHS = "For the glyphs: load_bank('glyphs'), or METALIB_BANK=glyphs in the environment."
TO_OMNIGLOT = "For Omniglot: `metalib data fetch` in a terminal, or load_bank(download=True). 16 MB, once."


class Splits(NamedTuple):
    """The three parts of a bank, which share no class."""

    training: ClassBank
    validation: ClassBank
    evaluation: ClassBank


def load_bank(name: str | None = None, *, download: bool = False, quiet: bool = False) -> ClassBank:
    """The whole bank `name`: "omniglot", "glyphs", "emoji", "digits"; by default Omniglot if at hand, else the glyphs.

    The environment variable METALIB_BANK decides where `name` does not. Two lines say which bank it is, why, and how to
    get the other, and one between them what looks like Omniglot and is not used; `quiet` leaves them out. With
    `download`, and only then, an Omniglot that is not at hand is fetched.
    Raises ValueError for an unknown name, FileNotFoundError when what is asked for is not there, BadFile when it is
    there but damaged, FetchError when the download fails.
    """
    if name in BY_NAME:
        return _by_name(name, quiet)
    chosen = name or os.environ.get("METALIB_BANK") or None
    asked = "load_bank asks" if name else "METALIB_BANK asks"
    if chosen not in (None, *CHOICES):
        by_name = ", or emoji, in colour, or digits, far from both" if name else ""
        raise ValueError(f"{asked} for {chosen!r}, and there is no such bank: choose {' or '.join(CHOICES)}{by_name}")
    bank = None if chosen == "glyphs" else _find_omniglot(download)
    passed_over = "" if bank is not None or chosen == "glyphs" else omniglot.passed_over()
    if bank is not None:
        why, other = "it is at hand", TO_GLYPHS
    elif chosen == "omniglot":
        where = places.where_looked(omniglot.missing())
        raise FileNotFoundError(" ".join(filter(None, [f"{asked} for Omniglot. {where}.", passed_over, TO_OMNIGLOT])))
    else:
        from metalib.banks import glyphs  # only where it is needed: it reads fonts

        bank, why, other = glyphs.find(), f"{omniglot.missing()} is not at hand", TO_OMNIGLOT
    if not quiet:
        size = f"{bank.n_classes:,} classes of {bank.n_drawings} drawings"
        reason = f"since {f'{asked} for it' if chosen else why}"
        print(*filter(None, [f"Bank: {bank.source} ({size}), {reason}.", passed_over, other]), sep="\n")
    return bank


PROTOCOLS = ("alphabets", "paper")


def _by_name(name: str, quiet: bool) -> ClassBank:
    from metalib.banks import digits, emoji

    bank = emoji.load() if name == "emoji" else digits.load()
    if not quiet:
        least = int(bank.sizes.min())
        drawings = f"{least} {'or' if bank.n_drawings == least + 1 else 'to'} {bank.n_drawings} drawings"
        print(f"Bank: {bank.source} ({bank.n_classes:,} classes of {drawings}).")
    return bank


def split(bank: ClassBank, protocol: str = "alphabets") -> Splits:
    """The training, validation and evaluation part of a whole bank: Omniglot, glyphs or emoji.

    protocol  "alphabets": whole alphabets, scripts or subgroups on one side, the evaluation pictures unrotated.
              "paper": random characters, each turn by 90° a class of its own in evaluation too. Omniglot only
    Raises ValueError for a bank that has been divided or rotated before, for any other, or for an unknown protocol.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"there is no protocol {protocol!r}: choose {' or '.join(PROTOCOLS)}")
    is_omniglot = bank.source.startswith("Omniglot")
    if protocol == "paper" and not is_omniglot:
        raise ValueError(
            f"the papers' protocol divides the characters of Omniglot, and this bank is {bank.source} "
            f"({bank.n_classes:,} classes): take Omniglot (leave METALIB_BANK=glyphs out; `metalib data fetch` gets "
            "it, 16 MB), or divide by alphabets, with a network that was trained on such a split"
        )
    if protocol == "paper":
        training, validation, evaluation = omniglot.by_character(bank)
        return Splits(training, validation, evaluation.rotated())
    if is_omniglot:
        return Splits(omniglot.training(bank), omniglot.validation(bank), omniglot.evaluation(bank))
    from metalib.banks import emoji, glyphs

    if bank.source == emoji.SOURCE:
        return Splits(emoji.training(bank), emoji.validation(bank), emoji.evaluation(bank))
    if not bank.source.startswith(glyphs.SOURCE):
        raise ValueError(
            f"split divides Omniglot, the glyphs and the emoji, each as it is published, and this bank is {bank.source}"
            ": divide it by its groups, with bank.select_groups(…)"
        )
    return Splits(glyphs.training(bank), glyphs.validation(bank), glyphs.evaluation(bank))


def _find_omniglot(download: bool) -> ClassBank | None:
    try:
        bank = omniglot.find()
    except BadFile as error:
        if not download:
            raise BadFile(f"{error}. To go on without Omniglot: METALIB_BANK=glyphs in the environment") from error
        bank = None
    if bank is None and download:
        from metalib.banks.fetch import fetch

        fetch()
        bank = omniglot.find()
    return bank
