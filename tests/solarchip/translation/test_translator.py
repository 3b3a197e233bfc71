"""The translator as a whole: its latent space, its file, and files of a user translated by it."""

import numpy as np
import pytest
import torch
from astropy.io import fits
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from flarebook.commands import user_images
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.models import weights
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.translation import latent_space
from flarebook.solarchip.translation import translator as translate
from flarebook.solarchip.translation.diffusion import Sampling
from flarebook.solarchip.translation.translator import TranslatorConfig, train_translator

SIZE = 32
pytestmark = pytest.mark.usefixtures("one_thread")

SAMPLING = Sampling(2, 2)


@pytest.fixture(scope="module")
def images():
    """Twelve dates of scaled images that share one bright spot, which moves."""
    disk, rng = Disk(SIZE), np.random.default_rng(1)
    x, y = rng.uniform(-0.6, 0.6, (2, 12, 1, 1))
    spots = np.exp(-((disk.x - x) ** 2 + (disk.y - y) ** 2) / 0.05) * disk.on
    return np.repeat((spots - 0.5)[:, None], len(CHANNELS), axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def translator(images):
    """A translator that learned for three steps."""
    routes = {("hmi",): ("171",), ("171", "304"): ("hmi",)}
    made, history = train_translator(
        create_autoencoder("cnn-mini"), images, TranslatorConfig(3, 2, 4), routes, "cpu", {"origin": "simulated"}
    )
    assert history.groupby("part")["step"].max().to_dict() == {"diffusion": 3, "hmi": 2, "171+304": 2}
    return made


def test_latent_pictures_of_the_training_dates_have_mean_zero_and_unit_variance(images):
    space = latent_space.measure_latent_space(create_autoencoder("cnn-mini"), images, ("hmi", "171"))
    found = space.encode(images[:, 0], "hmi")
    assert found.mean(dim=0).abs().max() < 1e-4
    torch.testing.assert_close(found.square().mean(dim=(0, 2, 3)), torch.ones(8), rtol=1e-3, atol=1e-3)


def test_the_space_reconstructs_as_the_autoencoder_does(images):
    model = create_autoencoder("cnn-mini")
    space = latent_space.measure_latent_space(model, images, ("hmi", "171"))
    with torch.no_grad():
        plain = model.decode_latent(model.latent(torch.from_numpy(images[:, 3:4]), "171"), "171")[:, 0].numpy()
    np.testing.assert_allclose(space.reconstruct(images[:, 3], "171"), np.clip(plain, -1, 1), atol=1e-5)
    assert np.all(space.reconstruct(images[:, 0], "hmi")[:, ~Disk(SIZE).on] == 0), "no field off the disk"


def test_a_channel_that_was_not_measured_is_told(images, translator):
    with pytest.raises(InputError, match="no channel '94'"):
        translator.space.encode(images[:, 1], "94")
    with pytest.raises(InputError, match="not '193'"):
        translate.translate_images(translator, images, "193")


def test_way_goes_between_the_instruments(translator):
    assert translator.sources_of("171") == ("hmi",)
    assert translator.sources_of("hmi") == ("171", "304")


def test_translations_are_images_of_the_target_and_belong_to_the_seed(images, translator):
    made, again = (
        translate.translate_images(translator, images[:2], "hmi", 3, n_inference_steps=2, seed=5) for _ in range(2)
    )
    assert made.shape == (3, 2, SIZE, SIZE)
    np.testing.assert_array_equal(made, again)
    assert np.abs(made).max() <= 1
    assert np.all(made[..., ~Disk(SIZE).on] == 0)


def test_only_the_sources_are_looked_at(images, translator):
    others = images.copy()
    others[:, 1:] = 0.3  # HMI stays
    first, second = (
        translate.translate_images(translator, some[:1], "171", n_inference_steps=2) for some in (images, others)
    )
    np.testing.assert_array_equal(first, second)


def test_each_drawn_image_follows_the_source_of_its_own_date(images, translator):
    """The noise belongs to the place, so only what a date sees tells its image apart from that of another source."""
    own, swapped, first, second = (
        translate.translate_images(translator, images[dates], "hmi", n_inference_steps=2)[0]
        for dates in ([0, 1], [1, 0], [0, 0], [1, 1])
    )
    np.testing.assert_array_equal(own, [first[0], second[1]])
    np.testing.assert_array_equal(swapped, [second[0], first[1]])
    assert np.any(own != swapped, axis=(1, 2)).all()


def test_a_branch_learns_from_sources_and_targets_of_the_same_dates(images, monkeypatch):
    pairs = []
    monkeypatch.setattr(
        "flarebook.solarchip.translation.translator.train_controlnet", lambda *call: pairs.append(call[2:4]) or [0.0]
    )
    model, routes = create_autoencoder("cnn-mini"), {("171", "304"): ("hmi",)}
    space = train_translator(model, images, TranslatorConfig(1, 1, 2), routes, "cpu")[0].space
    ((seen, wanted),) = pairs
    for date, image in enumerate(images):
        sources = [space.encode(image[None, CHANNELS.index(channel)], channel) for channel in ("171", "304")]
        target = space.encode(image[None, CHANNELS.index("hmi")], "hmi")[0]
        torch.testing.assert_close(seen[date], torch.cat(sources, dim=1)[0], rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(wanted["hmi"][date], target, rtol=1e-3, atol=1e-3)


def test_translator_comes_back_from_its_file(tmp_path, images, translator):
    path = translate.save_translator(translator, tmp_path / "translator.safetensors")
    again = translate.load_translator(path)
    first, second = (
        translate.translate_images(each, images[:2], "hmi", n_inference_steps=2) for each in (translator, again)
    )
    np.testing.assert_allclose(first, second, atol=0.02)  # half precision
    assert again.about["origin"] == "simulated"


def test_pickled_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="make one with"):
        translate.load_translator(tmp_path / "nothing.safetensors")
    torch.save({"weights": torch.zeros(1)}, tmp_path / "pickled.safetensors")
    with pytest.raises(InputError, match="can run code"):
        translate.load_translator(tmp_path / "pickled.safetensors")
    other = weights.save_encoder(create_autoencoder("cnn-mini"), tmp_path / "other.safetensors", {})
    with pytest.raises(InputError, match="does not describe its network .channels is missing"):
        translate.load_translator(other)


def test_a_translator_of_another_architecture_is_refused(tmp_path, translator):
    path = translate.save_translator(translator, tmp_path / "translator.safetensors")
    state, about = load_file(path), {"backbone": "cnn-mini", "sharing": "one", "image": str(SIZE)}
    with safe_open(path, framework="pt") as file:
        save_file(state, path, metadata=file.metadata() | about)
    with pytest.raises(InputError, match="weights of another network: .* in this version's translator"):
        translate.load_translator(path)


def test_conditions_of_a_transformer_come_in_the_size_of_the_diffusion(images):
    space = latent_space.measure_latent_space(create_autoencoder("vit-mini"), images, ("hmi",))
    assert translate.encode_conditions(space, images, ("hmi",), 8).shape == (12, 16, 8, 8)


@pytest.fixture
def observation(tmp_path):
    """FITS file of a made-up magnetogram with HMI's header, turned by 180 degrees as HMI's are."""
    from flarebook.solarchip.images.write import world_cards

    disk = Disk(64)
    cards = world_cards(64, "2014-03-01T00:01:25", 970.0, -7.0)
    header = fits.Header([(key, value) for key, (value, _) in cards.items()])
    header.update(TELESCOP="SDO/HMI", INSTRUME="HMI_SIDE1", CONTENT="MAGNETOGRAM", BUNIT="Gauss", CROTA2=180.0)
    header["DATE-OBS"] = "2014-03-01T00:01:25"
    leading, following = (np.exp(-((disk.x - west) ** 2 + disk.y**2) / 0.02) for west in (0.4, 0.2))
    field = np.where(disk.on, 500 * leading - 300 * following, np.nan)
    path = tmp_path / "hmi.fits"
    fits.PrimaryHDU(field[::-1, ::-1].astype(np.float32), header).writeto(path)
    return path


def test_a_users_magnetogram_becomes_a_fits_file_of_the_target(tmp_path, observation, translator):
    written, bad = user_images.translate_files([observation], translator, "171", tmp_path / "out", SAMPLING)
    assert bad == [] and [path.name for path in written] == ["20140301T000125_171_from_hmi.fits"]
    with fits.open(written[0]) as hdus:
        header = hdus[0].header
        assert hdus[0].data.shape == (SIZE, SIZE)
        assert (header["WAVELNTH"], header["RSUN_OBS"], header["HGLT_OBS"], header["OBSERVED"]) == (171, 970, -7, False)
        assert hdus[0].data.min() >= 0, "counts"
        row, column = np.unravel_index(hdus["SOURCE"].data.argmax(), (SIZE, SIZE))
        assert column > SIZE / 2, "the spot that HMI has on the left is in the west"
        assert abs(row - SIZE / 2) < 2


def test_a_way_from_several_channels_says_which_is_missing(tmp_path, observation, translator):
    written, bad = user_images.translate_files([observation], translator, "hmi", tmp_path / "out", SAMPLING)
    assert written == []
    assert "expected one of 171, 304" in bad[0]


def test_files_that_contradict_one_another_are_left_out_and_the_rest_is_translated(tmp_path, write_sun, translator):
    paths = [write_sun(tmp_path / "171.fits", "171"), write_sun(tmp_path / "304.fits", "304", {"CROTA2": 180.0})]
    written, bad = user_images.translate_files(paths, translator, "hmi", tmp_path / "out", SAMPLING)
    assert written == [] and "171 and 304 images of" in bad[0] and "correct the roll (CROTA2)" in bad[0]
    changes = {"CDELT1": 25.0, "CDELT2": 25.0}
    paths = [write_sun(tmp_path / "wrong.fits", "hmi", changes), write_sun(tmp_path / "right.fits", "hmi")]
    written, bad = user_images.translate_files(paths, translator, "171", tmp_path / "out", SAMPLING)
    assert len(written) == 1 and len(bad) == 1 and "values of wrong.fits end at 1.2" in bad[0]


def test_command_writes_files_and_tells_where(tmp_path, observation, translator):
    from flarebook.commands.solarchip import app

    path = translate.save_translator(translator, tmp_path / "translator.safetensors")
    call = ["translate", str(observation), "--to", "171", "--weights", str(path), "--members", "2", "--steps", "2"]
    result = CliRunner().invoke(app, [*call, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "20140301T000125_171_from_hmi.fits" in result.output
