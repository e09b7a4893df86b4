"""Threads that share the chunks of a kernel's rows, without Python between one chunk and the next.

Work of a few milliseconds leaves no time to wake a thread, and to hand Python's lock to and fro for
each chunk. So a thread that has nothing to do looks for work in machine code for a while, without
the lock, before it waits in Python for somebody to wake it.
"""

from __future__ import annotations

import atexit
import ctypes
import os
from dataclasses import dataclass
from functools import cache
from threading import Lock, Thread
from time import sleep
from typing import Any

from adcli.engines.llvm.compile import compile_module
from adcli.engines.llvm.machine import Machine, host
from adcli.engines.llvm.memory import LINE, aligned

IDLE, POSTED, WORKING, ASLEEP, LEAVING = range(5)
"""What a thread does: it looks for work; there is work that it has not seen, and that can be taken
back; it takes chunks; it waits in Python; it is to end."""

BREATHS, PAUSES = 20, 32
"""How often a thread looks for work before it sleeps, and how long it waits each time: for about a
tenth of a millisecond in all. One that goes on for longer is in the way of others."""

_PAUSE, _YIELD = "llvm.x86.sse2.pause", "sched_yield"

CHUNKS_AT_ONCE = 16
"""Chunks after which the calling thread sees to interruptions: a millisecond of a cheap kernel."""


_NUMBERS = ("chunks", "step", "rows", "out_step", "scratch_step")
_ADDRESSES = ("kernel", "columns", "shared", "out", "scratch")


class _Job(ctypes.Structure):
    """The number of the next chunk, on a cache line of its own, and what a chunk is."""

    _fields_ = (
        ("next", ctypes.c_int64),
        ("apart", ctypes.c_char * (LINE - 8)),
        *[(name, ctypes.c_int64) for name in _NUMBERS],
        *[(name, ctypes.c_void_p) for name in _ADDRESSES],
    )


class _Member(ctypes.Structure):
    """A thread: what it does, and the sum of what the kernel returned to it."""

    _fields_ = (
        ("state", ctypes.c_int64),
        ("result", ctypes.c_double),
        ("apart", ctypes.c_char * (LINE - 16)),
    )


