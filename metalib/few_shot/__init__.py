"""A classifier for one's own pictures: a network, a head that learns from few of them, how far to trust it.

classifier                       FewShot: fit, predict, save, load
pictures  folder  preparing      from files of all kinds to what a network looks at
backbones  borrowed  features    the networks, and what they see in pictures, computed once
heads  fine_tuning               how classes are learned from a few pictures
estimates  comparing             how good it is, and which one is better
none_of_these                    pictures of no class, and of another kind than the network knows
"""

from metalib.few_shot.classifier import Answers, FewShot, Neighbour
from metalib.few_shot.comparing import compare

__all__ = ["Answers", "FewShot", "Neighbour", "compare"]
