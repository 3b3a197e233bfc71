"""The authors' network for multiple sources, and their way of training it."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from flarebook.learning.training import Monitoring, descend, training_loop
from flarebook.stix.multiple_sources.labelled_set import LabelledSet

BATCH_SIZE = 32  # this and the next two: the authors' code
LEARNING_RATE = 1e-3
EPOCHS = 200


class SourceNetwork(nn.Module):
    """Dense layers 512, 256, 256 (added to its input), 256 and 2 outputs: one source, several sources.

    Each hidden layer: batch normalisation, rectifier; dropout .6 after the first, third and fourth.
    Drozdova et al. 2024, published code.
    """

    def __init__(self, n_features):
        super().__init__()
        widths = (n_features, 512, 256, 256, 256)
        pairs = zip(widths[:-1], widths[1:], strict=True)
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairs)
        self.norm = nn.ModuleList(nn.BatchNorm1d(width) for width in widths[1:])
        self.dropout = nn.Dropout(0.6)
        self.output = nn.Linear(widths[-1], 2)

    def layer(self, number, x):
        """Hidden layer before dropout."""
        return torch.relu(self.norm[number](self.dense[number](x)))

    def forward(self, features):
        """Features (n, n_features) to logits (n, 2)."""
        x = self.layer(1, self.dropout(self.layer(0, features)))
        x = self.dropout(self.layer(2, x) + x)
        return self.output(self.dropout(self.layer(3, x)))


def train_network(labelled, seed, epochs=EPOCHS, device="cpu", after_epoch=None):
    """Train on all images of a labelled set: Adam, cross-entropy, no weights for the rare class.

    labelled: LabelledSet; after_epoch: called with (epoch, network) after each.  A last batch of one image, which
    has no variance, is left out of each epoch.  The result depends on seed only.
    Returns the network in evaluation mode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        features = torch.as_tensor(labelled.features, dtype=torch.float32, device=device)
        label = torch.as_tensor(labelled.multiple, device=device)
        network = SourceNetwork(features.shape[1]).to(device)
        optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)

        def train_epoch(epoch):
            network.train()
            batches = [rows for rows in torch.randperm(len(label)).split(BATCH_SIZE) if len(rows) > 1]
            losses = (nn.functional.cross_entropy(network(features[rows]), label[rows]) for rows in batches)
            return {"loss": np.mean([descend(loss, optimiser) for loss in losses])}

        progress = after_epoch and (lambda row: after_epoch(row["step"], network))
        training_loop(train_epoch, epochs, "the network of the authors", Monitoring(progress=progress))
    return network.eval()


@torch.no_grad()
def probability(network, features):
    """Probability of several sources, (n_images,) float32."""
    network.eval()
    first = next(network.parameters())
    logits = network(torch.as_tensor(features, dtype=torch.float32, device=first.device))
    return torch.softmax(logits, dim=1)[:, 1].cpu().numpy()


def authors_network(train, multiple, images, seed=0, epochs=EPOCHS):
    """Probability of several sources in images from a network trained as the authors do.

    train: (n, n_features); multiple: (n,) of 0 and 1; images: (n_images, n_features).  Returns (n_images,).
    """
    return probability(train_network(LabelledSet(train, np.asarray(multiple) + 1), seed, epochs), images)


def watch_training(labelled, images, seed, epochs=EPOCHS, every=5, device="cpu"):
    """What the network says of the unlabelled images while it trains, as the authors watched it.

    images: (n_images, n_features).  Returns (DataFrame: seed, epoch, training_accuracy, n_called;
    probabilities (n_checks, n_images)), a check each `every` epochs.
    """
    rows, probabilities = [], []

    def look(epoch, network):
        if epoch % every == 0:
            own = probability(network, labelled.features) > 0.5
            probabilities.append(probability(network, images))
            rows.append((seed, epoch, np.mean(own == labelled.multiple), int((probabilities[-1] > 0.5).sum())))

    train_network(labelled, seed, epochs, device, look)
    return pd.DataFrame(rows, columns=["seed", "epoch", "training_accuracy", "n_called"]), np.array(probabilities)
