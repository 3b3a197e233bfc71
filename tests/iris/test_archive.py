"""Archive addresses follow the observation's start to the second."""

from datetime import datetime

import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris import archive

LISTING = """<a href="20140329_140938_3860258481/">20140329_140938_3860258481/</a>
<a href="20140329_175953_3860258481/">20140329_175953_3860258481/</a>
<a href="20140329_140902_3820109554/">20140329_140902_3820109554/</a>"""
FOLDER = "https://www.lmsal.com/solarsoft/irisa/data/level2_compressed/2014/03/29/20140329_140938_3860258481/"


def test_the_address_of_observation_pf_15():
    expected = FOLDER + "iris_l2_20140329_140938_3860258481_raster.tar.gz"
    assert archive.raster_url("2014-03-29T14:09:38", 3860258481) == expected
    assert archive.raster_url(datetime(2014, 3, 29, 14, 9, 38), "3860258481") == expected


def test_the_listing_gives_the_seconds_that_the_paper_s_tables_lack():
    found = archive.nearest_start(LISTING, "2014-03-29T14:09", 3860258481)
    assert found == datetime(2014, 3, 29, 14, 9, 38)


def test_an_observation_that_the_archive_lacks_is_named():
    with pytest.raises(InputError, match="no observation 3860258481 near 2014-03-29 15:00"):
        archive.nearest_start(LISTING, "2014-03-29T15:00", 3860258481)


def test_no_network_and_no_time_are_told_in_a_sentence():
    with pytest.raises(InputError, match="cannot read the archive's listing"):
        archive.exact_start("2014-03-29T14:09", 3860258481, archive="http://127.0.0.1:9")
    with pytest.raises(InputError, match="write it as 2014-03-29T14:09:38"):
        archive.raster_url("yesterday", 3860258481)
