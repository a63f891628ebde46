"""Omniglot from the network, when asked: torchvision's addresses and checksums, with time limits and resumption.

Nothing here runs unless a learner calls for it (`metalib data fetch`, `load_bank(download=True)`).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http
import http.client
import queue
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from metalib import files, places
from metalib.banks import members, omniglot
from metalib.banks.store import say_waiting
from metalib.files import BadFile

CONNECT_S = 8.0  # looking up the name, connecting, and the head of the answer, all together
READ_S = 8.0  # each read after that
ATTEMPTS = 5  # a connection that drops is taken up again, while each attempt brings something
CHUNK = 1 << 16
LARGEST = members.LARGEST_ARCHIVE  # an answer of more is something else


class FetchError(OSError):
    """A download that did not succeed: the address, the file, the reason, and what to do."""


class _Interrupted(OSError):
    """The network failed: what has arrived so far is worth keeping."""


def fetch(folder: Path | None = None, *, progress: bool = True) -> Path:
    """Download those of Omniglot's two archives (16 MB) that are not at hand, check them, and prepare the bank.

    folder  where to look and where to write; by default all data folders, and the first that can be written
    Returns the folder that has them. A download that was cut off goes on where it ended, also in a later call.
    Raises FetchError when an archive cannot be had or written.
    """
    folders = places.data_folders() if folder is None else [folder]
    parts = {part: _at_hand(part, folders) for part in omniglot.PARTS}
    if all(parts.values()):
        return next(place for place in folders if omniglot.sources(omniglot.PARTS[0], [place]))
    target = next((place for place in folders if places.is_writable(place)), None)
    if target is None:
        raise FetchError(
            f"there is no place for Omniglot's archives: none of {', '.join(map(str, folders))} can be written. "
            "Set METALIB_DATA to a folder that can"
        )
    with _alone(target):
        for part in omniglot.PARTS:  # another process may have fetched it meanwhile
            parts[part] = parts[part] or _at_hand(part, folders) or _fetched(part, target, progress=progress)
    omniglot.join([found for found in parts.values() if found])
    return target


def _at_hand(part: str, folders: Sequence[Path]) -> omniglot.Part | None:
    return omniglot.first_whole(part, omniglot.sources(part, folders), [])


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Held by one process at a time that fetches into `target`: what arrives lies under one name for all."""
    with contextlib.ExitStack() as stack:
        waiting = functools.partial(say_waiting, f"fetches Omniglot into {target}")
        try:
            stack.enter_context(files.locked(target / "omniglot.zip", waiting=waiting))
        except OSError as error:
            raise FetchError(
                f"Omniglot could not be written to {target}: {error.strerror}. Free some space, or set METALIB_DATA to "
                "another folder"
            ) from error
        yield


def _fetched(part: str, target: Path, *, progress: bool) -> omniglot.Part:
    """`part` from its archive, which is now in `target`. Raises FetchError, or BadFile where it has other pictures."""
    path = target / f"{part}.zip"
    _download(part, path, progress=progress)
    try:
        return omniglot.read_part(path, part)
    except BadFile:
        path.unlink()
        raise


def _download(part: str, path: Path, *, progress: bool) -> None:
    """Put the archive of `part` at `path` once it has torchvision's checksum, or raise FetchError and keep `path`."""
    from torchvision.datasets import Omniglot  # slow to import, and only a download needs it

    url = f"{Omniglot.download_url_prefix}/{path.name}"
    unfinished = path.with_name(f"{path.name}.part")
    by_hand = f"or download the file with a browser and put it into {path.parent}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _receive_whole(url, unfinished, Omniglot.zips_md5[part], progress)
        unfinished.replace(path)
    except _Interrupted as error:
        raise FetchError(
            f"{path.name} could not be fetched from {url}: {error}. Check the network and run `metalib data fetch` "
            f"again (it goes on from what has arrived), {by_hand}"
        ) from error
    except BadFile as error:
        unfinished.unlink(missing_ok=True)
        raise FetchError(
            f"{url} does not give the real {path.name}: {error}. Try another network, {by_hand}"
        ) from error
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise FetchError(
            f"{path.name}, fetched from {url}, could not be written to {path.parent}: {error.strerror}. Free some "
            "space, or set METALIB_DATA to another folder"
        ) from error


