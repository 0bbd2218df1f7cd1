"""The response model says which fields an endpoint offers."""

import logging
from dataclasses import dataclass
from enum import Enum, Flag
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypeVar

import pytest
from fastapi import Depends, FastAPI
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    Base64Str,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EncodedStr,
    Field,
    GetPydanticSchema,
    HttpUrl,
    Json,
    JsonValue,
    OnErrorOmit,
    PlainSerializer,
    PlainValidator,
    RootModel,
    SecretStr,
    StringConstraints,
    WrapSerializer,
    WrapValidator,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass
from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    composite,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    synonym,
    synonym_for,
)
from sqlmodel import SQLModel
from typing_extensions import TypeAliasType, TypedDict

from pyrsql import ALL_FIELDS, ConfigurationError, QueryOptions, SortOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, RequestCriteria, install_openapi
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.integrations.fastapi.items import offered_fields
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.orms.sqlalchemy.reflect import reflect
from tests.asgi import get


class Base(DeclarativeBase):
    pass


@dataclass
class Address:
    street: str
    city: str


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    secret: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    boss: Mapped["Author | None"] = relationship(remote_side=id)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    status: Mapped[str]
    secret: Mapped[str]
    doc: Mapped[dict[str, Any]] = mapped_column(JSON)
    text: Mapped[str]
    address: Mapped[Address] = composite(mapped_column("street"), mapped_column("city"))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="posts")
    tags: Mapped[list[Tag]] = relationship()
    tag_labels: AssociationProxy[list[str]] = association_proxy("tags", "label")
    heading: Mapped[str] = synonym("title")

    @hybrid_property
    def shout(self) -> str:
        return self.title + "!"

    @property
    def plain(self) -> str:
        return self.secret


class Video(Post):
    __tablename__ = "videos"
    id: Mapped[int] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    length: Mapped[int]
    studio_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    studio: Mapped[Author] = relationship(foreign_keys=studio_id)


class AuthorOut(BaseModel):
    name: str


class VideoOut(BaseModel):
    title: str
    text: str
    length: int
    studio: AuthorOut


class Twice(BaseModel):
    """Two computed values take the names of fields."""

    title: str
    secret: str = Field(validation_alias="status")
    masked: str = Field(validation_alias="text", serialization_alias="text")

    @computed_field(alias="title")  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def shown(self) -> str:
        return "***"

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def text(self) -> str:
        return "***"


class TagOut(BaseModel):
    label: str


class FrozenTag(BaseModel, frozen=True):
    label: str


class PostOut(BaseModel):
    id: int
    title: str
    author: AuthorOut
    tags: list[TagOut]


def offered(item: Any) -> dict[str, str]:
    return offered_fields(reflect(Post), item, {})


def item(annotation: Any = str, name: str = "title", default: Any = ..., **more: Any) -> type[BaseModel]:
    """A response model with one field."""
    return type("Item", (BaseModel,), {"__annotations__": {name: annotation}, name: Field(default, **more)})


def mask(value: Any, *more: Any) -> Any:
    return "***"


ItemT = TypeVar("ItemT")


class Box(BaseModel, Generic[ItemT]):
    author: ItemT


AuthorT = TypeVar("AuthorT", bound=AuthorOut)


class Bounded(BaseModel, Generic[AuthorT]):
    author: AuthorT


class Status(Enum):
    NEW = "new"


class Person(BaseModel):
    name: str
    boss: "Person | None"


class Sql(SQLModel):
    title: str
    author: AuthorOut


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)
    author_id: int
    tag_labels: list[str]


class Kind1(BaseModel):
    status: Literal["a"]
    title: str


class Kind2(BaseModel):
    status: Literal["b"]
    text: str


class Hidden1(BaseModel):
    title: str = Field(exclude=True)


class DocOut(BaseModel):
    size: int
    inner: dict[str, Any]
    named: str = Field(alias="realName", serialization_alias="shownName")


class DocDict(TypedDict):
    size: int


