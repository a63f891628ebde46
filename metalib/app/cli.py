"""The command line: `metalib lab | doctor | data | classify | train | evaluate | results | study | bench`.

Each command is a pair of functions, its options and its run.
What a command needs is imported when it runs, so that none waits for another's libraries.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

INTERRUPTED, WRONG_INPUT = 130, 2  # a shell's own numbers for Ctrl-C, and argparse's for a wrong option


class Command(NamedTuple):
    """One subcommand: what it says of itself, its options, and what it does (which returns the exit status)."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    module: str = "metalib.app.commands"  # loaded before it runs


def lab_options(parser: argparse.ArgumentParser) -> None:
    """JupyterLab's own options come in `rest`."""
    parser.epilog = "All other options go to JupyterLab: metalib lab --no-browser --port 8889"


def lab_run(arguments: argparse.Namespace) -> int:
    """Open JupyterLab on the learner's copy of notebook 00."""
    from metalib.app import lab

    return lab.launch(arguments.rest)


def doctor_options(parser: argparse.ArgumentParser) -> None:
    """None."""


def doctor_run(arguments: argparse.Namespace) -> int:
    """Examine the installation: 0 when nothing is wrong, else 1."""
    from metalib.app import doctor

    return doctor.examine()


def data_options(parser: argparse.ArgumentParser) -> None:
    """What to do with the data."""
    parser.add_argument(
        "action",
        choices=("fetch", "verify", "where"),
        help="fetch: download Omniglot (16 MB); verify: check what is there; where: say where it is looked for",
    )


def data_run(arguments: argparse.Namespace) -> int:
    """Fetch, verify or locate the data; 1 when something is wrong with them."""
    from metalib.banks import inspect_data

    if arguments.action == "fetch":
        from metalib.banks.fetch import fetch

        print(f"Omniglot is in {fetch()}")
        return 0
    if arguments.action == "where":
        print(*inspect_data.where(), sep="\n")
        return 0
    right, lines = inspect_data.verify()
    print(*lines, sep="\n")
    return 0 if right else 1


def classify_options(parser: argparse.ArgumentParser) -> None:
    """Pictures with a label, and pictures without."""
    add = parser.add_argument
    add("support", help="a folder with a sub-folder of pictures for each class, or a file of --save")
    add("pictures", nargs="*", help="pictures to classify, or folders of them")
    add("--backbone", help="omniglot (drawings; without the option), emoji, photos, torchvision:NAME or timm:NAME")
    add("--head", help="centroid, 'plain centroid', 'linear probe' or fine-tuning (default: the backbone's own)")
    add("--seconds", type=limited("seconds"), help="of fine-tuning (30)")
    add(
        "--none-of-these",
        type=limited("share"),
        metavar="SHARE",
        help="turn strangers away, and this share of your own",
    )
    add("--labelled", help="a folder like the first: how many are right, and which classes are mixed up")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_const", dest="form", const="json", default="table", help="for a program")
    form.add_argument("--csv", action="store_const", dest="form", const="csv", help="for a spreadsheet")
    add("--save", type=limited("out"), help="write the classifier to this .safetensors file")
    add("--download", action="store_true", help="allow fetching a backbone from the network")
    device_option(parser)


def classify_run(arguments: argparse.Namespace) -> int:
    """Say what new pictures show, by a folder with a few of each class."""
    from metalib.app import classify

    if unknown := [word for word in arguments.rest if word.startswith("-")]:
        raise ValueError(f"{' '.join(unknown)} is no option of it: see metalib classify -h")
    arguments.pictures += arguments.rest  # argparse takes those before the first option only
    names = ("support", "pictures", "backbone", "head", "seconds", "none_of_these", "labelled", "form", "save")
    classify.classify(**_chosen(arguments, (*names, "download", "device")))
    return 0


