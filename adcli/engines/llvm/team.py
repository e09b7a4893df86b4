"""Threads that share the chunks of a kernel's rows, without Python between one chunk and the next.

Work of a few milliseconds leaves no time to wake a thread, and to hand Python's lock to and fro for
each chunk. So a thread that has nothing to do looks for work in machine code for a while, without
the lock, before it waits in Python for somebody to wake it.
"""

from __future__ import annotations

import atexit
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from threading import Lock, Thread, get_ident
from time import perf_counter
from typing import Any

from adcli.engines.llvm.compile import compile_module
from adcli.engines.llvm.machine import Machine, host
from adcli.engines.memory import LINE, aligned

IDLE, POSTED, WORKING = range(3)
"""What a thread does about work: none; there is some that it has not seen, and that can be taken
back; it takes chunks."""

BREATHS, PAUSES = 20, 32
"""How often a thread looks for work before it sleeps, and how long it waits each time: for about a
tenth of a millisecond in all. One that goes on for longer is in the way of others."""

_PAUSE, _YIELD, _COPY = "llvm.x86.sse2.pause", "sched_yield", "llvm.memcpy.p0.p0.i64"

AT_ONCE = 0.002
"""Seconds after which the calling thread sees to interruptions, about."""

_NUMBERS = ("chunks", "step", "rows", "out_step", "scratch_step", "use")
_ADDRESSES = ("kernel", "columns", "shared", "out", "scratch")


class _Orders(ctypes.Structure):
    """What a chunk is, how many there are, and the token of the use that they belong to."""

    _fields_ = (
        *[(name, ctypes.c_int64) for name in _NUMBERS],
        *[(name, ctypes.c_void_p) for name in _ADDRESSES],
    )


class _Head(ctypes.Structure):
    """The number of the next chunk; the ident of the thread that uses the team, or 0, and the token
    of this use; whether all are to end. A cache line of its own; the orders follow it."""

    _fields_ = (
        *[(name, ctypes.c_int64) for name in ("next", "user", "token", "over")],
        ("apart", ctypes.c_char * (LINE - 32)),
    )


class _Member(ctypes.Structure):
    """A thread: what it does, whether it is asleep, the sum of what the kernel returned to it, and
    in which use of the team."""

    _fields_ = (
        ("state", ctypes.c_int64),
        ("asleep", ctypes.c_int64),
        ("result", ctypes.c_double),
        ("token", ctypes.c_int64),
        ("apart", ctypes.c_char * (LINE - 32)),
    )


