"""No network from here on: what a process may do while it decodes footage, whoever made that footage.

A file may carry an attack on the decoder. Before the first byte of it is decoded the process gives up every socket and
the right to make one, for good and for all its threads to come (seccomp filter mode, Linux). What then runs in the
decoder can spoil the result and end the process; it cannot call anybody.
"""

import ctypes
import os
import platform
import stat
import struct
from contextlib import suppress
from errno import EACCES
from pathlib import Path

_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
# Offsets in struct seccomp_data, and the opcodes of the classic packet filter.
_AT_NUMBER, _AT_ARCH = 0, 4
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Audit architecture and the numbers of socket, connect, accept, accept4, bind, listen, sendto, sendmsg, sendmmsg,
# socketpair; x32 calls have other numbers under the same architecture and are refused as a whole.
_MACHINES = {
    "x86_64": (0xC000003E, (41, 42, 43, 288, 49, 50, 44, 46, 307, 53)),
    "aarch64": (0xC00000B7, (198, 203, 202, 242, 200, 201, 206, 211, 269, 199)),
}
_X32 = 0x40000000
_JUMP_IF_AT_LEAST = 0x35


def without_network() -> bool:
    """Close all sockets and refuse new ones from now on; False where this machine has no such filter."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or not _filtered(*machine):
        return False
    _close_sockets()
    return True


def _filtered(arch: int, numbers: tuple[int, ...]) -> bool:
    code = [(_LOAD, 0, 0, _AT_ARCH), (_JUMP_IF_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _AT_NUMBER)]
    refused = len(numbers) + 1  # how far the refusal is from the first comparison
    code.append((_JUMP_IF_AT_LEAST, refused, 0, _X32))
    code += [(_JUMP_IF_EQUAL, refused - place - 1, 0, number) for place, number in enumerate(numbers)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | EACCES)]
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    program = ctypes.create_string_buffer(struct.pack("HP", len(code), ctypes.addressof(packed)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, program) == 0)


def _close_sockets() -> None:
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                os.close(int(entry.name))
