"""Kill a training run at random moments, resume it each time, and compare its end with that of a run left alone.

python tests/kill_and_resume.py [--kills 20] [--updates 600] [--seed 0]

Exit status 0: no kill cost more than the updates since the last save, and the end is the same to the last bit.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training_run import SAVE_EVERY

from metalib.training.run_state import STATE, load_state, read_records

PROGRAM = Path(__file__).with_name("training_run.py")


def start(folder, updates, *flags):
    """The run as a process, once it is past its first record, and the update of that record."""
    command = [sys.executable, PROGRAM, folder, "--updates", str(updates), *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline() or -1)


def end_of(folder):
    """What must be equal at the end: parameters and all else but the seconds, and the records."""
    state = load_state(folder)
    state.pop("seconds")
    return state, [record._replace(seconds=0.0) for record in read_records(folder)]


def same(ours, theirs):
    """Equality of nested dictionaries and lists with tensors in them."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool((ours == theirs).all()) if hasattr(ours, "all") else ours == theirs


def kill(folder, updates, delay, flags):
    """Kill a run `delay` seconds after its first record; returns the last update that it told of."""
    process, first = start(folder, updates, *flags)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    output, _ = process.communicate()
    if process.returncode != -signal.SIGKILL:
        sys.exit(f"the run ended (status {process.returncode}) before it could be killed: raise --updates")
    return max([first, *map(int, output.split())])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        process, _ = start(whole, options.updates)
        process.communicate()
        seconds = load_state(whole)["seconds"]
        flags, lost = (), []
        for number in range(1, options.kills + 1):
            delay = moments.uniform(0, 1.5 * seconds / options.kills)
            told = kill(killed, options.updates, delay, flags)
            kept = load_state(killed)["update"] if (killed / STATE).exists() else 0
            lost.append(told - kept)
            flags = ("--resume",)
            print(f"kill {number}: {delay:.3f} s after the first record, past update {told}, kept {kept}", flush=True)
        process, _ = start(killed, options.updates, *flags)
        process.communicate()
        equal, most = same(end_of(killed), end_of(whole)), max(lost)
    print(f"{options.kills} kills; at most {most} updates lost at one, {SAVE_EVERY} between saves; same end: {equal}")
    sys.exit(0 if equal and most <= SAVE_EVERY else 1)


if __name__ == "__main__":
    main()
