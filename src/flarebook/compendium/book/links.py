"""Links of a book of one study: those to pages that it leaves out become plain text."""

import posixpath
import re
from pathlib import PurePosixPath

LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
CARD = re.compile(r":link: (\S+)\n:link-type: doc\n(.*?)\{bdg-success\}`in this edition`", re.DOTALL)


def unlink(text, page, absent):
    """Text of a page without links to pages that are left out.

    page, absent: paths without suffix, as in the contents, such as "notebooks/iris/1-real-raster".
    """
    folder = posixpath.dirname(page)

    def is_absent(address):
        return posixpath.normpath(posixpath.join(folder, str(PurePosixPath(address).with_suffix("")))) in absent

    def link(found):
        return found[1] if is_absent(found[2]) else found[0]

    def card(found):
        return f"{found[2]}{{bdg-secondary}}`not in this build`" if is_absent(found[1]) else found[0]

    return CARD.sub(card, LINK.sub(link, text))
