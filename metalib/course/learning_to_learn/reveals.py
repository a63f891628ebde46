"""What the folds of notebook 01 say beside their numbers: the cells have no word of it."""

PIXELS = "Drawings of one character share some places. But a slanted or shifted stroke is far away in pixels."

LEAKS = """
The first leak flatters: one query in five is given away. The second hides what a learner can do. The third is the quiet
one: the nearest pixels do not notice it. A network that is trained on such tasks may learn class numbers, and never
learn to look at S.

Descending labels, one fixed permutation for all tasks, or the class number modulo N are as bad. The auditor finds
these, too, and so does the check of your sampler.
"""

SPLIT = """
Rows one and two: what the network gained on alphabets that it was never shown, from nothing but tasks of other
alphabets. Row three against row two: what it knows of just these characters and alphabets.

A few-shot learner is for new classes, and there this surplus is gone. A split by pictures would promise it all the
same. So classes are split.
"""

UNTRAINED = """
Random weights are not blind. On Omniglot, max-pooling alone brings the pixels two thirds of the way to the untrained
network in exam A, and more than half in exam B: it forgives small shifts, whatever the weights are.
"""

ONE_HAND = """
One hand makes it easier for the trained network, by a point or two. That is little beside what separates its score here
from that of people there. Other characters were asked there, too. So do not compare the two.
"""
