"""The room of notebook 09, *Draw your own*: a classifier for the learner's own pictures, and how far to trust it."""
