"""The eleven images of one time: HMI line-of-sight magnetogram and ten AIA channels, in the order used everywhere."""

CHANNELS = ("hmi", "94", "131", "171", "193", "211", "304", "335", "1600", "1700", "4500")
AIA = CHANNELS[1:]
CORONAL = ("94", "131", "171", "193", "211", "335")  # optically thin lines of the corona
UNITS = {"hmi": "G"} | dict.fromkeys(AIA, "DN/s")
SATURATION = 16_383.0  # DN, the largest value of the AIA cameras (14 bits); Lemen et al. 2012


def channel_index(channel):
    """Place of a channel on the images' second axis; an int is returned as it is."""
    return channel if isinstance(channel, int) else CHANNELS.index(channel)