def _receive_whole(url: str, file: Path, md5: str, progress: bool) -> None:
    """Fill `file` from `url` in as many requests as it takes, until it has the checksum.

    Raises _Interrupted when the network fails, BadFile when something else arrives.
    """
    for attempt in range(1, ATTEMPTS + 1):
        start = file.stat().st_size if file.exists() else 0
        try:
            _receive(url, file, start, progress)
        except _Interrupted:
            if attempt == ATTEMPTS or not file.exists() or file.stat().st_size <= start:
                raise
            continue
        content = file.read_bytes()
        if hashlib.md5(content, usedforsecurity=False).hexdigest() == md5:
            return
        file.unlink()
        if start == 0:  # else what an earlier call left may be to blame: once more, from the beginning
            break
    is_page = content.lstrip()[:1] == b"<"
    raise BadFile(
        f"{len(content):,} bytes arrived and their MD5 is not {md5}"
        + (". It is a web page, perhaps the login page of this network" if is_page else "")
    )


def _receive(url: str, file: Path, start: int, progress: bool) -> None:
    """One request: append to `file` what follows its first `start` bytes, or begin anew where the server cannot."""
    with _open(url, start) as response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0
        total = _announced(response, start)
        name = url.rpartition("/")[2]
        bar = tqdm(desc=name, total=total, initial=start, unit="B", unit_scale=True, disable=not progress)
        with file.open("ab" if start else "wb") as sink, bar:
            while chunk := _read(response):
                sink.write(chunk)
                bar.update(len(chunk))
                if sink.tell() > LARGEST:
                    raise BadFile(f"more than {LARGEST >> 20} MB arrive")
            if total is not None and sink.tell() < total:
                raise _Interrupted(f"the connection ended after {sink.tell():,} of {total:,} bytes")


def _announced(response: http.client.HTTPResponse, start: int) -> int | None:
    """The size of the whole by the head of an answer from byte `start` on, None where it does not say.

    Raises BadFile when that is no number, or more than any archive has.
    """
    length = response.headers.get("Content-Length")
    if length is None:
        return None
    if not re.fullmatch("[0-9]{1,15}", length.strip()):  # int() takes more: signs, underscores, other digits
        raise BadFile(f"its Content-Length is {length.strip()!r}, no number of bytes")
    if int(length) + start > LARGEST:
        raise BadFile(f"{int(length) + start:,} bytes are announced, and the archives have less than 10,000,000")
    return int(length) + start


def _read(response: http.client.HTTPResponse) -> bytes:
    """The next bytes of the answer, none at its end. Raises _Interrupted when it breaks or stalls."""
    try:
        return response.read1(CHUNK)
    except TimeoutError as error:
        raise _Interrupted(f"nothing arrived for {READ_S:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(f"the connection broke ({error})") from error


def _open(url: str, start: int) -> http.client.HTTPResponse:
    """The server's answer from byte `start` on, or the whole where it cannot. Raises _Interrupted within CONNECT_S."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = _within(CONNECT_S, lambda: urllib.request.urlopen(request, timeout=READ_S))
    except urllib.error.HTTPError as error:
        error.close()
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _open(url, 0)
        raise _Interrupted(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _Interrupted(str(error.reason)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: an address that is none
        raise _Interrupted(str(error) or type(error).__name__) from error
    partial = response.status == http.HTTPStatus.PARTIAL_CONTENT
    if start and partial and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        response.close()
        return _open(url, 0)
    return response


def _within(seconds: float, call: Callable[[], http.client.HTTPResponse]) -> http.client.HTTPResponse:
    """What `call` returns. Raises TimeoutError after `seconds`, wherever it hangs.

    In a thread, since a name look-up takes no time limit and a connection's limit holds for each of several addresses.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(call())
        except BaseException as error:  # handed over, to be raised where it can be seen
            answers.put(error)

    threading.Thread(target=work, daemon=True).start()  # a daemon: it may hang, and must not keep Python from ending
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer
