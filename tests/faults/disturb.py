"""The faults, and what must be left whole after each."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.jobs import JOBS, PATIENCE, Job, not_whole, prepare, start, undisturbed
from tests.fuzz.campaign import Finding
from tests.fuzz.choices import Choices

_LIBC, _CAPBSET_DROP = ctypes.CDLL(None), 24
LEAKS = re.compile(
    r"Traceback|internal error|Warning|Exception ignored|panicked|Fatal|terminate called|NameError"
)
MESSAGE = re.compile(r"error: |interrupted\n|warning: ")


def kills(c: Choices) -> str:
    """SIGKILL at any moment: every output is whole or absent."""
    job = _job(c, JOBS)
    moment = _moment(c, job)
    c.case = f"kill {job} after {moment:.3f} s"
    process = start(job)
    time.sleep(moment)
    process.kill()
    process.communicate()
    return _left(c, job, process.returncode, hidden=True)


UNFINISHED = "warning: no standard errors: the fit was interrupted before it had ended"
"""What a fit says that reports where it stands."""


def signals(c: Choices) -> str:
    """One that asks for an end, or two of them: in good order, without a trace."""
    job = _job(c, JOBS)
    moment = _moment(c, job)
    number = c.of((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    again = c.of((None, None, 0.0, 0.002, 0.02, 0.2))
    c.case = f"{number.name} to {job} after {moment:.3f} s, again after {again}"
    process = start(job)
    time.sleep(moment)
    process.send_signal(number)
    if again is not None:
        time.sleep(again)
        process.send_signal(number)
    _, stderr = _finish(c, process)
    code = process.returncode
    if _is_pythons(code, stderr):
        return "Python did not start"
    allowed = {0, 130, -number} if not job.lasts else {130, -number}
    if code not in allowed:
        raise Finding(f"{number.name} ends with {code}", f"{c.case}\n  {stderr[-1000:]}")
    said = [line for line in stderr.splitlines() if line not in ("", "interrupted", UNFINISHED)]
    if code and said:
        text = said[-1][:100]
        raise Finding(f"{number.name} says {text}", f"{c.case}\n  {stderr[-1500:]}")
    return _left(c, job, code)


def ignored(c: Choices) -> str:
    """A signal that is ignored, as nohup has it, changes nothing."""
    job = _job(c, [job for job in JOBS if not job.lasts])
    number = c.of((signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
    moment = _moment(c, job)
    c.case = f"{number.name}, ignored, to {job} after {moment:.3f} s"
    process = start(job, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    time.sleep(moment)
    process.send_signal(number)
    stdout, stderr = _finish(c, process)
    if process.returncode != 0 or (stdout != undisturbed(job).stdout and not job.outputs):
        raise Finding(f"{number.name} is not ignored", f"{c.case}\n  {stderr[-1000:]}")
    return _left(c, job, 0)


def full_disks(c: Choices) -> str:
    """No room after so many bytes: one message, and no file that is cut off."""
    job = _job(c, [job for job in JOBS if job.outputs])
    size = c.of((0, 1, 100, 4096, 100_000, 1_000_000))
    c.case = f"{job} in files of at most {size} bytes"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error instead, as of a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    more = Job((*job.arguments, *(("--max-seconds", "1") if job.lasts else ())), job.outputs)
    process = start(more, preexec_fn=limit)
    _, stderr = _finish(c, process)
    return _one_message(c, job, process.returncode, stderr)


def streams(c: Choices) -> str:
    """Streams that are closed, full, or whose reader leaves."""
    job = _job(c, [job for job in JOBS if not job.lasts])
    way = c.of(("stdout closed", "stdout full", "reader leaves", "stderr closed", "all closed"))
    c.case = f"{job} with {way}"
    closed = {"stdout closed": (1,), "stderr closed": (2,), "all closed": (0, 1, 2)}.get(way, ())
    with open("/dev/full", "wb") as full:
        options: dict[str, Any] = {"stdout": full} if way == "stdout full" else {}
        if closed:
            options["preexec_fn"] = lambda: [os.close(number) for number in closed]
        process = start(job, **options)
    if way == "reader leaves":
        assert process.stdout is not None
        process.stdout.read(1)
        process.stdout.close()
        process.stdout = None
    _, stderr = _finish(c, process)
    lost = set(job.outputs) - set(os.listdir("."))
    if lost:
        raise Finding(f"{way}: no {', '.join(sorted(lost))}", f"{c.case}\n  {stderr[-1000:]}")
    if way in ("reader leaves", "stderr closed") and process.returncode != 0:
        raise Finding(f"{way}: exit {process.returncode}", f"{c.case}\n  {stderr[-1000:]}")
    return _one_message(c, job, process.returncode, stderr, told=2 not in closed)


def permissions(c: Choices) -> str:
    """Folders and files that may not be read or written."""
    job = _job(c, [job for job in JOBS if job.outputs and not job.lasts])
    way = c.of(("no reading", "no writing", "a folder in the way", "read-only in the way"))
    c.case = f"{job} with {way}"
    output = next(iter(job.outputs))
    modes = {}
    if way == "no reading":
        modes.update({"many.csv": 0, "many.csv.gz": 0})
    elif way == "no writing":
        modes["."] = 0o555
    elif way == "a folder in the way":
        os.mkdir(output)
    else:
        with open(output, "wb") as file:
            file.write(b"kept")
        modes[output] = 0o444
    for name, mode in modes.items():
        os.chmod(name, mode)
    try:
        process = start(job, preexec_fn=_give_up_rights)
        _, stderr = _finish(c, process)
    finally:
        for name in ("many.csv", "many.csv.gz"):
            os.chmod(name, 0o644)
        os.chmod(".", 0o755)
    blocked = way.endswith("in the way")
    if blocked:
        if process.returncode not in (1, 2):
            raise Finding(f"{way}: exit {process.returncode}", f"{c.case}\n  {stderr[-1000:]}")
        os.rmdir(output) if os.path.isdir(output) else os.unlink(output)
    return _one_message(c, job, process.returncode, stderr)


def limits(c: Choices) -> str:
    """Little memory, few descriptors, no more processes: one message, or the work is done."""
    job = _job(c, [job for job in JOBS if not job.lasts])
    kind, sizes = c.of(
        (
            (resource.RLIMIT_AS, tuple(range(100 << 20, 3000 << 20, 50 << 20))),
            (resource.RLIMIT_NOFILE, (3, 4, 5, 6, 8, 10, 12, 16, 20, 30)),
            (resource.RLIMIT_NPROC, (0, 1, 2, 3)),  # which root does not feel
            (resource.RLIMIT_DATA, tuple(range(20 << 20, 1000 << 20, 20 << 20))),
            (resource.RLIMIT_STACK, (512 << 10, 1 << 20)),  # Python itself crashes below,
        )
    )
    size = c.of(sizes)
    c.case = f"{job} with limit {kind} of {size}"

    def limit() -> None:
        _give_up_rights()
        resource.setrlimit(kind, (size, size))

    process = start(job, preexec_fn=limit)
    _, stderr = _finish(c, process)
    if _is_pythons(process.returncode, stderr):
        return "Python did not start"
    return _one_message(c, job, process.returncode, stderr)


def _job(c: Choices, jobs: Sequence[Job]) -> Job:
    """One of the jobs, of which we know what it does when nothing disturbs it."""
    prepare()
    job = c.of(jobs)
    undisturbed(job)
    return job


def _moment(c: Choices, job: Job) -> float:
    """When to disturb: early ones, where modules are imported, as often as all others."""
    part = c.below(1000) / 1000
    return part * (0.3 if c.below(2) else 1.1 * undisturbed(job).seconds)


def _give_up_rights() -> None:
    """Be bound by the modes of files, as root is not: capabilities 1 and 2, CAP_DAC_..., go."""
    if os.getuid() == 0:
        for capability in (1, 2):
            _LIBC.prctl(_CAPBSET_DROP, capability, 0, 0, 0)


def _is_pythons(code: int, stderr: str) -> bool:
    """Whether Python ended before it came to adcli, or could not be loaded."""
    early = re.search("Traceback|^Fatal|while loading shared libraries", stderr)
    return bool(code) and "adcli" not in stderr and bool(early)


def _finish(c: Choices, process: subprocess.Popen[bytes]) -> tuple[bytes, str]:
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Finding("the process hangs", c.case) from None
    return stdout or b"", (stderr or b"").decode("utf-8", "replace")


def _one_message(c: Choices, job: Job, code: int, stderr: str, told: bool = True) -> str:
    """An answer, or one message of ours and the exit code that goes with it."""
    leak = LEAKS.search(stderr)
    if leak is not None:
        line = next(line for line in stderr.splitlines() if leak[0] in line)
        last = stderr.strip().splitlines()[-1]
        raise Finding(f"leaks {line[:80]} ... {last[:80]}", f"{c.case}\n  {stderr[-2000:]}")
    if code not in (0, 1, 2, 3, 5):
        raise Finding(f"exit code {code}", f"{c.case}\n  {stderr[-2000:]}")
    if told and code in (1, 2) and stderr.count("error: ") != 1:
        raise Finding(f"{stderr.count('error: ')} errors", f"{c.case}\n  {stderr[-2000:]}")
    return _left(c, job, code)


def _left(c: Choices, job: Job, code: int, hidden: bool = False) -> str:
    """Check what is in the folder, and remove it."""
    names = set(os.listdir(".")) - prepare()
    broken = []
    for name in sorted(names):
        if name in job.outputs:
            what = not_whole(job, name)
            if what is not None:
                broken.append(f"{name} is not whole: {what}")
        elif not (hidden and name.endswith(".tmp")):
            broken.append(f"{re.sub('[0-9a-f]{12}', '...', name)} is left")
        os.rmdir(name) if os.path.isdir(name) else os.unlink(name)
    if code == 0 and not set(job.outputs) <= names and not job.lasts:
        broken.append("exit 0 without its output")
    if broken:
        raise Finding(broken[0][:120], f"{c.case}: exit {code}\n  {broken}")
    return f"exit {code}"


Fault = Callable[[Choices], str]
KINDS: dict[str, tuple[int, Fault]] = {
    "kills": (3, kills),
    "signals": (6, signals),
    "ignored": (1, ignored),
    "full-disks": (2, full_disks),
    "streams": (2, streams),
    "permissions": (2, permissions),
    "limits": (4, limits),
}