@pydantic_dataclass
class DocData:
    size: int


class AddressOut(BaseModel):
    city: str


class Computed(BaseModel):
    title: str

    @computed_field
    def secret(self) -> str:
        return "computed"


class Guessing(Enum):
    """Shows a member for a value that it does not have."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return next(iter(cls))


class Guess(Guessing):
    OPEN = "open"
    OTHER = "other"


class Bits(Flag):
    ONE = 1
    TWO = 2


Alias = TypeAliasType("Alias", list[TagOut])
Forward = TypeAliasType("Forward", "list[TagOut]")  # A name that nobody resolves.
Number = NewType("Number", int)
TITLE = {"title": "title"}
AUTHOR = {"author": "author", "author.name": "author.name"}
BOSS = {"author.boss": "author.boss", "author.boss.name": "author.boss.name"}
TAGS = {"tags": "tags", "tags.label": "tags.label"}


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (PostOut, {"id": "id", **TITLE, **AUTHOR, **TAGS}),
        # Which attribute is read, and under which name it is shown.
        (item(alias="label", default=None), {}),
        (item(name="label", alias="title"), TITLE),
        (item(name="label", validation_alias="title"), {"label": "title"}),
        (item(serialization_alias="label"), {"label": "title"}),
        (item(name="label", validation_alias="title", serialization_alias="Label"), {"Label": "title"}),
        (item(name="x", validation_alias=AliasChoices("nothing", "text", "title")), {"x": "text"}),
        (item(name="x", validation_alias=AliasChoices("plain", "title")), {}),
        (item(name="x", validation_alias=AliasPath("author", "name")), {"x": "author.name"}),
        (item(name="x", validation_alias=AliasPath("tags", 0, "label")), {}),
        (Camel, {"authorId": "author_id", "tagLabels": "tag_labels"}),
        (Sql, {**TITLE, **AUTHOR}),
        # What the answer does not show as it is.
        (item(exclude=True), {}),
        (item(SecretStr), {}),
        (item(SecretStr | None), {}),
        (item(Annotated[str, PlainSerializer(mask)]), {}),
        (item(Annotated[str, WrapSerializer(lambda value, handler: "***")]), {}),
        (item(Annotated[str, BeforeValidator(mask)]), {}),
        (item(Annotated[str, WrapValidator(lambda value, handler: "***")]), {}),
        (item(Annotated[str, PlainValidator(mask)]), {}),
        (item(Optional[Annotated[str, BeforeValidator(mask)]]), {}),  # noqa: UP045  # the old spelling is tested
        (item(list[Annotated[TagOut, PlainSerializer(mask)]], "tags"), {}),
        (item(Annotated[AuthorOut, WrapSerializer(lambda value, handler: "***")], "author"), {}),
        (item(Annotated[str, AfterValidator(mask)]), {}),
        (item(Annotated[str, StringConstraints(max_length=9)]), TITLE),
        (item(Guess, "status"), {}),
        (item(Guess | None, "status"), {}),
        (item(Annotated[str | Guess, Field(description="x")], "status"), {}),
        (item(list[Guess], "doc"), {}),
        (item(dict[str, Guess], "doc"), {}),
        (item(item(Guess, "size"), "doc"), {}),
        (item(Bits, "id"), {"id": "id"}),
        (item(HttpUrl), TITLE),
        (item(name="plain"), {}),
        (item(name="nothing", default=""), {}),
        (Computed, TITLE),
        # What an annotation is made of.
        (item(str | None), TITLE),
        (item(Literal["a", "b"], "status"), {"status": "status"}),
        (item(Status, "status"), {"status": "status"}),
        (item(Number, "id"), {"id": "id"}),
        (item(RootModel[str]), TITLE),
        (item(RootModel[list[TagOut]], "tags"), TAGS),
        (RootModel[item()], TITLE),  # type: ignore[misc]  # the model is made here
        (item(AuthorOut | None, "author"), AUTHOR),
        (item(tuple[TagOut, ...], "tags"), TAGS),
        (item(set[FrozenTag], "tags"), TAGS),
        (item(Alias, "tags"), TAGS),
        (item(Annotated[list[TagOut], Field(max_length=9)], "tags"), TAGS),
        (Box[AuthorOut], AUTHOR),
        (Bounded, AUTHOR),
        (Box[Annotated[AuthorOut | None, Field(description="x")]], AUTHOR),
        # Of a union, what each of its models shows: a row of one may have what only another shows.
        (Kind1 | Kind2, {"status": "status"}),
        (Annotated[Kind1 | Kind2, Field(discriminator="status")], {"status": "status"}),
        (PostOut | Hidden1, {}),
        (item(AuthorOut | Person, "author"), AUTHOR),
        (item(Person | None, "author") | item(AuthorOut, "author"), AUTHOR),
        (VideoOut | item(), {**TITLE, "length": "length", "studio": "studio", "studio.name": "studio.name"}),
        (item(DocOut | DocDict, "doc"), {"doc.size": "doc.size"}),
        (item(DocDict | dict[str, Any], "doc"), {"doc.size": "doc.size"}),
        # The first of several places, and not one of several values.
        (item(validation_alias=AliasChoices(AliasPath("author", "nam"), AliasPath("author", "name"))),
         {"title": "author.name"}),
        (item(validation_alias=AliasChoices(AliasPath("tags", 0, "label"), "secret")), {}),
        (item(validation_alias=AliasPath("tags", "label"), default="x"), {}),
        (item(item(int, "size", validation_alias=AliasChoices(AliasPath("sizes", 0), "size")), "doc"), {}),
        # A name that the answer has twice.
        (Twice, {"secret": "status"}),
        (item(Twice, "doc"), {"doc.secret": "doc.status"}),
        (item(list[str], "tag_labels"), {"tag_labels": "tag_labels"}),
        (item(name="heading"), {"heading": "heading"}),
        (item(name="shout"), {"shout": "shout"}),
        (item(AddressOut, "address"), {"address.city": "address.city"}),
        (item(name="city", validation_alias=AliasPath("address", "city")), {"city": "address.city"}),
        # Documents.
        (item(dict[str, Any], "doc"), {"doc": "doc.*"}),
        (item(Any, "doc", None, alias="extra"), {}),
        (item(Any, "extra", validation_alias="doc"), {"extra": "doc.*"}),
        (item(DocOut, "doc"), {"doc.size": "doc.size", "doc.inner": "doc.inner.*", "doc.shownName": "doc.realName"}),
        (item(DocDict, "doc"), {"doc.size": "doc.size"}),
        (item(DocData, "doc"), {"doc.size": "doc.size"}),
        (item(dict[str, DocOut], "doc"), {}),
        # Its keys in the answer are no keys of the document.
        (item(dict[Annotated[str, AfterValidator(str.upper)], Any], "doc"), {}),
        (item(dict[Literal["a", "b"], Any], "doc"), {"doc": "doc.*"}),
        (item(list[DocDict], "doc"), {"doc.size": "doc.size"}),
        (item(JsonValue, "doc"), {"doc": "doc.*"}),
        (item(list[int], "doc"), {"doc": "doc"}),
        (item(Forward, "doc"), {}),
        (item(Forward, "tags"), {}),
        (item(Json[DocOut], "text"), {}),
        (item(Json[list[int]], "text"), {"text": "text"}),
        # A model that contains itself is followed once.
        (item(Person, "author"), {**AUTHOR, **BOSS}),
    ],
)  # fmt: skip
def test_the_fields_that_a_response_model_offers(shape: Any, found: dict[str, str]) -> None:
    assert offered(shape) == found


@dataclass
class AuthorData:
    name: str


class AuthorDict(TypedDict):
    name: str


@pytest.mark.parametrize(
    "shape",
    [
        AuthorData,
        AuthorDict,
        item(AuthorData, "author"),
        item(AuthorDict | None, "author"),
        item(list[AuthorData], "tags"),
        Box[AuthorDict],
        item(AuthorOut | AuthorData, "author"),
    ],
)
def test_a_row_is_read_by_pydantic_models_alone(shape: Any) -> None:
    """Pydantic would refuse each row: the schema is refused instead."""
    with pytest.raises(ConfigurationError, match="use a Pydantic model"):
        offered(shape)
    with pytest.raises(ConfigurationError, match="use a Pydantic model"):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (item(name="titel"), "Item requires 'titel', an attribute that Post has not: did you mean 'title'"),
        (item(name="nothing"), "Post has not: give it a default, or a validation_alias"),
        (item(alias="label"), "requires 'label'"),
        (item(validation_alias=AliasChoices("label", AliasPath("heads", 0))), "requires 'label'"),
        (item(item(name="nmae") | None, "author"), "Item requires 'nmae', an attribute that Author has not"),
        (item(list[item(name="lable")], "tags"), "requires 'lable'"),  # type: ignore[misc]  # the model is made here
        (RootModel[AuthorOut], "AuthorOut requires 'name', an attribute that Post has not"),
    ],
)
def test_a_field_that_no_row_has_is_refused(shape: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post).page_dependency(shape, lambda: None)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (item(name="author"), "Item.author reads Post.author, which holds one row: annotate it with a Pydantic model"),
        (item(dict[str, str] | None, "author"), "holds one row"),
        (item(list[AuthorOut], "author"), "holds one row"),
        (item(Literal["x"], "author"), "holds one row"),
        (item(TagOut, "tags"), r"holds a collection of rows: annotate it with list\[…\] of a Pydantic model"),
        (item(dict[str, TagOut], "tags"), "holds a collection of rows"),
        (item(list[list[TagOut]], "tags"), "holds a collection of rows"),
        (item(list[int] | None, "tags"), "holds a collection of rows"),
        (item(list[SecretStr], "tags"), "holds a collection of rows"),
        (item(item(dict[str, TagOut], "posts"), "author"), "Item.posts reads Author.posts"),
        (item(validation_alias=AliasPath("author", "nam")), "requires 'author.nam'"),
        (item(validation_alias=AliasPath("tags", "label")), "requires 'tags.label'"),
    ],
)
def test_an_annotation_that_takes_no_related_row_is_refused(shape: Any, message: str) -> None:
    """Pydantic would refuse each row."""
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(Post, item=shape)


@pytest.mark.parametrize(
    "shape",
    [
        item(AuthorOut | Any, "author"),
        item(Annotated[Any, PlainSerializer(str)], "author"),
        item(list[Annotated[str, BeforeValidator(lambda tag: tag.label)]], "tags"),
        item(Annotated[str, BeforeValidator(lambda author: author.name)], "author"),
        item(name="author", exclude=True),
        item(RootModel[list[TagOut]], "tags"),
        item(Optional[Annotated[str, BeforeValidator(len)]], "tags"),  # noqa: UP045  # pyright knows no other spelling
        item(TagOut, validation_alias=AliasPath("tags", 0)),
        item(tuple[TagOut, ...] | None, "tags"),
    ],
)
def test_an_annotation_that_takes_related_rows_is_taken(shape: Any) -> None:
    assert FastAPISQLAlchemyIntegration().resource(Post, item=shape).item is shape


class Guesses(Base):
    __tablename__ = "guesses"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __getattr__(self, name: str) -> str:
        return name


class Filled(BaseModel):
    other: str

    @model_validator(mode="wrap")
    @classmethod
    def fill(cls, value: Any, handler: Any) -> Any:
        return handler({"other": value.title})


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Post, item(name="other", default="x")),
        (Post, Filled),
        (Post, item(name="x", validation_alias=AliasPath("tags", 0, "label"))),
        (Post, item(name="x", validation_alias=AliasChoices("other", "title"))),
        (Post, item() | item(name="other")),
        (Post, item(Annotated[item(name="other"), BeforeValidator(lambda author: {"other": author.name})], "author")),
        (Guesses, item(name="anything")),
    ],
)
def test_a_field_that_a_row_may_get_otherwise_is_taken(model: type, shape: Any) -> None:
    assert FastAPISQLAlchemyIntegration().resource(model, item=shape).item is shape


@pytest.mark.parametrize("mode", ["before", "plain", "after"])
@pytest.mark.parametrize("fields", [("title",), ("*",)])
def test_field_validators_hide_a_field(mode: Any, fields: tuple[str, ...]) -> None:
    class Masked(PostOut):
        @field_validator(*fields, mode=mode)
        @classmethod
        def masked(cls, value: Any, info: Any) -> Any:
            return str(mask(value))

    assert "title" not in offered(Masked)
    assert ("id" in offered(Masked)) is (fields == ("title",))


def test_what_changes_a_whole_model_hides_its_fields() -> None:
    class Validated(PostOut):
        @model_validator(mode="after")
        def masked(self) -> "Validated":
            self.title = "***"
            return self

    class Initialized(PostOut):
        _seen: int = 0

        def model_post_init(self, context: Any) -> None:
            self.title = "***"

    class Rebuilt(PostOut):
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return handler(source)

    @pydantic_dataclass
    class DocPost:
        size: int

        def __post_init__(self) -> None:
            self.size = 0

    class Private(PostOut):
        _seen: int = 0

    assert offered(Validated) == offered(Initialized) == offered(Rebuilt) == offered(item(DocPost, "doc")) == {}
    assert offered(Private) == offered(PostOut)


def test_serializers_and_model_validators_hide_fields() -> None:
    class Masked(PostOut):
        @field_serializer("title")
        def masked(self, value: str) -> str:
            return str(mask(value))

    class MaskedByModel(PostOut):
        @model_serializer
        def masked(self) -> dict[str, Any]:
            return {}

    class MadeByModel(PostOut):
        @model_validator(mode="before")
        @classmethod
        def masked(cls, value: Any) -> Any:
            return value

    class Inherited(Masked):
        text: str

    assert offered(Masked).keys() == {"id", *AUTHOR, *TAGS}
    assert offered(Inherited).keys() == {"id", "text", *AUTHOR, *TAGS}
    assert offered(MaskedByModel) == offered(MadeByModel) == {}


def test_a_type_with_a_schema_of_its_own_is_not_offered() -> None:
    class Masked(str):
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return handler(str)

    assert offered(item(Masked)) == offered(item(Annotated[str, Masked("x")])) == {}


class Stars:
    """An encoder that masks."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        return data

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return b"***"

    @classmethod
    def get_json_format(cls) -> str:
        return "stars"


