"""How the project writes: plain English, without the phrases that its readers stumble over."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each phrase, and what is wrong with it.
BANNED = {
    r"(?<![A-Za-z])(?:What|Whoever|Who) [^.?!:]*[.:!]": "a relative clause as the subject: name the thing",
    r"\b(?:such an?|no such)\b(?! as)": "write 'this', 'of this kind' or 'no … of this name'",
    r"\bthere (?:is|are) none\b": "say which one is missing",
    r"\bbe it\b": "write 'also' or 'whether or not'",
    r"\btakes? no notice\b": "write 'ignores'",
    r"\bis to\b(?! the\b)": "write 'must', 'should' or the plain verb",
    r"\bmade of it\b": "name the thing that is made",
    r"\b(?:is|are) asked for\b": "say who needs it",
    r"\bcannot be had\b": "name what is unsupported",
    r"\b(?:is|are|be|was|were) judged\b": "write 'validated'",
    r"\b(?:is|are) spared\b": "say what does not happen",
    r"\bcomes? again\b": "write 'is repeated'",
    r"(?i:\bwhoever\b)": "name the person or the code",
    r"\banyone's guess\b": "say what is unknown",
    r"\bours to guess\b": "say what pyrsql does not guess",
    r"\bjudg(?:es|ed|ing)\b": "write 'validate'",
    r"\basks? for what\b": "name the field, operator or value that is unsupported",
    r"\bwhat (?:a client|clients|the clients of a role) sees? of\b": "write 'the response model' or 'items'",
    r"\bwhat OpenAPI says\b": "write 'the documentation in OpenAPI'",
    r"\bplaces? (?:of|for) NULL\b": "write NULLS FIRST or NULLS LAST",
    r"\bare to see\b": "write 'the form for …'",
    r"\bif need be\b": "write 'optionally' or leave it out",
    r"\bWhatever\b": "name the thing",
    r"\bturned round\b": "write 'reversed'",
    r"\bof ours\b": "write 'of pyrsql'",
    r"\bspeaks? of\b": "name the thing",
    r"\b(?:[Pp]roven?|proves|proofs?)\b": "write 'validated', 'checked' or 'shown'",
    r"\ball that is in\b": "name the contents",
    r"\bas far as it is known\b": "leave it out",
}
PATTERNS = {re.compile(pattern): advice for pattern, advice in BANNED.items()}

TEXTS = [
    *sorted((ROOT / "src").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
    ROOT / "tests" / "messages.txt",
]


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of comments, docstrings and messages of a Python file; the paragraphs of any other."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                yield token.start[0], " ".join(token.string.split())
        return
    line = 1
    for paragraph in re.sub(r"```.*?```", lambda code: "\n" * code[0].count("\n"), text, flags=re.DOTALL).split("\n\n"):
        yield line, " ".join(re.sub(r"`[^`]*`", "`…`", paragraph).split())
        line += paragraph.count("\n") + 2


def faults(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {found[0]!r}: {advice}"
        for line, text in prose(path)
        for pattern, advice in PATTERNS.items()
        for found in pattern.finditer(text)
    ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_banned_phrase_is_used(path: Path) -> None:
    assert faults(path) == []


# The ends of sentences, of cells of a table and of items of a list.
ENDS = re.compile(r"(?<=[.!?:;])\s+|\s\|\s|(?:^|\s)(?:-|\d+\.)\s")


def long_sentences(path: Path) -> list[str]:
    """The sentences of more than 40 words, where a piece of code is one word."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {sentence}"
        for line, paragraph in prose(path)
        for sentence in ENDS.split(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph))
        if len(sentence.split()) > 40
    ]


@pytest.mark.parametrize(
    "path", [path for path in TEXTS if path.suffix == ".md"], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_no_sentence_of_the_documentation_is_long(path: Path) -> None:
    assert long_sentences(path) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What the client sends is bound.", True),
        ("What comes back?", False),
        ("There is no such field.", True),
        ("There is no field such as this.", False),
        ("Whoever sends a long filter waits.", True),
        ("The filter is judged in a thread.", True),
        ("The client's text is parsed in a worker thread.", False),
    ],
)
def test_the_patterns_find_what_they_ban(text: str, found: bool) -> None:
    assert any(pattern.search(text) for pattern in PATTERNS) is found
