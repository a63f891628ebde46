"""Pictures that come with the repository: the first place that has them right, and none decoded before its digest."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from metalib import places
from metalib.files import BadFile

Bank = TypeVar("Bank")


def first_right(
    candidates: Iterable[Path], read: Callable[[Path], Bank], *, kind: str, missing: str, home: str
) -> Bank:
    """What `read` makes of the first of `candidates` that is right; one that is not is passed over with a warning.

    kind     "file" or "folder", for the warning
    missing  what is looked for, for the error      home  who has it beside the data folders: "data/emoji"
    Raises FileNotFoundError where there is no candidate, BadFile, naming each, where none is right.
    """
    problems: list[str] = []
    for path in candidates:
        try:
            bank = read(path)
        except BadFile as error:
            problems.append(str(error))
            continue
        for problem in problems:
            warnings.warn(f"{problem}. This time another {kind} was used", stacklevel=3)
        return bank
    if problems:
        raise BadFile("; ".join(problems))
    raise FileNotFoundError(f"{places.where_looked(missing)}: a checkout of the course does, in {home}")


def checked(path: Path, digest: str) -> bytes:
    """The bytes of a file of the repository. Raises BadFile unless it is the one that metalib was made with.

    digest  SHA-256 in hexadecimal digits
    """
    home = f"data/{path.parent.name}"
    remedy = f"restore {home} from the repository; in a checkout, `git checkout {home}`"
    try:
        with path.open("rb") as file:
            content = file.read(2**24)  # a file of any size may have this name
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BadFile(
            f"{path} is not the file that metalib was made with ({len(content):,} bytes, digest {found[:12]} where "
            f"{digest[:12]} is expected): {remedy}"
        )
    return content
