"""Fields of a response model over attributes that lead to related rows: Pydantic takes what they hold, and the answer
can write it, or the model is refused when the resource is made.
"""

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import pytest
from fastapi import FastAPI
from pydantic import AliasPath, BaseModel, ConfigDict, Field, InstanceOf, PlainSerializer, RootModel, create_model
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    Session,
    WriteOnlyMapped,
    attribute_keyed_dict,
    backref,
    composite,
    mapped_column,
    relationship,
    synonym,
)
from sqlalchemy.pool import StaticPool

from pyrsql import ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author | None] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    extra: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    author: Mapped[Author] = relationship(back_populates="posts")
    parent: Mapped["Post | None"] = relationship(remote_side=id, backref=backref("replies"))
    writer: Mapped[Author] = synonym("author")
    tags: Mapped[list[Tag]] = relationship()
    ordered: Mapped[list[Tag]] = relationship(collection_class=ordering_list("id"), viewonly=True)
    unique: Mapped[set[Tag]] = relationship(viewonly=True)
    keyed: Mapped[dict[str, Tag]] = relationship(collection_class=attribute_keyed_dict("label"), viewonly=True)
    queried: DynamicMapped[Tag] = relationship(viewonly=True)
    written: WriteOnlyMapped[Tag] = relationship(viewonly=True)
    labels: AssociationProxy[list[str]] = association_proxy("tags", "label")
    unique_labels: AssociationProxy[set[str]] = association_proxy("unique", "label")
    keyed_labels: AssociationProxy[dict[str, str]] = association_proxy("keyed", "label")
    authors: AssociationProxy[list[Author]] = association_proxy("tags", "author")
    author_name: AssociationProxy[str] = association_proxy("author", "name")
    author_posts: AssociationProxy[list["Post"]] = association_proxy("author", "posts")

    def shout(self) -> str:
        return "!"

    @classmethod
    def made(cls) -> None: ...

    @staticmethod
    def help() -> None: ...


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as filling:
    ann = Author(id=1, name="ann")
    filling.add(Post(id=1, extra="x", author=ann, tags=[Tag(label="a", author=ann), Tag(label="b", author=ann)]))
    filling.commit()

ItemT = TypeVar("ItemT")


class AuthorOut(BaseModel):
    name: str


class TagOut(BaseModel):
    label: str


class FrozenTag(BaseModel, frozen=True):
    label: str


class PostOut(BaseModel):
    id: int


class Box(BaseModel, Generic[ItemT]):
    author: ItemT


def item(field: str, annotation: Any, **how: Any) -> Any:
    return create_model("Item", **{field: (annotation, Field(**how))})  # type: ignore[call-overload]  # of any name


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def router(shape: Any) -> FastAPI:
    app = FastAPI()
    posts = FastAPISQLAlchemyIntegration().resource(Post, item=shape)
    app.include_router(posts.router(get_session), prefix="/posts")
    return app


ROW = "which holds one row: annotate it with a Pydantic model"
ROWS = r"which holds a collection of rows: annotate it with list\[…\] of a Pydantic model"
MAPPING = r"which holds a mapping of rows: annotate it with dict\[…\] of a Pydantic model"
VALUES = r"which holds a collection of values: annotate it with list\[…\]"
PAIRS = r"which holds a mapping of values: annotate it with dict\[…\]"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        *[(item("author", one), f"Item.author reads Post.author, {ROW}") for one in
          (Any, object, Any | None, dict[str, Any], RootModel[Any], BaseModel, InstanceOf[Author], ItemT, str)],
        (create_model("Raw", __config__=ConfigDict(arbitrary_types_allowed=True), author=(Author, ...)), ROW),
        (Box, f"Box.author reads Post.author, {ROW}"),
        (Box[Any], ROW),
        (item("writer", Any), f"Item.writer reads Post.writer, {ROW}"),
        (item("x", Any, validation_alias=AliasPath("author", "posts")), f"Item.x reads Author.posts, {ROWS}"),
        *[(item("tags", one), f"Item.tags reads Post.tags, {ROWS}") for one in
          (Any, list, list[Any], set, tuple[Any, ...], RootModel[list[Any]], list[Any] | None, set[TagOut],
           frozenset[TagOut])],
        (item("x", Any, validation_alias=AliasPath("tags", 0)), f"Item.x reads tags.0, {ROW}"),
        (item("x", str | None, validation_alias=AliasPath("author", "posts", 0)), f"reads author.posts.0, {ROW}"),
        (item("unique", Sequence[TagOut]), ROWS),
        (item("ordered", Sequence[TagOut]), ROWS),
        (item("queried", Sequence[TagOut]), ROWS),
        (item("queried", Any), ROWS),
        (item("authors", Any), f"Item.authors reads Post.authors, {ROWS}"),
        (item("authors", list[str]), ROWS),
        (item("author_posts", Any), ROWS),
        *[(item("keyed", one), MAPPING) for one in (Any, dict, dict[str, Any], list[TagOut])],
        (item("written", list[TagOut]), "which holds rows that only a query of its own reads: leave the field out"),
        (item("written", Any), "leave the field out"),
        *[(item("labels", one), VALUES) for one in (Any, str, Sequence[str])],
        (item("unique_labels", Any), VALUES),
        (item("keyed_labels", Any), PAIRS),
        (item("keyed_labels", list[str]), PAIRS),
    ],
)  # fmt: skip
def test_an_answer_writes_no_row_as_it_is(shape: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)


AUTHOR = {"name": "ann"}
TAGS = [{"label": "a"}, {"label": "b"}]


