"""Configuration of a pretraining, and its check."""

from dataclasses import asdict, dataclass, field, replace

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.hidden_parts import HIDE
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.pretraining.batches import check_training_images
from flarebook.solarchip.pretraining.objective import TERMS

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed"}  # half precision of 16 bits would need a scaler, bf16 needs none
WHERE = ("device", "devices", "start")  # fields that do not change the outcome


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides the outcome besides the images; equal values give equal weights on one CPU."""

    size: str = "vit-tiny"  # of backbones.SIZES
    sharing: str = "two"  # of backbones.SHARING
    terms: tuple[str, ...] = TERMS
    weights: dict = field(default_factory=lambda: {"reconstruction": 1.0})  # of terms; 1 for those not named
    standardize: bool = True  # reconstruct standardized anomalies of each channel; False: images as they are
    n_steps: int = 0  # 0: as many as n_epochs make
    n_epochs: float = 10.0
    batch_size: int = 32
    aia_per_step: int = 2  # AIA channels drawn for a step; 10: all, as the paper
    learning_rate: float = 1e-3  # the highest
    warm_up: float = 0.1  # share of the steps
    reconstruction_warmup: float = 0.0  # share of the steps with the reconstruction loss only
    weight_decay: float = 0.01
    rotation: float = 90.0  # degrees, largest turn of a date, either way
    mirror: bool = True
    hide: str = "nothing"  # of hidden_parts.HIDE; "quiet" hides the quiet Sun from encoder and reconstruction alike
    seed: int = 1
    every: int = 20  # steps between two rows of the history, and two checkpoints
    patience: int = 0  # rows without a better held-out loss before the training stops; 0: never
    micro_batches: int = 1  # parts of a batch computed one after the other, with the negatives of the whole batch
    precision: str = "32"  # or "bf16", mixed
    compile: bool = False  # torch.compile, which needs a C++ compiler
    device: str = "auto"
    devices: int = 1  # processes, one a GPU; batch_size is shared among them
    start: str = "fork"  # how processes begin: "fork", or "popen" in a script, which is then started once more


def complete_config(images, config, held_out=None, folder=None):
    """Return the configuration with the number of steps filled in; InputError for one that no training can follow."""
    check_numbers(config)
    check_training_images(images, config)
    unknown = [term for term in (*config.terms, *config.weights) if term not in TERMS]
    if unknown or not config.terms:
        raise InputError(f"there is no term {(*unknown, 'at all')[0]!r} of the loss: take some of {', '.join(TERMS)}")
    if config.precision not in PRECISIONS:
        raise InputError(f"there is no precision {config.precision!r}: take one of {', '.join(PRECISIONS)}")
    if config.reconstruction_warmup and not (0 < config.reconstruction_warmup < 1 and "reconstruction" in config.terms):
        raise InputError("reconstruction_warmup must lie between 0 and 1 and needs the reconstruction term")
    if config.hide not in HIDE:
        raise InputError(f"hide is {config.hide!r}: give one of {', '.join(HIDE)}")
    check_shares(config, folder)
    if config.patience and (held_out is None or not len(held_out)):
        raise InputError("patience needs held-out dates: give held_out, or patience 0")
    n_steps = config.n_steps or max(1, int(config.n_epochs * (len(images) // config.batch_size)))
    return replace(config, n_steps=n_steps)


def contrasts_active(config, step):
    """Whether the contrasts count in a step.

    The convolutional encoder that contrasts from the first step becomes insensitive to magnetic polarity, which no AIA
    channel shows, and hundreds of steps later its decoder still reconstructs none; after a warm-up it keeps the sign.
    """
    return step >= config.reconstruction_warmup * config.n_steps


def check_numbers(config):
    """Refuse numbers that no training can count by."""
    for name, lowest in (("batch_size", 1), ("every", 1), ("n_steps", 0)):
        if getattr(config, name) < lowest:
            raise InputError(f"{name} is {getattr(config, name)}: give {lowest} or more")
    for name, highest in (("aia_per_step", len(AIA)), ("micro_batches", config.batch_size)):
        if not 1 <= getattr(config, name) <= highest:
            raise InputError(f"{name} is {getattr(config, name)}: give 1 to {highest}")


def check_shares(config, folder):
    """Refuse a batch that cannot be shared among processes, or cut into micro-batches."""
    if config.batch_size % config.devices:
        raise InputError(f"a batch of {config.batch_size} cannot be shared by {config.devices} processes equally")
    if config.devices > 1 and not folder:
        raise InputError("several processes return their weights through a checkpoint: give a folder for it")
    if config.micro_batches > 1 and (config.devices > 1 or set(config.terms) == {"reconstruction"}):
        raise InputError("micro_batches keep the negatives of a contrast on one process: otherwise use a smaller batch")


def config_dict(config):
    """Return the fields that decide the outcome, as JSON keeps them."""
    kept = {key: value for key, value in asdict(config).items() if key not in WHERE}
    return kept | {"terms": list(config.terms)}