_MEMBERS = ctypes.sizeof(_Head) + -(-ctypes.sizeof(_Orders) // LINE) * LINE
"""The place of the first member in the memory of a team."""


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


def growing(portion: int) -> Iterator[int]:
    """Sizes of portions, the first of which is given: twice as large until one takes AT_ONCE."""
    while True:
        begin = perf_counter()
        yield portion
        if perf_counter() - begin < AT_ONCE:
            portion *= 2


class Team:
    """`threads` threads; the one that calls is the first.

    Interruptions and handlers of signals, which may use the team as well, come between any two
    steps of Python. So each use has a token, and machine code does nothing for a token that is not
    the last one; whoever uses the team ends what is left of earlier work first; memory is let go
    when nobody works on it; and who finds that the team was used in between works again, alone.
    """

    def __init__(self, threads: int, machine: Machine) -> None:
        self._memory = aligned((_MEMBERS + threads * LINE) // 8)
        self._memory[:] = 0.0
        self._address = self._memory.ctypes.data
        self._head = _Head.from_address(self._address)
        self._members = (_Member * threads).from_address(self._address + _MEMBERS)
        symbols = [name for name in (_YIELD,) if machine.c_function(name)]
        compiled = compile_module(_module(machine), frozenset(symbols), machine)
        self._compiled = compiled  # machine code lives as long as this
        self._enter, self._tell, self._post, self._drain, self._settle, self._exit, self._serve = [
            compiled.function(name, ctypes.c_int64, [ctypes.c_void_p, *[ctypes.c_int64] * 2])
            for name in ("enter", "tell", "post", "drain", "settle", "exit", "serve")
        ]
        self._tokens = count(1)
        self._held: dict[int, Any] = {}  # memory that the threads work on, by token
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

        `held` has all that is at the addresses: it lives as long as threads work on it. An
        interruption ends the work at the next chunk of each thread.
        """
        token, others, team = next(self._tokens), len(self._threads), self._address
        if not self._enter(team, token, get_ident()):
            return None
        total, done = 0.0, False
        try:
            self._settle(team, token, others)
            for old in [t for t in self._held if t < token]:
                self._held.pop(old, None)
            self._keep_off()
            self._begin(work, held, token)
            for most in growing(1):
                if not self._drain(team, token, most):
                    break
            self._settle(team, token, others)
            total = sum([member.result for member in self._members if member.token == token])
        finally:
            if self._settle(team, token, others) and self._exit(team, token, 0):
                self._held.pop(token, None)
                done = True
        return total if done else None

    def _begin(self, work: Work, held: Any, token: int) -> None:
        """Tell the others of the work."""
        numbers = -(-8 * work.scratch // LINE) * LINE // 8
        scratch = aligned(len(self._members) * numbers)
        memory = {"scratch": scratch.ctypes.data, "scratch_step": 8 * numbers}
        orders = _Orders(**{**vars(work), **memory, "chunks": work.chunks, "use": token})
        self._held[token] = held, scratch
        self._tell(self._address, token, ctypes.addressof(orders))
        for k in range(1, min(len(self._threads) + 1, work.chunks)):
            if self._post(self._address, k, token) and self._wakes[k].locked():
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

    def _stay(self, k: int) -> None:
        """The life of a thread."""
        while self._serve(self._address, k, BREATHS):
            self._wakes[k].acquire()

    def leave(self) -> None:
        """End the other threads, each after the work it does: machine code is not there for them
        when the process ends. Who shares work later does it alone."""
        self._head.over = 1
        for wake in self._wakes[1:]:
            if wake.locked():
                wake.release()
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
    """Lines that load the fields of `%orders` by their names."""
    lines = []
    for name in (*_NUMBERS, *_ADDRESSES):
        kind = "i64" if name in _NUMBERS else "ptr"
        lines.append(f"%at.{name} = {_field('%orders', _Orders, name)}")
        lines.append(f"%{name} = load {kind}, ptr %at.{name}")
    return "\n".join(lines)


def _module(machine: Machine) -> str:
    """The functions of a team. All but the last are told the token, and do nothing (0) if it is not
    that of the last use.

    enter   (team, token, ident)    use the team, as a thread: whether nobody else does
    tell    (team, token, orders)   take the orders
    post    (team, thread, token)   tell a thread of them: whether it is asleep
    drain   (team, token, most)     take chunks, as the first thread: 0 if none is left
    settle  (team, token, threads)  end the work: no chunk is left, what others have not begun is
                                    taken back, what they have is waited for
    exit    (team, token, 0)        use the team no more
    serve   (team, thread, times)   look for work so many times, do what there is: whether to sleep
                                    then, not to end
    """
    member = f"""
%offset = mul i64 %thread, {ctypes.sizeof(_Member)}
%from.start = add i64 %offset, {_MEMBERS}
%member = getelementptr i8, ptr %team, i64 %from.start
%state = {_field("%member", _Member, "state")}
%asleep = {_field("%member", _Member, "asleep")}"""
    last = f"""
%at.token = {_field("%team", _Head, "token")}
%last = load i64, ptr %at.token
%is.last = icmp eq i64 %last, %token
br i1 %is.last, label %mine, label %other
other:
ret i64 0
mine:"""
    attributes = "nounwind optnone noinline {\nentry:"
    return f"""
declare void @{_COPY}(ptr, ptr, i64, i1)

define i64 @enter(ptr %team, i64 %token, i64 %ident) {attributes}
%user = {_field("%team", _Head, "user")}
%found = cmpxchg ptr %user, i64 0, i64 %ident seq_cst seq_cst
%before = extractvalue {{ i64, i1 }} %found, 0
%was.free = icmp eq i64 %before, 0
%was.mine = icmp eq i64 %before, %ident
%is.mine = or i1 %was.free, %was.mine
br i1 %is.mine, label %mine, label %other
other:
ret i64 0
mine:
%at.token = {_field("%team", _Head, "token")}
store i64 %token, ptr %at.token
ret i64 1
}}

define i64 @tell(ptr %team, i64 %token, i64 %number) {attributes}{last}
%orders = inttoptr i64 %number to ptr
%own = getelementptr i8, ptr %team, i64 {ctypes.sizeof(_Head)}
call void @{_COPY}(ptr %own, ptr %orders, i64 {ctypes.sizeof(_Orders)}, i1 false)
%next = {_field("%team", _Head, "next")}
store atomic i64 0, ptr %next seq_cst, align 8
ret i64 1
}}

