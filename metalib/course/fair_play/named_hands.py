"""Is the number of a drawing in Omniglot the number of a person, the same for all characters of an alphabet?

Checked on the pictures alone: who writes large writes all characters large. If the number named nobody, the drawings
with one number would differ from character to character as much as any others do.
"""

from __future__ import annotations

import torch
from torch import Tensor

from metalib.episodes import ClassBank
from metalib.runtime import seeded

HABITS = ("width", "height", "place across", "place down")
SHUFFLES = 200


def habits(images: Tensor) -> Tensor:
    """[C, D, 4] of pictures [C, D, 1, H, W]: how far the ink spreads, across and down, and where its middle lies."""
    ink = images[:, :, 0].double()
    mass = ink.sum(dim=(2, 3)).clamp(min=1)
    found = []
    for axis, other in ((3, 2), (2, 3)):
        places = torch.arange(ink.shape[axis], dtype=torch.float64)
        share = ink.sum(dim=other) / mass[..., None]  # [C, D, W], then [C, D, H]
        middle = (share * places).sum(dim=2)
        found.append((middle, (share * (places - middle[..., None]).square()).sum(dim=2).sqrt()))
    (across, width), (down, height) = found
    return torch.stack([width, height, across, down], dim=2)


def share_of_hands(values: Tensor) -> Tensor:
    """[4]: of the variance of habits [C, D, 4] within characters, the share that lies between the hands' means."""
    centred = values - values.mean(dim=1, keepdim=True)
    return centred.mean(dim=0).square().mean(dim=0) / centred.square().mean(dim=(0, 1))


def hands_are_named(bank: ClassBank, seed: int) -> dict[str, object]:
    """The share of each habit that the drawings' numbers explain, mean over the alphabets of `bank`.

    shuffled  the same with the numbers of each character's drawings shuffled
    alphabets_above_shuffled  in how many of the alphabets the share, mean over the habits, is larger than in each of
              `SHUFFLES` shuffles
    """
    generator, groups = seeded(seed), bank.group_ids
    values = habits(bank.images)
    told, shuffled, above = [], [], 0
    for group in range(int(groups.max()) + 1):
        of_group = values[groups == group]
        share = share_of_hands(of_group)
        by_chance = []
        for _ in range(SHUFFLES):
            order = torch.rand(of_group.shape[:2], generator=generator).argsort(dim=1)
            by_chance.append(share_of_hands(of_group.gather(1, order[..., None].expand_as(of_group))))
        chance = torch.stack(by_chance)
        above += int(share.mean() > chance.mean(dim=1).max())
        told.append(share)
        shuffled.append(chance.mean(dim=0))
    means = [torch.stack(x).mean(dim=0).tolist() for x in (told, shuffled)]
    return {
        "share": dict(zip(HABITS, means[0], strict=True)),
        "shuffled": dict(zip(HABITS, means[1], strict=True)),
        "alphabets": len(told),
        "alphabets_above_shuffled": above,
    }