@dataclass
class Work:
    """Calls of `kernel(begin, end, columns, shared, out, scratch)` for `step` rows each.

    Kernel, columns, shared and out are addresses. From chunk to chunk `out` goes on by `out_step`
    bytes; each thread has `scratch` numbers of its own.
    """

    kernel: int
    rows: int
    step: int
    columns: int
    shared: int
    out: int
    out_step: int
    scratch: int

    @property
    def chunks(self) -> int:
        """How many calls there are."""
        return -(-self.rows // self.step)


class Team:
    """`threads` threads; the one that calls is the first."""

    def __init__(self, threads: int, machine: Machine) -> None:
        members = -(-ctypes.sizeof(_Job) // LINE) * LINE
        size = members + threads * LINE
        self._memory = aligned(size // 8)
        self._memory[:] = 0.0
        self._address = self._memory.ctypes.data
        self._job = _Job.from_address(self._address)
        self._members = (_Member * threads).from_address(self._address + members)
        symbols = [name for name in (_YIELD,) if machine.c_function(name)]
        compiled = compile_module(_module(machine, members), frozenset(symbols), machine)
        self._compiled = compiled  # machine code lives as long as this
        self._drain, self._serve, self._exchange, self._finish = [
            compiled.function(name, ctypes.c_int64, [ctypes.c_void_p, *[ctypes.c_int64] * 2])
            for name in ("drain", "serve", "exchange", "finish")
        ]
        self._busy = Lock()
        self._held: Any = None  # memory that the threads work on
        self._kept_off: int | None = None
        self._wakes = [Lock() for _ in range(threads)]
        for wake in self._wakes:
            wake.acquire()
        self._threads: list[Thread] = []
        for k in range(1, threads):
            thread = Thread(target=self._stay, args=(k,), name=f"adcli-{k}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there are too many, or the process ends: fewer do it as well
                break
            self._threads.append(thread)

    def share(self, work: Work, held: Any) -> float | None:
        """Do the work; the sum of what the kernel returned. None if the team has other work.

        `held` has the memory at the addresses: it lives as long as threads work on it. An
        interruption ends the work at the next chunk of each thread.
        """
        if not self._busy.acquire(blocking=False):
            return None
        try:
            self._settle()  # an interrupted wait may have left somebody at work
            self._keep_off()
            try:
                self._post(work, held)
                while self._drain(self._address, 0, CHUNKS_AT_ONCE):
                    pass
            finally:
                self._job.next = work.chunks
                self._settle()
                self._held = None
            return float(sum(member.result for member in self._members))
        finally:
            self._busy.release()

    def _post(self, work: Work, held: Any) -> None:
        """Tell the others of the work."""
        job = self._job
        numbers = -(-8 * work.scratch // LINE) * LINE // 8
        scratch = aligned(len(self._members) * numbers)
        self._held = held, scratch
        for name in ("chunks", "step", "rows", "kernel", "columns", "shared", "out", "out_step"):
            setattr(job, name, getattr(work, name))
        job.next, job.scratch, job.scratch_step = 0, scratch.ctypes.data, 8 * numbers
        for member in self._members:
            member.result = 0.0
        for k in range(1, min(len(self._threads) + 1, work.chunks)):
            if self._exchange(self._address, k, POSTED) == ASLEEP:
                self._wakes[k].release()

    def _keep_off(self) -> None:
        """Have the others wake on other processors than the one that this thread runs on.

        Some schedulers put a thread beside the one that wakes it, which then has to wait for it.
        """
        here = _processor()
        if here is None or here == self._kept_off:
            return
        self._kept_off = here
        elsewhere = os.sched_getaffinity(0) - {here}
        try:
            for thread in self._threads:
                if elsewhere and thread.native_id is not None:
                    os.sched_setaffinity(thread.native_id, elsewhere)
        except OSError:  # not allowed: it was for speed alone
            self._kept_off = None

    def _settle(self) -> None:
        """Take work back that others have not begun, wait for what they have."""
        for k, _ in enumerate(self._threads, 1):
            while not self._finish(self._address, k, BREATHS):
                sleep(0)

    def _stay(self, k: int) -> None:
        """The life of a thread."""
        while self._serve(self._address, k, BREATHS) == ASLEEP:
            self._wakes[k].acquire()

    def leave(self) -> None:
        """End the other threads: machine code is not there for them when the process ends."""
        self._job.next = self._job.chunks
        for k, _ in enumerate(self._threads, 1):
            if self._exchange(self._address, k, LEAVING) == ASLEEP:
                self._wakes[k].release()
        for thread in self._threads:
            thread.join(1.0)


_teams: dict[int, Team] = {}
_lock = Lock()


def team(threads: int) -> Team:
    """The team of that many threads."""
    with _lock:
        if threads not in _teams:
            _teams[threads] = Team(threads, host())
            atexit.register(_teams[threads].leave)
        return _teams[threads]


def _forget_teams() -> None:
    """A child process has none of its parent's threads, nor those that held a lock."""
    global _lock
    _lock = Lock()
    _teams.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_teams)


@cache
def _processor_function() -> Any:
    """The C library's function that says on which processor a thread runs; None without one."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    return getattr(ctypes.CDLL(None), "sched_getcpu", None)


def _processor() -> int | None:
    function = _processor_function()
    return None if function is None else int(function())


def _field(base: str, kind: type[ctypes.Structure], field: str) -> str:
    """The address of a field as an operation."""
    return f"getelementptr i8, ptr {base}, i64 {getattr(kind, field).offset}"


def _loads() -> str:
    """Lines that load what a job says: its fields by their names."""
    lines = []
    for name in (*_NUMBERS, *_ADDRESSES):
        kind = "i64" if name in _NUMBERS else "ptr"
        lines.append(f"%at.{name} = {_field('%team', _Job, name)}")
        lines.append(f"%{name} = load {kind}, ptr %at.{name}")
    return "\n".join(lines)


def _module(machine: Machine, members: int) -> str:
    """The functions `(team, thread, number) -> number` of the threads, which begin alike; `members`
    is the place of the first member in the team's memory.

    drain      take chunks, `number` at most: 0 if none is left
    serve      look for work `number` times, do what there is: the state at the end
    exchange   set a state: the one before
    finish     take work back, or wait for its end, `number` times at most: whether it ended
    """
    head = f"""(ptr %team, i64 %thread, i64 %number) nounwind optnone noinline {{
entry:
%offset = mul i64 %thread, {ctypes.sizeof(_Member)}
%from.start = add i64 %offset, {members}
%member = getelementptr i8, ptr %team, i64 %from.start
%state = {_field("%member", _Member, "state")}"""
    return f"""
define i64 @drain{head}
{_loads()}
%result = {_field("%member", _Member, "result")}
%before = load double, ptr %result
%scratch.offset = mul i64 %thread, %scratch_step
%own = getelementptr i8, ptr %scratch, i64 %scratch.offset
br label %look
look:
%left = phi i64 [ %number, %entry ], [ %fewer, %take ]
%sum = phi double [ %before, %entry ], [ %sum.next, %take ]
%enough = icmp eq i64 %left, 0
br i1 %enough, label %end, label %ask
ask:
%next = {_field("%team", _Job, "next")}
%chunk = atomicrmw add ptr %next, i64 1 monotonic
%is.one = icmp slt i64 %chunk, %chunks
br i1 %is.one, label %take, label %end
take:
%fewer = sub i64 %left, 1
%begin = mul i64 %chunk, %step
%whole = add i64 %begin, %step
%is.past = icmp sgt i64 %whole, %rows
%to = select i1 %is.past, i64 %rows, i64 %whole
%out.offset = mul i64 %chunk, %out_step
%target = getelementptr i8, ptr %out, i64 %out.offset
%flag = call double %kernel(
  i64 %begin, i64 %to, ptr %columns, ptr %shared, ptr %target, ptr %own)
%sum.next = fadd double %sum, %flag
br label %look
end:
store double %sum, ptr %result
%more = zext i1 %enough to i64
ret i64 %more
}}

define i64 @serve{head}
br label %look
look:
%left = phi i64 [ %number, %entry ], [ %fewer, %pause ], [ %number, %done ]
%seen = load atomic i64, ptr %state acquire, align 8
switch i64 %seen, label %pause [ i64 {POSTED}, label %begin i64 {LEAVING}, label %leave ]
begin:
%taken = cmpxchg ptr %state, i64 {POSTED}, i64 {WORKING} acq_rel acquire
%is.taken = extractvalue {{ i64, i1 }} %taken, 1
br i1 %is.taken, label %work, label %pause
work:
%some = call i64 @drain(ptr %team, i64 %thread, i64 {2**62})
%ended = cmpxchg ptr %state, i64 {WORKING}, i64 {IDLE} acq_rel acquire
br label %done
done:
br label %look
pause:
call void @breathe()
%fewer = sub i64 %left, 1
%is.tired = icmp sle i64 %fewer, 0
br i1 %is.tired, label %rest, label %look
rest:
%slept = cmpxchg ptr %state, i64 {IDLE}, i64 {ASLEEP} acq_rel acquire
%is.asleep = extractvalue {{ i64, i1 }} %slept, 1
br i1 %is.asleep, label %sleep, label %done
sleep:
ret i64 {ASLEEP}
leave:
ret i64 {LEAVING}
}}

define i64 @exchange{head}
%found = atomicrmw xchg ptr %state, i64 %number acq_rel
ret i64 %found
}}

