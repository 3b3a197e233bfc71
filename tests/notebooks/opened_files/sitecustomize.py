"""Note which files Python opens, in the file that OPENED_FILES names: it is imported first by every process below."""

import os
import sys


def note_opened(event, arguments):
    """Add the path of an opened file."""
    if event == "open" and isinstance(arguments[0], str) and arguments[0] != LOG:
        file = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{arguments[0]}\n".encode(errors="replace"))
        os.close(file)


if LOG := os.environ.get("OPENED_FILES"):
    sys.addaudithook(note_opened)
