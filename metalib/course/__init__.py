"""All that knows that a notebook exists: the kit, which several notebooks stand on, and one room a notebook.

A room is called as its notebook and holds what that notebook imports: `checks` judges the exercises, `plots` draws,
`widgets` and `studies` hand on what the room's other files hold. A long exercise's judge is a file `exercise_…`, an
experiment is a file `study_…`, and a widget has its script and its style sheet beside it.
No room imports another: what two of them need lies in the kit.
"""
