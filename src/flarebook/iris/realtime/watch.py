"""Score the rasters of a folder or an address as they arrive, look by look."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flarebook.compendium.atomic_files import LONGEST
from flarebook.compendium.batch_report import counted, skipping
from flarebook.compendium.data.transfer import WrongFile
from flarebook.compendium.errors import InputError, plain, reason_of
from flarebook.compendium.provenance import sha256
from flarebook.iris.classifiers.inference import Ensemble
from flarebook.iris.classifiers.realtime_score import describe_scores, score_file, score_provenance
from flarebook.iris.realtime.arrivals import Arrival, is_whole, watched
from flarebook.iris.realtime.log import COPY, REFUSED, SCORED, Log, open_log
from flarebook.iris.realtime.page import write_page


class Event(NamedTuple):
    """What a look found, in one sentence; kind: "scored", "alert", "skipped" or "source"."""

    kind: str
    text: str


@contextmanager
def open_watch(source: str, folder: str | Path, ensemble: Ensemble, every: float = 60.0, alert: float = 0.8):
    """Open a watch, new or to be resumed; its page says in the end that it was stopped.

    Parameters
    ----------
    source : str
        Folder, or address (https) of a listing, in which level-2 files or archives arrive.
    folder : str or Path
        Folder of the log and the page, made if absent.  No other process may watch into it.
    ensemble : Ensemble
        Of `load_ensemble`.
    every : float
        Seconds between two looks: a file that has not changed for so long is whole.
    alert : float
        Mean score of an exposure, over its usable spectra, from which it is an alert.

    Yields
    ------
    Watch

    Raises
    ------
    InputError
        When the source does not exist, the folder cannot be written, is another watch's or was begun with another
        source or weights.
    """
    place = watched(source, every, Path(folder).expanduser() / "rasters")
    about = {**score_provenance(place.name, ensemble), "input": place.name}
    with open_log(folder, about) as log:
        watch = Watch(place, log, ensemble, every, alert)
        try:
            watch.show(f"begun at {clock()}")
            yield watch
        finally:
            watch.show(f"stopped at {clock()}")


class Watch:
    """Rasters of a source scored once each, whatever their names; see `open_watch`."""

    def __init__(self, source, log: Log, ensemble: Ensemble, every: float, alert: float):
        self.source, self.log, self.ensemble, self.every, self.alert = source, log, ensemble, every, alert
        self.marks = {name: log.files[name].mark for name in log.names(SCORED, COPY)}  # what is refused is tried again
        self.seen, self.told, self.trouble = {}, set(), ""

    def look(self) -> Iterator[Event]:
        """Score what is new and whole, late or not, and write the page.  Yields Event as each comes.

        What fails is told once: the source until it is back, a file until it has changed.
        """
        try:
            arrivals = self.source.arrivals(self.log.names(SCORED, COPY))
        except (OSError, InputError) as error:
            yield from self._lost(error)
        else:
            if self.trouble:
                self.trouble = ""
                yield Event("source", f"{self.source.name} is back")
            for arrival in arrivals:
                if self.marks.get(arrival.name) != arrival.mark and is_whole(arrival, self.seen, self.every):
                    yield from self._take(arrival)
            self.seen = {arrival.name: arrival.mark for arrival in arrivals}
        self.show(self.trouble or f"last look at {clock()}, the next in {self.every:g} s")

    def show(self, state):
        """Write the page.  state: of the watch, in words."""
        write_page(self.log, self.ensemble, state, self.every, self.alert)

    def _lost(self, error):
        """Tell once that the source cannot be listed."""
        if not self.trouble:
            reason = getattr(error, "strerror", None) or reason_of(error)
            yield Event("source", f"{self.source.name} cannot be listed ({reason}): waiting for it")
        self.trouble = self.trouble or f"the source cannot be listed since {clock()}"

    def _take(self, arrival: Arrival):
        """Score a file that is whole, unless its content is known."""
        try:
            check_name(arrival.name)
            path = self.source.fetch(arrival.name)
            digest = sha256(path)
        except FileNotFoundError:  # it went since it was listed
            return
        except WrongFile as error:
            yield from self._refuse(arrival, "", str(error))
        except (OSError, InputError) as error:  # of network or permission, which may change while the file does not
            if arrival.name not in self.told:
                yield Event("skipped", plain(f"{arrival.name}: {reason_of(error)}"))
            self.told.add(arrival.name)
        else:
            self.told.discard(arrival.name)
            twin = self.log.twin(digest)
            yield from self._repeat(arrival, digest, twin) if twin else self._score(arrival, path, digest)

    def _score(self, arrival, path, digest):
        """Score a file of new content, or tell why that cannot be done."""
        reasons, members = [], []  # sentences on the file, and on members of an archive
        with skipping(reasons, arrival.name):
            table = score_file(path, self.ensemble, skipped=members)
        reasons, members = ([text.replace(str(path), path.name) for text in texts] for texts in (reasons, members))
        if reasons:
            self.source.discard(arrival.name)
            yield from self._refuse(arrival, digest, reasons[0])
        else:
            yield from self._add(arrival, digest, table, members)

    def _add(self, arrival, digest, table, members):
        """Log the scores of a file, and tell them and the alerts among them."""
        rows = self.log.add(arrival.name, table)
        self._settle(arrival, digest, SCORED, "; ".join(members))
        yield from (Event("skipped", plain(member)) for member in members)
        text, known = describe_scores(arrival.name, table), table["exposure"].nunique() - len(rows)
        yield Event("scored", text + (f"; {known} of its exposures are known or have no time" if known else ""))
        high = rows[rows["mean"] >= self.alert]
        if len(high):
            top = high.loc[high["mean"].idxmax()]
            yield Event(
                "alert",
                f"{arrival.name}: mean score of {counted(len(high), 'exposure')} at {self.alert:g} or above, "
                f"highest {top['mean']:.2f} (spread {top['spread']:.2f}) at {top['time']:%Y-%m-%d %H:%M:%S} UTC",
            )

    def _repeat(self, arrival, digest, twin):
        """Note a file whose content is scored, and tell it unless the same file was only touched."""
        known = self.log.files.get(arrival.name)
        if known and known.sha256 == digest:
            self._settle(arrival, digest, known.outcome, known.note)
            return
        self._settle(arrival, digest, COPY, twin)
        yield Event("scored", f"{arrival.name} is a copy of {twin}, or its new name: not scored again")

    def _refuse(self, arrival, digest, sentence):
        """Note and tell that a file cannot be scored."""
        self._settle(arrival, digest, REFUSED, sentence)
        yield Event("skipped", plain(sentence))

    def _settle(self, arrival, digest, outcome, note):
        """Note what became of a file, so that it is taken again only when it changes."""
        self.log.note(arrival, digest, outcome, note)
        self.marks[arrival.name] = arrival.mark


def clock():
    """Present time in words."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def check_name(name):
    """Raise InputError for a name that no table can hold, which no level-2 file has."""
    if len(name) > LONGEST or not (name.isascii() and name.isprintable()):
        raise InputError(f"{name[:LONGEST]} is no name of a level-2 file: rename it in letters and digits")
