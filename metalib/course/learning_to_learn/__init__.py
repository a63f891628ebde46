"""The room of notebook 01, *Learning to learn*: tasks, episodes, and why classes are split."""
