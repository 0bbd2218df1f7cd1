"""The integration: statements from a request, resources, and what they refuse when the application is put together."""

import datetime as dt
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, create_model
from sqlalchemy import Engine, Enum, Integer, Select, StaticPool, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql import (
    ALL_FIELDS,
    ComparisonOperator,
    ConfigurationError,
    CustomPredicateDefinition,
    QueryOptions,
    ValueConverterRegistry,
)
from pyrsql.adapters.fastapi import (
    CriteriaError,
    FastAPICriteriaConfig,
    RequestCriteria,
    fields,
    in_body,
    install_openapi,
    install_problem_details,
)
from pyrsql.adapters.fastapi.dependency import SHORT_WORK, estimated_work
from pyrsql.integrations.fastapi import (
    FastAPISQLAlchemyIntegration,
    FastAPISQLAlchemyResource,
    SQLAlchemyPaginatedSelect,
    database_error_handler,
)
from pyrsql.integrations.fastapi import (
    integration as integration_module,
)
from pyrsql.models.schema import Schema
from tests.asgi import get, request
from tests.sample_models import Base, User, rows


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()
    yield engine
    engine.dispose()


def app_of(resource: FastAPISQLAlchemyResource, engine: Engine) -> FastAPI:
    """One route for each dependency of a resource; each answers with identities."""
    app = FastAPI()

    def identities(statement: Select[Any]) -> list[int]:
        with Session(engine) as session:
            return [user.id for user in session.scalars(statement)]

    def number(statement: Select[Any]) -> int:
        with Session(engine) as session:
            return int(session.scalars(statement).one())

    @app.get("/select")
    async def rows_of(statement: Annotated[Any, Depends(resource.select_dependency())]) -> list[int]:
        return identities(statement)

    @app.get("/count")
    async def count(statement: Annotated[Any, Depends(resource.count_select_dependency())]) -> int:
        return number(statement)

    @app.get("/page")
    async def page(
        bundle: Annotated[SQLAlchemyPaginatedSelect, Depends(resource.paginated_select_dependency())],
    ) -> dict[str, Any]:
        return {"items": identities(bundle.statement), "total": number(bundle.count_statement)}

    @app.get("/applied")
    async def applied(
        apply: Annotated[Callable[[Select[Any]], Select[Any]], Depends(resource.applier_dependency())],
    ) -> list[int]:
        return identities(apply(select(User).where(User.id <= 5)))

    @app.get("/criteria")
    async def criteria(
        criteria: Annotated[RequestCriteria, Depends(resource.criteria_dependency())],
    ) -> dict[str, Any]:
        bundle = resource.paginated_select(criteria)
        return {
            "items": identities(resource.select(criteria)),
            "total": number(resource.count_select(criteria)),
            "same": identities(bundle.statement) == identities(resource.apply(resource.base_select(), criteria)),
        }

    return app


def users(**more: Any) -> FastAPISQLAlchemyResource:
    return FastAPISQLAlchemyIntegration().resource(User, **more)


# --- statements ---


def test_the_dependencies_of_a_resource(engine: Engine) -> None:
    app = app_of(users(), engine)
    query = "filter=company.name==acme&sort=-age,nullslast;id&page=0&size=2"
    assert get(app, f"/select?{query}").json() == [9, 4]
    assert get(app, f"/count?{query}").json() == 5
    assert get(app, f"/page?{query}").json() == {"items": [9, 4], "total": 5}
    assert get(app, f"/applied?{query}").json() == [4, 1]
    assert get(app, f"/criteria?{query}").json() == {"items": [9, 4], "total": 5, "same": True}


def test_a_request_without_parameters_gets_all_rows_in_order(engine: Engine) -> None:
    app = app_of(users(default_sort="-id"), engine)
    assert get(app, "/select").json() == list(range(12, 0, -1))
    assert get(app, "/select?sort=id&size=3").json() == [1, 2, 3]
    assert get(app, "/criteria").json()["items"] == list(range(12, 0, -1))
    assert get(app, "/applied").json() == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(("default_sort", "first"), [("name,asc", 11), ("-name", 5), ("age;-id", 11)])
def test_default_sorts(engine: Engine, default_sort: str, first: int) -> None:
    assert get(app_of(users(default_sort=default_sort), engine), "/select").json()[0] == first


