"""The statement of a request also narrows the rows that a relation leads back to."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import Column, Engine, ForeignKey, Select, String, Table, select, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    foreign,
    mapped_column,
    relationship,
    remote,
    with_loader_criteria,
)

from pyrsql import ALL_FIELDS, ConfigurationError, ParseLimits, QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get


class Own(DeclarativeBase):
    pass


post_tags = Table(
    "scope_post_tags",
    Own.metadata,
    Column("post_id", ForeignKey("scope_posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("scope_tags.id"), primary_key=True),
)


class Tag(Own):
    """Tags are shared by all tenants."""

    __tablename__ = "scope_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    posts: Mapped[list["Post"]] = relationship(secondary=post_tags, back_populates="tags")
    titles: AssociationProxy[list[str]] = association_proxy("posts", "title")


class Member(Own):
    __tablename__ = "scope_members"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[int]
    login: Mapped[str] = mapped_column(String(20))


class Tenanted:
    tenant: Mapped[int] = mapped_column()


class Post(Tenanted, Own):
    __tablename__ = "scope_posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("scope_posts.id"))
    parent: Mapped["Post | None"] = relationship(remote_side=[id])
    tags: Mapped[list[Tag]] = relationship(secondary=post_tags, back_populates="posts", order_by=Tag.id)


class PostTitle(BaseModel):
    title: str


class TagOut(BaseModel):
    name: str
    posts: list[PostTitle]


class PostOut(BaseModel):
    id: int
    title: str
    parent: PostTitle | None
    tags: list[TagOut]


def current_tenant() -> int:
    return 1


Tenant = Annotated[int, Depends(current_tenant)]


def by_column(tenant: Tenant) -> Select[Any]:
    return select(Post).where(Post.tenant == tenant)


def by_subquery(tenant: Tenant) -> Select[Any]:
    return select(Post).where(
        Post.tenant.in_(select(Member.tenant).where(Member.tenant == tenant, Member.login == "ada"))
    )


def by_correlated_subquery(tenant: Tenant) -> Select[Any]:
    members = select(Member.id).where(Member.tenant == Post.tenant, Member.tenant == tenant)
    return select(Post).where(members.exists())


def by_own_subquery(tenant: Tenant) -> Select[Any]:
    return select(Post).where(Post.id.in_(select(Post.id).where(Post.tenant == tenant)))


def by_subquery_that_joins_others(tenant: Tenant) -> Select[Any]:
    other = aliased(Member)
    members = select(Member.tenant).join(other, other.id == Member.id).where(Member.tenant == tenant)
    return select(Post).where(Post.tenant.in_(members))


def by_subquery_of_the_relation(tenant: Tenant) -> Select[Any]:
    unused = select(post_tags.c.tag_id).where(post_tags.c.post_id == Post.id, post_tags.c.tag_id > 1)
    return select(Post).where(Post.tenant == tenant, ~unused.exists())


def of_an_alias(tenant: Tenant) -> Select[Any]:
    post = aliased(Post)
    return select(post).where(post.tenant == tenant)


def distinct(tenant: Tenant) -> Select[Any]:
    return select(Post).where(Post.tenant == tenant).distinct()


def locked(tenant: Tenant) -> Select[Any]:
    return select(Post).where(Post.tenant == tenant).with_for_update()


def by_criteria(tenant: Tenant) -> Select[Any]:
    return select(Post).options(with_loader_criteria(Post, Post.tenant == tenant, include_aliases=True))


def joined_with_criteria(tenant: Tenant) -> Select[Any]:
    criteria = with_loader_criteria(Post, Post.tenant == tenant, include_aliases=True)
    return select(Post).join(Member, Member.tenant == Post.tenant).options(criteria)


SCOPES = [
    by_column,
    by_subquery,
    by_correlated_subquery,
    by_own_subquery,
    by_subquery_that_joins_others,
    by_subquery_of_the_relation,
    of_an_alias,
    distinct,
    locked,
    by_criteria,
    joined_with_criteria,
]

QUESTIONS = {
    "tags.posts.title==secret": [],
    "tags.posts.title==mine": [1],
    "tags.posts.tenant==2": [],
    "tags.titles==secret": [],
    "parent.title==secret": [],
    "parent=nn=": [],
    "parent=na=": [1, 3],
    "@count[tags.posts]>1": [],
    "@count[tags.posts]==1": [1],
    "tags=any='posts.title==secret'": [],
    "tags.posts=none='title==mine'": [3],
    "tags.posts=all='tenant==1'": [1, 3],
    "parent=any='title==secret'": [],
}


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Callable[[], Iterator[Session]]]:
    Own.metadata.create_all(engine)
    with Session(engine) as filled:
        red = Tag(id=1, name="red")
        filled.add(Post(id=1, tenant=1, title="mine", tags=[red]))
        filled.add(Post(id=2, tenant=2, title="secret", tags=[red]))
        filled.add(Member(id=1, tenant=1, login="ada"))
        filled.flush()
        filled.add(Post(id=3, tenant=1, title="answer", parent_id=2))
        filled.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    yield get_session
    Own.metadata.drop_all(engine)


def app_of(factory: Callable[..., Any], session: Any) -> FastAPI:
    # A count over posts that several tags share counts the second relation twice.
    options = QueryOptions(quantifiers=True, parse_limits=ParseLimits(to_many=3))
    integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(query_options=options))
    opened = integration.resource(
        Post, item=PostOut, filterable_fields=ALL_FIELDS, statement_factory=factory, default_sort="id"
    )
    app = FastAPI()
    app.include_router(opened.router(session), prefix="/posts")

    @app.get("/ids")
    def ids(
        statement: Annotated[Select[Any], Depends(opened.select_dependency())],
        open_session: Annotated[Session, Depends(session)],
    ) -> list[int]:
        return [post.id for post in open_session.scalars(statement).unique()]

    return app


@pytest.mark.parametrize("factory", SCOPES)
def test_no_question_reaches_a_row_that_the_statement_leaves_out(factory: Callable[..., Any], session: Any) -> None:
    app = app_of(factory, session)
    for filter, expected in QUESTIONS.items():
        page = get(app, "/posts", params={"filter": filter}).json()
        assert ([item["id"] for item in page["items"]], page["total"]) == (expected, len(expected)), filter
        assert get(app, "/posts/count", params={"filter": filter}).json() == {"count": len(expected)}, filter
        assert get(app, "/ids", params={"filter": filter}).json() == expected, filter


@pytest.mark.parametrize("factory", SCOPES)
def test_no_answer_shows_one(factory: Callable[..., Any], session: Any) -> None:
    app = app_of(factory, session)
    first = {"id": 1, "title": "mine", "parent": None, "tags": [{"name": "red", "posts": [{"title": "mine"}]}]}
    third = {"id": 3, "title": "answer", "parent": None, "tags": []}
    assert get(app, "/posts").json()["items"] == [first, third]
    assert get(app, "/posts/1").json() == first


def by_join(tenant: Tenant) -> Select[Any]:
    return select(Post).join(Member, Member.tenant == Post.tenant).where(Member.tenant == tenant)


def by_text(tenant: Tenant) -> Select[Any]:
    return select(Post).where(text(f"scope_posts.tenant = {tenant:d}"))


def by_relation(tenant: Tenant) -> Select[Any]:
    return select(Post).where(Post.tenant == tenant, Post.tags.any(Tag.name == "red"))


def of_a_subquery(tenant: Tenant) -> Select[Any]:
    return select(aliased(Post, select(Post).where(Post.tenant == tenant).subquery()))


def by_a_subquery_that_joins(tenant: Tenant) -> Select[Any]:
    own = select(Post.id).join(Member, Member.tenant == Post.tenant).where(Member.tenant == tenant)
    return select(Post).where(Post.id.in_(own))


def by_a_nested_subquery(tenant: Tenant) -> Select[Any]:
    own = select(Post.id).where(Post.tenant == tenant).subquery()
    return select(Post).where(Post.id.in_(select(own.c.id)))


REFUSED = [by_join, by_text, by_relation, of_a_subquery, by_a_subquery_that_joins, by_a_nested_subquery]


@pytest.mark.parametrize("factory", REFUSED)
@pytest.mark.parametrize("request_", ["", "?filter=title==mine", "?filter=nothing==1"])
def test_conditions_that_cannot_be_applied_to_related_rows_are_refused(
    factory: Callable[..., Any], request_: str, session: Any
) -> None:
    with pytest.raises(ConfigurationError, match="a relation leads back to Post, and the conditions"):
        get(app_of(factory, session), f"/posts{request_}")


SOME_POST = aliased(Post)


@pytest.mark.parametrize(
    ("option", "counts"),
    [
        (lambda tenant: with_loader_criteria(Post, Post.tenant == tenant), True),
        (lambda tenant: with_loader_criteria(Post, Post.tenant == tenant, include_aliases=True), True),
        (lambda tenant: with_loader_criteria(Tenanted, lambda cls: cls.tenant > 0, include_aliases=True), True),
        (lambda tenant: with_loader_criteria(Tenanted, lambda cls: cls.tenant > 0), False),
        (lambda tenant: with_loader_criteria(SOME_POST, SOME_POST.tenant == tenant), False),
        (lambda tenant: with_loader_criteria(Tag, Tag.id > 0, include_aliases=True), False),
    ],
)
def test_only_criteria_that_count_behind_paths_take_the_place_of_conditions(
    option: Callable[[int], Any], counts: bool, session: Any
) -> None:
    def factory(tenant: Tenant) -> Select[Any]:
        return by_join(tenant).options(option(tenant))

    app = app_of(factory, session)
    if counts:
        assert get(app, "/posts").status_code == 200
        return
    with pytest.raises(ConfigurationError, match="a relation leads back to Post, and the conditions"):
        get(app, "/posts")


class PostAlone(BaseModel):
    id: int
    title: str


class TagName(BaseModel):
    name: str


class PostWithNames(PostAlone):
    tags: list[TagName]


@pytest.mark.parametrize("factory", REFUSED)
@pytest.mark.parametrize(
    "fields", [{"item": PostWithNames}, {"item": PostOut, "filterable_fields": {"title", "tags.name"}}]
)
def test_they_count_as_they_are_where_no_relation_leads_back(
    factory: Callable[..., Any], fields: dict[str, Any], session: Any
) -> None:
    posts = FastAPISQLAlchemyIntegration().resource(Post, statement_factory=factory, **fields)
    app = FastAPI()

    @app.get("/ids")
    def ids(
        statement: Annotated[Select[Any], Depends(posts.select_dependency())],
        open_session: Annotated[Session, Depends(session)],
    ) -> list[int]:
        return [post.id for post in open_session.scalars(statement).unique()]

    assert get(app, "/ids", params={"filter": "tags.name==red"}).json() == [1]


def test_a_statement_of_all_requests_says_nothing_of_related_rows(session: Any) -> None:
    app = app_of(lambda: select(Post).where(Post.tenant == 1), session)
    assert get(app, "/ids", params={"filter": "parent.title==secret"}).json() == [3]


class Upper(Own):
    """Others have its rows as their base class, and as what they lead to."""

    __tablename__ = "scope_uppers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tenant: Mapped[int]
    name: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(20))
    next_id: Mapped[int | None] = mapped_column(ForeignKey("scope_uppers.id"))
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "upper"}


class Lower(Upper):
    __tablename__ = "scope_lowers"

    id: Mapped[int] = mapped_column(ForeignKey("scope_uppers.id"), primary_key=True, autoincrement=False)
    next: Mapped["Lower | None"] = relationship(
        primaryjoin=lambda: foreign(Lower.next_id) == remote(Upper.id), viewonly=True
    )
    __mapper_args__ = {"polymorphic_identity": "lower", "inherit_condition": id == Upper.id}


class NextOut(BaseModel):
    name: str


class LowerOut(BaseModel):
    id: int
    next: NextOut | None


OF_TABLE = Upper.__table__.c


@pytest.mark.parametrize(
    "criteria",
    [
        with_loader_criteria(Upper, Upper.tenant == 1, include_aliases=True),
        with_loader_criteria(Upper, OF_TABLE.tenant == 1, include_aliases=True),
        with_loader_criteria(Lower, Upper.tenant == 1),
        with_loader_criteria(Lower, OF_TABLE.tenant == 1),
        with_loader_criteria(Lower, lambda cls: cls.tenant == 1),
    ],
)
@pytest.mark.parametrize("base", [select(Lower), select(Lower).distinct(), select(Lower).where(text("1 = 1"))])
def test_criteria_count_for_related_rows_that_an_answer_joins(criteria: Any, base: Select[Any], session: Any) -> None:
    rows = next(session())
    rows.merge(Lower(id=1, tenant=2, name="secret"))
    rows.merge(Lower(id=2, tenant=1, name="mine", next_id=1))
    rows.merge(Lower(id=3, tenant=1, name="last", next_id=2))
    rows.commit()
    opened = FastAPISQLAlchemyIntegration().resource(
        Lower, item=LowerOut, statement_factory=lambda: base.options(criteria), default_sort="id"
    )
    app = FastAPI()
    app.include_router(opened.router(session), prefix="/lowers")
    expected = [{"id": 2, "next": None}, {"id": 3, "next": {"name": "mine"}}]
    assert get(app, "/lowers").json()["items"] == expected
    assert get(app, "/lowers/3").json() == expected[1]


def test_criteria_that_no_join_of_an_answer_can_have_are_refused(session: Any) -> None:
    criteria = with_loader_criteria(Lower, lambda _: OF_TABLE.tenant == 1)
    opened = FastAPISQLAlchemyIntegration().resource(
        Lower, item=LowerOut, statement_factory=lambda: select(Lower).options(criteria)
    )
    app = FastAPI()
    app.include_router(opened.router(session), prefix="/lowers")
    with pytest.raises(ConfigurationError, match="joinedload reads an alias of Lower, to which the function"):
        get(app, "/lowers")
