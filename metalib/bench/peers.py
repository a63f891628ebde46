"""The same updates of MAML through `higher` (Grefenstette et al., 2019) and `learn2learn` (Arnold et al., 2020).

5-way, 1 shot, 15 queries a class, second order, one inner step. Neither library is needed for anything else. What they
are given is ready tensors: the episodes are drawn before. learn2learn also runs with the pipeline of its own Omniglot
benchmark, which reads picture after picture. As they ship, they run the layers of conv4 as plain PyTorch has them.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset

from metalib import maml, runtime
from metalib.adapt import Params
from metalib.banks import omniglot
from metalib.banks.members import members
from metalib.bench.updates import FIVE_WAY, INNER_LR, maml_network, plain
from metalib.episodes import ClassBank, Episode, sample_episodes
from metalib.training.recipes.maml import MamlRecipe

LIBRARIES = ("higher", "learn2learn")
PIPELINE = "omniglot"  # the subfolder into which Omniglot's files are laid out
TOLERANCE = 1e-6  # of a gradient's norm, in float64: in float32, rounding in another order can give 1e-3

Backward = Callable[[nn.Module, Iterator[Episode], int], None]


def installed() -> list[str]:
    """Which of the libraries can be imported here."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is not None]


def update(
    library: str, *, n_tasks: int, pipeline: bool, as_it_ships: bool, bank: ClassBank, folder: Path
) -> Callable[[], object]:
    """One update of MAML through `library`, on ready tensors, or with learn2learn's own `pipeline`.

    as_it_ships  on the layers of conv4 alone; else on metalib's conv4, with its memory format

    Raises ValueError when the library computes another gradient than metalib, so that the work would not be the same.
    """
    backward = _backward(library)
    check_same_gradient(library, bank)
    network = plain(maml_network()) if as_it_ships else maml_network()
    optimizer = torch.optim.Adam(network.parameters(), MamlRecipe.learning_rate)
    sample = _own_pipeline(bank, folder) if pipeline else None
    ready = sample_episodes(bank, FIVE_WAY, n_tasks, generator=runtime.seeded(0))

    def one_update() -> None:
        tasks = (ready.task(t) if sample is None else sample() for t in range(n_tasks))
        optimizer.zero_grad()
        backward(network, tasks, n_tasks)
        optimizer.step()

    return one_update


def check_same_gradient(library: str, bank: ClassBank) -> float:
    """The distance of the library's meta-gradient from metalib's, over its norm. Raises ValueError over `TOLERANCE`."""
    drawn = sample_episodes(bank, FIVE_WAY, 2, generator=runtime.seeded(0))
    episodes = drawn._replace(support_x=drawn.support_x.double(), query_x=drawn.query_x.double())
    ours, theirs = maml_network().double(), plain(maml_network()).double()
    theta: Params = dict(ours.named_parameters())
    maml.losses(ours, theta, episodes, chunk_size=1, inner_lr=INNER_LR, inner_steps=1).mean().backward()
    _backward(library)(theirs, (episodes.task(t) for t in range(2)), 2)
    a, b = (torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]) for net in (ours, theirs))
    distance = ((a - b).norm() / a.norm()).item()
    if not distance <= TOLERANCE:
        raise ValueError(f"{library}'s gradient is {distance:.2g} of its norm off metalib's: that is other work")
    return distance


def _backward(library: str) -> Backward:
    with warnings.catch_warnings():  # both are older than this torch and Python, and say so at length
        warnings.simplefilter("ignore")
        return {"higher": _higher, "learn2learn": _learn2learn}[library]()


def _higher() -> Backward:
    import higher

    def backward(network: nn.Module, tasks: Iterator[Episode], n_tasks: int) -> None:
        inner = torch.optim.SGD(network.parameters(), INNER_LR)
        for task in tasks:
            with higher.innerloop_ctx(network, inner, copy_initial_weights=False) as (learner, steps):
                steps.step(cross_entropy(learner(task.support_x), task.support_y))
                (cross_entropy(learner(task.query_x), task.query_y) / n_tasks).backward()

    return backward


