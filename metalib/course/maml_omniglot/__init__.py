"""The room of notebook 04, *MAML on Omniglot*: the same on a convolutional network."""
