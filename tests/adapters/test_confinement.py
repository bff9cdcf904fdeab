"""What decodes footage can call nobody."""

import subprocess
import sys

CONFINED = """
import os, socket, subprocess, threading
from adapters.confinement import without_network

kept = socket.socketpair()
read, write = os.pipe()
assert without_network()

def refused(call):
    try:
        call()
    except PermissionError:
        return True
    return False

assert refused(lambda: socket.socket())
assert refused(lambda: socket.socket(socket.AF_UNIX))
assert refused(lambda: socket.socketpair())
found = []
thread = threading.Thread(target=lambda: found.append(refused(lambda: socket.socket())))
thread.start()
thread.join()
assert found == [True]
child = subprocess.run(
    [__import__("sys").executable, "-c", "import socket; socket.socket()"], capture_output=True, text=True
)
assert "PermissionError" in child.stderr, child
try:
    os.write(kept[0].fileno(), b"x")
except OSError:
    print("gone")
os.write(write, b"still")
assert os.read(read, 5) == b"still"
"""


def test_no_socket_is_left_and_none_can_be_made_not_even_by_a_child() -> None:
    told = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "gone\n"), told.stderr