define i64 @finish{head}
%taken = cmpxchg ptr %state, i64 {POSTED}, i64 {IDLE} acq_rel acquire
br label %look
look:
%left = phi i64 [ %number, %entry ], [ %fewer, %pause ]
%seen = load atomic i64, ptr %state acquire, align 8
%is.busy = icmp eq i64 %seen, {WORKING}
br i1 %is.busy, label %pause, label %yes
pause:
call void @breathe()
%fewer = sub i64 %left, 1
%is.tired = icmp sle i64 %fewer, 0
br i1 %is.tired, label %no, label %look
yes:
ret i64 1
no:
ret i64 0
}}
{_breath(machine)}"""


def _breath(machine: Machine) -> str:
    """A function that waits for an instant, and lets others have the processor who need it."""
    lines, declared = [], []
    if machine.triple.startswith(("x86_64", "amd64")):
        declared.append(f"declare void @{_PAUSE}()")
        lines = [f"call void @{_PAUSE}()"] * PAUSES
    if machine.c_function(_YIELD):
        declared.append(f"declare i32 @{_YIELD}()")
        lines.append(f"%none = call i32 @{_YIELD}()")
    head = "define internal void @breathe() nounwind noinline {"
    return "\n".join([*declared, head, *lines, "ret void", "}"])
