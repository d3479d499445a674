"""Answers that attack the grader, by the numbers of the threat model, and what each must come to.

A breach returns the right value only if it succeeds, so that "failed" means that it did not.
"""

from __future__ import annotations

from helpers.graded import RIGHT
from helpers.places import ROOT

_BREACH = """

def ANSWER(x):
    try:
        return 2 * x if breach() else None
    except Exception:
        return None
"""
_SEND = """
def send(content, kind="display_data"):
    kernel = get_ipython().kernel
    message = kernel.session.msg(kind, content, parent=kernel.get_parent("shell"))
    kernel.session.send(kernel.iopub_socket, message)

MIME = "application/vnd.resnet-labs.probe+json"
"""
_RAW = """
def raw(content):
    kernel = get_ipython().kernel
    session, parent = kernel.session, kernel.get_parent("shell")
    header = session.pack(session.msg_header("display_data"))
    parts = [header, session.pack(parent["header"]), b"{}", content]
    kernel.iopub_socket.send_multipart([b"display_data", b"<IDS|MSG>", session.sign(parts), *parts])
"""


def calls(statement: str, before: str = "") -> str:
    return f"{before}\n\ndef ANSWER(x):\n    {statement}\n    return 2 * x\n"


# name -> (answer, the statuses that are right)
QUICK: dict[str, tuple[str, tuple[str, ...]]] = {
    "32 an object that equals everything": (
        "class Same(float):\n    __eq__ = lambda self, other: True\n    __hash__ = None\n\n"
        "def ANSWER(x):\n    return Same(7)",
        ("failed",),
    ),
    "33 forged idle and a wrong result": (
        _SEND + 'def ANSWER(x):\n    send({"data": {MIME: {"cases": [{"observed": 1}] * 4}}, "metadata": {}})\n'
        '    send({"execution_state": "idle"}, "status")\n    return None',
        ("failed",),
    ),
    "34 two results, one of them right": (
        _SEND + 'right = [{"observed": 2 * x} for x in [1.0, 2.5, -3.0, 0.1]]\n'
        'def ANSWER(x):\n    send({"data": {MIME: {"cases": right}}, "metadata": {}})\n    return None',
        ("failed",),
    ),
    "35 the visible case by heart": ("def ANSWER(x):\n    return {1.0: 2.0}.get(x)", ("partial",)),
    "40 files of the grader": (
        "import importlib.util, os\n\ndef breach():\n"
        f"    seen = os.path.exists({str(ROOT / 'labs')!r}) or os.path.exists({str(ROOT / 'tests')!r})\n"
        "    return seen or any(map(importlib.util.find_spec, ['resnet_labs.grading', 'resnet_labs.labkit']))"
        + _BREACH,
        ("failed",),
    ),
    "40 solutions by name": (
        "import os\n\ndef breach():\n    tops = ['/root', '/home', '/work', '/opt', '/lab', '/tmp', '/srv', '/mnt']\n"
        "    names = (name for top in tops for _, folders, names in os.walk(top) for name in [*folders, *names])\n"
        "    return any('_solutions' in name or name.endswith('.bundle.json') for name in names)" + _BREACH,
        ("failed",),
    ),
    "41 the network": (
        "import socket\n\ndef breach():\n    return socket.create_connection(('127.0.0.1', PORT), timeout=2)" + _BREACH,
        ("failed",),
    ),
    "41 datagrams": (
        "import socket\n\ndef breach():\n"
        "    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\n"
        "    return True" + _BREACH,
        ("failed",),
    ),
    "50 secrets of the environment": (
        "import glob, os\n\ndef breach():\n    texts = [str(dict(os.environ)).encode()]\n"
        "    for name in glob.glob('/proc/*/environ'):\n        try:\n"
        "            texts.append(open(name, 'rb').read())\n"
        "        except OSError:\n            pass\n    return any(b'SECRET_OF_THE_GRADER' in text for text in texts)"
        + _BREACH,
        ("failed",),
    ),
    "46 an error with braces, escapes and half characters": (
        "raise ValueError('{x} %s \\x1b[31m \\x00 \\ud800 ::add-mask::y')",
        ("failed",),
    ),
    "30 input": (calls("input('?')"), ("failed",)),
    "22 sys.exit": (calls("raise SystemExit"), ("failed",)),
    "57 warnings": (
        calls("warnings.warn('old')", "import sys, warnings\nprint('noise', file=sys.stderr)"),
        ("passed",),
    ),
    "28 a thread that prints for ever": (
        "import threading, time\n\ndef talk():\n    while True:\n        print('x' * 1000)\n"
        "        time.sleep(0.01)\n\n"
        "threading.Thread(target=talk, daemon=True).start()\n" + RIGHT,
        ("passed",),
    ),
    "56 another result each time": (
        "calls = []\n\ndef ANSWER(x):\n    calls.append(x)\n    return 2 * x if len(calls) > 4 else None",
        ("passed",),
    ),
    "22 os._exit": (calls("os._exit(0)", "import os"), ("died",)),
    "21 overrun and swallowed": (
        "import subprocess\n\ndef ANSWER(x):\n    try:\n        subprocess.run(['sleep', '999'])\n"
        "    except KeyboardInterrupt:\n        pass\n    return 2 * x",
        ("timeout",),
    ),
}

