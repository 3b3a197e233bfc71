"""Write the archives of a rehearsal into a folder and serve them: `python -m tests.archives FOLDER`."""

import sys
import time
from pathlib import Path

from tests.archives import write_archives
from tests.archives.server import serve_archives

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if not folder.is_dir():
        write_archives(folder)
    with serve_archives(folder) as (address, log):
        print(f"FLAREBOOK_REHEARSAL=1 FLAREBOOK_MIRROR={address} make book PROFILE=ci SOURCE=real", flush=True)
        while True:
            time.sleep(60)
