"""Files that are exchanged while a server runs."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service_kit.watched import Watched


def read(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from None
    if text == "broken":
        raise ValueError("it is broken")
    return text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("one", "utf-8")
    return path


def watched(file: Path, **options: float) -> Watched[str]:
    return Watched([file], lambda: read(file), interval=options.get("interval", 0.0))


def test_a_changed_file_is_taken(file: Path) -> None:
    it = watched(file)
    assert it.current() == "one"
    file.write_text("three", "utf-8")
    assert it.current() == "three"


def test_a_file_replaced_by_one_as_long_and_as_old_is_taken(file: Path) -> None:
    """As `mv` and Kubernetes do it: what is new is the file itself."""
    it = watched(file)
    status = file.stat()
    other = file.with_name("new")
    other.write_text("two", "utf-8")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)
    assert it.current() == "two"


def test_a_link_that_points_elsewhere_is_taken(tmp_path: Path) -> None:
    """A mounted Secret is a link to a folder that is exchanged as a whole."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name, "utf-8")
    link = tmp_path / "data"
    link.symlink_to("one")
    it = watched(link / "token")
    assert it.current() == "one"
    (tmp_path / "new").symlink_to("two")
    (tmp_path / "new").replace(link)
    assert it.current() == "two"


@pytest.mark.parametrize("damage", ["broken", "gone"])
def test_a_file_that_can_not_be_used_is_told_once_and_the_old_one_holds(file: Path, damage: str) -> None:
    it = watched(file)
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("broken", "utf-8")
    with capture_logs() as lines:
        assert [it.current() for _ in range(3)] == ["one"] * 3
    assert [(line["log_level"], line["files"]) for line in lines] == [("error", [str(file)])]
    file.write_text("four", "utf-8")
    assert it.current() == "four"


def test_a_file_is_looked_at_once_in_a_while(file: Path) -> None:
    now = [0.0]
    it = Watched([file], lambda: read(file), interval=1.0, clock=lambda: now[0])
    file.write_text("three", "utf-8")
    assert it.current() == "one"
    now[0] = 1.0
    assert it.current() == "three"


def test_many_threads_see_one_change(file: Path) -> None:
    reads = []

    def counted() -> str:
        reads.append(threading.get_ident())
        return read(file)

    it = Watched([file], counted, interval=0.0)
    file.write_text("three", "utf-8")
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(it.current())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["three"] * 16
    assert len(reads) == 2