@pytest.mark.parametrize(
    ("annotation", "is_offered"),
    [
        (Annotated[str, EncodedStr(encoder=Stars)], False),
        (Annotated[str, GetPydanticSchema(lambda source, handler: handler(source))], False),
        (Annotated[str, StringConstraints(to_upper=True)], False),
        (Annotated[str | None, StringConstraints(to_lower=True)], False),
        (Base64Str, True),
        (Annotated[str, StringConstraints(max_length=9, strip_whitespace=True)], True),
        (Annotated[str, Field(pattern="a", examples=["a"])], True),
    ],
)
def test_metadata_of_pydantic_that_changes_a_value_hides_it(annotation: Any, is_offered: bool) -> None:
    assert ("title" in offered(item(annotation))) is is_offered


@pytest.mark.parametrize("config", [ConfigDict(str_to_upper=True), ConfigDict(str_to_lower=True)])
def test_a_configuration_that_changes_text_hides_fields(config: ConfigDict) -> None:
    assert offered(create_model("Shouting", __config__=config, title=(str, ...))) == {}


def test_elements_that_a_list_leaves_out_are_not_offered() -> None:
    class Checked(BaseModel):
        label: Literal["x"]

    assert "tags.label" in offered(item(list[Checked], "tags"))
    assert "tags.label" not in offered(item(list[OnErrorOmit[Checked]], "tags"))


