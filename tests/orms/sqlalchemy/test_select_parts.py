"""What is made by the short way is what SQLAlchemy's own functions make."""

# pyright: reportPrivateUsage=false

import copy
import pickle
from typing import Any

import pytest
from returns.result import Success
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy import select_parts as templates
from pyrsql.orms.sqlalchemy.text import EXACT_VALUE
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_criteria, validate_request
from tests.sample_models import Base, Company, User

USERS = Base.metadata.tables[User.__tablename__]


def attributes(parameter: BindParameter[Any]) -> dict[str, object]:
    """What a parameter is, its place in memory aside."""
    place = str(id(parameter))
    return {
        name: part.replace(place, "here") if isinstance(part, str) else part
        for name, part in vars(parameter).items()
        if not (name == "_anon_map_key" and name not in vars(BindParameter(None, 1)))
    }


@pytest.mark.parametrize(
    ("value", "type_"), [("x", EXACT_VALUE), ("50%(s)s", String()), (7, Integer()), (("a", "b"), String())]
)
def test_a_bound_value_is_what_the_constructor_makes(value: object, type_: TypeEngine[Any]) -> None:
    made = templates.bound(value, type_)
    constructed: BindParameter[Any] = BindParameter(None, value, type_, unique=True)
    assert attributes(made) == attributes(constructed)
    assert type(made) is type(constructed)
    assert type(made.key) is type(constructed.key)
    assert made.key.quote is constructed.key.quote  # type: ignore[attr-defined]


def test_bound_values_are_told_apart() -> None:
    kept = [templates.bound(number, Integer()) for number in range(100)]
    assert len({parameter.key for parameter in kept}) == 100
    statement = union_all(*(select(parameter) for parameter in kept)).compile()
    assert sorted(statement.params.values()) == list(range(100))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_bound_value_can_be_copied(again: Any) -> None:
    made = templates.bound("x", String())
    copied = again(made)
    assert select(made, copied).compile().params == {"param_1": "x", "param_2": "x"}


def test_the_constructor_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "BindParameter", None)
    assert templates.bound("x", String()).value == "x"


def test_a_version_that_names_parameters_otherwise_makes_them_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert templates._NAMED_AS_KNOWN
    monkeypatch.setattr(templates, "_NAMED_AS_KNOWN", False)
    type_ = String()
    assert attributes(templates.bound("x", type_)) == attributes(BindParameter(None, "x", type_, unique=True))
    monkeypatch.setattr(templates, "BindParameter", lambda *_, **__: "made by SQLAlchemy")
    assert [templates.bound("x", type_)] == ["made by SQLAlchemy"]


def asked(base: Any, filter: str | None = None, sort: str | None = None, page: PageRequest | None = None) -> Any:
    judged = validate_request(schema(User), filter=filter, sort=sort, page=Success(page))
    return judged.bind(apply_criteria(base)).unwrap().statement


@pytest.mark.parametrize("constant", [true(), false()])
def test_a_constant_goes_the_way_of_a_constant(constant: ColumnElement[bool]) -> None:
    comparison = User.id == 1
    for ours, theirs in ((templates.all_of, and_), (templates.any_of, or_)):
        assert str(ours([comparison, constant])) == str(theirs(comparison, constant))
        assert str(ours([constant, comparison])) == str(theirs(constant, comparison))


BASES: dict[str, Any] = {
    "an entity": select(User),
    "a column": select(User.id),
    "a table": select(USERS),
    "a column of a table": select(USERS.c.id),
    "a constant": select(literal(1)).select_from(User),
    "a number": select(func.count()).select_from(USERS),
    "with conditions": select(User).where(User.age > 1, User.id < 9),
    "with a join": select(User).join(User.company),
    "two entities": select(User, Company).join(User.company),
}


@pytest.mark.parametrize("name", BASES)
def test_a_narrowed_select_is_what_its_methods_make(name: str) -> None:
    base = BASES[name]
    made = asked(base, filter="age>=3;id!=4")
    by_hand = base.where(User.age >= 3, User.id != 4)
    assert same(made, by_hand)


@pytest.mark.parametrize("name", BASES)
def test_a_page_is_what_its_methods_make(name: str) -> None:
    base = BASES[name]
    made = asked(base, page=PageRequest(20, 10))
    assert same(made, base.order_by(User.id).limit(10).offset(20))


def test_a_sorted_select_is_what_its_methods_make() -> None:
    made = asked(select(User).order_by(User.id, User.age), sort="-age")
    assert str(made) == str(select(User).order_by(User.age.desc().nulls_first(), User.id, User.age))


def same(made: Select[Any], by_hand: Select[Any]) -> bool:
    """Whether two selects say the same, and are the same to SQLAlchemy."""
    texts = [str(one.compile(compile_kwargs={"literal_binds": True})) for one in (made, by_hand)]
    keys = [one._generate_cache_key() for one in (made, by_hand)]
    assert texts[0] == texts[1]
    assert keys[0] == keys[1]
    return made._propagate_attrs == by_hand._propagate_attrs
