"""The check of notebook 03's product of Hessian factors, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import grad, hessian, jacrev

from metalib.course.maml_sinusoids.checks import check_meta_gradient
from metalib.course.maml_sinusoids.exercise_meta_gradient import NO_PRODUCT


def by_the_product(support_loss, query_loss, theta, alpha, k, flaw=""):
    product, phi = torch.eye(len(theta), dtype=theta.dtype), theta
    for _ in range(k):
        at = theta if flaw == "at theta" else phi
        eye = 1 if "ones" in flaw else torch.eye(len(theta))
        factor = eye - (1 if flaw == "no alpha" else alpha) * hessian(support_loss)(at)
        if flaw == "stars":
            product = product * factor
        elif flaw in ("stars from 1", "ones and stars"):
            product = factor if phi is theta else product * factor
        else:
            product = factor @ product if flaw == "reversed" else product @ factor
        phi = phi - alpha * grad(support_loss)(phi)
    if flaw == "matrix":
        return product * grad(query_loss)(phi)
    return product @ grad(query_loss)(theta if flaw == "outer at theta" else phi)


def from_behind(support_loss, query_loss, theta, alpha, k):
    points = [theta]
    for _ in range(k):
        points.append(points[-1] - alpha * grad(support_loss)(points[-1]))
    v = grad(query_loss)(points[-1])
    for phi in reversed(points[:-1]):
        v = v - alpha * jacrev(grad(support_loss))(phi) @ v
    return v


def through_the_steps(support_loss, query_loss, theta, alpha, k):
    def meta_loss(theta):
        phi = theta
        for _ in range(k):
            phi = phi - alpha * grad(support_loss)(phi)
        return query_loss(phi)

    return grad(meta_loss)(theta)


@pytest.mark.parametrize("answer", [by_the_product, from_behind, through_the_steps])
@pytest.mark.parametrize("form", [lambda g: g, list, lambda g: g.tolist(), lambda g: g.numpy()])
def test_right_products_pass(answer, form):
    accept(check_meta_gradient(lambda *case: form(answer(*case))))


def test_going_through_the_steps_is_no_product_and_the_verdict_says_so():
    verdict = check_meta_gradient(through_the_steps)
    accept(verdict)
    assert NO_PRODUCT in verdict.message
    for answer in (by_the_product, from_behind, lambda *case: from_behind(*case)):
        assert NO_PRODUCT not in check_meta_gradient(answer).message


WRONG_PRODUCTS = {
    "reversed": "Your factors stand in the wrong order",
    "at theta": "All your Hessians are taken at θ",
    "no alpha": "the step size α is missing",
    "matrix": "You return a matrix",
    "ones": "from a matrix full of ones",
    "stars": "entry by entry, with `*`",
    "stars from 1": "entry by entry, with `*`",
    "ones and stars": "And the product of matrices is `@`",
    "outer at theta": "Your last gradient is taken at θ",
}


@pytest.mark.parametrize("flaw", WRONG_PRODUCTS)
def test_wrong_products_are_named(flaw):
    expect(check_meta_gradient(lambda *case: by_the_product(*case, flaw)), WRONG_PRODUCTS[flaw])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *case: by_the_product(*case).round(decimals=3), "do you round"),
        (lambda *case: torch.zeros(3), "entry"),
        (lambda *case: torch.zeros(2), "of shape [2]"),
        (lambda *case: torch.zeros(3, dtype=torch.complex64), "complex"),
        (lambda *case: ["1", "2", "3"], "the text '1'"),
        (lambda *case: case[1](case[2]), "of shape []"),
    ],
)
def test_what_is_no_gradient_is_explained(answer, words):
    expect(check_meta_gradient(answer), words)