MASKED: Any = property(lambda self: "***")


class Account(Base):
    __tablename__ = "items_accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    stored_phone: Mapped[str]
    stored_mail: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("items_accounts.id"))
    parent: Mapped["Account | None"] = relationship(remote_side=id)
    phone = synonym("stored_phone", descriptor=MASKED)
    mail = synonym_for("stored_mail")(MASKED)
    tel = synonym("phone")
    post = synonym("stored_mail")
    parent_phone: AssociationProxy[str] = association_proxy("parent", "phone")
    parent_post: AssociationProxy[str] = association_proxy("parent", "post")


class ParentOut(BaseModel):
    phone: str
    post: str


class AccountOut(ParentOut):
    id: int
    tel: str
    mail: str
    parent: ParentOut | None
    parent_phone: str | None
    parent_post: str | None
    far: str | None = Field(None, validation_alias=AliasPath("parent", "phone"))
    near: str | None = Field(None, validation_alias=AliasPath("parent", "post"))


def test_a_synonym_with_a_property_of_its_own_is_not_offered() -> None:
    """The answer shows what the property makes of the value that a filter would compare."""
    offered = offered_fields(reflect(Account), AccountOut, {})
    assert offered == {
        **{name: name for name in ("post", "id", "parent", "parent.post", "parent_post")},
        "near": "parent.post",
    }


