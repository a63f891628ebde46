"""What the folds of notebook 01 say beside their numbers: the cells have no word of it."""

PIXELS = "Drawings of one character share some places. But a slanted or shifted stroke is far away in pixels."

LEAKS = """
The first flaw flatters: one query in five is given away. The second hides what a learner can do. The third is the quiet
one: the nearest pixels do not notice it.

The memoriser knows the classes here. With classes split, as in the next section, it has nothing to remember at the
test. The harm is in training: the loss falls without a look at S. A network may then learn class numbers, and never
learn to look at S.

Descending labels and one fixed permutation for all tasks are as bad. With the class number modulo N as the label, a
memoriser is right every time. The auditor finds these, too, and so does the check of your sampler.
"""

SPLIT = """
Rows one and two: what the network gained on alphabets that it was never shown, from nothing but tasks of other
alphabets. Row three against row two: what it knows of just these characters and alphabets.

The score on old characters is what a split by pictures would report. A few-shot learner is for new classes, and there
this surplus is gone. So classes are split.
"""

UNTRAINED = """
Random weights are not blind. But on Omniglot the pixels come most of the way to the untrained network in exam A without
any weights, by max-pooling alone. The mean of each block does better than its maximum. Blurred pixels do better than
the untrained network, and are as many as before.

So neither the maximum nor the smaller number of pixels is the point. One likely reason is shared by all three: each
number stands for a neighbourhood, so a stroke that is shifted a little still overlaps itself. conv4's blocks mix
neighbours, too, whatever their weights are.

Why blocks of 4 × 4? conv4 halves a picture four times, down to one place with 64 numbers. A pixel is one number, so
here it is halved twice, and 49 are left.
"""

ONE_HAND = """
One hand makes it easier for the trained network, by a point or two. On the boards above exam C is easier for it than
exam B by more than ten. So that all candidates are by one hand is the smaller part. Whose hands were taken, and which
characters, is the larger: notebook 07 measures both.
"""
