"""metalib: a small module about learning to learn, and around it all that the course needs.

The small module lies at the top. It can be read in an evening, in this order:

    episodes  sinusoids  quadratics          what a task is
    models                                   conv4 and mlp
    adapt  maml  reptile  protonet           one algorithm each: its equation, its lines
    finetune  baselines                      what they are compared with
    evaluate                                 accuracy of each episode, and intervals
    runtime  places                          the machine; where files are looked for

Beside it, `inputs` and `vetting` hold what it refuses, and `files` how files are read and written.
It imports nothing of the rooms around it:

    banks/      where pictures come from: Omniglot, glyphs; fetched, stored, changed a little
    training/   meta-training: the loop, what resumes it, several processes, CUDA graphs, checkpoints, recipes/
    course/     all that knows that a notebook exists: kit/ is what several notebooks stand on,
                and each notebook has a room of its own: checks, plots, widgets, studies
    bench/      how fast this machine is, and beside whom
    app/        the command line `metalib`
    jupyter/    settings of the JupyterLab that `make lab` starts

tests/ has the same rooms. Importing `metalib` loads neither matplotlib nor ipywidgets.
"""

from metalib import runtime  # on import it sets the allocator, which has to happen before the first large tensor

__all__ = ["runtime"]
__version__ = "0.1.0"