@pytest.mark.parametrize(
    ("field", "annotation", "value"),
    [
        ("author", AuthorOut | Any, AUTHOR),
        ("author", Annotated[Any, PlainSerializer(lambda author: author.name)], "ann"),
        ("writer", AuthorOut, AUTHOR),
        ("tags", list[TagOut], TAGS),
        ("tags", deque[TagOut], TAGS),
        ("tags", Sequence[TagOut], TAGS),
        ("tags", MutableSequence[TagOut], TAGS),
        ("tags", Iterable[TagOut], TAGS),
        ("tags", set[FrozenTag], TAGS),
        ("ordered", list[TagOut], TAGS),
        ("unique", list[TagOut], TAGS),
        ("unique", frozenset[FrozenTag], TAGS),
        ("queried", list[TagOut], TAGS),
        ("keyed", dict[str, TagOut], {"a": TAGS[0], "b": TAGS[1]}),
        ("authors", list[AuthorOut], [AUTHOR, AUTHOR]),
        ("author_posts", list[PostOut], [{"id": 1}]),
        ("author_name", Any, "ann"),
        ("labels", list, ["a", "b"]),
        ("labels", tuple[str, ...], ["a", "b"]),
        ("unique_labels", set[str], ["a", "b"]),
        ("keyed_labels", dict[str, str], {"a": "a", "b": "b"}),
    ],
)
def test_an_answer_writes_related_rows_by_their_models(field: str, annotation: Any, value: Any) -> None:
    answer = get(router(item(field, annotation)), "/posts/1")
    found = answer.json()[field]
    assert (sorted(found, key=str) if isinstance(found, list) else found) == value


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (item("metadata", Any), "Item.metadata reads Post.metadata, an attribute of SQLAlchemy"),
        (item("metadata", dict[str, str], default={}), "give the field a validation_alias"),
        (item("registry", Any), "Item.registry reads Post.registry, an attribute of SQLAlchemy"),
        (item("shout", Any), "Item.shout reads Post.shout, a method: make it a property"),
        (item("shout", str), "a method"),
        (item("made", Any), "a method"),
        (item("help", Any), "a method"),
    ],
)
def test_an_attribute_that_is_no_value_of_a_row_is_refused(shape: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)


def test_the_name_of_an_attribute_of_sqlalchemy_may_have_an_alias() -> None:
    assert get(router(item("metadata", str, validation_alias="extra")), "/posts/1").json() == {"metadata": "x"}


class WriterOut(BaseModel):
    posts: list["PostOfWriter"]


class PostOfWriter(BaseModel):
    author: WriterOut


class Thread(BaseModel):
    parent: "Thread | None"
    replies: list["Thread"]


class Replies(BaseModel):
    id: int
    replies: list["Replies"]


class Parents(BaseModel):
    parent: "Parents | None"


class PlainWriter(BaseModel):
    posts: list[PostOut]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (PostOfWriter, "PostOfWriter.author reads Post.author, and WriterOut.posts leads back to the same row"),
        (Thread, "Thread.parent reads Post.parent, and Thread.replies leads back to the same row"),
        (item("author", WriterOut), "WriterOut.posts reads Author.posts, and PostOfWriter.author leads back"),
    ],
)
def test_models_that_lead_back_to_a_row_are_refused(shape: Any, message: str) -> None:
    """Pydantic reads no row inside itself."""
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Replies, {"id": 1, "replies": []}),
        (Parents, {"parent": None}),
        (item("author", PlainWriter), {"author": {"posts": [{"id": 1}]}}),
    ],
)
def test_models_that_contain_other_rows_of_their_kind_are_taken(shape: Any, value: Any) -> None:
    assert get(router(shape), "/posts/1").json() == value


class Plain:
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def __composite_values__(self) -> tuple[int, int]:
        return self.x, self.y


@dataclasses.dataclass
class Data:
    x: int
    y: int


class Several(NamedTuple):
    x: int
    y: int

    def __composite_values__(self) -> tuple[int, int]:
        return self.x, self.y


class Inside(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("kind", "annotation", "written"),
    [
        (Plain, Any, None),
        (Plain, object, None),
        (Plain, Plain, None),
        (Plain, list[Any], None),
        (Plain, dict[str, Any] | None, None),
        (Plain, Inside, {"x": 1}),
        (Plain, Annotated[Any, PlainSerializer(lambda pair: pair.x)], 1),
        (Data, Any, {"x": 1, "y": 2}),
        (Data, Data, {"x": 1, "y": 2}),
        (Several, Any, [1, 2]),
        (Several, list[int], [1, 2]),
    ],
)
def test_a_composite_of_a_plain_class_has_a_model(kind: type[Any], annotation: Any, written: object) -> None:
    class Own(DeclarativeBase):
        pass

    class Point(Own):
        __tablename__ = "points"
        id: Mapped[int] = mapped_column(primary_key=True)
        x: Mapped[int]
        y: Mapped[int]
        pair = composite(kind, "x", "y")

    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Own.metadata.create_all(engine)

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            session.add(Point(id=1, x=1, y=2))
            session.flush()
            yield session

    config = ConfigDict(arbitrary_types_allowed=True)
    item = create_model("Item", __config__=config, pair=(annotation, ...))
    if written is None:
        with pytest.raises(
            ConfigurationError, match=r"Item\.pair reads Point\.pair, a composite of Plain: annotate it"
        ):
            FastAPISQLAlchemyIntegration().resource(Point, item=item)
        return
    app = FastAPI()
    app.include_router(FastAPISQLAlchemyIntegration().resource(Point, item=item).router(get_session), prefix="/points")
    assert get(app, "/points").json()["items"] == [{"pair": written}]