def test_an_annotation_that_names_nothing_is_refused() -> None:
    class Unfinished(BaseModel):
        author: "Nothing"  # type: ignore[name-defined]  # noqa: F821  # a name that is nowhere: that is tested

    with pytest.raises(ConfigurationError, match=r"^Unfinished: name 'Nothing' is not defined"):
        offered(Unfinished)


@pytest.mark.parametrize(
    "shape", [str, list[int], None, object(), list[AuthorOut], dict[str, AuthorOut], RootModel[list[AuthorOut]]]
)
def test_an_item_that_is_no_model_is_refused(shape: Any) -> None:
    wrong: Any = shape
    if shape is not None:
        with pytest.raises(ConfigurationError, match="the item of Post must be a Pydantic model"):
            FastAPISQLAlchemyIntegration().resource(Post, item=shape)
    with pytest.raises(ConfigurationError, match="Pydantic model"):
        FastAPISQLAlchemyIntegration().resource(Post).page_dependency(wrong, lambda: None)


# --- endpoints ---


def app_of(integration: FastAPISQLAlchemyIntegration, **more: Any) -> FastAPI:
    """One route for each dependency that gives statements."""
    app = FastAPI()
    resource = integration.resource(Post, **more)

    @app.get("/select")
    async def select(statement: Annotated[Any, Depends(resource.select_dependency())]) -> str:
        return str(statement)

    @app.get("/count")
    async def count(statement: Annotated[Any, Depends(resource.count_select_dependency())]) -> str:
        return str(statement)

    @app.get("/both")
    async def both(statement: Annotated[Any, Depends(resource.paginated_select_dependency())]) -> str:
        return str(statement.statement)

    @app.get("/applied")
    async def applied(apply: Annotated[Any, Depends(resource.applier_dependency())]) -> str:
        return str(apply(resource.base_select()))

    @app.get("/criteria")
    async def criteria(criteria: Annotated[RequestCriteria, Depends(resource.criteria_dependency())]) -> str:
        return str(criteria.apply(resource.base_select(), Post, orm=SQLAlchemyORM()))

    @app.get("/judged")
    async def judged(criteria: Annotated[RequestCriteria, Depends(resource.criteria_dependency())]) -> str:
        return str(resource.select(criteria))

    @app.get("/page")
    async def page(page: Annotated[Any, Depends(resource.page_dependency(PostOut, lambda: None))]) -> None: ...

    install_openapi(app)
    return app


