"""The room of notebook 06, *Prototypical networks*: no gradient step at all."""
