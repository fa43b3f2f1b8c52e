"""A server on this machine is asked over HTTP, and nobody else."""

import io
import json

import numpy as np
import pytest
from answering_server import answering
from scipy.special import softmax

import loft_jax
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.errors import InputError
from loft_jax.targets.http import HttpTarget

W = np.random.default_rng(0).normal(size=(12, 3))
KIND = {"size": 2, "channels": 3, "class_names": ("a", "b", "c")}
PICTURES = np.random.default_rng(1).random((200, 2, 2, 3), np.float32)


def scores(images):
    return softmax(images.reshape(len(images), -1) @ W, axis=1)


def npy(array):
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


ANSWERS = {
    "/npy": lambda x: npy(scores(x)),
    "/json": lambda x: json.dumps(scores(x).tolist()).encode(),
    "/object": lambda x: json.dumps({"scores": scores(x).tolist()}).encode(),
    "/labels": lambda x: json.dumps({"labels": scores(x).argmax(1).tolist()}).encode(),
    "/text": lambda x: b"it is a cat",
    "/pickle": lambda x: npy(np.array([{}], object)),
    "/nan": lambda x: json.dumps(np.full((len(x), 3), np.nan).tolist()).encode(),
    "/short": lambda x: json.dumps([[0.5, 0.5]] * len(x)).encode(),
}


@pytest.fixture(scope="module")
def server():
    """Its address, and the numbers of pictures that it was sent."""
    with answering(ANSWERS) as found:
        yield found


@pytest.mark.parametrize("path", ["/npy", "/json", "/object"])
def test_scores_are_the_servers_and_every_picture_is_sent_once(server, path):
    address, sent = server
    target = HttpTarget(address + path, **KIND)
    assert (target.access, target.queries) == ("scores", 1)  # one picture told which it is
    del sent[:]
    np.testing.assert_allclose(target.ask(PICTURES).scores, scores(PICTURES), atol=1e-6)
    assert sent == [128, 72]
    assert target.queries == 201
    assert target.offers == {"label", "scores"}


def test_labels_are_labels(server):
    target = HttpTarget(server[0] + "/labels", **KIND)
    np.testing.assert_array_equal(target.ask(PICTURES).label, scores(PICTURES).argmax(1))
    assert target.offers == {"label"}


def test_an_access_that_is_said_costs_no_query(server):
    del server[1][:]
    assert HttpTarget(server[0] + "/npy", **KIND, access="scores").queries == 0
    assert server[1] == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/text", "must answer scores or labels as .npy or JSON, got b'it is a cat'"),
        ("/pickle", "must answer scores or labels as .npy or JSON"),
        ("/none", "must answer pictures of shape .* 404"),
        ("/nan", "finite scores"),
        ("/short", "finite scores of shape"),
    ],
)
def test_what_is_no_answer_is_refused(server, path, told):
    with pytest.raises(InputError, match=told):
        HttpTarget(server[0] + path, **KIND).ask(PICTURES[:2])


def test_pictures_are_not_sent_after_a_redirect_or_by_a_proxy(server, monkeypatch):
    with pytest.raises(InputError, match="307"):
        HttpTarget(server[0] + "/away", **KIND)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody is there
    assert HttpTarget(server[0] + "/npy", **KIND).access == "scores"


def test_nobody_at_the_address_is_said():
    with pytest.raises(InputError, match=r"must answer pictures of shape .* refused"):
        HttpTarget("http://127.0.0.1:9/", **KIND)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "http://10.0.0.1:80/", "http://[::1/",
        "ftp://127.0.0.1/", "http://127.0.0.1:a/", "http://127.0.0.1@example.com/", "http:///x",
    ],
)  # fmt: skip
def test_other_machines_are_refused_before_anything_is_sent(url):
    with pytest.raises(InputError, match="`url` must be an address of this machine"):
        HttpTarget(url, **KIND)


BRIGHT = np.repeat(np.eye(3), 8, axis=1).reshape(3, 24)


def bright_rows(images):
    """Of pictures of 8 x 8 numbers: the class whose row of the first three is the brightest."""
    return softmax(4 * images.reshape(len(images), 64)[:, :24] @ BRIGHT.T, axis=1)


@pytest.mark.command
@pytest.mark.skipif("evo" not in RECIPES, reason="there is no attack by scores here")
def test_it_is_attacked_by_its_scores_and_counts_what_the_server_was_sent(tmp_path):
    with answering({"/": lambda x: npy(bright_rows(x))}) as (address, sent):
        target = HttpTarget(address + "/", size=8, channels=1, class_names=("a", "b", "c"))
        made = loft_jax.attack(
            target, attack="evo", prior="pixels", steps=40, candidates=128, classes="0:3",
            per_class=1, cache=False, out=str(tmp_path / "attack"),
        )  # fmt: skip
    assert sum(sent) == target.queries == made.numbers["queries"] + 1  # one told of its access
    with np.load(tmp_path / "attack" / "reconstructions.npz") as stored:
        found = stored["images"].reshape(3, 8, 8, 1) / 255
    assert bright_rows(found).argmax(1).tolist() == [0, 1, 2]