STATEMENTS = ("/select", "/count", "/both", "/applied", "/criteria", "/judged")
NOT_SHOWN = (
    "secret", "author.password_hash", "author.email", "author.id", "author_id",
    "doc", "tags.secret", "doc.a", "plain", "text", "shout", "x",
)  # fmt: skip


@pytest.mark.parametrize("path", [*STATEMENTS, "/page"])
def test_a_resource_with_an_item_is_closed_in_every_dependency(path: str) -> None:
    app = app_of(FastAPISQLAlchemyIntegration(), item=PostOut)
    for field in NOT_SHOWN:
        for query in (f"filter={field}=na=", f"sort={field}", f"filter=(title==x,{field}!=1)"):
            answer = get(app, f"{path}?{query}")
            assert answer.status_code == 422, (field, query, answer.text)
            (error,) = answer.json()["detail"]["errors"]
            assert error["code"] == "unknown-field"
            assert error["hint"] is None or error["hint"] in {
                "Did you mean 'author.name'?", "Did you mean 'author'?", "Did you mean 'tags.label'?"
            }  # fmt: skip
    if path != "/page":
        for query in ("filter=author.name==x;tags.label==y;title==z;author=nn=", "sort=author.name;-id"):
            assert get(app, f"{path}?{query}").status_code == 200


