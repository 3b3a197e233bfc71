"""Autoencoders: ViT and CNN backbones, losses, weights."""
