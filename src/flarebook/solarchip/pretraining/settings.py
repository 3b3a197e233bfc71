"""What decides a pretraining, and which settings no pretraining can follow."""

from dataclasses import asdict, dataclass, field, replace

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.pretraining.batches import check_images
from flarebook.solarchip.pretraining.objective import TERMS

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed"}  # half precision of 16 bits would need a scaler, bf16 needs none
WHERE = ("device", "devices")  # settings that do not belong to the outcome


@dataclass(frozen=True)
class Settings:
    """Everything that decides the outcome besides the images: the same settings give the same weights, on one CPU."""

    size: str = "vit-tiny"  # of backbones.SIZES
    sharing: str = "two"  # of backbones.SHARING
    terms: tuple[str, ...] = TERMS
    weights: dict = field(default_factory=lambda: {"reconstruction": 1.0})  # of terms; 1 for those not named
    relative: bool = True  # draw each channel's departures from its mean in usual ones; False: pictures as they are
    n_steps: int = 0  # 0: as many as n_epochs make
    n_epochs: float = 10.0
    batch_size: int = 32
    aia_per_step: int = 2  # AIA channels drawn for a step; 10: all, as the paper
    learning_rate: float = 1e-3  # the highest
    warm_up: float = 0.1  # share of the steps
    drawing_first: float = 0.0  # share of the steps before the contrasts join the reconstruction
    weight_decay: float = 0.01
    rotation: float = 90.0  # degrees, largest turn of a date, either way
    mirror: bool = True
    seed: int = 1
    every: int = 20  # steps between two rows of the history, and two checkpoints
    patience: int = 0  # rows without a better held-out loss until the training stops; 0: it does not
    pieces: int = 1  # parts of a batch that go through one after the other, with the negatives of the whole batch
    precision: str = "32"  # or "bf16", mixed
    compile: bool = False  # torch.compile, which needs a C++ compiler
    device: str = "auto"
    devices: int = 1  # processes, one a GPU; batch_size is shared among them


def settled(images, settings, held_out=None, folder=None):
    """Settings with the number of steps filled in; InputError for those that no training can follow."""
    check_numbers(settings)
    check_images(images, settings)
    unknown = [term for term in (*settings.terms, *settings.weights) if term not in TERMS]
    if unknown or not settings.terms:
        raise InputError(f"there is no term {(*unknown, 'at all')[0]!r} of the loss: take some of {', '.join(TERMS)}")
    if settings.precision not in PRECISIONS:
        raise InputError(f"there is no precision {settings.precision!r}: take one of {', '.join(PRECISIONS)}")
    if settings.drawing_first and not (0 < settings.drawing_first < 1 and "reconstruction" in settings.terms):
        raise InputError("drawing first takes a share of the steps, between 0 and 1, and the term reconstruction")
    check_shares(settings, folder)
    if settings.patience and (held_out is None or not len(held_out)):
        raise InputError("patience needs held-out dates to watch: give held_out, or patience 0")
    n_steps = settings.n_steps or max(1, int(settings.n_epochs * (len(images) // settings.batch_size)))
    return replace(settings, n_steps=n_steps)


def contrasts_join(settings, step):
    """Whether the contrasts count in a step.

    The convolutional encoder that contrasts from the first step grows blind to the sign of the field, which no AIA
    channel shows, and hundreds of steps later its decoder still draws none; one that has begun to draw keeps it.
    """
    return step >= settings.drawing_first * settings.n_steps


def check_numbers(settings):
    """Refuse numbers that no training can count by."""
    for name, lowest in (("batch_size", 1), ("every", 1), ("n_steps", 0)):
        if getattr(settings, name) < lowest:
            raise InputError(f"{name} is {getattr(settings, name)}: give {lowest} or more")
    for name, highest in (("aia_per_step", len(AIA)), ("pieces", settings.batch_size)):
        if not 1 <= getattr(settings, name) <= highest:
            raise InputError(f"{name} is {getattr(settings, name)}: give 1 to {highest}")


def check_shares(settings, folder):
    """Refuse a batch that cannot be shared among processes, or taken in pieces, as asked for."""
    if settings.batch_size % settings.devices:
        raise InputError(f"a batch of {settings.batch_size} cannot be shared by {settings.devices} processes equally")
    if settings.devices > 1 and not folder:
        raise InputError("several processes leave what they learnt in a checkpoint: give a folder for it")
    if settings.pieces > 1 and (settings.devices > 1 or set(settings.terms) == {"reconstruction"}):
        raise InputError("pieces serve to keep the negatives of a contrast on one process: else take a smaller batch")


def plain(settings):
    """Settings that decide the outcome, as JSON keeps them."""
    kept = {key: value for key, value in asdict(settings).items() if key not in WHERE}
    return kept | {"terms": list(settings.terms)}