def test_the_document_of_a_resource_with_an_item_names_what_it_shows() -> None:
    document = app_of(FastAPISQLAlchemyIntegration(), item=PostOut).openapi()
    for path in (*STATEMENTS, "/page"):
        filter, sort = document["paths"][path]["get"]["parameters"][:2]
        named = [field["name"] for field in filter["schema"]["x-pyrsql"]["fields"]]
        assert named == ["id", "title", "author", "author.name", "tags", "tags.label"]
        sortable = [field["name"] for field in sort["schema"]["x-pyrsql"]["fields"]]
        assert sortable == ["id", "title", "author.name", "tags.label"]
        assert "password_hash" not in str(filter) + str(sort)


def test_a_page_alone_is_closed_by_its_item() -> None:
    app = app_of(FastAPISQLAlchemyIntegration())
    assert get(app, "/select?filter=secret==x").status_code == 200
    assert get(app, "/page?filter=secret==x").status_code == 422
    assert get(app, "/page?sort=author.password_hash").status_code == 422
    filter = app.openapi()["paths"]["/page"]["get"]["parameters"][0]
    assert "secret" not in str(filter)


def test_the_item_of_the_resource_gives_the_rights_of_a_page_of_another_shape() -> None:
    app = app_of(FastAPISQLAlchemyIntegration(), item=item())
    assert get(app, "/page?filter=author.name==x").status_code == 422
    assert get(app, "/page?filter=id==1").status_code == 422


@pytest.mark.parametrize(
    ("lists", "filters", "sorts"),
    [
        ({"filterable_fields": {"secret"}}, {"secret"}, {"secret"}),
        ({"filterable_fields": {"secret"}, "sortable_fields": {"id"}}, {"secret"}, {"id"}),
        ({"sortable_fields": {"secret"}}, set(), {"secret"}),
        ({"filterable_fields": ALL_FIELDS}, {"secret", "id", "title"}, {"secret", "id", "title"}),
        ({"filterable_fields": ALL_FIELDS, "sortable_fields": {"id"}}, {"secret", "id", "title"}, {"id"}),
        ({"sortable_fields": ALL_FIELDS}, set(), {"secret", "id", "title"}),
        ({"filterable_fields": {"id"}, "sortable_fields": ALL_FIELDS}, {"id"}, {"secret", "id", "title"}),
    ],
)
@pytest.mark.parametrize("sort_options", [None, SortOptions()])
def test_lists_take_the_place_of_the_item(
    lists: dict[str, Any], filters: set[str], sorts: set[str], sort_options: SortOptions | None
) -> None:
    config = FastAPICriteriaConfig(sort_options=sort_options)
    app = app_of(FastAPISQLAlchemyIntegration(criteria_config=config), item=PostOut, **lists)
    for path in STATEMENTS:
        for field in ("secret", "id", "title"):
            assert (get(app, f"{path}?filter={field}==1").status_code == 200) is (field in filters), (path, field)
            assert (get(app, f"{path}?sort={field}").status_code == 200) is (field in sorts), (path, field)
    for field in ("secret", "id", "title"):
        refused = get(app, f"/page?filter={field}==1&sort={field}&size=0").json()["detail"]["errors"]
        found = {error["parameter"] for error in refused}
        assert found == {"size", *([] if field in filters else ["filter"]), *([] if field in sorts else ["sort"])}


