"""metalib.banks.fetch against a server on this machine that behaves well, badly or not at all. Nothing leaves it."""

import gc
import hashlib
import http.server
import re
import socket
import threading

import omniglot_files
import pytest
from omniglot_files import archive, files, left_in, namespace, put_archives, put_together, run_child
from torchvision.datasets import Omniglot

from metalib.banks import fetch as module
from metalib.banks import omniglot
from metalib.banks.fetch import FetchError, fetch

ZIPS = ["images_background.zip", "images_evaluation.zip"]
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
WHOLE = sorted([*ZIPS, omniglot.CACHE])


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` (name to bytes).

    cut     how many answers break off half-way          stall  whether answers stop half-way
    ranges  whether Range is understood                  status an error to answer with
    length  the Content-Length: "right", another, None   held   whether answers wait half-way until `release`
    asked   name and Range of each request so far        location  where to redirect to
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = {f"{part}.zip": archive(files(part)) for part in omniglot.PARTS}
        self.cut, self.stall, self.ranges, self.status = 0, False, True, None
        self.length, self.held, self.location = "right", False, None
        self.asked, self.release, self.half_way = [], threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/python"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, name, range_ = self.server, self.path.rpartition("/")[2], self.headers["Range"]
        server.asked.append((name, range_))
        body, start = server.content[name], 0
        if range_ and server.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", range_)[1])
        if server.location:
            self.send_response(302)
            self.send_header("Location", server.location)
            return self.end_headers()
        if server.status or start >= len(body):
            return self.send_error(server.status or 416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if server.length is not None:
            self.send_header("Content-Length", server.length.replace("right", str(len(body) - start)))
        self.end_headers()
        if server.cut or server.stall:
            server.cut -= 1
            self.wfile.write(body[start : start + (len(body) - start) // 2])
            if server.stall:
                server.release.wait(60)
            return None
        if server.held:
            self.wfile.write(body[start : (start := start + 1000)])
            server.half_way.set()
            server.release.wait(60)
        return self.wfile.write(body[start:])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """The small Omniglot counts as the real one; the three data folders are empty."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return omniglot_files.settle(monkeypatch, tmp_path)


@pytest.fixture
def server(folders, monkeypatch):
    """A server of the small Omniglot, in the place of torchvision's address and checksums."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(Omniglot, "download_url_prefix", server.url)
        sums = {part: hashlib.md5(server.content[f"{part}.zip"]).hexdigest() for part in omniglot.PARTS}
        monkeypatch.setattr(Omniglot, "zips_md5", sums)
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


def test_both_archives_arrive_checked_and_prepared(server, folders, capsys):
    assert fetch() == folders[0]
    assert left_in(*folders) == WHOLE
    assert server.asked == [(name, None) for name in ZIPS]
    assert omniglot.find().n_classes == 8
    assert "images_background.zip: 100%" in capsys.readouterr().err  # the progress bar


def test_progress_can_be_silenced(server, capsys):
    fetch(progress=False)
    assert capsys.readouterr().err == ""


def test_what_is_at_hand_is_not_fetched_again(server, folders):
    put_archives(folders[2])
    assert fetch(progress=False) == folders[2]
    assert server.asked == [] and left_in(*folders) == ZIPS


def test_the_data_folder_is_told_in_whatever_layout_it_has_it(server, folders):
    put_together(folders[1])
    assert fetch(progress=False) == folders[1]
    assert server.asked == []


def test_only_what_is_missing_or_damaged_is_fetched(server, folders):
    put_archives(folders[1])
    folders[0].chmod(0o555)
    (folders[1] / ZIPS[0]).write_bytes(PAGE)
    assert fetch(progress=False) == folders[1]
    assert server.asked == [(ZIPS[0], None)] and omniglot.find().n_classes == 8


def test_a_folder_can_be_named(server, folders, tmp_path):
    assert fetch(tmp_path / "mine" / "own", progress=False) == tmp_path / "mine" / "own"
    assert left_in(tmp_path / "mine") == ZIPS


def test_a_connection_that_breaks_is_taken_up_where_it_ended(server, folders):
    server.cut = 2
    fetch(progress=False)
    total = len(server.content[ZIPS[0]])
    half = total // 2
    assert server.asked[:3] == [(ZIPS[0], r) for r in (None, f"bytes={half}-", f"bytes={half + (total - half) // 2}-")]
    assert left_in(*folders) == WHOLE


def test_a_server_without_ranges_is_asked_for_the_whole_again(server, folders):
    server.cut, server.ranges = 1, False
    fetch(progress=False)
    assert [name for name, _ in server.asked] == [ZIPS[0], *ZIPS] and left_in(*folders) == WHOLE


def test_a_connection_that_keeps_breaking_is_given_up_and_what_arrived_is_kept(server, folders):
    server.cut = 1000
    with pytest.raises(FetchError, match=r"ended after [\d,]+ of [\d,]+ bytes.*goes on from what has arrived"):
        fetch(progress=False)
    assert len(server.asked) == module.ATTEMPTS and left_in(*folders) == [f"{ZIPS[0]}.part"]


def test_a_later_call_goes_on_from_what_has_arrived(server, folders):
    (folders[0] / f"{ZIPS[0]}.part").write_bytes(server.content[ZIPS[0]][:1000])
    fetch(progress=False)
    assert server.asked[0] == (ZIPS[0], "bytes=1000-") and left_in(*folders) == WHOLE


@pytest.mark.parametrize("size", [1000, 10**6])
def test_a_left_over_of_something_else_is_replaced(server, folders, size):
    (folders[0] / f"{ZIPS[0]}.part").write_bytes(bytes(size))
    fetch(progress=False)
    assert server.asked[1] == (ZIPS[0], None) and left_in(*folders) == WHOLE


def test_a_whole_file_that_was_not_renamed_yet_is_recovered(server, folders):
    (folders[0] / f"{ZIPS[0]}.part").write_bytes(server.content[ZIPS[0]])
    fetch(progress=False)
    assert left_in(*folders) == WHOLE


def assert_says_what_to_do(error, url, name, folder):
    """The address, the file, and where to put it by hand."""
    assert all(words in str(error.value) for words in (f"{url}/{name}", f"with a browser and put it into {folder}"))


def test_a_web_page_instead_of_an_archive_is_refused(server, folders):
    server.content[ZIPS[0]] = PAGE
    with pytest.raises(FetchError, match=r"54 bytes arrived .* MD5 is not .* web page, perhaps the login") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == []


def test_an_archive_of_other_content_is_refused(server, folders):
    server.content[ZIPS[0]] = archive(files(omniglot.PARTS[1]))
    with pytest.raises(FetchError, match=r"does not give the real images_background.zip"):
        fetch(progress=False)
    assert left_in(*folders) == []


def test_pictures_are_checked_too_where_the_checksum_fits(server, folders, monkeypatch):
    monkeypatch.setattr(omniglot, "DIGESTS", dict.fromkeys(omniglot.PARTS, "0" * 64))
    with pytest.raises(omniglot.BadFile, match=r"images_background.zip holds other pictures"):
        fetch(progress=False)
    assert left_in(*folders) == []


def test_an_endless_answer_is_cut(server, folders, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 10_000)
    server.length = None
    with pytest.raises(FetchError, match="MB arrive"):
        fetch(progress=False)
    assert left_in(*folders) == []


def test_an_error_of_the_server_is_told(server, folders):
    server.status = 404
    with pytest.raises(FetchError, match="the server answers 404 Not Found") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == []


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "1_000", "", "9" * 30])
def test_a_length_that_is_none_is_told_with_the_address(server, folders, length):
    server.length = length or " "
    with pytest.raises(FetchError, match=rf"its Content-Length is '{length}'") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == []


def test_a_length_beyond_all_archives_is_refused_before_anything_is_received(server, folders):
    server.length = str(module.LARGEST + 1)
    with pytest.raises(FetchError, match="67,108,865 bytes are announced") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == []


@pytest.fixture
def collected():
    """What urllib leaves open is collected in the test that allows it: a later test would fail of it."""
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")  # urllib leaves it open
@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:port/", "file:///etc/passwd"])
def test_a_redirection_to_nowhere_is_told_with_the_address(server, folders, location):
    server.location = location
    with pytest.raises(FetchError) as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])


def test_without_network_what_arrived_before_is_kept(server, folders, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setattr(Omniglot, "download_url_prefix", f"http://127.0.0.1:{port}")
    (folders[0] / f"{ZIPS[0]}.part").write_bytes(b"something")
    with pytest.raises(FetchError, match="refused") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, f"http://127.0.0.1:{port}", ZIPS[0], folders[0])
    assert left_in(*folders) == [f"{ZIPS[0]}.part"]


# --- time limits: the tests shorten them, and would hang without


def test_the_limits_keep_a_black_hole_below_ten_seconds():
    assert module.CONNECT_S < 10 and module.READ_S < 10


def test_a_transfer_that_stalls_is_given_up_and_kept(server, folders, monkeypatch):
    monkeypatch.setattr(module, "READ_S", 1.0)
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    server.stall = True
    with pytest.raises(FetchError, match="nothing arrived for 1 s") as error:
        fetch(progress=False)
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == [f"{ZIPS[0]}.part"]


def test_a_server_that_accepts_and_never_answers_is_given_up(folders, monkeypatch):
    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(Omniglot, "download_url_prefix", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(FetchError, match=r"no answer within 0\.2 s"):
            fetch(progress=False)
    assert left_in(*folders) == []


def test_a_name_look_up_that_hangs_is_given_up(server, folders, monkeypatch):
    release = threading.Event()

    def hang(*_, **__):
        release.wait(60)
        raise socket.gaierror("released")

    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(FetchError, match=r"no answer within 0\.2 s") as error:
        fetch(progress=False)
    release.set()
    assert_says_what_to_do(error, server.url, ZIPS[0], folders[0])
    assert left_in(*folders) == []


FETCH = """
from metalib.banks.fetch import FetchError, fetch
try:
    fetch(progress=False)
except FetchError as error:
    print(error)
"""


# torchvision takes longer to import than all the rest; that its names are these is seen in this process
CHILD = """
import sys, types
from metalib.banks import fetch as module
class Omniglot:
    download_url_prefix, zips_md5 = {url!r}, {sums!r}
sys.modules["torchvision.datasets"] = types.SimpleNamespace(Omniglot=Omniglot)
module.READ_S = 60  # the first is held while the second starts, which takes a while
"""


def child(server):
    """A process that fetches from `server`, and says so when it has."""
    address = CHILD.format(url=server.url, sums=Omniglot.zips_md5)
    return omniglot_files.child(f"{address}{FETCH}else:\n    print('done')")


def test_of_two_processes_that_fetch_into_one_folder_one_waits_and_both_succeed(server, folders):
    server.held = True
    with child(server) as first:
        assert server.half_way.wait(60)
        with child(server) as second:
            waiting = second.stderr.readline()
            server.release.set()
            assert [process.communicate(timeout=120) for process in (first, second)] == [("done\n", "")] * 2
    assert waiting == f"another process fetches Omniglot into {folders[0]}: waiting for it\n"
    assert server.asked == [(name, None) for name in ZIPS] and left_in(*folders) == WHOLE


def test_where_the_process_that_fetches_is_killed_the_one_that_waited_fetches(server, folders):
    server.held = True
    with child(server) as first:
        assert server.half_way.wait(60)
        with child(server) as second:
            assert "waiting for it" in second.stderr.readline()
            first.kill()
            server.held = False
            server.release.set()
            assert second.communicate(timeout=120) == ("done\n", "")
    assert left_in(*folders) == WHOLE


def test_without_a_network_the_real_address_is_named(folders):
    address = CHILD.format(url=Omniglot.download_url_prefix, sums=Omniglot.zips_md5)
    output, _ = run_child(f"{address}{FETCH}", before=namespace("-n"))
    assert f"images_background.zip could not be fetched from {Omniglot.download_url_prefix}/{ZIPS[0]}" in output
    assert f"put it into {folders[0]}" in output
    assert left_in(*folders) == []


# --- disks


def test_where_nothing_can_be_written_nothing_is_asked_for(server, folders):
    for folder in folders:
        folder.chmod(0o555)
    with pytest.raises(FetchError, match=rf"none of {folders[0]}, .* can be written. Set METALIB_DATA"):
        fetch(progress=False)
    assert server.asked == []


def test_a_full_disk_is_named_and_nothing_is_left(server, folders):
    """A real full disk: 4 kB of tmpfs, where the archive takes over 100 kB."""
    address = CHILD.format(url=server.url, sums=Omniglot.zips_md5)
    after = f"print(omniglot_files.left_in(places.Path({str(folders[0])!r})))"
    before = namespace("-m", f"mount -t tmpfs -o size=4k none '{folders[0]}'")
    output, _ = run_child(f"{address}{FETCH}\n{after}", before=before)
    assert f"could not be written to {folders[0]}: No space left on device. Free some space" in output
    assert output.endswith("\n[]\n")
