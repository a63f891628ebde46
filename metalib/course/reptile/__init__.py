"""The room of notebook 05, *Reptile*: five lines without a second derivative."""
