"""The room of notebook 08, *Showdown*: which method, when."""
