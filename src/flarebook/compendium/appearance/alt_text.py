"""Numbers for alternative texts, so that what a reader hears is what the figure plots."""


def listed(values, form=".2f"):
    """Write a Series as "AUC 0.86, TSS −0.57", in the order of its index.

    form: of a number, as in format strings.
    """
    numbers = (f"{value:{form}}".replace("-", "−") for value in values)
    return ", ".join(f"{name} {number}" for name, number in zip(values.index, numbers, strict=True))
