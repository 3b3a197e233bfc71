"""Estimate what the three studies cost at full scale, from measured files: writes book/costs.csv.

    python -m scripts.estimate_costs

Each row states where its number comes from. Kinds: `measured` at this size; `scaled` from a measurement of fewer images
or dates; `computed` from the number and the size of arrays; `estimate` from sizes or operations that were not measured;
`not measured`.
Run it again when one of the files changes.
"""

import json
from pathlib import Path

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.workflow.parameters import read_profile
from flarebook.iris import costs
from flarebook.iris.observations import observation_table
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models.autoencoder import create_autoencoder

TABLE, EMBEDDING, BENCHMARKS = (
    Path(name) for name in ("book/costs.csv", "benchmarks/embedding.csv", "benchmarks/results.json")
)
N_MAPS, PER_DAY = 9000, 240  # images of study 2; dates a day of SDO at the cadence of SDOML
HMI_PER_DAY = 120  # magnetograms a day of hmi.M_720s
PEAK, UTILISATION = 312e12, 0.3  # operations a second of an A100 in half precision (data sheet), and the share reached
PASSES = 4  # of a training step over one forward pass: two forward, as micro-batches need, and backward twice as much
COLUMNS = ["work", "quantity", "value", "spread", "kind", "origin"]
NOT_MEASURED = (None, None, "not measured")


def iris_rows():
    """Rows of study 1: the 68 observations, scaled from those that were measured by the number of spectra."""
    table, rows = costs.measured_costs(), observation_table()
    largest, work, source = costs.largest_rows(table), f"study 1: {len(rows)} observations", "iris/data/scale.csv"
    one, two = largest.loc[1], largest.loc[2]
    share = (rows["n_slit"] * rows["n_exposures"]).sum() / one["spectra"]
    spectra = one["spectra"] / 1e6
    origin = f"{source}: {spectra:.1f} million spectra; scaled to the {share * spectra:.1f} million of all windows"
    yield work, "archives, simulated, Mg II window (bytes)", share * one["archive_bytes"], None, "scaled", origin
    yield work, "archives as published, all windows (bytes)", *NOT_MEASURED, "data-manifest.yaml: sizes are not known"
    yield work, "ten features of all spectra (bytes)", share * one["store_bytes"], None, "scaled", origin
    hours = share * 2 * two["seconds"] / 3600
    yield work, "read, check, measure, store (core-hours)", hours, None, "scaled", f"{origin}, 2 workers on 2 cores"
    for row in costs.estimate_costs(table).itertuples():
        bound = ", bounded by the largest observation" if row.bound != "Amdahl" else ""
        origin = f"{source}: Amdahl's law{bound}"
        yield work, f"the same on {row.cores} cores (hours)", share * row.seconds / 3600, None, "estimate", origin
    for row in costs.training_costs().itertuples():
        what = f"{row.splits} splits of model {row.model}, {row.spectra / 1e6:g} million spectra (core-hours)"
        kind = "measured" if row.epochs == costs.EPOCHS else "scaled"
        origin = f"iris/data/training_costs.csv: {row.epochs} epochs, 2 cores"
        yield work, what, 2 * row.minutes / 60, None, kind, origin
    yield work, "train the networks (GPU-hours)", *NOT_MEASURED, "they run on processors"


