"""A module run as a script (`python -m flarebook.stix.pretrain`): an error in the input is one sentence."""

import sys

from flarebook.compendium.errors import InputError


def run_script(command, *arguments):
    """Call a command with its arguments; an InputError is told in one sentence and ends with exit code 1."""
    try:
        command(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
