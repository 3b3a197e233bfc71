"""Links of a book of one study: those to pages that it leaves out become plain text."""

import posixpath
import re
from pathlib import PurePosixPath

LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
CARD = re.compile(r":link: (\S+)\n:link-type: doc\n(.*?)\{bdg-success\}`in this edition`", re.DOTALL)


def unlink(text, page, left_out):
    """Text of a page without links to pages that are left out.

    page, left_out: paths without suffix, as in the contents, such as "notebooks/iris/1-real-raster".
    """
    folder = posixpath.dirname(page)

    def is_left_out(address):
        return posixpath.normpath(posixpath.join(folder, str(PurePosixPath(address).with_suffix("")))) in left_out

    def link(found):
        return found[1] if is_left_out(found[2]) else found[0]

    def card(found):
        return f"{found[2]}{{bdg-secondary}}`not in this build`" if is_left_out(found[1]) else found[0]

    return CARD.sub(card, LINK.sub(link, text))
