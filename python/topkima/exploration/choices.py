# SPDX-License-Identifier: Apache-2.0
"""What the words of choices mean to pages and comparisons: each choice that they ask for has all
its words here, and a word without a meaning is an error. A test compares the words with the tools.
"""

from topkima.errors import DataError

MEANINGS = {
    # What the softmax macro's line adds.
    "attention.scaling": {"scale_free": "", "left_shift": ", scores shifted",
                          "in_k_weights": ", scale in the K weights"},
    # Whether heads of queries that share K and V take turns in one chain of stages.
    "attention.kv_sharing": {"multiplexed": True, "replicated": False},
    # Whether each crossbar has a sorter.
    "sort.sorters": {"head": False, "crossbar": True},
    # Whether samples go through all modules at once.
    "encoder.arrival": {"alone": False, "stream": True},
}


def told(report: dict, choice: str) -> object:
    """None: the report does not tell."""
    word = _word(report, choice)
    return MEANINGS[choice].get(word) if isinstance(word, str) else None


def meaning_of(report: dict, choice: str) -> object:
    """DataError: the report does not tell, or a word that means nothing here."""
    meaning = told(report, choice)
    if meaning is None:
        raise DataError(f"report.json: {choice} = {_word(report, choice)!r}; expected "
                        f"{', '.join(MEANINGS[choice])}")
    return meaning


def _word(report: dict, choice: str) -> object:
    return report["configuration"].get(choice, {}).get("value")