class LabelsOut(BaseModel):
    id: int
    tag_labels: list[str]


@pytest.mark.parametrize("loads", [selectinload, joinedload])
@pytest.mark.parametrize(
    ("more", "is_refused"),
    [
        ({"item": PostOut}, True),
        ({"item": LabelsOut}, True),
        ({"item": AuthorOut | PostOut}, False),
        ({"item": PostOut, "filterable_fields": ["title"]}, False),
        ({}, False),
    ],
    ids=["item", "proxy", "union", "listed", "open"],
)
def test_an_answer_that_leaves_related_rows_out_has_no_filter_that_finds_them(
    loads: Any, more: dict[str, Any], is_refused: bool
) -> None:
    base = select(Post).options(loads(Post.tags.and_(Tag.label != "internal")))
    resource = FastAPISQLAlchemyIntegration().resource(Post, statement_factory=lambda: base, **more)
    if is_refused:
        with pytest.raises(ConfigurationError, match=r"with_loader_criteria\(Tag, …\)"):
            resource.base_select()
    else:
        assert resource.base_select() is base


def test_options_narrow_an_item_and_may_rename_its_fields() -> None:
    options = QueryOptions(field_blacklist={"title"}, field_mapping={"writer": "author", "pw": "secret"})
    config = FastAPICriteriaConfig(query_options=options)
    app = app_of(FastAPISQLAlchemyIntegration(criteria_config=config), item=PostOut)
    for field, status in {"title": 422, "writer.name": 200, "author.name": 200, "pw": 422, "writer.email": 422}.items():
        assert get(app, f"/select?filter={field}=na=").status_code == status, field


def test_a_default_sort_may_name_a_field_that_the_item_does_not_show() -> None:
    app = app_of(FastAPISQLAlchemyIntegration(), item=PostOut, default_sort="-author.email")
    assert "ORDER BY" in get(app, "/select").text
    assert get(app, "/select?sort=-author.email").status_code == 422
    assert "email" not in str(app.openapi()["paths"]["/select"]["get"]["parameters"])
    with pytest.raises(ConfigurationError, match="default_sort='nothing' of Post: There is no field 'nothing'"):
        FastAPISQLAlchemyIntegration().resource(Post, item=PostOut, default_sort="nothing")


# --- what is offered without being said ---


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "pyrsql"]


def test_an_open_endpoint_logs_names_that_look_like_secrets_once(caplog: pytest.LogCaptureFixture) -> None:
    integration = FastAPISQLAlchemyIntegration()
    app = FastAPI()

    @app.get("/posts")
    async def posts(
        statement: Annotated[Any, Depends(integration.select_dependency(Post))],
        count: Annotated[Any, Depends(integration.count_select_dependency(Post))],
    ) -> None: ...

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert get(app, "/posts?filter=id==1").status_code == 200
    (message,) = warnings_of(caplog)
    assert "author.password_hash, secret, tags.secret" in message


@pytest.mark.parametrize(
    "more", [{"item": PostOut}, {"filterable_fields": {"secret"}}, {"filterable_fields": ALL_FIELDS}]
)
def test_fields_that_a_developer_chose_are_not_logged(caplog: pytest.LogCaptureFixture, more: dict[str, Any]) -> None:
    assert get(app_of(FastAPISQLAlchemyIntegration(), **more), "/select").status_code == 200
    assert warnings_of(caplog) == []


def test_hidden_fields_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    options = QueryOptions(field_blacklist={"password_hash", "secret"})
    integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(query_options=options))
    integration.resource(Post)
    assert warnings_of(caplog) == []
