"""Where a bank of classes comes from: Omniglot when it is at hand, else the glyphs that every machine can draw."""

from __future__ import annotations

import os
from typing import NamedTuple

from metalib import places
from metalib.banks import omniglot
from metalib.episodes import ClassBank
from metalib.files import BadFile

__all__ = ["PROTOCOLS", "BadFile", "Splits", "load_bank", "split"]

CHOICES = ("omniglot", "glyphs")
TO_GLYPHS = "For the glyphs: load_bank('glyphs'), or METALIB_BANK=glyphs in the environment."
TO_OMNIGLOT = "For Omniglot: `metalib data fetch` in a terminal, or load_bank(download=True). 16 MB, once."


class Splits(NamedTuple):
    """The three parts of a bank, which share no class."""

    training: ClassBank
    validation: ClassBank
    evaluation: ClassBank


def load_bank(name: str | None = None, *, download: bool = False, quiet: bool = False) -> ClassBank:
    """The whole bank `name`, "omniglot" or "glyphs"; by default Omniglot if it is at hand, else the glyphs.

    The environment variable METALIB_BANK decides where `name` does not. Two lines say which bank it is, why, and how to
    get the other; `quiet` leaves them out. With `download`, and only then, an Omniglot that is not at hand is fetched.
    Raises ValueError for an unknown name, FileNotFoundError when Omniglot is asked for and is not there, BadFile when
    it is there but damaged, FetchError when the download fails.
    """
    chosen = name or os.environ.get("METALIB_BANK") or None
    asked = "load_bank asks" if name else "METALIB_BANK asks"
    if chosen not in (None, *CHOICES):
        raise ValueError(f"{asked} for {chosen!r}, and there is no such bank: choose {' or '.join(CHOICES)}")
    bank = None if chosen == "glyphs" else _find_omniglot(download)
    if bank is not None:
        why, other = "it is at hand", TO_GLYPHS
    elif chosen == "omniglot":
        raise FileNotFoundError(f"{asked} for Omniglot. {places.where_looked(_lacking())}. {TO_OMNIGLOT}")
    else:
        from metalib.banks import glyphs  # only where it is needed: it reads fonts

        bank, why, other = glyphs.find(), f"{_lacking()} is not at hand", TO_OMNIGLOT
    if not quiet:
        size = f"{bank.n_classes:,} classes of {bank.n_drawings} drawings"
        print(f"Bank: {bank.source} ({size}), since {f'{asked} for it' if chosen else why}.\n{other}")
    return bank


PROTOCOLS = ("alphabets", "paper")


def split(bank: ClassBank, protocol: str = "alphabets") -> Splits:
    """The training, validation and evaluation part of a whole bank, Omniglot or glyphs.

    protocol  "alphabets": whole alphabets or scripts on one side, the evaluation pictures unrotated.
              "paper": random characters, each turn by 90° a class of its own in evaluation too. Omniglot only
    Raises ValueError for a bank that has been divided or rotated before, or for an unknown protocol.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"there is no protocol {protocol!r}: choose {' or '.join(PROTOCOLS)}")
    if protocol == "paper":
        training, validation, evaluation = omniglot.by_character(bank)
        return Splits(training, validation, evaluation.rotated())
    if bank.source.startswith("Omniglot"):
        return Splits(omniglot.training(bank), omniglot.validation(bank), omniglot.evaluation(bank))
    from metalib.banks import glyphs

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


def _lacking() -> str:
    """What is not there of Omniglot, in words: all of it, or one part."""
    missing = [part for part in omniglot.PARTS if not omniglot.sources(part)]
    return "Omniglot" if len(missing) == len(omniglot.PARTS) else f"half of Omniglot ({', '.join(missing)})"
