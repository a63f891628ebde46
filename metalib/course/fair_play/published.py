"""Three published tables on Omniglot, and what each of them says to the nine questions."""

from __future__ import annotations

QUESTIONS = (
    ("split", "Which classes are new: characters, or whole alphabets? Are turned ones classes?"),
    ("way", "Among how many classes is chosen, in training and at test?"),
    ("shot", "How many pictures of a class are shown?"),
    ("queries", "How many are asked of each class?"),
    ("batch norm", "Whose mean and variance?"),
    ("transduction", "May an answer use the other queries?"),
    ("selection", "On which classes was the model chosen?"),
    ("seeds", "How many networks were trained?"),
    ("interval", "Over tasks, queries or seeds, and how many?"),
)
# in the table or its caption; [in brackets] where the paper's text or its code tells it; "?" where neither was found
SAID = {
    "split": (
        "[characters at random, turned ones too]",
        "[Vinyals' characters, turned ones too]",
        "[characters at random]",
    ),
    "way": ("5, 20", "5, 20 [trained 60-way]", "5, 20"),
    "shot": ("1, 5", "1, 5", "1, 5"),
    "queries": ("[as many as shots: code]", "[15: code]", "[1: code]"),
    "batch norm": ("[the queries' own: code]", "[running: code]", "[queries' own, or with the support set: text]"),
    "transduction": ("[yes: Nichol et al. say so]", "[no]", "a row for each"),
    "selection": ("?", "?", "?"),
    "seeds": ("?", "?", "?"),
    "interval": ("over tasks", "–", "± [over what: ?]"),
}
