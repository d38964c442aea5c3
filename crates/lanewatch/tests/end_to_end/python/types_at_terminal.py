"""Runs a command at a terminal of its own, types a line whenever it asks for a password, and prints all that the terminal showed.

Usage: types_at_terminal.py LINE... -- COMMAND...

A line is typed once the terminal no longer echoes, as a person would see it. Ends as the command did.
"""

import os
import pty
import sys
import termios
import time

at = sys.argv.index("--")
lines, command = sys.argv[1:at], sys.argv[at + 1 :]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, asked = b"", 0
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody is at the other end any more
        break
    if not part:
        break
    shown += part
    while asked < len(lines) and shown.count(b"password (") > asked:
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(terminal, lines[asked].encode() + b"\n")
        asked += 1
print(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
