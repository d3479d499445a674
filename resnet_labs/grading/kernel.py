"""A running kernel that nobody trusts: every message is counted, every wait has an end, and its death is noticed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import zmq
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel

from resnet_labs.grading.probe import MIME
from resnet_labs.grading.sandbox import Limits, Tier, orphans
from resnet_labs.grading.sandbox.launch import Box
from resnet_labs.grading.sandbox.provisioner import KERNEL, Specs

_POLL = 0.25
_AFTER_INTERRUPT = 5.0
_AFTER_CUT = 3.0
_MESSAGE = 8 << 20
_WAITING = 32  # messages that wait on this side; the kernel's own queue is within its limits
_TEXT = 2000


@dataclass
class Ran:
    """What became of one cell.

    Attributes:
        status: "ok", "error" (it raised), "timeout", "output" (it sent too much), "memory", "files" or "died".
        payloads: what it displayed as a probe's result; at most two are kept.
        error: name and message of what it raised.
        seconds: how long it took.
        lost: whether the kernel is gone, or will be, as after `quit()`.
    """

    status: str = "ok"
    payloads: list[Any] = field(default_factory=list)
    error: str = ""
    seconds: float = 0
    lost: bool = False


class NoKernel(Exception):
    """A kernel that did not start."""


class SandboxKernel(RunningKernel):
    """nbval's kernel, in a box."""

    def __init__(self, tier: Tier, limits: Limits, withheld: Iterable[str]) -> None:
        self.limits = limits
        orphans.adopt()
        self.box = Box(tier, limits, withheld)
        self.context = zmq.Context()
        self.context.setsockopt(zmq.RCVHWM, _WAITING)
        self.context.setsockopt(zmq.MAXMSGSIZE, _MESSAGE)
        self.context.setsockopt(zmq.LINGER, 0)
        self.km = KernelManager(context=self.context, kernel_name=KERNEL, kernel_spec_manager=Specs())
        self.km.box = self.box  # type: ignore[attr-defined]
        self._start()

    def _start(self) -> None:
        try:
            self.km.start_kernel()
            self.kc = self.km.client(context=self.context)
            self.kc.start_channels(stdin=False, hb=False)
            self.sockets = {name: getattr(self.kc, f"{name}_channel").socket for name in ("iopub", "shell")}
            self.watches = {
                name: each.get_monitor_socket(zmq.EVENT_DISCONNECTED) for name, each in self.sockets.items()
            }
            self.poller = zmq.Poller()
            for each in (*self.sockets.values(), *self.watches.values()):
                self.poller.register(each, zmq.POLLIN)
            self._ensure_iopub_up()
        except BaseException:
            self.stop()
            raise

    def _ensure_iopub_up(self) -> None:
        deadline = time.monotonic() + self.limits.start_seconds
        asked: set[str] = set()
        while time.monotonic() < deadline and self.is_alive():
            asked.add(self.kc.kernel_info())
            until = time.monotonic() + 1
            while time.monotonic() < until:
                for name, message, _ in self.messages(until):
                    about = message.get("parent_header", {}).get("msg_id")
                    if name == "iopub" and message.get("msg_type") == "status" and about in asked:
                        return
        raise NoKernel("The kernel does not start in the sandbox.")

    def is_alive(self) -> bool:
        """Whether its process runs."""
        process = getattr(getattr(getattr(self, "km", None), "provisioner", None), "process", None)
        return process is not None and process.poll() is None

    def messages(self, until: float) -> Iterator[tuple[str, dict[str, Any], int]]:
        """Yield channel, message and size of everything that arrives in the next moment; unreadable ones are empty."""
        ready = dict(self.poller.poll(int(max(0, min(_POLL, until - time.monotonic())) * 1000)))
        for name, socket in self.sockets.items():
            while socket in ready:
                try:
                    frames = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                message: dict[str, Any] = {}
                # Signature, JSON, nesting, dates, missing keys: anything can be wrong with it.
                with contextlib.suppress(Exception):
                    message = self.kc.session.deserialize(self.kc.session.feed_identities(frames)[1])
                    message = message if _is_message(message) else {}
                yield name, message, sum(map(len, frames))
                if time.monotonic() > until:
                    break

    def disconnected(self) -> bool:
        """Whether a message was so large that the connection was cut."""
        return any(watch.poll(0) for watch in self.watches.values())

    def execute(self, source: str, seconds: float) -> Ran:
        """Run one cell; return within its seconds and the few that an interrupt takes."""
        start = time.monotonic()
        ran = self._executed(source, start + seconds)
        ran.seconds = time.monotonic() - start
        if ran.status == "died" and self.box.group is not None and self.box.group.ran_out_of_memory():
            ran.status = "memory"
        if ran.lost:
            self.stop()
        return ran

    def _executed(self, source: str, deadline: float) -> Ran:
        ran, size, interrupted, replied, idle = Ran(), 0, False, False, False
        asked = self.execute_cell_input(source, allow_stdin=False)
        while not (replied and idle):
            for name, message, length in self.messages(deadline):
                if message and message["parent_header"].get("msg_id") != asked:
                    continue  # of a thread that an earlier cell started: it has the time of this one, and no more
                size += length
                if size > self.limits.output:
                    return _lost(ran, "output")
                if not message:
                    continue
                replied |= name == "shell"
                ran.lost |= name == "shell" and "ask_exit" in repr(message["content"].get("payload"))[:_TEXT]
                idle |= name == "iopub" and _take(message, ran)
            if self.disconnected():
                return _lost(ran, "output" if self._survives() else "died")
            if not self.is_alive():
                return _lost(ran, "died")
            if not self.box.tier.mounts and self.box.written() > self.limits.files:
                return _lost(ran, "files")
            if time.monotonic() > deadline:
                ran.status = "timeout"
                if interrupted:
                    return _lost(ran, "timeout")
                interrupted, deadline = True, time.monotonic() + _AFTER_INTERRUPT
                self.interrupt()
        return ran

    def _survives(self) -> bool:
        """Whether the process goes on after its connection was cut: then a message was too large."""
        end = time.monotonic() + _AFTER_CUT
        while self.is_alive() and time.monotonic() < end:
            time.sleep(_POLL)
        return self.is_alive()

    def stop(self) -> None:
        """End the kernel with all its processes, and remove its box."""
        if not hasattr(self, "km"):
            return
        with contextlib.suppress(Exception):
            self.km.shutdown_kernel(now=True)
        del self.km
        orphans.end()
        self.context.destroy(linger=0)
        self.box.close()


def _is_message(message: dict[str, Any]) -> bool:
    parts = (message["parent_header"], message["content"], message["header"])
    return all(isinstance(each, dict) for each in parts) and isinstance(message["msg_type"], str)


def _lost(ran: Ran, status: str) -> Ran:
    ran.status, ran.lost = status, True
    return ran


def _take(message: dict[str, Any], ran: Ran) -> bool:
    """Take what counts of a message about the cell; return whether it says that the cell has ended."""
    kind, content = message["msg_type"], message["content"]
    if kind == "display_data" and isinstance(content.get("data"), dict) and MIME in content["data"]:
        ran.payloads = [*ran.payloads[:1], content["data"][MIME]]
    elif kind == "error":
        ran.error = f"{content.get('ename')}: {content.get('evalue')}"[:_TEXT]
        ran.status = "error" if ran.status == "ok" else ran.status
    return kind == "status" and content.get("execution_state") == "idle"
