"""Which images a step of a training sees, and how fast it learns: both follow from the settings and the step alone."""

import numpy as np


def pick_batch(n_images, settings, step):
    """Numbers of a step's images: each epoch goes through all once, in a new order, but for the odd rest."""
    epoch, place = divmod(step, n_images // settings.batch_size)
    order = np.random.default_rng((settings.seed, epoch)).permutation(n_images)
    return order[place * settings.batch_size : (place + 1) * settings.batch_size]


def learning_rate(settings, step):
    """Learning rate of a step: a linear warm-up, then half a cosine down to a hundredth."""
    from lightly.utils.scheduler import cosine_warmup_schedule

    top, warm = settings.learning_rate, max(1, round(settings.warm_up * settings.n_steps))
    return cosine_warmup_schedule(step, settings.n_steps, top, top / 100, warm, 0.0)
