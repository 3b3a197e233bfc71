"""Tables of the model cards that stand beside the weights."""


def line(name, numbers):
    """Line of a card's table: a name and numbers."""
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in numbers) + " |"