define i64 @post(ptr %team, i64 %thread, i64 %token) {attributes}{last}{member}
%found = atomicrmw xchg ptr %state, i64 {POSTED} seq_cst
%is.asleep = load atomic i64, ptr %asleep seq_cst, align 8
ret i64 %is.asleep
}}

define i64 @drain(ptr %team, i64 %token, i64 %most) {attributes}{last}
%more = call i64 @take(ptr %team, i64 0, i64 %most)
ret i64 %more
}}

define i64 @settle(ptr %team, i64 %token, i64 %threads) {attributes}{last}
%next = {_field("%team", _Head, "next")}
store atomic i64 {2**62}, ptr %next seq_cst, align 8
br label %look
look:
%k = phi i64 [ %threads, %mine ], [ %fewer, %one ]
%is.one = icmp sgt i64 %k, 0
br i1 %is.one, label %one, label %ended
one:
call void @finish(ptr %team, i64 %k)
%fewer = sub i64 %k, 1
br label %look
ended:
ret i64 1
}}

define i64 @exit(ptr %team, i64 %token, i64 %none) {attributes}{last}
%user = {_field("%team", _Head, "user")}
store atomic i64 0, ptr %user seq_cst, align 8
ret i64 1
}}

define i64 @serve(ptr %team, i64 %thread, i64 %times) {attributes}{member}
%over = {_field("%team", _Head, "over")}
store atomic i64 0, ptr %asleep seq_cst, align 8
br label %look
look:
%left = phi i64 [ %times, %entry ], [ %fewer, %pause ], [ %times, %done ]
%is.over = load atomic i64, ptr %over acquire, align 8
%ends = icmp ne i64 %is.over, 0
br i1 %ends, label %leave, label %see
see:
%seen = load atomic i64, ptr %state acquire, align 8
%is.work = icmp eq i64 %seen, {POSTED}
br i1 %is.work, label %begin, label %pause
begin:
%taken = cmpxchg ptr %state, i64 {POSTED}, i64 {WORKING} seq_cst seq_cst
%is.taken = extractvalue {{ i64, i1 }} %taken, 1
br i1 %is.taken, label %work, label %pause
work:
%some = call i64 @take(ptr %team, i64 %thread, i64 {2**62})
store atomic i64 {IDLE}, ptr %state seq_cst, align 8
br label %done
done:
store atomic i64 0, ptr %asleep seq_cst, align 8
br label %look
pause:
call void @breathe()
%fewer = sub i64 %left, 1
%is.tired = icmp sle i64 %fewer, 0
br i1 %is.tired, label %rest, label %look
rest:
store atomic i64 1, ptr %asleep seq_cst, align 8
%again = load atomic i64, ptr %state seq_cst, align 8
%none = icmp ne i64 %again, {POSTED}
%over.now = load atomic i64, ptr %over seq_cst, align 8
%goes.on = icmp eq i64 %over.now, 0
%sleeps = and i1 %none, %goes.on
br i1 %sleeps, label %sleep, label %done
sleep:
ret i64 1
leave:
ret i64 0
}}

define internal void @finish(ptr %team, i64 %thread) {attributes}{member}
%taken = cmpxchg ptr %state, i64 {POSTED}, i64 {IDLE} seq_cst seq_cst
br label %look
look:
%seen = load atomic i64, ptr %state acquire, align 8
%is.busy = icmp eq i64 %seen, {WORKING}
br i1 %is.busy, label %pause, label %ended
pause:
call void @breathe()
br label %look
ended:
ret void
}}

define internal i64 @take(ptr %team, i64 %thread, i64 %most) {attributes}{member}
%orders = getelementptr i8, ptr %team, i64 {ctypes.sizeof(_Head)}
{_loads()}
%next = {_field("%team", _Head, "next")}
%result = {_field("%member", _Member, "result")}
%old = load double, ptr %result
%of.token = {_field("%member", _Member, "token")}
%old.token = load i64, ptr %of.token
%goes.on = icmp eq i64 %old.token, %use
%before = select i1 %goes.on, double %old, double 0.0
store i64 %use, ptr %of.token
%scratch.offset = mul i64 %thread, %scratch_step
%own = getelementptr i8, ptr %scratch, i64 %scratch.offset
br label %look
look:
%left = phi i64 [ %most, %entry ], [ %fewer, %do ]
%sum = phi double [ %before, %entry ], [ %sum.next, %do ]
%enough = icmp eq i64 %left, 0
br i1 %enough, label %end, label %ask
ask:
%chunk = atomicrmw add ptr %next, i64 1 monotonic
%is.one = icmp slt i64 %chunk, %chunks
br i1 %is.one, label %do, label %end
do:
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