@pytest.mark.parametrize("text", ["id>0", "id==1,id>0", "name=na=,name=nn=", "(id==1),(id!=1)"])
def test_no_request_widens_the_statement_of_a_factory(engine: Engine, text: str) -> None:
    def few() -> Select[Any]:
        return select(User).where((User.id == 3) | (User.id == 5))

    app = app_of(users(statement_factory=few, default_sort="id"), engine)
    assert get(app, "/select", params={"filter": text}).json() == [3, 5]
    assert get(app, "/count", params={"filter": text}).json() == 2
    assert get(app, "/page", params={"filter": text}).json() == {"items": [3, 5], "total": 2}


def test_limits_and_names_of_a_resource(engine: Engine) -> None:
    resource = users(
        max_page_size=3,
        default_page_size=2,
        query_parameter_name="q",
        sort_parameter_name="o",
        page_parameter_name="p",
        size_parameter_name="n",
    )
    app = app_of(resource, engine)
    assert get(app, "/select?q=id>2&o=-id&p=1").json() == [10, 9]
    assert get(app, "/select?n=3&o=id").json() == [1, 2, 3]
    refused = get(app, "/select?n=4").json()["detail"]
    assert (refused["parameter"], refused["type"]) == ("n", "urn:pyrsql:problem:page-validation-error")


# --- errors ---


def test_problems_of_all_stages_come_in_one_answer(engine: Engine) -> None:
    app = app_of(users(), engine)
    response = get(app, "/page?filter=nme==1;age==x&sort=name,up&page=-1&size=1")
    assert response.status_code == 400
    detail = response.json()["detail"]
    # The first problem that makes it a 400 is that of the sort.
    assert (detail["type"], detail["parameter"]) == ("urn:pyrsql:problem:sort-parse-error", "sort")
    found = [(error["parameter"], error["code"]) for error in detail["errors"]]
    assert found == [
        ("filter", "unknown-field"),
        ("filter", "wrong-value"),
        ("sort", "syntax-error"),
        ("page", "page-error"),
    ]


def test_a_repeated_filter_does_not_hide_the_rest(engine: Engine) -> None:
    response = get(app_of(users(), engine), "/select?filter=id==1&filter=id==2&sort=nme")
    assert response.status_code == 400
    found = [(error["parameter"], error["code"]) for error in response.json()["detail"]["errors"]]
    assert found == [("filter", "repeated-parameter"), ("sort", "unknown-field")]


def test_fields_that_are_not_listed_do_not_exist(engine: Engine) -> None:
    app = app_of(users(filterable_fields={"id", "company.name"}, sortable_fields=["name"]), engine)
    assert get(app, "/select?filter=company.name==Umbrella;id<3").json() == [2]
    for query in ("filter=name==demo", "filter=company.id==1", "filter=name.x==1", "filter=xyz==1", "sort=id"):
        response = get(app, f"/select?{query}")
        assert (response.status_code, response.json()["detail"]["errors"][0]["code"]) == (422, "unknown-field")


def test_filterable_fields_count_for_sorts_too(engine: Engine) -> None:
    app = app_of(users(filterable_fields=["id"]), engine)
    assert get(app, "/select?sort=-id&size=1").json() == [12]
    assert get(app, "/select?sort=name").status_code == 422


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"filterable_fields": {"id", "nme"}}, "nme"),
        ({"filterable_fields": {"company.nme"}}, "company.nme"),
        ({"sortable_fields": ["nme"]}, "nme"),
        ({"sortable_fields": ["company"]}, "company"),
        ({"default_sort": "name,up"}, "name,up"),
        ({"default_sort": "nme"}, "nme"),
        ({"default_sort": "name", "sortable_fields": ["id"]}, "name"),
        ({"max_page_size": 0}, "max_page_size"),
        ({"max_page_size": 1, "default_page_size": 2}, "default_page_size"),
        ({"query_parameter_name": "sort"}, "sort"),
    ],
)
def test_misconfiguration_fails_when_the_application_is_put_together(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        users(**arguments)


def test_a_class_that_is_no_model_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Thing"):
        FastAPISQLAlchemyIntegration().resource(type("Thing", (), {}))


def test_http_exceptions_stay_what_they_are(engine: Engine) -> None:
    app = app_of(users(), engine)

    @app.exception_handler(CriteriaError)
    async def own(request: object, error: CriteriaError) -> JSONResponse:
        return JSONResponse({"codes": [problem.code for problem in error.problems]}, 418)

    response = get(app, "/select?filter=nme==1")
    assert (response.status_code, response.json()) == (418, {"codes": ["unknown-field"]})


# --- sharing ---


def test_a_model_has_one_dependency_of_each_kind() -> None:
    integration = FastAPISQLAlchemyIntegration()
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: integration.select_dependency(User), range(64)))
    assert len(found) == 1
    assert integration.select_dependency(User) is not integration.count_select_dependency(User)