def _learn2learn() -> Backward:
    import learn2learn

    def backward(network: nn.Module, tasks: Iterator[Episode], n_tasks: int) -> None:
        wrapped = learn2learn.algorithms.MAML(network, lr=INNER_LR)
        for task in tasks:
            learner = wrapped.clone()
            learner.adapt(cross_entropy(learner(task.support_x), task.support_y))
            (cross_entropy(learner(task.query_x), task.query_y) / n_tasks).backward()

    return backward


# --- learn2learn's own pipeline


def lay_out(folder: Path) -> bool:
    """Unpack the background pictures into `folder`, as torchvision's Omniglot has them; whether they were at hand.

    Nothing is downloaded: it takes the archive that metalib's own bank is made from.
    """
    archives = [path for path in omniglot.sources("images_background") if path.suffix == ".zip"]
    for names, picture in members(archives[0], ()) if archives else ():
        path = Path(folder / PIPELINE / omniglot.PARTS[0], *names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    return bool(archives)


def _own_pipeline(bank: ClassBank, folder: Path) -> Callable[[], Episode]:
    """The function that draws a task as learn2learn's Omniglot benchmark does, from files or the bank's pictures."""
    from learn2learn.data import MetaDataset, TaskDataset
    from learn2learn.data.transforms import ConsecutiveLabels, FusedNWaysKShots, LoadData, RemapLabels
    from learn2learn.vision.transforms import RandomClassRotation
    from torchvision import transforms

    prepare = transforms.Compose(
        [transforms.Resize(28, interpolation=Image.Resampling.LANCZOS), transforms.ToTensor(), lambda x: 1.0 - x]
    )
    is_laid_out = (folder / PIPELINE).exists()
    pictures = FilePictures(folder / PIPELINE, prepare) if is_laid_out else BankPictures(bank, prepare)
    members: dict[int, list[int]] = {}
    for index, label in enumerate(pictures.labels):
        members.setdefault(label, []).append(index)
    dataset = MetaDataset(pictures, members, dict(enumerate(pictures.labels)))
    per_class = FIVE_WAY.k_shot + FIVE_WAY.n_query
    tasks = TaskDataset(
        dataset,
        [
            FusedNWaysKShots(dataset, n=FIVE_WAY.n_way, k=per_class),
            LoadData(dataset),
            RemapLabels(dataset),
            ConsecutiveLabels(dataset),
            RandomClassRotation(dataset, [0.0, 90.0, 180.0, 270.0]),
        ],
    )

    def sample() -> Episode:
        x, y = tasks.sample()  # [N · per_class, 1, 28, 28], rows sorted by label
        support = torch.arange(len(y)) % per_class < FIVE_WAY.k_shot
        return Episode(x[support], y[support], x[~support], y[~support])

    return sample


class FilePictures(Dataset):
    """Omniglot's pictures, read from their files one at a time, as torchvision does it."""

    def __init__(self, folder: Path, prepare: Callable[[Image.Image], Tensor]) -> None:
        self.paths, self.prepare = sorted(folder.rglob("*.png")), prepare
        numbers = {character: number for number, character in enumerate(dict.fromkeys(p.parent for p in self.paths))}
        self.labels = [numbers[path.parent] for path in self.paths]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.prepare(Image.open(self.paths[index], mode="r").convert("L")), self.labels[index]


class BankPictures(Dataset):
    """The bank's drawings as pictures with dark ink, one at a time: what files would give, without the files."""

    def __init__(self, bank: ClassBank, prepare: Callable[[Image.Image], Tensor]) -> None:
        self.images, self.prepare = bank.images.flatten(0, 1), prepare  # [C · D, 1, H, W]
        self.labels = [c for c in range(bank.n_classes) for _ in range(bank.n_drawings)]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        ink = self.images[index, 0].numpy()
        return self.prepare(Image.fromarray(255 - ink)), self.labels[index]
