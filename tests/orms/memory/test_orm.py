from returns.pipeline import is_successful

import pyrsql
from pyrsql import pipeline
from pyrsql.models import kinds
from pyrsql.models.backend import BackendStatement
from pyrsql.models.model import Embedded, Field, Model
from pyrsql.models.schema import schema_for
from pyrsql.options import (
    QueryOptions,
    SortOptions,
)
from pyrsql.orms.memory import MemoryORM, OrderedRows
from pyrsql.page import PageRequest
from pyrsql.validation.predicates import (
    CallOperand,
    Compare,
    ConstantOperand,
    FieldOperand,
)
from pyrsql.validation.total_order import completing
from tests.orms.memory.sample import User, company_users, found, narrowed, sorted_ids, users


def test_a_pipeline() -> None:
    schema = schema_for(User, orm=MemoryORM())
    rows = [User(number, "demo", number % 3) for number in range(10)]
    result = (
        pipeline.parse("age>0")
        .bind(pipeline.validate(schema))
        .bind(pipeline.apply_filter(rows))
        .bind(pipeline.apply_sort("-age"))
        .bind(pipeline.paginate(PageRequest.of(1, 2)))
    )
    assert is_successful(result)
    page = result.unwrap()
    assert [row.id for row in page.statement] == [8, 1]
    assert page.count_statement == 6


def test_any_iterable_is_a_target_and_stays_as_it_is() -> None:
    rows = users("name", "b", "a")
    assert [row.id for row in pyrsql.apply(iter(rows), User, "name==*", orm=MemoryORM())] == [1, 2]
    assert sorted_ids("name", rows) == [2, 1]
    assert [row.id for row in rows] == [1, 2]


def test_no_filter_leaves_nothing_out() -> None:
    rows = users("name", "b", "a")
    orm, options = MemoryORM(), QueryOptions()
    model = orm.model(User)
    lowered = orm.filter(rows, model, options, lambda _: None)
    assert lowered.target == rows
    assert lowered.target is not rows


def test_distinct_rows() -> None:
    row = User(1)
    assert len(found("id==1", [row, row, User(1)], distinct=True)) == 2


def identified() -> Model:
    identity = Field("id", kinds.Integer(), unique=True)
    return Model("User", User, {"id": identity, "age": Field("age", kinds.Integer())}, (identity,))


def test_the_identity_makes_an_order_total() -> None:
    orm, model = MemoryORM(), identified()
    rows = [User(3, age=1), User(1, age=2), User(2, age=1)]
    key = pyrsql.Sort.parse("age")
    schema = schema_for(User, orm=orm)
    keys = pipeline.order(schema)(key.text).unwrap()
    assert keys is not None
    lowered = orm.sort(BackendStatement(rows, rows), model, keys.keys, completing(model, keys.keys), SortOptions())
    assert [row.id for row in lowered.target] == [2, 3, 1]
    assert isinstance(lowered.target, OrderedRows)
    assert [row.id for row in orm.page(lowered, model, (), 1, 5)] == [3, 1]
    assert [row.id for row in orm.page(BackendStatement(rows, rows), model, completing(model), 0, 2)] == [1, 2]


def test_a_second_sort_keeps_the_first_among_equals() -> None:
    orm = MemoryORM()
    rows = [User(1, "b", 1), User(2, "a", 1), User(3, "c", 0)]
    by_name = pyrsql.Sort.parse("name").apply(rows, User, orm=orm)
    assert [row.id for row in pyrsql.Sort.parse("age").apply(by_name, User, orm=orm)] == [3, 2, 1]
    kept = pyrsql.apply(by_name, User, "age==1", orm=orm)
    assert [row.id for row in PageRequest.of(0, 5).apply(kept, User, orm=orm)] == [2, 1]


def test_an_embedded_field_is_reached_by_its_dotted_name() -> None:
    orm = MemoryORM()
    street = Field("company.name", kinds.Text())
    model = Model("User", User, {"company": Embedded("company", {"name": street})})
    predicate = Compare(FieldOperand("company.name", (), street, street.kind), "==", "acme")
    assert [row.id for row in narrowed(company_users(), model, predicate, orm)] == [1]


def test_a_call_with_constants_alone() -> None:
    operand = CallOperand("@abs[#-1]", "abs", (ConstantOperand(-1, kinds.Integer()),), kinds.Integer())
    rows = users("name", "a")
    assert narrowed(rows, identified(), Compare(operand, "==", 1)) == rows