def test_dependencies_can_be_overridden(engine: Engine) -> None:
    resource = users()
    app = app_of(resource, engine)
    app.dependency_overrides[resource.select_dependency()] = lambda: select(User).where(User.id == 7)
    assert get(app, "/select?filter=nonsense").json() == [7]


def test_options_of_the_integration_count_for_its_models(engine: Engine) -> None:
    config = FastAPICriteriaConfig(query_options=QueryOptions(field_blacklist={"email"}), max_page_size=5)
    integration = FastAPISQLAlchemyIntegration(criteria_config=config)
    app = FastAPI()

    @app.get("/users")
    async def read(statement: Annotated[Any, Depends(integration.select_dependency(User))]) -> str:
        return str(statement)

    assert get(app, "/users?filter=email==x").status_code == 422
    assert get(app, "/users?sort=email").status_code == 422
    assert get(app, "/users?size=6").status_code == 400
    assert get(app, "/users?sort=name&size=5").status_code == 200


def test_the_functions_of_the_integration(engine: Engine) -> None:
    integration = FastAPISQLAlchemyIntegration()
    app = FastAPI()

    @app.get("/")
    async def read(
        criteria: Annotated[RequestCriteria, Depends(integration.criteria_dependency())],
        apply: Annotated[Callable[[Select[Any]], Select[Any]], Depends(integration.applier_dependency(User))],
    ) -> dict[str, Any]:
        with Session(engine) as session:
            base = integration.base_select(User)
            applied = session.scalars(integration.apply(base, User, criteria)).all()
            assert session.scalars(integration.select(User, criteria)).all() == applied
            assert session.scalars(apply(base)).all() == applied
            bundle = integration.paginated_select(User, criteria)
            assert session.scalars(bundle.statement).all() == applied
            total = session.scalar(bundle.count_statement)
            assert session.scalar(integration.count_select(User, criteria)) == total
            return {"items": [user.id for user in applied], "total": total}

    assert get(app, "/?filter=age=na=&sort=-id&size=1").json() == {"items": [12], "total": 2}


# --- OpenAPI ---


def document_of(app: FastAPI) -> dict[str, Any]:
    install_openapi(app)
    return app.openapi()


def parameters(document: dict[str, Any], path: str) -> dict[str, Any]:
    return {found["name"]: found for found in document["paths"][path]["get"]["parameters"]}


def test_examples_of_a_resource_are_published_and_work(engine: Engine) -> None:
    resource = users(
        filterable_fields={"id", "name", "company.name", "created", "manager"},
        sortable_fields={"name", "company.name"},
        default_sort="-name",
        filter_examples={"mine": "name=in=(demo,Demo)"},
        sort_examples={"mine": {"summary": "Mine", "value": "company.name;-name"}},
    )
    app = app_of(resource, engine)
    found = parameters(app.openapi(), "/select")
    assert list(found["filter"]["examples"]) == [
        "filter_by_company_name",
        "filter_by_created",
        "filter_by_id",
        "filter_by_manager",
        "filter_by_name",
        "mine",
    ]
    assert list(found["sort"]["examples"]) == ["default_sort", "sort_by_company_name_asc", "sort_by_name_asc", "mine"]
    for name in ("filter", "sort"):
        for example in found[name]["examples"].values():
            assert get(app, "/select", params={name: example["value"]}).status_code == 200, example


