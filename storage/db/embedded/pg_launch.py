"""Becomes another program: as a user PostgreSQL accepts, and dying with the parent. A script, imported by nobody.

    python -I -S pg_launch.py PARENT IDENTITY DIRECTORY PROGRAM [ARGUMENT...]

PARENT is the pid that has to be alive, IDENTITY is `same`, `namespace:UID` or `user:UID:GID`, DIRECTORY is where the
program works. This is a program of its own, and not a hook between fork and exec, because the parent runs threads.
After `exec` nothing of it remains: the pid that the parent knows is PostgreSQL's own.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
FAILED = 126


def check(result: int) -> None:
    """Raise the OSError of a C call that did not return 0."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def enter_namespace(uid: int, libc: ctypes.CDLL) -> None:
    """Map the present user, root too, onto `uid` in a user namespace: the files stay ours, PostgreSQL sees no root."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")  # the kernel wants it before an own gid map
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{uid} {outer_gid} 1", encoding="ascii")


def become(identity: str, libc: ctypes.CDLL) -> None:
    """Take on the identity; see the module's head for its forms."""
    kind, *numbers = identity.split(":")
    if kind == "namespace":
        enter_namespace(int(numbers[0]), libc)
    elif kind == "user":
        os.setgroups([])
        os.setgid(int(numbers[1]))
        os.setuid(int(numbers[0]))


def main(parent: str, identity: str, directory: str, *command: str) -> None:
    """Become `identity`, tie our life to the parent's, and run the command in our place."""
    libc = ctypes.CDLL(None, use_errno=True)
    become(identity, libc)
    if hasattr(libc, "prctl"):
        # After the change of user, which clears it. SIGINT is PostgreSQL's fast shutdown: clean, and it does not wait.
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT))
    if os.getppid() != int(parent):
        raise OSError(0, "the program that started the database is gone")
    os.chdir(directory)
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606  # exec without a shell is the purpose of this file


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"FATAL:  {error.strerror}: {error.filename or sys.argv[2]}\n")
    sys.exit(FAILED)
