"""Prototypical networks (Snell, Swersky and Zemel, 2017): a class is the mean of its embedded examples.

Nothing is adapted at test time: the support set becomes N points, and a query goes to the nearest.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from metalib import inputs
from metalib.episodes import Episode

Encoder = Callable[[Tensor], Tensor]


def prototypes(embeddings: Tensor, labels: Tensor, n_way: int) -> Tensor:
    """c_k, the mean embedding of the support pictures with label k (eq. 1 of the paper).

    embeddings  [S, D]      labels  [S] long in 0 … N−1, in any order      returns  [N, D]
    Raises ValueError for a label outside 0 … N−1 or a class without a picture (on a CPU: a GPU would have to wait).
    """
    inputs.check_support(embeddings, labels, n_way)
    sums = embeddings.new_zeros(n_way, embeddings.shape[1]).index_add(0, labels, embeddings)  # [N, D]
    counts = embeddings.new_zeros(n_way).index_add(0, labels, embeddings.new_ones(len(labels)))  # [N]
    return sums / counts[:, None]


def logits(
    embeddings: Tensor,
    prototypes: Tensor,
    *,
    distance: str = "squared_euclidean",
    scale: float | Tensor = 1.0,
) -> Tensor:
    """Minus the distance from each query to each prototype; its softmax is the class probability (eq. 2).

    embeddings  [Q, D]      prototypes  [N, D]      returns  [Q, N]
    distance    squared_euclidean, euclidean, or cosine, where the logit is the cosine itself
    scale       what the logits are multiplied by. The cosine needs one that is learned: alone it lies in −1 … 1, and so
                no probability comes near 1 (Gidaris and Komodakis, 2018)
    """
    if distance == "squared_euclidean":
        return -scale * (embeddings[:, None, :] - prototypes[None, :, :]).square().sum(dim=-1)
    if distance == "euclidean":
        return -scale * torch.linalg.vector_norm(embeddings[:, None, :] - prototypes[None, :, :], dim=-1)
    if distance == "cosine":
        return scale * nn.functional.cosine_similarity(embeddings[:, None, :], prototypes[None, :, :], dim=-1)
    raise ValueError(f"distance is {distance!r}: give squared_euclidean, euclidean or cosine")


def linear_head(prototypes: Tensor) -> tuple[Tensor, Tensor]:
    """W = 2c and b = −‖c‖²: the linear layer whose softmax is that of minus the squared distance.

    prototypes  [N, D]      returns  [N, D], [N]
    −‖z − c‖² = 2c·z − ‖c‖² − ‖z‖², and ‖z‖² is the same for all classes. Source: section 2.4 of the paper, eq. 8.
    """
    return 2 * prototypes, -prototypes.square().sum(dim=1)


def soft_k_means(prototypes: Tensor, support: Tensor, support_y: Tensor, query: Tensor, *, steps: int = 1) -> Tensor:
    """Prototypes refined by the queries, each of which counts in every class by its probability there: transductive.

    prototypes  [N, D]      support  [S, D]      support_y  [S] long      query  [Q, D]      returns  [N, D]
    Source: Ren et al. (2018), section 3.1.1; their unlabelled pictures are the queries here.
    """
    labels = one_hot(support_y, len(prototypes)).to(support.dtype)  # [S, N]
    for _ in range(steps):
        shares = torch.cat([labels, logits(query, prototypes).softmax(dim=1)])  # [S + Q, N]
        prototypes = shares.T @ torch.cat([support, query]) / shares.sum(dim=0)[:, None]
    return prototypes


def task_logits(encoder: Encoder, task: Episode, n_way: int, *, distance: str = "squared_euclidean") -> Tensor:
    """[Q, N]: the logits of one task's queries. Support and query pass the encoder in one batch, as in the paper."""
    pictures = torch.cat([task.support_x, task.query_x])  # [S + Q, 1, H, W]
    embeddings = encoder(pictures)  # [S + Q, D]
    # distances are differences of large squares: they need float32 even when the convolutions ran in bfloat16
    embeddings = embeddings.float() if embeddings.dtype in inputs.HALVES else embeddings
    support, query = embeddings.split([len(task.support_x), len(task.query_x)])
    with torch.autocast(query.device.type, enabled=False):
        return logits(query, prototypes(support, task.support_y, n_way), distance=distance)


def losses(
    encoder: Encoder, episodes: Episode, *, n_way: int | None = None, distance: str = "squared_euclidean"
) -> Tensor:
    """−log p(y | x), averaged over the queries of each task: algorithm 1 of the paper. Returns [T], differentiable.

    n_way  None: read from the labels, for which a GPU has to wait
    Each task passes the encoder by itself: in training, its batch-norm statistics are its own.
    """
    n_way = inputs.ways(episodes) if n_way is None else n_way
    inputs.check_encoding(encoder, episodes, n_way)
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    return torch.stack(
        [cross_entropy(task_logits(encoder, task, n_way, distance=distance), task.query_y) for task in tasks]
    )


def predict(encoder: Encoder, episodes: Episode, *, distance: str = "squared_euclidean") -> Tensor:
    """[T, Q]: the nearest prototype of each query.

    Raises ValueError for a network in training mode, whose running statistics would move, and whose queries would see
    one another: put it into `eval()` first. One that a lambda calls is not seen; a method's or a partial's is.
    """
    n_way = inputs.ways(episodes)
    inputs.check_encoding(encoder, episodes, n_way)
    inputs.check_statistics(encoder)
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    answers = torch.stack([task_logits(encoder, task, n_way, distance=distance) for task in tasks])
    return inputs.finite(answers).argmax(dim=2)
