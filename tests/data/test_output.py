"""Output files appear whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import threading

import pytest

from adcli.data.output import atomic_output
from adcli.errors import DataError, UsageError


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    return path


def test_a_new_file_has_the_mode_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_output(tmp_path / "new", sync=True) as stream:
            stream.write(b"text")
            assert not (tmp_path / "new").exists()
    finally:
        os.umask(before)
    assert (tmp_path / "new").read_bytes() == b"text"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["new"]


def test_a_replaced_file_gives_its_mode(old):
    old.chmod(0o604)
    with atomic_output(old) as stream:
        stream.write(b"new")
    assert old.read_text() == "new"
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_alone(old, error):
    def interrupted():
        with atomic_output(old) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert old.read_text() == "old"
    assert os.listdir(old.parent) == ["out.csv"]


def test_a_failure_leaves_no_new_file(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic_output(tmp_path / "new") as stream:
        stream.write(b"x" * (1 / 0))
    assert os.listdir(tmp_path) == []


def test_a_link_stays_and_its_target_is_replaced(old):
    link = old.with_name("link")
    link.symlink_to("out.csv")
    with atomic_output(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert old.read_text() == "new"


def test_a_pipe_is_written_directly(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    with atomic_output(path) as stream:
        stream.write(b"text")
    reader.join(10)
    assert got == [b"text"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_device_is_written_directly():
    with atomic_output("/dev/null") as stream:
        stream.write(b"text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("path", [None, "-"])
def test_standard_output_is_the_stream_that_is_given(path):
    stdout = io.BytesIO()
    with atomic_output(path, stdout=stdout) as stream:
        stream.write(b"text")
    assert stdout.getvalue() == b"text"
    with pytest.raises(UsageError), atomic_output(path):
        pass


def test_folders_and_missing_folders(tmp_path):
    with pytest.raises(UsageError, match="it is a folder"), atomic_output(tmp_path):
        pass
    path = tmp_path / "none" / "out"
    with pytest.raises(UsageError, match="there is no folder") as caught, atomic_output(path):
        pass
    assert str(path) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_what_must_not_be_written(old):
    old.chmod(0o444)
    with pytest.raises(DataError, match=r"out\.csv: it is read-only"), atomic_output(old):
        pass
    old.parent.chmod(0o555)
    try:
        new = old.with_name("new")
        with pytest.raises(DataError, match=r"cannot write .*new"), atomic_output(new):
            pass
    finally:
        old.parent.chmod(0o755)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_names_the_file():
    with (
        pytest.raises(DataError, match="cannot write /dev/full: No space"),
        atomic_output("/dev/full") as stream,
    ):
        stream.write(b"x" * 100_000)
