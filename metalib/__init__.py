"""metalib: few-shot episodes, prototypical networks, and what the course's notebooks need around them.

Read `episodes.py`, then `protonet.py`: the rest serves these two. Importing the package draws in neither matplotlib nor
ipywidgets; `metalib.plots` and `metalib.widgets` do.
"""

from metalib import runtime  # on import it sets the allocator, which has to happen before the first large tensor

__all__ = ["runtime"]
__version__ = "0.1.0"