def train_options(parser: argparse.ArgumentParser) -> None:
    """Which recipe, where to, and how long."""
    parser.epilog = "On a CPU, MAML's tasks go over as many threads as there are cores, or as OMP_NUM_THREADS says."
    parser.add_argument("recipe", help="protonet, classifier, maml, fomaml, anil, reptile …: an unknown name lists all")
    parser.add_argument(
        "--out", type=limited("out"), help="folder of the run (default: in runs/ of the first data folder)"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the run in --out stopped")
    parser.add_argument("--updates", type=limited("updates"), help="the learning rate falls to zero over so many")
    parser.add_argument("--split", choices=("alphabets", "paper"), default="alphabets", help="of classes")
    parser.add_argument("--seed", type=limited("seed"), default=0)
    parser.add_argument("--compile", action="store_true", help="MAML on a CPU: faster on some, after half a minute")
    parser.add_argument("--with-validation", action="store_true", help="learn from the validation classes too")
    device_option(parser)


def train_run(arguments: argparse.Namespace) -> int:
    """Train, and write the checkpoint."""
    from metalib.app import commands
    from metalib.training import distributed

    with distributed.only_the_first_prints():
        names = ("out", "resume", "updates", "seed", "device", "with_validation")
        others = {"protocol": arguments.split, "compiled": arguments.compile}
        commands.train(arguments.recipe, **_chosen(arguments, names), **others)
    return 0


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    """Which checkpoint, on how many episodes."""
    parser.add_argument("checkpoint", help="a .safetensors file, or a name such as protonet")
    parser.add_argument("--episodes", type=limited("episodes"), default=1000, help="for each cell of the table (1000)")
    parser.add_argument("--write", action="store_true", help="write what is measured into the checkpoint")
    device_option(parser)


def evaluate_run(arguments: argparse.Namespace) -> int:
    """Measure a checkpoint on the evaluation classes."""
    from metalib.app import commands

    commands.evaluate(arguments.checkpoint, episodes=arguments.episodes, device=arguments.device, write=arguments.write)
    return 0


def look_options(parser: argparse.ArgumentParser) -> None:
    """Which network, and what for."""
    parser.add_argument("checkpoint", help="a .safetensors file, or a name such as protonet")
    parser.add_argument("purpose", help="what is to be found out, in a few words: it goes into data/exam-c-looks.md")
    device_option(parser)


def look_run(arguments: argparse.Namespace) -> int:
    """Let a network sit exam C, and write the look down."""
    from metalib.app import commands

    commands.look(arguments.checkpoint, arguments.purpose, device=arguments.device)
    return 0


def results_options(parser: argparse.ArgumentParser) -> None:
    """All of it, or what is new."""
    parser.add_argument("--anew", action="store_true", help="measure everything again, also what is up to date")
    device_option(parser)


def results_run(arguments: argparse.Namespace) -> int:
    """Measure the course's methods in the exams, and write data/results.json."""
    from metalib.app import commands

    commands.write_results(device=arguments.device, anew=arguments.anew)
    return 0


def study_options(parser: argparse.ArgumentParser) -> None:
    """Which experiment."""
    parser.add_argument("name", help="an unknown name lists all")


def study_run(arguments: argparse.Namespace) -> int:
    """Run an experiment, and write data/studies/NAME.json."""
    from metalib.app import commands

    commands.run_study(arguments.name)
    return 0


def bench_options(parser: argparse.ArgumentParser) -> None:
    """How thorough, beside whom, and where to."""
    parser.add_argument("--quick", action="store_true", help="few rounds and ways: a first look")
    parser.add_argument("--peers", action="store_true", help="also through higher and learn2learn, where installed")
    parser.add_argument("--out", type=limited("out"), help="a .json file for the figures; a picture goes beside it")
    device_option(parser)


def bench_run(arguments: argparse.Namespace) -> int:
    """Measure this machine."""
    from metalib.app import commands

    commands.run_bench(device=arguments.device, quick=arguments.quick, with_peers=arguments.peers, out=arguments.out)
    return 0


def _chosen(arguments: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """The options of these names, as the functions behind a command take them."""
    return {name: getattr(arguments, name) for name in names}


def limited(name: str) -> Callable[[str], object]:
    """The reader of the option `name`, as `limits` has it."""

    def read(text: str) -> object:
        from metalib.app import limits

        try:
            return limits.LIMITS[name](text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def device_option(parser: argparse.ArgumentParser) -> None:
    """Where to compute."""
    parser.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the best there is)")


COMMANDS = {
    "lab": Command("open JupyterLab on your copy of the first notebook", lab_options, lab_run, "metalib.app.lab"),
    "doctor": Command(
        "say what is installed, what is wrong, and what to do about it",
        doctor_options,
        doctor_run,
        "metalib.app.doctor",
    ),
    "data": Command("fetch, verify or locate the data", data_options, data_run, "metalib.banks.inspect_data"),
    "classify": Command(
        "say what your own pictures show, from a few of each class",
        classify_options,
        classify_run,
        "metalib.app.classify",
    ),
    "train": Command("meta-train a network by a recipe", train_options, train_run),
    "evaluate": Command("measure a trained network on the evaluation classes", evaluate_options, evaluate_run),
    "look": Command("let a trained network sit exam C, and write the look down", look_options, look_run),
    "results": Command("let every method of the course sit the exams", results_options, results_run),
    "study": Command("run one of the experiments that notebooks report", study_options, study_run),
    "bench": Command("say how fast this machine draws episodes and trains", bench_options, bench_run),
}
PASS_ON = {"lab", "classify"}  # commands that look themselves at what argparse left over


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands in COMMANDS."""
    parser = argparse.ArgumentParser(prog="metalib", description="An interactive course on meta-learning.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = commands.add_parser(name, help=command.help, description=f"{command.help[0].upper()}{command.help[1:]}.")
        command.options(own)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status.

    Wrong input ends in one line and status 2, Ctrl-C in status 130, SIGTERM in a training in status 143.
    """
    from metalib.app import console

    console.write_utf8()
    parser = build_parser()
    arguments, rest = parser.parse_known_args(argv)
    arguments.rest = rest
    if rest and arguments.command not in PASS_ON:
        parser.error(f"{arguments.command} does not know {' '.join(rest)}: see metalib {arguments.command} -h")
    command = COMMANDS[arguments.command]
    try:
        with console.ctrl_c_ends_at_once(INTERRUPTED):
            importlib.import_module(command.module)
        return command.run(arguments)
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted", file=sys.stderr)
        return getattr(stop, "status", INTERRUPTED)
    except (ValueError, OSError) as error:  # these carry the numbers and the remedy; all else is a fault of ours
        print(f"metalib {arguments.command}: {error}", file=sys.stderr)
        return WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
