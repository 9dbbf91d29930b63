# SPDX-License-Identifier: Apache-2.0
"""Texts by characters: a corpus of files, sequences in which hidden characters are to be found."""

from pathlib import Path

import numpy as np
import torch

from .data import random_source
from topkima.errors import DataError
from topkima.files import CORPUS, read_text

MASK = 0
# Of 64 at most; token 0 hides a character, what is not listed becomes a space.
CHARACTERS = " abcdefghijklmnopqrstuvwxyz0123456789.,;:'\"()[]<>-/?!*&%$#@=+_"
VOCABULARY = 1 + len(CHARACTERS)
TEST_SHARE = 0.1      # of every file, its end
MASKED_SHARE = 0.15
WINDOW = 32           # characters; how files are compared
ALIKE = 0.3           # a file that shares so many windows with another is left out


def encode(text):
    """Tokens of a text in lower case, white space as single spaces."""
    place = {character: token for token, character in enumerate(CHARACTERS, 1)}
    return np.array([place.get(c, place[" "]) for c in " ".join(text.lower().split())], np.uint8)


def windows(text):
    text = " ".join(text.lower().split())
    return {text[i:i + WINDOW] for i in range(max(1, len(text) - WINDOW + 1))}


def read_corpus(directory):
    """The texts of a directory's files, by name; of files that are alike the longest."""
    directory = Path(directory)
    try:
        paths = sorted({path.resolve() for path in directory.iterdir() if path.is_file()})
        texts = [read_text(path, CORPUS, errors="replace") for path in paths]
    except OSError as error:
        raise DataError(f"{error.filename or directory}: {error.strerror}") from None
    kept, known = [], set()
    for text in sorted(texts, key=lambda text: (-len(text), text)):
        own = windows(text)
        if text.strip() and len(own & known) <= ALIKE * len(own):
            kept.append(text)
            known |= own
    return kept


class Texts:
    """Sequences of `tokens` characters, 15 % of them hidden; only those are to be predicted."""

    task = "text"
    height = width = channels = patch = 0

    def __init__(self, directory, device, tokens, seed):
        train, test = [], []
        for text in read_corpus(directory):
            codes = encode(text)
            first = int(len(codes) * (1 - TEST_SHARE))
            train.append(codes[:first])
            test.append(codes[first:])
        train, test = (np.concatenate(part) if part else np.zeros(0, np.uint8)
                       for part in (train, test))
        if len(test) < tokens:
            raise DataError(f"{directory}: {len(train) + len(test)} characters after leaving out "
                            f"what is alike; a test of {TEST_SHARE:.0%} takes {tokens} at least")
        self.tokens, self.inputs, self.classes = tokens, VOCABULARY, VOCABULARY
        self.text = torch.tensor(train, device=device)
        whole = len(test) // tokens * tokens
        test = torch.tensor(test[:whole], device=device).view(-1, tokens)
        # The same characters are hidden whatever the seed of the training.
        self.test_x, self.test_y = self.hidden(test, random_source("cpu", "test", tokens))
        self.seed = seed

    def hidden(self, texts, source):
        """Texts with characters hidden, and these; -1 where nothing is asked."""
        chance = torch.rand(texts.shape, generator=source, device=source.device).to(texts.device)
        masked = chance < MASKED_SHARE
        return (torch.where(masked, torch.full_like(texts, MASK), texts),
                torch.where(masked, texts.long(), torch.full_like(texts, -1, dtype=torch.long)))

    @property
    def tensors(self):
        """All that there is to learn and to test with."""
        return self.text, self.test_x, self.test_y

    def batches(self, batch):
        """Of an epoch: as many characters as the corpus has."""
        return max(1, len(self.text) // (self.tokens * batch))

    def crops(self, count, source):
        first = torch.randint(0, len(self.text) - self.tokens + 1, (count, 1), generator=source,
                              device=source.device).to(self.text.device)
        return self.text[first + torch.arange(self.tokens, device=self.text.device)]

    def batch(self, seed, stage, step, batch):
        """Sequences and what they hide, of training step `step`."""
        source = random_source("cpu", seed, stage, "text", step)
        return self.hidden(self.crops(batch, source), source)

    def sample(self, count, seed):
        source = random_source("cpu", seed, "sample")
        return self.hidden(self.crops(max(1, count // 8), source), source)[0]

    def stored(self, x):
        return x

    def baseline(self):
        """The share of the most frequent character among the hidden ones of the test."""
        asked = self.test_y[self.test_y >= 0]
        return asked.cpu().bincount().max().item() / max(1, len(asked))
