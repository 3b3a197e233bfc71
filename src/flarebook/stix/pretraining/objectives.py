"""The four objectives of in-domain pretraining, with lightly's and open_clip's losses, around one small transformer.

Each is a torch Module: `objective(images, captions, rng)` gives the loss of a batch, images (n, 1, 48, 48) of 0 to 1,
captions (n, 24) word numbers or None; `follow(momentum)` moves the slow copy after a step; `encoder` is what ships.
"""

import warnings
from copy import deepcopy

import torch
from torch import nn
from torch.nn import functional

from flarebook.encoders.compact_vit import SHAPE, SIZE, build_network, standardise
from flarebook.learning.device import declare_torchvision_schemas
from flarebook.stix.pretraining.augmentations import NARROW, SMALL, draw_views
from flarebook.stix.pretraining.captions import LONGEST

declare_torchvision_schemas()  # before the imports of lightly and open_clip, which import torchvision

from lightly.data.ijepa_collate import IJEPAMaskCollator  # noqa: E402
from lightly.loss import DINOLoss, MSNLoss  # noqa: E402
from lightly.models import utils  # noqa: E402
from lightly.models.modules import IJEPAPredictorTIMM, MaskedVisionTransformerTIMM  # noqa: E402
from lightly.models.modules.heads import DINOProjectionHead, MSNProjectionHead  # noqa: E402
from open_clip.loss import ClipLoss  # noqa: E402

