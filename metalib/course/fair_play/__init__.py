"""The room of notebook 07, *Fair play*: what a test gives away."""
