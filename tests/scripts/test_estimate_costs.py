"""Costs at full scale follow from the measured files, and the page's table is what the script writes."""

import pytest

from scripts import estimate_costs as script

MEASURED = """# a machine
dates,prepare_s,encode_s,per_day,encoder,channels,cores
16,7.0,1.0,1,vit-tiny,10,2
16,9.0,1.0,1,vit-tiny,10,2
16,0.5,0.5,240,vit-tiny,10,2
"""


def test_the_page_s_table_is_what_the_script_writes(checkout, tmp_path, monkeypatch):
    monkeypatch.chdir(checkout)
    script.estimate_costs(tmp_path / "costs.csv")
    assert (tmp_path / "costs.csv").read_text() == (checkout / "book/costs.csv").read_text(), (
        "a measured file has changed: run `python -m scripts.estimate_costs`"
    )


def test_hours_grow_with_the_dates_and_the_cores(tmp_path, monkeypatch):
    (tmp_path / "embedding.csv").write_text(MEASURED)
    monkeypatch.setattr(script, "EMBEDDING", tmp_path / "embedding.csv")
    what, hours, spread, kind, _ = script.embedding_hours(1, 3200)
    assert hours == pytest.approx(2 * 3200 * 9 / 16 / 3600) and spread == pytest.approx(hours * 2**0.5 / 9)
    assert "10 channels" in what and kind == "scaled"
    assert script.embedding_hours(240, 3200)[1] == pytest.approx(hours / 9)


def test_operations_of_an_encoder_are_fewer_than_those_of_its_autoencoder_and_make_gpu_hours():
    encoder, whole = script.forward_flops("vit-mini", encode_only=True), script.forward_flops("vit-mini")
    assert 0 < encoder < whole
    assert script.gpu_hours(script.PEAK * script.UTILISATION * 7200)[0] == pytest.approx(2)