def test_every_example_of_a_type_is_taken() -> None:
    class Own(DeclarativeBase):
        pass

    class Typed(Own):
        __tablename__ = "typed_examples"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        state: Mapped[str] = mapped_column(Enum("it's new", "old"))
        length: Mapped[dt.timedelta]

    setattr(Typed, "first name", mapped_column(Integer))
    fields = ["id", "state", "length", "first name"]
    resource = FastAPISQLAlchemyIntegration().resource(Typed, filterable_fields=fields)
    app = FastAPI()

    @app.get("/typed")
    async def read(statement: Annotated[Any, Depends(resource.select_dependency())]) -> None: ...

    examples = parameters(app.openapi(), "/typed")["filter"]["examples"]
    assert [example["value"] for example in examples.values()] == [
        "id==123e4567-e89b-12d3-a456-426614174000",
        r"state=='it\'s new'",
        "length=nn=",
        "'first name'==1",
    ]
    sorts = [example["value"] for example in parameters(app.openapi(), "/typed")["sort"]["examples"].values()]
    assert sorts == ["id,asc", "state,asc", "length,asc", "'first name',asc"]
    for name, written in [("filter", example["value"]) for example in examples.values()] + [
        ("sort", one) for one in sorts
    ]:
        assert get(app, "/typed", params={name: written}).status_code == 200, written


def test_filterable_fields_alone_give_examples_of_both() -> None:
    resource = users(filterable_fields={"id", "name"}, default_sort="name,asc")
    app = FastAPI()

    @app.get("/users")
    async def read(statement: Annotated[Any, Depends(resource.select_dependency())]) -> None: ...

    found = parameters(app.openapi(), "/users")
    assert list(found["filter"]["examples"]) == ["filter_by_id", "filter_by_name"]
    assert list(found["sort"]["examples"]) == ["default_sort", "sort_by_id_asc", "sort_by_name_asc"]
    assert "`id`" in found["filter"]["description"]
    assert "`id`, `name`" in found["sort"]["description"]


def test_the_document_names_fields_types_and_operators(engine: Engine) -> None:
    app = app_of(users(), engine)
    found = parameters(document_of(app), "/select")
    extension = found["filter"]["schema"]["x-pyrsql"]
    assert len(extension["operators"]) == len({tuple(operators) for operators in extension["operators"]}) < 10
    fields = {
        field["name"]: {**field, "operators": extension["operators"][field["operators"]]}
        for field in extension["fields"]
    }
    assert fields["age"]["type"] == "integer"
    assert "=bt=" in fields["age"]["operators"]
    assert "=like=" not in fields["age"]["operators"]
    assert "=like=" in fields["company.name"]["operators"]
    assert fields["company"] == {"name": "company", "type": "relation", "operators": ["=na=", "=nn="]}
    assert fields["roles"]["many"] is True
    sortable = [field["name"] for field in found["sort"]["schema"]["x-pyrsql"]["fields"]]
    assert "company.name" in sortable
    assert "company" not in sortable
    assert "| fields | type | operators |" in found["filter"]["description"]
    assert "Fields: `" in found["sort"]["description"]


def test_all_fields_of_a_model_are_listed_once_and_not_before_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = fields.filter_extension, list[Schema]()

    def filter_extension(schema: Schema) -> dict[str, Any]:
        asked.append(schema)
        return found(schema)

    monkeypatch.setattr(integration_module, "filter_extension", filter_extension)
    resource = FastAPISQLAlchemyIntegration().resource(User, filterable_fields=ALL_FIELDS)
    app = FastAPI()
    for path in ("/users", "/others"):
        app.add_api_route(path, lambda rows: None, dependencies=[Depends(resource.select_dependency())])
    assert asked == []
    assert "`age`" in parameters(document_of(app), "/users")["filter"]["description"]
    assert len(asked) == 1


def test_the_document_names_nothing_that_is_not_offered() -> None:
    resource = users(filterable_fields=["id", "company.name"])
    app = FastAPI()

    @app.get("/users")
    async def read(statement: Annotated[Any, Depends(resource.select_dependency())]) -> None: ...

    found = parameters(document_of(app), "/users")
    assert [field["name"] for field in found["filter"]["schema"]["x-pyrsql"]["fields"]] == ["id", "company.name"]
    assert "email" not in str(found)