WIDTH, PATCHES = SHAPE["embed_dim"], (SIZE // SHAPE["patch_size"]) ** 2


def backbone():
    """The small transformer in lightly's wrapper, which can leave out patches; its weights drawn anew."""
    return MaskedVisionTransformerTIMM(build_network())


def untrained(seed):
    """The small transformer with weights just drawn from a seed, ready to encode: what training has to beat."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return backbone().vit.eval().requires_grad_(False)


def frozen_copy(module):
    """Copy of a network that only `follow` changes."""
    return deepcopy(module).requires_grad_(False)


def embed(network, images, keep=None):
    """Class token of a batch, (n, 128); keep: numbers of the tokens that the network sees, default all."""
    return network.encode(standardise(images), idx_keep=keep)[:, 0]


def narrow_views(images, rng, number):
    """Narrow views of a batch, one set after the other: (number * n, 1, 24, 24)."""
    return torch.cat([draw_views(images, rng, NARROW, SMALL) for _ in range(number)])


def dino_head(prototypes):
    """lightly's head of DINO, (n, 128) -> (n, prototypes); in few steps it learns more with batch normalisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # lightly uses torch's weight norm under its old name
        return DINOProjectionHead(WIDTH, 512, 32, prototypes, batch_norm=True)


class Objective(nn.Module):
    """What the objectives share: the transformer that ships, and slow copies of networks that follow after a step."""

    ships = ""  # name of the network whose transformer ships
    slow = {}  # name of a slow copy: name of the network that it follows

    @property
    def encoder(self):
        """The transformer that ships."""
        return getattr(self, self.ships).vit

    def follow(self, momentum):
        """Move the slow copies towards their networks."""
        for copy, network in self.slow.items():
            utils.update_momentum(getattr(self, network), getattr(self, copy), momentum)


class Dino(Objective):
    """Two wide and two narrow views must give the same distribution; the teacher sees the wide ones (Caron+2021)."""

    ships = "teacher"
    slow = {"teacher": "student", "teacher_head": "student_head"}

    def __init__(self, prototypes=128, teacher_temperature=0.04):
        super().__init__()
        self.student = backbone()
        self.student_head = dino_head(prototypes)
        self.teacher, self.teacher_head = frozen_copy(self.student), dino_head(prototypes).requires_grad_(False)
        self.teacher_head.load_state_dict(self.student_head.state_dict())  # its weight norm forbids a deep copy
        self.loss = DINOLoss(prototypes, teacher_temp=teacher_temperature, warmup_teacher_temp_epochs=0)

    def forward(self, images, captions, rng):
        wide = torch.cat([draw_views(images, rng), draw_views(images, rng)])
        with torch.no_grad():
            taught = self.teacher_head(embed(self.teacher, wide)).chunk(2)
        if not self.loss.center.any():  # uncentred, all images get one answer, and the loss would begin at a false low
            self.loss.center.copy_(torch.cat(taught).mean(dim=0))
        learnt = self.student_head(embed(self.student, wide)).chunk(2)
        learnt += self.student_head(embed(self.student, narrow_views(images, rng, 2))).chunk(2)
        return self.loss(list(taught), list(learnt))


class Msn(Objective):
    """A masked wide view and two narrow ones must fall on the prototypes of an unmasked view (Assran+2022)."""

    ships = "target"
    slow = {"target": "anchor", "target_head": "anchor_head"}

    def __init__(self, prototypes=128, masked=0.3):
        super().__init__()
        self.anchor, self.masked = backbone(), masked
        self.anchor_head = MSNProjectionHead(WIDTH, 512, 128)
        self.prototypes = nn.Linear(128, prototypes, bias=False)
        self.target, self.target_head = frozen_copy(self.anchor), frozen_copy(self.anchor_head)
        self.loss = MSNLoss()

    def forward(self, images, captions, rng):
        with torch.no_grad():
            targets = self.target_head(embed(self.target, draw_views(images, rng)))
        keep, _ = utils.random_token_mask((len(images), 1 + PATCHES), self.masked)
        seen = [embed(self.anchor, draw_views(images, rng), keep), embed(self.anchor, narrow_views(images, rng, 2))]
        return self.loss(self.anchor_head(torch.cat(seen)), targets, self.prototypes.weight)


class Ijepa(Objective):
    """From one block of patches the representations of four others are predicted (Assran+2023)."""

    ships = "target"
    slow = {"target": "context"}

    def __init__(self, predictor_width=64, predictor_depth=3):
        super().__init__()
        self.context = backbone()
        self.predictor = IJEPAPredictorTIMM(PATCHES, predictor_depth, WIDTH, predictor_width, SHAPE["num_heads"])
        self.target = frozen_copy(self.context)

    def forward(self, images, captions, rng):
        views = draw_views(images, rng)
        context, wanted = draw_blocks(views, rng)
        with torch.no_grad():
            goals = utils.apply_masks(without_position(self.target.encode(standardise(views))[:, 1:]), wanted)
        keep = torch.cat([torch.zeros(len(images), 1, dtype=torch.long), context[0] + 1], dim=1)  # 0: the class token
        seen = self.context.encode(standardise(views), idx_keep=keep)[:, 1:]
        return functional.smooth_l1_loss(self.predictor(seen, context, wanted), goals)


def without_position(patches):
    """Representations of patches (n, 36, 128) scaled over the batch, the mean of each place on the grid taken out.

    I-JEPA normalises each over its width instead.  Most patches of a flare image are dark and alike; what is left then
    tells little more than the place, which the predictor is given, and the features collapse to a few directions.
    """
    patches = patches - patches.mean(dim=0)
    return patches / patches.std(dim=(0, 1)).clamp(min=1e-6)


class Blocks(IJEPAMaskCollator):
    """lightly's masks of I-JEPA, the sizes of the blocks drawn from a given number instead of a count of calls."""

    def __init__(self, number):
        # lightly draws a block until it has more patches than min_keep, for ever if none can have
        super().__init__(SIZE, SHAPE["patch_size"], (0.85, 1.0), (0.15, 0.2), (0.75, 1.5), 1, 4, min_keep=3)
        self.number = number

    def step(self):
        """Seed of the blocks' sizes."""
        return self.number


def draw_blocks(images, rng):
    """Numbers of the patches that are seen, [(n, k)], and of those to predict, four times (n, m)."""
    number = int(torch.randint(2**31, (1,), generator=rng))
    _, context, wanted = Blocks(number)(list(images))
    return context, wanted


class Clip(Objective):
    """An image and its caption must find each other in the batch (Radford+2021)."""

    ships = "image"

    def __init__(self, n_words, width=64, depth=2):
        super().__init__()
        self.image, self.project_image = backbone(), nn.Linear(WIDTH, width, bias=False)
        self.words, self.places = nn.Embedding(n_words, width, padding_idx=0), nn.Embedding(LONGEST, width)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.text = nn.TransformerEncoder(layer, depth, nn.LayerNorm(width), enable_nested_tensor=False)
        self.project_text = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(1 / 0.07).log())
        self.loss = ClipLoss()

    def read(self, captions):
        """Features of captions, (n, width): the mean over their words."""
        empty = captions == 0
        words = self.text(self.words(captions) + self.places.weight, src_key_padding_mask=empty)
        mean = words.masked_fill(empty[..., None], 0).sum(dim=1) / (~empty).sum(dim=1, keepdim=True)
        return self.project_text(mean)

    def forward(self, images, captions, rng):
        seen = functional.normalize(self.project_image(embed(self.image, draw_views(images, rng))), dim=-1)
        read = functional.normalize(self.read(captions), dim=-1)
        return self.loss(seen, read, self.log_scale.clamp(max=4.6).exp())  # a factor of at most 100, as CLIP


def create(objective, n_words=0):
    """The Module of an objective, "dino", "msn", "ijepa" or "clip"; n_words: of the captions' vocabulary, for clip."""
    return Clip(n_words) if objective == "clip" else {"dino": Dino, "msn": Msn, "ijepa": Ijepa}[objective]()
