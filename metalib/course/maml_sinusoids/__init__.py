"""The room of notebook 03, *MAML on sinusoids*: the meta-gradient, by hand and by machine."""
