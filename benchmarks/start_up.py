"""Run `python -m benchmarks.start_up ARGUMENTS`: a flarebook command, and the processor time that its imports take.

The last line of its output is "start-up SECONDS total SECONDS": of the interpreter and all imports, and of everything.
"""

import builtins
import sys
from time import process_time

IMPORT = builtins.__import__
spent = process_time()  # of the interpreter's own start
importing = False


def timed_import(*arguments, **options):
    """Import, and add the time of an import that no other caused."""
    global importing, spent
    if importing:
        return IMPORT(*arguments, **options)
    importing, start = True, process_time()
    try:
        return IMPORT(*arguments, **options)
    finally:
        importing, spent = False, spent + process_time() - start


if __name__ == "__main__":
    builtins.__import__ = timed_import
    sys.argv[0] = "flarebook"
    from flarebook.commands.main import main

    try:
        main()
    finally:
        print(f"\nstart-up {spent:.3f} total {process_time():.3f}")