def stix_rows():
    """Rows of study 2: the 9,000 images."""
    work, speed = f"study 2: {N_MAPS:,} images", {row["id"]: row for row in json.loads(BENCHMARKS.read_text())}
    size = read_manifest("data-manifest.yaml")["stix-clean-maps"].templates[0].size
    yield work, "CLEAN maps (bytes)", N_MAPS * size, None, "estimate", "data-manifest.yaml: size of one file"
    for id, verb, hours in (
        ("stix.simulate.ms_per_image", "simulate", lambda value, cores: value / 1e3 / 3600),
        ("stix.encoders.dinov2_images_per_s", "embed by DINOv2", lambda value, cores: cores / value / 3600),
    ):
        row = speed[id]
        cores = int(row["machine"].split()[0])  # "2 cores of ..."
        spread = [hours(row["value"] * row[end] / row["ratio"], cores) for end in ("low", "high")]
        value, half = N_MAPS * hours(row["value"], cores), N_MAPS * abs(spread[1] - spread[0]) / 2
        yield work, f"{verb} (core-hours)", value, half, "scaled", f"{BENCHMARKS}: {id}"
    yield work, "embed (GPU-hours)", *NOT_MEASURED, "the encoder runs on processors"


def solarchip_rows(per_day):
    """Rows of study 3: fifteen years of SDO at some dates a day."""
    hmi, *aia = read_manifest("data-manifest.yaml")["sdo-hmi-aia-daily"].templates
    n_days = hmi.count
    work, n = f"study 3: {n_days:,} days, {per_day} a day", n_days * per_day
    size = sum(template.count * template.size for template in aia) * per_day
    size += n_days * min(per_day, HMI_PER_DAY) * hmi.size
    yield work, "HMI and AIA of the JSOC (bytes)", size, None, "estimate", "data-manifest.yaml: sizes of typical files"
    paper = read_profile("paper").notebooks
    side = paper["solarchip/1-simulated-sun"].parameters["size"]
    size = n * len(CHANNELS) * side**2 * 2
    yield work, f"prepared images, {side} px, half precision (bytes)", size, None, "computed", "profiles/paper.yaml"
    yield work, *embedding_hours(per_day, n)
    flops = forward_flops("vit-paper", encode_only=True) * n * len(CHANNELS)
    yield work, f"embed by vit-paper, {side} px (GPU-hours)", *gpu_hours(flops)
    if per_day == 1:
        given = paper["solarchip/2-pretrain"].parameters
        images = given["n_steps"] * given["batch_size"] * (1 + given["aia_per_step"])
        for name in given["backbones"]:
            what = f"pretrain {name}, {given['n_steps']:,} steps (GPU-hours)"
            yield work, what, *gpu_hours(PASSES * images * forward_flops(name))


def embedding_hours(per_day, n):
    """Core-hours of reading, preparing and encoding n dates by the shipped encoder, from the measured batches."""
    table = pd.read_csv(EMBEDDING, comment="#").query("per_day == @per_day")
    hours = (table["prepare_s"] + table["encode_s"]) * table["cores"] / table["dates"] * n / 3600
    row, dates = table.iloc[0], table["dates"].sum()
    what = f"read SDOML, prepare, embed by {row['encoder']}, {row['channels']} channels (core-hours)"
    return what, hours.mean(), hours.std(), "scaled", f"{EMBEDDING}: {dates} dates"


def forward_flops(name, encode_only=False):
    """Operations of one image through an autoencoder, or through its encoder alone, counted without computing."""
    model = create_autoencoder(name).to("meta")
    image = torch.empty(1, 1, model.size.image, model.size.image, device="meta")
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        tokens = model.encode(image, "171")
        if not encode_only:
            model.decode_anomalies(tokens, "171")
    return counter.get_total_flops()


def gpu_hours(flops):
    """Value, spread, kind and origin of operations in hours of a GPU."""
    origin = f"counted operations at {UTILISATION:.0%} of {PEAK / 1e12:.0f} TFLOP/s, the peak of an A100"
    return flops / (PEAK * UTILISATION) / 3600, None, "estimate", origin


def estimate_costs(path=TABLE):
    """Write the table of all three studies."""
    rows = [*iris_rows(), *stix_rows(), *solarchip_rows(1), *solarchip_rows(PER_DAY)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    with atomic_write(path) as partial:
        table.to_csv(partial, index=False, float_format="%.4g")


if __name__ == "__main__":
    run_script(estimate_costs)
