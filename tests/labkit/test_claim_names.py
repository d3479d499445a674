"""The short names of claims, which are on the first picture, are no more certain than the reports."""

from __future__ import annotations

import re

import pytest

from resnet_labs.labkit.results_page.claim_names import CLAIM_NAMES
from resnet_labs.reports import claim_facts

HEDGE = re.compile(r"\b(may|might|could|suggest|suggested|expect|expected|likely|perhaps)\b")
NUMBER = re.compile(r"\d[\d.,]*(?: %)?")


@pytest.mark.parametrize("number", CLAIM_NAMES)
def test_a_claim_that_its_report_does_not_say_outright_has_a_hedge_in_its_name(number: str) -> None:
    certain = claim_facts(number)["certainty"] == "says"
    assert certain or HEDGE.search(CLAIM_NAMES[number])


@pytest.mark.parametrize("number", CLAIM_NAMES)
def test_a_figure_that_is_about_stays_about(number: str) -> None:
    name, text = CLAIM_NAMES[number], claim_facts(number)["text"]
    for figure in re.findall(rf"about ({NUMBER.pattern})", text):
        assert name.count(figure) == name.count(f"about {figure}")


@pytest.mark.parametrize("number", CLAIM_NAMES)
def test_a_figure_in_a_name_is_in_the_claim(number: str) -> None:
    text = claim_facts(number)["text"]
    for figure in NUMBER.findall(CLAIM_NAMES[number]):
        assert figure in text
