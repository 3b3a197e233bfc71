"""A book of one study leads nowhere that it does not go."""

import pytest

from flarebook.compendium.book.links import unlink
from flarebook.compendium.book.stage import keep_study, pages_of, read_contents

LEFT_OUT = {"notebooks/stix/3-encoders", "book/stix/introduction"}


def test_link_to_a_page_that_is_left_out_keeps_its_words_alone():
    text = "See [study 2](../stix/3-encoders.ipynb#result), [here](../iris/1-real-raster.ipynb) and [home](https://a.b/c.md)."
    expected = "See study 2, [here](../iris/1-real-raster.ipynb) and [home](https://a.b/c.md)."
    assert unlink(text, "notebooks/solarchip/4-flare-classification", LEFT_OUT) == expected


def test_card_of_a_study_that_is_left_out_says_so_and_leads_nowhere():
    card = "{card} X-rays\n:link: stix/introduction\n:link-type: doc\n\nImages.\n{bdg-success}`in this edition`\n"
    expected = "{card} X-rays\n\nImages.\n{bdg-secondary}`not in this build`\n"
    assert unlink(card, "book/index", LEFT_OUT) == expected
    assert unlink(card, "book/index", set()) == card


@pytest.mark.parametrize("study", ["iris", "stix", "solarchip"])
def test_front_page_of_one_study_has_one_card_that_leads_on(checkout, study):
    whole = read_contents(checkout / "_toc.yml")
    absent = set(pages_of(whole)) - set(pages_of(keep_study(whole, study)))
    text = unlink((checkout / "book" / "index.md").read_text(encoding="utf-8"), "book/index", absent)
    assert text.count("{bdg-secondary}`not in this build`") == 2
    assert f":link: {study}/introduction" in text
