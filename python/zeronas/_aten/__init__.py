"""The operators of PyTorch that layers are made of."""
