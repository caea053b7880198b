"""Runs a program in a terminal of its own: `terminal.py COLUMNS PROGRAM WORD...`.

What is written to this process's standard input is typed there, what is shown there is written to standard output. Ends
as the program does. When standard input closes, the program goes on.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

columns, program = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(program[0], program)

readable = [terminal, 0]
while True:
    for source in select.select(readable, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # Linux says so when the program has ended
            data = b""
        if source == 0 and data:
            os.write(terminal, data)
        elif source == 0:
            readable.remove(0)
        elif data:
            os.write(1, data)
        else:
            status = os.waitpid(child, 0)[1]
            sys.exit(os.waitstatus_to_exitcode(status) % 256)
