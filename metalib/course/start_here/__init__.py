"""The room of notebook 00, *Start here*: five new characters, learned in under a second."""