def test_answers_are_documented(engine: Engine) -> None:
    app = app_of(users(), engine)

    @app.get("/other/{number}")
    async def other(number: int) -> None: ...

    @app.get("/mixed")
    async def mixed(number: int, statement: Annotated[Any, Depends(users().select_dependency())]) -> None: ...

    router = APIRouter(prefix="/sub")

    @router.get("/users")
    async def sub(statement: Annotated[Any, Depends(users().select_dependency())]) -> None: ...

    app.include_router(router)
    document = document_of(app)
    reference = {"schema": {"$ref": "#/components/schemas/CriteriaErrorResponse"}}
    for path in ("/select", "/count", "/page", "/sub/users"):
        responses = document["paths"][path]["get"]["responses"]
        assert responses["400"]["content"] == {"application/json": reference}
        assert responses["422"]["content"] == {"application/json": reference}
    theirs = {"$ref": "#/components/schemas/HTTPValidationError"}
    both = document["paths"]["/mixed"]["get"]["responses"]["422"]["content"]["application/json"]["schema"]
    assert both == {"anyOf": [reference["schema"], theirs]}
    assert "400" not in document["paths"]["/other/{number}"]["get"]["responses"]
    assert {"CriteriaErrorDetail", "CriteriaErrorItem", "ErrorLocation"} <= document["components"]["schemas"].keys()
    assert app.openapi() == document == get(app, "/openapi.json").json()
    install_openapi(app)
    assert app.openapi() == document


def test_problem_details_are_documented(engine: Engine) -> None:
    app = app_of(users(), engine)
    install_problem_details(app)
    responses = app.openapi()["paths"]["/select"]["get"]["responses"]
    reference = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    assert responses["400"]["content"] == {"application/problem+json": reference}


def test_answers_can_be_documented_by_hand() -> None:
    integration = FastAPISQLAlchemyIntegration()
    app = FastAPI()

    @app.get("/users", responses=integration.responses)
    async def read(statement: Annotated[Any, Depends(integration.select_dependency(User))]) -> None: ...

    responses = app.openapi()["paths"]["/users"]["get"]["responses"]
    for status in ("400", "422"):
        schema = responses[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/CriteriaErrorResponse"}


@pytest.mark.parametrize("option", ["filterable_fields", "sortable_fields"])
@pytest.mark.parametrize(
    ("fields", "message"), [("name", "one of letters"), ([User.name], r"User\.name is none"), ({None}, "None is none")]
)
def test_a_list_of_fields_holds_names(option: str, fields: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FastAPISQLAlchemyIntegration().resource(User, **{option: fields})


def test_a_custom_operator_without_a_lowering_is_refused_at_once() -> None:
    operator = ComparisonOperator("near", ("=near=",))
    options = QueryOptions(custom_predicates={"near": CustomPredicateDefinition(operator=operator)})
    with pytest.raises(
        ConfigurationError, match="no lowering for the custom operator 'near': give it to SQLAlchemyORM"
    ):
        FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(query_options=options))


@pytest.mark.parametrize(("comparisons", "on_the_loop"), [(1, True), (22, True), (23, False), (400, False)])
def test_long_texts_do_not_hold_the_event_loop(comparisons: int, on_the_loop: bool) -> None:
    asked = ContextVar("asked", default="nothing")
    seen: set[tuple[bool, str]] = set()

    def convert(text: str) -> int:
        seen.add((threading.current_thread() is threading.main_thread(), asked.get()))
        return int(text)

    options = QueryOptions(value_converter_registry=ValueConverterRegistry({}).with_converter(int, convert))
    integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(query_options=options))
    app = FastAPI()

    async def remembered(filter: str) -> None:
        asked.set(filter)

    @app.get("/users", dependencies=[Depends(remembered)])
    async def users(statement: Annotated[Select[Any], Depends(integration.select_dependency(User))]) -> None: ...

    text = ";".join(["age>=123"] * comparisons)
    assert (estimated_work(text) <= SHORT_WORK) is on_the_loop
    assert get(app, "/users", params={"filter": text}).status_code == 200
    assert seen == {(on_the_loop, text)}
    assert get(app, "/users", params={"filter": f"{text};age==x"}).status_code == 422