SLOW: dict[str, tuple[str, tuple[str, ...]]] = {
    "19 an endless loop": (calls("while True: pass"), ("timeout",)),
    "20 SIGINT ignored": (
        calls("while True: pass", "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"),
        ("timeout",),
    ),
    "20 SIGSTOP": (calls("os.kill(os.getpid(), 19)", "import os"), ("timeout",)),
    "31 slow": (calls("time.sleep(60)", "import time"), ("timeout",)),
    "22 a segmentation fault": (calls("ctypes.string_at(0)", "import ctypes"), ("died",)),
    "22 ask_exit": (calls("get_ipython().ask_exit()"), ("passed", "died")),
    "22 quit in the cell": ("quit()\n" + RIGHT, ("died",)),
    "23 private memory": (calls("b'x' * (4 << 30)"), ("memory", "failed")),
    "23 shared memory": (
        calls("held = mmap.mmap(-1, 8 << 30); [held.write(b'x' * (1 << 20)) for _ in range(8 << 10)]", "import mmap"),
        ("memory", "failed"),
    ),
    "24 forks": (
        "import os, time\n\ndef breach():\n    count = 0\n    try:\n        while count < 400:\n"
        "            if os.fork() == 0:\n                time.sleep(20)\n                os._exit(0)\n"
        "            count += 1\n"
        "    except OSError:\n        pass\n    return count >= 400" + _BREACH,
        ("failed",),
    ),
    "24 a fork bomb": (calls("while True: os.fork()", "import os"), ("timeout", "died", "failed", "memory")),
    "26 full disk": (
        "import os\n\ndef breach():\n    total = 0\n"
        "    for place in ['/lab', '/tmp', '/dev/shm', '/run/kernel', '/opt', '/', '/dev', '/var/tmp', os.getcwd()]:\n"
        "        try:\n            for number in range(40):\n"
        "                with open(f'{place}/f{number}', 'wb') as file:\n"
        "                    total += file.write(bytes(1 << 20))\n        except OSError:\n            pass\n"
        "    return total > 40 << 20" + _BREACH,
        ("failed", "files", "memory", "timeout"),
    ),
    "27 a gigabyte of output": (
        calls("for _ in range(1000): print('x' * 1_000_000)"),
        ("output", "memory", "timeout"),  # the kernel may queue more than its memory before the reader has counted it
    ),
    "27 a million lines": (calls("for k in range(1_000_000): print(k, flush=True)"), ("output", "memory", "timeout")),
    "27 one huge display": (calls("display({'text/plain': 'x' * 50_000_000}, raw=True)"), ("output", "memory")),
    "34 not a number": (calls("return float('nan')"), ("failed",)),
    "34 infinity": (calls("return float('inf')"), ("failed",)),
    "34 deep JSON": (_RAW + "def ANSWER(x):\n    raw(b'[' * 100_000)\n    return None", ("failed",)),
    "34 bad UTF-8": (_RAW + "def ANSWER(x):\n    raw(b'\\xff\\xfe')\n    return None", ("failed",)),
    "34 a list instead of an object": (_RAW + "def ANSWER(x):\n    raw(b'[1]')\n    return None", ("failed",)),
    "34 no signature": (
        "def ANSWER(x):\n    socket = get_ipython().kernel.iopub_socket\n"
        "    socket.send_multipart([b'a', b'<IDS|MSG>', b'0' * 64, b'{}', b'{}', b'{}', b'{}'])\n    return None",
        ("failed",),
    ),
    "34 an empty message": (
        "def ANSWER(x):\n    get_ipython().kernel.iopub_socket.send(b'')\n    return None",
        ("failed",),
    ),
    "49 100,000 digits": (
        _RAW + "def ANSWER(x):\n"
        "    raw(b'{\"data\": {\"application/vnd.resnet-labs.probe+json\": ' + b'9' * 100_000 + b'}}')\n"
        "    return None",
        ("failed",),
    ),
    "49 a number beyond floats": (calls("return 10**400"), ("failed",)),
    "45 a pickle": (calls("return pickle.dumps(2 * x).hex()", "import pickle"), ("failed",)),
    "52 a namespace of its own": (
        "import ctypes\n\ndef breach():\n    return ctypes.CDLL(None).unshare(0x10000000) == 0" + _BREACH,
        ("failed",),
    ),
    "52 tracing": (
        "import ctypes\n\ndef breach():\n    return ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0" + _BREACH,
        ("failed",),
    ),
}

# These leave no other exercise unharmed, so each has a notebook of its own.
ALONE: dict[str, tuple[str, tuple[str, ...]]] = {
    "28 a thread that prints as fast as it can": (
        "import threading\n\ndef talk():\n    while True:\n        print('x' * 1000)\n\n"
        "threading.Thread(target=talk, daemon=True).start()\n" + RIGHT,
        ("passed", "output"),
    ),
    "32 display does nothing": (
        "import IPython.display\nIPython.display.display = lambda *a, **k: None\n" + RIGHT,
        ("failed",),
    ),
    "32 print and float": (
        "import builtins\nbuiltins.float = lambda x: 5.0\nbuiltins.print = None\ndef ANSWER(x):\n    return float(x)",
        ("failed", "partial", "died"),  # some kernels need print
    ),
    "33 a result in the answer's cell": (
        "from IPython.display import display\n"
        "display({'application/vnd.resnet-labs.probe+json': {'cases': []}}, raw=True)\n"
        "def ANSWER(x):\n    return None",
        ("failed",),
    ),
    "22 a thread that ends Python": (
        "import os, threading\nthreading.Timer(0.05, os._exit, [1]).start()\nimport time; time.sleep(1)",
        ("died",),
    ),
    "20 every signal blocked, in the cell": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass",
        ("timeout", "failed"),
    ),
    "25 a daemon": (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.execvp('sleep', ['sleep', '98765'])\n    os._exit(0)\nos.wait()\n" + RIGHT,
        ("passed",),
    ),
}
