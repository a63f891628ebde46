"""The room of notebook 02, *Rapid fine-tuning*: a pre-trained network and five pictures."""
