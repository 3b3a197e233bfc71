"""Translation between channels: diffusion and regressions."""