def test_the_integration_needs_no_greenlet() -> None:
    script = (
        "import sys; sys.modules['greenlet'] = None; sys.modules['sqlalchemy.ext.asyncio'] = None; "
        "import pyrsql.integrations.fastapi"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


class Own(BaseModel):
    reason: str


def test_a_document_that_the_application_changes_is_completed_once(engine: Engine) -> None:
    app = app_of(users(), engine)

    @app.get("/own", responses={400: {"model": Own}, 422: {"description": "Mine"}})
    async def own(statement: Annotated[Any, Depends(users().select_dependency())]) -> None: ...

    generate, shared = app.openapi, {"$ref": "#/components/responses/Shared"}

    def without_descriptions() -> dict[str, Any]:
        document = generate()
        for parameter in document["paths"]["/select"]["get"]["parameters"]:
            parameter.pop("description", None)
        document["paths"]["/select"]["get"]["responses"]["400"] = shared
        return document

    app.openapi = without_descriptions  # type: ignore[method-assign]  # FastAPI documents it
    install_openapi(app)
    complete = app.openapi
    assert parameters(complete(), "/select")["filter"]["description"].startswith("| fields |")
    app.openapi = lambda: complete()  # type: ignore[method-assign]  # FastAPI documents it
    install_openapi(app)
    assert app.openapi() == complete()
    assert complete()["paths"]["/own"]["get"]["responses"]["422"]["description"] == "Mine"
    assert complete()["paths"]["/select"]["get"]["responses"]["400"] == shared


def test_a_document_without_lists_stays_as_it_is() -> None:
    app = FastAPI()

    @app.get("/other", responses={400: {"model": Own}})
    async def other(number: int) -> None: ...

    document = app.openapi()
    install_openapi(app)
    assert app.openapi() == document


@pytest.mark.parametrize("install", [install_openapi, install_problem_details])
def test_answers_that_a_route_declares_itself_stay(install: Callable[[FastAPI], None]) -> None:
    selected = Depends(users().select_dependency())
    app = FastAPI()

    @app.get("/own", responses={400: {"model": Own, "description": "Mine"}, 422: {"description": "Also mine"}})
    async def own(statement: Annotated[Any, selected]) -> None: ...

    @app.get("/text", responses={400: {"content": {"text/plain": {"example": "no"}}, "headers": {"x": {}}}})
    async def text(number: int, statement: Annotated[Any, selected]) -> None: ...

    examples = {media: {"example": "no"} for media in ("application/json", "application/problem+json")}

    @app.get("/example", responses={400: {"content": examples}})
    async def example(statement: Annotated[Any, selected]) -> None: ...

    @app.get("/either", responses={422: {"model": Own | list[int]}})
    async def either(number: int, statement: Annotated[Any, selected]) -> None: ...

    @app.get("/ours", responses=FastAPISQLAlchemyIntegration.responses)
    async def ours(statement: Annotated[Any, selected]) -> None: ...

    install(app)
    document = app.openapi()
    is_problem = install is install_problem_details
    model = "ProblemDetails" if is_problem else "CriteriaErrorResponse"
    media = "application/problem+json" if is_problem else "application/json"
    reference = {"$ref": f"#/components/schemas/{model}"}

    def bodies(path: str, status: str) -> list[Any]:
        found = document["paths"][path]["get"]["responses"][status]["content"]
        schemas = [content.get("schema", {}) for content in found.values()]
        return [body for schema in schemas for body in schema.get("anyOf", [schema])]

    def described(path: str, status: str) -> Any:
        return document["paths"][path]["get"]["responses"][status]["description"]

    assert reference in bodies("/own", "400")
    assert {"$ref": "#/components/schemas/Own"} in bodies("/own", "400")
    assert (described("/own", "400"), described("/own", "422")) == ("Mine", "Also mine")
    assert bodies("/own", "422") == [reference]
    answer = document["paths"]["/text"]["get"]["responses"]["400"]
    assert answer["content"]["text/plain"] == {"example": "no"}
    assert answer["content"][media]["schema"] == reference
    assert answer["headers"] == {"x": {}}
    assert {"$ref": "#/components/schemas/HTTPValidationError"} in bodies("/text", "422")
    assert {"$ref": "#/components/schemas/Own"} in bodies("/either", "422")
    assert reference in bodies("/either", "422")
    answer = document["paths"]["/example"]["get"]["responses"]["400"]
    assert answer["content"] == {**examples, media: {"example": "no", "schema": reference}}
    assert bodies("/ours", "400") == bodies("/ours", "422") == [reference]
    assert not [name for name in document["components"]["schemas"] if name.startswith("pyrsql__")]
    assert app.openapi() == document


@pytest.mark.parametrize("install", [install_openapi, install_problem_details])
@pytest.mark.parametrize("declared", ["400", "4XX", "default"])
@pytest.mark.parametrize("at", ["route", "router", "application"])
def test_an_answer_that_is_declared_for_several_statuses_stays(
    install: Callable[[FastAPI], None], declared: str, at: str
) -> None:
    answers: dict[int | str, dict[str, Any]] = {declared: {"model": Own, "description": "Mine", "headers": {"x": {}}}}
    app = FastAPI(responses=answers if at == "application" else None)
    router = APIRouter(responses=answers if at == "router" else None)

    @router.get("/users", responses=answers if at == "route" else None)
    async def read(statement: Annotated[Any, Depends(users().select_dependency())]) -> None: ...

    app.include_router(router)
    database_error_handler(app)
    install(app)
    responses = app.openapi()["paths"]["/users"]["get"]["responses"]
    media = "application/problem+json" if install is install_problem_details else "application/json"

    def bodies(status: str) -> set[str]:
        schemas = [content["schema"] for content in responses[status]["content"].values()]
        return {one["$ref"].rpartition("/")[2] for schema in schemas for one in schema.get("anyOf", [schema])}

    theirs = {"400": {"400"}, "4XX": {"400", "422"}, "default": {"400", "422", "503"}}[declared]
    for status in ("400", "422", "503"):
        assert media in responses[status]["content"]
        assert ("Own" in bodies(status)) == (status in theirs)
        assert (responses[status].get("headers") == {"x": {}}) == (status in theirs)
        assert len(bodies(status)) == 1 + (status in theirs)
    assert responses[declared]["description"] == "Mine"


@pytest.mark.parametrize("install", [install_openapi, install_problem_details])
@pytest.mark.parametrize("name", ["CriteriaErrorResponse", "ProblemDetails", "HTTPValidationError"])
def test_an_answer_of_a_model_of_the_same_name_stays(install: Callable[[FastAPI], None], name: str) -> None:
    theirs = create_model(name, strange=(int, ...))
    app = FastAPI()

    @app.get("/users", responses={400: {"model": theirs}, 422: {"model": theirs, "description": "Mine"}})
    async def read(statement: Annotated[Any, Depends(users().select_dependency())]) -> None: ...

    install(app)
    document = app.openapi()
    responses = document["paths"]["/users"]["get"]["responses"]
    assert "strange" in document["components"]["schemas"][name]["properties"]
    assert responses["422"]["description"] == "Mine"
    for status in ("400", "422"):
        contents = responses[status]["content"].values()
        bodies = [one["$ref"] for each in contents for one in each["schema"].get("anyOf", [each["schema"]])]
        assert f"#/components/schemas/{name}" in bodies
        assert len(bodies) == 2


def test_a_filter_beside_another_body_is_documented(engine: Engine) -> None:
    app = FastAPI()

    @app.post("/users/search")
    async def search(
        statement: Annotated[Select[Any], Depends(in_body(users().select_dependency()))],
        own: Annotated[Own, Body()],
    ) -> list[int]:
        with Session(engine) as session:
            return [user.id for user in session.scalars(statement)]

    install_openapi(app)
    document = app.openapi()
    responses = document["paths"]["/users/search"]["post"]["responses"]
    reference = {"$ref": "#/components/schemas/CriteriaErrorResponse"}
    assert responses["400"]["content"]["application/json"]["schema"] == reference
    assert reference in responses["422"]["content"]["application/json"]["schema"]["anyOf"]
    (whole,) = (one for name, one in document["components"]["schemas"].items() if name.startswith("Body_"))
    assert "`name`" in whole["properties"]["body"]["properties"]["filter"]["description"]
    sent = {"body": {"filter": "id==2"}, "own": {"reason": "x"}}
    assert request(app, "POST", "/users/search", json=sent).json() == [2]


def test_a_model_of_the_same_name_stays() -> None:
    theirs = create_model("CriteriaErrorResponse", strange=(int, ...))
    app = FastAPI()

    @app.get("/users", response_model=theirs)
    async def read(statement: Annotated[Any, Depends(users().select_dependency())]) -> Any: ...

    install_openapi(app)
    schemas = app.openapi()["components"]["schemas"]
    assert "strange" in schemas["CriteriaErrorResponse"]["properties"]
    assert schemas["pyrsql__CriteriaErrorResponse"]["properties"]["detail"] == {
        "$ref": "#/components/schemas/CriteriaErrorDetail"
    }
