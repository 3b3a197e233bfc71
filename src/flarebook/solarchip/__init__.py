"""Study 3: contrastive pretraining on pairs of AIA images and HMI magnetograms of the same time (SolarCHIP)."""


def load(name):
    """Pretrained model that is shipped with the package, ready to turn images into features.

    name: "vit-tiny" or "cnn-tiny".  Returns the model in evaluation mode.  Raises InputError for another name.
    """
    from flarebook.solarchip.models.weights import load as load_shipped  # torch takes seconds to import

    return load_shipped(name)
